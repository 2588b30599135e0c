/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a worker's frames mean to the core. Must not believe one: a frame
 * that its state does not allow is nonsense, and the end of the worker.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/host/member.h"
#include "core/host/names.h"
#include "core/host/show.h"
#include "core/tocsin-plugin.h"

/* Frames are put together until they are worth a transaction. */
#define BATCH_BYTES ((size_t)1 << 20)
#define CLOSE_SECONDS 30

static int out_of_turn(const json_t *frame, struct err *err)
{
    return err_set(err, ERR_PLUGIN, "a frame \"%.20s\" out of turn",
                   jx_str_or(frame, "t", ""));
}

static void send_close(struct member *m)
{
    m->state = MEMBER_CLOSING;
    member_set_deadline(m, CLOSE_SECONDS);
    member_send(m, json_pack("{s:s}", "t", "close"));
}

static int on_at(struct member *m, const json_t *frame)
{
    str_replace(&m->callback, jx_str(frame, "callback"));
    return 0;
}

static int on_item(struct member *m, const json_t *frame)
{
    str_replace(&m->item, jx_str(frame, "id"));
    return 0;
}

/* -- batches -- */

static int merge_list(json_t *batch, const json_t *frame, const char *key)
{
    json_t *to = jx_arr(batch, key);
    json_t *from = json_object_get(frame, key);

    if (!from)
        return 0;
    if (!json_is_array(from))
        return -1;
    json_array_extend(to, from);
    return 0;
}

static int on_batch(struct member *m, json_t *frame, size_t bytes,
                    struct err *err)
{
    static const char *const lists[] = {
        "runs", "facts", "snapshots", "notices", "validators", "leads", "taken",
    };
    json_t *cursor = json_object_get(frame, "cursor");

    if (m->is_sink || m->state == MEMBER_QUEUED
        || (cursor && !json_is_string(cursor)))
        return out_of_turn(frame, err);
    if (!m->batch) {
        m->batch = json_pack("{s:s}", "t", "batch");
        for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
            json_object_set_new(m->batch, lists[i], json_array());
        m->batch_ms = when_monotonic_ms();
    }
    for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
        if (merge_list(m->batch, frame, lists[i]) < 0)
            return out_of_turn(frame, err);
    if (cursor)
        json_object_set(m->batch, "cursor", cursor);
    m->batch_bytes += bytes;
    if (m->batch_bytes >= BATCH_BYTES)
        member_flush(m);
    return 0;
}

/* -- talk -- */

static int on_log(struct member *m, const json_t *frame)
{
    int64_t level = jx_int(frame, "level", TOCSIN_LOG_ERROR);
    const char *text = jx_str_or(frame, "text", "");

    if (level < TOCSIN_LOG_ERROR || level > TOCSIN_LOG_DEBUG)
        level = TOCSIN_LOG_ERROR;
    if (str_eq(jx_str(frame, "about"), "http")) {
        log_debug("http", "%s: %s", m->name, text);
        return 0;
    }
    if (m->events.said && level <= TOCSIN_LOG_WARN) {
        m->events.said(m->user, m->name, (int)level, text);
        return 0;
    }
    if (level != TOCSIN_LOG_ERROR) {
        log_at((enum log_level)level, m->name, "%s", text);
        return 0;
    }
    /* The last error may be why it ends, and is then said once, there. */
    if (m->last_error)
        log_at(LOG_ERROR, m->name, "%s", m->last_error);
    str_replace(&m->last_error, text);
    return 0;
}

static int on_ready(struct member *m, const json_t *frame, struct err *err)
{
    json_t *format = json_object_get(frame, "format");

    if (m->state != MEMBER_STARTING)
        return out_of_turn(frame, err);
    m->state = MEMBER_WORKING;
    if (m->events.ready)
        m->events.ready(m->user, m->name, (uint32_t)jx_int(frame, "flags", 0),
                        json_is_object(format) ? format : NULL);
    return 0;
}

static int on_remote(struct member *m, json_t *frame, struct err *err)
{
    json_t *cursor = json_object_get(frame, "cursor");

    if (!m->is_sink || m->state == MEMBER_QUEUED || !jx_arr(frame, "remotes")
        || !jx_arr(frame, "notices") || (cursor && !json_is_string(cursor)))
        return out_of_turn(frame, err);
    if (m->events.remotes)
        m->events.remotes(m->user, m->name, frame);
    return 0;
}

static int on_lengths(struct member *m, const json_t *frame, struct err *err)
{
    if (!m->is_sink || m->state != MEMBER_WORKING)
        return out_of_turn(frame, err);
    if (m->events.lengths)
        m->events.lengths(m->user, m->name, jx_int(frame, "title_max", 0),
                          jx_int(frame, "body_max", 0));
    return 0;
}

static int on_described(struct member *m, const json_t *frame, struct err *err)
{
    json_t *plugin = jx_obj(frame, "plugin");

    if (!m->describes || m->described || !plugin)
        return out_of_turn(frame, err);
    m->described = json_incref(plugin);
    m->state = MEMBER_CLOSING;
    return 0;
}

static int on_again(struct member *m, const json_t *frame, struct err *err)
{
    json_t *runs = jx_arr(frame, "runs");

    if (!m->describes || m->described || !runs)
        return out_of_turn(frame, err);
    m->described = json_incref(runs);
    m->state = MEMBER_CLOSING;
    return 0;
}

/* A green log that was handed over a moment ago. */
static bool brings_baseline(const json_t *batch)
{
    size_t i;
    json_t *v;

    json_array_foreach(jx_arr(batch, "runs"), i, v)
        if (jx_str(jx_obj(v, "result"), "baseline"))
            return true;
    return false;
}

static int on_beaten(struct member *m, json_t *frame, struct err *err)
{
    if (!m->describes || m->described)
        return out_of_turn(frame, err);
    m->described = json_incref(frame);
    m->state = MEMBER_CLOSING;
    return 0;
}

static int on_baseline(struct member *m, const json_t *frame, struct err *err)
{
    CLEANUP_FREE char *text = NULL;

    if (m->is_sink || m->state != MEMBER_WORKING || !jx_obj(frame, "run"))
        return out_of_turn(frame, err);
    if (brings_baseline(m->batch))
        member_flush(m);
    if (m->events.baseline)
        text = m->events.baseline(m->user, m->name, jx_obj(frame, "run"));
    member_send(m, json_pack("{s:s, s:s?}", "t", "baseline", "text", text));
    return 0;
}

/* -- ends of operations -- */

static enum host_end end_of(int status)
{
    return status == TOCSIN_OK      ? HOST_END_OK
           : status == TOCSIN_RETRY ? HOST_END_RETRY
                                    : HOST_END_FATAL;
}

static void judge_status(struct member *m, const char *op, int status,
                         const json_t *frame)
{
    CLEANUP_FREE char *end = status_end(op, status);

    if (status != TOCSIN_OK)
        member_judge(m, end_of(status), "%s", jx_str_or(frame, "text", end));
}

static int done_start(struct member *m, const char *op, int status,
                      const json_t *frame, struct err *err)
{
    if (m->state > MEMBER_WORKING || status == TOCSIN_OK)
        return out_of_turn(frame, err);
    if (!strcmp(op, "start"))
        member_judge(m, HOST_END_START, "%s",
                     jx_str_or(frame, "text", "could not start"));
    else
        judge_status(m, op, status, frame);
    m->state = MEMBER_CLOSING;
    member_set_deadline(m, CLOSE_SECONDS);
    return 0;
}

static int done_collect(struct member *m, int status, const json_t *frame,
                        struct err *err)
{
    if (m->is_sink || m->state != MEMBER_WORKING)
        return out_of_turn(frame, err);
    str_replace(&m->item, NULL);
    judge_status(m, "collect", status, frame);
    member_flush(m);
    send_close(m);
    return 0;
}

static int done_observe(struct member *m, int status, const json_t *frame,
                        struct err *err)
{
    if (!m->is_sink || m->state != MEMBER_WORKING)
        return out_of_turn(frame, err);
    m->state = MEMBER_IDLE;
    m->deadline_ms = 0;
    str_replace(&m->callback, NULL);
    if (m->events.observed)
        m->events.observed(m->user, m->name, status,
                           jx_int(jx_obj(frame, "receipt"), "retry_after", 0));
    if (status == TOCSIN_FATAL) {
        judge_status(m, "observe", status, frame);
        send_close(m);
    }
    return 0;
}

static struct op *take_current(struct member *m, bool deliver, int64_t id)
{
    struct op *op = m->current;

    if (m->state != MEMBER_BUSY || !op || op->deliver != deliver
        || op->id != id)
        return NULL;
    m->current = NULL;
    m->state = MEMBER_IDLE;
    m->deadline_ms = 0;
    str_replace(&m->callback, NULL);
    return op;
}

static int done_deliver(struct member *m, int status, const json_t *frame,
                        struct err *err)
{
    struct op *op = take_current(m, true, jx_int(frame, "id", -1));

    if (!op)
        return out_of_turn(frame, err);
    if (m->events.delivered)
        m->events.delivered(m->user, m->name, op->id, status, false,
                            jx_obj(frame, "receipt"));
    op_free(op);
    if (jx_str(frame, "text"))
        member_judge(m, HOST_END_FATAL, "%s", jx_str(frame, "text"));
    if (status == TOCSIN_FATAL) {
        const char *why = jx_str(jx_obj(frame, "receipt"), "text");

        if (why)
            member_judge(m, HOST_END_FATAL, "gave up in deliver: %s", why);
        judge_status(m, "deliver", status, frame);
    }
    if (m->judged)
        send_close(m);
    return 0;
}

static int on_done(struct member *m, const json_t *frame, struct err *err)
{
    const char *op = jx_str_or(frame, "op", "");
    int status = status_of(jx_str(frame, "status"));

    if (!strcmp(op, "start") || !strcmp(op, "open"))
        return done_start(m, op, status, frame, err);
    if (!strcmp(op, "collect"))
        return done_collect(m, status, frame, err);
    if (!strcmp(op, "observe"))
        return done_observe(m, status, frame, err);
    if (!strcmp(op, "deliver"))
        return done_deliver(m, status, frame, err);
    if (strcmp(op, "close") != 0 || m->describes)
        return out_of_turn(frame, err);
    /* A contract broken outside of what could be answered. */
    judge_status(m, op, status, frame);
    m->state = MEMBER_CLOSING;
    member_set_deadline(m, CLOSE_SECONDS);
    return 0;
}

static int on_reached(struct member *m, const json_t *frame, struct err *err)
{
    struct op *op = take_current(m, false, jx_int(frame, "id", -1));

    if (!op)
        return out_of_turn(frame, err);
    if (m->events.reached)
        m->events.reached(m->user, m->name, op->id,
                          jx_bool(frame, "ok", false));
    op_free(op);
    return 0;
}

static int on_closed(struct member *m)
{
    m->closed = true;
    return 0;
}

static int on_rehearsed(struct member *m, const json_t *frame)
{
    if (m->events.rehearsed)
        m->events.rehearsed(m->user, m->name, jx_int(frame, "requests", 0));
    return 0;
}

static int on_wrote(struct member *m, const json_t *frame, struct err *err)
{
    if (m->state != MEMBER_BUSY || !m->current || !m->current->deliver)
        return out_of_turn(frame, err);
    if (m->events.wrote)
        m->events.wrote(m->user, m->name);
    return 0;
}

int member_frame(struct member *m, json_t *frame, size_t bytes, struct err *err)
{
    const char *type = jx_str_or(frame, "t", "");

    /* Nothing may come after the last. */
    if (m->closed)
        return out_of_turn(frame, err);
    if (show_wanted(m->name))
        show_said(m->name, frame);
    if (!strcmp(type, "batch"))
        return on_batch(m, frame, bytes, err);
    if (!strcmp(type, "item"))
        return on_item(m, frame);
    if (!strcmp(type, "at"))
        return on_at(m, frame);
    if (!strcmp(type, "log"))
        return on_log(m, frame);
    if (!strcmp(type, "done"))
        return on_done(m, frame, err);
    if (!strcmp(type, "reached"))
        return on_reached(m, frame, err);
    if (!strcmp(type, "wrote"))
        return on_wrote(m, frame, err);
    if (!strcmp(type, "remote"))
        return on_remote(m, frame, err);
    if (!strcmp(type, "lengths"))
        return on_lengths(m, frame, err);
    if (!strcmp(type, "ready"))
        return on_ready(m, frame, err);
    if (!strcmp(type, "described"))
        return on_described(m, frame, err);
    if (!strcmp(type, "baseline"))
        return on_baseline(m, frame, err);
    if (!strcmp(type, "again"))
        return on_again(m, frame, err);
    if (!strcmp(type, "beaten"))
        return on_beaten(m, frame, err);
    if (!strcmp(type, "rehearsed"))
        return on_rehearsed(m, frame);
    if (!strcmp(type, "closed"))
        return on_closed(m);
    return err_set(err, ERR_PLUGIN, "an unknown frame");
}
