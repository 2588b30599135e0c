/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * solver: reads the report of a package solver as a tree, and says in one
 * line what it comes to: which requirement of the recipe cannot be met, and
 * what it collides with. Dead alternatives below it are no cause.
 *
 *     solver_init(&s, on_finding, user);
 *     for each logical line:
 *         if (it has one of clause_triggers || solver_waits(&s))
 *             solver_line(&s, l, last, column, step, &ring);
 *     solver_end(&s);                  // tells what is left
 *     solver_release(&s);
 *
 * A finding is a line "solver: KIND; key: value; …" for rules to match
 * (tocsin-rules(5)), and what it was read from.
 */
#ifndef TOCSIN_CLASSIFY_SOLVER_H
#define TOCSIN_CLASSIFY_SOLVER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/strbuf.h"
#include "core/classify/clause.h"
#include "core/classify/clean.h"
#include "core/classify/excerpt.h"

#define SOLVER_TOPS_MAX 24
#define SOLVER_LEAVES_MAX 200
#define SOLVER_DEPTH_MAX 16
/* So many findings of one report. */
#define SOLVER_FINDINGS_MAX 4
/* Lines of something else after which a report is over. */
#define SOLVER_GAP 6
/* Lines that may be one, broken by a terminal. */
#define SOLVER_JOIN_MAX 8

struct finding {
    char *text;         /* "solver: …" */
    char *message;      /* the line that says so */
    int64_t line, last; /* where it and the report stand */
    int step;
    struct excerpt excerpt;
};

/* What was asked for. */
struct solver_top {
    enum clause_kind kind;
    bool options;
    char *spec, *name, *message;
    int64_t line;
};

/* What stands below; alike ones are one. */
struct solver_leaf {
    enum clause_kind kind;
    size_t top; /* SOLVER_TOPS_MAX: of none */
    char *spec, *name, *parent;
    char *brief; /* spec_short() of it */
    bool direct; /* of what was asked for itself */
    int count;
    int64_t line;
    char *message;
};

struct solver {
    bool open; /* inside a report */
    int64_t first, last;
    int gap, step;
    struct strbuf held; /* a line that may go on */
    size_t held_width, held_column;
    int64_t held_first, held_last;
    int held_lines;
    struct solver_top tops[SOLVER_TOPS_MAX];
    struct solver_leaf leaves[SOLVER_LEAVES_MAX];
    size_t nr_tops, nr_leaves;
    bool again; /* below what was explained before */
    struct {
        size_t column;
        char *name;
    } path[SOLVER_DEPTH_MAX];
    size_t depth;
    struct excerpt excerpt;
    bool has_excerpt;
    char *head;          /* the first line of the report */
    struct finding best; /* of those that are not sure */
    int strength;        /* of the best so far, enum strength + 1 */
    void (*emit)(void *user, const struct finding *f);
    void *user;
};

void solver_init(struct solver *s,
                 void (*emit)(void *user, const struct finding *f), void *user);
void solver_release(struct solver *s);

/* column: where unwrap found the line's text to start, 0 for a plain line. */
void solver_line(struct solver *s, const struct line *l, int64_t last,
                 size_t column, int step, const struct ring *ring);
bool solver_waits(const struct solver *s);
void solver_end(struct solver *s);

/* solver-cause.c: tells what the tops and leaves come to. */
void solver_explain(struct solver *s);
enum strength { VAGUE, WEAK, SURE };
/* A finding of solver_explain: what is not sure is kept for the end of the
 * log, and told only if no report says better. */
void solver_tell(struct solver *s, const char *text, const char *message,
                 int64_t line, enum strength strength);

#endif
