/* SPDX-License-Identifier: BSD-3-Clause */
/* The cause before its symptoms, and not what a job survived. */
#include <config.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/classify/classify.h"
#include "core/tocsin-plugin.h"
#include "suite.h"

static const char rules[] =
    "[{\"id\": \"t/disk\", \"category\": \"infra/disk\","
    "  \"blame\": \"infrastructure\", \"severity\": \"fatal\","
    "  \"pattern\": \"disk is full\"},"
    " {\"id\": \"t/agent\", \"category\": \"infra/agent\","
    "  \"blame\": \"infrastructure\", \"pattern\": \"agent stumbled\"},"
    " {\"id\": \"t/net\", \"category\": \"infra/net\","
    "  \"blame\": \"infrastructure\", \"severity\": \"minor\","
    "  \"pattern\": \"could not connect to (?<host>\\\\w+)\"},"
    " {\"id\": \"t/tool\", \"category\": \"configure/x\","
    "  \"severity\": \"minor\","
    "  \"pattern\": \"(?<tool>\\\\w+): command not found\"},"
    " {\"id\": \"t/compile\", \"category\": \"compile/error\","
    "  \"pattern\": \"error: (?<error>.*)\"},"
    " {\"id\": \"t/gone\", \"category\": \"configure/y\","
    "  \"rank\": \"symptom\", \"pattern\": \"^a file is gone\"},"
    " {\"id\": \"t/last\", \"category\": \"unknown/last\","
    "  \"priority\": -1, \"pattern\": \"^(?:it says|a file is)\"},"
    " {\"id\": \"t/make\", \"category\": \"compile/make\","
    "  \"rank\": \"symptom\", \"pattern\": \"^make: \\\\*\\\\*\\\\* \"},"
    " {\"id\": \"t/exit\", \"category\": \"unknown/unclassified\","
    "  \"rank\": \"generic\","
    "  \"pattern\": \"Process completed with exit code [1-9]\"}]";

/* Writes s with "{N}" as N lines of progress. */
static char *grown(const char *s)
{
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    while (*s) {
        char *end;
        long n;

        if (*s != '{') {
            strbuf_addc(&b, *s++);
            continue;
        }
        n = strtol(s + 1, &end, 10);
        for (long i = 0; i < n; i++)
            strbuf_addf(&b, "progress %ld\n", i);
        s = end + 1;
    }
    return b.buf;
}

static json_t *result_of(const char *log, int outcome)
{
    json_t *j = jx_parse(rules, strlen(rules), NULL);
    struct ruleset *rs = ruleset_new(j, NULL, NULL);
    struct classify_options o = { .file = "x", .outcome = outcome };
    struct classifier *c = classifier_new(rs, &o);
    char *text = grown(log);
    json_t *r;

    classifier_feed(c, text, strlen(text));
    r = classifier_finish(c);
    classifier_free(c);
    ruleset_free(rs);
    json_decref(j);
    free(text);
    return r;
}

#define RED TOCSIN_OUTCOME_FAILURE
#define STEP(name) "##[group]Run " name "\n##[endgroup]\n"
#define FAILED "##[error]Process completed with exit code 1.\n"
#define ENDED "Cleaning up orphan processes\n"

static const struct {
    const char *log;
    int outcome;
    const char *rules; /* of the failures, the primary one first */
} cases[] = {
    /* the cause, not where it ended */
    { "x.c: error: one\nmake: *** [x] Error 1\n" FAILED, 0,
      "t/compile t/make " },
    { "make: *** [x] Error 1\nx.c: error: one\n", RED, "t/compile t/make " },
    /* the first of a cascade */
    { "x.c: error: one\nx.c: error: two\n", RED, "t/compile t/compile " },
    /* what explains the rest, wherever it stands */
    { "x.c: error: one\nthe disk is full\n", RED, "t/disk t/compile " },
    { "the disk is full\n{2000}x.c: error: one\n", RED, "t/disk t/compile " },
    /* but not what was survived */
    { "the disk is full\n{4000}x.c: error: one\n", RED, "t/compile " },
    { STEP("a") "the disk is full\n" STEP("b") "x.c: error: one\n" FAILED, 0,
      "t/compile " },
    { "the agent stumbled\n{400}x.c: error: one\n", RED, "t/compile " },
    { "the agent stumbled\n{20}x.c: error: one\n", RED, "t/agent t/compile " },
    /* a step that another one followed went well */
    { STEP("a") "x.c: error: probe\n" STEP(
          "b") "make: *** [x] Error 1\n" FAILED,
      0, "t/make " },
    /* a try that was repeated and went well, and one that brought down
     * what came next */
    { "could not connect to a\n{60}x.c: error: one\n", RED,
      "t/compile t/net " },
    { "could not connect to a\n{6}x.c: error: one\n", RED, "t/net t/compile " },
    { "could not connect to a\n{400}make: *** [x] Error 1\n", RED, "t/make " },
    /* a warning explains nothing, wherever its label stands */
    { "a.py:3: UserWarning: bc: command not found\n{6}x.c: error: one\n", RED,
      "t/compile t/tool " },
    { "bc: command not found\n{6}x.c: error: one\n", RED, "t/tool t/compile " },
    /* a command that was let fail, unless it failed again */
    { "+ a\ncould not connect to a\n+ true\nx.c: error: one\n", RED,
      "t/compile " },
    { "+ a\nthe agent stumbled\n+ :\n+ b\nmake: *** [x] Error 1\n", RED,
      "t/make " },
    { "+ a\nthe agent stumbled\n+ b\n+ true\n", RED, "t/agent " },
    { "+ a\nthe agent stumbled\n+ true\n+ a\nthe agent stumbled\n", RED,
      "t/agent " },
    /* the first time did no harm */
    { "bc: command not found\n{10}could not connect to a\n{60}"
      "bc: command not found\n",
      RED, "t/net t/tool " },
    /* what counts where nothing else is known: after any other cause, before
     * a symptom, but for one of its own line that says more … */
    { "it says why\nx.c: error: one\n", RED, "t/compile t/last " },
    { "it says why\nmake: *** [x] Error 1\n", RED, "t/last t/make " },
    { "a file is gone\n", RED, "t/gone " },
    { "a file is old\n", RED, "t/last " },
    /* … and not in a step that may have been allowed to fail */
    { STEP("a") "it says why\n" FAILED STEP("b") "x.c: error: one\n" FAILED, 0,
      "t/compile " },
    /* warnings, at length */
    { "warning: error: one\n{400}make: *** [x] Error 1\n", RED, "t/make " },
    /* a log that ends well by its own word has no failures in it */
    { "x.c: error: one\nthe disk is full\n{5}" ENDED, 0, "" },
    { "x.c: error: one\nBUILD SUCCESS\n", 0, "" },
    /* … but for what comes behind that word */
    { "BUILD SUCCESS\nx.c: error: one\n", 0, "t/compile " },
    { "BUILD SUCCESS\nBUILD FAILURE\nx.c: error: one\n", 0, "t/compile " },
    /* whoever ran it says that it went well, and so it went on */
    { "x.c: error: one\n{60}", TOCSIN_OUTCOME_SUCCESS, "" },
    { "x.c: error: one\n", TOCSIN_OUTCOME_SUCCESS, "t/compile " },
    /* whoever ran it knows better than the log */
    { "x.c: error: one\n{5}" ENDED, RED, "t/compile " },
};

START_TEST(test_choose)
{
    json_t *r = result_of(cases[_i].log, cases[_i].outcome);
    const json_t *f;
    struct strbuf b;
    size_t i;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    json_array_foreach(jx_arr(r, "failures"), i, f)
        strbuf_addf(&b, "%s ", jx_str_or(f, "rule", "-"));
    ck_assert_str_eq(b.buf, cases[_i].rules);
    strbuf_release(&b);
    json_decref(r);
}
END_TEST

/* What was left out is not lost on those who write rules. */
START_TEST(test_survived)
{
    json_t *r = result_of("a\nx.c: error: one\n" ENDED, 0);
    const json_t *list = jx_arr(r, "survived");
    const json_t *one = json_array_get(list, 0);

    ck_assert_str_eq(jx_str(r, "verdict"), "green");
    ck_assert_uint_eq(json_array_size(list), 1);
    ck_assert_str_eq(jx_str(one, "rule"), "t/compile");
    ck_assert_int_eq(jx_int(one, "line", 0), 2);
    json_decref(r);
}
END_TEST

int main(void)
{
    const struct suite_case all[] = {
        { test_choose, ARRAY_SIZE(cases) },
        { test_survived, 1 },
    };

    return suite_cases("choose", all, ARRAY_SIZE(all));
}
