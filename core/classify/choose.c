/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cause, not its last symptom. Must not look at text: the rules have
 * said all there is to know.
 */
#include <config.h>

#include "core/classify/choose.h"

#include <string.h>

#include "core/base/jsonx.h"
#include "core/classify/area.h"
#include "core/classify/let.h"
#include "core/classify/weigh.h"

static bool in_scope(const struct rule *r, const struct format *f,
                     const char *format)
{
    const json_t *in = json_object_get(r->json, "in"), *one;
    size_t i;

    if (json_is_string(in))
        return format_is(f, format, json_string_value(in));
    if (!json_array_size(in))
        return true;
    json_array_foreach(in, i, one)
        if (json_is_string(one) && format_is(f, format, json_string_value(one)))
            return true;
    return false;
}

/* Whether h belongs to the step that failed. Where no step said that it
 * failed, everything does. A few lines after it, the CI itself speaks. */
static bool in_failed_step(const struct hit *h, const struct format *f)
{
    return f->failed_step < 0
           || (h->step == f->failed_step && h->line <= f->failed_line + 3);
}

/* A line that calls itself a warning. */
static bool is_warning(const struct hit *h)
{
    return weigh_warns(h->message);
}

/* So close to what went wrong for good, what jobs often live through was
 * the reason for it. */
#define REASON_LINES 40
/* So many lines before the end of what failed a job is past it. */
#define SURVIVED_LINES 300
/* What ends a job may have to wait for what runs beside it. */
#define FATAL_LINES 3000

/* What jobs often live through. */
static int64_t lived_through_after(const struct hit *h)
{
    const struct rule *r = h->rule;

    if (r->tail)
        return r->tail - 1;
    if (r->fatal)
        return FATAL_LINES;
    if (r->rank == RANK_SYMPTOM || r->minor || is_warning(h)
        || !strcmp(r->blame, "infrastructure"))
        return SURVIVED_LINES;
    return INT64_MAX;
}

static bool is_minor(const struct hit *h)
{
    return h->rule->minor || (is_warning(h) && !h->rule->fatal);
}

/* What comes only after the step that failed does not explain it, unless it
 * is the CI that speaks. */
static bool is_late(const struct hit *h, const struct format *f)
{
    return f->failed_step >= 0 && h->line > f->failed_line + 3
           && (h->rule->rank == RANK_SYMPTOM || is_minor(h));
}

/* The job went on: its step ended and the next one began, it ended well, it
 * said so much more that this cannot have been the end of it, or the last
 * green log says it, too. */
static bool is_survived(const struct hit *h, const struct ending *e)
{
    const struct format *f = e->format;
    int64_t end = f->failed_step >= 0 ? f->failed_line : e->lines;

    if (e->well && (f->strong || h->last < f->ended_line))
        return true;
    if (e->green && e->lines - h->last > REASON_LINES)
        return true;
    return h->step < f->failed_step || is_late(h, f) || h->handled
           || (h->old && !h->rule->fatal)
           || end - h->last > lived_through_after(h);
}

static bool is_built(const struct rule *r)
{
    return !strncmp(r->category, "compile/", 8)
           || !strncmp(r->category, "link/", 5);
}

/* Told once: what one rule says twice alike, or two of one line. */
static bool same_failure(const struct hit *a, const struct hit *b)
{
    return a->line == b->line || a->shown == b->shown
           || (a->rule == b->rule && json_equal(a->captures, b->captures));
}

/* No more than a warning: nothing behind it shows that it was more. */
static bool only_warns(const struct hit *h, const struct hit *g)
{
    return is_warning(h) && !h->rule->nr_then && !same_failure(h, g);
}

static bool is_reason_of(const struct hit *h, const struct hit *g)
{
    return g && g->rule->rank == RANK_CAUSE && !is_minor(g) && !only_warns(h, g)
           && area_explains(h->rule->category, g->rule->category)
           && g->step == h->step && g->line > h->line
           && g->line - h->last <= REASON_LINES;
}

/* What came after it stopped at something else. A compiler had its source; so
 * had whatever needs as much, unless it is itself often got over. */
static bool is_past(const struct hit *h, const struct hit *g)
{
    const char *a = h->rule->category, *b = g->rule->category;

    if (g->rule->rank != RANK_CAUSE || g->step != h->step || g->line <= h->line)
        return false;
    if (is_minor(h))
        return is_built(g->rule) && !area_explains(a, b);
    return !is_minor(g) && g->rule->priority >= 0 && area_precedes(a, b);
}

enum passing { PASSING_NOT, PASSING, PASSING_PAST };

/* Jobs often live through it, and it brought nothing else down. */
static enum passing passing(const struct hit *h, const struct ending *e)
{
    enum passing p = is_minor(h) ? PASSING : PASSING_NOT;

    if (h->rule->rank != RANK_CAUSE)
        return PASSING_NOT;
    for (size_t i = 0; i < e->hits->nr; i++) {
        const struct slot *s = &e->hits->slots[i];
        const struct hit *of_rule[] = { s->first, s->step[0], s->step[1] };

        for (size_t k = 0; k < ARRAY_SIZE(of_rule); k++) {
            if (is_reason_of(h, of_rule[k]))
                return PASSING_NOT;
            if (of_rule[k] && is_past(h, of_rule[k]))
                p = PASSING_PAST;
        }
    }
    return p;
}

/* < 0: a is the better explanation. */
static int compare(const struct hit *a, const struct hit *b,
                   const struct ending *e)
{
    int d = b->rule->fatal - a->rule->fatal;

    if (!d)
        d = in_failed_step(b, e->format) - in_failed_step(a, e->format);
    if (!d)
        d = (int)a->rule->rank - (int)b->rule->rank;
    if (!d)
        d = (b->rule->priority > a->rule->priority)
            - (b->rule->priority < a->rule->priority);
    /* of symptoms the one that says most: the rules stand in that order */
    if (!d && a->rule->rank == RANK_SYMPTOM && a->rule != b->rule)
        return a->rule < b->rule ? -1 : 1;
    if (!d && a->rule == b->rule && a->rule->prefer_last)
        return a->line > b->line ? -1 : a->line < b->line;
    if (!d)
        d = (int)passing(a, e) - (int)passing(b, e);
    /* the first of a cascade */
    if (!d)
        d = a->line < b->line ? -1 : a->line > b->line;
    if (!d)
        d = a->rule < b->rule ? -1 : 1;
    return d;
}

static void insert(struct choice *c, const struct hit *h,
                   const struct ending *e)
{
    size_t at = 0;

    for (size_t i = 0; i < c->nr;) {
        if (!same_failure(c->hits[i], h)) {
            i++;
            continue;
        }
        if (compare(h, c->hits[i], e) >= 0)
            return;
        memmove(&c->hits[i], &c->hits[i + 1],
                (c->nr - i - 1) * sizeof(c->hits[0]));
        c->nr--;
    }
    while (at < c->nr && compare(c->hits[at], h, e) < 0)
        at++;
    if (at == FAILURES_MAX)
        return;
    if (c->nr == FAILURES_MAX)
        c->nr--;
    memmove(&c->hits[at + 1], &c->hits[at], (c->nr - at) * sizeof(c->hits[0]));
    c->hits[at] = h;
    c->nr++;
}

/* Of what only says that something failed the rule written first counts,
 * and of its lines the last: closest to the end. */
static void take_generic(struct choice *c, const struct hit *h,
                         const struct format *f)
{
    const struct hit *g = c->generic;

    if (!g || in_failed_step(h, f) > in_failed_step(g, f)
        || (in_failed_step(h, f) == in_failed_step(g, f)
            && (h->rule < g->rule
                || (h->rule == g->rule && h->line > g->line))))
        c->generic = h;
}

/* How a log ends is told only where nothing else is known of it. */
static void drop_endings(struct choice *c)
{
    size_t kept = 0;

    for (size_t i = 0; i < c->nr; i++)
        if (!c->hits[i]->rule->tail)
            c->hits[kept++] = c->hits[i];
    if (kept)
        c->nr = kept;
}

/* The same again, much later: the first time did no harm. */
static bool comes_again(const struct hit *h, const struct hit *later)
{
    return later && is_minor(h) && later->step == h->step
           && later->line - h->last > REASON_LINES
           && json_equal(h->captures, later->captures);
}

/* A step went wrong, and the job went on to one where more is known. */
static bool is_in_doubt(const struct hit *h, const struct hit *g,
                        const struct format *f)
{
    return f->failed_step >= 0 && h->step == f->failed_step
           && g->rule->rank == RANK_CAUSE && g->rule->priority >= 0
           && g->step > h->step;
}

/* It says more of the same line. */
static bool is_better_symptom(const struct hit *g, const struct hit *h)
{
    return g->rule->rank == RANK_SYMPTOM && g->rule < h->rule
           && (g->line == h->line || g->shown == h->shown);
}

/* A cause with a priority below 0 is one where nothing else is known: not
 * where a symptom that is written before it says more of the same line. */
static bool gives_way(const struct hit *h, const struct ending *e)
{
    if (h->rule->rank != RANK_CAUSE || h->rule->priority >= 0)
        return false;
    for (size_t i = 0; i < e->hits->nr; i++) {
        const struct slot *s = &e->hits->slots[i];
        const struct hit *of_rule[] = { s->first, s->step[0], s->step[1],
                                        s->last };

        for (size_t k = 0; k < ARRAY_SIZE(of_rule); k++) {
            const struct hit *g = of_rule[k];

            if (g && in_scope(g->rule, e->format, e->name) && !is_survived(g, e)
                && (is_better_symptom(g, h) || is_in_doubt(h, g, e->format)))
                return true;
        }
    }
    return false;
}

/* The script let it fail. What is said twice is kept once: the second time may
 * be what ended the job. */
static bool is_let(const struct hit *h, const struct slot *s)
{
    return s->count == 1 && !h->rule->fatal && was_let(h);
}

/* What was survived is no failure, but whoever writes rules wants to know. */
static void take(struct choice *c, const struct hit *h, const struct slot *s,
                 const struct ending *e)
{
    if (!h || gives_way(h, e))
        return;
    if (h->rule->rank == RANK_GENERIC)
        take_generic(c, h, e->format);
    else if (!is_survived(h, e) && !is_let(h, s) && !comes_again(h, s->step[0])
             && !comes_again(h, s->step[1]) && !comes_again(h, s->last))
        insert(c, h, e);
    else if (!h->rule->tail && c->nr_survived < FAILURES_MAX)
        c->survived[c->nr_survived++] = h;
}

void choose(struct choice *c, const struct ending *e)
{
    const struct hits *hs = e->hits;

    memset(c, 0, sizeof(*c));
    for (size_t i = 0; i < hs->nr; i++) {
        const struct slot *s = &hs->slots[i];

        if (!s->first || !in_scope(s->first->rule, e->format, e->name))
            continue;
        take(c, s->first, s, e);
        take(c, s->step[0], s, e);
        take(c, s->step[1], s, e);
        take(c, s->last, s, e);
    }
    drop_endings(c);
}
