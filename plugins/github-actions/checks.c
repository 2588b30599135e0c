/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The checks of red heads, those of many in one query. Must not believe an
 * address because it stands beside a check: all that is done with it here is
 * to write it down in one form.
 */
#include <config.h>

#include "plugins/github-actions/checks.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "plugins/github-actions/outcome.h"
#include "plugins/net/build-url.h"

#define HEADS 25   /* in one query */
#define CHECKS 100 /* of one head; GitHub gives no more */
#define PAGES_MAX 10

struct head {
    struct swept *swept;
    bool interest, open;
    char *after; /* where its next page begins */
    int pages;
};

struct checks {
    struct gha *g;
    checks_known_fn *known;
    struct head heads[HEADS];
    size_t nr;
};

/* ---- one check ----------------------------------------------------------- */

bool checks_hand_on(struct gha *g, const char *project, const char *url)
{
    const struct tocsin_host *host = g->host;
    struct build_url u;
    struct tocsin_lead lead = TOCSIN_LEAD_INIT;
    CLEANUP_FREE char *text = NULL;
    CLEANUP_FREE char *place = NULL;

    if (!TOCSIN_HAS(host, lead) || !build_url_read(&u, url))
        return false;
    lead.url = text = build_url_text(&u);
    lead.place = place = build_url_place(&u);
    lead.project = project;
    host->lead(host, &lead);
    build_url_release(&u);
    return true;
}

/* GraphQL writes REST's words in capitals. */
static bool is_red(const char *conclusion)
{
    CLEANUP_FREE char *word = xstrdup(conclusion);

    for (char *p = word; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p += 'a' - 'A';
    return gha_is_red(gha_outcome(word));
}

static void look_at(struct gha *g, struct head *h, const json_t *v)
{
    const json_t *app = jx_obj(jx_obj(v, "checkSuite"), "app");
    const char *url = jx_str(v, "detailsUrl");

    if (!str_eq(jx_str(app, "slug"), CHECKS_AZURE))
        return;
    if (!str_eq(jx_str(v, "status"), "COMPLETED"))
        h->open = true;
    else if (is_red(jx_str_or(v, "conclusion", ""))
             && !checks_hand_on(g, h->swept->name, url))
        net_trouble(&g->net, NET_ODD, str_or(url, h->swept->name),
                    "no address of a build of Azure's");
}

/* ---- many heads ---------------------------------------------------------- */

static void ask(struct checks *c);

/* One page of a head. True: there is another one. */
static bool take_page(struct gha *g, struct head *h, const json_t *v,
                      bool partial)
{
    const json_t *rollup = jx_obj(jx_obj(v, "object"), "statusCheckRollup");
    const json_t *list = jx_obj(rollup, "contexts");
    const json_t *nodes = jx_arr(list, "nodes");
    const json_t *page = jx_obj(list, "pageInfo");

    /* null is not known: an error stands beside it, or the head is gone. */
    h->open = h->open || partial || !nodes;
    for (size_t i = 0; i < json_array_size(nodes); i++)
        look_at(g, h, json_array_get(nodes, i));
    str_replace(&h->after, jx_str(page, "endCursor"));
    return jx_bool(page, "hasNextPage", false) && h->after
           && ++h->pages < PAGES_MAX;
}

static void over(struct checks *c, struct head *h)
{
    c->known(c->g, h->swept, h->interest, h->open);
    free(h->after);
}

static void on_checks(void *user, const struct net_reply *reply)
{
    struct checks *c = user;
    const json_t *data = jx_obj(reply->json, "data");
    size_t left = 0;

    for (size_t i = 0; i < c->nr; i++) {
        CLEANUP_FREE char *key = xasprintf("r%zu", i);
        struct head *h = &c->heads[i];
        bool partial =
            api_error_at(reply->json, (const char *const[]){ key, NULL }, -1);

        if (take_page(c->g, h, reply->ok ? jx_obj(data, key) : NULL, partial))
            c->heads[left++] = *h;
        else
            over(c, h);
    }
    c->nr = left;
    ask(c);
}

static void add_head(struct strbuf *q, size_t i, const struct head *h)
{
    CLEANUP_JSON json_t *text = json_string(str_or(h->after, ""));
    CLEANUP_FREE char *after = json_dumps(text, JSON_ENCODE_ANY);
    CLEANUP_FREE char *owner = NULL;
    const char *name;

    gha_split(h->swept->name, &owner, &name);
    /* Names hold nothing but letters, digits and -._, a commit even less
     * (swept_read). */
    strbuf_addf(q,
                "r%zu:repository(owner:\"%s\",name:\"%s\"){object(oid:\"%s\")"
                "{... on Commit{statusCheckRollup{contexts(first:%d%s%s){"
                "pageInfo{hasNextPage endCursor}nodes{... on CheckRun{status "
                "conclusion detailsUrl checkSuite{app{slug}}}}}}}}}",
                i, owner, name, h->swept->red, CHECKS,
                h->after ? ",after:" : "", h->after ? after : "");
}

/* Frees c when there is nothing to ask. */
static void ask(struct checks *c)
{
    struct strbuf q;
    CLEANUP_FREE char *body = NULL;
    CLEANUP_FREE char *owner = NULL;
    const char *name;
    json_t *v;

    if (!c->nr) {
        free(c);
        return;
    }
    strbuf_init(&q, STRBUF_UNBOUNDED);
    strbuf_adds(&q, "query{");
    for (size_t i = 0; i < c->nr; i++)
        add_head(&q, i, &c->heads[i]);
    strbuf_adds(&q, "}");
    v = json_pack("{s:s}", "query", q.buf);
    body = jx_dump(v);
    json_decref(v);
    strbuf_release(&q);
    gha_split(c->heads[0].swept->name, &owner, &name);
    api_ask(&c->g->api, &(struct api_call){
                            .owner = owner,
                            .url = c->g->api.graphql,
                            .body = body,
                            .flags = TOCSIN_HTTP_IDEMPOTENT,
                            .got = on_checks,
                            .user = c,
                        });
}

struct checks *checks_new(struct gha *g, checks_known_fn *known)
{
    struct checks *c = xcalloc(1, sizeof(*c));

    c->g = g;
    c->known = known;
    return c;
}

/* The query goes its own way. */
static void ask_full(struct checks *c)
{
    struct checks *of = xcalloc(1, sizeof(*of));

    *of = *c;
    c->nr = 0;
    ask(of);
}

void checks_add(struct checks *c, struct swept *w, bool interest)
{
    c->heads[c->nr++] = (struct head){ .swept = w, .interest = interest };
    if (c->nr == HEADS)
        ask_full(c);
}

void checks_free(struct checks *c)
{
    ask(c);
}
