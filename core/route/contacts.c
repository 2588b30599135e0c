/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The addresses that persons have of their own, among those of an owner.
 * Must not know which sink an address is for.
 */
#include <config.h>

#include "core/base/jsonx.h"
#include "core/route/owners.h"

/* Addresses of a contact are a text, or a list of texts. */
static json_t *addresses(const json_t *v)
{
    if (json_is_array(v))
        return json_copy((json_t *)v);
    return json_is_string(v) ? json_pack("[O]", v) : json_array();
}

static void address_put(json_t *contacts, const char *at, json_t *list)
{
    if (!json_array_size(list))
        json_object_del(contacts, at);
    else if (json_array_size(list) == 1)
        json_object_set(contacts, at, json_array_get(list, 0));
    else
        json_object_set(contacts, at, list);
}

static size_t address_find(const json_t *list, const json_t *one)
{
    size_t i;

    for (i = 0; i < json_array_size(list); i++)
        if (json_equal(json_array_get(list, i), one))
            break;
    return i;
}

/* A person's addresses stand beside the others', once. */
void owner_remember(struct owner *o, const struct person *p)
{
    const char *at;
    json_t *v;

    json_object_foreach(p->contacts, at, v) {
        CLEANUP_JSON json_t *list = addresses(json_object_get(o->contacts, at));
        CLEANUP_JSON json_t *more = addresses(v);
        size_t i;
        json_t *one;

        json_array_foreach(more, i, one)
            if (address_find(list, one) == json_array_size(list))
                json_array_append(list, one);
        address_put(o->contacts, at, list);
    }
}

void owner_forget(struct owner *o, const struct person *p)
{
    const char *at;
    json_t *v;

    if (!p || !o->contacts)
        return;
    json_object_foreach(p->contacts, at, v) {
        CLEANUP_JSON json_t *list = addresses(json_object_get(o->contacts, at));
        CLEANUP_JSON json_t *gone = addresses(v);
        size_t i;
        json_t *one;

        json_array_foreach(gone, i, one)
            json_array_remove(list, address_find(list, one));
        address_put(o->contacts, at, list);
    }
}
