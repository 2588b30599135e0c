/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How our tickets stand: each root is asked for by its number. Must not say
 * "deleted" of what cannot be seen: a channel that was archived or closed to
 * us takes nothing back that was said in it.
 */
#include <config.h>

#include "plugins/zulip/zulip.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "plugins/zulip/call.h"
#include "plugins/zulip/message.h"
#include "plugins/zulip/realm.h"
#include "plugins/zulip/remote.h"
#include "plugins/zulip/sweep.h"
#include "plugins/zulip/topic.h"

/* A pass asks for so many, and the next one for those behind them: Zulip
 * takes 200 requests a minute. */
#define ASKED_MAX 100

struct watch {
    struct zulip *z;
    uint64_t op;
    size_t outstanding;
    bool failed, stopped;
    int64_t wait;
};

struct look {
    struct watch *w;
    char *ticket, *remote_id;
    struct remote_id id;
};

/* ---- the end ---- */

static void watch_end(struct watch *w, int status)
{
    struct tocsin_receipt receipt = TOCSIN_RECEIPT_INIT;
    const struct tocsin_host *host = w->z->host;

    receipt.retry_after = w->wait;
    host->done(host, w->op, status, status == TOCSIN_RETRY ? &receipt : NULL);
    free(w);
}

static void let_go(struct watch *w)
{
    if (--w->outstanding == 0)
        watch_end(w, w->stopped  ? TOCSIN_FATAL
                     : w->failed ? TOCSIN_RETRY
                                 : TOCSIN_OK);
}

static void note(struct watch *w, const struct answer *answer)
{
    if (answer->fault == FAULT_CREDENTIAL && !w->stopped) {
        w->stopped = true;
        zulip_log(w->z, TOCSIN_LOG_ERROR, answer->text);
    } else if (!w->failed && answer->fault != FAULT_LIMIT)
        zulip_notice(w->z, "not-observed", answer->text);
    w->failed = true;
    if (answer->wait > w->wait)
        w->wait = answer->wait;
}

/* ---- one ticket ---- */

static void look_free(struct look *l)
{
    struct watch *w = l->w;

    free(l->ticket);
    free(l->remote_id);
    free(l);
    let_go(w);
}

static void say(const struct zulip *z, const char *ticket,
                const struct message *m, const char *remote_id)
{
    struct tocsin_remote r = TOCSIN_REMOTE_INIT;
    CLEANUP_FREE char *by = NULL;
    CLEANUP_FREE char *url =
        topic_link(z->site, m->channel, m->topic, m->people, m->id);

    r.ticket = ticket;
    r.remote_id = remote_id;
    r.url = url;
    r.state = message_state(m, z->realm.self, &by);
    r.by = by;
    r.changed = m->turned_at;
    r.in_steps = 1;
    z->host->remote(z->host, &r);
}

static void say_deleted(const struct look *l)
{
    struct tocsin_remote r = TOCSIN_REMOTE_INIT;

    r.ticket = l->ticket;
    r.remote_id = l->remote_id;
    r.state = "deleted";
    r.by = "a person";
    l->w->z->host->remote(l->w->z->host, &r);
}

static void on_channel(void *user, const struct answer *answer)
{
    struct look *l = user;

    if (answer->fault == FAULT_NONE) {
        say_deleted(l);
    } else if (answer->fault == FAULT_DENIED
               || answer->fault == FAULT_NO_CHANNEL) {
        CLEANUP_FREE char *text = xasprintf(
            "channel %" PRId64 " cannot be read any more, and what was told "
            "there is not looked at: %s",
            l->id.channel, answer->text);

        zulip_notice(l->w->z, "channel-gone", text);
    } else {
        note(l->w, answer);
    }
    look_free(l);
}

static void look_at_channel(struct look *l)
{
    CLEANUP_STRBUF struct strbuf query;
    struct call c = { .path = "/messages", .got = on_channel, .user = l };

    strbuf_init(&query, STRBUF_UNBOUNDED);
    form_add(&query, "anchor", "newest");
    form_add_int(&query, "num_before", 1);
    form_add_int(&query, "num_after", 0);
    form_add_json(&query, "narrow",
                  json_pack("[{s:s, s:I}]", "operator", "stream", "operand",
                            (json_int_t)l->id.channel));
    c.query = query.buf;
    call(l->w->z, &c);
}

static void on_root(void *user, const struct answer *answer)
{
    struct look *l = user;
    struct zulip *z = l->w->z;
    struct message *m =
        answer->fault
            ? NULL
            : message_read(jx_obj(answer->json, "message"), z->realm.self);

    if (m && m->sender == z->realm.self && str_eq(m->key, l->ticket))
        say(z, l->ticket, m, l->remote_id);
    else if (answer->fault == FAULT_DENIED && l->id.channel) {
        look_at_channel(l);
        return;
    } else if (answer->fault == FAULT_DENIED)
        say_deleted(l);
    else if (answer->fault)
        note(l->w, answer);
    message_free(m);
    look_free(l);
}

static void look_at(struct watch *w, const struct tocsin_remote *r)
{
    struct look *l = xcalloc(1, sizeof(*l));
    struct call c = { .got = on_root,
                      .user = l,
                      .query = "apply_markdown=false" };
    CLEANUP_FREE char *path = NULL;

    l->w = w;
    w->outstanding++;
    l->ticket = xstrdup(r->ticket);
    l->remote_id = xstrdup0(r->remote_id);
    if (!r->remote_id || !remote_id_parse(&l->id, r->remote_id)) {
        look_free(l);
        return;
    }
    path = xasprintf("/messages/%" PRId64, l->id.message);
    c.path = path;
    call(w->z, &c);
}

/* Another hundred each pass, by its clock. */
static void look_at_all(struct watch *w)
{
    const struct tocsin_host *host = w->z->host;
    size_t n = host->standing_count(host);
    size_t asked = n < ASKED_MAX ? n : ASKED_MAX;
    size_t first =
        n > ASKED_MAX ? (size_t)(host->now(host) / 60) * ASKED_MAX % n : 0;

    for (size_t i = 0; i < asked; i++) {
        struct tocsin_remote r = TOCSIN_REMOTE_INIT;

        if (host->standing(host, (first + i) % n, &r))
            look_at(w, &r);
    }
}

/* ---- what is not known: a state that was lost, or an older one ---- */

static void on_found(void *user, const struct message *root)
{
    struct watch *w = user;
    CLEANUP_FREE char *id = remote_id_text(root->channel, root->id);

    say(w->z, root->key, root, id);
}

static void on_swept(void *user, const struct answer *answer)
{
    struct watch *w = user;

    /* a server that does not know how to search has nothing to say */
    if (answer->fault && answer->fault != FAULT_DENIED)
        note(w, answer);
    let_go(w);
}

static void on_realm(void *user, const struct answer *answer)
{
    struct watch *w = user;

    if (answer->fault) {
        note(w, answer);
    } else {
        look_at_all(w);
        w->outstanding++;
        sweep(w->z, on_found, on_swept, w);
    }
    let_go(w);
}

int zulip_observe(void *handle, uint64_t op)
{
    struct watch *w = xcalloc(1, sizeof(*w));

    w->z = handle;
    w->op = op;
    w->outstanding = 1;
    realm_read(w->z, on_realm, w);
    return TOCSIN_OK;
}
