/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One row on its way to a worker: composed, compared with what stands there,
 * held by a guard or made durable as an intent, handed over. Must not hand
 * anything over that is not on disk.
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
#include "core/host/names.h"
#include "core/route/decide.h"

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

/* ---- a message ---- */

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

static json_t *notification(struct outbox_run *r, struct outlet *o,
                            const struct sending *n)
{
    const char *project = o->in->redirect ? o->in->redirect : n->ticket.project;
    json_t *v = json_object();

    jx_set_str(v, "delivery", delivery_word(n->op));
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
    json_object_set(v, "called", decide_called(&n->ticket, o->in->name));
    jx_set_str(v, "pending", n->row.pending);
    jx_set_bool(v, "again", n->again);
    jx_set_bool(v, "confidential", n->ticket.confidential);
    jx_set_str(v, "double_id", n->double_id);
    jx_set_int(v, "more_writes", pace_room(&o->pace, when_now()));
    return v;
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

/* One call, never both: where people are assigned they are not mentioned. A
 * reminder assigns nobody. */
static void call_once(const struct outlet *o, struct sending *n)
{
    if (!o->assigns || n->op == TOCSIN_DELIVER_REMIND)
        return;
    free(n->owner.mention);
    n->owner.mention = NULL;
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

/* ---- sending ---- */

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

int outbox_send(struct outbox_run *r, struct outlet *o)
{
    struct sending *n = &o->now;
    struct order order;
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
    order = (struct order){
        .ticket = &n->ticket,
        .owner = &n->owner,
        .format = &o->format,
        .op = n->op,
        .nonce = n->row.nonce,
        .now = r->opts.now,
    };
    if (compose(r->composer, r->st, &order, &n->message, &why) < 0)
        return not_composed(r, o, &why);
    news = is_news(r, n);
    if (!news && !doubles_next(&n->row, &n->ticket)) {
        outbox_settle(r, &n->row);
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
        forecast_message(r->forecast, o->in, delivery_word(n->op), &n->ticket,
                         &n->owner, &n->message, outbox_tells(n->op));
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
