/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A new issue is made. Before that all of our own there were listed
 * (look.c) and what others reported (reported.c); where the reply is lost
 * they are listed again.
 */
#include <config.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/github-issues/sink.h"

static void create(struct delivery *d);

/* The reply to a create was lost: is it there? */
static void after_lost(struct delivery *d)
{
    json_t *issue;
    size_t i;

    json_array_foreach(d->candidates, i, issue)
        if (text_has_nonce(jx_str(issue, "body"), d->n->nonce)) {
            issue_set(d, issue);
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
        issue_set(d, r->json);
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

static void create_labels(struct delivery *d)
{
    labels_make(d, create);
}

void create_make(struct delivery *d)
{
    people_check(d, create_labels);
}
