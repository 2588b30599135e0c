/* SPDX-License-Identifier: BSD-3-Clause */
/* Incidents of what stands in a snapshot, such as the bot's. */
#include <config.h>

#include "correlate-world.h"

static void entry(struct store *st, const char *key, const char *fp,
                  const char *target, double attempts, int first, int last)
{
    struct standing s = {
        .source = (char *)"bot",
        .snapshot = (char *)"versions",
        .key = (char *)key,
        .project = (char *)"o/p",
        .branch = (char *)"main",
        .fingerprint = (char *)fp,
        .since = T0 + first * HOUR,
        .last = T0 + last * HOUR,
    };

    s.entry = json_pack("{s:s, s:s, s:f, s:I, s:I, s:{s:s, s:s, s:s}}", "task",
                        "version", "target", target, "attempts", attempts,
                        "first", (json_int_t)s.since, "last",
                        (json_int_t)s.last, "failure", "category",
                        "source/no-file", "blame", "recipe", "message", fp);
    OK(store_standing_put(st, &s, err));
    json_decref(s.entry);
}

START_TEST(the_bot_is_one_incident_over_its_versions)
{
    struct store *st = fresh();

    entry(st, "k", "V", "1.0", 14, 1, 10);
    look(st, 11, NULL);
    entry(st, "k", "V", "1.1", 400.2, 20, 30);
    look(st, 31, NULL);
    entry(st, "k", "V", "1.2", 57, 40, 50);
    look(st, 51, NULL);
    expect(st, "o/p", "V:stands p0");
    struct incident i = get(st, "o/p", "V");
    ck_assert(i.attempts > 471.1 && i.attempts < 471.3);
    ck_assert_str_eq(i.kind, "bot");
    ck_assert_str_eq(i.target, "1.2");
    ck_assert_str_eq(i.category, "source/no-file");
    ck_assert_int_eq(hour_of(i.first_seen), 1);
    ck_assert_int_eq(hour_of(i.last_seen), 50);
    incident_release(&i);
    OK(store_dirty_mark(st, "o/p", "main", err));
    ck_assert_int_eq(look(st, 52, NULL).incidents, 0);

    /* The same entry fails otherwise. */
    entry(st, "k", "W", "1.2", 60, 40, 55);
    look(st, 56, NULL);
    expect(st, "o/p", "V:superseded p0 by W | W:stands p0");
    OK(store_standing_delete(st, "bot", "versions", "k", err));
    look(st, 60, NULL);
    expect(st, "o/p", "V:superseded p0 by W | W:gone p0");
    i = get(st, "o/p", "W");
    ck_assert_int_eq(hour_of(i.ended), 60);
    incident_release(&i);
    entry(st, "k", "W", "1.3", 1, 70, 71);
    look(st, 72, NULL);
    expect(st, "o/p", "V:superseded p0 by W | W:stands p0 r1");
    i = get(st, "o/p", "W");
    ck_assert_int_eq(hour_of(i.first_seen), 70);
    ck_assert_int_eq(hour_of(i.first_ever), 40);
    ck_assert(i.attempts < 1.1);
    incident_release(&i);
    store_close(st);
}
END_TEST

START_TEST(two_entries_with_one_cause_are_one_incident)
{
    struct store *st = fresh();

    entry(st, "a", "V", "1.0", 2, 1, 10);
    entry(st, "b", "V", "2.0", 3, 2, 11);
    feed(st, "o/p", "c1 l A 1;");
    look(st, 12, NULL);
    expect(st, "o/p", "A:stands p1 | V:stands p0");
    struct incident i = get(st, "o/p", "V");
    ck_assert_int_eq(i.nr_jobs, 2);
    ck_assert(i.attempts > 4.9 && i.attempts < 5.1);
    incident_release(&i);
    OK(store_standing_delete(st, "bot", "versions", "a", err));
    look(st, 13, NULL);
    expect(st, "o/p", "A:stands p1 | V:stands p0");
    store_close(st);
}
END_TEST

START_TEST(an_entry_of_an_archived_project_is_no_relapse)
{
    struct store *st = fresh();
    json_t *yes = json_true();

    entry(st, "k", "V", "1.0", 2, 1, 10);
    look(st, 11, NULL);
    OK(store_fact_put(st, &(struct fact){ "f", "o/p", "archived", yes, 12 },
                      NULL, err));
    look(st, 12, NULL);
    for (int hour = 13; hour < 16; hour++) {
        OK(store_dirty_mark(st, "o/p", "main", err));
        ck_assert_int_eq(look(st, hour, NULL).incidents, 0);
    }
    expect(st, "o/p", "V:archived p0");
    OK(store_fact_put(st, &(struct fact){ "f", "o/p", "archived", NULL, 20 },
                      NULL, err));
    look(st, 20, NULL);
    expect(st, "o/p", "V:stands p0");
    struct incident i = get(st, "o/p", "V");
    ck_assert_int_eq(hour_of(i.first_seen), 1);
    incident_release(&i);
    store_close(st);
}
END_TEST
int main(void)
{
    const TTest *tests[] = {
        the_bot_is_one_incident_over_its_versions,
        two_entries_with_one_cause_are_one_incident,
        an_entry_of_an_archived_project_is_no_relapse,
    };

    return suite_run("entries", tests, ARRAY_SIZE(tests), NULL, NULL);
}
