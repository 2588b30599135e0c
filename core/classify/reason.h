/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reason: what a symptom that only says where a job ended may say besides:
 * the line just above it that looks like a reason and that no rule knows,
 * else the command that was shown last.
 */
#ifndef TOCSIN_CLASSIFY_REASON_H
#define TOCSIN_CLASSIFY_REASON_H

#include <stdbool.h>
#include <stdint.h>

#include "core/classify/clean.h"
#include "core/classify/excerpt.h"

/* So much a line has to weigh, so near above the symptom it has to stand. */
#define REASON_WEIGHT 60
#define REASON_LINES 12

struct reason {
    int64_t line; /* 0: none */
    int weight, step;
    char text[200];
};

/* A line of this weight, in this step, that no rule has matched. */
void reason_note(struct reason *r, const struct line *l, int weight, int step);
/* What is to be told of line nr of that step; a new string, NULL: nothing. */
char *reason_before(const struct reason *r, int64_t nr, int step,
                    const struct ring *ring);

#endif
