/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One origin's queue and limits. Must not start anything itself.
 */
#include <config.h>

#include "core/host/http/lane.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/host/http/request.h"

#define WIDTH_FIRST 4
/* With each reply: four times as wide after each round of them. */
#define WIDTH_MORE 3
/* So many in a row, each as often as it may be repeated, and nobody is there.
 * A 5xx is a reply: some paths of a server may be broken and others not. */
#define LOST_MAX 10
/* We leave others, and our own next pass, so much of a quota: one part in
 * this many. */
#define QUOTA_RESERVE 50
/* No server takes a quota away for longer than this; GitHub's is an hour. */
#define QUOTA_MAX_SECONDS ((int64_t)2 * 3600)

/* Of points, and of milliseconds by ten: what may be spent at once and what
 * comes to it in a minute make no more than a minute may cost. */
#define POINT ((int64_t)1000)
#define POINTS_AT_ONCE (300 * POINT)
#define POINTS_PER_MS ((int64_t)10)
#define TIME ((int64_t)10)
#define TIME_AT_ONCE (6000 * TIME)
#define TIME_PER_MS ((int64_t)9)
#define POINTS_OF_A_CHANGE 5

struct lane *lane_new(const char *origin, int width_max, int64_t now_ms)
{
    struct lane *l = xcalloc(1, sizeof(*l));

    l->origin = xstrdup(origin);
    l->width_max = width_max;
    l->width = width_max < WIDTH_FIRST ? width_max : WIDTH_FIRST;
    if (str_eq(origin, "https://api.github.com:443")) {
        pace_set(&l->quota[QUOTA_CORE].pace, POINTS_AT_ONCE, POINTS_PER_MS,
                 now_ms);
        pace_set(&l->quota[QUOTA_GRAPHQL].pace, TIME_AT_ONCE, TIME_PER_MS,
                 now_ms);
    }
    return l;
}

void lane_free(struct lane *l)
{
    free(l->origin);
    free(l);
}

void lane_put(struct lane *l, struct request *r)
{
    enum quota q = quota_of(request_url(r));

    r->lane = l;
    r->next = NULL;
    r->prev = l->quota[q].last;
    if (r->prev)
        r->prev->next = r;
    else
        l->quota[q].first = r;
    l->quota[q].last = r;
}

void lane_put_first(struct lane *l, struct request *r)
{
    enum quota q = quota_of(request_url(r));

    r->lane = l;
    r->prev = NULL;
    r->next = l->quota[q].first;
    if (r->next)
        r->next->prev = r;
    else
        l->quota[q].last = r;
    l->quota[q].first = r;
}

void lane_remove(struct lane *l, struct request *r)
{
    enum quota q = quota_of(request_url(r));

    if (r->prev)
        r->prev->next = r->next;
    else
        l->quota[q].first = r->next;
    if (r->next)
        r->next->prev = r->prev;
    else
        l->quota[q].last = r->prev;
    r->next = r->prev = NULL;
}

static int64_t wait_of(struct lane *l, int q, int64_t now_ms)
{
    int64_t ms = pace_wait_ms(&l->quota[q].pace, now_ms);

    if (l->not_before_ms - now_ms > ms)
        ms = l->not_before_ms - now_ms;
    /* It is to be ended, not sent. */
    return ms > 0 && lane_exhausted(l, (enum quota)q, when_now()) ? 0 : ms;
}

/* The one that came first of those that may go. */
struct request *lane_take(struct lane *l, int64_t now_ms, bool at_once)
{
    struct request *r = NULL;

    for (int q = 0; q < QUOTA_COUNT; q++) {
        struct request *first = l->quota[q].first;

        if (first && (!r || first->id < r->id)
            && (at_once || wait_of(l, q, now_ms) == 0))
            r = first;
    }
    if (r)
        lane_remove(l, r);
    return r;
}

int64_t lane_due_ms(struct lane *l, int64_t now_ms)
{
    int64_t due = -1;

    for (int q = 0; q < QUOTA_COUNT; q++) {
        int64_t ms = l->quota[q].first ? wait_of(l, q, now_ms) : -1;

        if (ms >= 0 && (due < 0 || ms < due))
            due = ms;
    }
    return due;
}

void lane_sent(struct lane *l, const struct request *r)
{
    enum quota q = quota_of(request_url(r));

    if (q == QUOTA_CORE)
        pace_spend(&l->quota[q].pace,
                   request_asks(r) ? POINT : POINTS_OF_A_CHANGE * POINT);
}

void lane_took(struct lane *l, enum quota q, int64_t ms)
{
    if (q == QUOTA_GRAPHQL)
        pace_spend(&l->quota[q].pace, ms * TIME);
}

enum quota quota_of(const char *url)
{
    const char *path = strstr(url, "://");

    path = path ? strchr(path + 3, '/') : NULL;
    if (!path)
        return QUOTA_CORE;
    if (!strncmp(path, "/graphql", 8) || !strncmp(path, "/api/graphql", 12))
        return QUOTA_GRAPHQL;
    if (!strncmp(path, "/search/", 8) || !strncmp(path, "/api/v3/search/", 15))
        return QUOTA_SEARCH;
    return QUOTA_CORE;
}

/* Replies overtake each other: where nobody is asked any more, one that knows
 * of more was made before. */
static void note_quota(struct lane *l, enum quota q, const struct headers *h,
                       int64_t now)
{
    int64_t limit = headers_int(h, "x-ratelimit-limit", 0);
    int64_t left = headers_int(h, "x-ratelimit-remaining", -1);
    int64_t reset = headers_int(h, "x-ratelimit-reset", 0);

    if (left < 0 || reset <= now || reset > now + QUOTA_MAX_SECONDS)
        return;
    if (left <= limit / QUOTA_RESERVE)
        lane_shut(l, q, reset + 1);
}

void lane_replied(struct lane *l, enum quota q, const struct headers *h,
                  int64_t now)
{
    l->lost = 0;
    note_quota(l, q, h, now);
}

void lane_widen(struct lane *l)
{
    l->width += WIDTH_MORE;
    if (l->width > l->width_max)
        l->width = l->width_max;
}

void lane_trouble(struct lane *l)
{
    l->width = l->width > 1 ? l->width / 2 : 1;
}

void lane_lost(struct lane *l)
{
    l->lost++;
}

bool lane_is_dead(const struct lane *l)
{
    return l->lost >= LOST_MAX;
}

void lane_wait(struct lane *l, int64_t now_ms, int64_t ms)
{
    if (ms > 0 && now_ms + ms > l->not_before_ms)
        l->not_before_ms = now_ms + ms;
}

void lane_shut(struct lane *l, enum quota q, int64_t until)
{
    for (int i = 0; i < QUOTA_COUNT; i++)
        if ((q == QUOTA_COUNT || i == (int)q) && l->quota[i].until < until)
            l->quota[i].until = until;
}

int64_t lane_exhausted(const struct lane *l, enum quota q, int64_t now)
{
    return l->quota[q].until > now ? l->quota[q].until - now : 0;
}
