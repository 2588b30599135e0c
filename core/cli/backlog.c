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

static int show(void *user, struct ticket *t)
{
    struct backlog *b = user;

    if (!selected(b, t))
        return 0;
    if (b->json) {
        json_t *v = json_pack("{s:s, s:s*, s:s*, s:I, s:I}", "ticket", t->key,
                              "project", t->project, "owner", t->owner, "since",
                              t->created, "descendants", t->descendants);

        cli_json(v);
        json_decref(v);
    } else {
        CLEANUP_FREE char *day = when_format_day(t->created);

        printf("%.12s  %s  since %s, for %s\n", t->key,
               str_or(t->project, "several projects"), day,
               str_or(t->owner, "nobody"));
    }
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
