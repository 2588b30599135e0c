/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * belong: which run a log is of. Sidecar before pattern before options
 * before what the file's own name and times tell.
 */
#ifndef TOCSIN_LOGS_BELONG_H
#define TOCSIN_LOGS_BELONG_H

#include <stdbool.h>

#include "plugins/logs/pattern.h"
#include "plugins/logs/sidecar.h"

/* What the options say of every log; strings are borrowed, NULL: nothing. */
struct logs_defaults {
    const char *project, *owner, *branch, *default_branch, *workflow, *job,
        *variant, *commit, *format;
    int outcome;
    int push_complete;
};

/* Where a log lies. */
struct logs_place {
    const char *path;       /* the file's */
    const char *rel;        /* below the configured path */
    const char *member;     /* in an archive, else NULL */
    const char *member_job; /* what an Actions archive calls it */
    bool many;              /* the archive holds other logs too */
    int64_t mtime;
    const struct logs_sidecar *outer; /* of the file; may be NULL */
    const struct logs_sidecar *inner; /* of the member; may be NULL */
};

struct logs_belong {
    struct tocsin_run run;
    const char *format;
    char *values[NR_FIELDS];
    char *project, *id, *job, *commit;
};

/* -1 and err when it cannot be told whose log it is. b must be released
 * either way. */
int logs_belong(struct logs_belong *b, const struct logs_defaults *d,
                const struct logs_pattern *pattern,
                const struct logs_place *place, struct err *err);
void logs_belong_release(struct logs_belong *b);

#endif
