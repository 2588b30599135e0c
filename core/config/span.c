/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Spans of weekdays, times, days, months and years. Must not know a
 * calendar: what day it is, is asked of the C library elsewhere.
 */
#include <config.h>

#include "core/config/span.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"

#define NONE INT32_MIN

static const char *const weekdays[] = {
    "sunday",   "monday", "tuesday",  "wednesday",
    "thursday", "friday", "saturday",
};
static const char *const months[] = {
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december",
};

/* By its name or the first three letters of it. */
static int named(const char *s, const char *const *names, size_t nr)
{
    for (size_t i = 0; i < nr; i++)
        if (!strcasecmp(s, names[i])
            || (strlen(s) == 3 && !strncasecmp(s, names[i], 3)))
            return (int)i;
    return NONE;
}

static int number(const char *s, int low, int high)
{
    const char *digits = *s == '-' ? s + 1 : s;
    size_t n = strlen(digits);
    int v;

    if (!n || n > 4 || strspn(digits, "0123456789") != n)
        return NONE;
    v = (int)strtol(s, NULL, 10);
    return v < low || v > high ? NONE : v;
}

int span_weekday(const char *text)
{
    int v = named(text, weekdays, ARRAY_SIZE(weekdays));

    return v == NONE ? -1 : v;
}

int span_minute(const char *s)
{
    int minute;

    if (strlen(s) != 5 || !isdigit((unsigned char)s[0])
        || !isdigit((unsigned char)s[1]) || s[2] != ':'
        || !isdigit((unsigned char)s[3]) || !isdigit((unsigned char)s[4])
        || s[3] > '5')
        return -1;
    minute =
        ((s[0] - '0') * 10 + s[1] - '0') * 60 + (s[3] - '0') * 10 + s[4] - '0';
    return minute > 24 * 60 ? -1 : minute;
}

/* One end of a span. */
static int end_of(enum span_kind kind, const char *s)
{
    int v;

    switch (kind) {
    case SPAN_WEEKDAYS:
        return named(s, weekdays, ARRAY_SIZE(weekdays));
    case SPAN_MONTHS:
        v = named(s, months, ARRAY_SIZE(months));
        return v != NONE ? v + 1 : number(s, 1, 12);
    case SPAN_DAYS:
        v = number(s, -31, 31);
        return v == 0 ? NONE : v;
    case SPAN_YEARS:
        return number(s, 1970, 9999);
    case SPAN_TIMES:
        v = span_minute(s);
        return v < 0 ? NONE : v;
    }
    return NONE;
}

static const char *shape(enum span_kind kind)
{
    static const char *const shapes[] = {
        [SPAN_WEEKDAYS] = "days of the week are monday, or monday:friday",
        [SPAN_TIMES] = "times are 09:00-17:00, or 22:00-06:00 over midnight",
        [SPAN_DAYS] = ("days of a month are 1 to 31, or 1:7, from its end "
                       "-1 to -31, as in -7:-1"),
        [SPAN_MONTHS] = "months are december or 12, or june:august",
        [SPAN_YEARS] = "years are 2027, or 2027:2029",
    };

    return shapes[kind];
}

/* Days of the two ends cannot be compared before the month is known. */
static bool is_backwards(enum span_kind kind, const struct span *s)
{
    if (kind == SPAN_TIMES)
        return s->from == s->to || s->from == 24 * 60;
    if (kind == SPAN_YEARS)
        return s->from > s->to;
    return kind == SPAN_DAYS && (s->from < 0) == (s->to < 0) && s->from > s->to;
}

char *span_parse(enum span_kind kind, const char *text, struct span *out)
{
    CLEANUP_FREE char *copy = xstrdup(text);
    char *sep = strchr(copy, ':');
    const char *last = copy;
    struct span s;

    if (kind == SPAN_TIMES)
        sep = strchr(copy, '-');
    if (sep) {
        *sep = '\0';
        last = sep + 1;
    }
    s.from = end_of(kind, copy);
    s.to = end_of(kind, last);
    if (s.from == NONE || s.to == NONE || (kind == SPAN_TIMES && !sep))
        return xstrdup(shape(kind));
    if (is_backwards(kind, &s))
        return xstrdup("it ends before it begins");
    if (out)
        *out = s;
    return NULL;
}
