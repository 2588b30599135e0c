/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One ticket, judged: what its incidents say, what stops them, and what is
 * wished for at its sinks. The order is that of docs/decisions.md.
 *
 * Must not write: desire.c does.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/route/bench.h"
#include "core/route/reason.h"

void verdict_release(struct verdict *v)
{
    ticket_release(&v->t);
    ticket_release(&v->was);
    free(v->rule_at);
    free(v->text);
    free(v->rule);
    json_decref(v->inputs);
    free(v->sinks);
    free(v->digest_key);
    free(v->digest_note);
    memset(v, 0, sizeof(*v));
}

static int member_add(void *user, struct incident *i)
{
    struct bench *b = user;
    struct member *m;

    ALLOC_GROW(b->m, b->nr + 1, b->alloc);
    m = &b->m[b->nr++];
    memset(m, 0, sizeof(*m));
    m->i = *i;
    memset(i, 0, sizeof(*i));
    return 0;
}

static void bench_release(struct bench *b)
{
    for (size_t n = 0; n < b->nr; n++)
        incident_release(&b->m[n].i);
    free(b->m);
    free(b->cause_ticket);
    free(b->more_via);
    placements_release(&b->places);
}

void verdict_look_at(struct ticket *t, int64_t at)
{
    if (at > 0 && (!t->next_at || at < t->next_at))
        t->next_at = at;
}

/* ---- words ---- */

void verdict_say(struct verdict *v, const char *code, const char *rule_at)
{
    v->code = code;
    str_replace(&v->rule_at, rule_at);
    if (!v->inputs)
        v->inputs = json_object();
}

void verdict_hold(struct verdict *v, const char *code, const char *rule_at,
                  int64_t next)
{
    verdict_say(v, code, rule_at);
    v->wish = WISH_KEEP;
    v->newly = false;
    verdict_look_at(&v->t, next);
}

const char *bench_policy_at(const struct bench *b)
{
    const struct policy *p = &b->place.r.policy;

    return p->open.at ? p->open.at : p->at ? p->at : b->place.r.route->at;
}

const struct member *bench_at(const struct bench *b, enum gate gate)
{
    for (size_t n = 0; n < b->nr; n++)
        if (b->m[n].gate == gate)
            return &b->m[n];
    BUG("no member is at gate %d", (int)gate);
}

/* An outbreak has a threshold of its own. */
static void say_spread(struct verdict *v, const struct outbreak *ob,
                       const struct policy *p)
{
    json_t *spread = json_object(), *asks = json_object();

    jx_set_int(spread, "projects", ob->projects);
    jx_set_int(spread, "owners", ob->owners);
    jx_set_int(spread, "began", ob->began);
    jx_set_int(asks, "projects", p->outbreak_projects);
    jx_set_int(asks, "owners", p->outbreak_owners);
    jx_set_int(asks, "within", p->outbreak_within);
    json_object_set_new(spread, "asks", asks);
    json_object_set_new(v->inputs, "spread", spread);
}

/* The numbers that a threshold is asked about. */
int bench_say_evidence(struct bench *b, const struct member *m, struct err *err)
{
    struct verdict *v = b->v;
    struct evidence e;

    jx_set_str(v->inputs, "incident", m->i.public_id);
    if (bench_tells_outbreak(b, m)) {
        say_spread(v, judge_outbreak(b->j, &m->i), &b->j->s->policy);
        return 0;
    }
    if (evidence_of(b->j, &m->i, &e, err) < 0)
        return -1;
    jx_set_int(v->inputs, "since", e.since);
    jx_set_int(v->inputs, "pushes", e.pushes);
    if (!str_cmp0(m->i.kind, "bot"))
        jx_set_num(v->inputs, "attempts", e.attempts);
    json_object_set_new(v->inputs, "open",
                        condition_json(&b->place.r.policy.open));
    return 0;
}

/* ---- all of it has ended ---- */

static const char *why_ended(const struct bench *b)
{
    size_t archived = 0, gone = 0, superseded = 0, ended = 0, flaky = 0;
    int64_t last = 0;

    for (size_t n = 0; n < b->nr; n++)
        if (b->m[n].i.resolved > last)
            last = b->m[n].i.resolved;
    for (size_t n = 0; n < b->nr; n++) {
        const struct incident *i = &b->m[n].i;
        const struct project_facts *f;

        if (i->resolved != last)
            continue;
        f = judge_facts(b->j, i->project, NULL);
        ended++;
        archived += i->end == END_ARCHIVED || (f && f->archived);
        gone += i->end == END_GONE;
        superseded += i->end == END_SUPERSEDED;
        flaky += i->end == END_FLAKY;
    }
    if (archived && archived == ended)
        return REASON_ARCHIVED;
    if (b->v->was.state == TICKET_PENDING && !b->told.granted)
        return flaky && flaky == ended ? REASON_FLAKY : REASON_NEVER_OPENED;
    if (gone && gone == ended)
        return REASON_GONE;
    if (superseded && superseded == ended)
        return REASON_SUPERSEDED;
    return REASON_RECOVERED;
}

/* What a person did with a ticket is about this episode. */
static void forget_person(struct ticket *t)
{
    static const char *const key[] = { "state",   "by",           "changed",
                                       "closes",  "duplicate_of", "reopened",
                                       "commits", "over" };

    t->escalated = 0;
    for (size_t i = 0; t->human && i < ARRAY_SIZE(key); i++)
        json_object_del(t->human, key[i]);
}

static bool outbreak_is_on(const struct bench *b)
{
    for (size_t n = 0; b->place.role == ROLE_OUTBREAK && n < b->nr; n++) {
        const struct outbreak *ob = judge_outbreak(b->j, &b->m[n].i);

        if (ob && !strcmp(ob->state, "on"))
            return true;
    }
    return false;
}

static void end_it(struct bench *b)
{
    struct verdict *v = b->v;
    struct ticket *t = &v->t;

    if (t->state == TICKET_RESOLVED) {
        v->code = NULL;
        return;
    }
    if (b->told.granted && outbreak_is_on(b)) {
        verdict_say(v, REASON_STANDS, t->route_at);
        v->wish = WISH_KEEP;
        return;
    }
    verdict_say(v, why_ended(b), b->placed ? bench_policy_at(b) : t->route_at);
    jx_set_int(v->inputs, "incidents", (int64_t)b->nr);
    t->state = TICKET_RESOLVED;
    t->resolved = b->j->opts.now;
    t->backlog = false;
    t->next_at = 0;
    forget_person(t);
    v->wish = WISH_CLOSED;
}

/* Its incidents belong to other tickets now: routes or owners changed. */
static void leave_it(struct bench *b)
{
    struct verdict *v = b->v;

    if (v->t.state == TICKET_RESOLVED)
        return;
    verdict_say(v, REASON_SUPERSEDED, v->t.route_at);
    jx_set_bool(v->inputs, "moved", true);
    v->t.state = TICKET_RESOLVED;
    v->t.resolved = b->j->opts.now;
    v->t.backlog = false;
    v->t.next_at = 0;
    v->wish = WISH_CLOSED;
}

/* ---- something stands, and nothing of it may be told ---- */

static void withdraw(struct bench *b)
{
    struct verdict *v = b->v;

    verdict_say(v, REASON_WITHDRAWN, v->t.route_at);
    jx_set_str(v->inputs, "outbreak", b->parent);
    v->t.state = TICKET_RESOLVED;
    v->t.resolved = b->j->opts.now;
    v->wish = WISH_CLOSED;
}

static int be_silent(struct bench *b, struct err *err)
{
    static const char *const code[] = {
        [GATE_ARCHIVED] = REASON_ARCHIVED,
        [GATE_STALE] = REASON_STALE_SOURCE,
        [GATE_OUTBREAK_HOLD] = REASON_OUTBREAK_HOLD,
        [GATE_INHIBITED] = REASON_INHIBITED,
        [GATE_SILENCED] = REASON_SILENCED,
        [GATE_SNOOZED] = REASON_SNOOZED,
        [GATE_NOT_PLANNED] = REASON_NOT_PLANNED,
        [GATE_WRONG] = REASON_WRONG,
        [GATE_OPTED_OUT] = REASON_OPTED_OUT,
        [GATE_RULE_STOPPED] = REASON_RULE_STOPPED,
        [GATE_PENDING] = REASON_PENDING,
        [GATE_GREEN] = REASON_FLAPPING,
    };
    struct verdict *v = b->v;
    const struct member *m = bench_at(b, b->furthest);
    CLEANUP_FREE char *quiet = NULL;
    const char *at = v->t.route_at;

    str_replace(&v->t.parent, b->parent);
    if (b->furthest == GATE_INHIBITED && m->by_outbreak) {
        if (b->told.there) {
            withdraw(b);
            return 0;
        }
        if (v->t.state == TICKET_RESOLVED
            && !str_cmp0(v->t.reason, REASON_WITHDRAWN))
            return 0; /* closed for it already */
    }
    if (b->furthest == GATE_RULE_STOPPED && v->t.state == TICKET_RESOLVED
        && !str_cmp0(v->t.reason, REASON_RETRACTED))
        return 0; /* taken back; it stays so */
    if (m->silence) {
        quiet = xasprintf("silence %lld", (long long)m->silence->rec.id);
        at = quiet;
    } else if (m->at) {
        at = m->at;
    } else if (m->gate >= GATE_PENDING) {
        at = bench_policy_at(b);
    }
    verdict_say(v, code[b->furthest], at);
    if (b->told.there && b->standing && m->gate >= GATE_PENDING)
        v->code = REASON_STANDS;
    if (b->furthest == GATE_INHIBITED)
        jx_set_str(v->inputs, m->by_outbreak ? "outbreak" : "cause",
                   m->by_outbreak ? b->parent : m->i.caused_by);
    if (b->furthest == GATE_RULE_STOPPED)
        jx_set_str(v->inputs, "rule", m->i.rule);
    if (b->furthest == GATE_STALE)
        jx_set_str(v->inputs, "source", m->i.source);
    if (b->furthest == GATE_PENDING && bench_say_evidence(b, m, err) < 0)
        return -1;
    if (b->furthest == GATE_GREEN)
        jx_set_int(v->inputs, "relapses", m->i.relapses);
    if (m->i.flaky && b->furthest == GATE_PENDING)
        jx_set_int(v->inputs, "flaky", m->i.flaky);
    if (v->t.state == TICKET_RESOLVED)
        v->t.state = TICKET_PENDING;
    v->wish = WISH_NONE; /* what was not sent yet is not sent */
    v->update_only =
        b->told.there
        && (b->furthest >= GATE_PENDING || b->furthest == GATE_INHIBITED)
        && (b->place.role == ROLE_OWN || b->place.role == ROLE_OUTBREAK
            || b->place.r.digest <= 0);
    verdict_look_at(&v->t, m->until);
    return 0;
}

int verdict_make(struct judge *j, struct ticket *t,
                 const struct placement *hint, struct verdict *v,
                 struct err *err)
{
    struct bench b = { .j = j, .v = v };
    struct incident_query q = { .ticket = t->key };
    int rc = 0;

    memset(v, 0, sizeof(*v));
    v->t = *t;
    memset(t, 0, sizeof(*t));
    ticket_copy(&v->was, &v->t);
    v->wish = WISH_KEEP;
    v->t.next_at = 0;
    rc = store_incident_each(j->st, &q, member_add, &b, err);
    rc = rc < 0 ? rc : desire_told(j, &v->t, &b.told, err);
    rc = rc < 0 ? rc : bench_elect(&b, hint, err);
    if (!rc && b.placed)
        rc = bench_dress(&b, err);
    rc = rc < 0 ? rc : bench_weigh(&b, err);
    if (!rc) {
        if (!b.nr || (b.live && !b.placed))
            leave_it(&b);
        else if (!b.live)
            end_it(&b);
        else if (b.voice)
            rc = bench_speak(&b, err);
        else
            rc = be_silent(&b, err);
    }
    bench_release(&b);
    return rc < 0 ? -1 : 0;
}
