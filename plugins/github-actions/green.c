/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a red log is read against when no rule knows it: the log of the last
 * green run of the same job, fetched for that alone, once a pass and while
 * the option `baselines` allows it. The host keeps what it says.
 *
 * Must not make a run known to the cursor: of it no more than a job is read.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/github-actions/gha.h"
#include "plugins/github-actions/outcome.h"

struct green {
    struct gha *g;
    struct job *red;
    struct repo *repo;
    struct wrun *run; /* the green one; NULL: not found yet */
    char *name;       /* of the job */
    char *key;        /* in gha.greens */
    int64_t attempt;
};

static void green_over(struct green *n, bool there)
{
    struct job *red = n->red;

    if (there)
        json_object_set_new(n->g->greens, n->key, json_true());
    if (n->run)
        wrun_let_go(n->run);
    free(n->name);
    free(n->key);
    free(n);
    if (there)
        job_again(red);
    else
        job_leave(red);
}

static void on_log(void *user, bool there)
{
    green_over(user, there);
}

static const json_t *job_named(const json_t *list, const char *name)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *v = json_array_get(list, i);

        if (str_eq(jx_str(v, "name"), name) && job_is_over(v)
            && gha_outcome(jx_str(v, "conclusion")) == TOCSIN_OUTCOME_SUCCESS)
            return v;
    }
    return NULL;
}

static void on_jobs(void *user, const struct net_reply *reply)
{
    struct green *n = user;
    const json_t *list = reply->ok ? jx_arr(reply->json, "jobs") : NULL;
    const json_t *v = job_named(list, n->name);

    if (v)
        job_green(n->run, v, n->attempt,
                  attempt_is_whole(n->run, n->attempt, list,
                                   jx_int(reply->json, "total_count", -1)),
                  on_log, n);
    else
        green_over(n, false);
}

static void ask_jobs(struct green *n, const json_t *v)
{
    CLEANUP_FREE char *path = NULL;

    n->attempt = runs_attempt(v);
    n->run = runs_aside(n->repo, v);
    path =
        xasprintf("/repos/%s/actions/runs/%lld/attempts/%lld/jobs"
                  "?per_page=100",
                  n->repo->name, (long long)n->run->id, (long long)n->attempt);
    api_ask(&n->g->api, &(struct api_call){
                            .owner = n->repo->owner,
                            .url = path,
                            .missing_is_fine = true,
                            .got = on_jobs,
                            .user = n,
                        });
}

static void on_runs(void *user, const struct net_reply *reply)
{
    struct green *n = user;
    const json_t *v = json_array_get(jx_arr(reply->json, "workflow_runs"), 0);

    if (reply->ok && runs_is_green(v))
        ask_jobs(n, v);
    else
        green_over(n, false);
}

/* The workflow's newest run that was green on that branch. */
static void ask_runs(struct green *n, const struct wrun *red)
{
    CLEANUP_FREE char *branch = net_escape(red->branch);
    CLEANUP_FREE char *file = net_escape(red->file);
    CLEANUP_FREE char *path =
        xasprintf("/repos/%s/actions/workflows/%s/runs?branch=%s&status=success"
                  "&exclude_pull_requests=true&per_page=1",
                  n->repo->name, file, branch);

    api_ask(&n->g->api, &(struct api_call){
                            .owner = n->repo->owner,
                            .url = path,
                            .missing_is_fine = true,
                            .got = on_runs,
                            .user = n,
                        });
}

void green_for(struct job *job, const struct wrun *red, const char *name)
{
    struct repo *r = red->repo;
    struct gha *g = r->g;
    CLEANUP_FREE char *key =
        xasprintf("%s %s %s %s", r->name, red->branch, red->workflow, name);
    CLEANUP_FREE char *of = runs_key(red->branch, red->workflow);
    const json_t *known = json_object_get(g->greens, key);
    const json_t *v = json_object_get(r->greens, of);
    struct green *n;

    if (json_is_true(known)) {
        job_again(job);
        return;
    }
    if (known || g->greens_left <= 0 || api_is_over(&g->api)
        || (!v && !red->file)) {
        job_leave(job);
        return;
    }
    g->greens_left--;
    json_object_set_new(g->greens, key, json_false());
    n = xcalloc(1, sizeof(*n));
    n->g = g;
    n->red = job;
    n->repo = r;
    n->name = xstrdup(name);
    n->key = xstrdup(key);
    if (v)
        ask_jobs(n, v);
    else
        ask_runs(n, red);
}
