/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Header lines. Must not believe a number that a server writes.
 */
#include <config.h>

#include "core/host/http/headers.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"

/* One is stored for each URL that is asked for. */
#define VALIDATOR_MAX ((size_t)512)
/* No server's word counts for longer: the next pass asks again. */
#define RETRY_AFTER_MAX ((int64_t)24 * 3600)

void headers_clear(struct headers *h)
{
    for (size_t i = 0; i < h->nr; i++)
        free(h->lines[i]);
    h->nr = h->bytes = 0;
    if (h->lines)
        h->lines[0] = NULL;
}

void headers_release(struct headers *h)
{
    headers_clear(h);
    free(h->lines);
    memset(h, 0, sizeof(*h));
}

bool headers_add(struct headers *h, const char *line, size_t n)
{
    while (n && isspace((unsigned char)line[n - 1]))
        n--;
    if (!n)
        return true;
    h->bytes += n;
    if (h->bytes > HEADERS_MAX_BYTES)
        return false;
    ALLOC_GROW(h->lines, h->nr + 2, h->alloc);
    h->lines[h->nr++] = xstrndup(line, n);
    h->lines[h->nr] = NULL;
    return true;
}

/* Whether line is of that name. */
static bool header_is(const char *line, const char *name)
{
    size_t n = strlen(name);

    return !strncasecmp(line, name, n) && line[n] == ':';
}

const char *headers_get(const struct headers *h, const char *name)
{
    for (size_t i = 0; i < h->nr; i++) {
        const char *value;

        if (!header_is(h->lines[i], name))
            continue;
        value = h->lines[i] + strlen(name) + 1;
        while (*value == ' ' || *value == '\t')
            value++;
        return value;
    }
    return NULL;
}

const char *headers_validator(const struct headers *h, const char *name)
{
    const char *value = headers_get(h, name);
    size_t n = value ? strlen(value) : 0;

    if (!n || n > VALIDATOR_MAX)
        return NULL;
    for (size_t i = 0; i < n; i++)
        if (value[i] < ' ' || value[i] > '~')
            return NULL;
    return value;
}

/* Digits and nothing else, as large as a date may be. */
static bool parse_number(const char *s, int64_t *out)
{
    char *end;

    if (!isdigit((unsigned char)*s))
        return false;
    *out = strtoll(s, &end, 10);
    return !*end && *out < INT64_C(1) << 40;
}

/* "28.7", as Zulip says it: the next whole second. */
static bool parse_fraction(const char *s, int64_t *out)
{
    size_t whole = strspn(s, "0123456789");
    CLEANUP_FREE char *digits = NULL;

    if (!whole || s[whole] != '.'
        || s[whole + 1 + strspn(s + whole + 1, "0123456789")])
        return false;
    digits = xstrndup(s, whole);
    if (!parse_number(digits, out))
        return false;
    *out += 1;
    return true;
}

int64_t headers_int(const struct headers *h, const char *name, int64_t dflt)
{
    const char *value = headers_get(h, name);
    int64_t v;

    return value && parse_number(value, &v) ? v : dflt;
}

int64_t headers_retry_after(const struct headers *h, int64_t now)
{
    const char *value = headers_get(h, "Retry-After");
    int64_t v = 0;
    time_t at;

    if (!value)
        return -1;
    if (!parse_number(value, &v) && !parse_fraction(value, &v)) {
        at = curl_getdate(value, NULL);
        if (at == (time_t)-1)
            return -1;
        v = (int64_t)at > now ? (int64_t)at - now : 0;
    }
    return v < RETRY_AFTER_MAX ? v : RETRY_AFTER_MAX;
}

bool header_line_fine(const char *line)
{
    static const char token[] = "!#$%&'*+-.^_`|~";
    const char *s = line;

    for (; *s && *s != ':'; s++)
        if (!isalnum((unsigned char)*s) && !strchr(token, *s))
            return false;
    if (s == line || *s != ':')
        return false;
    for (; *s; s++)
        if (((unsigned char)*s < 0x20 && *s != '\t') || *s == 0x7f)
            return false;
    return true;
}

bool header_is_secret(const char *line)
{
    static const char *const names[] = {
        "Authorization", "Proxy-Authorization", "Cookie",
        "Set-Cookie",    "X-Api-Key",           "Private-Token",
    };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (header_is(line, names[i]))
            return true;
    return false;
}
