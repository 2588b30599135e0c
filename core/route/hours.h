/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hours: may somebody be told now, and if not, when? And when is the next
 * digest? Local time by core/base/zone.h: a clock that is put forward or
 * back moves the moment, never the hour that people see.
 */
#ifndef TOCSIN_ROUTE_HOURS_H
#define TOCSIN_ROUTE_HOURS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/config/settings.h"

struct hours_look {
    bool shut;
    int64_t until;                /* then it is otherwise; 0: not within
                                   * HOURS_HORIZON */
    const struct time_window *by; /* what shuts: a mute one that is
                                   * open, or an active one that is not */
};
#define HOURS_HORIZON (400 * DAY)

/* zone: of windows that name none; NULL: the installation's. */
void hours_look(const struct settings *s, const struct hours *h,
                const char *zone, int64_t now, struct hours_look *out);
/* The first time after `after` at which digests are told to them. h may be
 * NULL: as the installation's. */
int64_t digest_slot(const struct settings *s, const struct habits *h,
                    bool weekly, int64_t after);

#endif
