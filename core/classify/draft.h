/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * draft: a rule for a line that no rule knows, to be edited by a person: what
 * varies in the line generalised, the rest taken literally.
 */
#ifndef TOCSIN_CLASSIFY_DRAFT_H
#define TOCSIN_CLASSIFY_DRAFT_H

#include <jansson.h>

/* messages: [text], the one to begin with first; in what others that are
 * alike say otherwise, the line varies. Returns {"id", "category", "blame",
 * "pattern", "needs": [..], "summary", "fingerprint": [..]?, "examples":
 * [..]}, new; the pattern matches the examples, of which the first message is
 * one. NULL: it has nothing that a rule could hold on to. */
json_t *draft_rule(const json_t *messages);
/* rule as YAML, with near_misses where the rule has some. A new string. */
char *draft_yaml(const json_t *rule);

#endif
