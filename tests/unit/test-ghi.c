/* SPDX-License-Identifier: BSD-3-Clause */
/* Bodies between marks, places, patterns of the sink github-issues. */
#include <config.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "plugins/github-issues/sink.h"
#include "tests/unit/suite.h"

#define MARKER "<!-- tocsin 1:k1:n2 -->"
#define OURS TEXT_BEGIN "\nnew\n" MARKER "\n"

/* ---- merging ---- */

static const struct {
    const char *stands, *want;
} merges[] = {
    { "", OURS },
    { " \r\n", OURS },
    { "theirs", "theirs\n\n" OURS },
    { TEXT_BEGIN "\nold\n<!-- tocsin 1:k1:n1 -->\n", OURS },
    { "a\r\n" TEXT_BEGIN "\r\nold\r\n<!-- tocsin 1:k1:n1 -->\r\nb",
      "a\r\n" TEXT_BEGIN "\nnew\n" MARKER "\r\nb" },
    /* the end is gone, the beginning is gone */
    { "a\n" TEXT_BEGIN "\nold", "a\n\nold\n\n" OURS },
    { "old\n<!-- tocsin 1:k1:n1 -->\nb", "old\n\nb\n\n" OURS },
    /* a mark that somebody copied */
    { TEXT_BEGIN " mine\n" TEXT_BEGIN "\nold\n<!-- tocsin 1:k1:n1 -->",
      TEXT_BEGIN " mine\n" TEXT_BEGIN "\nnew\n" MARKER },
    { "<!-- tocsin 1:other:x -->\n" TEXT_BEGIN "\nold\n<!-- tocsin 1:k1:n1 -->",
      "<!-- tocsin 1:other:x -->\n" TEXT_BEGIN "\nnew\n" MARKER },
    { "<!-- tocsin 1:k1\n:n -->", "<!-- tocsin 1:k1\n:n -->\n\n" OURS },
    /* one in the other: without the inner one the outer one is none */
    { "<!-- tocsin 1:k1:n1" TEXT_BEGIN " -->",
      "<!-- tocsin 1:k1:n1\n -->\n\n" OURS },
};

START_TEST(merges_as_it_should)
{
    CLEANUP_FREE char *got = text_merge(merges[_i].stands, OURS, MARKER);

    ck_assert_str_eq(got, merges[_i].want);
}
END_TEST

/* Whatever stands there: ours is in it once, and it is never too long. */
START_TEST(merges_anything)
{
    static const char *const pieces[] = {
        TEXT_BEGIN,
        "<!-- tocsin 1:k1:n1 -->",
        "<!-- tocsin 1:",
        " -->",
        "\n",
        "theirs",
        "\r\n",
        "<!--",
        "\xc3\xa4",
        "\xff",
        "<!-- tocsin 1:z:y -->",
    };
    struct strbuf b;
    CLEANUP_FREE char *got = NULL, *again = NULL;

    srand((unsigned)_i);
    strbuf_init(&b, STRBUF_UNBOUNDED);
    for (int n = rand() % 12; n > 0; n--)
        strbuf_adds(&b, pieces[(size_t)rand() % ARRAY_SIZE(pieces)]);
    if (_i % 5 == 0)
        for (int n = rand() % 70000; n > 0; n--)
            strbuf_addc(&b, 'x');
    got = text_merge(b.buf, OURS, MARKER);
    if (got) {
        ck_assert_ptr_nonnull(strstr(got, MARKER));
        ck_assert_uint_le(text_length(got), TEXT_MAX_CHARS);
        ck_assert(text_has_key(got, "k1"));
        again = text_merge(got, OURS, MARKER);
        ck_assert_str_eq(again, got); /* nothing grows by itself */
    } else {
        ck_assert_uint_gt(text_length(b.buf), TEXT_MAX_CHARS - 200);
    }
    strbuf_release(&b);
}
END_TEST

/* ---- keys and calls ---- */

START_TEST(keys)
{
    CLEANUP_FREE char *key = text_key("<!-- tocsin 1:other:x -->\n" OURS);

    ck_assert_str_eq(key, "k1");
    ck_assert_ptr_null(text_key("no marker"));
    ck_assert_ptr_null(text_key("<!-- tocsin 1:k1 -->"));
    ck_assert(text_has_key("<!-- tocsin 1:a:b -->" MARKER, "k1"));
    ck_assert(!text_has_key("<!-- tocsin 1:k12:b -->", "k1"));
    ck_assert(!text_has_key("<!-- tocsin 1:k1:b", "k1"));
    ck_assert(text_has_nonce(OURS, "n2"));
    ck_assert(!text_has_nonce(OURS, "n"));
    ck_assert(!text_has_nonce(OURS, ""));
}
END_TEST

START_TEST(calls)
{
    const char *body = "@Bob @bob-x @acme/team: @acme/teams";
    CLEANUP_FREE char *a = text_call(body, "bob", NULL);
    CLEANUP_FREE char *b = text_call(body, "acme/team", "@x @y");
    json_t *teams = text_teams(body);

    ck_assert_str_eq(a, "@\xe2\x80\x8b"
                        "bob @bob-x @acme/team: @acme/teams");
    ck_assert_str_eq(b, "@Bob @bob-x @x @y: @acme/teams");
    ck_assert_uint_eq(json_array_size(teams), 2);
    ck_assert_str_eq(json_string_value(json_array_get(teams, 0)), "acme/team");
    json_decref(teams);
    ck_assert(text_is_login("a-b") && text_is_login("a"));
    ck_assert(!text_is_login("") && !text_is_login("-a") && !text_is_login("a-")
              && !text_is_login("a/b") && !text_is_login("a b")
              && !text_is_login("x[bot]"));
}
END_TEST

/* ---- places ---- */

static const struct {
    const char *text;
    int64_t number; /* 0: it is none */
} places[] = {
    { "acme/widget#7:I_kw-_=", 7 },
    { "acme/widget#7", 7 },
    { "acme/widget#0", 0 },
    { "acme/widget#-1", 0 },
    { "acme/widget#7:", 0 },
    { "acme/widget#7:a b", 0 },
    { "acme/widget#7x", 0 },
    { "acme#7", 0 },
    { "a/../b#7", 0 },
    { "acme/..#7", 0 },
    { "", 0 },
    { "#7", 0 },
    { "acme/wid get#7", 0 },
    { "acme/w?x=#7", 0 },
};

START_TEST(place)
{
    struct place p;
    bool fine = place_parse(&p, places[_i].text);

    ck_assert_int_eq(fine, places[_i].number != 0);
    if (fine) {
        CLEANUP_FREE char *text = place_text(&p);

        ck_assert_int_eq(p.number, places[_i].number);
        ck_assert_str_eq(text, places[_i].text);
    }
    place_release(&p);
}
END_TEST

START_TEST(patterns)
{
    CLEANUP_FREE char *why = reported_wrong("pr (");

    ck_assert_ptr_nonnull(why);
    ck_assert_ptr_null(reported_wrong("pr (^|[^0-9.]){target}([^0-9.]|$)"));
    ck_assert_ptr_null(reported_wrong("issue red"));
}
END_TEST

int main(void)
{
    const struct suite_case cases[] = {
        { merges_as_it_should, ARRAY_SIZE(merges) },
        { merges_anything, 300 },
        { keys, 1 },
        { calls, 1 },
        { place, ARRAY_SIZE(places) },
        { patterns, 1 },
    };

    return suite_cases("github-issues", cases, ARRAY_SIZE(cases));
}
