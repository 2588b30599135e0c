/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Builds that another source saw red, by the addresses of their pages: behind
 * the lists of this pass, those that they did not bring are asked for by their
 * ids. From then on the cursor knows each (watch), as if it had been listed.
 *
 * Must not believe an address: only one whose base, organization and project
 * are ours leads to a request, and that goes where all others go.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/azure-pipelines/azure.h"
#include "plugins/net/build-url.h"

void azure_leads_learn(struct azure *a, const json_t *build)
{
    const json_t *project = jx_obj(build, "project");

    if (!jx_str(project, "id") || !jx_str(project, "name"))
        return;
    str_replace(&a->cursor.project_id, jx_str(project, "id"));
    str_replace(&a->cursor.project_name, jx_str(project, "name"));
}

/* Azure tells names apart without regard to case. */
static bool is_same(const char *a, const char *b)
{
    return a && b && !strcasecmp(a, b);
}

static bool is_near(const struct azure *a, const struct build_url *u)
{
    return is_same(u->base, a->base)
           && is_same(u->organization,
                      a->host->option(a->host, "organization", 0));
}

static bool is_ours(const struct azure *a, const struct build_url *u)
{
    return is_near(a, u)
           && (is_same(u->project, a->host->option(a->host, "project", 0))
               || is_same(u->project, a->cursor.project_id)
               || is_same(u->project, a->cursor.project_name));
}

static bool is_known(const struct azure *a, int64_t build)
{
    return azure_marks_find(&a->cursor.seen, build)
           || azure_marks_find(&a->cursor.watch, build);
}

/* ---- taking -------------------------------------------------------------- */

/* The cursor first: what it holds cannot get lost. */
static void take(struct azure *a, const size_t *which, size_t nr)
{
    if (nr)
        azure_save(a);
    for (size_t i = 0; i < nr; i++)
        a->host->lead_take(a->host, a->host->lead_url(a->host, which[i]));
}

/* How many are to be read, in *ids (new). */
static size_t take_ours(struct azure *a, int64_t **ids)
{
    size_t n = a->host->lead_count(a->host), nr = 0, new = 0;
    size_t *which = xcalloc(n + 1, sizeof(*which));

    *ids = xcalloc(n + 1, sizeof(**ids));
    for (size_t i = 0; i < n; i++) {
        struct build_url u;

        if (!build_url_read(&u, a->host->lead_url(a->host, i)))
            continue;
        if (is_ours(a, &u)) {
            which[nr++] = i;
            if (!is_known(a, u.build)) {
                azure_marks_put(&a->cursor.watch,
                                (struct azure_mark){ .id = u.build });
                (*ids)[new ++] = u.build;
            }
        }
        build_url_release(&u);
    }
    take(a, which, nr);
    free(which);
    return new;
}

/* ---- whose are they? ----------------------------------------------------- */

/* GitHub's addresses name the project by its id, which only a build says. */
static bool must_ask(const struct azure *a)
{
    bool near = false;

    if (a->cursor.project_id)
        return false;
    for (size_t i = 0; i < a->host->lead_count(a->host) && !near; i++) {
        struct build_url u;

        if (!build_url_read(&u, a->host->lead_url(a->host, i)))
            continue;
        near = is_near(a, &u) && !is_ours(a, &u);
        build_url_release(&u);
    }
    return near;
}

static void on_any_build(void *user, const struct net_reply *reply)
{
    struct azure *a = user;
    const json_t *list = reply->ok ? azure_list_of(reply->json) : NULL;

    azure_leads_learn(a, json_array_get(list, 0));
    azure_end(a);
}

bool azure_leads_go_on(struct azure *a)
{
    bool may_ask = a->status == TOCSIN_OK && !a->net.cut;
    int64_t *ids;
    size_t nr;

    if (a->leads == LEADS_READ || !TOCSIN_HAS(a->host, lead_take)
        || !a->host->lead_count(a->host))
        return false;
    if (a->leads == LEADS_WAIT && may_ask && must_ask(a)) {
        a->leads = LEADS_ASK;
        azure_ask(a, "builds?$top=1&api-version=7.1", false, on_any_build, a);
        return true;
    }
    a->leads = LEADS_READ;
    nr = take_ours(a, &ids);
    if (nr && may_ask)
        azure_add_ids(a, ids, nr);
    free(ids);
    return nr && may_ask;
}
