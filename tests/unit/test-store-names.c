/* SPDX-License-Identifier: BSD-3-Clause */
/* Names: a rename is not a new project, whatever comes in what order. */
#include <config.h>

#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/store-world.h"
#include "tests/unit/suite.h"

START_TEST(a_rename_is_not_a_new_project)
{
    struct store *st = open_at("sqlite::memory:", 0);
    struct run r = red_run("1", NULL);
    char *s;

    r.project_id = (char *)"77";
    add(st, &r);
    struct ticket t = { .key = (char *)"k",
                        .project = (char *)"o/p",
                        .group = json_pack("{s:s}", "project", "o/p") };
    OK(store_ticket_put(st, &t, err));
    json_t *three CLEANUP_JSON = json_integer(3);
    OK(store_fact_put(st, &(struct fact){ "f", "o/p", "descendants", three, 1 },
                      NULL, err));
    r.run_id = (char *)"2";
    r.project = (char *)"o/q";
    r.created = 200;
    add(st, &r);
    ck_assert_str_eq(runs_of(st, "o/q").text, "1/1:o/q:c1 2/1:o/q:c1 ");
    /* Late words under the old name change nothing. */
    r.run_id = (char *)"3";
    r.project = (char *)"o/p";
    r.created = 300;
    add(st, &r);
    r.run_id = (char *)"4";
    r.project_id = NULL;
    add(st, &r);
    ck_assert_int_eq(runs_of(st, "o/q").nr, 4);
    s = store_project_name(st, "o/p");
    ck_assert_str_eq(s, "o/q");
    free(s);
    s = store_project_origin(st, "o/q");
    ck_assert_str_eq(s, "o/p");
    free(s);
    struct ticket back;
    OK(store_ticket_get(st, "k", &back, err));
    ck_assert_str_eq(back.project, "o/q");
    ck_assert_str_eq(jx_str(back.group, "project"), "o/q");
    ticket_release(&back);
    json_t *v;
    ck_assert_int_eq(store_fact_get(st, "o/q", "descendants", &v, NULL), 1);
    json_decref(v);
    json_decref(t.group);

    /* Another repository takes the old name. */
    r.run_id = (char *)"5";
    r.project_id = (char *)"88";
    add(st, &r);
    ck_assert_int_eq(runs_of(st, "o/p").nr, 1);
    ck_assert_int_eq(runs_of(st, "o/q").nr, 4);
    s = store_project_origin(st, "o/p");
    ck_assert_str_eq(s, "o/p@88");
    free(s);
    store_close(st);
}
END_TEST

START_TEST(a_fact_renames_and_joins)
{
    struct store *st = open_at("sqlite::memory:", 0);
    struct failure f = one_failure();
    struct run r = red_run("1", &f);
    bool changed;

    add(st, &r);
    struct incident i = { .project = (char *)"o/p",
                          .branch = (char *)"main",
                          .fingerprint = (char *)"1:aa",
                          .first_ever = 5 };
    OK(store_incident_put(st, &i, false, err));
    r.run_id = (char *)"2";
    r.project = (char *)"o/q";
    add(st, &r);
    i.id = 0;
    i.project = (char *)"o/q";
    i.first_ever = 9;
    OK(store_incident_put(st, &i, false, err));
    json_t *to = json_string("o/q");
    OK(store_fact_put(st, &(struct fact){ "f", "o/p", "renamed_to", to, 1 },
                      &changed, err));
    ck_assert(changed);
    OK(store_fact_put(st, &(struct fact){ "f", "o/p", "renamed_to", to, 2 },
                      &changed, err));
    ck_assert(!changed);
    json_decref(to);
    ck_assert_int_eq(runs_of(st, "o/q").nr, 2);
    ck_assert_int_eq(runs_of(st, "o/p").nr, 2);
    struct incident back;
    ck_assert_int_eq(store_incident_get(st, "o/q", "main", "1:aa", &back, NULL),
                     1);
    ck_assert_int_eq(back.first_ever, 5);
    incident_release(&back);
    free(i.public_id);
    /* A word of the old name that comes later is about the new one. */
    r.run_id = (char *)"3";
    r.project = (char *)"o/p";
    add(st, &r);
    ck_assert_int_eq(runs_of(st, "o/q").nr, 3);
    /* A circle of renames leads nowhere and ends. */
    to = json_string("c/a");
    OK(store_fact_put(st, &(struct fact){ "f", "c/b", "renamed_to", to, 1 },
                      NULL, err));
    json_decref(to);
    to = json_string("c/b");
    OK(store_fact_put(st, &(struct fact){ "f", "c/a", "renamed_to", to, 1 },
                      NULL, err));
    json_decref(to);
    char *s = store_project_name(st, "c/a");
    ck_assert_str_eq(s, "c/a");
    free(s);
    store_close(st);
}
END_TEST

START_TEST(the_newest_fact_wins)
{
    struct store *st = open_at("sqlite::memory:", 0);
    json_t *a = json_integer(1), *b = json_integer(2), *v;
    bool changed;

    OK(store_fact_put(st, &(struct fact){ "x", "o/p", "k", a, 10 }, &changed,
                      err));
    ck_assert(changed);
    OK(store_fact_put(st, &(struct fact){ "y", "o/p", "k", b, 10 }, &changed,
                      err));
    ck_assert(changed);
    ck_assert_int_eq(store_fact_get(st, "o/p", "k", &v, NULL), 1);
    ck_assert_int_eq(json_integer_value(v), 2);
    json_decref(v);
    OK(store_fact_put(st, &(struct fact){ "y", "o/p", "k", NULL, 11 }, &changed,
                      err));
    ck_assert(changed);
    ck_assert_int_eq(store_fact_get(st, "o/p", "k", &v, NULL), 1);
    ck_assert_int_eq(json_integer_value(v), 1);
    json_decref(v);
    OK(store_fact_put(st, &(struct fact){ "x", "o/p", "k", json_null(), 11 },
                      &changed, err));
    ck_assert(changed);
    ck_assert_int_eq(store_fact_get(st, "o/p", "k", &v, NULL), 0);
    json_decref(a);
    json_decref(b);
    store_close(st);
}
END_TEST

START_TEST(a_word_from_before_a_rename_does_not_undo_it)
{
    struct store *st = open_at("sqlite::memory:", 0);
    struct run r = red_run("1", NULL);

    r.project_id = (char *)"77";
    r.project = (char *)"o/q";
    r.created = 200;
    add(st, &r);
    r.run_id = (char *)"2";
    r.project = (char *)"o/p";
    r.created = 100;
    add(st, &r);
    ck_assert_str_eq(runs_of(st, "o/p").text, "1/1:o/q:c1 2/1:o/q:c1 ");
    r.run_id = (char *)"3";
    r.project = (char *)"o/r";
    r.created = 300;
    add(st, &r);
    ck_assert_int_eq(runs_of(st, "o/r").nr, 3);
    char *s = store_project_name(st, "o/p");
    ck_assert_str_eq(s, "o/r");
    free(s);
    store_close(st);
}
END_TEST

START_TEST(a_late_word_does_not_lend_the_name)
{
    struct store *st = open_at("sqlite::memory:", 0);
    struct run r = red_run("1", NULL);

    r.project_id = (char *)"77";
    add(st, &r);
    /* Another repository takes the name; then the first comes under it,
     * twice, and on a branch that nobody has asked for as yet. */
    r.run_id = (char *)"2";
    r.project_id = (char *)"88";
    r.created = 200;
    add(st, &r);
    r.project_id = (char *)"77";
    r.created = 50;
    r.run_id = (char *)"3";
    add(st, &r);
    r.run_id = (char *)"4";
    add(st, &r);
    ck_assert_str_eq(runs_of(st, "o/p").text, "2/1:o/p:c1 ");
    r.branch = (char *)"dev";
    r.run_id = (char *)"5";
    add(st, &r);
    struct incident i = { .project = (char *)"o/p",
                          .branch = (char *)"dev",
                          .fingerprint = (char *)"1:aa" };
    struct incident back;
    OK(store_incident_put(st, &i, false, err));
    ck_assert_int_eq(store_incident_get(st, "o/p", "dev", "1:aa", &back, NULL),
                     1);
    ck_assert_str_eq(back.project, "o/p");
    incident_release(&back);
    free(i.public_id);
    store_close(st);
}
END_TEST

START_TEST(a_name_that_is_borne_again_leads_there)
{
    struct store *st = open_at("sqlite::memory:", 0);
    json_t *to CLEANUP_JSON = json_string("o/q");
    struct run r = red_run("1", NULL);

    OK(store_fact_put(st, &(struct fact){ "f", "o/p", "renamed_to", to, 1 },
                      NULL, err));
    OK(store_begin(st, STORE_BATCH, err));
    add(st, &r);
    r.run_id = (char *)"2";
    r.project_id = (char *)"88";
    add(st, &r);
    r.run_id = (char *)"3";
    r.project_id = NULL;
    add(st, &r);
    OK(store_commit(st, err));
    ck_assert_str_eq(runs_of(st, "o/q").text, "1/1:o/q:c1 ");
    ck_assert_str_eq(runs_of(st, "o/p").text, "2/1:o/p:c1 3/1:o/p:c1 ");
    store_close(st);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        a_rename_is_not_a_new_project,
        a_fact_renames_and_joins,
        the_newest_fact_wins,
        a_word_from_before_a_rename_does_not_undo_it,
        a_late_word_does_not_lend_the_name,
        a_name_that_is_borne_again_leads_there,
    };

    return suite_run("store-names", tests, ARRAY_SIZE(tests), setup, teardown);
}
