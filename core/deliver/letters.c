/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Operators' words on what waits and what was given up. Must not forget that
 * a send was begun: it may have had its effect.
 */
#include <config.h>

#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/deliver/outbox.h"

int outbox_retry(struct store *st, struct outbox *row, struct err *err)
{
    if (row->state == OUTBOX_DEAD || row->state == OUTBOX_DROPPED)
        row->state = row->nonce && row->intent_at ? OUTBOX_INTENT : OUTBOX_DUE;
    row->tries = 0;
    row->next_try = 0;
    str_replace(&row->last_error, NULL);
    return store_outbox_put(st, row, err);
}

int outbox_forget(struct store *st, struct outbox *row, struct err *err)
{
    row->state = OUTBOX_DROPPED;
    row->next_try = 0;
    str_replace(&row->last_error, "dropped by an operator");
    return store_outbox_put(st, row, err);
}

static char *hold_key(const char *sink)
{
    return xasprintf("outbox.hold.%s", sink);
}

int outbox_rests(struct store *st, const char *sink, int64_t *until,
                 struct err *err)
{
    CLEANUP_FREE char *key = hold_key(sink);
    CLEANUP_FREE char *text = NULL;

    if (store_meta_get(st, key, &text, err) < 0)
        return -1;
    *until = text ? strtoll(text, NULL, 10) : 0;
    return 0;
}

int outbox_is_resting(struct store *st, const char *sink, int64_t now,
                      struct err *err)
{
    int64_t until;

    if (outbox_rests(st, sink, &until, err) < 0)
        return -1;
    /* one that was set by a clock that ran ahead is none */
    return until > now && until <= now + DAY;
}

int outbox_wake(struct store *st, const char *sink, struct err *err)
{
    CLEANUP_FREE char *key = hold_key(sink);

    return store_meta_set(st, key, NULL, err);
}
