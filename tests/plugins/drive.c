/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Drives core/host by a JSON object on stdin and prints every event as one
 * JSON object a line. Must not know what a plugin ought to do: the tests do.
 *
 *   {"self", "parallel"?, "output_max"?, "pass_ms"?, "plugin_path"?: [..],
 *    "list"?: true, "describe"?: [name], "check"?: true,
 *    "instances": [{"name", "plugin", "sink"?, "options", "option_at"?,
 *        "dir"?, "deadline"?, "memory"?, "cursor"?, "skip"?, "interest"?,
 *        "redact"?, "standing"?: [ROW], "reach"?: [OWNER], "deliver"?: [NOTIFICATION]}],
 *    "store_fails"?: instance, "again"?: instance}
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/config/problems.h"
#include "core/host/host.h"

struct drive {
    struct host *host;
    json_t *spec;
};

static void print(json_t *v)
{
    CLEANUP_FREE char *text = jx_dump(v);

    puts(text);
    fflush(stdout);
    json_decref(v);
}

static json_t *event(const char *what, const char *instance)
{
    json_t *v = json_object();

    jx_set_str(v, "event", what);
    jx_set_str(v, "instance", instance);
    return v;
}

static const json_t *instance_spec(const struct drive *d, const char *name)
{
    const json_t *list = jx_arr(d->spec, "instances");

    for (size_t i = 0; i < json_array_size(list); i++)
        if (str_eq(jx_str(json_array_get(list, i), "name"), name))
            return json_array_get(list, i);
    return NULL;
}

static int on_batch(void *user, const char *instance, json_t *frame,
                    struct err *err)
{
    struct drive *d = user;
    json_t *v = event("batch", instance);

    if (str_eq(jx_str(d->spec, "store_fails"), instance)) {
        json_decref(v);
        return err_set(err, ERR_STORE, "the disk is full");
    }
    json_object_set(v, "frame", frame);
    print(v);
    return 0;
}

static void on_remotes(void *user, const char *instance, json_t *frame)
{
    json_t *v = event("remotes", instance);

    (void)user;
    json_object_set(v, "remotes", jx_arr(frame, "remotes"));
    json_object_set(v, "notices", jx_arr(frame, "notices"));
    print(v);
}

static void on_delivered(void *user, const char *instance, int64_t id,
                         int status, bool died, json_t *receipt)
{
    json_t *v = event("delivered", instance);

    (void)user;
    jx_set_int(v, "id", id);
    jx_set_int(v, "status", status);
    jx_set_bool(v, "died", died);
    if (receipt)
        json_object_set(v, "receipt", receipt);
    print(v);
}

static void on_reached(void *user, const char *instance, int64_t id, bool ok)
{
    json_t *v = event("reached", instance);

    (void)user;
    jx_set_int(v, "id", id);
    jx_set_bool(v, "ok", ok);
    print(v);
}

static void on_ready(void *user, const char *instance, uint32_t flags,
                     json_t *format)
{
    json_t *v = event("ready", instance);

    (void)user;
    jx_set_int(v, "flags", flags);
    if (format)
        json_object_set(v, "format", format);
    print(v);
}

static void on_lengths(void *user, const char *instance, int64_t title_max,
                       int64_t body_max)
{
    json_t *v = event("lengths", instance);

    (void)user;
    jx_set_int(v, "title_max", title_max);
    jx_set_int(v, "body_max", body_max);
    print(v);
}

static void on_observed(void *user, const char *instance, int status,
                        int64_t retry_after)
{
    struct drive *d = user;
    const json_t *spec = instance_spec(d, instance);
    json_t *v = event("observed", instance), *member;
    size_t i;

    jx_set_int(v, "status", status);
    if (retry_after)
        jx_set_int(v, "retry_after", retry_after);
    print(v);
    json_array_foreach(jx_arr(spec, "reach"), i, member)
        host_reach(d->host, instance, (int64_t)i + 1, member);
    json_array_foreach(jx_arr(spec, "deliver"), i, member)
        host_deliver(d->host, instance, (int64_t)i + 1, member);
    host_finish(d->host, instance);
}

static void start(struct drive *d, const json_t *spec);

/* Once more, without the item that it died of. */
static void start_again(struct drive *d, const char *instance, const char *item)
{
    CLEANUP_JSON json_t *spec = json_copy((json_t *)instance_spec(d, instance));

    json_object_del(d->spec, "again");
    json_object_set_new(spec, "skip", json_pack("[s]", item));
    start(d, spec);
}

static void on_ended(void *user, const char *instance, enum host_end how,
                     const char *item, const char *text)
{
    static const char *const ends[] = {
        "ok", "retry", "fatal", "death", "limit", "start",
    };
    struct drive *d = user;
    json_t *v = event("ended", instance);

    jx_set_str(v, "how", ends[how]);
    jx_set_str(v, "item", item);
    jx_set_str(v, "text", text);
    print(v);
    if (item && str_eq(jx_str(d->spec, "again"), instance))
        start_again(d, instance, item);
}

/* {url: {"etag"?, "modified"?, "used"}}, in the order of URLs. */
static int on_validators(void *user, const char *instance, const char *after,
                         json_t **page, struct err *err)
{
    struct drive *d = user;
    json_t *all = jx_obj(instance_spec(d, instance), "validators");
    void *at = after
                   ? json_object_iter_next(all, json_object_iter_at(all, after))
                   : json_object_iter(all);

    (void)err;
    *page = json_array();
    for (; at && json_array_size(*page) < 500;
         at = json_object_iter_next(all, at)) {
        const json_t *v = json_object_iter_value(at);

        json_array_append_new(
            *page, json_pack("[s, s?, s?, I]", json_object_iter_key(at),
                             jx_str(v, "etag"), jx_str(v, "modified"),
                             (json_int_t)jx_int(v, "used", 0)));
    }
    return 0;
}

static const struct host_events events = {
    .validators = on_validators,
    .batch = on_batch,
    .remotes = on_remotes,
    .delivered = on_delivered,
    .reached = on_reached,
    .ready = on_ready,
    .observed = on_observed,
    .lengths = on_lengths,
    .ended = on_ended,
};

static const char **strings(const json_t *list, size_t *nr)
{
    const char **out = xcalloc(json_array_size(list) + 1, sizeof(*out));

    for (*nr = 0; *nr < json_array_size(list); (*nr)++)
        out[*nr] = json_string_value(json_array_get(list, *nr));
    return out;
}

static void fill_instance(struct instance *in, const json_t *spec)
{
    in->name = (char *)jx_str(spec, "name");
    in->plugin = (char *)jx_str(spec, "plugin");
    in->is_sink = jx_bool(spec, "sink", false);
    in->options = jx_obj(spec, "options");
    in->option_at = jx_obj(spec, "option_at");
    in->dir = (char *)jx_str_or(spec, "dir", "/");
    in->at = (char *)jx_str_or(spec, "at", "drive.yaml:1:1");
    in->deadline = jx_int(spec, "deadline", 20);
    in->memory = jx_int(spec, "memory", (int64_t)512 << 20);
}

static void start(struct drive *d, const json_t *spec)
{
    struct instance in = { .name = NULL };
    CLEANUP_FREE const char **redact = NULL;
    struct host_start s = {
        .now = jx_int(d->spec, "now", 1000),
        .cursor = jx_str(spec, "cursor"),
        .interest = jx_arr(spec, "interest"),
        .skip = jx_arr(spec, "skip"),
        .standing = jx_arr(spec, "standing"),
    };

    redact = strings(jx_arr(spec, "redact"), &s.nr_redact);
    s.redact = redact;
    fill_instance(&in, spec);
    host_start(d->host, &in, &s, &events, d);
}

static void check(struct drive *d, const json_t *spec)
{
    struct instance in = { .name = NULL };
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_JSON json_t *described = NULL;
    struct problems pb;

    fill_instance(&in, spec);
    described = host_describe(d->host, in.plugin, &err);
    problems_init(&pb);
    if (described)
        host_check_options(&in, described, &pb);
    else
        problems_error(&pb, in.at, 0, 0, "%s", err_msg(&err));
    problems_print(&pb, stdout);
    fflush(stdout);
    problems_release(&pb);
}

static void describe(struct drive *d, const char *name)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    json_t *v = event("described", name);
    json_t *plugin = host_describe(d->host, name, &err);

    if (plugin)
        json_object_set_new(v, "plugin", plugin);
    else
        jx_set_str(v, "error", err_msg(&err));
    print(v);
}

static void run(struct drive *d)
{
    json_t *member;
    size_t i;

    if (jx_bool(d->spec, "list", false))
        print(host_list(d->host));
    json_array_foreach(jx_arr(d->spec, "describe"), i, member)
        describe(d, json_string_value(member));
    json_array_foreach(jx_arr(d->spec, "instances"), i, member)
        if (jx_bool(d->spec, "check", false))
            check(d, member);
        else
            start(d, member);
    while (host_busy(d->host))
        host_step(d->host);
}

static void take_http(struct http_settings *s, const json_t *v)
{
    s->ca_file = (char *)jx_str(v, "ca_file");
    s->contact = (char *)jx_str(v, "contact");
    s->connect_to =
        (char **)strings(jx_arr(v, "connect_to"), &s->nr_connect_to);
    s->parallel = jx_int(v, "parallel", 0);
    s->requests = jx_int(v, "requests", 0);
    s->connect_timeout = jx_int(v, "connect_timeout", 0);
    s->idle_timeout = jx_int(v, "idle_timeout", 0);
    s->timeout = jx_int(v, "timeout", 0);
    s->max_body = jx_int(v, "max_body", 0);
    s->tries = jx_int(v, "tries", 0);
    s->wait_max = jx_int(v, "wait_max", 0);
}

int main(void)
{
    struct http_settings http = { .ca_file = NULL };
    static char buffer[32 << 20];
    size_t n = fread(buffer, 1, sizeof(buffer), stdin);
    CLEANUP_ERR struct err err = ERR_INIT;
    struct drive d = { .spec = jx_parse(buffer, n, &err) };
    struct host_options opts = { .lock_fd = -1 };
    CLEANUP_FREE const char **path = NULL;
    int64_t pass_ms;

    if (!d.spec) {
        fprintf(stderr, "drive: %s\n", err_msg(&err));
        return 2;
    }
    opts.self = jx_str(d.spec, "self");
    opts.parallel = (int)jx_int(d.spec, "parallel", 0);
    opts.output_max = (uint64_t)jx_int(d.spec, "output_max", 0);
    pass_ms = jx_int(d.spec, "pass_ms", 0);
    opts.deadline_ms = pass_ms ? when_monotonic_ms() + pass_ms : 0;
    path = strings(jx_arr(d.spec, "plugin_path"), &opts.nr_plugin_path);
    opts.plugin_path = path;
    take_http(&http, jx_obj(d.spec, "http"));
    opts.http = &http;
    if (jx_bool(d.spec, "trace", false))
        log_enable("http");
    d.host = host_new(&opts);
    run(&d);
    host_free(d.host);
    free(http.connect_to);
    json_decref(d.spec);
    return 0;
}
