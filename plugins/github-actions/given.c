/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Commits and pull requests given by hand, for a look at what is red there:
 * a pull request leads to its head, a commit to its check runs, and those of
 * GitHub Actions are jobs.
 *
 * They are no branch of the repository's: their runs are said to be of a
 * branch that none can have, so that nobody is told of them as of one, and
 * of what is green there nothing recovers.
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "plugins/github-actions/checks.h"
#include "plugins/github-actions/gha.h"
#include "plugins/github-actions/outcome.h"
#include "plugins/github-actions/swept.h"

/* A hundred checks each; a list that is longer leads to itself. */
#define PAGES_MAX 50

struct given {
    struct repo *repo; /* not in gha.repos; counts for both */
    char *key;         /* as it was given: of the cursor */
    char *commit, *branch;
    json_t *known, *jobs; /* {JOB: CONCLUSION}: before, and now */
    json_t *checks;
    bool pull;
    int pages;
    char *elsewhere; /* an app whose checks are none of ours */
};

void given_over(struct given *v)
{
    struct gha *g = v->repo->g;

    if (!v->repo->broken)
        cursor_set_given(&g->cursor, v->key, json_incref(v->jobs));
    json_decref(v->known);
    json_decref(v->jobs);
    json_decref(v->checks);
    free(v->key);
    free(v->commit);
    free(v->branch);
    free(v->elsewhere);
    repo_free(v->repo);
    free(v);
}

/* ---- check runs ---------------------------------------------------------- */

/* The run that a job is of is in the address of its page alone:
 * WEB/OWNER/NAME/actions/runs/RUN/job/JOB. 0: it is none of ours. */
static int64_t run_of(const struct gha *g, const struct repo *r,
                      const json_t *check)
{
    CLEANUP_FREE char *before =
        xasprintf("%s/%s/actions/runs/", g->api.web, r->name);
    const char *url = jx_str_or(check, "details_url", "");
    size_t n = strlen(before);
    char *end;
    int64_t id;

    if (strncasecmp(url, before, n) != 0 || url[n] < '0' || url[n] > '9')
        return 0;
    id = strtoimax(url + n, &end, 10);
    return id > 0 && str_starts(end, "/job/") ? id : 0;
}

struct steps_of {
    struct given *given;
    struct wrun *run;
    json_t *check;
};

static void say(struct given *v, struct wrun *w, json_t *job)
{
    CLEANUP_FREE char *key = xasprintf("%" PRId64, jx_int(job, "id", 0));

    jx_set_str(v->jobs, key, jx_str_or(job, "conclusion", ""));
    job_say(w, job, 1, false);
}

static void on_job(void *user, const struct net_reply *reply)
{
    struct steps_of *o = user;
    struct given *v = o->given;

    if (reply->ok)
        json_object_set(o->check, "steps", jx_arr(reply->json, "steps"));
    say(v, o->run, o->check);
    json_decref(o->check);
    wrun_let_go(o->run);
    repo_let_go(v->repo);
    free(o);
}

/* Which steps there were, and when, a check run does not say. */
static void ask_steps(struct given *v, struct wrun *w, const json_t *check)
{
    struct steps_of *o = xcalloc(1, sizeof(*o));
    CLEANUP_FREE char *path = xasprintf("/repos/%s/actions/jobs/%" PRId64,
                                        v->repo->name, jx_int(check, "id", 0));

    o->given = v;
    o->run = w;
    o->check = json_deep_copy(check);
    repo_hold(v->repo);
    wrun_hold(w);
    api_ask(&v->repo->g->api, &(struct api_call){
                                  .owner = v->repo->owner,
                                  .url = path,
                                  .missing_is_fine = true,
                                  .got = on_job,
                                  .user = o,
                              });
}

static struct wrun *wrun_of(struct given *v, int64_t id)
{
    struct wrun *w = xcalloc(1, sizeof(*w));

    w->repo = v->repo;
    w->id = id;
    w->attempt = 1;
    w->commit = xstrdup(v->commit);
    w->branch = xstrdup(v->branch);
    w->workflow = xstrdup("");
    /* One of a pull request is nobody's business, and the host drops it: but
     * here somebody asks. */
    w->trigger = "by hand";
    repo_hold(v->repo);
    wrun_hold(w);
    return w;
}

/* A build of Azure's is handed on; one of a pull request is of no branch, and
 * nobody would read it. */
static void look_elsewhere(struct given *v, const json_t *check,
                           const char *app)
{
    const char *url = jx_str_or(check, "details_url", "");

    if (!gha_is_red(gha_outcome(jx_str(check, "conclusion")))
        || (!v->pull && str_eq(app, CHECKS_AZURE)
            && checks_hand_on(v->repo->g, v->repo->name, url)))
        return;
    if (!v->elsewhere)
        v->elsewhere = xasprintf("%s: a check of %.60s is red, %.300s: no job "
                                 "of GitHub's",
                                 v->key, app, url);
}

static void look_at(struct given *v, const json_t *check)
{
    struct gha *g = v->repo->g;
    CLEANUP_FREE char *key = xasprintf("%" PRId64, jx_int(check, "id", 0));
    const char *app = jx_str_or(jx_obj(check, "app"), "slug", "");
    const char *how = jx_str_or(check, "conclusion", "");
    struct wrun *w;
    int64_t run;

    if (!str_eq(app, "github-actions")) {
        look_elsewhere(v, check, app);
        return;
    }
    run = run_of(g, v->repo, check);
    if (!run || !str_eq(jx_str(check, "status"), "completed"))
        return;
    if (str_eq(jx_str(v->known, key), how)) {
        jx_set_str(v->jobs, key, how);
        return;
    }
    w = wrun_of(v, run);
    if (gha_is_red(gha_outcome(how)))
        ask_steps(v, w, check);
    else
        say(v, w, (json_t *)(uintptr_t)check);
    wrun_let_go(w);
}

static void on_checks(void *user, const struct net_reply *reply)
{
    struct given *v = user;
    struct gha *g = v->repo->g;
    const json_t *list = jx_arr(reply->json, "check_runs");
    CLEANUP_FREE char *next = list ? net_next(reply->http) : NULL;

    if (!list) {
        v->repo->broken = true;
        if (reply->ok)
            net_trouble(&g->net, NET_ODD, v->key, "no check_runs");
    }
    for (size_t i = 0; i < json_array_size(list); i++)
        look_at(v, json_array_get(list, i));
    if (next && ++v->pages < PAGES_MAX) {
        api_ask(&g->api, &(struct api_call){
                             .owner = v->repo->owner,
                             .url = next,
                             .got = on_checks,
                             .user = v,
                         });
        return;
    }
    if (v->elsewhere)
        g->host->log(g->host, TOCSIN_LOG_INFO, v->elsewhere);
    repo_let_go(v->repo);
}

static void ask_checks(struct given *v)
{
    CLEANUP_FREE char *path =
        xasprintf("/repos/%s/commits/%s/check-runs?page=1&per_page=100",
                  v->repo->name, v->commit);

    repo_hold(v->repo);
    api_ask(&v->repo->g->api, &(struct api_call){
                                  .owner = v->repo->owner,
                                  .url = path,
                                  .got = on_checks,
                                  .user = v,
                              });
}

/* ---- pull requests ------------------------------------------------------- */

static void on_pull(void *user, const struct net_reply *reply)
{
    struct given *v = user;
    const json_t *base = jx_obj(jx_obj(reply->json, "base"), "repo");
    const char *commit = jx_str(jx_obj(reply->json, "head"), "sha");

    if (reply->ok && swept_is_commit(commit)) {
        int64_t id = jx_int(base, "id", 0);

        v->commit = xstrdup(commit);
        v->repo->id = id > 0 ? xasprintf("%" PRId64, id) : NULL;
        ask_checks(v);
    } else {
        v->repo->broken = true;
        if (reply->ok)
            net_trouble(&v->repo->g->net, NET_ODD, v->key, "no pull request");
    }
    repo_let_go(v->repo);
}

static void ask_pull(struct given *v, const char *number)
{
    CLEANUP_FREE char *path =
        xasprintf("/repos/%s/pulls/%s", v->repo->name, number);

    api_ask(&v->repo->g->api, &(struct api_call){
                                  .owner = v->repo->owner,
                                  .url = path,
                                  .got = on_pull,
                                  .user = v,
                              });
}

/* ---- of the options ------------------------------------------------------ */

static struct given *given_new(struct gha *g, const char *text, size_t n)
{
    struct given *v = xcalloc(1, sizeof(*v));
    struct repo *r = xcalloc(1, sizeof(*r));
    const char *rest;

    r->g = g;
    r->name = xstrndup(text, n);
    r->given = v;
    unread_not(g, r->name, NULL);
    r->runs = json_object();
    gha_split(r->name, &r->owner, &rest);
    v->repo = r;
    repo_hold(r);
    v->key = xstrdup(text);
    v->jobs = json_object();
    v->known = json_incref(cursor_given(&g->cursor, text));
    return v;
}

/* Where the repository's name ends; 0: it is none. */
static size_t name_end(const char *text, char mark)
{
    const char *at = strchr(text, mark);
    CLEANUP_FREE char *name = at ? xstrndup(text, (size_t)(at - text)) : NULL;

    return name && api_repository_fine(name) ? (size_t)(at - text) : 0;
}

static bool is_number(const char *s)
{
    size_t n = strlen(s);

    return n && n < 10 && n == strspn(s, "0123456789");
}

char *given_wrong(const struct tocsin_host *host)
{
    size_t n;

    for (size_t i = 0; i < host->option_count(host, "commits"); i++) {
        const char *text = host->option(host, "commits", i);

        n = name_end(text, '@');
        if (!n || !swept_is_commit(text + n + 1))
            return xasprintf("commits: \"%.200s\" is not "
                             "owner/name@COMMIT, all of its digits",
                             text);
    }
    for (size_t i = 0; i < host->option_count(host, "pull_requests"); i++) {
        const char *text = host->option(host, "pull_requests", i);

        n = name_end(text, '#');
        if (!n || !is_number(text + n + 1))
            return xasprintf("pull_requests: \"%.200s\" is not "
                             "owner/name#NUMBER",
                             text);
    }
    return NULL;
}

void given_start(struct gha *g)
{
    const struct tocsin_host *host = g->host;

    for (size_t i = 0; i < host->option_count(host, "commits"); i++) {
        const char *text = host->option(host, "commits", i);
        size_t n = name_end(text, '@');
        struct given *v = given_new(g, text, n);

        v->commit = xstrdup(text + n + 1);
        v->branch = xasprintf("commit/%.12s", v->commit);
        ask_checks(v);
        repo_let_go(v->repo);
    }
    for (size_t i = 0; i < host->option_count(host, "pull_requests"); i++) {
        const char *text = host->option(host, "pull_requests", i);
        size_t n = name_end(text, '#');
        struct given *v = given_new(g, text, n);

        v->pull = true;
        v->branch = xasprintf("pull/%s", text + n + 1);
        ask_pull(v, text + n + 1);
    }
}
