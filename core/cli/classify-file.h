/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * classify-file: a path by some rules, in a process of its own with a limit
 * of memory and time: what it reads is hostile.
 */
#ifndef TOCSIN_CLI_CLASSIFY_FILE_H
#define TOCSIN_CLI_CLASSIFY_FILE_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#include "core/base/strbuf.h"

struct baseline;
struct ruleset;
struct settings;

/* How logs are read. */
struct reading {
    const struct ruleset *rules;
    const struct settings *settings; /* for its redact, or NULL */
    const struct baseline *green;    /* of the last green log, or NULL */
    int outcome;                     /* of the job, enum tocsin_outcome */
    bool make_baseline;              /* of the log itself */
};

/* One path: a log or an archive of several. */
struct job {
    const char *path; /* set by the caller */
    pid_t pid;
    int fd;            /* its output, -1: closed */
    struct strbuf out; /* a result a line, as `classify --json` prints them;
                        * released by the caller */
    bool started, done;
    int status; /* of its process */
};

/* -1: no process could be made, which was said. */
int job_start(struct job *j, const struct reading *how);
/* Waits for some output of it, or its end: then done is set. */
void job_read(struct job *j);
/* Of one that is done: its exit status; what went wrong is said. */
int job_status(const struct job *j);

/* The last green log of the same job, new. NULL: what went wrong was said,
 * *status is the exit status. */
struct baseline *classify_green(const struct reading *how, const char *path,
                                int *status);

/* The one result of a path, new. NULL as above. green: a path, or NULL. */
json_t *classify_file(const struct reading *how, const char *path,
                      const char *green, int *status);

#endif
