/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Comments. Must not make one that is there, and where it cannot look it
 * makes none.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/github-issues/sink.h"

static char *url_of(const struct delivery *d)
{
    CLEANUP_FREE char *issue = place_url(&d->at);

    return xasprintf("%s/comments", issue);
}

static void on_made(void *user, const struct net_reply *r)
{
    struct delivery *d = user;

    d->commented(d, r);
}

static void write_it(struct delivery *d)
{
    CLEANUP_FREE char *url = url_of(d);

    ask_write(d, "POST", url, json_pack("{s:s}", "body", d->comment), false,
              on_made);
}

/* But for its marker. */
static bool says_the_same(const struct delivery *d, const char *body)
{
    const char *marker = strstr(d->comment, d->n->marker);

    return body && marker
           && !strncmp(body, d->comment, (size_t)(marker - d->comment));
}

static bool is_there(const struct delivery *d, const json_t *comments)
{
    size_t i;
    json_t *v;

    json_array_foreach((json_t *)comments, i, v)
        if (who_is_us(d->s, jx_str(jx_obj(v, "user"), "login"))
            && (text_has_nonce(jx_str(v, "body"), d->n->nonce)
                || (d->once && says_the_same(d, jx_str(v, "body")))))
            return true;
    return false;
}

static void on_comments(void *user, const struct net_reply *r)
{
    struct delivery *d = user;
    CLEANUP_FREE char *next = r->ok ? net_next(r->http) : NULL;

    if (!r->ok || !json_is_array(r->json))
        outcome_of_reply(d, r, &d->s->read, "its comments cannot be read");
    else if (is_there(d, r->json))
        d->commented(d, NULL);
    else if (next)
        ask_read(d, next, on_comments);
    else
        write_it(d);
}

static void take(struct delivery *d, char *text,
                 void (*made)(struct delivery *d, const struct net_reply *r))
{
    free(d->comment);
    d->comment = text;
    d->commented = made;
}

void comment_make(struct delivery *d, char *text,
                  void (*made)(struct delivery *d, const struct net_reply *r))
{
    CLEANUP_FREE char *comments = url_of(d);
    CLEANUP_FREE char *url = xasprintf("%s?per_page=100", comments);

    take(d, text, made);
    ask_read(d, url, on_comments);
}

void comment_first(struct delivery *d, char *text,
                   void (*made)(struct delivery *d, const struct net_reply *r))
{
    take(d, text, made);
    write_it(d);
}
