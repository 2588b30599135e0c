/* SPDX-License-Identifier: BSD-3-Clause */
/* Failures that are kept, by other rules; drafts of rules. */
#include <config.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/classify/again.h"
#include "core/classify/draft.h"
#include "core/tocsin-plugin.h"
#include "suite.h"

#define RULE(id, more)                                                         \
    "{\"id\": \"" id "\", \"at\": \"t:1\", \"category\": \"test/x\","          \
    " \"blame\": \"recipe\", " more "}"
#define FLUX                                                                   \
    RULE("t/flux", "\"pattern\": \"^the flux of (?<w>\\\\w+)\","               \
                   " \"fingerprint\": [\"w\"]")
#define TWO RULE("t/two", "\"pattern\": \"^begin\", \"then\": [\"^end\"]")
#define TWO_MORE                                                               \
    RULE("t/two", "\"pattern\": \"^begin\","                                   \
                  " \"then\": [\"^end\", \"^never\"]")
#define FLUX_NARROW RULE("t/flux", "\"pattern\": \"^the flux of gold\"")
#define FLUX_NEW                                                               \
    RULE("t/new", "\"was\": [\"t/flux\"], \"pattern\":"                        \
                  " \"^the flux of (?<w>\\\\w+)\","                            \
                  " \"fingerprint\": [\"w\"]")
#define CAUSE RULE("t/cause", "\"pattern\": \"^no gold in (?<w>\\\\w+)\"")

static struct ruleset *rules_of(const char *list)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_FREE char *text = xasprintf("[%s]", list);
    CLEANUP_JSON json_t *rules = jx_parse(text, strlen(text), &err);
    CLEANUP_JSON json_t *ignore = json_array();
    struct ruleset *rs = ruleset_new(rules, ignore, &err);

    ck_assert_msg(rs != NULL, "%s", err_msg(&err));
    return rs;
}

/* What the store would hold of a log. */
static json_t *stored(const char *rules, const char *log)
{
    struct ruleset *rs = rules_of(rules);
    struct classify_options o = { .outcome = TOCSIN_OUTCOME_FAILURE };
    struct classifier *c = classifier_new(rs, &o);
    json_t *result, *list, *f;
    size_t i;

    classifier_feed(c, log, strlen(log));
    result = classifier_finish(c);
    classifier_free(c);
    ruleset_free(rs);
    list = json_incref(json_object_get(result, "failures"));
    json_array_foreach(list, i, f)
        json_object_set_new(f, "log",
                            json_pack("{s:s, s:s, s:O}", "format", "plain",
                                      "tool", "none", "lines",
                                      json_object_get(result, "lines")));
    json_decref(result);
    return list;
}

/* A log of 200 lines, with these at 10, 100 and 101. */
static char *long_log(const char *a, const char *b, const char *c)
{
    struct strbuf s;

    strbuf_init(&s, STRBUF_UNBOUNDED);
    for (int i = 1; i <= 200; i++)
        strbuf_addf(&s, "%s\n",
                    i == 10    ? a
                    : i == 100 ? b
                    : i == 101 ? c
                               : "all is well");
    return s.buf;
}

static const struct {
    const char *before, *after;
    const char *lines[3];
    enum again how;
    const char *rule; /* of the primary; NULL: none */
    int64_t line;
} cases[] = {
    /* nothing new */
    { FLUX, FLUX, { "", "the flux of iron", "" }, AGAIN_SAME, "t/flux", 100 },
    { FLUX, FLUX, { "", "x: error: y", "" }, AGAIN_SAME, NULL, 100 },
    /* what none knew, at the line that was shown and at another */
    { FLUX,
      FLUX "," CAUSE,
      { "", "no gold in mine: error", "" },
      AGAIN_OTHER,
      "t/cause",
      100 },
    { FLUX,
      FLUX "," CAUSE,
      { "no gold in mine, it could not be found", "x: fatal: y", "" },
      AGAIN_OTHER,
      "t/cause",
      10 },
    /* a better one beside the old one */
    { FLUX,
      FLUX "," CAUSE,
      { "", "no gold in mine", "the flux of iron" },
      AGAIN_OTHER,
      "t/cause",
      100 },
    /* gone, narrowed, renamed */
    { FLUX, CAUSE, { "", "the flux of iron", "" }, AGAIN_OTHER, NULL, 100 },
    { FLUX,
      FLUX_NARROW,
      { "", "the flux of iron", "" },
      AGAIN_OTHER,
      NULL,
      100 },
    { FLUX,
      FLUX_NEW,
      { "", "the flux of iron", "" },
      AGAIN_OTHER,
      "t/new",
      100 },
    /* of several lines: not to be judged by what is stored */
    { TWO, TWO, { "", "begin", "end" }, AGAIN_SAME, "t/two", 100 },
    { TWO, TWO_MORE, { "", "begin", "end" }, AGAIN_KEPT, "t/two", 100 },
};

START_TEST(test_again)
{
    const char *const *l = cases[_i].lines;
    CLEANUP_FREE char *log = long_log(l[0], l[1], l[2]);
    CLEANUP_JSON json_t *old = stored(cases[_i].before, log);
    struct ruleset *rs = rules_of(cases[_i].after);
    CLEANUP_JSON json_t *now = NULL;
    const json_t *f;

    ck_assert_int_eq(classify_again(rs, old, &now), cases[_i].how);
    f = json_array_get(now, 0);
    ck_assert_str_eq(str_or(jx_str(f, "rule"), "-"),
                     str_or(cases[_i].rule, "-"));
    ck_assert_int_eq(jx_int(f, "line", 0), cases[_i].line);
    ck_assert(jx_bool(f, "primary", false));
    ck_assert_uint_eq(strlen(jx_str(f, "fingerprint")), 34);
    ck_assert_ptr_nonnull(jx_obj(f, "log"));
    ck_assert_ptr_nonnull(jx_obj(f, "excerpt"));
    ruleset_free(rs);
}
END_TEST

START_TEST(test_again_renamed_keeps_fingerprint)
{
    CLEANUP_FREE char *log = long_log("", "the flux of iron", "");
    CLEANUP_JSON json_t *old = stored(FLUX, log);
    struct ruleset *rs = rules_of(FLUX_NEW);
    CLEANUP_JSON json_t *now = NULL;

    classify_again(rs, old, &now);
    ck_assert_str_eq(jx_str(json_array_get(old, 0), "fingerprint"),
                     jx_str(json_array_get(now, 0), "fingerprint"));
    ruleset_free(rs);
}
END_TEST

/* Only its text changed: what the whole log gave stands. */
START_TEST(test_again_text)
{
    CLEANUP_FREE char *log = long_log("", "the flux of iron", "");
    CLEANUP_JSON json_t *old = stored(FLUX, log), *now = NULL;
    struct ruleset *rs = rules_of(
        RULE("t/flux",
             "\"pattern\": \"^the flux of (?<w>\\\\w+)\","
             " \"fingerprint\": [\"w\"], \"summary\": \"too much {{w}}\""));
    json_t *f = json_array_get(old, 0);

    json_object_set_new(f, "captures", json_pack("{s:s}", "w", "gold"));
    json_object_set_new(f, "line", json_integer(7));
    ck_assert_int_eq(classify_again(rs, old, &now), AGAIN_OTHER);
    f = json_array_get(now, 0);
    ck_assert_str_eq(jx_str(f, "summary"), "too much gold");
    ck_assert_int_eq(jx_int(f, "line", 0), 7);
    ruleset_free(rs);
}
END_TEST

/* A file is shown as the one in the repository; the failure stays the one that
 * the log made it. */
START_TEST(test_again_file)
{
#define IN_FILE                                                                \
    "\"pattern\": \"^(?<file>\\\\S+): no gold\", \"fingerprint\": [\"file\"]"
    CLEANUP_FREE char *log =
        long_log("", "/home/runner/work/a/a/src/mine.c: no gold", "");
    CLEANUP_JSON json_t *old = stored(RULE("t/file", IN_FILE), log);
    CLEANUP_JSON json_t *now = NULL;
    struct ruleset *rs =
        rules_of(RULE("t/file", IN_FILE ", \"summary\": \"none\""));
    const json_t *a = json_array_get(old, 0), *b;

    ck_assert_int_eq(classify_again(rs, old, &now), AGAIN_OTHER);
    b = json_array_get(now, 0);
    ck_assert_str_eq(jx_str(b, "summary"), "none");
    ck_assert_str_eq(jx_str(jx_obj(b, "captures"), "file"), "src/mine.c");
    ck_assert_str_eq(jx_str(b, "fingerprint"), jx_str(a, "fingerprint"));
    ruleset_free(rs);
}
END_TEST

/* Lines that are kept beside the one that is shown leave, too. */
START_TEST(test_candidates_are_redacted)
{
    static const char secret[] = "ghp_"
                                 "16C7e42F292c6912E7710c838347Ae178B4a";
    CLEANUP_FREE char *line = xasprintf("a could not push as %s", secret);
    CLEANUP_FREE char *log = long_log(line, "b: error: c", "");
    CLEANUP_JSON json_t *old = stored(FLUX, log);
    CLEANUP_FREE char *text = jx_dump(old);

    ck_assert_int_eq(jx_int(json_array_get(old, 0), "line", 0), 100);
    ck_assert_ptr_nonnull(strstr(text, "a could not push as"));
    ck_assert_ptr_null(strstr(text, secret));
}
END_TEST

/* Its line was cut: what a rule would see of it now is not what it saw. */
START_TEST(test_again_cut_line)
{
    CLEANUP_FREE char *x = xmalloc(3001);
    CLEANUP_FREE char *line = NULL, *log = NULL;
    CLEANUP_JSON json_t *old = NULL, *now = NULL;
    struct ruleset *rs = rules_of(RULE("t/end", "\"pattern\": \"no end$\""));

    memset(x, 'x', 3000);
    x[3000] = '\0';
    line = xasprintf("the %s has no end", x);
    log = long_log("", line, "");
    old = stored(RULE("t/end", "\"pattern\": \"has no end$\""), log);
    ck_assert_str_eq(jx_str(json_array_get(old, 0), "rule"), "t/end");
    ck_assert_int_eq(classify_again(rs, old, &now), AGAIN_KEPT);
    ck_assert(json_equal(old, now));
    ruleset_free(rs);
}
END_TEST

/* Whatever a worker or an older state left there. */
START_TEST(test_again_nonsense)
{
    static const char *const texts[] = {
        "[]",
        "[{}]",
        "[{\"rule\": \"t/flux\"}]",
        "[{\"excerpt\": {\"first\": -5, \"last\": 3, \"text\": \"a\\nb\"}}]",
        ("[{\"line\": 9007199254740991, \"message\": \"the flux of x\","
         " \"excerpt\": {\"first\": 1, \"last\": 0,"
         " \"text\": \"[\xe2\x80\xa6 9 lines cut \xe2\x80\xa6]\\nx\"},"
         " \"log\": {\"lines\": 9007199254740991}}]"),
        ("[{\"line\": \"x\", \"message\": 7, \"candidates\": [1, {}],"
         " \"excerpt\": {\"first\": 1, \"text\": null}}]"),
    };
    struct ruleset *rs = rules_of(FLUX);

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        CLEANUP_JSON json_t *old = jx_parse(texts[i], strlen(texts[i]), NULL);
        CLEANUP_JSON json_t *now = NULL;

        ck_assert_ptr_nonnull(old);
        classify_again(rs, old, &now);
        ck_assert_ptr_nonnull(now);
    }
    ruleset_free(rs);
}
END_TEST

static const struct {
    const char *message, *pattern, *needs;
} drafts[] = {
    { "tool: error: cannot read '/a/b/c.txt' (errno 13)",
      "^\\s*tool: error: cannot read '(?<what>[^']+)' "
      "\\(errno (?<n>[\\w.:,+-]+)\\)",
      "tool: error: cannot read '" },
    { "x.c:12:3 does not fit into src/lib/y.c",
      "^\\s*(?<file>\\S+):(?<n>[\\w.:,+-]+) does not fit into (?<file2>\\S+)",
      "does not fit into" },
    { "0 1 2 3", NULL, NULL },
    { "", NULL, NULL },
    { "abc", NULL, NULL },
    { "tests: 3 failed of 12",
      "^\\s*tests: (?<n>[1-9]\\d*) failed of (?<n2>[\\w.:,+-]+)", "failed of" },
};

START_TEST(test_draft)
{
    CLEANUP_JSON json_t *line = json_pack("[s]", drafts[_i].message);
    CLEANUP_JSON json_t *rule = draft_rule(line);

    ck_assert_int_eq(rule != NULL, drafts[_i].pattern != NULL);
    if (!rule)
        return;
    ck_assert_str_eq(jx_str(rule, "pattern"), drafts[_i].pattern);
    ck_assert_str_eq(
        json_string_value(json_array_get(jx_arr(rule, "needs"), 0)),
        drafts[_i].needs);
}
END_TEST

int main(void)
{
    const struct suite_case all[] = {
        { test_again, ARRAY_SIZE(cases) },
        { test_again_renamed_keeps_fingerprint, 1 },
        { test_again_text, 1 },
        { test_again_file, 1 },
        { test_candidates_are_redacted, 1 },
        { test_again_cut_line, 1 },
        { test_again_nonsense, 1 },
        { test_draft, ARRAY_SIZE(drafts) },
    };

    return suite_cases("again", all, ARRAY_SIZE(all));
}
