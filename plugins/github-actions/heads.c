/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Of tens of thousands, those that are read further. Must not take for green
 * what is not known.
 */
#include <config.h>

#include "plugins/github-actions/heads.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"
#include "plugins/github-actions/checks.h"

#define BACK 25 /* heads that are walked back in one query */
#define BACK_COMMITS 10
/* Runs of a commit are listed so long after it at the latest; those of a
 * younger one are looked for twice. */
#define YOUNG HOUR

struct heads {
    struct gha *g;
    char *owner;
    const char **interest; /* sorted */
    bool *seen;            /* of these */
    size_t nr_interest;
    struct swept *back[BACK];
    size_t nr_back;
    struct checks *red;
};

/* ---- what to do with one ------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    return strcasecmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_interest(const struct heads *h, const char *name)
{
    const char **found = h->nr_interest
                             ? bsearch(&name, h->interest, h->nr_interest,
                                       sizeof(*h->interest), by_name)
                             : NULL;

    if (found)
        h->seen[found - h->interest] = true;
    return found != NULL;
}

bool heads_is_wanted(const struct gha *g, const char *name)
{
    size_t n = g->host->option_count(g->host, "repositories");

    for (size_t i = 0; i < n; i++) {
        const char *glob = g->host->option(g->host, "repositories", i);

        if (fnmatch(glob, strchr(glob, '/') ? name : strchr(name, '/') + 1, 0)
            == 0)
            return true;
    }
    return n == 0;
}

/* interest: it is one of those with open incidents. open: a check that is
 * none of ours goes on. */
static void decide(struct gha *g, struct swept *w, bool interest, bool open)
{
    const char *old = cursor_head(&g->cursor, w->id);
    CLEANUP_FREE char *print = swept_print(w);
    bool look = interest || swept_is_news(w, old);

    if (swept_is_renamed(w, old))
        repo_say_facts(g, w->name, w->id, w->branch, w->archived);
    if (look && !w->archived && w->branch) {
        struct repo *r = repos_add(g, w->name);

        r->id = xstrdup(w->id);
        r->branch = xstrdup(w->branch);
        r->print = xstrdup(print);
        r->seen = old != NULL;
        r->interest = interest;
        r->red_at = w->red_at;
        r->checks_open = open;
        if (!w->bare && swept_is_news(w, old) && !swept_is_second(w, old))
            r->head = xstrdup0(w->head);
        r->head_young = gha_now(g) - w->committed < YOUNG;
        repos_go_on(g);
    } else {
        cursor_set_head(&g->cursor, w->id, print);
    }
    swept_free(w);
}

/* What is red and not ours is handed on first: once the print of this head is
 * kept, nobody looks at it again. */
static void hand_on(struct gha *g, struct checks *red, struct swept *w,
                    bool interest)
{
    if (w->red && swept_is_news(w, cursor_head(&g->cursor, w->id)))
        checks_add(red, w, interest);
    else
        decide(g, w, interest, false);
}

/* The next sweep asks again. */
static void not_known(struct gha *g, struct swept *w)
{
    repo_keep_since(g, w->name, w->id, w->branch);
    swept_free(w);
}

/* ---- heads without checks ------------------------------------------------ */

struct back {
    struct gha *g;
    struct swept *heads[BACK];
    bool interest[BACK];
    size_t nr;
};

static void on_back(void *user, const struct net_reply *reply)
{
    struct back *b = user;
    const json_t *data = jx_obj(reply->json, "data");
    struct checks *red = checks_new(b->g, decide);

    for (size_t i = 0; i < b->nr; i++) {
        CLEANUP_FREE char *key = xasprintf("r%zu", i);
        bool partial =
            api_error_at(reply->json, (const char *const[]){ key, NULL }, -1);

        if (reply->ok && swept_walk(b->heads[i], jx_obj(data, key), partial))
            hand_on(b->g, red, b->heads[i], b->interest[i]);
        else
            not_known(b->g, b->heads[i]);
    }
    checks_free(red);
    free(b);
}

static void ask_back(struct heads *h)
{
    struct gha *g = h->g;
    struct back *b;
    struct strbuf q;
    CLEANUP_FREE char *body = NULL;

    if (!h->nr_back)
        return;
    b = xcalloc(1, sizeof(*b));
    b->g = g;
    b->nr = h->nr_back;
    memcpy(b->heads, h->back, sizeof(b->heads));
    h->nr_back = 0;
    strbuf_init(&q, STRBUF_UNBOUNDED);
    strbuf_adds(&q, "query{");
    /* The names hold nothing but letters, digits and -._ (swept_read). */
    for (size_t i = 0; i < b->nr; i++) {
        b->interest[i] = is_interest(h, b->heads[i]->name);
        strbuf_addf(
            &q,
            "r%zu:repository(owner:\"%s\",name:\"%s\"){" SWEPT_HEAD
            "history(first:%d){nodes{committedDate " SWEPT_CHECKS "}}}}}}",
            i, h->owner, strchr(b->heads[i]->name, '/') + 1, BACK_COMMITS);
    }
    strbuf_adds(&q, "}");
    {
        json_t *v = json_pack("{s:s}", "query", q.buf);

        body = jx_dump(v);
        json_decref(v);
    }
    strbuf_release(&q);
    api_ask(&g->api, &(struct api_call){
                         .owner = h->owner,
                         .url = g->api.graphql,
                         .body = body,
                         .flags = TOCSIN_HTTP_IDEMPOTENT | TOCSIN_HTTP_ASKS,
                         .got = on_back,
                         .user = b,
                     });
}

/* ---- for the sweep ------------------------------------------------------- */

struct heads *heads_new(struct gha *g, const char *owner)
{
    struct heads *h = xcalloc(1, sizeof(*h));

    h->g = g;
    h->owner = xstrdup(owner);
    h->nr_interest = g->host->interest_count(g->host);
    h->interest = xcalloc(h->nr_interest + 1, sizeof(*h->interest));
    h->seen = xcalloc(h->nr_interest + 1, sizeof(*h->seen));
    for (size_t i = 0; i < h->nr_interest; i++)
        h->interest[i] = g->host->interest(g->host, i);
    qsort(h->interest, h->nr_interest, sizeof(*h->interest), by_name);
    h->red = checks_new(g, decide);
    return h;
}

void heads_take(struct heads *h, struct swept *w)
{
    bool interest = is_interest(h, w->name);

    if (!heads_is_wanted(h->g, w->name)) {
        swept_free(w);
        return;
    }
    if (w->unknown) {
        not_known(h->g, w);
        return;
    }
    if (!swept_has_no_checks(w)
        || swept_is_same(w, cursor_head(&h->g->cursor, w->id))) {
        hand_on(h->g, h->red, w, interest);
        return;
    }
    h->back[h->nr_back++] = w;
    if (h->nr_back == BACK)
        ask_back(h);
}

void heads_all_seen(struct heads *h)
{
    struct gha *g = h->g;

    for (size_t i = 0; i < h->nr_interest; i++) {
        if (h->seen[i] || !api_repository_fine(h->interest[i])
            || !heads_is_wanted(g, h->interest[i]))
            continue;
        repos_add(g, h->interest[i])->interest = true;
        repos_go_on(g);
    }
}

void heads_free(struct heads *h)
{
    ask_back(h);
    checks_free(h->red);
    free(h->interest);
    free(h->seen);
    free(h->owner);
    free(h);
}
