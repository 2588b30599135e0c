/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * orphans: what stands of snapshots that nobody tells any more: their source
 * was taken out of the configuration, is of another plugin now, or was told
 * to read other things; and of runs of a source that was taken out. No word of it can ever come, so that it is over is
 * for the operators to say; until then it stands, and they are asked.
 */
#ifndef TOCSIN_INCIDENT_ORPHANS_H
#define TOCSIN_INCIDENT_ORPHANS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/config/settings.h"
#include "core/store/store.h"

/* What stands by runs, where a snapshot is named. */
#define ORPHANS_RUNS "runs"

/* A snapshot was told, whatever is made of it. */
int orphans_told(struct store *st, const char *instance, const char *snapshot,
                 int64_t now, struct err *err);

/* What runs of instance say of one project is over, by an operator's word: it
 * was deleted, or is not to be read any more. *nr: of how many incidents. */
int orphans_give_up(struct store *st, const char *instance, const char *project,
                    int64_t now, int64_t *nr, struct err *err);

/* Looks for those that were not told for a day, and asks; drops those that an
 * operator has approved. may_know: whether nothing of an instance is missing
 * in this pass: it is not configured, or has ended well. */
int orphans_settle(struct store *st, const struct settings *settings,
                   int64_t now,
                   bool (*may_know)(void *user, const char *instance),
                   void *user, struct err *err);

#endif
