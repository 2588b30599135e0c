/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One job: handed over as a run; a red one with its log, or, where the log
 * has expired or may not be read, with what its annotations and steps say.
 *
 * Must not follow an address that a reply names, but for the one redirect
 * of a log, which the host guards.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"
#include "plugins/github-actions/annotations.h"
#include "plugins/github-actions/gha.h"
#include "plugins/github-actions/outcome.h"
#include "plugins/github-actions/steps.h"

#define LOG_MAX ((size_t)1 << 30)
/* A log that a server in trouble does not give, or not to its end, is asked
 * for again so long; one that is not there yet, so long. */
#define LOG_PATIENCE DAY
#define LOG_LATE HOUR
#define FORMAT "github-actions"
/* Nobody else says it of a job that is "stale". */
#define ABANDONED                                                              \
    "##[error]The job request was abandoned because no runner said how it "    \
    "ended\n"
#define TIME_MIN MINUTE /* no job can be given less */
/* conda-smithy's ff_ci_pr_build ends builds of an old push so. */
#define OUTDATED "Failing outdated PR build to end it."

struct job {
    struct gha *g;
    struct wrun *run;
    struct job *next; /* of those that wait */
    int64_t id;
    struct tocsin_run said; /* its strings: own */
    char *key, *name, *variant, *url, *line_url;
    char *out_of_time; /* the annotation that says so */
    json_t *v;
    struct steps steps;
    uint64_t log;    /* that steps are of */
    size_t outdated; /* how far OUTDATED has matched */
    int64_t attempt;
    bool whole;
    bool again;                           /* it was handed over before */
    bool there;                           /* its log has been handed over */
    void (*done)(void *user, bool there); /* of one that green.c wants */
    void *user;
};

static int64_t time_of(const json_t *v, const char *key)
{
    const char *text = jx_str(v, key);
    int64_t t = 0;

    return text && when_parse(text, &t) == 0 ? t : 0;
}

/* ---- what it is ---------------------------------------------------------- */

/* conda-smithy calls jobs by their variant's file: linux_64_python3.12. */
static bool is_variant(const char *name)
{
    static const char *const platforms[] = {
        "linux_64",      "linux_aarch64", "linux_ppc64le", "linux_s390x",
        "linux_riscv64", "linux_armv7l",  "osx_64",        "osx_arm64",
        "win_64",        "win_arm64",     "noarch",
    };

    for (size_t i = 0; i < ARRAY_SIZE(platforms); i++) {
        const char *rest = name + strlen(platforms[i]);

        if (str_starts(name, platforms[i]) && (!*rest || *rest == '_')
            && !strpbrk(name, " /()"))
            return true;
    }
    return false;
}

static void fill(struct job *j)
{
    struct tocsin_run init = TOCSIN_RUN_INIT, *r = &j->said;
    const struct wrun *w = j->run;
    const struct repo *repo = w->repo;
    const char *name = jx_str_or(j->v, "name", "");
    int64_t own = jx_int(j->v, "run_attempt", 0);

    *r = init;
    /* One without a name stands for the whole run. */
    j->key = *name ? xasprintf("%lld", (long long)j->id)
                   : xasprintf("run-%lld", (long long)j->id);
    j->name = *name ? xstrdup(name) : NULL;
    j->variant = is_variant(name) ? xstrdup(name) : NULL;
    j->url = *name
                 ? xasprintf("%s/%s/actions/runs/%lld/job/%lld", j->g->api.web,
                             repo->name, (long long)w->id, (long long)j->id)
                 : xasprintf("%s/%s/actions/runs/%lld", j->g->api.web,
                             repo->name, (long long)w->id);
    r->id = j->key;
    r->project = repo->name;
    r->project_id = repo->id;
    r->branch = w->branch;
    r->workflow = w->workflow;
    r->job = j->name;
    r->variant = j->variant;
    r->commit = w->commit;
    r->url = j->url;
    r->trigger = w->trigger;
    r->attempt = (int32_t)(own > 0 && own <= j->attempt ? own : j->attempt);
    r->outcome = j->out_of_time ? TOCSIN_OUTCOME_TIMED_OUT
                                : gha_outcome(jx_str(j->v, "conclusion"));
    r->created = w->created;
    r->started = time_of(j->v, "started_at");
    r->finished = time_of(j->v, "completed_at");
    r->push_complete = j->whole;
    r->default_branch = repo->given    ? 0
                        : repo->branch ? str_eq(w->branch, repo->branch)
                                       : -1;
}

static void clear(struct job *j)
{
    steps_release(&j->steps);
    free(j->key);
    free(j->name);
    free(j->variant);
    free(j->url);
    free(j->line_url);
    j->line_url = NULL;
    j->outdated = 0;
}

static void job_free(struct job *j)
{
    struct wrun *w = j->run;
    void (*done)(void *, bool) = j->done;
    void *user = j->user;
    bool there = j->there;

    clear(j);
    free(j->out_of_time);
    json_decref(j->v);
    free(j);
    if (done)
        done(user, there);
    wrun_let_go(w);
}

/* ---- where its log is gone ----------------------------------------------- */

static void say_told(struct job *j, const json_t *annotations)
{
    const struct tocsin_host *host = j->g->host;
    struct strbuf b;
    uint64_t log = 0;

    strbuf_init(&b, ANNOTATIONS_MAX);
    annotations_tell(&b, jx_arr(j->v, "steps"), annotations);
    if (j->said.outcome == TOCSIN_OUTCOME_ABANDONED)
        strbuf_adds(&b, ABANDONED);
    if (host->log_begin(host, &j->said, FORMAT, &log) == TOCSIN_OK) {
        host->log_write(host, log, b.buf, b.len);
        host->log_end(host, log, NULL);
    }
    strbuf_release(&b);
}

/* They are there, or nobody will ever have them. */
static bool is_final(const struct net_reply *reply)
{
    int status = reply->http->error ? 0 : reply->http->status;

    return reply->ok || status == 403 || status == 404 || status == 410;
}

static void on_annotations(void *user, const struct net_reply *reply)
{
    struct job *j = user;

    if (is_final(reply))
        say_told(j, json_is_array(reply->json) ? reply->json : NULL);
    else
        j->run->failed = true;
    job_free(j);
}

static void ask_annotations(struct job *j,
                            void (*got)(void *, const struct net_reply *))
{
    const struct repo *r = j->run->repo;
    CLEANUP_FREE char *path =
        xasprintf("/repos/%s/check-runs/%lld/annotations?per_page=100", r->name,
                  (long long)j->id);

    api_ask(&j->g->api, &(struct api_call){
                            .owner = r->owner,
                            .url = path,
                            .missing_is_fine = true,
                            .got = got,
                            .user = j,
                        });
}

/* ---- its log ------------------------------------------------------------- */

static void watch(struct job *j, const char *p, size_t n)
{
    static const char text[] = OUTDATED;

    for (size_t i = 0; i < n && j->outdated < sizeof(text) - 1; i++)
        j->outdated =
            p[i] == text[j->outdated] ? j->outdated + 1 : p[i] == text[0];
}

static void on_step(void *user, int64_t line, int outcome)
{
    const struct job *j = user;
    const struct tocsin_host *host = j->g->host;

    if (TOCSIN_HAS(host, log_step))
        host->log_step(host, j->log, line, outcome);
}

static void on_part(void *user, uint64_t log, const char *p, size_t n)
{
    struct job *j = user;

    j->log = log;
    steps_feed(&j->steps, p, n);
    watch(j, p, n);
}

static void look_for_steps(struct job *j)
{
    steps_begin(&j->steps, jx_arr(j->v, "steps"));
    j->steps.found = on_step;
    j->steps.user = j;
}

/* The page of a job numbers the lines of each step for itself. */
static void link_lines(struct job *j)
{
    int64_t step = steps_failing(&j->steps);
    int64_t offset = steps_offset(&j->steps);

    if (!step)
        return;
    if (offset >= 0) {
        j->line_url = xasprintf("%s#step:%lld:{line}", j->url, (long long)step);
        j->said.line_url = j->line_url;
        j->said.line_offset = offset;
    } else {
        char *url = xasprintf("%s#step:%lld:1", j->url, (long long)step);

        free(j->url);
        j->said.url = j->url = url;
    }
}

static bool is_fault(const struct tocsin_http_reply *r)
{
    return r->error == TOCSIN_HTTP_TRUNCATED || r->error == TOCSIN_HTTP_TIMEOUT
           || r->error == TOCSIN_HTTP_UNREACHABLE || r->error == TOCSIN_HTTP_TLS
           || r->error == TOCSIN_HTTP_REDIRECT
           || r->error == TOCSIN_HTTP_TOO_LARGE;
}

/* The server that has the log does not know us: it refuses an address that
 * was good for some minutes, and there will be another. */
static bool is_passing(const struct job *j, const struct tocsin_http_reply *r)
{
    bool refused = r->status == 401 || r->status == 403;

    return is_fault(r)
           || (!r->error
               && (r->status >= 500
                   || (refused && !api_answers(&j->g->api, r))));
}

static bool may_be_told(const struct job *j, const struct net_log_end *end)
{
    int status = end->http->error ? 0 : end->http->status;

    if (is_passing(j, end->http))
        return gha_now(j->g) - j->said.finished > LOG_PATIENCE;
    return end->gone || status == 403 || status == 401
           || (end->whole && !end->log);
}

/* A log comes some time behind the end of its job. */
static bool is_late(const struct job *j, const struct net_log_end *end)
{
    return !j->run->repo->given && !end->http->error && end->http->status == 404
           && gha_now(j->g) - j->said.finished < LOG_LATE;
}

/* Whether the green log of the same job might tell what no rule does. */
static bool is_unknown(const struct job *j, uint64_t log)
{
    const struct tocsin_host *host = j->g->host;

    return gha_is_red(j->said.outcome) && !j->again && j->name
           && !j->run->repo->given && TOCSIN_HAS(host, log_unknown)
           && host->log_unknown(host, log) == 1;
}

/* The log itself says only that it was cancelled. */
static void say_out_of_time(const struct job *j, uint64_t log)
{
    const struct tocsin_host *host = j->g->host;

    if (j->out_of_time)
        host->log_write(host, log, j->out_of_time, strlen(j->out_of_time));
}

static void next_log(struct gha *g);

static void on_log_end(void *user, const struct net_log_end *end)
{
    struct job *j = user;
    struct gha *g = j->g;
    const struct tocsin_host *host = g->host;
    bool unknown;

    g->logs--;
    if (end->log && (end->whole || end->http->error == TOCSIN_HTTP_TOO_LARGE)) {
        link_lines(j);
        say_out_of_time(j, end->log);
        if (j->outdated == sizeof(OUTDATED) - 1)
            j->said.outcome = TOCSIN_OUTCOME_CANCELLED;
        unknown = is_unknown(j, end->log);
        j->there = host->log_end(host, end->log, &j->said) == TOCSIN_OK;
        if (unknown)
            green_for(j, j->run, j->name);
        else
            job_free(j);
    } else if (j->again || j->done) {
        if (end->log)
            host->log_drop(host, end->log);
        job_free(j);
    } else if (is_late(j, end)) {
        j->run->late = true;
        job_free(j);
    } else if (may_be_told(j, end) && !g->api.fatal) {
        if (end->log)
            host->log_drop(host, end->log);
        ask_annotations(j, on_annotations);
    } else {
        if (end->log)
            host->log_drop(host, end->log);
        j->run->failed = true;
        job_free(j);
    }
    next_log(g);
}

static void read_log(struct job *j)
{
    const struct repo *r = j->run->repo;
    CLEANUP_FREE char *path = xasprintf("/repos/%s/actions/jobs/%lld/logs",
                                        r->name, (long long)j->id);
    CLEANUP_FREE char *item =
        xasprintf("%s job %lld", r->name, (long long)j->id);

    if (j->g->host->item(j->g->host, item) == TOCSIN_REJECT) {
        if (!j->again && !j->done)
            j->g->host->run(j->g->host, &j->said);
        job_free(j);
        return;
    }
    j->g->logs++;
    api_log(&j->g->api, r->owner, path,
            &(struct net_log_call){
                .run = &j->said,
                .format = FORMAT,
                .max_body = LOG_MAX,
                .part = on_part,
                .ended = on_log_end,
                .user = j,
            });
}

/* A log may be begun. */
static void next_log(struct gha *g)
{
    while (g->waiting && g->logs < GHA_LOGS) {
        struct job *j = g->waiting;

        g->waiting = j->next;
        if (!g->waiting)
            g->waiting_end = &g->waiting;
        read_log(j);
    }
}

bool job_is_over(const json_t *v)
{
    return jx_int(v, "id", 0) > 0 && str_eq(jx_str(v, "status"), "completed")
           && jx_str(v, "conclusion");
}

static struct job *job_new(struct wrun *w, const json_t *v, int64_t attempt,
                           bool whole)
{
    struct job *j = xcalloc(1, sizeof(*j));

    j->g = w->repo->g;
    j->run = w;
    j->id = jx_int(v, "id", 0);
    j->v = json_incref((json_t *)(uintptr_t)v);
    j->attempt = attempt;
    j->whole = whole;
    wrun_hold(w);
    fill(j);
    look_for_steps(j);
    return j;
}

static void wait_for_log(struct job *j)
{
    struct gha *g = j->g;

    *g->waiting_end = j;
    g->waiting_end = &j->next;
    next_log(g);
}

/* ---- cancelled, or out of time ------------------------------------------- */

static bool may_be_out_of_time(const struct job *j)
{
    return j->said.outcome == TOCSIN_OUTCOME_CANCELLED && j->name
           && j->said.started && j->said.finished - j->said.started >= TIME_MIN;
}

static void on_reason(void *user, const struct net_reply *reply)
{
    struct job *j = user;

    j->out_of_time = annotations_out_of_time(reply->ok ? reply->json : NULL);
    if (j->out_of_time) {
        j->said.outcome = TOCSIN_OUTCOME_TIMED_OUT;
        wait_for_log(j);
        return;
    }
    if (is_final(reply))
        j->g->host->run(j->g->host, &j->said);
    else
        j->run->failed = true;
    job_free(j);
}

void job_say(struct wrun *w, const json_t *v, int64_t attempt, bool whole)
{
    struct gha *g = w->repo->g;
    struct job *j;

    if (!job_is_over(v))
        return;
    j = job_new(w, v, attempt, whole);
    if (gha_is_red(j->said.outcome) && !j->name) {
        say_told(j, NULL);
        job_free(j);
    } else if (gha_is_red(j->said.outcome)
               || (g->green_logs
                   && j->said.outcome == TOCSIN_OUTCOME_SUCCESS)) {
        wait_for_log(j);
    } else if (may_be_out_of_time(j)) {
        ask_annotations(j, on_reason);
    } else {
        g->host->run(g->host, &j->said);
        job_free(j);
    }
}

void job_green(struct wrun *w, const json_t *v, int64_t attempt, bool whole,
               void (*done)(void *user, bool there), void *user)
{
    struct job *j = job_new(w, v, attempt, whole);

    j->done = done;
    j->user = user;
    wait_for_log(j);
}

void job_again(struct job *j)
{
    clear(j);
    fill(j);
    look_for_steps(j);
    j->again = true;
    j->next = NULL;
    wait_for_log(j);
}

void job_leave(struct job *j)
{
    job_free(j);
}
