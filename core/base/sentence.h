/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sentence: a text with {{captures}} in it that stays a sentence when one of
 * them was not found.
 */
#ifndef TOCSIN_BASE_SENTENCE_H
#define TOCSIN_BASE_SENTENCE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Finds the next {{name}} or {{name|other words}} at or after s; NULL: there
 * is none. What stands between braces and is neither is text. */
struct sentence_slot {
    const char *open, *close; /* the first brace, behind the last one */
    const char *name, *other; /* other: NULL when there are no other words */
    size_t name_len, other_len;
};

bool sentence_next(const char *s, struct sentence_slot *slot);
/* text with only those {{name}} that captures holds: others become their
 * other words, or go, with the quotes, brackets and blanks around them and a
 * colon that nothing follows. A new string. */
char *sentence_settle(const char *text, const json_t *captures);
/* The same with the captures in it. A new string. */
char *sentence_fill(const char *text, const json_t *captures);

#endif
