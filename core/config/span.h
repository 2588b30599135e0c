/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * span: "monday:friday", "24:31", "-7:-1", "09:00-17:00": what a window is
 * made of, as numbers. Both ends belong to it; of times the last minute does
 * not, and one that ends before it begins goes on after midnight.
 */
#ifndef TOCSIN_CONFIG_SPAN_H
#define TOCSIN_CONFIG_SPAN_H

#include "core/config/settings.h"

enum span_kind {
    SPAN_WEEKDAYS,
    SPAN_TIMES,
    SPAN_DAYS,
    SPAN_MONTHS,
    SPAN_YEARS
};

/* NULL, or what is wrong with it (a new string). out may be NULL. */
char *span_parse(enum span_kind kind, const char *text, struct span *out);
/* "08:00" as minutes; -1: it is none. */
int span_minute(const char *text);
/* "monday" or "mon": 0 is sunday; -1: it is none. */
int span_weekday(const char *text);

#endif
