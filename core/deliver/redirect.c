/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A sink that writes to another place than before, or by another plugin. Must
 * not let an id of one place be used at the other: number 7 is somebody
 * else's there, and a file that was written is no issue.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/deliver/outbox.h"
#include "core/route/operators.h"

struct moving {
    struct store *st;
    const struct settings *s;
    int64_t now;
    struct err *err;
};

static int forget_ticket(struct moving *m, int64_t id)
{
    struct ticket t;
    int rc = store_ticket_by_id(m->st, id, &t, m->err);

    if (rc > 0 && t.state != TICKET_RESOLVED
        && str_cmp0(t.kind, KIND_OPERATORS)) {
        t.told = 0;
        t.backlog = t.backlog || m->s->armed;
        t.next_at = m->now;
        rc = store_ticket_put(m->st, &t, m->err);
    }
    ticket_release(&t);
    return rc < 0 ? -1 : 0;
}

static int forget_row(void *user, struct outbox *row)
{
    struct moving *m = user;
    int64_t ticket = row->ticket;
    struct outbox fresh = {
        .id = row->id, .ticket = ticket, .sink = row->sink, .state = OUTBOX_IDLE
    };
    char none[] = "none";

    fresh.want = none;
    fresh.have = none;
    return store_outbox_put(m->st, &fresh, m->err) < 0
                   || forget_ticket(m, ticket) < 0
               ? -1
               : 0;
}

/* What a sink remembers of a ticket is an id of its plugin's making, and so
 * is its cursor. */
static int look_at(struct moving *m, const struct instance *in)
{
    CLEANUP_FREE char *to_key = xasprintf("outbox.redirect.%s", in->name);
    CLEANUP_FREE char *by_key = xasprintf("outbox.plugin.%s", in->name);
    CLEANUP_FREE char *to = NULL;
    CLEANUP_FREE char *by = NULL;
    bool moved, other;

    if (store_meta_get(m->st, to_key, &to, m->err) < 0
        || store_meta_get(m->st, by_key, &by, m->err) < 0)
        return -1;
    moved = !str_eq(to, in->redirect);
    other = by && !str_eq(by, in->plugin);
    if (!moved && by && !other)
        return 0;
    if (store_begin(m->st, STORE_DURABLE, m->err) < 0)
        return -1;
    if (((moved || other)
         && store_outbox_each(m->st, in->name, false, forget_row, m, m->err)
                < 0)
        || (other && store_cursor_set(m->st, in->name, NULL, m->err) < 0)
        || store_meta_set(m->st, to_key, in->redirect, m->err) < 0
        || store_meta_set(m->st, by_key, in->plugin, m->err) < 0) {
        store_rollback(m->st);
        return -1;
    }
    return store_commit(m->st, m->err);
}

int outbox_redirects(struct store *st, const struct settings *s, int64_t now,
                     struct err *err)
{
    struct moving m = { st, s, now, err };

    for (size_t i = 0; i < s->nr_sinks; i++)
        if (look_at(&m, &s->sinks[i]) < 0)
            return -1;
    return 0;
}
