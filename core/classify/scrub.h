/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * scrub: text as it is meant to be read. Escape sequences and controls go, and
 * so do sequences whose ESC somebody has eaten, what a carriage return
 * overwrote and a byte order mark; bytes that are no UTF-8 are read as
 * Latin-1. Nearly all text is so already.
 */
#ifndef TOCSIN_CLASSIFY_SCRUB_H
#define TOCSIN_CLASSIFY_SCRUB_H

#include <stddef.h>

/* The first byte that is not as it is meant to be read; end if there is
 * none. Newlines are. Of what begins in the last line, which has no end yet,
 * nothing is said. */
const char *scrub_next(const char *s, const char *end);
/* One line. to holds twice its length. Returns how much it is then. */
size_t scrub_line(const char *s, size_t n, char *to);

#endif
