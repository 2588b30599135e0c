/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Windows, asked minute by minute: the only way that has no case of its own
 * for the nights on which clocks change. Must not know what is told.
 */
#include <config.h>

#include "core/route/hours.h"

#include <string.h>

#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/base/zone.h"

/* Changes of several windows that lead nowhere: enough for a year of days. */
#define CHANGES_MAX 4000

static const char *zone_of(const struct settings *s,
                           const struct time_window *w, const char *zone)
{
    return w->zone ? w->zone : zone ? zone : s->digests.habits.zone;
}

/* ---- one window, within its zone ---- */

static int month_length(int year, int month)
{
    static const int length[] = {
        31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
    };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return length[month - 1] + (month == 2 && leap);
}

static bool in_spans(const struct spans *s, int v)
{
    for (size_t i = 0; i < s->nr; i++)
        if (s->of[i].from <= s->of[i].to
                ? v >= s->of[i].from && v <= s->of[i].to
                : v >= s->of[i].from || v <= s->of[i].to)
            return true;
    return !s->nr;
}

/* -1 is the last day of whatever month it is. */
static bool in_days(const struct spans *s, int day, int length)
{
    for (size_t i = 0; i < s->nr; i++) {
        int from = s->of[i].from, to = s->of[i].to;

        from = from < 0 ? length + 1 + from : from;
        to = to < 0 ? length + 1 + to : to;
        if (day >= from && day <= to)
            return true;
    }
    return !s->nr;
}

static bool is_day(const struct time_window *w, const struct tm *tm)
{
    int year = tm->tm_year + 1900, month = tm->tm_mon + 1;

    return in_spans(&w->weekdays, tm->tm_wday) && in_spans(&w->months, month)
           && in_spans(&w->years, year)
           && in_days(&w->days, tm->tm_mday, month_length(year, month));
}

static struct tm day_before(const struct tm *tm)
{
    return zone_local(zone_moment(tm->tm_year + 1900, tm->tm_mon + 1,
                                  tm->tm_mday - 1, 12 * 60));
}

/* *soon: it may be otherwise within this hour. */
static bool is_open(const struct time_window *w, int64_t t, bool *soon,
                    struct tm *tm)
{
    bool today, yesterday = false, open = false;
    int minute;

    *tm = zone_local(t);
    minute = tm->tm_hour * 60 + tm->tm_min;
    today = is_day(w, tm);
    for (size_t i = 0; i < w->times.nr; i++) {
        const struct span *s = &w->times.of[i];

        if (s->from < s->to) {
            open = open || (today && minute >= s->from && minute < s->to);
        } else { /* over midnight: of the day it begins on */
            struct tm before = day_before(tm);

            yesterday = yesterday || is_day(w, &before);
            open = open || (today && minute >= s->from)
                   || (yesterday && minute < s->to);
        }
    }
    *soon = w->times.nr && (today || yesterday);
    return w->times.nr ? open : today;
}

/* Is it open, and when is that over? *until 0: not within the horizon. */
static bool look_at(const struct time_window *w, const char *zone, int64_t t,
                    int64_t *until)
{
    bool soon, open;
    struct tm tm;

    zone_enter(zone);
    open = is_open(w, t, &soon, &tm);
    *until = 0;
    for (int64_t u = t - t % MINUTE; u < t + HOURS_HORIZON;) {
        /* days begin with an hour, whatever the zone */
        u += soon ? MINUTE : (60 - tm.tm_min) * MINUTE;
        if (is_open(w, u, &soon, &tm) != open) {
            *until = u;
            break;
        }
    }
    zone_leave();
    return open;
}

/* ---- several ---- */

struct state {
    bool shut;
    int64_t change; /* of any of them; 0: none */
    const struct time_window *by;
};

static bool ask(const struct settings *s, const char *name, const char *zone,
                int64_t t, struct state *st, const struct time_window **w)
{
    int64_t until;
    bool open;

    *w = settings_window(s, name);
    open = look_at(*w, zone_of(s, *w, zone), t, &until);
    if (until && (!st->change || until < st->change))
        st->change = until;
    return open;
}

static struct state state_at(const struct settings *s, const struct hours *h,
                             const char *zone, int64_t t)
{
    struct state st = { false, 0, NULL };
    const struct time_window *w, *first = NULL;
    bool any = !h->nr_active;

    for (size_t i = 0; i < h->nr_active; i++) {
        any = ask(s, h->active[i], zone, t, &st, &w) || any;
        first = first ? first : w;
    }
    if (!any)
        st.by = first;
    for (size_t i = 0; i < h->nr_mute; i++)
        if (ask(s, h->mute[i], zone, t, &st, &w) && !st.by)
            st.by = w;
    st.shut = st.by != NULL;
    return st;
}

void hours_look(const struct settings *s, const struct hours *h,
                const char *zone, int64_t now, struct hours_look *out)
{
    struct state is = state_at(s, h, zone, now), st = is;

    *out = (struct hours_look){ .shut = is.shut, .by = is.by };
    for (int n = 0;
         n < CHANGES_MAX && st.change && st.change < now + HOURS_HORIZON; n++) {
        int64_t t = st.change;

        st = state_at(s, h, zone, t);
        if (st.shut != is.shut) {
            out->until = t;
            return;
        }
    }
}

/* ---- digests ---- */

int64_t digest_slot(const struct settings *s, const struct habits *h,
                    bool weekly, int64_t after)
{
    const struct habits *all = &s->digests.habits;
    int minute = h && h->digest_at >= 0 ? h->digest_at : all->digest_at;
    int weekday = h && h->digest_on >= 0 ? h->digest_on : all->digest_on;
    int64_t slot = 0;
    struct tm tm;

    zone_enter(h && h->zone ? h->zone : all->zone);
    tm = zone_local(after);
    for (int day = 0; day < 9; day++) {
        int64_t t = zone_moment(tm.tm_year + 1900, tm.tm_mon + 1,
                                tm.tm_mday + day, minute);

        if (t > after && (!weekly || (tm.tm_wday + day) % 7 == weekday)) {
            slot = t;
            break;
        }
    }
    zone_leave();
    return slot;
}
