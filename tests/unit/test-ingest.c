/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames of a source: what is believed, and what is refused.
 */
#include <config.h>

#include "ingest-world.h"

static json_t *good_run(void)
{
    return json_pack(
        "{s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:b,"
        " s:i}",
        "id", "7", "attempt", 1, "project", "conda-forge/foo-feedstock",
        "branch", "main", "workflow", "ci", "job", "linux", "variant", "py3",
        "commit", "abc123", "url", "https://ci/7", "outcome", "failure",
        "created", (json_int_t)T0, "finished", (json_int_t)T0 + 60,
        "push_complete", 1, "default_branch", 1);
}

static int keep_run(void *user, const struct run *r)
{
    struct run *out = user;

    run_release(out);
    *out = *r;
    out->run_id = xstrdup(r->run_id);
    out->url = xstrdup0(r->url);
    out->source = out->project = out->project_id = out->branch = NULL;
    out->workflow = out->job = out->variant = out->commit = NULL;
    out->trigger = NULL;
    out->nr_failures = r->nr_failures;
    out->failures = xcalloc(r->nr_failures + 1, sizeof(*out->failures));
    for (size_t i = 0; i < r->nr_failures; i++)
        out->failures[i] = (struct failure){
            .fingerprint = xstrdup(r->failures[i].fingerprint),
            .rule = xstrdup0(r->failures[i].rule),
            .category = xstrdup(r->failures[i].category),
            .blame = xstrdup(r->failures[i].blame),
            .primary = r->failures[i].primary,
            .detail = json_incref(r->failures[i].detail),
        };
    return 0;
}

static struct run only_run(struct store *st)
{
    struct run r = { 0 };

    OK(store_run_each(st, "conda-forge/foo-feedstock", "main", 0, keep_run, &r,
                      err));
    return r;
}

/* ---- runs ---- */

START_TEST(a_red_run_is_stored_with_its_failures)
{
    struct store *st = fresh();
    json_t *r = good_run(), *again, *v;

    json_object_set_new(r, "result", red_result());
    again = json_deep_copy(r);
    struct ingest_counts c = feed(st, T0 + 99,
                                  json_pack("{s:s, s:[o], s:s}", "t", "batch",
                                            "runs", r, "cursor", "c7"));
    ck_assert_int_eq(c.runs, 1);
    ck_assert_int_eq(c.red, 1);
    struct run got = only_run(st);
    ck_assert_int_eq(got.nr_failures, 2);
    ck_assert(got.failures[0].primary && !got.failures[1].primary);
    ck_assert_str_eq(got.failures[0].rule, "conda/x");
    ck_assert_str_eq(got.failures[0].category, "dependency/unsatisfiable");
    ck_assert_str_eq(jx_str(got.failures[0].detail, "message"),
                     "nothing provides r-sigora");
    ck_assert_str_eq(jx_str(jx_obj(got.failures[0].detail, "log"), "format"),
                     "plain");
    run_release(&got);
    char *cursor;
    ck_assert_int_eq(store_cursor_get(st, "src", &cursor, NULL), 1);
    ck_assert_str_eq(cursor, "c7");
    free(cursor);
    ck_assert_int_eq(store_fact_get(st, "conda-forge/foo-feedstock",
                                    "default_branch", &v, NULL),
                     1);
    ck_assert_str_eq(json_string_value(v), "main");
    json_decref(v);

    c = feed(st, T0 + 999, batch("runs", json_pack("[o]", again)));
    ck_assert_int_eq(c.runs, 0);
    ck_assert_int_eq(c.known, 1);
    store_close(st);
}
END_TEST

START_TEST(red_without_a_log_still_stands)
{
    struct store *st = fresh();
    json_t *other = good_run();

    feed(st, T0, batch("runs", json_pack("[o]", good_run())));
    struct run a = only_run(st);
    ck_assert_int_eq(a.nr_failures, 1);
    ck_assert_str_eq(a.failures[0].category, "unknown/no-log");
    jx_set_str(other, "project", "conda-forge/bar-feedstock");
    feed(st, T0, batch("runs", json_pack("[o]", other)));
    struct run b = { 0 };
    OK(store_run_each(st, "conda-forge/bar-feedstock", "main", 0, keep_run, &b,
                      err));
    /* Or thousands without a log would look like one outbreak. */
    ck_assert_str_ne(a.failures[0].fingerprint, b.failures[0].fingerprint);
    run_release(&a);
    run_release(&b);
    store_close(st);
}
END_TEST

START_TEST(a_run_without_times_is_dated_once)
{
    struct store *st = fresh();

    for (int pass = 0; pass < 3; pass++) {
        json_t *r = good_run();
        jx_set_int(r, "created", 0);
        jx_set_int(r, "finished", 0);
        if (pass == 2)
            jx_set_str(r, "outcome", "success");
        struct ingest_counts c =
            feed(st, T0 + pass * 1000, batch("runs", json_pack("[o]", r)));
        ck_assert_int_eq(c.runs, pass != 1);
        struct run got = only_run(st);
        ck_assert_int_eq(got.finished, T0);
        run_release(&got);
    }
    store_close(st);
}
END_TEST

static const struct bad {
    const char *key, *json, *word; /* word NULL: stored all the same */
} bads[] = {
    { "id", "\"\"", "no id" },
    { "id", "5", "no text" },
    { "id", "\"a\\u0007b\"", "control" },
    { "project", "null", "no project" },
    { "project", "\"foo\"", "owner/name" },
    { "project", "\"o/../p\"", "owner/name" },
    { "project", "\"-o/p\"", "owner/name" },
    { "project", "\"o/p\\n@everyone\"", "control" },
    { "project", "\"o/p q\"", "no forge allows" },
    { "project", "\"o/`rm`\"", "no forge allows" },
    { "branch", "null", "no branch" },
    { "branch", "\"a b\"", "Git does not allow" },
    { "branch", "\"a..b\"", "Git does not allow" },
    { "branch", "\"--help\"", "Git does not allow" },
    { "branch", "\"m\\u009b1m\"", "control" },
    { "branch", "\"b\\u0000c\"", "no text" },
    { "job", "\"x\\u001b[2J\"", "control" },
    { "outcome", "\"partiallySucceeded\"", "outcome" },
    { "outcome", "null", "outcome" },
    { "attempt", "0", "attempt" },
    { "attempt", "-3", "attempt" },
    { "attempt", "99999999999", "attempt" },
    { "created", "-1", "time" },
    { "finished", "999999999999999", "time" },
    { "url", "\"javascript:alert(1)\"", NULL },
    { "url", "\"https://x/ y\"", NULL },
    { "result", "{\"failures\": [{\"fingerprint\": \"../etc\"}]}", NULL },
    { "result", "{\"failures\": 7}", NULL },
    { "result", "\"no\"", NULL },
};

START_TEST(what_cannot_be_is_refused_and_said)
{
    const struct bad *b = &bads[_i];
    struct store *st = fresh();
    json_t *r = good_run(), *good = good_run(), *v;

    v = json_loads(b->json, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    ck_assert_ptr_nonnull(v);
    json_object_set_new(r, b->key, v);
    jx_set_str(good, "id", "8");
    struct ingest_counts c =
        feed(st, T0, batch("runs", json_pack("[o,o]", r, good)));
    ck_assert_int_eq(c.refused, b->word != NULL);
    ck_assert_int_eq(c.runs, b->word ? 1 : 2);
    if (b->word)
        noticed(st, b->word);
    struct run got = only_run(st);
    ck_assert(got.url == NULL || !strcmp(got.url, "https://ci/7"));
    run_release(&got);
    store_close(st);
}
END_TEST

START_TEST(pull_requests_are_not_kept)
{
    struct store *st = fresh();
    static const char *const triggers[] = { "pull_request",
                                            "pull_request_target",
                                            "pullRequest" };

    for (size_t i = 0; i < ARRAY_SIZE(triggers); i++) {
        json_t *r = good_run();
        jx_set_str(r, "trigger", triggers[i]);
        struct ingest_counts c =
            feed(st, T0, batch("runs", json_pack("[o]", r)));
        ck_assert_int_eq(c.runs, 0);
        ck_assert_int_eq(c.ignored, 1);
    }
    store_close(st);
}
END_TEST

START_TEST(a_worker_that_says_too_much_is_cut)
{
    struct store *st = fresh();
    json_t *r = good_run(), *result = red_result();
    json_t *f = json_array_get(jx_arr(result, "failures"), 0);
    CLEANUP_FREE char *big = xmalloc(1 << 20);

    memset(big, 'x', 1 << 20);
    big[(1 << 20) - 1] = '\0';
    jx_set_str(f, "message", big);
    json_object_set_new(f, "excerpt", json_pack("{s:s}", "text", big));
    json_object_set_new(f, "category", json_string("nonsense"));
    json_object_set_new(f, "blame", json_string("me"));
    for (int i = 0; i < 50; i++)
        json_array_append_new(jx_arr(result, "failures"), json_deep_copy(f));
    json_object_set_new(r, "result", result);
    feed(st, T0, batch("runs", json_pack("[o]", r)));
    struct run got = only_run(st);
    ck_assert_int_eq(got.nr_failures, 10);
    const struct failure *p = &got.failures[0];
    ck_assert_uint_lt(strlen(jx_str(p->detail, "message")), 5000);
    ck_assert_uint_lt(strlen(jx_str(jx_obj(p->detail, "excerpt"), "text")),
                      20000);
    ck_assert_str_eq(p->category, "unknown/unclassified");
    ck_assert_str_eq(p->blame, "unknown");
    run_release(&got);
    store_close(st);
}
END_TEST

/* ---- facts, notices ---- */

START_TEST(facts_are_checked_and_kept)
{
    struct store *st = fresh();
    json_t *v;
    struct ingest_counts c = feed(
        st, T0,
        json_loads(
            "{\"t\": \"batch\", \"facts\": ["
            " {\"subject\": \"o/p\", \"key\": \"owners\", \"value\": [\"a\"]},"
            " {\"subject\": \"o/p\", \"key\": \"renamed_to\","
            "  \"value\": \"not a name\"},"
            " {\"subject\": \"o/p\", \"key\": \"default_branch\","
            "  \"value\": \"--x\"},"
            " {\"subject\": \"nobody\", \"key\": \"owners\", \"value\": []},"
            " {\"subject\": \"login:ann\", \"key\": \"id\", \"value\": \"5\"},"
            " {\"subject\": \"o/p\", \"key\": \"no key!\", \"value\": 1},"
            " {\"subject\": \"o/p\"}],"
            " \"notices\": [{\"code\": \"schema-drift\", \"text\": \"x\"},"
            "  {\"text\": \"y\"}]}",
            0, NULL));
    ck_assert_int_eq(c.facts, 2);
    ck_assert_int_eq(c.refused, 6);
    ck_assert_int_eq(store_fact_get(st, "o/p", "owners", &v, NULL), 1);
    json_decref(v);
    ck_assert_int_eq(store_fact_get(st, "o/p", "renamed_to", &v, NULL), 0);
    noticed(st, "schema-drift: x");
    store_close(st);
}
END_TEST

/* ---- the store fails ---- */

START_TEST(a_failed_frame_leaves_nothing_behind)
{
    CLEANUP_FREE char *dir = xstrdup("/tmp/tocsin-ingest-XXXXXX");
    struct store *st = NULL;
    struct err why = ERR_INIT;

    ck_assert_ptr_nonnull(mkdtemp(dir));
    CLEANUP_FREE char *where = xasprintf("sqlite:%s/s.db", dir);
    OK(store_open(&st, where, 0, err));
    store_close(st);
    OK(store_open(&st, where, STORE_READ_ONLY, err));
    struct ingest *in = ingest_new(st, T0);
    json_t *f = batch("runs", json_pack("[o]", good_run()));
    ck_assert_int_eq(ingest_frame(in, "src", f, &why), -1);
    ck_assert_int_eq(ingest_counts(in)->runs, 0);
    json_decref(f);
    err_release(&why);
    ingest_free(in);
    store_close(st);
    CLEANUP_FREE char *rm = xasprintf("rm -r %s", dir);
    ck_assert_int_eq(system(rm), 0);
}
END_TEST

int main(void)
{
    const struct suite_case cases[] = {
        { a_red_run_is_stored_with_its_failures, 1 },
        { red_without_a_log_still_stands, 1 },
        { a_run_without_times_is_dated_once, 1 },
        { what_cannot_be_is_refused_and_said, ARRAY_SIZE(bads) },
        { pull_requests_are_not_kept, 1 },
        { a_worker_that_says_too_much_is_cut, 1 },
        { facts_are_checked_and_kept, 1 },
        { a_failed_frame_leaves_nothing_behind, 1 },
    };

    return suite_cases("ingest", cases, ARRAY_SIZE(cases));
}
