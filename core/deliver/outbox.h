/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * outbox: brings each sink to the desired state, one delivery at a time.
 *
 * Before every send: judged again; owner reachable; message composed and
 * compared with what stands there (nothing changed: nothing sent); intent
 * with a nonce made durable; then the worker; then the receipt made durable.
 * An intent without a receipt waits out the hold-off before it is tried
 * again, and the sink adopts what carries the marker.
 */
#ifndef TOCSIN_DELIVER_OUTBOX_H
#define TOCSIN_DELIVER_OUTBOX_H

#include <stdio.h>

#include "core/base/err.h"
#include "core/config/settings.h"
#include "core/deliver/compose.h"
#include "core/host/host.h"
#include "core/store/store.h"

struct outbox_options {
    int64_t now;
    bool dry_run; /* compose and print as if armed; send
                   * nothing */
    FILE *out;    /* where a dry run prints */
    bool json;
};

struct outbox_counts {
    int64_t opened, updated, resolved, reopened, reminded, digests;
    int64_t deferred, failed, dropped, dead, adopted, degraded;
    int64_t unsure;     /* people of whom nobody knows whether they
                         * were told */
    int64_t duplicates; /* that slipped through and were closed */
    int64_t guarded;    /* held by a breaker or the kill switch */
    int64_t killed;     /* of these, by the kill switch */
};

/* The sinks are observed already and their workers wait; formats by sink
 * name come from their `ready`. Runs host_step until all is sent or held. */
struct outbox_run;
struct outbox_run *outbox_run_new(struct store *st, const struct settings *s,
                                  struct composer *c, struct host *h,
                                  const struct outbox_options *opts);
/* To be called from the sink's events. */
void outbox_run_ready(struct outbox_run *r, const char *sink, uint32_t flags,
                      json_t *format);
/* What its server takes, see host->lengths. */
void outbox_run_lengths(struct outbox_run *r, const char *sink,
                        int64_t title_max, int64_t body_max);
/* Its server wants to be left alone for so many seconds. */
void outbox_run_rests(struct outbox_run *r, const char *sink, int64_t seconds);
void outbox_run_delivered(struct outbox_run *r, const char *sink, int64_t id,
                          int status, bool died, json_t *receipt);
void outbox_run_reached(struct outbox_run *r, const char *sink, int64_t id,
                        bool ok);
/* What it is at needs one more write than was counted. */
void outbox_run_wrote(struct outbox_run *r, const char *sink);
void outbox_run_ended(struct outbox_run *r, const char *sink);
/* For the forecast: decide_counts.standing. */
void outbox_run_standing(struct outbox_run *r, int64_t tickets);
/* An operator's word on a row that waits or was given up: try it again now,
 * or not at all until its ticket is over. A send that was begun is taken up
 * where it was, so that it cannot be made twice. */
int outbox_retry(struct store *st, struct outbox *row, struct err *err);
int outbox_forget(struct store *st, struct outbox *row, struct err *err);
/* Until when a sink rests, 0: it does not; and let it rest no more. */
int outbox_rests(struct store *st, const char *sink, int64_t *until,
                 struct err *err);
/* 1: it rests now: nothing is to be asked of it. -1: the store failed. */
int outbox_is_resting(struct store *st, const char *sink, int64_t now,
                      struct err *err);
int outbox_wake(struct store *st, const char *sink, struct err *err);
/* Before the sinks are observed: where one writes to another place than in
 * the last pass (redirect:), or is of another plugin, what it was told there
 * stands nowhere here. It counts as not told, and an armed state has it as
 * backlog. */
int outbox_redirects(struct store *st, const struct settings *s, int64_t now,
                     struct err *err);
/* What a sink is to look after: [[ticket key, remote_id|null, "open" or
 * "completed"]], new; see standing() in tocsin-plugin.h. */
int outbox_standing(struct store *st, const char *sink, int64_t now,
                    json_t **rows, struct err *err);
/* Counts what this pass would write, and trips breakers. Behind decide(),
 * before operators_decide(): they hear of it in the same pass. */
int outbox_run_weigh(struct outbox_run *r, struct err *err);
/* Sends everything that is due; returns when nothing is left to do. */
int outbox_run_all(struct outbox_run *r, struct err *err);
const struct outbox_counts *outbox_run_counts(const struct outbox_run *r);
void outbox_run_free(struct outbox_run *r);

#endif
