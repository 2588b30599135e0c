/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs: added once, in the order of their commits. */
#include <config.h>

#include <string.h>
#include <unistd.h>

#include "tests/unit/store-world.h"
#include "tests/unit/suite.h"

static int see_name(void *user, const char *project, const char *branch)
{
    struct seen *s = user;
    size_t at = strlen(s->text);

    s->nr++;
    snprintf(s->text + at, sizeof(s->text) - at, "%s@%s ", project, branch);
    return 0;
}

static struct seen dirty_of(struct store *st)
{
    struct seen s = { 0 };

    OK(store_dirty_each(st, see_name, &s, err));
    return s;
}

START_TEST(a_run_is_added_once_and_replaced_when_it_changes)
{
    struct store *st = open_at("sqlite::memory:", 0);
    struct failure f = one_failure();
    struct run r = red_run("7", &f);

    f.detail = json_pack("{s:s}", "message", "no r-sigora");
    ck_assert(add(st, &r));
    ck_assert_int_gt(r.id, 0);
    ck_assert_str_eq(dirty_of(st).text, "o/p@main ");
    OK(store_dirty_clear(st, "o/p", "main", err));

    struct run again = red_run("7", &f);
    ck_assert(!add(st, &again));
    ck_assert_int_eq(again.id, r.id);
    ck_assert_int_eq(dirty_of(st).nr, 0);
    ck_assert_str_eq(runs_of(st, "o/p").text, "7/1:o/p:c1! ");

    again.push_complete = true;
    ck_assert(add(st, &again));
    ck_assert_int_eq(dirty_of(st).nr, 1);
    json_object_set_new(f.detail, "message", json_string("other"));
    ck_assert(add(st, &again));
    again.attempt = 2;
    ck_assert(add(st, &again));
    ck_assert_str_eq(runs_of(st, "o/p").text, "7/1:o/p:c1! 7/2:o/p:c1! ");

    json_t *detail;
    OK(store_run_detail(st, r.id, &detail, err));
    ck_assert_str_eq(jx_str(detail, "message"), "other");
    json_decref(detail);
    json_decref(f.detail);
    store_close(st);
}
END_TEST

START_TEST(runs_come_in_the_order_of_their_commits)
{
    struct store *st = open_at("sqlite::memory:", 0);
    struct {
        const char *id, *commit;
        int64_t created;
        int attempt;
    } t[] = {
        { "9", "new", 900, 1 }, { "1", "old", 100, 1 },
        { "8", "old", 950, 1 }, /* a re-run: as old as its commit */
        { "1", "old", 100, 2 }, { "5", NULL, 500, 1 },
        { "6", NULL, 400, 1 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
        struct run r = red_run(t[i].id, NULL);
        r.commit = (char *)t[i].commit;
        r.created = t[i].created;
        r.finished = t[i].created + 10;
        r.attempt = t[i].attempt;
        ck_assert(add(st, &r));
    }
    ck_assert_str_eq(runs_of(st, "o/p").text,
                     "1/1:o/p:old 8/1:o/p:old 1/2:o/p:old 6/1:o/p:- "
                     "5/1:o/p:- 9/1:o/p:new ");
    store_close(st);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        a_run_is_added_once_and_replaced_when_it_changes,
        runs_come_in_the_order_of_their_commits,
    };

    return suite_run("store-runs", tests, ARRAY_SIZE(tests), setup, teardown);
}
