/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * weigh: how much one line looks like the reason why a job failed, by what
 * tools of all kinds have in common. Knows no rule.
 */
#ifndef TOCSIN_CLASSIFY_WEIGH_H
#define TOCSIN_CLASSIFY_WEIGH_H

#include <stdbool.h>
#include <stddef.h>

#include "core/classify/clean.h"

/* Less than the last words before the end say. */
#define WEIGHT_LEAST 12
/* A line of less says only that something failed. */
#define WEIGHT_TELLING 30
#define WEIGHT_MAX 120

/* The literals without one of which a line weighs nothing; NULL at the end. */
const char *weigh_literal(size_t i);
/* Whether literal i can make a line weigh something; the others only take
 * weight away. */
bool weigh_raises(size_t i);
/* 0 (nothing) to WEIGHT_MAX. seen: which of the literals are in the line. */
int weigh_line(const struct line *l, const int *seen, size_t nr);

#endif
