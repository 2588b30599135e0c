/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cause, not its last symptom. Must not look at text: the rules have
 * said all there is to know.
 */
#include <config.h>

#include "core/classify/choose.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "core/base/jsonx.h"

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
        if (json_is_string(one) && format_is(f, format,
                                             json_string_value(one)))
            return true;
    return false;
}

/* Whether h belongs to the step that failed. Where no step said that it
 * failed, everything does. A few lines after it, the CI itself speaks. */
static bool in_failed_step(const struct hit *h, const struct format *f)
{
    return f->failed_step < 0 || (h->step == f->failed_step &&
                                  h->line <= f->failed_line + 3);
}

/* A line that calls itself a warning. */
static bool is_warning(const struct hit *h)
{
    const char *s = h->message;

    while (*s && !isalpha((unsigned char)*s))
        s++;
    return !strncasecmp(s, "warn", 4);
}

/* So many lines before the end of what failed a job is past it. */
#define SURVIVED_LINES 300

/* What jobs often live through, and did here: they went on for long, or it
 * came only after the step that failed. Or the last green log says so, too:
 * that one certainly went on. */
static bool is_survived(const struct hit *h, const struct format *f,
                        int64_t lines)
{
    int64_t end = f->failed_step >= 0 ? f->failed_line : lines;
    if (h->old && !h->rule->fatal)
        return true;
    bool minor = h->rule->rank == RANK_SYMPTOM || h->rule->minor ||
                 (is_warning(h) && !h->rule->fatal);

    if (h->rule->tail)
        return end - h->last >= h->rule->tail;
    return minor && (end - h->last > SURVIVED_LINES ||
                     (f->failed_step >= 0 && h->line > end + 3));
}

/* < 0: a is the better explanation. */
static int compare(const struct hit *a, const struct hit *b,
                   const struct format *f)
{
    int d = b->rule->fatal - a->rule->fatal;

    if (!d)
        d = in_failed_step(b, f) - in_failed_step(a, f);
    if (!d)
        d = (int)a->rule->rank - (int)b->rule->rank;
    if (!d)
        d = (b->rule->priority > a->rule->priority) -
            (b->rule->priority < a->rule->priority);
    /* the first of a cascade; of symptoms the one that says most, and the
     * rules stand in that order */
    if (!d && a->rule->rank == RANK_SYMPTOM && a->rule != b->rule)
        return a->rule < b->rule ? -1 : 1;
    if (!d && a->rule == b->rule && a->rule->prefer_last)
        return a->line > b->line ? -1 : a->line < b->line;
    if (!d)
        d = a->line < b->line ? -1 : a->line > b->line;
    if (!d)
        d = a->rule < b->rule ? -1 : 1;
    return d;
}

/* Told once: what one rule says twice alike, or two of one line. */
static bool same_failure(const struct hit *a, const struct hit *b)
{
    return a->line == b->line ||
           (a->rule == b->rule && json_equal(a->captures, b->captures));
}

static void insert(struct choice *c, const struct hit *h,
                   const struct format *f)
{
    size_t at = 0;

    for (size_t i = 0; i < c->nr;) {
        if (!same_failure(c->hits[i], h)) {
            i++;
            continue;
        }
        if (compare(h, c->hits[i], f) >= 0)
            return;
        memmove(&c->hits[i], &c->hits[i + 1],
                (c->nr - i - 1) * sizeof(c->hits[0]));
        c->nr--;
    }
    while (at < c->nr && compare(c->hits[at], h, f) < 0)
        at++;
    if (at == FAILURES_MAX)
        return;
    if (c->nr == FAILURES_MAX)
        c->nr--;
    memmove(&c->hits[at + 1], &c->hits[at],
            (c->nr - at) * sizeof(c->hits[0]));
    c->hits[at] = h;
    c->nr++;
}

/* Of what only says that something failed the rule written first counts,
 * and of its lines the last: closest to the end. */
static void take_generic(struct choice *c, const struct hit *h,
                         const struct format *f)
{
    const struct hit *g = c->generic;

    if (!g || in_failed_step(h, f) > in_failed_step(g, f) ||
        (in_failed_step(h, f) == in_failed_step(g, f) &&
         (h->rule < g->rule || (h->rule == g->rule && h->line > g->line))))
        c->generic = h;
}

/* What was survived is no failure. */
static void take(struct choice *c, const struct hit *h,
                 const struct format *f, int64_t lines)
{
    if (!h)
        return;
    if (h->rule->rank == RANK_GENERIC)
        take_generic(c, h, f);
    else if (!is_survived(h, f, lines))
        insert(c, h, f);
}

void choose(struct choice *c, const struct hits *hs, const struct format *f,
            const char *format, int64_t lines)
{
    memset(c, 0, sizeof(*c));
    for (size_t i = 0; i < hs->nr; i++) {
        const struct slot *s = &hs->slots[i];

        if (!s->first || !in_scope(s->first->rule, f, format))
            continue;
        take(c, s->first, f, lines);
        take(c, s->step[0], f, lines);
        take(c, s->step[1], f, lines);
        take(c, s->last, f, lines);
    }
}
