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
 */
#ifndef TOCSIN_TEST_SUITE_H
#define TOCSIN_TEST_SUITE_H

#include <check.h>
#include <stddef.h>

#define SUITE_SECONDS 60        /* for one test, on a busy machine */

/* The exit status. before and after: around each test, or NULL. */
static inline int suite_run(const char *name, const TTest *const *tests,
                            size_t nr, void (*before)(void),
                            void (*after)(void))
{
    Suite *s = suite_create(name);
    TCase *tc = tcase_create(name);
    SRunner *sr;
    int failed;

    if (before || after)
        tcase_add_checked_fixture(tc, before, after);
    tcase_set_timeout(tc, SUITE_SECONDS);
    for (size_t i = 0; i < nr; i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(s, tc);
    sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? 1 : 0;
}

#endif
