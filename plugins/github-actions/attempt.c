/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The jobs of one attempt of a run. Must not take an attempt of which jobs are
 * still to come for a whole one, nor pass over a red run because none of its
 * jobs is.
 */
#include <config.h>

#include <stdlib.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "plugins/github-actions/gha.h"
#include "plugins/github-actions/outcome.h"

#define PAGES_MAX 20 /* of a hundred; GitHub has 256 jobs a matrix */

struct jobs {
    struct wrun *run;
    int64_t attempt, total;
    int pages;
    json_t *list;
};

void attempt_say_itself(struct wrun *w)
{
    CLEANUP_FREE char *created = when_format(w->created);
    CLEANUP_FREE char *updated = when_format(w->updated);
    json_t *job = json_pack(
        "{s:I, s:s, s:s, s:s?, s:s, s:s}", "id", (json_int_t)w->id, "name", "",
        "status", "completed", "conclusion", w->conclusion, "started_at",
        created, "completed_at", w->updated ? updated : created);

    job_say(w, job, w->attempt, false);
    json_decref(job);
}

static bool all_over(const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!job_is_over(json_array_get(list, i)))
            return false;
    return true;
}

static bool any_red(const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *v = json_array_get(list, i);

        if (job_is_over(v) && gha_is_red(gha_outcome(jx_str(v, "conclusion"))))
            return true;
    }
    return false;
}

bool attempt_is_whole(const struct wrun *w, int64_t attempt, const json_t *list,
                      int64_t total)
{
    return w->whole && attempt == w->attempt && all_over(list)
           && (int64_t)json_array_size(list) == total;
}

/* Red, and no job of it says so. */
static bool is_mute(const struct jobs *j)
{
    const struct wrun *w = j->run;

    return w->over && j->attempt == w->attempt
           && gha_is_red(gha_outcome(w->conclusion)) && !any_red(j->list);
}

/* ---- what is not said ---------------------------------------------------- */

/* The run is a success although the job is red: its owners let it fail
 * (`continue-on-error`), and GitHub says so nowhere else. */
static bool is_let(const struct jobs *j, const json_t *v)
{
    const struct wrun *w = j->run;

    return w->over && j->attempt == w->attempt
           && str_eq(w->conclusion, "success")
           && gha_is_red(gha_outcome(jx_str(v, "conclusion")));
}

static bool is_fine(const json_t *v)
{
    enum tocsin_outcome o = gha_outcome(jx_str(v, "conclusion"));

    return job_is_over(v)
           && (o == TOCSIN_OUTCOME_SUCCESS || o == TOCSIN_OUTCOME_SKIPPED);
}

/* {NAME: true} of jobs that are neither green nor skipped. New. */
static json_t *names_not_fine(const struct jobs *j)
{
    json_t *names = json_object(), *v;
    size_t i;

    json_array_foreach(j->list, i, v)
        if (!is_fine(v) && !is_let(j, v) && jx_str(v, "name"))
            json_object_set_new(names, jx_str(v, "name"), json_true());
    return names;
}

/* Jobs may share a name, and then are one to everybody: what is green of them
 * must not mend what is red. */
static bool is_twin_of_worse(const json_t *not_fine, const json_t *v)
{
    return gha_outcome(jx_str(v, "conclusion")) == TOCSIN_OUTCOME_SUCCESS
           && json_object_get(not_fine, jx_str_or(v, "name", ""));
}

static void say_each(const struct jobs *j, bool whole)
{
    CLEANUP_JSON json_t *not_fine = names_not_fine(j);
    json_t *v;
    size_t i;

    json_array_foreach(j->list, i, v)
        if (!is_let(j, v) && !is_twin_of_worse(not_fine, v))
            job_say(j->run, v, j->attempt, whole);
}

/* An attempt is said to be over before all of its jobs are, or are listed: a
 * job that is passed over for that would never be known. */
static void say_jobs(struct jobs *j)
{
    struct wrun *w = j->run;
    int64_t nr = (int64_t)json_array_size(j->list);
    bool all = all_over(j->list)
               && (j->total < 0 || (nr >= j->total && (nr || !w->whole)));
    bool whole = attempt_is_whole(w, j->attempt, j->list, j->total);

    w->late =
        w->late || ((!all || is_mute(j)) && wrun_may_be_late(w, w->updated));
    say_each(j, whole);
    if (is_mute(j) && !w->late)
        attempt_say_itself(w);
}

static void ask(struct jobs *j, const char *url);

/* Whether there is more of it: a page may lead to itself. */
static bool goes_on(const struct jobs *j)
{
    return j->pages < PAGES_MAX
           && (j->total < 0 || (int64_t)json_array_size(j->list) < j->total);
}

static void on_jobs(void *user, const struct net_reply *reply)
{
    struct jobs *j = user;
    struct wrun *w = j->run;
    json_t *list = jx_arr(reply->json, "jobs");
    CLEANUP_FREE char *next = reply->ok && list ? net_next(reply->http) : NULL;

    if (!list) {
        w->failed = true;
        if (reply->ok)
            net_trouble(&w->repo->g->net, NET_ODD, w->repo->name, "no jobs");
    } else {
        json_array_extend(j->list, list);
        j->total = jx_int(reply->json, "total_count", -1);
    }
    if (next && goes_on(j)) {
        ask(j, next);
        return;
    }
    if (!w->failed)
        say_jobs(j);
    json_decref(j->list);
    free(j);
    wrun_let_go(w);
}

static void ask(struct jobs *j, const char *url)
{
    struct repo *r = j->run->repo;

    j->pages++;
    api_ask(&r->g->api, &(struct api_call){
                            .owner = r->owner,
                            .url = url,
                            .got = on_jobs,
                            .user = j,
                        });
}

void attempt_read(struct wrun *w, int64_t attempt)
{
    struct jobs *j = xcalloc(1, sizeof(*j));
    CLEANUP_FREE char *path =
        xasprintf("/repos/%s/actions/runs/%lld/attempts/%lld/jobs?per_page=100",
                  w->repo->name, (long long)w->id, (long long)attempt);

    j->run = w;
    j->attempt = attempt;
    j->list = json_array();
    wrun_hold(w);
    ask(j, path);
}
