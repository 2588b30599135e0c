/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Brings each sink to the desired state. A row goes through: judged again,
 * reachable, sent (send.c), answered (answers.c). Must not ask a worker for
 * anything while a transaction is open, and must not write an intent off
 * before the sink has said that nothing was made.
 */
#include <config.h>

#include "core/deliver/outbox-private.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/deliver/forecast.h"
#include "core/route/decide.h"
#include "core/route/reason.h"

/* Beside the worker's own deadline: a request's time-out and the time until
 * a forge lists what was just made. */
#define HOLD_OFF (10 * MINUTE)

bool outbox_is(const char *s, const char *what)
{
    return !strcmp(str_or(s, "none"), what);
}

/* ---- rows ---- */

int outbox_put_row(struct outbox_run *r, struct outbox *row)
{
    return store_outbox_put(r->st, row, &r->err);
}

int outbox_settle(struct outbox_run *r, struct outbox *row)
{
    row->state = OUTBOX_IDLE;
    row->want_op = 0;
    row->intent_at = 0;
    str_replace(&row->nonce, NULL);
    str_replace(&row->pending, NULL);
    str_replace(&row->want, str_or(row->have, "none"));
    return outbox_put_row(r, row);
}

int outbox_drop(struct outbox_run *r, struct outbox *row)
{
    r->counts.dropped++;
    return outbox_settle(r, row);
}

int outbox_defer(struct outbox_run *r, struct outbox *row, int64_t until,
                 const char *why)
{
    r->counts.deferred++;
    if (row->next_try == until && str_eq(row->last_error, why))
        return 0;
    row->next_try = until;
    str_replace(&row->last_error, why);
    return outbox_put_row(r, row);
}

bool outbox_goes_on(const struct outbox *row)
{
    return row->state != OUTBOX_INTENT && row->pending && row->nonce;
}

static int op_of(const struct outbox *row)
{
    if (outbox_is(row->want, "closed"))
        return TOCSIN_DELIVER_RESOLVE;
    if (outbox_is(row->have, "none") && row->want_op != TOCSIN_DELIVER_DIGEST)
        return TOCSIN_DELIVER_OPEN;
    if (row->want_op > 0 && row->want_op != TOCSIN_DELIVER_RESOLVE)
        return row->want_op;
    return outbox_is(row->have, "closed") ? TOCSIN_DELIVER_REOPEN
                                          : TOCSIN_DELIVER_UPDATE;
}

/* Nothing stands there that would have to be closed, and nothing shall. */
static bool is_moot(const struct outbox *row, const struct ticket *t)
{
    return outbox_is(row->want, "none")
           || (outbox_is(row->want, "closed") && !outbox_is(row->have, "open")
               && !row->pending && !doubles_next(row, t));
}

/* An edit and a closing do not ask for people. */
bool outbox_tells(int op)
{
    return op == TOCSIN_DELIVER_OPEN || op == TOCSIN_DELIVER_REOPEN
           || op == TOCSIN_DELIVER_REMIND || op == TOCSIN_DELIVER_DIGEST;
}

/* When an intent without a receipt may be tried again: what failed again and
 * again waits as long as what failed for certain. A clock that went back a
 * little waits; one that was wrong by days does not wait for it. */
static bool is_held(const struct outbox_run *r, const struct outlet *o,
                    const struct outbox *row)
{
    int64_t hold = o->in->deadline + HOLD_OFF;
    int64_t wait = row->tries ? outbox_back_off(row->tries, hold) : hold;
    int64_t until = row->intent_at + wait;

    if (row->state == OUTBOX_INTENT)
        return r->opts.now < until && row->intent_at <= r->opts.now + DAY;
    return row->next_try > r->opts.now
           && row->next_try <= r->opts.now + 2 * UNREACHABLE_WAIT;
}

/* ---- may it go there ---- */

static const char *forbidden(const struct outbox_run *r, const struct outlet *o,
                             const struct ticket *t)
{
    if (!r->s->armed && !r->opts.dry_run && !(o->flags & TOCSIN_SINK_LOCAL))
        return REASON_UNARMED;
    if (t->confidential
        && !(o->in->confidential || (o->flags & TOCSIN_SINK_CONFIDENTIAL)))
        return REASON_CONFIDENTIAL;
    if (!o->in->nr_allow)
        return NULL;
    for (size_t i = 0; t->project && i < o->in->nr_allow; i++)
        if (glob_match(o->in->allow[i], t->project))
            return NULL;
    return t->project ? REASON_NOT_ALLOWED : NULL;
}

int outbox_op(const struct outbox_run *r, const struct outlet *o,
              const struct outbox *row, const struct ticket *t)
{
    bool begun = row->state == OUTBOX_INTENT;

    if ((row->state != OUTBOX_DUE && !begun) || is_held(r, o, row)
        || forbidden(r, o, t))
        return 0;
    if (!begun && is_moot(row, t))
        return 0;
    return op_of(row);
}

/* ---- one row ---- */

static int load(struct outbox_run *r, struct outlet *o, int64_t ticket)
{
    struct sending *n = &o->now;
    int rc;

    sending_clear(n);
    rc = store_outbox_get(r->st, ticket, o->in->name, &n->row, &r->err);
    if (rc > 0)
        rc = store_ticket_by_id(r->st, ticket, &n->ticket, &r->err);
    return rc;
}

/* 1: go on with it, 0: done with it, -1: the store failed. */
static int judge(struct outbox_run *r, struct outlet *o)
{
    struct sending *n = &o->now;
    bool intent = n->row.state == OUTBOX_INTENT;
    const char *why;

    if (n->row.state == OUTBOX_IDLE && o->next >= o->sends) {
        n->asks = true;
        return recipient_find(r, o, &n->ticket, &n->owner) < 0 ? -1 : 1;
    }
    if (n->row.state != OUTBOX_DUE && !intent)
        return 0;
    if (is_held(r, o, &n->row)) {
        r->counts.deferred++;
        return 0;
    }
    if (!intent && is_moot(&n->row, &n->ticket))
        return outbox_drop(r, &n->row);
    if (!decide_still_wanted(r->st, &n->row, &n->ticket, r->opts.now)) {
        if (!intent)
            return outbox_drop(r, &n->row);
        r->counts.deferred++;
        return 0;
    }
    why = forbidden(r, o, &n->ticket);
    if (why)
        return outbox_defer(r, &n->row, 0, why);
    n->op = op_of(&n->row);
    return recipient_find(r, o, &n->ticket, &n->owner) < 0 ? -1 : 1;
}

/* 1: waits for the worker. */
static int step(struct outbox_run *r, struct outlet *o)
{
    json_t *v;
    int rc = load(r, o, o->tickets[o->next]);

    if (rc > 0)
        rc = judge(r, o);
    if (rc <= 0)
        return rc;
    if (o->now.asks && o->in->redirect)
        return 0;
    if (!r->opts.dry_run && !o->reached && !o->in->redirect
        && (o->now.asks || outbox_tells(o->now.op))) {
        v = recipient_json(r, &o->now.owner);
        o->waiting = true;
        host_reach(r->host, o->in->name, o->now.row.id, v);
        json_decref(v);
        return 1;
    }
    return outbox_send(r, o);
}

static void advance(struct outbox_run *r, struct outlet *o)
{
    while (!o->waiting && !o->stopped && !r->err.code && o->next < o->nr) {
        if (step(r, o) == 1)
            return;
        o->reached = false;
        o->next++;
    }
}

/* ---- the pass ---- */

static int add_ticket(void *user, struct outbox *row)
{
    struct outlet *o = user;

    ALLOC_GROW(o->tickets, o->nr + 1, o->alloc);
    o->tickets[o->nr++] = row->ticket;
    return 0;
}

static int begin(struct outbox_run *r, struct outlet *o)
{
    CLEANUP_FREE char *key = outbox_hold_key(o);
    CLEANUP_FREE char *text = NULL;
    int64_t until;
    int rests = r->opts.dry_run ? 0
                                : outbox_is_resting(r->st, o->in->name,
                                                    r->opts.now, &r->err);

    /* one that rests was not even started */
    if (rests < 0 || (!rests && (!o->ready || o->stopped)))
        return rests;
    if (pace_load(&o->pace, r->st, o->in->name, when_now(), &r->err) < 0
        || store_meta_get(r->st, key, &text, &r->err) < 0
        || store_outbox_each(r->st, o->in->name, true, add_ticket, o, &r->err)
               < 0)
        return -1;
    o->sends = o->nr;
    until = text ? strtoll(text, NULL, 10) : 0;
    if (until > r->opts.now && until <= r->opts.now + DAY && !r->opts.dry_run) {
        r->counts.deferred += (int64_t)o->nr;
        o->nr = 0;
        return 0;
    }
    return r->opts.dry_run ? 0 : reach_collect(r, o);
}

static bool any_waiting(const struct outbox_run *r)
{
    for (size_t i = 0; i < r->nr; i++)
        if (r->outlets[i].waiting)
            return true;
    return false;
}

/* No worker is left that could answer. */
static void give_up_waiting(struct outbox_run *r)
{
    for (size_t i = 0; i < r->nr; i++) {
        struct outlet *o = &r->outlets[i];

        if (o->waiting && o->now.row.state == OUTBOX_INTENT)
            outbox_died(r, o);
        o->stopped = o->stopped || o->waiting;
        o->waiting = false;
    }
}

static void advance_all(struct outbox_run *r)
{
    for (size_t i = 0; i < r->nr; i++)
        if (r->outlets[i].ready)
            advance(r, &r->outlets[i]);
}

int outbox_run_all(struct outbox_run *r, struct err *err)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < r->nr; i++)
        rc = begin(r, &r->outlets[i]);
    if (rc == 0)
        advance_all(r);
    while (rc == 0 && !r->err.code && any_waiting(r)) {
        if (host_busy(r->host))
            host_step(r->host);
        else
            give_up_waiting(r);
        advance_all(r);
    }
    if (!r->err.code && r->opts.dry_run)
        rc = forecast_print(r->forecast, r->st, r->s, r->opts.now, &r->err);
    if (!r->err.code)
        return rc;
    return err_set(err, r->err.code, "outbox: %s", err_msg(&r->err));
}
