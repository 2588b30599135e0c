/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A verdict into the store: the ticket, the decision, and in the outbox what
 * should stand at each sink. Writes what changed and nothing else.
 *
 * Must not send, and must not touch what an intent or an operator owns.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/route/judge.h"
#include "core/route/reason.h"

static bool is(const char *s, const char *what)
{
    return !strcmp(str_or(s, "none"), what);
}

int desire_told(struct judge *j, const struct ticket *t, struct told *out,
                struct err *err)
{
    bool far = false, far_open = false, open = false, shut = false;
    size_t i;
    json_t *sink;

    memset(out, 0, sizeof(*out));
    if (!t->id)
        return 0;
    json_array_foreach(t->via, i, sink) {
        const char *name = json_string_value(sink);
        bool local = judge_sink_is_local(j, name);
        struct outbox o;
        int got = store_outbox_get(j->st, t->id, name, &o, err);

        if (got < 0)
            return -1;
        far = far || !local;
        if (!got)
            continue;
        open = open || is(o.want, "open");
        far_open = far_open || (!local && is(o.want, "open"));
        out->there =
            out->there || is(o.have, "open") || o.state == OUTBOX_INTENT;
        if (!local || !j->opts.armed)
            shut = shut || is(o.have, "closed") || is(o.want, "closed");
        outbox_release(&o);
    }
    /* what a sink on this machine was told before arming tells nobody */
    out->granted = j->opts.armed && far ? far_open : open;
    out->near = j->opts.armed && out->granted && !far_open;
    out->there = out->there && out->granted;
    out->closed = !out->granted && shut;
    return 0;
}

/* What some had and others are still to have gives way to what comes next:
 * that is for all of them, and at once. */
static void begin_anew(struct outbox *o)
{
    if (!o->pending || o->state == OUTBOX_INTENT)
        return;
    str_replace(&o->nonce, NULL);
    o->tries = 0;
    o->next_try = 0;
}

static void row_open(struct outbox *o, int op)
{
    int next = is(o->have, "open")     ? op ? op : TOCSIN_DELIVER_UPDATE
               : is(o->have, "closed") ? TOCSIN_DELIVER_REOPEN
                                       : TOCSIN_DELIVER_OPEN;

    if (o->state == OUTBOX_INTENT && is(o->want, "open"))
        return;
    /* the begun send is another one now: it must not pass for a repetition */
    if (o->state == OUTBOX_INTENT)
        str_replace(&o->nonce, NULL);
    /* what waits to be sent already says more than an update */
    if (o->state == OUTBOX_DUE && is(o->want, "open")
        && next == TOCSIN_DELIVER_UPDATE)
        next = o->want_op;
    if (next != o->want_op)
        begin_anew(o);
    o->want_op = next;
    str_replace(&o->want, "open");
    if (o->state == OUTBOX_IDLE)
        o->state = OUTBOX_DUE;
}

static void row_closed(struct outbox *o)
{
    /* closed, and some are still to be told so */
    if (o->pending && is(o->have, "closed") && is(o->want, "closed"))
        return;
    if (is(o->have, "open") || o->state == OUTBOX_INTENT) {
        if (o->state == OUTBOX_INTENT && !is(o->want, "closed"))
            str_replace(&o->nonce, NULL);
        if (!is(o->want, "closed"))
            begin_anew(o);
        str_replace(&o->want, "closed");
        o->want_op = TOCSIN_DELIVER_RESOLVE;
        if (o->state == OUTBOX_IDLE)
            o->state = OUTBOX_DUE;
        return;
    }
    str_replace(&o->want, is(o->have, "closed") ? "closed" : "none");
    o->want_op = 0;
    o->state = OUTBOX_IDLE;
}

/* What was to be opened is not wanted any more. */
static void row_none(struct outbox *o)
{
    if (!is(o->have, "open"))
        row_closed(o);
    else if (o->state == OUTBOX_DUE && is(o->want, "open"))
        o->want_op = TOCSIN_DELIVER_UPDATE;
}

static bool has_new_people(const struct verdict *v)
{
    return str_cmp0(v->was.owner, v->t.owner)
           || (v->was.persons != v->t.persons
               && !json_equal(v->was.persons, v->t.persons));
}

/* It waited for people who could not be reached; these may be. What a sink
 * failed at (tries) goes on waiting. */
static void stop_waiting(struct outbox *o)
{
    if (!o->tries && o->state != OUTBOX_INTENT)
        o->next_try = 0;
}

static int row_put(struct judge *j, const struct verdict *v, const char *sink,
                   enum wish wish, struct err *err)
{
    struct outbox o;
    int got = store_outbox_get(j->st, v->t.id, sink, &o, err), rc = 0;
    CLEANUP_FREE char *want = NULL;
    struct outbox was;

    if (got < 0 || (!got && wish != WISH_OPEN))
        return got;
    if (!got) {
        memset(&o, 0, sizeof(o));
        o.ticket = v->t.id;
        o.sink = xstrdup(sink);
        o.have = xstrdup(v->adopted && judge_sink_is_blind(j, sink) ? "open"
                                                                    : "none");
    }
    was = o;
    want = xstrdup0(o.want);
    if (o.state == OUTBOX_DROPPED && wish != WISH_OPEN)
        o.state = OUTBOX_IDLE;
    if (has_new_people(v) || str_cmp0(o.want, "open"))
        stop_waiting(&o);
    if (o.state == OUTBOX_DEAD
        || (o.state == OUTBOX_DROPPED && wish == WISH_OPEN))
        ; /* given up: an operator decides */
    else if (wish == WISH_OPEN)
        row_open(&o, v->op);
    else if (wish == WISH_CLOSED)
        row_closed(&o);
    else
        row_none(&o);
    if (str_cmp0(want, o.want) || was.want_op != o.want_op
        || was.state != o.state || was.next_try != o.next_try) {
        if (v->code)
            str_replace(&o.why, v->code);
        rc = store_outbox_put(j->st, &o, err);
    }
    outbox_release(&o);
    return rc;
}

static bool array_has(const json_t *a, const char *s)
{
    size_t i;
    json_t *v;

    json_array_foreach(a, i, v) {
        if (!strcmp(json_string_value(v), s))
            return true;
    }
    return false;
}

/* All sinks that know of the ticket, or are meant to. */
static int rows_each(struct judge *j, const struct verdict *v,
                     const json_t *names, const json_t *except, enum wish wish,
                     struct err *err)
{
    size_t i;
    json_t *sink;

    json_array_foreach(names, i, sink) {
        const char *name = json_string_value(sink);

        if ((!except || !array_has(except, name)) && settings_sink(j->s, name)
            && row_put(j, v, name, wish, err) < 0)
            return -1;
    }
    return 0;
}

/* What is told keeps its text current, and nothing else changes. */
static int rows_update(struct judge *j, const struct verdict *v,
                       struct err *err)
{
    size_t i;
    json_t *sink;

    json_array_foreach(v->was.via, i, sink) {
        const char *name = json_string_value(sink);
        struct outbox o;
        int got = store_outbox_get(j->st, v->t.id, name, &o, err);
        bool open = got > 0 && is(o.want, "open") && is(o.have, "open");

        if (got > 0)
            outbox_release(&o);
        if (got < 0 || (open && row_put(j, v, name, WISH_OPEN, err) < 0))
            return -1;
    }
    return 0;
}

static int rows(struct judge *j, const struct verdict *v, struct err *err)
{
    if (v->update_only)
        return rows_update(j, v, err);
    if (v->wish == WISH_KEEP)
        return 0;
    if (v->wish == WISH_OPEN) {
        for (size_t i = 0; i < v->nr_sinks; i++)
            if (row_put(j, v, v->sinks[i], WISH_OPEN, err) < 0)
                return -1;
        /* a sink that its route does not name any more */
        return rows_each(j, v, v->was.via, v->t.via, WISH_CLOSED, err);
    }
    if (rows_each(j, v, v->t.via, NULL, v->wish, err) < 0)
        return -1;
    return rows_each(j, v, v->was.via, v->t.via, v->wish, err);
}

static bool makes_history(const struct verdict *v)
{
    return v->code && str_cmp0(v->was.reason, v->code)
           && (v->t.state != v->was.state || !strcmp(v->code, REASON_OPENED)
               || !strcmp(v->code, REASON_REOPENED))
           && strcmp(v->code, REASON_PENDING);
}

/* A sink that the route dropped is closed when the ticket is next told; till
 * then it stays known, or nobody would close it at all. */
static void keep_sinks(struct verdict *v)
{
    size_t i;
    json_t *sink;

    if (v->wish == WISH_OPEN && !v->update_only)
        return;
    json_array_foreach(v->was.via, i, sink) {
        if (!array_has(v->t.via, json_string_value(sink)))
            json_array_append(v->t.via, sink);
    }
}

/* It is told to nobody: operators hear that it is so, once, and no more. */
static int say_confidential(struct judge *j, const struct verdict *v,
                            struct err *err)
{
    const char *sink = json_string_value(json_array_get(v->t.via, 0));
    CLEANUP_FREE char *code = NULL, *text = NULL;

    if (!sink || str_cmp0(v->code, REASON_CONFIDENTIAL)
        || !str_cmp0(v->was.reason, REASON_CONFIDENTIAL))
        return 0;
    code = xasprintf("confidential:%.8s", v->t.key);
    text = xasprintf("ticket %.8s is confidential and no sink of its route "
                     "is: nobody is told (tocsin explain %.8s)",
                     v->t.key, v->t.key);
    return store_notice_put(j->st, sink, code, text, j->opts.now, err);
}

static bool in_digest(const struct ticket *t)
{
    return !str_cmp0(t->reason, REASON_BUDGET_PERSON)
           || !str_cmp0(t->reason, REASON_IN_DIGEST);
}

/* Which digests it is part of is found out with its incidents. */
static int move_in_digests(struct judge *j, const struct verdict *v,
                           struct err *err)
{
    bool same =
        in_digest(&v->t) == in_digest(&v->was)
        && (v->t.left == v->was.left || json_equal(v->t.left, v->was.left));

    return j->s->digests.set && !same ? store_ticket_touch(j->st, v->t.id, err)
                                      : 0;
}

int desire(struct judge *j, struct verdict *v, struct err *err)
{
    struct decision d = { .at = j->opts.now, .ticket = v->t.key };
    int rc;

    if (v->code) {
        str_replace(&v->t.reason, v->code);
        if (v->reopening && !strcmp(v->code, REASON_REOPENED))
            v->t.reopened++;
        free(v->text);
        v->text = verdict_sentence(v->code, &v->t, v->inputs);
    }
    keep_sinks(v);
    if (judge_begin(j, err) < 0)
        return -1;
    if (!ticket_same(&v->t, &v->was)) {
        v->t.changed = j->opts.now;
        if (store_ticket_put(j->st, &v->t, err) < 0)
            return -1;
    }
    if (v->t.state == TICKET_RESOLVED && v->t.unreached
        && store_ticket_unreached(j->st, v->t.id, NULL, err) < 0)
        return -1;
    /* nobody heard of it: it must not keep others from being told */
    if ((!str_cmp0(v->code, REASON_UNREACHABLE)
         || !str_cmp0(v->code, REASON_WINDOW))
        && !v->t.told && str_cmp0(v->was.reason, v->code)
        && store_spent_refund(j->st, v->t.id, err) < 0)
        return -1;
    if (move_in_digests(j, v, err) < 0)
        return -1;
    if (rows(j, v, err) < 0 || say_confidential(j, v, err) < 0)
        return -1;
    if (v->code && makes_history(v)
        && store_history_add(j->st, v->t.id, j->opts.now, v->code, v->text, err)
               < 0)
        return -1;
    if (v->digest_note
        && store_meta_set(j->st, v->digest_key, v->digest_note, err) < 0)
        return -1;
    if (v->digest_key && !v->digest_note && v->wish == WISH_OPEN
        && (v->op == TOCSIN_DELIVER_DIGEST || v->newly)) {
        CLEANUP_FREE char *now = xasprintf("%lld", (long long)j->opts.now);

        if (store_meta_set(j->st, v->digest_key, now, err) < 0)
            return -1;
    }
    if (!v->code)
        return 0;
    d.code = (char *)v->code;
    d.rule_at = v->rule_at;
    d.text = v->text;
    d.inputs = v->inputs;
    rc = store_decision_put(j->st, &d, err);
    return rc;
}
