/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One origin's queue and limits. Must not start anything itself.
 */
#include <config.h>

#include "core/host/http/lane.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
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

struct lane *lane_new(const char *origin, int width_max)
{
    struct lane *l = xcalloc(1, sizeof(*l));

    l->origin = xstrdup(origin);
    l->width_max = width_max;
    l->width = width_max < WIDTH_FIRST ? width_max : WIDTH_FIRST;
    return l;
}

void lane_free(struct lane *l)
{
    free(l->origin);
    free(l);
}

void lane_put(struct lane *l, struct request *r)
{
    r->lane = l;
    r->next = NULL;
    r->prev = l->last;
    if (l->last)
        l->last->next = r;
    else
        l->first = r;
    l->last = r;
}

void lane_put_first(struct lane *l, struct request *r)
{
    r->lane = l;
    r->prev = NULL;
    r->next = l->first;
    if (l->first)
        l->first->prev = r;
    else
        l->last = r;
    l->first = r;
}

void lane_remove(struct lane *l, struct request *r)
{
    if (r->prev)
        r->prev->next = r->next;
    else
        l->first = r->next;
    if (r->next)
        r->next->prev = r->prev;
    else
        l->last = r->prev;
    r->next = r->prev = NULL;
}

struct request *lane_take(struct lane *l)
{
    struct request *r = l->first;

    if (r)
        lane_remove(l, r);
    return r;
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

static void note_quota(struct lane *l, enum quota q, const struct headers *h,
                       int64_t now)
{
    int64_t limit = headers_int(h, "x-ratelimit-limit", 0);
    int64_t left = headers_int(h, "x-ratelimit-remaining", -1);
    int64_t reset = headers_int(h, "x-ratelimit-reset", 0);

    if (left < 0 || reset <= now || reset > now + QUOTA_MAX_SECONDS)
        return;
    l->quota[q].until = left <= limit / QUOTA_RESERVE ? reset + 1 : 0;
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

int64_t lane_exhausted(const struct lane *l, enum quota q, int64_t now)
{
    return l->quota[q].until > now ? l->quota[q].until - now : 0;
}
