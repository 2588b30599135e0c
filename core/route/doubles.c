/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Second ones of a ticket at a sink, as they are kept with it. Must not say
 * which of them may be closed: deliver/ does.
 */
#include <config.h>

#include "core/base/jsonx.h"
#include "core/route/decide.h"

json_t *decide_doubles(const struct ticket *t, const char *sink)
{
    return jx_arr(jx_obj(jx_obj(t->human, "sinks"), sink), "doubles");
}

json_t *decide_doubles_make(struct ticket *t, const char *sink)
{
    if (!t->human)
        t->human = json_object();
    return jx_arr_made(jx_obj_made(jx_obj_made(t->human, "sinks"), sink),
                       "doubles");
}
