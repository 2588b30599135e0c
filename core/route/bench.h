/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench: one ticket on the table while it is judged: its incidents, whose
 * it is, what stops each of them. For elect.c, gate.c, speak.c, verdict.c.
 */
#ifndef TOCSIN_ROUTE_BENCH_H
#define TOCSIN_ROUTE_BENCH_H

#include "core/route/judge.h"

struct member {
    struct incident i;
    enum gate gate;
    const struct silencer *silence;
    int64_t until; /* the clock ends what stops it; 0 */
    bool by_outbreak;
    const char *at; /* file:line of what stops it, or NULL */
};

struct bench { /* the members of the ticket that is judged */
    struct judge *j;
    struct verdict *v;
    struct member *m;
    size_t nr, alloc;
    struct placements places; /* of the elected member */
    struct placement place;   /* borrowed or of `places` */
    bool placed;
    size_t elected;
    enum gate furthest;
    size_t live, standing;
    bool voice;
    struct told told;
    const char *parent; /* the ticket of the outbreak or the cause */
    char *cause_ticket;
    struct people people;
    char **more_via;    /* place.r.via and the next owner's */
    int64_t open_until; /* they may be told till then; 0 */
};

/* elect.c: finds the member that speaks for the ticket, and with it route,
 * owner and sinks. b->placed false: no member belongs here any more. */
int bench_elect(struct bench *b, const struct placement *hint, struct err *err);
int bench_dress(struct bench *b, struct err *err);

/* gate.c: what stops each member, the furthest gate, whether any may be
 * told. */
int bench_weigh(struct bench *b, struct err *err);

/* m is told as an outbreak, and that is threshold enough. */
bool bench_tells_outbreak(const struct bench *b, const struct member *m);

/* verdict.c: words. */
void verdict_say(struct verdict *v, const char *code, const char *rule_at);
/* Looks at the ticket again at `at` (0: not for this). */
void verdict_look_at(struct ticket *t, int64_t at);
const char *bench_policy_at(const struct bench *b);
/* The first member at a gate; there must be one. */
const struct member *bench_at(const struct bench *b, enum gate gate);
/* The numbers that m's threshold is asked about, into the inputs. */
int bench_say_evidence(struct bench *b, const struct member *m,
                       struct err *err);

/* digest.c: the ticket is a digest, and something of it may be told. */
int digest_speak(struct bench *b, struct err *err);
/* What waits for its people's budget was told in a digest of theirs. */
int digest_tells(struct bench *b, bool *yes, struct err *err);

/* escalate.c: what was told long ago and stands goes on to its next owner:
 * of whom it is then, and whether it is time (true: it was said). */
int escalate_dress(struct bench *b, struct err *err);
int escalate_speak(struct bench *b, bool *said, struct err *err);

/* speak.c: something may be told: what people did, backlog, arming, owner,
 * sinks, digests, reminders. */
/* The sinks that may have it, into the verdict; says why when there is none. */
bool bench_sinks(struct bench *b);
int bench_speak(struct bench *b, struct err *err);

#endif
