/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * strbuf: a string that grows, up to a cap that its owner names.
 *
 *     struct strbuf b;
 *     strbuf_init(&b, EXCERPT_MAX);
 *     strbuf_addf(&b, "%d lines", n);
 *     char *s = strbuf_take(&b);      // now the caller's; b is empty and
 *                                     // needs no release
 *
 * Always NUL-terminated, may hold NULs. What would pass the cap is dropped
 * whole bytes at a time and `truncated` is set; the owner must mark it in
 * the text that people see.
 */
#ifndef TOCSIN_BASE_STRBUF_H
#define TOCSIN_BASE_STRBUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct strbuf {
    char *buf; /* never NULL after init */
    size_t len;
    size_t alloc;
    size_t cap; /* len never passes it */
    bool truncated;
};

/* No cap but memory itself; for text whose size its source already bounds. */
#define STRBUF_UNBOUNDED ((size_t)-1 / 4)

void strbuf_init(struct strbuf *b, size_t cap);
void strbuf_release(struct strbuf *b);
void strbuf_clear(struct strbuf *b);
char *strbuf_take(struct strbuf *b);
void strbuf_add(struct strbuf *b, const void *p, size_t n);
void strbuf_adds(struct strbuf *b, const char *s);
void strbuf_addc(struct strbuf *b, char c);
/* Room for n bytes more at once; not beyond the cap. */
void strbuf_reserve(struct strbuf *b, size_t n);
void strbuf_addf(struct strbuf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void strbuf_vaddf(struct strbuf *b, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));
/* For a terminal or a log: what one would obey (C0, C1), or what turns a line
 * around (bidi, line separators), is written as \xNN or \uNNNN; the characters
 * in keep ("" for none) stay. */
void strbuf_add_shown(struct strbuf *b, const char *s, const char *keep);
void strbuf_setlen(struct strbuf *b, size_t len); /* only to shorten */
/* Drops n bytes from the front. */
void strbuf_drop(struct strbuf *b, size_t n);

#define CLEANUP_STRBUF __attribute__((cleanup(strbuf_release)))

#endif
