/* SPDX-License-Identifier: BSD-3-Clause */
/* Facts and the names of projects: what is said of an old name. */
#include <config.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/store/store.h"
#include "suite.h"

static struct store *st;

static void set_up(void)
{
    struct err err = ERR_INIT;

    ck_assert_msg(store_open(&st, "sqlite::memory:", 0, &err) == 0, "%s",
                  err_msg(&err));
}

static void tear_down(void)
{
    store_close(st);
}

/* json NULL: withdrawn. True: it changed something. */
static bool says(const char *source, const char *subject, const char *key,
                 const char *json, int64_t at)
{
    json_t *v = json ? json_loads(json, JSON_DECODE_ANY, NULL) : NULL;
    struct err err = ERR_INIT;
    bool changed;

    ck_assert(!json || v);
    ck_assert_msg(store_fact_put(st,
                                 &(struct fact){ source, subject, key, v, at },
                                 &changed, &err)
                      == 0,
                  "%s", err_msg(&err));
    json_decref(v);
    return changed;
}

#define is(subject, key, json)                                                 \
    do {                                                                       \
        json_t *v_;                                                            \
        ck_assert_int_ge(store_fact_get(st, subject, key, &v_, NULL), 0);      \
        CLEANUP_FREE char *text_ = v_ ? jx_dump(v_) : xstrdup("none");         \
        json_decref(v_);                                                       \
        ck_assert_str_eq(text_, json);                                         \
    } while (0)

static void ran(const char *project, const char *number)
{
    struct run r = {
        .source = (char *)"ci",
        .run_id = (char *)project,
        .project = (char *)project,
        .project_id = (char *)number,
        .branch = (char *)"main",
        .job = (char *)"j",
        .workflow = (char *)"w",
        .outcome = TOCSIN_OUTCOME_SUCCESS,
        .created = 1,
        .finished = 1,
        .attempt = 1,
        .default_branch = -1,
    };
    struct err err = ERR_INIT;
    bool added;

    ck_assert_msg(store_run_add(st, &r, &added, &err) == 0, "%s",
                  err_msg(&err));
}

START_TEST(what_was_said_before_the_rename_moves)
{
    ran("o/old", NULL);
    says("f", "o/old", "owners", "[\"ann\"]", 1);
    says("f", "o/old", "renamed_to", "\"o/new\"", 2);
    is("o/new", "owners", "[\"ann\"]");
    is("o/old", "owners", "none");
}
END_TEST

START_TEST(what_is_said_of_the_old_name_later_follows)
{
    ran("o/old", NULL);
    says("f", "o/old", "renamed_to", "\"o/new\"", 1);
    ck_assert(says("f", "o/old", "owners", "[\"ann\"]", 2));
    ck_assert(says("f", "o/old", "archived", "true", 2));
    is("o/new", "owners", "[\"ann\"]");
    is("o/new", "archived", "true");
    is("o/old", "archived", "none");
    ck_assert(!says("f", "o/old", "owners", "[\"ann\"]", 3));
    ck_assert(says("f", "o/old", "archived", NULL, 4));
    is("o/new", "archived", "none");
}
END_TEST

/* To another organisation, and on again, before anything ran. */
START_TEST(a_transfer_is_a_rename)
{
    says("f", "o/x", "owners", "[\"ann\"]", 1);
    says("f", "o/x", "renamed_to", "\"p/x\"", 2);
    is("p/x", "owners", "[\"ann\"]");
    says("f", "p/x", "renamed_to", "\"q/y\"", 3);
    is("q/y", "owners", "[\"ann\"]");
    says("f", "o/x", "archived", "true", 4);
    is("q/y", "archived", "true");
    ran("o/x", NULL);
    CLEANUP_FREE char *now = store_project_name(st, "o/x");
    ck_assert_str_eq(now, "q/y");
}
END_TEST

START_TEST(what_a_source_says_of_the_new_name_counts)
{
    ran("o/old", NULL);
    says("f", "o/old", "owners", "[\"ann\"]", 1);
    says("f", "o/old", "renamed_to", "\"o/new\"", 2);
    ck_assert(says("f", "o/new", "owners", "[\"ben\"]", 3));
    /* a table that still has both, every pass */
    ck_assert(!says("f", "o/old", "owners", "[\"ann\"]", 4));
    is("o/new", "owners", "[\"ben\"]");
    /* and then forgets the old one */
    ck_assert(!says("f", "o/old", "owners", NULL, 5));
    is("o/new", "owners", "[\"ben\"]");
    ck_assert(says("f", "o/new", "owners", NULL, 6));
    is("o/new", "owners", "none");
}
END_TEST

START_TEST(a_rename_by_durable_id_does_the_same)
{
    ran("o/old", "7");
    says("f", "o/old", "owners", "[\"ann\"]", 2);
    ran("o/new", "7");
    is("o/new", "owners", "[\"ann\"]");
    says("f", "o/old", "archived", "true", 3);
    is("o/new", "archived", "true");
}
END_TEST

START_TEST(who_takes_the_old_name_is_another_one)
{
    ran("o/old", "7");
    says("f", "o/old", "renamed_to", "\"o/new\"", 2);
    says("f", "o/old", "id", "\"8\"", 3);
    says("f", "o/old", "owners", "[\"eve\"]", 3);
    is("o/old", "owners", "[\"eve\"]");
    is("o/new", "owners", "none");
    is("o/new", "id", "none");
}
END_TEST

START_TEST(a_circle_of_names_ends)
{
    says("f", "c/a", "renamed_to", "\"c/b\"", 1);
    says("f", "c/b", "renamed_to", "\"c/a\"", 1);
    says("f", "c/a", "owners", "[\"ann\"]", 2);
    is("c/a", "owners", "[\"ann\"]");
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        what_was_said_before_the_rename_moves,
        what_is_said_of_the_old_name_later_follows,
        a_transfer_is_a_rename,
        what_a_source_says_of_the_new_name_counts,
        a_rename_by_durable_id_does_the_same,
        who_takes_the_old_name_is_another_one,
        a_circle_of_names_ends,
    };

    return suite_run("facts", tests, ARRAY_SIZE(tests), set_up, tear_down);
}
