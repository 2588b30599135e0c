/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * finished: whole messages made of hostile text, and what must hold of them
 * when cmark-gfm has read them with GitHub's extensions.
 */
#ifndef TOCSIN_TESTS_FINISHED_H
#define TOCSIN_TESTS_FINISHED_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "core/deliver/safety.h"
#include "tests/unit/hostile.h"
#include "tests/unit/messages.h"

/* Where the text comes from; new. */
static char *(*next_text)(uint64_t *seed) = hostile_text;

static cmark_node *parse(const char *text)
{
    static const char *const extensions[] = {
        "table", "strikethrough", "autolink", "tagfilter", "tasklist",
    };
    cmark_parser *p = cmark_parser_new(CMARK_OPT_FOOTNOTES);
    cmark_node *root;

    for (size_t i = 0; i < ARRAY_SIZE(extensions); i++)
        cmark_parser_attach_syntax_extension(
            p, cmark_find_syntax_extension(extensions[i]));
    cmark_parser_feed(p, text, strlen(text));
    root = cmark_parser_finish(p);
    cmark_parser_free(p);
    return root;
}

static char *leaves(cmark_node *root, cmark_node_type type)
{
    cmark_iter *it = cmark_iter_new(root);
    cmark_event_type ev;
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    while ((ev = cmark_iter_next(it)) != CMARK_EVENT_DONE) {
        cmark_node *n = cmark_iter_get_node(it);

        if (ev == CMARK_EVENT_ENTER && cmark_node_get_type(n) == type)
            strbuf_adds(&b, cmark_node_get_literal(n));
    }
    cmark_iter_free(it);
    return strbuf_take(&b);
}

static void assert_no_match(const char *pattern, const char *s)
{
    int code;
    PCRE2_SIZE at;
    pcre2_code *re = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
                                   PCRE2_CASELESS, &code, &at, NULL);
    pcre2_match_data *m = pcre2_match_data_create_from_pattern(re, NULL);
    int rc = pcre2_match(re, (PCRE2_SPTR)s, strlen(s), 0, 0, m, NULL);

    ck_assert_msg(rc == PCRE2_ERROR_NOMATCH, "%s is alive in: %s", pattern, s);
    pcre2_match_data_free(m);
    pcre2_code_free(re);
}

/* What GitHub makes live in the text of the rendered page. */
static void assert_dead(const char *text)
{
    assert_no_match("@[a-z0-9]", text);
    assert_no_match("#[0-9a-z]", text);
    assert_no_match("\\bgh-[0-9]", text);
    assert_no_match("\\b[0-9a-f]{7,40}\\b", text);
    assert_no_match("://", text);
    assert_no_match("www\\.", text);
}

static json_t *hostile_value(uint64_t *seed)
{
    CLEANUP_FREE char *s = next_text(seed);

    return jx_string(s, strlen(s));
}

static void spoil(json_t *o, const char *key, uint64_t *seed)
{
    json_object_set_new(o, key, hostile_value(seed));
}

static json_t *hostile_incident(uint64_t *seed, int nr)
{
    json_t *i = json_pack(
        "{s:s, s:s, s:s, s:{s:{}, s:i, s:{s:i}}, s:[{},{}], s:{s:{}}}",
        "first_seen", "2026-08-14", "last_seen", "2026-08-15", "rule",
        nr % 3 == 0   ? "r/one"
        : nr % 3 == 1 ? "r/two"
                      : "r/gone",
        "failure", "captures", "line", 12, "excerpt", "first", 10, "jobs",
        "extra", "tried");
    json_t *failure = jx_obj(i, "failure");
    CLEANUP_FREE char *fp = xasprintf("1:%032d", nr);
    CLEANUP_FREE char *tail = next_text(seed);
    CLEANUP_FREE char *url = xasprintf("https://ci.example/%s", tail);
    CLEANUP_FREE char *tried = xasprintf("version %s", tail);

    jx_set_str(i, "fingerprint", fp);
    if (nr % 4 == 3)
        json_object_set_new(i, "rule", json_null());
    spoil(jx_obj(failure, "captures"), "a", seed);
    spoil(jx_obj(failure, "captures"), "b", seed);
    spoil(jx_obj(failure, "excerpt"), "text", seed);
    spoil(failure, "summary", seed);
    spoil(failure, "advice", seed);
    spoil(failure, "message", seed);
    spoil(json_array_get(jx_arr(i, "jobs"), 0), "name", seed);
    spoil(json_array_get(jx_arr(i, "jobs"), 1), "name", seed);
    spoil(i, "branch", seed);
    spoil(i, "first_red_commit", seed);
    spoil(i, "last_green_commit", seed);
    spoil(i, "target", seed);
    spoil(i, "category", seed);
    if (nr % 5 == 0)
        spoil(i, "url", seed);
    else
        jx_set_str(i, "url", url);
    jx_set_str(i, "last_green_at", "2026-07-01");
    jx_set_str(jx_obj(i, "extra"), "task", nr % 2 ? "version" : tail);
    jx_set_int(jx_obj(jx_obj(i, "extra"), "tried"), tried, 3);
    jx_set_int(jx_obj(jx_obj(i, "extra"), "tried"), "version 1", 3);
    return i;
}

static json_t *hostile_case(uint64_t *seed)
{
    static const char *const kinds[] = { "build", "bot", "build", "outbreak" };
    static const char *const whats[] = { "open", "open", "remind", "resolve" };
    uint64_t r = hostile_next(seed);
    const char *kind = kinds[r % 4];
    json_t *v = json_pack(
        "{s:s, s:s, s:{s:s}, s:{s:s, s:s, s:s}, s:[], s:[{s:s,s:s,s:s},"
        "{s:s,s:s,s:s}]}",
        "now", "2026-08-20", "op", whats[(r >> 4) % 4], "ticket", "kind", kind,
        "owner", "name", "o/team", "from", "CODEOWNERS", "mention",
        "@o/team @mara", "incidents", "rules", "id", "r/one", "summary",
        "`{{a}}` and {{b}}", "advice", "Look at `x {{a}}`; ask {{b}}.\n", "id",
        "r/two", "summary", "it is {{a}}", "advice",
        "- [ours](https://ours.example/) {{a}}\n- {{b}}");
    uint64_t nr = 1 + (r >> 8) % 3;

    for (uint64_t i = 0; i < nr; i++)
        json_array_append_new(
            jx_arr(v, "incidents"),
            hostile_incident(seed, (int)i + (int)((r >> 12) % 9)));
    if (strcmp(kind, "outbreak")) {
        if (r & 0x10000)
            jx_set_str(jx_obj(v, "ticket"), "project", "o/r");
        spoil(jx_obj(v, "ticket"), "branch", seed);
    }
    if (r & 0x20000)
        spoil(jx_obj(v, "ticket"), "title", seed);
    spoil(jx_obj(v, "ticket"), "route", seed);
    return v;
}

/* The body without the one mention that may live. */
static char *without(const char *s, const char *what)
{
    const char *at = strstr(s, what);

    return at ? xasprintf("%.*s%s", (int)(at - s), s, at + strlen(what))
              : xstrdup(s);
}

static void assert_links_are_ours(cmark_node *root, const char *body)
{
    static const char *const ours[] = {
        "https://ci.example/",
        "https://ours.example/",
        "https://github.com/o/r/commit/",
    };
    cmark_iter *it = cmark_iter_new(root);
    cmark_event_type ev;
    int comments = 0;

    while ((ev = cmark_iter_next(it)) != CMARK_EVENT_DONE) {
        cmark_node *n = cmark_iter_get_node(it);
        cmark_node_type type = cmark_node_get_type(n);
        bool known = false;

        if (ev != CMARK_EVENT_ENTER)
            continue;
        ck_assert_msg(type != CMARK_NODE_IMAGE && type != CMARK_NODE_HTML_INLINE
                          && type != CMARK_NODE_HEADING
                          && type != CMARK_NODE_BLOCK_QUOTE
                          && type != CMARK_NODE_FOOTNOTE_REFERENCE,
                      "%s: %s", cmark_node_get_type_string(n), body);
        comments += type == CMARK_NODE_HTML_BLOCK;
        if (type != CMARK_NODE_LINK)
            continue;
        for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
            known = known || str_starts(cmark_node_get_url(n), ours[i]);
        /* r/... with hostile URLs: http(s) all the same, and no thread */
        ck_assert_msg(known || safety_url_ok(cmark_node_get_url(n)), "%s in %s",
                      cmark_node_get_url(n), body);
    }
    ck_assert_msg(comments == 1, "%d comments: %s", comments, body);
    cmark_iter_free(it);
}

#endif
