/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The keys of windows, of who may be told when, and of digests.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/zone.h"
#include "core/config/keys.h"
#include "core/config/span.h"

const char *const person_tell_words[] = {
    "each", "quiet", "daily", "weekly", "off", NULL,
};
/* A team that is told nothing has no route. */
const char *const team_tell_words[] = { "each", "daily", "weekly", NULL };

char *zone_wrong(const char *text)
{
    return zone_known(text)
               ? NULL
               : xstrdup("this machine's tzdata has no such time zone; one is "
                         "called like Europe/Berlin, or UTC");
}

char *minute_wrong(const char *text)
{
    int minute = span_minute(text);

    return minute >= 0 && minute < 24 * 60
               ? NULL
               : xstrdup("no time of a day, like 08:00");
}

char *weekday_wrong(const char *text)
{
    return span_weekday(text) >= 0 ? NULL
                                   : xstrdup("no day of the week, like monday");
}

/* ---- windows ---- */

#define SPAN_WRONG(name, kind)                                                 \
    static char *name(const char *text)                                        \
    {                                                                          \
        return span_parse(kind, text, NULL);                                   \
    }
SPAN_WRONG(weekdays_wrong, SPAN_WEEKDAYS)
SPAN_WRONG(times_wrong, SPAN_TIMES)
SPAN_WRONG(days_wrong, SPAN_DAYS)
SPAN_WRONG(months_wrong, SPAN_MONTHS)
SPAN_WRONG(years_wrong, SPAN_YEARS)

void *window_add(struct reader *r, void *into, const struct node *name,
                 const struct node *value)
{
    struct settings *s = &((struct loading *)into)->s;
    struct time_window *w;

    (void)value;
    name_define(loading_of(r), SCOPE_WINDOW, "window", name);
    s->windows = xrealloc(s->windows, (s->nr_windows + 1) * sizeof(*w));
    w = &s->windows[s->nr_windows++];
    memset(w, 0, sizeof(*w));
    w->name = xstrdup(name->text);
    w->at = node_at(name);
    return w;
}

static void span_take(struct spans *to, enum span_kind kind,
                      const struct node *n)
{
    CLEANUP_FREE char *why = NULL;
    struct span s;

    if (n->kind != NODE_SCALAR)
        return;
    why = span_parse(kind, n->text, &s);
    if (why)
        return; /* said by the table */
    to->of = xrealloc(to->of, (to->nr + 1) * sizeof(s));
    to->of[to->nr++] = s;
}

static void spans_take(struct spans *to, enum span_kind kind,
                       const struct node *n)
{
    if (!n)
        return;
    if (n->kind != NODE_LIST)
        span_take(to, kind, n);
    for (size_t i = 0; n->kind == NODE_LIST && i < n->nr; i++)
        span_take(to, kind, n->items[i]);
}

static void window_done(struct reader *r, void *into, const struct node *n)
{
    struct time_window *w = into;

    spans_take(&w->weekdays, SPAN_WEEKDAYS, node_get(n, "weekdays"));
    spans_take(&w->times, SPAN_TIMES, node_get(n, "times"));
    spans_take(&w->days, SPAN_DAYS, node_get(n, "days"));
    spans_take(&w->months, SPAN_MONTHS, node_get(n, "months"));
    spans_take(&w->years, SPAN_YEARS, node_get(n, "years"));
    if (n->kind == NODE_MAP && n->nr == (node_get(n, "zone") != NULL))
        node_error(r, n,
                   "a window that is always open is none: say "
                   "weekdays, times, days, months or years");
}

#define SPANS(key, wrong_, text)                                               \
    {                                                                          \
        .name = key, .kind = VALUE_TEXTS, .flags = KEY_CHECKED,                \
        .wrong = wrong_, .help = text                                          \
    }

static const struct key window_keys[] = {
    TEXT(time_window, "zone", zone,
         "time zone; without it that of whoever is "
         "told",
         .wrong = zone_wrong),
    SPANS("weekdays", weekdays_wrong, "monday, or monday:friday"),
    SPANS("times", times_wrong, "09:00-17:00"),
    SPANS("days", days_wrong, "of the month: 1:7, from its end -7:-1"),
    SPANS("months", months_wrong, "december, or june:august"),
    SPANS("years", years_wrong, "2027, or 2027:2029"),
};
const struct section window_section = {
    .name = "window",
    .what = "a window",
    KEYS(window_keys),
    .done = window_done,
};

/* ---- who is told when ---- */

void hours_done(struct reader *r, const struct node *n)
{
    refs_add(loading_of(r), REF_WINDOW, node_get(n, "active"));
    refs_add(loading_of(r), REF_WINDOW, node_get(n, "mute"));
}

void habits_done(struct habits *h)
{
    for (int i = 0; h->tell_text && person_tell_words[i]; i++)
        if (!strcmp(person_tell_words[i], h->tell_text))
            h->tell = (enum tell)i;
    if (h->at_text)
        h->digest_at = span_minute(h->at_text);
    if (h->on_text)
        h->digest_on = span_weekday(h->on_text);
}

/* ---- digests ---- */

static void digests_done(struct reader *r, void *into, const struct node *n)
{
    struct digests *d = into;

    d->set = true;
    d->route.has_via = true;
    str_replace(&d->route.id, "digests");
    free(d->route.at);
    d->route.at = node_at(n);
    habits_done(&d->habits);
    refs_add(loading_of(r), REF_SINK, node_get(n, "via"));
}

static const struct key digests_keys[] = {
    { .name = "via",
      .kind = VALUE_TEXTS,
      .flags = KEY_REQUIRED,
      .offset = offsetof(struct digests, route.via),
      .nr_offset = offsetof(struct digests, route.nr_via),
      .help = "sink instances" },
    VALUE(digests, COUNT, "at_least", at_least,
          "with fewer that wait each is told in its turn"),
    DIGEST_TIMES(digests, habits),
};
const struct section digests_section = {
    .name = "digests",
    .what = "digests",
    KEYS(digests_keys),
    .done = digests_done,
};
