/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules that are wrong, and those that ship. */
#include <config.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/classify/classify.h"
#include "core/classify/rule.h"
#include "core/classify/slow.h"
#include "core/config/problems.h"
#include "core/config/settings.h"
#include "core/tocsin-plugin.h"
#include "tests/unit/suite.h"

static void gather(void *user, bool warning, const char *at, const char *text)
{
    (void)at;
    if (!warning)
        strbuf_addf(user, "%s\n", text);
}

static void gather_all(void *user, bool warning, const char *at,
                       const char *text)
{
    strbuf_addf(user, "%s: %s%s\n", at, warning ? "warning: " : "", text);
}

static const struct {
    const char *rule, *complaint;
} wrongs[] = {
    { "{\"id\": \"a/b\", \"category\": \"x/y\", \"pattern\": \"abc\"}",
      "the area must be one of" },
    { "{\"id\": \"a/b\", \"category\": \"test/y\", \"pattern\": \"abcd\","
      "\"examples\": [\"abce\"]}",
      "does not match its example" },
    { "{\"id\": \"a/b\", \"category\": \"test/y\", \"pattern\": \"abcd\","
      "\"near_misses\": [\"xabcd\"]}",
      "matches its near miss" },
    { "{\"id\": \"a/b\", \"category\": \"test/y\", \"pattern\": \"abcd\","
      "\"fingerprint\": [\"no\"]}",
      "no group is called \"no\"" },
    { "{\"id\": \"a/b\", \"category\": \"test/y\", \"pattern\": \"abcd\","
      "\"summary\": \"{{no}}\"}",
      "no group is called \"no\"" },
    { "{\"id\": \"a/b\", \"category\": \"test/y\","
      "\"pattern\": \"a(?<thing>bcd)\", \"advice\": \"{{thnig}}\"}",
      "advice: no group is called \"thnig\"; did you mean \"thing\"?" },
    { "{\"id\": \"a/b\", \"category\": \"test/y\", \"pattern\": \"abcd\","
      "\"in\": [\"vms\"]}",
      "is no format or tool" },
    { "{\"id\": \"a/b\", \"category\": \"test/y\", "
      "\"pattern\": \"ab[\\u251c]cd\", \"needs\": [\"ab\"]}",
      "outside of ASCII" },
    { "{\"id\": \"a/b\", \"category\": \"test/y\", \"pattern\": \"abcd\"},"
      "{\"id\": \"a/b\", \"category\": \"test/y\", \"pattern\": \"efgh\"}",
      "the id is taken" },
    { "{\"id\": \"a/b\", \"category\": \"test/y\", \"shipped\": true, "
      "\"pattern\": \"ab(cd\", \"needs\": [\"ab\"]}",
      "missing closing" },
    { "{\"id\": \"a/b\", \"category\": \"test/y\", \"shipped\": true, "
      "\"pattern\": \"abcd\", \"then\": [\"ab[cd\"]}",
      "missing terminating" },
};

START_TEST(test_wrong_rules)
{
    char *text = xasprintf("[%s]", wrongs[_i].rule);
    json_t *j = jx_parse(text, strlen(text), NULL);
    struct ruleset *rs = ruleset_new(j, NULL, NULL);
    struct strbuf b;

    ck_assert_ptr_nonnull(rs);
    strbuf_init(&b, STRBUF_UNBOUNDED);
    ck_assert_int_gt(ruleset_check(rs, gather, &b), 0);
    ck_assert_msg(strstr(b.buf, wrongs[_i].complaint), "%s", b.buf);
    strbuf_release(&b);
    ruleset_free(rs);
    json_decref(j);
    free(text);
}
END_TEST

/* Somebody broke a rule that ships: it is left out, the others go on. */
START_TEST(test_broken_shipped)
{
    static const char text[] =
        "[{\"id\": \"a/broken\", \"category\": \"test/y\", "
        "\"shipped\": true, \"pattern\": \"wid(get\", "
        "\"needs\": [\"widget\"]},"
        "{\"id\": \"a/whole\", \"category\": \"test/y\", "
        "\"shipped\": true, \"pattern\": \"widget is (?<what>broken)\"}]";
    static const char log[] = "a widget is broken\n";
    json_t *j = jx_parse(text, strlen(text), NULL), *result;
    struct ruleset *rs = ruleset_new(j, NULL, NULL);
    const struct classify_options opts = { .outcome = TOCSIN_OUTCOME_FAILURE };
    struct classifier *c = classifier_new(rs, &opts);
    const json_t *first;

    classifier_feed(c, log, strlen(log));
    result = classifier_finish(c);
    first = json_array_get(jx_arr(result, "failures"), 0);
    ck_assert_str_eq(jx_str(first, "rule"), "a/whole");
    json_decref(result);
    classifier_free(c);
    ruleset_free(rs);
    json_decref(j);
}
END_TEST

#define RULE(id, pattern, more)                                                \
    "{\"id\": \"" id "\", \"category\": \"test/y\", \"blame\": \"recipe\", "   \
    "\"summary\": \"s\", \"pattern\": \"" pattern "\"" more "}"

/* Told of every rule: of a site's own as a warning. */
static const struct {
    const char *rules, *complaint;
} lints[] = {
    { RULE("a/b", "abcd", ""), "has no example" },
    { RULE("a/b", "(abc)?", ", \"examples\": [\"abc\"]"),
      "matches the line \"\"" },
    { RULE("a/b", "[ab]+x$", ", \"examples\": [\"ax\"]"),
      "no literal can be read off" },
    { RULE("a/b", "abcd", ", \"examples\": [\"abcd\"]") "," RULE(
          "c/d", "abcde", ", \"examples\": [\"abcde\"]"),
      "rule c/d: its example is taken by a/b" },
    { RULE("a/b", "abcd", ", \"examples\": [\"abcd\"]") "," RULE(
          "c/d", "abcd", ", \"examples\": [\"abcd\"]"),
      "rule c/d: matches just what a/b matches" },
    { RULE("a/b", ".*", ", \"examples\": [\"abc\"]"),
      "matches the line \"\" and 14 others" },
};

/* These are tried on hostile lines by tocsin check. */
static const char *const slow_patterns[] = {
    "(?:x+x+abc:x)+zebra$", /* the cube, within PCRE2's limit */
    "(?:x+x+)+zebra$",
    "abcd.*efgh.*ijkl.*mnop",
    "^\\\\s*(.+): \\\\s*zebra at",
};

static char *complaints(const char *rules, bool shipped, int *errors)
{
    CLEANUP_FREE char *text = xasprintf("[%s]", rules);
    json_t *j = jx_parse(text, strlen(text), NULL), *rule;
    struct ruleset *rs;
    struct strbuf b;
    size_t i;

    json_array_foreach(j, i, rule)
        jx_set_bool(rule, "shipped", shipped);
    rs = ruleset_new(j, NULL, NULL);
    ck_assert_ptr_nonnull(rs);
    strbuf_init(&b, STRBUF_UNBOUNDED);
    *errors = ruleset_check(rs, gather_all, &b);
    ruleset_free(rs);
    json_decref(j);
    return strbuf_take(&b);
}

START_TEST(test_lint)
{
    int errors;
    CLEANUP_FREE char *own = complaints(lints[_i].rules, false, &errors);
    CLEANUP_FREE char *shipped = NULL;

    ck_assert_msg(strstr(own, lints[_i].complaint) != NULL, "%s", own);
    ck_assert_int_eq(errors, 0);
    ck_assert_msg(!strstr(own, "gives up"), "%s", own);
    shipped = complaints(lints[_i].rules, true, &errors);
    ck_assert_msg(strstr(shipped, lints[_i].complaint) != NULL, "%s", shipped);
    ck_assert_int_gt(errors, 0);
}
END_TEST

#define IGNORE(id, pattern)                                                    \
    "{\"id\": \"" id "\", \"rank\": \"noise\", \"pattern\": \"" pattern "\", " \
    "\"needs\": [\"ab\"], \"examples\": [\"##[error]abc\"]}"
#define EXAMPLE ", \"examples\": [\"##[error]abcd\"]"

/* A rule that never sees its line is told who takes it. */
START_TEST(test_ignored_example)
{
    int errors;
    CLEANUP_FREE char *said = complaints(
        RULE("a/b", "abcd", EXAMPLE) "," IGNORE("i/i", "abc"), false, &errors);

    ck_assert_msg(strstr(said, "rule i/i (") != NULL, "%s", said);
    ck_assert_int_eq(errors, 1);
}
END_TEST

/* What a site ignores of shipped rules is told once, of the site's pattern. */
START_TEST(test_ignored_shipped)
{
    static const char text[] =
        "[" RULE("a/b", "abcd", EXAMPLE ", \"shipped\": true") "," RULE(
            "a/c", "bcd", EXAMPLE ", \"shipped\": true") "," IGNORE("i/i",
                                                                    "abc") "]";
    json_t *j = jx_parse(text, strlen(text), NULL);
    struct ruleset *rs = ruleset_new(j, NULL, NULL);
    CLEANUP_STRBUF struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    ck_assert_int_eq(ruleset_check(rs, gather_all, &b), 0);
    ck_assert_msg(strstr(b.buf, "rule i/i: ignores lines that 2 rules") != NULL,
                  "%s", b.buf);
    ck_assert_msg(!strstr(b.buf, "does not match"), "%s", b.buf);
    ruleset_free(rs);
    json_decref(j);
}
END_TEST

/* One clear error, and not one of each rule that there is. */
START_TEST(test_ignores_everything)
{
    static const char *const patterns[] = { "^", ".*", "." };
    int errors;
    CLEANUP_FREE char *rules = xasprintf(
        "%s,{\"id\": \"i/i\", \"rank\": \"noise\", \"pattern\": \"%s\"}",
        RULE("a/b", "abcd", EXAMPLE) "," RULE("a/c", "bcd", EXAMPLE),
        patterns[_i]);
    CLEANUP_FREE char *said = complaints(rules, false, &errors);

    ck_assert_msg(strstr(said, "i/i: matches every line") != NULL, "%s", said);
    ck_assert_int_eq(errors, 1);
}
END_TEST

START_TEST(test_slow_rule)
{
    int errors;
    CLEANUP_FREE char *rule = xasprintf(
        "{\"id\": \"a/b\", \"category\": \"test/y\", \"blame\": \"recipe\", "
        "\"summary\": \"s\", \"pattern\": \"%s\", \"examples\": "
        "[\"abcdefghijklmnop\", \"xx: zebra at\"]}",
        slow_patterns[_i]);
    CLEANUP_FREE char *said = complaints(rule, false, &errors);

    ck_assert_msg(strstr(said, "gives up on a line") != NULL, "%s", said);
}
END_TEST

/* Its literals are all that is known of its lines. */
START_TEST(test_slow_without_example)
{
    int errors;
    CLEANUP_FREE char *said =
        complaints(RULE("a/b", "(?:x+x+)+zebra(?:y|yy)+$", ""), false, &errors);

    ck_assert_msg(strstr(said, "gives up on a line") != NULL, "%s", said);
}
END_TEST

START_TEST(test_bad_pattern)
{
    static const char text[] = "[{\"id\": \"a/b\", \"category\": \"test/y\","
                               "\"at\": \"r.yaml:3\", \"pattern\": \"(\"}]";
    json_t *j = jx_parse(text, strlen(text), NULL);
    struct err err = ERR_INIT;

    ck_assert_ptr_null(ruleset_new(j, NULL, &err));
    ck_assert_ptr_nonnull(strstr(err_msg(&err), "r.yaml:3"));
    err_release(&err);
    json_decref(j);
}
END_TEST

static struct ruleset *load_shipped(json_t **rules, json_t **ignore)
{
    CLEANUP_FREE char *dir =
        xasprintf("%s/conf", getenv("TOCSIN_SRC") ? getenv("TOCSIN_SRC") : ".");
    struct problems pb;
    struct err err = ERR_INIT;
    struct ruleset *rs;

    *rules = *ignore = NULL;
    problems_init(&pb);
    ck_assert_int_eq(settings_load_rules(dir, rules, ignore, &pb), 0);
    problems_release(&pb);
    rs = ruleset_new(*rules, *ignore, &err);
    ck_assert_msg(rs != NULL, "%s", err_msg(&err));
    return rs;
}

#define PARTS 8

/* No rule that ships gives up on 16 KiB of its own words. */
START_TEST(test_shipped_speed)
{
    json_t *rules, *ignore;
    struct ruleset *rs = load_shipped(&rules, &ignore);

    for (size_t i = (size_t)_i; i < rs->nr; i += PARTS)
        ck_assert_msg(!rule_is_slow(&rs->rules[i], rs->mc),
                      "%s gives up on a long line", rs->rules[i].id);
    ruleset_free(rs);
    json_decref(rules);
    json_decref(ignore);
}
END_TEST

/* The rules that ship: no error, no warning, and each with an example and a
 * near miss. */
START_TEST(test_shipped_rules)
{
    json_t *rules, *ignore;
    const json_t *rule;
    struct ruleset *rs = load_shipped(&rules, &ignore);
    struct strbuf b;
    size_t i;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    ruleset_check(rs, gather_all, &b);
    ck_assert_str_eq(b.buf, "");
    ck_assert_uint_ge(json_array_size(rules), 60);
    json_array_foreach(rules, i, rule) {
        ck_assert_msg(json_array_size(json_object_get(rule, "examples")), "%s",
                      jx_str(rule, "id"));
        ck_assert_msg(json_array_size(json_object_get(rule, "near_misses")),
                      "%s", jx_str(rule, "id"));
    }
    strbuf_release(&b);
    ruleset_free(rs);
    json_decref(rules);
    json_decref(ignore);
}
END_TEST

int main(void)
{
    const struct suite_case cases[] = {
        { test_broken_shipped, 1 },
        { test_wrong_rules, ARRAY_SIZE(wrongs) },
        { test_lint, ARRAY_SIZE(lints) },
        { test_ignored_example, 1 },
        { test_ignored_shipped, 1 },
        { test_ignores_everything, 3 },
        { test_slow_rule, ARRAY_SIZE(slow_patterns) },
        { test_slow_without_example, 1 },
        { test_bad_pattern, 1 },
        { test_shipped_speed, PARTS },
        { test_shipped_rules, 1 },
    };

    return suite_cases("check", cases, ARRAY_SIZE(cases));
}
