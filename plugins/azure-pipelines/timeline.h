/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * timeline: what Azure says of one build, read into jobs.
 *
 * A timeline is a flat list of records: stages hold phases, phases jobs,
 * jobs tasks. Where a stage was run again its jobs have a higher attempt, and
 * name the timeline in which the one before it lies. All of it is hostile:
 * anything may be missing, of another type, or refer to itself.
 */
#ifndef TOCSIN_PLUGINS_AZURE_TIMELINE_H
#define TOCSIN_PLUGINS_AZURE_TIMELINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Caps; with what is beyond them the timeline is not complete. */
#define AZURE_RECORDS_MAX 20000
#define AZURE_JOBS_MAX 2000
#define AZURE_ISSUES_MAX 20
#define AZURE_ISSUE_BYTES ((size_t)4 << 10)
#define AZURE_EARLIER_MAX 20

struct azure_issue {
    char *text;
    bool in_log; /* the log says it, too */
};

struct azure_issues {
    struct azure_issue *at;
    size_t nr, alloc;
};

struct azure_task {
    char *id, *name;    /* name: "" where there is none */
    int64_t order, log; /* log 0: none */
    int outcome;
    struct azure_issues issues;
};

struct azure_job {
    char *id;  /* of this attempt */
    char *key; /* the same in all attempts */
    char *job, *variant;
    int attempt;
    int outcome;
    int64_t started, finished, log;
    struct azure_issues issues;
    struct azure_task *tasks; /* in order */
    size_t nr_tasks, alloc_tasks;
};

struct azure_timeline {
    struct azure_job *jobs;
    size_t nr, alloc;
    /* Every job there was to be has run to an end of its own: nothing was
     * skipped, stopped or left out. Only then does a job's absence say
     * something. */
    bool complete;
    char **earlier; /* timelines of earlier attempts */
    size_t nr_earlier, alloc_earlier;
    struct azure_issues issues; /* of stages and phases */
};

/* Adds what v says. Jobs that are there already in the same attempt are left
 * as they are, so the newest timeline is read first and those of earlier
 * attempts then. False: v is no timeline. */
bool azure_timeline_add(struct azure_timeline *t, const json_t *v);
void azure_timeline_release(struct azure_timeline *t);

#endif
