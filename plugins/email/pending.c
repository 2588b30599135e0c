/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the store keeps for us between two passes: who has a mail still to
 * get. Must not take an address out of it that could not be written to.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/email/email.h"

static void read_list(struct addresses *a, const json_t *list)
{
    const json_t *v;
    size_t i;

    json_array_foreach(list, i, v)
        if (address_ok(json_string_value(v)))
            addresses_add(a, json_string_value(v));
}

void pending_read(struct pending *p, const char *text)
{
    CLEANUP_JSON json_t *v = text ? jx_parse(text, strlen(text), NULL) : NULL;

    memset(p, 0, sizeof(*p));
    p->delivery = (int)jx_int(v, "delivery", 0);
    read_list(&p->left, jx_arr(v, "left"));
    read_list(&p->unsure, jx_arr(v, "unsure"));
}

static json_t *list_of(const struct addresses *a)
{
    json_t *list = json_array();

    for (size_t i = 0; i < a->nr; i++)
        json_array_append_new(list, json_string(a->list[i]));
    return list;
}

char *pending_write(const struct pending *p)
{
    CLEANUP_JSON json_t *v = NULL;

    if (!p->left.nr && !p->unsure.nr)
        return NULL;
    v = json_pack("{s:i, s:o, s:o}", "delivery", p->delivery, "left",
                  list_of(&p->left), "unsure", list_of(&p->unsure));
    return jx_dump(v);
}

void pending_release(struct pending *p)
{
    addresses_release(&p->left);
    addresses_release(&p->unsure);
    p->delivery = 0;
}
