/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * part: what a part of a pattern can match: all its texts, while they are
 * few, or the best set of literals that it cannot do without. Private to
 * required.c.
 */
#ifndef TOCSIN_CLASSIFY_PART_H
#define TOCSIN_CLASSIFY_PART_H

#include <stdbool.h>

#include "core/classify/required.h"

struct part {
    bool exact; /* all texts it matches are in texts */
    struct required texts;
    struct required ends; /* of one that is not exact: it ends with one of
                           * these; nr 0: with anything */
    struct required best; /* nr 0: it can do without any */
    double score;         /* of best */
    /* What it begins with, as far as that is of use to know: where what comes
     * before it ends, one of these follows, or, through, what comes next. */
    struct bytes first;
    bool through;
    /* The same of what follows best; open: best may be its end. */
    struct bytes behind;
    bool open;
};

/* Matches without taking a byte. */
struct part part_nothing(void);
struct part part_anything(void);
struct part part_byte(unsigned char c, bool nocase);
/* The end of the text. */
struct part part_end(void);
/* One of these. */
struct part part_one_of(const struct bytes *set);
void part_release(struct part *p);

/* p ends with run, which is required, too. */
void part_end_run(struct part *p, const struct required *run);
/* p is nothing itself, but what inner requires is somewhere. */
void part_look(struct part *p, const struct part *inner);
/* From here on p matches more than its texts. */
void part_forget_texts(struct part *p);
/* p, then q. run: the texts that what has been read last must end with. */
void part_append(struct part *p, struct required *run, const struct part *q);
/* More of q may follow: the texts so far are complete, and the last of the
 * repeated ones starts the next. */
void part_append_more(struct part *p, struct required *run,
                      const struct part *q);
/* It need not be there: nothing of it is required. */
void part_may_be_absent(struct part *p);
/* Either p or q; in p. */
void part_either(struct part *p, struct part *q);

#endif
