/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All issues of ours that changed since the last sweep, by a search: what
 * the core has lost is found again. A search lags, so it is never asked
 * whether something may be made; and what it does not show is no evidence.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "plugins/github-issues/observe.h"

/* A search shows a thousand at most; then it goes on behind the last. */
#define PAGES_MAX 10
#define ROUNDS_MAX 20
#define OVERLAP HOUR

struct sweep {
    struct observation *o;
    char *owner;
    int64_t from, last;
    int pages, rounds;
};

static void sweep_free(struct sweep *w)
{
    free(w->owner);
    free(w);
}

static void ask_first(struct sweep *w);

/* Two open ones of a ticket in one repository, made at the same moment: the
 * elder counts, whichever the core knows. An elder that somebody opened again
 * is history; and where ours is closed, one that they opened again is theirs.
 */
static void see_double(struct observation *o, struct standing *row,
                       const json_t *issue)
{
    const struct place *younger;
    struct place at;

    if (!issue_is(issue, "open") || !place_of_issue(&at, issue))
        return;
    younger = at.number > row->at.number ? &at : &row->at;
    if (strcasecmp(at.repository, row->at.repository)
        || at.number == row->at.number
        || ((younger == &row->at || !row->open)
            && jx_str(issue, "state_reason"))) {
        place_release(&at);
        return;
    }
    if (younger == &row->at) {
        row->replaced = true;
        observe_say(o, row->ticket, issue);
    }
    if (row->open || younger == &at)
        observe_double(o, row->ticket, younger);
    place_release(&at);
}

/* What the core knows is said by nodes.c. */
static void see(struct sweep *w, const json_t *issue)
{
    struct observation *o = w->o;
    CLEANUP_FREE char *key = text_key(jx_str(issue, "body"));
    const json_t *row = key ? json_object_get(o->by_key, key) : NULL;

    if (!key || json_object_get(issue, "pull_request")
        || !who_is_us(o->s, jx_str(jx_obj(issue, "user"), "login")))
        return;
    if (row)
        see_double(o, &o->rows[json_integer_value(row)], issue);
    else
        observe_say(o, key, issue);
}

static void on_page(void *user, const struct net_reply *r)
{
    struct sweep *w = user;
    const json_t *items = r->ok ? jx_arr(r->json, "items") : NULL;
    CLEANUP_FREE char *next = r->ok ? net_next(r->http) : NULL;
    json_t *issue;
    size_t i;

    if (!items || r->partial || jx_bool(r->json, "incomplete_results", false)) {
        w->o->swept = 0;
        if (!items) {
            sweep_free(w);
            return;
        }
    }
    json_array_foreach((json_t *)items, i, issue) {
        see(w, issue);
        when_parse(jx_str_or(issue, "updated_at", ""), &w->last);
    }
    if (!next) {
        sweep_free(w);
    } else if (++w->pages < PAGES_MAX) {
        api_ask(&w->o->s->read, &(struct api_call){
                                    .owner = w->owner,
                                    .url = next,
                                    .got = on_page,
                                    .user = w,
                                });
    } else if (w->last > w->from && ++w->rounds < ROUNDS_MAX) {
        w->from = w->last;
        ask_first(w);
    } else {
        w->o->swept = 0;
        sweep_free(w);
    }
}

static char *author_of(const struct sink *s)
{
    return str_ends(s->login, "[bot]")
               ? xasprintf("app/%.*s", (int)(strlen(s->login) - 5), s->login)
               : xstrdup(s->login);
}

static void ask_first(struct sweep *w)
{
    struct sink *s = w->o->s;
    CLEANUP_FREE char *author = author_of(s);
    CLEANUP_FREE char *since = w->from ? when_format(w->from) : NULL;
    CLEANUP_FREE char *q =
        xasprintf("is:issue author:%s user:%s%s%s", author, w->owner,
                  since ? " updated:>=" : "", since ? since : "");
    CLEANUP_FREE char *text = net_escape(q);
    CLEANUP_FREE char *url = xasprintf(
        "/search/issues?q=%s&sort=updated&order=asc&per_page=100", text);

    w->pages = 0;
    api_ask(&s->read, &(struct api_call){
                          .owner = w->owner,
                          .url = url,
                          .got = on_page,
                          .user = w,
                      });
}

void sweep_look(struct observation *o, const char *owner)
{
    struct sweep *w = xcalloc(1, sizeof(*w));
    int64_t swept = jx_int(o->s->cursor, "swept", 0);

    w->o = o;
    w->owner = xstrdup(owner);
    w->from = swept > OVERLAP ? swept - OVERLAP : 0;
    ask_first(w);
}
