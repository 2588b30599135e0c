/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * baseline: what the last green log of a job says, as a set of line
 * templates: hashes of lines with all that varies masked. A red log is read
 * against it: what a green one says, too, is not why it is red.
 *
 *     struct baseline *b = baseline_new();
 *     for each line: baseline_add(b, text, n);
 *     char *kept = baseline_encode(b);
 *     ...
 *     struct baseline *b = baseline_decode(kept);
 *     switch (baseline_look(b, text, n)) ...
 *
 * Bounded: of more than BASELINE_MAX templates those with the smallest hashes
 * are kept, and of the others it is not known whether the green log has them.
 */
#ifndef TOCSIN_CLASSIFY_BASELINE_H
#define TOCSIN_CLASSIFY_BASELINE_H

#include <stddef.h>

#include "core/classify/classify.h"

#define BASELINE_MAX ((size_t)8192)

enum novelty {
    NOVELTY_UNKNOWN, /* no baseline, or it does not reach there */
    NOVELTY_OLD,     /* the green log says so, too */
    NOVELTY_NEW,
};

void baseline_add(struct baseline *b, const char *s, size_t n);
/* b may be NULL. */
enum novelty baseline_look(const struct baseline *b, const char *s, size_t n);
size_t baseline_size(const struct baseline *b);

#endif
