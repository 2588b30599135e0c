/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `tocsin rule suggest`: a draft of a rule, out of a log or of what recurs in
 * the state. Must not write anywhere: a person reads it first.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/jsonx.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/classify/classify.h"
#include "core/classify/draft.h"
#include "core/cli/classify-file.h"
#include "core/cli/cli.h"
#include "core/cli/unknowns.h"
#include "core/config/problems.h"

#define NEAR_MISSES_MAX 3

static const char help[] =
    "usage: tocsin rule suggest [--green FILE] FILE|FINGERPRINT\n"
    "       tocsin rule resume ID\n\n"
    "A rule in YAML for what no rule knows: of a log, or of a failure that\n"
    "`tocsin status --unclassified` lists. To be read and edited. Or: a rule\n"
    "that has stopped filing (`tocsin status` names them) may again.\n\n"
    "      --green FILE   a green log: lines like it become near misses\n"
    "  -h, --help         this\n";

struct wanted {
    const char *what; /* file or fingerprint */
    const char *green;
};

/* The shipped rules, and those of the configuration where there is one. */
static struct ruleset *load_rules(const struct cli *cli,
                                  struct settings **settings)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_JSON json_t *rules = NULL, *ignore = NULL;
    struct ruleset *rs = NULL;
    struct problems pb;
    bool ok;

    *settings = NULL;
    if (access(cli->config, F_OK) == 0) {
        *settings = cli_settings(cli);
        if (!*settings)
            return NULL;
        rs = ruleset_new((*settings)->rules, (*settings)->ignore, &err);
    } else {
        problems_init(&pb);
        ok =
            settings_load_rules(settings_data_dir(), &rules, &ignore, &pb) == 0;
        problems_print(&pb, stderr);
        problems_release(&pb);
        if (!ok)
            return NULL;
        rs = ruleset_new(rules, ignore, &err);
    }
    if (!rs)
        log_error("%s", err_msg(&err));
    return rs;
}

/* ---- the lines ---------------------------------------------------------- */

/* NULL: *status says how it ended, and it was said why. */
static json_t *messages_of_log(const struct cli *cli, const struct wanted *w,
                               int *status)
{
    struct settings *s;
    struct ruleset *rs = load_rules(cli, &s);
    CLEANUP_JSON json_t *result = NULL;
    const json_t *first;
    json_t *messages = NULL;

    *status = EXIT_USAGE;
    if (rs)
        result = classify_file(
            &(struct reading){
                .rules = rs,
                .settings = s,
                .outcome = TOCSIN_OUTCOME_FAILURE,
            },
            w->what, w->green, status);
    first = json_array_get(jx_arr(result, "failures"), 0);
    if (jx_str(first, "rule")) {
        log_error("%s: rule %s knows it", w->what, jx_str(first, "rule"));
        *status = EXIT_TROUBLE;
    } else if (first) {
        messages = json_pack("[s]", jx_str_or(first, "message", ""));
    }
    ruleset_free(rs);
    settings_free(s);
    return messages;
}

static json_t *messages_of_state(const struct cli *cli, const char *fingerprint,
                                 int *status)
{
    struct err err = ERR_INIT;
    struct settings *s = cli_settings(cli);
    const struct unknown_group *g;
    struct unknowns all = { 0 };
    json_t *messages = NULL;
    struct store *st;

    *status = EXIT_USAGE;
    if (!s)
        return NULL;
    st = cli_store(s, STORE_READ_ONLY | STORE_MUST_EXIST, status);
    if (st && unknowns_read(st, &all, &err) < 0) {
        *status = cli_fail(&err);
    } else if (st) {
        g = unknowns_find(&all, fingerprint);
        messages = g ? json_incref(g->messages) : NULL;
        *status = EXIT_USAGE;
        if (!g)
            log_error("%s: no such file, and no unclassified failure; tocsin "
                      "status --unclassified lists them",
                      fingerprint);
    }
    unknowns_release(&all);
    store_close(st);
    settings_free(s);
    return messages;
}

/* ---- the green log ------------------------------------------------------ */

static struct ruleset *one_rule(const json_t *draft, bool only_needs,
                                struct err *err)
{
    CLEANUP_JSON json_t *rule = json_deep_copy(draft);
    CLEANUP_JSON json_t *rules = json_pack("[O]", rule);
    CLEANUP_JSON json_t *ignore = json_array();

    jx_set_str(rule, "at", "draft:1");
    if (only_needs) {
        const char *needs =
            json_string_value(json_array_get(jx_arr(draft, "needs"), 0));
        CLEANUP_FREE char *pattern = xasprintf("(?i)\\Q%s\\E", needs);

        jx_set_str(rule, "pattern", pattern);
        json_object_del(rule, "fingerprint");
        jx_set_str(rule, "summary", "x");
    }
    return ruleset_new(rules, ignore, err);
}

/* The lines of a log that a rule hits: as many as the classifier keeps. */
static json_t *hits_of(const json_t *draft, bool only_needs, const char *path,
                       int *status)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    struct ruleset *rs = one_rule(draft, only_needs, &err);
    CLEANUP_JSON json_t *result = NULL;
    json_t *lines = json_array(), *f;
    size_t i;

    if (!rs) {
        log_error("%s", err_msg(&err));
        *status = EXIT_INTERNAL;
        return lines;
    }
    result = classify_file(
        &(struct reading){ .rules = rs, .outcome = TOCSIN_OUTCOME_SUCCESS },
        path, NULL, status);
    ruleset_free(rs);
    json_array_foreach(jx_arr(result, "failures"), i, f)
        if (jx_str(f, "rule"))
            json_array_append(lines, json_object_get(f, "message"));
    return lines;
}

static bool holds(const json_t *list, const json_t *v)
{
    const json_t *one;
    size_t i;

    json_array_foreach((json_t *)list, i, one)
        if (json_equal(one, v))
            return true;
    return false;
}

static int add_near_misses(json_t *rule, const char *green)
{
    int status = EXIT_FINE;
    CLEANUP_JSON json_t *hit = hits_of(rule, false, green, &status);
    CLEANUP_JSON json_t *like =
        status ? json_array() : hits_of(rule, true, green, &status);
    json_t *misses = json_array(), *v;
    size_t i;

    if (json_array_size(hit))
        log_warn("%s: the draft hits this green log, too: %s", green,
                 json_string_value(json_array_get(hit, 0)));
    json_array_foreach(like, i, v)
        if (!holds(hit, v) && json_array_size(misses) < NEAR_MISSES_MAX)
            json_array_append(misses, v);
    if (json_array_size(misses))
        json_object_set(rule, "near_misses", misses);
    json_decref(misses);
    return status;
}

/* ---- the command -------------------------------------------------------- */

static int suggest(const struct cli *cli, const struct wanted *w)
{
    int status;
    CLEANUP_JSON json_t *messages =
        access(w->what, F_OK) == 0 ? messages_of_log(cli, w, &status)
                                   : messages_of_state(cli, w->what, &status);
    CLEANUP_JSON json_t *rule = NULL;
    CLEANUP_FREE char *yaml = NULL;

    if (!messages)
        return status;
    rule = draft_rule(messages);
    if (!rule) {
        log_error("nothing in its line is long enough to know it by: \"%s\"",
                  json_string_value(json_array_get(messages, 0)));
        return EXIT_TROUBLE;
    }
    if (w->green) {
        status = add_near_misses(rule, w->green);
        if (status)
            return status;
    }
    yaml = draft_yaml(rule);
    fputs(yaml, stdout);
    return EXIT_FINE;
}

static int resume(const struct cli *cli, const char *rule)
{
    struct err err = ERR_INIT;
    struct settings *s = cli_settings(cli);
    struct store *st;
    bool was = false;
    int status = EXIT_USAGE;

    if (!s)
        return EXIT_USAGE;
    st = cli_store(s, STORE_MUST_EXIST, &status);
    if (st) {
        if (store_rule_resume(st, rule, when_now(), &was, &err) < 0)
            status = cli_fail(&err);
        else if (was)
            status = EXIT_FINE;
        else
            status = EXIT_TROUBLE;
        if (status == EXIT_TROUBLE && !was)
            log_error("rule resume: rule \"%s\" is not stopped", rule);
        store_close(st);
    }
    settings_free(s);
    return status;
}

int cmd_rule(const struct cli *cli, int argc, char **argv)
{
    static const struct option longs[] = {
        { "green", required_argument, NULL, 'g' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    struct wanted w = { NULL, NULL };
    int c;

    while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
        switch (c) {
        case 'g':
            w.green = optarg;
            break;
        case 'h':
            return cli_usage(stdout, help);
        default:
            return cli_usage(stderr, help);
        }
    }
    if (argc - optind == 2 && !strcmp(argv[optind], "resume"))
        return resume(cli, argv[optind + 1]);
    if (argc - optind != 2 || strcmp(argv[optind], "suggest"))
        return cli_usage(stderr, help);
    w.what = argv[optind + 1];
    return suggest(cli, &w);
}
