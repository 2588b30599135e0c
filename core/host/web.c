/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * HTTP as a plugin sees it: host->http over http/, with the validators that
 * the store keeps, and the trace of -D http. Must not let a secret into a
 * trace.
 */
#include <config.h>

#include "core/host/web.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/host/known.h"
#include "core/host/rehearse.h"
#include "core/host/services-private.h"

/* A worker that is busy with replies still has to send what it gathered. */
#define STEP_MS 250
#define REST_MS ((int64_t)300)
#define MIB ((int64_t)1 << 20)
/* What is stored of a validator that has not changed is refreshed so often,
 * or it would be taken for one that nobody asks with any more. */
#define REFRESH_SECONDS ((int64_t)7 * DAY)

struct web {
    struct services *services;
    struct http *http;
    char *agent;
    const char **connect_to;
    struct known *fresh; /* validators of replies, not kept yet */
};

/* ---- what http/ asks ----------------------------------------------------- */

static void on_validator(void *user, const char *url, const char **etag,
                         const char **modified)
{
    const struct web *w = user;
    struct known_one v;

    known_get(w->services->known, known_key(url), &v);
    *etag = v.etag;
    *modified = v.modified;
}

static void on_replied(void *user, const char *url, const char *etag,
                       const char *modified)
{
    struct web *w = user;
    const struct known_one v = {
        .etag = etag,
        .modified = modified,
        .used = jx_int(w->services->start, "now", 0),
    };

    known_put(&w->fresh, known_key(url), &v);
}

static void on_enter(void *user, const char *item)
{
    struct web *w = user;

    if (!w->services->is_sink)
        position_enter(w->services, item);
}

static int64_t on_write(void *user)
{
    const struct web *w = user;

    return writes_may(w->services);
}

static void on_trace(void *user, const char *line)
{
    struct web *w = user;
    json_t *frame = json_object();

    jx_set_str(frame, "t", "log");
    jx_set_int(frame, "level", TOCSIN_LOG_DEBUG);
    jx_set_str(frame, "about", "http");
    services_set_text(w->services, frame, "text", line);
    services_send(w->services, frame);
}

/* ---- making it ----------------------------------------------------------- */

static const char **text_list(const json_t *list, size_t *nr)
{
    size_t n = json_array_size(list);
    const char **out = xcalloc(n + 1, sizeof(*out));

    *nr = 0;
    for (size_t i = 0; i < n; i++) {
        const char *text = json_string_value(json_array_get(list, i));

        if (text)
            out[(*nr)++] = text;
    }
    return out;
}

/* The last tenth of the time is for ending cleanly, and of a short time more
 * than that. */
static void set_times(struct http_options *o, const struct services *s)
{
    int64_t left = s->end_ms - when_monotonic_ms();
    int64_t rest = left / 20 > REST_MS ? left / 20 : REST_MS;

    if (!s->end_ms)
        return;
    o->end_ms = s->end_ms - (rest < left / 2 ? rest : left / 2);
    o->deadline_ms = o->end_ms - left / 20;
}

static struct http_options options_of(struct web *w, const json_t *conf)
{
    struct services *s = w->services;
    struct http_options o = {
        .user_agent = w->agent, .ca_file = jx_str(conf, "ca_file"),
        .parallel = (int)jx_int(conf, "parallel", 16),
        .connect_ms = jx_int(conf, "connect_timeout", 30) * 1000,
        .idle_ms = jx_int(conf, "idle_timeout", 60) * 1000,
        .total_ms = jx_int(conf, "timeout", 300) * 1000,
        .max_body = (size_t)jx_int(conf, "max_body", 64 * MIB),
        .requests = jx_int(conf, "requests", 0),
        .retry = {
            .tries = (int)jx_int(conf, "tries", 4),
            .base_ms = jx_int(conf, "back_off_ms", 1000),
            .cap_ms = 60000,
            .wait_max_ms = jx_int(conf, "wait_max", 120) * 1000,
        },
        .validator = on_validator, .replied = on_replied,
        .enter = on_enter, .user = w,
        .may_write = s->is_sink ? on_write : NULL,
    };

    if (jx_bool(s->start, "trace_http", false))
        o.trace = on_trace;
    o.connect_to = w->connect_to;
    set_times(&o, s);
    return o;
}

static struct web *web_of(struct services *s)
{
    const json_t *conf = jx_obj(s->start, "http");
    struct web *w = s->web;
    struct http_options o;
    size_t nr;

    if (w)
        return w;
    w = s->web = xcalloc(1, sizeof(*w));
    w->services = s;
    w->agent = xasprintf("tocsin/%s (%s)", PACKAGE_VERSION,
                         jx_str_or(conf, "contact", "no contact given"));
    w->connect_to = text_list(jx_arr(conf, "connect_to"), &nr);
    o = options_of(w, conf);
    o.nr_connect_to = nr;
    w->http = http_new(&o);
    return w;
}

/* ---- struct tocsin_host -------------------------------------------------- */

static int host_http(const struct tocsin_host *host,
                     const struct tocsin_http_request *given, uint64_t *id)
{
    struct services *s = services_of(host);
    struct tocsin_http_request r;

    if (!given || services_copy(&r, sizeof(r), given) < 0)
        return report_refuse(s, "a request",
                             "it is NULL, or its "
                             "_struct_size is not set");
    if (http_start(web_of(s)->http, &r, s->item, id) < 0)
        return report_refuse(s, "a request", "it has no url or no reply");
    return TOCSIN_OK;
}

static void host_http_cancel(const struct tocsin_host *host, uint64_t id)
{
    struct services *s = services_of(host);

    if (s->web)
        http_cancel(s->web->http, id);
}

static bool worth_storing(const struct known_one *known,
                          const struct known_one *now, int64_t today)
{
    return !str_eq(known->etag, now->etag)
           || !str_eq(known->modified, now->modified)
           || today - known->used > REFRESH_SECONDS;
}

/* What comes later in this pass is asked for with it. */
static void keep(struct services *s, struct known_key key,
                 const struct known_one *v)
{
    const struct known_one now = {
        .etag = v->etag,
        .modified = v->modified,
        .used = jx_int(s->start, "now", 0),
    };

    known_put(&s->known, key, &now);
    known_drop(&s->web->fresh, key);
}

static int host_http_keep(const struct tocsin_host *host, const char *url)
{
    struct services *s = services_of(host);
    struct known_one known, now;
    struct known_key key;
    bool had;
    json_t *v;

    if (!url || !s->web)
        return TOCSIN_REJECT;
    key = known_key(url);
    had = known_get(s->known, key, &known);
    if (!known_get(s->web->fresh, key, &now) && !had)
        return TOCSIN_OK;
    if (!now.etag && !now.modified)
        now = known;
    if (had && !worth_storing(&known, &now, jx_int(s->start, "now", 0)))
        return TOCSIN_OK;
    if (s->is_sink) { /* for as long as its worker lives */
        keep(s, key, &now);
        return TOCSIN_OK;
    }
    v = json_object();
    jx_set_str(v, "url", url);
    jx_set_str(v, "etag", now.etag);
    jx_set_str(v, "modified", now.modified);
    keep(s, key, &now);
    return report_gather(s, LIST_VALIDATORS, v, "a validator");
}

static int64_t host_time_left(const struct tocsin_host *host)
{
    struct services *s = services_of(host);
    int64_t ms = s->end_ms - when_monotonic_ms();

    if (!s->end_ms)
        return INT32_MAX;
    return ms > 0 ? ms / 1000 : 0;
}

/* ---- for the worker ------------------------------------------------------ */

void web_init(struct services *s)
{
    s->host.http = host_http;
    s->host.http_cancel = host_http_cancel;
    s->host.http_keep = host_http_keep;
    s->host.time_left = host_time_left;
}

void web_until(struct services *s, int64_t end_ms)
{
    struct http_options o = { .end_ms = 0 };

    s->end_ms = end_ms;
    set_times(&o, s);
    if (s->web)
        http_set_times(s->web->http, o.deadline_ms, o.end_ms);
}

void web_known(struct services *s, const json_t *list)
{
    const json_t *v;
    size_t i;

    json_array_foreach(list, i, v) {
        const char *url = json_string_value(json_array_get(v, 0));
        const struct known_one one = {
            .etag = json_string_value(json_array_get(v, 1)),
            .modified = json_string_value(json_array_get(v, 2)),
            .used = json_integer_value(json_array_get(v, 3)),
        };

        if (url)
            known_put(&s->known, known_key(url), &one);
    }
}

/* Whether a reply is still to come. */
static bool web_busy(const struct services *s)
{
    return s->web && http_busy(s->web->http);
}

void web_run(struct services *s)
{
    while (s->rehearsal && !s->done && !s->broken && rehearse_step(s))
        ;
    while (!s->done && !s->broken && web_busy(s)) {
        http_step(s->web->http, STEP_MS);
        services_flush_if_due(s, STEP_MS);
    }
}

void web_cancel(struct services *s)
{
    if (s->rehearsal)
        rehearse_end(s);
    if (s->web)
        http_cancel_all(s->web->http);
}

void web_release(struct services *s)
{
    struct web *w = s->web;

    known_free(&s->known);
    if (!w)
        return;
    http_free(w->http);
    known_free(&w->fresh);
    free(w->connect_to);
    free(w->agent);
    free(w);
    s->web = NULL;
}
