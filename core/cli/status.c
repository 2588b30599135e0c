/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `tocsin status`: what is open, for whom, since when, and how Tocsin itself
 * is. Must work on a state that it may only read.
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
#include "core/cli/status-flaky.h"
#include "core/cli/status-guards.h"
#include "core/cli/status-rules.h"
#include "core/route/reason.h"
#include "core/store/metrics.h"

static const char help[] =
    "usage: tocsin status [--json] [--all] [--unclassified|--flaky]\n"
    "                     [--max-age DURATION]\n\n"
    "What is open, for whom and since when; sources in trouble.\n\n"
    "      --json       one JSON object\n"
    "  -a, --all        also what is held back, one line each\n"
    "      --unclassified  only the failures that no rule knows: how often,\n"
    "                   where, since when\n"
    "      --flaky      only what failed and passed on a second try\n"
    "      --max-age D  exit 1 when the last finished pass is older than D\n"
    "      --now TIME   as if it were TIME\n"
    "  -h, --help       this\n";

struct status {
    struct store *st;
    const struct settings *s;
    int64_t now;
    bool all;
    json_t *tickets, *held, *instances, *notices, *outbreaks, *rules, *flaky;
    json_t *guards;
    struct err *err;
};

/* The cause that a ticket's first standing member names. */
struct cause {
    char *text;
    int64_t since;
    json_t *ids;
    char *caused_by; /* what the standing member waits for */
};

static int note_cause(void *user, struct incident *i)
{
    struct cause *c = user;
    const char *summary = jx_str(i->failure, "summary");

    if (i->standing || !c->text) {
        if (!c->text && summary)
            c->text = xstrdup(summary);
        if (!c->since || i->first_seen < c->since)
            c->since = i->first_seen;
    }
    if (i->standing && i->caused_by && !c->caused_by)
        c->caused_by = xstrdup(i->caused_by);
    json_array_append_new(c->ids, json_string(i->public_id));
    return 0;
}

static int note_url(struct status *u, struct ticket *t, json_t *out)
{
    json_t *sinks = json_array();

    for (size_t i = 0; i < u->s->nr_sinks; i++) {
        struct outbox o;
        int found =
            store_outbox_get(u->st, t->id, u->s->sinks[i].name, &o, u->err);
        json_t *v;

        if (found < 0) {
            json_decref(sinks);
            return -1;
        }
        if (!found)
            continue;
        v = json_object();
        jx_set_str(v, "sink", o.sink);
        jx_set_str(v, "have", o.have);
        jx_set_str(v, "url", o.url);
        jx_set_str(v, "error", o.last_error);
        json_array_append_new(sinks, v);
        outbox_release(&o);
    }
    json_object_set_new(out, "sinks", sinks);
    return 0;
}

static int add_ticket(void *user, struct ticket *t)
{
    struct status *u = user;
    struct incident_query q = { .ticket = t->key };
    struct cause c = { .ids = json_array() };
    json_t *v = json_object();
    int ret = store_incident_each(u->st, &q, note_cause, &c, u->err);

    jx_set_str(v, "ticket", t->key);
    jx_set_bool(v, "confidential", t->confidential);
    jx_set_str(v, "project", t->confidential ? NULL : t->project);
    jx_set_str(v, "branch", t->confidential ? NULL : t->branch);
    jx_set_str(v, "kind", t->kind);
    jx_set_str(v, "state", ticket_state_name(t->state));
    jx_set_str(v, "reason", t->reason);
    jx_set_str(v, "owner", t->owner);
    if (t->persons)
        json_object_set(v, "persons", t->persons);
    jx_set_str(v, "route", t->route);
    jx_set_str(v, "title", t->confidential ? NULL : t->title);
    jx_set_str(v, "cause", t->confidential ? NULL : c.text);
    jx_set_str(v, "caused_by", t->confidential ? NULL : c.caused_by);
    jx_set_str(v, "parent", t->parent);
    jx_set_int(v, "since", c.since ? c.since : t->created);
    jx_set_int(v, "told", t->told);
    jx_set_bool(v, "backlog", t->backlog);
    json_object_set_new(v, "incidents", c.ids);
    free(c.text);
    free(c.caused_by);
    if (ret == 0)
        ret = note_url(u, t, v);
    json_array_append_new(u->tickets, v);
    if (!t->told && t->reason && str_cmp0(t->reason, REASON_STANDS))
        json_object_set_new(u->held, t->reason,
                            json_integer(jx_int(u->held, t->reason, 0) + 1));
    return ret;
}

static int add_health(void *user, const struct health *h)
{
    struct status *u = user;
    json_t *v = json_object();

    jx_set_str(v, "instance", h->instance);
    jx_set_int(v, "last_ok", h->last_ok);
    jx_set_int(v, "last_fail", h->last_fail);
    jx_set_str(v, "trouble", h->trouble);
    if (h->trouble)
        jx_set_int(v, "trouble_since", h->trouble_since);
    if (h->back_off_until > u->now)
        jx_set_int(v, "back_off_until", h->back_off_until);
    if (json_array_size(h->poisoned))
        json_object_set(v, "poisoned", h->poisoned);
    json_array_append_new(u->instances, v);
    return 0;
}

static int add_notice(void *user, const struct notice *n)
{
    struct status *u = user;
    json_t *v = json_object();

    jx_set_str(v, "instance", n->instance);
    jx_set_str(v, "code", n->code);
    jx_set_str(v, "text", n->text);
    jx_set_int(v, "first", n->first);
    jx_set_int(v, "last", n->last);
    json_array_append_new(u->notices, v);
    return 0;
}

static int add_outbreak(void *user, const struct outbreak *o)
{
    struct status *u = user;
    json_t *v = json_object();

    jx_set_str(v, "category", o->category);
    jx_set_str(v, "state", o->state);
    jx_set_int(v, "projects", o->projects);
    jx_set_int(v, "owners", o->owners);
    jx_set_int(v, "began", o->began);
    jx_set_int(v, "last_joined", o->last_joined);
    json_array_append_new(u->outbreaks, v);
    return 0;
}

static int gather(struct status *u)
{
    struct ticket_query q = { .unresolved_only = true };

    return store_ticket_each(u->st, &q, add_ticket, u, u->err) < 0
                   || store_health_each(u->st, add_health, u, u->err) < 0
                   || store_notice_each(u->st, add_notice, u, u->err) < 0
                   || store_outbreak_each(u->st, true, add_outbreak, u, u->err)
                          < 0
               ? -1
               : 0;
}

static char *day_or_dash(int64_t t)
{
    return t ? when_format_day(t) : xstrdup("-");
}

/* What it waits for: an incident, or an outbreak by its category. New. */
static char *because(const json_t *t)
{
    const char *cause = jx_str(t, "caused_by");
    const char *space = cause ? strchr(cause, ' ') : NULL;

    if (!cause || (space && !jx_str(t, "project")))
        return xstrdup("");
    if (space)
        return xasprintf(", part of the outbreak of %.*s", (int)(space - cause),
                         cause);
    return xasprintf(", caused by %.8s", cause);
}

/* "stands" with no time: only sinks on this machine, before arming. */
static bool is_told(const json_t *t)
{
    return jx_int(t, "told", 0) != 0
           || str_eq(jx_str(t, "reason"), REASON_STANDS);
}

/* Decided, and no sink has taken it as yet. */
static bool is_on_its_way(const char *reason)
{
    return str_eq(reason, REASON_OPENED) || str_eq(reason, REASON_REOPENED);
}

static void print_ticket(const struct status *u, const json_t *t)
{
    CLEANUP_FREE char *since = day_or_dash(jx_int(t, "since", 0));
    CLEANUP_FREE char *what = cli_safe(
        jx_bool(t, "confidential", false)
            ? "not shown here: tocsin incident show says it"
            : jx_str_or(t, "title", jx_str_or(t, "cause", "cause not known")),
        200);
    CLEANUP_FREE char *where =
        cli_safe(jx_bool(t, "confidential", false)
                     ? "confidential"
                     : jx_str_or(t, "project",
                                 str_eq(jx_str(t, "kind"), "operators")
                                     ? "Tocsin itself"
                                     : "several projects"),
                 120);
    bool told = is_told(t);
    CLEANUP_FREE char *cause = because(t);

    if (!told && !u->all)
        return;
    printf("%-8.8s  %-4s  %s%s%s\n          %s\n          since %s, for "
           "%s%s%s%s\n",
           jx_str_or(t, "ticket", "?"), told ? "told" : "held", where,
           jx_str(t, "branch") ? " " : "", jx_str_or(t, "branch", ""), what,
           since, jx_str_or(t, "owner", "nobody"),
           told ? ""
           : is_on_its_way(jx_str(t, "reason"))
               ? ", not sent yet: tocsin outbox list"
               : ", held back: ",
           told || is_on_its_way(jx_str(t, "reason"))
               ? ""
               : jx_str_or(t, "reason", "?"),
           cause);
}

static void print_instances(const struct status *u)
{
    size_t i;
    json_t *v;

    json_array_foreach(u->instances, i, v) {
        CLEANUP_FREE char *ok = jx_int(v, "last_ok", 0)
                                    ? when_format(jx_int(v, "last_ok", 0))
                                    : xstrdup("never");
        const char *trouble = jx_str(v, "trouble");
        CLEANUP_FREE char *safe = cli_safe(trouble ? trouble : "fine", 500);

        printf("  %-20s last good %s: %s\n", jx_str_or(v, "instance", "?"), ok,
               safe);
    }
    json_array_foreach(u->notices, i, v) {
        CLEANUP_FREE char *safe = cli_safe(jx_str_or(v, "text", ""), 500);

        printf("  %-20s %s: %s\n", jx_str_or(v, "instance", "?"),
               jx_str_or(v, "code", "?"), safe);
    }
}

static void print_human(const struct status *u, int64_t last)
{
    size_t i;
    json_t *v;
    const char *key;

    if (last) {
        CLEANUP_FREE char *at = when_format(last);
        CLEANUP_FREE char *age = when_format_duration(u->now - last);

        printf("Last pass %s (%s ago), %s.\n", at, age,
               u->s->armed ? "armed" : "not armed");
    } else {
        puts("No pass has finished yet.");
    }
    json_array_foreach(u->outbreaks, i, v) {
        printf("Outbreak %s (%s): %" PRId64 " projects of %" PRId64 " owners\n",
               jx_str_or(v, "category", "?"), jx_str_or(v, "state", "?"),
               jx_int(v, "projects", 0), jx_int(v, "owners", 0));
    }
    json_array_foreach(u->tickets, i, v)
        print_ticket(u, v);
    json_object_foreach(u->held, key, v) {
        if (is_on_its_way(key))
            printf("Not sent yet (tocsin outbox list): ");
        else
            printf("Held back, %s: ", key);
        printf("%lld\n", (long long)json_integer_value(v));
    }
    status_print_guards(u->guards);
    status_print_rules(u->rules);
    status_print_flaky_line(u->flaky);
    puts("Sources and sinks:");
    print_instances(u);
}

static void print_json(const struct status *u, int64_t last)
{
    json_t *v =
        json_pack("{s:b, s:I, s:O, s:O, s:O, s:O, s:O, s:O, s:O,"
                  " s:O}",
                  "armed", (int)u->s->armed, "last_pass", last, "tickets",
                  u->tickets, "held", u->held, "instances", u->instances,
                  "notices", u->notices, "outbreaks", u->outbreaks, "rules",
                  u->rules, "flaky", u->flaky, "guards", u->guards);

    cli_json(v);
    json_decref(v);
}

static int too_old(int64_t last, int64_t now, int64_t max_age)
{
    CLEANUP_FREE char *age = NULL;

    if (!max_age || (last && now - last <= max_age))
        return EXIT_FINE;
    age = last ? when_format_duration(now - last) : xstrdup("ever");
    log_error("no pass has finished for %s", age);
    return EXIT_TROUBLE;
}

static int show(struct store *st, const struct settings *s, bool json, bool all,
                int64_t now, int64_t max_age)
{
    struct err err = ERR_INIT;
    CLEANUP_FREE char *text = NULL;
    int64_t last = 0;
    struct status u = {
        .st = st,
        .s = s,
        .now = now,
        .all = all,
        .err = &err,
        .tickets = json_array(),
        .held = json_object(),
        .instances = json_array(),
        .notices = json_array(),
        .outbreaks = json_array(),
    };
    int status;

    if (store_meta_get(st, "last_pass", &text, &err) < 0 || gather(&u) < 0
        || !(u.rules = metrics_rules(st, now, &err))
        || !(u.flaky = status_flaky(st, now, &err))
        || !(u.guards = status_guards(st, s, now, &err))) {
        status = cli_fail(&err);
    } else {
        if (text)
            when_parse(text, &last);
        if (json)
            print_json(&u, last);
        else
            print_human(&u, last);
        status = too_old(last, now, max_age);
    }
    json_decref(u.tickets);
    json_decref(u.held);
    json_decref(u.instances);
    json_decref(u.notices);
    json_decref(u.outbreaks);
    json_decref(u.rules);
    json_decref(u.flaky);
    json_decref(u.guards);
    return status;
}

static int show_unclassified(struct store *st, bool json)
{
    struct err err = ERR_INIT;

    return status_unclassified(st, json, &err) < 0 ? cli_fail(&err) : EXIT_FINE;
}

static int show_flaky(struct store *st, bool json, int64_t now)
{
    struct err err = ERR_INIT;
    CLEANUP_JSON json_t *list = status_flaky(st, now, &err);

    if (!list)
        return cli_fail(&err);
    if (json)
        cli_json(list);
    else
        status_print_flaky(list);
    return EXIT_FINE;
}

int cmd_status(const struct cli *cli, int argc, char **argv)
{
    static const struct option longs[] = {
        { "json", no_argument, NULL, 'j' },
        { "all", no_argument, NULL, 'a' },
        { "unclassified", no_argument, NULL, 'u' },
        { "flaky", no_argument, NULL, 'f' },
        { "max-age", required_argument, NULL, 'm' },
        { "now", required_argument, NULL, 'N' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int c, status;
    bool json = false, all = false, unclassified = false, flaky = false;
    int64_t max_age = 0, now = when_now();
    struct settings *s;
    struct store *st;

    while ((c = getopt_long(argc, argv, "ah", longs, NULL)) != -1) {
        switch (c) {
        case 'j':
            json = true;
            break;
        case 'a':
            all = true;
            break;
        case 'u':
            unclassified = true;
            break;
        case 'f':
            flaky = true;
            break;
        case 'm':
            if (when_parse_duration(optarg, &max_age) < 0 || !max_age) {
                log_error("--max-age: \"%s\" is no duration; write 2h", optarg);
                return EXIT_USAGE;
            }
            break;
        case 'N':
            if (cli_time("--now", optarg, &now) < 0)
                return EXIT_USAGE;
            break;
        case 'h':
            return cli_usage(stdout, help);
        default:
            return cli_usage(stderr, help);
        }
    }
    if (optind < argc)
        return cli_usage(stderr, help);
    s = cli_settings(cli);
    if (!s)
        return EXIT_USAGE;
    st = cli_store(s, STORE_READ_ONLY | STORE_MUST_EXIST, &status);
    if (st) {
        status = unclassified ? show_unclassified(st, json)
                 : flaky      ? show_flaky(st, json, now)
                              : show(st, s, json, all, now, max_age);
        store_close(st);
    }
    settings_free(s);
    return status;
}
