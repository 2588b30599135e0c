/* SPDX-License-Identifier: BSD-3-Clause */
/* Leads: from a batch to who is offered them, and what is told when nobody
 * takes them. */
#include <config.h>

#include "core/base/when.h"
#include "core/incident/ingest.h"
#include "core/incident/leads.h"
#include "tests/unit/store-world.h"
#include "tests/unit/suite.h"

#define T0 INT64_C(1700000000)
#define PLACE "https://ci.example/o/p"

static struct store *st;

static void begin(void)
{
    OK(store_open(&st, "sqlite::memory:", 0, err));
}

static void end(void)
{
    store_close(st);
}

static int64_t feed(int64_t now, const char *source, json_t *frame)
{
    struct ingest *in = ingest_new(st, now);
    int64_t refused;

    ck_assert_ptr_nonnull(frame);
    OK(ingest_frame(in, source, frame, err));
    refused = ingest_counts(in)->refused;
    ingest_free(in);
    json_decref(frame);
    return refused;
}

static int64_t say(int64_t now, const char *url, const char *place)
{
    return feed(now, "gha",
                json_pack("{s:s, s:[{s:s, s:s, s:s}]}", "t", "batch", "leads",
                          "url", url, "place", place, "project", "o/one"));
}

static void take(const char *url)
{
    feed(T0, "az",
         json_pack("{s:s, s:[{s:s}]}", "t", "batch", "taken", "url", url));
}

static size_t offered(void)
{
    json_t *urls = NULL;
    size_t n;

    OK(leads_offer(st, &urls, err));
    n = json_array_size(urls);
    json_decref(urls);
    return n;
}

static int count_notice(void *user, const struct notice *n)
{
    ck_assert_str_eq(n->instance, "gha");
    ck_assert_str_eq(n->code, "unread-checks");
    str_replace(user, n->text);
    return 0;
}

static char *notice(void)
{
    char *text = NULL;

    OK(store_notice_each(st, count_notice, &text, err));
    return text;
}

START_TEST(taken_is_taken)
{
    say(T0, PLACE "/1", PLACE);
    say(T0, PLACE "/1", PLACE);
    say(T0, PLACE "/2", PLACE);
    ck_assert_int_eq(offered(), 2);
    take(PLACE "/1");
    take(PLACE "/of-nobody");
    ck_assert_int_eq(offered(), 1);
    /* It is no news. */
    say(T0 + DAY, PLACE "/1", PLACE);
    ck_assert_int_eq(offered(), 1);
    OK(leads_settle(st, 0, T0 + 15 * DAY, err));
    ck_assert_int_eq(offered(), 0);
}
END_TEST

START_TEST(nobody_takes_it)
{
    CLEANUP_FREE char *none = NULL, *first = NULL, *second = NULL,
                      *third = NULL;

    say(T0, PLACE "/1", PLACE);
    /* Not all were asked; then it came too late for this pass. */
    OK(leads_settle(st, 0, T0, err));
    OK(leads_settle(st, T0, T0, err));
    none = notice();
    ck_assert_ptr_null(none);
    OK(leads_settle(st, T0 + 1, T0 + 1, err));
    first = notice();
    ck_assert_ptr_nonnull(strstr(first, PLACE " (of o/one)"));
    /* Of that place no more; of another one. */
    say(T0 + 2, PLACE "/2", PLACE);
    OK(leads_settle(st, T0 + 3, T0 + 3, err));
    second = notice();
    ck_assert_str_eq(first, second);
    say(T0 + 4, PLACE "2/2", PLACE "2");
    OK(leads_settle(st, T0 + 5, T0 + 5, err));
    third = notice();
    ck_assert_ptr_nonnull(strstr(third, PLACE "2 (of o/one)"));
    ck_assert_ptr_null(strstr(third, PLACE " "));
}
END_TEST

START_TEST(what_leads_nowhere)
{
    ck_assert_int_eq(say(T0, "ftp://x/y", "ftp://x"), 1);
    ck_assert_int_eq(say(T0, PLACE "/1", "https://elsewhere"), 1);
    ck_assert_int_eq(say(T0, PLACE "\n/1", PLACE), 1);
    ck_assert_int_eq(offered(), 0);
}
END_TEST

int main(void)
{
    const TTest *tests[] = { taken_is_taken, nobody_takes_it,
                             what_leads_nowhere };

    return suite_run("leads", tests, ARRAY_SIZE(tests), begin, end);
}
