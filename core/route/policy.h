/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * policy: thresholds. What a route leaves out it inherits; what the clock
 * alone will meet is known in advance.
 */
#ifndef TOCSIN_ROUTE_POLICY_H
#define TOCSIN_ROUTE_POLICY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/config/settings.h"

/* Puts what over says into base; at of the condition comes with it. */
void policy_overlay(struct policy *base, const struct policy *over);

/* What a condition is asked about. */
struct evidence {
    int64_t since; /* red since */
    int64_t pushes;
    double attempts;
};
/* True when it is met at now. Otherwise *next is when the clock alone will
 * meet it, 0: never without new evidence. A condition that was not set, or
 * has no bound, is met. */
bool condition_met(const struct condition *c, const struct evidence *e,
                   int64_t now, int64_t *next);
/* {"any": {"red_for": 172800, ...}} for decisions. New. */
json_t *condition_json(const struct condition *c);

/* Whether what does not stand any more may be closed at now: enough green
 * pushes, for long enough, and longer when it flaps. Otherwise *next is when
 * the clock alone allows it (0: a green push is missing), *flapping: that it
 * is held for relapsing so often. */
bool policy_may_resolve(const struct policy *p, int64_t greens,
                        int64_t relapses, int64_t ended, int64_t now,
                        int64_t *next, bool *flapping);

#endif
