/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The issue that a delivery is about, as it stands there: whose it is, and
 * what can be told of its past. Nothing here asks or writes.
 */
#include <config.h>

#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "plugins/github-issues/sink.h"

void issue_set(struct delivery *d, json_t *issue)
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

bool issue_is(const json_t *issue, const char *state)
{
    return str_eq(jx_str(issue, "state"), state);
}

bool issue_is_history(const struct delivery *d, const json_t *issue)
{
    int64_t closed = 0;

    if (!d->s->new_after || !issue_is(issue, "closed")
        || when_parse(jx_str_or(issue, "closed_at", ""), &closed) < 0)
        return false;
    return d->s->host->now(d->s->host) - closed > d->s->new_after;
}

bool issue_was_begun(const struct delivery *d, const json_t *issue)
{
    return (d->n->again || back_is_pending(d))
           && text_has_nonce(jx_str(issue, "body"), d->n->nonce);
}

bool issue_is_ours(const struct delivery *d, const json_t *issue)
{
    CLEANUP_FREE char *key = text_key(jx_str(issue, "body"));

    return str_eq(key, d->n->ticket)
           || (!key && who_is_us(d->s, jx_str(jx_obj(issue, "user"), "login")));
}
