/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * log-paths: which logs a command line names.
 */
#ifndef TOCSIN_CLI_LOG_PATHS_H
#define TOCSIN_CLI_LOG_PATHS_H

#include <stddef.h>

struct paths {
    char **items;
    size_t nr, alloc;
};

/* named: files, "-", and folders, of which all files below count but hidden
 * ones and the .json beside a log. -1: some could not be read, which was
 * said; the others are there. */
int paths_collect(struct paths *ps, char *const *named, size_t nr);
void paths_release(struct paths *ps);

#endif
