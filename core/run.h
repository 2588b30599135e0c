/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * run: one pass, from the sources to the sinks.
 */
#ifndef TOCSIN_RUN_H
#define TOCSIN_RUN_H

#include <stdio.h>

#include "core/base/err.h"
#include "core/config/settings.h"
#include "core/deliver/outbox.h"
#include "core/incident/ingest.h"
#include "core/incident/reclassify.h"
#include "core/route/decide.h"
#include "core/store/store.h"

struct pass_options {
    int64_t now; /* the pass's clock */
    bool dry_run;
    bool json;
    bool observe_only; /* asks the sinks what stands, no more */
    const char *only;  /* instance */
    const char *self;  /* the tocsin program, for workers */
    int lock_fd;
    FILE *out;
    json_t *described; /* see struct host_options; NULL */
    /* Instead of collecting with workers: called once, hands frames to
     * ingest_frame. For `tocsin test`. NULL in real passes. */
    int (*feed)(void *user, struct ingest *in, struct err *err);
    void *user;
};

struct pass_report {
    struct ingest_counts collected;
    struct reclassify_counts reclassified;
    struct decide_counts decided;
    struct outbox_counts sent;
    int64_t troubles; /* instances that could not do their work */
};

/* 0; -1 only when the store or the core itself failed. */
int pass_run(struct store *st, const struct settings *s,
             const struct pass_options *opts, struct pass_report *report,
             struct err *err);

#endif
