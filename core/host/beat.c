/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One request to whom watches that passes finish. Must not put the address
 * into an error: who knows it can say that all is well.
 */
#include <config.h>

#include "core/host/beat.h"

#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/host/http/http.h"

#define TOTAL_MS 10000
#define TRIES 2
#define BODY_MAX ((size_t)64 << 10)

struct beat {
    int32_t error, status;
};

static void on_reply(void *user, const struct tocsin_http_reply *reply)
{
    struct beat *b = user;

    b->error = reply->error;
    b->status = reply->status;
}

static void on_enter(void *user, const char *item)
{
    (void)user;
    (void)item;
}

json_t *beat_frame(const json_t *frame, struct err *err)
{
    const json_t *conf = jx_obj(frame, "http");
    struct beat b = { .error = TOCSIN_HTTP_UNREACHABLE };
    const struct http_options o = {
        .user_agent = "tocsin/" PACKAGE_VERSION,
        .parallel = 1,
        .ca_file = jx_str(conf, "ca_file"),
        .max_body = BODY_MAX,
        .connect_ms = TOTAL_MS,
        .idle_ms = TOTAL_MS,
        .total_ms = TOTAL_MS,
        .retry = { .tries = TRIES,
                   .base_ms = 500,
                   .cap_ms = 1000,
                   .wait_max_ms = 1000 },
        .enter = on_enter,
    };
    const struct tocsin_http_request request = {
        ._struct_size = sizeof(request),
        .url = jx_str_or(frame, "url", ""),
        .reply = on_reply,
        .user = &b,
    };
    struct http *h = http_new(&o);

    if (http_start(h, &request, NULL, NULL) == 0)
        while (http_busy(h))
            http_step(h, 500);
    http_free(h);
    if (b.error || b.status / 100 != 2) {
        if (b.error)
            err_set(err, ERR_IO, "it could not be reached");
        else
            err_set(err, ERR_IO, "it answered with status %d", (int)b.status);
        return NULL;
    }
    return json_pack("{s:s, s:i}", "t", "beaten", "status", (int)b.status);
}
