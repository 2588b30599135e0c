/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Growing strings with a cap. Must not grow past the cap, whatever is added.
 */
#include <config.h>

#include "core/base/strbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

/* What a strbuf points at after its text was taken, so that nothing is left
 * to release. It stays empty: only the NUL that it holds is written to it. */
static char nothing[1];

void strbuf_init(struct strbuf *b, size_t cap)
{
    b->alloc = 64;
    b->buf = xmalloc(b->alloc);
    b->buf[0] = '\0';
    b->len = 0;
    b->cap = cap;
    b->truncated = false;
}

void strbuf_release(struct strbuf *b)
{
    if (b->alloc)
        free(b->buf);
    memset(b, 0, sizeof(*b));
}

void strbuf_clear(struct strbuf *b)
{
    b->len = 0;
    b->buf[0] = '\0';
    b->truncated = false;
}

char *strbuf_take(struct strbuf *b)
{
    char *s = b->alloc ? b->buf : xstrdup("");

    b->buf = nothing;
    b->alloc = b->len = 0;
    b->truncated = false;
    return s;
}

static void reserve(struct strbuf *b, size_t more)
{
    size_t need = b->len + more + 1;
    bool fresh = b->alloc == 0;

    if (need <= b->alloc)
        return;
    while (b->alloc < need)
        b->alloc += b->alloc / 2 + 64;
    b->buf = xrealloc(fresh ? NULL : b->buf, b->alloc);
}

void strbuf_reserve(struct strbuf *b, size_t n)
{
    size_t need = b->len + (n < b->cap - b->len ? n : b->cap - b->len) + 1;

    if (need <= b->alloc)
        return;
    b->buf = xrealloc(b->alloc ? b->buf : NULL, need);
    b->buf[b->len] = '\0';
    b->alloc = need;
}

void strbuf_add(struct strbuf *b, const void *p, size_t n)
{
    if (n > b->cap - b->len) {
        n = b->cap - b->len;
        b->truncated = true;
    }
    if (!n)
        return;
    reserve(b, n);
    memcpy(b->buf + b->len, p, n);
    b->len += n;
    b->buf[b->len] = '\0';
}

void strbuf_adds(struct strbuf *b, const char *s)
{
    strbuf_add(b, s, strlen(s));
}

void strbuf_addc(struct strbuf *b, char c)
{
    strbuf_add(b, &c, 1);
}

void strbuf_vaddf(struct strbuf *b, const char *fmt, va_list ap)
{
    char *s = xvasprintf(fmt, ap);

    strbuf_adds(b, s);
    free(s);
}

void strbuf_addf(struct strbuf *b, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    strbuf_vaddf(b, fmt, ap);
    va_end(ap);
}

/* Length of the character at p if a terminal would obey it or turn the line
 * around for it, and its code in *c; 0: it only shows. C1 and bidi controls
 * are two or three bytes of UTF-8. */
static size_t order_length(const unsigned char *p, unsigned *c)
{
    *c = *p;
    if (*p < 0x20 || *p == 0x7f)
        return 1;
    if (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0) {
        *c = p[1];
        return 2;
    }
    if (*p != 0xe2 || (p[1] != 0x80 && p[1] != 0x81) || (p[2] & 0xc0) != 0x80)
        return 0;
    *c = 0x2000u | (p[1] & 1u) << 6 | (p[2] & 0x3fu);
    return (*c >= 0x2028 && *c <= 0x202e) || (*c >= 0x2066 && *c <= 0x2069)
                   || *c == 0x200e || *c == 0x200f
               ? 3
               : 0;
}

void strbuf_add_shown(struct strbuf *b, const char *s, const char *keep)
{
    const unsigned char *p = (const unsigned char *)s;
    unsigned c;

    while (*p) {
        size_t n = strchr(keep, *p) ? 0 : order_length(p, &c);

        if (n)
            strbuf_addf(b, c < 0x100 ? "\\x%02x" : "\\u%04x", c);
        else
            strbuf_addc(b, (char)*p);
        p += n ? n : 1;
    }
}

void strbuf_setlen(struct strbuf *b, size_t len)
{
    if (len >= b->len)
        return;
    b->len = len;
    b->buf[len] = '\0';
}

void strbuf_drop(struct strbuf *b, size_t n)
{
    if (n > b->len)
        n = b->len;
    memmove(b->buf, b->buf + n, b->len - n + 1);
    b->len -= n;
}
