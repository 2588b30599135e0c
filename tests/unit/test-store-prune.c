/* SPDX-License-Identifier: BSD-3-Clause */
/* Pruning: what is over is forgotten, evidence is not. */
#include <config.h>

#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/store-world.h"
#include "tests/unit/suite.h"

START_TEST(pruning_keeps_what_is_evidence)
{
    struct store *st = open_at("sqlite::memory:", 0);
    struct failure f = one_failure();
    struct incident i = { .project = (char *)"o/live",
                          .standing = true,
                          .branch = (char *)"main",
                          .fingerprint = (char *)"1:aa" };

    for (int n = 0; n < 3; n++) {
        char id[16];
        snprintf(id, sizeof(id), "%d", n);
        struct run r = red_run(id, &f);
        r.finished = 1000 + n;
        add(st, &r);
        r.project = (char *)"o/live";
        r.source = (char *)"other";
        add(st, &r);
    }
    OK(store_incident_put(st, &i, false, err));
    free(i.public_id);
    OK(store_prune(st, 1000, 0, err));
    ck_assert_int_eq(runs_of(st, "o/p").nr, 3);
    OK(store_prune(st, 5000, 0, err));
    ck_assert_str_eq(runs_of(st, "o/p").text, "2/1:o/p:c1 ");
    ck_assert_int_eq(runs_of(st, "o/live").nr, 3);
    store_close(st);
}
END_TEST

static int count_history(void *user, int64_t at, const char *event,
                         const char *text)
{
    (void)at;
    (void)event;
    (void)text;
    ++*(int *)user;
    return 0;
}

START_TEST(pruning_forgets_what_is_over)
{
    struct store *st = open_at("sqlite::memory:", 0);
    struct incident old = { .project = (char *)"o/p",
                            .ended = 100,
                            .branch = (char *)"main",
                            .resolved = 110,
                            .fingerprint = (char *)"old",
                            .state = INCIDENT_RESOLVED };
    struct incident live = { .project = (char *)"o/p",
                             .last_seen = 5,
                             .branch = (char *)"main",
                             .standing = true,
                             .fingerprint = (char *)"live" };
    struct ticket a = { .key = (char *)"a",
                        .state = TICKET_RESOLVED,
                        .resolved = 110,
                        .changed = 110 };
    struct ticket b = { .key = (char *)"b" };
    struct decision d = { .ticket = (char *)"a",
                          .at = 90,
                          .code = (char *)"opened" };
    struct outbox o = { .sink = (char *)"mail", .state = OUTBOX_DUE };
    int64_t spent;
    int n = 0;

    OK(store_incident_put(st, &old, true, err));
    OK(store_incident_put(st, &live, true, err));
    OK(store_ticket_put(st, &a, err));
    OK(store_ticket_put(st, &b, err));
    OK(store_member_set(st, old.id, &a.id, 1, err));
    OK(store_member_set(st, live.id, &b.id, 1, err));
    OK(store_decision_put(st, &d, err));
    OK(store_history_add(st, a.id, 90, "opened", "x", err));
    o.ticket = a.id;
    OK(store_outbox_put(st, &o, err));
    OK(store_spent_add(st, "ann", 90, a.id, err));
    OK(store_prune(st, 0, 110, err));
    ck_assert_str_eq(
        incidents(st, (struct incident_query){ .branch = "main" }).text,
        "old live ");
    OK(store_prune(st, 0, 111, err));
    ck_assert_str_eq(
        incidents(st, (struct incident_query){ .branch = "main" }).text,
        "live ");
    OK(store_ticket_each(st, &(struct ticket_query){ .due = 0 }, count_ticket,
                         &n, err));
    ck_assert_int_eq(n, 1);
    n = 0;
    OK(store_decision_each(st, "a", count_decision, &n, err));
    OK(store_history_each(st, a.id, count_history, &n, err));
    OK(store_outbox_each(st, NULL, false, count_outbox, &n, err));
    ck_assert_int_eq(n, 0);
    OK(store_spent_count(st, NULL, 0, &spent, err));
    ck_assert_int_eq(spent, 0);
    free(old.public_id);
    free(live.public_id);
    store_close(st);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        pruning_keeps_what_is_evidence,
        pruning_forgets_what_is_over,
    };

    return suite_run("store-prune", tests, ARRAY_SIZE(tests), setup, teardown);
}
