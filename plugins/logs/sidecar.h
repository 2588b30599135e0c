/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sidecar: the file NAME.json beside a log that says what it belongs to.
 *
 * One JSON object with the members of struct tocsin_run by name, `outcome`
 * by its name, times as ISO 8601 text or as seconds, and `format`. Unknown
 * members, wrong types and impossible values refuse the whole sidecar: a run
 * booked on the wrong project is worse than one that is missing.
 */
#ifndef TOCSIN_LOGS_SIDECAR_H
#define TOCSIN_LOGS_SIDECAR_H

#include <jansson.h>

#include "core/base/err.h"
#include "core/tocsin-plugin.h"

#define LOGS_SIDECAR_MAX ((size_t)64 << 10)

struct logs_sidecar {
    json_t *json;          /* owns the strings of run */
    struct tocsin_run run; /* what is not given is as RUN_INIT has it */
    const char *format;
    int has_attempt, has_outcome, has_complete, has_default;
};

/* -1 and err, which names every member that is at fault. */
int logs_sidecar_parse(struct logs_sidecar *s, const char *text, size_t n,
                       struct err *err);
int logs_sidecar_read(struct logs_sidecar *s, const char *path,
                      struct err *err);
void logs_sidecar_release(struct logs_sidecar *s);

/* The outcome of that name, -1 for none. */
int logs_outcome(const char *name);

#endif
