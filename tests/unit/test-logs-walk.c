/* SPDX-License-Identifier: BSD-3-Clause */
/* Path patterns, the cursor's arithmetic and a folder that is moved. */
#include <config.h>

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "plugins/logs/cursor.h"
#include "plugins/logs/names.h"
#include "plugins/logs/pattern.h"
#include "plugins/logs/walk.h"
#include "suite.h"

static char *match(const char *pattern, const char *path, enum logs_field f)
{
    char *v[NR_FIELDS];
    struct logs_pattern *p = logs_pattern_new(pattern, NULL);
    ck_assert_ptr_nonnull(p);
    char *found = NULL;
    if (logs_pattern_match(p, path, v)) {
        found = xstrdup(v[f] != NULL ? v[f] : "");
        for (int i = 0; i < NR_FIELDS; i++)
            free(v[i]);
    }
    logs_pattern_free(p);
    return found;
}

START_TEST(patterns_fit_whole_paths)
{
    static const struct {
        const char *pattern, *path, *job;
    } t[] = {
        { "{job}.log", "a.log", "a" },
        { "{job}.log", "a.b.log", "a.b" },
        { "{job}.log", "d/a.log", NULL },
        { "{job}.log", "a.log.gz", NULL },
        { "{job}.log", ".log", NULL },
        { "*/{job}.log*", "d/a.log.gz", "a" },
        { "**/{job}.log", "a/b/c/d.log", "d" },
        { "{job}-{attempt}.log", "a-b-12.log", "a-b" },
        { "{job}-{attempt}.log", "a-b-c.log", NULL },
        { "{commit}-{job}", "abcdef0-x", "x" },
        { "{commit}-{job}", "abc-x", NULL },
        { "{job}", "grö\xffße", "grö\xffße" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
        CLEANUP_FREE char *job = match(t[i].pattern, t[i].path, FIELD_JOB);
        ck_assert_msg(str_eq(job, t[i].job), "%s on %s: %s", t[i].pattern,
                      t[i].path, job ? job : "no");
    }
}
END_TEST

START_TEST(a_hostile_path_costs_little)
{
    char path[4001];
    memset(path, '-', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    char *job =
        match("{owner}-{project}-{run}-{variant}-{job}!", path, FIELD_JOB);
    ck_assert_ptr_null(job);
}
END_TEST

START_TEST(the_mark_never_passes_what_is_not_done)
{
    struct logs_cursor c;
    logs_cursor_load(&c, NULL, "x", 1000);
    ck_assert(!logs_cursor_seen(&c, 10, 1));
    logs_cursor_done(&c, 10, 1);
    logs_cursor_done(&c, 20, 2);
    CLEANUP_FREE char *middle = logs_cursor_text(&c, 20);
    logs_cursor_release(&c);

    logs_cursor_load(&c, middle, "x", 1000);
    ck_assert_int_eq(c.mark, 20);
    ck_assert(logs_cursor_seen(&c, 10, 1));
    ck_assert(logs_cursor_seen(&c, 20, 2));
    ck_assert_msg(!logs_cursor_seen(&c, 20, 3), "same stamp, another file");
    logs_cursor_release(&c);

    logs_cursor_load(&c, middle, "y", 1000);
    ck_assert_msg(!logs_cursor_seen(&c, 10, 1), "other options");
    logs_cursor_release(&c);

    logs_cursor_load(&c, middle, "x", 15);
    ck_assert_msg(!logs_cursor_seen(&c, 16, 9), "the clock went back");
    logs_cursor_release(&c);
}
END_TEST

START_TEST(the_young_are_listed)
{
    struct logs_cursor c;
    logs_cursor_load(&c, NULL, "x", 100);
    logs_cursor_done(&c, 99, 1);
    logs_cursor_done(&c, 100, 2);
    logs_cursor_done(&c, 5000, 3);
    CLEANUP_FREE char *text = logs_cursor_text(&c, INT64_MAX);
    logs_cursor_release(&c);
    logs_cursor_load(&c, text, "x", 6000);
    ck_assert_int_eq(c.mark, 100);
    ck_assert_uint_eq(c.nr_listed, 2);
    ck_assert(!logs_cursor_seen(&c, 100, 1));
    ck_assert(logs_cursor_seen(&c, 100, 2));
    /* What was listed and is old enough now falls to the mark. */
    ck_assert(logs_cursor_seen(&c, 5000, 3));
    CLEANUP_FREE char *later = logs_cursor_text(&c, INT64_MAX);
    logs_cursor_release(&c);
    logs_cursor_load(&c, later, "x", 6000);
    ck_assert_int_eq(c.mark, 6000);
    ck_assert_uint_eq(c.nr_listed, 0);
    logs_cursor_release(&c);
}
END_TEST

START_TEST(the_list_has_a_cap)
{
    struct logs_cursor c;
    logs_cursor_load(&c, NULL, "x", 0);
    for (uint64_t i = 0; i < LOGS_LISTED_MAX + 9; i++)
        logs_cursor_done(&c, 5, i);
    CLEANUP_FREE char *text = logs_cursor_text(&c, INT64_MAX);
    logs_cursor_release(&c);
    logs_cursor_load(&c, text, "x", 0);
    ck_assert_uint_eq(c.nr_listed, LOGS_LISTED_MAX);
    logs_cursor_release(&c);
}
END_TEST

static bool want_all(void *user, int64_t stamp, uint64_t digest)
{
    (void)user, (void)stamp, (void)digest;
    return true;
}

static void no_trouble(void *user, const char *code, const char *path,
                       const char *why)
{
    (void)user, (void)code;
    ck_abort_msg("%s: %s", path, why);
}

static int64_t ns_of(struct timespec t)
{
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

START_TEST(a_moved_folder_brings_new_files)
{
    char dir[] = "/tmp/tocsin-walk-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(dir));
    CLEANUP_FREE char *root = xasprintf("%s/root", dir);
    CLEANUP_FREE char *from = xasprintf("%s/from", dir);
    CLEANUP_FREE char *to = xasprintf("%s/root/to", dir);
    CLEANUP_FREE char *log = xasprintf("%s/from/x.log", dir);
    CLEANUP_FREE char *moved = xasprintf("%s/root/to/x.log", dir);
    ck_assert_int_eq(mkdir(root, 0700), 0);
    ck_assert_int_eq(mkdir(from, 0700), 0);
    close(open(log, O_CREAT | O_WRONLY, 0600));
    struct stat file, folder;
    ck_assert_int_eq(stat(log, &file), 0);
    /* Until the file system's clock has gone on. */
    do {
        ck_assert_int_eq(rename(from, to), 0);
        ck_assert_int_eq(stat(to, &folder), 0);
        ck_assert_int_eq(rename(to, from), 0);
    } while (ns_of(folder.st_ctim) <= ns_of(file.st_ctim));
    ck_assert_int_eq(rename(from, to), 0);
    ck_assert_int_eq(stat(to, &folder), 0);

    struct logs_walk w = { .wanted = want_all, .trouble = no_trouble };
    logs_walk_add(&w, root);
    logs_walk_sort(&w);
    ck_assert_uint_eq(w.nr, 1);
    ck_assert_str_eq(w.units[0].rel, "to/x.log");
    ck_assert_int_eq(w.units[0].stamp, ns_of(folder.st_ctim));
    logs_walk_release(&w);
    unlink(moved);
    rmdir(to);
    rmdir(root);
    rmdir(dir);
}
END_TEST

START_TEST(names_are_told)
{
    static const struct {
        const char *path, *stem;
    } t[] = {
        { "a/b/c.log.gz", "c" }, { "c.tar.xz", "c" }, { "c", "c" },
        { "v1.2.log", "v1.2" },  { ".log", ".log" },  { "g.json", "g" },
    };
    for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
        CLEANUP_FREE char *stem = logs_stem(t[i].path);
        ck_assert_str_eq(stem, t[i].stem);
    }
    static const struct {
        const char *raw, *tame;
    } p[] = {
        { "../../x", "x" },
        { "/a//b/./c/..", "a/b/c" },
        { "..", "" },
        { "a..b/...", "a..b/..." },
    };
    for (size_t i = 0; i < ARRAY_SIZE(p); i++) {
        CLEANUP_FREE char *tame = logs_tame(p[i].raw);
        ck_assert_str_eq(tame, p[i].tame);
    }
    ck_assert(logs_same_job("a  b", 4, "a / b", 5));
    ck_assert(!logs_same_job("ab", 2, "abc", 3));
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        patterns_fit_whole_paths,
        a_hostile_path_costs_little,
        the_mark_never_passes_what_is_not_done,
        the_young_are_listed,
        the_list_has_a_cap,
        a_moved_folder_brings_new_files,
        names_are_told,
    };

    return suite_run("logs-walk", tests, ARRAY_SIZE(tests), NULL, NULL);
}
