/* SPDX-License-Identifier: BSD-3-Clause */
/* What becomes of an incident from pass to pass: what a table of runs cannot
 * say. */
#include <config.h>

#include "correlate-world.h"

static struct store *st;

static void set_up(void)
{
    st = fresh();
}

static void tear_down(void)
{
    store_close(st);
}

/* Runs of o/p come in, and it is looked at. */
static void pass(const char *runs, int hour)
{
    feed(st, "o/p", runs);
    look(st, hour, NULL);
}

START_TEST(times_and_commits_are_right)
{
    pass("c1 l ok 1; c2 l ok 2; c3 l A 13; c3 o A 12; c4 l A 20;"
         "c4 o ok 21;",
         30);
    struct incident i = get(st, "o/p", "A");
    ck_assert_int_eq(hour_of(i.first_seen), 12);
    ck_assert_int_eq(hour_of(i.last_seen), 20);
    ck_assert_str_eq(i.first_red_commit, "c3");
    ck_assert_str_eq(i.last_red_commit, "c4");
    ck_assert_str_eq(i.last_green_commit, "c2");
    ck_assert_int_eq(hour_of(i.last_green_at), 2);
    ck_assert_str_eq(i.kind, "build");
    ck_assert_str_eq(i.url, "c4-ci-l");
    ck_assert_str_eq(i.category, "compile/error");
    ck_assert_int_eq(i.nr_jobs, 2);
    ck_assert_str_eq(i.jobs[0].name, "l");
    ck_assert(i.jobs[0].standing && !i.jobs[1].standing);
    ck_assert_str_eq(jx_str(i.failure, "message"), "A");
    CLEANUP_FREE char *id = xstrdup(i.public_id);
    incident_release(&i);
    pass("c5 l ok 40;", 41);
    i = get(st, "o/p", "A");
    ck_assert_int_eq(hour_of(i.ended), 40);
    ck_assert_str_eq(i.public_id, id);
    incident_release(&i);
    pass("c6 l A 50;", 51);
    i = get(st, "o/p", "A");
    ck_assert_int_eq(hour_of(i.first_seen), 50);
    ck_assert_int_eq(hour_of(i.first_ever), 12);
    ck_assert_int_eq(hour_of(i.relapsed_at), 50);
    ck_assert_str_eq(i.last_green_commit, "c5");
    ck_assert_str_eq(i.public_id, id);
    incident_release(&i);
}
END_TEST

START_TEST(decisions_are_left_alone)
{
    pass("c1 l A 1;", 2);
    struct incident i = get(st, "o/p", "A");
    i.state = INCIDENT_OPEN;
    i.opened = 77;
    i.next_at = 99;
    i.backlog = true;
    OK(store_incident_put(st, &i, true, err));
    incident_release(&i);
    pass("c2 l A 2;", 3);
    i = get(st, "o/p", "A");
    ck_assert_int_eq(i.pushes, 2);
    ck_assert_int_eq(i.state, INCIDENT_OPEN);
    ck_assert_int_eq(i.opened, 77);
    ck_assert_int_eq(i.next_at, 99);
    ck_assert(i.backlog);
    incident_release(&i);
}
END_TEST

START_TEST(the_clock_alone_ends_what_moved)
{
    pass("c1 azure:l A 1!; c2 gha:l ok 10!;", 11);
    expect(st, "o/p", "A:stands p1");
    ck_assert_int_eq(look(st, 20, NULL).branches, 0);
    ck_assert_int_eq(look(st, 34, NULL).branches, 1);
    expect(st, "o/p", "A:absent p1 g1");
}
END_TEST

START_TEST(a_stale_source_freezes)
{
    static const char *const stale[] = { "src", NULL };

    feed(st, "o/p", "c1 azure:l A 1!; c2 gha:l ok 10!;");
    look(st, 40, stale);
    expect(st, "o/p", "A:stands p1 stale");
    OK(store_dirty_mark(st, "o/p", "main", err));
    look(st, 41, NULL);
    expect(st, "o/p", "A:absent p1 g1");
    feed(st, "o/q", "c1 l A 1;");
    look(st, 42, NULL);
    expect(st, "o/q", "A:stands p1");
    look(st, 43, stale); /* no new evidence at all */
    expect(st, "o/q", "A:stands p1 stale");
    look(st, 44, NULL);
    expect(st, "o/q", "A:stands p1");
}
END_TEST

START_TEST(an_archived_project_ends)
{
    json_t *yes = json_true();

    pass("c1 l A 1;", 2);
    OK(store_fact_put(st, &(struct fact){ "f", "o/p", "archived", yes, 3 },
                      NULL, err));
    look(st, 3, NULL);
    expect(st, "o/p", "A:archived p1");
    OK(store_dirty_mark(st, "o/p", "main", err));
    ck_assert_int_eq(look(st, 9, NULL).incidents, 0);
    struct incident i = get(st, "o/p", "A");
    ck_assert_int_eq(hour_of(i.ended), 3);
    incident_release(&i);
    OK(store_fact_put(st, &(struct fact){ "f", "o/p", "archived", NULL, 10 },
                      NULL, err));
    look(st, 10, NULL);
    expect(st, "o/p", "A:stands p1");
}
END_TEST

START_TEST(a_rename_keeps_the_incident)
{
    json_t *to CLEANUP_JSON = json_string("o/new");

    pass("c1 l A 1;", 2);
    struct incident i = get(st, "o/p", "A");
    CLEANUP_FREE char *id = xstrdup(i.public_id);
    incident_release(&i);
    OK(store_fact_put(st, &(struct fact){ "f", "o/p", "renamed_to", to, 3 },
                      NULL, err));
    feed(st, "o/new", "c2 l A 4;");
    look(st, 5, NULL);
    expect(st, "o/new", "A:stands p2");
    i = get(st, "o/new", "A");
    ck_assert_str_eq(i.public_id, id);
    ck_assert_str_eq(i.project, "o/new");
    incident_release(&i);
}
END_TEST

START_TEST(a_clock_that_goes_back_changes_nothing)
{
    pass("c1 l A 1; c2 l ok 2; c3 l A 30;", 40);
    CLEANUP_FREE char *before = found_whole(st, "o/p");
    OK(store_dirty_mark(st, "o/p", "main", err));
    look(st, 1, NULL);
    CLEANUP_FREE char *after = found_whole(st, "o/p");
    ck_assert_str_eq(before, after);
}
END_TEST

START_TEST(better_rules_rename_the_cause)
{
    pass("c1 l A 1;", 2);
    pass("c1 l B 1;", 3);
    expect(st, "o/p", "A:superseded p1 by B | B:stands p1");
}
END_TEST

START_TEST(pruned_runs_are_remembered)
{
    pass("c1 l A 1; c2 l ok 2;", 3);
    struct incident i = get(st, "o/p", "A");
    i.state = INCIDENT_RESOLVED;
    OK(store_incident_put(st, &i, true, err));
    incident_release(&i);
    OK(store_prune(st, T0 + 500 * HOUR, 0, err));
    pass("c9 l A 900;", 901);
    i = get(st, "o/p", "A");
    ck_assert_int_eq(hour_of(i.first_ever), 1);
    ck_assert_int_eq(hour_of(i.first_seen), 900);
    ck_assert(i.standing);
    incident_release(&i);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        times_and_commits_are_right,
        decisions_are_left_alone,
        the_clock_alone_ends_what_moved,
        a_stale_source_freezes,
        an_archived_project_ends,
        a_rename_keeps_the_incident,
        a_clock_that_goes_back_changes_nothing,
        better_rules_rename_the_cause,
        pruned_runs_are_remembered,
    };

    return suite_run("incident", tests, ARRAY_SIZE(tests), set_up, tear_down);
}
