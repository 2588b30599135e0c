/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * clean: bytes of a log in, clean UTF-8 lines out, in bounded memory.
 *
 *     struct cleaner *cl = cleaner_new(on_line, user);
 *     while (read) cleaner_feed(cl, p, n);
 *     cleaner_end(cl);                 // the last line without a newline
 *     cleaner_free(cl);
 *
 * Taken away: byte order marks, UTF-16 (decoded), NULs, escape sequences,
 * what a carriage return overwrote, the time stamps of GitHub Actions and
 * Azure, the columns of `gh run view --log`, bioconda's prefix. Marks such
 * as ##[error] are kept as struct line.mark. Bytes that are no UTF-8 are
 * read as Latin-1. Lines are counted by LF from 1.
 */
#ifndef TOCSIN_CLASSIFY_CLEAN_H
#define TOCSIN_CLASSIFY_CLEAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A line is cut here, before it is cleaned. */
#define LINE_MAX_BYTES ((size_t)16384)

enum mark {
    MARK_NONE,
    MARK_GROUP,                 /* text: the group's name */
    MARK_ENDGROUP,
    MARK_ERROR,
    MARK_WARNING,
    MARK_NOTICE,
    MARK_DEBUG,
    MARK_COMMAND,
    MARK_SECTION,               /* Azure: a step starts or finishes */
};

/* What the stamps and marks of a log gave away so far. */
enum seen {
    SEEN_STAMP = 1 << 0,        /* 2026-08-14T06:41:00.1234567Z */
    SEEN_ACTIONS = 1 << 1,      /* something only Actions writes */
    SEEN_AZURE = 1 << 2,        /* something only Azure writes */
    SEEN_CUT = 1 << 3,          /* a line was longer than the cap */
    SEEN_UTF16 = 1 << 4,
};

struct line {
    const char *text;           /* NUL-terminated; lives in the callback */
    size_t len;
    int64_t nr;                 /* of the raw line, from 1 */
    enum mark mark;
};

struct cleaner;

struct cleaner *cleaner_new(void (*emit)(void *user, const struct line *l),
                            void *user);
void cleaner_feed(struct cleaner *cl, const void *p, size_t n);
void cleaner_end(struct cleaner *cl);
void cleaner_free(struct cleaner *cl);
unsigned cleaner_seen(const struct cleaner *cl);    /* enum seen */
int64_t cleaner_lines(const struct cleaner *cl);
int64_t cleaner_bytes(const struct cleaner *cl);

#endif
