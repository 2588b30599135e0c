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

/* What is in front of the text of a line: a stamp, then what programs add.
 * Both return its length and add to *seen. */
/* The stamp of Actions and Azure, as nearly all of their lines have it. s may
 * go on behind the line. */
size_t strip_usual(const char *s, size_t n, unsigned *seen);
/* Any stamp. tabs: whether there is a tab in the line. */
size_t strip_stamp(const char *s, size_t n, bool tabs, unsigned *seen);
/* What stands behind the stamp, or where one would. */
size_t strip_wrappers(const char *s, size_t n);
/* Whether the text, which ends with a NUL, starts as marks do. */
static inline bool strip_may_mark(const char *s)
{
    return *s == '[' ? s[1] == 'c' : (*s == '#' || *s == ':') && s[1] == *s;
}
/* The mark that the text, which ends with a NUL, starts with; *skip: its
 * length, left alone when there is none. */
enum mark strip_mark(const char *s, size_t n, size_t *skip, unsigned *seen);

#endif
