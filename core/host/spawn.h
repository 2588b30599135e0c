/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * spawn: a worker process with nothing but its own.
 *
 * In the worker: 0 and 1 are /dev/null (0 is the core's for a source with an
 * option "-"), 2 is a pipe, 3 is the wire, 4 is the lock of the pass if there
 * is one; nothing else is open. It leads a process group of its own and dies
 * with its parent.
 */
#ifndef TOCSIN_HOST_SPAWN_H
#define TOCSIN_HOST_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/base/err.h"

#define WORKER_FD 3
#define WORKER_LOCK_FD 4
/* How a worker leaves that has run into its memory limit. */
#define WORKER_EXIT_MEMORY 86

struct spawn_options {
    const char *self;     /* the program */
    const char *instance; /* for ps(1) */
    int lock_fd;          /* -1: none */
    int64_t memory;       /* bytes; 0: no limit */
    bool keep_stdin;      /* else /dev/null; never a terminal */
    char *const *env;     /* names of variables that pass, beyond the
                           * few that always do */
    size_t nr_env;
};

struct spawned {
    pid_t pid;
    int pidfd; /* readable when it is dead; -1: not known */
    int wire;  /* non-blocking */
    int err;   /* its stderr; non-blocking */
};

int spawn_worker(const struct spawn_options *opts, struct spawned *out,
                 struct err *err);
/* Kills what is left of its process group, waits, closes. Wait status. */
int spawn_reap(struct spawned *s);

#endif
