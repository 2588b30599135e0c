/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ingest: a source's frame into the store, as one transaction with its
 * cursor. Believes nothing: a run without project or branch, a name with
 * control characters, an unknown outcome is refused and noticed, not stored.
 */
#ifndef TOCSIN_INCIDENT_INGEST_H
#define TOCSIN_INCIDENT_INGEST_H

#include <jansson.h>

#include "core/base/err.h"
#include "core/store/store.h"

struct ingest_counts {
    int64_t runs, red, known, facts, entries, refused;
    /* snapshots that were not believed: [{instance, name, why}] */
    int64_t snapshots, snapshots_incomplete;
    int64_t ignored; /* runs of pull requests: not kept at all */
};

/* Stores frame ({"t":"batch",...}, see host/wire.h). A snapshot's parts are
 * gathered in memory per (instance, name) until its end part comes; only a
 * complete and plausible one changes what stands (mass-vanishing guard). */
struct ingest;
struct ingest *ingest_new(struct store *st, int64_t now);
int ingest_frame(struct ingest *in, const char *instance, json_t *frame,
                 struct err *err);
/* What the last green log of a run's job said; run: a RUN of wire.h. *text is
 * new, NULL when there is none, or none that may be told of. */
int ingest_baseline(struct ingest *in, const char *instance, const json_t *run,
                    char **text, struct err *err);
const struct ingest_counts *ingest_counts(const struct ingest *in);
void ingest_free(struct ingest *in);

#endif
