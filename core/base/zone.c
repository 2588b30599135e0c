/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Zones of the C library, entered and left. Must not read zone files itself,
 * and must not leave TZ as it was not.
 */
#include <config.h>

#include "core/base/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"

#define NAME_MAX_LEN 64
#define TZDATA "/usr/share/zoneinfo"

static char *saved; /* TZ outside; NULL: it was not set */
static bool entered;

static bool is_utc(const char *name)
{
    return !name || !strcmp(name, "UTC");
}

/* A path below tzdata and nothing else: TZ takes files and rules, too. */
static bool is_name(const char *s)
{
    return *s && strlen(s) <= NAME_MAX_LEN && *s != '/' && *s != '.'
           && !strstr(s, "..") && !strstr(s, "//")
           && strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789_+-/")
                  == strlen(s);
}

/* To a name that it does not have the C library says UTC, and no more. */
bool zone_known(const char *name)
{
    const char *dir = getenv("TZDIR");
    CLEANUP_FREE char *path = NULL;
    char magic[4] = "";
    size_t n;
    FILE *f;

    if (is_utc(name))
        return true;
    if (!is_name(name))
        return false;
    path = xasprintf("%s/%s", dir && *dir ? dir : TZDATA, name);
    f = fopen(path, "re");
    if (!f)
        return false;
    n = fread(magic, 1, sizeof(magic), f);
    fclose(f);
    return n == sizeof(magic) && !memcmp(magic, "TZif", sizeof(magic));
}

static void set(const char *tz)
{
    if (tz)
        setenv("TZ", tz, 1);
    else
        unsetenv("TZ");
    tzset();
}

void zone_enter(const char *name)
{
    CLEANUP_FREE char *tz =
        is_utc(name) ? xstrdup("UTC0") : xasprintf(":%s", name);

    if (entered)
        BUG("a zone is entered already");
    entered = true;
    saved = xstrdup0(getenv("TZ"));
    set(tz);
}

void zone_leave(void)
{
    set(saved);
    free(saved);
    saved = NULL;
    entered = false;
}

struct tm zone_local(int64_t t)
{
    time_t when = (time_t)t;
    struct tm tm;

    memset(&tm, 0, sizeof(tm));
    localtime_r(&when, &tm);
    return tm;
}

int64_t zone_moment(int year, int month, int day, int minute)
{
    struct tm tm;

    memset(&tm, 0, sizeof(tm));
    tm.tm_year = year - 1900;
    tm.tm_mon = month - 1;
    tm.tm_mday = day;
    tm.tm_min = minute;
    tm.tm_isdst = -1;
    return (int64_t)mktime(&tm);
}
