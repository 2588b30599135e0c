/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Brings each sink to the desired state. A row goes through: judged again,
 * reachable, composed, compared, intent on disk, worker, receipt on disk.
 * Must not ask a worker for anything while a transaction is open, and must
 * not write an intent off before the sink has said that nothing was made.
 */
#include <config.h>

#include "core/deliver/outbox-private.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/base/jsonx.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"
#include "core/deliver/forecast.h"
#include "core/route/decide.h"
#include "core/route/reason.h"

/* Beside the worker's own deadline: a request's time-out and the time until
 * a forge lists what was just made. */
#define HOLD_OFF (10 * MINUTE)

static const char *const ops[] = {
    [TOCSIN_DELIVER_OPEN] = "open",       [TOCSIN_DELIVER_UPDATE] = "update",
    [TOCSIN_DELIVER_REMIND] = "remind",   [TOCSIN_DELIVER_DIGEST] = "digest",
    [TOCSIN_DELIVER_RESOLVE] = "resolve", [TOCSIN_DELIVER_REOPEN] = "reopen",
};

bool outbox_is(const char *s, const char *what)
{
    return !strcmp(str_or(s, "none"), what);
}

void sending_clear(struct sending *n)
{
    outbox_release(&n->row);
    ticket_release(&n->ticket);
    owner_release(&n->owner);
    message_release(&n->message);
    memset(n, 0, sizeof(*n));
}

/* ---- life ---- */

struct outbox_run *outbox_run_new(struct store *st, const struct settings *s,
                                  struct composer *c, struct host *h,
                                  const struct outbox_options *opts)
{
    struct outbox_run *r = xcalloc(1, sizeof(*r));

    r->st = st;
    r->s = s;
    r->composer = c;
    r->host = h;
    r->opts = *opts;
    r->nr = s->nr_sinks;
    r->outlets = xcalloc(r->nr ? r->nr : 1, sizeof(*r->outlets));
    for (size_t i = 0; i < r->nr; i++)
        r->outlets[i].in = &s->sinks[i];
    if (opts->dry_run)
        r->forecast = forecast_new(opts->out, opts->json);
    return r;
}

void outbox_run_free(struct outbox_run *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->nr; i++) {
        struct outlet *o = &r->outlets[i];

        sending_clear(&o->now);
        free(o->format.flavour);
        free(o->format.neutralise);
        free(o->format.mark);
        free(o->tickets);
        pace_release(&o->pace);
    }
    forecast_free(r->forecast);
    err_release(&r->err);
    free(r->outlets);
    free(r);
}

const struct outbox_counts *outbox_run_counts(const struct outbox_run *r)
{
    return &r->counts;
}

struct outlet *outbox_find(struct outbox_run *r, const char *sink)
{
    for (size_t i = 0; i < r->nr; i++)
        if (!strcmp(r->outlets[i].in->name, sink))
            return &r->outlets[i];
    return NULL;
}

static int64_t option_number(const struct instance *in, const char *name,
                             int64_t dflt)
{
    const json_t *v = json_object_get(in->options, name);

    if (json_is_integer(v))
        return json_integer_value(v);
    if (json_is_string(v))
        return strtoll(json_string_value(v), NULL, 10);
    return dflt;
}

/* A sink with options flavour, title_max and body_max lets people choose. */
void outbox_run_ready(struct outbox_run *r, const char *sink, uint32_t flags,
                      json_t *format)
{
    struct outlet *o = outbox_find(r, sink);
    const char *flavour;

    if (!o)
        return;
    flavour = jx_str_or(o->in->options, "flavour",
                        jx_str_or(format, "flavour", "plain"));
    o->flags = flags;
    str_replace(&o->format.flavour, flavour);
    str_replace(&o->format.neutralise, jx_str(format, "neutralise"));
    o->format.title_max = (size_t)option_number(o->in, "title_max",
                                                jx_int(format, "title_max", 0));
    o->format.body_max =
        (size_t)option_number(o->in, "body_max", jx_int(format, "body_max", 0));
    o->pace.per_minute = option_number(o->in, "writes_per_minute",
                                       jx_int(format, "writes_per_minute", 0));
    o->pace.per_hour = option_number(o->in, "writes_per_hour",
                                     jx_int(format, "writes_per_hour", 0));
    o->assigns = str_eq(jx_str(o->in->options, "notify"), "assignees");
    o->ready = true;
}

/* What people set stands. */
void outbox_run_lengths(struct outbox_run *r, const char *sink,
                        int64_t title_max, int64_t body_max)
{
    struct outlet *o = outbox_find(r, sink);

    if (o && title_max > 0)
        o->format.title_max =
            (size_t)option_number(o->in, "title_max", title_max);
    if (o && body_max > 0)
        o->format.body_max = (size_t)option_number(o->in, "body_max", body_max);
}

/* ---- rows ---- */

int outbox_put_row(struct outbox_run *r, struct outbox *row)
{
    return store_outbox_put(r->st, row, &r->err);
}

/* Nothing to do: what is there is what is wanted. */
static int settle(struct outbox_run *r, struct outbox *row)
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
    return settle(r, row);
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

/* Does it reach people (an edit and a closing do not ask for them)? */
bool outbox_tells(int op)
{
    return op == TOCSIN_DELIVER_OPEN || op == TOCSIN_DELIVER_REOPEN
           || op == TOCSIN_DELIVER_REMIND || op == TOCSIN_DELIVER_DIGEST;
}

/* When an intent without a receipt may be tried again. A clock that went
 * back a little waits; one that was wrong by days does not wait for it. */
static bool is_held(const struct outbox_run *r, const struct outlet *o,
                    const struct outbox *row)
{
    int64_t until = row->intent_at + o->in->deadline + HOLD_OFF;

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

/* ---- what changed ---- */

char *outbox_stands(const struct message *m)
{
    return xasprintf("%s:%s", m->digest, m->counts_digest);
}

static const struct route *find_route(const struct route *r, const char *id)
{
    const struct route *found = NULL;

    if (str_eq(r->id, id))
        return r;
    for (size_t i = 0; i < r->nr_routes && !found; i++)
        found = find_route(&r->routes[i], id);
    return found;
}

static int64_t update_counts(const struct outbox_run *r, const struct ticket *t)
{
    const struct route *route =
        t->route ? find_route(&r->s->root, t->route) : NULL;

    return route && route->policy.update_counts > 0
               ? route->policy.update_counts
               : r->s->policy.update_counts;
}

/* An edit that nobody would notice is not made; counts wait their turn. */
static bool is_news(const struct outbox_run *r, const struct sending *n)
{
    CLEANUP_FREE char *text = outbox_stands(&n->message);
    const char *have = str_or(n->row.have_digest, "");
    size_t len = strlen(n->message.digest);

    if (n->op != TOCSIN_DELIVER_UPDATE)
        return true;
    if (strncmp(have, n->message.digest, len) || have[len] != ':')
        return true;
    return strcmp(have, text)
           && r->opts.now - n->row.have_counts_at
                  >= update_counts(r, &n->ticket);
}

/* ---- sending ---- */

static char *new_nonce(void)
{
    unsigned char raw[16];
    struct strbuf b;

    if (getrandom(raw, sizeof(raw), 0) != sizeof(raw))
        BUG("no random numbers");
    strbuf_init(&b, 32);
    for (size_t i = 0; i < sizeof(raw); i++)
        strbuf_addf(&b, "%02x", raw[i]);
    return strbuf_take(&b);
}

/* The title is written once, with the first intent. */
static int put_intent(struct outbox_run *r, struct outlet *o)
{
    struct sending *n = &o->now;

    n->row.state = OUTBOX_INTENT;
    n->row.intent_at = r->opts.now;
    n->row.want_op = n->op;
    if (store_begin(r->st, STORE_DURABLE, &r->err) < 0)
        return -1;
    if (!n->ticket.title) {
        n->ticket.title = xstrdup(n->message.full_title);
        if (store_ticket_put(r->st, &n->ticket, &r->err) < 0)
            goto fail;
    }
    if (outbox_put_row(r, &n->row) < 0
        || pace_note(&o->pace, r->st, o->in->name, when_now(), &r->err) < 0)
        goto fail;
    return store_commit(r->st, &r->err);
fail:
    store_rollback(r->st);
    return -1;
}

static json_t *notification(struct outbox_run *r, const struct outlet *o,
                            const struct sending *n)
{
    const char *project = o->in->redirect ? o->in->redirect : n->ticket.project;
    json_t *v = json_object();

    jx_set_str(v, "delivery", ops[n->op]);
    jx_set_str(v, "ticket", n->ticket.key);
    jx_set_str(v, "nonce", n->row.nonce);
    jx_set_str(v, "marker", n->message.marker);
    json_object_set_new(v, "project",
                        project ? json_string(project) : json_null());
    jx_set_str(v, "title", n->message.title);
    jx_set_str(v, "body", n->message.body);
    json_object_set(v, "fields", n->message.fields);
    json_object_set(v, "labels", n->message.labels);
    json_object_set_new(v, "remote_id",
                        n->row.remote_id ? json_string(n->row.remote_id)
                                         : json_null());
    json_object_set_new(v, "owner", recipient_json(r, &n->owner));
    jx_set_str(v, "pending", n->row.pending);
    jx_set_bool(v, "again", n->again);
    jx_set_bool(v, "confidential", n->ticket.confidential);
    jx_set_str(v, "double_id", n->double_id);
    return v;
}

/* A message that cannot be made waits; operators see why. */
static int not_composed(struct outbox_run *r, struct outlet *o, struct err *why)
{
    struct outbox *row = &o->now.row;
    int rc;

    log_warn("sink %s: ticket %s: %s", o->in->name, o->now.ticket.key,
             err_msg(why));
    r->counts.failed++;
    if (row->state == OUTBOX_INTENT)
        rc = 0;
    else
        rc = outbox_defer(r, row, r->opts.now + HOUR, err_msg(why));
    err_release(why);
    return rc;
}

static void tell_degraded(struct outbox_run *r, const struct outlet *o)
{
    const struct sending *n = &o->now;
    CLEANUP_FREE char *text = NULL;

    if (!n->message.degraded)
        return;
    r->counts.degraded++;
    text = xasprintf("ticket %s was told without text from outside: %s",
                     n->ticket.key, n->message.degraded_why);
    if (!r->opts.dry_run)
        store_notice_put(r->st, o->in->name, "message-degraded", text,
                         r->opts.now, NULL);
}

/* One place has the titles of many projects in chat. New, or NULL. */
static char *name_before(const struct outlet *o, const struct ticket *t)
{
    const char *slash = t->project ? strrchr(t->project, '/') : NULL;

    if (!slash || !str_eq(o->format.flavour, "zulip-markdown"))
        return NULL;
    return xasprintf("%s: ", slash + 1);
}

/* A title says whose it would be where it stands. */
static void set_mark(struct outlet *o, const struct ticket *t)
{
    free(o->format.mark);
    o->format.mark =
        o->in->redirect
            ? xasprintf("[for %s] ", str_or(t->project, "several projects"))
            : name_before(o, t);
}

/* The service behind the sink takes no more for now. */
static bool is_too_much(struct outbox_run *r, struct outlet *o)
{
    int64_t wait = r->opts.dry_run ? 0 : pace_wait(&o->pace, when_now());

    if (!wait)
        return false;
    r->counts.deferred += (int64_t)(o->sends - o->next);
    outbox_rest(r, o, r->opts.now + wait);
    return true;
}

/* One call, never both: where people are assigned they are not mentioned. A
 * reminder assigns nobody. */
static void call_once(const struct outlet *o, struct sending *n)
{
    if (!o->assigns || n->op == TOCSIN_DELIVER_REMIND)
        return;
    free(n->owner.mention);
    n->owner.mention = NULL;
}

/* 1: the worker has it. 0: nothing to wait for. */
static int send_row(struct outbox_run *r, struct outlet *o)
{
    struct sending *n = &o->now;
    struct err why = ERR_INIT;
    json_t *v;
    bool news;
    int may;

    n->again = n->row.state == OUTBOX_INTENT && n->row.nonce;
    n->goes_on = outbox_goes_on(&n->row);
    if (!n->again && !n->goes_on) {
        free(n->row.nonce);
        n->row.nonce = new_nonce();
    }
    set_mark(o, &n->ticket);
    call_once(o, n);
    if (compose(r->composer, r->st, &n->ticket, &n->owner, &o->format, n->op,
                n->row.nonce, r->opts.now, &n->message, &why)
        < 0)
        return not_composed(r, o, &why);
    news = is_news(r, n);
    if (!news && !doubles_next(&n->row, &n->ticket)) {
        settle(r, &n->row);
        return r->err.code ? -1 : 0;
    }
    may = guard_double(r, o, news);
    if (may > 0)
        may = guard_row(r, o);
    if (may <= 0)
        return may;
    if (is_too_much(r, o))
        return 0;
    tell_degraded(r, o);
    if (r->opts.dry_run) {
        forecast_message(r->forecast, o->in, ops[n->op], &n->ticket, &n->owner,
                         &n->message, outbox_tells(n->op));
        return 0;
    }
    if (put_intent(r, o) < 0)
        return -1;
    v = notification(r, o, n);
    o->waiting = true;
    host_deliver(r->host, o->in->name, n->row.id, v);
    json_decref(v);
    return 1;
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
    return send_row(r, o);
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

void outbox_run_standing(struct outbox_run *r, int64_t tickets)
{
    if (r->forecast)
        forecast_standing(r->forecast, tickets);
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
