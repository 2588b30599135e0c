/* SPDX-License-Identifier: BSD-3-Clause */
/* The key of a failure. */
#include <config.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/classify/classify.h"
#include "core/classify/fingerprint.h"
#include "tests/unit/suite.h"

static char *mask(const char *s)
{
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    fingerprint_mask(&b, s, strlen(s));
    return b.buf;
}

static const struct {
    const char *a, *b;
    bool same;
} masks[] = {
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

static void compare(const char *a, const char *b, bool same)
{
    if (same)
        ck_assert_str_eq(a, b);
    else
        ck_assert_str_ne(a, b);
}

START_TEST(test_mask)
{
    char *a = mask(masks[_i].a), *b = mask(masks[_i].b);

    compare(a, b, masks[_i].same);
    free(a);
    free(b);
}
END_TEST

static char *template_of(const char *s)
{
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    template_mask(&b, s, strlen(s));
    return b.buf;
}

/* What no rule knows is found again by its line alone. */
static const struct {
    const char *a, *b;
    bool same;
} lines[] = {
    { "error: v2.0.0-rc.1 is bad", "error: v1.10 is bad", true },
    { "error: x 1.2.dev0+gabc1234 is bad", "error: x 3.4 is bad", true },
    { "error: 1.2.post3 is bad", "error: 1.2-beta is bad", true },
    { "error: off by -1.2e-05", "error: off by 3", true },
    { "error: [-1.5, 2e+10]", "error: [3, -4]", true },
    { "Sat Aug  1 12:00:01 2026: error: lamp",
      "Mon Nov 27 02:00:01 2025: error: lamp", true },
    { "[01-Aug-2026 12:00] error: lamp", "[27-Nov-2025 02:01] error: lamp",
      true },
    { "error: tmpx8k_1q3z is busy", "error: tmpab_defgh is busy", true },
    { "error: cannot write /tmp/tmpzz9_aabb",
      "error: cannot write /b/tmpab_defgh", true },
    { "error: file:///home/a/x/y.txt is lost",
      "error: file:///Users/b/y.txt is lost", true },
    { "took 12.5 s", "took 250 ms", true },
    { "x.c(1): error C2065: lid", "y/x.c(7): error C2065: lid", false },
    { "/a/x.c(1): error C2065: lid", "/b/x.c(7): error C2065: lid", true },
    { "/a/x.c(1): error C2065: lid", "/a/x.c(1): error C2066: lid", false },
    { "error[E0432]: lid", "error[E0433]: lid", false },
    { "error: tmpfile is gone", "error: tmpname is gone", false },
    { "error: it may fail", "error: it can fail", false },
    { "error: file:///a/x.txt is lost", "error: file:///a/y.txt is lost",
      false },
    { "error: a-1", "error: b-1", false },
    { "error: 3 predicates", "error: 3 postulates", false },
};

START_TEST(test_template)
{
    char *a = template_of(lines[_i].a), *b = template_of(lines[_i].b);

    compare(a, b, lines[_i].same);
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

int main(void)
{
    const struct suite_case cases[] = {
        { test_mask, ARRAY_SIZE(masks) },
        { test_template, ARRAY_SIZE(lines) },
        { test_fingerprint_kept, 1 },
    };

    return suite_cases("fingerprint", cases, ARRAY_SIZE(cases));
}
