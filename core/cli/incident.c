/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `tocsin incident show ID`: one incident in full, with its tickets.
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

static const char help[] =
    "usage: tocsin incident show ID [--json] [--projects]\n\n"
    "One incident: cause, evidence, jobs, tickets. ID: what status prints, or\n"
    "the key of a ticket (its first digits are enough).\n\n"
    "      --json       one JSON object\n"
    "      --projects   the projects of its ticket, one a line\n"
    "  -h, --help       this\n";

static void set_time(json_t *v, const char *key, int64_t t)
{
    CLEANUP_FREE char *text = t ? when_format(t) : NULL;

    jx_set_str(v, key, text);
}

static json_t *jobs_json(const struct incident *i)
{
    json_t *list = json_array();

    for (size_t n = 0; n < i->nr_jobs; n++) {
        const struct incident_job *j = &i->jobs[n];
        json_t *v = json_object();

        jx_set_str(v, "name", j->name);
        jx_set_str(v, "state", incident_end_name(j->end));
        jx_set_bool(v, "standing", j->standing);
        jx_set_str(v, "url", j->url);
        jx_set_str(v, "commit", j->commit);
        set_time(v, "at", j->at);
        json_array_append_new(list, v);
    }
    return list;
}

static json_t *incident_json(const struct incident *i)
{
    json_t *v = json_object();

    jx_set_str(v, "id", i->public_id);
    jx_set_str(v, "project", i->project);
    jx_set_str(v, "branch", i->branch);
    jx_set_str(v, "kind", i->kind);
    jx_set_str(v, "fingerprint", i->fingerprint);
    jx_set_str(v, "category", i->category);
    jx_set_str(v, "blame", i->blame);
    jx_set_str(v, "severity", jx_str(i->failure, "severity"));
    jx_set_str(v, "rule", i->rule);
    jx_set_str(v, "state", incident_state_name(i->state));
    jx_set_bool(v, "standing", i->standing);
    jx_set_str(v, "end", incident_end_name(i->end));
    set_time(v, "first_seen", i->first_seen);
    set_time(v, "last_seen", i->last_seen);
    set_time(v, "opened", i->opened);
    set_time(v, "resolved", i->resolved);
    jx_set_int(v, "pushes", i->pushes);
    jx_set_num(v, "attempts", i->attempts);
    jx_set_int(v, "greens", i->greens);
    jx_set_int(v, "flaky", i->flaky);
    jx_set_int(v, "relapses", i->relapses);
    jx_set_bool(v, "stale", i->stale);
    jx_set_str(v, "superseded_by", i->superseded_by);
    jx_set_str(v, "outbreak", i->outbreak);
    jx_set_str(v, "caused_by", i->caused_by);
    jx_set_str(v, "first_red_commit", i->first_red_commit);
    jx_set_str(v, "last_red_commit", i->last_red_commit);
    jx_set_str(v, "last_green_commit", i->last_green_commit);
    set_time(v, "last_green", i->last_green_at);
    jx_set_str(v, "url", i->url);
    jx_set_str(v, "target", i->target);
    json_object_set_new(v, "jobs", jobs_json(i));
    if (i->failure)
        json_object_set(v, "failure", i->failure);
    return v;
}

static void print_line(const char *label, const char *text)
{
    CLEANUP_FREE char *safe = text ? cli_safe(text, 1000) : NULL;

    if (safe)
        printf("%-12s %s\n", label, safe);
}

static void print_human(const json_t *v)
{
    static const char *const keys[] = {
        "id",
        "project",
        "branch",
        "kind",
        "category",
        "blame",
        "severity",
        "rule",
        "state",
        "end",
        "first_seen",
        "last_seen",
        "opened",
        "resolved",
        "first_red_commit",
        "last_green_commit",
        "superseded_by",
        "outbreak",
        "caused_by",
        "target",
        "url",
    };
    const json_t *failure = json_object_get(v, "failure");
    const char *excerpt;
    size_t n;
    json_t *job;

    print_line("what", jx_str(failure, "summary"));
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        print_line(keys[i], jx_str(v, keys[i]));
    printf("%-12s %" PRId64 " pushes, %g attempts, %" PRId64 " greens, %" PRId64
           " flaky, %" PRId64 " relapses\n",
           "evidence", jx_int(v, "pushes", 0), jx_num(v, "attempts", 0),
           jx_int(v, "greens", 0), jx_int(v, "flaky", 0),
           jx_int(v, "relapses", 0));
    json_array_foreach(json_object_get(v, "jobs"), n, job) {
        CLEANUP_FREE char *name = cli_safe(jx_str_or(job, "name", "?"), 200);

        printf("%-12s %s: %s\n", "job", name, jx_str_or(job, "state", "?"));
    }
    if (jx_bool(jx_obj(failure, "log"), "kept", false))
        print_line("note", "the rules have changed since; too little is "
                           "stored to classify it again");
    print_line("advice", jx_str(failure, "advice"));
    excerpt = jx_str(json_object_get(failure, "excerpt"), "text");
    for (const char *p = excerpt; p && *p;) {
        size_t len = strcspn(p, "\n");
        CLEANUP_FREE char *line = xstrndup(p, len);
        CLEANUP_FREE char *safe = cli_safe(line, 500);

        printf("    | %s\n", safe);
        p += len + (p[len] == '\n');
    }
}

static int print_project(void *user, struct incident *i)
{
    (void)user;
    printf("%s %s%s\n", i->project, i->branch, i->standing ? "" : " (over)");
    return 0;
}

static int projects(struct store *st, struct incident *i, struct err *err)
{
    int64_t *tickets = NULL;
    size_t nr = 0;
    int ret = store_member_tickets(st, i->id, &tickets, &nr, err);

    for (size_t n = 0; ret >= 0 && n < nr; n++) {
        struct ticket t;

        ret = store_ticket_by_id(st, tickets[n], &t, err);
        if (ret == 1) {
            struct incident_query q = { .ticket = t.key };

            ret = store_incident_each(st, &q, print_project, NULL, err);
            ticket_release(&t);
        }
    }
    free(tickets);
    return ret < 0 ? -1 : 0;
}

static int show(struct store *st, const char *id, bool json, bool list)
{
    struct err err = ERR_INIT;
    struct incident i;
    int found = cli_find_incident(st, id, &i, &err), status = EXIT_FINE;
    json_t *v;

    if (found < 0)
        return cli_fail(&err);
    if (!found) {
        log_error("there is no incident or ticket \"%s\"", id);
        return EXIT_TROUBLE;
    }
    v = incident_json(&i);
    if (list && projects(st, &i, &err) < 0)
        status = cli_fail(&err);
    else if (!list && json)
        cli_json(v);
    else if (!list)
        print_human(v);
    json_decref(v);
    incident_release(&i);
    return status;
}

int cmd_incident(const struct cli *cli, int argc, char **argv)
{
    static const struct option longs[] = {
        { "json", no_argument, NULL, 'j' },
        { "projects", no_argument, NULL, 'p' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    bool json = false, list = false;
    int c, status;
    struct settings *s;
    struct store *st;

    while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
        switch (c) {
        case 'j':
            json = true;
            break;
        case 'p':
            list = true;
            break;
        case 'h':
            return cli_usage(stdout, help);
        default:
            return cli_usage(stderr, help);
        }
    }
    if (argc - optind != 2 || strcmp(argv[optind], "show"))
        return cli_usage(stderr, help);
    s = cli_settings(cli);
    if (!s)
        return EXIT_USAGE;
    st = cli_store(s, STORE_READ_ONLY | STORE_MUST_EXIST, &status);
    if (st) {
        status = show(st, argv[optind + 1], json, list);
        store_close(st);
    }
    settings_free(s);
    return status;
}
