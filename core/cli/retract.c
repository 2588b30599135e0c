/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `tocsin retract`: takes back what a rule filed. Writes what is wanted; the
 * next pass closes it.
 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/jsonx.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/cli/cli.h"
#include "core/config/nearest.h"
#include "core/route/decide.h"

static const char help[] =
    "usage: tocsin retract --rule ID --since TIME|DURATION [--dry-run]\n\n"
    "Closes what the rule filed since then, with one edit and no comment, and\n"
    "stops the rule until `tocsin rule resume ID`. The next pass writes it; "
    "no\n"
    "breaker holds it. Tickets that tell of other rules' failures, too, "
    "stay.\n\n"
    "      --rule ID     the rule\n"
    "      --since T     a time, or 2d: so long ago\n"
    "  -n, --dry-run     only say what would be closed\n"
    "      --json        one object\n"
    "      --now TIME    as if it were TIME\n"
    "  -h, --help        this\n";

struct retract {
    struct retract_options o;
    const char *since;
    bool json;
    json_t *tickets;
};

static void note(void *user, const struct ticket *t)
{
    struct retract *r = user;

    json_array_append_new(r->tickets, json_pack("{s:s, s:s*}", "ticket", t->key,
                                                "project", t->project));
}

static int since_of(struct retract *r)
{
    int64_t ago;

    if (when_parse_duration(r->since, &ago) == 0) {
        r->o.since = r->o.now - ago;
        return 0;
    }
    return cli_time("--since", r->since, &r->o.since);
}

static int parse(int argc, char **argv, struct retract *r)
{
    static const struct option longs[] = {
        { "rule", required_argument, NULL, 'r' },
        { "since", required_argument, NULL, 's' },
        { "dry-run", no_argument, NULL, 'n' },
        { "json", no_argument, NULL, 'j' },
        { "now", required_argument, NULL, 'N' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int c;

    while ((c = getopt_long(argc, argv, "nh", longs, NULL)) != -1) {
        if (c == 'h')
            return cli_usage(stdout, help);
        if (c == 'r')
            r->o.rule = optarg;
        else if (c == 's')
            r->since = optarg;
        else if (c == 'n')
            r->o.dry_run = true;
        else if (c == 'j')
            r->json = true;
        else if (c != 'N')
            return cli_usage(stderr, help);
        else if (cli_time("--now", optarg, &r->o.now) < 0)
            return EXIT_USAGE;
    }
    if (!r->o.rule || !r->since)
        log_error("retract: --rule and --since are required");
    if (optind < argc || !r->o.rule || !r->since)
        return cli_usage(stderr, help);
    return since_of(r) < 0 ? EXIT_USAGE : -1;
}

static void say(const struct retract *r, const struct retract_counts *n)
{
    size_t i;
    json_t *v;

    if (r->json) {
        json_t *out = json_pack("{s:s, s:I, s:I, s:O}", "rule", r->o.rule,
                                "closed", (json_int_t)n->closed, "shared",
                                (json_int_t)n->shared, "tickets", r->tickets);

        cli_json(out);
        json_decref(out);
        return;
    }
    json_array_foreach(r->tickets, i, v)
        printf("%.8s  %s\n", jx_str_or(v, "ticket", "?"),
               jx_str_or(v, "project", "several projects"));
    printf("%" PRId64 " %s", n->closed,
           r->o.dry_run ? "would be closed" : "are closed by the next pass");
    if (n->shared)
        printf("; %" PRId64 " tell of other failures, too, and stay",
               n->shared);
    putchar('\n');
}

static bool is_called(const json_t *rule, const char *id)
{
    json_t *was = jx_arr(rule, "was"), *v;
    bool yes = str_eq(jx_str(rule, "id"), id);
    size_t i;

    json_array_foreach(was, i, v)
        yes = yes || str_eq(json_string_value(v), id);
    return yes;
}

/* A rule that is no more may have filed; one that never was is a slip, and
 * the one that was meant would go on. 1 or 0. */
static int was_there(struct store *st, const struct settings *s,
                     const struct retract *r, struct err *err)
{
    struct retract_options look = {
        .rule = r->o.rule, .now = r->o.now, .why = r->o.why, .dry_run = true
    };
    struct nearest near = { .word = r->o.rule };
    CLEANUP_FREE char *hint = NULL;
    struct retract_counts n;
    size_t i;
    json_t *v;

    json_array_foreach(s->rules, i, v) {
        if (is_called(v, r->o.rule))
            return 1;
        nearest_try(&near, jx_str_or(v, "id", ""));
    }
    if (decide_retract(st, &look, &n, err) < 0)
        return -1;
    if (n.closed || n.shared)
        return 1;
    hint = nearest_hint(&near);
    log_error("there is no rule \"%s\", and none of this name has filed "
              "anything%s",
              r->o.rule, hint);
    return 0;
}

int cmd_retract(const struct cli *cli, int argc, char **argv)
{
    struct retract r = { .o = { .now = when_now(), .each = note } };
    struct retract_counts n;
    struct err err = ERR_INIT;
    CLEANUP_FREE char *why = NULL;
    int status = parse(argc, argv, &r);
    struct settings *s;
    struct store *st;

    if (status >= 0)
        return status;
    s = cli_settings(cli);
    if (!s)
        return EXIT_USAGE;
    why = xasprintf("%s retracted it", str_or(getenv("USER"), "an operator"));
    r.o.why = why;
    r.o.user = &r;
    r.tickets = json_array();
    st = cli_store(s, STORE_MUST_EXIST | (r.o.dry_run ? STORE_READ_ONLY : 0u),
                   &status);
    if (st) {
        int there = was_there(st, s, &r, &err);

        if (there == 0)
            status = EXIT_TROUBLE;
        else if (there < 0 || decide_retract(st, &r.o, &n, &err) < 0)
            status = cli_fail(&err);
        else
            say(&r, &n);
        store_close(st);
    }
    json_decref(r.tickets);
    settings_free(s);
    return status < 0 ? EXIT_FINE : status;
}
