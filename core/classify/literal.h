/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * literal: which of many literals occur in a text, in one pass over it, by
 * Hyperscan (or Vectorscan, which has the same calls).
 *
 *     struct literals *ls = literals_new();
 *     literals_add(ls, "error:", 6, LITERAL_NOCASE, 17);   // 17: yours
 *     if (literals_build(ls, &err) < 0) ...
 *     literals_scan(ls, text, n, hit, user);  // hit(user, word, end), maybe
 *                                             // often; end: just behind it
 *     ids = literals_ids(ls, word, &nr);      // { 17 }
 *
 * Scans of one set must not be nested: they share their working memory.
 */
#ifndef TOCSIN_CLASSIFY_LITERAL_H
#define TOCSIN_CLASSIFY_LITERAL_H

#include <stddef.h>

#include "core/base/err.h"
#include "core/classify/required.h"

struct literals;

enum literal_flags {
    LITERAL_NOCASE = 1, /* of ASCII letters */
    LITERAL_ONCE = 2,   /* only the first one of a text */
};

struct literals *literals_new(void);
void literals_free(struct literals *ls);
/* One text may have many ids. An empty one is never found. */
void literals_add(struct literals *ls, const char *s, size_t n, unsigned flags,
                  int id);
/* behind: as in struct required. */
void literals_add_required(struct literals *ls, const struct required *req,
                           int id);
int literals_build(struct literals *ls, struct err *err);
/* Builds the set where nobody has: for one that may never be asked for. */
void literals_scan(struct literals *ls, const char *s, size_t n,
                   void (*hit)(void *user, unsigned word, size_t end),
                   void *user);
/* The ids that one text was added with. */
const int *literals_ids(const struct literals *ls, unsigned word, size_t *nr);
/* Words are below this. */
unsigned literals_words(const struct literals *ls);

#endif
