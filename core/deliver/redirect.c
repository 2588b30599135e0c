/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A sink that writes to another place than before. Must not let an id of one
 * place be used at the other: number 7 is somebody else's there.
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
    struct outbox fresh = { .id = row->id, .ticket = ticket,
                            .sink = row->sink, .state = OUTBOX_IDLE };
    char none[] = "none";

    fresh.want = none;
    fresh.have = none;
    return store_outbox_put(m->st, &fresh, m->err) < 0
        || forget_ticket(m, ticket) < 0 ? -1 : 0;
}

int outbox_redirects(struct store *st, const struct settings *s, int64_t now,
                     struct err *err)
{
    struct moving m = { st, s, now, err };

    for (size_t i = 0; i < s->nr_sinks; i++) {
        const struct instance *in = &s->sinks[i];
        CLEANUP_FREE char *key = xasprintf("outbox.redirect.%s", in->name);
        CLEANUP_FREE char *was = NULL;

        if (store_meta_get(st, key, &was, err) < 0)
            return -1;
        if (str_eq(was, in->redirect))
            continue;
        if (store_begin(st, STORE_DURABLE, err) < 0)
            return -1;
        if (store_outbox_each(st, in->name, false, forget_row, &m, err) < 0
            || store_meta_set(st, key, in->redirect, err) < 0) {
            store_rollback(st);
            return -1;
        }
        if (store_commit(st, err) < 0)
            return -1;
    }
    return 0;
}
