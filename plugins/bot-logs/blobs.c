/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files by their git ids, fifty a query of GraphQL: thousands of files are a
 * hundred requests, and GitHub, which counts what nobody in particular fetches
 * from raw.githubusercontent.com, answers to the one who asks. What a query
 * does not give is fetched as other files are. Must not take a text that was
 * cut for a file.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "plugins/bot-logs/listing-private.h"

#define BATCH 50
#define QUERIES 2 /* at a time: their replies are large */
#define REPLY_CAP ((size_t)32 << 20)

struct batch {
    struct listing *l;
    size_t nr, files[BATCH]; /* indexes */
};

static void ask_next(struct listing *l);

/* The query. New. */
static char *query_of(const struct batch *b)
{
    const char *repository = b->l->place->repository;
    size_t n = strcspn(repository, "/");
    CLEANUP_JSON json_t *v = json_object();
    CLEANUP_JSON json_t *names = json_object();
    CLEANUP_FREE char *owner = xstrndup(repository, n);
    struct strbuf q;
    char *text;

    strbuf_init(&q, STRBUF_UNBOUNDED);
    strbuf_adds(&q, "query($owner:String!,$name:String!)"
                    "{repository(owner:$owner,name:$name){");
    for (size_t i = 0; i < b->nr; i++)
        strbuf_addf(&q, "f%zu:object(oid:\"%s\"){...file} ", i,
                    b->l->files[b->files[i]].id);
    strbuf_adds(&q, "}} fragment file on Blob{text isBinary isTruncated}");
    jx_set_str(names, "owner", owner);
    jx_set_str(names, "name", repository + n + 1);
    jx_set_str(v, "query", q.buf);
    json_object_set(v, "variables", names);
    text = jx_dump(v);
    strbuf_release(&q);
    return text;
}

/* NULL: it is not all there. */
static const char *text_of(const json_t *repository, size_t i)
{
    CLEANUP_FREE char *name = xasprintf("f%zu", i);
    const json_t *v = jx_obj(repository, name);

    if (jx_bool(v, "isBinary", true) || jx_bool(v, "isTruncated", true))
        return NULL;
    return jx_str(v, "text");
}

/* As other files, each on its own. */
static void ask_one_by_one(const struct batch *b)
{
    for (size_t i = 0; i < b->nr; i++)
        listing_ask_file(b->l, b->files[i]);
}

static void on_batch(void *user, const struct net_reply *reply)
{
    struct batch *b = user;
    struct listing *l = b->l;
    const json_t *repository =
        jx_obj(jx_obj(reply->json, "data"), "repository");

    for (size_t i = 0; i < b->nr; i++) {
        const char *text = reply->ok ? text_of(repository, i) : NULL;

        if (text)
            listing_put_file(l, b->files[i], text);
        else if (!api_is_over(&l->api))
            listing_ask_file(l, b->files[i]);
    }
    l->queries--;
    ask_next(l);
    remote_let_go(l->remote);
    free(b);
}

/* The next that are wanted; one that is to be left alone is not among them. */
static void fill(struct batch *b)
{
    struct listing *l = b->l;
    const struct tocsin_host *host = l->b->host;

    for (; b->nr < BATCH && l->next < l->nr; l->next++) {
        if (!l->files[l->next].asked)
            continue;
        if (host->item(host, l->files[l->next].path) == TOCSIN_OK)
            b->files[b->nr++] = l->next;
        else
            listing_ask_file(l, l->next);
    }
}

/* Whether the query may be asked. Who dies of its reply dies of no file that
 * could be named. */
static bool is_touched(const struct batch *b)
{
    const struct tocsin_host *host = b->l->b->host;
    CLEANUP_FREE char *name = xasprintf("a query for %zu files from %s on",
                                        b->nr, b->l->files[b->files[0]].path);

    return host->item(host, name) == TOCSIN_OK;
}

/* Takes b over. */
static void ask(struct batch *b)
{
    struct listing *l = b->l;
    CLEANUP_FREE char *body = query_of(b);

    l->queries++;
    remote_hold(l->remote);
    api_ask(&l->api, &(struct api_call){
                         .owner = l->place->repository,
                         .url = l->api.graphql,
                         .body = body,
                         .flags = TOCSIN_HTTP_IDEMPOTENT,
                         .max_body = REPLY_CAP,
                         .got = on_batch,
                         .user = b,
                     });
}

static void ask_next(struct listing *l)
{
    while (l->queries < QUERIES && l->next < l->nr && !api_is_over(&l->api)) {
        struct batch *b = xcalloc(1, sizeof(*b));

        b->l = l;
        fill(b);
        if (b->nr && is_touched(b)) {
            ask(b);
            continue;
        }
        ask_one_by_one(b);
        free(b);
    }
}

void listing_ask_blobs(struct listing *l)
{
    l->next = 0;
    ask_next(l);
}
