/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a solver's report comes to. Must not say more than the report does:
 * the name of a collision only where both sides of it stand there.
 */
#include <config.h>

#include "core/classify/solver.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/classify/spec.h"

static int count_named(const struct solver *s, size_t top,
                       enum clause_kind kind, const char *name)
{
    int n = 0;

    for (size_t i = 0; i < s->nr_leaves; i++)
        if (s->leaves[i].top == top && s->leaves[i].kind == kind
            && !strcmp(s->leaves[i].name, name))
            n += s->leaves[i].count;
    return n;
}

static bool is_first_named(const struct solver *s, const struct solver_leaf *l)
{
    for (const struct solver_leaf *k = s->leaves; k < l; k++)
        if (k->top == l->top && k->kind == l->kind && !strcmp(k->name, l->name))
            return false;
    return true;
}

/* The first leaf of this kind of the name that stands most often below top;
 * after: of the next such name. */
static const struct solver_leaf *most(const struct solver *s, size_t top,
                                      enum clause_kind kind,
                                      const struct solver_leaf *after)
{
    const struct solver_leaf *best = NULL;
    int best_n = 0;
    int after_n = after ? count_named(s, top, kind, after->name) : 0;

    for (size_t i = 0; i < s->nr_leaves; i++) {
        const struct solver_leaf *l = &s->leaves[i];
        int n;

        if (l->top != top || l->kind != kind || !is_first_named(s, l))
            continue;
        n = count_named(s, top, kind, l->name);
        if (after && (n > after_n || (n == after_n && l <= after)))
            continue;
        if (n > best_n) {
            best = l;
            best_n = n;
        }
    }
    return best;
}

static const struct solver_leaf *direct(const struct solver *s, size_t top,
                                        enum clause_kind kind)
{
    for (size_t i = 0; i < s->nr_leaves; i++)
        if (s->leaves[i].top == top && s->leaves[i].kind == kind
            && s->leaves[i].direct)
            return &s->leaves[i];
    return NULL;
}

/* ---- who the other side is -------------------------------------------- */

static bool may_stay(enum clause_kind kind)
{
    return kind == CLAUSE_FITS || kind == CLAUSE_LOCKED;
}

/* What was asked for by that name and could be had. */
static const struct solver_top *top_named(const struct solver *s,
                                          const struct solver_top *not_this,
                                          const char *name)
{
    for (size_t i = 0; i < s->nr_tops; i++)
        if (&s->tops[i] != not_this && may_stay(s->tops[i].kind)
            && !strcmp(s->tops[i].name, name))
            return &s->tops[i];
    return NULL;
}

static bool is_below(const struct solver *s, size_t top, enum clause_kind kind,
                     const char *name, const char *brief)
{
    for (size_t i = 0; i < s->nr_leaves; i++)
        if (s->leaves[i].top == top && s->leaves[i].kind == kind
            && !strcmp(s->leaves[i].name, name)
            && (!brief || !strcmp(s->leaves[i].brief, brief)))
            return true;
    return false;
}

/* Whether one of what top i could have of name is what t wants of it, so
 * that the two can go together. */
static bool gets_on(const struct solver *s, size_t i,
                    const struct solver_top *t)
{
    CLEANUP_FREE char *own = spec_short(t->spec);

    for (size_t k = 0; k < s->nr_leaves; k++) {
        const struct solver_leaf *l = &s->leaves[k];

        if (l->top != i || l->kind != CLAUSE_GOOD)
            continue;
        if (!strcmp(l->brief, own)
            || is_below(s, (size_t)(t - s->tops), CLAUSE_CONFLICT, l->name,
                        l->brief))
            return true;
    }
    return false;
}

/* What holds on to another version of name further down. */
static const struct solver_leaf *
leaf_named(const struct solver *s, const struct solver_top *t, const char *name)
{
    for (size_t i = 0; i < s->nr_leaves; i++) {
        const struct solver_leaf *l = &s->leaves[i];
        size_t top = l->top;

        if (top < s->nr_tops && &s->tops[top] != t
            && may_stay(s->tops[top].kind) && l->kind == CLAUSE_GOOD
            && !strcmp(l->name, name) && !gets_on(s, top, t))
            return l;
    }
    return NULL;
}

/* Whether l is but one of several that would do. */
static bool is_varied(const struct solver *s, const struct solver_leaf *l)
{
    for (size_t i = 0; i < s->nr_leaves; i++)
        if (s->leaves[i].top == l->top && s->leaves[i].kind == l->kind
            && !strcmp(s->leaves[i].name, l->name)
            && strcmp(s->leaves[i].brief, l->brief))
            return true;
    return false;
}

/* A version that one can name. */
static bool is_named(const struct solver *s, const struct solver_leaf *l)
{
    size_t n = strlen(l->brief);

    return !is_varied(s, l) && n && l->brief[n - 1] != '*'
           && strchr(l->brief, ' ') && !strchr(l->brief, '|');
}

static const struct solver_top *only_other(const struct solver *s,
                                           const struct solver_top *t)
{
    const struct solver_top *found = NULL;

    for (size_t i = 0; i < s->nr_tops; i++) {
        if (&s->tops[i] == t || !may_stay(s->tops[i].kind))
            continue;
        if (found)
            return NULL;
        found = &s->tops[i];
    }
    return found;
}

struct sides {
    const struct solver_top *fails;
    const char *with;  /* a spec of the other side */
    const char *on;    /* the name they disagree on */
    const char *wants; /* what the one side wants of it */
};

/* What was asked for is found not to fit what holds on to another version of
 * the same thing: told of that. */
static bool turn(const struct solver *s, const struct solver_top *t,
                 const char *on, struct sides *w)
{
    const struct solver_leaf *l = leaf_named(s, t, on);

    if (!l)
        return false;
    w->fails = &s->tops[l->top];
    w->with = t->spec;
    w->on = on;
    w->wants = is_varied(s, l) ? "" : l->spec;
    return true;
}

/* Python was found not to fit what has no build for it. */
static bool turn_axis(const struct solver *s, const struct solver_top *t,
                      const char *on, struct sides *w)
{
    return (spec_is_axis(t->name) || spec_is_pin(t->name)) && turn(s, t, on, w)
           && !spec_is_axis(w->fails->name);
}

static bool meet(const struct solver *s, const struct solver_top *t,
                 const struct solver_leaf *conflict, struct sides *w)
{
    const struct solver_top *top = top_named(s, t, conflict->name);
    const struct solver_leaf *l = leaf_named(s, t, conflict->name);

    if (top)
        w->with = top->spec;
    else if (l)
        w->with = is_named(s, l) ? l->spec : s->tops[l->top].spec;
    else
        return false;
    w->fails = t;
    w->on = conflict->name;
    w->wants = is_varied(s, conflict) ? "" : conflict->spec;
    return true;
}

/* ---- findings --------------------------------------------------------- */

static void tell(struct solver *s, const struct solver_top *t, enum strength st,
                 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static void tell(struct solver *s, const struct solver_top *t, enum strength st,
                 const char *fmt, ...)
{
    va_list ap;
    CLEANUP_FREE char *more = NULL;
    CLEANUP_FREE char *text = NULL;

    va_start(ap, fmt);
    more = xvasprintf(fmt, ap);
    va_end(ap);
    text = xasprintf("solver: %s", more);
    solver_tell(s, text, t->message, t->line, st);
}

static void tell_conflict(struct solver *s, const struct sides *w)
{
    CLEANUP_FREE char *with = spec_short(w->with);

    tell(s, w->fails, SURE,
         "conflict; package: %s; spec: %s; with: %s; on: %s; wants: %s;",
         w->fails->name, w->fails->spec, with, w->on, w->wants);
}

/* One of its own requirements, or all versions of it, want what is not. */
static void tell_missing(struct solver *s, const struct solver_top *t,
                         const struct solver_leaf *l)
{
    tell(s, t, SURE,
         "%s; package: %s; spec: %s; missing: %s; name: %s; of: %s;",
         l->kind == CLAUSE_SYSTEM ? "system" : "dependency-missing", t->name,
         t->spec, l->spec, l->name, *l->parent ? l->parent : t->name);
}

static void explain_conflict(struct solver *s, const struct solver_top *t,
                             size_t i)
{
    struct sides w = { 0 };
    const struct solver_top *other;
    const struct solver_leaf *l = NULL;

    while ((l = most(s, i, CLAUSE_CONFLICT, l)))
        if (turn_axis(s, t, l->name, &w) || meet(s, t, l, &w)) {
            if (spec_is_pin(t->name))
                w.with = l->spec;
            tell_conflict(s, &w);
            return;
        }
    l = most(s, i, CLAUSE_CONFLICT, NULL);
    other = only_other(s, t);
    if (other) {
        w = (struct sides){ t, other->spec, l ? l->name : t->name,
                            l && !is_varied(s, l) ? l->spec : "" };
        tell_conflict(s, &w);
        return;
    }
    tell(s, t, WEAK, "unfit; package: %s; spec: %s;", t->name, t->spec);
}

/* It cannot be installed because of itself: somebody else wants another
 * version of it. */
static void explain_collision(struct solver *s, const struct solver_top *t,
                              size_t i)
{
    struct sides w = { 0 };
    const struct solver_top *other = top_named(s, t, t->name);

    if (!turn(s, t, t->name, &w) && other)
        w = (struct sides){ t, other->spec, t->name, t->spec };
    if (w.fails)
        tell_conflict(s, &w);
    else
        explain_conflict(s, t, i);
}

static void explain_failure(struct solver *s, const struct solver_top *t,
                            size_t i)
{
    const struct solver_leaf *l =
        t->options ? NULL : direct(s, i, CLAUSE_MISSING);

    if (!l && most(s, i, CLAUSE_CONFLICT, NULL)) {
        explain_conflict(s, t, i);
        return;
    }
    if (!l)
        l = most(s, i, CLAUSE_MISSING, NULL);
    if (!l)
        l = most(s, i, CLAUSE_SYSTEM, NULL);
    if (l)
        tell_missing(s, t, l);
    else if ((l = most(s, i, CLAUSE_EXCLUDED, NULL)))
        tell(s, t, SURE, "excluded; package: %s; spec: %s; why: %s;", t->name,
             t->spec, l->spec);
    else
        explain_conflict(s, t, i);
}

/* What the machine has to have, and no channel can. */
static bool is_virtual(const char *name)
{
    return !strncmp(name, "__", 2);
}

static void explain_absence(struct solver *s, const struct solver_top *t)
{
    bool system = t->kind == CLAUSE_SYSTEM || is_virtual(t->name);

    if (system)
        tell(s, t, SURE,
             "system; package: %s; spec: %s; missing: %s; name: %s; of: %s;",
             t->name, t->spec, t->spec, t->name, t->name);
    else
        tell(s, t, SURE, "requested-missing; package: %s; spec: %s;", t->name,
             t->spec);
}

static bool is_absent(const struct solver_top *t)
{
    return t->kind == CLAUSE_ABSENT || t->kind == CLAUSE_SYSTEM;
}

/* Where two versions of one thing are asked for, the builds of it that want
 * what is not there are but a way that was tried. */
static bool is_way(const struct solver *s, const struct solver_top *t)
{
    if (!top_named(s, t, t->name))
        return false;
    for (size_t i = 0; i < s->nr_tops; i++)
        if (s->tops[i].kind == CLAUSE_COLLIDES
            && !strcmp(s->tops[i].name, t->name))
            return true;
    return false;
}

/* The same thing is said by libsolv and again by the tree. */
static bool is_told(const struct solver *s, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (is_absent(&s->tops[k]) == is_absent(&s->tops[i])
            && !strcmp(s->tops[k].name, s->tops[i].name))
            return true;
    return false;
}

static int explain_tops(struct solver *s)
{
    int told = 0;

    for (size_t i = 0; i < s->nr_tops && told < SOLVER_FINDINGS_MAX; i++)
        if (is_absent(&s->tops[i]) && !is_told(s, i)) {
            explain_absence(s, &s->tops[i]);
            told++;
        }
    for (size_t i = 0; i < s->nr_tops && told < SOLVER_FINDINGS_MAX; i++)
        if (s->tops[i].kind == CLAUSE_FAILS && !is_way(s, &s->tops[i])) {
            explain_failure(s, &s->tops[i], i);
            told++;
        }
    /* what excludes others by itself is often in the way of the rest only */
    for (size_t i = 0; i < s->nr_tops && !told; i++)
        if (s->tops[i].kind == CLAUSE_COLLIDES) {
            explain_collision(s, &s->tops[i], i);
            told++;
        }
    return told;
}

static void explain_file(struct solver *s, const struct solver_leaf *l)
{
    struct solver_top t = { .message = l->message, .line = l->line };
    CLEANUP_FREE char *other = NULL;

    switch (l->kind) {
    case CLAUSE_FILE_WANTS:
        other = spec_name(l->spec);
        if (is_virtual(other))
            tell(s, &t, WEAK,
                 "system; package: %s; spec: %s %s; missing: %s; "
                 "name: %s; of: %s;",
                 l->name, l->name, l->parent, l->spec, other, l->name);
        else
            tell(s, &t, WEAK,
                 "file-missing; package: %s; version: %s; "
                 "missing: %s; name: %s;",
                 l->name, l->parent, l->spec, other);
        return;
    case CLAUSE_FILE_UNFIT:
        other = spec_name(l->spec);
        tell(s, &t, WEAK,
             "file-unfit; package: %s; version: %s; wants: %s; "
             "on: %s;",
             l->name, l->parent, l->spec, other);
        return;
    case CLAUSE_FILE_PRIORITY:
        tell(s, &t, WEAK,
             "excluded; package: %s; spec: %s %s; why: strict "
             "channel priority;",
             l->name, l->name, l->parent);
        return;
    case CLAUSE_FILE_EXCLUSIVE:
        other = spec_short(l->spec);
        tell(s, &t, WEAK, "exclusive; package: %s; other: %s;", l->name, other);
        return;
    default:
        return;
    }
}

/* What libsolv says without a tree: its first word counts. Where it is that
 * a release candidate may not be had, it gave up on the releases before, and
 * does not say why. */
static bool explain_files(struct solver *s)
{
    for (size_t i = 0; i < s->nr_leaves; i++) {
        const struct solver_leaf *l = &s->leaves[i];
        CLEANUP_FREE char *other = spec_name(l->spec);

        if (l->kind < CLAUSE_FILE_WANTS || l->kind == CLAUSE_SET
            || spec_is_gate(other))
            continue;
        explain_file(s, l);
        return true;
    }
    return false;
}

static bool explain_set(struct solver *s)
{
    for (size_t i = 0; i < s->nr_leaves; i++) {
        const struct solver_leaf *l = &s->leaves[i];
        struct solver_top t = { .message = l->message, .line = l->line };
        CLEANUP_FREE char *names = NULL;

        if (l->kind != CLAUSE_SET)
            continue;
        names = spec_names_of_set(l->message, 4);
        if (!*names)
            continue;
        tell(s, &t, WEAK, "set; specs: %s;", names);
        return true;
    }
    return false;
}

void solver_explain(struct solver *s)
{
    struct solver_top t = { .message = s->head, .line = s->first };

    if (!explain_tops(s) && !explain_files(s) && !explain_set(s))
        tell(s, &t, VAGUE, "unsolved;");
}
