/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * candidate: the rules of which a literal is in the line. The rest of what
 * candidate.c does is in match.h.
 */
#ifndef TOCSIN_CLASSIFY_CANDIDATE_H
#define TOCSIN_CLASSIFY_CANDIDATE_H

#include "core/classify/match.h"

void candidate_add(struct matcher *m, int rule);
/* The one at touched[i] is none any more; another takes its place there. */
void candidate_drop(struct matcher *m, size_t i);
/* In the order of the rules: they are few. */
void candidates_sort(struct matcher *m);
/* Whether s is a part of the line of matcher_begin(). */
bool candidates_given(const struct matcher *m, const char *s, size_t n);

#endif
