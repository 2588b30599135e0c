/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Steps that change what stands there: the topic's mark, ours on the root,
 * the root's text. Each may be repeated without harm, and none of them is
 * worth a failed delivery where the realm does not let us.
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

static bool is_refusal(const struct answer *a)
{
    return a->fault == FAULT_DENIED || a->fault == FAULT_NO_CHANNEL
           || a->fault == FAULT_THERE_ALREADY;
}

static void patch(struct job *j, const char *form,
                  void (*got)(void *user, const struct answer *a))
{
    CLEANUP_FREE char *path = xasprintf("/messages/%" PRId64, j->root->id);
    struct call c = { .method = "PATCH",
                      .path = path,
                      .query = form,
                      .idempotent = true,
                      .got = got,
                      .user = j };

    call(j->z, &c);
}

/* ---- the topic ---- */

static void turned(struct job *j)
{
    free(j->topic);
    j->topic = NULL;
    job_next(j);
}

/* It was turned already: by a request whose answer was lost, or by people. */
static void on_seen(void *user, const struct answer *a)
{
    struct job *j = user;
    struct message *m =
        a->fault ? NULL
                 : message_read(jx_obj(a->json, "message"), j->z->realm.self);

    if (!m) {
        job_fail(j, a);
        return;
    }
    if (topic_is_resolved(m->topic) == topic_is_resolved(j->topic)) {
        j->denied = false;
        str_replace(&j->root->topic, m->topic);
    } else {
        zulip_notice(j->z, "may-not-resolve", j->why);
    }
    message_free(m);
    turned(j);
}

static void on_turned(void *user, const struct answer *a)
{
    struct job *j = user;
    CLEANUP_FREE char *path = xasprintf("/messages/%" PRId64, j->root->id);
    struct call c = {
        .path = path, .query = "apply_markdown=false", .got = on_seen, .user = j
    };

    if (a->fault && !is_refusal(a)) {
        job_fail(j, a);
    } else if (a->fault) {
        free(j->why);
        j->why = xasprintf("topics cannot be marked resolved or unresolved: "
                           "%s",
                           a->text);
        j->denied = true;
        call(j->z, &c);
    } else {
        str_replace(&j->root->topic, j->topic);
        turned(j);
    }
}

/* topic is taken over. All of it moves, and no bot says from where to where:
 * it stays the same topic to people. */
static void turn(struct job *j, char *topic)
{
    CLEANUP_STRBUF struct strbuf form;

    j->topic = topic;
    strbuf_init(&form, STRBUF_UNBOUNDED);
    form_add(&form, "topic", topic);
    form_add(&form, "propagate_mode", "change_all");
    form_add(&form, "send_notification_to_old_thread", "false");
    form_add(&form, "send_notification_to_new_thread", "false");
    patch(j, form.buf, on_turned);
}

void step_unresolve(struct job *j)
{
    if (j->root->topic && topic_is_resolved(j->root->topic)) {
        turn(j, xstrdup(topic_bare(j->root->topic)));
    } else {
        j->stood = true;
        job_next(j);
    }
}

void step_resolve(struct job *j)
{
    bool resolved = j->root->topic && topic_is_resolved(j->root->topic);

    if (j->root->topic && j->z->resolves && !resolved) {
        turn(j, xasprintf("%s%s", TOPIC_RESOLVED, j->root->topic));
    } else {
        j->stood = resolved || !j->root->topic;
        job_next(j);
    }
}

/* ---- our marks ---- */

/* A mark is set, or taken off, once: to whoever comes second the server says
 * that it was done already. */
static void on_marked(void *user, const struct answer *a)
{
    struct job *j = user;

    j->raced |= a->fault == FAULT_THERE_ALREADY;
    if (a->fault && !is_refusal(a))
        job_fail(j, a);
    else
        job_next(j);
}

static void mark(struct job *j, bool on, const char *emoji)
{
    CLEANUP_FREE char *path =
        xasprintf("/messages/%" PRId64 "/reactions", j->root->id);
    CLEANUP_STRBUF struct strbuf form;
    struct call c = { .method = on ? "POST" : "DELETE",
                      .path = path,
                      .idempotent = true,
                      .got = on_marked,
                      .user = j };

    j->marked = true;
    strbuf_init(&form, STRBUF_UNBOUNDED);
    form_add(&form, "emoji_name", emoji);
    c.query = form.buf;
    call(j->z, &c);
}

static void all_marked(struct job *j)
{
    j->raced |= j->stood && !j->marked;
    job_next(j);
}

/* Each comes twice: the one mark off, then the other on. */
void step_mark_closed(struct job *j)
{
    if (j->root->marked_open) {
        j->root->marked_open = false;
        j->step--;
        mark(j, false, MARK_OPEN);
    } else if (!j->root->marked_closed) {
        j->root->marked_closed = true;
        mark(j, true, MARK_CLOSED);
    } else {
        all_marked(j);
    }
}

void step_mark_open(struct job *j)
{
    if (j->root->marked_closed) {
        j->root->marked_closed = false;
        j->step--;
        mark(j, false, MARK_CLOSED);
    } else if (j->denied && !j->root->marked_open) {
        j->root->marked_open = true;
        mark(j, true, MARK_OPEN);
    } else {
        all_marked(j);
    }
}

/* ---- the text ---- */

static void on_edited(void *user, const struct answer *a)
{
    struct job *j = user;

    j->edited = a->fault == FAULT_NONE;
    if (a->fault && !is_refusal(a))
        job_fail(j, a);
    else
        job_next(j);
}

/* By the real clock, as the server's is; it has the last word. */
static bool may_edit(const struct job *j)
{
    const struct realm *r = &j->z->realm;

    return r->editing
           && (!r->edit_seconds
               || when_now() - j->root->sent <= r->edit_seconds);
}

void step_edit(struct job *j)
{
    CLEANUP_FREE char *body = message_keep_marker(j->root, j->n->body);
    CLEANUP_STRBUF struct strbuf form;

    strbuf_init(&form, STRBUF_UNBOUNDED);
    j->edited = message_says(j->root, j->n->body);
    if (j->edited || !may_edit(j)) {
        job_next(j);
        return;
    }
    form_add(&form, "content", body);
    patch(j, form.buf, on_edited);
}
