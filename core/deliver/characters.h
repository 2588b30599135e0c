/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * characters: any bytes as valid UTF-8 without what readers do not see or
 * terminals obey: controls and bidi controls become U+FFFD, invisible
 * characters vanish.
 */
#ifndef TOCSIN_DELIVER_CHARACTERS_H
#define TOCSIN_DELIVER_CHARACTERS_H

#include <stddef.h>
#include <stdint.h>

/* One code point of valid UTF-8 (utf8_repair has seen it). */
uint32_t characters_decode(const char *s, size_t *len);
/* One line: runs of space are one space, none at the ends. New. */
char *characters_line(const char *s, size_t n);
/* Lines: LF and tab stay, CR LF is LF, a bare CR ends a line. New. */
char *characters_block(const char *s, size_t n);

#endif
