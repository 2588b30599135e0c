/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Repositories by globs: the list of all that an owner has (REST), of which
 * those that match are read. A page that did not change is answered by 304,
 * and the cursor knows what it held.
 *
 * What cannot be listed is what it was in the pass before: a repository is
 * not gone because a page is missing.
 */
#include <config.h>

#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/github-actions/gha.h"

#define PAGES_MAX 1000 /* of a hundred; a list that is longer has no end */

struct listed {
    struct gha *g;
    char *owner, *url; /* of the page at hand */
    int pages;
    bool user;  /* the owner is no organization */
    bool again; /* the page was asked for again, for all of it */
};

/* ---- a repository -------------------------------------------------------- */

static bool is_wanted(const struct gha *g, const char *name)
{
    for (size_t i = 0; g->globs[i]; i++)
        if (fnmatch(g->globs[i], name, FNM_PATHNAME | FNM_CASEFOLD) == 0)
            return true;
    return false;
}

/* What the cursor says of it, or asking for it, stands for what is NULL. */
static void add(struct gha *g, const char *name, const char *id,
                const char *branch)
{
    struct repo *r = repos_add(g, name);
    const json_t *known = cursor_repo(&g->cursor, name);

    r->id = xstrdup0(id ? id : jx_str(known, "id"));
    r->branch = xstrdup0(branch ? branch : jx_str(known, "branch"));
    if (r->id && r->branch)
        return;
    free(r->id);
    free(r->branch);
    r->id = r->branch = NULL;
}

static void take(struct listed *l, const json_t *v, json_t *names)
{
    struct gha *g = l->g;
    const char *name = jx_str(v, "full_name");
    const char *branch = jx_str(v, "default_branch");
    int64_t number = jx_int(v, "id", 0);
    bool archived =
        jx_bool(v, "archived", false) || jx_bool(v, "disabled", false);
    CLEANUP_FREE char *id = xasprintf("%" PRId64, number);
    const json_t *known;
    bool was;

    if (!api_repository_fine(name) || number <= 0 || !branch || !*branch) {
        net_trouble(&g->net, NET_ODD, l->url, "no repository");
        return;
    }
    known = cursor_repo(&g->cursor, name);
    was = jx_bool(known, "archived", false);
    if (!is_wanted(g, name))
        return;
    unread_not(g, name, id);
    if (archived && (was || !known))
        return;
    if (archived != was || !str_eq(jx_str(known, "id"), id)
        || !str_eq(jx_str(known, "branch"), branch))
        repo_say_facts(g, name, id, branch, archived);
    if (archived) {
        repo_set_archived(g, name, id, branch);
        return;
    }
    json_array_append_new(names, json_string(name));
    add(g, name, id, branch);
}

/* ---- pages --------------------------------------------------------------- */

static void ask(struct listed *l, uint32_t flags);

static void over(struct listed *l)
{
    struct gha *g = l->g;

    free(l->owner);
    free(l->url);
    free(l);
    if (--g->listing)
        return;
    repos_ready(g);
    repos_go_on(g);
}

/* next: NULL: that was the last page. */
static void go_on(struct listed *l, const char *next)
{
    if (!next || ++l->pages == PAGES_MAX) {
        over(l);
        return;
    }
    str_replace(&l->url, next);
    l->again = false;
    ask(l, TOCSIN_HTTP_CONDITIONAL);
}

/* As it was in the pass before. */
static void take_kept(struct listed *l, const json_t *page)
{
    const json_t *v;
    size_t i;

    json_array_foreach(jx_arr(page, "names"), i, v)
        if (api_repository_fine(json_string_value(v)))
            add(l->g, json_string_value(v), NULL, NULL);
    go_on(l, jx_str(page, "next"));
}

static void take_page(struct listed *l, const struct net_reply *reply)
{
    CLEANUP_FREE char *next = net_next(reply->http);
    bool whole = !reply->partial;
    json_t *page = json_object(), *names = json_array();
    const json_t *v;
    size_t i;

    json_array_foreach(reply->json, i, v)
        take(l, v, names);
    json_object_set_new(page, "names", names);
    jx_set_str(page, "next", next);
    if (whole) {
        cursor_set_page(&l->g->cursor, l->url, page);
        l->g->host->http_keep(l->g->host, l->url);
    } else {
        json_decref(page);
        l->g->blind = true;
    }
    go_on(l, next);
}

static char *first_page(const struct listed *l)
{
    return xasprintf("%s/%s/%s/repos?per_page=100&sort=created&direction=asc",
                     l->g->api.base, l->user ? "users" : "orgs", l->owner);
}

static void on_page(void *user, const struct net_reply *reply)
{
    struct listed *l = user;
    struct gha *g = l->g;
    const json_t *kept = cursor_page(&g->cursor, l->url);
    int status = reply->http->error ? 0 : reply->http->status;

    if (reply->partial && kept) {
        g->blind = true;
        take_kept(l, kept);
    } else if (reply->ok && json_is_array(reply->json)) {
        take_page(l, reply);
    } else if (status == 404 && !l->user && !l->pages) {
        CLEANUP_FREE char *url = NULL;

        l->user = true;
        url = first_page(l);
        str_replace(&l->url, url);
        ask(l, TOCSIN_HTTP_CONDITIONAL);
    } else if (reply->unchanged && !kept && !l->again) {
        /* The cursor was lost, and with it what has not changed. */
        l->again = true;
        ask(l, 0);
    } else {
        if (reply->ok)
            net_trouble(&g->net, NET_ODD, l->url, "no list of repositories");
        if (reply->unchanged)
            g->host->http_keep(g->host, l->url);
        else
            g->blind = true;
        take_kept(l, kept);
    }
}

static void ask(struct listed *l, uint32_t flags)
{
    api_ask(&l->g->api, &(struct api_call){
                            .owner = l->owner,
                            .url = l->url,
                            .flags = flags,
                            .missing_is_fine = !l->user && !l->pages,
                            .got = on_page,
                            .user = l,
                        });
}

/* ---- owners -------------------------------------------------------------- */

static bool is_first_of_owner(char *const *globs, size_t i)
{
    size_t n = strcspn(globs[i], "/") + 1;

    for (size_t k = 0; k < i; k++)
        if (!strncasecmp(globs[k], globs[i], n))
            return false;
    return true;
}

void listed_start(struct gha *g)
{
    g->listing = 1;
    cursor_globs(&g->cursor, g->globs);
    for (size_t i = 0; g->globs[i]; i++) {
        struct listed *l;
        const char *rest;

        if (!is_first_of_owner(g->globs, i))
            continue;
        l = xcalloc(1, sizeof(*l));
        l->g = g;
        gha_split(g->globs[i], &l->owner, &rest);
        l->url = first_page(l);
        g->listing++;
        ask(l, TOCSIN_HTTP_CONDITIONAL);
    }
    if (!--g->listing) {
        repos_ready(g);
        repos_go_on(g);
    }
}
