/* SPDX-License-Identifier: BSD-3-Clause */
/* Silences: what they hold, and until when. */
#include <config.h>

#include "tests/unit/decide-world.h"
#include "tests/unit/suite.h"

START_TEST(silences_hold_until_they_end)
{
    struct world *w = world(plain);

    red(w, P, F);
    silence(w, "{\"project\": [\"org/f*\"], \"area\": [\"dependency\"]}",
            w->now + 5 * DAY);
    pass(w);
    expect(w, P, "pending silenced");
    w->now += 3 * DAY;
    pass(w);
    expect(w, P, "pending silenced");
    laws(w);
    w->now += 2 * DAY;
    pass(w);
    expect(w, P, "open opened issues:open/open");
    /* what is told already stays, and still closes */
    silence(w, "{\"rule\": \"conda/*\"}", 0);
    w->now += HOUR;
    red(w, P, F);
    pass(w);
    expect(w, P, "open silenced issues:open/open");
    w->now += HOUR;
    green(w, P, F);
    pass(w);
    expect(w, P, "resolved recovered issues:closed/closed");
    laws(w);
    world_release(w);
}
END_TEST

START_TEST(a_silence_elsewhere_is_no_silence)
{
    struct world *w = world(plain);

    red(w, P, F);
    silence(w, "{\"project\": [\"org/bar\"]}", 0);
    silence(w, "{\"branch\": [\"v1\"]}", 0);
    silence(w, "{\"owner\": [\"nobody\"]}", 0);
    w->now += 2 * DAY;
    pass(w);
    expect(w, P, "open opened issues:open/open");
    silence(w, "{\"owner\": [\"zoe\"]}", 0);
    pass(w);
    expect(w, P, "open silenced issues:open/open");
    world_release(w);
}
END_TEST

START_TEST(still_wanted_looks_again)
{
    struct world *w = world(plain);
    struct ticket t;
    struct outbox o;

    red(w, P, F);
    w->now += 2 * DAY;
    decided(w);
    t = ticket(w, P);
    ck_assert_int_eq(store_outbox_get(w->st, t.id, "issues", &o, NULL), 1);
    ck_assert(decide_still_wanted(w->st, &o, &t, w->now));
    silence(w, "{\"project\": [\"org/bar\"]}", 0);
    ck_assert(decide_still_wanted(w->st, &o, &t, w->now));
    silence(w, "{\"project\": [\"org/foo\"]}", 0);
    ck_assert(!decide_still_wanted(w->st, &o, &t, w->now));
    outbox_release(&o);
    ticket_release(&t);
    decided(w);
    expect(w, P, "open silenced issues:none/none");
    world_release(w);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        silences_hold_until_they_end,
        a_silence_elsewhere_is_no_silence,
        still_wanted_looks_again,
    };

    return suite_run("silence", tests, ARRAY_SIZE(tests), NULL, NULL);
}
