/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a configuration becomes. What is said of wrong ones, the cases under
 * tests/data/config say.
 */
#include <config.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/config/glob.h"
#include "core/config/nearest.h"
#include "core/config/node.h"
#include "core/config/problems.h"
#include "core/config/settings.h"
#include "suite.h"

/* Settings from text that must be right. */
static struct settings *good(const char *text)
{
    struct problems pb;
    struct settings *s;

    problems_init(&pb);
    s = settings_parse("t.yaml", text, strlen(text), &pb);
    if (pb.errors)
        problems_print(&pb, stderr);
    ck_assert_uint_eq(pb.errors, 0);
    problems_release(&pb);
    return s;
}

START_TEST(defaults_are_the_documented_ones)
{
    struct settings *s = good("version: 1\n");

    ck_assert(!s->armed);
    ck_assert_str_eq(s->state, "sqlite:/var/lib/tocsin/tocsin.db");
    ck_assert(s->policy.open.set && !s->policy.open.all);
    ck_assert_int_eq(s->policy.open.red_for, 2 * DAY);
    ck_assert_int_eq(s->policy.open.pushes, 3);
    ck_assert_int_lt(s->policy.open.age, 0);
    ck_assert(s->policy.open.attempts < 0);
    ck_assert_int_eq(s->policy.resolve_greens, 1);
    ck_assert_int_eq(s->policy.new_per_pass, 10);
    ck_assert_int_eq(s->policy.new_per_day, 30);
    ck_assert_int_eq(s->policy.new_per_person_per_day, 1);
    ck_assert_int_eq(s->policy.backlog_per_day, 0);
    ck_assert_int_eq(s->policy.outbreak_projects, 10);
    ck_assert_int_eq(s->policy.outbreak_owners, 5);
    ck_assert_int_eq(s->policy.outbreak_within, HOUR);
    ck_assert_int_eq(s->policy.absent_after, DAY);
    ck_assert_int_eq(s->pass_deadline, 3000);
    ck_assert_int_eq(s->keep_runs, 90 * DAY);
    ck_assert_uint_eq(s->root.nr_group_by, 3);
    ck_assert_str_eq(s->root.group_by[2], "kind");
    ck_assert(!s->has_fallback);
    settings_free(s);
}
END_TEST

START_TEST(policy_is_read_and_routes_inherit)
{
    struct settings *s = good(
        "version: 1\n"
        "policy:\n"
        "  open: {all: [{attempts: 2.5}, {age: 1w}]}\n"
        "  resolve: {greens: 0, quiet: 90m}\n"
        "  remind: never\n"
        "  budget: {new_per_day: unlimited}\n"
        "sinks: {out: {plugin: file, dir: x}}\n"
        "fallback: {owner: '@a', via: out}\n"
        "routes:\n"
        "  - {owner: '@a', via: out, policy: {remind: 3d}, routes: [\n"
        "      {match: {outbreak: true, branch: default}, labels: [x]}]}\n");
    const struct policy *p = &s->policy;
    const struct route *r = &s->root.routes[0];

    ck_assert(p->open.all);
    ck_assert(p->open.attempts > 2.4 && p->open.attempts < 2.6);
    ck_assert_int_eq(p->open.age, WEEK);
    ck_assert_int_lt(p->open.red_for, 0);
    ck_assert_int_lt(p->open.pushes, 0);
    ck_assert_str_eq(p->open.at, "t.yaml:3");
    ck_assert_int_eq(p->resolve_greens, 0);
    ck_assert_int_eq(p->resolve_quiet, 5400);
    ck_assert_int_eq(p->remind, 0);
    ck_assert(p->new_per_day == POLICY_UNLIMITED);
    ck_assert_int_eq(r->policy.remind, 3 * DAY);
    ck_assert(!r->policy.open.set);
    ck_assert_int_lt(r->policy.resolve_greens, 0);
    ck_assert_int_lt(r->digest, 0);
    ck_assert_str_eq(r->id, "routes[0]");
    ck_assert_str_eq(r->at, "t.yaml:10");
    ck_assert(r->has_via);
    ck_assert_int_eq(r->match.outbreak, -1);
    ck_assert_str_eq(r->routes[0].id, "routes[0].routes[0]");
    ck_assert_int_eq(r->routes[0].match.outbreak, 1);
    ck_assert_str_eq(r->routes[0].match.branch[0], "default");
    ck_assert(!r->routes[0].has_via);
    ck_assert_str_eq(r->routes[0].labels[0], "x");
    settings_free(s);
}
END_TEST

START_TEST(instances_keep_options_as_written)
{
    struct settings *s =
        good("version: 1\n"
             "sources:\n"
             "  b: {plugin: logs, path: [a, b], max_members: 07, deep: true,\n"
             "      stale_after: 6h, memory: 64M, deadline: 1m}\n"
             "sinks:\n"
             "  out: {plugin: file, dir: x, allow: 'o/*', confidential: true}\n"
             "  two: {plugin: file, dir: x}\n");
    const struct instance *b = settings_source(s, "b");
    const struct instance *out = settings_sink(s, "out");

    ck_assert_ptr_nonnull(b);
    ck_assert_ptr_nonnull(out);
    ck_assert_ptr_null(settings_sink(s, "b"));
    ck_assert_str_eq(jx_str(b->options, "max_members"), "07");
    ck_assert_str_eq(jx_str(b->options, "deep"), "true");
    ck_assert_uint_eq(json_array_size(jx_arr(b->options, "path")), 2);
    ck_assert_ptr_null(json_object_get(b->options, "stale_after"));
    ck_assert_str_eq(jx_str(b->option_at, "path"), "t.yaml:3:21");
    ck_assert_str_eq(b->at, "t.yaml:3:3");
    ck_assert_str_eq(b->dir, ".");
    ck_assert_int_eq(b->stale_after, 6 * HOUR);
    ck_assert_int_eq(b->memory, (int64_t)64 << 20);
    ck_assert_int_eq(b->deadline, 60);
    ck_assert(!b->is_sink && out->is_sink && out->confidential);
    ck_assert_uint_eq(out->nr_allow, 1);
    ck_assert_int_eq(settings_sink(s, "two")->deadline, 600);
    settings_free(s);
}
END_TEST

START_TEST(owners_are_read)
{
    struct settings *s = good(
        "version: 1\n"
        "sinks: {out: {plugin: file, dir: x}}\n"
        "fallback: {owner: core, via: [out], digest: daily}\n"
        "teams:\n"
        "  core: {persons: [anna, bob], contacts: {file: x, out: [y, z]}}\n"
        "owners:\n"
        "  - {project: 'o/*', path: /src/, owners: [core, '@c']}\n"
        "  - {project: 'o/x', owners: []}\n");
    const struct team *t = settings_team(s, "core");

    ck_assert_uint_eq(t->nr_persons, 2);
    ck_assert_str_eq(t->persons[1], "bob");
    ck_assert_str_eq(jx_str(t->contacts, "file"), "x");
    ck_assert_uint_eq(json_array_size(jx_arr(t->contacts, "out")), 2);
    ck_assert_ptr_null(settings_team(s, "cor"));
    ck_assert_uint_eq(s->nr_ownership, 2);
    ck_assert_str_eq(s->ownership[0].path, "/src/");
    ck_assert_str_eq(s->ownership[0].owners[1], "@c");
    ck_assert_ptr_null(s->ownership[1].path);
    ck_assert_uint_eq(s->ownership[1].nr_owners, 0);
    ck_assert_int_eq(s->fallback.digest, DAY);
    /* who nobody named as operators: those of the fallback */
    ck_assert_str_eq(s->operators_owner, "core");
    ck_assert_str_eq(s->operators_via[0], "out");
    settings_free(s);
}
END_TEST

START_TEST(rules_become_json_with_places)
{
    struct settings *s = good(
        "version: 1\n"
        "disable: [a/two]\n"
        "rules:\n"
        "  - {id: a/one, category: test/x, pattern: 'abc1', needs: abc}\n"
        "  - {id: a/two, category: test/x, pattern: 'abc2'}\n"
        "  - {id: a/one, override: true, category: test/y, pattern: abc3}\n"
        "ignore:\n"
        "  - {pattern: '^ok'}\n");
    json_t *one = json_array_get(s->rules, 0);

    ck_assert_uint_eq(json_array_size(s->rules), 1);
    ck_assert_uint_eq(json_array_size(s->ignore), 1);
    ck_assert_str_eq(jx_str(one, "pattern"), "abc3");
    ck_assert_str_eq(jx_str(one, "at"), "t.yaml:6:5");
    ck_assert_ptr_null(json_object_get(one, "override"));
    ck_assert_str_eq(jx_str(json_array_get(s->ignore, 0), "at"), "t.yaml:8:5");
    settings_free(s);
}
END_TEST

static char *rules_digest(const char *text)
{
    struct settings *s = good(text);
    char *d = xasprintf("%s", s->rules_digest);

    settings_free(s);
    return d;
}

START_TEST(rules_digest_is_of_the_rules_alone)
{
    CLEANUP_FREE char *a = rules_digest(
        "version: 1\nrules: [{id: a/b, category: test/x, pattern: abc}]\n");
    CLEANUP_FREE char *b = rules_digest(
        "version: 1\n\n# moved\n"
        "rules: [{id: a/b, category: test/x, pattern: abc}]\nredact: [x]\n");
    CLEANUP_FREE char *c = rules_digest(
        "version: 1\nrules: [{id: a/b, category: test/x, pattern: abd}]\n");

    ck_assert_str_eq(a, b);
    ck_assert_str_ne(a, c);
}
END_TEST

START_TEST(shipped_rules_load_without_a_configuration)
{
    const char *src = getenv("TOCSIN_SRC");
    CLEANUP_FREE char *dir = xasprintf("%s/conf", src ? src : ".");
    json_t *rules = NULL, *ignore = NULL;
    struct problems pb;

    problems_init(&pb);
    ck_assert_int_eq(settings_load_rules(dir, &rules, &ignore, &pb), 0);
    ck_assert_uint_gt(json_array_size(rules), 50);
    ck_assert_uint_gt(json_array_size(ignore), 0);
    ck_assert_uint_eq(pb.nr, 0);
    json_decref(rules);
    json_decref(ignore);
    ck_assert_int_eq(settings_load_rules("/nowhere", &rules, &ignore, &pb), -1);
    ck_assert_uint_eq(pb.errors, 1);
    ck_assert_str_eq(pb.items[0].file, "/nowhere/rules");
    problems_release(&pb);
}
END_TEST

START_TEST(edit_distance_counts_swaps_once)
{
    struct nearest n = { .word = "opne" };
    struct nearest far = { .word = "frobnicate" };

    ck_assert_uint_eq(edit_distance("open", "open"), 0);
    ck_assert_uint_eq(edit_distance("opne", "open"), 1);
    ck_assert_uint_eq(edit_distance("Open", "open"), 0);
    ck_assert_uint_eq(edit_distance("", "abc"), 3);
    ck_assert_uint_eq(edit_distance("kitten", "sitting"), 3);
    nearest_try(&n, "remind");
    nearest_try(&n, "open");
    ck_assert_str_eq(n.best, "open");
    nearest_try(&far, "open");
    nearest_try(&far, "policy");
    ck_assert_ptr_null(far.best);
}
END_TEST

START_TEST(globs_are_judged)
{
    static const char *const fine[] = {
        "a/*", "**",    "conda-forge/*-feedstock", "[!a-c]?", "{a,b/c}", "a\\[",
        "[]]", "a\\\\",
    };
    static const char *const bad[] = {
        "", "[", "[a", "{a", "a}", "{{a}}", "a\\"
    };

    for (size_t i = 0; i < ARRAY_SIZE(fine); i++)
        ck_assert_msg(!glob_wrong(fine[i]), "%s", fine[i]);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        char *why = glob_wrong(bad[i]);

        ck_assert_msg(why != NULL, "%s", bad[i]);
        free(why);
    }
}
END_TEST

START_TEST(nodes_know_their_place)
{
    static const char text[] = "a:\n  - b: \"\u00e9\u00e9\"  # x\n"
                               "    c: |\n      d\n      e\n";
    struct problems pb;
    struct document *d;
    const struct node *c;

    problems_init(&pb);
    d = document_parse("n.yaml", text, strlen(text), &pb);
    ck_assert_ptr_nonnull(d);
    c = node_get(node_get(d->root, "a")->items[0], "c");
    ck_assert_str_eq(c->text, "d\ne\n");
    ck_assert_int_eq(c->line, 3);
    ck_assert_int_eq(c->column, 8);
    ck_assert(!c->plain);
    document_free(d);
    problems_release(&pb);
}
END_TEST

/* Every prefix of a file is a file that somebody may leave behind. */
START_TEST(every_truncation_is_survived)
{
    static const char text[] =
        "version: 1\nsinks:\n  out: {plugin: file, dir: \"a\\u00e9\"}\n"
        "policy: &p\n  open: {any: [{red_for: 2d}]}\n"
        "routes:\n  - match: {project: [a/*, \u00e9]}\n    owner: '@a'\n"
        "    via: &v [out]\n    routes: [{via: *v, policy: {remind: 1d}}]\n"
        "rules:\n  - id: a/b\n    pattern: |-\n      x(y)\n"
        "    category: test/x\nfallback: {owner: \"@a\", via: *v}\n";
    size_t whole = 0;

    for (size_t n = 0; n <= strlen(text); n++) {
        struct problems pb;
        struct settings *s;

        problems_init(&pb);
        s = settings_parse("t.yaml", text, n, &pb);
        ck_assert_ptr_nonnull(s);
        whole += pb.errors == 0;
        settings_free(s);
        problems_release(&pb);
    }
    ck_assert_uint_gt(whole, 0);
    ck_assert_uint_lt(whole, strlen(text));
}
END_TEST

START_TEST(problems_are_sorted_and_counted)
{
    char buf[4096] = "";
    FILE *f = fmemopen(buf, sizeof(buf), "w");
    struct problems pb;

    problems_init(&pb);
    problems_error(&pb, "b", 2, 1, "two");
    problems_error(&pb, "b", 2, 1, "two");
    problems_warn(&pb, "a", 1, 1, "a\nb");
    problems_error(&pb, "b", 1, 9, "%s", "one");
    problems_error(&pb, NULL, 0, 0, "nowhere");
    problems_print(&pb, f);
    fclose(f);
    ck_assert_uint_eq(pb.errors, 3);
    ck_assert_str_eq(buf, "b:1:9: error: one\nb:2:1: error: two\n"
                          "a:1:1: warning: a\\x0ab\nerror: nowhere\n");
    problems_release(&pb);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        defaults_are_the_documented_ones,
        policy_is_read_and_routes_inherit,
        instances_keep_options_as_written,
        owners_are_read,
        rules_become_json_with_places,
        rules_digest_is_of_the_rules_alone,
        shipped_rules_load_without_a_configuration,
        edit_distance_counts_swaps_once,
        globs_are_judged,
        nodes_know_their_place,
        every_truncation_is_survived,
        problems_are_sorted_and_counted,
    };

    return suite_run("config", tests, ARRAY_SIZE(tests), NULL, NULL);
}
