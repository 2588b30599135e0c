/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a stretch ends. Must not lose one that was made in the same second
 * as another: what is not sure to have been looked at is looked at again.
 */
#include <config.h>

#include "plugins/github-actions/stretch.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"

void stretch_release(struct stretch *s)
{
    free(s->place);
    free(s->end);
    memset(s, 0, sizeof(*s));
}

/* ---- ends ---------------------------------------------------------------- */

static bool have_met(const struct stretch *s, const struct stretch *other)
{
    const struct stretch *ahead = s->back ? other : s;
    const struct stretch *back = s->back ? s : other;

    if (!ahead->place || !back->place)
        return false;
    return str_eq(ahead->place, back->place)
           || (ahead->at && back->at && ahead->at > back->at);
}

bool stretch_is_read(const struct stretch *s, const struct stretch *other)
{
    if (other && have_met(s, other))
        return true;
    return s->end && s->place
           && (str_eq(s->place, s->end)
               || (s->at && s->end_at && s->at > s->end_at));
}

bool stretch_holds(const struct stretch *s, const struct stretch *other,
                   int64_t made)
{
    if (!made)
        return true;
    if (s->end && s->end_at && made > s->end_at)
        return false;
    if (!other || !other->at)
        return true;
    return s->back ? made >= other->at : made <= other->at;
}

/* ---- kept ---------------------------------------------------------------- */

json_t *stretch_json(const struct stretch *s)
{
    json_t *v = json_object();

    if (s->back)
        jx_set_bool(v, "back", true);
    jx_set_str(v, "place", s->place);
    if (s->at)
        jx_set_int(v, "at", s->at);
    jx_set_str(v, "end", s->end);
    if (s->end_at)
        jx_set_int(v, "end_at", s->end_at);
    return v;
}

bool stretch_take(struct stretch *s, const json_t *v)
{
    if (!json_is_object(v))
        return false;
    s->back = jx_bool(v, "back", false);
    s->place = xstrdup0(jx_str(v, "place"));
    s->at = jx_int(v, "at", 0);
    s->end = xstrdup0(jx_str(v, "end"));
    s->end_at = jx_int(v, "end_at", 0);
    return true;
}

/* ---- bounds -------------------------------------------------------------- */

void bounds_add(struct bounds *b, const char *place, int64_t at)
{
    if (!place || at <= 0)
        return;
    ALLOC_GROW(b->list, b->nr + 1, b->alloc);
    b->list[b->nr++] = (struct bound){ .place = xstrdup(place), .at = at };
}

void bounds_release(struct bounds *b)
{
    for (size_t i = 0; i < b->nr; i++)
        free(b->list[i].place);
    free(b->list);
    memset(b, 0, sizeof(*b));
}

static int by_time(const void *a, const void *b)
{
    const struct bound *x = a, *y = b;

    return x->at < y->at ? -1 : x->at > y->at;
}

json_t *bounds_json(struct bounds *b, size_t parts)
{
    json_t *list = json_array();
    int64_t last = 0;

    if (b->nr)
        qsort(b->list, b->nr, sizeof(*b->list), by_time);
    /* The last page ends where the list does. */
    if (parts > b->nr + 1)
        parts = b->nr + 1;
    for (size_t i = 1; i < parts; i++) {
        const struct bound *one = &b->list[i * (b->nr + 1) / parts - 1];

        /* Of two of one second it is not sure which comes first. */
        if (one->at > last)
            json_array_append_new(
                list, json_pack("[s, I]", one->place, (json_int_t)one->at));
        last = one->at;
    }
    return list;
}
