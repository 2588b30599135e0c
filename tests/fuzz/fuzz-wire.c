/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as what a worker says: frames, their meaning, the state of the
 * worker in the core. The first byte chooses a source, a sink or a worker
 * that describes. Must not start a process.
 */
#include <config.h>

#include <stdint.h>
#include <stdlib.h>

#include "core/base/jsonx.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/host/member.h"
#include "core/host/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static int ended;

static int on_batch(void *user, const char *instance, json_t *frame,
                    struct err *err)
{
    (void)user;
    (void)instance;
    (void)err;
    if (!jx_arr(frame, "runs") || !jx_arr(frame, "notices"))
        BUG("a batch without its lists");
    return 0;
}

static void on_remotes(void *user, const char *instance, json_t *frame)
{
    (void)user;
    (void)instance;
    if (!jx_arr(frame, "remotes") || !jx_arr(frame, "notices"))
        BUG("a sink's word without its lists");
}

static void on_delivered(void *user, const char *instance, int64_t id,
                         int status, bool died, json_t *receipt)
{
    (void)user;
    (void)instance;
    (void)died;
    (void)receipt;
    if (id != 2 || status < 0 || status > 3)
        BUG("a delivery that was never asked for");
}

static void on_ended(void *user, const char *instance, enum host_end how,
                     const char *item, const char *text)
{
    (void)user;
    (void)instance;
    (void)item;
    if (how != HOST_END_OK && (!text || !*text))
        BUG("it ended badly and nobody says why");
    ended++;
}

static void add_op(struct member *m, bool deliver, int64_t id)
{
    struct op **end = &m->queue;
    struct op *op = xcalloc(1, sizeof(*op));

    op->deliver = deliver;
    op->id = id;
    op->payload = json_object();
    while (*end)
        end = &(*end)->next;
    *end = op;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct member *m;
    int r = 1;

    if (n < 1)
        return 0;
    log_set_level(LOG_ERROR);
    ended = 0;
    m = member_new("fuzz");
    m->is_sink = p[0] % 3 == 1;
    m->describes = p[0] % 3 == 2;
    m->state = MEMBER_STARTING;
    m->events = (struct host_events){
        .batch = on_batch,
        .remotes = on_remotes,
        .delivered = on_delivered,
        .ended = on_ended,
    };
    add_op(m, false, 1);
    add_op(m, true, 2);
    strbuf_add(&m->in, p + 1, n - 1);
    while (r > 0) {
        CLEANUP_JSON json_t *frame = NULL;
        CLEANUP_ERR struct err err = ERR_INIT;

        r = wire_take(&m->in, &frame, &err);
        if (r < 0 && !err.msg)
            BUG("nonsense without a reason");
        if (r > 0 && member_frame(m, frame, n, &err) < 0)
            break;
        member_pump(m);
    }
    member_flush(m);
    member_end(m);
    if (ended != 1)
        BUG("ended %d times", ended);
    member_free(m);
    return 0;
}
