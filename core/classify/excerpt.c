/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Windows of lines. Must not cut anything without saying how much.
 */
#include <config.h>

#include "core/classify/excerpt.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"

char *text_cut(const char *s, size_t n, size_t max)
{
    size_t keep = n;
    struct strbuf b;

    if (n <= max)
        return xmemdup0(s, n);
    keep = max - 40;
    while (keep && ((unsigned char)s[keep] & 0xc0) == 0x80)
        keep--;
    strbuf_init(&b, STRBUF_UNBOUNDED);
    strbuf_add(&b, s, keep);
    strbuf_addf(&b, " [… %zu bytes cut …]", n - keep);
    return b.buf;
}

void ring_add(struct ring *r, int64_t nr, const char *text, size_t n)
{
    free(r->lines[r->next].text);
    r->lines[r->next].text = text_cut(text, n, EXCERPT_LINE_MAX);
    r->lines[r->next].nr = nr;
    r->next = (r->next + 1) % RING_LINES;
}

void ring_release(struct ring *r)
{
    for (size_t i = 0; i < RING_LINES; i++)
        free(r->lines[i].text);
}

static void fill(const struct ring *r)
{
    if (r->fill)
        r->fill(r->user);
}

const char *ring_last_words(const struct ring *r, int64_t before, int64_t *nr)
{
    fill(r);
    for (size_t i = 1; i <= RING_LINES; i++) {
        size_t k = (r->next + RING_LINES - i) % RING_LINES;

        if (!r->lines[k].text || r->lines[k].nr >= before
            || !r->lines[k].text[0])
            continue;
        *nr = r->lines[k].nr;
        return r->lines[k].text;
    }
    return NULL;
}

/* Drops the middle once there are too many: first half, mark, last half. */
static void push(struct excerpt *e, int64_t nr, const char *text, size_t n)
{
    size_t half = EXCERPT_LINES_MAX / 2;

    if (e->nr == EXCERPT_LINES_MAX) {
        if (!e->cut)
            e->cut_after = e->lines[half - 1].nr;
        free(e->lines[half].text);
        memmove(&e->lines[half], &e->lines[half + 1],
                (e->nr - half - 1) * sizeof(e->lines[0]));
        e->nr--;
        e->cut++;
    }
    e->lines[e->nr].text = text_cut(text, n, EXCERPT_LINE_MAX);
    e->lines[e->nr].nr = nr;
    e->nr++;
}

void excerpt_start(struct excerpt *e, const struct ring *r, int64_t first,
                   int64_t last)
{
    int64_t wanted = e->wanted;

    memset(e, 0, sizeof(*e));
    e->wanted = wanted;
    excerpt_extend(e, last);
    fill(r);
    for (size_t i = 0; i < RING_LINES; i++) {
        size_t k = (r->next + i) % RING_LINES;

        if (r->lines[k].text && r->lines[k].nr >= first - EXCERPT_BEFORE
            && r->lines[k].nr <= e->wanted)
            push(e, r->lines[k].nr, r->lines[k].text, strlen(r->lines[k].text));
    }
}

bool excerpt_add(struct excerpt *e, int64_t nr, const char *text, size_t n)
{
    if (nr > e->wanted)
        return false;
    push(e, nr, text, n);
    return nr < e->wanted;
}

void excerpt_extend(struct excerpt *e, int64_t last)
{
    if (last + EXCERPT_AFTER > e->wanted)
        e->wanted = last + EXCERPT_AFTER;
}

void excerpt_copy(struct excerpt *to, const struct excerpt *from)
{
    *to = *from;
    for (size_t i = 0; i < to->nr; i++)
        to->lines[i].text = xstrdup(from->lines[i].text);
}

void excerpt_release(struct excerpt *e)
{
    for (size_t i = 0; i < e->nr; i++)
        free(e->lines[i].text);
    e->nr = 0;
    e->wanted = 0;
}

/* What Actions and Azure say once the steps of a job are over. */
static bool is_clean_up(const char *text)
{
    static const char *const words[] = {
        "Post job cleanup.",
        "Cleaning up orphan processes",
        "Terminate orphan process: ",
        "Finishing: ",
    };

    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (!strncmp(text, words[i], strlen(words[i])))
            return true;
    return false;
}

int64_t excerpt_end(const struct excerpt *e, int64_t last, int64_t failed)
{
    int64_t end = last + EXCERPT_AFTER;

    if (failed >= last && failed < end)
        end = failed;
    for (size_t i = 0; i < e->nr; i++)
        if (e->lines[i].nr > last && e->lines[i].nr <= end
            && is_clean_up(e->lines[i].text))
            end = e->lines[i].nr - 1;
    return end;
}

json_t *excerpt_json(const struct excerpt *e, int64_t until)
{
    json_t *j = json_object();
    size_t from = 0, to = e->nr;
    struct strbuf b;

    while (from < to && !e->lines[from].text[0])
        from++;
    while (to > from
           && (!e->lines[to - 1].text[0] || e->lines[to - 1].nr > until))
        to--;
    strbuf_init(&b, STRBUF_UNBOUNDED);
    for (size_t i = from; i < to; i++) {
        strbuf_adds(&b, e->lines[i].text);
        strbuf_addc(&b, '\n');
        if (e->cut && e->lines[i].nr == e->cut_after)
            strbuf_addf(&b, "[… %lld lines cut …]\n", (long long)e->cut);
    }
    jx_set_int(j, "first", from < to ? e->lines[from].nr : 0);
    jx_set_int(j, "last", from < to ? e->lines[to - 1].nr : 0);
    jx_set_strn(j, "text", b.buf, b.len);
    strbuf_release(&b);
    return j;
}
