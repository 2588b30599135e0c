/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An owner whom no sink can reach: the marks that the sinks' answers leave
 * are made by hand here; tests/scenarios/unreachable.yaml plays it whole.
 */
#include <config.h>

#include "tests/unit/decide-world.h"
#include "tests/unit/suite.h"

static const char config[] =
    "armed: true\n"
    "policy: {open: {any: [{pushes: 1}]}}\n"
    "routes:\n"
    "  - {id: maintainers, match: {project: 'org/*'}, owner: maintainers,"
    " via: [issues, chat]}\n"
    "fallback: {owner: core, via: [chat], digest: 1d}\n";

/* The sink said that it cannot reach who has the ticket now. */
static void cannot(struct world *w, const char *sink)
{
    struct ticket t = ticket_kind(w, P, "build");
    json_t *mark = t.unreached
                       ? json_deep_copy(t.unreached)
                       : json_pack("{s:s, s:O, s:{}, s:{}}", "owner", t.owner,
                                   "persons", t.persons, "contacts", "sinks");

    jx_set_int(jx_obj(mark, "sinks"), sink, w->now);
    ck_assert_int_eq(store_ticket_unreached(w->st, t.id, mark, NULL), 0);
    json_decref(mark);
    ticket_release(&t);
}

/* It took a delivery and said so then, and is to be tried again by now. */
static void refused(struct world *w, const char *sink)
{
    struct ticket t = ticket_kind(w, P, "build");
    json_t *mark = json_deep_copy(t.unreached);

    json_object_del(jx_obj(mark, "sinks"), sink);
    json_object_set_new(mark, "refused", json_pack("{s:I}", sink, w->now));
    ck_assert_int_eq(store_ticket_unreached(w->st, t.id, mark, NULL), 0);
    json_decref(mark);
    ticket_release(&t);
}

static void arrived(struct world *w)
{
    struct ticket t = ticket_kind(w, P, "build");

    ck_assert_int_eq(store_ticket_unreached(w->st, t.id, NULL, NULL), 0);
    ticket_release(&t);
}

/* Red, and no sink of the route reaches those whose it is. */
static struct world *out_of_reach(void)
{
    struct world *w = world(config);

    red(w, P, F);
    decided(w);
    cannot(w, "issues");
    cannot(w, "chat");
    return w;
}

static char *reason(struct world *w, const char *project, const char *kind)
{
    struct ticket t = ticket_kind(w, project, kind);
    char *is = xasprintf("%s:%s:%s", str_or(t.reason, "-"),
                         str_or(t.owner, "-"), ticket_state_name(t.state));

    ticket_release(&t);
    return is;
}

#define says(w, project, kind, text)                                           \
    do {                                                                       \
        CLEANUP_FREE char *is_ = reason(w, project, kind);                     \
        ck_assert_str_eq(is_, text);                                           \
    } while (0)

START_TEST(one_sink_that_reaches_them_is_enough)
{
    struct world *w = world(config);

    red(w, P, F);
    decided(w);
    cannot(w, "issues");
    decided(w);
    says(w, P, "build", "stands:maintainers:open");
    ck_assert_int_eq(tickets(w), 1);
    ck_assert_int_eq(wanted_op(w, P, "chat"), TOCSIN_DELIVER_OPEN);
    laws(w);
}
END_TEST

START_TEST(none_means_the_fallback)
{
    struct world *w = out_of_reach();

    decided(w);
    says(w, P, "build", "unreachable:maintainers:open");
    says(w, NULL, "fallback", "opened:core:open");
    ck_assert_int_eq(wanted_op(w, P, "issues"), 0);
    ck_assert_int_eq(wanted_op(w, P, "chat"), 0);
    laws(w);
}
END_TEST

START_TEST(the_fallback_keeps_it_until_a_try_arrives)
{
    struct world *w = out_of_reach();

    pass(w);
    w->now += DAY;
    refused(w, "issues");
    decided(w);
    says(w, P, "build", "opened:maintainers:open");
    ck_assert_int_eq(wanted_op(w, P, "issues"), TOCSIN_DELIVER_OPEN);
    says(w, NULL, "fallback", "stands:core:open");
    /* it was in vain */
    cannot(w, "issues");
    decided(w);
    says(w, P, "build", "unreachable:maintainers:open");
    says(w, NULL, "fallback", "stands:core:open");
    w->now += DAY;
    refused(w, "issues");
    pass(w);
    arrived(w);
    decided(w);
    says(w, P, "build", "stands:maintainers:open");
    says(w, NULL, "fallback", "superseded:core:resolved");
    laws(w);
}
END_TEST

START_TEST(the_mark_is_about_these_people_alone)
{
    struct world *w = out_of_reach();

    pass(w);
    w->now += HOUR;
    owned(w, P, "yan");
    decided(w);
    says(w, P, "build", "opened:maintainers:open");
    says(w, NULL, "fallback", "superseded:core:resolved");
    ck_assert_int_eq(wanted_op(w, P, "issues"), TOCSIN_DELIVER_OPEN);
    laws(w);
}
END_TEST

START_TEST(what_people_have_stays_with_them)
{
    struct world *w = world(config);

    red(w, P, F);
    pass(w);
    cannot(w, "issues");
    cannot(w, "chat");
    decided(w);
    says(w, P, "build", "stands:maintainers:open");
    ck_assert_int_eq(tickets(w), 1);
}
END_TEST

START_TEST(without_a_fallback_it_is_held_and_says_so)
{
    struct world *w =
        world("armed: true\n"
              "policy: {open: {any: [{pushes: 1}]}}\n"
              "routes:\n"
              "  - {match: {project: 'org/*'}, owner: maintainers,"
              " via: [issues]}\n");

    red(w, P, F);
    decided(w);
    cannot(w, "issues");
    decided(w);
    says(w, P, "build", "unreachable:maintainers:open");
    ck_assert_int_eq(tickets(w), 1);
    laws(w);
}
END_TEST

START_TEST(the_next_episode_begins_without_a_mark)
{
    struct world *w = out_of_reach();
    struct ticket t;

    pass(w);
    w->now += HOUR;
    green(w, P, F);
    pass(w);
    t = ticket_kind(w, P, "build");
    ck_assert_int_eq(t.state, TICKET_RESOLVED);
    ck_assert_ptr_null(t.unreached);
    ticket_release(&t);
    says(w, NULL, "fallback", "recovered:core:resolved");
    laws(w);
}
END_TEST

/* Another sink of the route may have it since the configuration changed. */
START_TEST(a_sink_that_was_not_asked_is_asked)
{
    struct world *w = out_of_reach();

    pass(w);
    world_configure(w, "armed: true\n"
                       "policy: {open: {any: [{pushes: 1}]}}\n"
                       "routes:\n"
                       "  - {id: maintainers, match: {project: 'org/*'},"
                       " owner: maintainers, via: [issues, chat, disk]}\n"
                       "fallback: {owner: core, via: [chat], digest: 1d}\n");
    decided(w);
    says(w, P, "build", "opened:maintainers:open");
    ck_assert_int_eq(wanted_op(w, P, "disk"), TOCSIN_DELIVER_OPEN);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        one_sink_that_reaches_them_is_enough,
        none_means_the_fallback,
        the_fallback_keeps_it_until_a_try_arrives,
        the_mark_is_about_these_people_alone,
        what_people_have_stays_with_them,
        without_a_fallback_it_is_held_and_says_so,
        the_next_episode_begins_without_a_mark,
        a_sink_that_was_not_asked_is_asked,
    };

    return suite_run("reach", tests, ARRAY_SIZE(tests), NULL, world_after);
}
