/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The outbox against a host and a judge that this test plays: what is sent,
 * what is on disk before and after, and what becomes of it when the sink
 * refuses, asks for time, dies or when the core is killed in between.
 */
#include <config.h>

#include "outbox-world.h"

START_TEST(an_open_is_an_intent_then_a_receipt)
{
    struct outbox_counts c;
    struct outbox row;
    struct ticket t;

    want("open", TOCSIN_DELIVER_OPEN);
    c = pass(0);
    ck_assert_int_eq(c.opened, 1);
    ck_assert_int_eq(state_at_send, OUTBOX_INTENT);
    ck_assert_str_eq(sent_op(0), "open");
    get_row(&row);
    ck_assert_int_eq(row.state, OUTBOX_IDLE);
    ck_assert_str_eq(row.have, "open");
    ck_assert_str_eq(row.remote_id, "42");
    ck_assert_int_eq(row.intent_at, 0);
    outbox_release(&row);
    ck_assert_int_eq(store_ticket_by_id(store, 1, &t, NULL), 1);
    ck_assert_str_eq(t.title, "main does not build: zlib.h is gone (linux)");
    ck_assert_int_eq(t.told, world.now);
    ticket_release(&t);
    ck_assert_ptr_nonnull(strstr(jx_str(json_array_get(sent, 0), "body"),
                                 "@o/team: CODEOWNERS names you"));
}
END_TEST

START_TEST(an_unchanged_update_is_not_sent)
{
    want("open", TOCSIN_DELIVER_OPEN);
    pass(0);
    want("open", TOCSIN_DELIVER_UPDATE);
    ck_assert_int_eq(pass(60).updated, 0);
    ck_assert_uint_eq(json_array_size(sent), 1);
}
END_TEST

static void change_incident(int64_t pushes, const char *rule)
{
    struct incident i;

    ck_assert_int_eq(store_incident_get(store, "o/r", "main",
                                        "1:00000000000000000000000000000001",
                                        &i, NULL),
                     1);
    i.pushes = pushes;
    if (rule)
        str_replace(&i.rule, rule);
    OK(store_incident_put(store, &i, true, err));
    incident_release(&i);
    want("open", TOCSIN_DELIVER_UPDATE);
}

START_TEST(counts_are_told_at_most_daily_and_causes_at_once)
{
    want("open", TOCSIN_DELIVER_OPEN);
    pass(0);
    change_incident(5, NULL);
    ck_assert_int_eq(pass(HOUR).updated, 0);
    change_incident(6, NULL);
    ck_assert_int_eq(pass(DAY + HOUR).updated, 1);
    change_incident(6, "c/d");
    ck_assert_int_eq(pass(DAY + 2 * HOUR).updated, 1);
    ck_assert_str_eq(jx_str(json_array_get(sent, 2), "title"),
                     "main does not build: zlib.h is gone (linux)");
}
END_TEST

START_TEST(killed_between_intent_and_receipt)
{
    struct outbox row;
    char *nonce;

    silent = true; /* the core dies while the worker works */
    want("open", TOCSIN_DELIVER_OPEN);
    pass(0);
    get_row(&row);
    ck_assert_int_eq(row.state, OUTBOX_INTENT);
    nonce = xstrdup(row.nonce);
    outbox_release(&row);
    silent = false;
    ck_assert_int_eq(pass(5 * MINUTE).deferred, 1);
    ck_assert_int_eq(pass(19 * MINUTE).deferred, 1);
    ck_assert_uint_eq(json_array_size(sent), 1);
    json_object_set_new(receipt, "adopted", json_true());
    ck_assert_int_eq(pass(21 * MINUTE).adopted, 1);
    ck_assert_uint_eq(json_array_size(sent), 2);
    ck_assert_str_eq(jx_str(json_array_get(sent, 1), "nonce"), nonce);
    ck_assert(json_is_true(json_object_get(json_array_get(sent, 1), "again")));
    ck_assert_int_eq(pass(22 * MINUTE).opened, 0);
    free(nonce);
}
END_TEST

START_TEST(a_dead_worker_is_an_intent_that_waits)
{
    struct outbox row;

    answer = -1;
    want("open", TOCSIN_DELIVER_OPEN);
    ck_assert_int_eq(pass(0).failed, 1);
    get_row(&row);
    ck_assert_int_eq(row.state, OUTBOX_INTENT);
    ck_assert_int_eq(row.tries, 1);
    outbox_release(&row);
    ck_assert_int_eq(pass(MINUTE).deferred, 1);
    for (int i = 1; i < 5; i++)
        pass(i * HOUR);
    get_row(&row);
    ck_assert_int_eq(row.state, OUTBOX_DEAD);
    outbox_release(&row);
    ck_assert_uint_eq(json_array_size(sent), 5);
}
END_TEST

START_TEST(retry_backs_off)
{
    struct outbox row;

    answer = TOCSIN_RETRY;
    want("open", TOCSIN_DELIVER_OPEN);
    pass(0);
    get_row(&row);
    ck_assert_int_eq(row.state, OUTBOX_DUE);
    ck_assert_int_eq(row.next_try, world.now + 5 * MINUTE);
    outbox_release(&row);
    pass(4 * MINUTE);
    ck_assert_uint_eq(json_array_size(sent), 1);
    pass(5 * MINUTE);
    ck_assert_uint_eq(json_array_size(sent), 2);
    get_row(&row);
    ck_assert_int_eq(row.next_try, world.now + 15 * MINUTE);
    outbox_release(&row);
    /* what the server names holds for the whole sink */
    json_object_set_new(receipt, "retry_after", json_integer(3 * HOUR));
    pass(15 * MINUTE);
    answer = TOCSIN_OK;
    pass(3 * HOUR);
    ck_assert_uint_eq(json_array_size(sent), 3);
    ck_assert_int_eq(pass(3 * HOUR + 15 * MINUTE).opened, 1);
}
END_TEST

START_TEST(reject_ends_dead)
{
    struct outbox row;
    struct outbox_counts c;

    answer = TOCSIN_REJECT;
    json_object_set_new(receipt, "text", json_string("422: no"));
    want("open", TOCSIN_DELIVER_OPEN);
    ck_assert_int_eq(pass(0).failed, 1);
    pass(2 * HOUR);
    c = pass(8 * HOUR);
    ck_assert_int_eq(c.dead, 1);
    get_row(&row);
    ck_assert_int_eq(row.state, OUTBOX_DEAD);
    ck_assert_str_eq(row.last_error, "422: no");
    outbox_release(&row);
    pass(9 * HOUR);
    ck_assert_uint_eq(json_array_size(sent), 3);
}
END_TEST

START_TEST(fatal_stops_the_sink_and_loses_nothing)
{
    struct outbox row;

    answer = TOCSIN_FATAL;
    want("open", TOCSIN_DELIVER_OPEN);
    pass(0);
    get_row(&row);
    ck_assert_int_eq(row.state, OUTBOX_DUE);
    outbox_release(&row);
    answer = TOCSIN_OK;
    ck_assert_int_eq(pass(60).opened, 1);
}
END_TEST

START_TEST(what_recovered_meanwhile_is_dropped)
{
    struct outbox row;

    want("open", TOCSIN_DELIVER_OPEN);
    wanted = false;
    ck_assert_int_eq(pass(0).dropped, 1);
    get_row(&row);
    ck_assert_int_eq(row.state, OUTBOX_IDLE);
    ck_assert_str_eq(row.have, "none");
    outbox_release(&row);
    wanted = true;
    want("closed", TOCSIN_DELIVER_RESOLVE);
    ck_assert_int_eq(pass(60).dropped, 1);
    ck_assert_uint_eq(json_array_size(sent), 0);
}
END_TEST

/* When the sink said that it cannot reach the owner; 0: it did not. */
static int64_t asked_at(const char *sink)
{
    struct ticket t;
    int64_t at;

    ck_assert_int_eq(store_ticket_by_id(store, world.ticket.id, &t, NULL), 1);
    at = jx_int(jx_obj(t.unreached, "sinks"), sink, 0);
    ticket_release(&t);
    return at;
}

static int count_notice(void *user, const struct notice *n)
{
    /* said again it would be newer */
    *(int *)user += str_starts(n->code, "unreachable:") && n->last == world.now;
    return 0;
}

static int notices(void)
{
    int n = 0;

    OK(store_notice_each(store, count_notice, &n, err));
    return n;
}

START_TEST(nobody_is_reached_without_a_way)
{
    struct outbox row;

    reachable = false;
    want("open", TOCSIN_DELIVER_OPEN);
    ck_assert_int_eq(pass(0).deferred, 1);
    get_row(&row);
    ck_assert_int_eq(row.state, OUTBOX_DUE);
    ck_assert_str_eq(row.last_error, "sink issues has no way to reach o/team");
    outbox_release(&row);
    ck_assert_uint_eq(json_array_size(sent), 0);
    ck_assert_int_eq(asked_at("issues"), world.now);
    ck_assert_int_eq(notices(), 1);
    reachable = true;
    ck_assert_int_eq(pass(HOUR).deferred, 1);
    ck_assert_int_eq(pass(DAY).opened, 1);
    ck_assert_int_eq(asked_at("issues"), 0);
}
END_TEST

/* The decision took the row back; the sink is asked once a day all the same,
 * and sends nothing: whose it is by then is the next decision's. */
START_TEST(who_could_not_be_reached_is_asked_for_again)
{
    struct outbox row;

    reachable = false;
    want("open", TOCSIN_DELIVER_OPEN);
    pass(0);
    get_row(&row);
    str_replace(&row.want, "none");
    row.state = OUTBOX_IDLE;
    row.want_op = 0;
    OK(store_outbox_put(store, &row, err));
    outbox_release(&row);
    pass(HOUR);
    ck_assert_int_eq(asked_at("issues"), world.now);
    pass(DAY);
    ck_assert_int_eq(asked_at("issues"), world.now + DAY);
    ck_assert_int_eq(notices(), 1);
    reachable = true;
    pass(2 * DAY);
    ck_assert_int_eq(asked_at("issues"), 0);
    ck_assert_uint_eq(json_array_size(sent), 0);
    get_row(&row);
    ck_assert_int_eq(row.state, OUTBOX_IDLE);
    outbox_release(&row);
}
END_TEST

START_TEST(only_where_it_may_go)
{
    char *allow[] = { (char *)"other/*" };

    want("open", TOCSIN_DELIVER_OPEN);
    world.settings.armed = false;
    ck_assert_int_eq(pass(0).deferred, 1);
    world.settings.armed = true;
    sinks[0].allow = allow;
    sinks[0].nr_allow = 1;
    ck_assert_int_eq(pass(0).deferred, 1);
    allow[0] = (char *)"o/*";
    world.ticket.confidential = true;
    OK(store_ticket_put(store, &world.ticket, err));
    ck_assert_int_eq(pass(0).deferred, 1);
    ck_assert_uint_eq(json_array_size(sent), 0);
    sinks[0].confidential = true;
    ck_assert_int_eq(pass(0).opened, 1);
}
END_TEST

START_TEST(a_close_that_finds_nothing_is_done)
{
    struct outbox row;

    silent = true;
    want("open", TOCSIN_DELIVER_OPEN);
    pass(0);
    silent = false;
    get_row(&row);
    str_replace(&row.want, "closed");
    row.want_op = TOCSIN_DELIVER_RESOLVE;
    OK(store_outbox_put(store, &row, err));
    outbox_release(&row);
    answer = TOCSIN_REJECT;
    ck_assert_int_eq(pass(HOUR).dropped, 1);
    ck_assert_str_eq(sent_op(1), "resolve");
    get_row(&row);
    ck_assert_int_eq(row.state, OUTBOX_IDLE);
    ck_assert_str_eq(row.have, "none");
    outbox_release(&row);
}
END_TEST

static int count_refused(void *user, int64_t at, const char *event,
                         const char *text)
{
    int *nr = user;

    (void)at;
    *nr += !strcmp(event, "refused") && strstr(text, "b@x.org") != NULL;
    return 0;
}

START_TEST(some_have_it_and_some_are_still_to)
{
    struct outbox row;
    int refused = 0;
    char *nonce;

    json_object_set_new(receipt, "pending", json_string("b@x.org"));
    want("open", TOCSIN_DELIVER_OPEN);
    ck_assert_int_eq(pass(0).opened, 1);
    ck_assert(json_is_false(json_object_get(json_array_get(sent, 0), "again")));
    get_row(&row);
    ck_assert_int_eq(row.state, OUTBOX_DUE);
    ck_assert_str_eq(row.have, "open");
    ck_assert_str_eq(row.pending, "b@x.org");
    ck_assert_int_eq(row.next_try, world.now + 5 * MINUTE);
    nonce = xstrdup(row.nonce);
    outbox_release(&row);
    pass(4 * MINUTE);
    ck_assert_uint_eq(json_array_size(sent), 1);
    /* the same again, and it is no second opening */
    ck_assert_int_eq(pass(6 * MINUTE).opened, 0);
    ck_assert_uint_eq(json_array_size(sent), 2);
    ck_assert_str_eq(sent_op(1), "open");
    ck_assert_str_eq(jx_str(json_array_get(sent, 1), "nonce"), nonce);
    ck_assert_str_eq(jx_str(json_array_get(sent, 1), "pending"), "b@x.org");
    free(nonce);
    /* not for ever */
    for (int i = 1; i < 40; i++)
        pass(i * DAY);
    ck_assert_uint_eq(json_array_size(sent), 30);
    get_row(&row);
    ck_assert_int_eq(row.state, OUTBOX_IDLE);
    ck_assert_ptr_null(row.pending);
    outbox_release(&row);
    json_object_del(receipt, "pending");
    json_object_set_new(receipt, "refused", json_string("b@x.org: no"));
    want("closed", TOCSIN_DELIVER_RESOLVE);
    ck_assert_int_eq(pass(41 * DAY).resolved, 1);
    OK(store_history_each(store, world.ticket.id, count_refused, &refused,
                          err));
    ck_assert_int_eq(refused, 1);
}
END_TEST

START_TEST(a_closing_that_some_have_is_finished)
{
    struct outbox row;

    want("open", TOCSIN_DELIVER_OPEN);
    pass(0);
    json_object_set_new(receipt, "pending", json_string("b@x.org"));
    want("closed", TOCSIN_DELIVER_RESOLVE);
    ck_assert_int_eq(pass(HOUR).resolved, 1);
    json_object_del(receipt, "pending");
    pass(2 * HOUR);
    ck_assert_uint_eq(json_array_size(sent), 3);
    ck_assert_str_eq(sent_op(2), "resolve");
    get_row(&row);
    ck_assert_int_eq(row.state, OUTBOX_IDLE);
    ck_assert_str_eq(row.have, "closed");
    outbox_release(&row);
}
END_TEST

START_TEST(a_dry_run_shows_and_sends_nothing)
{
    struct outbox row;

    want("open", TOCSIN_DELIVER_OPEN);
    pass_as(0, true, false);
    fflush(out);
    ck_assert_uint_eq(json_array_size(sent), 0);
    get_row(&row);
    ck_assert_int_eq(row.state, OUTBOX_DUE);
    outbox_release(&row);
    ck_assert_ptr_nonnull(strstr(out_text, "==== open to issues: o/r"));
    ck_assert_ptr_nonnull(strstr(out_text, "`zlib.h` is gone"));
    ck_assert_ptr_nonnull(
        strstr(out_text, "1 message: 1 new issue, 1 mention, 0 mails"));
    ck_assert_ptr_nonnull(strstr(out_text, "persons  mara 1"));
}
END_TEST

START_TEST(a_dry_run_as_json)
{
    char *line, *save;
    json_t *v;

    want("open", TOCSIN_DELIVER_OPEN);
    pass_as(0, true, true);
    fflush(out);
    save = out_text;
    line = strsep(&save, "\n");
    v = jx_parse(line, strlen(line), NULL);
    ck_assert_str_eq(jx_str(v, "delivery"), "open");
    json_decref(v);
    line = strsep(&save, "\n");
    v = jx_parse(line, strlen(line), NULL);
    ck_assert_int_eq(jx_int(jx_obj(jx_obj(v, "forecast"), "now"), "issues", 0),
                     1);
    json_decref(v);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        an_open_is_an_intent_then_a_receipt,
        an_unchanged_update_is_not_sent,
        counts_are_told_at_most_daily_and_causes_at_once,
        killed_between_intent_and_receipt,
        a_dead_worker_is_an_intent_that_waits,
        retry_backs_off,
        reject_ends_dead,
        fatal_stops_the_sink_and_loses_nothing,
        what_recovered_meanwhile_is_dropped,
        nobody_is_reached_without_a_way,
        who_could_not_be_reached_is_asked_for_again,
        only_where_it_may_go,
        a_close_that_finds_nothing_is_done,
        some_have_it_and_some_are_still_to,
        a_closing_that_some_have_is_finished,
        a_dry_run_shows_and_sends_nothing,
        a_dry_run_as_json,
    };
    CLEANUP_FREE char *data =
        xasprintf("%s/conf", getenv("TOCSIN_SRC") ? getenv("TOCSIN_SRC") : ".");

    setenv("TOCSIN_DATA_DIR", data, 0);

    return suite_run("outbox", tests, ARRAY_SIZE(tests), set_up, tear_down);
}
