/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * failure: what the result of a log says of a hit.
 */
#ifndef TOCSIN_CLASSIFY_FAILURE_H
#define TOCSIN_CLASSIFY_FAILURE_H

#include <jansson.h>
#include <stdbool.h>

#include "core/classify/choose.h"
#include "core/classify/format.h"
#include "core/classify/hits.h"

/* Of a rule's hit, with its excerpt; new. */
json_t *failure_json(const struct hit *h, bool primary, const struct format *f);
/* Of a line that no rule knows. */
json_t *unclassified_json(const struct hit *h, const struct format *f);
/* The rules and lines of what is no failure. */
json_t *survived_json(const struct choice *ch);

#endif
