/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Decisions: each gate, each reason code, each transition, on a store in
 * memory. The evidence is written by hand; incident/ has tests of its own.
 */
#include <config.h>

#include "core/route/judge.h"
#include "tests/unit/route-world.h"

#define P "org/foo"
#define F "1:aaaa"

static const char plain[] =
    "armed: true\n"
    "routes:\n"
    "  - {id: maintainers, match: {project: 'org/*'}, owner: maintainers,"
    " via: [issues]}\n";

static struct world *world(const char *config)
{
    static struct world w;

    world_init(&w, config);
    owned(&w, P, "zoe");
    pass(&w);                   /* an empty one: what comes is no backlog */
    return &w;
}

/* A ticket that was told at T0 + 2 d. */
static struct world *told(const char *config)
{
    struct world *w = world(config);

    red(w, P, F);
    pass(w);
    w->now += 2 * DAY;
    pass(w);
    return w;
}

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
    w->now += 30 * DAY;         /* once, on its day, and never again */
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
        expect(w, P, n < 2 ? "pending pending"
                           : "open opened issues:open/open");
        w->now += HOUR;
    }
    laws(w);
    world_release(w);
}
END_TEST

START_TEST(it_closes_and_says_why)
{
    static const struct { enum incident_end end; const char *reason; } t[] = {
        { END_GREEN, REASON_RECOVERED },
        { END_ABSENT, REASON_RECOVERED },
        { END_SUPERSEDED, REASON_SUPERSEDED },
        { END_GONE, REASON_GONE },
        { END_ARCHIVED, REASON_ARCHIVED },
    };

    for (size_t n = 0; n < ARRAY_SIZE(t); n++) {
        struct world *w = told(plain);
        CLEANUP_FREE char *want = xasprintf(
            "resolved %s issues:closed/closed", t[n].reason);

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
    w->now += 7 * DAY;          /* the window has passed */
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

START_TEST(green_must_last)
{
    struct world *w = told("armed: true\n"
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
    world_release(w);
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
    world_release(w);
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

/* ---- silences and people ---- */

static int64_t silence(struct world *w, const char *match, int64_t ends)
{
    struct silence s = { .starts = w->now, .created = w->now };

    s.author = xstrdup("ada");
    s.comment = xstrdup("known");
    s.ends = ends;
    s.match = json_loads(match, 0, NULL);
    ck_assert_ptr_nonnull(s.match);
    ck_assert_int_eq(store_silence_put(w->st, &s, NULL), 0);
    silence_release(&s);
    return s.id;
}

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

static void feedback(struct world *w, const char *project, const char *state,
                     const char *by, const char *labels)
{
    struct ticket t = ticket(w, project);
    CLEANUP_JSON json_t *l = labels ? json_loads(labels, 0, NULL)
                                    : json_null();
    CLEANUP_JSON json_t *r = json_pack(
        "[{s:s, s:s, s:s, s:s?, s:O, s:I}]", "ticket", t.key, "remote_id",
        "7", "state", state, "by", by, "labels", l, "changed",
        (json_int_t)w->now);

    ck_assert_ptr_nonnull(r);
    ck_assert_int_eq(decide_feedback(w->st, "issues", r, w->now, NULL), 0);
    ticket_release(&t);
}

START_TEST(snoozing)
{
    struct world *w = told(plain);

    feedback(w, P, "open", NULL, "[]");
    pass(w);
    feedback(w, P, "open", NULL, "[\"tocsin: snooze\"]");
    pass(w);
    expect(w, P, "open snoozed issues:open/open");
    laws(w);
    feedback(w, P, "open", NULL, "[\"tocsin: snooze\"]");
    laws(w);
    w->now += 30 * DAY - 1;
    pass(w);
    expect(w, P, "open snoozed issues:open/open");
    w->now++;
    pass(w);
    expect(w, P, "open stands issues:open/open");
    /* the label is still there: it does not begin again by itself */
    feedback(w, P, "open", NULL, "[\"tocsin: snooze\"]");
    pass(w);
    expect(w, P, "open stands issues:open/open");
    feedback(w, P, "open", NULL, "[\"tocsin: snooze\", \"mine\"]");
    pass(w);
    expect(w, P, "open stands issues:open/open");
    feedback(w, P, "open", NULL, "[\"tocsin: snooze 90d\"]");
    pass(w);
    expect(w, P, "open snoozed issues:open/open");
    feedback(w, P, "open", NULL, "[]");
    pass(w);
    expect(w, P, "open stands issues:open/open");
    world_release(w);
}
END_TEST

START_TEST(a_person_says_wrong)
{
    struct world *w = told(plain);

    feedback(w, P, "open", NULL, "[\"tocsin: wrong\"]");
    pass(w);
    expect(w, P, "open wrong issues:open/open");
    feedback(w, P, "open", NULL, "[]");
    pass(w);
    expect(w, P, "open stands issues:open/open");
    laws(w);
    world_release(w);
}
END_TEST

START_TEST(not_planned_silences_the_cause)
{
    struct world *w = told(plain);

    feedback(w, P, "not_planned", "zoe", NULL);
    w->now += HOUR;
    red(w, P, F);
    pass(w);
    expect(w, P, "open not-planned issues:closed/closed");
    laws(w);
    /* for ever, also when it comes back */
    green(w, P, F);
    pass(w);
    w->now += 30 * DAY;
    red(w, P, F);
    pass(w);
    w->now += 30 * DAY;
    pass(w);
    expect(w, P, "pending not-planned issues:closed/closed");
    /* another cause is another matter */
    red(w, P, "1:bbbb");
    pass(w);
    w->now += 2 * DAY;
    pass(w);
    expect(w, P, "open reopened issues:open/open");
    world_release(w);
}
END_TEST

START_TEST(closed_while_red_reopens_once)
{
    struct world *w = told(plain);

    w->now += HOUR;
    feedback(w, P, "completed", "zoe", NULL);
    pass(w);
    expect(w, P, "open closed-by-person issues:closed/closed");
    laws(w);
    w->now += 10 * DAY;
    pass(w);
    expect(w, P, "open closed-by-person issues:closed/closed");
    red(w, P, F);
    decided(w);
    ck_assert_int_eq(wanted_op(w, P, "issues"), TOCSIN_DELIVER_REOPEN);
    delivered(w);
    expect(w, P, "open reopened issues:open/open");
    feedback(w, P, "open", NULL, NULL);
    pass(w);
    expect(w, P, "open stands issues:open/open");
    w->now += HOUR;
    feedback(w, P, "completed", "zoe", NULL);
    w->now += HOUR;
    red(w, P, F);
    pass(w);
    expect(w, P, "open closed-by-person issues:closed/closed");
    w->now += HOUR;
    red(w, P, F);
    pass(w);
    expect(w, P, "open closed-by-person issues:closed/closed");
    /* the next episode starts afresh */
    green(w, P, F);
    pass(w);
    expect(w, P, "resolved recovered issues:closed/closed");
    w->now += DAY;
    red(w, P, F);
    pass(w);
    expect(w, P, "open reopened issues:open/open");
    world_release(w);
}
END_TEST

START_TEST(what_was_reopened_stays_open)
{
    struct world *w = world(plain);

    red(w, P, F);
    red(w, P, "1:bbbb");
    w->now += 2 * DAY;
    pass(w);
    w->now += HOUR;
    feedback(w, P, "completed", "zoe", NULL);
    w->now += HOUR;
    red(w, P, F);
    pass(w);
    expect(w, P, "open reopened issues:open/open");
    /* what brought it back is mended, what was red when zoe closed is not */
    w->now += HOUR;
    green(w, P, F);
    pass(w);
    expect(w, P, "open stands issues:open/open");
    world_release(w);
}
END_TEST

START_TEST(a_rerun_of_the_same_commit_is_no_push)
{
    struct world *w = told(plain);
    struct incident i;

    w->now += HOUR;
    feedback(w, P, "completed", "zoe", NULL);
    w->now += HOUR;
    i = incident(w, P, F);
    i.last_seen = w->now;
    put(w, i);
    pass(w);
    expect(w, P, "open closed-by-person issues:closed/closed");
    world_release(w);
}
END_TEST

START_TEST(duplicates_are_followed)
{
    struct world *w = told(plain);

    feedback(w, P, "duplicate", "zoe", NULL);
    w->now += HOUR;
    red(w, P, F);
    pass(w);
    expect(w, P, "open closed-by-person issues:closed/closed");
    world_release(w);
}
END_TEST

START_TEST(what_a_person_reopens_stays_open)
{
    struct world *w = told(plain);

    w->now += HOUR;
    green(w, P, F);
    pass(w);
    feedback(w, P, "completed", NULL, NULL);
    w->now += HOUR;
    feedback(w, P, "open", "zoe", NULL);
    pass(w);
    expect(w, P, "resolved recovered issues:open/open");
    world_release(w);
}
END_TEST

START_TEST(a_listing_that_lags_is_no_evidence)
{
    struct world *w = told(plain);
    struct ticket t;
    CLEANUP_JSON json_t *r = NULL;

    w->now += HOUR;
    green(w, P, F);
    pass(w);
    t = ticket(w, P);
    /* still shows what zoe did before we closed it */
    r = json_pack("[{s:s, s:s, s:s, s:s, s:n, s:I}]", "ticket", t.key,
                  "remote_id", "7", "state", "open", "by", "zoe", "labels",
                  "changed", (json_int_t)(w->now - 30));
    ck_assert_ptr_nonnull(r);
    ck_assert_int_eq(decide_feedback(w->st, "issues", r, w->now + 60, NULL),
                     0);
    ticket_release(&t);
    expect(w, P, "resolved recovered issues:closed/closed");
    world_release(w);
}
END_TEST

/* As after a crash between the intent and the sink. */
static void begun(struct world *w, const char *project)
{
    struct ticket t = ticket(w, project);
    struct outbox o;

    ck_assert_int_eq(store_outbox_get(w->st, t.id, "issues", &o, NULL), 1);
    ck_assert_int_eq(o.state, OUTBOX_DUE);
    o.state = OUTBOX_INTENT;
    o.intent_at = w->now;
    str_replace(&o.nonce, "0123");
    ck_assert_int_eq(store_outbox_put(w->st, &o, NULL), 0);
    outbox_release(&o);
    ticket_release(&t);
}

static void row_stands_as(struct world *w, const char *project,
                             enum outbox_state state)
{
    struct ticket t = ticket(w, project);
    struct outbox o;

    ck_assert_int_eq(store_outbox_get(w->st, t.id, "issues", &o, NULL), 1);
    ck_assert_int_eq(o.state, state);
    ck_assert_str_eq(o.want, o.have);
    outbox_release(&o);
    ticket_release(&t);
}

START_TEST(what_was_never_reopened_is_not_closed_again)
{
    struct world *w = told(plain);

    w->now += HOUR;
    green(w, P, F);
    pass(w);
    w->now += HOUR;
    red(w, P, F);
    decided(w);
    begun(w, P);
    /* this may only be a listing that lags */
    w->now += MINUTE;
    feedback(w, P, "completed", NULL, NULL);
    decided(w);
    expect(w, P, "open stands issues:open/closed");
    w->now += HOUR;
    green(w, P, F);
    feedback(w, P, "completed", NULL, NULL);
    decided(w);
    ck_assert_int_eq(wanted_op(w, P, "issues"), 0);
    expect(w, P, "resolved recovered issues:closed/closed");
    world_release(w);
}
END_TEST

START_TEST(nor_when_that_was_seen_late)
{
    struct world *w = told(plain);

    w->now += HOUR;
    green(w, P, F);
    pass(w);
    w->now += HOUR;
    red(w, P, F);
    decided(w);
    begun(w, P);
    w->now += MINUTE;
    green(w, P, F);
    decided(w);
    expect(w, P, "resolved recovered issues:closed/closed");
    w->now += HOUR;
    feedback(w, P, "completed", NULL, NULL);
    row_stands_as(w, P, OUTBOX_DUE);
    world_release(w);
}
END_TEST

START_TEST(what_was_never_reopened_is_reopened_later)
{
    struct world *w = told(plain);

    w->now += HOUR;
    green(w, P, F);
    pass(w);
    w->now += HOUR;
    red(w, P, F);
    decided(w);
    begun(w, P);
    w->now += HOUR;
    feedback(w, P, "completed", NULL, NULL);
    decided(w);
    ck_assert_int_eq(wanted_op(w, P, "issues"), TOCSIN_DELIVER_REOPEN);
    delivered(w);
    expect(w, P, "open stands issues:open/open");
    world_release(w);
}
END_TEST

START_TEST(unknown_states_say_nothing)
{
    struct world *w = told(plain);

    feedback(w, P, "transferred", "zoe", NULL);
    pass(w);
    expect(w, P, "open opened issues:open/open");
    world_release(w);
}
END_TEST

/* ---- arming ---- */

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

START_TEST(a_backlog_recovers_in_silence)
{
    struct world *w = told(local_too);

    world_configure(w, local_too_armed);
    pass(w);
    w->now += HOUR;
    green(w, P, F);
    pass(w);
    expect(w, P, "resolved recovered disk:closed/closed");
    w->now += HOUR;             /* a relapse is news */
    red(w, P, F);
    pass(w);
    expect(w, P, "open opened issues:open/open disk:open/open");
    world_release(w);
}
END_TEST

static void many(struct world *w, int nr, const char *login)
{
    for (int n = 0; n < nr; n++) {
        CLEANUP_FREE char *p = xasprintf("org/p%03d", n);
        CLEANUP_FREE char *l = login ? xstrdup(login)
                                     : xasprintf("person%d", n);
        CLEANUP_FREE char *d = xasprintf("%d", n);

        owned(w, p, l);
        fact(w, p, "descendants", d);
        red(w, p, F);
    }
}

struct tally {
    const char *reason;
    int nr;
    char *last;
};

static int tally_one(void *user, struct ticket *t)
{
    struct tally *a = user;

    if (!str_cmp0(t->reason, a->reason)) {
        a->nr++;
        str_replace(&a->last, t->project);
    }
    return 0;
}

static int with_reason(struct world *w, const char *reason)
{
    struct ticket_query q = { 0 };
    struct tally a = { .reason = reason };

    store_ticket_each(w->st, &q, tally_one, &a, NULL);
    free(a.last);
    return a.nr;
}

START_TEST(a_backlog_is_released_by_the_day)
{
    struct world *w = world("policy: {backlog: {per_day: 2}}\n"
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

/* ---- owners and sinks ---- */

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
    struct world *w = world("armed: true\n"
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
    struct world *w = world("armed: true\n"
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

START_TEST(who_loses_its_people_goes_to_the_fallback)
{
    struct world *w = told("armed: true\n"
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
    struct world *w = world("armed: true\n"
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

START_TEST(routes_with_a_digest_wait)
{
    struct world *w = told("armed: true\n"
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
    struct world *w = told("armed: true\n"
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

/* ---- budgets ---- */

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

/* ---- outbreaks ---- */

static const char infra[] =
    "armed: true\n"
    "routes:\n"
    "  - {id: infra, match: {blame: infrastructure},"
    " group_by: [category, fingerprint], owner: core, via: [chat]}\n"
    "  - {id: maintainers, owner: maintainers, via: [issues]}\n";

static void outbreak(struct world *w, const char *key, const char *state,
                     const char *fingerprint)
{
    struct outbreak o = { .began = w->now };
    struct outbreak was;

    if (store_outbreak_get(w->st, key, &was, NULL) == 1) {
        o.began = was.began;
        outbreak_release(&was);
    }
    o.key = xstrdup(key);
    o.category = xstrdup("infra/azure");
    o.fingerprint = xstrdup0(fingerprint);
    o.state = xstrdup(state);
    o.last_joined = w->now;
    o.ended = strcmp(state, "over") ? 0 : w->now;
    o.projects = 20;
    o.owners = 20;
    ck_assert_int_eq(store_outbreak_put(w->st, &o, NULL), 0);
    outbreak_release(&o);
}

static void hit(struct world *w, const char *project, const char *fp,
                const char *blame, const char *key)
{
    struct incident i = incident(w, project, fp);

    str_replace(&i.category, "infra/azure");
    str_replace(&i.blame, blame);
    str_replace(&i.outbreak, key);
    put(w, i);
}

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
    pass(w);                    /* told before it showed as one thing */
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
    w->now += HOUR;             /* policy.outbreak.hold */
    pass(w);
    expect(w, P, "open opened issues:open/open");
    world_release(w);
}
END_TEST

START_TEST(outages_come_before_owners)
{
    struct world *w = world("armed: true\n"
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
    pass(w);                    /* the day is spent; an outage is told */
    expect(w, NULL, "open opened chat:open/open");
    world_release(w);
}
END_TEST

START_TEST(an_outage_costs_the_day_nothing)
{
    struct world *w = world("armed: true\n"
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
    pass(w);                    /* class before owner */
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

/* ---- the configuration changes ---- */

START_TEST(decisions_in_plain_words)
{
    static const struct { const char *code, *inputs, *text; } t[] = {
        { REASON_PENDING,
          "{\"since\": 1794204000, \"pushes\": 1, \"open\": {\"any\":"
          " {\"red_for\": 172800, \"pushes\": 3}}}",
          "The threshold is not met yet. Red since 9 Nov 2026, 06:00 UTC, "
          "1 red push. It is told after 2 days red, or 3 red pushes." },
        { REASON_OPENED,
          "{\"since\": 1794204000, \"pushes\": 0, \"attempts\": 20.2,"
          " \"open\": {\"all\": {\"attempts\": 10.0, \"age\": 604800}}}",
          "The threshold is met; it is told. Stuck since 9 Nov 2026, "
          "06:00 UTC, 20 tries. It is told after 10 tries and 7 days." },
        { REASON_PENDING,
          "{\"since\": 1794204000, \"pushes\": 1, \"attempts\": 0.2,"
          " \"open\": {\"any\": {\"attempts\": 1.0, \"pushes\": 2}}}",
          "The threshold is not met yet. Stuck since 9 Nov 2026, 06:00 UTC, "
          "1 red push, not one full try. It is told after 1 try, or 2 red "
          "pushes." },
        { REASON_OPENED,
          "{\"spread\": {\"projects\": 8, \"owners\": 1, \"began\":"
          " 1794204000, \"asks\": {\"projects\": 6, \"owners\": 1,"
          " \"within\": 3600}}}",
          "The threshold is met; it is told. It has hit 8 projects of 1 "
          "owner since 9 Nov 2026, 06:00 UTC; an outbreak is 6 projects of 1 "
          "owner within 60 min." },
        { REASON_REMINDED, "{\"restart\": 2}",
          "The outbreak is over; that is said once, with what is still red."
        },
        { REASON_REMINDED, "{}",
          "It was told a while ago and still stands; it is said again." },
    };

    for (size_t n = 0; n < ARRAY_SIZE(t); n++) {
        CLEANUP_JSON json_t *inputs = json_loads(t[n].inputs, 0, NULL);
        CLEANUP_FREE char *text = verdict_sentence(t[n].code, NULL, inputs);

        ck_assert_ptr_nonnull(inputs);
        ck_assert_str_eq(text, t[n].text);
    }
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
    world_configure(w, "armed: true\n"
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

/* ---- explain ---- */

START_TEST(explain_says_which_matcher_failed)
{
    struct world *w = told("armed: true\n"
        "routes:\n"
        "  - {id: infra, match: {blame: infrastructure}, owner: core,"
        " via: [chat]}\n"
        "  - {id: slow, match: {area: dependency}, continue: true,"
        " policy: {open: {any: [{red_for: 1d}]}}}\n"
        "  - {id: all, owner: maintainers, via: [issues]}\n");
    struct incident i = incident(w, P, F);
    CLEANUP_JSON json_t *v = decide_explain(w->st, w->s, &i, w->now);
    json_t *routes = jx_arr(v, "routes"), *one;

    ck_assert_uint_eq(json_array_size(routes), 3);
    one = json_array_get(routes, 0);
    ck_assert_str_eq(jx_str(one, "id"), "infra");
    ck_assert(!jx_bool(one, "matched", true));
    ck_assert_str_eq(jx_str(one, "why"),
                     "blame is dependency, wanted is infrastructure");
    one = json_array_get(routes, 1);
    ck_assert(jx_bool(one, "matched", false));
    one = json_array_get(routes, 2);
    ck_assert(str_starts(jx_str(one, "at"), "t.yaml:"));
    ck_assert_str_eq(jx_str(v, "code"), REASON_OPENED);
    ck_assert_str_eq(jx_str(jx_obj(v, "owner"), "name"), "maintainers");
    ck_assert_int_eq(jx_int(jx_obj(jx_obj(jx_obj(v, "policy"), "open"),
                                   "any"), "red_for", 0), DAY);
    ck_assert_ptr_nonnull(jx_str(v, "text"));
    incident_release(&i);
    world_release(w);
}
END_TEST

START_TEST(explain_takes_made_up_incidents)
{
    struct world *w = world(plain);
    struct incident i = {
        .project = xstrdup(P), .branch = xstrdup("main"),
        .category = xstrdup("test/failed"), .first_seen = T0,
        .fingerprint = xstrdup("none"), .standing = true,
    };
    CLEANUP_JSON json_t *v = decide_explain(w->st, w->s, &i, T0);

    ck_assert_str_eq(jx_str(v, "code"), REASON_PENDING);
    ck_assert_int_eq(jx_int(jx_obj(v, "ticket"), "next_at", 0),
                     T0 + 2 * DAY);
    ck_assert_int_eq(tickets(w), 0);
    incident_release(&i);
    world_release(w);
}
END_TEST

/* ---- speed: an outage of thousands is no square ---- */

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
    began = when_monotonic_ms();
    decided(w);
    ck_assert_int_lt(when_monotonic_ms() - began, 20000);
    ck_assert_int_eq(w->counts.incidents, 3000);
    delivered(w);
    expect(w, NULL, "open opened chat:open/open");
    world_release(w);
}
END_TEST

/* ---- anything may happen, the laws hold ---- */

static uint64_t seed;

static int dice(int sides)
{
    seed = seed * UINT64_C(6364136223846793005)
        + UINT64_C(1442695040888963407);
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
        "[]", "[\"tocsin: snooze\"]", "[\"tocsin: wrong\"]",
        "[\"tocsin: snooze 2d\", \"mine\"]", NULL,
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
    case 0: case 1: case 2: case 3:
        red(w, p, f);
        break;
    case 4: case 5: case 6:
        i = incident(w, p, f);
        if (i.id)
            ends(w, p, f, 1 + dice(6));
        incident_release(&i);
        break;
    case 7: case 8:
        store_ticket_each(w->st, &q, look_count, &n, NULL);
        if (n == 1)
            feedback(w, p, states[dice(5)], dice(3) ? "zoe" : NULL,
                     labels[dice(5)]);
        break;
    case 9:
        silence(w, dice(2) ? "{\"project\": [\"org/p[1-3]\"]}"
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
    Suite *s = suite_create("decide");
    TCase *tc = tcase_create("decide");
    SRunner *sr;
    int failed;

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, the_clock_alone_opens);
    tcase_add_test(tc, pushes_open);
    tcase_add_test(tc, it_closes_and_says_why);
    tcase_add_test(tc, what_ends_before_the_threshold_is_never_told);
    tcase_add_test(tc, flaky_often_enough_opens);
    tcase_add_test(tc, one_project_one_ticket);
    tcase_add_test(tc, one_mended_the_next_revealed);
    tcase_add_test(tc, a_cause_that_changes_daily_opens_too);
    tcase_add_test(tc, green_must_last);
    tcase_add_test(tc, a_relapse_reopens_the_same_ticket);
    tcase_add_test(tc, flapping_is_held_open);
    tcase_add_test(tc, a_stale_source_freezes);
    tcase_add_test(tc, archived_projects_are_closed);
    tcase_add_test(tc, silences_hold_until_they_end);
    tcase_add_test(tc, a_silence_elsewhere_is_no_silence);
    tcase_add_test(tc, snoozing);
    tcase_add_test(tc, a_person_says_wrong);
    tcase_add_test(tc, not_planned_silences_the_cause);
    tcase_add_test(tc, closed_while_red_reopens_once);
    tcase_add_test(tc, what_was_reopened_stays_open);
    tcase_add_test(tc, a_rerun_of_the_same_commit_is_no_push);
    tcase_add_test(tc, duplicates_are_followed);
    tcase_add_test(tc, what_a_person_reopens_stays_open);
    tcase_add_test(tc, a_listing_that_lags_is_no_evidence);
    tcase_add_test(tc, what_was_never_reopened_is_not_closed_again);
    tcase_add_test(tc, nor_when_that_was_seen_late);
    tcase_add_test(tc, what_was_never_reopened_is_reopened_later);
    tcase_add_test(tc, unknown_states_say_nothing);
    tcase_add_test(tc, unarmed_only_local_sinks_are_told);
    tcase_add_test(tc, arming_makes_a_backlog);
    tcase_add_test(tc, what_only_local_sinks_tell_is_no_backlog);
    tcase_add_test(tc, a_backlog_recovers_in_silence);
    tcase_add_test(tc, a_backlog_is_released_by_the_day);
    tcase_add_test(tc, armed_from_the_start_old_trouble_is_backlog);
    tcase_add_test(tc, no_owner_and_no_route);
    tcase_add_test(tc, the_fallback_is_one_rolling_ticket);
    tcase_add_test(tc, a_muted_route_tells_nobody);
    tcase_add_test(tc, who_loses_its_people_goes_to_the_fallback);
    tcase_add_test(tc, confidential_things_stay_so);
    tcase_add_test(tc, sinks_that_may_not_or_cannot);
    tcase_add_test(tc, routes_with_a_digest_wait);
    tcase_add_test(tc, reminders);
    tcase_add_test(tc, budget_by_person);
    tcase_add_test(tc, budget_by_pass_and_day);
    tcase_add_test(tc, an_outbreak_is_one_message);
    tcase_add_test(tc, the_restart_list_stays_with_core);
    tcase_add_test(tc, a_hold_ends_with_the_clock);
    tcase_add_test(tc, outages_come_before_owners);
    tcase_add_test(tc, an_outbreak_nobody_told_of_inhibits_nothing);
    tcase_add_test(tc, an_outage_costs_the_day_nothing);
    tcase_add_test(tc, decisions_in_plain_words);
    tcase_add_test(tc, a_new_configuration_decides_again);
    tcase_add_test(tc, a_rename_is_no_new_ticket);
    tcase_add_test(tc, still_wanted_looks_again);
    tcase_add_test(tc, explain_says_which_matcher_failed);
    tcase_add_test(tc, explain_takes_made_up_incidents);
    tcase_add_test(tc, an_outage_of_thousands);
    tcase_add_test(tc, whatever_happens_the_laws_hold);
    suite_add_tcase(s, tc);
    sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? 1 : 0;
}
