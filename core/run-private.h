/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * run-private: what the steps of a pass (run.c) and its workers
 * (run-workers.c) share. Nothing else may include it.
 */
#ifndef TOCSIN_RUN_PRIVATE_H
#define TOCSIN_RUN_PRIVATE_H

#include "core/host/host.h"
#include "core/run.h"

struct pass {
    struct store *st;
    const struct settings *s;
    const struct pass_options *opts;
    struct pass_report *report;
    struct err *err; /* the first failure of store or core */
    bool failed;
    struct host *host;
    struct ingest *ingest;
    struct composer *composer;
    struct outbox_run *outbox;
    bool *waiting;      /* by sink: started, not observed yet */
    const char **local; /* sinks whose plugin says it is local */
    size_t nr_local;
    const char **blind; /* sinks that cannot look for what they told */
    size_t nr_blind;
    const char **again; /* sources to be started once more */
    size_t nr_again, alloc_again;
    size_t collecting; /* sources started and not ended */
    bool *facts;       /* by source: it brings facts and no runs */
    bool *leads;       /* by source: it takes leads */
    bool *fine;        /* by source: ended well */
    json_t *everybody; /* [project] with open incidents */
};

/* Keeps the first failure of store or core; takes err. */
void run_fail(struct pass *p, struct err *err);

/* Says what each sink is, starts those that may be used, and waits until all
 * of them have said what stands there. */
void run_observe(struct pass *p);

/* Which sources bring facts, and which take leads: p->facts, p->leads. True
 * where any brings facts. */
bool run_know_sources(struct pass *p);
/* All sources that bring facts, or all others, to their end. */
void run_collect(struct pass *p, bool facts);

/* Lets the sinks end, and waits for that. */
void run_finish_sinks(struct pass *p);

#endif
