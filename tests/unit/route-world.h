/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A small world for the tests of core/route: a configuration, a store in
 * memory, a clock, incidents by hand, and sinks that always work.
 */
#ifndef TOCSIN_TEST_ROUTE_WORLD_H
#define TOCSIN_TEST_ROUTE_WORLD_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/config/problems.h"
#include "core/config/settings.h"
#include "core/route/decide.h"
#include "core/route/reason.h"
#include "core/store/store.h"

#define T0 INT64_C(1790000000) /* 2026-09-21T14:13:20Z */

struct world {
    struct store *st;
    struct settings *s;
    int64_t now;
    bool all_local;
    struct decide_counts counts;
};

static const char world_sinks[] =
    "version: 1\n"
    "shipped_rules: false\n"
    "sources:\n"
    "  builds: {plugin: logs}\n"
    "sinks:\n"
    "  issues: {plugin: issues}\n"
    "  chat: {plugin: chat}\n"
    "  vault: {plugin: vault, confidential: true}\n"
    "  disk: {plugin: file}\n"
    "teams:\n"
    "  core: {persons: [ada, bob], contacts: {chat: 'core'}}\n";

static struct settings *world_settings(const char *more)
{
    CLEANUP_FREE char *text = xasprintf("%s%s", world_sinks, more);
    struct problems pb;
    struct settings *s;

    problems_init(&pb);
    s = settings_parse("t.yaml", text, strlen(text), &pb);
    if (pb.errors)
        problems_print(&pb, stderr);
    ck_assert_uint_eq(pb.errors, 0);
    ck_assert_ptr_nonnull(s);
    problems_release(&pb);
    return s;
}

__attribute__((unused)) static void world_init(struct world *w,
                                               const char *more)
{
    struct err err = ERR_INIT;

    memset(w, 0, sizeof(*w));
    w->now = T0;
    w->s = world_settings(more);
    ck_assert_msg(store_open(&w->st, "sqlite::memory:", 0, &err) == 0, "%s",
                  err_msg(&err));
}

__attribute__((unused)) static void world_release(struct world *w)
{
    store_close(w->st);
    settings_free(w->s);
}

__attribute__((unused)) static void world_configure(struct world *w,
                                                    const char *more)
{
    settings_free(w->s);
    w->s = world_settings(more);
}

static void fact(struct world *w, const char *subject, const char *key,
                 const char *json)
{
    CLEANUP_JSON json_t *v =
        json ? json_loads(json, JSON_DECODE_ANY, NULL) : NULL;

    ck_assert(!json || v);
    ck_assert_int_eq(
        store_fact_put(w->st,
                       &(struct fact){ "facts", subject, key, v, w->now }, NULL,
                       NULL),
        0);
}

/* A project with one maintainer of its own name. */
__attribute__((unused)) static void owned(struct world *w, const char *project,
                                          const char *login)
{
    CLEANUP_FREE char *json = xasprintf("[\"%s\"]", login);

    fact(w, project, "owners", json);
}

/* Reads the incident, or makes one that is red since now. */
__attribute__((unused)) static struct incident
incident(struct world *w, const char *project, const char *fingerprint)
{
    struct incident i;
    int got = store_incident_get(w->st, project, "main", fingerprint, &i, NULL);

    ck_assert_int_ge(got, 0);
    if (got)
        return i;
    memset(&i, 0, sizeof(i));
    i.project = xstrdup(project);
    i.branch = xstrdup("main");
    i.fingerprint = xstrdup(fingerprint);
    i.kind = xstrdup("build");
    i.source = xstrdup("builds");
    i.category = xstrdup("dependency/unsatisfiable");
    i.blame = xstrdup("dependency");
    i.rule = xstrdup("conda/missing");
    i.failure = json_object();
    i.standing = true;
    i.first_seen = i.last_seen = i.first_ever = w->now;
    i.pushes = 1;
    i.attempts = 1;
    i.last_red_commit = xstrdup("c1");
    return i;
}

/* Takes i. */
__attribute__((unused)) static void put(struct world *w, struct incident i)
{
    struct err err = ERR_INIT;

    ck_assert_msg(store_incident_put(w->st, &i, false, &err) == 0, "%s",
                  err_msg(&err));
    incident_release(&i);
}

/* The project is red with fp: one more push. */
__attribute__((unused)) static void red(struct world *w, const char *project,
                                        const char *fp)
{
    struct incident i = incident(w, project, fp);

    if (!i.standing) { /* a new episode */
        i.first_seen = w->now;
        i.pushes = 0;
        i.greens = 0;
        i.relapses++;
        i.relapsed_at = w->now;
        i.end = END_NONE;
        i.ended = 0;
        i.standing = true;
    } else if (i.id) {
        i.pushes++;
    }
    if (!i.pushes)
        i.pushes = 1;
    i.last_seen = w->now;
    free(i.last_red_commit);
    i.last_red_commit = xasprintf("c%lld", (long long)w->now);
    put(w, i);
}

__attribute__((unused)) static void ends(struct world *w, const char *project,
                                         const char *fp, enum incident_end how)
{
    struct incident i = incident(w, project, fp);

    i.standing = false;
    i.end = how;
    i.ended = w->now;
    i.greens = how == END_GREEN ? 1 : 0;
    put(w, i);
}

__attribute__((unused)) static void green(struct world *w, const char *project,
                                          const char *fp)
{
    ends(w, project, fp, END_GREEN);
}

static struct decide_options world_options(const struct world *w)
{
    static const char *const disk[] = { "disk", NULL };
    struct decide_options o = { .now = w->now, .local_sinks = disk };

    o.armed = w->s->armed || w->all_local;
    return o;
}

__attribute__((unused)) static void decided(struct world *w)
{
    struct decide_options o = world_options(w);
    struct err err = ERR_INIT;

    ck_assert_msg(decide(w->st, w->s, &o, &w->counts, &err) == 0, "%s",
                  err_msg(&err));
}

static int send_one(void *user, struct outbox *o)
{
    struct world *w = user;
    struct ticket t;

    if (o->state != OUTBOX_DUE)
        return 0;
    str_replace(&o->have, o->want);
    o->state = OUTBOX_IDLE;
    o->sent_at = w->now;
    if (o->want_op == TOCSIN_DELIVER_REMIND
        || o->want_op == TOCSIN_DELIVER_DIGEST)
        o->reminded_at = w->now;
    ck_assert_int_eq(store_outbox_put(w->st, o, NULL), 0);
    ck_assert_int_eq(store_ticket_by_id(w->st, o->ticket, &t, NULL), 1);
    if (!t.told && strcmp(o->sink, "disk")) {
        t.told = w->now;
        ck_assert_int_eq(store_ticket_put(w->st, &t, NULL), 0);
    }
    ticket_release(&t);
    return 0;
}

__attribute__((unused)) static void delivered(struct world *w)
{
    ck_assert_int_eq(store_outbox_each(w->st, NULL, true, send_one, w, NULL),
                     0);
}

/* Decide, deliver. */
__attribute__((unused)) static void pass(struct world *w)
{
    decided(w);
    delivered(w);
}

/* ---- looking ---- */

struct look {
    const char *project, *kind;
    struct ticket t;
    int nr;
};

static int look_each(void *user, struct ticket *t)
{
    struct look *l = user;

    if (str_cmp0(l->project, t->project)
        || (l->kind && str_cmp0(l->kind, t->kind)))
        return 0;
    l->nr++;
    ticket_release(&l->t);
    l->t = *t;
    memset(t, 0, sizeof(*t));
    return 0;
}

/* The only ticket of a project (NULL: of several projects). The caller
 * releases it. */
static struct ticket ticket_kind(struct world *w, const char *project,
                                 const char *kind)
{
    struct ticket_query q = { 0 };
    struct look l = { .project = project, .kind = kind };

    ck_assert_int_eq(store_ticket_each(w->st, &q, look_each, &l, NULL), 0);
    ck_assert_msg(l.nr == 1, "%s has %d tickets", project ? project : "all",
                  l.nr);
    return l.t;
}

__attribute__((unused)) static struct ticket ticket(struct world *w,
                                                    const char *project)
{
    return ticket_kind(w, project, NULL);
}

static int look_count(void *user, struct ticket *t)
{
    (void)t;
    ++*(int *)user;
    return 0;
}

__attribute__((unused)) static int tickets(struct world *w)
{
    struct ticket_query q = { 0 };
    int n = 0;

    store_ticket_each(w->st, &q, look_count, &n, NULL);
    return n;
}

/* "open reopened issues:open/open" */
__attribute__((unused)) static char *show(struct world *w, const char *project)
{
    struct ticket t = ticket(w, project);
    char *out =
        xasprintf("%s %s", ticket_state_name(t.state), str_or(t.reason, "-"));
    size_t i;
    json_t *sink;

    json_array_foreach(t.via, i, sink) {
        struct outbox o;
        char *more;

        if (store_outbox_get(w->st, t.id, json_string_value(sink), &o, NULL)
            != 1)
            continue;
        more = xasprintf("%s %s:%s/%s", out, o.sink, o.want, o.have);
        free(out);
        out = more;
        outbox_release(&o);
    }
    ticket_release(&t);
    return out;
}

#define expect(w, project, text)                                               \
    do {                                                                       \
        CLEANUP_FREE char *is_ = show(w, project);                             \
        ck_assert_str_eq(is_, text);                                           \
    } while (0)

__attribute__((unused)) static int
wanted_op(struct world *w, const char *project, const char *sink)
{
    struct ticket t = ticket(w, project);
    struct outbox o;
    int op = 0;

    if (store_outbox_get(w->st, t.id, sink, &o, NULL) == 1) {
        op = o.state == OUTBOX_DUE ? o.want_op : 0;
        outbox_release(&o);
    }
    ticket_release(&t);
    return op;
}

struct law {
    struct world *w;
    int decisions;
    char *code;
};

static int law_decision(void *user, const struct decision *d)
{
    struct law *l = user;

    l->decisions++;
    ck_assert(d->text && strlen(d->text) > 10);
    str_replace(&l->code, d->code);
    return 0;
}

static int law_ticket(void *user, struct ticket *t)
{
    struct law l = { .w = user };

    ck_assert_msg(t->reason, "ticket of %s has no reason",
                  str_or(t->project, "all"));
    store_decision_each(l.w->st, t->key, law_decision, &l, NULL);
    ck_assert_msg(l.decisions > 0, "ticket of %s has no decision",
                  str_or(t->project, "all"));
    ck_assert_str_eq(l.code, t->reason);
    free(l.code);
    return 0;
}

static int count_stop(void *user, const char *rule, int64_t at, const char *why)
{
    int *n = user;

    (void)rule, (void)at, (void)why;
    ++*n;
    return 0;
}

static int stops(struct world *w)
{
    int n = 0;

    ck_assert_int_eq(store_rule_stop_each(w->st, count_stop, &n, NULL), 0);
    return n;
}

/* What holds after every decision: each ticket has a reason and a decision
 * that says the same, and to decide again changes and writes nothing. But
 * people's marks are counted before causes come to their tickets: a rule whose
 * marked ticket got its cause in this pass stops in the next, and then the law
 * holds of that one. */
__attribute__((unused)) static void laws(struct world *w)
{
    struct ticket_query q = { 0 };
    int64_t before = store_transactions(w->st);
    int stopped = stops(w);

    store_ticket_each(w->st, &q, law_ticket, w, NULL);
    decided(w);
    if (stops(w) > stopped) {
        before = store_transactions(w->st);
        decided(w);
    }
    ck_assert_int_eq(store_transactions(w->st), before);
}

#endif
