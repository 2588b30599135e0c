/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Evidence, rule by rule. A case is a list of runs and the incidents that
 * must be found. Each case is run once more in many orders of arrival and
 * split over several passes: the evidence must be the same.
 */
#include <config.h>

#include "correlate-world.h"

#define NOW_HOURS 1000

static const struct rule {
    const char *name, *runs, *expect;
} rules[] = {
    { "nothing red, nothing found", "c1 linux ok 1!;", "" },
    { "one job red once and never again", "c1 linux A 1!;", "A:stands p1" },
    { "twelve variants of one push count once",
      "c1 v1 A 1; c1 v2 A 1; c1 v3 A 1; c1 v4 A 1; c1 v5 A 1; c1 v6 A 1;"
      "c1 v7 A 2; c1 v8 A 2; c1 v9 A 2; c1 v10 A 2; c1 v11 A 2; c1 v12 A 2!;",
      "A:stands p1" },
    { "three causes of one push are three incidents",
      "c1 linux A 1; c1 osx B 1; c1 win C 1!;",
      "A:stands p1 | B:stands p1 | C:stands p1" },
    { "pushes count", "c1 l A 1; c2 l A 2; c3 l A 3;", "A:stands p3" },
    { "a re-run of the same commit is the same push",
      "c1 l A 1; c1 l/2 A 2; c1 l/3 A 3;", "A:stands p1" },
    { "two workflows red on one commit are one push",
      "c1 azure:l A 1; c1 gha:l A 1;", "A:stands p1" },
    { "green on a newer commit", "c1 l A 1; c2 l ok 2;", "A:green p1 g1" },
    { "greens since are counted", "c1 l A 1; c2 l ok 2; c3 l ok 3; c3 l ok 4;",
      "A:green p1 g2" },
    { "green of an older commit proves nothing", "c2 l A 2; c1 l ok 9;",
      "A:stands p1" },
    { "red again on an old commit while a newer is green",
      "c1 l A 1; c2 l ok 2; c1 l/2 A 9;", "A:green p1 g1" },
    { "one of two jobs green is not enough",
      "c1 l A 1; c1 o A 1; c2 l ok 2; c2 o A 2;", "A:stands p2" },
    { "both green", "c1 l A 1; c1 o A 1; c2 l ok 2; c2 o ok 2;",
      "A:green p1 g1" },
    { "both green, one later",
      "c1 l A 1; c1 o A 1; c2 l ok 2; c3 l ok 3; c3 o ok 3;", "A:green p1 g1" },
    { "a mended and b revealed", "c1 l A 1; c2 l B 2;",
      "A:superseded p1 by B | B:stands p1" },
    { "b mended again, a back", "c1 l A 1; c2 l B 2; c3 l A 3;",
      "A:stands p1 r1 | B:superseded p1 by A" },
    { "infrastructure supersedes nothing", "c1 l A 1; c2 l Inet 2;",
      "A:stands p1 | Inet:stands p1" },
    { "and green ends both", "c1 l A 1; c2 l Inet 2; c3 l ok 3;",
      "A:green p1 g1 | Inet:green p1 g1" },
    { "the real cause ends the outage", "c1 l Inet 1; c2 l A 2;",
      "A:stands p1 | Inet:superseded p1 by A" },
    { "superseded on one job, standing on the other",
      "c1 l A 1; c1 o A 1; c2 l B 2; c2 o A 2;", "A:stands p2 | B:stands p1" },
    { "superseded on one job, green on the other",
      "c1 l A 1; c1 o A 1; c2 l B 2; c2 o ok 2;",
      "A:superseded p1 by B | B:stands p1" },
    { "cancelled, skipped and unknown say nothing",
      "c1 l A 1; c2 l cancel 2; c3 l skip 3; c4 l unknown 4!;", "A:stands p1" },
    { "pull requests never count", "c1 l pr 1; c2 l pr 2;", "" },
    { "a pull request is no push", "c1 l A 1; c2 l pr 2;", "A:stands p1" },
    { "flaky", "c1 l A 1; c1 l/2 ok 2;", "A:flaky p1 g1" },
    { "attempts that end in one second", "c1 l A 5; c1 l/2 ok 5;",
      "A:flaky p1 g1" },
    { "the same, the other way", "c1 l ok 5; c1 l/2 A 5;", "A:stands p1" },
    { "two builds of one commit: the later word counts",
      "c1 l A 9; c1 l#b ok 3;", "A:stands p1" },
    { "and the other way", "c1 l A 3; c1 l#b ok 9;", "A:flaky p1 g1" },
    { "flaky events in the window count",
      "c1 l A 900; c1 l/2 ok 901; c2 l A 910; c2 l/2 ok 911;",
      "A:flaky p1 g1 f2" },
    { "two flaky jobs of one push are one event",
      "c1 l A 900; c1 o A 900; c1 l/2 ok 901; c1 o/2 ok 901;",
      "A:flaky p1 g1 f1" },
    { "red for two pushes and then green on a re-run is no flake",
      "c1 l A 900; c2 l A 901; c2 l/2 ok 902;", "A:green p2 g1" },
    { "a flake in between is no relapse",
      "c1 l A 900; c2 l ok 901; c3 l A 902; c3 l/2 ok 903; c4 l A 904;",
      "A:stands p1 f1 r1" },
    { "relapse", "c1 l A 1; c2 l ok 2; c3 l A 3;", "A:stands p1 r1" },
    { "relapses add up",
      "c1 l A 1; c2 l ok 2; c3 l A 3; c4 l ok 4; c5 l A 5; c6 l ok 6;",
      "A:green p1 g1 r2" },
    { "after a long quiet time it is no relapse",
      "c1 l A 1; c2 l ok 2; c3 l A 3; c4 l ok 4; c5 l A 300;", "A:stands p1" },
    { "variant dropped while red", "c1 v1 A 1; c1 v2 ok 1!; c2 v2 ok 2!;",
      "A:absent p1 g1" },
    { "the push must be complete", "c1 v1 A 1; c1 v2 ok 1; c2 v2 ok 2;",
      "A:stands p1" },
    { "and green", "c1 v1 A 1; c1 v2 ok 1!; c2 v2 B 2; c2 v3 ok 2!;",
      "A:stands p1 | B:stands p1" },
    { "and nothing of it cancelled", "c1 v1 A 1; c2 v2 ok 2; c2 v3 cancel 2!;",
      "A:stands p1" },
    { "a job skipped by itself does not spoil it",
      "c1 v1 A 1; c2 v2 ok 2; c2 v3 skip 2!;", "A:absent p1 g1" },
    { "a job that was skipped was not dropped",
      "c1 v1 A 1; c2 v2 ok 2; c2 v1 skip 2!;", "A:stands p1" },
    { "an older complete push proves nothing", "c2 v1 A 2; c1 v2 ok 9!;",
      "A:stands p1" },
    { "a variant that comes back is judged again",
      "c1 v1 A 1; c2 v2 ok 2!; c3 v1 A 3; c3 v2 ok 3!;", "A:stands p1 r1" },
    { "job moved from azure to actions, a day ago",
      "c1 azure:l A 1!; c2 gha:l ok 2!;", "A:absent p1 g1" },
    { "moved just now: not yet", "c1 azure:l A 1!; c2 gha:l ok 990!;",
      "A:stands p1" },
    { "both providers still run",
      "c1 azure:l A 1!; c2 gha:l ok 2!; c2 azure:o ok 2;", "A:stands p1" },
    { "one job green, one dropped", "c1 v1 A 1; c1 v2 A 1; c2 v2 ok 2!;",
      "A:absent p1 g1" },
    { "mended and then dropped: greens go on counting",
      "c1 v1 A 1; c2 v1 ok 2; c3 v2 ok 3!; c4 v2 ok 4!;", "A:green p1 g3" },
    { "an old commit that finishes late is still old",
      "c1 l A 1; c9 l ok 9; c8 l A 10;", "A:green p2 g1" },
};

START_TEST(rule_holds)
{
    const struct rule *r = &rules[_i];
    struct spec specs[64];
    size_t nr = specs_parse(r->runs, specs, ARRAY_SIZE(specs));
    struct store *st = fresh();

    for (size_t i = 0; i < nr; i++)
        spec_add(st, "o/p", &specs[i]);
    look(st, NOW_HOURS, NULL);
    CLEANUP_FREE char *text = found(st, "o/p");
    if (strcmp(text, r->expect) != 0)
        ck_abort_msg("%s\n  want %s\n  got  %s", r->name, r->expect, text);

    /* Again, unchanged: nothing is looked at, nothing written. */
    struct correlate_counts c = look(st, NOW_HOURS, NULL);
    ck_assert_int_eq(c.branches, 0);
    OK(store_dirty_mark(st, "o/p", "main", err));
    c = look(st, NOW_HOURS, NULL);
    ck_assert_int_eq(c.branches, 1);
    if (c.incidents)
        ck_abort_msg("%s: not idempotent", r->name);
    store_close(st);
}
END_TEST

static unsigned rnd(unsigned *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return *seed >> 16;
}

START_TEST(order_of_arrival_does_not_matter)
{
    const struct rule *r = &rules[_i];
    struct spec specs[64];
    size_t nr = specs_parse(r->runs, specs, ARRAY_SIZE(specs));
    CLEANUP_FREE char *first = NULL;
    unsigned seed = (unsigned)_i + 1;

    for (int round = 0; round < 12; round++) {
        struct store *st = fresh();
        for (size_t i = nr; i > 1; i--) {
            size_t j = rnd(&seed) % i;
            struct spec t = specs[i - 1];
            specs[i - 1] = specs[j];
            specs[j] = t;
        }
        for (size_t i = 0; i < nr; i++)
            spec_add(st, "o/p", &specs[i]);
        look(st, NOW_HOURS, NULL);
        char *text = found_whole(st, "o/p");
        if (!first)
            first = xstrdup(text);
        if (strcmp(first, text) != 0)
            ck_abort_msg("%s\n  %s\n  %s", r->name, first, text);
        free(text);
        store_close(st);
    }
}
END_TEST

/* Looked at after every run, in the order of time: what is left over from
 * earlier looks must not show in what stands at the end. */
START_TEST(number_of_passes_does_not_matter)
{
    const struct rule *r = &rules[_i];
    struct spec specs[64];
    size_t nr = specs_parse(r->runs, specs, ARRAY_SIZE(specs));
    struct store *all = fresh(), *steps = fresh();

    for (size_t i = 0; i < nr; i++) {
        spec_add(all, "o/p", &specs[i]);
        spec_add(steps, "o/p", &specs[i]);
        look(steps, NOW_HOURS, NULL);
    }
    look(all, NOW_HOURS, NULL);
    CLEANUP_FREE char *a = found(all, "o/p");
    CLEANUP_FREE char *b = found(steps, "o/p");
    if (strcmp(a, b) != 0)
        ck_abort_msg("%s\n  %s\n  %s", r->name, a, b);
    store_close(all);
    store_close(steps);
}
END_TEST
int main(void)
{
    const struct suite_case cases[] = {
        { rule_holds, ARRAY_SIZE(rules) },
        { order_of_arrival_does_not_matter, ARRAY_SIZE(rules) },
        { number_of_passes_does_not_matter, ARRAY_SIZE(rules) },
    };

    return suite_cases("correlate", cases, ARRAY_SIZE(cases));
}
