/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nearest: the name that somebody probably meant.
 *
 *     struct nearest n = { .word = "opne" };
 *     for each valid name: nearest_try(&n, name);
 *     n.best                       // "open", or NULL: none is near
 *
 * Borrows everything. Near is: at most a third of its letters differ, where
 * two neighbours swapped count once.
 */
#ifndef TOCSIN_CONFIG_NEAREST_H
#define TOCSIN_CONFIG_NEAREST_H

#include <stddef.h>

struct nearest {
    const char *word;
    const char *best;
    size_t distance;
};

void nearest_try(struct nearest *n, const char *name);
/* "; did you mean \"X\"?" or "": a new string to put behind a message. */
char *nearest_hint(const struct nearest *n);
/* Optimal string alignment distance; names longer than 64 bytes are as far
 * apart as they are long. */
size_t edit_distance(const char *a, const char *b);

#endif
