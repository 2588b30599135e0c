/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the workers answer: receipts, refusals, deaths, and how long a row or
 * a sink waits after them. Must not send: outbox.c takes the next row.
 */
#include <config.h>

#include "core/deliver/outbox-private.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/route/decide.h"
#include "core/route/reason.h"

#define REJECTS_MAX 3   /* then an operator decides */
#define UNSURE_MAX 1000 /* of one receipt */
#define DEATHS_MAX 5
#define TRIES_MAX 30  /* of which the later ones are hours apart */
#define RETRIES_MAX 3 /* in a row: the sink rests for this pass */
#define BACK_OFF (5 * MINUTE)
#define BACK_OFF_MAX (6 * HOUR)

static void next_row(struct outlet *o)
{
    o->waiting = false;
    o->reached = false;
    o->next++;
}

static bool is_answer(const struct outlet *o, int64_t id)
{
    return o && o->waiting && o->now.row.id == id;
}

void outbox_run_reached(struct outbox_run *r, const char *sink, int64_t id,
                        bool ok)
{
    struct outlet *o = outbox_find(r, sink);

    if (!is_answer(o, id))
        return;
    o->waiting = false;
    o->reached = ok && !o->now.asks;
    reach_answered(r, o, ok);
    if (!o->reached)
        next_row(o); /* else the row is taken up again */
}

static void count_sent(struct outbox_counts *c, int op)
{
    switch (op) {
    case TOCSIN_DELIVER_OPEN:
        c->opened++;
        break;
    case TOCSIN_DELIVER_UPDATE:
        c->updated++;
        break;
    case TOCSIN_DELIVER_REMIND:
        c->reminded++;
        break;
    case TOCSIN_DELIVER_RESOLVE:
        c->resolved++;
        break;
    case TOCSIN_DELIVER_REOPEN:
        c->reopened++;
        break;
    default:
        c->digests++;
    }
}

/* Where it stands, if that is said. */
static void keep_place(struct outbox *row, const json_t *receipt)
{
    const char *id = jx_str(receipt, "remote_id");
    const char *url = jx_str(receipt, "url");

    if (id)
        str_replace(&row->remote_id, id);
    if (url)
        str_replace(&row->url, url);
}

static void receive(struct outbox_run *r, struct sending *n,
                    const json_t *receipt)
{
    struct outbox *row = &n->row;

    str_replace(&row->have,
                n->op == TOCSIN_DELIVER_RESOLVE ? "closed" : "open");
    row->state = outbox_is(row->want, row->have) ? OUTBOX_IDLE : OUTBOX_DUE;
    row->want_op = 0;
    /* a reminder stands beside the text, and not in its place */
    if (n->op != TOCSIN_DELIVER_REMIND) {
        free(row->have_digest);
        row->have_digest = outbox_stands(&n->message);
        row->have_counts_at = r->opts.now;
    }
    row->sent_at = r->opts.now;
    if (n->op != TOCSIN_DELIVER_UPDATE && n->op != TOCSIN_DELIVER_RESOLVE)
        row->reminded_at = r->opts.now;
    keep_place(row, receipt);
    str_replace(&row->nonce, NULL);
    row->intent_at = 0;
    row->tries = 0;
    row->next_try = 0;
    str_replace(&row->last_error, NULL);
    str_replace(&row->pending, NULL);
}

int64_t outbox_back_off(int64_t tries, int64_t named)
{
    int64_t wait = BACK_OFF;

    for (int64_t i = 1; i < tries && wait < BACK_OFF_MAX; i++)
        wait *= 2;
    if (wait > BACK_OFF_MAX)
        wait = BACK_OFF_MAX;
    return named > wait ? named : wait;
}

/* It stands, and some of its people are still to be told: the same again. */
static void receive_part(struct outbox_run *r, struct sending *n,
                         const json_t *receipt)
{
    struct outbox *row = &n->row;
    CLEANUP_FREE char *nonce = xstrdup0(row->nonce);
    int64_t tries = row->tries + 1;

    receive(r, n, receipt);
    row->state = OUTBOX_DUE;
    row->want_op = n->op;
    row->tries = tries;
    row->next_try =
        r->opts.now + outbox_back_off(tries, jx_int(receipt, "retry_after", 0));
    str_replace(&row->nonce, nonce);
    str_replace(&row->pending, jx_str(receipt, "pending"));
    str_replace(&row->last_error,
                jx_str_or(receipt, "text", "some were not told as yet"));
}

/* Who will never have it: with the ticket for good, and to the operators. */
static int keep_refused(struct outbox_run *r, const struct outlet *o,
                        const char *why)
{
    const struct ticket *t = &o->now.ticket;
    CLEANUP_FREE char *code = xasprintf("refused:%.8s", t->key);
    CLEANUP_FREE char *text = xasprintf("ticket %.8s: %s", t->key, why);

    if (store_history_add(r->st, t->id, r->opts.now, "refused", why, &r->err)
        < 0)
        return -1;
    return store_notice_put(r->st, o->in->name, code, text, r->opts.now,
                            &r->err);
}

/* How often it comes to that is worth knowing: the metrics say it. */
static int count_unsure(struct outbox_run *r, const struct outlet *o,
                        int64_t people)
{
    for (int64_t i = 0; i < people && i < UNSURE_MAX; i++)
        if (store_sent_add(r->st, o->in->name, "unsure", r->opts.now, false,
                           &r->err)
            < 0)
            return -1;
    return 0;
}

/* Another sink may have written something down meanwhile. */
static int keep_called(struct outbox_run *r, struct outlet *o,
                       const json_t *receipt)
{
    struct sending *n = &o->now;
    struct ticket t;
    int got = 1;

    if (!outbox_tells(n->op) || jx_str(receipt, "pending") || o->in->redirect)
        return 0;
    memset(&t, 0, sizeof(t));
    got = store_ticket_by_id(r->st, n->ticket.id, &t, &r->err);
    if (got <= 0)
        return got;
    decide_call(&t, o->in->name, n->owner.name, n->owner.persons);
    got = store_ticket_put(r->st, &t, &r->err);
    json_decref(n->ticket.human);
    n->ticket.human = json_incref(t.human);
    ticket_release(&t);
    return got < 0 ? -1 : 0;
}

static int put_receipt(struct outbox_run *r, struct outlet *o,
                       const json_t *receipt, const char *refused)
{
    int64_t unsure = jx_int(receipt, "unsure", 0);
    bool closed = jx_int(receipt, "duplicates", 0) > 0;
    struct sending *n = &o->now;
    bool first = r->s->armed && !n->ticket.told && outbox_tells(n->op);

    if (store_begin(r->st, STORE_DURABLE, &r->err) < 0)
        return -1;
    if (keep_called(r, o, receipt) < 0)
        goto fail;
    if (first) {
        n->ticket.told = r->opts.now;
        if (store_ticket_put(r->st, &n->ticket, &r->err) < 0)
            goto fail;
    }
    if (doubles_received(r, o, receipt) < 0 || outbox_put_row(r, &n->row) < 0
        || (refused && keep_refused(r, o, refused) < 0)
        || (!n->goes_on && guard_sent(r, o, closed) < 0)
        || count_unsure(r, o, unsure) < 0)
        goto fail;
    return store_commit(r->st, &r->err);
fail:
    store_rollback(r->st);
    return -1;
}

static void on_ok(struct outbox_run *r, struct outlet *o, const json_t *receipt)
{
    struct sending *n = &o->now;
    const char *pending = jx_str(receipt, "pending");
    const char *refused = jx_str(receipt, "refused");
    const char *text = pending ? NULL : jx_str(receipt, "text");
    int64_t unsure = jx_int(receipt, "unsure", 0);

    o->retries = 0;
    if (pending && n->row.tries + 1 < TRIES_MAX) {
        receive_part(r, n, receipt);
    } else {
        receive(r, n, receipt);
        if (pending && !refused)
            refused = jx_str_or(receipt, "text", "some could not be told");
    }
    if (put_receipt(r, o, receipt, refused) < 0)
        return;
    if (outbox_tells(n->op))
        reach_delivered(r, o, true);
    r->counts.failed += pending || refused;
    r->counts.unsure += unsure;
    if (!n->goes_on)
        count_sent(&r->counts, n->op);
    r->counts.adopted += jx_bool(receipt, "adopted", false);
    r->counts.duplicates += jx_int(receipt, "duplicates", 0);
    if (text && r->opts.out && !n->ticket.confidential)
        fprintf(r->opts.out, "%s\n", text);
}

char *outbox_hold_key(const struct outlet *o)
{
    return xasprintf("outbox.hold.%s", o->in->name);
}

/* The whole sink rests: it said so, or it failed again and again. */
void outbox_rest(struct outbox_run *r, struct outlet *o, int64_t until)
{
    CLEANUP_FREE char *key = outbox_hold_key(o);
    CLEANUP_FREE char *text = xasprintf("%lld", (long long)until);

    o->stopped = true;
    if (store_meta_set(r->st, key, text, &r->err) < 0)
        return;
    log_info("sink %s rests for %lld seconds", o->in->name,
             (long long)(until - r->opts.now));
}

void outbox_run_rests(struct outbox_run *r, const char *sink, int64_t seconds)
{
    struct outlet *o = outbox_find(r, sink);

    if (o)
        outbox_rest(r, o, r->opts.now + seconds);
}

/* People were told nothing: the intent is taken back. Its nonce stays, and
 * says that it was begun (feedback.c). */
static void take_back(struct outbox_run *r, struct outbox *row,
                      enum outbox_state state, int64_t next_try,
                      const char *why)
{
    row->state = state;
    row->intent_at = 0;
    row->tries++;
    row->next_try = next_try;
    str_replace(&row->last_error, why);
    outbox_put_row(r, row);
}

/* Operators hear of each that was given up. */
static void give_up(struct outbox_run *r, struct outlet *o)
{
    struct sending *n = &o->now;
    CLEANUP_FREE char *code = xasprintf("undeliverable:%.8s", n->ticket.key);
    CLEANUP_FREE char *text = xasprintf(
        "ticket %.8s was given up: %s; tocsin outbox retry %.8s, or drop",
        n->ticket.key, str_or(n->row.last_error, "no word"), n->ticket.key);
    CLEANUP_JSON json_t *inputs = json_pack("{s:s}", "sink", o->in->name);

    r->counts.dead++;
    if (r->err.code)
        return;
    if (store_notice_put(r->st, o->in->name, code, text, r->opts.now, &r->err)
        == 0)
        decide_held(r->st, r->s, &n->ticket, REASON_UNDELIVERABLE, inputs,
                    r->opts.now, &r->err);
}

/* Nobody knows whether it took effect: it stays an intent, and is looked for
 * behind the hold-off. */
static void on_unknown(struct outbox_run *r, struct outlet *o,
                       const json_t *receipt)
{
    struct outbox *row = &o->now.row;

    r->counts.failed++;
    row->tries++;
    str_replace(&row->last_error,
                jx_str_or(receipt, "text", "nobody knows what became of it"));
    if (row->tries >= TRIES_MAX) {
        row->state = OUTBOX_DEAD;
        give_up(r, o);
    }
    outbox_put_row(r, row);
    if (++o->retries >= RETRIES_MAX)
        outbox_rest(r, o, r->opts.now + BACK_OFF);
}

/* The sink has a reason that is no trouble. */
static void on_held(struct outbox_run *r, struct outlet *o,
                    const json_t *receipt, const char *code)
{
    static const char *const known[] = {
        REASON_ALREADY_REPORTED,
        REASON_NOT_PLANNED,
        REASON_KILL_SWITCH,
        REASON_CLOSED_BY_PERSON,
    };
    struct sending *n = &o->now;
    int64_t wait = jx_int(receipt, "retry_after", 0), until = 0;
    const char *text = jx_str_or(receipt, "text", code);
    CLEANUP_JSON json_t *inputs =
        json_pack("{s:s, s:s}", "sink", o->in->name, "text", text);
    const char *reason = REASON_ALREADY_REPORTED;

    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (!strcmp(known[i], code))
            reason = known[i];
    r->counts.deferred++;
    r->counts.guarded += reason == known[2];
    /* one that is a file is looked at before each delivery anyhow */
    if (reason == known[2] && !wait)
        r->counts.killed++;
    else
        until = r->opts.now + (wait > 0 ? wait : DAY);
    take_back(r, &n->row, OUTBOX_DUE, until, text);
    n->row.tries--;
    keep_place(&n->row, receipt);
    if (outbox_put_row(r, &n->row) == 0)
        decide_held(r->st, r->s, &n->ticket, reason, inputs, r->opts.now,
                    &r->err);
    if (reason == known[2] && wait > 0)
        outbox_rest(r, o, r->opts.now + wait);
}

static void on_retry(struct outbox_run *r, struct outlet *o,
                     const json_t *receipt)
{
    struct outbox *row = &o->now.row;
    int64_t named = jx_int(receipt, "retry_after", 0);
    int64_t wait = outbox_back_off(row->tries + 1, named);
    bool last = !named && row->tries + 1 >= TRIES_MAX;

    r->counts.failed++;
    take_back(r, row, last ? OUTBOX_DEAD : OUTBOX_DUE, r->opts.now + wait,
              jx_str_or(receipt, "text", "the sink asked to try again"));
    /* a limit that the sink names is the sink's, not this message's */
    if (named > 0)
        row->tries--;
    if (named > 0)
        outbox_put_row(r, row);
    if (last)
        give_up(r, o);
    if (named > 0 || ++o->retries >= RETRIES_MAX)
        outbox_rest(r, o, r->opts.now + (named > 0 ? named : BACK_OFF));
}

/* The rest of it waits until more may be written: no trouble. */
static void on_paced(struct outbox_run *r, struct outlet *o)
{
    int64_t until = r->opts.now + pace_wait(&o->pace, when_now());

    r->counts.deferred++;
    take_back(r, &o->now.row, OUTBOX_DUE, until,
              "as much was written as may be for now");
    o->now.row.tries--;
    if (outbox_put_row(r, &o->now.row) == 0)
        outbox_rest(r, o, until);
}

/* Nobody can be told of it there: as if can_reach had said so. */
static void on_elsewhere(struct outbox_run *r, struct outlet *o,
                         const json_t *receipt)
{
    r->counts.failed++;
    take_back(r, &o->now.row, OUTBOX_DUE, r->opts.now + UNREACHABLE_WAIT,
              jx_str_or(receipt, "text", "it cannot be told there"));
    o->now.row.tries--;
    if (outbox_put_row(r, &o->now.row) == 0)
        reach_delivered(r, o, false);
}

static void on_reject(struct outbox_run *r, struct outlet *o,
                      const json_t *receipt)
{
    struct outbox *row = &o->now.row;
    bool last = row->tries + 1 >= REJECTS_MAX;

    /* An open that was never heard of again, and was never made. */
    if (o->now.op == TOCSIN_DELIVER_RESOLVE && outbox_is(row->have, "none")) {
        outbox_drop(r, row);
        return;
    }
    r->counts.failed++;
    take_back(r, row, last ? OUTBOX_DEAD : OUTBOX_DUE,
              r->opts.now + HOUR * (row->tries + 1),
              jx_str_or(receipt, "text", "the sink refused it"));
    log_warn("sink %s: ticket %s: %s%s", o->in->name, o->now.ticket.key,
             str_or(row->last_error, ""), last ? "; given up" : "");
    if (last)
        give_up(r, o);
}

/* Nobody knows what became of it: it stays an intent. */
void outbox_died(struct outbox_run *r, struct outlet *o)
{
    struct outbox *row = &o->now.row;

    r->counts.failed++;
    row->tries++;
    str_replace(&row->last_error, "the worker died over it");
    if (row->tries >= DEATHS_MAX) {
        row->state = OUTBOX_DEAD;
        give_up(r, o);
    }
    outbox_put_row(r, row);
    o->stopped = true;
}

void outbox_run_delivered(struct outbox_run *r, const char *sink, int64_t id,
                          int status, bool died, json_t *receipt)
{
    struct outlet *o = outbox_find(r, sink);

    if (!is_answer(o, id))
        return;
    if (died) {
        outbox_died(r, o);
    } else if (status == TOCSIN_OK) {
        on_ok(r, o, receipt);
    } else if (status == TOCSIN_RETRY && jx_bool(receipt, "unknown", false)) {
        on_unknown(r, o, receipt);
    } else if (status == TOCSIN_RETRY && jx_str(receipt, "held")) {
        on_held(r, o, receipt, jx_str(receipt, "held"));
    } else if (status == TOCSIN_RETRY && jx_bool(receipt, "paced", false)) {
        on_paced(r, o);
    } else if (status == TOCSIN_REJECT
               && jx_bool(receipt, "elsewhere", false)) {
        on_elsewhere(r, o, receipt);
    } else if (status == TOCSIN_RETRY) {
        on_retry(r, o, receipt);
    } else if (status == TOCSIN_REJECT) {
        on_reject(r, o, receipt);
    } else {
        r->counts.failed++;
        take_back(r, &o->now.row, OUTBOX_DUE, 0,
                  jx_str_or(receipt, "text", "the sink stopped"));
        o->stopped = true;
    }
    next_row(o);
}

void outbox_run_wrote(struct outbox_run *r, const char *sink)
{
    struct outlet *o = outbox_find(r, sink);

    if (o)
        pace_note(&o->pace, r->st, sink, when_now(), &r->err);
}

void outbox_run_ended(struct outbox_run *r, const char *sink)
{
    struct outlet *o = outbox_find(r, sink);

    if (!o)
        return;
    o->stopped = true;
    o->waiting = false;
}
