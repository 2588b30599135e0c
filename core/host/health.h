/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * health: what the ends of workers mean for the passes to come.
 *
 * Two deaths on one item and the item is poisoned: skipped from then on,
 * said once. Deaths without an item back the instance off, across passes.
 */
#ifndef TOCSIN_HOST_HEALTH_H
#define TOCSIN_HOST_HEALTH_H

#include <jansson.h>
#include <stdbool.h>

#include "core/host/host.h"
#include "core/store/store.h"

/* Deaths on one item after which it is left alone. */
#define HEALTH_ITEM_DEATHS 2

/* 1 when the instance may start now, 0 when it is backed off; *skip is a new
 * array of its poisoned items. */
int health_start(struct store *st, const char *instance, int64_t now,
                 json_t **skip, struct err *err);

/* Before it starts: was a source of this name of another plugin in the last
 * pass? Then what that one left for itself (cursor, validators, items to
 * skip) is forgotten, with a word. What it has said stays. */
int health_plugin(struct store *st, const struct instance *in, struct err *err);

/* How a worker ended: as the event `ended` of core/host/host.h says it. */
struct ending {
    enum host_end how;
    const char *item, *text; /* or NULL */
};
/* Writes it down. *again: it died on an item and may go on behind it at
 * once. */
int health_end(struct store *st, const char *instance, int64_t now,
               const struct ending *e, bool *again, struct err *err);

/* Whether instance did its work in this pass is remembered. *since: the pass
 * in which it first did not, of those since it last did; 0 when it did. */
int health_absent(struct store *st, const char *instance, int64_t now, bool ok,
                  int64_t *since, struct err *err);

/* Instances without a good collection within their stale_after. Sets their
 * trouble. A new NULL-terminated array of borrowed names (free the array). */
const char **health_stale(struct store *st, const struct settings *s,
                          int64_t now, struct err *err);

/* Prints, as lines for cron's mail, what changed since it was last told or
 * was told a day ago; marks it told. The number of instances in trouble. */
int64_t health_tell(struct store *st, const struct settings *s, int64_t now,
                    struct err *err);

#endif
