/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * exact: values that the operator names, wherever they occur, also as they
 * look inside of a URL, of JSON, of XML, or in base64.
 */
#ifndef TOCSIN_CLASSIFY_EXACT_H
#define TOCSIN_CLASSIFY_EXACT_H

#include <stdbool.h>
#include <stddef.h>

struct strbuf;
struct exact;

/* values is copied. Shorter ones than 4 bytes are ignored; NULL when none is
 * left. A value of several lines is several values. */
struct exact *exact_new(const char *const *values, size_t nr);
void exact_free(struct exact *e);

/* Whether one of them may be in s; fast, and never wrong when it says no. */
bool exact_maybe(const struct exact *e, const char *s, size_t n);
/* All of them in b by a placeholder. True when b changed. */
bool exact_cut(const struct exact *e, struct strbuf *b);

#endif
