/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Allocation that ends the process when memory is out. Must not call
 * anything of Tocsin's: every other file stands on this one.
 */
#include <config.h>

#include "core/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *must(void *p)
{
    static const char text[] = "tocsin: out of memory\n";

    if (!p) {
        ssize_t ignored = write(STDERR_FILENO, text, sizeof(text) - 1);
        (void)ignored;
        _exit(3);
    }
    return p;
}

void *xmalloc(size_t n)
{
    return must(malloc(n ? n : 1));
}

void *xcalloc(size_t n, size_t size)
{
    return must(calloc(n ? n : 1, size ? size : 1));
}

void *xrealloc(void *p, size_t n)
{
    return must(realloc(p, n ? n : 1));
}

char *xstrdup(const char *s)
{
    return must(strdup(s));
}

char *xstrdup0(const char *s)
{
    return s ? xstrdup(s) : NULL;
}

char *xstrndup(const char *s, size_t n)
{
    return must(strndup(s, n));
}

char *xmemdup0(const void *p, size_t n)
{
    char *copy = xmalloc(n + 1);

    if (n)
        memcpy(copy, p, n);
    copy[n] = '\0';
    return copy;
}

char *xvasprintf(const char *fmt, va_list ap)
{
    char *out = NULL;

    if (vasprintf(&out, fmt, ap) < 0)
        must(NULL);
    return out;
}

char *xasprintf(const char *fmt, ...)
{
    va_list ap;
    char *out;

    va_start(ap, fmt);
    out = xvasprintf(fmt, ap);
    va_end(ap);
    return out;
}

void str_replace(char **dst, const char *src)
{
    char *copy = xstrdup0(src);

    free(*dst);
    *dst = copy;
}

int str_cmp0(const char *a, const char *b)
{
    if (!a || !b)
        return (a != NULL) - (b != NULL);
    return strcmp(a, b);
}

int str_eq(const char *a, const char *b)
{
    return str_cmp0(a, b) == 0;
}

const char *str_or(const char *s, const char *otherwise)
{
    return s ? s : otherwise;
}

int str_starts(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

int str_ends(const char *s, const char *suffix)
{
    size_t n = strlen(s), m = strlen(suffix);

    return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

void cleanup_free(void *pp)
{
    free(*(void **)pp);
}
