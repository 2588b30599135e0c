/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pace: how much a sink may still write, by the terms of the service behind
 * it (struct tocsin_limits). Each write is written down: the first of a
 * delivery with its intent, each other when its worker says that it leaves.
 * So passes in a row, and one that was killed, cannot exceed them together.
 * By the machine's clock: the service knows no other.
 */
#ifndef TOCSIN_DELIVER_PACE_H
#define TOCSIN_DELIVER_PACE_H

#include <jansson.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/store/store.h"

struct pace {
    int64_t per_minute, per_hour; /* 0: no limit */
    int64_t *at;                  /* of the last hour, oldest first */
    size_t nr, alloc;
};

int pace_load(struct pace *p, struct store *st, const char *sink, int64_t now,
              struct err *err);
void pace_release(struct pace *p);
/* 0: one more may be written; else in so many seconds. */
int64_t pace_wait(struct pace *p, int64_t now);
/* How many more may be written now; -1: there is no limit. */
int64_t pace_room(struct pace *p, int64_t now);
/* One is about to be written. In the caller's transaction, if it has one. */
int pace_note(struct pace *p, struct store *st, const char *sink, int64_t now,
              struct err *err);

#endif
