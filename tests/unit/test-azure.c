/* SPDX-License-Identifier: BSD-3-Clause */
/* What the azure-pipelines source reads off Azure's words. */
#include <config.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/tocsin-plugin.h"
#include "plugins/azure-pipelines/build.h"
#include "plugins/azure-pipelines/cursor.h"
#include "plugins/azure-pipelines/names.h"
#include "plugins/azure-pipelines/outcome.h"
#include "plugins/azure-pipelines/timeline.h"
#include "suite.h"

static json_t *parse(const char *text)
{
    char *s = xstrdup(text);
    json_t *v;

    for (char *p = s; *p; p++)
        if (*p == '\'')
            *p = '"';
    v = jx_parse(s, strlen(s), NULL);
    free(s);
    ck_assert_ptr_nonnull(v);
    return v;
}

/* ---- words --------------------------------------------------------------- */

START_TEST(outcomes)
{
    ck_assert_int_eq(azure_outcome("succeeded"), TOCSIN_OUTCOME_SUCCESS);
    ck_assert_int_eq(azure_outcome("succeededWithIssues"),
                     TOCSIN_OUTCOME_SUCCESS);
    ck_assert_int_eq(azure_outcome("failed"), TOCSIN_OUTCOME_FAILURE);
    ck_assert_int_eq(azure_outcome("abandoned"), TOCSIN_OUTCOME_ABANDONED);
    ck_assert_int_eq(azure_outcome("canceled"), TOCSIN_OUTCOME_CANCELLED);
    ck_assert_int_eq(azure_outcome("skipped"), TOCSIN_OUTCOME_SKIPPED);
    ck_assert_int_eq(azure_outcome("Succeeded!"), TOCSIN_OUTCOME_UNKNOWN);
    ck_assert_int_eq(azure_outcome(NULL), TOCSIN_OUTCOME_UNKNOWN);
}
END_TEST

START_TEST(what_the_server_says)
{
    static const char late[] = "The job running on agent Azure Pipelines 3 "
                               "ran longer than the maximum time of 360 "
                               "minutes.";
    static const char lost[] = "We stopped hearing from agent Azure "
                               "Pipelines 43. Verify the agent machine";

    ck_assert_int_eq(azure_outcome_by_issue(TOCSIN_OUTCOME_CANCELLED, late),
                     TOCSIN_OUTCOME_TIMED_OUT);
    ck_assert_int_eq(azure_outcome_by_issue(TOCSIN_OUTCOME_FAILURE, lost),
                     TOCSIN_OUTCOME_ABANDONED);
    /* Green stays green, whatever is said. */
    ck_assert_int_eq(azure_outcome_by_issue(TOCSIN_OUTCOME_SUCCESS, lost),
                     TOCSIN_OUTCOME_SUCCESS);
    ck_assert_int_eq(azure_outcome_by_issue(TOCSIN_OUTCOME_CANCELLED, "x"),
                     TOCSIN_OUTCOME_CANCELLED);
}
END_TEST

static const struct {
    const char *stage, *phase, *name, *job, *variant;
} names[] = {
    { "Build", "linux", "linux linux_64_", "Build linux", "linux_64_" },
    { "Build", "osx", "osx osx_64_python3.11.____cpython", "Build osx",
      "osx_64_python3.11.____cpython" },
    { "Check", "Skip", "Skip", "Check Skip", NULL },
    { "__default", "Job", "Job", "Job", NULL },
    { NULL, NULL, "Job", "Job", NULL },
    { NULL, "__default", "Job 1", "Job 1", NULL },
    { "Build", "Run tests", "Run tests py312", "Build Run tests", "py312" },
    /* A display name of its own. */
    { "Build", "linux", "Linux, Python 3", "Build linux", "Linux, Python 3" },
    { "Build", "linux", "linux ", "Build linux", "linux " },
    { "Build", "li\x1b[31m", "li\x1b[31m a\nb", "Build li?[31m", "a?b" },
};

START_TEST(names_of_jobs)
{
    char *job, *variant;

    azure_job_names(names[_i].stage, names[_i].phase, names[_i].name, &job,
                    &variant);
    ck_assert_str_eq(job, names[_i].job);
    if (names[_i].variant)
        ck_assert_str_eq(variant, names[_i].variant);
    else
        ck_assert_ptr_null(variant);
    free(job);
    free(variant);
}
END_TEST

START_TEST(long_names_are_cut_between_characters)
{
    char long_name[AZURE_NAME_MAX + 40] = "";
    char *s;

    memset(long_name, 'a', AZURE_NAME_MAX - 1);
    strcat(long_name, "\xc3\xa9\xc3\xa9");
    s = azure_name(long_name);
    ck_assert_uint_eq(strlen(s), AZURE_NAME_MAX - 1);
    free(s);
}
END_TEST

START_TEST(branches)
{
    ck_assert_str_eq(azure_branch("refs/heads/main"), "main");
    ck_assert_str_eq(azure_branch("refs/heads/a/b"), "a/b");
    ck_assert_ptr_null(azure_branch("refs/pull/10/merge"));
    ck_assert_ptr_null(azure_branch("refs/tags/v1"));
    ck_assert_ptr_null(azure_branch("refs/heads/"));
    ck_assert_ptr_null(azure_branch("main"));
    ck_assert_ptr_null(azure_branch(NULL));
}
END_TEST

/* ---- builds -------------------------------------------------------------- */

#define OVER                                                                   \
    "'id': 7, 'status': 'completed', 'result': 'failed', "                     \
    "'finishTime': '2026-08-14T06:41:00.1234567Z', "
#define PUSH "'reason': 'individualCI', 'sourceBranch': 'refs/heads/main', "
#define REPO "'repository': {'type': 'GitHub', 'id': 'acme/widget'}"

static const struct {
    const char *json;
    enum azure_kind kind;
    const char *project;
} builds[] = {
    { "{" OVER PUSH REPO "}", AZURE_BUILD, "acme/widget" },
    { "{" OVER PUSH "'project': {'name': 'p'}, 'repository': "
      "{'type': 'TfsGit', 'id': '1-2', 'name': 'r'}}",
      AZURE_BUILD, "p/r" },
    { "{" OVER PUSH "'project': {'name': 'p q'}, 'repository': "
      "{'type': 'TfsGit', 'id': '1-2', 'name': 'r'}}",
      AZURE_ODD, NULL },
    { "{" OVER PUSH "'repository': {'type': 'Svn', 'id': 'a/b'}}", AZURE_ODD,
      NULL },
    { "{" OVER PUSH "'repository': {'type': 'GitHub', 'id': 'a/b/c'}}",
      AZURE_ODD, NULL },
    { "{" OVER PUSH "'repository': {'type': 'GitHub', 'id': '../b'}}",
      AZURE_ODD, NULL },
    { "{" OVER PUSH "'repository': 3}", AZURE_ODD, NULL },
    { "{" OVER "'reason': 'pullRequest', 'sourceBranch': "
      "'refs/pull/10/merge', " REPO "}",
      AZURE_NO_BRANCH, NULL },
    /* A pull request that says it is a branch. */
    { "{" OVER "'reason': 'pullRequest', 'sourceBranch': "
      "'refs/heads/main', " REPO "}",
      AZURE_NO_BRANCH, NULL },
    { "{" OVER "'reason': 'manual', 'sourceBranch': "
      "'refs/pull/10/merge', " REPO "}",
      AZURE_NO_BRANCH, NULL },
    { "{" OVER "'reason': 'validateShelveset', 'sourceBranch': "
      "'refs/heads/main', " REPO "}",
      AZURE_NO_BRANCH, NULL },
    { "{'id': 7, 'status': 'inProgress', " PUSH REPO "}", AZURE_RUNNING, NULL },
    { "{'id': 7, 'status': 'completed', 'finishTime': 'soon', " PUSH REPO "}",
      AZURE_RUNNING, NULL },
    { "{'id': '7'}", AZURE_ODD, NULL },
    { "[]", AZURE_ODD, NULL },
};

START_TEST(one_build)
{
    json_t *v = parse(builds[_i].json);
    struct azure_build b;

    ck_assert_int_eq(azure_build_read(&b, v), builds[_i].kind);
    if (builds[_i].project) {
        ck_assert_str_eq(b.project, builds[_i].project);
        ck_assert_str_eq(b.branch, "main");
        ck_assert_int_eq(b.finished, 1786689660);
        ck_assert_str_eq(b.trigger, "push");
    }
    azure_build_release(&b);
    json_decref(v);
}
END_TEST

/* ---- timelines ----------------------------------------------------------- */

#define STAGE                                                                  \
    "{'id': '51', 'type': 'Stage', 'name': 'Build', "                          \
    "'state': 'completed', 'result': 'failed'},"
#define PHASE                                                                  \
    "{'id': '91', 'parentId': '51', 'type': 'Phase', "                         \
    "'name': 'linux', 'result': 'failed'},"
#define JOB                                                                    \
    "{'id': '1a', 'parentId': '91', 'type': 'Job', "                           \
    "'name': 'linux linux_64_', 'identifier': 'Build.linux.l', "               \
    "'state': 'completed', "

static void read_both(struct azure_timeline *t, const char *newest,
                      const char *earlier)
{
    json_t *v = parse(newest);

    *t = (struct azure_timeline){ 0 };
    ck_assert(azure_timeline_add(t, v));
    json_decref(v);
    if (!earlier)
        return;
    v = parse(earlier);
    ck_assert(azure_timeline_add(t, v));
    json_decref(v);
}

START_TEST(jobs_and_their_tasks)
{
    struct azure_timeline t;

    read_both(&t,
              "{'records': ["
              "{'id': 'b2', 'parentId': '1a', 'type': 'Task', 'order': 2, "
              "'result': 'failed', 'log': {'id': 22}, 'issues': ["
              "{'type': 'warning', 'message': 'w'}, {'type': 'error', "
              "'message': 'gone', 'data': {'logFileLineNumber': '9'}}]},"
              "{'id': 'b1', 'parentId': '1a', 'type': 'Task', 'order': 1, "
              "'result': 'succeeded', 'log': {'id': 21}}," JOB
              "'result': 'failed', 'attempt': 1}," STAGE PHASE "{}, 3"
              "]}",
              NULL);
    ck_assert_uint_eq(t.nr, 1);
    ck_assert_str_eq(t.jobs[0].job, "Build linux");
    ck_assert_str_eq(t.jobs[0].variant, "linux_64_");
    ck_assert_int_eq(t.jobs[0].outcome, TOCSIN_OUTCOME_FAILURE);
    ck_assert_uint_eq(t.jobs[0].nr_tasks, 2);
    ck_assert_int_eq(t.jobs[0].tasks[0].log, 21);
    ck_assert_int_eq(t.jobs[0].tasks[1].log, 22);
    ck_assert_uint_eq(t.jobs[0].tasks[1].issues.nr, 1);
    ck_assert(t.jobs[0].tasks[1].issues.at[0].in_log);
    ck_assert(t.complete);
    azure_timeline_release(&t);
}
END_TEST

START_TEST(attempts)
{
    struct azure_timeline t;

    read_both(&t,
              "{'records': [" JOB "'result': 'succeeded', 'attempt': 2, "
              "'previousAttempts': [{'attempt': 1, 'timelineId': 'aa-1'}, "
              "{'timelineId': '../../x'}, {'timelineId': 'aa-1'}]},"
              "{'id': '1c', 'type': 'Job', 'name': 'other', "
              "'identifier': 'o', 'state': 'completed', "
              "'result': 'succeeded', 'attempt': 1}"
              "]}",
              "{'records': [{'id': '1b', 'type': 'Job', "
              "'name': 'linux linux_64_', 'identifier': 'Build.linux.l', "
              "'state': 'completed', 'result': 'failed', 'attempt': 1},"
              "{'id': '1c', 'type': 'Job', 'name': 'other', "
              "'identifier': 'o', 'state': 'completed', "
              "'result': 'succeeded', 'attempt': 1}]}");
    ck_assert_uint_eq(t.nr_earlier, 1);
    ck_assert_str_eq(t.earlier[0], "aa-1");
    ck_assert_uint_eq(t.nr, 3);
    ck_assert_int_eq(t.jobs[0].attempt, 2);
    ck_assert_int_eq(t.jobs[2].attempt, 1);
    ck_assert_str_eq(t.jobs[2].key, t.jobs[0].key);
    ck_assert_int_eq(t.jobs[2].outcome, TOCSIN_OUTCOME_FAILURE);
    ck_assert(t.complete);
    azure_timeline_release(&t);
}
END_TEST

/* Of which timelines does a job's absence say something? */
static const struct {
    const char *json;
    bool complete;
} wholes[] = {
    { "{'records': [" STAGE PHASE JOB "'result': 'succeeded'}]}", true },
    { "{'records': [" STAGE JOB "'result': 'skipped'}]}", true },
    { "{'records': [" JOB "'result': 'weird'}]}", false },
    { "{'records': [" JOB "'result': null}]}", false },
    { "{'records': [{'id': '1', 'type': 'Job', 'name': 'a', "
      "'state': 'inProgress'}]}",
      false },
    { "{'records': [{'id': '../1', 'type': 'Job', 'name': 'a', "
      "'state': 'completed', 'result': 'succeeded'}]}",
      false },
    /* conda-smithy's way to skip a build. */
    { "{'records': [" JOB "'result': 'succeeded'}, {'id': '7', "
      "'type': 'Stage', 'name': 'Build', 'state': 'completed', "
      "'result': 'skipped'}]}",
      false },
    { "{'records': [" JOB "'result': 'succeeded'}, {'id': '7', "
      "'type': 'Phase', 'name': 'win', 'state': 'completed', "
      "'result': 'canceled'}]}",
      false },
    /* Two that cannot be told apart. */
    { "{'records': [" JOB "'result': 'succeeded'}, " JOB
      "'result': 'failed'}]}",
      false },
};

START_TEST(whole_timelines)
{
    struct azure_timeline t;

    read_both(&t, wholes[_i].json, NULL);
    ck_assert_int_eq(t.complete, wholes[_i].complete);
    azure_timeline_release(&t);
}
END_TEST

START_TEST(rings)
{
    struct azure_timeline t;

    read_both(&t,
              "{'records': [{'id': '1', 'parentId': '2', "
              "'type': 'Job', 'name': 'a', 'state': 'completed', "
              "'result': 'failed'}, {'id': '2', 'parentId': '1', "
              "'type': 'Task'}]}",
              NULL);
    ck_assert_uint_eq(t.nr, 1);
    ck_assert_str_eq(t.jobs[0].job, "a");
    azure_timeline_release(&t);
}
END_TEST

/* ---- cursor -------------------------------------------------------------- */

START_TEST(cursor_keeps_what_it_must)
{
    struct azure_cursor c;
    char *text;

    azure_cursor_read(&c, NULL, "u/o/p");
    c.time = 1000;
    azure_marks_put(&c.seen, (struct azure_mark){ 5, 990, 0 });
    azure_marks_put(&c.seen, (struct azure_mark){ 3, 100, 0 });
    azure_marks_put(&c.watch, (struct azure_mark){ 9, 0, 2 });
    azure_marks_put(&c.watch, (struct azure_mark){ 8, 700, 0 });
    azure_marks_put(&c.watch, (struct azure_mark){ 8, 800, 0 });
    azure_marks_put(&c.watch, (struct azure_mark){ 7, 800, 0 });
    azure_marks_drop(&c.watch, 7);
    azure_marks_drop(&c.watch, 77);
    text = azure_cursor_text(&c, 900);
    ck_assert_str_eq(text, "{\"of\":\"u/o/p\",\"seen\":[[5,990]],"
                           "\"time\":1000,\"v\":1,"
                           "\"watch\":[[8,800,0],[9,0,2]]}");
    azure_cursor_release(&c);
    azure_cursor_read(&c, text, "u/o/p");
    ck_assert_int_eq(c.time, 1000);
    ck_assert(azure_cursor_has(&c, 5, 990));
    ck_assert(!azure_cursor_has(&c, 5, 991));
    ck_assert(azure_cursor_has(&c, 8, 800));
    ck_assert_int_eq(azure_marks_find(&c.watch, 9)->tries, 2);
    azure_cursor_release(&c);
    azure_cursor_read(&c, text, "u/o/other");
    ck_assert_int_eq(c.time, 0);
    ck_assert_uint_eq(c.seen.nr + c.watch.nr, 0);
    azure_cursor_release(&c);
    free(text);
}
END_TEST

static const char *const damaged[] = {
    "",
    "{",
    "[]",
    "{\"v\":2,\"of\":\"x\",\"time\":5}",
    "{\"v\":1,\"of\":\"x\",\"time\":-5}",
    ("{\"v\":1,\"of\":\"x\",\"seen\":[[-1,2],[0],5,null,[\"a\"]],"
     "\"watch\":{}}"),
};

START_TEST(damaged_cursors)
{
    struct azure_cursor c;

    azure_cursor_read(&c, damaged[_i], "x");
    ck_assert_int_eq(c.time, 0);
    ck_assert_uint_eq(c.seen.nr + c.watch.nr, 0);
    azure_cursor_release(&c);
}
END_TEST

int main(void)
{
    const struct suite_case cases[] = {
        { outcomes, 1 },
        { what_the_server_says, 1 },
        { names_of_jobs, ARRAY_SIZE(names) },
        { long_names_are_cut_between_characters, 1 },
        { branches, 1 },
        { one_build, ARRAY_SIZE(builds) },
        { jobs_and_their_tasks, 1 },
        { attempts, 1 },
        { whole_timelines, ARRAY_SIZE(wholes) },
        { rings, 1 },
        { cursor_keeps_what_it_must, 1 },
        { damaged_cursors, ARRAY_SIZE(damaged) },
    };

    return suite_cases("azure", cases, ARRAY_SIZE(cases));
}
