/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * scrub: text as it is meant to be read. Escape sequences and controls go, and
 * so do sequences whose ESC somebody has eaten, what a carriage return
 * overwrote and a byte order mark; bytes that are no UTF-8 are read as
 * Latin-1. Nearly all text is so already.
 */
#ifndef TOCSIN_CLASSIFY_SCRUB_H
#define TOCSIN_CLASSIFY_SCRUB_H

#include <stdbool.h>
#include <stddef.h>

/* Copies a line up to its newline, should it be as it is meant to be read, and
 * returns where that is. NULL: it is not, it is longer than `most`, or it does
 * not end well in front of end. to holds most + SCRUB_SPARE bytes. *tabs: set
 * where there are any. */
const char *scrub_copy(const char *s, const char *end, char *to, size_t most,
                       bool *tabs);
#define SCRUB_SPARE ((size_t)64)
/* One line. to holds twice its length. Returns how much it is then. */
size_t scrub_line(const char *s, size_t n, char *to);

#endif
