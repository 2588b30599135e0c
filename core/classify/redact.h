/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * redact: cuts secrets out of lines before anything is done with them.
 *
 * What is cut is listed in docs/redaction.md: private keys (over lines),
 * what secrets.h knows, and exact values that the operator names.
 * Placeholders say the kind and never depend on the value, so a rotated
 * secret changes no fingerprint. Where a pattern gives up on a hostile line
 * the whole line is cut: it fails closed.
 */
#ifndef TOCSIN_CLASSIFY_REDACT_H
#define TOCSIN_CLASSIFY_REDACT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/classify/classify.h"

struct strbuf;

/* The lines must come in order: a key goes over several. Returns true and
 * the new line in out when something was cut. What only its disorder shows
 * is left: see redactor_text. */
bool redactor_line(struct redactor *r, const char *s, size_t n,
                   struct strbuf *out);

/* Whether redactor_line() may change s; quick. */
bool redactor_maybe(const struct redactor *r, const char *s, size_t n);
/* Whether what the next line holds depends on the lines before it. While it
 * does not, lines without one of redact_openers need not be given. */
bool redactor_waits(const struct redactor *r);
extern const char *const redact_openers[];

/* For what is about to be told, in place of the line it was taken from:
 * everything, also what only disorder shows. A new string, or NULL when
 * there is nothing to cut. */
char *redactor_text(struct redactor *r, const char *s, size_t n);
/* Every string in v, in place. */
void redactor_json(struct redactor *r, json_t *v);

/* For tests: tries every pattern on every line. */
void redactor_brute(struct redactor *r);

#endif
