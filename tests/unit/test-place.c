/* SPDX-License-Identifier: BSD-3-Clause */
/* Who hears of it: routes, owners, sinks and the fallback. */
#include <config.h>

#include "tests/unit/decide-world.h"
#include "tests/unit/suite.h"

START_TEST(no_owner_and_no_route)
{
    struct world *w = world(plain);

    red(w, "org/orphan", F);
    red(w, "else/where", F);
    w->now += 3 * DAY;
    pass(w);
    expect(w, "org/orphan", "open no-owner");
    expect(w, "else/where", "open no-route");
    laws(w);
    owned(w, "org/orphan", "yan");
    pass(w);
    expect(w, "org/orphan", "open opened issues:open/open");
    world_release(w);
}
END_TEST

START_TEST(a_muted_route_tells_nobody)
{
    struct world *w = world(
        "armed: true\n"
        "fallback: {owner: core, via: [chat], digest: 7d}\n"
        "routes:\n"
        "  - {match: {project: 'org/q*'}, via: []}\n"
        "  - {match: {project: 'org/*'}, owner: maintainers, via: [issues]}\n");

    red(w, "org/quiet", F);
    w->now += 3 * DAY;
    pass(w);
    expect(w, "org/quiet", "open muted");
    laws(w);
    world_release(w);
}
END_TEST

START_TEST(the_fallback_is_one_rolling_ticket)
{
    struct world *w = world(
        "armed: true\n"
        "fallback: {owner: core, via: [chat], digest: 7d}\n"
        "routes:\n"
        "  - {match: {project: 'org/*'}, owner: maintainers, via: [issues]}\n");
    struct ticket t;

    red(w, "org/orphan", F);
    red(w, "else/where", F);
    pass(w);
    ck_assert_int_eq(tickets(w), 1);
    w->now += 2 * DAY;
    pass(w);
    expect(w, NULL, "open opened chat:open/open");
    t = ticket(w, NULL);
    ck_assert_str_eq(t.owner, "core");
    ck_assert_str_eq(t.owner_from, "fallback");
    ticket_release(&t);
    laws(w);
    red(w, "else/two", F);
    w->now += 2 * DAY;
    pass(w);
    expect(w, NULL, "open digest-wait chat:open/open");
    laws(w);
    w->now += 5 * DAY;
    decided(w);
    ck_assert_int_eq(wanted_op(w, NULL, "chat"), TOCSIN_DELIVER_DIGEST);
    delivered(w);
    expect(w, NULL, "open reminded chat:open/open");
    laws(w);
    owned(w, "org/orphan", "yan");
    pass(w);
    expect(w, "org/orphan", "open opened issues:open/open");
    world_release(w);
}
END_TEST

static void late(struct world *w, const char *project, int64_t since)
{
    CLEANUP_JSON json_t *v = since ? json_integer(since) : json_null();

    ck_assert_int_eq(
        store_fact_put(
            w->st,
            &(struct fact){ "people", project, "owners_pending", v, w->now },
            NULL, NULL),
        0);
}

/* Its owners are yet to be read; what has none waits, but not for ever. */
START_TEST(nobody_is_not_the_same_as_not_read)
{
    struct world *w = world(
        "armed: true\n"
        "fallback: {owner: core, via: [chat], wait: 6h}\n"
        "routes:\n"
        "  - {match: {project: 'org/*'}, owner: maintainers, via: [issues]}\n");
    CLEANUP_JSON json_t *now = NULL;
    struct incident i;

    late(w, "org/late", w->now + 3 * DAY);
    red(w, "org/late", F);
    red(w, "org/slow", F);
    w->now += 3 * DAY;
    late(w, "org/slow", w->now);
    pass(w);
    expect(w, "org/late", "open facts-wait");
    expect(w, "org/slow", "open facts-wait");
    i = incident(w, "org/late", F);
    now = decide_explain(w->st, w->s, &i, w->now);
    ck_assert_str_eq(jx_str(now, "code"), REASON_FACTS_WAIT);
    incident_release(&i);
    w->now += HOUR;
    owned(w, "org/late", "yan");
    late(w, "org/late", 0);
    pass(w);
    expect(w, "org/late", "open opened issues:open/open");
    expect(w, "org/slow", "open facts-wait");
    w->now += 5 * HOUR;
    pass(w);
    expect(w, NULL, "open opened chat:open/open");
    late(w, "org/slow", w->now);
    w->now += HOUR;
    pass(w);
    expect(w, NULL, "open stands chat:open/open");
    laws(w);
    world_release(w);
}
END_TEST

START_TEST(who_loses_its_people_goes_to_the_fallback)
{
    struct world *w =
        told("armed: true\n"
             "fallback: {owner: core, via: [chat]}\n"
             "routes:\n  - {owner: maintainers, via: [issues]}\n");
    struct ticket t;

    fact(w, P, "owners", "[\"zoe\", \"yan\"]");
    fact(w, "login:zoe", "gone", "true");
    red(w, P, F);
    pass(w);
    t = ticket(w, P);
    ck_assert_uint_eq(json_array_size(t.persons), 1);
    ticket_release(&t);
    fact(w, P, "owners", "[]");
    w->now += HOUR;
    red(w, P, F);
    pass(w);
    expect(w, NULL, "open opened chat:open/open");
    expect(w, P, "open stands issues:open/open");
    laws(w);
    green(w, P, F);
    pass(w);
    expect(w, NULL, "resolved recovered chat:closed/closed");
    expect(w, P, "resolved recovered issues:closed/closed");
    world_release(w);
}
END_TEST

START_TEST(confidential_things_stay_so)
{
    struct world *w =
        world("armed: true\n"
              "routes:\n"
              "  - {match: {area: security}, owner: core, via: [chat],"
              " confidential: true}\n"
              "  - {owner: maintainers, via: [issues, vault]}\n");
    struct incident i = incident(w, P, "1:sec");

    str_replace(&i.category, "security/leak");
    put(w, i);
    w->now += 2 * DAY;
    pass(w);
    expect(w, P, "open confidential");
    laws(w);
    world_release(w);
    /* a security failure is confidential even where nobody said so, and in
     * a ticket of its own */
    w = world("armed: true\n"
              "policy: {budget: {new_per_person_per_day: 9}}\n"
              "routes:\n  - {owner: maintainers, via: [issues, vault]}\n");
    i = incident(w, P, "1:sec");
    str_replace(&i.category, "security/leak");
    put(w, i);
    w->now += 2 * DAY;
    pass(w);
    expect(w, P, "open opened vault:open/open");
    red(w, P, F);
    pass(w);
    ck_assert_int_eq(tickets(w), 2);
    world_release(w);
}
END_TEST

START_TEST(sinks_that_may_not_or_cannot)
{
    CLEANUP_FREE char *allow = xstrdup("org/b*");
    struct world *w = world(plain);
    struct instance *in = (struct instance *)settings_sink(w->s, "issues");

    in->allow = &allow;
    in->nr_allow = 1;
    red(w, P, F);
    owned(w, "org/bar", "yan");
    red(w, "org/bar", F);
    w->now += 2 * DAY;
    pass(w);
    expect(w, P, "open not-allowed");
    expect(w, "org/bar", "open opened issues:open/open");
    laws(w);
    in->allow = NULL;
    in->nr_allow = 0;
    world_release(w);
    w = world("armed: true\nroutes:\n  - {owner: maintainers, via: []}\n");
    red(w, P, F);
    w->now += 2 * DAY;
    pass(w);
    expect(w, P, "open muted");
    world_release(w);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        no_owner_and_no_route,
        a_muted_route_tells_nobody,
        the_fallback_is_one_rolling_ticket,
        nobody_is_not_the_same_as_not_read,
        who_loses_its_people_goes_to_the_fallback,
        confidential_things_stay_so,
        sinks_that_may_not_or_cannot,
    };

    return suite_run("place", tests, ARRAY_SIZE(tests), NULL, NULL);
}
