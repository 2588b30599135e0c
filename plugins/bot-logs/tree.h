/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tree: a folder that others filled, read without leaving it, or a
 * repository of which somebody puts in what he fetched.
 *
 *     struct tree *t = tree_open("/srv/bot-data", &err);
 *     enum tree_got got = tree_json(t, "status/total_status.json",
 *                                   TREE_CAP, &doc, NULL, &err);
 *     tree_free(t);
 *
 * Paths are relative, without "." and "..". Symbolic links below the root
 * are never followed. Everything is capped: bytes a file, files a walk,
 * folders deep.
 */
#ifndef TOCSIN_PLUGIN_TREE_H
#define TOCSIN_PLUGIN_TREE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"

#define TREE_CAP ((size_t)32 << 20) /* bytes of one file */
#define TREE_FILES 400000           /* files of one walk */
#define TREE_DEPTH 8                /* folders below its start */

struct tree;

enum tree_got {
    TREE_OK = 0,
    TREE_MISSING = 1, /* no such file; err untouched */
    TREE_BAD = 2,     /* err says why */
};

struct tree *tree_open(const char *root, struct err *err);
/* Without a folder: it holds what is put into it. name: for messages. */
struct tree *tree_new(const char *name);
void tree_free(struct tree *t);
bool tree_is_folder(const struct tree *t);
/* at: its moment (tree_modified). Of several words on a path the first one
 * counts. Copies. */
void tree_put(struct tree *t, const char *path, const char *text, size_t n,
              int64_t at);
/* It is there, but cannot be read. */
void tree_put_bad(struct tree *t, const char *path, enum err_code code,
                  const char *why);
/* It was asked for, and is not there. */
void tree_put_missing(struct tree *t, const char *path);
/* Whether anything was put in for path. */
bool tree_has_word(const struct tree *t, const char *path);
/* The moment of the youngest file that was put in; 0: none. */
int64_t tree_youngest(const struct tree *t);
const char *tree_root(const struct tree *t);

/* *out: a new NUL-terminated buffer. *changed (may be NULL): the inode's
 * time of change, which a writer cannot set; what was fetched has changed
 * just now. */
enum tree_got tree_read(const struct tree *t, const char *path, size_t cap,
                        char **out, size_t *len, int64_t *changed,
                        struct err *err);
enum tree_got tree_json(const struct tree *t, const char *path, size_t cap,
                        json_t **out, int64_t *changed, struct err *err);
/* A regular file of a folder, open for reading; size and changed may be
 * NULL. */
enum tree_got tree_file(const struct tree *t, const char *path, int *fd,
                        int64_t *size, int64_t *changed, struct err *err);
/* Only the time of change of a file or folder. */
enum tree_got tree_changed(const struct tree *t, const char *path,
                           int64_t *changed, struct err *err);

/* When a regular file was last modified, as its writer says. */
enum tree_got tree_modified(const struct tree *t, const char *path,
                            int64_t *at);

/* One file of a walk. name: without ".json" or whatever suffix was asked
 * for. To return nonzero ends the walk with that value. */
typedef int tree_seen(void *user, const char *path, const char *name,
                      int64_t changed);
/* Every file below dir ("." is the root) that ends in suffix, in the order of
 * the names. odd (may be NULL): called for what was passed over: links,
 * unreadable folders, a cap that was reached. TREE_MISSING when dir is. */
enum tree_got tree_walk(const struct tree *t, const char *dir,
                        const char *suffix, tree_seen *seen,
                        void (*odd)(void *user, const char *path,
                                    const char *what),
                        void *user, struct err *err);
/* The names of the folders and links in dir of a folder, as a JSON array
 * (new); NULL and err when it cannot be read. */
json_t *tree_folders(const struct tree *t, const char *dir, struct err *err);

/* ---- shards.c ---- */

/* Where the bot keeps DIR/NAME.json: five folders by SHA-1 of "NAME.json".
 * A new string. */
char *tree_shard(const char *dir, const char *name);
/* The sharded file, else the flat one. *path (may be NULL): which, new. */
enum tree_got tree_find(const struct tree *t, const char *dir, const char *name,
                        size_t cap, json_t **out, char **path, struct err *err);
/* What {"__lazy_json__": "dir/name.json"} stands for; other values are
 * returned as they are (a new reference). TREE_MISSING: it leads nowhere. */
enum tree_got tree_lazy(const struct tree *t, json_t *v, json_t **out,
                        struct err *err);
/* The elements of [..] or of {"__set__": true, "elements": [..]}; NULL for
 * anything else. Borrowed. */
json_t *tree_elements(json_t *v);

#endif
