/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A delivery: find the root, choose the steps, answer. Must not create before
 * it has looked, and where it cannot look.
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "plugins/zulip/job.h"
#include "plugins/zulip/remote.h"
#include "plugins/zulip/topic.h"

typedef void (*const step)(struct job *j);

static step create[] = { step_name_topic, step_post_root, job_done };
static step open_again[] = { step_unresolve, step_mark_open, step_edit,
                             job_done };
/* It is over there, and to us it was never told: people are told first, since
 * a topic that is open says to the next try that they were. */
static step open_over[] = { step_reply, step_unresolve, step_mark_open,
                            step_edit, job_done };
static step update[] = { step_edit, step_reply_unless_edited, job_done };
static step say[] = { step_reply, job_done };
static step resolve[] = { step_resolve, step_mark_closed, step_reply,
                          job_done };
static step reopen[] = { step_unresolve, step_mark_open, step_edit, step_reply,
                         job_done };

/* ---- the end ---- */

static void answer(struct job *j, int status,
                   const struct tocsin_receipt *receipt)
{
    struct zulip *z = j->z;

    z->job = NULL;
    z->host->done(z->host, j->op, status, receipt);
    place_release(&j->place);
    message_free(j->root);
    message_free(j->before);
    free(j->topic);
    free(j->text);
    free(j->why);
    free(j);
}

void job_next(struct job *j)
{
    (*j->step++)(j);
}

void job_done(struct job *j)
{
    struct tocsin_receipt r = TOCSIN_RECEIPT_INIT;
    const struct message *m = j->root;
    struct remote_id before;
    CLEANUP_FREE char *id = NULL, *url = NULL;

    /* where it was posted, whatever became of it since */
    if (j->n->remote_id && remote_id_parse(&before, j->n->remote_id)
        && before.message == m->id)
        id = xstrdup(j->n->remote_id);
    else
        id = remote_id_text(m->channel, m->id);
    url = topic_link(j->z->site, m->channel, m->topic, m->people, m->id);
    r.remote_id = id;
    r.url = url;
    r.adopted = j->adopted;
    r.duplicates = j->duplicates;
    answer(j, TOCSIN_OK, &r);
}

/* It can never be told there; elsewhere: the owner has to be told another
 * way. */
static void job_reject(struct job *j, const char *text, bool elsewhere)
{
    struct tocsin_receipt r = TOCSIN_RECEIPT_INIT;

    r.text = text;
    r.elsewhere = elsewhere;
    answer(j, TOCSIN_REJECT, &r);
}

void job_unknown(struct job *j, const char *text)
{
    struct tocsin_receipt r = TOCSIN_RECEIPT_INIT;

    r.text = text;
    r.unknown = 1;
    answer(j, TOCSIN_RETRY, &r);
}

static void job_retry(struct job *j, const char *text, int64_t wait)
{
    struct tocsin_receipt r = TOCSIN_RECEIPT_INIT;

    r.text = text;
    r.retry_after = wait;
    answer(j, TOCSIN_RETRY, &r);
}

void job_fail(struct job *j, const struct answer *a)
{
    struct tocsin_receipt r = TOCSIN_RECEIPT_INIT;

    switch (a->fault) {
    case FAULT_CREDENTIAL:
        zulip_log(j->z, TOCSIN_LOG_ERROR, a->text);
        r.text = a->text;
        answer(j, TOCSIN_FATAL, &r);
        break;
    case FAULT_LIMIT:
        job_retry(j, a->text, a->wait > 0 ? a->wait : 60);
        break;
    case FAULT_NO_CHANNEL:
        zulip_notice(j->z, "channel-gone", a->text);
        job_reject(j, a->text, true);
        break;
    case FAULT_DENIED:
    case FAULT_THERE_ALREADY:
        job_reject(j, a->text, false);
        break;
    default:
        job_retry(j, a->text, 0);
    }
}

/* ---- what to do ---- */

static bool creates(int delivery)
{
    return delivery == TOCSIN_DELIVER_OPEN || delivery == TOCSIN_DELIVER_DIGEST
           || delivery == TOCSIN_DELIVER_REOPEN;
}

static bool is_over(const struct job *j)
{
    CLEANUP_FREE char *by = NULL;

    return strcmp(message_state(j->root, j->z->realm.self, &by), "open") != 0;
}

static void act(struct job *j)
{
    switch (j->n->delivery) {
    case TOCSIN_DELIVER_OPEN:
        j->adopted = true;
        j->step = is_over(j) ? open_over : open_again;
        break;
    case TOCSIN_DELIVER_UPDATE:
        j->step = update;
        break;
    case TOCSIN_DELIVER_RESOLVE:
        j->step = resolve;
        break;
    case TOCSIN_DELIVER_REOPEN:
        j->step = reopen;
        break;
    default:
        j->step = say;
    }
    job_next(j);
}

/* It goes on in the new owner's place, and says where it was. What was said
 * to others alone nobody else can read. */
static void say_before(struct job *j)
{
    const struct message *m = j->before;
    CLEANUP_FREE char *url = m->channel
                                 ? topic_link(j->z->site, m->channel,
                                              topic_bare(m->topic), NULL, m->id)
                                 : NULL;

    if (url)
        j->text = message_told_before(j->n->body, url);
    if (j->text && strlen(j->text) > j->z->realm.body_max) {
        free(j->text);
        j->text = NULL;
    }
}

static void without_root(struct job *j)
{
    if (j->before)
        say_before(j);
    if (!creates(j->n->delivery)) {
        job_reject(j, "its topic is not there any more", false);
        return;
    }
    j->step = create;
    job_next(j);
}

/* ---- the root ---- */

static void find_in_place(struct job *j);

static bool was_told(const struct tocsin_owner *owner, const char *login)
{
    for (const char *const *p = owner->told; *p; p++)
        if (!strcasecmp(*p, login))
            return true;
    return false;
}

/* Of an owner without persons its name counts, where any was written down. */
static bool is_new_team(const struct tocsin_owner *owner)
{
    CLEANUP_FREE char *team = xasprintf("team %s", str_or(owner->name, "?"));

    return *owner->told && !was_told(owner, team);
}

/* It comes back, and who owns it by now never heard of it: its place may be
 * another one, too. Whoever did is told where it is. */
static bool has_new_owner(const struct job *j)
{
    const struct tocsin_owner *owner = j->n->owner;

    if (j->n->delivery != TOCSIN_DELIVER_REOPEN || !j->placed || !owner
        || !owner->told)
        return false;
    if (!owner->persons || !*owner->persons)
        return is_new_team(owner);
    for (const char *const *p = owner->persons; *p; p++)
        if (!was_told(owner, *p))
            return true;
    return false;
}

static void on_root(void *user, const struct answer *a)
{
    struct job *j = user;
    struct message *m =
        a->fault ? NULL
                 : message_read(jx_obj(a->json, "message"), j->z->realm.self);
    struct answer odd = { .fault = FAULT_UNKNOWN,
                          .code = "",
                          .text = "an answer without a message" };

    if (a->fault && a->fault != FAULT_DENIED) {
        job_fail(j, a);
    } else if (!a->fault && !m) {
        job_fail(j, &odd);
    } else if (m && m->sender == j->z->realm.self
               && str_eq(m->key, j->n->ticket)) {
        if (has_new_owner(j)) {
            j->before = m;
            find_in_place(j);
        } else {
            j->root = m;
            act(j);
        }
        return;
    } else if (creates(j->n->delivery) && j->placed) {
        find_in_place(j);
    } else {
        without_root(j);
    }
    message_free(m);
}

static void get_root(struct job *j, int64_t id)
{
    CLEANUP_FREE char *path = xasprintf("/messages/%" PRId64, id);
    struct call c = {
        .path = path, .query = "apply_markdown=false", .got = on_root, .user = j
    };

    call(j->z, &c);
}

static void on_found(void *user, const struct answer *a)
{
    struct job *j = user;
    struct message *m =
        a->fault ? NULL
                 : message_read(jx_obj(a->json, "message"), j->z->realm.self);

    if (a->fault && a->fault != FAULT_DENIED) {
        job_fail(j, a);
    } else if (m && str_eq(m->key, j->n->ticket)) {
        j->root = m;
        j->adopted = true;
        /* the new owner was told by this very delivery */
        if (j->before && str_eq(m->nonce, j->n->nonce))
            job_done(j);
        else
            act(j);
        return;
    } else {
        without_root(j); /* deleted since it was listed */
    }
    message_free(m);
}

static void look_in_own(struct job *j)
{
    const struct message *m = own_find(j->tidied, j->n->ticket);
    CLEANUP_FREE char *path = NULL;
    struct call c = { .query = "apply_markdown=false",
                      .got = on_found,
                      .user = j };

    if (!m) {
        without_root(j);
        return;
    }
    path = xasprintf("/messages/%" PRId64, m->id);
    c.path = path;
    call(j->z, &c);
}

static void on_own(void *user, struct own *own, const struct answer *a)
{
    struct job *j = user;

    j->tidied = own;
    if (a->fault)
        job_fail(j, a);
    else
        tidy(j, own, look_in_own);
}

static void look_in_place(struct job *j)
{
    if (j->before && place_has(&j->place, j->before)) {
        j->root = j->before;
        j->before = NULL;
        act(j);
        return;
    }
    own_read(j->z, &j->place, on_own, j);
}

static void on_channel(void *user, const struct answer *a)
{
    struct job *j = user;
    CLEANUP_FREE char *text = NULL;
    int64_t id = jx_int(a->json, "stream_id", 0);

    if (a->fault == FAULT_DENIED || a->fault == FAULT_NO_CHANNEL) {
        text = xasprintf("channel \"%s\": %s", j->place.channel, a->text);
        zulip_notice(j->z, "channel-gone", text);
        job_reject(j, text, true);
    } else if (a->fault || id <= 0) {
        job_fail(j, a);
    } else {
        j->place.id = id;
        jx_set_int(j->z->channels, j->place.channel, id);
        look_in_place(j);
    }
}

static void find_in_place(struct job *j)
{
    CLEANUP_STRBUF struct strbuf query;
    struct call c = { .path = "/get_stream_id", .got = on_channel, .user = j };

    strbuf_init(&query, STRBUF_UNBOUNDED);
    if (j->place.channel)
        j->place.id = jx_int(j->z->channels, j->place.channel, 0);
    if (j->place.people || j->place.id) {
        look_in_place(j);
        return;
    }
    form_add(&query, "stream", j->place.channel);
    c.query = query.buf;
    call(j->z, &c);
}

/* ---- in ---- */

static bool find_place(struct job *j)
{
    const struct tocsin_host *host = j->z->host;
    CLEANUP_FREE char *contact =
        place_contact(j->n->owner, host->instance(host), "zulip");
    const char *text = contact ? contact : j->z->fallback;

    if (!text)
        return false;
    if (place_parse(&j->place, text) && place_allowed(&j->place, host))
        return true;
    place_release(&j->place);
    return false;
}

int zulip_deliver(void *handle, uint64_t op,
                  const struct tocsin_notification *n)
{
    struct zulip *z = handle;
    struct job *j = xcalloc(1, sizeof(*j));
    struct remote_id id;
    bool known = n->remote_id && remote_id_parse(&id, n->remote_id);

    z->job = j;
    j->z = z;
    j->op = op;
    j->n = n;
    j->placed = find_place(j);
    if (n->delivery < TOCSIN_DELIVER_OPEN
        || n->delivery > TOCSIN_DELIVER_DIGEST)
        job_reject(j, "this is no delivery", false);
    else if (!z->realm.known)
        job_retry(j, "the server has not said what may be written", 0);
    else if (known)
        get_root(j, id.message);
    else if (j->placed)
        find_in_place(j);
    else
        job_reject(j, "its owner has no contact here that may be written to",
                   true);
    return TOCSIN_OK;
}
