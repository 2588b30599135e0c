/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * secrets: what secrets look like. The kinds that docs/redaction.md lists,
 * by the prefixes and shapes that their issuers publish.
 */
#ifndef TOCSIN_CLASSIFY_SECRETS_H
#define TOCSIN_CLASSIFY_SECRETS_H

#include <stdbool.h>
#include <stddef.h>

struct strbuf;

/* Puts placeholders for all that is known to be a secret by its shape or its
 * name. 1: b changed; 0: it did not; -1: a pattern gave up, b is not safe. */
int secrets_cut(struct strbuf *b, bool all);
/* Whether s holds a literal of one of them; quick. all, above: for tests, and
 * as slow as it sounds: try each kind nevertheless. */
bool secrets_maybe(const char *s, size_t n);

/* Whether s is what a token begins with, and some of the rest, which has more
 * than small letters: a line that is wrapped may end so. */
bool secrets_begin(const char *s, size_t n);

/* Puts a placeholder for what no one but a random generator writes: long,
 * of small and large letters and digits without order. Hashes, UUIDs, paths
 * and names of compiled symbols are not that, nor what is called a hash. */
bool random_cut(struct strbuf *b);

/* Whether a key of that name holds a secret: password, api_token, … */
bool is_secret_name(const char *name);

#endif
