/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A sorted set of hashes, gathered in a buffer of twice its size. Must not
 * hold any text of a log: it is kept for long, and needs no redaction.
 */
#include <config.h>

#include "core/classify/baseline.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/classify/fingerprint.h"

/* A longer line is told by its beginning. */
#define LINE_BYTES ((size_t)1024)
/* Changes with what a template is: older ones are then of no use. */
#define ENCODING "1:"

struct baseline {
    uint32_t *hashes; /* the first nr_sorted in order, each once */
    size_t nr, nr_sorted;
    uint32_t horizon; /* nothing is known of what is above */
};

struct baseline *baseline_new(void)
{
    struct baseline *b = xcalloc(1, sizeof(*b));

    b->hashes = xcalloc(2 * BASELINE_MAX, sizeof(*b->hashes));
    b->horizon = UINT32_MAX;
    return b;
}

void baseline_free(struct baseline *b)
{
    if (!b)
        return;
    free(b->hashes);
    free(b);
}

/* "0 failed" and "2 failed" are not the same line. */
static void add_counts(struct strbuf *t, const char *s, size_t n)
{
    if (!strstr(t->buf, "fail") && !strstr(t->buf, "error"))
        return;
    for (size_t i = 0; i < n; i++)
        if (isdigit((unsigned char)s[i])
            && (!i || !isalnum((unsigned char)s[i - 1])))
            strbuf_addc(t, s[i] == '0' ? '0' : '1');
}

/* 0 for a line that says nothing. */
static uint32_t template_hash(const char *s, size_t n)
{
    CLEANUP_STRBUF struct strbuf t;
    uint64_t h = UINT64_C(0xcbf29ce484222325);

    strbuf_init(&t, STRBUF_UNBOUNDED);
    template_mask(&t, s, n < LINE_BYTES ? n : LINE_BYTES);
    add_counts(&t, s, n);
    for (size_t i = 0; i < t.len; i++)
        h = (h ^ (unsigned char)t.buf[i]) * UINT64_C(0x100000001b3);
    h ^= h >> 33;
    h *= UINT64_C(0xff51afd7ed558ccd);
    h ^= h >> 33;
    return t.len ? (uint32_t)h | 1 : 0;
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static void settle(struct baseline *b)
{
    size_t kept = 0;

    if (b->nr == b->nr_sorted)
        return;
    qsort(b->hashes, b->nr, sizeof(*b->hashes), by_value);
    for (size_t i = 0; i < b->nr; i++)
        if (!kept || b->hashes[i] != b->hashes[kept - 1])
            b->hashes[kept++] = b->hashes[i];
    if (kept > BASELINE_MAX) {
        kept = BASELINE_MAX;
        b->horizon = b->hashes[kept - 1];
    }
    b->nr = b->nr_sorted = kept;
}

static bool has(const struct baseline *b, uint32_t h)
{
    return bsearch(&h, b->hashes, b->nr_sorted, sizeof(h), by_value) != NULL;
}

void baseline_add(struct baseline *b, const char *s, size_t n)
{
    uint32_t h = template_hash(s, n);

    if (!h || h > b->horizon || has(b, h))
        return;
    if (b->nr == 2 * BASELINE_MAX)
        settle(b);
    b->hashes[b->nr++] = h;
}

enum novelty baseline_look(const struct baseline *b, const char *s, size_t n)
{
    uint32_t h = b ? template_hash(s, n) : 0;

    if (!h || h > b->horizon)
        return NOVELTY_UNKNOWN;
    return has(b, h) ? NOVELTY_OLD : NOVELTY_NEW;
}

size_t baseline_size(const struct baseline *b)
{
    return b->nr_sorted;
}

/* ---- as text ----------------------------------------------------------- */

static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Five bits a character, least significant first; the sixth: more follow. */
static void put_number(struct strbuf *out, uint32_t v)
{
    while (v > 31) {
        strbuf_addc(out, digits[(v & 31) | 32]);
        v >>= 5;
    }
    strbuf_addc(out, digits[v]);
}

static bool take_number(const char **s, uint32_t *out)
{
    uint64_t v = 0;

    for (int shift = 0; shift < 35; shift += 5) {
        const char *at = **s ? strchr(digits, **s) : NULL;
        uint64_t d = at ? (uint64_t)(at - digits) : 0;

        if (!at)
            return false;
        (*s)++;
        v |= (d & 31) << shift;
        if (!(d & 32)) {
            *out = (uint32_t)v;
            return v <= UINT32_MAX;
        }
    }
    return false;
}

char *baseline_encode(struct baseline *b)
{
    struct strbuf out;
    uint32_t last = 0;

    settle(b);
    strbuf_init(&out, STRBUF_UNBOUNDED);
    strbuf_adds(&out, ENCODING);
    put_number(&out, b->horizon);
    for (size_t i = 0; i < b->nr; i++) {
        put_number(&out, b->hashes[i] - last);
        last = b->hashes[i];
    }
    return out.buf;
}

struct baseline *baseline_decode(const char *text)
{
    struct baseline *b;
    uint32_t delta, last = 0;
    const char *s = text;

    if (!s || strncmp(s, ENCODING, strlen(ENCODING)))
        return NULL;
    s += strlen(ENCODING);
    b = baseline_new();
    if (!take_number(&s, &b->horizon))
        goto bad;
    while (*s) {
        if (b->nr == BASELINE_MAX || !take_number(&s, &delta) || !delta
            || delta > UINT32_MAX - last)
            goto bad;
        last += delta;
        b->hashes[b->nr++] = last;
    }
    b->nr_sorted = b->nr;
    return b;
bad:
    baseline_free(b);
    return NULL;
}
