/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames of length-prefixed JSON. Must not trust a length or a text: on the
 * other side may be a plugin that has gone wild.
 */
#include <config.h>

#include "core/host/wire.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/base/io.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"

#define HEAD_LEN 4

static void put_length(unsigned char head[HEAD_LEN], size_t n)
{
    head[0] = (unsigned char)(n >> 24);
    head[1] = (unsigned char)(n >> 16);
    head[2] = (unsigned char)(n >> 8);
    head[3] = (unsigned char)n;
}

/* 0 and *n, or -1 when no frame can be that long. */
static int get_length(const unsigned char head[HEAD_LEN], size_t *n,
                      struct err *err)
{
    *n = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8
         | head[3];
    if (*n < 2 || *n > WIRE_FRAME_MAX)
        return err_set(err, ERR_PLUGIN, "a frame of %zu bytes", *n);
    return 0;
}

static json_t *parse(const char *text, size_t n, struct err *err)
{
    json_t *v = jx_parse(text, n, err);

    if (v && !jx_str(v, "t")) {
        json_decref(v);
        err_set(err, ERR_PLUGIN, "a frame without a type");
        return NULL;
    }
    if (!v && err)
        err->code = ERR_PLUGIN;
    return v;
}

static int append(const char *text, size_t n, void *data)
{
    strbuf_add(data, text, n);
    return 0;
}

static int dump(struct strbuf *text, const json_t *v, struct err *err)
{
    if (json_dump_callback(v, append, text, JSON_COMPACT) < 0)
        return err_set(err, ERR_INTERNAL, "a frame that is no JSON");
    if (text->len > WIRE_FRAME_MAX)
        return err_set(err, ERR_LIMIT, "a frame of %zu bytes; the most is %zu",
                       text->len, WIRE_FRAME_MAX);
    return 0;
}

int wire_put(struct strbuf *out, const json_t *v, struct err *err)
{
    CLEANUP_STRBUF struct strbuf text;
    unsigned char head[HEAD_LEN];

    strbuf_init(&text, WIRE_FRAME_MAX + 1);
    if (dump(&text, v, err) < 0)
        return -1;
    put_length(head, text.len);
    strbuf_add(out, head, sizeof(head));
    strbuf_add(out, text.buf, text.len);
    return 0;
}

int wire_take(struct strbuf *in, json_t **v, struct err *err)
{
    size_t n;

    if (in->len < HEAD_LEN)
        return 0;
    if (get_length((const unsigned char *)in->buf, &n, err) < 0)
        return -1;
    if (in->len < HEAD_LEN + n)
        return 0;
    *v = parse(in->buf + HEAD_LEN, n, err);
    strbuf_drop(in, HEAD_LEN + n);
    return *v ? 1 : -1;
}

/* One call of the system for a frame, as a rule. */
static int write_both(int fd, const unsigned char head[HEAD_LEN],
                      const char *text, size_t n)
{
    const struct iovec both[] = {
        { .iov_base = (void *)head, .iov_len = HEAD_LEN },
        { .iov_base = (void *)text, .iov_len = n },
    };
    ssize_t w;

    do
        w = writev(fd, both, 2);
    while (w < 0 && errno == EINTR);
    if (w < 0)
        return -1;
    if ((size_t)w < HEAD_LEN) {
        if (io_write_all(fd, head + w, HEAD_LEN - (size_t)w) < 0)
            return -1;
        w = HEAD_LEN;
    }
    w -= HEAD_LEN;
    return io_write_all(fd, text + w, n - (size_t)w);
}

int wire_send_text(int fd, const char *text, size_t n, struct err *err)
{
    unsigned char head[HEAD_LEN];

    if (n > WIRE_FRAME_MAX)
        return err_set(err, ERR_LIMIT, "a frame of %zu bytes; the most is %zu",
                       n, WIRE_FRAME_MAX);
    put_length(head, n);
    if (write_both(fd, head, text, n) < 0)
        return err_errno(err, ERR_IO, "the wire");
    return 0;
}

int wire_send(int fd, const json_t *v, struct err *err)
{
    CLEANUP_STRBUF struct strbuf text;

    strbuf_init(&text, WIRE_FRAME_MAX + 1);
    if (dump(&text, v, err) < 0)
        return -1;
    return wire_send_text(fd, text.buf, text.len, err);
}

int wire_receive(int fd, json_t **v, struct err *err)
{
    unsigned char head[HEAD_LEN];
    CLEANUP_FREE char *text = NULL;
    ssize_t r = io_read_full(fd, head, sizeof(head));
    size_t n;

    if (r == 0)
        return 0;
    if (r < 0)
        return err_errno(err, ERR_IO, "the wire");
    if (r < HEAD_LEN)
        return err_set(err, ERR_PLUGIN, "the wire ended in a frame");
    if (get_length(head, &n, err) < 0)
        return -1;
    text = xmalloc(n);
    r = io_read_full(fd, text, n);
    if (r < 0)
        return err_errno(err, ERR_IO, "the wire");
    if ((size_t)r < n)
        return err_set(err, ERR_PLUGIN, "the wire ended in a frame");
    *v = parse(text, n, err);
    return *v ? 1 : -1;
}
