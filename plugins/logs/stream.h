/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stream: bytes out of a file that may be plain, compressed (gzip, bzip2,
 * xz, zstd) or an archive (zip, tar), through libarchive, in bounded memory.
 *
 *     struct logs_stream s;
 *     logs_stream_open(&s, pull, user, fd, true, &limits);
 *     while (logs_stream_next(&s) == 1)
 *         while ((n = logs_stream_read(&s, buf, sizeof(buf))) > 0) ...
 *     if (s.fault) the input is damaged, or too much: say so
 *     logs_stream_close(&s);
 *
 * What a damaged input gave before the damage is delivered. gzip is undone
 * here and not by libarchive, which throws away up to 64 KB before the place
 * where a file was cut off: the part of a log that matters.
 */
#ifndef TOCSIN_LOGS_STREAM_H
#define TOCSIN_LOGS_STREAM_H

#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <zlib.h>

#define LOGS_CHUNK ((size_t)64 << 10)

struct logs_limits {
    int64_t max_size;    /* bytes of one log */
    int64_t max_members; /* of one archive */
    int64_t max_ratio;   /* unpacked to packed */
};

struct logs_stream {
    ssize_t (*pull)(void *user, void *p, size_t n); /* -1: errno */
    void *user;
    int fd; /* to seek in; -1: cannot */
    const struct logs_limits *limits;
    struct archive *a;
    struct archive_entry *entry;
    bool gz;
    bool ended;   /* no more packed bytes */
    bool stopped; /* by a limit: give nothing more out */
    z_stream z;
    size_t first;  /* bytes of the first read, kept in in[] */
    int64_t taken; /* packed bytes read */
    int64_t made;  /* unpacked by us or given out */
    char *fault;   /* why it ended early, or NULL */
    unsigned char in[LOGS_CHUNK];
    unsigned char out[LOGS_CHUNK];
};

/* fd >= 0: pull and user are not used. archives: also zip and tar. */
void logs_stream_open(struct logs_stream *s,
                      ssize_t (*pull)(void *user, void *p, size_t n),
                      void *user, int fd, bool archives,
                      const struct logs_limits *limits);
/* Goes to the next member, s->entry: 1, or 0 at the end. */
int logs_stream_next(struct logs_stream *s);
/* One plain or compressed log, and no archive? After logs_stream_next. */
bool logs_stream_is_single(const struct logs_stream *s);
/* Some of the member's bytes, 0 at its end, damaged or not. */
size_t logs_stream_read(struct logs_stream *s, void *p, size_t n);
void logs_stream_close(struct logs_stream *s);

#endif
