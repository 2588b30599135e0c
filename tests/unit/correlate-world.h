/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the tests of incidents share: runs written as text, a look at them,
 * and the incidents found as text.
 *
 * Runs: "COMMIT JOB[/ATTEMPT] WORD HOUR[!];" — JOB may be WORKFLOW:JOB, and
 * JOB#X another run of the same job,
 * WORD ok, cancel, skip, unknown, pr (red, of a pull request) or the letters
 * of a red run's cause (I…: infrastructure), ! a complete push. Commits are
 * as old as their number says.
 *
 * Incidents: "CAUSE:stands" or "CAUSE:how it ended", then p pushes, g greens
 * since, f flaky events, r relapses, by what it was superseded.
 */
#ifndef TOCSIN_TEST_CORRELATE_WORLD_H
#define TOCSIN_TEST_CORRELATE_WORLD_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/incident/correlate.h"
#include "suite.h"

#define T0 (INT64_C(1700000000))

struct spec {
    char commit[16], workflow[16], job[32], word[16], again[16];
    int attempt, hour;
    bool complete;
};

/* A store of its own, in memory. */
struct store *fresh(void);

/* Returns how many runs the text names. */
size_t specs_parse(const char *text, struct spec *out, size_t max);
void spec_add(struct store *st, const char *project, const struct spec *s);

/* Both of these in one. */
void feed(struct store *st, const char *project, const char *runs);

/* One pass at an hour after T0. stale: sources, NULL-terminated, or NULL. */
struct correlate_counts look(struct store *st, int hour,
                             const char *const *stale);

/* The incidents of a project: as the notation above has them, or with all
 * that is known of each. To be freed. */
char *found(struct store *st, const char *project);
char *found_whole(struct store *st, const char *project);
void expect(struct store *st, const char *project, const char *want);

/* Of the branch main. To be released. */
struct incident get(struct store *st, const char *project, const char *fp);

/* Hours after T0, -1 for never. */
int hour_of(int64_t t);

#endif
