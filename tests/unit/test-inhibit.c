/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which incident is a symptom of which, and what that keeps back. The whole
 * way is played in tests/scenarios/inhibition.yaml.
 */
#include <config.h>

#include "core/route/judge.h"
#include "tests/unit/route-world.h"
#include "suite.h"

#define P "org/foo"
#define HEAD                                                                   \
    "armed: true\n"                                                            \
    "policy: {open: {any: [{pushes: 1}]}, budget:"                             \
    " {new_per_person_per_day: unlimited}}\n"                                  \
    "routes:\n"                                                                \
    "  - {match: {project: 'org/*'}, owner: core, via: [issues],"              \
    " group_by: [project, fingerprint]}\n"

static const char one[] =
    HEAD "inhibit:\n"
         "  - {cause: {area: dependency}, symptom: {area: bot},"
         " equal: [project, dependency]}\n";

static struct world *world_of(const char *text)
{
    static struct world w;

    world_init(&w, text);
    pass(&w);
    return &w;
}

/* A red incident with a category and, perhaps, a spec. */
static void stands(struct world *w, const char *project, const char *fp,
                   const char *category, const char *spec)
{
    struct incident i = incident(w, project, fp);

    str_replace(&i.category, category);
    if (spec) {
        json_decref(i.failure);
        i.failure = json_pack("{s:{s:s}}", "captures", "spec", spec);
    }
    put(w, i);
}

static char *cause_of(struct world *w, const char *project, const char *fp)
{
    struct incident i = incident(w, project, fp);
    char *id = xstrdup(str_or(i.caused_by, "none"));

    incident_release(&i);
    return id;
}

static char *id_of(struct world *w, const char *project, const char *fp)
{
    struct incident i = incident(w, project, fp);
    char *id = xstrdup(i.public_id);

    incident_release(&i);
    return id;
}

/* fp of project is a symptom of cause (of the same project unless given);
 * NULL: of nothing. */
#define symptom(w, project, fp, other, cause)                                  \
    do {                                                                       \
        const char *cause_ = (cause);                                          \
        CLEANUP_FREE char *is_ = cause_of(w, project, fp);                     \
        CLEANUP_FREE char *want_ =                                             \
            cause_ ? id_of(w, other, cause_) : xstrdup("none");                \
        ck_assert_str_eq(is_, want_);                                          \
    } while (0)

static char *reason_of(struct world *w, const char *project, const char *fp)
{
    struct incident i = incident(w, project, fp);
    int64_t *ids;
    size_t nr;
    struct ticket t;
    char *reason;

    ck_assert_int_eq(store_member_tickets(w->st, i.id, &ids, &nr, NULL), 0);
    ck_assert_uint_eq(nr, 1);
    ck_assert_int_eq(store_ticket_by_id(w->st, ids[0], &t, NULL), 1);
    reason = xasprintf("%s%s", str_or(t.reason, "-"), t.parent ? "+" : "");
    ticket_release(&t);
    free(ids);
    incident_release(&i);
    return reason;
}

#define is(w, project, fp, text)                                               \
    do {                                                                       \
        CLEANUP_FREE char *why_ = reason_of(w, project, fp);                   \
        ck_assert_str_eq(why_, text);                                          \
    } while (0)

START_TEST(the_symptom_waits_for_its_cause)
{
    struct world *w = world_of(one);

    stands(w, P, "1:sym", "bot/not-solvable", "NumPy >=2");
    stands(w, P, "1:cause", "dependency/missing", "numpy 1.*");
    pass(w);
    symptom(w, P, "1:sym", P, "1:cause");
    is(w, P, "1:sym", "inhibited+");
    is(w, P, "1:cause", "opened");
    laws(w);
    w->now += HOUR;
    green(w, P, "1:cause");
    pass(w);
    symptom(w, P, "1:sym", P, NULL);
    is(w, P, "1:sym", "opened");
    laws(w);
    world_release(w);
}
END_TEST

START_TEST(a_cause_that_comes_later_counts)
{
    struct world *w = world_of(one);

    stands(w, P, "1:sym", "bot/not-solvable", "numpy");
    pass(w);
    is(w, P, "1:sym", "opened");
    w->now += HOUR;
    stands(w, P, "1:cause", "dependency/missing", "numpy");
    pass(w);
    is(w, P, "1:sym", "inhibited+");
    symptom(w, P, "1:sym", P, "1:cause");
    laws(w);
    world_release(w);
}
END_TEST

START_TEST(only_what_is_equal)
{
    struct world *w = world_of(one);

    stands(w, P, "1:other", "bot/not-solvable", "numpy-base");
    stands(w, P, "1:none", "bot/not-solvable", NULL);
    stands(w, "org/bar", "1:far", "bot/not-solvable", "numpy");
    stands(w, P, "1:cause", "dependency/missing", "numpy");
    stands(w, P, "1:bare", "dependency/missing", NULL);
    pass(w);
    symptom(w, P, "1:other", P, NULL);
    symptom(w, P, "1:none", P, NULL); /* nothing is no reason */
    symptom(w, "org/bar", "1:far", P, NULL);
    world_release(w);
}
END_TEST

START_TEST(the_oldest_cause_and_it_stays)
{
    struct world *w = world_of(one);

    stands(w, P, "1:first", "dependency/missing", "numpy");
    w->now += HOUR;
    stands(w, P, "1:second", "dependency/unsatisfiable", "numpy");
    stands(w, P, "1:sym", "bot/not-solvable", "numpy");
    pass(w);
    symptom(w, P, "1:sym", P, "1:first");
    green(w, P, "1:first");
    pass(w);
    symptom(w, P, "1:sym", P, "1:second");
    is(w, P, "1:sym", "inhibited+");
    w->now += HOUR;
    red(w, P, "1:first");
    pass(w);
    symptom(w, P, "1:sym", P, "1:second");
    laws(w);
    world_release(w);
}
END_TEST

START_TEST(nothing_is_its_own_cause)
{
    struct world *w =
        world_of(HEAD "inhibit:\n"
                      "  - {cause: {area: bot}, symptom: {area: dependency},"
                      " equal: [project]}\n"
                      "  - {cause: {area: dependency}, symptom: {area: test},"
                      " equal: [project]}\n"
                      "  - {cause: {area: test}, symptom: {area: bot},"
                      " equal: [project]}\n");

    stands(w, P, "1:bot", "bot/x", NULL);
    pass(w);
    w->now += HOUR;
    stands(w, P, "1:dep", "dependency/x", NULL);
    pass(w);
    w->now += HOUR;
    stands(w, P, "1:test", "test/x", NULL);
    pass(w);
    symptom(w, P, "1:dep", P, "1:bot");
    symptom(w, P, "1:test", P, "1:dep");
    symptom(w, P, "1:bot", P, NULL);
    is(w, P, "1:bot", "stands");
    /* whatever is asked first: somebody is told */
    store_incident_dirty_all(w->st, NULL);
    pass(w);
    symptom(w, P, "1:bot", P, NULL);
    laws(w);
    world_release(w);
}
END_TEST

START_TEST(what_is_on_both_sides_explains_nothing)
{
    struct world *w =
        world_of(HEAD "inhibit:\n"
                      "  - {cause: {project: 'org/*'}, symptom: {area: test},"
                      " equal: [project]}\n");

    stands(w, P, "1:a", "test/x", NULL);
    stands(w, P, "1:b", "test/y", NULL);
    pass(w);
    symptom(w, P, "1:a", P, NULL);
    symptom(w, P, "1:b", P, NULL);
    stands(w, P, "1:c", "link/x", NULL);
    pass(w);
    symptom(w, P, "1:a", P, "1:c");
    symptom(w, P, "1:b", P, "1:c");
    symptom(w, P, "1:c", P, NULL);
    world_release(w);
}
END_TEST

START_TEST(a_cause_in_another_project)
{
    struct world *w = world_of(
        HEAD "inhibit:\n"
             "  - {cause: {project: org/pinning}, symptom: {area: bot},"
             " equal: []}\n");

    stands(w, P, "1:a", "bot/x", NULL);
    stands(w, "org/bar", "1:b", "bot/y", NULL);
    pass(w);
    is(w, P, "1:a", "opened");
    w->now += HOUR;
    stands(w, "org/pinning", "1:cause", "link/x", NULL);
    pass(w);
    symptom(w, P, "1:a", "org/pinning", "1:cause");
    symptom(w, "org/bar", "1:b", "org/pinning", "1:cause");
    w->now += HOUR;
    green(w, "org/pinning", "1:cause");
    pass(w);
    symptom(w, P, "1:a", P, NULL);
    is(w, "org/bar", "1:b", "stands");
    laws(w);
    world_release(w);
}
END_TEST

START_TEST(the_decision_names_the_rule_and_the_cause)
{
    struct world *w = world_of(one);
    CLEANUP_FREE char *cause = NULL;
    CLEANUP_JSON json_t *v = NULL;
    struct incident i;

    stands(w, P, "1:sym", "bot/not-solvable", "numpy");
    stands(w, P, "1:cause", "dependency/missing", "numpy");
    pass(w);
    cause = id_of(w, P, "1:cause");
    i = incident(w, P, "1:sym");
    v = decide_explain(w->st, w->s, &i, w->now);
    ck_assert_str_eq(jx_str(v, "code"), "inhibited");
    ck_assert_str_eq(jx_str(v, "caused_by"), cause);
    ck_assert_str_eq(jx_str(v, "rule_at"), w->s->inhibit[0].at);
    ck_assert_str_eq(jx_str(v, "inhibited_at"), w->s->inhibit[0].at);
    ck_assert_str_eq(jx_str(jx_obj(v, "inputs"), "cause"), cause);
    ck_assert_ptr_nonnull(strstr(jx_str(v, "text"), cause));
    incident_release(&i);
    world_release(w);
}
END_TEST

START_TEST(without_the_rule_it_is_told)
{
    struct world *w = world_of(one);

    stands(w, P, "1:sym", "bot/not-solvable", "numpy");
    stands(w, P, "1:cause", "dependency/missing", "numpy");
    pass(w);
    is(w, P, "1:sym", "inhibited+");
    world_configure(w, HEAD);
    pass(w);
    symptom(w, P, "1:sym", P, NULL);
    is(w, P, "1:sym", "opened");
    laws(w);
    world_release(w);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        the_symptom_waits_for_its_cause,
        a_cause_that_comes_later_counts,
        only_what_is_equal,
        the_oldest_cause_and_it_stays,
        nothing_is_its_own_cause,
        what_is_on_both_sides_explains_nothing,
        a_cause_in_another_project,
        the_decision_names_the_rule_and_the_cause,
        without_the_rule_it_is_told,
    };

    return suite_run("inhibit", tests, ARRAY_SIZE(tests), NULL, NULL);
}
