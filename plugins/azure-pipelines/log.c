/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The log of a red job: those of its failing tasks, in order, as one; then
 * what the server itself says of the job, which no log holds. Must not take
 * half a log for a whole one, nor a page of HTML for a log.
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "plugins/azure-pipelines/azure.h"
#include "plugins/azure-pipelines/outcome.h"

/* What conda-forge's builds say when they are not needed any more. */
static const char outdated[] = "Failing outdated PR build to end it.";
#define OUTDATED_LEN (sizeof(outdated) - 1)

struct job_log {
    struct look *look;
    struct azure_job *job;
    struct job_run run;
    uint64_t log; /* 0: not begun */
    size_t next_task;
    const struct azure_task *task; /* whose log is read; NULL: the job's */
    bool asked;                    /* for some log */
    bool fresh;                    /* nothing of this file has come yet */
    bool any;                      /* of some log all came */
    bool refused;                  /* the host does not want this run */
    bool again;                    /* it was handed over before */
    bool unknown; /* a green log might tell what no rule does */
    char tail[OUTDATED_LEN];
    size_t nr_tail;
    bool is_outdated;
};

static void next_part(struct job_log *g);

static const struct tocsin_host *host_of(const struct job_log *g)
{
    return g->look->a->host;
}

static void free_log(struct job_log *g)
{
    job_run_release(&g->run);
    free(g);
}

/* ---- writing ------------------------------------------------------------- */

static bool begin(struct job_log *g)
{
    const struct tocsin_host *host = host_of(g);

    if (g->log || g->refused)
        return !g->refused;
    g->refused =
        host->log_begin(host, &g->run.run, AZURE_FORMAT, &g->log) != TOCSIN_OK;
    if (g->refused)
        g->log = 0;
    return !g->refused;
}

static void write_issues(struct job_log *g, const struct azure_issues *issues,
                         bool all)
{
    const struct tocsin_host *host = host_of(g);

    for (size_t i = 0; i < issues->nr; i++) {
        CLEANUP_FREE char *line = NULL;

        if ((issues->at[i].in_log && !all) || !begin(g))
            continue;
        line = xasprintf("##[error]%s\n", issues->at[i].text);
        host->log_write(host, g->log, line, strlen(line));
    }
}

/* Of a job that was given up the timeline may say that alone: no log has its
 * end, and what is in it was not what ended it. */
static void write_abandoned(struct job_log *g)
{
    static const char line[] = "##[error]The job request was abandoned because "
                               "its agent did not say how it ended\n";
    const struct azure_issues *issues = &g->job->issues;

    for (size_t i = 0; i < issues->nr; i++)
        if (azure_outcome_by_issue(TOCSIN_OUTCOME_FAILURE, issues->at[i].text)
            == TOCSIN_OUTCOME_ABANDONED)
            return;
    if (g->job->outcome == TOCSIN_OUTCOME_ABANDONED && begin(g))
        host_of(g)->log_write(host_of(g), g->log, line, sizeof(line) - 1);
}

/* The sentence may lie across two pieces. */
static void look_for_outdated(struct job_log *g, const char *p, size_t n)
{
    char seam[2 * OUTDATED_LEN];
    size_t head = n < OUTDATED_LEN ? n : OUTDATED_LEN, keep;

    memcpy(seam, g->tail, g->nr_tail);
    memcpy(seam + g->nr_tail, p, head);
    if (memmem(seam, g->nr_tail + head, outdated, OUTDATED_LEN)
        || memmem(p, n, outdated, OUTDATED_LEN))
        g->is_outdated = true;
    if (n >= OUTDATED_LEN) {
        memcpy(g->tail, p + n - OUTDATED_LEN, OUTDATED_LEN);
        g->nr_tail = OUTDATED_LEN;
        return;
    }
    keep = g->nr_tail + n < OUTDATED_LEN ? g->nr_tail + n : OUTDATED_LEN;
    memcpy(g->tail, seam + g->nr_tail + n - keep, keep);
    g->nr_tail = keep;
}

static void begin_part(struct job_log *g)
{
    const struct look *l = g->look;
    CLEANUP_FREE char *url = NULL;

    g->fresh = false;
    if (g->task)
        url = xasprintf("%s?buildId=%" PRId64 "&view=logs&j=%s&t=%s&l={line}",
                        l->a->web, l->entry->build.id, g->job->id, g->task->id);
    host_of(g)->log_part(host_of(g), g->log, url);
}

static int on_part(void *user, const char *p, size_t n)
{
    struct job_log *g = user;

    if (!begin(g))
        return TOCSIN_REJECT;
    if (g->fresh)
        begin_part(g);
    look_for_outdated(g, p, n);
    return host_of(g)->log_write(host_of(g), g->log, p, n);
}

/* ---- its end ------------------------------------------------------------- */

static bool is_unknown(const struct job_log *g)
{
    const struct tocsin_host *host = host_of(g);

    return g->any && !g->again && azure_is_red(g->run.run.outcome)
           && TOCSIN_HAS(host, log_unknown)
           && host->log_unknown(host, g->log) == 1;
}

/* What tasks say of themselves, where no log came: those that ended well
 * despite of it (`continueOnError`) only where no other one did worse. */
static void write_tasks(struct job_log *g)
{
    const struct azure_job *j = g->job;
    bool red = false;

    for (size_t i = 0; i < j->nr_tasks; i++)
        red |= azure_is_red(j->tasks[i].outcome);
    for (size_t i = 0; i < j->nr_tasks; i++)
        if (!red || azure_is_red(j->tasks[i].outcome))
            write_issues(g, &j->tasks[i].issues, true);
}

static void say(struct job_log *g)
{
    const struct tocsin_host *host = host_of(g);
    const struct azure_job *j = g->job;

    if (g->log)
        host->log_part(host, g->log, NULL);
    if (!g->any)
        write_tasks(g);
    write_issues(g, &j->issues, !g->any);
    write_abandoned(g);
    if (g->is_outdated)
        g->run.run.outcome = TOCSIN_OUTCOME_CANCELLED;
    if (g->log) {
        g->unknown = is_unknown(g);
        host->log_end(host, g->log, &g->run.run);
    } else if (!g->refused) {
        host->run(host, &g->run.run);
    }
    g->log = 0;
}

void log_leave(struct job_log *g)
{
    struct look *l = g->look;

    free_log(g);
    jobs_go_on(l);
}

static void over(struct job_log *g)
{
    say(g);
    if (g->unknown)
        green_for(g, g->look, g->job);
    else
        log_leave(g);
}

bool log_is_html(const struct tocsin_http_reply *http)
{
    static const char html[] = "text/html";
    const char *type = http->error ? NULL : net_header(http, "Content-Type");

    return type && !strncasecmp(type, html, sizeof(html) - 1);
}

/* Will another pass get more of it? */
static bool is_passing(const struct job_log *g,
                       const struct tocsin_http_reply *http)
{
    if (http->error == TOCSIN_HTTP_TOO_LARGE)
        return false;
    return g->look->a->net.cut || !g->look->last_try;
}

static void on_ended(void *user, const struct net_log_end *end)
{
    struct job_log *g = user;
    struct look *l = g->look;
    bool whole = end->whole && !log_is_html(end->http);

    if (whole || end->gone || g->refused) {
        g->any = g->any || whole;
        next_part(g);
        return;
    }
    if (end->whole)
        net_trouble(&l->a->net, NET_ODD, end->http->url,
                    "a page of HTML for a log");
    /* Half a log is none. */
    if (g->log)
        host_of(g)->log_drop(host_of(g), g->log);
    g->log = 0;
    g->any = false;
    if (g->again) {
        log_leave(g);
    } else if (is_passing(g, end->http)) {
        l->failed = true;
        log_leave(g);
    } else {
        g->next_task = g->job->nr_tasks;
        over(g);
    }
}

/* ---- its parts ----------------------------------------------------------- */

void log_ask(struct azure *a, int64_t build, int64_t nr,
             int (*part)(void *user, const char *p, size_t n),
             void (*ended)(void *user, const struct net_log_end *end),
             void *user)
{
    CLEANUP_FREE char *url =
        xasprintf("%s/builds/%" PRId64 "/logs/%" PRId64 "?api-version=7.1",
                  a->api, build, nr);
    const char *lines[3];
    const struct net_stream_call call = {
        .url = url,
        .headers = azure_headers(a, true, lines),
        .flags = TOCSIN_HTTP_NO_REDIRECT,
        .max_body = a->max_log,
        .part = part,
        .ended = ended,
        .user = user,
    };

    net_stream(&a->net, &call);
}

bool log_is_wanted(const struct azure_job *j, const struct azure_task *t)
{
    if (!t->log)
        return false;
    return azure_is_red(t->outcome)
           || (j->outcome != TOCSIN_OUTCOME_FAILURE
               && t->outcome == TOCSIN_OUTCOME_CANCELLED);
}

/* The next log to be read; 0: none. */
static int64_t next_log(struct job_log *g)
{
    const struct azure_job *j = g->job;

    while (g->next_task < j->nr_tasks) {
        g->task = &j->tasks[g->next_task++];
        if (log_is_wanted(j, g->task))
            return g->task->log;
    }
    g->task = NULL;
    /* A job that no task of it made red. */
    return g->asked ? 0 : j->log;
}

/* False: there is none. */
static bool ask_next(struct job_log *g)
{
    int64_t nr = next_log(g);

    if (!nr || g->refused)
        return false;
    g->asked = g->fresh = true;
    log_ask(g->look->a, g->look->entry->build.id, nr, on_part, on_ended, g);
    return true;
}

static void next_part(struct job_log *g)
{
    if (ask_next(g))
        return;
    /* What was said first stands. */
    if (g->again && !g->any)
        log_leave(g);
    else
        over(g);
}

void log_again(struct job_log *g)
{
    struct look *l = g->look;
    struct azure_job *j = g->job;

    job_run_release(&g->run);
    *g = (struct job_log){ .look = l, .job = j, .again = true };
    job_run_init(&g->run, l, j);
    next_part(g);
}

bool log_start(struct look *l, struct azure_job *j)
{
    struct job_log *g = xcalloc(1, sizeof(*g));

    g->look = l;
    g->job = j;
    job_run_init(&g->run, l, j);
    if (ask_next(g))
        return true;
    say(g);
    free_log(g);
    return false;
}
