/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * clause: what one line of a solver's report says. Knows the words of
 * libsolv (mamba, boa), libmamba (mamba, conda), resolvo (rattler-build,
 * pixi) and conda-build; see the table in clause.c.
 */
#ifndef TOCSIN_CLASSIFY_CLAUSE_H
#define TOCSIN_CLASSIFY_CLAUSE_H

#include <stdbool.h>
#include <stddef.h>

enum clause_kind {
    CLAUSE_NONE, /* nothing about solving */
    CLAUSE_HEAD, /* a report begins, or goes on */

    /* what was asked for */
    CLAUSE_FITS,     /* it can be installed */
    CLAUSE_FAILS,    /* it cannot */
    CLAUSE_COLLIDES, /* it cannot, because of itself */
    CLAUSE_ABSENT,   /* it is in no channel */
    CLAUSE_LOCKED,   /* it must stay as it is */

    /* below one of those */
    CLAUSE_NEEDS,    /* an inner node */
    CLAUSE_GOOD,     /* a leaf that can be had; with options a
                      * node, too */
    CLAUSE_CONFLICT, /* leaves that cannot */
    CLAUSE_MISSING,
    CLAUSE_SYSTEM,   /* as a property of the machine */
    CLAUSE_EXCLUDED, /* other: why */
    CLAUSE_SEEN,     /* explained before */

    /* without a tree, of one file of a package */
    CLAUSE_FILE_WANTS, /* other: what is in no channel */
    CLAUSE_FILE_UNFIT, /* other: what does not fit */
    CLAUSE_FILE_PRIORITY,
    CLAUSE_FILE_EXCLUSIVE, /* other: what it excludes */
    CLAUSE_SET,            /* spec: names of what cannot be solved */
};

struct clause {
    enum clause_kind kind;
    bool options;             /* the next level are alternatives */
    size_t column;            /* where its text starts */
    const char *spec, *other; /* in the line; NULL: none */
    size_t spec_n, other_n;
    size_t known; /* length of the solver's own words that say so */
};

/* s: one line, or several that were joined. */
struct clause clause_read(const char *s);

/* Whether a line of a report ends so that the next one does not go on. */
bool clause_is_complete(const char *s);

/* Whether resolvo begins to say what it found; each time it is asked, it says
 * so once. */
bool clause_begins_report(const char *s);

/* Whether s starts with a branch of a tree or a dash, and not with text. */
bool clause_starts_node(const char *s);
/* Whether it is a drawn one, in whatever code page. */
bool clause_is_branch(const char *s);

/* One of these is in each line that a report can begin with; NULL at the
 * end. */
extern const char *const clause_triggers[];

#endif
