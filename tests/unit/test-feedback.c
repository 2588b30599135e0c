/* SPDX-License-Identifier: BSD-3-Clause */
/* What people did with a ticket: it wins. */
#include <config.h>

#include "tests/unit/decide-world.h"
#include "tests/unit/suite.h"

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
}
END_TEST

START_TEST(duplicates_are_followed)
{
    struct world *w = told(plain);

    feedback(w, P, "duplicate", "zoe", NULL);
    w->now += HOUR;
    red(w, P, F);
    pass(w);
    expect(w, P, "open duplicate issues:closed/closed");
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
    ck_assert_int_eq(decide_feedback(w->st, "issues", r, w->now + 60, NULL), 0);
    ticket_release(&t);
    expect(w, P, "resolved recovered issues:closed/closed");
}
END_TEST

/* The row of the outbox; to be released. */
static struct outbox row_of(struct world *w)
{
    struct ticket t = ticket(w, P);
    struct outbox o;

    ck_assert_int_eq(store_outbox_get(w->st, t.id, "issues", &o, NULL), 1);
    ticket_release(&t);
    return o;
}

/* As after a crash between the intent and the sink. */
static void begun(struct world *w)
{
    struct outbox o = row_of(w);

    ck_assert_int_eq(o.state, OUTBOX_DUE);
    o.state = OUTBOX_INTENT;
    o.intent_at = w->now;
    str_replace(&o.nonce, "0123");
    ck_assert_int_eq(store_outbox_put(w->st, &o, NULL), 0);
    outbox_release(&o);
}

static void row_stands_as(struct world *w, enum outbox_state state)
{
    struct outbox o = row_of(w);

    ck_assert_int_eq(o.state, state);
    ck_assert_str_eq(o.want, o.have);
    outbox_release(&o);
}

/* It waits for the same send as before, with its nonce. */
static void row_is_made_again(struct world *w, int op)
{
    struct outbox o = row_of(w);

    ck_assert_int_eq(o.state, OUTBOX_INTENT);
    ck_assert_int_eq(o.want_op, op);
    ck_assert_str_eq(o.nonce, "0123");
    outbox_release(&o);
}

/* Told, mended and red again; Tocsin was killed while it reopened it. */
static struct world *reopening(void)
{
    struct world *w = told(plain);

    w->now += HOUR;
    green(w, P, F);
    pass(w);
    w->now += HOUR;
    red(w, P, F);
    decided(w);
    begun(w);
    return w;
}

START_TEST(what_was_never_reopened_is_not_closed_again)
{
    struct world *w = reopening();

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
}
END_TEST

START_TEST(nor_when_that_was_seen_late)
{
    struct world *w = reopening();

    w->now += MINUTE;
    green(w, P, F);
    decided(w);
    expect(w, P, "resolved recovered issues:closed/closed");
    w->now += HOUR;
    feedback(w, P, "completed", NULL, NULL);
    row_stands_as(w, OUTBOX_DUE);
}
END_TEST

START_TEST(what_was_never_reopened_is_reopened_later)
{
    struct world *w = reopening();

    w->now += HOUR;
    feedback(w, P, "completed", NULL, NULL);
    decided(w);
    ck_assert_int_eq(wanted_op(w, P, "issues"), TOCSIN_DELIVER_REOPEN);
    delivered(w);
    expect(w, P, "open stands issues:open/open");
}
END_TEST

/* Where people are told in the last of several steps. */
static void half_seen(struct world *w, const char *state)
{
    struct ticket t = ticket(w, P);
    CLEANUP_JSON json_t *r = json_pack(
        "[{s:s, s:s, s:s, s:n, s:n, s:i, s:b}]", "ticket", t.key, "remote_id",
        "7", "state", state, "by", "labels", "changed", 0, "in_steps", 1);

    ck_assert_ptr_nonnull(r);
    ck_assert_int_eq(decide_feedback(w->st, "issues", r, w->now, NULL), 0);
    ticket_release(&t);
}

START_TEST(what_is_half_seen_is_made_again)
{
    struct world *w = reopening();

    w->now += HOUR;
    half_seen(w, "open");
    decided(w);
    row_is_made_again(w, TOCSIN_DELIVER_REOPEN);
    /* not wanted any more, it is what was seen */
    w->now += HOUR;
    green(w, P, F);
    decided(w);
    half_seen(w, "open");
    decided(w);
    ck_assert_int_eq(wanted_op(w, P, "issues"), TOCSIN_DELIVER_RESOLVE);
    delivered(w);
    expect(w, P, "resolved recovered issues:closed/closed");
}
END_TEST

/* What a lost state resolved and opens anew: the reply comes first. */
START_TEST(what_is_opened_in_steps_is_made_again)
{
    struct world *w = world(plain);

    red(w, P, F);
    w->now += 2 * DAY;
    decided(w);
    begun(w);
    w->now += HOUR;
    half_seen(w, "completed");
    decided(w);
    row_is_made_again(w, TOCSIN_DELIVER_OPEN);
}
END_TEST

START_TEST(what_is_half_seen_and_as_before_had_no_effect)
{
    struct world *w = reopening();

    w->now += HOUR;
    green(w, P, F);
    half_seen(w, "completed");
    decided(w);
    row_stands_as(w, OUTBOX_IDLE);
}
END_TEST

START_TEST(unknown_states_say_nothing)
{
    struct world *w = told(plain);

    feedback(w, P, "transferred", "zoe", NULL);
    pass(w);
    expect(w, P, "open opened issues:open/open");
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        snoozing,
        a_person_says_wrong,
        not_planned_silences_the_cause,
        closed_while_red_reopens_once,
        what_was_reopened_stays_open,
        a_rerun_of_the_same_commit_is_no_push,
        duplicates_are_followed,
        what_a_person_reopens_stays_open,
        a_listing_that_lags_is_no_evidence,
        what_was_never_reopened_is_not_closed_again,
        nor_when_that_was_seen_late,
        what_was_never_reopened_is_reopened_later,
        what_is_half_seen_is_made_again,
        what_is_opened_in_steps_is_made_again,
        what_is_half_seen_and_as_before_had_no_effect,
        unknown_states_say_nothing,
    };

    return suite_run("feedback", tests, ARRAY_SIZE(tests), NULL, world_after);
}
