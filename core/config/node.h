/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * node: a YAML file as a tree in which every part knows its place.
 *
 *     struct document *d = document_read("tocsin.yaml", &pb);
 *     if (d) ... d->root ...
 *     document_free(d);
 *
 * One document a file, UTF-8. Aliases are replaced by copies of what they
 * name, under the cap on nodes. Tags, merge keys, keys that are no scalars
 * and a key written twice are problems. Scalars stay text: what type they
 * should have, schema.h knows.
 */
#ifndef TOCSIN_CONFIG_NODE_H
#define TOCSIN_CONFIG_NODE_H

#include <stdbool.h>
#include <stddef.h>

struct problems;

#define DOCUMENT_MAX ((size_t)16 << 20) /* bytes a file */
#define DOCUMENT_NODES_MAX ((size_t)1 << 20)
#define DOCUMENT_DEPTH_MAX 64

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node {
    enum node_kind kind;
    const char *file; /* the document's */
    int line, column; /* from 1 */
    char *text;       /* scalar: never NULL, without NULs */
    size_t len;
    bool plain;          /* not quoted, no block: may be a null */
    struct node **keys;  /* map: nr scalars beside items */
    struct node **items; /* list, map */
    size_t nr, alloc;
};

struct document {
    char *path;
    struct node *root;
    struct node *dropped; /* what stood under duplicate keys */
    char *bytes;          /* as read, for digests */
    size_t len;
};

/* NULL when it cannot be read or is no YAML; why is in pb. A document with a
 * duplicate key is returned, with the first of the two. */
struct document *document_read(const char *path, struct problems *pb);
/* As document_read, of n bytes; path is only a name. */
struct document *document_parse(const char *path, const char *p, size_t n,
                                struct problems *pb);
void document_free(struct document *d);

/* With all that is below it; NULL is fine. */
void node_free(struct node *n);
/* The value of key in a map, or NULL. */
const struct node *node_get(const struct node *map, const char *key);
/* A value left out: "key:" or null or ~. */
bool node_is_null(const struct node *n);

#endif
