/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fingerprint: what is the same about a failure across re-runs, machines,
 * paths and times.
 */
#ifndef TOCSIN_CLASSIFY_FINGERPRINT_H
#define TOCSIN_CLASSIFY_FINGERPRINT_H

#include <stddef.h>

struct strbuf;

/* s with what varies masked: numbers and versions, hashes, UUIDs, times,
 * addresses, folders of paths; lower case, single spaces. Appends to out. */
void fingerprint_mask(struct strbuf *out, const char *s, size_t n);

/* As fingerprint_mask, and what names nothing is masked, too: random parts
 * of names, units behind numbers, decoration. What a line says, whatever it
 * says it of. */
void template_mask(struct strbuf *out, const char *s, size_t n);

/* A new string "1:" and 32 hex digits. name: the stable name of a rule, or
 * a category. */
char *fingerprint_make(const char *name, const char *const *parts, size_t nr);

#endif
