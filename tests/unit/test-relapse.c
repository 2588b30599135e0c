/* SPDX-License-Identifier: BSD-3-Clause */
/* What comes back: green must last, and a ticket that flaps is held. */
#include <config.h>

#include "tests/unit/decide-world.h"
#include "tests/unit/suite.h"

START_TEST(green_must_last)
{
    struct world *w =
        told("armed: true\n"
             "policy: {resolve: {greens: 2, quiet: 1d}}\n"
             "routes:\n  - {owner: maintainers, via: [issues]}\n");
    struct incident i;

    w->now += HOUR;
    green(w, P, F);
    pass(w);
    expect(w, P, "open flapping issues:open/open");
    i = incident(w, P, F);
    i.greens = 2;
    put(w, i);
    pass(w);
    expect(w, P, "open flapping issues:open/open");
    i = incident(w, P, F);
    ck_assert_int_eq(i.next_at, w->now + DAY);
    incident_release(&i);
    laws(w);
    w->now += DAY;
    pass(w);
    expect(w, P, "resolved recovered issues:closed/closed");
}
END_TEST

START_TEST(a_relapse_reopens_the_same_ticket)
{
    struct world *w = told(plain);
    struct ticket t;

    w->now += HOUR;
    green(w, P, F);
    pass(w);
    w->now += DAY;
    red(w, P, F);
    decided(w);
    ck_assert_int_eq(wanted_op(w, P, "issues"), TOCSIN_DELIVER_REOPEN);
    delivered(w);
    expect(w, P, "open reopened issues:open/open");
    t = ticket(w, P);
    ck_assert_int_eq(t.reopened, 1);
    ticket_release(&t);
    laws(w);
    /* late: the threshold counts again, the ticket is the same */
    w->now += HOUR;
    green(w, P, F);
    pass(w);
    w->now += 30 * DAY;
    red(w, P, F);
    pass(w);
    expect(w, P, "pending pending issues:closed/closed");
    laws(w);
    w->now += 2 * DAY;
    pass(w);
    expect(w, P, "open reopened issues:open/open");
    ck_assert_int_eq(tickets(w), 1);
}
END_TEST

START_TEST(flapping_is_held_open)
{
    struct world *w = told(plain);

    for (int n = 0; n < 3; n++) {
        w->now += HOUR;
        green(w, P, F);
        pass(w);
        w->now += HOUR;
        red(w, P, F);
        pass(w);
    }
    w->now += HOUR;
    green(w, P, F);
    pass(w);
    expect(w, P, "open flapping issues:open/open");
    laws(w);
    w->now += 3 * DAY;
    pass(w);
    expect(w, P, "resolved recovered issues:closed/closed");
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        green_must_last,
        a_relapse_reopens_the_same_ticket,
        flapping_is_held_open,
    };

    return suite_run("relapse", tests, ARRAY_SIZE(tests), NULL, world_after);
}
