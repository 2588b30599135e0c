/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trial: what one short text makes of all rules at once, before anything is
 * chosen: for rules that are tried on their own examples.
 */
#ifndef TOCSIN_CLASSIFY_TRIAL_H
#define TOCSIN_CLASSIFY_TRIAL_H

#include "core/classify/match.h"
#include "core/classify/unwrap.h"

struct trial {
    struct matcher m;
    struct hits hits;
    struct ring ring;
    struct format format;
    struct unwrap unwrap;
    struct solver solver;
    struct cleaner *cleaner;
};

/* text: as it is in a log. Release it after use. */
void trial_run(struct trial *t, const struct ruleset *rs, const char *text);
void trial_release(struct trial *t);

#endif
