/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rarity: how seldom a text stands in logs, as a guess in bits. Only the
 * order matters: of two literals the rarer one is the better filter.
 */
#ifndef TOCSIN_CLASSIFY_RARITY_H
#define TOCSIN_CLASSIFY_RARITY_H

#include <stdbool.h>
#include <stddef.h>

/* nocase: upper and lower case count as the same. */
double rarity_bits(const char *s, size_t n, bool nocase);

#endif
