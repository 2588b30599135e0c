/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The best excerpt by structure. Must not keep more than two lines a band,
 * however many errors a log has.
 */
#include <config.h>

#include "core/classify/guess.h"

#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"

/* Lines of one band that are no farther apart tell of one thing. */
#define CLUSTER_GAP 40
/* Behind the line where the step failed the CI itself speaks. */
#define AFTER_FAILED 3

/* More of them tell nothing more. */
#define CANDIDATES_MAX 8

static void forget(struct hits *hs, struct hit **h)
{
    hits_discard(hs, *h);
    *h = NULL;
}

static void start_anew(struct guess *g, struct hits *hs, int step)
{
    for (size_t i = 0; i < GUESS_BANDS; i++) {
        forget(hs, &g->bands[i].first);
        forget(hs, &g->bands[i].latest);
        g->bands[i].line = 0;
    }
    g->step = step;
}

static struct hit *take(const struct line *l, struct hits *hs,
                        const struct format *f)
{
    struct hit *h = hit_new(NULL, l, l->nr, f->step);

    hits_later(hs, h);
    return h;
}

/* More than the heaviest old line, less than a telling one. */
#define WEIGHT_NEW 25

/* What is new weighs more, and something even where it has no word of
 * failure in it; what the green log survived weighs next to nothing. */
static int reweigh(int weight, enum novelty novelty)
{
    if (novelty == NOVELTY_OLD)
        return weight / 5;
    if (novelty == NOVELTY_UNKNOWN)
        return weight;
    if (weight < WEIGHT_NEW)
        return WEIGHT_NEW;
    return weight + 10 < WEIGHT_MAX ? weight + 10 : WEIGHT_MAX;
}

bool guess_wants(const struct line *l, int weight, enum novelty novelty,
                 const struct format *f)
{
    return reweigh(weight, novelty) >= WEIGHT_LEAST
           && (f->failed_step < 0 || l->nr <= f->failed_line + AFTER_FAILED);
}

void guess_line(struct guess *g, const struct line *l, int weight,
                enum novelty novelty, struct hits *hs, const struct format *f)
{
    struct band *b;
    bool near;

    if (!guess_wants(l, weight, novelty, f))
        return;
    weight = reweigh(weight, novelty);
    /* A step that is over and did not fail is not to blame, unless nothing
     * that comes later is. */
    if (f->step != g->step && f->failed_step < 0 && weight >= WEIGHT_TELLING)
        start_anew(g, hs, f->step);
    b = &g->bands[weight / 10];
    near = b->line && l->nr - b->line <= CLUSTER_GAP;
    b->line = l->nr;
    if (!b->first) {
        b->first = take(l, hs, f);
        b->first_weight = weight;
    } else if (!near) {
        forget(hs, &b->latest);
        b->latest = take(l, hs, f);
        b->latest_weight = weight;
    }
}

/* What a job went on after for long was survived, maybe. */
static int distance_penalty(int64_t distance)
{
    static const struct {
        int64_t lines;
        int penalty;
    } steps[] = {
        { 100, 0 },
        { 300, 3 },
        { 1000, 8 },
        { 5000, 14 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
        if (distance <= steps[i].lines)
            return steps[i].penalty;
    return 20;
}

static void better(const struct hit **best, int *score, const struct hit *h,
                   int weight, int64_t end)
{
    int mine = weight;

    if (!h)
        return;
    mine -= distance_penalty(end - h->line);
    if (*best && (mine < *score || (mine == *score && h->line > (*best)->line)))
        return;
    *best = h;
    *score = mine;
}

const struct hit *guess_best(const struct guess *g, const struct format *f,
                             int64_t lines)
{
    int64_t end = f->failed_step >= 0 ? f->failed_line : lines;
    const struct hit *best = NULL;
    int score = 0;

    for (size_t i = 0; i < GUESS_BANDS; i++) {
        const struct band *b = &g->bands[i];

        better(&best, &score, b->first, b->first_weight, end);
        better(&best, &score, b->latest, b->latest_weight, end);
    }
    return best;
}

/* So near to the end. */
#define TELLING_LINES 100

bool guess_tells(const struct guess *g, const struct format *f, int64_t lines)
{
    int64_t end = f->failed_step >= 0 ? f->failed_line : lines;

    for (size_t i = WEIGHT_TELLING / 10; i < GUESS_BANDS; i++) {
        const struct band *b = &g->bands[i];

        if ((b->first && end - b->first->line <= TELLING_LINES)
            || (b->latest && end - b->latest->line <= TELLING_LINES))
            return true;
    }
    return false;
}

static void add_candidate(json_t *list, const struct hit *h,
                          const struct hit *best)
{
    CLEANUP_FREE char *text = NULL;
    json_t *v;

    if (!h || (best && h->line == best->line)
        || json_array_size(list) == CANDIDATES_MAX)
        return;
    text = text_cut(h->message, strlen(h->message), EXCERPT_LINE_MAX);
    v = json_object();
    jx_set_int(v, "line", h->line);
    jx_set_str(v, "text", text);
    json_array_append_new(list, v);
}

json_t *guess_candidates(const struct guess *g, const struct hit *best)
{
    json_t *list = json_array();

    for (size_t i = GUESS_BANDS; i-- > WEIGHT_TELLING / 10;) {
        add_candidate(list, g->bands[i].first, best);
        add_candidate(list, g->bands[i].latest, best);
    }
    if (json_array_size(list))
        return list;
    json_decref(list);
    return NULL;
}

void guess_release(struct guess *g, struct hits *hs)
{
    start_anew(g, hs, 0);
}
