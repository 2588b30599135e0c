/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The steps that post. Must not post what is there already, and must not say
 * that it is not there when nobody can know.
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "plugins/zulip/job.h"
#include "plugins/zulip/topic.h"

#define DIRECT_LEVEL 174 /* "direct" was "private" before */
#define LOOKED_AT 100

/* ---- a name for the topic ---- */

static void on_topic(void *user, const struct answer *a)
{
    struct job *j = user;
    const json_t *list = jx_arr(a->json, "messages");
    struct message *root = NULL;
    size_t i;
    json_t *v;

    if (a->fault || !list) {
        struct answer odd = { .fault = FAULT_UNKNOWN,
                              .code = "",
                              .text = "a page without messages" };

        job_fail(j, a->fault ? a : &odd);
        return;
    }
    json_array_foreach(list, i, v) {
        struct message *m = message_read(v, j->z->realm.self);

        if (m && !root && m->sender == j->z->realm.self
            && str_eq(m->key, j->n->ticket))
            root = m;
        else
            message_free(m);
    }
    if (root) { /* older than what was looked through */
        j->root = root;
        j->adopted = true;
        free(j->topic);
        j->topic = NULL;
        job_done(j);
        return;
    }
    if (json_array_size(list)) {
        free(j->topic);
        j->topic = topic_name(j->n->title, j->n->ticket, true,
                              j->z->realm.topic_max - TOPIC_RESERVE);
    }
    job_next(j);
}

/* Other people's topics of this name are theirs. */
static void look_at_topic(struct job *j)
{
    CLEANUP_STRBUF struct strbuf query;
    struct call c = { .path = "/messages", .got = on_topic, .user = j };

    strbuf_init(&query, STRBUF_UNBOUNDED);
    form_add(&query, "anchor", "newest");
    form_add_int(&query, "num_before", LOOKED_AT);
    form_add_int(&query, "num_after", 0);
    form_add(&query, "apply_markdown", "false");
    form_add_json(&query, "narrow",
                  json_pack("[o, {s:s, s:s}]",
                            place_narrow(&j->place, j->z->realm.feature_level),
                            "operator", "topic", "operand", j->topic));
    c.query = query.buf;
    call(j->z, &c);
}

static const struct own *own_at(const struct job *j, const struct place *p)
{
    CLEANUP_FREE char *key = place_key(p);

    for (const struct own *o = j->z->own; o; o = o->next)
        if (!strcmp(o->key, key))
            return o;
    return NULL;
}

void step_name_topic(struct job *j)
{
    const struct own *own = own_at(j, &j->place);
    size_t max = j->z->realm.topic_max - TOPIC_RESERVE;
    const char *key = j->n->ticket;

    if (j->place.people) {
        job_next(j);
        return;
    }
    j->topic = topic_name(j->n->title, key, false, max);
    if (own && own_topic_taken(own, j->topic, key)) {
        free(j->topic);
        j->topic = topic_name(j->n->title, key, true, max);
    }
    look_at_topic(j);
}

/* ---- posting ---- */

static void post(struct job *j, const struct place *p, const char *topic,
                 void (*got)(void *user, const struct answer *a))
{
    CLEANUP_STRBUF struct strbuf form;
    struct call c = {
        .method = "POST", .path = "/messages", .got = got, .user = j
    };

    strbuf_init(&form, STRBUF_UNBOUNDED);
    if (p->people) {
        form_add(&form, "type",
                 j->z->realm.feature_level >= DIRECT_LEVEL ? "direct"
                                                           : "private");
        form_add_json(&form, "to", json_deep_copy(p->people));
    } else {
        form_add(&form, "type", "stream");
        form_add_int(&form, "to", p->id);
        form_add(&form, "topic", topic);
    }
    form_add(&form, "content", j->text && !j->root ? j->text : j->n->body);
    c.query = form.buf;
    call(j->z, &c);
}

/* The number of what was posted; 0: the answer does not say. */
static int64_t posted(const struct answer *a)
{
    return a->fault ? 0 : jx_int(a->json, "id", 0);
}

/* Nothing was made and nothing can be, but in another place. */
static void refuse(struct job *j, const struct answer *a)
{
    if (a->fault == FAULT_DENIED)
        zulip_notice(j->z, "may-not-post", a->text);
    job_fail(j, a);
}

static bool is_certain(const struct answer *a)
{
    return a->fault && a->fault != FAULT_UNKNOWN;
}

/* ---- the root ---- */

static void on_root_looked_for(void *user, struct own *own,
                               const struct answer *a)
{
    struct job *j = user;
    const struct message *m = own ? own_find(own, j->n->ticket) : NULL;

    if (!m) {
        job_unknown(j,
                    a->fault ? a->text : "nobody knows whether it was posted");
        return;
    }
    j->root = xcalloc(1, sizeof(*j->root));
    j->root->id = m->id;
    j->root->channel = m->channel;
    j->root->topic = xstrdup0(m->topic);
    j->root->people = xstrdup0(m->people);
    job_next(j);
}

static void on_root_posted(void *user, const struct answer *a)
{
    struct job *j = user;
    int64_t id = posted(a);

    if (is_certain(a)) {
        refuse(j, a);
        return;
    }
    if (!id) {
        own_read(j->z, &j->place, on_root_looked_for, j);
        return;
    }
    j->root = xcalloc(1, sizeof(*j->root));
    j->root->id = id;
    j->root->channel = j->place.id;
    j->root->topic = j->topic;
    j->topic = NULL;
    job_next(j);
}

void step_post_root(struct job *j)
{
    post(j, &j->place, j->topic, on_root_posted);
}

/* ---- a reply ---- */

static void on_reply_looked_for(void *user, struct own *own,
                                const struct answer *a)
{
    struct job *j = user;

    if (own && own_find_nonce(own, j->n->ticket, j->n->nonce, j->root->id))
        job_next(j);
    else
        job_unknown(j,
                    a->fault ? a->text : "nobody knows whether it was posted");
}

static void on_reply_posted(void *user, const struct answer *a)
{
    struct job *j = user;
    struct place p;

    if (is_certain(a)) {
        refuse(j, a);
        return;
    }
    if (posted(a)) {
        job_next(j);
        return;
    }
    place_of_message(&p, j->root);
    own_read(j->z, &p, on_reply_looked_for, j);
    place_release(&p);
}

/* An update that is no edit: once in a while, and not what was said last, as
 * a state that was lost does not know. */
static bool is_due(const struct job *j, const struct own *own)
{
    const struct message *m = own_newest(own, j->n->ticket);

    return j->n->delivery != TOCSIN_DELIVER_UPDATE || !m
           || (when_now() - m->sent >= j->z->reply_every
               && m->said != message_print_said(j->n->body));
}

/* Said last in the topic, word for word, by a pass on another copy of the
 * state, whose nonce is another one. */
static bool is_said(const struct job *j, const struct own *own)
{
    const struct message *m = own_newest(own, j->n->ticket);

    return m && m->id > j->root->id
           && m->said == message_print_said(j->n->body);
}

static void reply(struct job *j)
{
    const struct own *own = j->tidied;
    struct place p;

    if (own_find_nonce(own, j->n->ticket, j->n->nonce, j->root->id)
        || (j->raced && is_said(j, own))) {
        j->adopted = true;
        job_next(j);
        return;
    }
    if (j->raced && !j->n->again) {
        job_unknown(j, "its marks stood already: another pass may be telling "
                       "of it");
        return;
    }
    if (!is_due(j, own)) {
        job_next(j);
        return;
    }
    place_of_message(&p, j->root);
    post(j, &p, j->root->topic, on_reply_posted);
    place_release(&p);
}

static void on_replies(void *user, struct own *own, const struct answer *a)
{
    struct job *j = user;

    j->tidied = own;
    if (a->fault)
        job_fail(j, a);
    else
        tidy(j, own, reply);
}

void step_reply(struct job *j)
{
    struct place p;

    place_of_message(&p, j->root);
    own_read(j->z, &p, on_replies, j);
    place_release(&p);
}

void step_reply_unless_edited(struct job *j)
{
    if (j->edited)
        job_next(j);
    else
        step_reply(j);
}
