/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * zone: what the clocks of a place show, by the C library and its tzdata.
 *
 *     zone_enter("Europe/Berlin");
 *     struct tm tm = zone_local(t);
 *     zone_leave();
 *
 * Between enter and leave TZ is that zone's for the whole process: no
 * thread, nothing else that looks at it, no second enter. NULL is UTC, which
 * needs no tzdata.
 */
#ifndef TOCSIN_BASE_ZONE_H
#define TOCSIN_BASE_ZONE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* "UTC", or a name that tzdata has here. */
bool zone_known(const char *name);
void zone_enter(const char *name);
void zone_leave(void);
struct tm zone_local(int64_t t);
/* When the clocks show this; of two such moments one of them, and where
 * there is none (a night in spring) one beside it. Fields out of range are
 * carried: day 32 is the next month's. */
int64_t zone_moment(int year, int month, int day, int minute);

#endif
