/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * match: runs the rules over logical lines: those whose literals are in the
 * line, by PCRE2 under its limits.
 */
#ifndef TOCSIN_CLASSIFY_MATCH_H
#define TOCSIN_CLASSIFY_MATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "core/classify/hits.h"
#include "core/classify/late.h"
#include "core/classify/reason.h"
#include "core/classify/solver.h"
#include "core/classify/span.h"
#include "core/classify/trace.h"
#include "core/classify/weigh.h"

/* After so many times at its limit a rule is left alone in this log. */
#define GIVE_UP_AFTER 8
#define PENDING_MAX 64

struct matcher {
    const struct ruleset *rs;
    pcre2_match_data *md, *md_noise;
    const char *given; /* the line of matcher_begin() */
    size_t given_len;
    uint64_t *candidate; /* bit per rule: to be tried on this line */
    int *touched;        /* rules whose bit is set */
    size_t nr_touched;
    unsigned char *gave_up; /* per rule: times at its limit */
    int64_t *noise_tried;   /* per rule: number of the last try on a line */
    int64_t noise_nr;       /* lines that were tried */
    enum { NOISE_UNKNOWN, NOISE_NO, NOISE_YES } noise;
    bool old; /* to be set: the last green log has this
               * line, too */
    struct late late;
    bool look;                     /* LITERAL_LOOK was in the line */
    bool solver;                   /* one of clause_triggers was in the line */
    const struct finding *finding; /* what the line was read from */
    unsigned char format[128];     /* literals of format.h in the line */
    int formats[128];
    size_t nr_formats;
    unsigned char sign[WEIGH_SIGNS_MAX]; /* of weigh.h, in the line */
    int signs[WEIGH_SIGNS_MAX];
    size_t nr_signs;
    struct pending {
        struct hit *hit; /* owned */
        size_t rule;
        size_t next;      /* which `then` is waited for */
        int64_t deadline; /* line */
    } pending[PENDING_MAX];
    size_t nr_pending;
    struct spans spans;
    int64_t newest; /* line of the last match of a rule */
    struct trace trace;
    struct ended {
        int64_t line, within; /* lines in which it may be said handled */
        int rules[8];         /* that matched it */
        size_t nr;
    } ended; /* the exception that ended the last traceback */
    struct reason reason;
    bool told; /* a rule of all formats has matched the line, which is no
                * exception that only symptoms are known of */
};

void matcher_init(struct matcher *m, const struct ruleset *rs);
void matcher_release(struct matcher *m);
/* A line whose literals are known: each word of scan.h in it follows.
 * Parts of it need no scan of their own until matcher_done(). */
void matcher_begin(struct matcher *m, const char *s, size_t n);
void matcher_word(struct matcher *m, unsigned word);
void matcher_done(struct matcher *m);
/* Whether a stage wants the line that was given, whatever rules and signs of
 * weigh.h say of it. */
bool matcher_is_staged(const struct matcher *m);
/* Whether no rule matches it, as it is, spans aside. Those that do not are
 * tried no more until matcher_done(), unless it is read anew. */
bool matcher_is_dull(struct matcher *m, const struct line *l);
/* What is left of matcher_line() for a dull line. */
void matcher_spans(struct matcher *m, const struct line *l, struct hits *hs,
                   const struct format *f);
/* Finds the literals of a line that was put together. */
void matcher_scan(struct matcher *m, const char *s, size_t n);
/* Whether the next line matters, whatever is in it. */
bool matcher_waits(const struct matcher *m);
/* Whether it may be one that a match goes on in. */
bool matcher_follows(const struct matcher *m);
/* Whether no match goes on or ends in line l, as it is. Ends those that had to
 * go on before it. */
bool matcher_is_between(struct matcher *m, const struct line *l,
                        struct hits *hs);
/* Tries the rules that matcher_scan found candidates. */
void matcher_line(struct matcher *m, const struct line *l, int64_t last,
                  struct hits *hs, const struct ring *ring,
                  const struct format *f);
/* Tries one late rule on a line that went by. */
bool matcher_late(struct matcher *m, size_t rule, const struct line *l,
                  struct hits *hs, const struct ring *ring,
                  const struct format *f);
/* Scans and matches what a solver's report came to. */
void matcher_finding(struct matcher *m, const struct finding *found,
                     struct hits *hs, const struct ring *ring,
                     const struct format *f);
/* The line given to matcher_line() last, after it, with its weight: a reason
 * for what comes next, maybe. */
void matcher_weighed(struct matcher *m, const struct line *l, int weight,
                     int step);
/* Whether an ignore rule says that the line given to matcher_line() last
 * means nothing. */
bool matcher_noise(struct matcher *m, const struct line *l);
/* Ends what still waits for a following line. To be called before
 * matcher_release(). */
void matcher_end(struct matcher *m, struct hits *hs);

#endif
