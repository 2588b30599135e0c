/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A look into one build: its timeline, those of the attempts before, then
 * the jobs.
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "plugins/azure-pipelines/azure.h"

static void go_on(struct look *l);

/* Neither there nor gone: is it to be tried again? */
static bool is_broken(struct look *l, const struct net_reply *reply)
{
    int status = reply->http->error ? 0 : reply->http->status;

    if (reply->ok || status == 404 || status == 410 || l->last_try)
        return false;
    l->failed = true;
    return true;
}

static void on_earlier(void *user, const struct net_reply *reply)
{
    struct look *l = user;

    if (!is_broken(l, reply) && reply->ok)
        azure_timeline_add(&l->timeline, reply->json);
    go_on(l);
}

static void on_timeline(void *user, const struct net_reply *reply)
{
    struct look *l = user;

    /* null, which may yet be one; not of a pipeline that says why it has none */
    if (!is_broken(l, reply) && reply->ok
        && !azure_timeline_add(&l->timeline, reply->json))
        l->failed = !l->last_try && !l->entry->build.says;
    go_on(l);
}

static void go_on(struct look *l)
{
    struct azure_timeline *t = &l->timeline;
    CLEANUP_FREE char *path = NULL;

    if (l->failed || l->next_earlier == t->nr_earlier) {
        jobs_go_on(l);
        return;
    }
    path = xasprintf("builds/%" PRId64 "/timeline/%s?api-version=7.1",
                     l->entry->build.id, t->earlier[l->next_earlier++]);
    azure_ask(l->a, path, true, on_earlier, l);
}

bool look_start(struct azure *a, struct azure_entry *e, bool last_try)
{
    CLEANUP_FREE char *item = xasprintf("build %" PRId64, e->build.id);
    CLEANUP_FREE char *path = NULL;
    struct look *l;

    if (a->host->item(a->host, item) == TOCSIN_REJECT)
        return false;
    l = xcalloc(1, sizeof(*l));
    l->a = a;
    l->entry = e;
    l->last_try = last_try;
    path =
        xasprintf("builds/%" PRId64 "/timeline?api-version=7.1", e->build.id);
    azure_ask(a, path, false, on_timeline, l);
    return true;
}

void look_end(struct look *l)
{
    struct azure *a = l->a;
    struct azure_entry *e = l->entry;
    bool well = !l->failed;

    azure_timeline_release(&l->timeline);
    free(l);
    azure_looked(a, e, well);
}
