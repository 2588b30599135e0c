/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * annotations: what a job without a log says of itself.
 */
#ifndef TOCSIN_GITHUB_ACTIONS_ANNOTATIONS_H
#define TOCSIN_GITHUB_ACTIONS_ANNOTATIONS_H

#include <jansson.h>

#include "core/base/strbuf.h"

#define ANNOTATIONS_MAX ((size_t)256 << 10) /* bytes of such a log */

/* Appends what steps ended red, and what annotations say, as lines of a log;
 * either list may be NULL. */
void annotations_tell(struct strbuf *b, const json_t *steps,
                      const json_t *annotations);

/* The one that says that the job ran out of its time, as a line of its log;
 * new. NULL: none does. */
char *annotations_out_of_time(const json_t *annotations);

#endif
