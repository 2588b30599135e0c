/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The tree of a message as plain text: paragraphs wrapped, code as it is,
 * links with their targets. cmark-gfm's own plain text leaves the targets
 * out. Must not go deeper than a message of ours ever is.
 */
#include <config.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "plugins/email/body.h"

#define WIDTH 76
#define DEPTH_MAX 40

struct text {
    struct strbuf out;
    struct strbuf prefix; /* of every line */
    char bullet[16];      /* of the next line, instead of the prefix's
                           * last characters */
    size_t depth;
};

static void blocks(struct text *t, cmark_node *parent);

/* ---- lines ---- */

static size_t characters(const char *s, size_t n)
{
    size_t nr = 0;

    for (size_t i = 0; i < n; i++)
        nr += ((unsigned char)s[i] & 0xc0) != 0x80;
    return nr;
}

/* Returns how wide it is. */
static size_t begin_line(struct text *t)
{
    size_t n = strlen(t->bullet), keep = t->prefix.len - n;

    if (n && n <= t->prefix.len) {
        strbuf_add(&t->out, t->prefix.buf, keep);
        strbuf_adds(&t->out, t->bullet);
    } else {
        strbuf_add(&t->out, t->prefix.buf, t->prefix.len);
    }
    t->bullet[0] = '\0';
    return characters(t->prefix.buf, t->prefix.len);
}

static void trim(struct strbuf *b)
{
    size_t n = b->len;

    while (n && b->buf[n - 1] == ' ')
        n--;
    strbuf_setlen(b, n);
}

static void end_line(struct text *t)
{
    trim(&t->out);
    strbuf_addc(&t->out, '\n');
}

/* Between two blocks, but not in front of the first of an item. */
static void blank_line(struct text *t)
{
    size_t n = t->out.len;

    if (!n || t->bullet[0] || (n > 1 && t->out.buf[n - 2] == '\n'))
        return;
    strbuf_add(&t->out, t->prefix.buf, t->prefix.len);
    end_line(t);
}

static void wrap(struct text *t, const char *s)
{
    size_t used = begin_line(t);
    bool fresh = true;

    while (*s) {
        size_t n = strcspn(s, " \n"), width = characters(s, n);

        if (n && !fresh && used + 1 + width > WIDTH) {
            end_line(t);
            used = begin_line(t);
            fresh = true;
        }
        if (n && !fresh)
            strbuf_addc(&t->out, ' ');
        strbuf_add(&t->out, s, n);
        used += width + (n && !fresh);
        fresh = fresh && !n;
        s += n;
        if (*s == '\n' && s[1]) {
            end_line(t);
            used = begin_line(t);
            fresh = true;
        }
        s += *s != '\0';
    }
    end_line(t);
}

/* ---- inside a paragraph ---- */

static void inlines(struct strbuf *b, cmark_node *parent, size_t depth);

/* The target stands behind the text, where it says more than that. */
static void link(struct strbuf *b, cmark_node *node, size_t depth)
{
    const char *url = str_or(cmark_node_get_url(node), "");
    size_t from = b->len;

    inlines(b, node, depth);
    if (!*url || !strcmp(b->buf + from, url))
        return;
    strbuf_addf(b, "%s<%s>", b->len > from ? " " : "", url);
}

static void inlines(struct strbuf *b, cmark_node *parent, size_t depth)
{
    cmark_node *node = cmark_node_first_child(parent);

    if (depth > DEPTH_MAX)
        return;
    for (; node; node = cmark_node_next(node)) {
        switch (cmark_node_get_type(node)) {
        case CMARK_NODE_TEXT:
            strbuf_adds(b, str_or(cmark_node_get_literal(node), ""));
            break;
        case CMARK_NODE_CODE:
            strbuf_addf(b, "`%s`", str_or(cmark_node_get_literal(node), ""));
            break;
        case CMARK_NODE_SOFTBREAK:
            strbuf_addc(b, ' ');
            break;
        case CMARK_NODE_LINEBREAK:
            strbuf_addc(b, '\n');
            break;
        case CMARK_NODE_LINK:
            link(b, node, depth + 1);
            break;
        default:
            inlines(b, node, depth + 1);
        }
    }
}

/* ---- blocks ---- */

static void paragraph(struct text *t, cmark_node *node)
{
    CLEANUP_STRBUF struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    inlines(&b, node, 0);
    wrap(t, b.buf);
}

static void code(struct text *t, cmark_node *node)
{
    const char *s = str_or(cmark_node_get_literal(node), "");

    while (*s) {
        size_t n = strcspn(s, "\n");

        begin_line(t);
        strbuf_adds(&t->out, "    ");
        strbuf_add(&t->out, s, n);
        end_line(t);
        s += n + (s[n] == '\n');
    }
}

static void inner(struct text *t, cmark_node *node, const char *prefix)
{
    size_t n = t->prefix.len;

    if (t->depth >= DEPTH_MAX)
        return;
    t->depth++;
    strbuf_adds(&t->prefix, prefix);
    blocks(t, node);
    strbuf_setlen(&t->prefix, n);
    t->depth--;
}

static void list(struct text *t, cmark_node *node)
{
    bool ordered = cmark_node_get_list_type(node) == CMARK_ORDERED_LIST;
    bool tight = cmark_node_get_list_tight(node);
    int number = cmark_node_get_list_start(node);
    cmark_node *item = cmark_node_first_child(node);

    for (; item; item = cmark_node_next(item)) {
        if (!tight)
            blank_line(t);
        if (ordered)
            snprintf(t->bullet, sizeof(t->bullet), "%2d. ", number++ % 1000);
        else
            snprintf(t->bullet, sizeof(t->bullet), "- ");
        inner(t, item, ordered ? "    " : "  ");
        t->bullet[0] = '\0';
    }
}

static void block(struct text *t, cmark_node *node)
{
    switch (cmark_node_get_type(node)) {
    case CMARK_NODE_PARAGRAPH:
    case CMARK_NODE_HEADING:
        paragraph(t, node);
        break;
    case CMARK_NODE_CODE_BLOCK:
        code(t, node);
        break;
    case CMARK_NODE_LIST:
        list(t, node);
        break;
    case CMARK_NODE_THEMATIC_BREAK:
        begin_line(t);
        strbuf_adds(&t->out, "-----");
        end_line(t);
        break;
    case CMARK_NODE_BLOCK_QUOTE:
        inner(t, node, "> ");
        break;
    default:
        inner(t, node, "");
    }
}

static bool is_tight(cmark_node *parent)
{
    cmark_node *list_node = cmark_node_parent(parent);

    return cmark_node_get_type(parent) == CMARK_NODE_ITEM && list_node
           && cmark_node_get_list_tight(list_node);
}

static void blocks(struct text *t, cmark_node *parent)
{
    cmark_node *node = cmark_node_first_child(parent);
    bool tight = is_tight(parent);

    for (; node; node = cmark_node_next(node)) {
        if (!tight)
            blank_line(t);
        block(t, node);
    }
}

char *text_render(cmark_node *tree)
{
    struct text t = { .depth = 0 };

    strbuf_init(&t.out, STRBUF_UNBOUNDED);
    strbuf_init(&t.prefix, STRBUF_UNBOUNDED);
    blocks(&t, tree);
    strbuf_release(&t.prefix);
    return strbuf_take(&t.out);
}
