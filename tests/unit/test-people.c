/* SPDX-License-Identifier: BSD-3-Clause */
/* How people want to be told: when, where, together, or not at all. */
#include <config.h>

#include "tests/unit/decide-world.h"
#include "tests/unit/suite.h"

#define ROUTE                                                                  \
    "armed: true\n"                                                            \
    "routes:\n"                                                                \
    "  - {id: m, match: {project: 'org/*'}, owner: maintainers,"               \
    " via: [issues]}\n"

/* Why each of its people is not called: "amy:off zoe:quiet". */
static char *left(struct world *w, const char *project)
{
    struct ticket t = ticket(w, project);
    char *text = t.left ? json_dumps(t.left, JSON_SORT_KEYS | JSON_COMPACT)
                        : xstrdup("");

    ticket_release(&t);
    return text;
}

#define expect_left(w, project, text)                                          \
    do {                                                                       \
        CLEANUP_FREE char *is_ = left(w, project);                             \
        ck_assert_str_eq(is_, text);                                           \
    } while (0)

START_TEST(who_opted_out_hears_nothing)
{
    struct world *w =
        world(ROUTE "fallback: {owner: core, via: [chat], digest: 7d}\n"
                    "persons: {ZOE: {tell: 'off'}, yan: {tell: 'quiet'}}\n");

    red(w, P, F);
    owned(w, "org/quiet", "yan");
    fact(w, "org/both", "owners", "[\"amy\", \"zoe\"]");
    red(w, "org/quiet", F);
    red(w, "org/both", F);
    pass(w);
    w->now += 2 * DAY;
    pass(w);
    /* not the fallback either */
    ck_assert_int_eq(tickets(w), 3);
    expect(w, P, "open opted-out");
    expect(w, "org/quiet", "open opened issues:open/open");
    expect_left(w, "org/quiet", "{\"yan\":\"quiet\"}");
    expect(w, "org/both", "open opened issues:open/open");
    expect_left(w, "org/both", "{\"zoe\":\"off\"}");
    laws(w);
    green(w, P, F);
    pass(w);
    expect(w, P, "resolved recovered");
    world_release(w);
}
END_TEST

START_TEST(to_opt_out_later_is_quiet)
{
    struct world *w = told(ROUTE "policy: {remind: 1d}\n");

    expect(w, P, "open opened issues:open/open");
    world_configure(w, ROUTE "policy: {remind: 1d}\n"
                             "persons: {zoe: {tell: 'off'}}\n");
    str_replace(&w->s->digest, "another");
    w->now += 5 * DAY;
    pass(w);
    expect(w, P, "open opted-out issues:open/open");
    laws(w);
    green(w, P, F);
    pass(w);
    expect(w, P, "resolved recovered issues:closed/closed");
    world_release(w);
}
END_TEST

START_TEST(a_team_is_told_whatever_its_persons_want)
{
    struct world *w = world(
        "armed: true\n"
        "routes: [{owner: core, via: [issues]}]\n"
        "persons: {ada: {tell: 'off', via: [disk]}, bob: {tell: 'off'}}\n");

    red(w, P, F);
    pass(w);
    w->now += 2 * DAY;
    pass(w);
    expect(w, P, "open opened issues:open/open");
    expect_left(w, P, "{\"ada\":\"off\",\"bob\":\"off\"}");
    world_release(w);
}
END_TEST

START_TEST(they_are_told_where_they_want)
{
    struct world *w =
        world(ROUTE "policy: {budget: {new_per_person_per_day: 9}}\n"
                    "persons: {zoe: {via: [chat]}, sec: {via: [vault]}}\n");

    fact(w, "org/both", "owners", "[\"amy\", \"zoe\"]");
    owned(w, "org/secret", "zoe");
    owned(w, "org/vault", "sec");
    red(w, P, F);
    red(w, "org/both", F);
    red(w, "org/vault", F);
    put(w, (struct incident){
               .project = xstrdup("org/secret"),
               .branch = xstrdup("main"),
               .fingerprint = xstrdup(F),
               .kind = xstrdup("build"),
               .source = xstrdup("builds"),
               .category = xstrdup("security/leak"),
               .failure = json_object(),
               .standing = true,
               .first_seen = w->now,
               .last_seen = w->now,
               .pushes = 1,
           });
    pass(w);
    w->now += 2 * DAY;
    pass(w);
    expect(w, P, "open opened chat:open/open");
    expect(w, "org/both", "open opened chat:open/open issues:open/open");
    expect(w, "org/vault", "open opened vault:open/open");
    /* chat may not have it: the route's sinks are asked, and may not either */
    expect(w, "org/secret", "open confidential");
    world_release(w);
}
END_TEST

/* T0 is a Monday, 14:13 UTC. */
START_TEST(what_could_not_be_sent_in_time_waits)
{
    struct world *w = world(
        "armed: true\n"
        "windows: {office: {weekdays: mon:fri, times: '09:00-17:00'}}\n"
        "policy: {remind: 1d, budget: {new_per_person_per_day: 1}}\n"
        "routes: [{owner: maintainers, via: [issues], active: office}]\n");
    struct ticket t;
    int64_t spent;

    red(w, P, F);
    pass(w);
    w->now += 2 * DAY;
    decided(w); /* the sink is down */
    expect(w, P, "open opened issues:open/none");
    w->now += 4 * HOUR;
    pass(w);
    expect(w, P, "open window issues:none/none");
    laws(w);
    t = ticket(w, P);
    ck_assert_int_eq(t.next_at, T0 - T0 % DAY + 3 * DAY + 9 * HOUR);
    ticket_release(&t);
    store_spent_count(w->st, "zoe", T0, &spent, NULL);
    ck_assert_int_eq(spent, 0);
    w->now = T0 - T0 % DAY + 3 * DAY + 9 * HOUR;
    pass(w);
    expect(w, P, "open opened issues:open/open");
    /* a reminder of Friday morning that could not be sent */
    w->now += DAY;
    decided(w);
    ck_assert_int_eq(wanted_op(w, P, "issues"), TOCSIN_DELIVER_REMIND);
    w->now += 12 * HOUR;
    decided(w);
    ck_assert_int_eq(wanted_op(w, P, "issues"), TOCSIN_DELIVER_UPDATE);
    delivered(w);
    w->now += 2 * DAY;
    pass(w);
    expect(w, P, "open stands issues:open/open");
    w->now = T0 - T0 % DAY + 7 * DAY + 9 * HOUR;
    decided(w);
    ck_assert_int_eq(wanted_op(w, P, "issues"), TOCSIN_DELIVER_REMIND);
    delivered(w);
    /* it closes at any time */
    w->now += 12 * HOUR;
    green(w, P, F);
    pass(w);
    expect(w, P, "resolved recovered issues:closed/closed");
    world_release(w);
}
END_TEST

START_TEST(healed_before_they_could_be_told)
{
    struct world *w =
        world("armed: true\n"
              "windows: {office: {weekdays: mon:fri, times: '09:00-14:00'}}\n"
              "policy: {open: {any: [{pushes: 1}]}}\n"
              "persons: {zoe: {active: office}}\n"
              "routes: [{owner: maintainers, via: [issues]}]\n");

    red(w, P, F);
    pass(w);
    expect(w, P, "open window");
    w->now += 10 * HOUR;
    green(w, P, F);
    pass(w);
    expect(w, P, "resolved recovered");
    w->now += DAY;
    pass(w);
    expect(w, P, "resolved recovered");
    laws(w);
    world_release(w);
}
END_TEST

START_TEST(labels_speak_for_a_project)
{
    struct world *w = told(ROUTE "digests: {via: [chat], at_least: 5}\n");

    feedback(w, P, "open", NULL, "[\"tocsin: off\"]");
    pass(w);
    expect(w, P, "open opted-out issues:open/open");
    laws(w);
    /* whatever it is, and also when this is over */
    green(w, P, F);
    pass(w);
    w->now += DAY;
    red(w, P, "1:bbbb");
    pass(w);
    w->now += 5 * DAY;
    pass(w);
    expect(w, P, "pending opted-out issues:closed/closed");
    feedback(w, P, "completed", NULL, "[\"tocsin: digest\"]");
    pass(w);
    pass(w);
    expect(w, P, "open in-digest issues:closed/closed");
    w->now += DAY;
    pass(w);
    expect(w, NULL, "open opened chat:open/open");
    feedback(w, P, "completed", NULL, "[]");
    pass(w);
    pass(w);
    /* what a digest told is told; what comes next is told by itself */
    expect(w, P, "open in-digest issues:closed/closed");
    green(w, P, "1:bbbb");
    pass(w);
    w->now += 20 * DAY;
    red(w, P, F);
    pass(w);
    w->now += 2 * DAY;
    pass(w);
    expect(w, P, "open reopened issues:open/open");
    world_release(w);
}
END_TEST

START_TEST(a_digest_that_is_not_sent_told_nobody)
{
    struct world *w = world(ROUTE "policy: {open: {any: [{pushes: 1}]},"
                                  " budget: {new_per_person_per_day: 1}}\n"
                                  "digests: {via: [chat], at_least: 2}\n");

    many(w, 5, "zoe");
    decided(w);
    delivered(w);
    ck_assert_int_eq(with_reason(w, REASON_BUDGET_PERSON), 4);
    decided(w);
    w->now += DAY;
    decided(w); /* the digest was to be sent, and was not */
    ck_assert_int_eq(with_reason(w, REASON_IN_DIGEST), 0);
    ck_assert_int_eq(with_reason(w, REASON_BUDGET_PERSON), 3);
    delivered(w);
    w->now += DAY;
    pass(w);
    ck_assert_int_eq(with_reason(w, REASON_IN_DIGEST), 3);
    ck_assert_int_eq(with_reason(w, REASON_BUDGET_PERSON), 0);
    pass(w);
    laws(w);
    world_release(w);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        who_opted_out_hears_nothing,
        to_opt_out_later_is_quiet,
        a_team_is_told_whatever_its_persons_want,
        they_are_told_where_they_want,
        what_could_not_be_sent_in_time_waits,
        healed_before_they_could_be_told,
        labels_speak_for_a_project,
        a_digest_that_is_not_sent_told_nobody,
    };

    return suite_run("people", tests, ARRAY_SIZE(tests), NULL, NULL);
}
