/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The jobs of a build as runs. Red ones come first: a push is only called
 * complete when all that is red in it has been handed over.
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "plugins/azure-pipelines/azure.h"
#include "plugins/azure-pipelines/outcome.h"

void job_run_init(struct job_run *r, const struct look *l,
                  const struct azure_job *j)
{
    const struct azure_build *b = &l->entry->build;

    *r = (struct job_run){ .run = TOCSIN_RUN_INIT };
    r->id = j ? xasprintf("%" PRId64 "/%s", b->id, j->key)
              : xasprintf("%" PRId64, b->id);
    r->url = j ? xasprintf("%s?buildId=%" PRId64 "&view=logs&j=%s", l->a->web,
                           b->id, j->id)
               : xasprintf("%s?buildId=%" PRId64, l->a->web, b->id);
    r->run.id = r->id;
    r->run.project = b->project;
    r->run.branch = b->branch;
    r->run.workflow = b->workflow;
    r->run.job = j ? j->job : NULL;
    r->run.variant = j ? j->variant : NULL;
    r->run.commit = b->commit;
    r->run.url = r->url;
    r->run.trigger = b->trigger;
    r->run.attempt = j ? j->attempt : 1;
    r->run.outcome = j ? j->outcome : TOCSIN_OUTCOME_FAILURE;
    r->run.created = b->queued;
    r->run.started = j && j->started ? j->started : b->started;
    r->run.finished = j && j->finished ? j->finished : b->finished;
}

void job_run_release(struct job_run *r)
{
    free(r->id);
    free(r->url);
}

static void say_job(const struct look *l, const struct azure_job *j)
{
    const struct tocsin_host *host = l->a->host;
    struct job_run r;

    job_run_init(&r, l, j);
    r.run.push_complete = l->timeline.complete && !l->failed;
    host->run(host, &r.run);
    job_run_release(&r);
}

static void write_issues(const struct tocsin_host *host, uint64_t log,
                         const struct azure_issues *issues)
{
    for (size_t i = 0; i < issues->nr; i++) {
        CLEANUP_FREE char *line =
            xasprintf("##[error]%s\n", issues->at[i].text);

        host->log_write(host, log, line, strlen(line));
    }
}

/* It failed before there were jobs: a pipeline that cannot be read, a pool
 * that may not be used. */
static void say_build(const struct look *l)
{
    const struct azure_build *b = &l->entry->build;
    const struct tocsin_host *host = l->a->host;
    struct job_run r;
    uint64_t log;

    job_run_init(&r, l, NULL);
    if (!b->says && !l->timeline.issues.nr) {
        host->run(host, &r.run);
    } else if (host->log_begin(host, &r.run, "azure-pipelines", &log)
               == TOCSIN_OK) {
        if (b->says)
            host->log_write(host, log, b->says, strlen(b->says));
        write_issues(host, log, &l->timeline.issues);
        host->log_end(host, log, NULL);
    }
    job_run_release(&r);
}

static bool has_red(const struct azure_timeline *t)
{
    for (size_t i = 0; i < t->nr; i++)
        if (azure_is_red(t->jobs[i].outcome))
            return true;
    return false;
}

static bool is_fine(const struct azure_job *j)
{
    return j->outcome == TOCSIN_OUTCOME_SUCCESS
           || j->outcome == TOCSIN_OUTCOME_SKIPPED;
}

static bool is_newest(const struct azure_timeline *t, const struct azure_job *j)
{
    for (size_t i = 0; i < t->nr; i++)
        if (t->jobs[i].attempt > j->attempt && !strcmp(t->jobs[i].key, j->key))
            return false;
    return true;
}

/* Jobs may share what people call them, and then are one to everybody else:
 * what is green of them must not mend what is not. Of each the newest attempt
 * counts. */
static bool is_twin_of_worse(const struct azure_timeline *t,
                             const struct azure_job *j)
{
    for (size_t i = 0; i < t->nr; i++) {
        const struct azure_job *o = &t->jobs[i];

        if (!is_fine(o) && strcmp(o->key, j->key) && str_eq(o->job, j->job)
            && str_eq(o->variant, j->variant) && is_newest(t, o))
            return true;
    }
    return false;
}

static bool is_said(const struct azure_timeline *t, const struct azure_job *j)
{
    return !azure_is_red(j->outcome)
           && (j->outcome != TOCSIN_OUTCOME_SUCCESS || !is_twin_of_worse(t, j));
}

static void say_others(const struct look *l)
{
    const struct azure_timeline *t = &l->timeline;

    for (size_t i = 0; i < t->nr; i++)
        if (is_said(t, &t->jobs[i]))
            say_job(l, &t->jobs[i]);
    if (l->entry->build.failed && !l->failed && !has_red(t))
        say_build(l);
}

void jobs_go_on(struct look *l)
{
    struct azure_timeline *t = &l->timeline;

    while (l->next_job < t->nr) {
        struct azure_job *j = &t->jobs[l->next_job++];

        if (!azure_is_red(j->outcome))
            continue;
        /* Its log is for the next pass. */
        if (l->a->net.cut)
            l->failed = true;
        else if (log_start(l, j))
            return;
    }
    say_others(l);
    look_end(l);
}
