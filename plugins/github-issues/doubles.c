/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Issues of ours that slipped through: a second one of a ticket, open beside
 * the first. Closed as duplicates when they are seen, without a comment, and
 * counted. Must not close one whose elder is not open: it may be the ticket.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/github-issues/observe.h"

#define AT_ONCE_MAX 20          /* of a pass: a flood is nobody's duplicates */

struct closing {
    struct delivery d;          /* of no notification: what ask.c wants */
    struct observation *o;
    void (*over)(void *user);
    int64_t closed;
};

static void over(void *user)
{
    struct closing *c = user;
    struct observation *o = c->o;
    struct sink *s = o->s;
    void (*next)(void *user) = c->over;

    if (c->closed) {
        jx_set_int(s->cursor, "doubles",
                   jx_int(s->cursor, "doubles", 0) + c->closed);
        cursor_save(s);
        s->host->notice(s->host, "duplicate-closed", "a second issue of one "
                        "ticket was there; it was closed as a duplicate");
    }
    place_release(&c->d.at);
    free(c->d.text);
    free(c);
    next(o);
}

static void close_next(struct delivery *d);

static void on_closed(void *user, const struct net_reply *r)
{
    struct closing *c = user;

    c->closed += r->ok;
    close_next(&c->d);
}

/* d is the first member. */
static void close_next(struct delivery *d)
{
    struct closing *c = (struct closing *)d;
    json_t *one = json_array_get(c->o->doubles, d->step++);
    CLEANUP_FREE char *url = NULL;

    if (!one || d->step > AT_ONCE_MAX)
        return;
    str_replace(&d->at.repository,
                json_string_value(json_array_get(one, 0)));
    url = xasprintf("/repos/%s/issues/%lld", d->at.repository,
                    (long long)json_integer_value(json_array_get(one, 1)));
    ask_write(d, "PATCH", url, json_pack("{s:s, s:s}", "state", "closed",
                                         "state_reason", "duplicate"),
              true, on_closed);
}

void doubles_close(struct observation *o, void (*next)(void *user))
{
    struct closing *c = xcalloc(1, sizeof(*c));
    struct sink *s = o->s;

    c->d.s = s;
    c->o = o;
    c->over = next;
    net_begin(&s->net, s->host, over, c);
    stop_look(&c->d, close_next);
    net_let_go(&s->net);
}
