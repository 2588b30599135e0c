/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * names: statuses and deliveries of tocsin-plugin.h as words on the wire,
 * and back.
 */
#ifndef TOCSIN_HOST_NAMES_H
#define TOCSIN_HOST_NAMES_H

#include <stdbool.h>

bool status_valid(int status);
const char *status_word(int status); /* "ok", "retry", … */
int status_of(const char *word);     /* FATAL for any other */
int delivery_of(const char *word);   /* 0 for any other */
const char *delivery_word(int op);   /* "open", "update", …; of a valid one */
/* How a callback that did not end well ended, for people; new. */
char *status_end(const char *callback, int status);

#endif
