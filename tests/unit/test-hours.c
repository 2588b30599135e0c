/* SPDX-License-Identifier: BSD-3-Clause */
/* Windows of hours, and when digests are told, over nights on which clocks
 * change. */
#include <config.h>

#include "core/base/zone.h"
#include "core/route/hours.h"
#include "tests/unit/route-world.h"
#include "tests/unit/suite.h"

static int64_t moment(const char *text)
{
    int64_t t;

    ck_assert_msg(when_parse(text, &t) == 0, "%s", text);
    return t;
}

/* One window w, and what it says at a moment. */
struct row {
    const char *window, *at;
    bool open;
    const char *until; /* NULL: not in sight */
};

static void look(const struct row *r)
{
    CLEANUP_FREE char *text =
        xasprintf("zone: Europe/Berlin\nwindows: {w: %s}\n"
                  "routes: [{owner: core, via: chat, active: w}]\n",
                  r->window);
    struct settings *s = world_settings(text);
    struct hours_look l;
    CLEANUP_FREE char *until = NULL;

    hours_look(s, &s->root.routes[0].hours, NULL, moment(r->at), &l);
    until = l.until ? when_format(l.until) : NULL;
    ck_assert_msg(l.shut == !r->open && !str_cmp0(until, r->until),
                  "%s at %s: %s until %s, want %s until %s", r->window, r->at,
                  l.shut ? "shut" : "open", str_or(until, "-"),
                  r->open ? "open" : "shut", str_or(r->until, "-"));
    ck_assert(l.shut == (l.by != NULL));
    settings_free(s);
}

static void look_all(const struct row *rows, size_t nr)
{
    for (size_t i = 0; i < nr; i++)
        look(&rows[i]);
}

#define OFFICE "{weekdays: monday:friday, times: '09:00-17:00'}"

START_TEST(hours_of_a_week)
{
    static const struct row rows[] = {
        { OFFICE, "2026-07-01T06:59:59Z", false, "2026-07-01T07:00:00Z" },
        { OFFICE, "2026-07-01T07:00:00Z", true, "2026-07-01T15:00:00Z" },
        { OFFICE, "2026-07-01T14:59:59Z", true, "2026-07-01T15:00:00Z" },
        { OFFICE, "2026-07-03T15:00:00Z", false, "2026-07-06T07:00:00Z" },
        { OFFICE, "2026-12-01T07:59:00Z", false, "2026-12-01T08:00:00Z" },
        /* the first minute of a day is the day's, wherever it is one */
        { "{weekdays: wed, zone: Asia/Kathmandu}", "2026-06-30T18:14:00Z",
          false, "2026-06-30T18:15:00Z" },
        { "{weekdays: wed, zone: Asia/Kathmandu}", "2026-06-30T18:15:00Z", true,
          "2026-07-01T18:15:00Z" },
        /* saturday to monday */
        { "{weekdays: sat:mon, zone: UTC}", "2026-07-04T00:00:00Z", true,
          "2026-07-07T00:00:00Z" },
        { "{weekdays: sat:mon, zone: UTC}", "2026-07-07T00:00:00Z", false,
          "2026-07-11T00:00:00Z" },
    };

    look_all(rows, ARRAY_SIZE(rows));
}
END_TEST

START_TEST(over_midnight)
{
#define FRIDAYS "{weekdays: friday, times: '22:00-06:00', zone: UTC}"
    static const struct row rows[] = {
        { FRIDAYS, "2026-07-03T21:59:00Z", false, "2026-07-03T22:00:00Z" },
        { FRIDAYS, "2026-07-03T22:00:00Z", true, "2026-07-04T06:00:00Z" },
        { FRIDAYS, "2026-07-04T05:59:00Z", true, "2026-07-04T06:00:00Z" },
        { FRIDAYS, "2026-07-04T06:00:00Z", false, "2026-07-10T22:00:00Z" },
        /* that morning is of the thursday before */
        { FRIDAYS, "2026-07-03T05:00:00Z", false, "2026-07-03T22:00:00Z" },
        /* the last day of a month goes on in the next */
        { "{days: -1, times: '23:00-01:00', zone: UTC}", "2026-03-01T00:30:00Z",
          true, "2026-03-01T01:00:00Z" },
    };

    look_all(rows, ARRAY_SIZE(rows));
}
END_TEST

START_TEST(days_months_years)
{
    static const struct row rows[] = {
        { "{days: -1, zone: UTC}", "2028-02-28T23:59:00Z", false,
          "2028-02-29T00:00:00Z" },
        { "{days: '25:-1', months: december, zone: UTC}",
          "2026-12-31T12:00:00Z", true, "2027-01-01T00:00:00Z" },
        { "{days: '25:-1', months: december, zone: UTC}",
          "2027-01-01T00:00:00Z", false, "2027-12-25T00:00:00Z" },
        { "{months: nov:feb, zone: UTC}", "2027-01-10T00:00:00Z", true,
          "2027-03-01T00:00:00Z" },
        { "{days: 31, months: june, zone: UTC}", "2026-01-01T00:00:00Z", false,
          NULL },
        { "{years: 2020, zone: UTC}", "2026-01-01T00:00:00Z", false, NULL },
        { "{years: 2026:2090, zone: UTC}", "2026-01-01T00:00:00Z", true, NULL },
    };

    look_all(rows, ARRAY_SIZE(rows));
}
END_TEST

START_TEST(when_clocks_change)
{
#define NIGHT "{times: '02:15-02:45'}"
#define HOWE "{times: '01:45-02:15', zone: Australia/Lord_Howe}"
    static const struct row rows[] = {
        /* that night has no 02:15; the next one has */
        { NIGHT, "2026-03-28T12:00:00Z", false, "2026-03-30T00:15:00Z" },
        /* and this one has two */
        { NIGHT, "2026-10-24T12:00:00Z", false, "2026-10-25T00:15:00Z" },
        { NIGHT, "2026-10-25T00:15:00Z", true, "2026-10-25T00:45:00Z" },
        { NIGHT, "2026-10-25T00:45:00Z", false, "2026-10-25T01:15:00Z" },
        { NIGHT, "2026-10-25T01:15:00Z", true, "2026-10-25T01:45:00Z" },
        /* open while the clocks go from 02:00 to 03:00 */
        { "{times: '01:30-03:30'}", "2026-03-29T00:30:00Z", true,
          "2026-03-29T01:30:00Z" },
        /* half an hour back at 02:00, to 01:30: 01:45 comes again */
        { HOWE, "2026-04-04T14:45:00Z", true, "2026-04-04T15:00:00Z" },
        { HOWE, "2026-04-04T15:00:00Z", false, "2026-04-04T15:15:00Z" },
        { HOWE, "2026-04-04T15:15:00Z", true, "2026-04-04T15:45:00Z" },
        /* a day that begins at 01:00 */
        { "{weekdays: sunday, zone: America/Asuncion}", "2023-10-01T03:59:00Z",
          false, "2023-10-01T04:00:00Z" },
    };

    look_all(rows, ARRAY_SIZE(rows));
}
END_TEST

START_TEST(windows_together)
{
    struct settings *s = world_settings(
        "windows:\n"
        "  day: {times: '08:00-20:00', zone: UTC}\n"
        "  lunch: {times: '12:00-13:00'}\n"
        "  never: {years: 2020}\n"
        "  late: {times: '19:00-23:00', zone: UTC}\n"
        "routes:\n"
        "  - {owner: core, via: chat, active: [never, day, late],"
        " mute: lunch}\n"
        "  - {owner: core, via: chat, active: never}\n"
        "  - {owner: core, via: chat, mute: [day, late]}\n");
    const struct route *r = s->root.routes;
    struct hours_look l;

    hours_look(s, &r[0].hours, NULL, moment("2026-07-01T12:30:00Z"), &l);
    ck_assert(l.shut);
    ck_assert_str_eq(l.by->name, "lunch");
    ck_assert_int_eq(l.until, moment("2026-07-01T13:00:00Z"));
    /* lunch is where they are */
    hours_look(s, &r[0].hours, "Europe/Berlin", moment("2026-07-01T12:30:00Z"),
               &l);
    ck_assert(!l.shut);
    /* one active window follows the other */
    ck_assert_int_eq(l.until, moment("2026-07-01T23:00:00Z"));
    hours_look(s, &r[1].hours, NULL, moment("2026-07-01T12:30:00Z"), &l);
    ck_assert(l.shut);
    ck_assert_str_eq(l.by->name, "never");
    ck_assert_int_eq(l.until, 0);
    hours_look(s, &r[2].hours, NULL, moment("2026-07-01T12:30:00Z"), &l);
    ck_assert(l.shut);
    ck_assert_int_eq(l.until, moment("2026-07-01T23:00:00Z"));
    settings_free(s);
}
END_TEST

static void slot(const struct settings *s, const char *person, bool weekly,
                 const char *after, const char *want)
{
    const struct person *p = settings_person(s, person);
    CLEANUP_FREE char *got = when_format(
        digest_slot(s, p ? &p->habits : NULL, weekly, moment(after)));

    ck_assert_msg(!strcmp(got, want), "%s after %s: %s, want %s", person, after,
                  got, want);
}

START_TEST(digests_have_a_time)
{
    struct settings *s = world_settings(
        "zone: Europe/Berlin\n"
        "persons:\n"
        "  ny: {zone: America/New_York, digest_at: '17:30', digest_on: fri}\n"
        "  owl: {digest_at: '02:30'}\n"
        "digests: {via: chat, digest_on: sunday}\n");

    slot(s, "anyone", false, "2026-07-01T05:59:59Z", "2026-07-01T06:00:00Z");
    slot(s, "anyone", false, "2026-07-01T06:00:00Z", "2026-07-02T06:00:00Z");
    slot(s, "anyone", true, "2026-07-01T06:00:00Z", "2026-07-05T06:00:00Z");
    /* the same hour in winter */
    slot(s, "anyone", false, "2026-10-24T06:00:00Z", "2026-10-25T07:00:00Z");
    slot(s, "NY", true, "2026-07-03T21:30:00Z", "2026-07-10T21:30:00Z");
    slot(s, "ny", false, "2026-07-03T21:29:00Z", "2026-07-03T21:30:00Z");
    /* once, also on the night that has two, and on the one that has none */
    slot(s, "owl", false, "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z");
    slot(s, "owl", false, "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z");
    slot(s, "owl", false, "2026-03-28T12:00:00Z", "2026-03-29T01:30:00Z");
    slot(s, "owl", false, "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z");
    settings_free(s);
}
END_TEST

START_TEST(the_zone_outside_stays)
{
    struct tm tm;

    setenv("TZ", "ABC-3", 1);
    tzset();
    zone_enter("Asia/Tokyo");
    tm = zone_local(0);
    ck_assert_int_eq(tm.tm_hour, 9);
    zone_leave();
    ck_assert_str_eq(getenv("TZ"), "ABC-3");
    ck_assert_int_eq(zone_local(0).tm_hour, 3);
    unsetenv("TZ");
    zone_enter(NULL);
    ck_assert_int_eq(zone_local(0).tm_hour, 0);
    zone_leave();
    ck_assert_ptr_null(getenv("TZ"));
}
END_TEST

START_TEST(names_of_zones)
{
    ck_assert(zone_known("UTC"));
    ck_assert(zone_known("Europe/Berlin"));
    ck_assert(zone_known("America/Argentina/Buenos_Aires"));
    ck_assert(!zone_known("Europe/Berlin "));
    ck_assert(!zone_known("Europe"));
    ck_assert(!zone_known(""));
    ck_assert(!zone_known("/usr/share/zoneinfo/Europe/Berlin"));
    ck_assert(!zone_known("../zoneinfo/Europe/Berlin"));
    ck_assert(!zone_known("zone.tab"));
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        hours_of_a_week,        over_midnight,    days_months_years,
        when_clocks_change,     windows_together, digests_have_a_time,
        the_zone_outside_stays, names_of_zones,
    };

    return suite_run("hours", tests, ARRAY_SIZE(tests), NULL, NULL);
}
