/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * literal: which of many literals occur in a text, in one pass over it
 * (Aho-Corasick, case of ASCII letters ignored).
 *
 *     struct literals *ls = literals_new();
 *     literals_add(ls, "error:", 6, 17);        // 17: whatever you like
 *     literals_build(ls);
 *     literals_scan(ls, text, n, hit, user);    // hit(user, 17), maybe often
 */
#ifndef TOCSIN_CLASSIFY_LITERAL_H
#define TOCSIN_CLASSIFY_LITERAL_H

#include <stddef.h>

struct literals;

struct literals *literals_new(void);
void literals_free(struct literals *ls);
void literals_add(struct literals *ls, const char *s, size_t n, int id);
void literals_build(struct literals *ls);
void literals_scan(const struct literals *ls, const char *s, size_t n,
                   void (*hit)(void *user, int id), void *user);

#endif
