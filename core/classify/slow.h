/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * slow: whether a rule gives up on a line that was made to hurt it.
 */
#ifndef TOCSIN_CLASSIFY_SLOW_H
#define TOCSIN_CLASSIFY_SLOW_H

#include <stdbool.h>

#include "core/classify/rule.h"

/* Tries lines as long as lines can be, of r's own literals and examples over
 * and over. True when one of its patterns ran into its limit. */
bool rule_is_slow(const struct rule *r, pcre2_match_context *mc);

#endif
