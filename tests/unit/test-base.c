/* SPDX-License-Identifier: BSD-3-Clause */
/* What core/base promises: caps, times, repaired text. */
#include <config.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/err.h"
#include "core/base/jsonx.h"
#include "core/base/jxsome.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"
#include "suite.h"

START_TEST(what_a_terminal_obeys_is_spelt_out)
{
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    strbuf_add_shown(&b,
                     "a\x1b[1m\n\t\x7f \xc2\x9b \xc2\xa0 "
                     "\xe2\x80\xae\xe2\x81\xa6 \xe2\x80\xa6 \xc3\xa9",
                     "\t");
    ck_assert_str_eq(b.buf, "a\\x1b[1m\\x0a\t\\x7f \\x9b \xc2\xa0 "
                            "\\u202e\\u2066 \xe2\x80\xa6 \xc3\xa9");
    strbuf_clear(&b);
    strbuf_add_shown(&b, "\xe2\x80", ""); /* not whole */
    strbuf_add_shown(&b, "\xc2", "");
    ck_assert_str_eq(b.buf, "\xe2\x80\xc2");
    strbuf_release(&b);
}
END_TEST

START_TEST(strbuf_stops_at_its_cap)
{
    struct strbuf b;

    strbuf_init(&b, 5);
    strbuf_adds(&b, "abc");
    ck_assert(!b.truncated);
    strbuf_adds(&b, "defg");
    ck_assert_str_eq(b.buf, "abcde");
    ck_assert(b.truncated);
    strbuf_release(&b);
}
END_TEST

START_TEST(taking_leaves_nothing)
{
    struct strbuf b;
    char *s;

    strbuf_init(&b, 10);
    s = strbuf_take(&b);
    ck_assert_str_eq(s, "");
    free(s);
    strbuf_adds(&b, "abc");
    s = strbuf_take(&b);
    ck_assert_str_eq(s, "abc");
    ck_assert_str_eq(b.buf, "");

    free(s);
    strbuf_adds(&b, "d");
    strbuf_clear(&b);
    ck_assert_str_eq(b.buf, "");
    strbuf_release(&b);
}
END_TEST

/* What is not printed must not be looked at either. */
START_TEST(silent_messages_are_harmless)
{
    log_set_level(LOG_WARN);
    log_info("%s", "nobody asked");
    log_debug("base", "%s", "nobody asked");
}
END_TEST

START_TEST(times_read_and_write)
{
    static const struct {
        const char *text;
        int64_t t;
    } ok[] = {
        { "1970-01-01T00:00:00Z", 0 },
        { "2026-08-14T06:41:00Z", 1786689660 },
        { "2026-08-14T06:41:00.1234567Z", 1786689660 },
        { "2026-08-14T08:41:00+02:00", 1786689660 },
        { "2026-08-14 06:41", 1786689660 },
        { "2026-08-14", 1786665600 },
    };
    static const char *const bad[] = {
        "",
        "yesterday",
        "2026-13-01",
        "2026-08-14T25:00:00Z",
        "2026-08-14T06:41:00.Z",
        "2026-08-14T06:41:00Zjunk",
        "2026-08-14T06:41:00+2:00x",
    };
    int64_t t;

    for (size_t i = 0; i < ARRAY_SIZE(ok); i++) {
        ck_assert_msg(when_parse(ok[i].text, &t) == 0, "%s", ok[i].text);
        ck_assert_msg(t == ok[i].t, "%s gives %lld", ok[i].text, (long long)t);
    }
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        ck_assert_msg(when_parse(bad[i], &t) < 0, "%s", bad[i]);
}
END_TEST

START_TEST(durations_read)
{
    int64_t s;

    ck_assert_int_eq(when_parse_duration("1d12h", &s), 0);
    ck_assert_int_eq(s, 36 * HOUR);
    ck_assert_int_eq(when_parse_duration("0", &s), 0);
    ck_assert_int_eq(s, 0);
    ck_assert_int_eq(when_parse_duration("", &s), -1);
    ck_assert_int_eq(when_parse_duration("2", &s), -1);
    ck_assert_int_eq(when_parse_duration("2y", &s), -1);
    ck_assert_int_eq(when_parse_duration("99999999999d", &s), -1);
}
END_TEST

START_TEST(hostile_text_becomes_utf8)
{
    static const struct {
        const char *in;
        size_t n;
        const char *out;
    } t[] = {
        { "plain", 5, "plain" },
        { "a\0b", 3,
          "a\xe2\x90\x80"
          "b" },
        { "\xff\xfe", 2, "\xef\xbf\xbd\xef\xbf\xbd" },
        { "\xc3\xa9", 2, "\xc3\xa9" },
        { "\xc3", 1, "\xef\xbf\xbd" },
        { "\xed\xa0\x80", 3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
        { "\xc0\xaf", 2, "\xef\xbf\xbd\xef\xbf\xbd" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
        char *s = utf8_repair(t[i].in, t[i].n);
        json_t *v = json_string(s);

        ck_assert_str_eq(s, t[i].out);
        ck_assert_ptr_nonnull(v);
        json_decref(v);
        free(s);
    }
}
END_TEST

START_TEST(a_list_tells_some_and_how_many_more)
{
    json_t *list = json_array();
    static const char *const want[] = {
        NULL, "a", "a; b", "a; b; and 1 more", "a; b; and more than 1 others",
    };

    for (size_t n = 0; n < ARRAY_SIZE(want); n++) {
        char name[2] = { (char)('a' + n), '\0' };
        char *text = jx_list_some(list, 2, 3);

        ck_assert_msg(str_eq(text, want[n]), "%zu: %s", n,
                      str_or(text, "nothing"));
        free(text);
        json_array_append_new(list, json_string(name));
    }
    json_decref(list);
}
END_TEST

START_TEST(errors_gather_context)
{
    struct err err = ERR_INIT;

    ck_assert_int_eq(err_set(&err, ERR_IO, "no %s", "disk"), -1);
    err_wrap(&err, "store");
    ck_assert_str_eq(err_msg(&err), "store: no disk");
    ck_assert_int_eq(err.code, ERR_IO);
    err_release(&err);
}
END_TEST

START_TEST(digest_tells_fields_apart)
{
    char a[33], b[33];
    struct digest *d = digest_new();

    digest_field(d, "ab");
    digest_field(d, "c");
    digest_end128(d, a);
    d = digest_new();
    digest_field(d, "a");
    digest_field(d, "bc");
    digest_end128(d, b);
    ck_assert_str_ne(a, b);
}
END_TEST

/* What is left of it, as text; NULL: it is no JSON. New. */
static char *some_of(const char *text)
{
    static const char *const names[] = { "a", "list", NULL };
    json_t *v = jx_parse_some(text, strlen(text), names, NULL);
    char *left = v ? jx_dump(v) : NULL;

    json_decref(v);
    return left;
}

START_TEST(members_that_nobody_reads_are_passed_over)
{
    static const struct {
        const char *text, *left;
    } cases[] = {
        { "{}", "{}" },
        { " [ ] ", "[]" },
        { "7", "7" },
        { "{\"b\": 1}", "{}" },
        { "{\"a\": 1, \"b\": {\"a\": [1, \"}\"]}}", "{\"a\":1}" },
        { "{\"b\": \"x\\\\\", \"a\": \"\\\"b\\\\\"}", "{\"a\":\"\\\"b\\\\\"}" },
        { "{\"b\": \"\\\\\\\",\\\"a\\\":2\", \"a\" : null}", "{\"a\":null}" },
        { "{\"list\": [{\"a\": -1.5e3, \"c\": []}, {\"c\": true}, [\"s\"]]}",
          "{\"list\":[{\"a\":-1500.0},{},[\"s\"]]}" },
        { "{\"aa\": 1, \"\": 2, \"lis\": 3, \"a\": {\"a\": 4}}",
          "{\"a\":{\"a\":4}}" },
        /* none */
        { "", NULL },
        { "{", NULL },
        { "{\"a\": 1", NULL },
        { "{\"b\": [1, 2}", NULL },
        { "{\"b\": \"x}", NULL },
        { "{\"b\": }", NULL },
        { "{\"a\": 1 \"b\": 2}", NULL },
        { "{\"a\": 1,}", NULL },
        { "{,\"a\": 1}", NULL },
        { "{\"a\" 1}", NULL },
        { "{a: 1}", NULL },
        { "[1, ]", NULL },
        { "[1 2]", NULL },
        { "{} {}", NULL },
        { "{\"a\": nul}", NULL },
        { "{\"a\": \"\\q\"}", NULL },
        { "<html>", NULL },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char *left = some_of(cases[i].text);

        ck_assert_msg(str_eq(left, cases[i].left), "%s: %s", cases[i].text,
                      left ? left : "none");
        free(left);
    }
}
END_TEST

START_TEST(a_bottomless_text_is_refused)
{
    static const char open[] = "{\"a\":";
    size_t nr = 100000;
    struct strbuf b;
    char *left;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    for (size_t i = 0; i < nr; i++)
        strbuf_adds(&b, open);
    ck_assert_ptr_null(some_of(b.buf));
    /* Where it is passed over, its depth costs nothing. */
    strbuf_clear(&b);
    strbuf_adds(&b, "{\"b\":");
    for (size_t i = 0; i < nr; i++)
        strbuf_addc(&b, '[');
    for (size_t i = 0; i < nr; i++)
        strbuf_addc(&b, ']');
    strbuf_addc(&b, '}');
    left = some_of(b.buf);
    ck_assert_str_eq(left, "{}");
    free(left);
    strbuf_release(&b);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        taking_leaves_nothing,
        silent_messages_are_harmless,
        strbuf_stops_at_its_cap,
        what_a_terminal_obeys_is_spelt_out,
        times_read_and_write,
        durations_read,
        hostile_text_becomes_utf8,
        a_list_tells_some_and_how_many_more,
        errors_gather_context,
        digest_tells_fields_apart,
        members_that_nobody_reads_are_passed_over,
        a_bottomless_text_is_refused,
    };

    return suite_run("base", tests, ARRAY_SIZE(tests), NULL, NULL);
}
