/* SPDX-License-Identifier: BSD-3-Clause */
/* When a ticket opens, closes and opens again, on a store in memory. The
 * evidence is written by hand; incident/ has tests of its own. */
#include <config.h>

#include "tests/unit/decide-world.h"
#include "tests/unit/suite.h"

START_TEST(the_clock_alone_opens)
{
    struct world *w = world(plain);
    struct incident i;

    red(w, P, F);
    pass(w);
    expect(w, P, "pending pending");
    laws(w);
    i = incident(w, P, F);
    ck_assert_int_eq(i.next_at, T0 + 2 * DAY);
    incident_release(&i);
    w->now += 2 * DAY - 1;
    pass(w);
    expect(w, P, "pending pending");
    w->now++;
    decided(w);
    ck_assert_int_eq(wanted_op(w, P, "issues"), TOCSIN_DELIVER_OPEN);
    delivered(w);
    expect(w, P, "open opened issues:open/open");
    laws(w);
    w->now += 30 * DAY; /* once, on its day, and never again */
    pass(w);
    expect(w, P, "open opened issues:open/open");
    world_release(w);
}
END_TEST

START_TEST(pushes_open)
{
    struct world *w = world(plain);

    for (int n = 0; n < 3; n++) {
        red(w, P, F);
        pass(w);
        expect(w, P,
               n < 2 ? "pending pending" : "open opened issues:open/open");
        w->now += HOUR;
    }
    laws(w);
    world_release(w);
}
END_TEST

START_TEST(it_closes_and_says_why)
{
    static const struct {
        enum incident_end end;
        const char *reason;
    } t[] = {
        { END_GREEN, REASON_RECOVERED },       { END_ABSENT, REASON_RECOVERED },
        { END_SUPERSEDED, REASON_SUPERSEDED }, { END_GONE, REASON_GONE },
        { END_ARCHIVED, REASON_ARCHIVED },
    };

    for (size_t n = 0; n < ARRAY_SIZE(t); n++) {
        struct world *w = told(plain);
        CLEANUP_FREE char *want =
            xasprintf("resolved %s issues:closed/closed", t[n].reason);

        w->now += HOUR;
        ends(w, P, F, t[n].end);
        decided(w);
        ck_assert_int_eq(wanted_op(w, P, "issues"), TOCSIN_DELIVER_RESOLVE);
        delivered(w);
        expect(w, P, want);
        laws(w);
        world_release(w);
    }
}
END_TEST

START_TEST(what_ends_before_the_threshold_is_never_told)
{
    struct world *w = world(plain);

    red(w, P, F);
    pass(w);
    w->now += HOUR;
    green(w, P, F);
    pass(w);
    expect(w, P, "resolved never-opened");
    laws(w);
    world_release(w);
    w = world(plain);
    red(w, P, F);
    pass(w);
    ends(w, P, F, END_FLAKY);
    pass(w);
    expect(w, P, "resolved flaky");
    laws(w);
    world_release(w);
}
END_TEST

START_TEST(flaky_often_enough_opens)
{
    struct world *w = world("armed: true\n"
                            "policy: {flaky: {rate: 3, within: 7d}}\n"
                            "routes:\n"
                            "  - {owner: maintainers, via: [issues]}\n");
    struct incident i;

    red(w, P, F);
    ends(w, P, F, END_FLAKY);
    i = incident(w, P, F);
    i.flaky = 2;
    i.flaky_at = w->now;
    put(w, i);
    pass(w);
    expect(w, P, "resolved flaky");
    i = incident(w, P, F);
    i.flaky = 3;
    i.flaky_at = w->now;
    put(w, i);
    pass(w);
    expect(w, P, "open opened issues:open/open");
    laws(w);
    w->now += 7 * DAY; /* the window has passed */
    pass(w);
    ck_assert_int_eq(tickets(w), 1);
    i = incident(w, P, F);
    i.greens = 1;
    put(w, i);
    pass(w);
    expect(w, P, "resolved recovered issues:closed/closed");
    world_release(w);
}
END_TEST

START_TEST(one_project_one_ticket)
{
    struct world *w = world(plain);
    struct ticket t;

    red(w, P, F);
    red(w, P, "1:bbbb");
    red(w, P, "1:cccc");
    pass(w);
    ck_assert_int_eq(tickets(w), 1);
    w->now += 2 * DAY;
    pass(w);
    expect(w, P, "open opened issues:open/open");
    w->now += HOUR;
    green(w, P, F);
    green(w, P, "1:bbbb");
    decided(w);
    ck_assert_int_eq(wanted_op(w, P, "issues"), TOCSIN_DELIVER_UPDATE);
    delivered(w);
    expect(w, P, "open stands issues:open/open");
    w->now += HOUR;
    green(w, P, "1:cccc");
    pass(w);
    expect(w, P, "resolved recovered issues:closed/closed");
    t = ticket(w, P);
    ck_assert_str_eq(jx_str(t.group, "kind"), "build");
    ck_assert_str_eq(t.owner, "maintainers");
    ck_assert_str_eq(t.owner_from, "recipe-maintainers");
    ticket_release(&t);
    world_release(w);
}
END_TEST

START_TEST(one_mended_the_next_revealed)
{
    struct world *w = told(plain);
    struct incident i;

    w->now += HOUR;
    i = incident(w, P, F);
    i.standing = false;
    i.end = END_SUPERSEDED;
    i.ended = w->now;
    i.superseded_by = xstrdup("1:bbbb");
    put(w, i);
    red(w, P, "1:bbbb");
    pass(w);
    /* red all the time: the second one is over the threshold with it */
    expect(w, P, "open stands issues:open/open");
    laws(w);
    w->now += HOUR;
    green(w, P, "1:bbbb");
    pass(w);
    expect(w, P, "resolved recovered issues:closed/closed");
    world_release(w);
}
END_TEST

START_TEST(a_cause_that_changes_daily_opens_too)
{
    struct world *w = world(plain);
    static const char *const fp[] = { "1:a1", "1:a2", "1:a3" };

    for (int n = 0; n < 3; n++) {
        if (n) {
            struct incident i = incident(w, P, fp[n - 1]);

            i.standing = false;
            i.end = END_SUPERSEDED;
            i.ended = w->now;
            i.superseded_by = xstrdup(fp[n]);
            put(w, i);
        }
        red(w, P, fp[n]);
        pass(w);
        if (n < 2)
            expect(w, P, "pending pending");
        w->now += 20 * HOUR;
    }
    expect(w, P, "open opened issues:open/open");
    world_release(w);
}
END_TEST

START_TEST(a_stale_source_freezes)
{
    struct world *w = world(plain);
    struct incident i;

    red(w, P, F);
    i = incident(w, P, F);
    i.stale = true;
    put(w, i);
    pass(w);
    expect(w, P, "pending stale-source");
    w->now += 10 * DAY;
    red(w, P, F);
    pass(w);
    expect(w, P, "pending stale-source");
    laws(w);
    i = incident(w, P, F);
    i.stale = false;
    put(w, i);
    pass(w);
    expect(w, P, "open opened issues:open/open");
    i = incident(w, P, F);
    i.stale = true;
    i.standing = false;
    i.end = END_GREEN;
    i.greens = 1;
    i.ended = w->now;
    put(w, i);
    pass(w);
    expect(w, P, "open stale-source issues:open/open");
    world_release(w);
}
END_TEST

START_TEST(archived_projects_are_closed)
{
    struct world *w = told(plain);

    fact(w, P, "archived", "true");
    pass(w);
    expect(w, P, "resolved archived issues:closed/closed");
    laws(w);
    red(w, P, F);
    w->now += 10 * DAY;
    red(w, P, F);
    pass(w);
    expect(w, P, "resolved archived issues:closed/closed");
    world_release(w);
}
END_TEST

START_TEST(a_new_configuration_decides_again)
{
    struct world *w = told(plain);

    red(w, "org/bar", F);
    owned(w, "org/bar", "yan");
    pass(w);
    expect(w, "org/bar", "pending pending");
    world_configure(w, "armed: true\n"
                       "policy: {open: {any: [{pushes: 1}]}}\n"
                       "routes:\n"
                       "  - {id: maintainers, match: {project: 'org/*'},"
                       " owner: maintainers, via: [issues]}\n");
    pass(w);
    expect(w, "org/bar", "open opened issues:open/open");
    laws(w);
    /* grouped otherwise: the old ticket gives way to the new one */
    world_configure(
        w, "armed: true\n"
           "policy: {open: {any: [{pushes: 1}]}, budget:"
           " {new_per_person_per_day: 9}}\n"
           "routes:\n"
           "  - {id: maintainers, match: {project: 'org/*'},"
           " group_by: [project], owner: maintainers, via: [issues]}\n");
    pass(w);
    ck_assert_int_eq(with_reason(w, REASON_SUPERSEDED), 2);
    ck_assert_int_eq(with_reason(w, REASON_OPENED), 2);
    laws(w);
    world_release(w);
}
END_TEST

START_TEST(a_rename_is_no_new_ticket)
{
    struct world *w = told(plain);

    fact(w, P, "id", "\"42\"");
    fact(w, P, "renamed_to", "\"org/neu\"");
    owned(w, "org/neu", "zoe");
    red(w, "org/neu", F);
    pass(w);
    ck_assert_int_eq(tickets(w), 1);
    expect(w, "org/neu", "open stands issues:open/open");
    red(w, "org/neu", "1:other");
    pass(w);
    ck_assert_int_eq(tickets(w), 1);
    world_release(w);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        the_clock_alone_opens,
        pushes_open,
        it_closes_and_says_why,
        what_ends_before_the_threshold_is_never_told,
        flaky_often_enough_opens,
        one_project_one_ticket,
        one_mended_the_next_revealed,
        a_cause_that_changes_daily_opens_too,
        a_stale_source_freezes,
        archived_projects_are_closed,
        a_new_configuration_decides_again,
        a_rename_is_no_new_ticket,
    };

    return suite_run("decide", tests, ARRAY_SIZE(tests), NULL, NULL);
}
