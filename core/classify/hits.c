/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bounded store of hits. Must not decide which of them matters.
 */
#include <config.h>

#include "core/classify/hits.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"

#define MESSAGE_MAX ((size_t)1000)
/* Behind its first line an excerpt is started at last: so that the ring still
 * has what stands before it. */
#define LATER_MAX (RING_LINES - EXCERPT_BEFORE - 1)

struct hit *hit_new(const struct rule *r, const struct line *l, int64_t last,
                    int step)
{
    struct hit *h = xcalloc(1, sizeof(*h));

    h->rule = r;
    h->line = l->nr;
    h->last = last;
    h->step = step;
    hit_show(h, l);
    h->captures = json_object();
    return h;
}

void hit_show(struct hit *h, const struct line *l)
{
    const char *s = l->text;
    size_t n = l->len;

    while (n && (*s == ' ' || *s == '\t')) {
        s++;
        n--;
    }
    free(h->message);
    h->shown = l->nr;
    h->message = text_cut(s, n, MESSAGE_MAX);
}

void hit_free(struct hit *h)
{
    if (!h)
        return;
    excerpt_release(&h->excerpt);
    free(h->message);
    free(h->reason);
    json_decref(h->captures);
    free(h);
}

void hits_init(struct hits *hs, size_t nr_rules)
{
    memset(hs, 0, sizeof(*hs));
    hs->nr = nr_rules;
    hs->slots = xcalloc(nr_rules ? nr_rules : 1, sizeof(*hs->slots));
    hs->next_due = INT64_MAX;
}

void hits_release(struct hits *hs)
{
    for (size_t i = 0; i < hs->nr; i++) {
        hit_free(hs->slots[i].first);
        hit_free(hs->slots[i].step[0]);
        hit_free(hs->slots[i].step[1]);
        hit_free(hs->slots[i].last);
    }
    free(hs->slots);
    free(hs->open);
    free(hs->later);
}

void hits_watch(struct hits *hs, struct hit *h)
{
    ALLOC_GROW(hs->open, hs->nr_open + 1, hs->alloc_open);
    hs->open[hs->nr_open++] = h;
    h->open = true;
}

static void later(struct hits *hs, struct hit *h, int64_t due)
{
    int64_t latest = h->line + LATER_MAX;

    ALLOC_GROW(hs->later, hs->nr_later + 1, hs->alloc_later);
    hs->later[hs->nr_later++] = h;
    h->due = due < latest ? due : latest;
    if (h->due < hs->next_due)
        hs->next_due = h->due;
}

void hits_later(struct hits *hs, struct hit *h)
{
    later(hs, h, h->last + EXCERPT_AFTER);
}

void hits_unfinished(struct hits *hs, struct hit *h, int64_t deadline)
{
    excerpt_extend(&h->excerpt, deadline);
    later(hs, h, INT64_MAX);
}

static void not_later(struct hits *hs, size_t i)
{
    hs->later[i]->due = 0;
    hs->later[i] = hs->later[--hs->nr_later];
    hs->next_due = INT64_MAX;
    for (i = 0; i < hs->nr_later; i++)
        if (hs->later[i]->due < hs->next_due)
            hs->next_due = hs->later[i]->due;
}

/* Whether its excerpt was still to be taken. */
static bool forget_later(struct hits *hs, struct hit *h)
{
    for (size_t i = 0; h->due && i < hs->nr_later; i++)
        if (hs->later[i] == h) {
            not_later(hs, i);
            return true;
        }
    return false;
}

void hits_finished(struct hits *hs, struct hit *h)
{
    if (!forget_later(hs, h))
        return;
    h->excerpt.wanted = 0;
    hits_later(hs, h);
}

void hits_has_excerpt(struct hits *hs, struct hit *h)
{
    if (forget_later(hs, h))
        hits_watch(hs, h);
}

void hits_due(struct hits *hs, int64_t nr, const struct ring *ring)
{
    for (size_t i = 0; hs->next_due <= nr && i < hs->nr_later;) {
        struct hit *h = hs->later[i];

        if (h->due > nr) {
            i++;
            continue;
        }
        excerpt_start(&h->excerpt, ring, h->line, h->last);
        not_later(hs, i);
        if (h->excerpt.wanted > nr)
            hits_watch(hs, h);
    }
}

void hits_discard(struct hits *hs, struct hit *h)
{
    if (h)
        forget_later(hs, h);
    if (h && h->open)
        for (size_t i = 0; i < hs->nr_open; i++)
            if (hs->open[i] == h) {
                hs->open[i] = hs->open[--hs->nr_open];
                break;
            }
    hit_free(h);
}

static void drop(struct hits *hs, struct hit **at)
{
    hits_discard(hs, *at);
    *at = NULL;
}

static void keep(struct hits *hs, struct hit **at, struct hit *h)
{
    drop(hs, at);
    *at = h;
    if (!h->open && !h->due)
        hits_watch(hs, h);
}

void hits_handle(struct hits *hs, size_t i, int64_t line)
{
    struct slot *s = &hs->slots[i];
    struct hit *of_rule[] = { s->first, s->step[0], s->step[1], s->last };

    for (size_t k = 0; k < ARRAY_SIZE(of_rule); k++)
        if (of_rule[k] && of_rule[k]->line == line)
            of_rule[k]->handled = true;
}

void hits_forget(struct hits *hs, size_t i, int64_t from)
{
    struct slot *s = &hs->slots[i];
    struct hit **of_rule[] = { &s->first, &s->step[0], &s->step[1], &s->last };

    for (size_t k = 0; k < ARRAY_SIZE(of_rule); k++)
        if (*of_rule[k] && (*of_rule[k])->line >= from)
            drop(hs, of_rule[k]);
    if (!s->first)
        memset(s, 0, sizeof(*s));
}

static bool same(const struct hit *a, const struct hit *b)
{
    return a && !strcmp(a->message, b->message);
}

/* The last hit of a rule counts, too, because the first may have been
 * survived. What comes after the failed step says nothing about it. */
static bool wants_last(const struct rule *r, int step, const struct format *f)
{
    return (r->rank != RANK_CAUSE || r->minor || r->fatal || r->prefer_last
            || !strcmp(r->blame, "infrastructure"))
           && (f->failed_step < 0 || step == f->failed_step);
}

bool hits_full(struct hits *hs, size_t i, const struct rule *r, int step,
               const struct format *f)
{
    struct slot *s = &hs->slots[i];
    bool full = s->first && s->step[0] && s->step[1] && s->step_nr == step;

    if (!full || wants_last(r, step, f))
        return false;
    s->count++;
    return true;
}

void hits_add(struct hits *hs, struct hit *h, size_t i, const struct format *f)
{
    struct slot *s = &hs->slots[i];

    s->count++;
    if (!s->first) {
        keep(hs, &s->first, h);
        return;
    }
    if (s->step_nr != h->step && s->step_nr != f->failed_step
        && (s->step_nr != f->doubted_step || f->doubted_step < 0)) {
        drop(hs, &s->step[0]);
        drop(hs, &s->step[1]);
        s->step_nr = h->step;
    }
    if (s->step_nr == h->step && !same(s->first, h)) {
        if (!s->step[0]) {
            keep(hs, &s->step[0], h);
            return;
        }
        if (!s->step[1] && !same(s->step[0], h)) {
            keep(hs, &s->step[1], h);
            return;
        }
    }
    if (wants_last(h->rule, h->step, f))
        keep(hs, &s->last, h);
    else
        hits_discard(hs, h);
}

void hits_line(struct hits *hs, int64_t nr, const char *text, size_t n)
{
    for (size_t i = 0; i < hs->nr_open;) {
        if (excerpt_add(&hs->open[i]->excerpt, nr, text, n)) {
            i++;
            continue;
        }
        hs->open[i]->open = false;
        hs->open[i] = hs->open[--hs->nr_open];
    }
}
