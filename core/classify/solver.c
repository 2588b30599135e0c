/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Gathers the report of a solver, line by line, in bounded memory. Must not
 * decide what it comes to: see solver-cause.c.
 */
#include <config.h>

#include "core/classify/solver.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/classify/spec.h"

/* A terminal is this wide, and so is a page of miette or rich. */
#define WIDTH 80

void solver_init(struct solver *s,
                 void (*emit)(void *user, const struct finding *f), void *user)
{
    memset(s, 0, sizeof(*s));
    strbuf_init(&s->held, LINE_MAX_BYTES);
    s->emit = emit;
    s->user = user;
}

static void clear(struct solver *s)
{
    for (size_t i = 0; i < s->nr_tops; i++) {
        free(s->tops[i].spec);
        free(s->tops[i].name);
        free(s->tops[i].message);
    }
    for (size_t i = 0; i < s->nr_leaves; i++) {
        free(s->leaves[i].spec);
        free(s->leaves[i].name);
        free(s->leaves[i].parent);
        free(s->leaves[i].brief);
        free(s->leaves[i].message);
    }
    while (s->depth)
        free(s->path[--s->depth].name);
    if (s->has_excerpt)
        excerpt_release(&s->excerpt);
    s->has_excerpt = s->again = false;
    free(s->head);
    s->head = NULL;
    s->nr_tops = s->nr_leaves = 0;
    s->open = false;
    s->gap = 0;
}

static void finding_release(struct finding *f)
{
    free(f->text);
    free(f->message);
    excerpt_release(&f->excerpt);
    memset(f, 0, sizeof(*f));
}

void solver_release(struct solver *s)
{
    clear(s);
    finding_release(&s->best);
    strbuf_release(&s->held);
}

bool solver_waits(const struct solver *s)
{
    return s->open || s->held_lines;
}

/* ---- what is found ---------------------------------------------------- */

void solver_tell(struct solver *s, const char *text, const char *message,
                 int64_t line, enum strength strength)
{
    struct finding f = { .line = line, .last = s->last, .step = s->step };

    if (strength != SURE && s->strength > (int)strength)
        return;
    s->strength = (int)strength + 1;
    f.text = xstrdup(text);
    f.message = xstrdup(message);
    excerpt_copy(&f.excerpt, &s->excerpt);
    finding_release(&s->best);
    if (strength == SURE) {
        s->emit(s->user, &f);
        finding_release(&f);
    } else {
        s->best = f;
    }
}

static void finish(struct solver *s)
{
    if (s->open)
        solver_explain(s);
    clear(s);
}

/* ---- the tree --------------------------------------------------------- */

static void add_top(struct solver *s, const struct clause *c, int64_t line,
                    const char *message)
{
    struct solver_top *t = &s->tops[s->nr_tops];
    char *spec = spec_trim(c->spec, c->spec_n);

    s->again = false;
    for (size_t i = 0; i < s->nr_tops; i++)
        if (s->tops[i].kind == c->kind && !strcmp(s->tops[i].spec, spec))
            s->again = true;
    if (s->again || s->nr_tops == SOLVER_TOPS_MAX || !*spec) {
        free(spec);
        return;
    }
    t->kind = c->kind;
    t->options = c->options;
    t->spec = spec;
    t->name = spec_name(spec);
    t->message = xstrdup(message);
    t->line = line;
    s->nr_tops++;
}

/* The same below the same top; builds of one version are alike. */
static struct solver_leaf *alike(struct solver *s, enum clause_kind kind,
                                 size_t top, const char *brief)
{
    for (size_t i = 0; i < s->nr_leaves; i++)
        if (s->leaves[i].kind == kind && s->leaves[i].top == top
            && !strcmp(s->leaves[i].brief, brief))
            return &s->leaves[i];
    return NULL;
}

static void add_leaf(struct solver *s, const struct clause *c, int64_t line,
                     const char *message)
{
    CLEANUP_FREE char *spec = spec_trim(c->spec, c->spec_n);
    CLEANUP_FREE char *brief = spec_short(spec);
    size_t top = s->nr_tops ? s->nr_tops - 1 : SOLVER_TOPS_MAX;
    struct solver_leaf *l = alike(s, c->kind, top, brief);

    if (l && !s->again)
        l->count++;
    if (l || s->again || s->nr_leaves == SOLVER_LEAVES_MAX || !*spec)
        return;
    l = &s->leaves[s->nr_leaves++];
    l->kind = c->kind;
    l->top = top;
    l->name = spec_name(spec);
    l->spec = c->other ? xstrndup(c->other, c->other_n) : xstrdup(spec);
    l->brief = xstrdup(brief);
    l->parent = xstrdup(s->depth ? s->path[s->depth - 1].name : "");
    l->direct = s->depth == 1;
    l->count = 1;
    l->line = line;
    l->message = xstrdup(message);
}

/* A sentence of one file of a package is a leaf of no tree. */
static void add_file(struct solver *s, const struct clause *c, int64_t line,
                     const char *message)
{
    struct solver_leaf *l = &s->leaves[s->nr_leaves];

    if (s->nr_leaves == SOLVER_LEAVES_MAX)
        return;
    l->kind = c->kind;
    l->top = SOLVER_TOPS_MAX;
    l->name = spec_of_file(c->spec, c->spec_n, &l->parent);
    l->spec = c->other ? spec_trim(c->other, c->other_n) : xstrdup("");
    l->brief = xstrdup("");
    l->direct = false;
    l->count = 1;
    l->line = line;
    l->message = xstrdup(message);
    s->nr_leaves++;
}

static void rise(struct solver *s, size_t column)
{
    while (s->depth && s->path[s->depth - 1].column >= column)
        free(s->path[--s->depth].name);
}

static void descend(struct solver *s, const struct clause *c)
{
    CLEANUP_FREE char *spec = spec_trim(c->spec, c->spec_n);

    if (s->depth == SOLVER_DEPTH_MAX)
        return;
    s->path[s->depth].column = c->column;
    s->path[s->depth++].name = spec_name(spec);
}

/* A property of the machine is missing to what stands above it, or was
 * asked for itself. */
static bool is_top_system(const struct solver *s, const struct clause *c)
{
    return c->kind == CLAUSE_SYSTEM && !s->depth;
}

static void take(struct solver *s, const struct clause *c, int64_t line,
                 const char *message)
{
    switch (c->kind) {
    case CLAUSE_NONE:
    case CLAUSE_HEAD:
    case CLAUSE_SEEN:
        return;
    case CLAUSE_FITS:
    case CLAUSE_FAILS:
    case CLAUSE_COLLIDES:
    case CLAUSE_ABSENT:
    case CLAUSE_LOCKED:
        rise(s, 0);
        add_top(s, c, line, message);
        descend(s, c);
        return;
    case CLAUSE_NEEDS:
        rise(s, c->column);
        descend(s, c);
        return;
    case CLAUSE_GOOD:
    case CLAUSE_CONFLICT:
    case CLAUSE_MISSING:
    case CLAUSE_SYSTEM:
    case CLAUSE_EXCLUDED:
        rise(s, c->column);
        if (is_top_system(s, c))
            add_top(s, c, line, message);
        else
            add_leaf(s, c, line, message);
        if (c->options)
            descend(s, c);
        return;
    case CLAUSE_FILE_WANTS:
    case CLAUSE_FILE_UNFIT:
    case CLAUSE_FILE_PRIORITY:
    case CLAUSE_FILE_EXCLUSIVE:
    case CLAUSE_SET:
        add_file(s, c, line, message);
        return;
    }
}

/* ---- lines ------------------------------------------------------------ */

static size_t width_of(const char *s)
{
    size_t n = 0;

    for (; *s; s++)
        n += (*s & 0xc0) != 0x80;
    return n;
}

static void open_report(struct solver *s, const char *text, int64_t line,
                        int step)
{
    s->head = xstrdup(text);
    s->open = true;
    s->first = s->last = line;
    s->step = step;
    s->gap = 0;
}

static void take_held(struct solver *s)
{
    struct clause c;

    if (!s->held_lines)
        return;
    s->held_lines = 0;
    if (s->nr_tops && clause_begins_report(s->held.buf)) {
        finish(s);
        open_report(s, s->held.buf, s->held_first, s->step);
    }
    c = clause_read(s->held.buf);
    c.column += s->held_column;
    take(s, &c, s->held_first, s->held.buf);
    s->last = s->held_last;
    strbuf_clear(&s->held);
}

static void hold(struct solver *s, const struct line *l, int64_t last,
                 size_t column)
{
    strbuf_clear(&s->held);
    strbuf_adds(&s->held, l->text);
    s->held_width = width_of(l->text);
    s->held_column = column;
    s->held_first = l->nr;
    s->held_last = last;
    s->held_lines = 1;
}

/* How much of a and b, with between in the middle, are words of a solver. */
static size_t known(const char *a, const char *between, const char *b)
{
    CLEANUP_FREE char *whole = xasprintf("%s%s%s", a, between, b);

    return clause_read(whole).known;
}

/* A terminal breaks anywhere and goes on in the first column. How wide it is
 * nobody says but its full lines: two of one width, or words that are whole
 * only without a blank. */
static bool is_hard(const struct solver *s, const struct line *l)
{
    if (l->text[0] == ' ')
        return false;
    if (s->held_width == WIDTH)
        return true;
    if (strchr("<>=!~", l->text[0])
        && isalnum((unsigned char)s->held.buf[s->held.len - 1]))
        return false; /* a name, and what is wanted of it */
    return clause_is_branch(s->held.buf)
           && (width_of(l->text) == s->held_width
               || known(s->held.buf, "", l->text)
                      >= known(s->held.buf, " ", l->text));
}

/* A program breaks at blanks and hyphens. */
static void join(struct solver *s, const struct line *l, int64_t last)
{
    char before = s->held.len ? s->held.buf[s->held.len - 1] : ' ';
    const char *text = l->text;

    while (*text == ' ')
        text++;
    if (before != '-' && before != ' ' && !is_hard(s, l))
        strbuf_addc(&s->held, ' ');
    strbuf_adds(&s->held, text);
    s->held_width = width_of(l->text);
    s->held_last = last;
    s->held_lines++;
}

/* A version ends in a point, too. */
static bool is_whole(const struct solver *s)
{
    enum clause_kind kind = clause_read(s->held.buf).kind;

    if (kind == CLAUSE_SET)
        return strchr(s->held.buf, '}') != NULL;
    return clause_is_complete(s->held.buf)
           && (kind != CLAUSE_NONE
               || (s->held_width != WIDTH && !clause_is_branch(s->held.buf)));
}

/* Whether l goes on with what is held: it is no node of its own, and the
 * page was full. In a drawn tree each line has its branch, so that one
 * without it is the rest of the one above, whatever it reads like. */
static bool goes_on(const struct solver *s, const struct line *l)
{
    enum clause_kind kind;

    if (!s->held_lines || s->held_lines == SOLVER_JOIN_MAX
        || s->held_width + 24 < WIDTH || !*l->text
        || clause_starts_node(l->text) || is_whole(s))
        return false;
    kind = clause_read(l->text).kind;
    if (s->held_width == WIDTH)
        return kind != CLAUSE_HEAD && kind != CLAUSE_SET;
    if (isupper((unsigned char)*l->text))
        return false;
    return kind == CLAUSE_NONE
           || (clause_is_branch(s->held.buf) && kind != CLAUSE_HEAD
               && kind != CLAUSE_SET);
}

/* The inside of a tree says nothing by itself. */
static bool opens(enum clause_kind kind)
{
    return kind != CLAUSE_NONE && kind != CLAUSE_NEEDS && kind != CLAUSE_GOOD
           && kind != CLAUSE_SEEN;
}

static bool in_report(const struct line *l)
{
    return l->mark == MARK_NONE || l->mark == MARK_ERROR
           || l->mark == MARK_WARNING;
}

static void extend_excerpt(struct solver *s, const struct line *l, int64_t last,
                           const struct ring *ring)
{
    if (!s->has_excerpt) {
        excerpt_start(&s->excerpt, ring, l->nr, last);
        s->has_excerpt = true;
        return;
    }
    excerpt_extend(&s->excerpt, last);
    if (s->excerpt.nr && s->excerpt.lines[s->excerpt.nr - 1].nr >= l->nr)
        return; /* came with what was held back */
    excerpt_add(&s->excerpt, l->nr, l->text, l->len);
}

void solver_line(struct solver *s, const struct line *l, int64_t last,
                 size_t column, int step, const struct ring *ring)
{
    struct clause c;
    bool node;

    if (!in_report(l)) {
        take_held(s);
        finish(s);
        return;
    }
    if (goes_on(s, l)) {
        join(s, l, last);
        extend_excerpt(s, l, last, ring);
        return;
    }
    take_held(s);
    c = clause_read(l->text);
    node = s->open ? c.kind != CLAUSE_NONE || clause_starts_node(l->text)
                   : opens(c.kind);
    if (!node) {
        if (s->open && ++s->gap > SOLVER_GAP)
            finish(s);
        else if (s->open)
            extend_excerpt(s, l, last, ring);
        return;
    }
    if (!s->open)
        open_report(s, l->text, l->nr, step);
    s->gap = 0;
    hold(s, l, last, column);
    extend_excerpt(s, l, last, ring);
}

void solver_end(struct solver *s)
{
    take_held(s);
    finish(s);
    if (s->best.text)
        s->emit(s->user, &s->best);
    finding_release(&s->best);
}
