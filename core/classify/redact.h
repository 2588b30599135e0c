/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * redact: cuts secrets out of lines before anything is done with them.
 *
 * What is cut: tokens of common forges, clouds and registries, private keys
 * (over lines), credentials in URLs and headers, assignments to names that
 * say secret, and exact values that the operator names. Placeholders say the
 * kind and never depend on the value, so a rotated secret changes no
 * fingerprint. Where a pattern gives up on a hostile line the whole line is
 * cut: it fails closed.
 */
#ifndef TOCSIN_CLASSIFY_REDACT_H
#define TOCSIN_CLASSIFY_REDACT_H

#include <stdbool.h>
#include <stddef.h>

struct strbuf;
struct redactor;

/* exact is copied; may be NULL. Values shorter than 4 bytes are ignored. */
struct redactor *redactor_new(const char *const *exact, size_t nr);
void redactor_free(struct redactor *r);

/* The lines must come in order: a key goes over several. maybe: one of
 * redact_triggers occurs in the line; false only skips work. Returns true
 * and the new line in out when something was cut. */
bool redactor_line(struct redactor *r, const char *s, size_t n, bool maybe,
                   struct strbuf *out);

/* Whether what the next line holds depends on the lines before it. While it
 * does not, lines without one of redact_openers need not be given. */
bool redactor_waits(const struct redactor *r);
extern const char *const redact_openers[];

/* Any secret but the exact values contains one of these, case ignored. */
extern const char *const redact_triggers[];

#endif
