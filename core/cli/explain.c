/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `tocsin explain`: why somebody is told, or not: what was decided, when and
 * by which line, and how it would be decided now.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/cli/cli.h"
#include "core/cli/explain-text.h"
#include "core/route/decide.h"

static const char help[] =
    "usage: tocsin explain ID [--json]\n"
    "       tocsin explain --project P [--branch B] [--category C] [--rule R]"
    "\n                      [--blame B] [--source S] [--job J] [--json]\n\n"
    "The decisions about an incident or a ticket (ID as in status), and the\n"
    "routes, owner and policy that apply; or how a made-up incident would be\n"
    "routed.\n\n"
    "      --json      one JSON object\n"
    "      --now TIME  as if it were TIME\n"
    "  -h, --help      this\n";

struct explain {
    struct incident made_up;
    const char *job;
    bool json;
    int64_t now;
    json_t *decisions;
};

static int add_decision(void *user, const struct decision *d)
{
    json_t *list = user, *v = json_object();
    CLEANUP_FREE char *at = when_format(d->at);

    jx_set_str(v, "at", at);
    jx_set_str(v, "code", d->code);
    jx_set_str(v, "rule_at", d->rule_at);
    jx_set_str(v, "text", d->text);
    if (d->inputs)
        json_object_set(v, "inputs", d->inputs);
    return json_array_append_new(list, v);
}

/* Decisions of every ticket that the incident belongs to. */
static int gather(struct store *st, const struct incident *i, json_t *out,
                  struct err *err)
{
    int64_t *ids = NULL;
    size_t nr = 0;
    int ret = i->id ? store_member_tickets(st, i->id, &ids, &nr, err) : 0;

    for (size_t n = 0; ret >= 0 && n < nr; n++) {
        struct ticket t;
        json_t *v;

        ret = store_ticket_by_id(st, ids[n], &t, err);
        if (ret != 1)
            continue;
        v = json_object();
        jx_set_str(v, "ticket", t.key);
        jx_set_str(v, "state", ticket_state_name(t.state));
        jx_set_str(v, "reason", t.reason);
        jx_set_str(v, "route", t.route);
        jx_set_str(v, "route_at", t.route_at);
        json_object_set_new(v, "decisions", json_array());
        ret = store_decision_each(st, t.key, add_decision,
                                  json_object_get(v, "decisions"), err);
        json_array_append_new(out, v);
        ticket_release(&t);
    }
    free(ids);
    return ret < 0 ? -1 : 0;
}

static int show(struct store *st, const struct settings *s, struct incident *i,
                const struct explain *e)
{
    struct err err = ERR_INIT;
    json_t *tickets = json_array(), *trace;
    int status = EXIT_FINE;

    if (gather(st, i, tickets, &err) < 0) {
        json_decref(tickets);
        return cli_fail(&err);
    }
    trace = decide_explain(st, s, i, e->now);
    if (e->json) {
        json_t *v = json_pack("{s:O, s:O}", "tickets", tickets, "trace", trace);

        cli_json(v);
        json_decref(v);
    } else {
        explain_print_decisions(tickets);
        explain_print_trace(trace);
    }
    json_decref(trace);
    json_decref(tickets);
    return status;
}

static int explain_id(struct store *st, const struct settings *s,
                      const char *id, const struct explain *e)
{
    struct err err = ERR_INIT;
    struct incident i;
    int found = cli_find_incident(st, id, &i, &err), status;

    if (found < 0)
        return cli_fail(&err);
    if (!found) {
        log_error("there is no incident or ticket \"%s\"", id);
        return EXIT_TROUBLE;
    }
    status = show(st, s, &i, e);
    incident_release(&i);
    return status;
}

static int explain_made_up(struct store *st, const struct settings *s,
                           struct explain *e)
{
    struct incident *i = &e->made_up;
    struct incident_job job = { .standing = true };

    if (!i->branch) {
        json_t *main = NULL;

        if (store_fact_get(st, i->project, "default_branch", &main, NULL) == 1)
            i->branch = xstrdup0(json_string_value(main));
        json_decref(main);
    }
    if (!i->branch)
        i->branch = xstrdup("main");
    if (!i->category)
        i->category = xstrdup("unknown/unknown");
    if (!i->blame)
        i->blame = xstrdup("unknown");
    i->kind = xstrdup(str_starts(i->category, "bot/") ? "bot" : "build");
    i->fingerprint = xstrdup("1:00000000000000000000000000000000");
    i->public_id = xstrdup("00000000");
    i->standing = true;
    i->first_seen = i->last_seen = i->first_ever = e->now;
    i->pushes = 1;
    i->attempts = 1;
    i->failure = json_object();
    if (e->job) {
        job.name = (char *)e->job;
        job.key = (char *)e->job;
        i->jobs = &job;
        i->nr_jobs = 1;
    }
    show(st, s, i, e);
    i->jobs = NULL;
    i->nr_jobs = 0;
    return EXIT_FINE;
}

static int parse(int argc, char **argv, struct explain *e)
{
    static const struct option longs[] = {
        { "project", required_argument, NULL, 'p' },
        { "branch", required_argument, NULL, 'b' },
        { "category", required_argument, NULL, 'c' },
        { "rule", required_argument, NULL, 'r' },
        { "blame", required_argument, NULL, 'B' },
        { "source", required_argument, NULL, 's' },
        { "job", required_argument, NULL, 'J' },
        { "json", no_argument, NULL, 'j' },
        { "now", required_argument, NULL, 'N' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    struct incident *i = &e->made_up;
    int c;

    while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
        switch (c) {
        case 'p':
            str_replace(&i->project, optarg);
            break;
        case 'b':
            str_replace(&i->branch, optarg);
            break;
        case 'c':
            str_replace(&i->category, optarg);
            break;
        case 'r':
            str_replace(&i->rule, optarg);
            break;
        case 'B':
            str_replace(&i->blame, optarg);
            break;
        case 's':
            str_replace(&i->source, optarg);
            break;
        case 'J':
            e->job = optarg;
            break;
        case 'j':
            e->json = true;
            break;
        case 'N':
            if (cli_time("--now", optarg, &e->now) < 0)
                return EXIT_USAGE;
            break;
        case 'h':
            return cli_usage(stdout, help);
        default:
            return cli_usage(stderr, help);
        }
    }
    if ((argc - optind == 1) == (i->project != NULL))
        return cli_usage(stderr, help);
    return -1;
}

int cmd_explain(const struct cli *cli, int argc, char **argv)
{
    struct explain e = { .now = when_now() };
    int status = parse(argc, argv, &e);
    struct settings *s = NULL;
    struct store *st = NULL;

    if (status < 0) {
        s = cli_settings(cli);
        status = EXIT_USAGE;
    }
    if (s)
        st = cli_store(s,
                       e.made_up.project ? STORE_COPY
                                         : STORE_READ_ONLY | STORE_MUST_EXIST,
                       &status);
    if (st) {
        status = e.made_up.project ? explain_made_up(st, s, &e)
                                   : explain_id(st, s, argv[optind], &e);
        store_close(st);
    }
    if (s)
        settings_free(s);
    incident_release(&e.made_up);
    return status;
}
