/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cursor: what of GitHub has been handed over, from pass to pass.
 *
 *   {"v": 1, "options": DIGEST, "next": "owner/name",
 *    "repos": {"owner/name": {"id", "branch", "archived"?, "at",
 *              "runs": {RUN: ATTEMPT}, "red": {RUN: PAGE}, "open": TIME,
 *              "twins": {PATH: true}}},
 *    "heads": {ID: FINGERPRINT}, "sweep": {"after", "done"},
 *    "given": {COMMIT: {JOB: CONCLUSION}},
 *    "lists": {"of": [GLOB], "pages": {URL: {"names": [NAME], "next": URL}}}}
 *
 * at: when it was last read whole. runs: those of the list then, and up to
 * which attempt all of each is handed over. red: of the newest of each workflow
 * those that are red, and in which page of the list they were. twins: workflows
 * whose name an elder one has (workflow.c). open: when the
 * oldest one that was not over then was made. Options that decide what is read
 * belong to it: when they are others, it is of no use and everything is read
 * again.
 */
#ifndef TOCSIN_PLUGINS_GHA_CURSOR_H
#define TOCSIN_PLUGINS_GHA_CURSOR_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* What a host takes is more (1536 KiB). */
#define CURSOR_TEXT_MAX ((size_t)1400 << 10)

struct cursor {
    json_t *doc;
};

/* text: NULL, or what an earlier pass left, which may be anything. */
void cursor_read(struct cursor *c, const char *text, const char *options);
void cursor_release(struct cursor *c);
/* A new string, at most CURSOR_TEXT_MAX long: what does not fit is forgotten,
 * and read again. */
char *cursor_text(struct cursor *c);

/* Borrowed, or NULL. */
json_t *cursor_repo(const struct cursor *c, const char *name);
/* Takes entry; NULL forgets it. */
void cursor_set_repo(struct cursor *c, const char *name, json_t *entry);
const char *cursor_head(const struct cursor *c, const char *id);
void cursor_set_head(struct cursor *c, const char *id, const char *fingerprint);
/* Of a commit or pull request that is given by hand: {JOB: CONCLUSION}. */
json_t *cursor_given(const struct cursor *c, const char *key);
/* Takes jobs. */
void cursor_set_given(struct cursor *c, const char *key, json_t *jobs);
/* What a page of a list of repositories held that matches, or NULL; pages of
 * other globs than these are forgotten. */
void cursor_globs(struct cursor *c, char *const *globs);
const json_t *cursor_page(const struct cursor *c, const char *url);
/* Takes page. */
void cursor_set_page(struct cursor *c, const char *url, json_t *page);
json_t *cursor_sweep(struct cursor *c);
const char *cursor_next(const struct cursor *c);
void cursor_set_next(struct cursor *c, const char *name);

#endif
