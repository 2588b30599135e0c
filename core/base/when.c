/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Time as text and numbers. Must not consult the local time zone: a pass
 * gives the same answer on every machine.
 */
#include <config.h>

#include "core/base/when.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/base/mem.h"

int64_t when_now(void)
{
    return (int64_t)time(NULL);
}

int64_t when_monotonic_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int zone(const char *s, int64_t *offset)
{
    int h, m, n = 0;

    *offset = 0;
    if (!*s || !strcmp(s, "Z") || !strcmp(s, "z"))
        return 0;
    if ((*s != '+' && *s != '-')
        || (sscanf(s + 1, "%2d:%2d%n", &h, &m, &n) != 2
            && sscanf(s + 1, "%2d%2d%n", &h, &m, &n) != 2)
        || s[1 + n] || h > 23 || m > 59 || h < 0 || m < 0)
        return -1;
    *offset = (h * 60 + m) * 60;
    if (*s == '-')
        *offset = -*offset;
    return 0;
}

int when_parse(const char *text, int64_t *out)
{
    struct tm tm = { 0 };
    const char *p = strptime(text, "%Y-%m-%d", &tm);
    int64_t offset;

    if (!p)
        return -1;
    if (*p == 'T' || *p == 't' || *p == ' ') {
        const char *q = strptime(p + 1, "%H:%M:%S", &tm);

        if (!q)
            q = strptime(p + 1, "%H:%M", &tm);
        if (!q)
            return -1;
        if (*q == '.') {
            q++;
            if (!isdigit((unsigned char)*q))
                return -1;
            while (isdigit((unsigned char)*q))
                q++;
        }
        if (*q == ' ')
            q++;
        p = q;
    }
    if (zone(p, &offset) < 0)
        return -1;
    *out = (int64_t)timegm(&tm) - offset;
    return 0;
}

int when_parse_duration(const char *text, int64_t *out)
{
    int64_t sum = 0;
    const char *p = text;

    if (!strcmp(text, "0")) {
        *out = 0;
        return 0;
    }
    if (!*p)
        return -1;
    while (*p) {
        int64_t n = 0, unit;

        if (!isdigit((unsigned char)*p))
            return -1;
        while (isdigit((unsigned char)*p)) {
            n = n * 10 + (*p++ - '0');
            if (n > 100000000)
                return -1;
        }
        switch (*p++) {
        case 's':
            unit = 1;
            break;
        case 'm':
            unit = MINUTE;
            break;
        case 'h':
            unit = HOUR;
            break;
        case 'd':
            unit = DAY;
            break;
        case 'w':
            unit = WEEK;
            break;
        default:
            return -1;
        }
        sum += n * unit;
    }
    *out = sum;
    return 0;
}

static struct tm when_utc(int64_t t)
{
    time_t tt = (time_t)t;
    struct tm tm = { 0 };

    gmtime_r(&tt, &tm);
    return tm;
}

char *when_format(int64_t t)
{
    struct tm tm = when_utc(t);
    char buf[48];

    strftime(buf, sizeof(buf), "%Y-%m-%dT%H:%M:%SZ", &tm);
    return xstrdup(buf);
}

char *when_format_day(int64_t t)
{
    /* Not strftime's %b: that would follow the locale. */
    static const char *const month[] = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun",
        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    };
    struct tm tm = when_utc(t);

    return xasprintf("%d %s %d", tm.tm_mday, month[tm.tm_mon],
                     tm.tm_year + 1900);
}

char *when_format_minute(int64_t t)
{
    struct tm tm = when_utc(t);
    CLEANUP_FREE char *day = when_format_day(t);

    return xasprintf("%s, %02d:%02d UTC", day, tm.tm_hour, tm.tm_min);
}

char *when_format_duration(int64_t s)
{
    if (s < 0)
        s = 0;
    if (s < 2 * MINUTE)
        return xasprintf("%lld s", (long long)s);
    if (s < 2 * HOUR)
        return xasprintf("%lld min", (long long)(s / MINUTE));
    if (s < 2 * DAY)
        return xasprintf("%lld h", (long long)(s / HOUR));
    return xasprintf("%lld days", (long long)(s / DAY));
}
