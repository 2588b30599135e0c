/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What joins wrapped lines, and what reads the trees of solvers, under
 * libFuzzer. Each physical line must come out once and in order, and what is
 * told of a report must lie in it.
 */
#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/classify/clean.h"
#include "core/classify/excerpt.h"
#include "core/classify/solver.h"
#include "core/classify/unwrap.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

struct tree {
    struct unwrap unwrap;
    struct solver solver;
    struct ring ring;
    int64_t last;  /* of the last logical line */
    int64_t lines; /* physical ones so far */
};

static void on_finding(void *user, const struct finding *f)
{
    const struct tree *t = user;

    if (strncmp(f->text, "solver: ", 8))
        BUG("no rule will read this: %s", f->text);
    if (!f->message || f->line < 1 || f->last < f->line || f->last > t->lines)
        BUG("told of lines %d to %d of %d", (int)f->line, (int)f->last,
            (int)t->lines);
}

static void on_logical(void *user, const struct line *l, int64_t last)
{
    struct tree *t = user;

    if (strlen(l->text) != l->len)
        BUG("a line of the wrong length");
    if (l->nr <= t->last || last < l->nr || last > t->lines
        || last - l->nr > UNWRAP_LINES_MAX)
        BUG("lines %d to %d after line %d", (int)l->nr, (int)last,
            (int)t->last);
    t->last = last;
    solver_line(&t->solver, l, last, t->unwrap.column, 0, &t->ring);
}

static void on_chunk(void *user, const struct chunk *ch)
{
    struct tree *t = user;

    for (size_t i = ch->fresh; i < ch->nr; i++) {
        struct line l = chunk_line(ch, i);

        t->lines = l.nr;
        ring_add(&t->ring, l.nr, l.text, l.len);
        unwrap_line(&t->unwrap, &l);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct tree *t = calloc(1, sizeof(*t));
    struct cleaner *cl = cleaner_new(on_chunk, t);

    unwrap_init(&t->unwrap, on_logical, t);
    solver_init(&t->solver, on_finding, t);
    cleaner_feed(cl, p, n);
    cleaner_end(cl);
    unwrap_flush(&t->unwrap);
    solver_end(&t->solver);
    solver_release(&t->solver);
    unwrap_release(&t->unwrap);
    ring_release(&t->ring);
    cleaner_free(cl);
    free(t);
    return 0;
}
