/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * correlate: runs and snapshots in, the evidence of incidents out.
 *
 * Looks at every branch with new evidence and works out, per fingerprint,
 * what stands, since when, by how many pushes, and why what does not stand
 * ended. It decides nothing: thresholds and people are route/'s.
 *
 * The evidence of a branch is a function of its runs, its standing entries
 * and the clock. Running it twice changes nothing.
 */
#ifndef TOCSIN_INCIDENT_CORRELATE_H
#define TOCSIN_INCIDENT_CORRELATE_H

#include "core/base/err.h"
#include "core/config/settings.h"
#include "core/store/store.h"

struct correlate_options {
    int64_t now;
    /* Instances whose last good collection is too old: their incidents are
     * frozen (incident.stale). NULL-terminated, may be NULL. */
    const char *const *stale;
};

struct correlate_counts {
    int64_t branches;  /* looked at */
    int64_t incidents; /* found or changed, and written */
};

int correlate(struct store *st, const struct settings *s,
              const struct correlate_options *opts,
              struct correlate_counts *counts, struct err *err);

/* Infrastructure trouble over many projects: forms, joins, ends. Sets
 * incident.outbreak and keeps struct outbreak. Comes after correlate. */
int outbreak_update(struct store *st, const struct settings *s, int64_t now,
                    struct err *err);

#endif
