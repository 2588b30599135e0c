/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * excerpt: a ring of the lines that went by, and the window of lines around
 * a match that people get to see.
 */
#ifndef TOCSIN_CLASSIFY_EXCERPT_H
#define TOCSIN_CLASSIFY_EXCERPT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RING_LINES 64
#define EXCERPT_BEFORE 6
#define EXCERPT_AFTER 10
/* More lines than this are cut in the middle, visibly. */
#define EXCERPT_LINES_MAX 40
/* A longer line is cut, visibly. */
#define EXCERPT_LINE_MAX ((size_t)600)

/* Filled only when somebody looks into it. */
struct ring {
    struct {
        char *text;
        int64_t nr;
    } lines[RING_LINES];
    size_t next;
    void (*fill)(void *user); /* adds what went by since; may be NULL */
    void *user;
};

void ring_add(struct ring *r, int64_t nr, const char *text, size_t n);
void ring_release(struct ring *r);
/* The newest line that says something, before line nr; NULL if none. */
const char *ring_last_words(const struct ring *r, int64_t before, int64_t *nr);

struct excerpt {
    struct {
        char *text;
        int64_t nr;
    } lines[EXCERPT_LINES_MAX];
    size_t nr;
    int64_t cut_after; /* line after which lines were dropped, 0 */
    int64_t cut;       /* how many */
    int64_t wanted;    /* lines up to here are still to come */
};

/* Takes from the ring what lies before and in [first, last], and behind it as
 * far as the lines are wanted, of an excerpt that is all zero but for
 * excerpt_extend(). */
void excerpt_start(struct excerpt *e, const struct ring *r, int64_t first,
                   int64_t last);
/* A new physical line; false when the excerpt is complete. */
bool excerpt_add(struct excerpt *e, int64_t nr, const char *text, size_t n);
/* The match goes on to line last. */
void excerpt_extend(struct excerpt *e, int64_t last);
void excerpt_copy(struct excerpt *to, const struct excerpt *from);
void excerpt_release(struct excerpt *e);
/* The last line to show of a match that ends in line `last`: a few lines on,
 * but neither behind line `failed`, where its step failed (< 0: none did),
 * nor of the CI's clean-up. */
int64_t excerpt_end(const struct excerpt *e, int64_t last, int64_t failed);
/* {"first", "last", "text"}, without what lies behind line `until`. */
json_t *excerpt_json(const struct excerpt *e, int64_t until);

/* A copy of n bytes, cut to max at a character with a mark that says so. */
char *text_cut(const char *s, size_t n, size_t max);

#endif
