/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include "core/classify/texts.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/classify/rarity.h"

void required_release(struct required *req)
{
    for (size_t i = 0; i < req->nr; i++)
        free(req->items[i].s);
    free(req->items);
    memset(req, 0, sizeof(*req));
}

void texts_add_new(struct required *set, const char *s, size_t n)
{
    struct literal_text *t;

    set->items = xrealloc(set->items, (set->nr + 1) * sizeof(*set->items));
    t = &set->items[set->nr++];
    t->s = xcalloc((n > TEXTS_LENGTH_MAX ? n : TEXTS_LENGTH_MAX) + 1, 1);
    memcpy(t->s, s, n);
    t->n = n;
}

void texts_add(struct required *set, const char *s, size_t n)
{
    for (size_t i = 0; i < set->nr; i++)
        if (set->items[i].n == n && !memcmp(set->items[i].s, s, n))
            return;
    texts_add_new(set, s, n);
}

void texts_add_all(struct required *to, const struct required *from)
{
    to->nocase |= from->nocase;
    for (size_t i = 0; i < from->nr; i++)
        texts_add(to, from->items[i].s, from->items[i].n);
}

struct required texts_copy(const struct required *from)
{
    struct required to = { 0 };

    texts_add_all(&to, from);
    return to;
}

void required_copy(struct required *to, const struct required *from)
{
    *to = texts_copy(from);
    to->behind = from->behind;
}

size_t texts_longest(const struct required *set)
{
    size_t n = 0;

    for (size_t i = 0; i < set->nr; i++)
        if (set->items[i].n > n)
            n = set->items[i].n;
    return n;
}

void texts_multiply(struct required *a, const struct required *b)
{
    struct required made = { .nocase = a->nocase || b->nocase };

    for (size_t i = 0; b->nr == 1 && i < a->nr; i++) {
        memcpy(a->items[i].s + a->items[i].n, b->items[0].s, b->items[0].n);
        a->items[i].n += b->items[0].n;
    }
    if (b->nr == 1) {
        a->nocase = made.nocase;
        return;
    }
    for (size_t i = 0; i < a->nr; i++)
        for (size_t k = 0; k < b->nr; k++) {
            char both[TEXTS_LENGTH_MAX * 2];

            memcpy(both, a->items[i].s, a->items[i].n);
            memcpy(both + a->items[i].n, b->items[k].s, b->items[k].n);
            texts_add(&made, both, a->items[i].n + b->items[k].n);
        }
    required_release(a);
    *a = made;
}

void required_add(struct required *to, const struct required *from)
{
    bool known = bytes_any(&to->behind) && bytes_any(&from->behind);

    texts_add_all(to, from);
    bytes_add(&to->behind, &from->behind);
    if (!known)
        to->behind = (struct bytes){ { 0 } };
}

void bytes_add_char(struct bytes *set, unsigned char c, bool nocase)
{
    bytes_set(set, c);
    if (nocase) {
        bytes_set(set, (unsigned char)tolower(c));
        bytes_set(set, (unsigned char)toupper(c));
    }
}

struct bytes texts_behind(const struct required *set, const char *s, size_t n)
{
    struct bytes behind = set->behind;

    for (size_t i = 0; i < set->nr; i++) {
        const struct literal_text *t = &set->items[i];
        const char *at = memmem(t->s, t->n, s, n);

        if (!at)
            continue;
        if (at + n < t->s + t->n)
            bytes_add_char(&behind, (unsigned char)at[n], set->nocase);
        else if (!bytes_any(&set->behind))
            return set->behind;
    }
    return behind;
}

double required_score(const struct required *set)
{
    double least = 1e9;
    size_t many = 0;

    for (size_t i = 0; i < set->nr; i++) {
        double bits;

        if (set->items[i].n < REQUIRED_MIN)
            return -1;
        bits = rarity_bits(set->items[i].s, set->items[i].n, set->nocase);
        least = bits < least ? bits : least;
    }
    for (size_t n = set->nr; n > 1; n /= 2)
        many++;
    return set->nr && set->nr <= REQUIRED_MAX ? least - (double)many / 2 : -1;
}
