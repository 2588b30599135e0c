/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * outbox, inside: what outbox.c (rows in their order), outlet.c (the sinks),
 * send.c (one row on its way) and answers.c (what the workers say of it)
 * share. Failures of the store go to outbox_run.err.
 */
#ifndef TOCSIN_DELIVER_OUTBOX_PRIVATE_H
#define TOCSIN_DELIVER_OUTBOX_PRIVATE_H

#include "core/deliver/forecast.h"
#include "core/deliver/guard.h"
#include "core/deliver/outbox.h"
#include "core/deliver/pace.h"

#define UNREACHABLE_WAIT DAY /* then a sink is asked again */

/* A row on its way; all of it is dropped before the next. */
struct sending {
    struct outbox row;
    struct ticket ticket;
    struct owner owner;
    struct message message;
    int op;
    bool goes_on;          /* outbox_goes_on */
    const char *double_id; /* to be closed with it; borrowed, or NULL */
    bool again;            /* begun before, and its end is not known */
    bool asks;             /* nothing is to be sent: can it reach them
                            * by now? */
};

struct outlet { /* a sink */
    const struct instance *in;
    uint32_t flags;
    struct message_format format;
    bool ready, stopped;
    int64_t *tickets; /* of the rows to go through */
    size_t nr, alloc, next;
    size_t sends; /* of these; those behind only ask */
    struct sending now;
    bool waiting; /* for the worker */
    bool reached; /* it can reach the owner of the row */
    struct pace pace;
    bool assigns; /* it tells people by assigning them */
    int retries;
    /* by kind of write, see guard.h */
    bool held[GUARD_KINDS], approved[GUARD_KINDS];
    int64_t wanted[GUARD_KINDS], most[GUARD_KINDS];
};

struct outbox_run {
    struct store *st;
    const struct settings *s;
    struct composer *composer;
    struct host *host;
    struct outbox_options opts;
    struct outbox_counts counts;
    struct outlet *outlets;
    size_t nr;
    struct forecast *forecast;
    struct err err; /* the store failed */
};

/* NULL counts as "none". */
bool outbox_is(const char *s, const char *what);
/* NULL: no such sink. */
struct outlet *outbox_find(struct outbox_run *r, const char *sink);
int outbox_put_row(struct outbox_run *r, struct outbox *row);
int outbox_drop(struct outbox_run *r, struct outbox *row);
int outbox_defer(struct outbox_run *r, struct outbox *row, int64_t until,
                 const char *why);
/* Is it the rest of a delivery that some people had already? */
bool outbox_goes_on(const struct outbox *row);
/* Nothing to do: what is there is what is wanted. */
int outbox_settle(struct outbox_run *r, struct outbox *row);
/* Is a person told by this operation? */
bool outbox_tells(int op);
/* What a row keeps of a message, to know another one by. New. */
char *outbox_stands(const struct message *m);

void sending_clear(struct sending *n);
/* What this pass would do with a row: enum tocsin_delivery, or 0. */
int outbox_op(const struct outbox_run *r, const struct outlet *o,
              const struct outbox *row, const struct ticket *t);

/* send.c */
/* The row of o->now. 1: the worker has it, 0: nothing to wait for, -1. */
int outbox_send(struct outbox_run *r, struct outlet *o);

/* recipient.c */
/* Whom the message is for, as o may know them. */
int recipient_find(struct outbox_run *r, const struct outlet *o,
                   const struct ticket *t, struct owner *out);
/* As a sink is told of them: {name, persons, contacts, ids}. New. */
json_t *recipient_json(struct outbox_run *r, const struct owner *o);

/* doubles.c */
/* One that is to be closed beside the row's; borrowed, NULL: none. */
const char *doubles_next(const struct outbox *row, const struct ticket *t);
/* Keeps what a receipt says of them. */
int doubles_received(struct outbox_run *r, struct outlet *o,
                     const json_t *receipt);

/* weigh.c */
/* 1: it may go, 0: it is held, and that is written down. */
int guard_row(struct outbox_run *r, struct outlet *o);
/* Whether a double may be closed with the row. 0: there is nothing else to
 * do (no news), and it is held. */
int guard_double(struct outbox_run *r, struct outlet *o, bool news);
/* It went; with its receipt. closed_double: that, too. */
int guard_sent(struct outbox_run *r, struct outlet *o, bool closed_double);

/* reach.c */
/* Appends the tickets whose owner o is to be asked for again. */
int reach_collect(struct outbox_run *r, struct outlet *o);
/* Keeps what the sink said of the owner of the row. */
void reach_answered(struct outbox_run *r, struct outlet *o, bool ok);
/* The same of what came of a delivery to the owner, which weighs more: that
 * nobody can be told there holds until a delivery arrives. */
void reach_delivered(struct outbox_run *r, struct outlet *o, bool ok);

/* answers.c */
/* Where the store keeps how long a sink rests. New. */
char *outbox_hold_key(const struct outlet *o);
/* Seconds until the next try; named: what the sink asks for, or 0. */
int64_t outbox_back_off(int64_t tries, int64_t named);
/* The whole sink sends nothing until then. */
void outbox_rest(struct outbox_run *r, struct outlet *o, int64_t until);
/* No answer will come. */
void outbox_died(struct outbox_run *r, struct outlet *o);

#endif
