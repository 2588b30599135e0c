/* SPDX-License-Identifier: BSD-3-Clause */
/* The route tree, policies and owners, each by itself. */
#include <config.h>

#include "core/route/owners.h"
#include "core/route/policy.h"
#include "core/route/tree.h"
#include "tests/unit/route-world.h"
#include "suite.h"

/* ---- routes ---- */

/* The ids of the leaves that a project takes, in order. */
static char *leaves(const char *config, const char *project)
{
    struct settings *s = world_settings(config);
    struct incident i = {
        .project = xstrdup(project),
        .branch = xstrdup("main"),
        .category = xstrdup("test/failed"),
        .blame = xstrdup("recipe"),
        .source = xstrdup("builds"),
        .fingerprint = xstrdup("f"),
    };
    struct routed r[ROUTED_MAX];
    struct subject sub;
    char *out = xstrdup("");
    size_t nr;

    subject_of(&sub, &i, NULL);
    nr = route_find(s, &sub, r, NULL, NULL);
    for (size_t n = 0; n < nr; n++) {
        char *more = xasprintf("%s%s%s", out, n ? " " : "", r[n].route->id);

        free(out);
        out = more;
    }
    incident_release(&i);
    settings_free(s);
    return out;
}

#define TO "owner: core, via: [chat]"

/* As in Alertmanager: first match, continue, the deepest match counts. */
START_TEST(routes_as_in_alertmanager)
{
    static const struct {
        const char *routes, *project, *want;
    } c[] = {
        { "  - {id: a, match: {project: 'o/1'}, " TO "}\n"
          "  - {id: b, " TO "}\n",
          "o/1", "a" },
        { "  - {id: a, match: {project: 'o/1'}, " TO "}\n"
          "  - {id: b, " TO "}\n",
          "o/2", "b" },
        { "  - {id: a, match: {project: 'o/2'}, continue: true, " TO "}\n"
          "  - {id: b, match: {project: 'o/[12]'}, continue: true, " TO "}\n",
          "o/2", "a b" },
        { "  - {id: a, match: {project: 'o/[12]'}, continue: true, " TO "}\n"
          "  - {id: b, match: {project: 'o/2'}, " TO "}\n",
          "o/1", "a" },
        { "  - {id: a, match: {project: 'o/2'}, " TO "}\n", "o/1", "" },
        /* children */
        { "  - id: a\n    owner: core\n    via: [chat]\n    routes:\n"
          "      - {id: a1, match: {project: 'o/1'}}\n"
          "      - {id: a2, match: {project: 'o/2'}}\n",
          "o/2", "a2" },
        { "  - id: a\n    owner: core\n    via: [chat]\n    routes:\n"
          "      - {id: a1, match: {project: 'o/1'}}\n",
          "o/3", "a" },
        { "  - id: a\n    owner: core\n    via: [chat]\n    continue: true\n"
          "    routes:\n"
          "      - {id: a1, match: {project: 'o/1'}, via: [issues],"
          " continue: true}\n"
          "      - {id: a2, match: {project: 'o/1'}, via: [issues]}\n"
          "      - {id: a3, match: {project: 'o/1'}, via: [issues]}\n"
          "  - {id: b, " TO "}\n",
          "o/1", "a1 a2 b" },
        /* matchers */
        { "  - {id: a, match: {branch: default}, " TO "}\n", "o/1", "a" },
        { "  - {id: a, match: {branch: 'v*'}, " TO "}\n", "o/1", "" },
        { "  - {id: a, match: {category: test}, " TO "}\n", "o/1", "a" },
        { "  - {id: a, match: {category: test/failed}, " TO "}\n", "o/1", "a" },
        { "  - {id: a, match: {category: test/other}, " TO "}\n", "o/1", "" },
        { "  - {id: a, match: {area: [infra, test]}, " TO "}\n", "o/1", "a" },
        { "  - {id: a, match: {blame: recipe, area: test}, " TO "}\n", "o/1",
          "a" },
        { "  - {id: a, match: {blame: recipe, area: link}, " TO "}\n", "o/1",
          "" },
        { "  - {id: a, match: {outbreak: true}, " TO "}\n", "o/1", "" },
        { "  - {id: a, match: {outbreak: false}, " TO "}\n", "o/1", "a" },
        { "  - {id: a, match: {owner: core}, " TO "}\n", "o/1", "" },
        { "  - {id: a, match: {source: builds}, " TO "}\n", "o/1", "a" },
    };

    for (size_t n = 0; n < ARRAY_SIZE(c); n++) {
        CLEANUP_FREE char *config = xasprintf("routes:\n%s", c[n].routes);
        CLEANUP_FREE char *is = leaves(config, c[n].project);

        ck_assert_msg(!strcmp(is, c[n].want), "case %zu: %s, wanted %s", n, is,
                      c[n].want);
    }
}
END_TEST

static struct routed first(struct settings *s, const char *area)
{
    struct incident i = {
        .project = xstrdup("o/1"),
        .branch = xstrdup("main"),
        .category = xasprintf("%s/x", area),
        .blame = xstrdup("recipe"),
    };
    struct routed r[ROUTED_MAX];
    struct subject sub;

    subject_of(&sub, &i, NULL);
    ck_assert_uint_eq(route_find(s, &sub, r, NULL, NULL), 1);
    incident_release(&i);
    return r[0];
}

START_TEST(what_sends_nothing_are_defaults_for_what_follows)
{
    struct settings *s = world_settings(
        "policy: {remind: 30d}\n"
        "routes:\n"
        "  - match: {area: bot}\n"
        "    policy: {open: {all: [{attempts: 10}, {age: 7d}]}, remind: 5d}\n"
        "    group_by: [project]\n"
        "    labels: [slow]\n"
        "    digest: 1d\n"
        "    continue: true\n"
        "  - id: p\n"
        "    policy: {remind: 9d}\n"
        "    "
        "owner: core\n"
        "    via: [chat]\n"
        "    labels: [own]\n");
    struct routed r = first(s, "bot");

    ck_assert_str_eq(r.route->id, "p");
    ck_assert(r.policy.open.all);
    ck_assert_int_eq(r.policy.open.age, 7 * DAY);
    ck_assert_int_eq(r.policy.remind, 9 * DAY); /* its own wins */
    ck_assert_uint_eq(r.nr_group_by, 1);
    ck_assert_str_eq(r.labels[0], "own");
    ck_assert_int_eq(r.digest, DAY);
    r = first(s, "test");
    ck_assert(!r.policy.open.all);
    ck_assert_uint_eq(r.nr_group_by, 3);
    ck_assert_int_eq(r.digest, 0);
    settings_free(s);
}
END_TEST

START_TEST(children_inherit)
{
    struct settings *s =
        world_settings("policy: {remind: 30d}\n"
                       "routes:\n"
                       "  - id: parent\n"
                       "    owner: core\n"
                       "    via: [chat]\n"
                       "    confidential: true\n"
                       "    policy: {open: {any: [{pushes: 7}]}}\n"
                       "    group_by: [project, job]\n"
                       "    routes:\n"
                       "      - {id: child, via: [issues, vault]}\n");
    struct routed r = first(s, "test");

    ck_assert_str_eq(r.route->id, "child");
    ck_assert_str_eq(r.owner, "core");
    ck_assert_uint_eq(r.nr_via, 2);
    ck_assert(r.confidential);
    ck_assert_int_eq(r.policy.open.pushes, 7);
    ck_assert_int_eq(r.policy.remind, 30 * DAY);
    ck_assert_uint_eq(r.nr_group_by, 2);
    settings_free(s);
}
END_TEST

/* ---- policies ---- */

static struct condition condition(bool all, int64_t red_for, int64_t pushes,
                                  double attempts, int64_t age)
{
    struct condition c = { .all = all,
                           .set = true,
                           .red_for = red_for,
                           .pushes = pushes,
                           .attempts = attempts,
                           .age = age };

    return c;
}

START_TEST(conditions_and_when_the_clock_meets_them)
{
    static const struct {
        bool all;
        int64_t red_for, pushes;
        double attempts;
        int64_t age;
        struct evidence e; /* since is 1000 */
        int64_t now;
        bool met;
        int64_t next;
    } t[] = {
        { false, 100, 3, -1, -1, { 1000, 1, 0 }, 1050, false, 1100 },
        { false, 100, 3, -1, -1, { 1000, 1, 0 }, 1100, true, 0 },
        { false, 100, 3, -1, -1, { 1000, 3, 0 }, 1000, true, 0 },
        { false, -1, 3, -1, -1, { 1000, 2, 0 }, 9999, false, 0 },
        { false, 100, -1, -1, 50, { 1000, 1, 0 }, 1000, false, 1050 },
        { true, -1, -1, 10, 100, { 1000, 1, 4 }, 2000, false, 0 },
        { true, -1, -1, 10, 100, { 1000, 1, 10 }, 1050, false, 1100 },
        { true, -1, -1, 10, 100, { 1000, 1, 10 }, 1100, true, 0 },
        { true, 100, -1, -1, 200, { 1000, 1, 0 }, 1000, false, 1200 },
        { true, 100, -1, -1, 200, { 1000, 1, 0 }, 1150, false, 1200 },
        /* fifty fifths are ten, whatever binary says */
        { true, -1, -1, 10, -1, { 1000, 1, 9.99999999 }, 1000, true, 0 },
        { true, -1, -1, 10, -1, { 1000, 1, 9.8 }, 1000, false, 0 },
        { false, 0, -1, -1, -1, { 1000, 1, 0 }, 1000, true, 0 },
        { false, -1, -1, -1, -1, { 1000, 1, 0 }, 1000, true, 0 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
        struct condition c = condition(t[i].all, t[i].red_for, t[i].pushes,
                                       t[i].attempts, t[i].age);
        int64_t next = -1;

        ck_assert_msg(condition_met(&c, &t[i].e, t[i].now, &next) == t[i].met,
                      "case %zu", i);
        ck_assert_msg(next == t[i].next, "case %zu: next %lld", i,
                      (long long)next);
    }
}
END_TEST

START_TEST(resolving_has_hysteresis)
{
    struct policy p;
    int64_t next;
    bool flapping;

    policy_init(&p);
    policy_defaults(&p); /* 1 green, 3 flaps: 3 days */
    ck_assert(policy_may_resolve(&p, 1, 0, 1000, 1000, &next, &flapping));
    ck_assert(!policy_may_resolve(&p, 0, 0, 1000, 9999, &next, &flapping));
    ck_assert_int_eq(next, 0);
    ck_assert(!policy_may_resolve(&p, 1, 3, 1000, 1000, &next, &flapping));
    ck_assert(flapping);
    ck_assert_int_eq(next, 1000 + 3 * DAY);
    p.resolve_quiet = 60;
    ck_assert(!policy_may_resolve(&p, 1, 0, 1000, 1059, &next, &flapping));
    ck_assert(!flapping);
    ck_assert_int_eq(next, 1060);
    ck_assert(policy_may_resolve(&p, 1, 0, 1000, 1060, &next, &flapping));
}
END_TEST

/* ---- owners ---- */

static char *owner_text(struct world *w, const char *spec, const char *project,
                        const char *file)
{
    struct owner o;
    int found = owner_find(w->st, w->s, spec, project, file, &o, NULL);
    CLEANUP_FREE char *persons = jx_dump(o.persons);
    char *out = xasprintf("%d %s %s %s %s", found, str_or(o.name, "-"),
                          str_or(o.from, "-"), persons, str_or(o.mention, "-"));

    owner_release(&o);
    return out;
}

#define owner_is(w, spec, project, file, text)                                 \
    do {                                                                       \
        CLEANUP_FREE char *is_ = owner_text(w, spec, project, file);           \
        ck_assert_str_eq(is_, text);                                           \
    } while (0)

START_TEST(owners_from_facts_and_files)
{
    struct world w;

    world_init(&w, "owners:\n"
                   "  - {project: 'o/team*', owners: [core]}\n"
                   "  - {project: 'o/teamless', owners: []}\n"
                   "  - {project: 'o/paths', path: /docs/, owners: ['@doc']}\n"
                   "  - {project: 'o/both', owners: [core, '@zoe']}\n");
    owner_is(&w, "maintainers", "o/x", NULL, "0 - - [] -");
    owner_is(&w, NULL, "o/x", NULL, "0 - - [] -");
    fact(&w, "o/x", "owners", "[\"Zoe\", \"yan\", \"zoe\", \"@o/crew\"]");
    owner_is(&w, "maintainers", "o/x", NULL,
             "1 maintainers recipe-maintainers [\"yan\",\"Zoe\"] "
             "@o/crew @yan @Zoe");
    fact(&w, "o/t", "owners", "[\"o/crew\"]");
    owner_is(&w, "maintainers", "o/t", NULL,
             "1 o/crew recipe-maintainers [] @o/crew");
    /* CODEOWNERS: by path, else the last rule for everything */
    fact(&w, "o/c", "codeowners",
         "\"* @a @b\\n/recipe/ @c\\n/none\\n*.md docs@example.org\\n\"");
    owner_is(&w, "maintainers", "o/c", NULL,
             "1 maintainers CODEOWNERS [\"a\",\"b\"] @a @b");
    owner_is(&w, "maintainers", "o/c", "recipe/meta.yaml",
             "1 maintainers CODEOWNERS [\"c\"] @c");
    owner_is(&w, "maintainers", "o/c", "./recipe/meta.yaml",
             "1 maintainers CODEOWNERS [\"c\"] @c");
    owner_is(&w, "maintainers", "o/c", "/home/x/recipe/meta.yaml",
             "1 maintainers CODEOWNERS [\"a\",\"b\"] @a @b");
    owner_is(&w, "maintainers", "o/c", "../recipe/meta.yaml",
             "1 maintainers CODEOWNERS [\"a\",\"b\"] @a @b");
    owner_is(&w, "codeowners", "o/c", "none", "0 - CODEOWNERS [] -");
    owner_is(&w, "codeowners", "o/c", "x.md", "1 maintainers CODEOWNERS [] -");
    owner_is(&w, "codeowners", "o/x", NULL, "0 - - [] -");
    fact(&w, "o/d", "codeowners", "\"* @a\\nrecipe/ @c\\n\"");
    owner_is(&w, "maintainers", "o/d", "x/recipe/y",
             "1 maintainers CODEOWNERS [\"c\"] @c");
    owner_is(&w, "maintainers", "o/d", "../other/recipe/y",
             "1 maintainers CODEOWNERS [\"a\"] @a");
    /* facts come before the file */
    fact(&w, "o/c", "owners", "[\"first\"]");
    owner_is(&w, "maintainers", "o/c", NULL,
             "1 maintainers recipe-maintainers [\"first\"] @first");
    /* configuration comes before both */
    fact(&w, "o/team1", "owners", "[\"zoe\"]");
    owner_is(&w, "maintainers", "o/team1", NULL,
             "1 core owners.yaml [\"ada\",\"bob\"] @ada @bob");
    fact(&w, "o/teamless", "owners", "[\"zoe\"]");
    owner_is(&w, "maintainers", "o/teamless", NULL, "0 - owners.yaml [] -");
    fact(&w, "o/paths", "owners", "[\"zoe\"]");
    owner_is(&w, "maintainers", "o/paths", "docs/a.md",
             "1 maintainers owners.yaml [\"doc\"] @doc");
    owner_is(&w, "maintainers", "o/paths", "src/a.c",
             "1 maintainers recipe-maintainers [\"zoe\"] @zoe");
    owner_is(&w, "maintainers", "o/both", NULL,
             "1 maintainers owners.yaml [\"ada\",\"bob\",\"zoe\"] "
             "@ada @bob @zoe");
    /* named ones */
    owner_is(&w, "core", NULL, NULL,
             "1 core team [\"ada\",\"bob\"] @ada "
             "@bob");
    owner_is(&w, "@zoe", NULL, NULL, "1 zoe team [\"zoe\"] @zoe");
    owner_is(&w, "nosuch", "o/x", NULL, "0 - - [] -");
    world_release(&w);
}
END_TEST

/* A list or markup inside one name would call others than it names. */
START_TEST(a_name_is_one_name)
{
    struct owner o;
    struct world w;

    world_init(&w, "");
    fact(&w, "o/x", "owners",
         "[\"ada, @org/core\", \"bob @carl\", \"--><b>\", \"a/b/c\","
         " \"dora\\neve\", \"[fred](x)\", \"x/\", \"@@gil\","
         " \"a@b@c\", \"hal\", \"org/good.team\", \"i@example.org\"]");
    ck_assert_int_eq(
        owner_find(w.st, w.s, "maintainers", "o/x", NULL, &o, NULL), 1);
    ck_assert_str_eq(o.mention, "@org/good.team @hal");
    ck_assert_uint_eq(json_array_size(o.persons), 1);
    ck_assert_uint_eq(json_array_size(o.dropped), 9);
    ck_assert_str_eq(jx_str(json_array_get(o.dropped, 0), "why"),
                     "is no name of an account");
    ck_assert_str_eq(jx_str(o.contacts, "email"), "i@example.org");
    owner_release(&o);
    fact(&w, "o/x", "owners", "[\"ada, @org/core\"]");
    ck_assert_int_eq(
        owner_find(w.st, w.s, "maintainers", "o/x", NULL, &o, NULL), 0);
    owner_release(&o);
    world_release(&w);
}
END_TEST

START_TEST(owners_are_who_they_were)
{
    struct world w;
    struct owner o;

    world_init(&w, "");
    fact(&w, "o/x", "owners", "[\"Zoe\", \"Gone\", \"Taken\", \"fine\"]");
    fact(&w, "login:gone", "gone", "true");
    fact(&w, "login:taken", "id", "\"7\"");
    fact(&w, "login:taken", "current_id", "8");
    fact(&w, "login:fine", "id", "9");
    fact(&w, "login:fine", "current_id", "\"9\"");
    fact(&w, "login:zoe", "id", "\"1\""); /* now not known: not refuted */
    ck_assert_int_eq(
        owner_find(w.st, w.s, "maintainers", "o/x", NULL, &o, NULL), 1);
    ck_assert_uint_eq(json_array_size(o.persons), 2);
    ck_assert_str_eq(o.mention, "@fine @Zoe");
    ck_assert_uint_eq(json_array_size(o.dropped), 2);
    ck_assert_str_eq(jx_str(json_array_get(o.dropped, 0), "login"), "Gone");
    ck_assert_str_eq(jx_str(json_array_get(o.dropped, 0), "why"), "gone");
    owner_release(&o);
    /* nobody left is nobody, and never a guess */
    fact(&w, "o/x", "owners", "[\"gone\"]");
    ck_assert_int_eq(
        owner_find(w.st, w.s, "maintainers", "o/x", NULL, &o, NULL), 0);
    ck_assert_uint_eq(json_array_size(o.dropped), 1);
    owner_release(&o);
    world_release(&w);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        routes_as_in_alertmanager,
        what_sends_nothing_are_defaults_for_what_follows,
        children_inherit,
        conditions_and_when_the_clock_meets_them,
        resolving_has_hysteresis,
        owners_from_facts_and_files,
        a_name_is_one_name,
        owners_are_who_they_were,
    };

    return suite_run("route", tests, ARRAY_SIZE(tests), NULL, NULL);
}
