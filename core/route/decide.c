/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One decision over everything that is due: incidents to their tickets and
 * states, tickets to verdicts, verdicts through the budgets to the outbox.
 *
 * Looks at each incident once and at each ticket once, whatever hangs
 * together: an outage of thousands must not become a square of them. Must
 * not send.
 */
#include <config.h>

#include "core/route/decide.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/route/session.h"

/* ---- incidents ---- */

static int ticket_of(struct session *d, const struct incident *i,
                     const struct placement *p, int64_t *id, struct err *err)
{
    struct tick *tick = tick_find(d, p->key);
    bool stood = false;
    struct ticket t;
    int got;

    if (!tick) {
        got = store_ticket_get(d->j.st, p->key, &t, err);
        if (got < 0)
            return -1;
        if (!got) {
            memset(&t, 0, sizeof(t));
            t.key = xstrdup(p->key);
            t.group = json_incref(p->group);
            t.kind = xstrdup(p->kind);
            t.project = p->spans ? NULL : xstrdup(i->project);
            t.branch = p->spans ? NULL : xstrdup0(i->branch);
            t.created = d->j.opts.now;
            /* first decision ever, armed: only today's news is news */
            stood = d->j.arming && d->j.cold
                    && i->first_seen + DAY <= d->j.opts.now;
            t.backlog = stood && d->j.s->armed;
            got = store_ticket_put(d->j.st, &t, err);
        }
        tick = got < 0 ? NULL : tick_add(d, p->key, t.id);
        ticket_release(&t);
        if (!tick)
            return -1;
        tick->stood = tick->stood || stood;
    }
    if (!tick->hinted && p->role != ROLE_OWN) {
        tick->hinted = true;
        tick->hint = *p;
        tick->hint.key = tick->key;
        tick->hint.group = json_incref(p->group);
    }
    *id = tick->id;
    return 0;
}

/* Tickets that it was in and is no more are judged without it. */
static int members(struct session *d, const struct incident *i,
                   const struct placements *p, struct err *err)
{
    int64_t ids[PLACEMENTS_MAX];
    CLEANUP_FREE int64_t *had = NULL;
    size_t nr_had, n, o;

    for (n = 0; n < p->nr; n++)
        if (ticket_of(d, i, &p->of[n], &ids[n], err) < 0)
            return -1;
    if (store_member_tickets(d->j.st, i->id, &had, &nr_had, err) < 0)
        return -1;
    for (o = 0; o < nr_had; o++) {
        struct ticket t;

        for (n = 0; n < p->nr && ids[n] != had[o]; n++)
            ;
        if (n < p->nr)
            continue;
        if (store_ticket_by_id(d->j.st, had[o], &t, err) < 0)
            return -1;
        if (t.key)
            tick_add(d, t.key, t.id);
        ticket_release(&t);
    }
    return store_member_set(d->j.st, i->id, ids, p->nr, err);
}

static int settle_one(struct session *d, struct incident *i, struct err *err)
{
    const struct project_facts *f = judge_facts(&d->j, i->project, err);
    struct evidence e = { i->first_seen, i->pushes, i->attempts };
    struct placements p;
    int64_t id = i->id;
    bool waits;
    int rc;

    if (!f || place(&d->j, i, &p, NULL, err) < 0)
        return -1;
    rc = members(d, i, &p, err);
    if (!rc && i->standing && i->state != INCIDENT_OPEN)
        rc = evidence_of(&d->j, i, &e, err);
    if (!rc && advance(&d->j, i, &p.policy, &e, f->archived))
        rc = store_incident_put(d->j.st, i, true, err);
    waits = p.waits;
    placements_release(&p);
    return rc < 0 || waits ? rc : store_incident_clean(d->j.st, id, err);
}

static int find_cause(struct session *d, const struct due *due, struct err *err)
{
    struct incident i;
    bool changed = false;
    int got = store_incident_get(d->j.st, due->project, due->branch,
                                 due->fingerprint, &i, err);

    if (got == 1)
        got = inhibit_find(&d->j, &i, &changed, err);
    if (changed)
        got = store_incident_put(d->j.st, &i, true, err);
    incident_release(&i);
    return got < 0 ? -1 : 0;
}

/* The newest first: of those that would explain each other in a circle the
 * oldest is left without a cause, and is told. */
static int find_causes(struct session *d, struct err *err)
{
    for (size_t n = d->nr_due; n-- > 0;)
        if (d->due[n].symptom && find_cause(d, &d->due[n], err) < 0)
            return -1;
    return 0;
}

static int settle(struct session *d, struct err *err)
{
    for (size_t n = 0; n < d->nr_due; n++) {
        struct incident i;
        int got =
            store_incident_get(d->j.st, d->due[n].project, d->due[n].branch,
                               d->due[n].fingerprint, &i, err);

        if (got == 1)
            got = settle_one(d, &i, err);
        incident_release(&i);
        if (got < 0)
            return -1;
        d->j.counts->incidents++;
    }
    return 0;
}

/* ---- tickets ---- */

static int settled(struct session *d, struct verdict *v, struct err *err)
{
    bool told = v->wish == WISH_OPEN || v->update_only;
    int rc = desire(&d->j, v, err);

    if (v->wish == WISH_OPEN && !v->update_only)
        d->j.counts->wanted++;
    else if (!told && v->t.state != TICKET_RESOLVED)
        d->j.counts->held++;
    verdict_release(v);
    return rc;
}

static int judge_ticket(struct session *d, const struct tick *tick,
                        struct err *err)
{
    struct ticket t;
    struct verdict v;
    int got = store_ticket_by_id(d->j.st, tick->id, &t, err), adopted;

    if (got <= 0)
        return got;
    d->j.counts->tickets++;
    adopted = stray_adopt(&d->j, &t, err);
    if (adopted < 0) {
        ticket_release(&t);
        return -1;
    }
    if (verdict_make(&d->j, &t, tick->hinted ? &tick->hint : NULL, &v, err)
        < 0) {
        verdict_release(&v);
        return -1;
    }
    v.adopted = adopted > 0;
    d->j.counts->standing +=
        (tick->stood || v.stood) && v.t.state != TICKET_RESOLVED;
    if (v.wish != WISH_OPEN || !v.newly)
        return settled(d, &v, err);
    ALLOC_GROW(d->waiting, d->nr_waiting + 1, d->alloc_waiting);
    d->waiting[d->nr_waiting++] = v;
    return 0;
}

/* Class before owner; then what blocks most; then who waits longest. */
static int by_importance(const void *a, const void *b)
{
    const struct verdict *x = a, *y = b;

    if (x->spans != y->spans)
        return x->spans ? -1 : 1;
    if (x->t.descendants != y->t.descendants)
        return x->t.descendants > y->t.descendants ? -1 : 1;
    if (x->t.opened != y->t.opened)
        return x->t.opened < y->t.opened ? -1 : 1;
    return x->t.id < y->t.id ? -1 : x->t.id > y->t.id;
}

static int spend_all(struct session *d, struct err *err)
{
    struct budget *b = budget_new(&d->j);
    int rc = 0;

    if (d->nr_waiting)
        qsort(d->waiting, d->nr_waiting, sizeof(*d->waiting), by_importance);
    for (size_t n = 0; !rc && n < d->nr_waiting; n++) {
        struct verdict *v = &d->waiting[n];
        const char *code;
        int64_t next;

        rc = judge_begin(&d->j, err);
        rc = rc < 0 ? rc : budget_ask(b, v, &code, &next, err);
        if (!rc && code)
            verdict_hold(v, code, d->j.s->policy.at, next);
        rc = rc < 0 ? rc : settled(d, v, err);
    }
    budget_free(b);
    return rc;
}

static int look(struct session *d, struct err *err)
{
    struct incident_query iq = { .due = d->j.opts.now };
    struct ticket_query tq = { .due = d->j.opts.now };

    if (stop_watch(&d->j, err) < 0 || notice_settings(d, err) < 0
        || notice_arming(d, err) < 0 || notice_outbreaks(d, err) < 0
        || backlog_release(d, err) < 0
        || store_incident_each(d->j.st, &iq, due_add_cause, d, err) < 0
        || store_ticket_each(d->j.st, &tq, tick_due, d, err) < 0)
        return -1;
    due_unique(d);
    return 0;
}

static int decide_all(struct session *d, struct err *err)
{
    struct tick *t, *tmp;

    if (look(d, err) < 0)
        return -1;
    if (!d->nr_due && !d->ticks)
        return 0;
    if (judge_begin(&d->j, err) < 0 || find_causes(d, err) < 0
        || settle(d, err) < 0)
        return -1;
    HASH_ITER(hh, d->ticks, t, tmp)
    {
        if (judge_ticket(d, t, err) < 0)
            return -1;
    }
    return spend_all(d, err);
}

int decide(struct store *st, const struct settings *s,
           const struct decide_options *opts, struct decide_counts *counts,
           struct err *err)
{
    struct decide_counts ignored = { 0 };
    struct session d;
    int rc;

    memset(&d, 0, sizeof(d));
    if (judge_init(&d.j, st, s, opts, err) < 0)
        return -1;
    d.j.counts = counts ? counts : &ignored;
    memset(d.j.counts, 0, sizeof(*d.j.counts));
    rc = decide_all(&d, err);
    if (d.j.writing) {
        if (rc < 0)
            store_rollback(st);
        else
            rc = store_commit(st, err);
    }
    session_release(&d);
    return rc;
}
