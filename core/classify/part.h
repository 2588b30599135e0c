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
};

/* Matches without taking a byte. */
struct part part_nothing(void);
struct part part_anything(void);
struct part part_byte(unsigned char c, bool nocase);
void part_release(struct part *p);

/* set is required, too: it is kept when it is the better one. */
void part_offer(struct part *p, const struct required *set);
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
