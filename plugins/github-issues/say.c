/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is said in a comment because an edit of the text tells nobody:
 * reminders, news of a digest, and the call of who owns it now.
 */
#include <config.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/github-issues/sink.h"

#define AGAIN_TEXT "For %s: this came back, and you own it now.\n"
#define NEWS_TEXT "There is something new in the list above.\n"

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

void say_reminder(struct delivery *d)
{
    if (back_is_pending(d))
        people_check(d, back_call);
    else if (!is_locked(d))
        people_check(d, remind_now);
}

void say_again(struct delivery *d)
{
    CLEANUP_FREE char *names = people_new(d);

    d->once = true;
    if (!names)
        outcome_ok(d, d->receipt.adopted);
    else if (!is_locked(d))
        comment_make(d, xasprintf(AGAIN_TEXT "%s\n", names, d->n->marker),
                     on_said);
}

void say_news(struct delivery *d)
{
    if (!is_locked(d))
        comment_make(d, xasprintf(NEWS_TEXT "%s\n", d->n->marker), on_said);
}
