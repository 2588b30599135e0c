/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bot: what the parts of the bot-logs source share: the options, the folder,
 * the snapshots that are being made and what was odd about the data.
 *
 * A snapshot is gathered whole before anything of it is said, because
 * several files speak of the same feedstock and task. It is complete until
 * somebody calls one of the odd functions with it.
 */
#ifndef TOCSIN_PLUGIN_BOT_H
#define TOCSIN_PLUGIN_BOT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/tocsin-plugin.h"
#include "plugins/bot-logs/shape.h"
#include "plugins/bot-logs/tree.h"

#define BOT_FILE_CAP ((size_t)8 << 20) /* one feedstock's file */
#define BOT_ENTRIES_MAX 100000         /* of one snapshot */

enum bot_what {
    BOT_VERSIONS = 1 << 0,
    BOT_PRS = 1 << 1,
    BOT_MIGRATIONS = 1 << 2,
    BOT_PARSING = 1 << 3,
    BOT_JOBS = 1 << 4,
};

struct entry {
    char *key;
    char *feedstock;
    char *branch;
    char *task;
    char *target;
    char *url;
    char *text;
    double attempts;
    int64_t first, last;
    bool implausible;
    char *digest; /* of what the status file said, or NULL */
};

struct snap {
    char *name;
    json_t *index; /* key: position, for merging */
    struct entry **entries;
    size_t nr, alloc;
    bool complete;
    char *why;     /* the first reason why it is not */
    int64_t taken; /* its moment; 0: that of the checkout */
};

struct plausible;
struct online;

struct bot {
    const struct tocsin_host *host;
    unsigned what; /* enum bot_what */
    const char *owner, *suffix, *repository;
    char *root;            /* the checkout's folder, or NULL */
    char *status;          /* option status, or NULL */
    struct online *online; /* NULL: nothing is fetched */
    struct plausible *plausible;
    char *options; /* digest of what changes what is read */

    /* this pass */
    uint64_t op;
    struct tree *tree;        /* a checkout, or what was fetched; or NULL */
    json_t *archived;         /* {feedstock: true} */
    json_t *default_branches; /* {feedstock: branch} or NULL */
    json_t *migrations;       /* {name: {feedstock: list}} or NULL */
    json_t *open_migrations;  /* total_status.json, or NULL: not known */
    json_t *odd[2];           /* [text] of each kind of notice */
    json_t *cursor;           /* of the last pass, or NULL */
    json_t *next;             /* being made */
    int64_t skip_before;      /* files unchanged since then ... */
};

/* ---- snap.c ---- */

struct snap *snap_new(const char *name);
void snap_free(struct snap *s);
/* The entry of this feedstock and task: the one that is there or a new one.
 * NULL, and the snapshot is incomplete, when there are too many. */
struct entry *snap_entry(struct snap *s, const char *feedstock,
                         const char *task, bool *is_new);
/* Says everything and frees s. */
void snap_say(struct bot *b, struct snap *s);
void entry_set(struct bot *b, struct entry *e, const struct shape *shape);

/* ---- moment.c ---- */

/* As of when a file, or the checkout as a whole, is; not after the pass. */
int64_t moment_of_file(struct bot *b, const struct tree *t, const char *path);
int64_t moment_of_checkout(struct bot *b);

/* ---- odd.c: what operators hear ---- */

enum odd { ODD_SCHEMA = 0, ODD_UNREADABLE = 1 };

/* Notes it once, and snap (may be NULL) is incomplete. */
void odd_say(struct bot *b, struct snap *snap, enum odd kind, const char *fmt,
             ...) __attribute__((format(printf, 4, 5)));
/* "FILE: PATH: wanted ..., found ..." */
void odd_schema(struct bot *b, struct snap *snap, const char *file,
                const char *path, const char *wanted, const json_t *found);
/* PATH.KEY, with quotes when KEY is no plain word, cut, no controls. New. */
char *odd_path(const char *path, const char *key);
/* Sends the notices. */
void odd_flush(struct bot *b);

/* A struct for shape_read's user. */
struct odd_place {
    struct bot *b;
    struct snap *snap;
    const char *file;
    const char *path;
};
/* What could not be read. Of what the network did, the operators hear from
 * elsewhere. */
void odd_error(struct bot *b, struct snap *snap, const struct err *err);
void odd_shape(void *user, const char *member, const char *wanted,
               const json_t *found);

/* ---- the parts ---- */

void versions_collect(struct bot *b);
/* Calls ask for each feedstock whose version_pr_info should be read again,
 * because the status file says something new of it. */
void versions_wanted(struct bot *b,
                     void (*ask)(void *user, const char *feedstock),
                     void *user);
/* Reads which migrations there are, for prs_collect too; says their
 * snapshots when they are wanted. */
void migrations_collect(struct bot *b);
/* Whose files there should be: calls ask for each. */
void migrations_named(struct bot *b,
                      void (*ask)(void *user, const char *migration),
                      void *user);
/* Calls ask for each feedstock whose pr_info should be read, by the files of
 * the migrations. It may be called twice for one. */
void migrations_wanted(struct bot *b,
                       void (*ask)(void *user, const char *feedstock),
                       void *user);
/* Drops what migrations_collect does not read. */
void migrations_trim(json_t *doc);
void prs_collect(struct bot *b);
void parsing_collect(struct bot *b);
/* Drop what these do not read. */
void prs_trim(json_t *doc);
void parsing_trim(json_t *doc);
/* enum tocsin_status */
int jobs_collect(struct bot *b);

/* ---- online.c: the same from a server ---- */

/* From the options; NULL and *why (static): they make no sense, else *why is
 * NULL and nothing is to be fetched. */
struct online *online_new(struct bot *b, const char **why);
void online_free(struct online *o);
/* Fetches what the parts will read, calling bot_feedstocks on the way, then
 * ready(b). */
void online_fetch(struct bot *b, void (*ready)(struct bot *b));
/* Whether DIR/NAME.json was asked for in vain: neither there nor missing. */
bool online_unread(const struct bot *b, const char *dir, const char *name);
/* The moment of path by the last pass that could read it; 0: not known. */
int64_t online_moment(const struct bot *b, const char *path);
/* Whether a folder was read as a whole, else why not; and as of when. */
bool online_listed(const struct bot *b, const char *dir, const char **why);
int64_t online_listed_moment(const struct bot *b);
/* Tells what went wrong; what is to be said of this pass. */
int online_status(struct bot *b);
/* What was fetched, into the cursor; small: as little as can be. */
void online_cursor(struct bot *b, bool small);
/* After the cursor was set. */
void online_kept(struct bot *b);

/* ---- options.c ---- */

/* What the options say; their texts are borrowed but root and status. */
void bot_options_read(struct bot *b, const struct tocsin_host *host);
/* NULL, or what is wrong with the options taken together. */
const char *bot_options_clash(const struct bot *b);

/* ---- bot.c ---- */

/* Which feedstocks are archived. Not to know it reports more, not less. */
void bot_feedstocks(struct bot *b);
bool bot_archived(const struct bot *b, const char *feedstock);

/* ---- documents.c ---- */

bool bot_name_ok(const char *name);
/* A name that can be a feedstock's; else it is noted as drift. */
bool bot_name(struct bot *b, struct snap *s, const char *file, const char *path,
              const char *name);
/* Reads DIR/NAME.json of the checkout; NULL when it is not there, or odd
 * (then noted). New. */
json_t *bot_find(struct bot *b, struct snap *s, const char *dir,
                 const char *name);
/* Member key of v as a map: NULL when absent or null, or drifted. */
json_t *bot_map(struct bot *b, struct snap *s, const char *file, json_t *v,
                const char *key);
/* false, null, absent: false. A text or an object: true. Else drift. */
bool bot_bad(struct bot *b, struct snap *s, const char *file,
             const json_t *bad);
/* map[key] as a point in time, 0: not known. */
int64_t bot_time(const json_t *map, const char *key);
/* map[key] as a number of tries, -1: not known. */
double bot_tries(struct bot *b, struct snap *s, const char *file,
                 const json_t *map, const char *map_name, const char *key);

/* Drops the members of doc that are not in keep. */
void bot_trim(json_t *doc, const char *const *keep, size_t nr);
/* Calls read for every DIR/NAME.json that changed since the last pass or
 * held something then. read returns whether the file holds something that
 * must be read again however old it is. */
typedef bool bot_read(struct bot *b, struct snap *s, const char *path,
                      const char *name, json_t *doc);
void bot_walk(struct bot *b, struct snap *s, const char *dir, bot_read *read);

/* ---- plausible.c ---- */

struct plausible *plausible_new(const char *pattern, size_t max, char **why);
void plausible_free(struct plausible *p);
bool plausible_is(const struct plausible *p, const char *version);

#endif
