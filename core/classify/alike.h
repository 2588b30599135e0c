/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * alike: lines that say the same of other things. The fingerprint knows what
 * tools are known to vary; here the lines themselves show it: the words that
 * they share, in their order.
 */
#ifndef TOCSIN_CLASSIFY_ALIKE_H
#define TOCSIN_CLASSIFY_ALIKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/digest.h"

/* What stands further right says which one, not what. */
#define ALIKE_WORDS 40

struct words {
    size_t nr;
    uint64_t some; /* a bit for each key, so that most lines that are not
                    * alike are told apart without a comparison */
    struct {
        size_t at, len;                /* bytes of the line */
        unsigned char key[DIGEST_KEY]; /* of the word, masked */
    } l[ALIKE_WORDS];
};

/* Of the first bytes of line, n at most. */
void words_of(struct words *w, const char *line, size_t n);

/* How many words two lines share, in the order of both (the longest common
 * subsequence). to, or NULL: for each word of a, the word of b it is, or
 * ALIKE_WORDS. */
size_t words_shared(const struct words *a, const struct words *b, size_t *to);

/* Three quarters of the words are shared. Two lines of fewer than three words
 * are alike only when they are equal. */
bool words_alike(const struct words *a, const struct words *b);

#endif
