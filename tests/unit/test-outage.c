/* SPDX-License-Identifier: BSD-3-Clause */
/* Outbreaks as people see them: one message, and no owner is told. */
#include <config.h>

#include "tests/unit/decide-world.h"
#include "tests/unit/suite.h"

static int words_of(void *user, const struct decision *d)
{
    str_replace(user, d->text);
    return 0;
}

START_TEST(an_outbreak_is_one_message)
{
    struct world *w = world(infra);
    struct ticket t;

    owned(w, "org/bar", "yan");
    owned(w, "org/old", "xia");
    hit(w, "org/old", F, "unknown", NULL);
    pass(w);
    w->now += 2 * DAY;
    pass(w); /* told before it showed as one thing */
    expect(w, "org/old", "open opened issues:open/open");
    outbreak(w, "K", "forming", F);
    hit(w, "org/old", F, "unknown", "K");
    hit(w, P, F, "unknown", "K");
    hit(w, "org/bar", F, "unknown", "K");
    pass(w);
    expect(w, P, "pending outbreak-hold");
    expect(w, "org/old", "open outbreak-hold issues:open/open");
    ck_assert_int_eq(tickets(w), 3);
    laws(w);
    outbreak(w, "K", "on", F);
    pass(w);
    expect(w, NULL, "open opened chat:open/open");
    expect(w, P, "pending inhibited");
    expect(w, "org/old", "resolved withdrawn issues:closed/closed");
    laws(w);
    t = ticket(w, NULL);
    ck_assert_str_eq(t.kind, "outbreak");
    ck_assert_str_eq(t.owner, "core");
    {
        CLEANUP_FREE char *said = NULL;

        /* by the threshold of outbreaks, not by the ordinary one */
        store_decision_each(w->st, t.key, words_of, &said, NULL);
        ck_assert_ptr_nonnull(strstr(said, "It has hit 20 projects of 20 "
                                           "owners since"));
        ck_assert_ptr_null(strstr(said, "It is told after"));
    }
    {
        struct ticket old = ticket(w, "org/old");

        ck_assert_str_eq(old.parent, t.key);
        ticket_release(&old);
    }
    ticket_release(&t);
    /* days later it still inhibits, and what recovers was never told */
    w->now += 5 * DAY;
    green(w, "org/bar", F);
    pass(w);
    expect(w, "org/bar", "resolved never-opened");
    expect(w, P, "pending inhibited");
    /* over: what is not the infrastructure's to mend is told as usual */
    outbreak(w, "K", "over", F);
    pass(w);
    expect(w, P, "open opened issues:open/open");
    expect(w, "org/old", "open reopened issues:open/open");
    laws(w);
    world_release(w);
}
END_TEST

START_TEST(the_restart_list_stays_with_core)
{
    struct world *w = world(infra);

    owned(w, "org/bar", "yan");
    outbreak(w, "K", "on", NULL);
    hit(w, P, "1:f1", "infrastructure", "K");
    hit(w, "org/bar", "1:f2", "infrastructure", "K");
    red(w, "org/really", "1:broken");
    owned(w, "org/really", "xia");
    pass(w);
    /* one outbreak by category, two fingerprints with tickets of their own
     * that it holds */
    {
        struct ticket_query q = { 0 };
        struct tally a = { .reason = REASON_OPENED };

        store_ticket_each(w->st, &q, tally_one, &a, NULL);
        free(a.last);
        ck_assert_int_eq(a.nr, 1);
    }
    ck_assert_int_eq(with_reason(w, REASON_INHIBITED), 2);
    laws(w);
    w->now += 2 * DAY;
    pass(w);
    expect(w, "org/really", "open opened issues:open/open");
    green(w, "org/bar", "1:f2");
    outbreak(w, "K", "over", NULL);
    decided(w);
    ck_assert_int_eq(with_reason(w, REASON_REMINDED), 1);
    ck_assert_int_eq(with_reason(w, REASON_INHIBITED), 1);
    delivered(w);
    laws(w);
    w->now += HOUR;
    green(w, P, "1:f1");
    pass(w);
    ck_assert_int_eq(with_reason(w, REASON_RECOVERED), 1);
    laws(w);
    world_release(w);
}
END_TEST

START_TEST(a_hold_ends_with_the_clock)
{
    struct world *w = world(infra);

    outbreak(w, "K", "forming", F);
    red(w, P, F);
    red(w, P, F);
    red(w, P, F);
    hit(w, P, F, "unknown", "K");
    pass(w);
    expect(w, P, "pending outbreak-hold");
    w->now += HOUR; /* policy.outbreak.hold */
    pass(w);
    expect(w, P, "open opened issues:open/open");
    world_release(w);
}
END_TEST

START_TEST(outages_come_before_owners)
{
    struct world *w =
        world("armed: true\n"
              "policy: {budget: {new_per_pass: 1, new_per_day: 1}}\n"
              "routes:\n"
              "  - {id: infra, match: {blame: infrastructure},"
              " group_by: [category, fingerprint], owner: core, via: [chat]}\n"
              "  - {id: maintainers, owner: maintainers, via: [issues]}\n");

    many(w, 3, NULL);
    w->now += 2 * DAY;
    pass(w);
    ck_assert_int_eq(with_reason(w, REASON_OPENED), 1);
    outbreak(w, "K", "on", F);
    hit(w, P, F, "infrastructure", "K");
    w->now += 60;
    pass(w); /* the day is spent; an outage is told */
    expect(w, NULL, "open opened chat:open/open");
    world_release(w);
}
END_TEST

START_TEST(an_outage_costs_the_day_nothing)
{
    struct world *w =
        world("armed: true\n"
              "policy: {open: {any: [{pushes: 1}]},"
              " budget: {new_per_pass: 1, new_per_day: 1}}\n"
              "routes:\n"
              "  - {id: infra, match: {blame: infrastructure},"
              " group_by: [category, fingerprint], owner: core, via: [chat]}\n"
              "  - {id: maintainers, owner: maintainers, via: [issues]}\n");

    fact(w, "org/bar", "descendants", "9999");
    owned(w, "org/bar", "yan");
    red(w, "org/bar", F);
    outbreak(w, "K", "on", F);
    hit(w, P, F, "infrastructure", "K");
    pass(w); /* class before owner */
    expect(w, NULL, "open opened chat:open/open");
    expect(w, "org/bar", "open budget-pass");
    w->now += 60;
    pass(w);
    expect(w, "org/bar", "open opened issues:open/open");
    world_release(w);
}
END_TEST

START_TEST(an_outbreak_nobody_told_of_inhibits_nothing)
{
    struct world *w = world(infra);
    struct ticket t;

    hit(w, P, F, "infrastructure", "K");
    outbreak(w, "K", "over", NULL);
    pass(w);
    ck_assert_int_eq(tickets(w), 1);
    t = ticket(w, NULL);
    ck_assert_str_eq(t.reason, REASON_PENDING);
    ticket_release(&t);
    world_release(w);
}
END_TEST

START_TEST(an_outage_of_thousands)
{
    struct world *w = world(infra);
    int64_t began;
    struct err err = ERR_INIT;

    ck_assert_int_eq(store_begin(w->st, STORE_BATCH, &err), 0);
    outbreak(w, "K", "on", F);
    for (int n = 0; n < 3000; n++) {
        CLEANUP_FREE char *p = xasprintf("org/p%04d", n);

        owned(w, p, p + 4);
        hit(w, p, F, "infrastructure", "K");
    }
    ck_assert_int_eq(store_commit(w->st, &err), 0);
    began = suite_cpu_ms();
    decided(w);
    ck_assert_int_lt(suite_cpu_ms() - began, 20000);
    ck_assert_int_eq(w->counts.incidents, 3000);
    delivered(w);
    expect(w, NULL, "open opened chat:open/open");
    world_release(w);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        an_outbreak_is_one_message,
        the_restart_list_stays_with_core,
        a_hold_ends_with_the_clock,
        outages_come_before_owners,
        an_outage_costs_the_day_nothing,
        an_outbreak_nobody_told_of_inhibits_nothing,
        an_outage_of_thousands,
    };

    return suite_run("outage", tests, ARRAY_SIZE(tests), NULL, NULL);
}
