/* SPDX-License-Identifier: BSD-3-Clause */
/* When it is told: digests, reminders and budgets. */
#include <config.h>

#include "tests/unit/decide-world.h"
#include "tests/unit/suite.h"

START_TEST(routes_with_a_digest_wait)
{
    struct world *w =
        told("armed: true\n"
             "policy: {budget: {new_per_person_per_day: 9}}\n"
             "routes:\n"
             "  - {id: d, owner: maintainers, via: [issues], digest: 7d}\n");

    expect(w, P, "open opened issues:open/open");
    owned(w, "org/bar", "yan");
    red(w, "org/bar", F);
    w->now += 2 * DAY;
    pass(w);
    expect(w, "org/bar", "open digest-wait");
    laws(w);
    w->now += 5 * DAY;
    pass(w);
    expect(w, "org/bar", "open opened issues:open/open");
    world_release(w);
}
END_TEST

START_TEST(reminders)
{
    struct world *w =
        told("armed: true\n"
             "policy: {remind: 14d}\n"
             "routes:\n  - {owner: maintainers, via: [issues]}\n");

    w->now += 14 * DAY - 1;
    pass(w);
    expect(w, P, "open opened issues:open/open");
    w->now++;
    decided(w);
    ck_assert_int_eq(wanted_op(w, P, "issues"), TOCSIN_DELIVER_REMIND);
    delivered(w);
    expect(w, P, "open reminded issues:open/open");
    w->now += HOUR;
    laws(w);
    w->now += 14 * DAY;
    decided(w);
    ck_assert_int_eq(wanted_op(w, P, "issues"), TOCSIN_DELIVER_REMIND);
    world_release(w);
}
END_TEST

START_TEST(a_new_rule_earns_trust)
{
    struct world *w =
        world("armed: true\n"
              "policy: {open: {any: [{pushes: 1}]}, budget: {new_per_pass: 99,"
              " new_per_rule_per_day: 2, trusted_after: 3}}\n"
              "routes:\n  - {owner: maintainers, via: [issues]}\n");

    many(w, 6, NULL);
    pass(w);
    ck_assert_int_eq(with_reason(w, REASON_OPENED), 2);
    ck_assert_int_eq(with_reason(w, REASON_BUDGET_RULE), 4);
    laws(w);
    w->now += DAY;
    pass(w);
    ck_assert_int_eq(with_reason(w, REASON_BUDGET_RULE), 2);
    /* those with most behind them came first; three of them are mended */
    for (int n = 3; n < 6; n++) {
        CLEANUP_FREE char *p = xasprintf("org/p%03d", n);

        green(w, p, F);
    }
    pass(w);
    w->now += DAY;
    many(w, 3, NULL);
    pass(w);
    ck_assert_int_eq(with_reason(w, REASON_BUDGET_RULE), 0);
    world_release(w);
}
END_TEST

START_TEST(budget_by_person)
{
    struct world *w = world(plain);

    many(w, 300, "zoe");
    pass(w);
    w->now += 2 * DAY;
    pass(w);
    ck_assert_int_eq(with_reason(w, REASON_OPENED), 1);
    ck_assert_int_eq(with_reason(w, REASON_BUDGET_PERSON), 299);
    expect(w, "org/p299", "open opened issues:open/open");
    laws(w);
    w->now += DAY;
    pass(w);
    ck_assert_int_eq(with_reason(w, REASON_BUDGET_PERSON), 298);
    expect(w, "org/p298", "open opened issues:open/open");
    world_release(w);
}
END_TEST

/* At 14:30 UTC it is half an hour to midnight in Tokyo. */
START_TEST(a_day_is_that_of_whoever_pays)
{
    struct world *w =
        world("armed: true\nzone: Europe/Berlin\n"
              "policy: {open: {any: [{pushes: 1}]}}\n"
              "persons: {zoe: {zone: Asia/Tokyo}}\n"
              "routes:\n  - {owner: maintainers, via: [issues]}\n");

    w->now += DAY - w->now % DAY + 14 * HOUR + 30 * MINUTE;
    for (int n = 0; n < 3; n++) {
        CLEANUP_FREE char *hers = xasprintf("org/z%d", n);
        CLEANUP_FREE char *his = xasprintf("org/y%d", n);

        owned(w, hers, "zoe");
        owned(w, his, "yan");
        red(w, hers, F);
        red(w, his, F);
    }
    pass(w);
    ck_assert_int_eq(with_reason(w, REASON_OPENED), 2);
    ck_assert_int_eq(with_reason(w, REASON_BUDGET_PERSON), 4);
    w->now += 29 * MINUTE;
    pass(w);
    ck_assert_int_eq(with_reason(w, REASON_BUDGET_PERSON), 4);
    w->now += MINUTE; /* a new day of hers, and not of his */
    pass(w);
    ck_assert_int_eq(with_reason(w, REASON_BUDGET_PERSON), 3);
    laws(w);
    w->now += 6 * HOUR + 59 * MINUTE; /* 21:59: his is yet to come */
    pass(w);
    ck_assert_int_eq(with_reason(w, REASON_BUDGET_PERSON), 3);
    w->now += MINUTE; /* midnight in Berlin, in summer */
    pass(w);
    ck_assert_int_eq(with_reason(w, REASON_BUDGET_PERSON), 2);
    world_release(w);
}
END_TEST

START_TEST(budget_by_pass_and_day)
{
    struct world *w = world(plain);

    many(w, 45, NULL);
    w->now += 2 * DAY;
    decided(w);
    ck_assert_int_eq(w->counts.wanted, 10);
    delivered(w);
    ck_assert_int_eq(with_reason(w, REASON_OPENED), 10);
    ck_assert_int_eq(with_reason(w, REASON_BUDGET_PASS), 35);
    expect(w, "org/p044", "open opened issues:open/open");
    expect(w, "org/p034", "open budget-pass");
    for (int n = 0; n < 3; n++) {
        w->now += 60;
        pass(w);
    }
    ck_assert_int_eq(with_reason(w, REASON_BUDGET_DAY), 15);
    laws(w);
    /* deferred, and over before its turn: never sent */
    green(w, "org/p000", F);
    pass(w);
    expect(w, "org/p000", "resolved recovered");
    w->now += DAY;
    pass(w);
    w->now += 60;
    pass(w);
    ck_assert_int_eq(with_reason(w, REASON_BUDGET_DAY), 0);
    expect(w, "org/p001", "open opened issues:open/open");
    world_release(w);
}
END_TEST

/* What could not be sent is not joined by more, day after day. */
START_TEST(a_sink_that_takes_nothing)
{
    struct world *w =
        world("armed: true\n"
              "policy: {open: {any: [{pushes: 1}]}, budget: {new_per_day: 4}}\n"
              "routes:\n  - {owner: maintainers, via: [issues]}\n");

    many(w, 12, NULL);
    owned(w, "org/a", "zoe");
    owned(w, "org/b", "zoe");
    red(w, "org/a", F);
    red(w, "org/b", F);
    for (int day = 0; day < 5; day++) {
        decided(w);
        ck_assert_int_eq(with_reason(w, REASON_OPENED), 4);
        w->now += DAY;
    }
    delivered(w);
    decided(w);
    delivered(w);
    ck_assert_int_eq(with_reason(w, REASON_BUDGET_DAY)
                         + with_reason(w, REASON_BUDGET_PERSON),
                     6);
    world_release(w);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        routes_with_a_digest_wait,     reminders,
        a_new_rule_earns_trust,        budget_by_person,
        a_day_is_that_of_whoever_pays, budget_by_pass_and_day,
        a_sink_that_takes_nothing,
    };

    return suite_run("budget", tests, ARRAY_SIZE(tests), NULL, NULL);
}
