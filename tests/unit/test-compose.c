/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whole messages: each folder of tests/data/messages is a case, its message
 * is compared with the file `expect` beside it. TOCSIN_WRITE_EXPECT=1 writes
 * these files instead: read the difference before it is committed.
 */
#include <config.h>

#include <dirent.h>
#include <stdio.h>

#include "core/base/io.h"
#include "core/deliver/safety.h"
#include "core/deliver/subject.h"
#include "tests/unit/messages.h"

static char *data_dir(void)
{
    const char *src = getenv("TOCSIN_SRC");

    return xasprintf("%s/tests/data/messages", src ? src : ".");
}

static json_t *case_json(const char *name)
{
    CLEANUP_FREE char *dir = data_dir();
    CLEANUP_FREE char *path = xasprintf("%s/%s/case.json", dir, name);
    struct err err = ERR_INIT;
    size_t n;
    CLEANUP_FREE char *text = io_read_file(path, 1 << 20, &n, &err);
    json_t *v = text ? jx_parse(text, n, &err) : NULL;

    ck_assert_msg(v != NULL, "%s: %s", path, err_msg(&err));
    return v;
}

static void try_case(const char *name)
{
    CLEANUP_FREE char *dir = data_dir();
    CLEANUP_FREE char *path = xasprintf("%s/%s/expect", dir, name);
    CLEANUP_FREE char *got = NULL, *want = NULL;
    struct made_case c;
    struct message m;
    size_t n;

    case_load(&c, case_json(name));
    case_compose(&c, &m);
    got = xasprintf("%s\n\n%s", m.title, m.body);
    ck_assert_msg(!m.degraded, "%s: %s", name, m.degraded_why);
    if (getenv("TOCSIN_WRITE_EXPECT"))
        OK(io_write_file(path, got, strlen(got), 0644, err));
    want = io_read_file(path, 1 << 20, &n, NULL);
    ck_assert_msg(want != NULL, "%s is missing", path);
    /* libcheck cannot carry as much. */
    if (strcmp(got, want))
        fprintf(stderr, "%s: got\n%s\nwant\n%s", name, got, want);
    ck_assert_msg(!strcmp(got, want), "%s differs", name);
    message_release(&m);
    case_release(&c);
}

START_TEST(messages_read_as_expected)
{
    CLEANUP_FREE char *dir = data_dir();
    struct dirent **names;
    int n = scandir(dir, &names, NULL, alphasort), cases = 0;

    for (int i = 0; i < n; i++) {
        if (names[i]->d_name[0] != '.') {
            try_case(names[i]->d_name);
            cases++;
        }
        free(names[i]);
    }
    ck_assert_int_ge(cases, 8);
    free(names);
}
END_TEST

/* Whatever the limits are, they hold. */
START_TEST(limits_hold)
{
    static const size_t max[] = { 4000, 1200, 700, 400, 120, 80 };

    for (size_t i = 0; i < ARRAY_SIZE(max); i++) {
        struct made_case c;
        struct message m;

        case_load(&c, case_json("three-causes"));
        c.format.body_max = max[i];
        c.format.title_max = 40;
        case_compose(&c, &m);
        ck_assert_uint_le(safety_length(m.body), max[i]);
        ck_assert_uint_le(safety_length(m.title), 40);
        ck_assert_ptr_nonnull(strstr(m.body, m.marker));
        message_release(&m);
        case_release(&c);
    }
}
END_TEST

START_TEST(a_forbidden_text_is_left_out_and_told)
{
    char *forbidden[] = { (char *)"r-sigora" };
    struct made_case c;
    struct message m;

    case_load(&c, case_json("one-cause"));
    c.settings.forbidden = forbidden;
    c.settings.nr_forbidden = 1;
    case_compose(&c, &m);
    ck_assert(m.degraded);
    ck_assert_ptr_nonnull(strstr(m.degraded_why, "r-sigora"));
    ck_assert_ptr_null(strstr(m.title, "r-sigora"));
    ck_assert_ptr_null(strstr(m.body, "r-sigora"));
    ck_assert_ptr_nonnull(strstr(m.body, "conda/requirement-missing"));
    ck_assert_ptr_nonnull(strstr(m.body, "@conda-forge/r-demo"));
    message_release(&m);
    case_release(&c);
}
END_TEST

START_TEST(a_title_is_written_once)
{
    struct made_case c;
    struct message m;

    case_load(&c, case_json("one-cause"));
    str_replace(&c.ticket.title, "what it was called @first");
    case_compose(&c, &m);
    ck_assert_str_eq(m.title, "what it was called @\xe2\x80\x8b"
                              "first");
    message_release(&m);
    case_release(&c);
}
END_TEST

static void change(const char *key, json_t *value, bool same, bool counts)
{
    struct made_case a, b;
    struct message m, n;
    json_t *other = case_json("one-cause");

    json_object_set_new(json_array_get(jx_arr(other, "incidents"), 0), key,
                        value);
    case_load(&a, case_json("one-cause"));
    case_load(&b, other);
    case_compose(&a, &m);
    case_compose(&b, &n);
    ck_assert_msg(!strcmp(m.digest, n.digest) == same, "%s", key);
    ck_assert_msg(!strcmp(m.counts_digest, n.counts_digest) == counts, "%s",
                  key);
    message_release(&m);
    message_release(&n);
    case_release(&a);
    case_release(&b);
}

START_TEST(digests_tell_changes_from_counts)
{
    change("pushes", json_integer(9), true, false);
    change("last_seen", json_string("2026-08-20"), true, true);
    change("rule", json_string("conda/other"), false, true);
    change("fingerprint", json_string("1:0000000000000000000000000000000f"),
           false, true);
    change("jobs", json_pack("[{s:s}]", "name", "osx_64_"), false, true);
}
END_TEST

START_TEST(excerpts_keep_the_cause)
{
    static const struct {
        size_t cause, lines, chars;
        const char *out;
    } t[] = {
        { 2, 5, 100, "a\nb\nc\nd\ne\n" },
        { 2, 3, 100,
          "    [\xe2\x80\xa6 1 line cut \xe2\x80\xa6]\nb\nc\nd\n"
          "    [\xe2\x80\xa6 1 line cut \xe2\x80\xa6]\n" },
        { 4, 2, 100, "    [\xe2\x80\xa6 3 lines cut \xe2\x80\xa6]\nd\ne\n" },
        { 0, 2, 100, "a\nb\n    [\xe2\x80\xa6 3 lines cut \xe2\x80\xa6]\n" },
        { 99, 1, 1, "    [\xe2\x80\xa6 4 lines cut \xe2\x80\xa6]\ne\n" },
        { 0, 0, 100, "" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
        char *s =
            excerpt_cut("a\nb\nc\nd\ne\n", t[i].cause, t[i].lines, t[i].chars);

        ck_assert_str_eq(s, t[i].out);
        free(s);
    }
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        messages_read_as_expected,
        limits_hold,
        a_forbidden_text_is_left_out_and_told,
        a_title_is_written_once,
        digests_tell_changes_from_counts,
        excerpts_keep_the_cause,
    };
    CLEANUP_FREE char *data =
        xasprintf("%s/conf", getenv("TOCSIN_SRC") ? getenv("TOCSIN_SRC") : ".");

    setenv("TOCSIN_DATA_DIR", data, 0);

    return suite_run("compose", tests, ARRAY_SIZE(tests), NULL, NULL);
}
