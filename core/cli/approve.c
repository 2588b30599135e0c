/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `tocsin approve`: what waits for an operator's word, and the word. Must not
 * approve what does not wait: it would hold for the next loss or storm, too.
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
#include "core/cli/status-guards.h"
#include "core/deliver/guard.h"
#include "core/incident/orphans.h"
#include "core/incident/vanishing.h"

#define HOLDS (2 * DAY) /* an entry is gone after two snapshots */

static const char help[] =
    "usage: tocsin approve [--json]\n"
    "       tocsin approve SOURCE [SNAPSHOT] [--now TIME]\n"
    "       tocsin approve SOURCE OWNER/NAME [--now TIME]\n"
    "       tocsin approve SINK [KIND] [--now TIME]\n\n"
    "Lists what waits for a word: snapshots that lost many entries at once,\n"
    "or that nobody tells any more, and runs of a source that is not\n"
    "configured any more (runs), of which nothing is taken for mended, and\n"
    "kinds of writes (create, comment, close, reopen, mention) of which a\n"
    "pass would have done too many at a sink; or says of one, or of all of an\n"
    "instance, that it is so. Of a snapshot that holds for two days, or until\n"
    "one is as usual again; of writes for guards: breaker: approval:, and for\n"
    "as many as waited. Of a project: what runs of the source say there is\n"
    "over; it was deleted, or is not to be read any more. What is red later\n"
    "counts again.\n\n"
    "      --json      one object a line\n"
    "      --now TIME  as if it were TIME\n"
    "  -h, --help      this\n";

struct approve {
    struct store *st;
    const char *instance, *snapshot; /* NULL: any */
    char *last;                      /* the source that was looked at */
    bool list, json;
    int64_t now, nr;
    struct err err;
};

static void print(const struct approve *a, const char *instance,
                  const char *snapshot, const struct vanishing *v)
{
    CLEANUP_FREE char *name = cli_safe(snapshot, 120);
    CLEANUP_FREE char *at = when_format(v->at);

    if (a->json) {
        json_t *o = json_pack("{s:s, s:s, s:I, s:I, s:s}", "instance", instance,
                              "snapshot", snapshot, "gone", (json_int_t)v->gone,
                              "all", (json_int_t)v->all, "at", at);

        cli_json(o);
        json_decref(o);
        return;
    }
    printf("%s %s: %" PRId64 " of %" PRId64 " %s, seen %s%s\n", instance, name,
           v->gone, v->all,
           strcmp(snapshot, ORPHANS_RUNS) ? "entries vanished"
                                          : "incidents nobody tells of",
           at, a->list ? "" : "; approved");
}

static int on_waiting(void *user, const char *instance, const char *snapshot,
                      const struct vanishing *v)
{
    struct approve *a = user;

    if (a->snapshot && strcmp(a->snapshot, snapshot))
        return 0;
    a->nr++;
    print(a, instance, snapshot, v);
    if (a->list)
        return 0;
    return vanishing_approve(a->st, instance, snapshot, a->now + HOLDS,
                             &a->err);
}

static int on_breaker(void *user, const struct breaker *b)
{
    struct approve *a = user;
    CLEANUP_FREE char *since = when_format(b->since);

    a->nr++;
    if (a->json) {
        json_t *v = status_breaker(b);

        cli_json(v);
        json_decref(v);
        return 0;
    }
    printf("%s %s: %" PRId64 " writes wait since %s, %" PRId64
           " are ordinary%s\n",
           b->sink, b->kind, b->wanted, since, b->most,
           a->list ? b->until > a->now ? "; approved" : "" : "; approved");
    return 0;
}

static int breakers(struct approve *a, const struct settings *s)
{
    if (a->list)
        return store_breaker_each(a->st, NULL, NULL, on_breaker, a, &a->err);
    if (!settings_sink(s, a->instance))
        return 0;
    return guard_approve(a->st, s, a->instance, a->snapshot, a->now, on_breaker,
                         a, &a->err);
}

/* What waits stands: also of a source that is not configured any more. */
static int on_standing(void *user, const char *source, const char *snapshot,
                       int64_t nr)
{
    struct approve *a = user;

    (void)snapshot;
    (void)nr;
    if ((a->instance && strcmp(a->instance, source)) || str_eq(a->last, source))
        return 0;
    str_replace(&a->last, source);
    return vanishing_each(a->st, source, on_waiting, a, &a->err);
}

/* Of one project what runs say; it need not wait: nothing tells us that it was
 * deleted, or is not to be read any more. */
static int project(struct approve *a)
{
    CLEANUP_FREE char *name = cli_safe(a->snapshot, 120);
    int64_t nr = 0;

    if (orphans_give_up(a->st, a->instance, a->snapshot, a->now, &nr, &a->err)
        < 0)
        return cli_fail(&a->err);
    if (!nr) {
        log_error("approve: no run of %s holds anything open in %s",
                  a->instance, name);
        return EXIT_TROUBLE;
    }
    printf("%s %s: %" PRId64 " incidents are over\n", a->instance, name, nr);
    return EXIT_FINE;
}

static int all(struct approve *a, const struct settings *s)
{
    if (a->snapshot && strchr(a->snapshot, '/'))
        return project(a);
    if (breakers(a, s) < 0
        || store_standing_count(a->st, on_standing, a, &a->err) < 0)
        return cli_fail(&a->err);
    if (a->list || a->nr)
        return EXIT_FINE;
    if (!settings_source(s, a->instance) && !settings_sink(s, a->instance)) {
        log_error("approve: there is no source or sink \"%s\"", a->instance);
        return EXIT_USAGE;
    }
    log_error("approve: nothing of %s%s%s waits", a->instance,
              a->snapshot ? " " : "", str_or(a->snapshot, ""));
    return EXIT_TROUBLE;
}

int cmd_approve(const struct cli *cli, int argc, char **argv)
{
    static const struct option longs[] = {
        { "json", no_argument, NULL, 'j' },
        { "now", required_argument, NULL, 'N' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    struct approve a = { .err = ERR_INIT, .now = when_now() };
    struct settings *s;
    int c, status;

    while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
        if (c == 'h')
            return cli_usage(stdout, help);
        if (c == 'j')
            a.json = true;
        else if (c != 'N')
            return cli_usage(stderr, help);
        else if (cli_time("--now", optarg, &a.now) < 0)
            return EXIT_USAGE;
    }
    if (argc - optind > 2)
        return cli_usage(stderr, help);
    a.instance = optind < argc ? argv[optind] : NULL;
    a.snapshot = optind + 1 < argc ? argv[optind + 1] : NULL;
    a.list = !a.instance;
    s = cli_settings(cli);
    if (!s)
        return EXIT_USAGE;
    a.st = cli_store(s, STORE_MUST_EXIST | (a.list ? STORE_READ_ONLY : 0u),
                     &status);
    if (a.st) {
        status = all(&a, s);
        store_close(a.st);
        free(a.last);
    }
    settings_free(s);
    return status;
}
