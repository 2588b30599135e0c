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
#include "core/classify/literal.h"

/* Less than the last words before the end say. */
#define WEIGHT_LEAST 12
/* A line of less says only that something failed. */
#define WEIGHT_TELLING 30
#define WEIGHT_MAX 120

#define WEIGH_SIGNS_MAX 128

/* The literals without one of which a line weighs nothing, and those which
 * take weight away; NULL at the end. */
const char *weigh_sign(size_t i);
const char *weigh_cap(size_t i);
/* 0 (nothing) to WEIGHT_MAX. seen: which of the signs are in the line.
 * cap_literals: all of the caps, by number; NULL: each is looked for by
 * itself. */
int weigh_line(const struct line *l, const int *seen, size_t nr,
               struct literals *cap_literals);

/* Whether the line calls itself a warning: "WARNING: x", "a.c:3: warning: y",
 * "a.py:3: DeprecationWarning: z". */
bool weigh_warns(const char *text);

#endif
