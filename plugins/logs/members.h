/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * members: which files of an archive are logs, sidecars, or copies.
 *
 * GitHub's archive of an Actions run holds each job twice: whole, as
 * "N_job.txt", and by steps, as "job/N_step.txt". The whole one is kept and
 * the steps are skipped; where a job is there by steps only, they are one
 * log, in the order of their numbers.
 */
#ifndef TOCSIN_LOGS_MEMBERS_H
#define TOCSIN_LOGS_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plugins/logs/stream.h"

enum member_kind {
    MEMBER_OTHER, /* folder, link, hidden file */
    MEMBER_LOG,
    MEMBER_SIDECAR,
    MEMBER_COPY, /* of a step whose job is there as a whole */
    MEMBER_STEP, /* part of the log `group` */
};

struct logs_member {
    enum member_kind kind;
    char *name;  /* tame: no "..", no leading "/" */
    char *job;   /* MEMBER_LOG: "N_job.txt"'s job, or NULL */
    char *group; /* MEMBER_STEP: the job's folder */
    long step;
    int64_t mtime;
    char *text; /* MEMBER_SIDECAR */
    size_t len;
    bool used; /* a sidecar that has its log */
};

struct logs_plan {
    struct logs_member *m; /* in the archive's order, one a header */
    size_t nr, alloc;
    size_t kept; /* bytes of sidecars */
    char *fault; /* why the plan is not of the whole archive */
};

/* s: an archive at its first member. Reads all headers. */
void logs_plan_make(struct logs_plan *p, struct logs_stream *s);
/* The sidecar of a log or a group of that name, or NULL. */
struct logs_member *logs_plan_sidecar(const struct logs_plan *p,
                                      const char *name);
/* The members of group, by step: indices in a new array. */
size_t *logs_plan_steps(const struct logs_plan *p, const char *group,
                        size_t *nr);
void logs_plan_release(struct logs_plan *p);

#endif
