/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * io: files, whole and capped, and who may write to them.
 */
#ifndef TOCSIN_BASE_IO_H
#define TOCSIN_BASE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct err;

/* Reads all of path, refusing more than cap bytes and anything that is no
 * regular file. A new NUL-terminated buffer; *len without the NUL. */
char *io_read_file(const char *path, size_t cap, size_t *len, struct err *err);
/* Replaces path as a whole: temporary file, fsync, rename. */
int io_write_file(const char *path, const void *p, size_t n, mode_t mode,
                  struct err *err);
int io_mkdir_p(const char *path, mode_t mode, struct err *err);
/* A folder with all that is in it; follows no links. What cannot be removed
 * stays. */
void io_remove_tree(const char *path);
/* All n bytes, past EINTR and short writes; -1 and errno otherwise. */
int io_write_all(int fd, const void *p, size_t n);
/* Reads until n bytes or end of file; the count, or -1 and errno. */
ssize_t io_read_full(int fd, void *p, size_t n);

enum io_trust {
    IO_TRUST_WRITE = 0,  /* ours or root's, not writable by others */
    IO_TRUST_SECRET = 1, /* and not readable by others */
};
/* 0 when the file belongs to root or the effective user and nobody else can
 * change (or, SECRET: read) it. The message says what to do about it. */
int io_check_trusted(const char *path, enum io_trust how, struct err *err);

/* 0 when path is a folder that the effective user can make files in. */
int io_check_folder(const char *path, struct err *err);
/* 0 when io_mkdir_p could make it so, or it is so. */
int io_check_mkdir_p(const char *path, struct err *err);

/* Is something at path? What cannot be looked for counts as there. */
bool io_may_be_there(const char *path);

/* dir/name as a new string; name itself when it is absolute. */
char *io_join(const char *dir, const char *name);
/* The folder part of path, "." if there is none. A new string. */
char *io_dirname(const char *path);
const char *io_basename(const char *path);

#endif
