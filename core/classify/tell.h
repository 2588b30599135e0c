/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tell: what is said of a failure: class, summary, advice, fingerprint.
 * Private to classify/.
 */
#ifndef TOCSIN_CLASSIFY_TELL_H
#define TOCSIN_CLASSIFY_TELL_H

#include <jansson.h>
#include <stdint.h>

struct rule;

/* What the rule says of a failure with these captures, into it. A file among
 * them becomes the one in the repository; "path" is what the log called it,
 * of which the fingerprint is. */
void tell_failure(json_t *failure, const struct rule *r, json_t *captures);
/* Makes a failure of r, with its line and captures, say what r says now. */
void failure_retell(const struct rule *r, json_t *failure);
/* The failure of a log that no rule knows, without excerpt; new. */
json_t *unclassified_failure(const char *message, int64_t line);

#endif
