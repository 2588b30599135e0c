/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rule: what ruleset_new() makes of the JSON of tocsin-rules(5). Private to
 * classify/; see classify.h for the calls.
 */
#ifndef TOCSIN_CLASSIFY_RULE_H
#define TOCSIN_CLASSIFY_RULE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/classify/classify.h"
#include "core/classify/clean.h"
#include "core/classify/literal.h"
#include "core/classify/pattern.h"
#include "core/classify/required.h"

/* Lines in which a continuation must come. */
#define THEN_WITHIN 20

enum rank {
    RANK_CAUSE,
    RANK_SYMPTOM,
    RANK_GENERIC,
    RANK_NOISE,
    RANK_RECOVERY, /* no failures */
};

struct rule {
    const json_t *json; /* in the ruleset's */
    const char *id;
    const char *stable; /* the oldest id: goes into fingerprints */
    const char *at;
    const char *category;
    const char *blame;
    enum rank rank;
    bool fatal, minor; /* severity: */
    int64_t tail;      /* counts only in so many last lines; 0:
                        * anywhere */
    size_t late;       /* tried when the end is known: from 1, among
                        * all of those; 0: as it comes */
    int64_t priority;  /* of one rank the highest wins */
    bool prefer_last;  /* of its lines the last counts */
    bool line_last;    /* shows the line of its last then: */
    bool tells_reason; /* its summary holds {{reason}} */
    bool scoped;       /* it counts in some formats only */
    enum mark mark;    /* MARK_NONE: any line */
    struct few {
        int *rules;
        size_t nr;
    } takes_back;             /* of a recovery: whose hits it undoes */
    bool shipped;             /* with Tocsin, not a site's own */
    struct required needs;    /* needs: of the rule, one of which the line
                               * must hold besides; may be none */
    struct required literals; /* a match contains one of them; none: runs
                               * on every line */
    struct pattern pattern;
    struct pattern *then; /* each on a later line, in this order */
    size_t nr_then;
    struct pattern until; /* ends the wait for them, or the span */
    bool has_until;
    struct pattern since; /* of a recovery: begins what it takes back */
    bool has_since;
    bool awaits_report; /* then: begins with "^solver:" */
};

struct ruleset {
    json_t *json;       /* {"rules": [..], "ignore": [..]}: kept */
    struct rule *rules; /* the ignore rules come last, as noise */
    size_t nr, nr_late;
    struct literals *literals; /* of all rules but noise and late ones, and
                                * of all that needs to see certain lines
                                * only */
    /* These are built when first asked for. */
    struct literals *late;  /* of late rules */
    struct literals *noise; /* of noise, which matters only where another
                             * rule has matched */
    struct literals *caps;  /* of weigh.h */
    struct few always, always_noise, /* without a literal */
        marked;     /* likewise, for lines with a mark of marks */
    unsigned marks; /* 1 << enum mark */
    pcre2_match_context *mc;
    bool brute; /* for tests: everything looks at each line,
                 * no literal is trusted */
};

/* A longer tail is tried as it comes: of so many lines the text is at hand. */
#define LATE_MAX 48

/* Ids of literals: rules from 0, then these. */
enum {
    LITERAL_LOOK = 1 << 20, /* only says: somebody must see the line */
    LITERAL_SOLVER,
    LITERAL_WEIGH,                         /* + number of a sign of weigh.h */
    LITERAL_FORMAT = LITERAL_WEIGH + 1024, /* + number in format.h */
    LITERAL_END = LITERAL_FORMAT + 1024,
};

/* Two halves with a colon: of what decides where the rule matches, and of what
 * it says then. A new string. */
char *rule_digest(const json_t *rule);
#define RULE_DIGEST_MATCH 16 /* characters of the first half */

#endif
