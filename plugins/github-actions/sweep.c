/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sweep: of all repositories of an owner, a hundred a query, the head of
 * the default branch and what its checks come to (GraphQL). Only those where
 * that changed since the last pass are read further.
 *
 * What is not known is not green: a null beside an error, a page that cannot
 * be had. A head without any checks ([skip ci]) stands for the newest commit
 * before it that has some.
 */
#include <config.h>

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/digest.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"
#include "plugins/github-actions/gha.h"
#include "plugins/github-actions/swept.h"

#define PAGE 100                /* GitHub gives no more */
#define PAGE_MIN 6
#define BACK 25                 /* heads that are walked back in one query */
#define BACK_COMMITS 10
/* Runs of a commit are listed so long after it at the latest; those of a
 * younger one are looked for twice. */
#define YOUNG HOUR

#define LIST                                                                 \
    "query($owner:String!,$after:String,$n:Int!){"                           \
    "repositoryOwner(login:$owner){repositories(first:$n,after:$after,"      \
    "ownerAffiliations:[OWNER],orderBy:{field:CREATED_AT,direction:ASC}){"   \
    "pageInfo{hasNextPage endCursor}nodes{"
#define FIELDS "databaseId nameWithOwner isArchived isDisabled"
#define HEAD "defaultBranchRef{name target{... on Commit{committedDate "
#define ROLLUP "oid statusCheckRollup{state}"

static const char *const queries[] = {
    LIST FIELDS " " HEAD ROLLUP "}}}}}}}",
    LIST FIELDS "}}}}",         /* to get past a page that cannot be had */
};

struct sweep {
    struct gha *g;
    char *owner, *after;
    int64_t size;
    bool light;                 /* the second of the queries */
    struct swept *back[BACK];
    size_t nr_back;
};

static void ask_page(struct sweep *s);

/* ---- what to do with one ------------------------------------------------- */

static bool is_interest(const struct gha *g, const char *name)
{
    for (size_t i = 0; i < g->host->interest_count(g->host); i++)
        if (!strcasecmp(g->host->interest(g->host, i), name))
            return true;
    return false;
}

static bool is_wanted(const struct gha *g, const char *name)
{
    size_t n = g->host->option_count(g->host, "repositories");

    for (size_t i = 0; i < n; i++) {
        const char *glob = g->host->option(g->host, "repositories", i);

        if (fnmatch(glob, strchr(glob, '/') ? name : strchr(name, '/') + 1,
                    0) == 0)
            return true;
    }
    return n == 0;
}

static void decide(struct gha *g, struct swept *w)
{
    const char *old = cursor_head(&g->cursor, w->id);
    CLEANUP_FREE char *print = swept_print(w);
    bool look = is_interest(g, w->name) || swept_is_news(w, old);

    if (swept_is_renamed(w, old))
        repo_say_facts(g, w->name, w->id, w->branch, w->archived);
    if (look && !w->archived && w->branch) {
        struct repo *r = repos_add(g, w->name);

        r->id = xstrdup(w->id);
        r->branch = xstrdup(w->branch);
        r->print = xstrdup(print);
        r->seen = old != NULL;
        if (!w->bare && swept_is_news(w, old) && !swept_is_second(w, old))
            r->head = xstrdup0(w->head);
        r->head_young = g->now - w->committed < YOUNG;
        repos_go_on(g);
    } else {
        cursor_set_head(&g->cursor, w->id, print);
    }
    swept_free(w);
}

/* The next sweep asks again. */
static void not_known(struct gha *g, struct swept *w)
{
    repo_keep_since(g, w->name, w->id, w->branch);
    swept_free(w);
}

/* ---- heads without checks ------------------------------------------------ */

struct back {
    struct sweep *sweep;
    struct gha *g;
    struct swept *heads[BACK];
    size_t nr;
};

static void on_back(void *user, const struct net_reply *reply)
{
    struct back *b = user;
    const json_t *data = jx_obj(reply->json, "data");
    bool partial = json_array_size(jx_arr(reply->json, "errors")) > 0;

    for (size_t i = 0; i < b->nr; i++) {
        CLEANUP_FREE char *key = xasprintf("r%zu", i);

        if (reply->ok && swept_walk(b->heads[i], jx_obj(data, key), partial))
            decide(b->g, b->heads[i]);
        else
            not_known(b->g, b->heads[i]);
    }
    free(b);
}

static void ask_back(struct sweep *s)
{
    struct gha *g = s->g;
    struct back *b;
    struct strbuf q;
    CLEANUP_FREE char *body = NULL;

    if (!s->nr_back)
        return;
    b = xcalloc(1, sizeof(*b));
    b->g = g;
    b->nr = s->nr_back;
    memcpy(b->heads, s->back, sizeof(b->heads));
    s->nr_back = 0;
    strbuf_init(&q, STRBUF_UNBOUNDED);
    strbuf_adds(&q, "query{");
    /* The names hold nothing but letters, digits and -._ (swept_read). */
    for (size_t i = 0; i < b->nr; i++)
        strbuf_addf(&q, "r%zu:repository(owner:\"%s\",name:\"%s\"){" HEAD
                    "history(first:%d){nodes{" ROLLUP "}}}}}}", i, s->owner,
                    strchr(b->heads[i]->name, '/') + 1, BACK_COMMITS);
    strbuf_adds(&q, "}");
    {
        json_t *v = json_pack("{s:s}", "query", q.buf);

        body = jx_dump(v);
        json_decref(v);
    }
    strbuf_release(&q);
    api_ask(&g->api, &(struct api_call) {
        .owner = s->owner, .url = g->api.graphql, .body = body,
        .flags = TOCSIN_HTTP_IDEMPOTENT, .got = on_back, .user = b,
    });
}

static void walk_back(struct sweep *s, struct swept *w)
{
    s->back[s->nr_back++] = w;
    if (s->nr_back == BACK)
        ask_back(s);
}

/* ---- pages --------------------------------------------------------------- */

static void look_at(struct sweep *s, const json_t *v, bool partial)
{
    struct gha *g = s->g;
    struct swept *w = swept_read(v, partial);

    if (!w) {
        if (!json_is_null(v) || !partial)
            net_trouble(&g->net, NET_ODD, g->api.graphql, "no repository");
        return;
    }
    if (!is_wanted(g, w->name)) {
        swept_free(w);
        return;
    }
    if (w->unknown) {
        not_known(g, w);
        return;
    }
    s->g->swept++;
    if (swept_has_no_checks(w)
        && !swept_is_same(w, cursor_head(&g->cursor, w->id)))
        walk_back(s, w);
    else
        decide(g, w);
}

static void sweep_end(struct sweep *s, bool whole)
{
    struct gha *g = s->g;
    json_t *place = cursor_sweep(&g->cursor);

    ask_back(s);
    if (whole)
        g->swept_all = true;
    else
        jx_set_str(place, "after", s->after);
    free(s->owner);
    free(s->after);
    free(s);
}

/* Too much at a time, as GitHub's 502s say: half of it; at last without what
 * makes it much, to get past it. */
static bool smaller(struct sweep *s)
{
    if (s->light || api_is_over(&s->g->api))
        return false;
    if (s->size > PAGE_MIN)
        s->size /= 2;
    else
        s->light = true;
    return true;
}

static bool is_limited(const json_t *errors)
{
    for (size_t i = 0; i < json_array_size(errors); i++)
        if (str_eq(jx_str(json_array_get(errors, i), "type"),
                   "RATE_LIMITED"))
            return true;
    return false;
}

static void on_page(void *user, const struct net_reply *reply)
{
    struct sweep *s = user;
    struct gha *g = s->g;
    const json_t *errors = jx_arr(reply->json, "errors");
    const json_t *list = jx_obj(jx_obj(jx_obj(reply->json, "data"),
                                       "repositoryOwner"), "repositories");
    const json_t *nodes = jx_arr(list, "nodes");
    const json_t *page = jx_obj(list, "pageInfo");
    const char *after = jx_str(page, "endCursor");

    if (is_limited(errors))
        g->net.cut = true;
    if (!reply->ok || !nodes || !page) {
        bool again = !reply->http->error ? reply->http->status >= 500
                                           || reply->ok
                                         : reply->http->error
                                           == TOCSIN_HTTP_TIMEOUT;

        if (again && smaller(s)) {
            net_forget(&g->net, NET_SERVER);
            ask_page(s);
            return;
        }
        if (reply->ok && !g->net.cut)
            net_trouble(&g->net, NET_ODD, g->api.graphql, "no repositories");
        sweep_end(s, false);
        return;
    }
    for (size_t i = 0; i < json_array_size(nodes); i++)
        look_at(s, json_array_get(nodes, i),
                s->light || json_array_size(errors) > 0);
    str_replace(&s->after, after);
    if (!jx_bool(page, "hasNextPage", false) || !after) {
        sweep_end(s, true);
    } else if (api_is_over(&g->api)) {
        sweep_end(s, false);
    } else {
        s->size = s->size * 2 > PAGE ? PAGE : s->size * 2;
        s->light = false;
        ask_page(s);
    }
}

/* Not idempotent: a page that is too much for GitHub is asked for again as a
 * smaller one, and not as it is. */
static void ask_page(struct sweep *s)
{
    struct gha *g = s->g;
    json_t *v = json_pack("{s:s, s:{s:s, s:s?, s:I}}", "query",
                          queries[s->light], "variables", "owner", s->owner,
                          "after", s->after, "n", (json_int_t)s->size);
    CLEANUP_FREE char *body = jx_dump(v);

    json_decref(v);
    api_ask(&g->api, &(struct api_call) {
        .owner = s->owner, .url = g->api.graphql, .body = body,
        .got = on_page, .user = s,
    });
}

/* Where this one did not come to is looked at from the last one on. */
void sweep_over(struct gha *g)
{
    json_t *place = cursor_sweep(&g->cursor);

    for (size_t i = g->next_repo; i < g->nr_repos; i++)
        if (g->repos[i])
            repo_keep_since(g, g->repos[i]->name, g->repos[i]->id,
                            g->repos[i]->branch);
    if (!g->swept_all)
        return;
    json_object_clear(place);
    jx_set_int(place, "done", g->now);
}

void sweep_start(struct gha *g)
{
    struct sweep *s = xcalloc(1, sizeof(*s));

    s->g = g;
    s->owner = xstrdup(g->host->option(g->host, "organization", 0));
    s->after = xstrdup0(jx_str(cursor_sweep(&g->cursor), "after"));
    s->size = PAGE;
    ask_page(s);
}
