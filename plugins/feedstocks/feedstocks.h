/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * feedstocks: what the parts of the feedstocks source share.
 *
 * A fact stands until it is said otherwise, so only what changed is said.
 * Files are looked at by the time of their change; tables of many projects
 * are cut into buckets whose digests the cursor keeps, and a bucket is said
 * again when its digest differs.
 */
#ifndef TOCSIN_PLUGIN_FEEDSTOCKS_H
#define TOCSIN_PLUGIN_FEEDSTOCKS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/tocsin-plugin.h"
#include "plugins/bot-logs/tree.h"

struct feedstocks {
    const struct tocsin_host *host;
    const char *owner, *suffix;
    struct fs_online *online; /* NULL: nothing is fetched */

    /* this pass */
    uint64_t op;
    struct tree *checkouts; /* NULL: no such option */
    struct tree *data;      /* option node_attrs */
    json_t *cursor, *next;
    json_t *late;        /* {name: since}: people not read yet */
    int64_t skip_before; /* what did not change since is passed over */
    json_t *ids;         /* {login: id} said in this pass */
    json_t *odd[2];      /* notices: schema-drift, unreadable */
};

/* What could not be read; of what the network did, the operators hear from
 * elsewhere. */
void fs_error(struct feedstocks *f, const struct err *err);
enum fs_odd { FS_SCHEMA = 0, FS_UNREADABLE = 1 };
void fs_odd(struct feedstocks *f, enum fs_odd kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A name that can be a feedstock's or a package's. */
bool fs_name_ok(const char *name);
/* owner/NAME-feedstock, new. */
char *fs_project(const struct feedstocks *f, const char *name);
/* value: borrowed, NULL: withdrawn. */
void fs_fact(struct feedstocks *f, const char *subject, const char *key,
             const json_t *value);
/* A table {subject: {key: value}}; says the buckets that changed. name: what
 * the cursor calls it. Takes table. */
void fs_table(struct feedstocks *f, const char *name, json_t *table);
/* Says nothing of the table this time; the cursor keeps its digests. */
void fs_table_keep(struct feedstocks *f, const char *name);

/* people.c: owners, CODEOWNERS and ids of each feedstock that changed */
void people_collect(struct feedstocks *f);
/* The same of what was fetched for one feedstock. False: not all could be
 * read. */
bool people_fetched(struct feedstocks *f, const char *name);
/* Where GitHub looks for CODEOWNERS, in its order; NULL: no more places. */
const char *people_codeowners_place(size_t i);
/* tables.c: archived, default branches, outputs, descendants */
void lists_collect(struct feedstocks *f, const char *all_feedstocks);
void outputs_collect(struct feedstocks *f, const char *path);
void outputs_fetched(struct feedstocks *f);
void graph_collect(struct feedstocks *f, const char *path);
void graph_fetched(struct feedstocks *f);

#define FS_LISTS "all_feedstocks.json"
#define FS_OUTPUTS "outputs_to_feedstocks.json"
#define FS_GRAPH "graph.json"

/* online.c: the same from a server */
const char *fs_online_new(struct feedstocks *f); /* NULL, or what is wrong */
void fs_online_free(struct feedstocks *f);
/* Fetches, says what came, then ends the pass with ready. */
void fs_online_collect(struct feedstocks *f,
                       void (*ready)(struct feedstocks *f, int status));
/* After the cursor was set. */
void fs_online_kept(struct feedstocks *f);

#endif
