/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fetched: files that came over the network, in memory: what a struct tree
 * reads when it stands for a repository and not for a folder.
 */
#ifndef TOCSIN_PLUGIN_FETCHED_H
#define TOCSIN_PLUGIN_FETCHED_H

#include <stddef.h>
#include <stdint.h>

#include "plugins/bot-logs/tree.h"

#define FETCHED_MAX ((size_t)256 << 20) /* bytes of all of them */

struct fetched;

struct fetched *fetched_new(void);
void fetched_free(struct fetched *f);
/* Takes what tree_put and its like are given; the first word counts. */
void fetched_put(struct fetched *f, const char *path, const char *text,
                 size_t n, int64_t at);
void fetched_put_bad(struct fetched *f, const char *path, enum err_code code,
                     const char *why);
void fetched_put_missing(struct fetched *f, const char *path);
bool fetched_has_word(const struct fetched *f, const char *path);
enum tree_got fetched_look(const struct fetched *f, const char *path,
                           const char **text, size_t *n, int64_t *at,
                           struct err *err);
enum tree_got fetched_walk(const struct fetched *f, const char *dir,
                           const char *suffix, tree_seen *seen, void *user);
int64_t fetched_youngest(const struct fetched *f);

#endif
