/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show: what crosses the wire, for -D NAME: a line for each record that a
 * plugin handed over or was given. Secrets are cut out on the worker's side;
 * of what is confidential, and of what a log says, no word is shown.
 */
#ifndef TOCSIN_HOST_SHOW_H
#define TOCSIN_HOST_SHOW_H

#include <jansson.h>
#include <stdbool.h>

/* Whether anybody wants it: ask before the others. */
bool show_wanted(const char *instance);
/* Of a frame from the worker. */
void show_said(const char *instance, const json_t *frame);
/* Of an operation that it is given; payload: OWNER or NOTIFICATION. */
void show_given(const char *instance, const char *what, const json_t *payload);

#endif
