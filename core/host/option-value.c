/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A value by its type. Must not put any of it into a fault: it may be a
 * secret.
 */
#include <config.h>

#include "core/host/option-value.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/io.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"
#include "core/host/options.h"

bool option_has_control(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            return true;
    return false;
}

static int parse_int(const char *text, int64_t *v)
{
    char *end;
    long long n;

    errno = 0;
    n = strtoll(text, &end, 10);
    if (end == text || *end || errno || isspace((unsigned char)*text))
        return -1;
    *v = n;
    return 0;
}

/* "64M", "64MiB", "512": powers of 1024. */
static int parse_size(const char *text, int64_t *v)
{
    static const char units[] = "KMGT";
    char *end;
    const char *unit;
    int shift = 0;
    long long n;

    if (!isdigit((unsigned char)*text))
        return -1;
    errno = 0;
    n = strtoll(text, &end, 10);
    if (errno)
        return -1;
    unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
    if (unit) {
        shift = 10 * (int)(unit - units + 1);
        end++;
        if (!strcmp(end, "iB") || !strcmp(end, "B"))
            end += strlen(end);
    }
    if (*end || n > (INT64_MAX >> shift))
        return -1;
    *v = (int64_t)n << shift;
    return 0;
}

static int parse_bool(const char *text, bool *v)
{
    static const char *const yes[] = { "true", "yes", "on" };
    static const char *const no[] = { "false", "no", "off" };

    for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
        if (!strcmp(text, yes[i]) || !strcmp(text, no[i])) {
            *v = !strcmp(text, yes[i]);
            return 0;
        }
    return -1;
}

/* values: "a|b|c". */
static bool one_of(const char *values, const char *text, size_t n)
{
    for (const char *p = values; p; p = strchr(p, '|')) {
        p += *p == '|';
        if (strcspn(p, "|") == n && !strncmp(p, text, n))
            return true;
    }
    return false;
}

/* "fault: a, b, c"; new. */
static char *with_values(const char *fault, const char *values)
{
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    strbuf_adds(&b, fault);
    for (const char *p = values; p; p = strchr(p, '|')) {
        strbuf_adds(&b, *p == '|' ? ", " : ": ");
        p += *p == '|';
        strbuf_add(&b, p, strcspn(p, "|"));
    }
    return strbuf_take(&b);
}

/* NULL, or what is wrong with it; new. */
static char *url_fault(const char *schemes, const char *text)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz+");
    const char *host = text + n + 3;
    const char *at;

    if (!n || strncmp(text + n, "://", 3) || !*host)
        return with_values("is no URL (scheme://host/path)", schemes);
    if (schemes && !one_of(schemes, text, n))
        return with_values("begins with none of its schemes", schemes);
    if (strpbrk(text, " \"<>\\^`{|}"))
        return xstrdup("holds characters that no URL has");
    at = memchr(host, '@', strcspn(host, "/?#"));
    if (at && memchr(host, ':', (size_t)(at - host)))
        return xstrdup("holds a password; secrets never stand in the "
                       "configuration");
    return NULL;
}

char *option_value(int type, const char *values, const char *text,
                   const char *dir, char **fault)
{
    int64_t n;
    bool b;

    *fault = NULL;
    if (strlen(text) > OPTION_VALUE_MAX)
        *fault = xstrdup("is too long");
    else if (option_has_control(text))
        *fault = xstrdup("holds control characters");
    else if (values && type != TOCSIN_OPTION_URL
             && !one_of(values, text, strlen(text)))
        *fault = with_values("is none of its values", values);
    if (*fault)
        return NULL;
    switch (type) {
    case TOCSIN_OPTION_INT:
        if (parse_int(text, &n) == 0)
            return xasprintf("%" PRId64, n);
        *fault = xstrdup("is no whole number");
        return NULL;
    case TOCSIN_OPTION_BOOL:
        if (parse_bool(text, &b) == 0)
            return xstrdup(b ? "true" : "false");
        *fault = xstrdup("is neither true nor false");
        return NULL;
    case TOCSIN_OPTION_DURATION:
        if (when_parse_duration(text, &n) == 0)
            return xasprintf("%" PRId64, n);
        *fault = xstrdup("is no duration (90s, 15m, 6h, 2d)");
        return NULL;
    case TOCSIN_OPTION_SIZE:
        if (parse_size(text, &n) == 0)
            return xasprintf("%" PRId64, n);
        *fault = xstrdup("is no size (512, 64K, 10M, 2G)");
        return NULL;
    case TOCSIN_OPTION_PATH:
        if (str_eq(text, "-"))
            return xstrdup(text); /* standard input */
        if (*text)
            return io_join(dir, text);
        *fault = xstrdup("is empty");
        return NULL;
    case TOCSIN_OPTION_URL:
        *fault = url_fault(values, text);
        return *fault ? NULL : xstrdup(text);
    default:
        return xstrdup(text);
    }
}
