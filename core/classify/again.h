/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * again: a failure that is kept, by the rules of today. The log is gone; what
 * is kept of it are the lines that were shown and, where no rule knew it, the
 * other lines that had been thought of.
 *
 * Truthful rather than clever: what those lines cannot say stays as it was,
 * and that is said.
 */
#ifndef TOCSIN_CLASSIFY_AGAIN_H
#define TOCSIN_CLASSIFY_AGAIN_H

#include "core/classify/classify.h"

enum again {
    AGAIN_SAME,  /* today's rules say the same */
    AGAIN_OTHER, /* they say something else */
    AGAIN_KEPT,  /* the lines do not suffice: as it was */
};

/* stored: the failures of one red run, as kept (struct failure's detail). *out:
 * the failures as they are now, new; never empty when stored is not. */
enum again classify_again(const struct ruleset *rs, const json_t *stored,
                          json_t **out);

#endif
