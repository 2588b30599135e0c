/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * feedback, inside: one thing that was seen at a sink, for feedback.c and its
 * parts: wish.c (labels and silences) and seen.c (the row of the outbox).
 */
#ifndef TOCSIN_ROUTE_FEEDBACK_H
#define TOCSIN_ROUTE_FEEDBACK_H

#include "core/route/decide.h"

struct feedback {
    struct store *st;
    const char *sink;
    int64_t now;
    struct ticket t;
    json_t *remote;
    struct err *err;
};

/* What is kept of its people with the ticket; made when there is nothing. */
json_t *feedback_human(struct feedback *f);
/* of[key], an object; made when it is not there. */
json_t *feedback_member(json_t *of, const char *key);

/* ---- wish.c ---- */

struct standing_of {
    json_t *fingerprints, *commits; /* the caller's to release */
};
int standing_of(struct feedback *f, struct standing_of *s);
/* Begins a silence; what people asked for by the same means before ends.
 * seconds 0: until it is ended. causes: on what stands, wherever it comes
 * back in the project. */
int silence_begin(struct feedback *f, const char *from, int64_t seconds,
                  bool causes);
/* Ends the silence that this ticket's people began, if there is one. */
int silence_end(struct feedback *f, const char *from);
/* What the labels ask for that they did not ask for before. */
int see_labels(struct feedback *f, const json_t *before, const json_t *labels);

/* ---- seen.c ---- */

/* *moved: a person moved it. *late: what was seen is older than what we did
 * there since. */
int see_row(struct feedback *f, const char *state, bool *moved, bool *late);
/* Another one of ours stands there beside the ticket's. It waits to be closed
 * as everything else that is written does. */
int see_double(struct feedback *f);

#endif
