/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What slipped through twice is taken back, quietly, and counted. Must not
 * touch what is not a copy of another message of ours.
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "plugins/zulip/job.h"

static void on_gone(void *user, const struct answer *a)
{
    struct job *j = user;

    /* where we may not, it stays: there is nothing better to do about it */
    if (a->fault == FAULT_CREDENTIAL || a->fault == FAULT_LIMIT)
        job_fail(j, a);
    else
        tidy(j, j->tidied, j->then);
}

void tidy(struct job *j, struct own *own, void (*then)(struct job *j))
{
    struct message *m = own_take_duplicate(own, j->n->ticket);
    CLEANUP_FREE char *path = NULL;
    struct call c = {
        .method = "DELETE", .idempotent = true, .got = on_gone, .user = j
    };

    if (!m) {
        then(j);
        return;
    }
    j->tidied = own;
    j->then = then;
    j->duplicates++;
    path = xasprintf("/messages/%" PRId64, m->id);
    c.path = path;
    message_free(m);
    call(j->z, &c);
}
