/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One delivery, from top to bottom: look, then write. Must not make an issue
 * before all of our own there were listed, must not touch what a person has
 * closed for good, and must not say that it is done before the reply says
 * so.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "plugins/github-issues/sink.h"

#define AGAIN_TEXT "For %s: this came back, and you own it now.\n"
#define NEWS_TEXT "There is something new in the list above.\n"

static void create(struct delivery *d);
static void edit(struct delivery *d);

static char *issue_url(const struct delivery *d)
{
    return xasprintf("/repos/%s/issues/%lld", d->at.repository,
                     (long long)d->at.number);
}

static void set_issue(struct delivery *d, json_t *issue)
{
    struct place at;

    json_incref(issue);
    json_decref(d->issue);
    d->issue = issue;
    if (place_of_issue(&at, issue)) {
        place_release(&d->at);
        d->at = at;
    } else if (!d->at.number && jx_int(issue, "number", 0) > 0) {
        d->at.number = jx_int(issue, "number", 0); /* where it was asked */
    }
}

static bool is_state(const json_t *issue, const char *state)
{
    return str_eq(jx_str(issue, "state"), state);
}

/* Closed so long ago that it is history. */
static bool is_history(const struct delivery *d, const json_t *issue)
{
    int64_t closed = 0;

    if (!d->s->new_after || !is_state(issue, "closed")
        || when_parse(jx_str_or(issue, "closed_at", ""), &closed) < 0)
        return false;
    return d->s->host->now(d->s->host) - closed > d->s->new_after;
}

/* It stands as this very delivery left it, which was cut off. */
static bool was_begun(const struct delivery *d, const json_t *issue)
{
    return (d->n->again || back_is_pending(d))
           && text_has_nonce(jx_str(issue, "body"), d->n->nonce);
}

/* Closed by a person who wants it closed. True: the delivery has ended. */
static bool is_final(struct delivery *d, const json_t *issue)
{
    const char *reason = jx_str(issue, "state_reason");
    const char *by = jx_str(jx_obj(issue, "closed_by"), "login");
    bool people = by && !who_is_us(d->s, by);

    if (!is_state(issue, "closed"))
        return false;
    if (str_eq(reason, "not_planned") && (people || !by)) {
        outcome_held(d, "not-planned", DAY,
                     xasprintf("%s was closed as not planned",
                               jx_str_or(issue, "html_url", "it")));
        return true;
    }
    /* what is opened again was read before: that episode is over */
    if (str_eq(reason, "duplicate") && people
        && d->delivery == TOCSIN_DELIVER_OPEN) {
        outcome_held(d, "already-reported", DAY,
                     xasprintf("%s was closed as a duplicate",
                               jx_str_or(issue, "html_url", "it")));
        return true;
    }
    /* since it was opened: what they meant is read by the next pass */
    if (people && was_begun(d, issue)) {
        outcome_stands(d);
        outcome_held(d, "closed-by-person", DAY,
                     xasprintf("%s was closed by a person",
                               jx_str_or(issue, "html_url", "it")));
        return true;
    }
    return false;
}

/* ---- edit, close, open --------------------------------------------------- */

static const char *wanted_state(const struct delivery *d)
{
    switch (d->delivery) {
    case TOCSIN_DELIVER_RESOLVE:
        return "closed";
    case TOCSIN_DELIVER_OPEN:
    case TOCSIN_DELIVER_REOPEN:
        return "open";
    default:
        return NULL;
    }
}

/* {body?, state?, state_reason?}; empty: it is so already. New. */
static json_t *changes(struct delivery *d)
{
    const char *stands = jx_str_or(d->issue, "body", "");
    const char *state = wanted_state(d);
    CLEANUP_FREE char *body = text_merge(stands, d->body, d->n->marker);
    json_t *v = json_object();

    if (body && strcmp(body, stands))
        jx_set_str(v, "body", body);
    if (!body)
        d->s->host->log(d->s->host, TOCSIN_LOG_WARN,
                        "the text does not fit "
                        "beside what people added; it stays as it is");
    if (state && !is_state(d->issue, state)) {
        jx_set_str(v, "state", state);
        if (!strcmp(state, "closed"))
            jx_set_str(v, "state_reason", "completed");
    }
    return v;
}

static void say_news(struct delivery *d);
static void call_new(struct delivery *d);

static void edited(struct delivery *d)
{
    if (back_is_pending(d))
        people_check(d, back_call);
    else if (d->delivery == TOCSIN_DELIVER_DIGEST && !d->fresh)
        say_news(d);
    else if (d->delivery == TOCSIN_DELIVER_REOPEN)
        people_check(d, call_new);
    else
        outcome_ok(d, d->receipt.adopted);
}

static void on_edited(void *user, const struct net_reply *r)
{
    struct delivery *d = user;
    const char *state = wanted_state(d);

    if (!r->ok) {
        outcome_of_reply(d, r, &d->s->write, "it could not be edited");
    } else if (state && !is_state(r->json, state)) {
        outcome_end(d, TOCSIN_RETRY,
                    xasprintf("GitHub did not set its state to %s", state));
    } else {
        set_issue(d, r->json);
        edited(d);
    }
}

static void edit_now(struct delivery *d)
{
    json_t *v = changes(d);
    CLEANUP_FREE char *url = issue_url(d);

    if (json_object_size(v)) {
        ask_write(d, "PATCH", url, v, true, on_edited);
        return;
    }
    json_decref(v);
    edited(d);
}

static void edit_first(struct delivery *d)
{
    if (d->delivery != TOCSIN_DELIVER_OPEN || !was_begun(d, d->issue)
        || back_is_pending(d)) {
        edit_now(d);
        return;
    }
    d->receipt.adopted = true;
    d->resume = edit_now;
    people_check(d, back_again);
}

static void remind(struct delivery *d);

static void edit(struct delivery *d)
{
    bool opens = d->delivery == TOCSIN_DELIVER_OPEN
                 || d->delivery == TOCSIN_DELIVER_REOPEN;

    if (opens && is_final(d, d->issue))
        return;
    doubles_close(d,
                  d->delivery == TOCSIN_DELIVER_REMIND ? remind : edit_first);
}

/* ---- comments ------------------------------------------------------------ */

static void on_said(struct delivery *d, const struct net_reply *r)
{
    if (r && r->ok)
        back_check_calls(d, r->json);
    if (!r || r->ok)
        outcome_ok(d, !r || d->receipt.adopted);
    else if (outcome_is_unsure(r, &d->s->write))
        outcome_unknown(d, xstrdup("nobody knows whether the comment was "
                                   "made"));
    else
        outcome_of_reply(d, r, &d->s->write, "no comment could be made");
}

/* Where people have locked the talk they want no more of it. */
static bool is_locked(struct delivery *d)
{
    if (!jx_bool(d->issue, "locked", false))
        return false;
    d->s->host->notice(d->s->host, "locked",
                       "what people have locked is not commented on");
    outcome_ok(d, d->receipt.adopted);
    return true;
}

static void remind_now(struct delivery *d)
{
    comment_make(d, xstrdup(d->body), on_said);
}

/* A reminder stands below the text and not in its place. */
static void remind(struct delivery *d)
{
    if (back_is_pending(d))
        people_check(d, back_call);
    else if (!is_locked(d))
        people_check(d, remind_now);
}

/* It came back and has another owner by now: an edit tells nobody, and who
 * was told before is not called again. */
static void call_new(struct delivery *d)
{
    CLEANUP_FREE char *names = people_new(d);

    d->once = true;
    if (!names)
        outcome_ok(d, d->receipt.adopted);
    else if (!is_locked(d))
        comment_make(d, xasprintf(AGAIN_TEXT "%s\n", names, d->n->marker),
                     on_said);
}

/* The list was edited, and an edit tells nobody. */
static void say_news(struct delivery *d)
{
    if (!is_locked(d))
        comment_make(d, xasprintf(NEWS_TEXT "%s\n", d->n->marker), on_said);
}

/* ---- create -------------------------------------------------------------- */

static void took_effect(struct delivery *d);

/* The next listing would not find it: no more is made, in this pass and in
 * later ones, until the option is another one. This one is there. */
static void wrong_login(struct delivery *d, const char *author)
{
    struct sink *s = d->s;
    CLEANUP_FREE char *text = xasprintf(
        "what is made is by %s, and issues of %s are listed: login is wrong, "
        "and no more is written",
        str_or(author, "?"), s->login);

    jx_set_str(s->cursor, "wrong_login", s->login);
    cursor_save(s);
    s->host->notice(s->host, "wrong-login", text);
    outcome_ok(d, false);
}

static void on_created(void *user, const struct net_reply *r)
{
    struct delivery *d = user;
    const char *author = jx_str(jx_obj(r->json, "user"), "login");

    if (!r->http->error && r->http->status == 422
        && json_array_size(d->assignees)) {
        /* One of them cannot be assigned: nobody is. */
        net_forget(&d->s->net, NET_ODD);
        json_array_clear(d->assignees);
        create(d);
        return;
    }
    if (r->ok && jx_int(r->json, "number", 0) > 0) {
        set_issue(d, r->json);
        if (!who_is_us(d->s, author)) {
            wrong_login(d, author);
            return;
        }
        back_read(d, r->json);
        return;
    }
    if (outcome_is_unsure(r, &d->s->write))
        took_effect(d);
    else
        outcome_of_reply(d, r, &d->s->write, "no issue could be made");
}

static void create(struct delivery *d)
{
    CLEANUP_FREE char *url = xasprintf("/repos/%s/issues", d->at.repository);
    json_t *v = json_object();

    jx_set_str(v, "title", d->n->title);
    jx_set_str(v, "body", d->body);
    json_object_set(v, "labels", d->labels);
    if (json_array_size(d->assignees))
        json_object_set(v, "assignees", d->assignees);
    ask_write(d, "POST", url, v, false, on_created);
}

/* The reply to a create was lost: is it there? */
static void after_lost(struct delivery *d)
{
    json_t *issue;
    size_t i;

    json_array_foreach(d->candidates, i, issue)
        if (text_has_nonce(jx_str(issue, "body"), d->n->nonce)) {
            set_issue(d, issue);
            outcome_ok(d, true);
            return;
        }
    outcome_unknown(d, xstrdup("nobody knows whether the issue was made; it "
                               "is looked for again behind the hold-off"));
}

static void took_effect(struct delivery *d)
{
    d->unsure = true;
    look_for(d, after_lost);
}

static void create_labels(struct delivery *d)
{
    labels_make(d, create);
}

static void create_for(struct delivery *d)
{
    people_check(d, create_labels);
}

/* ---- looking first ------------------------------------------------------- */

static void not_there(struct delivery *d)
{
    switch (d->delivery) {
    case TOCSIN_DELIVER_OPEN:
    case TOCSIN_DELIVER_REOPEN:
    case TOCSIN_DELIVER_DIGEST:
        reported_look(d, create_for);
        break;
    case TOCSIN_DELIVER_RESOLVE: /* nothing is left to be closed */
        outcome_ok(d, false);
        break;
    default:
        outcome_end(d, TOCSIN_REJECT,
                    xasprintf("there is no issue of this ticket in %s",
                              d->at.repository));
    }
}

static void on_issue(void *user, const struct net_reply *r);

/* A list shows neither who is called nor who closed it. */
static void see_whole(struct delivery *d)
{
    CLEANUP_FREE char *url = issue_url(d);

    ask_read(d, url, on_issue);
}

static void after_list(struct delivery *d)
{
    json_t *issue = look_pick(d);

    if (!issue
        || (is_history(d, issue)
            && !text_has_nonce(jx_str(issue, "body"), d->n->nonce))) {
        not_there(d);
        return;
    }
    set_issue(d, issue);
    d->fresh = text_has_nonce(jx_str(issue, "body"), d->n->nonce);
    d->receipt.adopted = d->delivery == TOCSIN_DELIVER_OPEN;
    if (was_begun(d, issue))
        see_whole(d);
    else
        edit(d);
}

static void look(struct delivery *d)
{
    look_for(d, after_list);
}

/* A repository that was deleted and made again numbers from 1 again. Who
 * wrote it does not decide alone: the credential may be another one now. */
static bool is_ours(const struct delivery *d, const json_t *issue)
{
    CLEANUP_FREE char *key = text_key(jx_str(issue, "body"));

    return str_eq(key, d->n->ticket)
           || (!key && who_is_us(d->s, jx_str(jx_obj(issue, "user"), "login")));
}

static void on_issue(void *user, const struct net_reply *r)
{
    struct delivery *d = user;
    bool opens = d->delivery == TOCSIN_DELIVER_OPEN
                 || d->delivery == TOCSIN_DELIVER_REOPEN
                 || d->delivery == TOCSIN_DELIVER_DIGEST;

    if (r->ok && jx_int(r->json, "number", 0) > 0 && !is_ours(d, r->json)) {
        CLEANUP_FREE char *there = xstrdup(d->at.repository);

        place_release(&d->at);
        d->at.repository = xstrdup(there);
        look(d);
        return;
    }
    if (r->ok && jx_int(r->json, "number", 0) > 0) {
        set_issue(d, r->json);
        if (opens && is_history(d, d->issue) && !was_begun(d, d->issue))
            look(d);
        else
            edit(d);
        return;
    }
    if (!r->http->error && r->http->status == 410
        && d->delivery == TOCSIN_DELIVER_RESOLVE)
        outcome_ok(d, false); /* deleted: nothing to be closed */
    else if (!r->http->error && r->http->status == 410 && opens)
        look(d);
    else
        outcome_of_reply(d, r, &d->s->read, "it could not be read");
}

static void go(struct delivery *d)
{
    if (d->at.number)
        see_whole(d);
    else
        look(d);
}

static void on_who(void *user, const char *why)
{
    struct delivery *d = user;

    if (!why && str_eq(jx_str(d->s->cursor, "wrong_login"), d->s->login))
        outcome_end(
            d, TOCSIN_FATAL,
            xstrdup("login is wrong: what was made is by somebody else"));
    else if (!why)
        go(d);
    else
        outcome_end(d, d->s->read.fatal ? TOCSIN_FATAL : TOCSIN_RETRY,
                    xstrdup(why));
}

/* ---- the frame ----------------------------------------------------------- */

static const char *const *doubles_of(struct delivery *d)
{
    size_t n = json_array_size(d->doubles);

    if (!n)
        return NULL;
    d->double_ids = xcalloc(n + 1, sizeof(*d->double_ids));
    for (size_t i = 0; i < n; i++)
        d->double_ids[i] = json_string_value(json_array_get(d->doubles, i));
    return d->double_ids;
}

static void over(void *user)
{
    struct delivery *d = user;
    struct sink *s = d->s;
    const struct tocsin_host *host = s->host;

    if (!d->ended)
        outcome_end(d, TOCSIN_RETRY,
                    xstrdup("it was not brought to an "
                            "end"));
    if (d->status == TOCSIN_RETRY && s->net.cut && !d->receipt.retry_after)
        d->receipt.retry_after = s->net.retry_after;
    net_tell(&s->net);
    d->receipt.remote_id = d->id;
    d->receipt.url = d->url;
    d->receipt.text =
        d->status == TOCSIN_OK && !d->receipt.pending ? NULL : d->text;
    d->receipt.doubles = doubles_of(d);
    s->delivery = NULL;
    host->done(host, d->op, d->status, &d->receipt);
    place_release(&d->at);
    json_decref(d->issue);
    json_decref(d->labels);
    json_decref(d->assignees);
    json_decref(d->called);
    json_decref(d->ids);
    json_decref(d->candidates);
    json_decref(d->doubles);
    free(d->double_ids);
    free(d->body);
    free(d->comment);
    free(d->stopped);
    free(d->text);
    free(d->id);
    free(d->url);
    free(d);
}

static json_t *labels_of(const struct tocsin_notification *n)
{
    json_t *list = json_array();

    for (const char *const *l = n->labels; l && *l; l++)
        if (**l)
            json_array_append_new(list, json_string(*l));
    return list;
}

/* NULL: it can be done; else why not. */
static const char *wrong(const struct delivery *d, const char *repository)
{
    const struct tocsin_notification *n = d->n;

    if (n->confidential)
        return "what is confidential is not written to GitHub";
    if (n->delivery < TOCSIN_DELIVER_OPEN
        || n->delivery > TOCSIN_DELIVER_DIGEST)
        return "this is no delivery";
    if (!d->at.number && !api_repository_fine(repository))
        return repository ? "this is no repository"
                          : "it is about several repositories, and no "
                            "repository is given for such";
    if (!*n->title || !*n->marker || !strstr(n->body, n->marker))
        return "it has no title, or its text no marker";
    return NULL;
}

int deliver_start(struct sink *s, uint64_t op,
                  const struct tocsin_notification *n)
{
    struct delivery *d = xcalloc(1, sizeof(*d));
    const char *repository = n->project ? n->project : s->repository, *why;

    d->s = s;
    d->op = op;
    d->n = n;
    d->delivery = n->delivery;
    d->receipt._struct_size = sizeof(d->receipt);
    d->labels = labels_of(n);
    d->candidates = json_array();
    d->ids = n->owner && n->owner->ids
                 ? jx_parse(n->owner->ids, strlen(n->owner->ids), NULL)
                 : NULL;
    d->body = n->delivery == TOCSIN_DELIVER_REMIND ? xstrdup(n->body)
                                                   : text_ours(n->body);
    if (n->remote_id && !place_parse(&d->at, n->remote_id))
        d->at.number = 0;
    s->delivery = d;
    net_begin(&s->net, s->host, over, d);
    free(s->read.locked_out);
    free(s->write.locked_out);
    s->read.locked_out = s->write.locked_out = NULL;
    why = wrong(d, repository);
    if (why) {
        outcome_end(d, TOCSIN_REJECT, xstrdup(why));
    } else {
        if (!d->at.number)
            d->at.repository = xstrdup(repository);
        who_are_we(s, on_who, d);
    }
    net_let_go(&s->net);
    return TOCSIN_OK;
}
