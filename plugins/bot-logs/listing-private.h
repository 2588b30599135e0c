/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * listing-private: what the two parts of a listing share: listing.c knows
 * the files, trees.c finds out which of them changed.
 */
#ifndef TOCSIN_PLUGIN_LISTING_PRIVATE_H
#define TOCSIN_PLUGIN_LISTING_PRIVATE_H

#include "plugins/bot-logs/listing.h"
#include "plugins/github/api.h"

#define DEEP 2 /* trees so deep are listed with all below */

struct wanted {
    char *path, *group;
    char *mark, *id; /* NULL: it is not news */
    bool asked;      /* for, by its id */
};

struct listing {
    struct bot *b;
    const struct listing_dir *dirs;

    /* this pass */
    struct remote *remote;
    struct api api;
    const struct place *place;
    const char *where;
    char *branch_url;
    void (*then)(void *user);
    void *user;           /* of remote, too */
    size_t left;          /* trees without a reply */
    bool fetched;         /* it came to the files */
    const json_t *before; /* what listing_cursor gave; or NULL */
    char *commit, *tree;
    int64_t at;
    json_t *trees;          /* {path: id} */
    json_t *marks;          /* {group: MARK characters a file} */
    json_t *docs;           /* {group: {path: document}} */
    json_t *again;          /* {path: true}: held, and not in docs */
    json_t *unread;         /* {path: true}: without a mark */
    json_t *spoilt;         /* {path: true}: not all of it was read */
    json_t *whys;           /* {dir: why} */
    json_t *count, *shrunk; /* {dir: files}, {dir: since when} */
    struct wanted *files;
    size_t nr, alloc;
    size_t next, queries; /* of blobs.c */
};

void listing_forget(struct listing *l);
/* NULL: path is in none of the folders. */
const struct listing_dir *listing_dir_of(const struct listing *l,
                                         const char *path);
bool listing_is_plain(const char *path);
/* Neither this tree nor those it is in were read as a whole. */
void listing_spoil(struct listing *l, const char *path, const char *why);
/* All at and below top is as it was. */
void listing_carry(struct listing *l, const char *top);
/* What is at and below path is not known to be as it was. */
void listing_fail(struct listing *l, const char *path, const char *why);
/* group: the path of the tree whose listing names the file. */
void listing_take_file(struct listing *l, const char *group, const char *path,
                       const char *id);
/* All trees were answered. */
void listing_ask_files(struct listing *l);
/* One of files: fetches it; or here is its text. */
void listing_ask_file(struct listing *l, size_t i);
void listing_put_file(struct listing *l, size_t i, const char *text);
/* blobs.c: asks for those that are `asked`. */
void listing_ask_blobs(struct listing *l);

#endif
