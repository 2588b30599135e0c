/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Limits of a minute and an hour. Must not believe a time of the future: the
 * clock has been set back.
 */
#include <config.h>

#include "core/deliver/pace.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"

static char *key_of(const char *sink)
{
    return xasprintf("outbox.pace.%s", sink);
}

static void forget_old(struct pace *p, int64_t now)
{
    size_t nr = 0;

    for (size_t i = 0; i < p->nr; i++)
        if (p->at[i] > now - HOUR && p->at[i] <= now)
            p->at[nr++] = p->at[i];
    p->nr = nr;
}

static void add(struct pace *p, int64_t at)
{
    ALLOC_GROW(p->at, p->nr + 1, p->alloc);
    p->at[p->nr++] = at;
}

int pace_load(struct pace *p, struct store *st, const char *sink, int64_t now,
              struct err *err)
{
    CLEANUP_FREE char *key = key_of(sink);
    CLEANUP_FREE char *text = NULL;
    CLEANUP_JSON json_t *list = NULL;
    size_t i;
    json_t *v;

    p->nr = 0;
    if (!p->per_minute && !p->per_hour)
        return 0;
    if (store_meta_get(st, key, &text, err) < 0)
        return -1;
    list = text ? jx_parse(text, strlen(text), NULL) : NULL;
    json_array_foreach(list, i, v)
        if (json_is_integer(v))
            add(p, json_integer_value(v));
    forget_old(p, now);
    return 0;
}

void pace_release(struct pace *p)
{
    free(p->at);
    memset(p, 0, sizeof(*p));
}

/* When so many were written that the oldest of them must be past it. */
static int64_t wait_for(const struct pace *p, int64_t most, int64_t span,
                        int64_t now)
{
    int64_t at;

    if (most <= 0 || p->nr < (size_t)most)
        return 0;
    at = p->at[p->nr - (size_t)most];
    return at + span > now ? at + span - now : 0;
}

int64_t pace_wait(struct pace *p, int64_t now)
{
    int64_t minute, hour;

    forget_old(p, now);
    minute = wait_for(p, p->per_minute, MINUTE, now);
    hour = wait_for(p, p->per_hour, HOUR, now);
    return minute > hour ? minute : hour;
}

static int64_t room_of(const struct pace *p, int64_t most, int64_t span,
                       int64_t now)
{
    int64_t left = most;

    for (size_t i = p->nr; i-- > 0 && p->at[i] > now - span;)
        left--;
    return left > 0 ? left : 0;
}

int64_t pace_room(struct pace *p, int64_t now)
{
    int64_t minute, hour;

    forget_old(p, now);
    minute = room_of(p, p->per_minute, MINUTE, now);
    hour = room_of(p, p->per_hour, HOUR, now);
    if (p->per_minute <= 0)
        return p->per_hour > 0 ? hour : -1;
    return p->per_hour > 0 && hour < minute ? hour : minute;
}

int pace_note(struct pace *p, struct store *st, const char *sink, int64_t now,
              struct err *err)
{
    CLEANUP_FREE char *key = key_of(sink);
    CLEANUP_FREE char *text = NULL;
    CLEANUP_JSON json_t *list = json_array();

    if (!p->per_minute && !p->per_hour)
        return 0;
    forget_old(p, now);
    add(p, now);
    for (size_t i = 0; i < p->nr; i++)
        json_array_append_new(list, json_integer(p->at[i]));
    text = jx_dump(list);
    return store_meta_set(st, key, text, err);
}
