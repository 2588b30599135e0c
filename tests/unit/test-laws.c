/* SPDX-License-Identifier: BSD-3-Clause */
/* Whatever happens, the laws hold. */
#include <config.h>

#include "tests/unit/decide-world.h"
#include "tests/unit/suite.h"

static uint64_t seed;

static int dice(int sides)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int)((seed >> 33) % (uint64_t)sides);
}

static int row_law(void *user, struct outbox *o)
{
    struct world *w = user;
    struct ticket t;

    ck_assert_int_eq(store_ticket_by_id(w->st, o->ticket, &t, NULL), 1);
    if (!strcmp(o->want, "open"))
        ck_assert_msg(t.state == TICKET_OPEN
                          || !str_cmp0(jx_str(t.human, "state"), "open"),
                      "%s wants open, its ticket is %s (%s)", o->sink,
                      ticket_state_name(t.state), str_or(t.reason, "-"));
    if (t.state == TICKET_RESOLVED)
        ck_assert(o->state == OUTBOX_IDLE
                  || o->want_op == TOCSIN_DELIVER_RESOLVE);
    ticket_release(&t);
    return 0;
}

static void chance(struct world *w)
{
    static const char *const labels[] = {
        "[]",
        "[\"tocsin: snooze\"]",
        "[\"tocsin: wrong\"]",
        "[\"tocsin: snooze 2d\", \"mine\"]",
        NULL,
    };
    static const char *const states[] = { "open", "completed", "not_planned",
                                          "duplicate", "deleted" };
    static const char *const phase[] = { "forming", "on", "over" };
    CLEANUP_FREE char *p = xasprintf("org/p%d", dice(8));
    CLEANUP_FREE char *f = xasprintf("1:f%d", dice(3));
    struct ticket_query q = { .project = p };
    struct incident i;
    int n = 0;

    switch (dice(14)) {
    case 0:
    case 1:
    case 2:
    case 3:
        red(w, p, f);
        break;
    case 4:
    case 5:
    case 6:
        i = incident(w, p, f);
        if (i.id)
            ends(w, p, f, 1 + dice(6));
        incident_release(&i);
        break;
    case 7:
    case 8:
        store_ticket_each(w->st, &q, look_count, &n, NULL);
        if (n == 1)
            feedback(w, p, states[dice(5)], dice(3) ? "zoe" : NULL,
                     labels[dice(5)]);
        break;
    case 9:
        silence(w,
                dice(2) ? "{\"project\": [\"org/p[1-3]\"]}"
                        : "{\"area\": [\"infra\"]}",
                w->now + dice(5) * DAY + 1);
        break;
    case 10:
        fact(w, p, "archived", dice(4) ? NULL : "true");
        break;
    case 11:
        fact(w, p, "owners", dice(3) ? "[\"zoe\"]" : "[]");
        break;
    case 12:
        outbreak(w, "K", phase[dice(3)], "1:f0");
        break;
    default:
        hit(w, p, "1:f0", dice(2) ? "infrastructure" : "upstream",
            dice(3) ? "K" : NULL);
        break;
    }
}

START_TEST(whatever_happens_the_laws_hold)
{
    static const char *const config[] = {
        "armed: true\n"
        "policy: {remind: 9d, flaky: {rate: 2}, resolve: {quiet: 2h}}\n"
        "fallback: {owner: core, via: [chat], digest: 3d}\n"
        "routes:\n"
        "  - {id: infra, match: {blame: infrastructure},"
        " group_by: [category, fingerprint], owner: core, via: [chat]}\n"
        "  - {id: m, owner: maintainers, via: [issues]}\n",
        "armed: true\n"
        "routes:\n"
        "  - {id: m, owner: maintainers, via: [issues, disk]}\n",
    };

    for (int round = 0; round < 12; round++) {
        struct world *w = world(config[round % 2]);

        seed = (uint64_t)round + 1;
        for (int n = 0; n < 120; n++) {
            for (int k = dice(4); k >= 0; k--)
                chance(w);
            decided(w);
            store_outbox_each(w->st, NULL, false, row_law, w, NULL);
            if (dice(5))
                delivered(w);
            laws(w);
            w->now += dice(3) ? dice(6) * HOUR : dice(4) * DAY + 1;
            if (n == 60)
                world_configure(w, config[(round + 1) % 2]);
        }
        world_release(w);
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        whatever_happens_the_laws_hold,
    };

    return suite_run("laws", tests, ARRAY_SIZE(tests), NULL, NULL);
}
