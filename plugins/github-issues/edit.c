/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What stands is edited, closed, opened, and commented on where an edit
 * tells nobody. Must not touch what a person has closed for good, and must
 * not say that it is done before the reply says so.
 */
#include <config.h>

#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "plugins/github-issues/sink.h"

/* Closed by a person who wants it closed. True: the delivery has ended. */
static bool is_final(struct delivery *d, const json_t *issue)
{
    const char *reason = jx_str(issue, "state_reason");
    const char *by = jx_str(jx_obj(issue, "closed_by"), "login");
    bool people = by && !who_is_us(d->s, by);

    if (!issue_is(issue, "closed"))
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
    if (people && issue_was_begun(d, issue)) {
        outcome_stands(d);
        outcome_held(d, "closed-by-person", DAY,
                     xasprintf("%s was closed by a person",
                               jx_str_or(issue, "html_url", "it")));
        return true;
    }
    return false;
}

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
    if (state && !issue_is(d->issue, state)) {
        jx_set_str(v, "state", state);
        if (!strcmp(state, "closed"))
            jx_set_str(v, "state_reason", "completed");
    }
    return v;
}

static void edited(struct delivery *d)
{
    if (back_is_pending(d))
        people_check(d, back_call);
    else if (d->delivery == TOCSIN_DELIVER_DIGEST && !d->fresh)
        say_news(d);
    else if (d->delivery == TOCSIN_DELIVER_REOPEN)
        people_check(d, say_again);
    else
        outcome_ok(d, d->receipt.adopted);
}

static void on_edited(void *user, const struct net_reply *r)
{
    struct delivery *d = user;
    const char *state = wanted_state(d);

    if (!r->ok) {
        outcome_of_reply(d, r, &d->s->write, "it could not be edited");
    } else if (state && !issue_is(r->json, state)) {
        outcome_end(d, TOCSIN_RETRY,
                    xasprintf("GitHub did not set its state to %s", state));
    } else {
        issue_set(d, r->json);
        edited(d);
    }
}

static void edit_now(struct delivery *d)
{
    json_t *v = changes(d);
    CLEANUP_FREE char *url = place_url(&d->at);

    if (json_object_size(v)) {
        ask_write(d, "PATCH", url, v, true, on_edited);
        return;
    }
    json_decref(v);
    edited(d);
}

static void edit_first(struct delivery *d)
{
    if (d->delivery != TOCSIN_DELIVER_OPEN || !issue_was_begun(d, d->issue)
        || back_is_pending(d)) {
        edit_now(d);
        return;
    }
    d->receipt.adopted = true;
    d->resume = edit_now;
    people_check(d, back_again);
}

void edit_make(struct delivery *d)
{
    bool opens = d->delivery == TOCSIN_DELIVER_OPEN
                 || d->delivery == TOCSIN_DELIVER_REOPEN;

    if (opens && is_final(d, d->issue))
        return;
    doubles_close(d, d->delivery == TOCSIN_DELIVER_REMIND ? say_reminder
                                                          : edit_first);
}
