/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hits: what the rules found, in bounded memory: per rule the first of the
 * log, the first two of the present (or failed) step, and the last.
 */
#ifndef TOCSIN_CLASSIFY_HITS_H
#define TOCSIN_CLASSIFY_HITS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/classify/excerpt.h"
#include "core/classify/format.h"
#include "core/classify/rule.h"

struct hit {
    const struct rule *rule; /* NULL: the tail of a log nobody knows */
    int64_t line;            /* of the match */
    int64_t shown;           /* that says why: the same, or one of then: */
    int64_t last;            /* with what `then:` added */
    int step;
    char *message;
    char *reason; /* of a symptom that tells it; NULL: none is known */
    json_t *captures;
    struct excerpt excerpt;
    bool old;     /* the last green log says so, too */
    bool handled; /* a missing module that the program got over */
    bool open;    /* its excerpt still grows */
    int64_t due;  /* line at which its excerpt is taken, 0 */
};

struct hit *hit_new(const struct rule *r, const struct line *l, int64_t last,
                    int step);
/* Line l is the one that says why. */
void hit_show(struct hit *h, const struct line *l);
void hit_free(struct hit *h);

struct hits {
    struct slot {
        struct hit *first;   /* of the log */
        struct hit *step[2]; /* of a step, other than first */
        int step_nr;
        struct hit *last; /* of symptoms and the like only */
        int64_t count;
    } * slots; /* one per rule */
    size_t nr;
    struct hit **open; /* borrowed: those whose excerpt grows */
    size_t nr_open, alloc_open;
    struct hit **later; /* borrowed: those without an excerpt yet */
    size_t nr_later, alloc_later;
    int64_t next_due; /* of them; INT64_MAX: none */
};

void hits_init(struct hits *hs, size_t nr_rules);
void hits_release(struct hits *hs);
/* Takes h. i: the rule's index. */
void hits_add(struct hits *hs, struct hit *h, size_t i, const struct format *f);
/* Whether hits_add() would drop any hit of rule i = r in this step: it is
 * counted, and need not be made. */
bool hits_full(struct hits *hs, size_t i, const struct rule *r, int step,
               const struct format *f);
/* A physical line for all open excerpts. */
void hits_line(struct hits *hs, int64_t nr, const char *text, size_t n);
/* Lets the excerpt of a hit grow that is not added yet. */
void hits_watch(struct hits *hs, struct hit *h);
/* Its excerpt, from its line to its last, is to be taken from the ring when
 * all of it went by: nobody need see the lines until then. Before it is
 * added, or instead. */
void hits_later(struct hits *hs, struct hit *h);
/* The same of a hit whose last line may be any up to line deadline: nothing is
 * taken before the ring would lose it. */
void hits_unfinished(struct hits *hs, struct hit *h, int64_t deadline);
/* Its last line is known now. */
void hits_finished(struct hits *hs, struct hit *h);
/* It was given an excerpt from elsewhere, which grows. */
void hits_has_excerpt(struct hits *hs, struct hit *h);
/* Line nr went by: takes the excerpts that are due. */
void hits_due(struct hits *hs, int64_t nr, const struct ring *ring);
/* What rule i has found in this line was handled. */
void hits_handle(struct hits *hs, size_t i, int64_t line);
/* Drops what rule i has found from that line on. */
void hits_forget(struct hits *hs, size_t i, int64_t from);
/* Frees a hit that was only watched. */
void hits_discard(struct hits *hs, struct hit *h);

#endif
