/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What follows, repeats and replaces what. Must never say that a match has a
 * text which it can do without.
 */
#include <config.h>

#include "core/classify/part.h"

#include <ctype.h>

#include "core/classify/texts.h"

/* Texts that one part may stand for before it counts as anything. With fewer
 * than there may be literals, of "(?:sed|cp|...): " only "d: |p: |..." would
 * be left, which a log is full of. */
#define EXACT_MAX REQUIRED_MAX

void part_release(struct part *p)
{
    required_release(&p->texts);
    required_release(&p->ends);
    required_release(&p->best);
}

static const struct bytes all_bytes = { { UINT64_MAX, UINT64_MAX, UINT64_MAX,
                                          UINT64_MAX } };

struct part part_nothing(void)
{
    struct part p = { .exact = true, .through = true };

    texts_add(&p.texts, "", 0);
    return p;
}

struct part part_anything(void)
{
    return (struct part){ .first = all_bytes, .through = true };
}

struct part part_one_of(const struct bytes *set)
{
    return (struct part){ .first = *set };
}

struct part part_end(void)
{
    struct bytes set = { { 0 } };

    bytes_set(&set, '\0');
    bytes_set(&set, '\n');
    return part_one_of(&set);
}

struct part part_byte(unsigned char c, bool nocase)
{
    struct part p = { .exact = true };
    char b = (char)(nocase ? tolower(c) : c);

    p.texts.nocase = nocase && isalpha(c);
    bytes_add_char(&p.first, c, nocase);
    texts_add(&p.texts, &b, 1);
    return p;
}

/* set is required, too: it is kept when it is the better one. */
static void offer(struct part *p, const struct required *set,
                  const struct bytes *behind, bool open)
{
    double score = required_score(set);

    if (score < 0 || (p->best.nr && score <= p->score))
        return;
    required_release(&p->best);
    p->best = texts_copy(set);
    p->score = score;
    p->behind = *behind;
    p->open = open;
}

void part_end_run(struct part *p, const struct required *run)
{
    offer(p, run, &(struct bytes){ { 0 } }, true);
}

void part_look(struct part *p, const struct part *inner)
{
    offer(p, &inner->best, &all_bytes, false);
}

void part_forget_texts(struct part *p)
{
    part_end_run(p, &p->texts);
    required_release(&p->texts);
}

/* Only the last n bytes of each: still in every match, and fewer of them. */
static struct required endings(const struct required *set, size_t n)
{
    struct required made = { .nocase = set->nocase };

    for (size_t i = 0; i < set->nr; i++) {
        const struct literal_text *t = &set->items[i];
        size_t k = t->n < n ? t->n : n;

        texts_add(&made, t->s + t->n - k, k);
    }
    return made;
}

/* Shortens run until q can follow each of it. */
static void shorten(struct required *run, const struct required *q)
{
    for (size_t n = 4;
         n && q->nr <= EXACT_MAX && texts_longest(q) < TEXTS_LENGTH_MAX - 4;
         n--) {
        struct required ends = endings(run, n);

        if (ends.nr * q->nr <= EXACT_MAX) {
            required_release(run);
            *run = ends;
            return;
        }
        required_release(&ends);
    }
    required_release(run);
    texts_add(run, "", 0);
}

/* What comes next stands behind the last bytes of q. */
static void run_from_ends(struct required *run, const struct part *q)
{
    required_release(run);
    if (q->ends.nr)
        *run = texts_copy(&q->ends);
    else
        texts_add(run, "", 0);
}

/* What p requires, and what it begins with, as q follows. */
static void follow(struct part *p, const struct part *q, bool through)
{
    if (p->open)
        bytes_add(&p->behind, &q->first);
    p->open &= through;
    if (p->through)
        bytes_add(&p->first, &q->first);
    p->through &= through;
}

void part_append(struct part *p, struct required *run, const struct part *q)
{
    follow(p, q, q->through);
    offer(p, &q->best, &q->behind, q->open);
    if (q->exact && run->nr * q->texts.nr <= EXACT_MAX
        && texts_longest(run) + texts_longest(&q->texts) <= TEXTS_LENGTH_MAX) {
        texts_multiply(run, &q->texts);
        return;
    }
    offer(p, run, &q->first, q->through);
    p->exact = false;
    if (q->exact) {
        shorten(run, &q->texts);
        texts_multiply(run, &q->texts);
    } else {
        run_from_ends(run, q);
    }
}

void part_append_more(struct part *p, struct required *run,
                      const struct part *q)
{
    follow(p, q, true);
    offer(p, run, &q->first, true);
    p->exact = false;
    if (!q->exact) {
        run_from_ends(run, q);
        return;
    }
    required_release(run);
    *run = texts_copy(&q->texts);
}

void part_may_be_absent(struct part *p)
{
    required_release(&p->best);
    required_release(&p->ends);
    p->through = true;
    p->open = false;
}

static bool has_empty(const struct required *set)
{
    for (size_t i = 0; i < set->nr; i++)
        if (!set->items[i].n)
            return true;
    return false;
}

/* What either p or q ends with; nothing is known where one is empty. */
static struct required ends_of_either(const struct part *p,
                                      const struct part *q)
{
    const struct required *a = p->exact ? &p->texts : &p->ends;
    const struct required *b = q->exact ? &q->texts : &q->ends;
    struct required ends = { 0 };

    if (!a->nr || !b->nr || a->nr + b->nr > EXACT_MAX || has_empty(a)
        || has_empty(b))
        return ends;
    ends = texts_copy(a);
    texts_add_all(&ends, b);
    return ends;
}

void part_either(struct part *p, struct part *q)
{
    struct required ends;

    bytes_add(&p->first, &q->first);
    p->through |= q->through;
    if (p->exact && q->exact && p->texts.nr + q->texts.nr <= REQUIRED_MAX) {
        texts_add_all(&p->texts, &q->texts);
        required_release(&p->best);
        part_release(q);
        return;
    }
    ends = ends_of_either(p, q);
    part_forget_texts(p);
    part_forget_texts(q);
    required_release(&p->ends);
    p->ends = ends;
    p->exact = false;
    if (p->best.nr && q->best.nr) {
        texts_add_all(&p->best, &q->best);
        p->score = required_score(&p->best);
        bytes_add(&p->behind, &q->behind);
        p->open |= q->open;
    }
    if (!q->best.nr || p->score < 0)
        required_release(&p->best);
    part_release(q);
}
