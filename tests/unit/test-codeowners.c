/* SPDX-License-Identifier: BSD-3-Clause */
/* CODEOWNERS as GitHub reads it, and the globs of the configuration. */
#include <config.h>

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/io.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/route/owners.h"
#include "suite.h"

START_TEST(globs_of_the_configuration)
{
    static const struct {
        const char *p, *t;
        bool yes;
    } c[] = {
        { "conda-forge/*-feedstock", "conda-forge/r-foo-feedstock", true },
        { "conda-forge/*-feedstock", "conda-forge/r/foo-feedstock", false },
        { "conda-forge/*-feedstock", "conda-forge/bot", false },
        { "*", "main", true },
        { "*", "a/b", false },
        { "**", "a/b/c", true },
        { "**", "", true },
        { "*", "", true },
        { "?", "", false },
        { "a?c", "abc", true },
        { "a?c", "a/c", false },
        { "**/c", "c", true },
        { "**/c", "a/b/c", true },
        { "**/c", "a/bc", false },
        { "a/**/c", "a/c", true },
        { "a/**/c", "a/b/b/c", true },
        { "a/**/c", "ac", false },
        { "x**/y", "xy", false },
        { "x**/y", "xa/b/y", true },
        { "v[0-9].*", "v1.x", true },
        { "v[0-9].*", "vx.x", false },
        { "[!a]b", "cb", true },
        { "[!a]b", "ab", false },
        { "[]]", "]", true },
        { "[a", "[a", true },
        { "a[/]b", "a/b", false },
        { "{main,dev}", "dev", true },
        { "{main,dev}", "prod", false },
        { "r{1,2{a,b}}x", "r2bx", true },
        { "r{1,2{a,b}}x", "r2x", false },
        { "{,x}y", "y", true },
        { "a{b", "a{b", true },
        { "\\*", "*", true },
        { "\\*", "a", false },
        { "dependency/*", "dependency/unsatisfiable", true },
        { "*a*b*c", "xaybzbc", true },
        { "**a*b", "x/a/axb", true },
    };

    for (size_t i = 0; i < ARRAY_SIZE(c); i++)
        ck_assert_msg(glob_match(c[i].p, c[i].t) == c[i].yes, "%s against %s",
                      c[i].p, c[i].t);
}
END_TEST

START_TEST(globs_stay_quick)
{
    CLEANUP_FREE char *text = xmalloc(20001);
    char pattern[200] = "";

    memset(text, 'a', 20000);
    text[20000] = '\0';
    for (int i = 0; i < 24; i++)
        strcat(pattern, i % 2 ? "**/a*" : "*a*");
    strcat(pattern, "b");
    ck_assert(!glob_match(pattern, text));
    ck_assert(!glob_match("{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}"
                          "{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}",
                          text));
}
END_TEST

/* Own verdicts, in the shape of those of the corpus. */
START_TEST(patterns_as_on_github)
{
    static const struct {
        const char *p, *t;
        int yes;
    } c[] = {
        { "*", "recipe/meta.yaml", 1 },
        { "*.py", "a/b/c.py", 1 },
        { "*.py", "a/b/c.pyx", 0 },
        { "/recipe/", "recipe/meta.yaml", 1 },
        { "/recipe/", "x/recipe/meta.yaml", 0 },
        { "recipe/", "x/recipe/meta.yaml", 1 },
        { "recipe/", "recipe", 0 },
        { "docs/*", "docs/a.md", 1 },
        { "docs/*", "docs/a/b.md", 0 },
        { "**/logs", "deep/er/logs/x", 1 },
        { "/a/**/z", "a/z", 1 },
        { "/a/**/z", "a/b/c/z/below", 1 },
        { "a/**", "a", 0 },
        { "a\\*b", "a*b", 1 },
        { "a\\*b", "axb", 0 },
        { "a\\ b", "a b", 1 },
        { "[ab]", "a", 0 },
        { "[ab]", "[ab]", 1 },
        { "/", "a", 0 },
        { "!a", "a", -1 },
        { "a***b", "a", -1 },
        { "", "a", -1 },
        { "#a", "#a", -1 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(c); i++)
        ck_assert_msg(codeowners_pattern(c[i].p, c[i].t) == c[i].yes,
                      "%s against %s", c[i].p, c[i].t);
}
END_TEST

static void expect(const char *text, const char *path, const char *owners,
                   int line)
{
    int at = -1;
    CLEANUP_JSON json_t *v = codeowners_match(text, path, &at);
    CLEANUP_FREE char *s = v ? jx_dump(v) : xstrdup("none");

    ck_assert_str_eq(s, owners);
    if (v)
        ck_assert_int_eq(at, line);
}

START_TEST(files_are_read_as_on_github)
{
    static const char file[] = "\xef\xbb\xbf# everybody\r\n"
                               "* @a @org/team\r\n"
                               "\r\n"
                               "/docs/ docs@example.org # not @b\r\n"
                               "*.lock\r\n"
                               "/my\\ file @c\n"
                               "!/x @never\n"
                               "/broken not-an-owner\n"
                               "/broken2 @a @\n"
                               "[Section] @d\n"
                               "/last @e";

    expect(file, "recipe/meta.yaml", "[\"@a\",\"@org/team\"]", 2);
    expect(file, "docs/a", "[\"docs@example.org\"]", 4);
    expect(file, "poetry.lock", "[]", 5);
    expect(file, "my file", "[\"@c\"]", 6);
    expect(file, "x", "[\"@a\",\"@org/team\"]", 2);
    expect(file, "broken", "[\"@a\",\"@org/team\"]", 2);
    expect(file, "broken2", "[\"@a\",\"@org/team\"]", 2);
    expect(file, "last", "[\"@e\"]", 11);
    expect(file, NULL, "[\"@a\",\"@org/team\"]", 2);
    expect("/docs/ @a\n", "src/x", "none", 0);
    expect("/docs/ @a\n", NULL, "none", 0);
    expect("", "a", "none", 0);
    expect("* @a\n* @b\n/x @c\n", NULL, "[\"@b\"]", 2);
    expect("* @a\n/* @root\n*/ @below\n**/* @all\n", NULL, "[\"@all\"]", 4);
    expect("* @a\n*\n", NULL, "[]", 2);
}
END_TEST

START_TEST(the_corpus_agrees)
{
    const char *dir = getenv("TOCSIN_CORPUS");
    CLEANUP_FREE char *path = xasprintf("%s/routing/codeowners-hmarr/"
                                        "testdata/patterns.json",
                                        dir);
    size_t len, i, verdicts = 0;
    CLEANUP_FREE char *text = io_read_file(path, 1 << 20, &len, NULL);
    CLEANUP_JSON json_t *all = jx_parse(text, len, NULL);
    json_t *one, *yes;
    const char *file;

    ck_assert_ptr_nonnull(all);
    json_array_foreach(all, i, one) {
        const char *pattern = jx_str(one, "pattern");

        json_object_foreach(jx_obj(one, "paths"), file, yes) {
            ck_assert_msg(codeowners_pattern(pattern, file)
                              == (int)json_is_true(yes),
                          "%s against %s", pattern, file);
            verdicts++;
        }
    }
    ck_assert_uint_eq(verdicts, 153);
}
END_TEST

/* Every rule line of a real file must be understood, one way or another: a
 * file in which no path has an owner was not. */
START_TEST(real_files_are_read)
{
    CLEANUP_FREE char *dir =
        xasprintf("%s/routing/real-codeowners", getenv("TOCSIN_CORPUS"));
    DIR *d = opendir(dir);
    struct dirent *e;
    int files = 0, everything = 0;

    ck_assert_ptr_nonnull(d);
    while ((e = readdir(d))) {
        CLEANUP_FREE char *path = io_join(dir, e->d_name);
        CLEANUP_FREE char *text = NULL;
        size_t len;
        int rules = 0, owned = 0;

        if (!str_ends(e->d_name, "CODEOWNERS"))
            continue;
        text = io_read_file(path, 1 << 20, &len, NULL);
        ck_assert_ptr_nonnull(text);
        files++;
        for (char *p = text; *p; p++) {
            /* ask about each pattern as if it were a path */
            size_t n = strcspn(p, " \t\r\n");
            CLEANUP_FREE char *word = xstrndup(p, n);
            const char *q = *word == '/' ? word + 1 : word;
            CLEANUP_JSON json_t *v = NULL;

            if (*word && *word != '#') {
                v = codeowners_match(text, *q ? q : "x", NULL);
                rules++;
                owned += v != NULL;
            }
            p += strcspn(p, "\n");
            if (!*p)
                break;
        }
        CLEANUP_JSON json_t *all = codeowners_match(text, NULL, NULL);
        everything += all != NULL;
        ck_assert_msg(owned > 0 || !rules, "%s has no owner", e->d_name);
    }
    closedir(d);
    ck_assert_int_gt(files, 20);
    ck_assert_int_gt(everything, 5);
}
END_TEST

int main(int argc, char **argv)
{
    const TTest *ours[] = {
        globs_of_the_configuration,
        globs_stay_quick,
        patterns_as_on_github,
        files_are_read_as_on_github,
    };
    const TTest *real[] = { the_corpus_agrees, real_files_are_read };
    CLEANUP_FREE char *corpus =
        xasprintf("%s/routing", str_or(getenv("TOCSIN_CORPUS"), "/none"));

    /* two programs of one source: the one without the corpus always runs */
    if (argc == 0 || !str_ends(argv[0], "-corpus"))
        return suite_run("codeowners", ours, ARRAY_SIZE(ours), NULL, NULL);
    if (access(corpus, R_OK) < 0) {
        puts("no corpus: set TOCSIN_CORPUS");
        return 77;
    }
    return suite_run("codeowners", real, ARRAY_SIZE(real), NULL, NULL);
}
