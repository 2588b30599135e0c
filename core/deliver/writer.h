/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * writer: hostile text on its way into a message, counted as it is written.
 * Only for safety.c and what it is made of: escape.c (text), quote.c (code).
 *
 *     struct writer w = writer_on(out, max);
 *     writer_puts(&w, "&lt;");        // whole, or cut with an ellipsis
 */
#ifndef TOCSIN_DELIVER_WRITER_H
#define TOCSIN_DELIVER_WRITER_H

#include "core/deliver/safety.h"

#define ZWSP "\xe2\x80\x8b"

struct writer {
    struct strbuf *out;
    size_t count, max; /* characters */
    size_t mark;       /* out's length with room for the ellipsis */
    bool full;
};

struct writer writer_on(struct strbuf *out, size_t max);
/* One unit, whole or not at all: an escape is never cut in two. */
void writer_put(struct writer *w, const char *s, size_t n);
void writer_puts(struct writer *w, const char *s);
/* The character at p; *len: its bytes. */
void writer_character(struct writer *w, const char *p, size_t *len);

/* @, full-width @, <!-- and the sink's own specials: one unit, broken by a
 * zero-width space. The bytes taken; 0: nothing of it stands here. */
size_t writer_break(struct writer *w, const struct safety *how, const char *p);
/* What a forge or a mail program would make a link or a reference of, at p in
 * text; as writer_break. */
size_t writer_break_reference(struct writer *w, const struct safety *how,
                              const char *text, const char *p);
/* Length of the run at s that a forge would take for a commit hash. */
size_t hash_length(const char *text, const char *s);
bool is_hex(char c);
bool is_word(char c);
/* word: in lower case. */
bool starts_nocase(const char *s, const char *word);

/* ---- escape.c ---- */

void escape_github(struct writer *w, const struct safety *how, const char *s);
void escape_plain(struct writer *w, const struct safety *how, const char *s);
/* references: break them, too. */
void escape_html(struct writer *w, const struct safety *how, const char *s,
                 bool references);
/* Zulip has no escape for its markup, so text with anything in it that may
 * mean something is written as inline code. */
bool zulip_is_plain(const char *s);

/* ---- quote.c: s may be changed ---- */

void quote_code(struct strbuf *out, const struct safety *how, char *s,
                size_t max);
void quote_fence(struct strbuf *out, const struct safety *how, char *s,
                 size_t max);

#endif
