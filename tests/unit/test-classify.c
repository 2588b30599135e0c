/* SPDX-License-Identifier: BSD-3-Clause */
/* The stages of classification, each on its own. */
#include <config.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/sentence.h"
#include "core/base/strbuf.h"
#include "core/classify/baseline.h"
#include "core/classify/classify.h"
#include "core/classify/clean.h"
#include "core/classify/fingerprint.h"
#include "core/classify/rule.h"
#include "core/classify/slow.h"
#include "core/config/problems.h"
#include "core/config/settings.h"
#include "core/tocsin-plugin.h"

/* ---- clean ------------------------------------------------------------ */

static void collect(void *user, const struct chunk *ch)
{
    for (size_t i = ch->fresh; i < ch->nr; i++) {
        struct line l = chunk_line(ch, i);

        ck_assert_uint_eq(strlen(l.text), l.len);
        strbuf_addf(user, "%d<%s>", (int)l.nr, l.text);
    }
}

/* What the cleaner makes of n bytes, fed `step` at a time. */
static char *cleaned(const void *p, size_t n, size_t step)
{
    struct strbuf b;
    struct cleaner *cl;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    cl = cleaner_new(collect, &b);
    for (size_t i = 0; i < n; i += step)
        cleaner_feed(cl, (const char *)p + i, n - i < step ? n - i : step);
    cleaner_end(cl);
    cleaner_free(cl);
    return b.buf;
}

static const struct {
    const char *in;
    size_t n;
    const char *out;
} cleanings[] = {
#define IN(s) s, sizeof(s) - 1
    { IN("a\nb"), "1<a>2<b>" },
    { IN("a\n"), "1<a>" },
    { IN(""), "" },
    { IN("\n\nx\n"), "1<>2<>3<x>" },
    { IN("a\r\nb\r\r\n"), "1<a>2<b>" },
    { IN(" 10%\r 50%\rdone\n"), "1<done>" },
    { IN("2026-08-14T06:41:00.1234567Z hello\n"), "1<hello>" },
    { IN("\xef\xbb\xbf" "2026-08-14T06:41:00.1Z hello\n"), "1<hello>" },
    { IN("build\tRun tests\t2026-08-14T06:41:00.1234567Z boo\n"), "1<boo>" },
    { IN("\x1b[1;31merror\x1b[0m: x\n"), "1<error: x>" },
    { IN("\x1b]8;;http://x\x07link\x1b]8;;\x07!\n"), "1<link!>" },
    { IN("\x1b]0;title\x1b\\text\n"), "1<text>" },
    { IN("[1;31mERROR[m] a[32m\n"), "1<ERROR] a>" },
    { IN("[main] INFO [5] a[i]\n"), "1<[main] INFO [5] a[i]>" },
    { IN("a\0b\0\n"), "1<ab>" },
    { IN("caf\xe9\n"), "1<caf\xc3\xa9>" },
    { IN("caf\xc3\xa9\n"), "1<caf\xc3\xa9>" },
    { IN("\xff\xfe" "h\0i\0\n\0x\0"), "1<hi>2<x>" },
    { IN("\xfe\xff" "\0h\0i\0\n\0x"), "1<hi>2<x>" },
    { IN("h\0i\0 \0y\0o\0u\0\n\0o\0k\0\n\0"), "1<hi you>2<ok>" },
    { IN("##[error]Bash exited\n"), "1<Bash exited>" },
    { IN("::error file=a.c,line=3::bad\n"), "1<bad>" },
    { IN("##vso[task.logissue type=error;]bad\n"), "1<bad>" },
    { IN("#12 34.56 a.c:1: x\n#12 DONE 3.1s\n#1 2.x y\n"),
      "1<a.c:1: x>2<#12 DONE 3.1s>3<#1 2.x y>" },
    { IN("14:32:11 BIOCONDA INFO (OUT) Error: x\n"), "1<Error: x>" },
    { IN("2026-08-14T06:41:00.1234567Z\n"), "1<>" },
    { IN("[2026-08-14T06:41:00Z] FAILED a\n"), "1<FAILED a>" },
    { IN("[2026-08-14T06:41:00Z\n"), "1<[2026-08-14T06:41:00Z>" },
};

START_TEST(test_clean)
{
    for (size_t step = 1; step < 5; step++) {
        char *s = cleaned(cleanings[_i].in, cleanings[_i].n, step);

        ck_assert_str_eq(s, cleanings[_i].out);
        free(s);
    }
}
END_TEST

START_TEST(test_clean_long_line)
{
    size_t n = LINE_MAX_BYTES * 3;
    char *p = xmalloc(n + 5), *s;

    memset(p, 'x', n);
    memcpy(p + n, "\nnext", 5);
    s = cleaned(p, n + 5, 1000);
    ck_assert_uint_lt(strlen(s), LINE_MAX_BYTES + 64);
    ck_assert_ptr_nonnull(strstr(s, "2<next>"));
    free(s);
    free(p);
}
END_TEST

/* ---- redact ----------------------------------------------------------- */

/* Put together here, so that nobody's scanner takes them for real ones. */
static const struct { const char *before, *secret, *after; } planted[] = {
    { "token ", "ghp_" "abcdEFGH1234ijklMNOP5678qrstUVWX9012", " used" },
    { "", "github_pat_" "11ABCDEFG0abcdefghij_klmnop", "" },
    { "x=", "glpat-" "abcDEF123456_-xyzzy", ";" },
    { "key ", "AKIA" "ABCDEFGHIJKLMNOP", "." },
    { "", "AIza" "SyA1234567890abcdefghijklmnopqrstuv", " x" },
    { "bot ", "xoxb-" "123456789012-abcdefGHIJ", "" },
    { "POST ", "https://hooks.slack.com/services/" "T000/B000/XXXX", "" },
    { "AccountKey=", "abcdefghijklmnopqrstuvwxyz0123456789==", ";Endpoint" },
    { "https://h/x?sv=1&sig=", "aBcD%2F1234567890abcdefg", "&se=2" },
    { "", "pypi-" "AgEIcHlwaS5vcmcCJDEyMzQ1Njc4OTAxMjM0NTY3ODkw", "" },
    { "", "npm_" "abcdefghijklmnopqrstuvwxyz0123456789", "" },
    { "https://conda.anaconda.org/t/", "ab-12345678-90ab-cdef-1234",
      "/x/noarch" },
    { "", "eyJ" "hbGciOiJIUzI1NiJ9.eyJ" "zdWIiOiIxMjM0In0.c2lnbmF0dXJl",
      "" },
    { "Authorization: Basic ", "dXNlcjpwYXNzd29yZA==", "" },
    { "curl -H 'authorization: Bearer ", "abcdefghijklmnop.qrst", "'" },
    { "git clone https://", "user:s3cr3t-pw", "@example.org/x.git" },
    { "https://", "0123456789abcdef0123456789abcdef", "@host/x" },
    { "MYSQL_PASSWORD=", "hunter2", " ./run" },
    { "--token=", "abcd1234", " x" },
    { "{\"api_key\": \"", "a1b2c3d4e5f6", "\"}" },
    { "ANACONDA_TOKEN: ", "ab12cd34ef56", "" },
    { "client_secret = '", "q1w2e3r4t5", "'" },
    { "Set-Cookie: ", "session=abc; HttpOnly", "" },
    { "say ", "the exact value", " here" },
};

START_TEST(test_redact)
{
    static const char *const exact[] = { "the exact value" };
    static const char *const frames[][2] = {
        { "", "" }, { "error: ", " failed" }, { "\xc3\xa9 ", "" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(frames); i++) {
        char *in = xasprintf("%s%s%s%s%s", frames[i][0], planted[_i].before,
                             planted[_i].secret, planted[_i].after,
                             frames[i][1]);
        char *out = redact_text(in, strlen(in), exact, 1);
        char *again = redact_text(out, strlen(out), exact, 1);

        ck_assert_msg(!strstr(out, planted[_i].secret), "%s", out);
        ck_assert_msg(strstr(out, "[redacted"), "%s", out);
        ck_assert_str_eq(again, out);
        free(again);
        free(out);
        free(in);
    }
}
END_TEST

static const char *const harmless[] = {
    "error: expected primary-expression before token: 'x'",
    "syntax error near unexpected token `('",
    "nothing provides requested tokenizers=0.19.1",
    "secretstorage=3.3.3 and python-tokenize=1.0",
    "PASSWORD=$SECRET ./run", "password: ${{ secrets.X }}",
    "https://example.org/a/b?x=1#y", "ssh git@github.com:o/r.git",
    "tests/test_token.py::test_a PASSED", "Authorization: ***",
};

START_TEST(test_redact_harmless)
{
    const char *s = harmless[_i];
    char *out = redact_text(s, strlen(s), NULL, 0);

    ck_assert_str_eq(out, s);
    free(out);
}
END_TEST

START_TEST(test_redact_key)
{
    const char *in = "a\n-----BEGIN RSA PRIVATE " "KEY-----\n"
                     "MIIEpAIBAAKCAQEAabcdefgh\nq83vEjRWeJA=\n"
                     "-----END RSA PRIVATE " "KEY-----\nb\n"
                     "x -----BEGIN PRIVATE " "KEY-----\\nMIIE\\n\n"
                     "error: this line is none of it";
    char *out = redact_text(in, strlen(in), NULL, 0);

    ck_assert_ptr_null(strstr(out, "MIIE"));
    ck_assert_ptr_null(strstr(out, "q83v"));
    ck_assert_ptr_nonnull(strstr(out, "\nb\n"));
    ck_assert_ptr_nonnull(strstr(out, "none of it"));
    free(out);
}
END_TEST

/* ---- fingerprint ------------------------------------------------------ */

static char *mask(const char *s)
{
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    fingerprint_mask(&b, s, strlen(s));
    return b.buf;
}

static const struct { const char *a, *b; bool same; } masks[] = {
    { "/home/conda/x_1687/work/src/a.c:12:3: error",
      "/Users/runner/y_99/work/src/a.c:140:33: error", true },
    { "D:\\bld\\x_1\\work\\a.cpp(12)", "C:\\b\\y_2\\w\\a.cpp(99)", true },
    { "took 12.5 s", "took 3 s", true },
    { "foo 1.2.3 needs bar >=2.0a1", "foo 1.3.0rc1 needs bar >=10", true },
    { "at 0x7ffd12ab", "at 0xdeadbeef01", true },
    { "object 3f2a91c", "object b07d55e9", true },
    { "id 123e4567-e89b-12d3-a456-426614174000",
      "id 00000000-aaaa-bbbb-cccc-0123456789ab", true },
    { "2026-08-14T06:41:00Z x", "2025-01-02T03:04:05Z x", true },
    { "a   b\tc", "A b c", true },
    { "undefined reference to foo", "undefined reference to bar", false },
    { "https://a.example/x/{{ v }}.tgz", "https://b.example/x/{{ v }}.tgz",
      false },
    { "r-base", "r-xgboost", false },
    { "src/a.c", "src/b.c", false },
    { "deadbeef is a word", "cafe is a word", false },
};

START_TEST(test_mask)
{
    char *a = mask(masks[_i].a), *b = mask(masks[_i].b);

    if (masks[_i].same)
        ck_assert_str_eq(a, b);
    else
        ck_assert_str_ne(a, b);
    free(a);
    free(b);
}
END_TEST

/* These values are kept in every store there is: a change here is a new
 * FINGERPRINT_ALGORITHM. */
START_TEST(test_fingerprint_kept)
{
    static const char *const parts[] = { "Version 1.2", "x" };
    static const char *const other[] = { "version 3.4.5", "x" };
    char *a = fingerprint_of("bot/version", parts, 2);
    char *b = fingerprint_of("bot/version", other, 2);
    char *c = fingerprint_of("bot/other", parts, 2);

    ck_assert_str_eq(a, "1:d383b56b9e15265a1a190ee8d967c7ac");
    ck_assert_str_eq(a, b);
    ck_assert_str_ne(a, c);
    free(a);
    free(b);
    free(c);
}
END_TEST

/* ---- all of it -------------------------------------------------------- */

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

static const struct {
    const char *log;
    int outcome;
    const char *verdict;
    const char *rule;           /* NULL: none; "": unclassified */
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
    { "x\nit went wrong\ny\n", TOCSIN_OUTCOME_FAILURE, "unclassified", "",
      2 },
    { "x\nthe end\n", TOCSIN_OUTCOME_FAILURE, "unclassified", "", 2 },
    { "it went wrong\n", 0, "green", NULL, 0 },
    /* the step that failed, not the one that was survived */
    { "##[group]Run a\n##[endgroup]\na.c:1: error: old\n"
      "##[group]Run b\n##[endgroup]\nb.c:1: error: new\n"
      "##[error]Process completed with exit code 1.\n"
      "##[group]Run c\n##[endgroup]\nc.c:1: error: later\n", 0,
      "classified", "t/compile", 6 },
    /* nor a symptom of what came after it */
    { "##[group]Run a\n##[endgroup]\nit went wrong\n"
      "##[error]Process completed with exit code 1.\n"
      "##[group]Run b\n##[endgroup]\nx\ny\nmake: *** [x] Error 1\n", 0,
      "unclassified", "", 3 },
    /* what a step only lists did not happen */
    { "##[group]Run a\nb.c:1: error: listed\n##[endgroup]\n"
      "##[error]Process completed with exit code 1.\n", 0,
      "unclassified", "", 2 },
    { "+ b.c:1: error: echoed\n", 0, "green", NULL, 0 },
    /* several lines */
    { "begin one\nx\nend two\n", 0, "classified", "t/two", 1 },
    { "begin one\nx\n", 0, "green", NULL, 0 },
    /* of one rank the highest priority, wherever it stands */
    { "a.c:1: error: one\nweighty\n", 0, "classified", "t/weighty", 2 },
    { "weighty\nld: No space left on device\n", 0, "classified", "t/infra",
      2 },
    /* of one rule the last, however many there are */
    { "late 1\nlate 2\nlate 3\nlate 4\nx\n", 0, "classified", "t/late",
      4 },
    /* only what the CI marked */
    { "only if marked\n", 0, "green", NULL, 0 },
    { "##[warning]only if marked\n", 0, "green", NULL, 0 },
    { "##[error]only if marked\n", 0, "classified", "t/marked", 1 },
    { "::error file=a::only if marked\n", 0, "classified", "t/marked", 1 },
    /* what a later good end takes back, and what not */
    { "a.c:1: error: one\nended well\nmake: *** [x] Error 1\n", 0,
      "classified", "t/make", 3 },
    { "a.c:1: error: one\nended well\nb.c:1: error: two\n", 0,
      "classified", "t/compile", 3 },
    { "begin one\nended well\nend two\n", 0, "green", NULL, 0 },
    { "weighty\nended well\n", 0, "classified", "t/weighty", 1 },
    { "a.c:1: error: one\n##[error]Process completed with exit code 1.\n"
      "ended well\n", 0, "classified", "t/compile", 1 },
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
    { "##[group]Run make\nbuilding a\n##[endgroup]\n",
      TOCSIN_OUTCOME_FAILURE, "unclassified", "", 0 },
    { "building a\n", 0, "green", NULL, 0 },
    { "conda_forge_tick\nscoped trouble\n", 0, "classified", "t/scoped",
      2 },
};

START_TEST(test_choose)
{
    json_t *r = run_log(choices[_i].log, strlen(choices[_i].log),
                        choices[_i].outcome);
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
    ck_assert_str_eq(jx_str(p, "summary"),
                     "/home/runner/work/o/r/src/a.c: bad "
                     "token=[redacted]");
    ck_assert_int_eq(jx_int(jx_obj(p, "excerpt"), "first", 0), 1);
    ck_assert_int_eq(jx_int(jx_obj(p, "excerpt"), "last", 0), 4);
    ck_assert_ptr_null(strstr(all, "abcd1234"));
    free(all);
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

START_TEST(test_baseline)
{
    static const char green[] = "took 12 ms in /tmp/a7x2k9/b.c\n0 failed\n";
    struct baseline *b = baseline_new(), *again;
    char *text;

    for (const char *s = green; *s; s += strcspn(s, "\n") + 1)
        baseline_add(b, s, strcspn(s, "\n"));
    text = baseline_encode(b);
    ck_assert_ptr_null(strstr(text, "took"));
    again = baseline_decode(text);
    ck_assert_ptr_nonnull(again);
    ck_assert_uint_eq(baseline_size(again), 2);
    static const struct { const char *line; enum novelty n; } looks[] = {
        { "took 3 s in /var/q/b.c", NOVELTY_OLD },
        { "took 3 s in /var/q/c.c", NOVELTY_NEW },
        { "2 failed", NOVELTY_NEW },
        { "  0 failed", NOVELTY_OLD },
        { "", NOVELTY_UNKNOWN },
    };
    for (size_t i = 0; i < ARRAY_SIZE(looks); i++)
        ck_assert_int_eq(baseline_look(again, looks[i].line,
                                       strlen(looks[i].line)), looks[i].n);
    ck_assert_int_eq(baseline_look(NULL, "x", 1), NOVELTY_UNKNOWN);
    baseline_free(again);
    baseline_free(b);
    free(text);
    ck_assert_ptr_null(baseline_decode(NULL));
    ck_assert_ptr_null(baseline_decode("2:AA"));
    ck_assert_ptr_null(baseline_decode("1:"));
    ck_assert_ptr_null(baseline_decode("1:A!"));
    ck_assert_ptr_null(baseline_decode("1:________________"));
}
END_TEST

/* A log of any length: what is not kept is not said to be new. */
START_TEST(test_baseline_bounded)
{
    struct baseline *b = baseline_new();
    size_t nr[3] = { 0, 0, 0 };
    char line[64], *text;

    for (int i = 0; i < 60000; i++) {
        snprintf(line, sizeof(line), "line %c%c%c%c", 'a' + i % 26,
                 'a' + i / 26 % 26, 'a' + i / 676 % 26, 'a' + i / 17576);
        baseline_add(b, line, strlen(line));
    }
    text = baseline_encode(b);
    ck_assert_uint_eq(baseline_size(b), BASELINE_MAX);
    ck_assert_uint_lt(strlen(text), 6 * BASELINE_MAX);
    for (int i = 0; i < 60000; i++) {
        snprintf(line, sizeof(line), "line %c%c%c%c", 'a' + i % 26,
                 'a' + i / 26 % 26, 'a' + i / 676 % 26, 'a' + i / 17576);
        nr[baseline_look(b, line, strlen(line))]++;
    }
    ck_assert_uint_eq(nr[NOVELTY_NEW], 0);
    ck_assert_uint_eq(nr[NOVELTY_OLD], BASELINE_MAX);
    free(text);
    baseline_free(b);
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

/* ---- rules that are wrong --------------------------------------------- */

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

static const struct { const char *rule, *complaint; } wrongs[] = {
    { "{\"id\": \"a/b\", \"category\": \"x/y\", \"pattern\": \"abc\"}",
      "the area must be one of" },
    { "{\"id\": \"a/b\", \"category\": \"test/y\", \"pattern\": \"abcd\","
      "\"examples\": [\"abce\"]}", "does not match its example" },
    { "{\"id\": \"a/b\", \"category\": \"test/y\", \"pattern\": \"abcd\","
      "\"near_misses\": [\"xabcd\"]}", "matches its near miss" },
    { "{\"id\": \"a/b\", \"category\": \"test/y\", \"pattern\": \"abcd\","
      "\"fingerprint\": [\"no\"]}", "no group is called \"no\"" },
    { "{\"id\": \"a/b\", \"category\": \"test/y\", \"pattern\": \"abcd\","
      "\"summary\": \"{{no}}\"}", "no group is called \"no\"" },
    { "{\"id\": \"a/b\", \"category\": \"test/y\", \"pattern\": \"abcd\","
      "\"in\": [\"vms\"]}", "is no format or tool" },
    { "{\"id\": \"a/b\", \"category\": \"test/y\", "
      "\"pattern\": \"ab[\\u251c]cd\", \"needs\": [\"ab\"]}",
      "outside of ASCII" },
    { "{\"id\": \"a/b\", \"category\": \"test/y\", \"pattern\": \"abcd\"},"
      "{\"id\": \"a/b\", \"category\": \"test/y\", \"pattern\": \"efgh\"}",
      "the id is taken" },
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

#define RULE(id, pattern, more)                                              \
    "{\"id\": \"" id "\", \"category\": \"test/y\", \"blame\": \"recipe\", "           \
    "\"summary\": \"s\", \"pattern\": \"" pattern "\"" more "}"

/* Told of every rule: of a site's own as a warning. */
static const struct { const char *rules, *complaint; } lints[] = {
    { RULE("a/b", "abcd", ""), "has no example" },
    { RULE("a/b", "(abc)?", ", \"examples\": [\"abc\"]"),
      "matches the line \"\"" },
    { RULE("a/b", "[ab]+x$", ", \"examples\": [\"ax\"]"),
      "no literal can be read off" },
    { RULE("a/b", "abcd", ", \"examples\": [\"abcd\"]") ","
      RULE("c/d", "abcde", ", \"examples\": [\"abcde\"]"),
      "rule c/d: its example is taken by a/b" },
    { RULE("a/b", "abcd", ", \"examples\": [\"abcd\"]") ","
      RULE("c/d", "abcd", ", \"examples\": [\"abcd\"]"),
      "rule c/d: matches just what a/b matches" },
};

/* These are tried on hostile lines by tocsin check. */
static const char *const slow_patterns[] = {
    "(?:x+x+)+zebra$", "abcd.*efgh.*ijkl.*mnop", "^\\\\s*(.+): \\\\s*zebra at",
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
    ck_assert_msg(strstr(shipped, lints[_i].complaint) != NULL, "%s",
                  shipped);
    ck_assert_int_gt(errors, 0);
}
END_TEST

START_TEST(test_slow_rule)
{
    int errors;
    CLEANUP_FREE char *rule = xasprintf(
        "{\"id\": \"a/b\", \"category\": \"test/y\", \"blame\": \"recipe\", "
        "\"summary\": \"s\", \"pattern\": \"%s\", \"examples\": "
        "[\"abcdefghijklmnop\", \"xx: zebra at\"]}", slow_patterns[_i]);
    CLEANUP_FREE char *said = complaints(rule, false, &errors);

    ck_assert_msg(strstr(said, "gives up on a line") != NULL, "%s", said);
}
END_TEST

/* What a capture leaves when it was not found. */
static const struct { const char *text, *captures, *sentence; } sentences[] = {
    { "the header `{{h}}` is missing", "{\"h\": \"a.h\"}",
      "the header `a.h` is missing" },
    { "CMake stops: {{e}}", "{}", "CMake stops" },
    { "npm stops ({{c}} {{w}})", "{}", "npm stops" },
    { "npm stops ({{c}} {{w}})", "{\"c\": \"E1\"}", "npm stops (E1)" },
    { "npm stops ({{c}} {{w}})", "{\"w\": \"18\"}", "npm stops (18)" },
    { "it refuses {{f}}: {{e}}", "{\"e\": \"x\"}", "it refuses: x" },
    { "it lacks `{{m}}`", "{\"m\": \"\"}", "it lacks" },
    { "the test \"{{t}}\" fails", "{}", "the test fails" },
    { "{{a}}{{b}} fails", "{\"b\": \"x\"}", "x fails" },
    { "no {{p|such package}} here", "{}", "no such package here" },
    { "no {{p|such package}} here", "{\"p\": \"zlib\"}", "no zlib here" },
    { "no `{{p|package}}` here", "{}", "no package here" },
    { "is {{ compiler('c') }} there {{", "{}",
      "is {{ compiler('c') }} there {{" },
    { "says {{e}}", "{\"e\": \"{{x}}\"}", "says {{x}}" },
};

START_TEST(test_sentence)
{
    json_t *captures = json_loads(sentences[_i].captures, 0, NULL);
    CLEANUP_FREE char *made = sentence_fill(sentences[_i].text, captures);

    ck_assert_str_eq(made, sentences[_i].sentence);
    json_decref(captures);
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
    CLEANUP_FREE char *dir = xasprintf("%s/conf", getenv("TOCSIN_SRC")
                                       ? getenv("TOCSIN_SRC") : ".");
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
        ck_assert_msg(json_array_size(json_object_get(rule, "examples")),
                      "%s", jx_str(rule, "id"));
        ck_assert_msg(json_array_size(json_object_get(rule, "near_misses")),
                      "%s", jx_str(rule, "id"));
    }
    strbuf_release(&b);
    ruleset_free(rs);
    json_decref(rules);
    json_decref(ignore);
}
END_TEST

#define LOOP(tc, test, table)                                                \
    tcase_add_loop_test(tc, test, 0, (int)ARRAY_SIZE(table))

int main(void)
{
    Suite *s = suite_create("classify");
    TCase *tc = tcase_create("all");
    SRunner *sr;
    int failed;

    LOOP(tc, test_clean, cleanings);
    tcase_add_test(tc, test_clean_long_line);
    LOOP(tc, test_redact, planted);
    LOOP(tc, test_redact_harmless, harmless);
    tcase_add_test(tc, test_redact_key);
    LOOP(tc, test_mask, masks);
    tcase_add_test(tc, test_fingerprint_kept);
    LOOP(tc, test_choose, choices);
    tcase_add_test(tc, test_result);
    tcase_add_test(tc, test_fingerprint_stable);
    tcase_add_test(tc, test_was_keeps_fingerprint);
    tcase_add_test(tc, test_baseline);
    tcase_add_test(tc, test_baseline_bounded);
    tcase_add_test(tc, test_match_limit);
    LOOP(tc, test_wrong_rules, wrongs);
    LOOP(tc, test_lint, lints);
    LOOP(tc, test_slow_rule, slow_patterns);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, test_shipped_speed, 0, PARTS);
    LOOP(tc, test_sentence, sentences);
    tcase_add_test(tc, test_bad_pattern);
    tcase_add_test(tc, test_shipped_rules);
    suite_add_tcase(s, tc);
    sr = srunner_create(s);
    srunner_run_all(sr, CK_NORMAL);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
