/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What can be asked of a tree of nodes, and its end. yaml.c makes it.
 */
#include <config.h>

#include "core/config/node.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void node_free(struct node *n)
{
    if (!n)
        return;
    for (size_t i = 0; i < n->nr; i++) {
        if (n->keys)
            node_free(n->keys[i]);
        node_free(n->items[i]);
    }
    free(n->keys);
    free(n->items);
    free(n->text);
    free(n);
}

void document_free(struct document *d)
{
    if (!d)
        return;
    node_free(d->root);
    node_free(d->dropped);
    free(d->bytes);
    free(d->path);
    free(d);
}

const struct node *node_get(const struct node *map, const char *key)
{
    if (!map || map->kind != NODE_MAP)
        return NULL;
    for (size_t i = 0; i < map->nr; i++)
        if (!strcmp(map->keys[i]->text, key))
            return map->items[i];
    return NULL;
}

bool node_is_null(const struct node *n)
{
    return n->kind == NODE_SCALAR && n->plain
           && (!*n->text || !strcmp(n->text, "~")
               || !strcasecmp(n->text, "null"));
}
