/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * taken: what rules of noise take from other rules. A rule does not see why
 * its line never comes; whoever checks rules must say it.
 */
#ifndef TOCSIN_CLASSIFY_TAKEN_H
#define TOCSIN_CLASSIFY_TAKEN_H

#include "core/classify/excerpt.h"
#include "core/classify/rule.h"

/* Whether the pattern of a rule, which compiles, matches the text. */
bool rule_finds(const struct rule *r, const char *text);

/* The rule of noise that matches a line in the ring that r waits for.
 * Borrowed; NULL: none. */
const struct rule *noise_taking(const struct ruleset *rs, const struct rule *r,
                                const struct ring *ring);

#endif
