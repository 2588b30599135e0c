/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sweep: of all repositories of an owner, a hundred a query, the head of
 * the default branch and what its checks come to (GraphQL). Only those where
 * that changed since the last pass are read further (heads.c).
 *
 * Several stretches of the list are read at a time, each page after page.
 * What of them is left at the end of a pass stands in the cursor, and the
 * next pass goes on there, in whatever order their pages came.
 *
 * What is not known is not green: a null beside an error, a page that cannot
 * be had.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/github-actions/gha.h"
#include "plugins/github-actions/heads.h"
#include "plugins/github-actions/stretch.h"
#include "plugins/github-actions/swept.h"

#define PAGE 100 /* GitHub gives no more */
#define PAGE_MIN 6

struct reader {
    struct sweep *sweep;
    struct stretch stretch;
    enum { READER_WAITS, READER_READS, READER_READ, READER_CUT } how;
    int64_t size;
    bool light; /* without heads, to get past a page that
                                 * cannot be had */
};

struct sweep {
    struct gha *g;
    char *owner;
    struct heads *heads;
    struct reader readers[GHA_QUERIES_MAX];
    size_t nr, nr_reading, at_a_time;
    size_t held;
    struct bounds bounds;
    bool whole;   /* it began at no earlier one's end */
    bool lost;    /* GitHub does not know its places any more */
    bool partial; /* something was left out of a page */
};

/* ---- who reads what ------------------------------------------------------ */

/* The one that comes towards r, of the two that read from both ends. */
static struct reader *other_of(struct reader *r)
{
    struct sweep *s = r->sweep;

    for (size_t i = 0; i < s->nr; i++) {
        struct reader *o = &s->readers[i];

        if (o->stretch.back != r->stretch.back && !o->stretch.end
            && !r->stretch.end)
            return o;
    }
    return NULL;
}

static const struct stretch *towards(struct reader *r)
{
    const struct reader *o = other_of(r);

    return o ? &o->stretch : NULL;
}

static bool is_read(struct reader *r)
{
    const struct reader *o = other_of(r);

    return r->how == READER_READ || (o && o->how == READER_READ)
           || stretch_is_read(&r->stretch, towards(r));
}

static struct reader *add_reader(struct sweep *s)
{
    struct reader *r = &s->readers[s->nr++];

    memset(r, 0, sizeof(*r));
    r->sweep = s;
    r->size = PAGE;
    return r;
}

/* Where the last pass was cut. */
static bool go_on(struct sweep *s, const json_t *parts)
{
    for (size_t i = 0; i < json_array_size(parts) && s->nr < GHA_QUERIES_MAX;
         i++) {
        struct reader *r = add_reader(s);

        if (!stretch_take(&r->stretch, json_array_get(parts, i)))
            s->nr--;
    }
    return s->nr > 0;
}

/* From the beginning, and from each of the bounds. */
static void begin(struct sweep *s, const json_t *bounds)
{
    struct reader *r = add_reader(s);

    s->whole = true;
    for (size_t i = 0; i < json_array_size(bounds) && s->nr < s->at_a_time;
         i++) {
        const json_t *v = json_array_get(bounds, i);
        const char *place = json_string_value(json_array_get(v, 0));
        int64_t at = json_integer_value(json_array_get(v, 1));

        if (!place || at <= 0)
            continue;
        r->stretch.end = xstrdup(place);
        r->stretch.end_at = at;
        r = add_reader(s);
        r->stretch.place = xstrdup(place);
        r->stretch.at = at;
    }
}

static void ask_page(struct reader *r);

static void start_more(struct sweep *s)
{
    for (size_t i = 0; i < s->nr && s->nr_reading < s->at_a_time; i++) {
        struct reader *r = &s->readers[i];

        if (r->how != READER_WAITS)
            continue;
        if (is_read(r)) {
            r->how = READER_READ;
            continue;
        }
        r->how = READER_READS;
        s->nr_reading++;
        s->held++;
        ask_page(r);
    }
}

/* Nobody knows yet where the list could be cut: it is read from its end as
 * well, when it is long. */
static void meet_half_way(struct sweep *s, const json_t *list)
{
    if (s->nr > 1 || s->readers[0].stretch.end || s->at_a_time < 2
        || jx_int(list, "totalCount", 0) <= 2 * PAGE)
        return;
    add_reader(s)->stretch.back = true;
    start_more(s);
}

/* ---- the end ------------------------------------------------------------- */

static json_t *unread_parts(struct sweep *s)
{
    json_t *parts = json_array();

    for (size_t i = 0; i < s->nr; i++)
        if (!is_read(&s->readers[i]))
            json_array_append_new(parts, stretch_json(&s->readers[i].stretch));
    return parts;
}

static void keep_places(struct sweep *s)
{
    json_t *place = cursor_sweep(&s->g->cursor), *parts = unread_parts(s);
    bool cut = json_array_size(parts) > 0;

    json_object_del(place, "parts");
    s->g->swept_all = !cut && !s->partial;
    if (cut && !s->lost)
        json_object_set(place, "parts", parts);
    /* The pages of a part would cut the whole unevenly. */
    if (s->lost)
        json_object_del(place, "bounds");
    else if (!cut && s->whole)
        json_object_set_new(place, "bounds",
                            bounds_json(&s->bounds, s->at_a_time));
    json_decref(parts);
}

static void let_go(struct sweep *s)
{
    if (--s->held)
        return;
    keep_places(s);
    if (s->whole && s->g->swept_all)
        heads_all_seen(s->heads);
    heads_free(s->heads);
    for (size_t i = 0; i < s->nr; i++)
        stretch_release(&s->readers[i].stretch);
    bounds_release(&s->bounds);
    free(s->owner);
    free(s);
}

static void reader_end(struct reader *r, bool read)
{
    struct sweep *s = r->sweep;

    r->how = read ? READER_READ : READER_CUT;
    s->nr_reading--;
    if (!api_is_over(&s->g->api))
        start_more(s);
    let_go(s);
}

/* ---- pages --------------------------------------------------------------- */

static void look_at(struct reader *r, const json_t *v, bool partial,
                    int64_t *made)
{
    struct gha *g = r->sweep->g;
    struct swept *w = swept_read(v, partial);

    if (!w) {
        if (!json_is_null(v) || !partial)
            net_trouble(&g->net, NET_ODD, g->api.graphql, "no repository");
        return;
    }
    if (!*made || (r->stretch.back ? w->made < *made : w->made > *made))
        *made = w->made;
    if (stretch_holds(&r->stretch, towards(r), w->made))
        heads_take(r->sweep->heads, w);
    else
        swept_free(w);
}

/* Too much at a time, as GitHub's 502s say: half of it; at last without what
 * makes it much, to get past it. */
static bool smaller(struct reader *r)
{
    if (r->light || api_is_over(&r->sweep->g->api))
        return false;
    if (r->size > PAGE_MIN)
        r->size /= 2;
    else
        r->light = true;
    return true;
}

static void not_had(struct reader *r, const struct net_reply *reply)
{
    struct gha *g = r->sweep->g;
    const char *refusal = reply->ok ? api_refusal(reply->json) : NULL;
    bool again = !reply->http->error
                     ? reply->http->status >= 500 || (reply->ok && !refusal)
                     : reply->http->error == TOCSIN_HTTP_TIMEOUT;

    if (again && smaller(r)) {
        net_forget(&g->net, NET_SERVER);
        ask_page(r);
        return;
    }
    if (reply->ok && !g->net.cut) {
        net_trouble(&g->net, NET_ODD, g->api.graphql,
                    str_or(refusal, "no repositories"));
        /* A place it was asked for may be one no more. */
        r->sweep->lost = r->sweep->lost || !refusal;
    }
    reader_end(r, false);
}

/* True: there is more behind it. */
static bool advance(struct reader *r, const json_t *page, int64_t made)
{
    bool back = r->stretch.back;
    const char *place = jx_str(page, back ? "startCursor" : "endCursor");
    bool more = jx_bool(page, back ? "hasPreviousPage" : "hasNextPage", false);

    if (!more || !place)
        return false;
    str_replace(&r->stretch.place, place);
    if (made)
        r->stretch.at = made;
    bounds_add(&r->sweep->bounds, place, made);
    return true;
}

/* What is behind such a page cannot be had. */
static bool leads_to_itself(const struct reader *r, const json_t *page)
{
    bool back = r->stretch.back;

    return jx_bool(page, back ? "hasPreviousPage" : "hasNextPage", false)
           && r->stretch.place
           && str_eq(jx_str(page, back ? "startCursor" : "endCursor"),
                     r->stretch.place);
}

static void on_page(void *user, const struct net_reply *reply)
{
    static const char *const where[] = { "repositoryOwner", "repositories",
                                         "nodes", NULL };
    struct reader *r = user;
    struct gha *g = r->sweep->g;
    const json_t *list = jx_obj(
        jx_obj(jx_obj(reply->json, "data"), "repositoryOwner"), "repositories");
    const json_t *nodes = jx_arr(list, "nodes");
    const json_t *page = jx_obj(list, "pageInfo");
    int64_t made = 0;

    if (!reply->ok || !nodes || !page || leads_to_itself(r, page)) {
        not_had(r, reply);
        return;
    }
    r->sweep->partial = r->sweep->partial || reply->partial;
    for (size_t i = 0; i < json_array_size(nodes); i++)
        look_at(r, json_array_get(nodes, i),
                r->light || reply->partial
                    || api_error_at(reply->json, where, (int64_t)i),
                &made);
    if (!advance(r, page, made) || is_read(r)) {
        reader_end(r, true);
    } else if (api_is_over(&g->api)) {
        reader_end(r, false);
    } else {
        meet_half_way(r->sweep, list);
        r->size = r->size * 2 > PAGE ? PAGE : r->size * 2;
        r->light = false;
        ask_page(r);
    }
}

static char *query_of(const struct reader *r)
{
    const bool back = r->stretch.back;

    return xasprintf(
        "query($owner:String!,$%s:String,$n:Int!){"
        "repositoryOwner(login:$owner){repositories(%s:$n,%s:$%s,"
        "ownerAffiliations:[OWNER],"
        "orderBy:{field:CREATED_AT,direction:ASC}){totalCount pageInfo{%s}"
        "nodes{" SWEPT_FIELDS "%s}}}}",
        back ? "before" : "after", back ? "last" : "first",
        back ? "before" : "after", back ? "before" : "after",
        back ? "hasPreviousPage startCursor" : "hasNextPage endCursor",
        r->light ? "" : " " SWEPT_HEAD SWEPT_CHECKS "}}}");
}

/* A page that is too much for GitHub is asked for again as a smaller one, and
 * not as it is. */
static void ask_page(struct reader *r)
{
    struct sweep *s = r->sweep;
    CLEANUP_FREE char *query = query_of(r);
    json_t *v =
        json_pack("{s:s, s:{s:s, s:s?, s:I}}", "query", query, "variables",
                  "owner", s->owner, r->stretch.back ? "before" : "after",
                  r->stretch.place, "n", (json_int_t)r->size);
    CLEANUP_FREE char *body = jx_dump(v);

    json_decref(v);
    api_ask(&s->g->api, &(struct api_call){
                            .owner = s->owner,
                            .url = s->g->api.graphql,
                            .body = body,
                            .flags = TOCSIN_HTTP_IDEMPOTENT
                                     | TOCSIN_HTTP_NO_REPEAT | TOCSIN_HTTP_ASKS,
                            .got = on_page,
                            .user = r,
                        });
}

/* Where this one did not come to is looked at from the last one on. */
void sweep_over(struct gha *g)
{
    for (size_t i = g->next_repo; i < g->nr_repos; i++)
        if (g->repos[i])
            repo_keep_since(g, g->repos[i]->name, g->repos[i]->id,
                            g->repos[i]->branch);
    if (g->swept_all)
        jx_set_int(cursor_sweep(&g->cursor), "done", gha_now(g));
}

void sweep_start(struct gha *g)
{
    struct sweep *s = xcalloc(1, sizeof(*s));
    const json_t *place = cursor_sweep(&g->cursor);

    s->g = g;
    s->owner = xstrdup(g->host->option(g->host, "organization", 0));
    s->heads = heads_new(g, s->owner);
    s->at_a_time = (size_t)g->host->option_int(g->host, "queries", GHA_QUERIES);
    /* A page may be refused at once. */
    s->held = 1;
    if (!go_on(s, jx_arr(place, "parts")))
        begin(s, jx_arr(place, "bounds"));
    start_more(s);
    let_go(s);
}
