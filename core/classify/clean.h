/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * clean: bytes of a log in, chunks of clean UTF-8 lines out, in bounded memory.
 *
 *     struct cleaner *cl = cleaner_new(on_chunk, user);
 *     while (read) cleaner_feed(cl, p, n);
 *     cleaner_end(cl);                 // what is left
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

#include "core/classify/chunk.h"

/* What the stamps and marks of a log gave away so far. */
enum seen {
    SEEN_STAMP = 1 << 0,   /* 2026-08-14T06:41:00.1234567Z */
    SEEN_ACTIONS = 1 << 1, /* something only Actions writes */
    SEEN_AZURE = 1 << 2,   /* something only Azure writes */
    SEEN_CUT = 1 << 3,     /* a line was longer than the cap */
    SEEN_UTF16 = 1 << 4,
};

struct cleaner;

/* emit: a chunk of at least one fresh line, but for the last one, which may
 * have none and is the one given in cleaner_end(). */
struct cleaner *cleaner_new(void (*emit)(void *user, const struct chunk *ch),
                            void *user);
void cleaner_feed(struct cleaner *cl, const void *p, size_t n);
void cleaner_end(struct cleaner *cl);
void cleaner_free(struct cleaner *cl);
unsigned cleaner_seen(const struct cleaner *cl); /* enum seen */
int64_t cleaner_lines(const struct cleaner *cl);
int64_t cleaner_bytes(const struct cleaner *cl);

#endif
