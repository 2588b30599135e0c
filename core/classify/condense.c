/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One literal for several that have a rare part in common. Must not make one
 * that logs are full of: to look at many lines in vain costs more than to
 * look for many literals.
 */
#include <config.h>

#include "core/classify/condense.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/classify/rarity.h"
#include "core/classify/texts.h"

/* A common part that is worth it has so many bytes and is so rare. */
#define PART_MIN ((size_t)8)
#define PART_BITS 25
/* One word alone, however long, is in some log of every tool. A word has so
 * many letters. */
#define WORD_MIN 3

/* PART_MIN bytes of a literal, and in how many they are. */
struct window {
    const char *at;     /* NULL: a free slot */
    size_t first, last; /* of the literals that hold it */
    size_t items;       /* how many do */
};

struct windows {
    struct window *slots;
    size_t nr; /* a power of two */
};

static struct window *find_slot(const struct windows *ws, const char *at)
{
    uint64_t bytes;
    size_t i;

    memcpy(&bytes, at, sizeof(bytes));
    i = (size_t)(bytes * UINT64_C(0x9e3779b97f4a7c15) >> 32);
    for (;; i++) {
        struct window *w = &ws->slots[i & (ws->nr - 1)];

        if (!w->at || !memcmp(w->at, at, PART_MIN))
            return w;
    }
}

static struct windows count_windows(const struct required *set)
{
    struct windows ws = { NULL, 64 };
    size_t all = 0;

    for (size_t i = 0; i < set->nr; i++)
        all += set->items[i].n;
    while (ws.nr < all * 2)
        ws.nr *= 2;
    ws.slots = xcalloc(ws.nr, sizeof(*ws.slots));
    for (size_t i = 0; i < set->nr; i++) {
        const struct literal_text *t = &set->items[i];

        for (size_t k = 0; k + PART_MIN <= t->n; k++) {
            struct window *w = find_slot(&ws, t->s + k);

            if (w->at && w->last == i)
                continue;
            if (!w->at)
                *w = (struct window){ .at = t->s + k, .first = i };
            w->last = i;
            w->items++;
        }
    }
    return ws;
}

struct part {
    const char *s;
    size_t n, items;
    double bits;
};

/* How rare the words in it are: what stands around them adds little. */
static double bits_of(const char *s, size_t n, bool nocase)
{
    while (n && !isalnum((unsigned char)*s)) {
        s++;
        n--;
    }
    while (n && !isalnum((unsigned char)s[n - 1]))
        n--;
    return rarity_bits(s, n, nocase);
}

static const char *find_in(const struct literal_text *t, const char *s,
                           size_t n)
{
    return memmem(t->s, t->n, s, n);
}

/* As long as all literals that hold the window go on alike. */
static struct part widen(const struct required *set, const struct window *w)
{
    const char *s = w->at;
    size_t left = SIZE_MAX, right = SIZE_MAX;

    for (size_t i = w->first; i <= w->last; i++) {
        const struct literal_text *t = &set->items[i];
        const char *at = find_in(t, w->at, PART_MIN);
        size_t before = at ? (size_t)(at - t->s) : 0;
        size_t after = at ? t->n - before - PART_MIN : 0, n = 0;

        if (!at)
            continue;
        left = before < left ? before : left;
        right = after < right ? after : right;
        while (n < left && at[-1 - (long)n] == s[-1 - (long)n])
            n++;
        left = n;
        for (n = 0; n < right && at[PART_MIN + n] == s[PART_MIN + n];)
            n++;
        right = n;
    }
    return (
        struct part){ s - left, left + PART_MIN + right, w->items,
                      bits_of(s - left, left + PART_MIN + right, set->nocase) };
}

static bool has_two_words(const char *s, size_t n)
{
    size_t words = 0, letters = 0;

    for (size_t i = 0; i < n; i++) {
        letters = isalpha((unsigned char)s[i]) ? letters + 1 : 0;
        words += letters == WORD_MIN;
    }
    return words > 1;
}

static bool is_in(const struct part *p, const struct window *w)
{
    return p->items && memmem(p->s, p->n, w->at, PART_MIN);
}

/* What stands in most of them; items 0: nothing is in two. */
static struct part best_part(const struct required *set)
{
    struct windows ws = count_windows(set);
    struct part best = { .items = 0 }, p = { .items = 0 };

    for (size_t i = 0; i < ws.nr; i++) {
        const struct window *w = &ws.slots[i];

        if (w->items < 2 || w->items < best.items || is_in(&best, w)
            || (is_in(&p, w) && w->items == p.items))
            continue;
        p = widen(set, w);
        if (p.bits >= PART_BITS && has_two_words(p.s, p.n)
            && (p.items > best.items || p.bits > best.bits))
            best = p;
    }
    free(ws.slots);
    return best;
}

/* In place of all that hold it. */
static void put_part(struct required *set, const struct part *p)
{
    struct bytes behind = texts_behind(set, p->s, p->n);
    char *s = xmemdup0(p->s, p->n);
    size_t n = p->n, nr = 0;

    for (size_t i = 0; i < set->nr; i++) {
        if (find_in(&set->items[i], s, n))
            free(set->items[i].s);
        else
            set->items[nr++] = set->items[i];
    }
    set->items[nr++] = (struct literal_text){ s, n };
    set->nr = nr;
    if (nr == 1 || bytes_any(&set->behind))
        set->behind = behind;
}

void required_condense(struct required *set)
{
    for (;;) {
        struct part p = { .items = 0 };

        if (set->nr > 1)
            p = best_part(set);
        if (!p.items)
            return;
        put_part(set, &p);
    }
}
