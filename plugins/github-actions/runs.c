/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The runs of a repository, newest first, down to where the last pass was;
 * of each the jobs of every attempt that was not handed over.
 *
 * The list is asked for without a date: so its address is the same in every
 * pass, one that did not change costs next to nothing, and a new attempt of
 * an old run, which keeps the time that the run was made, is seen.
 *
 * Must not take a run of somebody else's branch for one of ours.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "plugins/github-actions/gha.h"
#include "plugins/github-actions/outcome.h"

#define RUNS_PER_PAGE 20
#define PAGES_MAX 50        /* GitHub gives no more than 1,000 of a list */
#define LISTS_MAX 5         /* of so many runs, each before the other's */
#define PAGES_RED 10        /* for the run that made a head red */
#define ATTEMPTS_MAX 5      /* of a run seen for the first time */
#define ATTEMPT_TOP 1000    /* GitHub has 51 at most */
#define OPEN_MAX (40 * DAY) /* GitHub ends a run after 35 days */
/* What of a run that is over is not there by then will not come. */
#define LATE_MAX DAY

struct page {
    struct repo *repo;
    size_t nr;
    json_t *newest; /* {WORKFLOW: true}: a run was seen */
    json_t *seen;   /* {RUN: ATTEMPT} */
    bool again;     /* asked again, for all of it */
    json_t *behind; /* [RUN]: to be asked for */
};

static int64_t time_of(const json_t *v, const char *key)
{
    const char *text = jx_str(v, key);
    int64_t t = 0;

    return text && when_parse(text, &t) == 0 ? t : 0;
}

/* ---- a run --------------------------------------------------------------- */

static void wrun_free(struct wrun *w)
{
    free(w->commit);
    free(w->branch);
    free(w->workflow);
    free(w->conclusion);
    free(w->file);
    free(w);
}

void wrun_hold(struct wrun *w)
{
    w->held++;
}

static void be_open(struct repo *r, int64_t created)
{
    if (!r->open || created < r->open)
        r->open = created;
}

/* It is read again in the next pass, as one that goes on. */
static void be_late(struct wrun *w)
{
    w->repo->late = true;
    be_open(w->repo, w->created);
}

bool wrun_may_be_late(const struct wrun *w, int64_t ended)
{
    return gha_now(w->repo->g) - ended < LATE_MAX;
}

void wrun_let_go(struct wrun *w)
{
    struct repo *r = w->repo;
    CLEANUP_FREE char *id = NULL;

    if (--w->held)
        return;
    id = xasprintf("%lld", (long long)w->id);
    if (w->aside)
        ;
    else if (w->failed)
        r->broken = true;
    else if (w->late)
        be_late(w);
    else
        jx_set_int(r->runs, id, w->attempt);
    wrun_free(w);
    repo_let_go(r);
}

int64_t runs_attempt(const json_t *v)
{
    int64_t n = jx_int(v, "run_attempt", 1);

    return n < 1 ? 1 : n > ATTEMPT_TOP ? ATTEMPT_TOP : n;
}

/* One that waits for somebody's approval goes on behind it as the same
 * attempt. */
static bool is_over(const json_t *v)
{
    return str_eq(jx_str(v, "status"), "completed")
           && !str_eq(jx_str(v, "conclusion"), "action_required");
}

/* The last attempt that is over: one that goes on is not said. */
static int64_t last_over(const json_t *v)
{
    int64_t n = runs_attempt(v);

    return is_over(v) ? n : n - 1;
}

bool runs_is_ours(const json_t *v)
{
    int64_t home = jx_int(jx_obj(v, "repository"), "id", 0);

    return home > 0 && jx_int(jx_obj(v, "head_repository"), "id", 0) == home
           && gha_trigger(jx_str(v, "event"));
}

static bool is_branch(const struct gha *g, const struct repo *r,
                      const char *branch)
{
    if (!branch || !*branch)
        return false;
    for (size_t i = 0; g->branches[i]; i++)
        if (!strcmp(g->branches[i], "default") && !strcmp(branch, r->branch))
            return true;
    return gha_accepts(g->branches, branch);
}

/* "build.yml" of .github/workflows/build.yml@refs/heads/main; new. */
static char *file_of(const json_t *v)
{
    static const char folder[] = ".github/workflows/";
    const char *path = jx_str_or(v, "path", "");
    size_t n = strcspn(path, "@"), skip = sizeof(folder) - 1;

    if (!str_starts(path, folder) || n <= skip
        || memchr(path + skip, '/', n - skip))
        return NULL;
    return xstrndup(path + skip, n - skip);
}

/* Either its name or its file may be asked for. */
static bool is_workflow(const struct gha *g, const json_t *v)
{
    const char *path = jx_str_or(v, "path", "");
    const char *file = strrchr(path, '/');

    return gha_accepts(g->workflows, workflow_name(v))
           || (file && gha_accepts(g->workflows, file + 1));
}

static struct wrun *wrun_new(struct repo *r, const json_t *v)
{
    struct wrun *w = xcalloc(1, sizeof(*w));
    const char *how = jx_str(v, "conclusion");

    w->repo = r;
    w->id = jx_int(v, "id", 0);
    w->attempt = last_over(v);
    w->created = time_of(v, "created_at");
    w->updated = time_of(v, "updated_at");
    w->commit = xstrdup0(jx_str(v, "head_sha"));
    w->branch = xstrdup(jx_str(v, "head_branch"));
    w->workflow = workflow_of(r, v);
    w->conclusion = xstrdup0(how);
    w->file = file_of(v);
    w->trigger = gha_trigger(jx_str(v, "event"));
    w->over = is_over(v);
    w->whole = w->over && gha_is_whole(how);
    repo_hold(r);
    wrun_hold(w);
    return w;
}

struct wrun *runs_aside(struct repo *r, const json_t *v)
{
    struct wrun *w = wrun_new(r, v);

    w->aside = true;
    return w;
}

bool runs_is_green(const json_t *v)
{
    return jx_int(v, "id", 0) > 0 && jx_str(v, "head_branch")
           && str_eq(jx_str(v, "status"), "completed")
           && str_eq(jx_str(v, "conclusion"), "success");
}

char *runs_key(const char *branch, const char *workflow)
{
    return xasprintf("%s %s", branch, workflow);
}

static void note_green(struct repo *r, const json_t *v)
{
    CLEANUP_FREE char *workflow = workflow_of(r, v);
    CLEANUP_FREE char *key = runs_key(jx_str(v, "head_branch"), workflow);

    if (!r->greens)
        r->greens = json_object();
    if (runs_is_green(v) && !json_object_get(r->greens, key))
        json_object_set(r->greens, key, (json_t *)(uintptr_t)v);
}

static void read_run(struct repo *r, const json_t *v, int64_t known)
{
    struct wrun *w = wrun_new(r, v);
    int64_t from = known + 1;

    if (!known && w->attempt > ATTEMPTS_MAX)
        from = w->attempt - ATTEMPTS_MAX + 1;
    for (int64_t a = from; a <= w->attempt; a++)
        if (a == w->attempt && w->over
            && str_eq(jx_str(v, "conclusion"), "startup_failure"))
            attempt_say_itself(w);
        else
            attempt_read(w, a);
    wrun_let_go(w);
}

/* ---- the list ------------------------------------------------------------ */

/* Whether a run of that workflow was seen before in this list. */
static bool is_newest(struct page *p, const json_t *v)
{
    CLEANUP_FREE char *workflow = workflow_of(p->repo, v);
    CLEANUP_FREE char *key = runs_key(jx_str(v, "head_branch"), workflow);

    if (json_object_get(p->newest, key))
        return false;
    json_object_set_new(p->newest, key, json_true());
    return true;
}

/* One that people may run again. */
static void note_red(struct page *p, const json_t *v, const char *run)
{
    if (gha_is_red(gha_outcome(jx_str(v, "conclusion"))))
        jx_set_int(p->repo->red, run, p->nr);
}

static void look_at(struct page *p, const json_t *v)
{
    struct repo *r = p->repo;
    int64_t created = time_of(v, "created_at"), id = jx_int(v, "id", 0);
    int64_t attempt = last_over(v);
    bool over = is_over(v);
    CLEANUP_FREE char *key = xasprintf("%lld", (long long)id);
    int64_t known;
    bool newest;

    if (id <= 0 || !created || jx_int(jx_obj(v, "repository"), "id", 0) <= 0)
        net_trouble(&r->g->net, NET_ODD, r->list,
                    "a run without an id, a date or a repository");
    if (id <= 0 || !created || !jx_str(v, "head_branch") || !runs_is_ours(v)
        || !is_branch(r->g, r, jx_str(v, "head_branch"))
        || !is_workflow(r->g, v))
        return;
    /* A list that grows while it is read gives the end of a page again. */
    if (jx_int(p->seen, key, -1) >= attempt)
        return;
    jx_set_int(p->seen, key, attempt);
    r->head_listed = r->head_listed || str_eq(jx_str(v, "head_sha"), r->head);
    note_green(r, v);
    known = repo_known(r, key);
    newest = over && is_newest(p, v);
    if (newest)
        note_red(p, v, key);
    if (!over && gha_now(r->g) - created < OPEN_MAX) {
        be_open(r, created);
        /* Its end does not change the page that is asked for first. */
        r->late = r->late || p->nr > 1;
    }
    if (known)
        jx_set_int(r->runs, key, known);
    /* What was red before we came, and nobody pushed since, is news, too. */
    if (attempt > known && (newest || known || created >= r->since))
        read_run(r, v, known);
}

static void page_free(struct page *p)
{
    struct repo *r = p->repo;

    json_decref(p->newest);
    json_decref(p->seen);
    json_decref(p->behind);
    free(p);
    repo_let_go(r);
}

/* ---- runs behind the list ------------------------------------------------ */

/* A run that is red and that nobody pushed behind stays the newest of its
 * workflow when others fill the pages before it, and a new attempt of it
 * changes none of these. */
static void find_behind(struct page *p)
{
    const json_t *red = jx_obj(p->repo->known, "red");
    const char *run;
    json_t *nr;

    p->behind = json_array();
    json_object_foreach((json_t *)(uintptr_t)red, run, nr)
        if (p->repo->unchanged ? json_integer_value(nr) > 1
                               : !json_object_get(p->seen, run))
            json_array_append_new(p->behind, json_string(run));
}

static void ask_behind(struct page *p);

static void on_behind(void *user, const struct net_reply *reply)
{
    struct page *p = user;
    int status = reply->http->error ? 0 : reply->http->status;

    if (reply->ok)
        look_at(p, reply->json);
    else if (status != 404 && status != 410)
        p->repo->broken = true;
    ask_behind(p);
}

static void ask_behind(struct page *p)
{
    struct repo *r = p->repo;
    size_t last = json_array_size(p->behind);
    CLEANUP_FREE char *run = NULL;
    CLEANUP_FREE char *path = NULL;

    if (!last || r->broken) {
        page_free(p);
        return;
    }
    run = xstrdup(json_string_value(json_array_get(p->behind, last - 1)));
    json_array_remove(p->behind, last - 1);
    path = xasprintf("/repos/%s/actions/runs/%lld?exclude_pull_requests=true",
                     r->name, strtoll(run, NULL, 10));
    api_ask(&r->g->api, &(struct api_call){
                            .owner = r->owner,
                            .url = path,
                            .missing_is_fine = true,
                            .got = on_behind,
                            .user = p,
                        });
}

/* ---- pages --------------------------------------------------------------- */

static void ask_page(struct page *p, const char *url, uint32_t flags);

/* Runs of a head that is red were made behind its commit. */
static bool goes_on(const struct page *p, int64_t oldest)
{
    const struct repo *r = p->repo;

    if (oldest >= r->since)
        return p->nr % PAGES_MAX != 0;
    return r->head && !r->head_listed && r->red_at && oldest >= r->red_at - HOUR
           && p->nr < PAGES_RED;
}

/* The list ended before the last pass's time, though there is more. */
static bool is_short(const struct page *p, int64_t oldest)
{
    int64_t at = jx_int(p->repo->known, "at", 0);

    return at && oldest > at && p->nr % PAGES_MAX == 0;
}

/* What lies behind its end is a list of its own. False: there is too much. */
static bool ask_older(struct page *p, int64_t oldest)
{
    const struct repo *r = p->repo;
    CLEANUP_FREE char *date = when_format(oldest);
    CLEANUP_FREE char *until = net_escape(date);
    CLEANUP_FREE char *url = xasprintf("%s&created=%%3C%%3D%s", r->list, until);
    CLEANUP_FREE char *text = NULL;

    if (p->nr < PAGES_MAX * LISTS_MAX) {
        ask_page(p, url, 0);
        return true;
    }
    text = xasprintf("%s has more runs since the last pass than are read in "
                     "one: those made before %s were not read",
                     r->name, date);
    r->g->host->notice(r->g->host, "too-many-runs", text);
    return false;
}

static void list_over(struct page *p)
{
    if (p->repo->interest) {
        find_behind(p);
        p->nr++;
    }
    ask_behind(p);
}

static void on_page(void *user, const struct net_reply *reply)
{
    struct page *p = user;
    struct repo *r = p->repo;
    const json_t *list = jx_arr(reply->json, "workflow_runs");
    size_t nr = json_array_size(list);
    int64_t oldest;

    if (reply->unchanged && !jx_int(r->known, "at", 0) && !p->again) {
        /* The cursor was lost, and with it what has not changed. */
        p->again = true;
        p->nr = 0;
        ask_page(p, r->list, 0);
        return;
    }
    if (reply->unchanged && r->known) {
        r->unchanged = true;
    } else if (!reply->ok || !list) {
        if (reply->ok)
            net_trouble(&r->g->net, NET_ODD, r->list, "no workflow_runs");
        r->broken = true;
    } else {
        CLEANUP_FREE char *next = net_next(reply->http);

        workflow_look(r, list);
        for (size_t i = 0; i < nr; i++)
            look_at(p, json_array_get(list, i));
        oldest = nr ? time_of(json_array_get(list, nr - 1), "created_at") : 0;
        if (next && goes_on(p, oldest)) {
            ask_page(p, next, 0);
            return;
        }
        if (is_short(p, oldest) && ask_older(p, oldest))
            return;
    }
    list_over(p);
}

static void ask_page(struct page *p, const char *url, uint32_t flags)
{
    static const char *const only[] = {
        "workflow_runs",
        "id",
        "name",
        "path",
        "workflow_id",
        "head_branch",
        "head_sha",
        "event",
        "status",
        "conclusion",
        "run_attempt",
        "created_at",
        "updated_at",
        "repository",
        "head_repository",
        NULL,
    };

    p->nr++;
    api_ask(&p->repo->g->api, &(struct api_call){
                                  .owner = p->repo->owner,
                                  .url = url,
                                  .flags = flags,
                                  .only = only,
                                  .got = on_page,
                                  .user = p,
                              });
}

/* Only one branch is wanted: GitHub need not send the others. */
static const char *only_branch(const struct repo *r)
{
    char *const *b = r->g->branches;

    if (!b[0] || b[1] || strpbrk(b[0], "*?[\\"))
        return NULL;
    return strcmp(b[0], "default") ? b[0] : r->branch;
}

void runs_start(struct repo *r)
{
    struct page *p = xcalloc(1, sizeof(*p));
    const char *branch = only_branch(r);
    CLEANUP_FREE char *name = branch ? net_escape(branch) : NULL;
    int64_t at = jx_int(r->known, "at", 0), open = jx_int(r->known, "open", 0);

    p->repo = r;
    p->newest = json_object();
    p->seen = json_object();
    r->runs = json_object();
    r->red = json_object();
    r->twins = jx_obj(r->known, "twins")
                   ? json_deep_copy(jx_obj(r->known, "twins"))
                   : json_object();
    if (!at && r->seen)
        at = jx_int(cursor_sweep(&r->g->cursor), "done", 0);
    r->since = at ? at - r->g->overlap : r->g->now - r->g->first;
    if (open && open < r->since)
        r->since = open;
    r->list = xasprintf("%s/repos/%s/actions/runs?%s%s%s"
                        "exclude_pull_requests=true&per_page=%d",
                        r->g->api.base, r->name, branch ? "branch=" : "",
                        name ? name : "", branch ? "&" : "", RUNS_PER_PAGE);
    repo_hold(r);
    ask_page(p, r->list, TOCSIN_HTTP_CONDITIONAL);
}
