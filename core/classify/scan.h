/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * scan: which literals of a ruleset are in which lines of a chunk, by one
 * pass over the chunk.
 *
 *     scan_chunk(&s, ch);
 *     scan_late(&s, ch->fresh);                   // those of late rules, too
 *     for (size_t i = ch->fresh; i < ch->nr; i++)
 *         while (scan_next(&s, i, &word))         // in order of lines
 *             ...
 */
#ifndef TOCSIN_CLASSIFY_SCAN_H
#define TOCSIN_CLASSIFY_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/classify/chunk.h"
#include "core/classify/literal.h"

struct scan {
    struct literals *literals, *late;
    struct found {
        uint32_t line; /* in the chunk */
        unsigned word;
    } * found;
    size_t nr, alloc, next;
    uint32_t *last_in; /* per word: 1 + the line it was found in
                        * last */
    const struct chunk *chunk;
    size_t line, from; /* where the scan is, and where it began */
    unsigned base;     /* added to words: those of late come behind
                        * all others */
    bool ordered;
};

void scan_init(struct scan *s, struct literals *literals,
               struct literals *late);
void scan_release(struct scan *s);
void scan_chunk(struct scan *s, const struct chunk *ch);
/* The literals of late, in line i and behind it, besides. Their words come
 * after those of literals. */
void scan_late(struct scan *s, size_t i);
/* Whether a literal is in line i. */
bool scan_has(const struct scan *s, size_t i);
/* The next literal of line i; each word at most once a line. */
bool scan_next(struct scan *s, size_t i, unsigned *word);

#endif
