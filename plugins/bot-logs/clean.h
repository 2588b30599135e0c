/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * clean: what the bot stores of an error, as plain text of a bearable size.
 *
 * Known HTML tags go, entities are decoded once, everything else between
 * angle brackets stays ("<genexpr>"). Tables of environments become one
 * line, Python's ^^^^ markers go, and the last block "Error: × ..." of a
 * solver is unwrapped, because it is folded in the middle of words. What is
 * too long loses its middle, with a mark: the first lines say what was
 * tried and the last ones why it failed. The same input always gives the
 * same text.
 */
#ifndef TOCSIN_PLUGIN_CLEAN_H
#define TOCSIN_PLUGIN_CLEAN_H

#include <stdbool.h>
#include <stddef.h>

#define CLEAN_MAX 16384 /* bytes of an entry's text */

/* Each returns a new string. */
char *clean_html(const char *s, size_t n);
char *clean_message(const char *s, size_t n);
/* Several messages, one a build variant. Those that end in the same error
 * are told once, with the names of their variants before it. */
char *clean_messages(const char *const *messages, size_t nr);
char *clean_cap(const char *s, size_t max);

/* The href of the first link in s when it is a http(s) URL, else NULL. */
char *clean_href(const char *s);
/* A web address that may be shown: http(s), printable, not endless. */
bool clean_is_url(const char *s);
/* X of "version 'X'", or NULL. */
char *clean_version(const char *s);

#endif
