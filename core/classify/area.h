/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * area: which kind of failure may be the reason of which other. The table is
 * of what breaks what, not of single messages.
 */
#ifndef TOCSIN_CLASSIFY_AREA_H
#define TOCSIN_CLASSIFY_AREA_H

#include <stdbool.h>

/* Whether a failure of category a may have brought down what then failed as
 * category b. Categories are those of rules, such as "compile/error". */
bool area_explains(const char *a, const char *b);

/* Whether whoever comes to fail as b had got over a: a is about what b needs
 * before it can begin, and does not explain it. */
bool area_precedes(const char *a, const char *b);

#endif
