/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From hits to JSON. Must not choose among them.
 */
#include <config.h>

#include "core/classify/failure.h"

#include "core/base/jsonx.h"
#include "core/classify/tell.h"

static json_t *shown(const struct hit *h, const struct format *f)
{
    int64_t failed = f->failed_step < 0 ? -1 : f->failed_line;

    return excerpt_json(&h->excerpt, excerpt_end(&h->excerpt, h->last, failed));
}

json_t *failure_json(const struct hit *h, bool primary, const struct format *f)
{
    json_t *j = json_object();
    json_t *captures = json_deep_copy(h->captures);

    jx_set_str(captures, "reason", h->reason);
    jx_set_bool(j, "primary", primary);
    jx_set_int(j, "line", h->shown);
    jx_set_str(j, "message", h->message);
    json_object_set_new(j, "captures", captures);
    tell_failure(j, h->rule, captures);
    json_object_set_new(j, "excerpt", shown(h, f));
    return j;
}

json_t *unclassified_json(const struct hit *h, const struct format *f)
{
    json_t *j = unclassified_failure(h->message, h->line);

    json_object_set_new(j, "excerpt", shown(h, f));
    return j;
}

json_t *survived_json(const struct choice *ch)
{
    json_t *list = json_array();

    for (size_t i = 0; i < ch->nr_survived; i++) {
        json_t *j = json_object();

        jx_set_str(j, "rule", ch->survived[i]->rule->id);
        jx_set_int(j, "line", ch->survived[i]->shown);
        json_array_append_new(list, j);
    }
    return list;
}
