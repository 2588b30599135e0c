/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lines in one piece of memory. Must not grow past one chunk, its context
 * and one line.
 */
#include <config.h>

#include "core/classify/chunk.h"

#include <stdlib.h>
#include <string.h>

void chunk_init(struct chunk *ch)
{
    memset(ch, 0, sizeof(*ch));
    ch->first = 1;
}

void chunk_release(struct chunk *ch)
{
    free(ch->text);
    free(ch->lines);
}

size_t chunk_context(const struct chunk *ch)
{
    size_t keep = 0;

    while (keep < CHUNK_CONTEXT && keep < ch->nr
           && ch->len - ch->lines[ch->nr - keep - 1].at <= CHUNK_CONTEXT_BYTES)
        keep++;
    return keep;
}

void chunk_next(struct chunk *ch)
{
    size_t keep = chunk_context(ch), drop = ch->nr - keep;
    uint32_t from = keep ? ch->lines[drop].at : (uint32_t)ch->len;

    ch->first += (int64_t)drop;
    ch->len -= from;
    if (ch->len)
        memmove(ch->text, ch->text + from, ch->len);
    for (size_t i = 0; i < keep; i++) {
        ch->lines[i] = ch->lines[drop + i];
        ch->lines[i].at -= from;
    }
    ch->nr = ch->fresh = keep;
}

int64_t chunk_last(const struct chunk *ch)
{
    return ch->first + (int64_t)ch->nr - 1;
}

struct line chunk_line(const struct chunk *ch, size_t i)
{
    const struct chunk_line *l = &ch->lines[i];

    return (struct line){ ch->text + l->at, l->len, ch->first + (int64_t)i,
                          (enum mark)l->mark };
}
