/* SPDX-License-Identifier: BSD-3-Clause */
/* github-actions: mapping, where a step begins, the cursor. */
#include <config.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "plugins/github-actions/cursor.h"
#include "plugins/github-actions/outcome.h"
#include "plugins/github-actions/steps.h"
#include "suite.h"

#define DIGEST "0123"

/* ---- mapping ------------------------------------------------------------- */

static const struct {
    const char *conclusion;
    enum tocsin_outcome want;
    bool red, whole;
} conclusions[] = {
    { "success", TOCSIN_OUTCOME_SUCCESS, false, true },
    { "failure", TOCSIN_OUTCOME_FAILURE, true, true },
    { "timed_out", TOCSIN_OUTCOME_TIMED_OUT, true, true },
    { "cancelled", TOCSIN_OUTCOME_CANCELLED, false, false },
    { "skipped", TOCSIN_OUTCOME_SKIPPED, false, false },
    { "startup_failure", TOCSIN_OUTCOME_FAILURE, true, false },
    { "stale", TOCSIN_OUTCOME_ABANDONED, true, false },
    { "neutral", TOCSIN_OUTCOME_UNKNOWN, false, false },
    { "action_required", TOCSIN_OUTCOME_UNKNOWN, false, false },
    { "something new", TOCSIN_OUTCOME_UNKNOWN, false, false },
    { NULL, TOCSIN_OUTCOME_UNKNOWN, false, false },
};

START_TEST(mapping)
{
    const char *c = conclusions[_i].conclusion;

    ck_assert_int_eq(gha_outcome(c), conclusions[_i].want);
    ck_assert_int_eq(gha_is_red(gha_outcome(c)), conclusions[_i].red);
    ck_assert_int_eq(gha_is_whole(c), conclusions[_i].whole);
}
END_TEST

START_TEST(events)
{
    ck_assert_str_eq(gha_trigger("push"), "push");
    ck_assert_str_eq(gha_trigger("repository_dispatch"), "dispatch");
    ck_assert_ptr_null(gha_trigger("pull_request"));
    ck_assert_ptr_null(gha_trigger("pull_request_target"));
    ck_assert_ptr_null(gha_trigger(NULL));
}
END_TEST

/* ---- steps --------------------------------------------------------------- */

#define STEP(n, name, how, from, to)                                           \
    "{\"number\": " #n ", \"name\": \"" name "\", \"conclusion\": \"" how      \
    "\", \"started_at\": \"2026-01-01T00:00:" from "Z\","                      \
    " \"completed_at\": \"2026-01-01T00:00:" to "Z\"}"
#define AT(s) "2026-01-01T00:00:" s "Z "
#define RUN "##[group]Run x\n"

static const struct {
    const char *name, *steps, *log;
    int64_t step, offset;
    const char *found;
} logs[] = {
    { "the third of three, one was skipped",
      "[" STEP(1, "Set up job", "success", "00", "02") "," STEP(
          2, "Run x", "success", "02",
          "03") "," STEP(3, "Run x", "skipped", "03",
                         "03") "," STEP(4, "Build", "failure", "03", "40") "]",
      "\xef\xbb\xbf" AT("00.1") "a\n" AT("02.5") RUN AT("02.6") "b\n" AT("03.5")
          RUN AT("04.5") "c\n",
      4, 3, "1:well 2:well 4:bad " },
    { "two steps begin in one second",
      "[" STEP(1, "Set up job", "success", "00", "02") "," STEP(
          2, "Run x", "success", "02",
          "02") "," STEP(3, "Run x", "success", "02",
                         "02") "," STEP(4, "Build", "failure", "02", "40") "]",
      AT("00.1") "a\n" AT("02.1") RUN AT("02.2") RUN AT("02.3") RUN, 4, 3,
      "1:well 2:well 3:well 4:bad " },
    { "a composite action prints begins of its own",
      "[" STEP(1, "Set up job", "success", "00", "02") "," STEP(
          2, "Run x", "success", "02", "20") "," STEP(3, "Build", "failure",
                                                      "21", "40") "]",
      AT("00.1") "a\n" AT("02.1") RUN AT("08.2") RUN AT("15.3") RUN AT("21.3")
          RUN,
      3, 4, "1:well 2:well 5:bad " },
    { "what fails in the second of its end was not over before",
      "[" STEP(1, "Set up job", "success", "00", "02") "," STEP(
          2, "Run x", "failure", "02", "20") "," STEP(3, "Look", "success",
                                                      "20", "20") "]",
      AT("00.1") "a\n" AT("02.1") RUN AT("20.1")
          RUN AT("20.2") "##[error]no\n" AT("20.3") RUN,
      2, 1, "1:well 2:bad 5:well " },
    { "the set-up itself", "[" STEP(1, "Set up job", "failure", "00", "02") "]",
      AT("00.1") "a\n", 1, 0, "1:bad " },
    { "it is cleaning up that fails",
      "[" STEP(1, "Set up job", "success", "00", "02") "," STEP(
          2, "Run x", "success", "02",
          "03") "," STEP(5, "Post Run x", "failure", "03", "04") "]",
      AT("00.1") "a\n" AT("02.1") RUN AT("03.1") "Post job cleanup.\n", 5, 2,
      "1:well 2:well 3:bad " },
    { "what a step prints is no begin of the one after",
      "[" STEP(1, "Set up job", "success", "00", "02") "," STEP(
          2, "Run x", "success", "02", "30") "," STEP(3, "Build", "failure",
                                                      "30", "40") "]",
      AT("00.1") "a\n" AT("02.1") RUN AT("09.0") RUN AT("30.9") RUN, 3, 3,
      "1:well 2:well 4:bad " },
    { "it is not there",
      "[" STEP(1, "Set up job", "success", "00",
               "02") "," STEP(2, "Build", "failure", "02", "30") "]",
      AT("00.1") "a\n" AT("45.1") RUN, 2, -1, "1:well " },
    { "nothing failed", "[" STEP(1, "Set up job", "success", "00", "02") "]",
      AT("00.1") "a\n", 0, -1, "" },
    { "no steps", "null", AT("00.1") "a\n", 0, -1, "" },
    { "odd ones", "[1, {\"number\": \"x\"}, {}]", "\n\n \n##[group]Run \n", 0,
      -1, "" },
};

/* "1:well 3:bad " */
static void note_step(void *user, int64_t line, int outcome)
{
    char *at = (char *)user + strlen(user);

    snprintf(at, (size_t)((char *)user + 64 - at), "%d:%s ", (int)line,
             outcome == TOCSIN_OUTCOME_FAILURE ? "bad" : "well");
}

START_TEST(step_begins)
{
    json_t *list = json_loads(logs[_i].steps, JSON_DECODE_ANY, NULL);
    size_t n = strlen(logs[_i].log);

    /* Whatever the pieces are. */
    for (size_t piece = 1; piece <= n; piece += piece < 4 ? 1 : 13) {
        char found[64] = "";
        struct steps s;

        steps_begin(&s, list);
        s.found = note_step;
        s.user = found;
        for (size_t at = 0; at < n; at += piece)
            steps_feed(&s, logs[_i].log + at, n - at < piece ? n - at : piece);
        ck_assert_msg(steps_offset(&s) == logs[_i].offset
                          && steps_failing(&s) == logs[_i].step,
                      "%s: step %d at %d", logs[_i].name,
                      (int)steps_failing(&s), (int)steps_offset(&s));
        ck_assert_str_eq(found, logs[_i].found);
        steps_release(&s);
    }
    json_decref(list);
}
END_TEST

/* ---- the cursor ---------------------------------------------------------- */

START_TEST(cursor_round)
{
    struct cursor c;
    char *text;

    cursor_read(&c, NULL, DIGEST);
    cursor_set_repo(&c, "o/r", json_pack("{s:i}", "at", 5));
    cursor_set_head(&c, "7", "abc");
    cursor_set_next(&c, "o/s");
    text = cursor_text(&c);
    cursor_release(&c);
    cursor_read(&c, text, DIGEST);
    ck_assert_int_eq(jx_int(cursor_repo(&c, "o/r"), "at", 0), 5);
    ck_assert_str_eq(cursor_head(&c, "7"), "abc");
    ck_assert_str_eq(cursor_next(&c), "o/s");
    cursor_release(&c);
    cursor_read(&c, text, "other options");
    ck_assert_ptr_null(cursor_repo(&c, "o/r"));
    cursor_release(&c);
    free(text);
}
END_TEST

START_TEST(cursor_odd)
{
    static const char *const odd[] = {
        "",
        "{",
        "[]",
        "7",
        "{\"v\":1,\"options\":\"0123\",\"repos\":[]}",
        "{\"v\":1,\"options\":\"0123\",\"repos\":{\"o/r\":3},\"heads\":1}",
        "{\"v\":9,\"options\":\"0123\"}",
    };
    struct cursor c;

    cursor_read(&c, odd[_i], DIGEST);
    ck_assert_ptr_null(cursor_repo(&c, "o/r"));
    ck_assert_ptr_null(cursor_head(&c, "7"));
    ck_assert_ptr_nonnull(cursor_sweep(&c));
    cursor_release(&c);
}
END_TEST

START_TEST(cursor_is_bounded)
{
    struct cursor c;
    char *text;

    cursor_read(&c, NULL, DIGEST);
    for (int i = 0; i < 30000; i++) {
        CLEANUP_FREE char *name = xasprintf("owner/repository-%d", i);

        cursor_set_repo(&c, name,
                        json_pack("{s:i, s:{s:i, s:i}}", "at", i, "runs",
                                  "1234567890", 1, "1234567891", 1));
    }
    text = cursor_text(&c);
    ck_assert_uint_le(strlen(text), CURSOR_TEXT_MAX);
    /* when each was read is known still */
    ck_assert_int_eq(jx_int(cursor_repo(&c, "owner/repository-9"), "at", 0), 9);
    free(text);
    cursor_release(&c);
}
END_TEST

int main(void)
{
    const struct suite_case cases[] = {
        { mapping, ARRAY_SIZE(conclusions) },
        { events, 1 },
        { step_begins, ARRAY_SIZE(logs) },
        { cursor_round, 1 },
        { cursor_odd, 7 },
        { cursor_is_bounded, 1 },
    };

    return suite_cases("github-actions", cases, ARRAY_SIZE(cases));
}
