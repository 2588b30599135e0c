/* SPDX-License-Identifier: BSD-3-Clause */
/* The excerpt of an incident comes back as it was put, however long. */
#include <config.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/store/store.h"
#include "suite.h"

static struct store *st;

static void round_trip(json_t *failure)
{
    struct err err = ERR_INIT;
    struct incident i = { .project = (char *)"o/p",
                          .branch = (char *)"main",
                          .fingerprint = (char *)"1:aa",
                          .failure = failure };
    json_t *as_put = json_deep_copy(failure);
    struct incident back;

    ck_assert_msg(store_incident_put(st, &i, false, &err) == 0, "%s",
                  err_msg(&err));
    ck_assert(!failure || json_equal(failure, as_put));
    ck_assert_int_eq(store_incident_get(st, "o/p", "main", "1:aa", &back, NULL),
                     1);
    ck_assert(failure ? json_equal(back.failure, failure) : !back.failure);
    incident_release(&back);
    free(i.public_id);
    json_decref(as_put);
    json_decref(failure);
}

static json_t *failure_of(const char *text, size_t n)
{
    return json_pack("{s:s, s:{s:i, s:i, s:o}}", "summary", "s", "excerpt",
                     "first", 3, "last", 9, "text", json_stringn(text, n));
}

START_TEST(whatever_it_holds)
{
    char long_text[3000];

    ck_assert_int_eq(store_open(&st, "sqlite::memory:", 0, NULL), 0);
    memset(long_text, 'x', sizeof(long_text));
    memcpy(long_text, "\xc3\xa9\n\t\x01\"\\", 7);
    round_trip(failure_of("short", 5));
    round_trip(failure_of(long_text, sizeof(long_text)));
    long_text[40] = '\0'; /* SQLite's text would end here */
    round_trip(failure_of(long_text, sizeof(long_text)));
    round_trip(failure_of("short again", 11));
    round_trip(json_object());
    round_trip(json_pack("{s:{}}", "excerpt"));
    round_trip(NULL);
    store_close(st);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        whatever_it_holds,
    };

    return suite_run("excerpt", tests, ARRAY_SIZE(tests), NULL, NULL);
}
