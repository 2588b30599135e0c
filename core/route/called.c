/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who was called of a ticket at a sink, over all its episodes: what comes
 * back calls nobody again, and who owns it by then has not heard of it. Must
 * not take a ticket of which nothing was written down for one that nobody
 * was called of.
 */
#include <config.h>

#include <strings.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/route/decide.h"

json_t *decide_called(const struct ticket *t, const char *sink)
{
    return jx_arr(jx_obj(jx_obj(t->human, "sinks"), sink), "called");
}

static bool is_in(const json_t *list, const json_t *name)
{
    size_t i;
    json_t *v;

    json_array_foreach((json_t *)list, i, v)
        if (!strcasecmp(json_string_value(v), json_string_value(name)))
            return true;
    return false;
}

/* A space is in no login. */
static json_t *team_entry(const char *owner)
{
    CLEANUP_FREE char *text = xasprintf("team %s", str_or(owner, "?"));

    return json_string(text);
}

static void add(json_t *list, json_t *v)
{
    if (!is_in(list, v) && json_array_size(list) < CALLED_MAX)
        json_array_append(list, v);
}

void decide_call(struct ticket *t, const char *sink, const char *owner,
                 const json_t *persons)
{
    CLEANUP_JSON json_t *team = team_entry(owner);
    json_t *list, *v;
    size_t i;

    if (!t->human)
        t->human = json_object();
    list = jx_arr_made(jx_obj_made(jx_obj_made(t->human, "sinks"), sink),
                       "called");
    json_array_foreach((json_t *)persons, i, v)
        add(list, v);
    if (!json_array_size(persons))
        add(list, team);
}

bool decide_calls_new(const struct ticket *t, const char *sink)
{
    CLEANUP_JSON json_t *team = team_entry(t->owner);
    const json_t *list = decide_called(t, sink);
    size_t i;
    json_t *v;

    json_array_foreach(t->persons, i, v)
        if (list && !is_in(list, v))
            return true;
    return !json_array_size(t->persons) && json_array_size(list)
           && !is_in(list, team);
}
