/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Second ones of a ticket that slipped through at a sink. They are kept with
 * the ticket until they are closed, one a delivery, and each such closing is
 * weighed, held and counted as any other. Must not close what is the ticket.
 */
#include <config.h>

#include "core/deliver/outbox-private.h"

#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/route/decide.h"

const char *doubles_next(const struct outbox *row, const struct ticket *t)
{
    const json_t *list = decide_doubles(t, row->sink);

    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *id = json_string_value(json_array_get(list, i));

        if (id && str_cmp0(id, row->remote_id))
            return id;
    }
    return NULL;
}

static void forget(json_t *list, const char *id)
{
    for (size_t i = json_array_size(list); i-- > 0;)
        if (str_eq(json_string_value(json_array_get(list, i)), id))
            json_array_remove(list, i);
}

static void learn(json_t *list, const json_t *found)
{
    size_t i;
    json_t *v;

    json_array_foreach((json_t *)found, i, v) {
        if (!json_is_string(v) || json_array_size(list) >= DOUBLES_MAX)
            continue;
        forget(list, json_string_value(v));
        json_array_append(list, v);
    }
}

int doubles_received(struct outbox_run *r, struct outlet *o,
                     const json_t *receipt)
{
    struct sending *n = &o->now;
    const json_t *found = jx_arr(receipt, "doubles");
    json_t *list;

    if (!json_array_size(found) && !n->double_id)
        return 0;
    list = decide_doubles_make(&n->ticket, o->in->name);
    learn(list, found);
    if (n->double_id) /* or the sink has said why it stays */
        forget(list, n->double_id);
    if (n->row.state == OUTBOX_IDLE && doubles_next(&n->row, &n->ticket)) {
        n->row.state = OUTBOX_DUE;
        n->row.want_op = outbox_is(n->row.have, "open")
                             ? TOCSIN_DELIVER_UPDATE
                             : TOCSIN_DELIVER_RESOLVE;
    }
    return store_ticket_put(r->st, &n->ticket, &r->err);
}
