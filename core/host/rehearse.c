/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bad replies. Must keep to all that the header promises of a reply, and to
 * nothing more: each request gets exactly one, never from inside http().
 */
#include <config.h>

#include "core/host/rehearse.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/io.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/host/http/http.h"
#include "core/host/services-private.h"

/* A plugin that asks again after every failure, without an end. */
#define REQUESTS_MAX 20000
/* As the budget of a pass. */
#define REQUESTS_BUDGET 1000
#define DEEP 20000
#define BODY_MAX ((size_t)64 << 20)

static const struct {
    const char *name;
    int error, status;
    const char *body; /* NULL: none; "deep": made */
} replies[] = {
    { "empty", TOCSIN_HTTP_OK, 200, "" },
    { "null", TOCSIN_HTTP_OK, 200, "null" },
    { "list", TOCSIN_HTTP_OK, 200, "[]" },
    { "object", TOCSIN_HTTP_OK, 200, "{}" },
    { "wrong-types", TOCSIN_HTTP_OK, 200,
      "[null, 1, -1, 1e308, true, \"x\", [], [[]], {\"id\": {}, \"name\": 3, "
      "\"value\": [null, {}], \"items\": \"x\", \"url\": [], \"count\": -1, "
      "\"state\": null, \"created_at\": \"yesterday\"}]" },
    { "wrong-object", TOCSIN_HTTP_OK, 200,
      "{\"id\": [], \"value\": [null, 1, {\"id\": \"x\"}], \"count\": \"x\", "
      "\"items\": {}, \"workflow_runs\": {\"a\": 1}, \"data\": [], "
      "\"result\": 0, \"messages\": \"\", \"errors\": [null], \"token\": 1}" },
    { "deep", TOCSIN_HTTP_OK, 200, NULL },
    { "half", TOCSIN_HTTP_OK, 200, "[{\"id\": 1, \"name\": \"ha" },
    { "noise", TOCSIN_HTTP_OK, 200, NULL },
    { "html", TOCSIN_HTTP_OK, 200,
      "<!DOCTYPE html><html><title>Sign in</title><p>Not what was asked for." },
    { "http-304", TOCSIN_HTTP_OK, 304, "" },
    { "http-401", TOCSIN_HTTP_OK, 401, "{\"message\": \"Bad credentials\"}" },
    { "http-403", TOCSIN_HTTP_OK, 403, "{\"message\": \"Forbidden\"}" },
    { "http-404", TOCSIN_HTTP_OK, 404, "{\"message\": \"Not Found\"}" },
    { "http-410", TOCSIN_HTTP_OK, 410, "" },
    { "http-422", TOCSIN_HTTP_OK, 422, "{\"errors\": [{\"code\": 7}]}" },
    { "http-500", TOCSIN_HTTP_OK, 500, "<h1>Oops</h1>" },
    { "http-503", TOCSIN_HTTP_OK, 503, "" },
    { "unreachable", TOCSIN_HTTP_UNREACHABLE, 0, NULL },
    { "tls", TOCSIN_HTTP_TLS, 0, NULL },
    { "time-out", TOCSIN_HTTP_TIMEOUT, 0, NULL },
    { "truncated", TOCSIN_HTTP_TRUNCATED, 200, NULL },
    { "too-large", TOCSIN_HTTP_TOO_LARGE, 200, NULL },
    { "redirect", TOCSIN_HTTP_REDIRECT, 302, NULL },
    { "quota", TOCSIN_HTTP_QUOTA, 429, NULL },
    { "budget", TOCSIN_HTTP_BUDGET, 0, NULL },
    { "cancelled", TOCSIN_HTTP_CANCELLED, 0, NULL },
    { "recorded", TOCSIN_HTTP_OK, 200, NULL }, /* the last: no bad one */
};

const char *rehearse_reply(size_t i)
{
    return i + 1 < ARRAY_SIZE(replies) ? replies[i].name : NULL;
}

static size_t find(const char *name)
{
    size_t i = 0;

    while (i < ARRAY_SIZE(replies) && !str_eq(replies[i].name, name))
        i++;
    return i < ARRAY_SIZE(replies) ? i : 0;
}

bool rehearse_is_answer(const char *name)
{
    size_t i = find(name);

    return replies[i].error == TOCSIN_HTTP_OK && replies[i].status < 400;
}

/* ---- requests ----------------------------------------------------------- */

struct asked {
    uint64_t id;
    char *url, *item;
    bool cancelled, writes;
    void (*reply)(void *user, const struct tocsin_http_reply *reply);
    int (*body_part)(void *user, const void *p, size_t n);
    void *user;
    struct asked *next;
};

struct rehearsal {
    size_t kind; /* of reply */
    struct strbuf body;
    struct asked *first, **last;
    uint64_t nr;
};

static int host_http(const struct tocsin_host *host,
                     const struct tocsin_http_request *given, uint64_t *id)
{
    struct services *s = services_of(host);
    struct rehearsal *h = s->rehearsal;
    struct tocsin_http_request r;
    struct asked *a;

    if (!given || services_copy(&r, sizeof(r), given) < 0)
        return report_refuse(s, "a request",
                             "it is NULL, or its _struct_size is not set");
    if (!r.url || !r.reply)
        return report_refuse(s, "a request", "it has no url or no reply");
    if (++h->nr > REQUESTS_MAX)
        services_break(s, "asked %d times, although every reply was \"%s\"",
                       REQUESTS_MAX, replies[h->kind].name);
    a = xcalloc(1, sizeof(*a));
    a->id = h->nr;
    a->url = xstrdup(r.url);
    a->item = xstrdup0(s->item);
    a->writes = r.method && strcmp(r.method, "GET") != 0
                && strcmp(r.method, "HEAD") != 0
                && !(r.flags & TOCSIN_HTTP_ASKS);
    a->reply = r.reply;
    a->body_part = r.body_part;
    a->user = r.user;
    *h->last = a;
    h->last = &a->next;
    if (id)
        *id = a->id;
    return TOCSIN_OK;
}

static void host_cancel(const struct tocsin_host *host, uint64_t id)
{
    struct rehearsal *h = services_of(host)->rehearsal;

    for (struct asked *a = h->first; a; a = a->next)
        a->cancelled |= a->id == id;
}

static int host_keep(const struct tocsin_host *host, const char *url)
{
    (void)host;
    return url ? TOCSIN_OK : TOCSIN_REJECT;
}

static void asked_free(struct asked *a)
{
    free(a->url);
    free(a->item);
    free(a);
}

static struct asked *take(struct rehearsal *h)
{
    struct asked *a = h->first;

    if (!a)
        return NULL;
    h->first = a->next;
    if (!h->first)
        h->last = &h->first;
    return a;
}

/* ---- replies ------------------------------------------------------------ */

static void read_body(struct rehearsal *h, const char *path)
{
    size_t n = 0;
    CLEANUP_FREE char *text =
        path ? io_read_file(path, BODY_MAX, &n, NULL) : NULL;

    if (text)
        strbuf_add(&h->body, text, n);
}

static void make_body(struct rehearsal *h)
{
    const char *name = replies[h->kind].name;

    strbuf_init(&h->body, STRBUF_UNBOUNDED);
    if (replies[h->kind].body)
        strbuf_adds(&h->body, replies[h->kind].body);
    for (int i = 0; i < DEEP && str_eq(name, "deep"); i++)
        strbuf_addc(&h->body, '[');
    for (int i = 0; i < 4096 && str_eq(name, "noise"); i++)
        strbuf_addc(&h->body, (char)(i * 167 + i / 256));
    if (str_eq(name, "truncated"))
        strbuf_adds(&h->body, "[{\"id\": 1}, {\"na");
}

/* Why it is not even sent; TOCSIN_HTTP_OK: it is. */
static int fate(struct services *s, const struct asked *a, bool over)
{
    if (over || a->cancelled)
        return TOCSIN_HTTP_CANCELLED;
    if (a->id > REQUESTS_BUDGET)
        return TOCSIN_HTTP_BUDGET;
    return s->is_sink && a->writes && writes_may(s) == HTTP_HELD
               ? TOCSIN_HTTP_HELD
               : TOCSIN_HTTP_OK;
}

static void answer(struct services *s, struct asked *a, bool over)
{
    static const char *const headers[] = {
        "Content-Type: application/json",
        "ETag: \"1\"",
        "X-Odd",
        NULL,
    };
    const struct rehearsal *h = s->rehearsal;
    const int unsent = fate(s, a, over);
    struct tocsin_http_reply r = {
        ._struct_size = sizeof(r),
        .error = replies[h->kind].error,
        .status = replies[h->kind].status,
        .url = a->url,
        .headers = headers,
        .body = str_or(h->body.buf, ""),
        .body_len = h->body.len,
    };

    if (unsent)
        r = (struct tocsin_http_reply){ ._struct_size = sizeof(r),
                                        .error = unsent,
                                        .url = a->url,
                                        .headers = headers + 3,
                                        .body = "" };
    if (!s->is_sink)
        position_enter(s, a->item);
    if (r.error == TOCSIN_HTTP_QUOTA)
        r.retry_after = 3600;
    if (r.error)
        r.error_text = "rehearsed";
    if (a->body_part && r.status >= 200 && r.status < 300 && r.body_len) {
        if (a->body_part(a->user, r.body, r.body_len) != TOCSIN_OK)
            r.error = TOCSIN_HTTP_STOPPED;
        r.body_len = 0;
    } else if (r.error) {
        r.body_len = 0;
    }
    a->reply(a->user, &r);
    asked_free(a);
}

bool rehearse_step(struct services *s)
{
    struct asked *a = take(s->rehearsal);

    if (!a)
        return false;
    answer(s, a, false);
    return true;
}

void rehearse_end(struct services *s)
{
    struct rehearsal *h = s->rehearsal;
    struct asked *a;

    while ((a = take(h)))
        answer(s, a, true);
    services_send(s, json_pack("{s:s, s:I}", "t", "rehearsed", "requests",
                               (json_int_t)h->nr));
}

void rehearse_init(struct services *s)
{
    const char *name = jx_str(s->start, "rehearse");
    struct rehearsal *h;

    if (!name)
        return;
    h = s->rehearsal = xcalloc(1, sizeof(*h));
    h->kind = find(name);
    h->last = &h->first;
    make_body(h);
    if (str_eq(name, "recorded"))
        read_body(h, jx_str(s->start, "recorded"));
    s->host.http = host_http;
    s->host.http_cancel = host_cancel;
    s->host.http_keep = host_keep;
}

void rehearse_release(struct services *s)
{
    struct asked *a;

    if (!s->rehearsal)
        return;
    while ((a = take(s->rehearsal)))
        asked_free(a);
    strbuf_release(&s->rehearsal->body);
    free(s->rehearsal);
    s->rehearsal = NULL;
}
