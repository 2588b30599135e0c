/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * walk: the files under the configured paths, each with its sidecar.
 *
 * A path is a file, a folder (everything below it) or a glob with * ? [ ] in
 * one part of the path and ** for any number of folders. Symbolic links are
 * never followed, but for the path itself as far as it has no wildcard.
 * Names that begin with a dot are left out. Only regular files are taken.
 */
#ifndef TOCSIN_LOGS_WALK_H
#define TOCSIN_LOGS_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct logs_unit {
    char *path;    /* of the log; NULL: a sidecar alone */
    char *rel;     /* below the configured path */
    char *sidecar; /* path of it, or NULL */
    int64_t size;
    int64_t mtime;   /* seconds */
    int64_t stamp;   /* nanoseconds, log and sidecar; cursor.h */
    uint64_t digest; /* of path, size and times */
};

struct logs_walk {
    /* False: it was read already, do not keep it. */
    bool (*wanted)(void *user, int64_t stamp, uint64_t digest);
    /* Something cannot be read. code: of the notice. */
    void (*trouble)(void *user, const char *code, const char *path,
                    const char *why);
    void *user;
    struct logs_unit *units;
    size_t nr, alloc;
    size_t links; /* symbolic links that were not followed */
};

/* Adds what is at path. */
void logs_walk_add(struct logs_walk *w, const char *path);
/* After the last path: drops what was found twice, sorts by stamp. */
void logs_walk_sort(struct logs_walk *w);
void logs_walk_release(struct logs_walk *w);

#endif
