/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Exact values, found by one scan for all of them. Must not know what a
 * secret looks like.
 */
#include <config.h>

#include "core/classify/exact.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/strbuf.h"

#define EXACT_MIN 4
/* In base64 a shorter one would leave too few letters to be sure. */
#define BASE64_MIN 8
/* Two bytes, folded: the table is made anew for every log. */
#define PAIRS 4096

struct exact {
    char **needles; /* longest first */
    size_t nr;
    size_t shortest;
    /* by two bytes: how far the scan may jump behind them; 0: look */
    unsigned char jump[PAIRS];
};

static size_t pair(const char *s)
{
    return ((size_t)(unsigned char)s[0] << 5 ^ (unsigned char)s[1]) % PAIRS;
}

static void add(struct exact *e, const char *s, size_t n)
{
    if (n < EXACT_MIN)
        return;
    for (size_t i = 0; i < e->nr; i++)
        if (strlen(e->needles[i]) == n && !memcmp(e->needles[i], s, n))
            return;
    e->needles = xrealloc(e->needles, (e->nr + 1) * sizeof(*e->needles));
    e->needles[e->nr++] = xstrndup(s, n);
}

static void add_percent(struct exact *e, const char *s, size_t n,
                        const char *digits)
{
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    for (size_t i = 0; i < n; i++)
        if (isalnum((unsigned char)s[i]) || strchr("-_.~", s[i])) {
            strbuf_addc(&b, s[i]);
        } else {
            strbuf_addc(&b, '%');
            strbuf_addc(&b, digits[(unsigned char)s[i] >> 4]);
            strbuf_addc(&b, digits[s[i] & 15]);
        }
    add(e, b.buf, b.len);
    strbuf_release(&b);
}

/* As others quote it: what, by what. */
static void add_escaped(struct exact *e, const char *s, size_t n,
                        const char *const (*table)[2], size_t nr)
{
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;

        while (k < nr && table[k][0][0] != s[i])
            k++;
        if (k < nr)
            strbuf_adds(&b, table[k][1]);
        else
            strbuf_addc(&b, s[i]);
    }
    add(e, b.buf, b.len);
    strbuf_release(&b);
}

/* The letters that s makes in base64 when `before` bytes of something else
 * come before it; those that also hold bits of its neighbours are left out. */
static void add_base64(struct exact *e, const char *s, size_t n, size_t before,
                       const char *last_two)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    size_t first = (before * 8 + 5) / 6, end = (before + n) * 8 / 6;
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    for (size_t i = first; i < end; i++) {
        unsigned value = 0;

        for (size_t bit = i * 6; bit < i * 6 + 6; bit++) {
            unsigned char byte = (unsigned char)s[bit / 8 - before];

            value = value << 1 | (byte >> (7 - bit % 8) & 1);
        }
        strbuf_addc(&b, value < 62 ? letters[value] : last_two[value - 62]);
    }
    add(e, b.buf, b.len);
    strbuf_release(&b);
}

static void add_forms(struct exact *e, const char *s, size_t n)
{
    static const char *const json[][2] = {
        { "\"", "\\\"" },
        { "\\", "\\\\" },
        { "/", "\\/" },
    };
    static const char *const xml[][2] = {
        { "&", "&amp;" },   { "<", "&lt;" },  { ">", "&gt;" },
        { "\"", "&quot;" }, { "'", "&#39;" },
    };

    add(e, s, n);
    if (n < EXACT_MIN)
        return;
    add_percent(e, s, n, "0123456789ABCDEF");
    add_percent(e, s, n, "0123456789abcdef");
    add_escaped(e, s, n, json, 2);
    add_escaped(e, s, n, json, 3);
    add_escaped(e, s, n, xml, ARRAY_SIZE(xml));
    for (size_t before = 0; n >= BASE64_MIN && before < 3; before++) {
        add_base64(e, s, n, before, "+/");
        add_base64(e, s, n, before, "-_");
    }
}

/* Longest first: one value may be the start of another. */
static int by_length(const void *a, const void *b)
{
    size_t x = strlen(*(char *const *)a), y = strlen(*(char *const *)b);

    return x < y ? 1 : x > y ? -1 : 0;
}

/* Behind a pair that no needle has at its first `shortest` bytes the scan
 * jumps over all of them but one. */
static void fill_jumps(struct exact *e)
{
    size_t most;

    e->shortest = strlen(e->needles[e->nr - 1]);
    if (e->shortest > 200)
        e->shortest = 200;
    most = e->shortest - 1;
    memset(e->jump, (int)most, sizeof(e->jump));
    for (size_t i = 0; i < e->nr; i++)
        for (size_t k = 0; k + 1 < e->shortest; k++) {
            unsigned char *j = &e->jump[pair(e->needles[i] + k)];

            if (*j > e->shortest - 2 - k)
                *j = (unsigned char)(e->shortest - 2 - k);
        }
}

struct exact *exact_new(const char *const *values, size_t nr)
{
    struct exact *e = xcalloc(1, sizeof(*e));

    /* lines are what is looked at, so a value of several lines is several */
    for (size_t i = 0; i < nr; i++)
        for (const char *s = values[i]; s && *s;) {
            size_t n = strcspn(s, "\r\n");

            add_forms(e, s, n);
            s += n + strspn(s + n, "\r\n");
        }
    if (!e->nr) {
        free(e);
        return NULL;
    }
    qsort(e->needles, e->nr, sizeof(*e->needles), by_length);
    fill_jumps(e);
    return e;
}

void exact_free(struct exact *e)
{
    if (!e)
        return;
    for (size_t i = 0; i < e->nr; i++)
        free(e->needles[i]);
    free(e->needles);
    free(e);
}

bool exact_maybe(const struct exact *e, const char *s, size_t n)
{
    if (n < e->shortest)
        return false;
    for (size_t at = e->shortest - 2; at + 1 < n;) {
        size_t jump = e->jump[pair(s + at)];

        if (!jump) {
            const char *from = s + at + 2 - e->shortest;

            for (size_t i = 0; i < e->nr; i++) {
                size_t len = strlen(e->needles[i]);

                if (len <= n - (size_t)(from - s)
                    && !memcmp(from, e->needles[i], len))
                    return true;
            }
            jump = 1;
        }
        at += jump;
    }
    return false;
}

static bool cut_one(struct strbuf *b, const char *needle)
{
    size_t n = strlen(needle), from = 0;
    bool changed = false;
    char *at;

    while ((at = memmem(b->buf + from, b->len - from, needle, n))) {
        size_t off = (size_t)(at - b->buf);
        char *rest = xmemdup0(at + n, b->len - off - n);
        size_t rest_len = b->len - off - n;

        strbuf_setlen(b, off);
        strbuf_adds(b, "[redacted]");
        from = b->len;
        strbuf_add(b, rest, rest_len);
        free(rest);
        changed = true;
    }
    return changed;
}

bool exact_cut(const struct exact *e, struct strbuf *b)
{
    bool changed = false;

    for (size_t i = 0; i < e->nr; i++)
        changed |= cut_one(b, e->needles[i]);
    return changed;
}
