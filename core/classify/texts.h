/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * texts: sets of literal texts, as required.c builds them from a pattern.
 */
#ifndef TOCSIN_CLASSIFY_TEXTS_H
#define TOCSIN_CLASSIFY_TEXTS_H

#include "core/classify/required.h"

/* Bytes of one text; a longer literal is no rarer in practice. */
#define TEXTS_LENGTH_MAX ((size_t)48)

/* One that the set does not have; with room to grow to TEXTS_LENGTH_MAX. */
void texts_add_new(struct required *set, const char *s, size_t n);
void texts_add(struct required *set, const char *s, size_t n);
void texts_add_all(struct required *to, const struct required *from);
struct required texts_copy(const struct required *from);
/* Bytes of the longest one; 0: there is none. */
size_t texts_longest(const struct required *set);
/* What stands behind the first s in those of the set that hold it, which
 * what stands behind the set adds to; empty: anything. */
struct bytes texts_behind(const struct required *set, const char *s, size_t n);
void bytes_add_char(struct bytes *set, unsigned char c, bool nocase);
/* Each of a followed by each of b; in a. Both together must be no longer
 * than TEXTS_LENGTH_MAX. */
void texts_multiply(struct required *a, const struct required *b);

#endif
