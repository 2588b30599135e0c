/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One delivery: where the ticket stands is found out, then it is edited
 * (edit.c) or made (create.c). Must not make an issue before all of our own
 * there were listed.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/github-issues/sink.h"

static void not_there(struct delivery *d)
{
    switch (d->delivery) {
    case TOCSIN_DELIVER_OPEN:
    case TOCSIN_DELIVER_REOPEN:
    case TOCSIN_DELIVER_DIGEST:
        reported_look(d, create_make);
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
    CLEANUP_FREE char *url = place_url(&d->at);

    ask_read(d, url, on_issue);
}

static void after_list(struct delivery *d)
{
    json_t *issue = look_pick(d);

    if (!issue
        || (issue_is_history(d, issue)
            && !text_has_nonce(jx_str(issue, "body"), d->n->nonce))) {
        not_there(d);
        return;
    }
    issue_set(d, issue);
    d->fresh = text_has_nonce(jx_str(issue, "body"), d->n->nonce);
    d->receipt.adopted = d->delivery == TOCSIN_DELIVER_OPEN;
    if (issue_was_begun(d, issue))
        see_whole(d);
    else
        edit_make(d);
}

static void look(struct delivery *d)
{
    look_for(d, after_list);
}

static void on_issue(void *user, const struct net_reply *r)
{
    struct delivery *d = user;
    bool opens = d->delivery == TOCSIN_DELIVER_OPEN
                 || d->delivery == TOCSIN_DELIVER_REOPEN
                 || d->delivery == TOCSIN_DELIVER_DIGEST;

    if (r->ok && jx_int(r->json, "number", 0) > 0
        && !issue_is_ours(d, r->json)) {
        CLEANUP_FREE char *there = xstrdup(d->at.repository);

        place_release(&d->at);
        d->at.repository = xstrdup(there);
        look(d);
        return;
    }
    if (r->ok && jx_int(r->json, "number", 0) > 0) {
        issue_set(d, r->json);
        if (opens && issue_is_history(d, d->issue)
            && !issue_was_begun(d, d->issue))
            look(d);
        else
            edit_make(d);
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
