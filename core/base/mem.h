/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mem: allocation that never returns NULL, and scope-bound clean-up.
 *
 * Out of memory ends the process: every delivery is journalled before the
 * next is tried, so dying is safe and checking is noise.
 */
#ifndef TOCSIN_BASE_MEM_H
#define TOCSIN_BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>

void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n);
char *xstrdup(const char *s);  /* s must not be NULL */
char *xstrdup0(const char *s); /* NULL stays NULL */
char *xstrndup(const char *s, size_t n);
char *xmemdup0(const void *p, size_t n); /* n bytes and a NUL */
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *fmt, va_list ap)
    __attribute__((format(printf, 1, 0)));

/* Frees *dst, stores a copy of src (may be NULL). */
void str_replace(char **dst, const char *src);
/* As strcmp, with NULL equal to NULL and before everything else. */
int str_cmp0(const char *a, const char *b);
int str_eq(const char *a, const char *b); /* both may be NULL */
/* s, or "" when it is NULL. */
const char *str_or(const char *s, const char *otherwise);
int str_starts(const char *s, const char *prefix);
int str_ends(const char *s, const char *suffix);

void cleanup_free(void *pp);
#define CLEANUP_FREE __attribute__((cleanup(cleanup_free)))

/* Grows arr (T *) so that it holds at least nr elements; alloc is its size. */
#define ALLOC_GROW(arr, nr, alloc)                                             \
    do {                                                                       \
        if ((size_t)(nr) > (size_t)(alloc)) {                                  \
            (alloc) = (alloc) ? (alloc)*2 : 8;                                 \
            if ((size_t)(alloc) < (size_t)(nr))                                \
                (alloc) = (nr);                                                \
            (arr) = xrealloc((arr), (alloc) * sizeof(*(arr)));                 \
        }                                                                      \
    } while (0)

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
