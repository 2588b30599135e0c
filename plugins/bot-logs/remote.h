/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * remote: files of a repository at a forge, asked for over HTTP and put into
 * a tree, so that what reads a checkout reads them as well.
 *
 *     remote_begin(&r, host, before, over, user);
 *     remote_phase(&r, then);          // what comes when all were answered
 *     remote_ask(&r, &file);           // any number
 *     remote_go(&r);
 *
 * then() may begin another phase; where it does not, over() comes. What each
 * file said goes into its tree: the text; missing (404); or that it cannot
 * be read (anything else, also what was left for another pass).
 */
#ifndef TOCSIN_PLUGIN_REMOTE_H
#define TOCSIN_PLUGIN_REMOTE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/tocsin-plugin.h"
#include "plugins/bot-logs/tree.h"
#include "plugins/net/net.h"

enum remote_how {
    REMOTE_PLAIN, /* the whole file */
    /* Only when it changed; otherwise its text comes out of the cursor, and
     * its moment stays what it was. */
    REMOTE_KEPT,
    /* Only when it changed; otherwise nothing is put into the tree. */
    REMOTE_NEWS,
};

struct remote {
    const struct tocsin_host *host;
    struct net net;
    void *user;
    size_t left; /* of this phase */
    void (*then)(void *user);
    const json_t *before; /* {url: {"at", "digest", "body"?}} */
    json_t *files;        /* the same, of this pass; owned */
    json_t *kept;         /* [url] for http_keep; owned */
    size_t kept_bytes;
};

struct remote_file {
    struct tree *tree;
    const char *path; /* in the tree */
    const char *url;
    enum remote_how how;
    size_t cap;
    bool needed; /* 404 is trouble */
    bool always; /* its text is wanted in any case */
    /* Drops what nobody reads before doc is kept, of a plain file before it
     * is put into the tree; may be NULL. */
    void (*trim)(json_t *doc);
};

void remote_begin(struct remote *r, const struct tocsin_host *host,
                  const json_t *before, void (*over)(void *user), void *user);
void remote_phase(struct remote *r, void (*then)(void *user));
void remote_ask(struct remote *r, const struct remote_file *file);
void remote_go(struct remote *r);
/* The text of a file (REMOTE_PLAIN) that was had otherwise. */
void remote_put(struct remote *r, const struct remote_file *file,
                const char *text);
/* Keeps the phase open, until the remote_let_go that goes with it. */
void remote_hold(struct remote *r);
void remote_let_go(struct remote *r);
/* After the cursor with r->files in it was set: what need not come again
 * unless it changes. */
void remote_keep(struct remote *r);
/* Makes r->files small; what it forgets comes again in the next pass. */
void remote_forget(struct remote *r);
void remote_release(struct remote *r);

/* A repository that may be known under several names: old ones, new ones. */
struct place {
    char *repository, *branch;
};
struct places {
    struct place *all;
    size_t nr;
};

/* From option `data`: OWNER/NAME or OWNER/NAME@BRANCH. NULL, or what is wrong
 * (static). */
const char *places_read(struct places *p, const struct tocsin_host *host);
void places_release(struct places *p);

/* BASE/REPOSITORY/BRANCH/PATH, as raw.githubusercontent.com has it. New. */
char *remote_url(const char *base, const char *repository, const char *branch,
                 const char *path);

#endif
