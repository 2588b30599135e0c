/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An issue of ours that slipped through: a second one of a ticket, open
 * beside the first. Closed as a duplicate, without a comment, when the core
 * says so. Must not close the ticket's own, nor what is not ours: it is read
 * before.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/github-issues/sink.h"

/* Beside the ticket's own, in the same repository. False: there is none. */
static bool where(const struct delivery *d, struct place *p)
{
    if (!d->n->double_id || !place_parse(p, d->n->double_id))
        return false;
    if (!strcasecmp(p->repository, d->at.repository)
        && p->number != d->at.number)
        return true;
    place_release(p);
    return false;
}

/* We may not: somebody else has to. */
static void stays(struct delivery *d)
{
    CLEANUP_FREE char *text = xasprintf("a second issue of one ticket cannot "
                                        "be closed: %s",
                                        d->n->double_id);

    d->s->host->notice(d->s->host, "duplicate-stays", text);
    d->next(d);
}

static void on_closed(void *user, const struct net_reply *r)
{
    struct delivery *d = user;
    struct sink *s = d->s;

    if (!r->ok) {
        if (outcome_is_passing(r))
            outcome_of_reply(d, r, &s->write,
                             "a second issue could not be "
                             "closed");
        else
            stays(d);
        return;
    }
    jx_set_int(s->cursor, "doubles", jx_int(s->cursor, "doubles", 0) + 1);
    cursor_save(s);
    s->host->notice(s->host, "duplicate-closed",
                    "a second issue of one "
                    "ticket was there; it was closed as a duplicate");
    d->receipt.duplicates = 1;
    d->next(d);
}

static void on_read(void *user, const struct net_reply *r)
{
    struct delivery *d = user;
    CLEANUP_FREE char *url = NULL;
    struct place p;

    if (!r->ok && outcome_is_passing(r)) {
        outcome_of_reply(d, r, &d->s->read,
                         "a second issue could not be "
                         "read");
        return;
    }
    if (!r->ok || !where(d, &p)) {
        d->next(d);
        return;
    }
    url = place_url(&p);
    if (jx_int(r->json, "number", 0) != p.number
        || str_cmp0(jx_str(r->json, "state"), "open")
        || !text_has_key(jx_str(r->json, "body"), d->n->ticket)
        || !who_is_us(d->s, jx_str(jx_obj(r->json, "user"), "login")))
        d->next(d);
    else
        ask_write(d, "PATCH", url,
                  json_pack("{s:s, s:s}", "state", "closed", "state_reason",
                            "duplicate"),
                  true, on_closed);
    place_release(&p);
}

void doubles_close(struct delivery *d, void (*next)(struct delivery *d))
{
    CLEANUP_FREE char *url = NULL;
    struct place p;

    if (!where(d, &p)) {
        next(d);
        return;
    }
    d->next = next;
    url = place_url(&p);
    place_release(&p);
    ask_read(d, url, on_read);
}
