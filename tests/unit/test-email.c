/* SPDX-License-Identifier: BSD-3-Clause */
/* email: addresses, headers, what Markdown becomes, and the bytes of a mail. */
#include <config.h>

#include <gmime/gmime.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/deliver/safety.h"
#include "plugins/email/address.h"
#include "plugins/email/body.h"
#include "plugins/email/letter.h"
#include "tests/unit/hostile.h"
#include "tests/unit/letters.h"
#include "tests/unit/suite.h"

#define ROUNDS 2000

/* ---- addresses ---- */

START_TEST(an_address_is_plain_or_none)
{
    static const char *const good[] = {
        "a@b",
        "core@example.org",
        "first.last+tag@sub.example.org",
        "o'neil@example.org",
        "x_y-z@a-b.org",
        "1@2.3",
    };
    static const char *const bad[] = {
        "",
        "a",
        "@b",
        "a@",
        "a@b@c",
        "a b@c",
        "a@b c",
        ".a@b",
        "a.@b",
        "a..b@c",
        "\"a\"@b",
        "a@[1.2.3.4]",
        "a@-b",
        "a@b-",
        "a@b..c",
        "a@b.",
        "<a@b>",
        "a@b>\r\nRCPT TO:<c@d",
        "a@b\n",
        "a,b@c",
        "a@b,c@d",
        "\xc3\xa9@b",
        "a@\xc3\xa9.org",
        "a@b\x01",
        "a(c)@b",
        "a:b@c;",
    };
    CLEANUP_FREE char *local = xasprintf("%065d@b", 0);
    CLEANUP_FREE char *label = xasprintf("a@%064d", 0);

    for (size_t i = 0; i < ARRAY_SIZE(good); i++)
        ck_assert_msg(address_ok(good[i]), "%s", good[i]);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        ck_assert_msg(!address_ok(bad[i]), "%s", bad[i]);
    ck_assert(!address_ok(NULL) && !address_ok(local) && !address_ok(label));
}
END_TEST

START_TEST(contacts_name_addresses)
{
    static const struct {
        const char *contacts, *want, *odd;
    } t[] = {
        { "{\"email\": \"a@x.org, b@x.org\"}", "a@x.org b@x.org ", NULL },
        { "{\"email\": \"a@x.org\", \"mail\": \"b@x.org\"}", "b@x.org ", NULL },
        { "{\"email\": [\"a@x.org\", \"A@X.org a@X.ORG\"]}", "a@x.org A@X.org ",
          NULL },
        { "{\"mail\": []}", "", NULL },
        { "{\"mail\": \"nobody at all\"}", "", "nobody" },
        { "{\"zulip\": \"core\"}", "", NULL },
        { "[1]", "", NULL },
        { "{", "", NULL },
        { NULL, "", NULL },
    };

    for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
        struct addresses a = { 0 };
        struct strbuf b;
        char *odd;

        strbuf_init(&b, 1000);
        addresses_of(&a, t[i].contacts, "mail", "email", &odd);
        for (size_t k = 0; k < a.nr; k++)
            strbuf_addf(&b, "%s ", a.list[k]);
        ck_assert_str_eq(b.buf, t[i].want);
        ck_assert(str_eq(odd, t[i].odd) || (!odd && !t[i].odd));
        free(odd);
        strbuf_release(&b);
        addresses_release(&a);
    }
}
END_TEST

/* ---- headers ---- */

START_TEST(a_header_holds_no_control)
{
    static const char *const bad[] = {
        "a\r\nBcc: b",  "a\nb",    "a\rb",     "a\tb",         "\x7f",
        "\x01",         "\x1b[1m", "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xae",
        "\xe2\x81\xa6", "\xff",    "\xc3",
    };
    CLEANUP_FREE char *longest = xasprintf("%0901d", 0);

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        ck_assert_msg(!header_ok(bad[i]), "%zu", i);
    ck_assert(!header_ok(NULL) && !header_ok(longest));
    ck_assert(header_ok("") && header_ok("\xc3\xa9 \xf0\x9f\x94\x94")
              && header_ok("\xe2\x80\x8b") && header_ok("=?utf-8?q?a?="));
}
END_TEST

START_TEST(a_sender_is_one_person)
{
    static const char *const good[] = {
        "tocsin@example.org",
        "Tocsin <tocsin@example.org>",
        "\"A, B\" <tocsin@example.org>",
        "\xc3\x9c <tocsin@example.org>",
    };
    static const char *const bad[] = {
        "",
        "Tocsin",
        "a@x.org, b@x.org",
        "Tocsin <>",
        "a@x.org\r\nX: y",
        "us: a@x.org;",
        "T <\"a b\"@x.org>",
        "T <a@[1.2.3.4]>",
    };

    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        struct sender s = { 0 };

        ck_assert_msg(sender_parse(&s, good[i], NULL) == 0, "%s", good[i]);
        ck_assert_str_eq(s.address, "tocsin@example.org");
        sender_release(&s);
    }
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct sender s = { 0 };

        ck_assert_msg(sender_parse(&s, bad[i], NULL) < 0, "%s", bad[i]);
        sender_release(&s);
    }
}
END_TEST

/* ---- bodies ---- */

START_TEST(plain_text_reads_well)
{
    static const struct {
        const char *markdown, *want;
    } t[] = {
        { "**a** `b` *c* [d](https://x.org/) [https://x.org](https://x.org)",
          "a `b` c d <https://x.org/> https://x.org\n" },
        { "one\ntwo\n\nthree", "one two\n\nthree\n" },
        { "- a\n- b\n  - c\n- d", "- a\n- b\n  - c\n- d\n" },
        { "1. a\n2. b\n", " 1. a\n 2. b\n" },
        { "1. a\n\n   more\n2. b", " 1. a\n\n    more\n\n 2. b\n" },
        { "a\n\n```text\n  x  <b>\n\ny\n```\n\nb",
          "a\n\n      x  <b>\n\n    y\n\nb\n" },
        { "a\n\n---\n\nb", "a\n\n-----\n\nb\n" },
        { "> a\n>\n> b", "> a\n>\n> b\n" },
        { "- a\n\n      code\n", "- a\n\n      code\n" },
        { "a  \nb", "a\nb\n" },
        { "![alt](https://x.org/p.png) <b>x</b>\n\n<div>\nno\n</div>\n",
          "alt x\n" },
        { "[a](javascript:b) [c](data:d) [e](//f)", "a c e\n" },
        { "", "" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
        cmark_node *tree = body_tree(t[i].markdown);
        CLEANUP_FREE char *text = text_render(tree);

        ck_assert_str_eq(text, t[i].want);
        cmark_node_free(tree);
    }
}
END_TEST

START_TEST(lines_are_wrapped)
{
    struct strbuf b;
    cmark_node *tree;
    char *text;
    size_t lines = 0;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    strbuf_adds(&b, "- ");
    for (int i = 0; i < 100; i++)
        strbuf_addf(&b, "w\xc3\xb6rd%d ", i);
    tree = body_tree(b.buf);
    text = text_render(tree);
    for (char *save = text, *line; (line = strsep(&save, "\n")); lines++) {
        ck_assert_uint_le(safety_length(line), 76);
        ck_assert(!*line || !strncmp(line, lines ? "  w" : "- w", 3));
    }
    ck_assert_uint_gt(lines, 9);
    free(text);
    cmark_node_free(tree);
    strbuf_release(&b);
}
END_TEST

/* What the tree may hold when the Markdown is anybody's. */
static void assert_harmless(cmark_node *tree)
{
    cmark_iter *i = cmark_iter_new(tree);
    cmark_event_type event;

    while ((event = cmark_iter_next(i)) != CMARK_EVENT_DONE) {
        cmark_node *n = cmark_iter_get_node(i);
        cmark_node_type type = cmark_node_get_type(n);
        const char *url;

        ck_assert(type != CMARK_NODE_HTML_BLOCK
                  && type != CMARK_NODE_HTML_INLINE && type != CMARK_NODE_IMAGE
                  && type != CMARK_NODE_CUSTOM_BLOCK
                  && type != CMARK_NODE_CUSTOM_INLINE);
        if (type != CMARK_NODE_LINK || event != CMARK_EVENT_ENTER)
            continue;
        url = cmark_node_get_url(n);
        ck_assert_msg(!strncasecmp(url, "http", 4)
                          || !strncasecmp(url, "mailto:", 7),
                      "%s", url);
    }
    cmark_iter_free(i);
}

/* Every tag of the body is one that Markdown makes of text. */
static void assert_tags(const char *html)
{
    static const char *const tags[] = {
        "p",  "strong", "em",         "code", "pre",   "a",     "ul",
        "ol", "li",     "blockquote", "hr",   "br",    "h1",    "h2",
        "h3", "h4",     "h5",         "h6",   "/body", "/html",
    };

    html = strstr(html, "<body>") + 6;
    while ((html = strchr(html, '<'))) {
        size_t n = strcspn(++html, " >/"), k = 0;
        const char *name = html;

        if (!n) {
            n = 1 + strcspn(html + 1, " >");
            if (strncmp(html, "/body", 5) && strncmp(html, "/html", 5)) {
                name++;
                n--;
            }
        }
        while (k < ARRAY_SIZE(tags)
               && (strlen(tags[k]) != n || strncmp(tags[k], name, n)))
            k++;
        ck_assert_msg(k < ARRAY_SIZE(tags), "<%.40s", html);
    }
}

START_TEST(anybodys_markdown_is_harmless)
{
    uint64_t seed = 0x7061756c;

    for (int i = 0; i < ROUNDS; i++) {
        CLEANUP_FREE char *in = hostile_text(&seed);
        cmark_node *tree = body_tree(in);
        CLEANUP_FREE char *text = text_render(tree);
        struct body b;

        assert_harmless(tree);
        cmark_node_free(tree);
        body_render(&b, in, in);
        assert_tags(b.html);
        ck_assert_str_eq(b.text, text);
        body_release(&b);
    }
}
END_TEST

START_TEST(it_is_never_too_deep)
{
    struct strbuf b;
    cmark_node *tree;
    char *text;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    for (int i = 0; i < 2000; i++)
        strbuf_adds(&b, "> ");
    strbuf_adds(&b, "x");
    tree = body_tree(b.buf);
    text = text_render(tree);
    ck_assert_uint_lt(strlen(text), 1000);
    free(text);
    cmark_node_free(tree);
    strbuf_release(&b);
}
END_TEST

/* ---- letters ---- */

/* NULL: it was refused. *subject (new): as GMime reads it. */
static char *write_one(const char *subject, const char *project,
                       const char *markdown, char **read)
{
    char *urls[] = { (char *)"https://x.org/?{address}" };
    struct sender s = { .name = (char *)"T\xc3\xb6"
                                        "csin, a",
                        .address = (char *)"t@x.org",
                        .list_id = (char *)"l.x.org",
                        .unsubscribe = urls,
                        .nr_unsubscribe = 1 };
    struct body body;
    struct letter l = { .to = "a@x.org",
                        .subject = subject,
                        .body = &body,
                        .date = 1790000000,
                        .id = "i@x.org",
                        .thread_id = "t@x.org",
                        .delivery = "open",
                        .project = project };
    size_t n = 0;
    char *out;

    body_render(&body, subject, markdown);
    out = letter_write(&l, &s, NULL, &n, NULL);
    body_release(&body);
    *read = NULL;
    if (out) {
        const char *fault = letter_fault(out, n);
        GMimeStream *stream = g_mime_stream_mem_new_with_buffer(out, n);
        GMimeParser *p = g_mime_parser_new_with_stream(stream);
        GMimeMessage *m = g_mime_parser_construct_message(p, NULL);

        ck_assert_msg(!fault, "%s: %s", fault, out);
        *read = xstrdup0(g_mime_message_get_subject(m));
        g_object_unref(m);
        g_object_unref(p);
        g_object_unref(stream);
    }
    return out;
}

START_TEST(what_is_written_is_a_mail)
{
    uint64_t seed = 0x6d61696c;
    int written = 0;

    for (int i = 0; i < ROUNDS; i++) {
        struct safety how = { .flavour = SAFETY_MAIL };
        CLEANUP_FREE char *in = hostile_text(&seed);
        CLEANUP_FREE char *title = safety_text(&how, SAFETY_TITLE, in, 180);
        CLEANUP_FREE char *read = NULL;
        /* even a title that nobody cleaned */
        CLEANUP_FREE char *raw = write_one(in, in, in, &read);
        CLEANUP_FREE char *again = NULL, *clean = NULL;

        ck_assert(!raw == !header_ok(in));
        clean = write_one(title, "o/r", in, &again);
        ck_assert_msg(clean != NULL, "refused: %s", title);
        written += raw != NULL;
        ck_assert_str_eq(str_or(again, ""), title);
    }
    ck_assert_int_gt(written, 20);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        an_address_is_plain_or_none,   contacts_name_addresses,
        a_header_holds_no_control,     a_sender_is_one_person,
        plain_text_reads_well,         lines_are_wrapped,
        anybodys_markdown_is_harmless, it_is_never_too_deep,
        what_is_written_is_a_mail,
    };

    g_mime_init();
    return suite_run("email", tests, ARRAY_SIZE(tests), NULL, NULL);
}
