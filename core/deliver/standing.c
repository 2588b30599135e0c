/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a sink is asked to look after: its rows, by the key of their ticket.
 * Must not name what was never begun there.
 */
#include <config.h>

#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/deliver/outbox-private.h"

/* People reopen what was closed some weeks ago; hardly later. */
#define CLOSED_FOR (90 * DAY)

struct standers {
    struct store *st;
    json_t *rows;
    int64_t since;
    struct err *err;
};

static const char *state_of(const struct standers *s, const struct outbox *row)
{
    bool closed = outbox_is(row->have, "closed");

    if (outbox_is(row->have, "open"))
        return "open";
    if (closed && (row->sent_at >= s->since || row->state != OUTBOX_IDLE))
        return "completed";
    if (row->state == OUTBOX_DUE && row->remote_id)
        return "open"; /* begun, and held */
    return row->state == OUTBOX_INTENT ? "open" : NULL;
}

static int add(void *user, struct outbox *row)
{
    struct standers *s = user;
    const char *state = state_of(s, row);
    struct ticket t;
    int got;

    if (!state)
        return 0;
    got = store_ticket_by_id(s->st, row->ticket, &t, s->err);
    if (got <= 0)
        return got;
    json_array_append_new(
        s->rows, json_pack("[s, s?, s]", t.key, row->remote_id, state));
    ticket_release(&t);
    return 0;
}

int outbox_standing(struct store *st, const char *sink, int64_t now,
                    json_t **rows, struct err *err)
{
    struct standers s = { st, json_array(), now - CLOSED_FOR, err };

    if (store_outbox_each(st, sink, false, add, &s, err) < 0) {
        json_decref(s.rows);
        return -1;
    }
    *rows = s.rows;
    return 0;
}
