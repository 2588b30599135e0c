/* SPDX-License-Identifier: BSD-3-Clause */
/* What is asked of the store, and writing while it answers. */
#include <config.h>

#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/store-world.h"
#include "tests/unit/suite.h"

static int count_silence(void *user, const struct silence *s)
{
    (void)s;
    ++*(int *)user;
    return 0;
}

START_TEST(queries_of_the_rest)
{
    struct store *st = open_at("sqlite::memory:", 0);
    struct ticket t = { .key = (char *)"k",
                        .owner = (char *)"core",
                        .persons = json_pack("[s]", "ann"),
                        .next_at = 9,
                        .backlog = true };
    int n = 0;

    OK(store_ticket_put(st, &t, err));
#define TICKETS(expect, ...)                                                   \
    n = 0;                                                                     \
    OK(store_ticket_each(st, &(struct ticket_query){ __VA_ARGS__ },            \
                         count_ticket, &n, err));                              \
    ck_assert_int_eq(n, expect)
    TICKETS(1, .person = "ann");
    TICKETS(0, .person = "an");
    TICKETS(1, .owner = "core");
    TICKETS(1, .backlog_only = true);
    TICKETS(1, .unresolved_only = true);
    TICKETS(1, .due = 9);
    TICKETS(0, .due = 8);
    json_decref(t.persons);

    struct outbox o = { .ticket = t.id,
                        .sink = (char *)"a",
                        .state = OUTBOX_DUE };
    OK(store_outbox_put(st, &o, err));
    o = (struct outbox){ .ticket = t.id, .sink = (char *)"b" };
    OK(store_outbox_put(st, &o, err));
    n = 0;
    OK(store_outbox_each(st, NULL, true, count_outbox, &n, err));
    ck_assert_int_eq(n, 1);
    OK(store_outbox_each(st, "b", false, count_outbox, &n, err));
    ck_assert_int_eq(n, 2);
    OK(store_outbox_each(st, "b", true, count_outbox, &n, err));
    ck_assert_int_eq(n, 2);

    struct decision d = { .ticket = (char *)"k",
                          .code = (char *)"opened",
                          .inputs = json_pack("{s:i}", "pushes", 3) };
    OK(store_decision_put(st, &d, err));
    OK(store_decision_put(st, &d, err));
    json_object_set_new(d.inputs, "pushes", json_integer(4));
    OK(store_decision_put(st, &d, err));
    json_decref(d.inputs);
    n = 0;
    OK(store_decision_each(st, "k", count_decision, &n, err));
    ck_assert_int_eq(n, 2);

    struct silence s = {
        .author = (char *)"me", .starts = 10, .ends = 20, .match = json_object()
    };
    OK(store_silence_put(st, &s, err));
    json_decref(s.match);
    for (int64_t at = 9; at <= 20; at += 11) {
        n = 0;
        OK(store_silence_each(st, at, count_silence, &n, err));
        ck_assert_int_eq(n, 0);
    }
    OK(store_silence_each(st, 10, count_silence, &n, err));
    ck_assert_int_eq(n, 1);
    OK(store_silence_expire(st, s.id, 12, err));
    OK(store_silence_each(st, 12, count_silence, &n, err));
    ck_assert_int_eq(n, 1);
    OK(store_silence_each(st, 0, count_silence, &n, err));
    ck_assert_int_eq(n, 2);

    int64_t spent;
    OK(store_spent_add(st, "ann", 5, 1, err));
    OK(store_spent_add(st, "bob", 5, 1, err));
    OK(store_spent_add(st, "bob", 9, 2, err));
    OK(store_spent_count(st, "ann", 0, &spent, err));
    ck_assert_int_eq(spent, 1);
    OK(store_spent_count(st, NULL, 0, &spent, err));
    ck_assert_int_eq(spent, 2);
    OK(store_spent_count(st, NULL, 6, &spent, err));
    ck_assert_int_eq(spent, 1);

    char *v;
    OK(store_meta_set(st, "m", "1", err));
    ck_assert_int_eq(store_meta_get(st, "m", &v, NULL), 1);
    ck_assert_str_eq(v, "1");
    free(v);
    OK(store_meta_set(st, "m", NULL, err));
    ck_assert_int_eq(store_meta_get(st, "m", &v, NULL), 0);
    store_close(st);
}
END_TEST

static int tell_notice(void *user, const struct notice *n)
{
    struct seen *s = user;

    snprintf(s->text, sizeof(s->text), "%s %s %s %d %d %d", n->instance,
             n->code, n->text, (int)n->first, (int)n->last, (int)n->told);
    return 0;
}

START_TEST(a_notice_that_changes_is_news)
{
    struct store *st = open_at("sqlite::memory:", 0);
    struct seen s = { 0 };

    OK(store_notice_put(st, "i", "c", "one", 1, err));
    OK(store_notice_told(st, "i", "c", 2, err));
    OK(store_notice_put(st, "i", "c", "one", 3, err));
    OK(store_notice_each(st, tell_notice, &s, err));
    ck_assert_str_eq(s.text, "i c one 1 3 2");
    OK(store_notice_put(st, "i", "c", "two", 4, err));
    OK(store_notice_each(st, tell_notice, &s, err));
    ck_assert_str_eq(s.text, "i c two 4 4 0");
    store_close(st);
}
END_TEST

struct writer {
    struct store *st;
    int nr;
};

static int write_inside(void *user, struct incident *i)
{
    struct writer *w = user;
    struct incident n = { .project = i->project, .branch = i->branch };

    n.fingerprint = xasprintf("%s+", i->fingerprint);
    OK(store_incident_put(w->st, &n, false, err));
    OK(store_incident_clean(w->st, i->id, err));
    incident_release(&(struct incident){ .public_id = n.public_id,
                                         .fingerprint = n.fingerprint });
    return ++w->nr == 2 ? 1 : 0;
}

START_TEST(callbacks_may_write)
{
    struct store *st = open_at("sqlite::memory:", 0);
    struct writer w = { st, 0 };

    for (int n = 0; n < 5; n++) {
        struct incident i = { .project = (char *)"o/p",
                              .branch = (char *)"main" };
        i.fingerprint = xasprintf("%d", n);
        OK(store_incident_put(st, &i, false, err));
        free(i.fingerprint);
        free(i.public_id);
    }
    OK(store_incident_each(st, &(struct incident_query){ .due = 1 },
                           write_inside, &w, err));
    ck_assert_int_eq(w.nr, 2);
    ck_assert_str_eq(incidents(st, (struct incident_query){ .due = 1 }).text,
                     "2 3 4 0+ 1+ ");
    store_close(st);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        queries_of_the_rest,
        a_notice_that_changes_is_news,
        callbacks_may_write,
    };

    return suite_run("store-queries", tests, ARRAY_SIZE(tests), setup,
                     teardown);
}
