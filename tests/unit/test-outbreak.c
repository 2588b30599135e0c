/* SPDX-License-Identifier: BSD-3-Clause */
/* Outbreaks: when many are hit at once, and when that is over. */
#include <config.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"
#include "core/incident/correlate.h"
#include "suite.h"

#define T0 (INT64_C(1700000000))

static struct store *st;

static void setup(void)
{
    st = NULL;
    OK(store_open(&st, "sqlite::memory:", 0, err));
}

static void teardown(void)
{
    store_close(st);
}

/* Project n is hit at minute m. */
static void hit(int n, int m, const char *fingerprint, const char *category,
                const char *blame)
{
    CLEANUP_FREE char *project = xasprintf("o/p%d", n);
    struct incident i = {
        .project = project,
        .branch = (char *)"main",
        .fingerprint = (char *)fingerprint,
        .category = (char *)category,
        .blame = (char *)blame,
        .standing = true,
        .first_seen = T0 + m * MINUTE,
        .last_seen = T0 + m * MINUTE,
    };

    OK(store_incident_put(st, &i, true, err));
    free(i.public_id);
}

static void infra(int n, int m)
{
    hit(n, m, "net", "infra/network", "infrastructure");
}

static void recipe(int n, int m)
{
    hit(n, m, "bad", "dependency/unsatisfiable", "dependency");
}

static void update(int m)
{
    struct settings s = { 0 };

    s.policy.outbreak_projects = 10;
    s.policy.outbreak_owners = 5;
    s.policy.outbreak_within = HOUR;
    s.policy.outbreak_hold = HOUR;
    s.policy.outbreak_quiet = 2 * HOUR;
    OK(outbreak_update(st, &s, T0 + m * MINUTE, err));
}

static int render(void *user, const struct outbreak *o)
{
    struct strbuf *b = user;

    strbuf_addf(b, "%s[%s] %s %d/%d %d..%d;", o->key,
                str_or(o->fingerprint, "*"), o->state, (int)o->projects,
                (int)o->owners, (int)((o->began - T0) / MINUTE),
                (int)((o->last_joined - T0) / MINUTE));
    return 0;
}

static void expect(const char *want)
{
    struct strbuf b CLEANUP_STRBUF;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    OK(store_outbreak_each(st, false, render, &b, err));
    if (strcmp(b.buf, want) != 0)
        ck_abort_msg("want %s\n  got  %s", want, b.buf);
}

static int count(void *user, struct incident *i)
{
    (void)i;
    ++*(int *)user;
    return 0;
}

static int members(const char *key)
{
    struct incident_query q = { .outbreak = key };
    int nr = 0;

    OK(store_incident_each(st, &q, count, &nr, err));
    return nr;
}

static int dirty(void)
{
    struct incident_query q = { .due = 1 };
    int nr = 0;

    OK(store_incident_each(st, &q, count, &nr, err));
    return nr;
}

START_TEST(ten_of_five_within_the_hour_is_one)
{
    for (int n = 0; n < 10; n++)
        infra(n, n * 6);
    update(60);
    expect("infra/network net[net] on 10/10 0..54;");
    ck_assert_int_eq(members("infra/network net"), 10);
    ck_assert_int_eq(dirty(), 10);
}
END_TEST

START_TEST(too_slow_is_none)
{
    for (int n = 0; n < 10; n++)
        infra(n, n * 40);
    update(361);
    expect("");
    ck_assert_int_eq(members("infra/network net"), 0);
}
END_TEST

START_TEST(a_few_may_be_one_and_are_held)
{
    for (int n = 0; n < 3; n++)
        infra(n, n);
    update(10);
    expect("infra/network net[net] forming 3/3 0..2;");
    ck_assert_int_eq(members("infra/network net"), 3);
    for (int n = 3; n < 12; n++)
        infra(n, 20);
    update(21);
    expect("infra/network net[net] on 12/12 0..20;");
    ck_assert_int_eq(members("infra/network net"), 12);
}
END_TEST

START_TEST(held_for_nothing)
{
    for (int n = 0; n < 4; n++)
        recipe(n, n);
    update(10);
    expect("bad[bad] forming 4/4 0..3;");
    update(63);
    expect("bad[bad] forming 4/4 0..3;");
    update(64);
    expect("bad[bad] over 4/4 0..3;");
    ck_assert_int_eq(members("bad"), 0);
    /* And not again by the same ones. */
    update(65);
    ck_assert_int_eq(members("bad"), 0);
    expect("bad[bad] over 4/4 0..3;");
}
END_TEST

START_TEST(two_are_no_wave)
{
    infra(1, 0);
    infra(2, 1);
    update(2);
    expect("");
}
END_TEST

START_TEST(all_of_one_person_is_none)
{
    json_t *ann CLEANUP_JSON = json_pack("[s]", "ann");

    for (int n = 0; n < 300; n++) {
        CLEANUP_FREE char *project = xasprintf("o/p%d", n);
        OK(store_fact_put(st, &(struct fact){ "f", project, "owners", ann, T0 },
                          NULL, err));
        recipe(n, n % 30);
    }
    update(30);
    expect("");
    /* Ten projects that two people share are no outbreak either. */
    json_t *bob CLEANUP_JSON = json_pack("[s]", "bob");
    OK(store_fact_put(st, &(struct fact){ "f", "o/p7", "owners", bob, T0 },
                      NULL, err));
    update(31);
    expect("bad[bad] forming 300/2 0..29;");
}
END_TEST

START_TEST(more_join_and_it_ends_when_nobody_does)
{
    for (int n = 0; n < 10; n++)
        infra(n, n);
    update(10);
    infra(10, 100);
    update(101);
    expect("infra/network net[net] on 11/11 0..100;");
    update(220);
    expect("infra/network net[net] on 11/11 0..100;");
    for (int n = 0; n < 11; n++)
        OK(store_incident_clean(st, n + 1, err));
    update(221);
    expect("infra/network net[net] over 11/11 0..100;");
    /* The restart list, to be judged again. */
    ck_assert_int_eq(members("infra/network net"), 11);
    ck_assert_int_eq(dirty(), 11);
    /* A straggler is no new outbreak; another wave is. */
    infra(20, 300);
    update(301);
    expect("infra/network net[net] over 11/11 0..100;");
    for (int n = 21; n < 31; n++)
        infra(n, 310);
    update(311);
    expect("infra/network net[net] on 11/11 300..310;");
}
END_TEST

START_TEST(three_thousand_and_two_hundred_really_broken)
{
    for (int n = 0; n < 3000; n++)
        infra(n, n % 50);
    for (int n = 0; n < 200; n++) {
        CLEANUP_FREE char *fp = xasprintf("own%d", n);
        hit(n, n % 50, fp, "compile/error", "recipe");
    }
    int64_t before = suite_cpu_ms();
    update(50);
    ck_assert_int_lt(suite_cpu_ms() - before, 5000);
    expect("infra/network net[net] on 3000/3000 0..49;");
    ck_assert_int_eq(members("infra/network net"), 3000);
    struct incident i;
    ck_assert_int_eq(store_incident_get(st, "o/p7", "main", "own7", &i, NULL),
                     1);
    ck_assert_ptr_null(i.outbreak);
    incident_release(&i);
    ck_assert_int_eq(store_incident_get(st, "o/p7", "main", "net", &i, NULL),
                     1);
    ck_assert_str_eq(i.caused_by, "infra/network net");
    incident_release(&i);
}
END_TEST

START_TEST(one_outage_with_many_faces)
{
    for (int n = 0; n < 12; n++) {
        CLEANUP_FREE char *fp = xasprintf("host%d", n);
        hit(n, n, fp, "infra/network", "infrastructure");
    }
    update(12);
    expect("infra/network[*] on 12/12 0..11;");
    ck_assert_int_eq(members("infra/network"), 12);
}
END_TEST

START_TEST(many_faces_of_a_recipe_are_no_outbreak)
{
    for (int n = 0; n < 12; n++) {
        CLEANUP_FREE char *fp = xasprintf("own%d", n);
        hit(n, n, fp, "compile/error", "recipe");
    }
    update(12);
    expect("");
}
END_TEST

START_TEST(a_category_counts_only_what_is_left)
{
    for (int n = 0; n < 11; n++)
        infra(n, n);
    hit(20, 5, "other", "infra/network", "infrastructure");
    update(12);
    expect("infra/network net[net] on 11/11 0..10;");
    ck_assert_int_eq(members("infra/network net"), 11);
}
END_TEST

START_TEST(an_unchanged_outbreak_writes_nothing)
{
    for (int n = 0; n < 10; n++)
        recipe(n, n);
    update(10);
    for (int n = 0; n < 10; n++)
        OK(store_incident_clean(st, n + 1, err));
    update(11);
    ck_assert_int_eq(dirty(), 0);
    expect("bad[bad] on 10/10 0..9;");
}
END_TEST

/* A cause that is everybody's ends nothing of a project's own. */
static void red(const char *project, const char *commit, int m,
                const char *fingerprint)
{
    struct failure f = { .fingerprint = (char *)fingerprint,
                         .category = (char *)"dependency/unsatisfiable",
                         .blame = (char *)"dependency",
                         .primary = true };
    struct run r = {
        .source = (char *)"ci",
        .run_id = (char *)commit,
        .attempt = 1,
        .project = (char *)project,
        .branch = (char *)"main",
        .job = (char *)"linux",
        .commit = (char *)commit,
        .outcome = TOCSIN_OUTCOME_FAILURE,
        .created = T0 + m * MINUTE,
        .finished = T0 + m * MINUTE,
        .failures = &f,
        .nr_failures = 1,
    };
    CLEANUP_FREE char *id = xasprintf("%s-%s", project, commit);
    bool added;

    r.run_id = id;
    OK(store_run_add(st, &r, &added, err));
}

static void look(int m)
{
    struct settings s = { 0 };
    struct correlate_options o = { .now = T0 + m * MINUTE };

    OK(correlate(st, &s, &o, NULL, err));
}

static void is_standing(const char *fp, bool standing)
{
    struct incident i;

    ck_assert_int_eq(store_incident_get(st, "o/p1", "main", fp, &i, NULL), 1);
    ck_assert_int_eq(i.standing, standing);
    incident_release(&i);
}

START_TEST(an_outbreak_supersedes_nothing)
{
    red("o/p1", "c1", 0, "own");
    red("o/p1", "c2", 100, "bad");
    look(101);
    is_standing("own", false);
    for (int n = 2; n < 12; n++)
        recipe(n, 100);
    update(101);
    look(102); /* its branch is looked at again */
    is_standing("own", true);
    is_standing("bad", true);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        ten_of_five_within_the_hour_is_one,
        too_slow_is_none,
        a_few_may_be_one_and_are_held,
        held_for_nothing,
        two_are_no_wave,
        all_of_one_person_is_none,
        more_join_and_it_ends_when_nobody_does,
        three_thousand_and_two_hundred_really_broken,
        one_outage_with_many_faces,
        many_faces_of_a_recipe_are_no_outbreak,
        a_category_counts_only_what_is_left,
        an_unchanged_outbreak_writes_nothing,
        an_outbreak_supersedes_nothing,
    };

    return suite_run("outbreak", tests, ARRAY_SIZE(tests), setup, teardown);
}
