/* SPDX-License-Identifier: BSD-3-Clause */
/* What stood before Tocsin was armed: known, and not told. */
#include <config.h>

#include "tests/unit/decide-world.h"
#include "tests/unit/suite.h"

static const char local_too[] =
    "routes:\n"
    "  - {owner: maintainers, via: [issues, disk]}\n";
static const char local_too_armed[] =
    "armed: true\n"
    "routes:\n"
    "  - {owner: maintainers, via: [issues, disk]}\n";

START_TEST(unarmed_only_local_sinks_are_told)
{
    struct world *w = told(local_too);
    int64_t spent;

    expect(w, P, "open unarmed disk:open/open");
    laws(w);
    store_spent_count(w->st, NULL, 0, &spent, NULL);
    ck_assert_int_eq(spent, 0);
    world_configure(w, "routes:\n  - {owner: maintainers, via: [issues]}\n");
    red(w, "org/bar", F);
    owned(w, "org/bar", "zoe");
    w->now += 2 * DAY;
    pass(w);
    expect(w, "org/bar", "open unarmed");
    world_release(w);
}
END_TEST

START_TEST(arming_makes_a_backlog)
{
    struct world *w = told(local_too);
    struct ticket t;

    world_configure(w, local_too_armed);
    w->now += HOUR;
    pass(w);
    expect(w, P, "open backlog disk:open/open");
    laws(w);
    /* what comes later is told */
    owned(w, "org/bar", "yan");
    red(w, "org/bar", F);
    pass(w);
    w->now += 2 * DAY;
    pass(w);
    expect(w, "org/bar", "open opened issues:open/open disk:open/open");
    t = ticket(w, P);
    ck_assert(t.backlog);
    ck_assert_int_eq(decide_backlog_release(w->st, t.key, w->now, NULL), 1);
    ticket_release(&t);
    w->now += DAY;
    pass(w);
    expect(w, P, "open opened issues:open/open disk:open/open");
    laws(w);
    world_release(w);
}
END_TEST

START_TEST(what_only_local_sinks_tell_is_no_backlog)
{
    struct world *w = told("routes:\n"
                           "  - {owner: maintainers, via: [disk]}\n");

    expect(w, P, "open unarmed disk:open/open");
    world_configure(w, "armed: true\nroutes:\n"
                       "  - {owner: maintainers, via: [disk]}\n");
    pass(w);
    expect(w, P, "open stands disk:open/open");
    world_release(w);
}
END_TEST

/* Armed at once with another route, or some time before it. */
START_TEST(what_only_local_sinks_told_is_backlog_elsewhere)
{
    static const char far[] = "armed: true\nroutes:\n"
                              "  - {owner: maintainers, via: [issues]}\n";
    struct world *w = told("routes:\n"
                           "  - {owner: maintainers, via: [disk]}\n");
    struct ticket t;

    if (_i) {
        world_configure(w, "armed: true\nroutes:\n"
                           "  - {owner: maintainers, via: [disk]}\n");
        pass(w);
        expect(w, P, "open stands disk:open/open");
    }
    world_configure(w, far);
    w->now += HOUR;
    pass(w);
    expect(w, P, "open backlog disk:open/open");
    laws(w);
    w->now += HOUR;
    pass(w);
    expect(w, P, "open backlog disk:open/open");
    t = ticket(w, P);
    ck_assert_int_eq(decide_backlog_release(w->st, t.key, w->now, NULL), 1);
    ticket_release(&t);
    w->now += DAY;
    pass(w);
    expect(w, P, "open opened issues:open/open");
    laws(w);
    world_release(w);
}
END_TEST

START_TEST(a_backlog_recovers_in_silence)
{
    struct world *w = told(local_too);

    world_configure(w, local_too_armed);
    pass(w);
    w->now += HOUR;
    green(w, P, F);
    pass(w);
    expect(w, P, "resolved recovered disk:closed/closed");
    w->now += HOUR; /* a relapse is news */
    red(w, P, F);
    pass(w);
    expect(w, P, "open opened issues:open/open disk:open/open");
    world_release(w);
}
END_TEST

START_TEST(a_backlog_is_released_by_the_day)
{
    struct world *w =
        world("policy: {backlog: {per_day: 2}}\n"
              "routes:\n  - {owner: maintainers, via: [issues]}\n");

    many(w, 6, NULL);
    pass(w);
    w->now += 2 * DAY;
    pass(w);
    ck_assert_int_eq(with_reason(w, REASON_UNARMED), 6);
    world_configure(w, "armed: true\n"
                       "policy: {backlog: {per_day: 2}}\n"
                       "routes:\n  - {owner: maintainers, via: [issues]}\n");
    pass(w);
    ck_assert_int_eq(with_reason(w, REASON_BACKLOG), 6);
    w->now += HOUR;
    pass(w);
    ck_assert_int_eq(with_reason(w, REASON_BACKLOG), 4);
    ck_assert_int_eq(with_reason(w, REASON_OPENED), 2);
    expect(w, "org/p005", "open opened issues:open/open");
    expect(w, "org/p004", "open opened issues:open/open");
    w->now += HOUR;
    pass(w);
    ck_assert_int_eq(with_reason(w, REASON_BACKLOG), 4);
    w->now += DAY;
    pass(w);
    ck_assert_int_eq(with_reason(w, REASON_BACKLOG), 2);
    world_release(w);
}
END_TEST

START_TEST(armed_from_the_start_old_trouble_is_backlog)
{
    struct world fresh, *w = &fresh;
    struct incident i;

    world_init(w, plain);
    owned(w, P, "zoe");
    i = incident(w, P, F);
    i.first_seen -= 90 * DAY;
    put(w, i);
    owned(w, "org/bar", "yan");
    red(w, "org/bar", F);
    pass(w);
    expect(w, P, "open backlog");
    w->now += 2 * DAY;
    pass(w);
    expect(w, P, "open backlog");
    expect(w, "org/bar", "open opened issues:open/open");
    laws(w);
    world_release(w);
}
END_TEST

int main(void)
{
    const struct suite_case cases[] = {
        { unarmed_only_local_sinks_are_told, 1 },
        { arming_makes_a_backlog, 1 },
        { what_only_local_sinks_tell_is_no_backlog, 1 },
        { what_only_local_sinks_told_is_backlog_elsewhere, 2 },
        { a_backlog_recovers_in_silence, 1 },
        { a_backlog_is_released_by_the_day, 1 },
        { armed_from_the_start_old_trouble_is_backlog, 1 },
    };

    return suite_cases("backlog", cases, ARRAY_SIZE(cases));
}
