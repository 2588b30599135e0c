/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `tocsin backlog`: what stood before Tocsin was armed. Releases on purpose,
 * never by itself; the budgets of the policy still hold what is released.
 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/cli/cli.h"
#include "core/config/glob.h"
#include "core/route/decide.h"
#include "core/route/owners.h"

static const char help[] =
    "usage: tocsin backlog list [--project GLOB] [--json]\n"
    "       tocsin backlog release (KEY... | --project GLOB | --all)\n\n"
    "What stood before arming is known and not told. Released tickets are\n"
    "told by the next pass, within the budgets of the policy.\n\n"
    "      --project GLOB  only of these projects\n"
    "      --all           everything\n"
    "      --json          one object a line\n"
    "  -h, --help          this\n";

struct backlog {
    struct store *st;
    const char *project;
    bool all, json;
    int64_t nr;
    char **keys;
    size_t nr_keys;
    struct err err;
};

static bool selected(const struct backlog *b, const struct ticket *t)
{
    if (b->project && !(t->project && glob_match(b->project, t->project)))
        return false;
    if (!b->nr_keys)
        return true;
    for (size_t i = 0; i < b->nr_keys; i++)
        if (strlen(b->keys[i]) >= 4 && str_starts(t->key, b->keys[i]))
            return true;
    return false;
}

/* What it is about, as `status` says it. */
struct cause {
    char *text;
    int64_t since;
};

static int note_cause(void *user, struct incident *i)
{
    struct cause *c = user;

    if (!c->text && i->standing)
        str_replace(&c->text, jx_str(i->failure, "summary"));
    if (i->standing && (!c->since || i->first_seen < c->since))
        c->since = i->first_seen;
    return 0;
}

static void show_json(const struct ticket *t, const struct cause *c)
{
    CLEANUP_JSON json_t *v = json_object();

    jx_set_str(v, "ticket", t->key);
    jx_set_bool(v, "confidential", t->confidential);
    if (!t->confidential) {
        jx_set_str(v, "project", t->project);
        jx_set_str(v, "branch", t->branch);
        jx_set_str(v, "cause", c->text);
    }
    jx_set_str(v, "owner", t->owner);
    jx_set_int(v, "since", c->since);
    jx_set_int(v, "descendants", t->descendants);
    cli_json(v);
}

static void show_text(const struct ticket *t, const struct cause *c)
{
    const char *shown = t->confidential ? "confidential" : t->project;
    bool branch = !t->confidential && t->branch;
    CLEANUP_FREE char *day = when_format_day(c->since);
    CLEANUP_FREE char *where = cli_safe(str_or(shown, "several projects"), 120);
    CLEANUP_FREE char *what = cli_safe(
        t->confidential ? "not shown here" : str_or(c->text, "cause not known"),
        200);

    printf("%.12s  %s%s%s\n              %s\n              since %s, for %s\n",
           t->key, where, branch ? " " : "", branch ? t->branch : "", what, day,
           str_or(t->owner, "nobody"));
}

static int show(void *user, struct ticket *t)
{
    struct backlog *b = user;
    struct incident_query q = { .ticket = t->key };
    struct cause c = { .text = NULL };

    if (!selected(b, t))
        return 0;
    if (store_incident_each(b->st, &q, note_cause, &c, &b->err) < 0)
        return -1;
    if (!c.since)
        c.since = t->created;
    if (b->json)
        show_json(t, &c);
    else
        show_text(t, &c);
    free(c.text);
    return 0;
}

static int release(void *user, struct ticket *t)
{
    struct backlog *b = user;

    if (!selected(b, t))
        return 0;
    b->nr++;
    /* 1: due in the next pass, whatever its clock */
    return decide_backlog_release(b->st, t->key, 1, &b->err) < 0 ? -1 : 0;
}

static int act(struct backlog *b, bool releasing)
{
    struct ticket_query q = { .backlog_only = true, .unresolved_only = true };
    int ret = 0;

    if (releasing)
        ret = store_begin(b->st, STORE_DURABLE, &b->err);
    if (ret == 0)
        ret = store_ticket_each(b->st, &q, releasing ? release : show, b,
                                &b->err);
    if (releasing && ret == 0)
        ret = store_commit(b->st, &b->err);
    else if (releasing)
        store_rollback(b->st);
    if (ret < 0)
        return cli_fail(&b->err);
    if (releasing && b->nr_keys && !b->nr) {
        log_error("backlog release: nothing of the backlog has such a key");
        return EXIT_TROUBLE;
    }
    if (releasing)
        printf("%" PRId64 " released\n", b->nr);
    return EXIT_FINE;
}

int cmd_backlog(const struct cli *cli, int argc, char **argv)
{
    static const struct option longs[] = {
        { "project", required_argument, NULL, 'p' },
        { "all", no_argument, NULL, 'a' },
        { "json", no_argument, NULL, 'j' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    struct backlog b = { .err = ERR_INIT };
    struct settings *s;
    CLEANUP_FREE char *why = NULL;
    const char *verb;
    int c, status;

    while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
        switch (c) {
        case 'p':
            b.project = optarg;
            break;
        case 'a':
            b.all = true;
            break;
        case 'j':
            b.json = true;
            break;
        case 'h':
            return cli_usage(stdout, help);
        default:
            return cli_usage(stderr, help);
        }
    }
    verb = optind < argc ? argv[optind] : "";
    b.keys = argv + optind + 1;
    b.nr_keys = optind < argc ? (size_t)(argc - optind - 1) : 0;
    if (strcmp(verb, "list") && strcmp(verb, "release"))
        return cli_usage(stderr, help);
    why = b.project ? project_glob_wrong(b.project) : NULL;
    if (why) {
        log_error("backlog: --project: \"%s\": %s", b.project, why);
        return EXIT_USAGE;
    }
    if (!strcmp(verb, "release") && !b.nr_keys && !b.project && !b.all) {
        log_error("backlog release: say what: keys, --project or --all");
        return EXIT_USAGE;
    }
    s = cli_settings(cli);
    if (!s)
        return EXIT_USAGE;
    b.st = cli_store(
        s, STORE_MUST_EXIST | (!strcmp(verb, "list") ? STORE_READ_ONLY : 0u),
        &status);
    if (b.st) {
        status = act(&b, !strcmp(verb, "release"));
        store_close(b.st);
    }
    settings_free(s);
    return status;
}
