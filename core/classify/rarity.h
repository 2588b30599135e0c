/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rarity: how seldom a text stands in logs, as a guess in bits. Only the
 * order matters: of two literals the rarer one is the better filter.
 */
#ifndef TOCSIN_CLASSIFY_RARITY_H
#define TOCSIN_CLASSIFY_RARITY_H

#include <stddef.h>

double rarity_bits(const char *s, size_t n);

#endif
