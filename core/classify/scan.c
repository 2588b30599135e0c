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

void scan_init(struct scan *s, struct literals *literals, struct literals *late)
{
    memset(s, 0, sizeof(*s));
    s->literals = literals;
    s->late = late;
    s->last_in =
        xcalloc((size_t)literals_words(literals) + literals_words(late) + 1,
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
    word += s->base;
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

static void scan_from(struct scan *s, struct literals *ls, size_t i)
{
    const struct chunk *ch = s->chunk;

    if (i >= ch->nr)
        return;
    s->line = i;
    s->from = ch->lines[i].at;
    literals_scan(ls, ch->text + s->from, ch->len - s->from, on_hit, s);
    if (!s->ordered)
        qsort(s->found + s->next, s->nr - s->next, sizeof(*s->found), by_line);
    s->ordered = true;
}

void scan_chunk(struct scan *s, const struct chunk *ch)
{
    s->nr = s->next = 0;
    s->chunk = ch;
    s->base = 0;
    s->ordered = true;
    memset(s->last_in, 0,
           (literals_words(s->literals) + literals_words(s->late))
               * sizeof(*s->last_in));
    scan_from(s, s->literals, ch->fresh);
}

void scan_late(struct scan *s, size_t i)
{
    s->base = literals_words(s->literals);
    scan_from(s, s->late, i);
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
