/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * chunk: clean lines side by side in one piece of memory, each with a NUL
 * behind it, so that one scan sees them all. The last lines of the chunk
 * before stay in front as context.
 */
#ifndef TOCSIN_CLASSIFY_CHUNK_H
#define TOCSIN_CLASSIFY_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/mem.h"

/* A line is cut here, before it is cleaned. */
#define LINE_MAX_BYTES ((size_t)16384)

enum mark {
    MARK_NONE,
    MARK_GROUP, /* text: the group's name */
    MARK_ENDGROUP,
    MARK_ERROR,
    MARK_WARNING,
    MARK_NOTICE,
    MARK_DEBUG,
    MARK_COMMAND,
    MARK_SECTION, /* Azure: a step starts or finishes */
};

struct line {
    const char *text; /* NUL-terminated; lives in the callback */
    size_t len;
    int64_t nr; /* of the raw line, from 1 */
    enum mark mark;
};

/* A chunk is given on when it holds so much, or so many lines. */
#define CHUNK_BYTES ((size_t)128 << 10)
#define CHUNK_LINES ((size_t)16384)
/* What stays as context: at most so many lines, and no more than so much. */
#define CHUNK_CONTEXT ((size_t)64)
#define CHUNK_CONTEXT_BYTES ((size_t)32 << 10)

struct chunk {
    char *text;
    size_t len, alloc;
    struct chunk_line {
        uint32_t at;
        uint32_t len : 24;
        uint32_t mark : 8;
    } * lines;
    size_t nr, alloc_lines;
    size_t fresh;  /* lines before this one are context */
    int64_t first; /* number of the first line, from 1 */
};

void chunk_init(struct chunk *ch);
void chunk_release(struct chunk *ch);

/* Room for n bytes of a new line; valid until chunk_add(). */
static inline char *chunk_room(struct chunk *ch, size_t n)
{
    ALLOC_GROW(ch->text, ch->len + n, ch->alloc);
    return ch->text + ch->len;
}

/* The line that was written there: n bytes, of which the first skip are not
 * part of it, and a NUL. */
static inline void chunk_add(struct chunk *ch, size_t skip, size_t n,
                             enum mark mark)
{
    struct chunk_line *l;

    ALLOC_GROW(ch->lines, ch->nr + 1, ch->alloc_lines);
    l = &ch->lines[ch->nr++];
    l->at = (uint32_t)(ch->len + skip);
    l->len = (uint32_t)(n - skip) & 0xffffff;
    l->mark = (uint32_t)mark & 0xff;
    ch->len += n + 1;
}

static inline bool chunk_is_full(const struct chunk *ch)
{
    return ch->len >= CHUNK_BYTES || ch->nr >= CHUNK_LINES;
}

/* How many lines chunk_next() will keep. */
size_t chunk_context(const struct chunk *ch);
/* Drops all lines but the context. */
void chunk_next(struct chunk *ch);
/* Number of the last line, 0 when there was none. */
int64_t chunk_last(const struct chunk *ch);
/* Line i, counted from 0. */
struct line chunk_line(const struct chunk *ch, size_t i);

#endif
