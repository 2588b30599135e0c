/* SPDX-License-Identifier: BSD-3-Clause */
/* What the last green log said. */
#include <config.h>

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/classify/baseline.h"
#include "tests/unit/suite.h"

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
    static const struct {
        const char *line;
        enum novelty n;
    } looks[] = {
        { "took 3 s in /var/q/b.c", NOVELTY_OLD },
        { "took 3 s in /var/q/c.c", NOVELTY_NEW },
        { "2 failed", NOVELTY_NEW },
        { "  0 failed", NOVELTY_OLD },
        { "", NOVELTY_UNKNOWN },
    };
    for (size_t i = 0; i < ARRAY_SIZE(looks); i++)
        ck_assert_int_eq(
            baseline_look(again, looks[i].line, strlen(looks[i].line)),
            looks[i].n);
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

int main(void)
{
    const struct suite_case cases[] = {
        { test_baseline, 1 },
        { test_baseline_bounded, 1 },
    };

    return suite_cases("baseline", cases, ARRAY_SIZE(cases));
}
