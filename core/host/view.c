/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a frame says, as the structs of the plugin API. Must not keep anything
 * longer than the frame lives.
 */
#include <config.h>

#include "core/host/view.h"

#include <stdlib.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/host/names.h"

/* The strings of a JSON array, NULL-terminated; borrowed ones. */
static const char **string_list(const json_t *list)
{
    size_t n = json_array_size(list), nr = 0;
    const char **out = xcalloc(n + 1, sizeof(*out));

    for (size_t i = 0; i < n; i++) {
        const char *s = json_string_value(json_array_get(list, i));

        if (s)
            out[nr++] = s;
    }
    return out;
}

static char *object_text(const json_t *v)
{
    return v ? jx_dump(v) : xstrdup("{}");
}

void owner_view(struct owner_view *v, const json_t *from)
{
    v->persons = string_list(jx_arr(from, "persons"));
    v->told = NULL;
    v->contacts = object_text(jx_obj(from, "contacts"));
    v->ids = object_text(jx_obj(from, "ids"));
    v->owner = (struct tocsin_owner){
        ._struct_size = sizeof(v->owner),
        .name = jx_str_or(from, "name", ""),
        .persons = v->persons,
        .contacts = v->contacts,
        .ids = v->ids,
    };
}

void owner_view_release(struct owner_view *v)
{
    free(v->persons);
    free(v->told);
    free(v->contacts);
    free(v->ids);
}

void notification_view(struct notification_view *v, const json_t *from)
{
    const json_t *called = jx_arr(from, "called");

    v->labels = string_list(jx_arr(from, "labels"));
    v->fields = object_text(jx_obj(from, "fields"));
    owner_view(&v->owner, jx_obj(from, "owner"));
    if (called)
        v->owner.owner.told = v->owner.told = string_list(called);
    v->notification = (struct tocsin_notification){
        ._struct_size = sizeof(v->notification),
        .delivery = delivery_of(jx_str(from, "delivery")),
        .ticket = jx_str_or(from, "ticket", ""),
        .nonce = jx_str_or(from, "nonce", ""),
        .marker = jx_str_or(from, "marker", ""),
        .project = jx_str(from, "project"),
        .title = jx_str_or(from, "title", ""),
        .body = jx_str_or(from, "body", ""),
        .fields = v->fields,
        .remote_id = jx_str(from, "remote_id"),
        .labels = v->labels,
        .owner = &v->owner.owner,
        .pending = jx_str(from, "pending"),
        .again = jx_bool(from, "again", false),
        .confidential = jx_bool(from, "confidential", false),
        .double_id = jx_str(from, "double_id"),
    };
}

void notification_view_release(struct notification_view *v)
{
    owner_view_release(&v->owner);
    free(v->labels);
    free(v->fields);
}
