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
    const struct hit *hits[FAILURES_MAX]; /* borrowed, best first */
    size_t nr;
    const struct hit *survived[FAILURES_MAX]; /* what is no failure */
    size_t nr_survived;
    const struct hit *generic; /* best of those that only say "it failed" */
};

/* What was found, and how the log went on. */
struct ending {
    const struct hits *hits;
    const struct format *format;
    const char *name; /* of the format, for `in:` */
    int64_t lines;
    bool green, well; /* it is; it says so itself */
};

void choose(struct choice *c, const struct ending *e);

#endif
