/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * strip: what CI providers and wrappers put in front of each line: stamps,
 * columns, marks. Private to clean.c.
 */
#ifndef TOCSIN_CLASSIFY_STRIP_H
#define TOCSIN_CLASSIFY_STRIP_H

#include <stdbool.h>
#include <stddef.h>

#include "core/classify/clean.h"

/* Length of what is in front of the text of a line; adds to *seen. */
size_t strip_length(const char *s, size_t n, unsigned *seen);
/* Whether the text starts as marks do. */
static inline bool strip_may_mark(const char *s)
{
    return *s == '#' || *s == ':' || *s == '[';
}
/* The mark that the text, which ends with a NUL, starts with; *skip: its
 * length, left alone when there is none. */
enum mark strip_mark(const char *s, size_t n, size_t *skip, unsigned *seen);

#endif
