/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Second ones of a ticket at a sink, as they are kept with it. Must not say
 * which of them may be closed: deliver/ does.
 */
#include <config.h>

#include "core/base/jsonx.h"
#include "core/route/decide.h"

static json_t *member_object(json_t *of, const char *key)
{
    json_t *o = jx_obj(of, key);

    if (!o) {
        o = json_object();
        json_object_set_new(of, key, o);
    }
    return o;
}

json_t *decide_doubles(const struct ticket *t, const char *sink)
{
    return jx_arr(jx_obj(jx_obj(t->human, "sinks"), sink), "doubles");
}

json_t *decide_doubles_make(struct ticket *t, const char *sink)
{
    json_t *of, *list = decide_doubles(t, sink);

    if (list)
        return list;
    if (!t->human)
        t->human = json_object();
    of = member_object(member_object(t->human, "sinks"), sink);
    list = json_array();
    json_object_set_new(of, "doubles", list);
    return list;
}
