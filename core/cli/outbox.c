/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `tocsin outbox`: what waits to be sent and what was given up, and an
 * operator's word on it. Must not send: the next pass does.
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
#include "core/deliver/outbox.h"

static const char help[] =
    "usage: tocsin outbox list [--sink S] [--json]\n"
    "       tocsin outbox retry (KEY... | --all) [--sink S]\n"
    "       tocsin outbox drop (KEY... | --all) [--sink S]\n\n"
    "What waits to be sent, and what was given up after bounded tries. retry:\n"
    "with the next pass, whatever back-off there is. drop: not at all, until\n"
    "the ticket is over; what stands there stays as it is.\n\n"
    "      --sink S   of this sink only\n"
    "      --all      all that is listed; drop: all that was given up\n"
    "      --json     one object a line\n"
    "  -h, --help     this\n";

enum verb { LIST, RETRY, DROP };

struct words {
    struct store *st;
    const struct settings *s;
    enum verb verb;
    const char *sink;
    bool all, json;
    char **keys;
    size_t nr_keys;
    int64_t nr;
    struct err err;
};

static const char *state_name(const struct outbox *o)
{
    switch (o->state) {
    case OUTBOX_DUE:
        return "waits";
    case OUTBOX_INTENT:
        return "begun";
    case OUTBOX_DEAD:
        return "given up";
    case OUTBOX_DROPPED:
        return "dropped";
    default:
        return "done";
    }
}

static bool selected(const struct words *w, const struct outbox *o,
                     const struct ticket *t)
{
    if (o->state == OUTBOX_IDLE || (w->sink && strcmp(o->sink, w->sink)))
        return false;
    if (w->all && w->verb == DROP)
        return o->state == OUTBOX_DEAD;
    if (!w->nr_keys)
        return true;
    for (size_t i = 0; i < w->nr_keys; i++)
        if (strlen(w->keys[i]) >= 4 && str_starts(t->key, w->keys[i]))
            return true;
    return false;
}

static void show(const struct words *w, const struct outbox *o,
                 const struct ticket *t)
{
    CLEANUP_FREE char *error = cli_safe(str_or(o->last_error, ""), 200);
    CLEANUP_FREE char *next =
        o->next_try ? when_format_minute(o->next_try) : NULL;

    if (w->json) {
        json_t *v = json_pack("{s:s, s:s, s:s*, s:s, s:s*, s:s*, s:I, s:I,"
                              " s:s*}",
                              "ticket", t->key, "sink", o->sink, "project",
                              t->confidential ? NULL : t->project, "state",
                              state_name(o), "want", o->want, "why", o->why,
                              "tries", (json_int_t)o->tries, "next_try",
                              (json_int_t)o->next_try, "error", o->last_error);

        cli_json(v);
        json_decref(v);
        return;
    }
    printf("%.8s  %-8s  %s: %s, %s%s%s%s%s%s\n", t->key, state_name(o), o->sink,
           t->confidential ? "confidential"
                           : str_or(t->project, "several projects"),
           str_eq(o->want, "open")     ? "to be told"
           : str_eq(o->want, "closed") ? "to be closed"
                                       : "to be left out",
           next ? ", not before " : "", str_or(next, ""), *error ? ": " : "",
           error, o->tries ? " (tried)" : "");
}

static int on_row(void *user, struct outbox *o)
{
    struct words *w = user;
    struct ticket t;
    int rc = store_ticket_by_id(w->st, o->ticket, &t, &w->err);

    if (rc > 0 && selected(w, o, &t)) {
        w->nr++;
        if (w->verb == LIST)
            show(w, o, &t);
        else if (w->verb == RETRY)
            rc = outbox_retry(w->st, o, &w->err);
        else
            rc = outbox_forget(w->st, o, &w->err);
    }
    ticket_release(&t);
    return rc < 0 ? -1 : 0;
}

/* Of whole sinks: how long they rest; a retry wakes them. */
static int sinks(struct words *w)
{
    for (size_t i = 0; i < w->s->nr_sinks; i++) {
        const char *name = w->s->sinks[i].name;
        int64_t until;

        if (w->sink && strcmp(name, w->sink))
            continue;
        if (outbox_rests(w->st, name, &until, &w->err) < 0)
            return -1;
        if (until > when_now() && w->verb == LIST && !w->json) {
            CLEANUP_FREE char *at = when_format_minute(until);

            printf("%s rests until %s\n", name, at);
        }
        if (until && w->verb == RETRY && outbox_wake(w->st, name, &w->err) < 0)
            return -1;
    }
    return 0;
}

static int act(struct words *w)
{
    int rc = w->verb == LIST ? 0 : store_begin(w->st, STORE_DURABLE, &w->err);

    rc = rc < 0 ? rc
                : store_outbox_each(w->st, w->sink, false, on_row, w, &w->err);
    rc = rc < 0 ? rc : sinks(w);
    if (w->verb != LIST && rc < 0)
        store_rollback(w->st);
    else if (w->verb != LIST)
        rc = store_commit(w->st, &w->err);
    if (rc < 0)
        return cli_fail(&w->err);
    if (w->verb == LIST)
        return EXIT_FINE;
    if (!w->nr) {
        log_error("outbox: nothing that waits or was given up is meant");
        return EXIT_TROUBLE;
    }
    printf("%" PRId64 " %s\n", w->nr,
           w->verb == RETRY ? "are tried again" : "dropped");
    return EXIT_FINE;
}

static int check(struct words *w, int argc, char **argv)
{
    static const char *const verbs[] = { "list", "retry", "drop" };
    int verb = 0;

    while (argc && verb < 3 && strcmp(argv[0], verbs[verb]))
        verb++;
    if (!argc || verb == 3)
        return cli_usage(stderr, help);
    w->verb = (enum verb)verb;
    w->keys = argv + 1;
    w->nr_keys = (size_t)argc - 1;
    if (w->verb == LIST ? w->nr_keys || w->all : !w->nr_keys == !w->all)
        return cli_usage(stderr, help);
    return -1;
}

int cmd_outbox(const struct cli *cli, int argc, char **argv)
{
    static const struct option longs[] = {
        { "sink", required_argument, NULL, 's' },
        { "all", no_argument, NULL, 'a' },
        { "json", no_argument, NULL, 'j' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    struct words w = { .err = ERR_INIT };
    struct settings *s;
    int c, status;

    while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
        if (c == 'h')
            return cli_usage(stdout, help);
        if (c == 's')
            w.sink = optarg;
        else if (c == 'a')
            w.all = true;
        else if (c == 'j')
            w.json = true;
        else
            return cli_usage(stderr, help);
    }
    status = check(&w, argc - optind, argv + optind);
    if (status >= 0)
        return status;
    s = cli_settings(cli);
    if (!s)
        return EXIT_USAGE;
    w.s = s;
    if (w.sink && !settings_sink(s, w.sink)) {
        log_error("outbox: there is no sink \"%s\"", w.sink);
        settings_free(s);
        return EXIT_USAGE;
    }
    w.st = cli_store(
        s, STORE_MUST_EXIST | (w.verb == LIST ? STORE_READ_ONLY : 0u), &status);
    if (w.st) {
        status = act(&w);
        store_close(w.st);
    }
    settings_free(s);
    return status;
}
