/* SPDX-License-Identifier: BSD-3-Clause */
/* Whole logs through a few small rules. */
#include <config.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/classify/classify.h"
#include "core/tocsin-plugin.h"
#include "tests/unit/suite.h"

static const char small_rules[] =
    "[{\"id\": \"t/infra\", \"category\": \"infra/disk-full\","
    "  \"blame\": \"infrastructure\", \"severity\": \"fatal\","
    "  \"pattern\": \"No space left on device\", \"summary\": \"full\"},"
    " {\"id\": \"t/compile\", \"category\": \"compile/error\","
    "  \"pattern\": \"^(?<file>\\\\S+):\\\\d+: error: (?<error>.*)\","
    "  \"summary\": \"{{file}}: {{error}} {{none}}\","
    "  \"fingerprint\": [\"file\", \"error\"]},"
    " {\"id\": \"t/two\", \"category\": \"link/x\","
    "  \"pattern\": \"^begin (?<a>\\\\w+)\", \"then\": [\"^end (?<b>.*)\"],"
    "  \"fingerprint\": [\"a\", \"b\"]},"
    " {\"id\": \"t/make\", \"category\": \"compile/make\","
    "  \"rank\": \"symptom\", \"pattern\": \"^make: \\\\*\\\\*\\\\* \"},"
    " {\"id\": \"t/stopped\", \"category\": \"test/x\", \"rank\": \"symptom\","
    "  \"pattern\": \"^(?:\\\\w*Error: )?it stopped\","
    "  \"summary\": \"it stopped: {{reason}}\"},"
    " {\"id\": \"t/module\", \"category\": \"dependency/x\","
    "  \"severity\": \"minor\", \"pattern\": \"^ImportError: no (?<m>.*)\"},"
    " {\"id\": \"t/scoped\", \"category\": \"bot/x\", \"in\": [\"bot\"],"
    "  \"pattern\": \"scoped trouble\"},"
    " {\"id\": \"t/tail\", \"category\": \"compile/x\", \"tail\": 2,"
    "  \"rank\": \"symptom\", \"pattern\": \"^building \"},"
    " {\"id\": \"t/slow\", \"category\": \"test/x\","
    "  \"needs\": [\"aaaa\"], \"pattern\": \"^(a+)+$\"},"
    " {\"id\": \"t/late\", \"category\": \"test/x\", \"prefer\": \"last\","
    "  \"pattern\": \"^late (?<n>\\\\d+)\"},"
    " {\"id\": \"t/weighty\", \"category\": \"test/x\","
    "  \"priority\": 2, \"pattern\": \"^weighty\"},"
    " {\"id\": \"t/marked\", \"category\": \"test/x\","
    "  \"mark\": \"error\", \"pattern\": \"^only if marked\"},"
    " {\"id\": \"t/well\", \"rank\": \"recovery\","
    "  \"takes_back\": [\"t/comp*\", \"t/two\"],"
    "  \"pattern\": \"^ended well\"},"
    " {\"id\": \"t/passed\", \"rank\": \"recovery\","
    "  \"takes_back\": [\"t/*\", \"!t/w*\"],"
    "  \"since\": \"^start (?<n>\\\\w+)\", \"until\": \"^broken off\","
    "  \"pattern\": \"^passed (?<n>\\\\w+)\"},"
    " {\"id\": \"t/generic\", \"category\": \"unknown/unclassified\","
    "  \"rank\": \"generic\", \"pattern\": \"(?i)went wrong\"}]";

static const char small_ignore[] =
    "[{\"id\": \"i/x\", \"pattern\": \"^\\\\S+:\\\\d+: error: expected$\","
    "  \"needs\": [\"expected\"]}]";

static struct ruleset *small(void)
{
    struct err err = ERR_INIT;
    json_t *r = jx_parse(small_rules, strlen(small_rules), &err);
    json_t *i = jx_parse(small_ignore, strlen(small_ignore), &err);
    struct ruleset *rs = ruleset_new(r, i, &err);

    ck_assert_msg(rs != NULL, "%s", err_msg(&err));
    json_decref(r);
    json_decref(i);
    return rs;
}

static json_t *run_log(const char *text, size_t n, int outcome)
{
    struct ruleset *rs = small();
    struct classify_options o = { .file = "x.log", .outcome = outcome };
    struct classifier *c = classifier_new(rs, &o);
    json_t *r;

    for (size_t i = 0; i < n; i += 7)
        classifier_feed(c, text + i, n - i < 7 ? n - i : 7);
    r = classifier_finish(c);
    classifier_free(c);
    ruleset_free(rs);
    return r;
}

static const json_t *primary(const json_t *r)
{
    const json_t *f, *found = NULL;
    size_t i;

    json_array_foreach(jx_arr(r, "failures"), i, f)
        if (jx_bool(f, "primary", false)) {
            ck_assert_ptr_null(found);
            found = f;
        }
    return found;
}

/* A traceback of three lines. */
#define NO(module)                                                             \
    "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\n"      \
    "ImportError: no " module "\n"

static const struct {
    const char *log;
    int outcome;
    const char *verdict;
    const char *rule; /* NULL: none; "": unclassified */
    int line;
} choices[] = {
    /* the first of a cascade, not its echo; not the symptom */
    { "a.c:1: error: one\nb.c:2: error: two\nmake: *** [x] Error 1\n", 0,
      "classified", "t/compile", 1 },
    { "make: *** [x] Error 1\n", 0, "classified", "t/make", 1 },
    /* what explains the rest wins over what it caused */
    { "a.c:1: error: one\nld: No space left on device\n", 0, "classified",
      "t/infra", 2 },
    /* noise is never a failure */
    { "a.c:1: error: expected\n", 0, "green", NULL, 0 },
    { "all is well\n", 0, "green", NULL, 0 },
    { "", 0, "green", NULL, 0 },
    { "", TOCSIN_OUTCOME_FAILURE, "unclassified", "", 0 },
    { "a.c:1: error: one\n", TOCSIN_OUTCOME_SUCCESS, "green", NULL, 0 },
    { "x\nit went wrong\ny\n", TOCSIN_OUTCOME_FAILURE, "unclassified", "", 2 },
    { "x\nthe end\n", TOCSIN_OUTCOME_FAILURE, "unclassified", "", 2 },
    { "it went wrong\n", 0, "green", NULL, 0 },
    /* what the CI itself marked, though nothing says how it ended */
    { "x\n##[error]that is not good\ny\n", 0, "unclassified", "", 2 },
    { "x\n##[error]that is not good\nJob succeeded\n", 0, "green", NULL, 0 },
    /* the step that failed, not the one that was survived */
    { "##[group]Run a\n##[endgroup]\na.c:1: error: old\n"
      "##[group]Run b\n##[endgroup]\nb.c:1: error: new\n"
      "##[error]Process completed with exit code 1.\n"
      "##[group]Run c\n##[endgroup]\nc.c:1: error: later\n",
      0, "classified", "t/compile", 6 },
    /* nor the one that failed and was let, as the job went on */
    { "##[group]Run a\n##[endgroup]\na.c:1: error: let\n"
      "##[error]Process completed with exit code 1.\n"
      "##[group]Run b\n##[endgroup]\n##[group]Run c\n##[endgroup]\n"
      "##[group]Run make\n##[endgroup]\nb.c:1: error: new\n"
      "##[error]Process completed with exit code 1.\n"
      "##[group]Run cat log\n##[endgroup]\nc.c:1: error: later\n",
      0, "classified", "t/compile", 11 },
    /* which it was, after all, where no other one failed */
    { "##[group]Run a\n##[endgroup]\nit went wrong\n"
      "##[error]Process completed with exit code 1.\n"
      "##[group]Run b\n##[endgroup]\n##[group]Run c\n##[endgroup]\n"
      "##[group]Run d\n##[endgroup]\nit went wrong again\n",
      0, "unclassified", "", 3 },
    /* what runs always may fail, too */
    { "##[group]Run a\n##[endgroup]\na.c:1: error: one\n"
      "##[error]Process completed with exit code 1.\n"
      "##[group]Run upload x\n##[endgroup]\n##[group]Run b\n##[endgroup]\n"
      "##[group]Run c\n##[endgroup]\n##[group]Run d\n##[endgroup]\n"
      "c.c:1: error: later\n##[error]Process completed with exit code 1.\n",
      0, "classified", "t/compile", 3 },
    /* nor a symptom of what came after it */
    { "##[group]Run a\n##[endgroup]\nit went wrong\n"
      "##[error]Process completed with exit code 1.\n"
      "##[group]Run b\n##[endgroup]\nx\ny\nmake: *** [x] Error 1\n",
      0, "unclassified", "", 3 },
    /* what a step only lists did not happen */
    { "##[group]Run a\nb.c:1: error: listed\n##[endgroup]\n"
      "##[error]Process completed with exit code 1.\n",
      0, "unclassified", "", 2 },
    { "+ b.c:1: error: echoed\n", 0, "green", NULL, 0 },
    /* several lines */
    { "begin one\nx\nend two\n", 0, "classified", "t/two", 1 },
    { "begin one\nx\n", 0, "green", NULL, 0 },
    /* of one rank the highest priority, wherever it stands */
    { "a.c:1: error: one\nweighty\n", 0, "classified", "t/weighty", 2 },
    { "weighty\nld: No space left on device\n", 0, "classified", "t/infra", 2 },
    /* of one rule the last, however many there are */
    { "late 1\nlate 2\nlate 3\nlate 4\nx\n", 0, "classified", "t/late", 4 },
    /* only what the CI marked */
    { "only if marked\n", 0, "green", NULL, 0 },
    { "##[warning]only if marked\n", 0, "green", NULL, 0 },
    { "##[error]only if marked\n", 0, "classified", "t/marked", 1 },
    { "::error file=a::only if marked\n", 0, "classified", "t/marked", 1 },
    /* what a later good end takes back, and what not */
    { "a.c:1: error: one\nended well\nmake: *** [x] Error 1\n", 0, "classified",
      "t/make", 3 },
    { "a.c:1: error: one\nended well\nb.c:1: error: two\n", 0, "classified",
      "t/compile", 3 },
    { "begin one\nended well\nend two\n", 0, "green", NULL, 0 },
    { "weighty\nended well\n", 0, "classified", "t/weighty", 1 },
    { "a.c:1: error: one\n##[error]Process completed with exit code 1.\n"
      "ended well\n",
      0, "classified", "t/compile", 1 },
    /* nor what was found before the line that it is taken back since */
    { "start a\na.c:1: error: one\npassed a\nlate 1\n", 0, "classified",
      "t/late", 4 },
    { "a.c:1: error: one\nstart a\nb.c:1: error: two\npassed a\n", 0,
      "classified", "t/compile", 1 },
    { "a.c:1: error: one\npassed a\n", 0, "classified", "t/compile", 1 },
    { "start a\npassed a\na.c:1: error: one\npassed a\n", 0, "classified",
      "t/compile", 3 },
    { "start a\nweighty\npassed a\n", 0, "classified", "t/weighty", 2 },
    { "start a\na.c:1: error: one\nbroken off\npassed a\n", 0, "classified",
      "t/compile", 2 },
    /* of two side by side the one that ended */
    { "start a\na.c:1: error: one\nstart b\nb.c:1: error: two\npassed b\n", 0,
      "classified", "t/compile", 2 },
    { "start b\nstart a\na.c:1: error: one\npassed c\n", 0, "classified",
      "t/compile", 3 },
    /* what often does no harm is the reason of what comes soon after it, but
     * for what a compiler says and where the program got over it */
    { NO("a") "late 1\n", 0, "classified", "t/module", 3 },
    { NO("a") "a.c:1: error: one\n", 0, "classified", "t/compile", 4 },
    { NO("a") "falling back to b\nlate 1\n", 0, "classified", "t/late", 5 },
    { NO("a") "\nDuring handling of the above exception, another exception "
              "occurred:\n\n" NO("b"),
      0, "classified", "t/module", 9 },
    { NO("a") "\nThe above exception was the direct cause of the following "
              "exception:\n\n" NO("b"),
      0, "classified", "t/module", 3 },
    { NO("a") "1\n2\n3\nDuring handling of the above exception, another "
              "exception occurred:\n" NO("b"),
      0, "classified", "t/module", 3 },
    /* scope */
    { "scoped trouble\n", 0, "green", NULL, 0 },
    /* how a log ends: the last lines, and only of a red job */
    { "building b\nbuilding a\nx\n", TOCSIN_OUTCOME_FAILURE, "classified",
      "t/tail", 2 },
    { "building a\nx\ny\n", TOCSIN_OUTCOME_FAILURE, "unclassified", "", 0 },
    { "building b\nbuilding a\n", TOCSIN_OUTCOME_FAILURE, "classified",
      "t/tail", 2 },
    { "building a\n##[error]Process completed with exit code 1.\nx\ny\n", 0,
      "classified", "t/tail", 1 },
    { "##[group]Run make\nbuilding a\n##[endgroup]\n", TOCSIN_OUTCOME_FAILURE,
      "unclassified", "", 0 },
    { "building a\n", 0, "green", NULL, 0 },
    { "conda_forge_tick\nscoped trouble\n", 0, "classified", "t/scoped", 2 },
};

START_TEST(test_choose)
{
    json_t *r =
        run_log(choices[_i].log, strlen(choices[_i].log), choices[_i].outcome);
    const json_t *p = primary(r);

    ck_assert_str_eq(jx_str(r, "verdict"), choices[_i].verdict);
    ck_assert_int_eq(p != NULL, choices[_i].rule != NULL);
    if (p) {
        ck_assert_str_eq(jx_str_or(p, "rule", ""), choices[_i].rule);
        if (choices[_i].line)
            ck_assert_int_eq(jx_int(p, "line", 0), choices[_i].line);
        ck_assert_uint_eq(strlen(jx_str(p, "fingerprint")), 34);
    }
    json_decref(r);
}
END_TEST

START_TEST(test_result)
{
    static const char log[] =
        "2026-08-14T06:41:00.1234567Z one\n"
        "2026-08-14T06:41:00.1234567Z /home/runner/work/o/r/src/a.c:12: "
        "error: bad token=abcd1234\n"
        "2026-08-14T06:41:00.1234567Z three\n"
        "2026-08-14T06:41:00.1Z ##[error]Process completed with exit code "
        "2.\n";
    json_t *r = run_log(log, sizeof(log) - 1, 0);
    const json_t *p = primary(r);
    char *all = jx_dump(r);

    ck_assert_str_eq(jx_str(r, "format"), "github-actions");
    ck_assert_str_eq(jx_str(r, "outcome"), "failure");
    ck_assert_str_eq(jx_str(r, "outcome_from"), "log");
    ck_assert_int_eq(jx_int(r, "lines", 0), 4);
    ck_assert_int_eq(jx_int(r, "bytes", 0), sizeof(log) - 1);
    ck_assert_str_eq(jx_str(jx_obj(p, "captures"), "file"), "src/a.c");
    ck_assert_str_eq(jx_str(p, "summary"), "/home/runner/work/o/r/src/a.c: bad "
                                           "token=[redacted]");
    ck_assert_int_eq(jx_int(jx_obj(p, "excerpt"), "first", 0), 1);
    ck_assert_int_eq(jx_int(jx_obj(p, "excerpt"), "last", 0), 4);
    ck_assert_ptr_null(strstr(all, "abcd1234"));
    free(all);
    json_decref(r);
}
END_TEST

#define SIX "1\n2\n3\n4\n5\n6\n"

static const struct {
    const char *log, *summary;
} reasons[] = {
    { "x\nit stopped\n", "it stopped" },
    { "  Error: no widget here\nx\nit stopped\n",
      "it stopped: Error: no widget here" },
    /* the first of those that weigh most */
    { "Error: one\nError: two\nit stopped\n", "it stopped: Error: one" },
    { "cannot do\nError: two\ncannot do\nit stopped\n",
      "it stopped: Error: two" },
    /* not what is far away, nor what comes later */
    { "Error: one\n" SIX SIX "it stopped\n", "it stopped" },
    { "Error: one\n" SIX SIX "Error: two\nit stopped\n",
      "it stopped: Error: two" },
    { "it stopped\nError: one\n", "it stopped" },
    /* not what is a warning, nor what a rule knows better */
    { "warning: error: one\nit stopped\n", "it stopped" },
    { "make: *** fatal: one\nit stopped\n", "it stopped" },
    /* nor what another step said */
    { "##[group]Run a\n##[endgroup]\nError: one\n"
      "##[group]Run b\n##[endgroup]\nit stopped\n",
      "it stopped" },
    /* a traceback is as long as it is */
    { "Error: one\nTraceback (most recent call last):\n" SIX SIX
      "  File \"a.py\", line 1, in f\nSomeError: it stopped\n",
      "it stopped: Error: one" },
    /* and its end is a reason, though rules for symptoms know it */
    { "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\n"
      "OneError: it went wrong\nx\nit stopped\n",
      "it stopped: OneError: it went wrong" },
    /* the command, where there is nothing better */
    { "+ do it\n+ grep widget\nx\nit stopped\n",
      "it stopped: the last command shown is `grep widget`" },
    { "+ do it\nError: one\n+ grep widget\nit stopped\n",
      "it stopped: Error: one" },
    { " │ + do it\n │ x\nit stopped\n",
      "it stopped: the last command shown is `do it`" },
    { "+ do it\n" SIX SIX "it stopped\n", "it stopped" },
    { "(%PREFIX%) %SRC_DIR%>do it \nx\n"
      "(%PREFIX%) %SRC_DIR%>IF 1 NEQ 0 exit /B 1 \nit stopped\n",
      "it stopped: the last command shown is `do it`" },
    { "(D:\\bld\\env) D:\\bld\\work>do it\nx\nit stopped\n",
      "it stopped: the last command shown is `do it`" },
    { "D:\\bld\\work>if errorlevel 1 exit 1\nit stopped\n", "it stopped" },
    { "a -> b\n<p>x\n(a > b) c>d\n(x) y\nit stopped\n", "it stopped" },
    /* secrets */
    { "Error: token=abcd1234\nit stopped\n",
      "it stopped: Error: token=[redacted]" },
    { "+ do --token=abcd1234\nx\nit stopped\n",
      "it stopped: the last command shown is `do --token=[redacted:option]`" },
};

START_TEST(test_reason)
{
    json_t *r = run_log(reasons[_i].log, strlen(reasons[_i].log),
                        TOCSIN_OUTCOME_FAILURE);
    const json_t *p = primary(r);
    bool make = strstr(reasons[_i].log, "make:") != NULL;
    const json_t *f = make ? json_array_get(jx_arr(r, "failures"), 1) : p;

    ck_assert_str_eq(jx_str(f, "rule"), "t/stopped");
    ck_assert_str_eq(jx_str(f, "summary"), reasons[_i].summary);
    json_decref(r);
}
END_TEST

/* The same failure elsewhere, at another time and with another secret. */
START_TEST(test_fingerprint_stable)
{
    static const char *const logs[] = {
        "/home/a/x_1/work/a.c:12: error: no 'x' in v1.2 token=abcd1234\n",
        "2026-08-14T06:41:00.1234567Z /U/b/y_2/work/a.c:140: error: no 'x' "
        "in v3.4.5 token=zzzz9999\n",
    };
    char *fp[2];

    for (int i = 0; i < 2; i++) {
        json_t *r = run_log(logs[i], strlen(logs[i]), 0);

        fp[i] = xstrdup(jx_str(primary(r), "fingerprint"));
        json_decref(r);
    }
    ck_assert_str_eq(fp[0], fp[1]);
    free(fp[0]);
    free(fp[1]);
}
END_TEST

START_TEST(test_was_keeps_fingerprint)
{
    static const char *const rules[] = {
        "[{\"id\": \"a/old\", \"category\": \"x/y\", "
        "\"pattern\": \"trouble\"}]",
        "[{\"id\": \"a/new\", \"was\": [\"a/old\"], \"category\": \"x/z\", "
        "\"pattern\": \"troubl.\", \"needs\": [\"trouble\"]}]",
    };
    char *fp[2];

    for (int i = 0; i < 2; i++) {
        json_t *j = jx_parse(rules[i], strlen(rules[i]), NULL);
        struct ruleset *rs = ruleset_new(j, NULL, NULL);
        struct classify_options o = { .file = NULL };
        struct classifier *c = classifier_new(rs, &o);
        json_t *r;

        classifier_feed(c, "trouble", 7);
        r = classifier_finish(c);
        fp[i] = xstrdup(jx_str(primary(r), "fingerprint"));
        json_decref(r);
        classifier_free(c);
        ruleset_free(rs);
        json_decref(j);
    }
    ck_assert_str_eq(fp[0], fp[1]);
    free(fp[0]);
    free(fp[1]);
}
END_TEST

START_TEST(test_match_limit)
{
    struct strbuf b;
    json_t *r;
    char *limits;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    for (int i = 0; i < 100; i++) {
        for (int k = 0; k < 60; k++)
            strbuf_addc(&b, 'a');
        strbuf_adds(&b, "!\n");
    }
    r = run_log(b.buf, b.len, 0);
    limits = jx_dump(json_object_get(r, "limits"));
    ck_assert_str_eq(limits, "[\"match-limit:t/slow\"]");
    free(limits);
    json_decref(r);
    strbuf_release(&b);
}
END_TEST

int main(void)
{
    const struct suite_case cases[] = {
        { test_choose, ARRAY_SIZE(choices) }, { test_result, 1 },
        { test_reason, ARRAY_SIZE(reasons) }, { test_fingerprint_stable, 1 },
        { test_was_keeps_fingerprint, 1 },    { test_match_limit, 1 },
    };

    return suite_cases("classify", cases, ARRAY_SIZE(cases));
}
