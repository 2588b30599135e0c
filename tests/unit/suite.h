/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * suite: a test program is a table of tests.
 *
 *     int main(void)
 *     {
 *         const TTest *tests[] = { it_opens, it_closes };
 *
 *         return suite_run("door", tests, ARRAY_SIZE(tests), NULL, NULL);
 *     }
 *
 * Where a test walks over a table, suite_cases() runs it once an entry.
 */
#ifndef TOCSIN_TEST_SUITE_H
#define TOCSIN_TEST_SUITE_H

#include <check.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "core/base/err.h"

#define SUITE_SECONDS 60 /* for one test, on a busy machine */

/* A call that takes err, which is this macro's own, and must succeed. */
#define OK(call)                                                               \
    do {                                                                       \
        struct err ok_err = ERR_INIT;                                          \
        struct err *err = &ok_err;                                             \
        if ((call) < 0)                                                        \
            ck_abort_msg("%s: %s", #call, err_msg(err));                       \
        err_release(err);                                                      \
    } while (0)

/* What this process has computed; another one's load does not count. */
static inline int64_t suite_cpu_ms(void)
{
    return (int64_t)clock() * 1000 / CLOCKS_PER_SEC;
}

/* A test, and how often it runs, each time with another _i. */
struct suite_case {
    const TTest *test;
    size_t times;
};

static inline int suite_result(Suite *s)
{
    SRunner *sr = srunner_create(s);
    int failed;

    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? 1 : 0;
}

/* The exit status. */
static inline int suite_cases(const char *name, const struct suite_case *cases,
                              size_t nr)
{
    Suite *s = suite_create(name);
    TCase *tc = tcase_create(name);

    tcase_set_timeout(tc, SUITE_SECONDS);
    for (size_t i = 0; i < nr; i++)
        tcase_add_loop_test(tc, cases[i].test, 0, (int)cases[i].times);
    suite_add_tcase(s, tc);
    return suite_result(s);
}

/* The exit status. before and after: around each test, or NULL. */
static inline int suite_run(const char *name, const TTest *const *tests,
                            size_t nr, void (*before)(void),
                            void (*after)(void))
{
    Suite *s = suite_create(name);
    TCase *tc = tcase_create(name);

    if (before || after)
        tcase_add_checked_fixture(tc, before, after);
    tcase_set_timeout(tc, SUITE_SECONDS);
    for (size_t i = 0; i < nr; i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(s, tc);
    return suite_result(s);
}

#endif
