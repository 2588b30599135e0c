/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The breaker: everything that this pass would write, counted by sink and
 * kind before the first of it is sent. Must not count what would not be sent
 * in this pass, and must not hold a ticket without saying so.
 */
#include <config.h>

#include "core/deliver/outbox-private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/route/decide.h"
#include "core/route/operators.h"
#include "core/route/reason.h"

struct weighing {
    struct outbox_run *r;
    struct outlet *o;
    int64_t wanted[GUARD_KINDS];
    int64_t calls[GUARD_KINDS]; /* of these, those that call people */
};

/* Operators must hear of a breaker; their own word is the approval. */
static bool is_exempt(const struct outbox *row, const struct ticket *t)
{
    return str_eq(t->kind, KIND_OPERATORS)
           || str_eq(row->why, REASON_RETRACTED);
}

static bool calls_people(const struct sending *n, int op)
{
    return outbox_tells(op) && n->owner.mention && *n->owner.mention;
}

static int weigh_one(struct weighing *w, struct sending *n)
{
    enum guard_kind kind;
    int got =
        store_ticket_by_id(w->r->st, n->row.ticket, &n->ticket, &w->r->err);

    if (got <= 0)
        return got;
    n->op = outbox_op(w->r, w->o, &n->row, &n->ticket);
    kind = guard_kind_of(n->op);
    if (n->op && doubles_next(&n->row, &n->ticket))
        w->wanted[GUARD_CLOSE]++;
    if (kind == GUARD_NONE || is_exempt(&n->row, &n->ticket)
        || outbox_goes_on(&n->row))
        return 0;
    if (recipient_find(w->r, w->o, &n->ticket, &n->owner) < 0)
        return -1;
    w->wanted[kind]++;
    w->calls[kind] += calls_people(n, n->op);
    return 0;
}

static int weigh_row(void *user, struct outbox *row)
{
    struct weighing *w = user;
    struct sending n;
    int rc;

    memset(&n, 0, sizeof(n));
    n.row = *row;
    memset(row, 0, sizeof(*row));
    rc = weigh_one(w, &n);
    sending_clear(&n);
    return rc < 0 ? -1 : 0;
}

/* ---- one kind ---- */

static int keep_breaker(void *user, const struct breaker *b)
{
    struct breaker *out = user;

    *out = *b;
    out->sink = xstrdup(b->sink);
    out->kind = xstrdup(b->kind);
    return 0;
}

/* The text stays as it was at first: a number that moves is no news. */
static int tell(struct outbox_run *r, const struct breaker *b)
{
    CLEANUP_FREE char *code = xasprintf("breaker:%s", b->kind);
    CLEANUP_FREE char *text = xasprintf(
        "more than %" PRId64 " writes of kind %s were to be done at once: "
        "none is, until tocsin approve %s %s says so",
        b->most, b->kind, b->sink, b->kind);

    if (r->opts.dry_run) {
        log_warn("breaker: %s: %" PRId64 " writes of kind %s, and %" PRId64
                 " are ordinary: they would wait for tocsin approve %s %s",
                 b->sink, b->wanted, b->kind, b->most, b->sink, b->kind);
        return 0;
    }
    return store_notice_put(r->st, b->sink, code, text, r->opts.now, &r->err);
}

static int trip(struct outbox_run *r, struct outlet *o, enum guard_kind kind,
                struct breaker *b, int64_t wanted, int64_t most)
{
    bool approved = b->until > r->opts.now && wanted <= b->left;

    o->approved[kind] = approved;
    o->held[kind] = !approved;
    o->wanted[kind] = wanted;
    o->most[kind] = most;
    if (!b->sink) {
        b->sink = xstrdup(o->in->name);
        b->kind = xstrdup(guard_kind_names[kind]);
        b->since = r->opts.now;
        b->most = most;
    }
    b->last = r->opts.now;
    b->wanted = wanted;
    if (!approved)
        b->left = b->until = 0;
    if (store_breaker_put(r->st, b, &r->err) < 0)
        return -1;
    return approved ? 0 : tell(r, b);
}

static int weigh_kind(struct outbox_run *r, struct outlet *o,
                      enum guard_kind kind, int64_t wanted)
{
    const char *name = guard_kind_names[kind];
    struct breaker b = { 0 };
    struct guard_limits l;
    int64_t left;
    struct sent sent;
    int rc = 0;

    if (store_breaker_each(r->st, o->in->name, name, keep_breaker, &b, &r->err)
            < 0
        || store_sent_look(r->st, o->in->name, name, r->opts.now,
                           r->s->guards.days, &sent, &r->err)
               < 0) {
        breaker_release(&b);
        return -1;
    }
    l = guard_limits(&r->s->guards, sent.busiest);
    left = l.day - sent.today;
    if (wanted && (wanted > l.pass || wanted > left))
        rc = trip(r, o, kind, &b, wanted, l.pass < left ? l.pass : left);
    else if (b.sink)
        rc = store_breaker_delete(r->st, o->in->name, name, &r->err);
    breaker_release(&b);
    return rc;
}

static int weigh_outlet(struct outbox_run *r, struct outlet *o)
{
    struct weighing w = { .r = r, .o = o };

    if (!o->ready || o->stopped)
        return 0;
    if (store_outbox_each(r->st, o->in->name, true, weigh_row, &w, &r->err) < 0)
        return -1;
    for (int k = 0; k < GUARD_KINDS; k++) {
        if (weigh_kind(r, o, (enum guard_kind)k, w.wanted[k]) < 0)
            return -1;
        /* what waits for a word, or has it, needs no second one */
        if (k != GUARD_MENTION && !o->held[k] && !o->approved[k])
            w.wanted[GUARD_MENTION] += w.calls[k];
    }
    return 0;
}

int outbox_run_weigh(struct outbox_run *r, struct err *err)
{
    int rc = 0;

    /* not armed: only this machine is told, and it is told everything */
    if (!r->s->armed && !r->opts.dry_run)
        return 0;
    for (size_t i = 0; rc == 0 && i < r->nr; i++)
        rc = weigh_outlet(r, &r->outlets[i]);
    if (rc < 0)
        return err_set(err, r->err.code, "outbox: %s", err_msg(&r->err));
    return 0;
}

/* ---- the row that is about to go ---- */

static int hold(struct outbox_run *r, struct outlet *o, const char *code,
                json_t *inputs)
{
    struct sending *n = &o->now;
    int rc = 0;

    r->counts.guarded++;
    if (n->row.state != OUTBOX_INTENT)
        rc = outbox_defer(r, &n->row, 0, code);
    else
        r->counts.deferred++;
    if (rc == 0 && n->op != TOCSIN_DELIVER_UPDATE)
        rc = decide_held(r->st, r->s, &n->ticket, code, inputs, r->opts.now,
                         &r->err);
    json_decref(inputs);
    return rc;
}

static int hold_kind(struct outbox_run *r, struct outlet *o,
                     enum guard_kind kind)
{
    json_t *v = json_object();

    jx_set_str(v, "sink", o->in->name);
    jx_set_str(v, "kind", guard_kind_names[kind]);
    return hold(r, o, REASON_BREAKER, v);
}

int guard_row(struct outbox_run *r, struct outlet *o)
{
    struct sending *n = &o->now;
    enum guard_kind kind = guard_kind_of(n->op);

    if (r->opts.dry_run)
        return 1;
    if (kind != GUARD_NONE && !n->goes_on && !is_exempt(&n->row, &n->ticket)) {
        if (o->held[kind])
            return hold_kind(r, o, kind);
        if (calls_people(n, n->op) && o->held[GUARD_MENTION]
            && !o->approved[kind])
            return hold_kind(r, o, GUARD_MENTION);
    }
    if (guard_kill_switch(r->s)) {
        json_t *v = json_object();

        jx_set_str(v, "file", r->s->guards.kill_switch);
        r->counts.killed++;
        return hold(r, o, REASON_KILL_SWITCH, v);
    }
    return 1;
}

int guard_double(struct outbox_run *r, struct outlet *o, bool news)
{
    struct sending *n = &o->now;

    n->double_id = doubles_next(&n->row, &n->ticket);
    if (!n->double_id || !o->held[GUARD_CLOSE] || r->opts.dry_run)
        return 1;
    n->double_id = NULL;
    return news ? 1 : hold_kind(r, o, GUARD_CLOSE);
}

static int count(struct outbox_run *r, struct outlet *o, enum guard_kind kind,
                 bool approved)
{
    const char *name = guard_kind_names[kind];

    if (store_sent_add(r->st, o->in->name, name, r->opts.now,
                       approved || o->approved[kind], &r->err)
        < 0)
        return -1;
    return o->approved[kind]
               ? store_breaker_spend(r->st, o->in->name, name, &r->err)
               : 0;
}

/* Each is one kind of write, and a double that is closed with it another. */
static int count_double(struct outbox_run *r, struct outlet *o, bool closed)
{
    return r->s->armed && closed ? count(r, o, GUARD_CLOSE, false) : 0;
}

int guard_sent(struct outbox_run *r, struct outlet *o, bool closed_double)
{
    struct sending *n = &o->now;
    enum guard_kind kind = guard_kind_of(n->op);
    bool word = str_eq(n->row.why, REASON_RETRACTED);

    if (decide_released(r->st, &n->ticket, n->row.why, r->opts.now, &r->err) < 0
        || count_double(r, o, closed_double) < 0)
        return -1;
    if (!r->s->armed || kind == GUARD_NONE
        || str_eq(n->ticket.kind, KIND_OPERATORS))
        return 0;
    if (count(r, o, kind, word) < 0)
        return -1;
    return calls_people(n, n->op)
               ? count(r, o, GUARD_MENTION, word || o->approved[kind])
               : 0;
}
