/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * guard: what stands between a desired write and the outside world: a
 * breaker over each kind of write at each sink, and the kill switch.
 *
 * A pass that would do more writes of a kind at a sink than guards.breaker
 * allows does none of them; tocsin approve lets them through. Edits tell
 * nobody and are not counted; neither are Tocsin's own trouble (operators
 * must hear of a breaker) and what an operator retracts.
 */
#ifndef TOCSIN_DELIVER_GUARD_H
#define TOCSIN_DELIVER_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/config/settings.h"
#include "core/store/store.h"

enum guard_kind {
    GUARD_CREATE,
    GUARD_COMMENT,
    GUARD_CLOSE,
    GUARD_REOPEN,
    GUARD_MENTION, /* of these, those that call people; last */
    GUARD_KINDS,
    GUARD_NONE = GUARD_KINDS,
};
extern const char *const guard_kind_names[GUARD_KINDS + 1]; /* NULL at
                                                             * the end */
/* enum tocsin_delivery; GUARD_NONE: an edit. */
enum guard_kind guard_kind_of(int op);

/* What a pass may do of a kind: at least floor, or times the busiest day;
 * what a whole day may, with what was done of it: times the larger of
 * both. */
struct guard_limits {
    int64_t pass, day;
};
struct guard_limits guard_limits(const struct guards *g, int64_t busiest);

/* Lets through what waits at a sink, of one kind or all (NULL): as many as
 * waited and a usual pass more, for guards.approval. each: of every breaker. */
int guard_approve(struct store *st, const struct settings *s, const char *sink,
                  const char *kind, int64_t now,
                  int (*each)(void *user, const struct breaker *b), void *user,
                  struct err *err);

/* Is the file there? One that cannot be looked for counts as there. The
 * workers look for it themselves, before each write (host/writes.c). */
bool guard_kill_switch(const struct settings *s);
/* Says so on stderr when that changes and once a day; forgets it when it is
 * off. *on. waiting: writes that it held in this pass. */
int guard_kill_switch_tell(struct store *st, const struct settings *s,
                           int64_t now, int64_t waiting, bool *on,
                           struct err *err);
/* Since when a pass has seen it; 0: no pass has. */
int guard_kill_switch_since(struct store *st, int64_t *since, struct err *err);

#endif
