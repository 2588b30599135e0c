/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Our own issues in a repository, listed and never searched for: a search
 * lags. Must not say that there is none when it could not see all of them.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/github-issues/sink.h"

#define PAGES_MAX 50

struct listing {
    struct delivery *d;
    void (*next)(struct delivery *d);
    int pages;
    bool moved; /* the repository has another name now */
};

static void list_end(struct listing *l, bool whole)
{
    struct delivery *d = l->d;
    void (*next)(struct delivery * d) = l->next;

    free(l);
    if (whole)
        next(d);
}

/* Somebody else's issue may carry our marker: it was copied. */
static bool is_candidate(const struct delivery *d, const json_t *issue)
{
    return jx_int(issue, "number", 0) > 0
           && text_has_key(jx_str(issue, "body"), d->n->ticket)
           && !json_object_get(issue, "pull_request")
           && who_is_us(d->s, jx_str(jx_obj(issue, "user"), "login"));
}

/* Where it is now: what changes something is not sent on to there. */
static void on_repository(void *user, const struct net_reply *r)
{
    struct delivery *d = user;
    const char *name = r->ok ? jx_str(r->json, "full_name") : NULL;

    if (api_repository_fine(name)) {
        str_replace(&d->at.repository, name);
        list_end(d->listing, true);
        return;
    }
    outcome_of_reply(d, r, &d->s->read,
                     "its repository was renamed, and "
                     "cannot be read");
    list_end(d->listing, false);
}

/* All pages were seen. */
static void listed(struct listing *l)
{
    CLEANUP_FREE char *url = xasprintf("/repos/%s", l->d->at.repository);

    if (l->moved)
        ask_read(l->d, url, on_repository);
    else
        list_end(l, true);
}

static void on_page(void *user, const struct net_reply *r);

static void ask_page(struct listing *l, const char *url)
{
    l->pages++;
    ask_read(l->d, url, on_page);
}

/* A renamed one answers at /repositories/ID. */
static bool is_moved(const struct delivery *d, const char *url)
{
    CLEANUP_FREE char *path = xasprintf("/repos/%s/", d->at.repository);

    return url && !strstr(url, path);
}

static void on_page(void *user, const struct net_reply *r)
{
    struct delivery *d = user;
    struct listing *l = d->listing;
    CLEANUP_FREE char *next = NULL;
    json_t *issue;
    size_t i;

    if (!r->ok || r->partial || !json_is_array(r->json)) {
        outcome_of_reply(d, r, &d->s->read,
                         "our issues there cannot be "
                         "listed, so none is made");
        list_end(l, false);
        return;
    }
    json_array_foreach(r->json, i, issue)
        if (is_candidate(d, issue))
            json_array_append(d->candidates, issue);
    l->moved = l->moved || is_moved(d, r->http->url);
    next = net_next(r->http);
    if (!next) {
        listed(l);
    } else if (l->pages >= PAGES_MAX) {
        outcome_end(
            d, TOCSIN_REJECT,
            xasprintf("more than %d pages of our issues in %s: none is made",
                      PAGES_MAX, d->at.repository));
        list_end(l, false);
    } else {
        ask_page(l, next);
    }
}

void look_for(struct delivery *d, void (*next)(struct delivery *d))
{
    struct listing *l = xcalloc(1, sizeof(*l));
    CLEANUP_FREE char *login = net_escape(d->s->login);
    CLEANUP_FREE char *url =
        xasprintf("/repos/%s/issues?state=all&creator=%s&per_page=100",
                  d->at.repository, login);

    json_decref(d->candidates);
    d->candidates = json_array();
    l->d = d;
    l->next = next;
    d->listing = l;
    ask_page(l, url);
}

/* ---- which one ----------------------------------------------------------- */

static bool is_open(const json_t *issue)
{
    return issue_is(issue, "open");
}

static bool is_duplicate(const json_t *issue)
{
    return str_eq(jx_str(issue, "state_reason"), "duplicate");
}

/* What is open before what is closed; of open ones the oldest, for people
 * know it; of closed ones the newest, and duplicates last. */
static bool is_better(const json_t *a, const json_t *b)
{
    int64_t na = jx_int(a, "number", 0), nb = jx_int(b, "number", 0);

    if (!b)
        return true;
    if (is_open(a) != is_open(b))
        return is_open(a);
    if (is_duplicate(a) != is_duplicate(b))
        return !is_duplicate(a);
    return is_open(a) ? na < nb : na > nb;
}

static void keep_other(struct delivery *d, const json_t *issue)
{
    CLEANUP_FREE char *id = NULL;
    struct place at;

    if (!is_open(issue) || !place_of_issue(&at, issue))
        return;
    id = place_text(&at);
    place_release(&at);
    if (!d->doubles)
        d->doubles = json_array();
    json_array_append_new(d->doubles, json_string(id));
}

json_t *look_pick(struct delivery *d)
{
    json_t *best = NULL, *issue;
    size_t i;

    json_array_foreach(d->candidates, i, issue)
        if (is_better(issue, best))
            best = issue;
    json_array_foreach(d->candidates, i, issue)
        if (issue != best)
            keep_other(d, issue);
    return best;
}
