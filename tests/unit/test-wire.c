/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames whole, in pieces, too long, and nonsense. */
#include <config.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/host/wire.h"
#include "suite.h"

static void frame_into(struct strbuf *b, const char *text)
{
    size_t n = strlen(text);
    const char head[4] = { 0, 0, (char)(n >> 8), (char)n };

    strbuf_add(b, head, 4);
    strbuf_add(b, text, n);
}

START_TEST(test_round_trip)
{
    struct strbuf b;
    CLEANUP_JSON json_t *v = json_pack("{s:s, s:s}", "t", "x", "s", "\xc3\xa9");
    json_t *got = NULL;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    ck_assert_int_eq(wire_put(&b, v, NULL), 0);
    ck_assert_int_eq(wire_put(&b, v, NULL), 0);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(wire_take(&b, &got, NULL), 1);
        ck_assert(json_equal(v, got));
        json_decref(got);
    }
    ck_assert_int_eq(wire_take(&b, &got, NULL), 0);
    ck_assert_uint_eq(b.len, 0);
    strbuf_release(&b);
}
END_TEST

START_TEST(test_byte_by_byte)
{
    struct strbuf whole, b;
    json_t *got = NULL;

    strbuf_init(&whole, STRBUF_UNBOUNDED);
    strbuf_init(&b, STRBUF_UNBOUNDED);
    frame_into(&whole, "{\"t\":\"item\",\"id\":\"a\"}");
    for (size_t i = 0; i + 1 < whole.len; i++) {
        strbuf_addc(&b, whole.buf[i]);
        ck_assert_int_eq(wire_take(&b, &got, NULL), 0);
    }
    strbuf_addc(&b, whole.buf[whole.len - 1]);
    ck_assert_int_eq(wire_take(&b, &got, NULL), 1);
    ck_assert_str_eq(jx_str(got, "id"), "a");
    json_decref(got);
    strbuf_release(&b);
    strbuf_release(&whole);
}
END_TEST

static void refuse(const char *bytes, size_t n, const char *why)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    struct strbuf b;
    json_t *got = NULL;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    strbuf_add(&b, bytes, n);
    ck_assert_int_eq(wire_take(&b, &got, &err), -1);
    ck_assert_int_eq(err.code, ERR_PLUGIN);
    ck_assert_msg(strstr(err.msg, why), "%s", err.msg);
    strbuf_release(&b);
}

START_TEST(test_nonsense)
{
    refuse("\xff\xff\xff\xff", 4, "a frame of 4294967295 bytes");
    refuse("\0\x80\0\x01", 4, "a frame of 8388609 bytes");
    refuse("\0\0\0\0", 4, "a frame of 0 bytes");
    refuse("\0\0\0\x02[]", 6, "without a type");
    refuse("\0\0\0\x07{\"t\":1}", 11, "without a type");
    refuse("\0\0\0\x03{{}", 7, "JSON line 1");
    refuse("\0\0\0\x05{\"t\"\xff", 9, "JSON line 1");
}
END_TEST

START_TEST(test_too_long)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_FREE char *big = xmalloc(WIRE_FRAME_MAX + 1);
    struct strbuf b;
    json_t *v;

    memset(big, 'x', WIRE_FRAME_MAX);
    big[WIRE_FRAME_MAX] = '\0';
    v = json_pack("{s:s, s:s}", "t", "x", "big", big);
    strbuf_init(&b, STRBUF_UNBOUNDED);
    ck_assert_int_eq(wire_put(&b, v, &err), -1);
    ck_assert_int_eq(err.code, ERR_LIMIT);
    ck_assert_uint_eq(b.len, 0);
    json_decref(v);
    strbuf_release(&b);
}
END_TEST

START_TEST(test_blocking)
{
    CLEANUP_JSON json_t *v = json_pack("{s:s}", "t", "close");
    CLEANUP_ERR struct err err = ERR_INIT;
    json_t *got = NULL;
    int fd[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    ck_assert_int_eq(wire_send(fd[0], v, NULL), 0);
    ck_assert_int_eq(wire_receive(fd[1], &got, NULL), 1);
    ck_assert(json_equal(v, got));
    json_decref(got);
    ck_assert_int_eq(write(fd[0], "\0\0\0\x09{", 5), 5);
    close(fd[0]);
    ck_assert_int_eq(wire_receive(fd[1], &got, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.msg, "ended in a frame"));
    ck_assert_int_eq(wire_receive(fd[1], &got, NULL), 0);
    close(fd[1]);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        test_round_trip, test_byte_by_byte, test_nonsense,
        test_too_long,   test_blocking,
    };

    return suite_run("wire", tests, ARRAY_SIZE(tests), NULL, NULL);
}
