/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What people would see: hostile text, escaped, rendered by cmark-gfm with
 * GitHub's extensions. The tree must hold the text and nothing that Tocsin
 * did not write. Then whole messages of all formats.
 */
#include <config.h>

#include <check.h>

#include "tests/unit/dead.h"
#include "tests/unit/finished.h"
#include "suite.h"

#define ZWSP "\xe2\x80\x8b"
#define ROUNDS 6000
#define MESSAGES 250 /* of a format */

/* The tree as types, and the text of all leaves of one type. */
static char *shape(cmark_node *root)
{
    cmark_iter *it = cmark_iter_new(root);
    cmark_event_type ev;
    struct strbuf b;
    const char *last = "";

    strbuf_init(&b, STRBUF_UNBOUNDED);
    while ((ev = cmark_iter_next(it)) != CMARK_EVENT_DONE) {
        const char *type = cmark_node_get_type_string(cmark_iter_get_node(it));

        if (ev != CMARK_EVENT_ENTER)
            continue;
        if (strcmp(type, "text") || strcmp(last, "text"))
            strbuf_addf(&b, "%s ", type);
        last = type;
    }
    cmark_iter_free(it);
    return strbuf_take(&b);
}

static char *without_zwsp(const char *s)
{
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    for (; *s; s++) {
        if (!strncmp(s, ZWSP, 3))
            s += 2;
        else
            strbuf_addc(&b, *s);
    }
    return strbuf_take(&b);
}

/* Text between `before` and `after` must give the tree that the word x gives
 * there, and hold the cleaned text letter by letter. */
static void try_text(const char *in, const char *before, const char *after)
{
    struct safety github = { .flavour = SAFETY_GITHUB };
    struct safety plain = { .flavour = SAFETY_PLAIN };
    char *out = safety_text(&github, SAFETY_TEXT, in, 0);
    char *clean = safety_text(&plain, SAFETY_TEXT, in, 0);
    char *doc = xasprintf("%s%s%s\n", before, out, after);
    char *like = xasprintf("%sx%s\n", before, after);
    cmark_node *tree = parse(doc), *model = parse(like);
    char *got = shape(tree), *want = shape(model);
    char *text = leaves(tree, CMARK_NODE_TEXT);
    char *bare = without_zwsp(text), *expect = without_zwsp(clean);

    if (*clean) {
        ck_assert_msg(!strcmp(got, want), "%s\nbecomes\n%s\n%s", in, doc, got);
        ck_assert_msg(strstr(bare, expect) != NULL, "%s\nis not in\n%s", expect,
                      bare);
    }
    assert_dead(text);
    cmark_node_free(tree);
    cmark_node_free(model);
    free(out);
    free(clean);
    free(doc);
    free(like);
    free(got);
    free(want);
    free(text);
    free(bare);
    free(expect);
}

START_TEST(text_stays_text)
{
    static const struct {
        const char *before, *after;
    } place[] = {
        { "", "" },
        { "word ", " word" },
        { "one line\n", "" },
        { "- ", "" },
        { "**", ".**" },
        { "[", "](https://ours.example/)" },
        { "", "[Log](https://ours.example/)" },
    };
    uint64_t seed = 42 + (uint64_t)_i;

    for (int i = 0; i < ROUNDS; i++) {
        char *in = hostile_text(&seed);

        /* Emphasis next to space or punctuation is no emphasis; the
         * templates put it around whole sentences that start with ours. */
        if (_i == 4) {
            char *sentence = xasprintf("it %s fails", in);

            try_text(sentence, place[_i].before, place[_i].after);
            free(sentence);
        } else {
            try_text(in, place[_i].before, place[_i].after);
        }
        free(in);
    }
}
END_TEST

/* What in was made of is a document of this shape. */
static void is_shaped(const char *in, const char *doc, const char *want)
{
    cmark_node *tree = parse(doc);
    char *got = shape(tree);

    ck_assert_msg(!strcmp(got, want), "%s\nbecomes\n%s\n%s", in, doc, got);
    cmark_node_free(tree);
    free(got);
}

START_TEST(code_stays_code)
{
    struct safety how = { .flavour = SAFETY_GITHUB };
    uint64_t seed = 99;

    for (int i = 0; i < ROUNDS; i++) {
        char *in = hostile_text(&seed);
        char *out = safety_text(&how, SAFETY_CODE, in, 0);
        char *doc = xasprintf("a %s b\n", *out ? out : "`x`");

        is_shaped(in, doc, "document paragraph text code text ");
        free(doc);
        free(out);
        free(in);
    }
}
END_TEST

START_TEST(fences_hold)
{
    struct safety how = { .flavour = SAFETY_GITHUB };
    uint64_t seed = 1234;

    for (int i = 0; i < ROUNDS; i++) {
        char *in = hostile_text(&seed);
        size_t max = i % 2 ? 0 : 1 + hostile_next(&seed) % 60;
        char *out = safety_text(&how, SAFETY_FENCE, in, max);
        char *doc = xasprintf("a\n\n%s\nb\n", *out ? out : "```\nx\n```\n");

        is_shaped(in, doc,
                  "document paragraph text code_block paragraph text ");
        free(doc);
        free(out);
        free(in);
    }
}
END_TEST

START_TEST(links_go_where_they_say)
{
    struct safety how = { .flavour = SAFETY_GITHUB };
    uint64_t seed = 5;

    for (int i = 0; i < ROUNDS; i++) {
        char *tail = hostile_text(&seed);
        char *url = xasprintf("https://ci.example/%s", tail);
        char *out = safety_text(&how, SAFETY_LINK, url, 0);

        if (*out) {
            char *doc = xasprintf("a [Log](%s) b\n", out);
            cmark_node *tree = parse(doc);
            char *got = shape(tree);
            cmark_node *link = cmark_node_next(
                cmark_node_first_child(cmark_node_first_child(tree)));

            ck_assert_msg(!strcmp(got, "document paragraph text link text "),
                          "%s\nbecomes\n%s\n%s", url, doc, got);
            ck_assert_msg(
                str_starts(cmark_node_get_url(link), "https://ci.example/"),
                "%s", doc);
            cmark_node_free(tree);
            free(got);
            free(doc);
        }
        free(out);
        free(url);
        free(tail);
    }
}
END_TEST

/* ---- whole messages ---- */

START_TEST(whole_messages_are_harmless)
{
    const char *flavour = dead_flavours[_i];
    uint64_t seed = 77 + (uint64_t)_i;

    for (int i = 0; i < MESSAGES; i++) {
        struct made_case c;
        struct message m;
        json_t *v = hostile_case(&seed);

        jx_set_str(v, "flavour", flavour);
        case_load(&c, v);
        case_compose(&c, &m);
        assert_message_is_dead(&m, flavour, "@o/team @mara");
        message_release(&m);
        case_release(&c);
    }
}
END_TEST

int main(void)
{
    const struct suite_case cases[] = {
        { text_stays_text, 7 },
        { code_stays_code, 1 },
        { fences_hold, 1 },
        { links_go_where_they_say, 1 },
        { whole_messages_are_harmless, ARRAY_SIZE(dead_flavours) },
    };
    CLEANUP_FREE char *data =
        xasprintf("%s/conf", getenv("TOCSIN_SRC") ? getenv("TOCSIN_SRC") : ".");

    setenv("TOCSIN_DATA_DIR", data, 0);
    return suite_cases("rendered", cases, ARRAY_SIZE(cases));
}
