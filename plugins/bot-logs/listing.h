/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * listing: which files of whole folders of a repository changed, by git's own
 * trees: one that has the same id as in the last pass holds the same files,
 * so that a pass asks for what lies on the way to a change and for nothing
 * else. Files that held something are in the cursor; they are put into the
 * tree as if they had been fetched again.
 *
 *     l = listing_new(b, dirs);
 *     listing_fetch(l, remote, place, where, then, user);
 *     if (!listing_whole(l, "pr_info", &why)) ...      // for the readers
 *     listing_cursor(l);                               // after them
 */
#ifndef TOCSIN_PLUGIN_LISTING_H
#define TOCSIN_PLUGIN_LISTING_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "plugins/bot-logs/bot.h"
#include "plugins/bot-logs/remote.h"

struct listing;

struct listing_dir {
    const char *name;          /* static; NULL: behind the last */
    void (*trim)(json_t *doc); /* drops what nobody reads */
};

/* dirs: static. */
struct listing *listing_new(struct bot *b, const struct listing_dir *dirs);
void listing_free(struct listing *l);
/* Fetches, then calls then(user); user: that of remote. where: the files of
 * the repository are WHERE/OWNER/NAME/COMMIT/PATH. */
void listing_fetch(struct listing *l, struct remote *remote,
                   const struct place *place, const char *where,
                   void (*then)(void *user), void *user);
/* Whether all of dir as of listing_moment is in the tree of the bot, as far
 * as it holds anything; else *why lives as long as l. */
bool listing_whole(const struct listing *l, const char *dir, const char **why);
int64_t listing_moment(const struct listing *l);
/* What the next pass needs, from b->next's holds: new. */
json_t *listing_cursor(struct listing *l);
/* After the cursor was set. */
void listing_kept(struct listing *l);

#endif
