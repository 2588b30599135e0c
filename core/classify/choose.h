/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * choose: which of the hits is the cause, which are worth telling beside it.
 */
#ifndef TOCSIN_CLASSIFY_CHOOSE_H
#define TOCSIN_CLASSIFY_CHOOSE_H

#include "core/classify/hits.h"

/* So many failures of one log are told. */
#define FAILURES_MAX 10

struct choice {
    const struct hit *hits[FAILURES_MAX];   /* borrowed, best first */
    size_t nr;
    const struct hit *generic;  /* best of those that only say "it failed" */
};

/* format: the name of the log's format, for `in:`. lines: of the log. */
void choose(struct choice *c, const struct hits *hs, const struct format *f,
            const char *format, int64_t lines);

#endif
