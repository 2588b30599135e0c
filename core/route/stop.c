/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rules that file nothing any more: people said too often that they are
 * wrong, or an operator took back what they filed. Must not lift that: an
 * operator does.
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/route/judge.h"
#include "core/route/reason.h"

#define LAST 10 /* of so many tickets that it filed in a row */
#define WRONG 3 /* ... so many are wrong: it stops */

static int stopped_add(void *user, const char *rule, int64_t at,
                       const char *why)
{
    struct judge *j = user;

    (void)at;
    jx_set_str(j->stopped, rule, str_or(why, ""));
    return 0;
}

int stop_init(struct judge *j, struct err *err)
{
    j->stopped = json_object();
    return store_rule_stop_each(j->st, stopped_add, j, err);
}

bool judge_rule_stopped(const struct judge *j, const struct incident *i)
{
    return i->rule && jx_str(j->stopped, i->rule);
}

/* ---- people's marks ---- */

struct watch {
    struct judge *j;
    struct err *err;
};

/* Some source or sink has to lend its name to a notice. */
static const char *lender(const struct settings *s)
{
    return s->nr_operators_via ? s->operators_via[0]
           : s->nr_sinks       ? s->sinks[0].name
                               : "";
}

static int stop(struct watch *w, const char *rule, int64_t wrong, int64_t filed)
{
    struct judge *j = w->j;
    CLEANUP_FREE char *why = xasprintf("people marked %" PRId64 " of %" PRId64
                                       " of its tickets as wrong",
                                       wrong, filed);
    CLEANUP_FREE char *code = xasprintf("rule-stopped:%s", rule);
    CLEANUP_FREE char *text = xasprintf(
        "rule %s has stopped filing: %s; tocsin rule resume %s lifts it", rule,
        why, rule);

    jx_set_str(j->stopped, rule, why);
    return judge_begin(j, w->err) < 0
                   || store_rule_stop(j->st, rule, j->opts.now, why, w->err) < 0
                   || store_notice_put(j->st, lender(j->s), code, text,
                                       j->opts.now, w->err)
                          < 0
               ? -1
               : 0;
}

static int look_at(void *user, const char *rule, int64_t tickets)
{
    struct watch *w = user;
    int64_t filed, wrong;

    if (tickets < WRONG || jx_str(w->j->stopped, rule))
        return 0;
    if (store_rule_marks(w->j->st, rule, LAST, &filed, &wrong, w->err) < 0)
        return -1;
    return wrong < WRONG ? 0 : stop(w, rule, wrong, filed);
}

int stop_watch(struct judge *j, struct err *err)
{
    struct watch w = { j, err };

    return store_wrong_each(j->st, look_at, &w, err);
}

/* ---- retraction ---- */

struct retraction {
    struct store *st;
    const struct retract_options *o;
    struct retract_counts *n;
    json_t *seen; /* tickets, by key */
    struct err *err;
};

static int other_add(void *user, struct incident *i)
{
    struct {
        const char *rule;
        size_t its, others;
    } *c = user;

    if (i->state == INCIDENT_RESOLVED)
        return 0;
    if (!str_cmp0(i->rule, c->rule))
        c->its++;
    else
        c->others++;
    return 0;
}

/* 1: it is the rule's and nobody else's. */
static int is_its_own(struct retraction *r, const struct ticket *t)
{
    struct {
        const char *rule;
        size_t its, others;
    } c = { r->o->rule, 0, 0 };
    struct incident_query q = { .ticket = t->key };

    if (store_incident_each(r->st, &q, other_add, &c, r->err) < 0)
        return -1;
    if (c.its && c.others && !jx_bool(r->seen, t->key, false)) {
        r->n->shared++;
        jx_set_bool(r->seen, t->key, true);
    }
    return c.its && !c.others;
}

static int close_ticket(struct retraction *r, struct ticket *t)
{
    CLEANUP_JSON json_t *inputs = json_pack("{s:s}", "rule", r->o->rule);
    CLEANUP_FREE char *text = verdict_sentence(REASON_RETRACTED, NULL, inputs);
    struct decision d = {
        .at = r->o->now,
        .ticket = t->key,
        .code = (char *)REASON_RETRACTED,
        .text = text,
        .inputs = inputs,
    };

    if (jx_bool(r->seen, t->key, false))
        return 0;
    jx_set_bool(r->seen, t->key, true);
    r->n->closed++;
    if (r->o->each)
        r->o->each(r->o->user, t);
    if (r->o->dry_run)
        return 0;
    t->state = TICKET_RESOLVED;
    t->resolved = t->changed = r->o->now;
    t->next_at = 0;
    str_replace(&t->reason, REASON_RETRACTED);
    return store_ticket_put(r->st, t, r->err) < 0
                   || store_history_add(r->st, t->id, r->o->now,
                                        REASON_RETRACTED, text, r->err)
                          < 0
                   || store_decision_put(r->st, &d, r->err) < 0
               ? -1
               : 0;
}

static int close_row(struct retraction *r, struct outbox *o)
{
    bool stands =
        !strcmp(str_or(o->have, "none"), "open") || o->state == OUTBOX_INTENT;

    /* it is another delivery than the one that was begun or is half done */
    str_replace(&o->nonce, NULL);
    if (o->state != OUTBOX_INTENT)
        o->state = stands ? OUTBOX_DUE : OUTBOX_IDLE;
    str_replace(&o->want, stands ? "closed" : str_or(o->have, "none"));
    o->want_op = stands ? TOCSIN_DELIVER_RESOLVE : 0;
    o->next_try = 0;
    str_replace(&o->why, REASON_RETRACTED);
    return store_outbox_put(r->st, o, r->err);
}

static int take_back(void *user, struct outbox *o)
{
    struct retraction *r = user;
    struct ticket t;
    int rc;

    if (strcmp(str_or(o->want, "none"), "open"))
        return 0;
    rc = store_ticket_by_id(r->st, o->ticket, &t, r->err);
    if (rc > 0 && (t.told ? t.told : o->sent_at) < r->o->since)
        rc = 0;
    rc = rc > 0 ? is_its_own(r, &t) : rc;
    if (rc > 0) {
        rc = close_ticket(r, &t);
        if (rc == 0 && !r->o->dry_run)
            rc = close_row(r, o);
    }
    ticket_release(&t);
    return rc < 0 ? -1 : 0;
}

int decide_retract(struct store *st, const struct retract_options *o,
                   struct retract_counts *counts, struct err *err)
{
    CLEANUP_JSON json_t *seen = json_object();
    struct retraction r = { st, o, counts, seen, err };

    memset(counts, 0, sizeof(*counts));
    if (o->dry_run)
        return store_outbox_each(st, NULL, false, take_back, &r, err);
    if (store_begin(st, STORE_DURABLE, err) < 0)
        return -1;
    if (store_rule_stop(st, o->rule, o->now, o->why, err) < 0
        || store_outbox_each(st, NULL, false, take_back, &r, err) < 0) {
        store_rollback(st);
        return -1;
    }
    return store_commit(st, err);
}
