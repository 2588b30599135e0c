/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cursor: which builds were handed over, from pass to pass.
 *
 *   {"v": 1, "of": "URL/ORGANIZATION/PROJECT", "time": T,
 *    "seen": [[ID, FINISHED], ...], "watch": [[ID, FINISHED, TRIES], ...],
 *    "newest": {"of": BRANCHES, "after": PIPELINE, "done": BRANCHES},
 *    "project": {"id", "name"}}
 *
 * time: every build that finished before it is handed over or watched. The
 * list is read again from a little before it (a build may be listed late), so
 * what finished in that little and later is in seen. watch: builds to be
 * asked for by their ids: red ones, because a re-run keeps the id and ends
 * later; and those that could not be read, with how often that was tried.
 * newest: for which branches the newest build of each pipeline was looked at,
 * and how far one has come. project: what Azure calls the project, by which
 * leads are known for ours.
 * What does not fit is forgotten, oldest first: seen is then read again,
 * watch is not.
 */
#ifndef TOCSIN_PLUGINS_AZURE_CURSOR_H
#define TOCSIN_PLUGINS_AZURE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AZURE_SEEN_MAX 20000
#define AZURE_WATCH_MAX 5000

struct azure_mark {
    int64_t id;
    int64_t finished; /* as it was when handed over; 0: it was not */
    int64_t tries;
};

struct azure_marks {
    struct azure_mark *at;
    size_t nr, alloc;
};

struct azure_cursor {
    char *of;
    int64_t time; /* 0: from the beginning */
    struct azure_marks seen, watch;
    char *newest_of, *newest_done; /* or NULL */
    int64_t newest_after;
    char *project_id, *project_name; /* or NULL */
};

/* text: NULL, or what an earlier pass left, which may be anything. One of
 * another project is an empty one. */
void azure_cursor_read(struct azure_cursor *c, const char *text,
                       const char *of);
/* Without what finished before `keep` in seen. A new string. */
char *azure_cursor_text(const struct azure_cursor *c, int64_t keep);
void azure_cursor_release(struct azure_cursor *c);

/* Was exactly this handed over? */
bool azure_cursor_has(const struct azure_cursor *c, int64_t id,
                      int64_t finished);
/* The one with this id, or NULL. */
struct azure_mark *azure_marks_find(const struct azure_marks *m, int64_t id);
/* Adds it, or takes the place of the one with its id. */
void azure_marks_put(struct azure_marks *m, struct azure_mark mark);
void azure_marks_drop(struct azure_marks *m, int64_t id);

#endif
