/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The hidden mode: one plugin, one instance, at the other end of the wire.
 * Must not believe that a callback returns, or returns what it may; must not
 * write to stdout, read the environment on, or open the store.
 */
#include <config.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/jsonx.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/host/again.h"
#include "core/host/beat.h"
#include "core/host/crash.h"
#include "core/host/host.h"
#include "core/host/loader.h"
#include "core/host/names.h"
#include "core/host/options.h"
#include "core/host/services.h"
#include "core/host/spawn.h"
#include "core/host/view.h"
#include "core/host/web.h"
#include "core/host/wire.h"

struct worker {
    int fd;
    int64_t end_ms; /* when the core ends us, monotonic */
    json_t *start;  /* the frame */
    struct plugin plugin;
    struct services *services;
    void *handle;
    uint64_t op; /* the last one */
};

/* -- saying -- */

static void send_frame(const struct worker *w, json_t *frame)
{
    CLEANUP_JSON json_t *v = frame;

    if (wire_send(w->fd, v, NULL) < 0)
        _exit(1);
}

static json_t *frame_new(const char *type)
{
    json_t *v = json_object();

    jx_set_str(v, "t", type);
    return v;
}

/* The core then knows where we were when we died. */
static void at(const struct worker *w, const char *callback)
{
    json_t *v = frame_new("at");

    jx_set_str(v, "callback", callback);
    send_frame(w, v);
}

static void send_done(const struct worker *w, const char *op, int64_t id,
                      int status, json_t *receipt, const char *text)
{
    json_t *v = frame_new("done");
    CLEANUP_FREE char *clean = NULL;

    if (text && w->services)
        clean = services_redact(w->services, text);
    jx_set_str(v, "op", op);
    if (id)
        jx_set_int(v, "id", id);
    jx_set_str(v, "status", status_word(status));
    if (receipt)
        json_object_set(v, "receipt", receipt);
    jx_set_str(v, "text", clean ? clean : text);
    send_frame(w, v);
}

static int leave(struct worker *w)
{
    send_frame(w, frame_new("closed"));
    services_free(w->services);
    plugin_release(&w->plugin);
    json_decref(w->start);
#ifdef TOCSIN_SANITIZED
    return 0;
#else
    /* What a plugin has left to run at exit is nobody's business. */
    _exit(0);
#endif
}

/* -- starting -- */

/* The first few of what is wrong, as one line; new, NULL when nothing is. */
static char *first_problems(const struct problems *pb)
{
    struct strbuf b;
    size_t told = 0;

    if (!pb->errors)
        return NULL;
    strbuf_init(&b, 2000);
    for (size_t i = 0; i < pb->nr && told < 3; i++) {
        const struct problem *p = &pb->items[i];

        if (p->warning)
            continue;
        strbuf_addf(&b, "%s%s:%d:%d: %s", told++ ? "; " : "", p->file, p->line,
                    p->column, p->text);
    }
    if (pb->errors > told)
        strbuf_addf(&b, "; and %zu more", pb->errors - told);
    return b.buf;
}

/* Secrets are ours alone now: a child of the plugin must not inherit them. */
static void forget_environment(const json_t *options)
{
    const char *key;
    json_t *v;

    json_object_foreach((json_t *)options, key, v)
        if (str_ends(key, "_env") && json_is_string(v))
            unsetenv(json_string_value(v));
}

/* NULL, or why the instance cannot start; new. */
static char *take_options(struct worker *w)
{
    const struct options_given given = {
        .options = jx_obj(w->start, "options"),
        .option_at = jx_obj(w->start, "option_at"),
        .dir = jx_str_or(w->start, "dir", ""),
        .at = jx_str_or(w->start, "at", ""),
        .plugin = plugin_name(&w->plugin),
    };
    CLEANUP_JSON json_t *described = plugin_describe(&w->plugin);
    const json_t *table = jx_arr(described, "options");
    struct problems pb;
    json_t *resolved, *secrets;
    char *text;

    problems_init(&pb);
    resolved = options_resolve(table, &given, &pb);
    text = first_problems(&pb);
    problems_release(&pb);
    forget_environment(given.options);
    secrets = options_secrets(table, resolved);
#ifndef TOCSIN_SANITIZED
    /* No core dump and no debugger of others, wherever cores go. */
    if (json_array_size(secrets))
        prctl(PR_SET_DUMPABLE, 0);
#endif
    w->services = services_new(w->fd, w->start, resolved, secrets);
    web_until(w->services, w->end_ms);
    return text;
}

/* NULL, or why not; new. */
static char *load(struct worker *w)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    bool sink = str_eq(jx_str(w->start, "kind"), "sink");

    if (plugin_load(&w->plugin, jx_str_or(w->start, "plugin", ""), &err) < 0)
        return xstrdup(err_msg(&err));
    if (sink != (w->plugin.kind == TOCSIN_KIND_SINK))
        return xasprintf("plugin %s is a %s; it belongs under \"%s\"",
                         plugin_name(&w->plugin), sink ? "source" : "sink",
                         sink ? "sources" : "sinks");
    return take_options(w);
}

static void send_ready(const struct worker *w)
{
    CLEANUP_JSON json_t *d = plugin_describe(&w->plugin);
    json_t *v = frame_new("ready");

    json_object_set(v, "name", json_object_get(d, "name"));
    json_object_set(v, "version", json_object_get(d, "version"));
    json_object_set(v, "flags", json_object_get(d, "flags"));
    json_object_set(v, "format", json_object_get(d, "format"));
    send_frame(w, v);
}

/* 0 when the plugin is open, -1 when there is nothing more to do. */
static int start(struct worker *w)
{
    const struct tocsin_host *host;
    CLEANUP_FREE char *fault = NULL;
    int status;

    at(w, "loading");
    fault = load(w);
    if (fault) {
        send_done(w, "start", 0, TOCSIN_FATAL, NULL, fault);
        return -1;
    }
    send_ready(w);
    if (w->plugin.kind == TOCSIN_KIND_SOURCE
        && w->plugin.source.flags & TOCSIN_SOURCE_FACTS
        && jx_arr(w->start, "everybody"))
        json_object_set(w->start, "interest", jx_arr(w->start, "everybody"));
    host = services_host(w->services);
    at(w, "open");
    status = w->plugin.kind == TOCSIN_KIND_SOURCE
                 ? w->plugin.source.open(host, &w->handle)
                 : w->plugin.sink.open(host, &w->handle);
    services_flush(w->services);
    fault = services_breach(w->services, "open");
    if (!fault && status == TOCSIN_OK)
        return 0;
    if (fault)
        status = TOCSIN_FATAL;
    else if (status_valid(status))
        fault = status_end("open", status);
    else
        fault = xasprintf("open returned %d, which is no status", status);
    send_done(w, "open", 0, status, NULL, fault);
    return -1;
}

/* -- working -- */

/* A delivery that is "ok" and says not what it made has an unknown end. */
static void check_receipt(struct services_outcome *out)
{
    if (!out->done || out->status != TOCSIN_OK
        || jx_str(out->receipt, "remote_id"))
        return;
    out->done = 0;
    if (!out->broken)
        out->broken = xstrdup("deliver said \"ok\" without a remote_id");
}

/* Ends op and says how it went. -1: the contract was broken. A delivery
 * whose end is known is answered all the same, for it may have been sent. */
static int end_op(struct worker *w, const char *op, int64_t id, int returned)
{
    bool delivery = id != 0;
    struct services_outcome out;
    int broken;

    services_end(w->services, returned, op, &out);
    if (delivery)
        check_receipt(&out);
    broken = out.broken != NULL;
    if (!delivery)
        send_done(w, op, 0, broken ? TOCSIN_FATAL : out.status, out.receipt,
                  out.broken);
    else if (out.done)
        send_done(w, op, id, out.status, out.receipt, out.broken);
    else
        send_done(w, "close", 0, TOCSIN_FATAL, NULL, out.broken);
    services_outcome_release(&out);
    return broken ? -1 : 0;
}

static int collect(struct worker *w)
{
    at(w, "collect");
    services_begin(w->services, ++w->op);
    return end_op(w, "collect", 0, w->plugin.source.collect(w->handle, w->op));
}

static int observe(struct worker *w)
{
    int status = 0;

    if (w->plugin.sink.observe) {
        at(w, "observe");
        services_begin(w->services, ++w->op);
        status =
            end_op(w, "observe", 0, w->plugin.sink.observe(w->handle, w->op));
    } else {
        send_done(w, "observe", 0, TOCSIN_OK, NULL, NULL);
    }
    services_observed(w->services);
    return status;
}

static void reach(struct worker *w, const json_t *frame)
{
    json_t *answer = frame_new("reached");
    struct owner_view v;
    bool ok = true;

    if (w->plugin.sink.can_reach) {
        at(w, "can_reach");
        owner_view(&v, jx_obj(frame, "owner"));
        ok = w->plugin.sink.can_reach(w->handle, &v.owner) != 0;
        owner_view_release(&v);
    }
    jx_set_int(answer, "id", jx_int(frame, "id", 0));
    jx_set_bool(answer, "ok", ok);
    send_frame(w, answer);
}

static int deliver(struct worker *w, const json_t *frame)
{
    struct notification_view v;
    int status;

    notification_view(&v, jx_obj(frame, "notification"));
    at(w, "deliver");
    services_begin(w->services, ++w->op);
    services_more_writes(
        w->services, jx_int(jx_obj(frame, "notification"), "more_writes", -1));
    status = end_op(w, "deliver", jx_int(frame, "id", 0),
                    w->plugin.sink.deliver(w->handle, w->op, &v.notification));
    notification_view_release(&v);
    return status;
}

static void close_plugin(struct worker *w)
{
    CLEANUP_FREE char *breach = NULL;
    void (*callback)(void *handle) = w->plugin.kind == TOCSIN_KIND_SOURCE
                                         ? w->plugin.source.close
                                         : w->plugin.sink.close;

    at(w, "close");
    if (callback)
        callback(w->handle);
    services_flush(w->services);
    breach = services_breach(w->services, "close");
    if (breach)
        send_done(w, "close", 0, TOCSIN_FATAL, NULL, breach);
}

/* Until the core says close or a callback broke its contract. */
static void serve(struct worker *w)
{
    int status = 0;

    while (status == 0) {
        CLEANUP_JSON json_t *frame = NULL;
        const char *type;

        if (wire_receive(w->fd, &frame, NULL) <= 0)
            _exit(1);
        type = jx_str(frame, "t");
        if (json_object_get(frame, "end"))
            web_until(w->services, jx_int(frame, "end", 0));
        if (!strcmp(type, "known"))
            web_known(w->services, jx_arr(frame, "validators"));
        else if (!strcmp(type, "standing"))
            services_standing(w->services, jx_arr(frame, "rows"));
        else if (!strcmp(type, "leads"))
            services_leads(w->services, jx_arr(frame, "urls"));
        else if (!strcmp(type, "collect"))
            status = collect(w);
        else if (!strcmp(type, "observe"))
            status = observe(w);
        else if (!strcmp(type, "reach"))
            reach(w, frame);
        else if (!strcmp(type, "deliver"))
            status = deliver(w, frame);
        else
            return;
    }
}

static void describe(struct worker *w, const json_t *frame)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    json_t *v;

    at(w, "loading");
    if (plugin_load(&w->plugin, jx_str_or(frame, "plugin", ""), &err) < 0) {
        send_done(w, "start", 0, TOCSIN_FATAL, NULL, err_msg(&err));
        return;
    }
    v = frame_new("described");
    json_object_set_new(v, "plugin", plugin_describe(&w->plugin));
    send_frame(w, v);
}

/* What needs no plugin: the reply to a frame, or why there is none. */
static void answer(struct worker *w, const json_t *frame, const char *what,
                   json_t *(*reply)(const json_t *frame, struct err *err))
{
    CLEANUP_ERR struct err err = ERR_INIT;
    json_t *v;

    at(w, what);
    v = reply(frame, &err);
    if (v)
        send_frame(w, v);
    else
        send_done(w, "start", 0, TOCSIN_FATAL, NULL, err_msg(&err));
}

static void work(struct worker *w, json_t *frame)
{
    w->start = json_incref(frame);
    if (start(w) < 0)
        return;
    serve(w);
    close_plugin(w);
}

static bool is_socket(int fd)
{
    int type;
    socklen_t n = sizeof(type);

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0;
}

int worker_main(void)
{
    struct worker w = { .fd = WORKER_FD };
    json_t *time, *frame;
    const char *type;

    if (!is_socket(w.fd)) {
        log_error("--worker is for Tocsin itself, not for you");
        return 2;
    }
    /* A program that the plugin starts gets neither the wire nor the lock. */
    fcntl(WORKER_FD, F_SETFD, FD_CLOEXEC);
    fcntl(WORKER_LOCK_FD, F_SETFD, FD_CLOEXEC);
    signal(SIGPIPE, SIG_IGN);
    json_set_alloc_funcs(xmalloc, free);
    crash_watch();
    if (wire_receive(w.fd, &time, NULL) <= 0)
        return 1;
    w.end_ms = jx_int(time, "end", 0);
    json_decref(time);
    if (wire_receive(w.fd, &frame, NULL) <= 0)
        return 1;
    type = jx_str(frame, "t");
    if (str_eq(type, "describe"))
        describe(&w, frame);
    else if (str_eq(type, "again"))
        answer(&w, frame, "classifying again", again_frame);
    else if (str_eq(type, "beat"))
        answer(&w, frame, "the heartbeat", beat_frame);
    else
        work(&w, frame);
    json_decref(frame);
    return leave(&w);
}
