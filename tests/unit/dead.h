/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dead: what must hold of a finished message in each format, as the program
 * that shows it reads it: cmark-gfm with GitHub's extensions, Zulip's own
 * patterns, an HTML parser, and for mail both of the texts that the sink
 * makes of it. Nothing in it acts but what Tocsin wrote.
 */
#ifndef TOCSIN_TESTS_DEAD_H
#define TOCSIN_TESTS_DEAD_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>
#include <ctype.h>
#include <libxml/HTMLparser.h>
#include <pcre2.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/deliver/compose.h"
#include "core/deliver/safety.h"
#include "plugins/email/body.h"

/* The advice of finished.h that puts a text between backticks of its own. */
#define ADVICE "What usually helps. Look at `"
#define DEAD_Z "\xe2\x80\x8b"

/* Compiled once; the patterns are literals. */
static pcre2_code *pattern_of(const char *pattern)
{
    static struct {
        const char *pattern;
        pcre2_code *code;
    } known[64];
    size_t i = 0, at;
    int code;

    while (i < ARRAY_SIZE(known) && known[i].pattern
           && strcmp(known[i].pattern, pattern))
        i++;
    ck_assert_msg(i < ARRAY_SIZE(known), "too many patterns");
    if (!known[i].pattern) {
        known[i].pattern = pattern;
        known[i].code = pcre2_compile(
            (PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
            PCRE2_CASELESS | PCRE2_MULTILINE | PCRE2_UTF, &code, &at, NULL);
        ck_assert_msg(known[i].code != NULL, "%s: error at %zu", pattern, at);
    }
    return known[i].code;
}

static void assert_no_match(const char *pattern, const char *s)
{
    pcre2_code *re = pattern_of(pattern);
    pcre2_match_data *m = pcre2_match_data_create_from_pattern(re, NULL);
    int rc = pcre2_match(re, (PCRE2_SPTR)s, strlen(s), 0, 0, m, NULL);

    ck_assert_msg(rc == PCRE2_ERROR_NOMATCH, "%s is alive (%d) in: %s", pattern,
                  rc, s);
    pcre2_match_data_free(m);
}

/* Without the one that Tocsin wrote itself. New. */
static char *without(const char *s, const char *what)
{
    const char *at = strstr(s, what);

    return at ? xasprintf("%.*s%s", (int)(at - s), s, at + strlen(what))
              : xstrdup(s);
}

/* What a mail program or a chat makes a link of by itself. */
static void assert_no_bare_link(const char *text)
{
    assert_no_match("://", text);
    assert_no_match("\\bwww\\.\\S", text);
}

/* conda-forge-webservices reads bodies, comments and titles for these. */
static void assert_no_command(const char *s)
{
    assert_no_match("@(\\s|<[^>]*>)*conda-forge-(admin|linter|webservices)", s);
    assert_no_match("@(?!" DEAD_Z ")", s);
}

/* ---- GitHub ---- */

static cmark_node *parse(const char *text)
{
    static const char *const extensions[] = {
        "table", "strikethrough", "autolink", "tagfilter", "tasklist",
    };
    cmark_parser *p = cmark_parser_new(CMARK_OPT_FOOTNOTES);
    cmark_node *root;

    cmark_gfm_core_extensions_ensure_registered();
    for (size_t i = 0; i < ARRAY_SIZE(extensions); i++)
        cmark_parser_attach_syntax_extension(
            p, cmark_find_syntax_extension(extensions[i]));
    cmark_parser_feed(p, text, strlen(text));
    root = cmark_parser_finish(p);
    cmark_parser_free(p);
    return root;
}

/* Does the page break off before it, so that no word goes across? */
static bool is_broken_off(cmark_node_type type)
{
    return (type & CMARK_NODE_TYPE_MASK) == CMARK_NODE_TYPE_BLOCK
           || type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK;
}

static char *leaves(cmark_node *root, cmark_node_type wanted)
{
    cmark_iter *it = cmark_iter_new(root);
    cmark_event_type ev;
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    while ((ev = cmark_iter_next(it)) != CMARK_EVENT_DONE) {
        cmark_node *n = cmark_iter_get_node(it);
        cmark_node_type type = cmark_node_get_type(n);

        if (ev != CMARK_EVENT_ENTER)
            continue;
        if (type == wanted)
            strbuf_adds(&b, cmark_node_get_literal(n));
        else if (is_broken_off(type))
            strbuf_addc(&b, '\n');
    }
    cmark_iter_free(it);
    return strbuf_take(&b);
}

/* What GitHub makes live in the text of the rendered page. */
static void assert_dead(const char *text)
{
    assert_no_match("@[a-z0-9]", text);
    assert_no_match("#[0-9a-z]", text);
    assert_no_match("\\bgh-[0-9]", text);
    assert_no_match("\\b[0-9a-f]{7,40}\\b", text);
    assert_no_match("://", text);
    assert_no_match("www\\.\\S", text);
}

/* Ours, or at least a web address that is no thread. */
static void assert_url(const char *url, const char *body)
{
    ck_assert_msg(url && safety_url_ok(url), "%s in %s", url ? url : "no URL",
                  body);
}

static void assert_links_are_ours(cmark_node *root, const char *body)
{
    cmark_iter *it = cmark_iter_new(root);
    cmark_event_type ev;
    int comments = 0;

    while ((ev = cmark_iter_next(it)) != CMARK_EVENT_DONE) {
        cmark_node *n = cmark_iter_get_node(it);
        cmark_node_type type = cmark_node_get_type(n);

        if (ev != CMARK_EVENT_ENTER)
            continue;
        ck_assert_msg(type != CMARK_NODE_IMAGE && type != CMARK_NODE_HTML_INLINE
                          && type != CMARK_NODE_HEADING
                          && type != CMARK_NODE_BLOCK_QUOTE
                          && type != CMARK_NODE_FOOTNOTE_REFERENCE,
                      "%s: %s", cmark_node_get_type_string(n), body);
        comments += type == CMARK_NODE_HTML_BLOCK;
        if (type == CMARK_NODE_LINK)
            assert_url(cmark_node_get_url(n), body);
    }
    ck_assert_msg(comments == 1, "%d comments: %s", comments, body);
    cmark_iter_free(it);
}

static void assert_github_dead(const char *body, const char *title)
{
    cmark_node *tree = parse(body);
    CLEANUP_FREE char *text = leaves(tree, CMARK_NODE_TEXT);

    assert_dead(text);
    assert_no_match("@[a-z0-9]|#[0-9]|\\bgh-[0-9]|<!--", title);
    assert_links_are_ours(tree, body);
    cmark_node_free(tree);
}

/* ---- HTML ---- */

struct html_look {
    const char *page;
    size_t depth;
    bool mail;    /* a whole document, and not a part of one */
    int comments; /* seen */
};

struct html_allowed {
    const char *element;
    const char *attributes; /* each between spaces */
    bool mail;              /* only in a whole document */
};

static const struct html_allowed *html_find(const xmlNode *n)
{
    static const struct html_allowed all[] = {
        { "a", " href ", false },   { "body", "", false },
        { "br", "", false },        { "code", " class ", false },
        { "em", "", false },        { "head", "", true },
        { "hr", "", false },        { "html", " lang ", false },
        { "li", "", false },        { "meta", " charset name content ", true },
        { "ol", " start ", false }, { "p", "", false },
        { "pre", "", false },       { "strong", "", false },
        { "style", "", true },      { "title", "", true },
        { "ul", "", false },
    };

    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        if (!strcmp(all[i].element, (const char *)n->name))
            return &all[i];
    return NULL;
}

static void html_attributes(const struct html_look *h, const xmlNode *n,
                            const struct html_allowed *a)
{
    for (const xmlAttr *p = n->properties; p; p = p->next) {
        const char *name = (const char *)p->name;
        CLEANUP_FREE char *word = xasprintf(" %s ", name);
        xmlChar *value = xmlNodeListGetString(n->doc, p->children, 1);
        const char *text = value ? (const char *)value : "";

        ck_assert_msg(strstr(a->attributes, word) != NULL, "<%s %s=%s> in %s",
                      a->element, name, text, h->page);
        if (!strcmp(name, "href"))
            assert_url(text, h->page);
        if (!strcmp(name, "class"))
            ck_assert_msg(!strcmp(text, "language-text"), "%s", h->page);
        xmlFree(value);
    }
}

/* Nothing is made a link there, or nobody sees it. */
static bool html_is_code(const char *element)
{
    static const char *const all[] = { "code", "pre", "style", "title" };

    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        if (!strcmp(all[i], element))
            return true;
    return false;
}

static void html_walk(struct html_look *h, const xmlNode *n, bool code)
{
    const struct html_allowed *a;

    ck_assert_msg(++h->depth < 200, "too deep: %s", h->page);
    for (; n; n = n->next) {
        if (n->type == XML_TEXT_NODE || n->type == XML_CDATA_SECTION_NODE) {
            /* a rule's advice stands there as its author wrote it */
            CLEANUP_FREE char *text =
                without((const char *)n->content, "https://ours.example/");

            if (!code)
                assert_no_bare_link(text);
            continue;
        }
        if (n->type == XML_COMMENT_NODE) {
            h->comments++;
            continue;
        }
        if (n->type == XML_DTD_NODE)
            continue;
        ck_assert_msg(n->type == XML_ELEMENT_NODE, "a node of type %d in %s",
                      n->type, h->page);
        a = html_find(n);
        ck_assert_msg(a && (h->mail || !a->mail), "<%s> in %s", n->name,
                      h->page);
        html_attributes(h, n, a);
        html_walk(h, n->children, code || html_is_code(a->element));
    }
    h->depth--;
}

/* As a browser without network would read it. */
static void assert_html_dead(const char *page, bool mail)
{
    struct html_look h = { .page = page, .mail = mail };
    htmlDocPtr doc = htmlReadMemory(page, (int)strlen(page), NULL, "utf-8",
                                    HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING
                                        | HTML_PARSE_NONET);

    ck_assert_msg(doc != NULL, "no HTML: %s", page);
    html_walk(&h, doc->children, false);
    ck_assert_msg(h.comments == !mail, "%d comments: %s", h.comments, page);
    xmlFreeDoc(doc);
}

/* ---- plain text ---- */

static void assert_urls(const char *line, const char *body)
{
    for (const char *p = line; (p = strstr(p, "://")); p++) {
        const char *begin = p;
        CLEANUP_FREE char *url = NULL;
        size_t n;

        while (begin > line && isalpha((unsigned char)begin[-1]))
            begin--;
        n = strcspn(begin, " >);");
        while (n && strchr(",.:", begin[n - 1])) /* the sentence's */
            n--;
        url = xmemdup0(begin, n);
        assert_url(url, body);
        p = begin + strlen(url) - 1;
    }
}

/* Lines of a log are indented, and shown as they are; so is what stands
 * between the backticks of a rule's advice. */
static void assert_plain_dead(const char *text)
{
    CLEANUP_FREE char *copy = xstrdup(text);
    char *save = copy, *line;

    while ((line = strsep(&save, "\n"))) {
        if (str_starts(line, "    ") || str_starts(line, ADVICE))
            continue;
        assert_urls(line, text);
        assert_no_match("(^|[\\s(\\[])www\\.\\S", line);
    }
}

/* ---- mail ---- */

static void assert_mail_dead(const char *title, const char *markdown)
{
    struct body b;

    body_render(&b, title, markdown);
    assert_html_dead(b.html, true);
    assert_no_match("@(?!" DEAD_Z ")", b.text);
    assert_no_match("[\\x00-\\x08\\x0b-\\x1f\\x7f]", b.text);
    body_release(&b);
}

/* ---- Zulip ---- */

/* A copy in which what matches is U+FFFF. */
static char *zulip_blank(const char *pattern, const char *s)
{
    int code;
    PCRE2_SIZE at, n = 4 * strlen(s) + 16;
    pcre2_code *re = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
                                   PCRE2_DOTALL | PCRE2_UTF, &code, &at, NULL);
    char *out = xcalloc(1, n);
    int rc = pcre2_substitute(
        re, (PCRE2_SPTR)s, strlen(s), 0, PCRE2_SUBSTITUTE_GLOBAL, NULL, NULL,
        (PCRE2_SPTR) "\xef\xbf\xbf", 3, (PCRE2_UCHAR *)out, &n);

    ck_assert_msg(rc >= 0, "%s: error %d", pattern, rc);
    pcre2_code_free(re);
    return out;
}

static size_t zulip_fence(const char *line)
{
    size_t ticks = strspn(line, "`"), tildes = strspn(line, "~");

    return ticks >= 3 ? ticks : tildes >= 3 ? tildes : 0;
}

/* Blocks of code taken out, line by line, as its preprocessor does; those
 * that are something else than code are no code. */
static char *zulip_free(const char *s, const char *body)
{
    struct strbuf b;
    const char *fence = NULL;
    size_t nr = 0;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    while (*s) {
        size_t n = strcspn(s, "\n"), f = zulip_fence(s);

        if (fence) {
            if (f == nr && *s == *fence && strspn(s + f, " \t") + f == n)
                fence = NULL;
        } else if (f) {
            fence = s;
            nr = f;
            ck_assert_msg(str_starts(s + f, "text\n"), "a block in %s", body);
        } else {
            strbuf_add(&b, s, n);
            strbuf_addc(&b, '\n');
        }
        s += n + (s[n] == '\n');
    }
    ck_assert_msg(!fence, "a fence without end in %s", body);
    return strbuf_take(&b);
}

static void assert_zulip_links(const char *text, const char *body)
{
    for (const char *p = text; (p = strstr(p, "](")); p++) {
        CLEANUP_FREE char *url = xmemdup0(p + 2, strcspn(p + 2, ")"));

        assert_url(url, body);
    }
}

/* What zerver/lib/markdown and mention.py look for. */
static void assert_zulip_dead(const char *body)
{
    static const char *const alive[] = {
        "@_?\\*\\*[^*]+\\*\\*", /* a person, silent or not, or everybody */
        "@_?\\*[^*]+\\*",       /* a group */
        "@(all|everyone|stream|channel|topic|here)\\b",
        "#\\*\\*[^*]+\\*\\*", /* a channel, a topic, a message */
        "\\$\\$",             /* LaTeX */
        ":[a-z0-9_+-]+:",     /* an emoji */
        "<time:",
        "!avatar\\(|!gravatar\\(|!modal_link",
        "^>",                        /* a quote */
        "\\A\\s*/(me|poll|todo)\\b", /* a widget */
    };
    CLEANUP_FREE char *free_text = zulip_free(body, body);
    CLEANUP_FREE char *text =
        zulip_blank("(?<!\\\\)(`+)(.+?)(?<!`)\\1(?!`)", free_text);
    CLEANUP_FREE char *bare = zulip_blank("\\[[^\\]]*\\]\\([^)\\s]+\\)", text);

    assert_zulip_links(text, body);
    for (size_t i = 0; i < ARRAY_SIZE(alive); i++)
        assert_no_match(alive[i], bare);
    assert_no_bare_link(bare);
    assert_no_match("\\b[a-z0-9-]+\\.(com|org|net|io|dev|example)\\b", bare);
    assert_no_match("\\b[0-9a-f]{7,40}\\b", bare);
}

/* ---- all of them ---- */

/* owner: the mention that Tocsin writes itself. */
static void assert_message_is_dead(const struct message *m, const char *flavour,
                                   const char *owner)
{
    CLEANUP_FREE char *live = without(m->body, owner);

    ck_assert_msg(!m->degraded, "%s\n%s", m->degraded_why, m->body);
    assert_no_command(m->title);
    assert_no_command(live);
    assert_no_match("[\\x00-\\x1f\\x7f]", m->title);
    assert_no_match("[\\x00-\\x08\\x0b-\\x1f\\x7f]", m->body);
    if (!strcmp(flavour, "github-markdown"))
        assert_github_dead(live, m->title);
    else if (!strcmp(flavour, "zulip-markdown"))
        assert_zulip_dead(m->body);
    else if (!strcmp(flavour, "mail-markdown"))
        assert_mail_dead(m->title, m->body);
    else if (!strcmp(flavour, "html"))
        assert_html_dead(m->body, false);
    else
        assert_plain_dead(m->body);
}

static const char *const dead_flavours[] = {
    "github-markdown", "zulip-markdown", "plain", "html", "mail-markdown",
};

#endif
