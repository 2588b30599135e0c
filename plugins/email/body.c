/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Markdown to what a mail holds. Must not hand on anything that the tree
 * calls HTML or an image, wherever it came from.
 */
#include <config.h>

#include "plugins/email/body.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "core/base/strbuf.h"

/* Nothing is fetched: no font, no sheet, no picture. */
#define HEAD_1                                                                 \
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"  \
    "<meta name=\"viewport\" content=\"width=device-width\">\n<title>"
#define HEAD_2                                                                 \
    "</title>\n<style>\n"                                                      \
    "body { font: 15px/1.5 sans-serif; max-width: 50em; margin: 1em; }\n"      \
    "pre { overflow-x: auto; padding: .6em; background: #f4f4f4; }\n"          \
    "pre, code { font: 13px/1.4 monospace; }\n"                                \
    "</style>\n</head>\n<body>\n"
#define TAIL "</body>\n</html>\n"

static bool may_link(const char *url)
{
    static const char *const schemes[] = { "https://", "http://", "mailto:" };

    for (size_t i = 0; url && i < ARRAY_SIZE(schemes); i++)
        if (!strncasecmp(url, schemes[i], strlen(schemes[i])))
            return true;
    return false;
}

/* Its text stays, where it has one. */
static void dissolve(cmark_node *node)
{
    cmark_node *child;

    while ((child = cmark_node_first_child(node)))
        cmark_node_insert_before(node, child);
    cmark_node_free(node);
}

static void make_harmless(cmark_node *node)
{
    switch (cmark_node_get_type(node)) {
    case CMARK_NODE_HTML_BLOCK:
    case CMARK_NODE_HTML_INLINE:
    case CMARK_NODE_CUSTOM_BLOCK:
    case CMARK_NODE_CUSTOM_INLINE:
        cmark_node_free(node);
        break;
    case CMARK_NODE_IMAGE:
        dissolve(node);
        break;
    case CMARK_NODE_LINK:
        if (!may_link(cmark_node_get_url(node)))
            dissolve(node);
        break;
    default:
        break;
    }
}

/* A node is taken out on the way out of it: its own are through by then. */
cmark_node *body_tree(const char *markdown)
{
    cmark_node *tree = cmark_parse_document(markdown, strlen(markdown),
                                            CMARK_OPT_VALIDATE_UTF8);
    cmark_iter *i = cmark_iter_new(tree);
    cmark_event_type event;

    while ((event = cmark_iter_next(i)) != CMARK_EVENT_DONE) {
        cmark_node *node = cmark_iter_get_node(i);
        cmark_node_type type = cmark_node_get_type(node);
        bool leaf =
            type == CMARK_NODE_HTML_BLOCK || type == CMARK_NODE_HTML_INLINE;

        if (event == CMARK_EVENT_EXIT || leaf)
            make_harmless(node);
    }
    cmark_iter_free(i);
    return tree;
}

static void add_escaped(struct strbuf *b, const char *s)
{
    for (; *s; s++) {
        if (*s == '<')
            strbuf_adds(b, "&lt;");
        else if (*s == '&')
            strbuf_adds(b, "&amp;");
        else
            strbuf_addc(b, *s);
    }
}

void body_render(struct body *b, const char *title, const char *markdown)
{
    cmark_node *tree = body_tree(markdown);
    char *html = cmark_render_html(tree, CMARK_OPT_DEFAULT, NULL);
    struct strbuf out;

    strbuf_init(&out, STRBUF_UNBOUNDED);
    strbuf_adds(&out, HEAD_1);
    add_escaped(&out, title);
    strbuf_adds(&out, HEAD_2);
    strbuf_adds(&out, html);
    strbuf_adds(&out, TAIL);
    b->html = strbuf_take(&out);
    b->text = text_render(tree);
    free(html);
    cmark_node_free(tree);
}

void body_release(struct body *b)
{
    free(b->text);
    free(b->html);
    memset(b, 0, sizeof(*b));
}
