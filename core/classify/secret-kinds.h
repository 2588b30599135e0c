/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * secret-kinds: the kinds of secrets, as data. secrets.c makes patterns of
 * them. A new kind is a row here, one in tests/e2e/planted.py, a neighbour of
 * it that must stay in tests/unit/test-redact.c and a word in
 * docs/redaction.md.
 */
#ifndef TOCSIN_CLASSIFY_SECRET_KINDS_H
#define TOCSIN_CLASSIFY_SECRET_KINDS_H

#include <stddef.h>

/* What its issuer lets begin with something of its own. */
struct secret_token {
    const char *placeholder;
    const char *prefix; /* a literal, in this case */
    const char *body;   /* a pattern */
};

/* Of the match only the group "s" is cut, where there is one. */
struct secret_pattern {
    const char *placeholder;
    /* Every match has one of them, in upper or lower case; only saves time.
     * Without any they are read off the pattern. */
    const char *literals[16];
    const char *pattern;
};

extern const struct secret_token secret_tokens[];
extern const size_t secret_tokens_nr;
extern const struct secret_pattern secret_patterns[];
extern const size_t secret_patterns_nr;

#endif
