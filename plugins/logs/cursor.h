/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cursor: which files were read already, small however many there are.
 *
 * A file's stamp is the younger of its mtime and ctime, so a file that is
 * copied with its old mtime or renamed into place counts as new. The cursor
 * is a mark and a list: everything with a stamp before the mark is done,
 * and of what lies at or after it, what is listed. The mark stays a little
 * behind the clock, because a file may change once more within the tick of
 * the file system in which it was read. What does not fit into the list is
 * read again: twice is harmless, never is not.
 *
 *     logs_cursor_load(&c, text, config, limit);
 *     for each file: if (!logs_cursor_seen(&c, stamp, digest)) to be read
 *     for each of these, by stamp: read it; logs_cursor_done(&c, ...);
 *     logs_cursor_text(&c, stamp of the next, or INT64_MAX)
 */
#ifndef TOCSIN_LOGS_CURSOR_H
#define TOCSIN_LOGS_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many digests a cursor lists at most: half a megabyte of text, and only
 * while that many files are younger than the mark may be. */
#define LOGS_LISTED_MAX 32768

struct logs_done {
    int64_t stamp;
    uint64_t digest;
};

struct logs_cursor {
    char *config;     /* digest of the options it is good for */
    int64_t limit;    /* the mark never passes it */
    int64_t mark;     /* nanoseconds since 1970 */
    uint64_t *listed; /* sorted: what was done at or after mark */
    size_t nr_listed;
    struct logs_done *done; /* seen or done in this pass, after mark */
    size_t nr_done, alloc_done;
};

/* text: what set_cursor was given in the last pass, or NULL. One that is
 * damaged or was made under other options (config) is an empty one. */
void logs_cursor_load(struct logs_cursor *c, const char *text,
                      const char *config, int64_t limit);
bool logs_cursor_seen(struct logs_cursor *c, int64_t stamp, uint64_t digest);
void logs_cursor_done(struct logs_cursor *c, int64_t stamp, uint64_t digest);
/* The cursor when all with a stamp before `before` is done. A new string. */
char *logs_cursor_text(struct logs_cursor *c, int64_t before);
void logs_cursor_release(struct logs_cursor *c);

#endif
