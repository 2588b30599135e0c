/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libyaml's events into a tree of nodes. Must not know what any key means,
 * and must stand whatever bytes it is given: depth, nodes and size are
 * capped, and nothing is expanded beyond the caps.
 */
#include <config.h>

#include "core/config/node.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/mem.h"
#include "core/config/problems.h"
#include "core/config/yaml-fault.h"

struct anchor {
    char *name;
    const struct node *node;
    UT_hash_handle hh;
};

struct builder {
    struct document *d;
    struct problems *pb;
    yaml_parser_t parser;
    struct anchor *anchors;
    size_t nodes;
};

static int at_mark(struct builder *b, const yaml_mark_t *m, const char *text)
{
    problems_error(b->pb, b->d->path, (int)m->line + 1, (int)m->column + 1,
                   "%s", text);
    return -1;
}

/* ---- nodes -------------------------------------------------------------- */

static struct node *node_new(struct builder *b, enum node_kind kind,
                             const yaml_mark_t *at)
{
    struct node *n;

    if (++b->nodes > DOCUMENT_NODES_MAX) {
        at_mark(b, at,
                "too many values for one file (aliases count as what "
                "they stand for)");
        return NULL;
    }
    n = xcalloc(1, sizeof(*n));
    n->kind = kind;
    n->file = b->d->path;
    n->line = (int)at->line + 1;
    n->column = (int)at->column + 1;
    return n;
}

static void node_add(struct node *n, struct node *key, struct node *value)
{
    size_t alloc = n->alloc;

    ALLOC_GROW(n->items, n->nr + 1, n->alloc);
    if (n->kind == NODE_MAP) {
        if (n->alloc != alloc)
            n->keys = xrealloc(n->keys, n->alloc * sizeof(*n->keys));
        n->keys[n->nr] = key;
    }
    n->items[n->nr++] = value;
}

/* at: of the alias, for when there are too many. */
static struct node *node_copy(struct builder *b, const struct node *from,
                              const yaml_mark_t *at)
{
    struct node *n = node_new(b, from->kind, at);

    if (!n)
        return NULL;
    n->line = from->line;
    n->column = from->column;
    n->plain = from->plain;
    n->len = from->len;
    if (from->text)
        n->text = xmemdup0(from->text, from->len);
    for (size_t i = 0; i < from->nr; i++) {
        struct node *key = NULL, *value;

        if (from->keys) {
            key = node_copy(b, from->keys[i], at);
            if (!key)
                goto fail;
        }
        value = node_copy(b, from->items[i], at);
        if (!value) {
            node_free(key);
            goto fail;
        }
        node_add(n, key, value);
    }
    return n;
fail:
    node_free(n);
    return NULL;
}

static void anchor_set(struct builder *b, const char *name,
                       const struct node *n)
{
    struct anchor *a;

    HASH_FIND_STR(b->anchors, name, a);
    if (!a) {
        a = xcalloc(1, sizeof(*a));
        a->name = xstrdup(name);
        HASH_ADD_KEYPTR(hh, b->anchors, a->name, strlen(a->name), a);
    }
    a->node = n;
}

static int next_event(struct builder *b, yaml_event_t *ev)
{
    if (yaml_parser_parse(&b->parser, ev))
        return 0;
    yaml_fault(b->d, &b->parser, b->pb);
    return -1;
}

static struct node *build(struct builder *b, const yaml_event_t *ev, int depth);

static struct node *build_scalar(struct builder *b, const yaml_event_t *ev)
{
    const char *text = (const char *)ev->data.scalar.value;
    size_t len = ev->data.scalar.length;
    struct node *n;

    if (memchr(text, '\0', len)) {
        at_mark(b, &ev->start_mark, "a NUL character in a value");
        return NULL;
    }
    n = node_new(b, NODE_SCALAR, &ev->start_mark);
    if (!n)
        return NULL;
    n->text = xmemdup0(text, len);
    n->len = len;
    n->plain = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return n;
}

static struct node *build_alias(struct builder *b, const yaml_event_t *ev)
{
    const char *name = (const char *)ev->data.alias.anchor;
    struct anchor *a;

    HASH_FIND_STR(b->anchors, name, a);
    if (!a) {
        problems_error(b->pb, b->d->path, (int)ev->start_mark.line + 1,
                       (int)ev->start_mark.column + 1,
                       "*%s: no anchor &%s is complete before this; a value "
                       "that begins with * is written in quotes",
                       name, name);
        return NULL;
    }
    return node_copy(b, a->node, &ev->start_mark);
}

static struct node *build_list(struct builder *b, const yaml_event_t *start,
                               int depth)
{
    struct node *n = node_new(b, NODE_LIST, &start->start_mark);

    while (n) {
        yaml_event_t ev;
        struct node *item;

        if (next_event(b, &ev) < 0)
            break;
        if (ev.type == YAML_SEQUENCE_END_EVENT) {
            yaml_event_delete(&ev);
            return n;
        }
        item = build(b, &ev, depth + 1);
        yaml_event_delete(&ev);
        if (!item)
            break;
        node_add(n, NULL, item);
    }
    node_free(n);
    return NULL;
}

/* A key seen before in the same map. */
struct seen {
    const struct node *key;
    UT_hash_handle hh;
};

static void seen_free(struct seen **table)
{
    struct seen *s, *tmp;

    HASH_ITER(hh, *table, s, tmp)
    {
        HASH_DEL(*table, s);
        free(s);
    }
}

/* False: a problem, and the pair is to be left out. */
static bool key_is_new(struct builder *b, struct seen **table,
                       const struct node *key)
{
    struct seen *s;

    if (!strcmp(key->text, "<<") && key->plain) {
        problems_error(b->pb, key->file, key->line, key->column,
                       "merge keys (<<) are not known here; an alias can "
                       "stand for a whole value");
        return false;
    }
    HASH_FIND(hh, *table, key->text, key->len, s);
    if (s) {
        problems_error(b->pb, key->file, key->line, key->column,
                       "\"%s\" is written twice; it is at %d:%d already",
                       key->text, s->key->line, s->key->column);
        return false;
    }
    s = xcalloc(1, sizeof(*s));
    s->key = key;
    HASH_ADD_KEYPTR(hh, *table, key->text, key->len, s);
    return true;
}

/* A key and its value. 1 added, 0 end of the map, -1 failed. */
static int build_pair(struct builder *b, struct node *map, struct seen **table,
                      int depth)
{
    yaml_event_t ev;
    struct node *key, *value;

    if (next_event(b, &ev) < 0)
        return -1;
    if (ev.type == YAML_MAPPING_END_EVENT) {
        yaml_event_delete(&ev);
        return 0;
    }
    key = build(b, &ev, depth + 1);
    if (key && key->kind != NODE_SCALAR) {
        at_mark(b, &ev.start_mark, "a key must be a plain word");
        node_free(key);
        key = NULL;
    }
    yaml_event_delete(&ev);
    if (!key)
        return -1;
    if (next_event(b, &ev) < 0) {
        node_free(key);
        return -1;
    }
    value = build(b, &ev, depth + 1);
    yaml_event_delete(&ev);
    if (!value) {
        node_free(key);
        return -1;
    }
    if (key_is_new(b, table, key)) {
        node_add(map, key, value);
        return 1;
    }
    /* An anchor in it may still be asked for. */
    node_add(b->d->dropped, NULL, key);
    node_add(b->d->dropped, NULL, value);
    return 1;
}

static struct node *build_map(struct builder *b, const yaml_event_t *start,
                              int depth)
{
    struct node *n = node_new(b, NODE_MAP, &start->start_mark);
    struct seen *table = NULL;
    int more = n ? 1 : -1;

    while (more == 1)
        more = build_pair(b, n, &table, depth);
    seen_free(&table);
    if (more == 0)
        return n;
    node_free(n);
    return NULL;
}

static const char *event_anchor(const yaml_event_t *ev)
{
    switch (ev->type) {
    case YAML_SCALAR_EVENT:
        return (const char *)ev->data.scalar.anchor;
    case YAML_SEQUENCE_START_EVENT:
        return (const char *)ev->data.sequence_start.anchor;
    case YAML_MAPPING_START_EVENT:
        return (const char *)ev->data.mapping_start.anchor;
    default:
        return NULL;
    }
}

static const char *event_tag(const yaml_event_t *ev)
{
    switch (ev->type) {
    case YAML_SCALAR_EVENT:
        return (const char *)ev->data.scalar.tag;
    case YAML_SEQUENCE_START_EVENT:
        return (const char *)ev->data.sequence_start.tag;
    case YAML_MAPPING_START_EVENT:
        return (const char *)ev->data.mapping_start.tag;
    default:
        return NULL;
    }
}

static struct node *build(struct builder *b, const yaml_event_t *ev, int depth)
{
    struct node *n = NULL;

    if (event_tag(ev)) {
        at_mark(b, &ev->start_mark, "tags (!word) are not known here");
        return NULL;
    }
    if (depth > DOCUMENT_DEPTH_MAX) {
        at_mark(b, &ev->start_mark, "nested too deeply");
        return NULL;
    }
    switch (ev->type) {
    case YAML_SCALAR_EVENT:
        n = build_scalar(b, ev);
        break;
    case YAML_ALIAS_EVENT:
        n = build_alias(b, ev);
        break;
    case YAML_SEQUENCE_START_EVENT:
        n = build_list(b, ev, depth);
        break;
    case YAML_MAPPING_START_EVENT:
        n = build_map(b, ev, depth);
        break;
    default:
        BUG("libyaml event %d within a document", (int)ev->type);
    }
    if (n && event_anchor(ev))
        anchor_set(b, event_anchor(ev), n);
    return n;
}

/* ---- documents ---------------------------------------------------------- */

/* Reads on to the event that follows the document's end: there must be
 * nothing but the end of the stream. */
static int build_end(struct builder *b)
{
    yaml_event_t ev;
    int ret = 0;

    if (next_event(b, &ev) < 0) /* document end */
        return -1;
    yaml_event_delete(&ev);
    if (next_event(b, &ev) < 0)
        return -1;
    if (ev.type != YAML_STREAM_END_EVENT)
        ret = at_mark(b, &ev.start_mark, "a second document (---) in one file");
    yaml_event_delete(&ev);
    return ret;
}

static int build_document(struct builder *b)
{
    yaml_event_t ev;

    if (next_event(b, &ev) < 0) /* stream start */
        return -1;
    yaml_event_delete(&ev);
    if (next_event(b, &ev) < 0) /* document start */
        return -1;
    if (ev.type == YAML_STREAM_END_EVENT) {
        yaml_event_delete(&ev);
        problems_error(b->pb, b->d->path, 0, 0, "there is nothing in it");
        return -1;
    }
    yaml_event_delete(&ev);
    if (next_event(b, &ev) < 0)
        return -1;
    b->d->root = build(b, &ev, 1);
    yaml_event_delete(&ev);
    return b->d->root ? build_end(b) : -1;
}

static int parse(struct builder *b)
{
    const char *p = b->d->bytes;
    size_t n = b->d->len;
    struct anchor *a, *tmp;
    int ret;

    if (yaml_check_bytes(b->d, b->pb) < 0)
        return -1;
    if (n >= 3 && !memcmp(p, "\xef\xbb\xbf", 3)) {
        p += 3;
        n -= 3;
    }
    if (!yaml_parser_initialize(&b->parser))
        BUG("libyaml: out of memory");
    yaml_parser_set_encoding(&b->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&b->parser, (const unsigned char *)p, n);
    ret = build_document(b);
    yaml_parser_delete(&b->parser);
    HASH_ITER(hh, b->anchors, a, tmp)
    {
        HASH_DEL(b->anchors, a);
        free(a->name);
        free(a);
    }
    return ret;
}

/* Takes bytes. */
static struct document *document_new(const char *path, char *bytes, size_t n,
                                     struct problems *pb)
{
    struct document *d = xcalloc(1, sizeof(*d));
    struct builder b = { .d = d, .pb = pb };

    d->path = xstrdup(path);
    d->dropped = xcalloc(1, sizeof(*d->dropped));
    d->dropped->kind = NODE_LIST;
    d->bytes = bytes;
    d->len = n;
    if (parse(&b) == 0)
        return d;
    document_free(d);
    return NULL;
}

struct document *document_parse(const char *path, const char *p, size_t n,
                                struct problems *pb)
{
    return document_new(path, xmemdup0(p, n), n, pb);
}

struct document *document_read(const char *path, struct problems *pb)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    size_t n, skip = strlen(path);
    char *bytes = io_read_file(path, DOCUMENT_MAX, &n, &err);

    if (bytes)
        return document_new(path, bytes, n, pb);
    if (str_starts(err_msg(&err), path)
        && !strncmp(err_msg(&err) + skip, ": ", 2))
        problems_error(pb, path, 0, 0, "%s", err_msg(&err) + skip + 2);
    else
        problems_error(pb, path, 0, 0, "%s", err_msg(&err));
    return NULL;
}
