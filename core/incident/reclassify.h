/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reclassify: the rules have changed, so the red runs on branches where
 * something is open are classified again from what is stored. Evidence is a
 * function of the runs: correlate() then finds the same episodes under
 * today's names, and tickets, which are not named after rules, stay.
 */
#ifndef TOCSIN_INCIDENT_RECLASSIFY_H
#define TOCSIN_INCIDENT_RECLASSIFY_H

#include <jansson.h>

#include "core/base/err.h"
#include "core/config/settings.h"
#include "core/store/store.h"

struct reclassify_options {
    /* [{"id", "failures"}] in, [{"id", "how": "same"|"other"|"kept",
     * "failures"}] out (new), by a process that may read text of logs. NULL
     * and err when it could not. */
    json_t *(*ask)(void *user, const json_t *runs, struct err *err);
    void *user;
    int64_t deadline_ms; /* monotonic: goes on in the next pass */
};

struct reclassify_counts {
    int64_t runs, other, kept;
    bool unfinished;
};

int reclassify(struct store *st, const struct settings *s,
               const struct reclassify_options *opts,
               struct reclassify_counts *counts, struct err *err);

#endif
