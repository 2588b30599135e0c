/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From offsets in a chunk to lines. Must not look at a line that holds no
 * literal.
 */
#include <config.h>

#include "core/classify/scan.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

void scan_init(struct scan *s, const struct literals *literals)
{
    memset(s, 0, sizeof(*s));
    s->literals = literals;
    s->last_in = xcalloc((size_t)literals_words(literals) + 1,
                         sizeof(*s->last_in));
}

void scan_release(struct scan *s)
{
    free(s->found);
    free(s->last_in);
}

/* Hits come in the order of their ends, as far as anybody knows. */
static void to_line(struct scan *s, size_t at)
{
    const struct chunk *ch = s->chunk;

    while (s->line > ch->fresh && ch->lines[s->line].at > at)
        s->line--;
    while (s->line + 1 < ch->nr && ch->lines[s->line + 1].at <= at)
        s->line++;
}

static void on_hit(void *user, unsigned word, size_t end)
{
    struct scan *s = user;
    uint32_t line;

    to_line(s, s->from + end - 1);
    line = (uint32_t)s->line;
    if (s->last_in[word] == line + 1)
        return;
    s->last_in[word] = line + 1;
    if (s->nr && s->found[s->nr - 1].line > line)
        s->ordered = false;
    ALLOC_GROW(s->found, s->nr + 1, s->alloc);
    s->found[s->nr++] = (struct found){ line, word };
}

static int by_line(const void *a, const void *b)
{
    const struct found *x = a, *y = b;

    return (x->line > y->line) - (x->line < y->line);
}

void scan_chunk(struct scan *s, const struct chunk *ch)
{
    s->nr = s->next = 0;
    s->chunk = ch;
    s->line = ch->fresh;
    s->ordered = true;
    if (ch->fresh == ch->nr)
        return;
    memset(s->last_in, 0,
           literals_words(s->literals) * sizeof(*s->last_in));
    s->from = ch->lines[ch->fresh].at;
    literals_scan(s->literals, ch->text + s->from, ch->len - s->from, on_hit,
                  s);
    if (!s->ordered)
        qsort(s->found, s->nr, sizeof(*s->found), by_line);
}

bool scan_has(const struct scan *s, size_t i)
{
    return s->next < s->nr && s->found[s->next].line == i;
}

bool scan_next(struct scan *s, size_t i, unsigned *word)
{
    if (!scan_has(s, i))
        return false;
    *word = s->found[s->next++].word;
    return true;
}
