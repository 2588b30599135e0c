/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Store records from JSON, for tests of messages: a case is an object with
 * "now", "ticket", "owner", "incidents", "runs", "outbreak", "notices",
 * "rules".
 */
#ifndef TOCSIN_TESTS_MESSAGES_H
#define TOCSIN_TESTS_MESSAGES_H

#ifndef ck_assert_msg /* a fuzz target has its own */
#include <check.h>
#endif
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/deliver/compose.h"
#include "core/store/store.h"
#include "suite.h"

static char *copy_of(const json_t *o, const char *key)
{
    return xstrdup0(jx_str(o, key));
}

static int64_t time_of(const json_t *o, const char *key)
{
    const char *s = jx_str(o, key);
    int64_t t = 0;

    if (s)
        ck_assert_msg(when_parse(s, &t) == 0, "%s: %s", key, s);
    return t;
}

static void read_jobs(struct incident *i, const json_t *o)
{
    json_t *jobs = jx_arr(o, "jobs"), *j;
    size_t k;

    i->nr_jobs = json_array_size(jobs);
    i->jobs = xcalloc(i->nr_jobs ? i->nr_jobs : 1, sizeof(*i->jobs));
    json_array_foreach(jobs, k, j) {
        struct run r = { .source = i->source,
                         .workflow = (char *)"ci",
                         .job = copy_of(j, "name"),
                         .run_id = (char *)"x",
                         .project = i->project,
                         .branch = i->branch };

        i->jobs[k].key = run_job_key(&r);
        i->jobs[k].name = r.job;
        i->jobs[k].standing = jx_bool(j, "standing", true);
        i->jobs[k].url = copy_of(j, "url");
    }
}

static void read_incident(struct incident *i, const json_t *o,
                          const json_t *ticket)
{
    const char *state = jx_str_or(o, "state", "open");
    const char *end = jx_str(o, "end");
    const json_t *failure = json_object_get(o, "failure");

    memset(i, 0, sizeof(*i));
    i->public_id = copy_of(o, "public_id");
    i->project =
        xstrdup(jx_str_or(o, "project", jx_str_or(ticket, "project", "o/r")));
    i->branch = xstrdup(jx_str_or(o, "branch", "main"));
    i->fingerprint = xstrdup(
        jx_str_or(o, "fingerprint", "1:00000000000000000000000000000001"));
    i->kind = xstrdup(jx_str_or(ticket, "kind", "build"));
    i->source = xstrdup("builds");
    i->rule = copy_of(o, "rule");
    i->category = xstrdup(jx_str_or(o, "category", "unknown/unknown"));
    i->blame = xstrdup(jx_str_or(o, "blame", "unknown"));
    i->failure = failure ? json_deep_copy(failure) : json_object();
    i->state = !strcmp(state, "open")       ? INCIDENT_OPEN
               : !strcmp(state, "resolved") ? INCIDENT_RESOLVED
                                            : INCIDENT_PENDING;
    i->standing = jx_bool(o, "standing", true);
    for (int e = END_NONE; end && e <= END_ARCHIVED; e++)
        if (str_eq(incident_end_name((enum incident_end)e), end))
            i->end = (enum incident_end)e;
    ck_assert(!end || i->end != END_NONE);
    i->ended = time_of(o, "ended");
    i->first_seen = time_of(o, "first_seen");
    i->last_seen = time_of(o, "last_seen");
    i->pushes = jx_int(o, "pushes", 1);
    i->attempts = jx_num(o, "attempts", 1);
    i->outbreak = copy_of(o, "outbreak");
    i->first_red_commit = copy_of(o, "first_red_commit");
    i->last_green_commit = copy_of(o, "last_green_commit");
    i->last_green_at = time_of(o, "last_green_at");
    i->url = copy_of(o, "url");
    i->target = copy_of(o, "target");
    i->extra = jx_obj(o, "extra") ? json_deep_copy(jx_obj(o, "extra")) : NULL;
    read_jobs(i, o);
}

static void read_runs(struct store *st, const json_t *runs,
                      const json_t *ticket)
{
    json_t *o;
    size_t k;

    json_array_foreach(runs, k, o) {
        struct run r = {
            .source = xstrdup("builds"),
            .run_id = xasprintf("run-%zu", k),
            .attempt = 1,
            .workflow = xstrdup("ci"),
            .job = copy_of(o, "job"),
            .project = xstrdup(jx_str_or(ticket, "project", "o/r")),
            .branch = xstrdup("main"),
            .commit = copy_of(o, "commit"),
            .outcome = outcome_parse(jx_str_or(o, "outcome", "success")),
            .created = time_of(o, "created"),
            .default_branch = 1,
        };
        bool added;

        r.finished = r.created + 60;
        OK(store_run_add(st, &r, &added, err));
        ck_assert(added);
        run_release(&r);
    }
}

static void read_notices(struct store *st, const json_t *notices, int64_t now)
{
    json_t *o;
    size_t k;

    json_array_foreach(notices, k, o)
        OK(store_notice_put(st, jx_str(o, "instance"), jx_str_or(o, "code", ""),
                            jx_str_or(o, "text", ""), now, err));
}

struct made_case {
    json_t *json;
    struct store *st;
    struct settings settings;
    struct ticket ticket;
    struct owner owner;
    struct message_format format;
    int op;
    int64_t now;
};

static void read_ticket(struct ticket *t, const json_t *o, int64_t now)
{
    const json_t *group = jx_obj(o, "group");

    t->key = xstrdup(jx_str_or(o, "key", "0123456789abcdef0123456789abcdef"));
    t->group = group ? json_deep_copy(group) : json_object();
    t->project = copy_of(o, "project");
    t->branch = copy_of(o, "branch");
    t->kind = xstrdup(jx_str_or(o, "kind", "build"));
    t->state =
        str_eq(jx_str(o, "state"), "resolved") ? TICKET_RESOLVED : TICKET_OPEN;
    t->route = xstrdup(jx_str_or(o, "route", "routes[0]"));
    t->reason = xstrdup(jx_str_or(o, "reason", "opened"));
    t->title = copy_of(o, "title");
    t->persons = json_array();
    t->via = json_array();
    t->labels = json_array();
    t->human = json_object();
    t->created = now;
    t->changed = now;
}

static void case_load(struct made_case *c, json_t *json)
{
    const json_t *ticket = jx_obj(json, "ticket"), *o;
    const json_t *owner = jx_obj(json, "owner");
    struct outbreak b = { 0 };
    size_t k;

    memset(c, 0, sizeof(*c));
    c->json = json;
    c->now = time_of(json, "now");
    OK(store_open(&c->st, "sqlite::memory:", 0, err));
    read_ticket(&c->ticket, ticket, c->now);
    OK(store_ticket_put(c->st, &c->ticket, err));
    json_array_foreach(jx_arr(json, "incidents"), k, o) {
        struct incident i;

        read_incident(&i, o, ticket);
        OK(store_incident_put(c->st, &i, true, err));
        OK(store_member_set(c->st, i.id, &c->ticket.id, 1, err));
        incident_release(&i);
    }
    read_runs(c->st, jx_arr(json, "runs"), ticket);
    read_notices(c->st, jx_arr(json, "notices"), c->now);
    o = jx_obj(json, "outbreak");
    if (o) {
        b.key = copy_of(o, "key");
        b.category = copy_of(o, "category");
        b.began = time_of(o, "began");
        b.last_joined = b.began;
        b.ended = time_of(o, "ended");
        b.state = xstrdup(b.ended ? "over" : "on");
        b.projects = jx_int(o, "projects", 0);
        b.owners = jx_int(o, "owners", 0);
        OK(store_outbreak_put(c->st, &b, err));
        outbreak_release(&b);
    }
    c->owner.name = copy_of(owner, "name");
    c->owner.from = copy_of(owner, "from");
    c->owner.mention = copy_of(owner, "mention");
    c->owner.persons = json_array();
    if (jx_arr(owner, "persons"))
        json_array_extend(c->owner.persons, jx_arr(owner, "persons"));
    c->settings.rules = jx_arr(json, "rules");
    c->settings.explain_url = copy_of(json, "explain_url");
    c->settings.policy.update_counts = DAY;
    c->format.flavour = xstrdup(jx_str_or(json, "flavour", "github-markdown"));
    c->format.title_max = (size_t)jx_int(json, "title_max", 256);
    c->format.body_max = (size_t)jx_int(json, "body_max", 65536);
    c->op = str_eq(jx_str(json, "op"), "resolve")  ? TOCSIN_DELIVER_RESOLVE
            : str_eq(jx_str(json, "op"), "remind") ? TOCSIN_DELIVER_REMIND
            : str_eq(jx_str(json, "op"), "digest") ? TOCSIN_DELIVER_DIGEST
                                                   : TOCSIN_DELIVER_OPEN;
}

static void case_release(struct made_case *c)
{
    store_close(c->st);
    ticket_release(&c->ticket);
    free(c->owner.name);
    free(c->owner.from);
    free(c->owner.mention);
    json_decref(c->owner.persons);
    free(c->settings.explain_url);
    free(c->format.flavour);
    json_decref(c->json);
}

__attribute__((unused)) static struct order
case_order(const struct made_case *c)
{
    return (struct order){
        .ticket = &c->ticket,
        .owner = &c->owner,
        .format = &c->format,
        .op = c->op,
        .nonce = "feedfacefeedface",
        .now = c->now,
    };
}

__attribute__((unused)) static void case_compose(struct made_case *c,
                                                 struct message *m)
{
    struct err err = ERR_INIT;
    struct composer *composer = composer_new(&c->settings, &err);
    struct order order = case_order(c);
    int rc;

    ck_assert_msg(composer != NULL, "%s", err_msg(&err));
    rc = compose(composer, c->st, &order, m, &err);
    ck_assert_msg(rc == 0, "%s", err_msg(&err));
    composer_free(composer);
}

#endif
