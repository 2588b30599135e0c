/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The stages of the classifier without its choice. Must not grow a stage of
 * its own: what a rule finds here it must find in a log.
 */
#include <config.h>

#include "core/classify/trial.h"

#include <string.h>

static void trial_finding(void *user, const struct finding *f)
{
    struct trial *t = user;

    matcher_finding(&t->m, f, &t->hits, &t->ring, &t->format);
}

static void trial_logical(void *user, const struct line *l, int64_t last)
{
    struct trial *t = user;

    matcher_scan(&t->m, l->text, l->len);
    if (t->m.solver || solver_waits(&t->solver)) {
        solver_line(&t->solver, l, last, t->unwrap.column, 0, &t->ring);
        matcher_scan(&t->m, l->text, l->len);
    }
    matcher_line(&t->m, l, last, &t->hits, &t->ring, &t->format);
}

static void trial_chunk(void *user, const struct chunk *ch)
{
    struct trial *t = user;

    for (size_t i = ch->fresh; i < ch->nr; i++) {
        struct line l = chunk_line(ch, i);

        ring_add(&t->ring, l.nr, l.text, l.len);
        unwrap_line(&t->unwrap, &l);
    }
}

void trial_run(struct trial *t, const struct ruleset *rs, const char *text)
{
    memset(t, 0, sizeof(*t));
    solver_init(&t->solver, trial_finding, t);
    matcher_init(&t->m, rs);
    hits_init(&t->hits, rs->nr);
    format_init(&t->format);
    unwrap_init(&t->unwrap, trial_logical, t);
    t->cleaner = cleaner_new(trial_chunk, t);
    cleaner_feed(t->cleaner, text, strlen(text));
    cleaner_end(t->cleaner);
    unwrap_flush(&t->unwrap);
    solver_end(&t->solver);
    matcher_end(&t->m, &t->hits);
}

void trial_release(struct trial *t)
{
    cleaner_free(t->cleaner);
    unwrap_release(&t->unwrap);
    solver_release(&t->solver);
    hits_release(&t->hits);
    ring_release(&t->ring);
    matcher_release(&t->m);
}
