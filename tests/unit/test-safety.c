/* SPDX-License-Identifier: BSD-3-Clause */
/* Each escaping function by example, the final check, and webservices' own
 * patterns against thousands of hostile texts. */
#include <config.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <check.h>
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "core/deliver/safety.h"
#include "tests/unit/hostile.h"
#include "suite.h"

#define Z "\xe2\x80\x8b"
#define FFFD "\xef\xbf\xbd"
#define MARKER "<!-- tocsin 1:0123:abcd -->"
#define ROUNDS 4000

struct sample {
    enum safety_flavour flavour;
    enum safety_position pos;
    size_t max;
    const char *in, *out;
};

static const struct sample samples[] = {
    /* mentions and references */
    { SAFETY_GITHUB, SAFETY_TEXT, 0, "by @me", "by @" Z "me" },
    { SAFETY_PLAIN, SAFETY_CODE, 0, "3f2a91c", "3f2a91c" },
    { SAFETY_PLAIN, SAFETY_TEXT, 0, "at 3f2a91c0d4", "at 3f2a91c0d4" },
    { SAFETY_MAIL, SAFETY_TEXT, 0, "at 3f2a91c0d4", "at 3f2a91c0d4" },
    { SAFETY_ZULIP, SAFETY_TEXT, 0, "at 3f2a91c0d4", "`at 3f2a91c0d4`" },
    { SAFETY_GITHUB, SAFETY_TEXT, 0, "fixes #12", "fixes #" Z "12" },
    { SAFETY_GITHUB, SAFETY_TEXT, 0, "GH-12", "GH" Z "-12" },
    { SAFETY_GITHUB, SAFETY_TEXT, 0, "o/r#1", "o/r#" Z "1" },
    { SAFETY_GITHUB, SAFETY_TEXT, 0, "at 0123456789", "at 012345" Z "6789" },
    { SAFETY_GITHUB, SAFETY_TEXT, 0, "a #", "a #" Z },
    { SAFETY_GITHUB, SAFETY_TEXT, 0, "C#, F#.", "C#, F#." },
    /* links */
    { SAFETY_GITHUB, SAFETY_TEXT, 0, "://x.y", ":" Z "/" Z "/x.y" },
    { SAFETY_GITHUB, SAFETY_TEXT, 0, "see https://x.y",
      "see https:" Z "/" Z "/x.y" },
    { SAFETY_GITHUB, SAFETY_TEXT, 0, "www.x.y", "www" Z ".x.y" },
    { SAFETY_GITHUB, SAFETY_TEXT, 0, "see www", "see www" Z },
    { SAFETY_GITHUB, SAFETY_TEXT, 0, "[a](b)", "\\[a\\](b)" },
    { SAFETY_GITHUB, SAFETY_TEXT, 0, "![a]", "\\!\\[a\\]" },
    { SAFETY_GITHUB, SAFETY_TEXT, 0, "me@x.y", "me@" Z "x.y" },
    /* markup */
    { SAFETY_GITHUB, SAFETY_TEXT, 0, "<b>&amp;</b>",
      "&lt;b&gt;&amp;amp;&lt;/b&gt;" },
    { SAFETY_GITHUB, SAFETY_TEXT, 0, "<!-- x", "&lt;!-- x" },
    { SAFETY_GITHUB, SAFETY_TEXT, 0, "*a* __b__ `c` ~d~",
      "\\*a\\* \\_\\_b\\_\\_ \\`c\\` \\~d\\~" },
    { SAFETY_GITHUB, SAFETY_TEXT, 0, "# not a heading",
      "\\#" Z " not a heading" },
    { SAFETY_GITHUB, SAFETY_TEXT, 0, "- no list", "\\- no list" },
    { SAFETY_GITHUB, SAFETY_TEXT, 0, "1. no list", "1\\. no list" },
    { SAFETY_GITHUB, SAFETY_TEXT, 0, "1.5 is a number", "1.5 is a number" },
    { SAFETY_GITHUB, SAFETY_TEXT, 0, "a\\", "a\\\\" },
    { SAFETY_GITHUB, SAFETY_TEXT, 0, "two\n\n  lines\t", "two lines" },
    { SAFETY_GITHUB, SAFETY_TEXT, 0, "plain words, 3.12 and r-base",
      "plain words, 3.12 and r-base" },
    /* tricks */
    { SAFETY_GITHUB, SAFETY_TEXT, 0,
      "a\xe2\x80\xae"
      "b",
      "a" FFFD "b" },
    { SAFETY_GITHUB, SAFETY_TEXT, 0,
      "@\xe2\x80\x8d"
      "me",
      "@" Z "me" },
    { SAFETY_GITHUB, SAFETY_TEXT, 0, "a\x1b[31mb", "a" FFFD "\\[31mb" },
    { SAFETY_GITHUB, SAFETY_TEXT, 0, "<\xe2\x80\x8b!--", "&lt;!--" },
    { SAFETY_GITHUB, SAFETY_TEXT, 0, "a\xff", "a" FFFD },
    /* cut by what is written, visibly, no escape in two */
    { SAFETY_GITHUB, SAFETY_TEXT, 5, "abcdefgh", "abcd\xe2\x80\xa6" },
    { SAFETY_GITHUB, SAFETY_TEXT, 5, "abcde", "abcde" },
    { SAFETY_GITHUB, SAFETY_TEXT, 5, "ab<c", "ab\xe2\x80\xa6" },
    { SAFETY_GITHUB, SAFETY_TEXT, 6, "@@@@", "@" Z "@" Z "\xe2\x80\xa6" },
    /* code */
    { SAFETY_GITHUB, SAFETY_CODE, 0, "a `b` c", "``a `b` c``" },
    { SAFETY_GITHUB, SAFETY_CODE, 0, "`x", "`` `x ``" },
    { SAFETY_GITHUB, SAFETY_CODE, 0, "@a <!-- b", "`@" Z "a <" Z "!-- b`" },
    { SAFETY_GITHUB, SAFETY_CODE, 0, "a\nb", "`a b`" },
    { SAFETY_GITHUB, SAFETY_CODE, 0, " ", "" },
    { SAFETY_GITHUB, SAFETY_CODE, 6, "abcdefgh", "`abc\xe2\x80\xa6`" },
    /* fences */
    { SAFETY_GITHUB, SAFETY_FENCE, 0, "a\n", "```text\na\n```\n" },
    { SAFETY_GITHUB, SAFETY_FENCE, 0, "a\n```\nb",
      "````text\na\n```\nb\n````\n" },
    { SAFETY_GITHUB, SAFETY_FENCE, 0, "~~~~~", "``````text\n~~~~~\n``````\n" },
    { SAFETY_GITHUB, SAFETY_FENCE, 0, "x\n  ^~~~~~~\n",
      "```text\nx\n  ^~~~~~~\n```\n" },
    { SAFETY_GITHUB, SAFETY_FENCE, 0, "@a\r\n#1 <!--",
      "```text\n@" Z "a\n#1 <" Z "!--\n```\n" },
    { SAFETY_GITHUB, SAFETY_FENCE, 4, "a\nb\nc",
      "```text\na\nb\n[\xe2\x80\xa6 cut \xe2\x80\xa6]\n```\n" },
    { SAFETY_GITHUB, SAFETY_FENCE, 0, "", "" },
    { SAFETY_PLAIN, SAFETY_FENCE, 0, "a\nb", "    a\n    b\n" },
    { SAFETY_HTML, SAFETY_FENCE, 0, "a</pre>", "<pre>a&lt;/pre&gt;\n</pre>\n" },
    /* link targets */
    { SAFETY_GITHUB, SAFETY_LINK, 0, "https://x.y/a?b=c&d=1#e:1",
      "https://x.y/a?b=c&d=1#e:1" },
    { SAFETY_GITHUB, SAFETY_LINK, 0, "https://x.y/a)b(@c d\"<>`",
      "https://x.y/a%29b%28%40c%20d%22%3C%3E%60" },
    { SAFETY_GITHUB, SAFETY_LINK, 0, "https://x.y/&copy;",
      "https://x.y/&copy%3B" },
    { SAFETY_GITHUB, SAFETY_LINK, 0, "javascript:alert(1)", "" },
    { SAFETY_GITHUB, SAFETY_LINK, 0, "https://u:p@x.y/", "" },
    { SAFETY_GITHUB, SAFETY_LINK, 0, "https://", "" },
    { SAFETY_GITHUB, SAFETY_LINK, 0, "https://github.com/o/r/issues/1", "" },
    { SAFETY_GITHUB, SAFETY_LINK, 0, "https://github.com/o/r/actions/runs/1",
      "https://github.com/o/r/actions/runs/1" },
    { SAFETY_HTML, SAFETY_LINK, 0, "https://x.y/?a=1&b=2",
      "https://x.y/?a=1&amp;b=2" },
    /* titles */
    { SAFETY_GITHUB, SAFETY_TITLE, 0, "@a fixes #1\n<!-- ",
      "@" Z "a fixes #" Z "1 <" Z "!--" },
    { SAFETY_PLAIN, SAFETY_TITLE, 4, "abcdef", "abc\xe2\x80\xa6" },
    /* Zulip */
    { SAFETY_ZULIP, SAFETY_TEXT, 0, "plain words", "plain words" },
    { SAFETY_ZULIP, SAFETY_TEXT, 0, "@**all**", "`@" Z "**all**`" },
    { SAFETY_ZULIP, SAFETY_TEXT, 0, "see evil.example", "`see evil.example`" },
    { SAFETY_ZULIP, SAFETY_CODE, 0, "a`b", "`a'b`" },
    /* plain and HTML */
    { SAFETY_PLAIN, SAFETY_TEXT, 0, "a*b @c http://d",
      "a*b @" Z "c http:" Z "/" Z "/d" },
    { SAFETY_HTML, SAFETY_TEXT, 0, "<a href='x'>@b",
      "&lt;a href=&#39;x&#39;&gt;@" Z "b" },
    { SAFETY_HTML, SAFETY_CODE, 0, "<i>", "<code>&lt;i&gt;</code>" },
    /* mentions */
    { SAFETY_GITHUB, SAFETY_MENTION, 0, "@a @org/team-x b",
      "@a @org/team-x @b" },
    { SAFETY_GITHUB, SAFETY_MENTION, 0, "@a! @-b @c/d/e @f_g @h", "@h" },
    { SAFETY_GITHUB, SAFETY_MENTION, 0, "@conda-forge-admin @a", "@a" },
    { SAFETY_ZULIP, SAFETY_MENTION, 0, "@a @b", "a b" },
};

START_TEST(each_position_escapes)
{
    const struct sample *t = &samples[_i];
    struct safety how = { .flavour = t->flavour };
    char *s = safety_text(&how, t->pos, t->in, t->max);

    ck_assert_msg(!strcmp(s, t->out), "%s\nbecomes %s\nand not %s", t->in, s,
                  t->out);
    free(s);
}
END_TEST

START_TEST(sinks_name_more_specials)
{
    struct safety how = { .flavour = SAFETY_PLAIN, .neutralise = "%" };
    char *s = safety_text(&how, SAFETY_TEXT, "5% of", 0);

    ck_assert_str_eq(s, "5%" Z " of");
    free(s);
}
END_TEST

START_TEST(headers_refuse_line_ends)
{
    struct safety how = { .flavour = SAFETY_PLAIN };
    static const char *const bad[] = { "a\r\nBcc: x", "a\nb", "a\x01" };
    char *s = safety_text(&how, SAFETY_HEADER, "main fails", 0);

    ck_assert_str_eq(s, "main fails");
    free(s);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        ck_assert_ptr_null(safety_text(&how, SAFETY_HEADER, bad[i], 0));
}
END_TEST

static char *check_body(const char *body, const char *mention)
{
    struct safety_check *c = safety_check_new(NULL, 0, NULL);
    char *why = safety_check_message(c, "title", body, mention, MARKER);

    safety_check_free(c);
    return why;
}

START_TEST(the_check_finds_what_got_through)
{
    static const struct {
        const char *body, *mention;
        bool ok;
    } t[] = {
        { "fine\n" MARKER "\n", NULL, true },
        { "fine\n" MARKER, NULL, true },
        { "hello @a\n" MARKER, "@a", true },
        { "hello @a @b\n" MARKER, "@a", false },
        { "@" Z "a\n" MARKER, NULL, true },
        { "@a\n" MARKER, NULL, false },
        { "@conda-forge-admin\n" MARKER, "@conda-forge-admin", false },
        { "no marker", NULL, false },
        { MARKER "\ntail", NULL, false },
        { "same line " MARKER, NULL, false },
        { "<!-- x -->\n" MARKER, NULL, false },
        { MARKER "\n" MARKER, NULL, false },
        { "bell\x07\n" MARKER, NULL, false },
        { "bidi\xe2\x80\xae\n" MARKER, NULL, false },
        { "\xff\n" MARKER, NULL, false },
    };

    for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
        char *why = check_body(t[i].body, t[i].mention);

        ck_assert_msg(!why == t[i].ok, "%s: %s", t[i].body,
                      why ? why : "passes");
        free(why);
    }
}
END_TEST

START_TEST(patterns_of_the_configuration_count)
{
    char *patterns[] = { (char *)"^/close\\b", (char *)"(" };
    struct err err = ERR_INIT;
    struct safety_check *c = safety_check_new(patterns, 1, &err);

    ck_assert_ptr_nonnull(c);
    ck_assert_ptr_nonnull(safety_forbidden(c, "text\n/CLOSE it"));
    ck_assert_ptr_null(safety_forbidden(c, "text /closed"));
    safety_check_free(c);
    ck_assert_ptr_null(safety_check_new(patterns, 2, &err));
    ck_assert_ptr_nonnull(strstr(err_msg(&err), "at character"));
    err_release(&err);
}
END_TEST

/* As conda-forge's webservices had them in August 2026. */
#define PREFIX "@conda-forge-(admin|linter)\\s*[,:]?\\s*"
static const char *const commands[] = {
    PREFIX,
    PREFIX "(please )?(update|refresh) (the )?team",
    PREFIX "(please )?(add|make) `?noarch:? python`?",
    PREFIX "(please )?re-?render",
    PREFIX "(please )?(re-?)?lint",
    PREFIX "(please )?restart (build|builds|ci)",
    PREFIX "(please )?add user @(?P<user>\\S+)$",
    PREFIX "(please )?ping (?P<team>\\S+)",
    PREFIX "(please )?(update|refresh) (the )?version",
};

static void assert_no_command(const char *s, const char *made_of)
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        int code;
        PCRE2_SIZE at;
        pcre2_code *re =
            pcre2_compile((PCRE2_SPTR)commands[i], PCRE2_ZERO_TERMINATED,
                          PCRE2_CASELESS, &code, &at, NULL);
        pcre2_match_data *m;
        int rc;

        ck_assert_ptr_nonnull(re);
        m = pcre2_match_data_create_from_pattern(re, NULL);
        rc = pcre2_match(re, (PCRE2_SPTR)s, strlen(s), 0, 0, m, NULL);
        ck_assert_msg(rc == PCRE2_ERROR_NOMATCH, "\"%s\" obeys %s, from %s", s,
                      commands[i], made_of);
        pcre2_match_data_free(m);
        pcre2_code_free(re);
    }
}

START_TEST(nothing_hostile_gets_through)
{
    struct safety_check *c = safety_check_new(NULL, 0, NULL);
    static const enum safety_position pos[] = {
        SAFETY_TEXT, SAFETY_CODE,  SAFETY_FENCE,
        SAFETY_LINK, SAFETY_TITLE, SAFETY_MENTION,
    };
    uint64_t seed = 20261122;

    for (int i = 0; i < ROUNDS; i++) {
        char *in = hostile_text(&seed);
        struct safety how = { .flavour = (enum safety_flavour)(i % 4) };
        size_t max = i % 3 ? 0 : 5 + hostile_next(&seed) % 80;

        for (size_t k = 0; k < ARRAY_SIZE(pos); k++) {
            char *out = safety_text(&how, pos[k], in, max);
            char *body, *why;

            if (k < 5 && max && pos[k] != SAFETY_FENCE && pos[k] != SAFETY_LINK
                && how.flavour == SAFETY_GITHUB && pos[k] != SAFETY_CODE)
                ck_assert_uint_le(safety_length(out), max);
            assert_no_command(out, in);
            body = xasprintf("%s\n" MARKER, out);
            why = safety_check_message(
                c, "t", body, pos[k] == SAFETY_MENTION ? out : NULL, MARKER);
            ck_assert_msg(!why, "%s: %s", why ? why : "", body);
            free(body);
            free(out);
        }
        free(in);
    }
    safety_check_free(c);
}
END_TEST

/* A title is kept and written again: it must stay as it is. */
START_TEST(escaping_twice_is_harmless)
{
    struct safety how = { .flavour = SAFETY_GITHUB };
    uint64_t seed = 7;

    for (int i = 0; i < ROUNDS; i++) {
        char *in = hostile_text(&seed);
        char *once = safety_text(&how, SAFETY_TITLE, in, 0);
        char *twice = safety_text(&how, SAFETY_TITLE, once, 0);

        ck_assert_str_eq(once, twice);
        free(in);
        free(once);
        free(twice);
    }
}
END_TEST

int main(void)
{
    const struct suite_case cases[] = {
        { each_position_escapes, ARRAY_SIZE(samples) },
        { sinks_name_more_specials, 1 },
        { headers_refuse_line_ends, 1 },
        { the_check_finds_what_got_through, 1 },
        { patterns_of_the_configuration_count, 1 },
        { nothing_hostile_gets_through, 1 },
        { escaping_twice_is_harmless, 1 },
    };

    return suite_cases("safety", cases, ARRAY_SIZE(cases));
}
