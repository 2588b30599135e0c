/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Unpacking under limits. It never writes a file and never believes a size
 * that an archive states: only bytes that came out are counted.
 */
#include <config.h>

#include "plugins/logs/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"

/* Below this much output the ratio says nothing: an empty tar of 10 KB packs
 * to 45 bytes. */
#define RATIO_FROM ((int64_t)32 << 20)

static void stream_fault(struct logs_stream *s, const char *why)
{
    s->ended = true;
    if (s->fault == NULL)
        s->fault = xstrdup(why);
}

static ssize_t fd_pull(void *user, void *p, size_t n)
{
    struct logs_stream *s = user;
    ssize_t r;
    do
        r = read(s->fd, p, n);
    while (r < 0 && errno == EINTR);
    return r;
}

/* Packed bytes into s->in; 0 at the end. */
static size_t stream_fill(struct logs_stream *s)
{
    ssize_t n = s->pull(s->user, s->in, sizeof(s->in));
    if (n < 0) {
        stream_fault(s, strerror(errno));
        return 0;
    }
    s->taken += n;
    return (size_t)n;
}

static void stream_count(struct logs_stream *s, size_t n)
{
    s->made += (int64_t)n;
    if (s->made > RATIO_FROM && s->made / s->limits->max_ratio > s->taken) {
        s->stopped = true;
        stream_fault(s, "unpacks to far more than logs do (max_ratio)");
    }
}

/* ---- gzip ---- */

/* After a gzip member: another one, or the end. */
static bool gz_goes_on(struct logs_stream *s)
{
    if (s->z.avail_in == 0) {
        s->z.avail_in = (uInt)stream_fill(s);
        s->z.next_in = s->in;
    }
    if (s->z.avail_in == 0 || s->z.next_in[0] != 0x1f)
        return false;
    return inflateReset(&s->z) == Z_OK;
}

static void gz_step(struct logs_stream *s)
{
    if (s->z.avail_in == 0) {
        s->z.avail_in = (uInt)stream_fill(s);
        s->z.next_in = s->in;
        if (s->z.avail_in == 0) {
            stream_fault(s, "is cut off; the rest is missing");
            return;
        }
    }
    int r = inflate(&s->z, Z_NO_FLUSH);
    if (r == Z_STREAM_END)
        s->ended = !gz_goes_on(s);
    else if (r != Z_OK && r != Z_BUF_ERROR)
        stream_fault(s, "is damaged; the rest cannot be read");
}

static size_t gz_fill(struct logs_stream *s)
{
    s->z.next_out = s->out;
    s->z.avail_out = sizeof(s->out);
    while (s->z.avail_out > 0 && !s->ended)
        gz_step(s);
    size_t n = sizeof(s->out) - s->z.avail_out;
    stream_count(s, n);
    return n;
}

/* ---- what libarchive asks for ---- */

static la_ssize_t stream_on_read(struct archive *a, void *user, const void **p)
{
    struct logs_stream *s = user;
    (void)a;
    if (s->gz) {
        *p = s->out;
        return s->ended ? 0 : (la_ssize_t)gz_fill(s);
    }
    *p = s->in;
    size_t n = s->first;
    s->first = 0;
    if (n == 0 && !s->ended)
        n = stream_fill(s);
    return (la_ssize_t)n;
}

static la_int64_t stream_on_seek(struct archive *a, void *user,
                                 la_int64_t offset, int whence)
{
    struct logs_stream *s = user;
    (void)a;
    s->first = 0;
    return lseek(s->fd, offset, whence);
}

static void stream_support(struct archive *a, bool archives)
{
    archive_read_support_filter_bzip2(a);
    archive_read_support_filter_xz(a);
    archive_read_support_filter_zstd(a);
    archive_read_support_format_raw(a);
    archive_read_support_format_empty(a);
    if (!archives)
        return;
    archive_read_support_format_tar(a);
    archive_read_support_format_zip(a);
}

void logs_stream_open(struct logs_stream *s,
                      ssize_t (*pull)(void *user, void *p, size_t n),
                      void *user, int fd, bool archives,
                      const struct logs_limits *limits)
{
    memset(s, 0, offsetof(struct logs_stream, in));
    s->pull = fd >= 0 ? fd_pull : pull;
    s->user = fd >= 0 ? s : user;
    s->fd = fd;
    s->limits = limits;
    s->first = stream_fill(s);
    s->gz = s->first >= 2 && s->in[0] == 0x1f && s->in[1] == 0x8b;
    if (s->gz) {
        s->z.next_in = s->in;
        s->z.avail_in = (uInt)s->first;
        inflateInit2(&s->z, 15 + 16);
    }
    s->a = archive_read_new();
    stream_support(s->a, archives);
    archive_read_set_callback_data(s->a, s);
    archive_read_set_read_callback(s->a, stream_on_read);
    if (fd >= 0 && !s->gz && lseek(fd, 0, SEEK_CUR) >= 0)
        archive_read_set_seek_callback(s->a, stream_on_seek);
    if (archive_read_open1(s->a) < ARCHIVE_WARN)
        stream_fault(s,
                     str_or(archive_error_string(s->a), "cannot be unpacked"));
}

int logs_stream_next(struct logs_stream *s)
{
    if (s->stopped)
        return 0;
    int r = archive_read_next_header(s->a, &s->entry);
    if (r == ARCHIVE_OK || r == ARCHIVE_WARN || r == ARCHIVE_RETRY)
        return 1;
    if (r != ARCHIVE_EOF)
        stream_fault(s,
                     str_or(archive_error_string(s->a), "cannot be unpacked"));
    return 0;
}

bool logs_stream_is_single(const struct logs_stream *s)
{
    int f = archive_format(s->a) & ARCHIVE_FORMAT_BASE_MASK;
    return f == ARCHIVE_FORMAT_RAW;
}

size_t logs_stream_read(struct logs_stream *s, void *p, size_t n)
{
    la_ssize_t r = s->stopped ? 0 : archive_read_data(s->a, p, n);
    if (r < 0) {
        const char *why = archive_error_string(s->a);
        stream_fault(s, why != NULL ? why : "cannot be unpacked");
        return 0;
    }
    /* What gzip made was counted as it was made. */
    if (!s->gz)
        stream_count(s, (size_t)r);
    return (size_t)r;
}

void logs_stream_close(struct logs_stream *s)
{
    archive_read_free(s->a);
    if (s->gz)
        inflateEnd(&s->z);
    free(s->fault);
}
