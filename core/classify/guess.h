/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * guess: the line that most likely says why, when no rule knows. Keeps, for
 * each band of weight, where its first and its latest cluster of lines begin
 * in the step that runs; what is chosen is known when the log has ended.
 */
#ifndef TOCSIN_CLASSIFY_GUESS_H
#define TOCSIN_CLASSIFY_GUESS_H

#include "core/classify/baseline.h"
#include "core/classify/hits.h"
#include "core/classify/weigh.h"

#define GUESS_BANDS (WEIGHT_MAX / 10 + 1)

struct guess {
    struct band {
        struct hit *first, *latest; /* owned; latest: NULL where it is
                                     * the first */
        int first_weight, latest_weight;
        int64_t line; /* the last line of this band */
    } bands[GUESS_BANDS];
    int step; /* that the bands are of */
};

/* Whether guess_line() would look at the line. */
bool guess_wants(const struct line *l, int weight, enum novelty novelty,
                 const struct format *f);
/* A line with what weigh_line() made of it, 0 included, and whether the last
 * green log has it: then it weighs little, else more. The hits get their
 * excerpts from hs, which must outlive the guess. */
void guess_line(struct guess *g, const struct line *l, int weight,
                enum novelty novelty, struct hits *hs, const struct format *f);
/* NULL: nothing in the log looks like a reason. Borrowed. */
const struct hit *guess_best(const struct guess *g, const struct format *f,
                             int64_t lines);
/* Whether a line near the end says more than that something failed. */
bool guess_tells(const struct guess *g, const struct format *f, int64_t lines);
/* Lines other than best (which may be NULL) that weigh something, [{"line",
 * "text"}]: what a rule may know one day. New; NULL when there are none. */
json_t *guess_candidates(const struct guess *g, const struct hit *best);
void guess_release(struct guess *g, struct hits *hs);

#endif
