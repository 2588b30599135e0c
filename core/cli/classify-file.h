/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * classify-file: one log by some rules, in a process of its own.
 */
#ifndef TOCSIN_CLI_CLASSIFY_FILE_H
#define TOCSIN_CLI_CLASSIFY_FILE_H

#include <jansson.h>

struct ruleset;
struct settings;

/* The result as `classify --json` prints it, new. NULL: what went wrong was
 * said, *status is the exit status. s, green (a path) may be NULL. */
json_t *classify_file(const struct ruleset *rules, const struct settings *s,
                      const char *path, const char *green, int outcome,
                      int *status);

#endif
