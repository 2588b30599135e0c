/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * when: points in time and durations, as text and as numbers.
 *
 * A point in time is int64_t seconds since 1970-01-01T00:00:00Z; 0 means
 * "not known". A duration is int64_t seconds. Decisions take the time from
 * one clock that `--now` replaces; time-outs and back-off use
 * when_monotonic_ms().
 */
#ifndef TOCSIN_BASE_WHEN_H
#define TOCSIN_BASE_WHEN_H

#include <stdint.h>
#include <time.h>

struct strbuf;

int64_t when_now(void); /* the real clock */
int64_t when_monotonic_ms(void);

/* RFC 3339 / ISO 8601 with zone ("2026-08-14T06:41:00Z", fractions dropped,
 * "+02:00"), or a bare date or date-time without a zone, read as UTC.
 * Returns 0, or -1 when the text is nothing of this. */
int when_parse(const char *text, int64_t *out);
/* "90s", "15m", "6h", "2d", "1w", sums ("1d12h"), "0"; -1 otherwise. */
int when_parse_duration(const char *text, int64_t *out);

/* Each returns a new string. */
char *when_format(int64_t t);          /* 2026-08-14T06:41:00Z */
char *when_format_day(int64_t t);      /* 14 Aug 2025 */
char *when_format_minute(int64_t t);   /* 14 Aug 2025, 06:41 UTC */
char *when_format_duration(int64_t s); /* "3 days", "70 min": for people */

#define MINUTE ((int64_t)60)
#define HOUR ((int64_t)3600)
#define DAY ((int64_t)86400)
#define WEEK ((int64_t)604800)

#endif
