/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a red log is read against when no rule knows it: the logs of the same
 * tasks of the same job in the pipeline's last green build of that branch,
 * fetched for that alone, once a pass and while the option `baselines` allows
 * it. The host keeps what they say.
 *
 * Must not make a build known to the cursor: of it no more than a job is read.
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/azure-pipelines/azure.h"

struct green {
    struct look look; /* at the green build */
    struct azure_entry entry;
    struct job_log *red;
    const struct azure_job *like; /* the red job */
    const char *project, *branch; /* of it */
    char *key;                    /* in azure.greens */
    const struct azure_job *job;
    struct job_run run;
    uint64_t log;     /* 0: not begun */
    size_t next_task; /* of the red job */
    bool asked, fresh, by_task;
};

static void next_part(struct green *n);

static void green_over(struct green *n, bool there)
{
    struct azure *a = n->look.a;
    struct job_log *red = n->red;

    if (n->log && !there)
        a->host->log_drop(a->host, n->log);
    if (there)
        json_object_set_new(a->greens, n->key, json_true());
    azure_timeline_release(&n->look.timeline);
    azure_build_release(&n->entry.build);
    job_run_release(&n->run);
    free(n->key);
    free(n);
    if (there)
        log_again(red);
    else
        log_leave(red);
}

/* ---- its log ------------------------------------------------------------- */

static int on_part(void *user, const char *p, size_t n)
{
    struct green *g = user;
    const struct tocsin_host *host = g->look.a->host;

    if (!g->log
        && host->log_begin(host, &g->run.run, AZURE_FORMAT, &g->log)
               != TOCSIN_OK) {
        g->log = 0;
        return TOCSIN_REJECT;
    }
    if (g->fresh)
        host->log_part(host, g->log, NULL);
    g->fresh = false;
    return host->log_write(host, g->log, p, n);
}

static void on_ended(void *user, const struct net_log_end *end)
{
    struct green *n = user;

    if (end->whole && !log_is_html(end->http))
        next_part(n);
    else
        green_over(n, false);
}

/* Names come more than once in a job: the third of that name is meant. */
static const struct azure_task *counterpart(const struct azure_job *green,
                                            const struct azure_job *red,
                                            const struct azure_task *task)
{
    size_t nth = 0;

    for (const struct azure_task *t = red->tasks; t < task; t++)
        nth += str_eq(t->name, task->name);
    for (size_t i = 0; i < green->nr_tasks; i++)
        if (str_eq(green->tasks[i].name, task->name) && nth-- == 0)
            return &green->tasks[i];
    return NULL;
}

/* The next log to be read; 0: none. */
static int64_t next_log(struct green *n)
{
    while (n->next_task < n->like->nr_tasks) {
        const struct azure_task *t = &n->like->tasks[n->next_task++];
        const struct azure_task *same;

        if (!log_is_wanted(n->like, t))
            continue;
        n->by_task = true;
        same = counterpart(n->job, n->like, t);
        if (same && same->log)
            return same->log;
    }
    /* The red one was the job's own. */
    return n->asked || n->by_task ? 0 : n->job->log;
}

static void next_part(struct green *n)
{
    struct azure *a = n->look.a;
    int64_t nr = next_log(n);
    bool there;

    if (nr) {
        n->asked = n->fresh = true;
        log_ask(a, n->entry.build.id, nr, on_part, on_ended, n);
        return;
    }
    there =
        n->log && a->host->log_end(a->host, n->log, &n->run.run) == TOCSIN_OK;
    n->log = 0;
    green_over(n, there);
}

/* ---- the build ----------------------------------------------------------- */

static const struct azure_job *job_like(const struct azure_timeline *t,
                                        const struct azure_job *red)
{
    for (size_t i = 0; i < t->nr; i++)
        if (str_eq(t->jobs[i].key, red->key)
            && t->jobs[i].outcome == TOCSIN_OUTCOME_SUCCESS)
            return &t->jobs[i];
    return NULL;
}

static void on_timeline(void *user, const struct net_reply *reply)
{
    struct green *n = user;

    if (reply->ok && azure_timeline_add(&n->look.timeline, reply->json))
        n->job = job_like(&n->look.timeline, n->like);
    if (!n->job) {
        green_over(n, false);
        return;
    }
    job_run_init(&n->run, &n->look, n->job);
    n->run.run.push_complete = n->look.timeline.complete;
    next_part(n);
}

static void on_builds(void *user, const struct net_reply *reply)
{
    struct green *n = user;
    struct azure *a = n->look.a;
    struct azure_build *b = &n->entry.build;
    const json_t *v = reply->ok ? azure_list_of(reply->json) : NULL;
    CLEANUP_FREE char *path = NULL;
    CLEANUP_FREE char *item = NULL;

    if (azure_build_read(b, json_array_get(v, 0)) != AZURE_BUILD || !b->green
        || !str_eq(b->project, n->project) || !str_eq(b->branch, n->branch)) {
        green_over(n, false);
        return;
    }
    item = xasprintf("build %" PRId64, b->id);
    if (a->host->item(a->host, item) == TOCSIN_REJECT) {
        green_over(n, false);
        return;
    }
    path = xasprintf("builds/%" PRId64 "/timeline?api-version=7.1", b->id);
    azure_ask(a, path, true, on_timeline, n);
}

static void ask_builds(struct green *n, const struct azure_build *red)
{
    CLEANUP_FREE char *ref = xasprintf("refs/heads/%s", red->branch);
    CLEANUP_FREE char *branch = net_escape(ref);
    CLEANUP_FREE char *path = xasprintf(
        "builds?definitions=%" PRId64 "&branchName=%s&statusFilter=completed"
        "&resultFilter=succeeded&queryOrder=finishTimeDescending&$top=1"
        "&api-version=7.1",
        red->definition, branch);

    azure_ask(n->look.a, path, true, on_builds, n);
}

void green_for(struct job_log *red, const struct look *l,
               const struct azure_job *job)
{
    struct azure *a = l->a;
    const struct azure_build *b = &l->entry->build;
    CLEANUP_FREE char *key = xasprintf("%" PRId64 " %s %s %s", b->definition,
                                       b->project, b->branch, job->key);
    const json_t *known = json_object_get(a->greens, key);
    struct green *n;

    if (json_is_true(known)) {
        log_again(red);
        return;
    }
    if (known || a->greens_left <= 0 || a->net.cut || !b->definition) {
        log_leave(red);
        return;
    }
    a->greens_left--;
    json_object_set_new(a->greens, key, json_false());
    n = xcalloc(1, sizeof(*n));
    n->look.a = a;
    n->look.entry = &n->entry;
    n->red = red;
    n->like = job;
    n->project = b->project;
    n->branch = b->branch;
    n->key = xstrdup(key);
    ask_builds(n, b);
}
