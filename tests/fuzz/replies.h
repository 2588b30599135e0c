/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * replies: a server for a plugin under libFuzzer. What the plugin asks is
 * answered in that order with what the input holds: for each reply a byte
 * that says its status, its body, a NUL. What the input does not hold is
 * asked behind the end of the pass's budget.
 */
#ifndef TOCSIN_TESTS_FUZZ_REPLIES_H
#define TOCSIN_TESTS_FUZZ_REPLIES_H

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/tocsin-plugin.h"

#define REQUESTS_MAX 200

struct asked {
    struct tocsin_http_request r;
    char *url;
};

static struct {
    /* set by the target: */
    const char *base;           /* no request may go elsewhere */
    const char *const *headers; /* of every reply; the first of some */
    const char *elsewhere;      /* where redirects end; may be NULL */
    /* May be NULL; status: of the reply that comes. */
    void (*look)(const struct tocsin_http_request *r, int status);

    struct asked queue[REQUESTS_MAX];
    size_t head, tail, bodies;
    const char *at, *end;
} replies;

static void replies_begin(const uint8_t *p, size_t n)
{
    replies.head = replies.tail = replies.bodies = 0;
    replies.at = (const char *)p;
    replies.end = replies.at + n;
}

static int replies_http(const struct tocsin_host *h,
                        const struct tocsin_http_request *r, uint64_t *id)
{
    struct asked *a = &replies.queue[replies.tail % REQUESTS_MAX];

    (void)h;
    if (!str_starts(r->url, replies.base) || strpbrk(r->url, "\r\n "))
        BUG("a request to elsewhere: %s", r->url);
    if (replies.tail - replies.head >= REQUESTS_MAX)
        BUG("too many requests at a time");
    a->r = *r;
    a->url = xstrdup(r->url);
    a->r.method = r->method ? r->method : "GET";
    a->r.body = r->body ? xmemdup0(r->body, r->body_len) : NULL;
    if (id)
        *id = replies.tail;
    replies.tail++;
    return TOCSIN_OK;
}

static void replies_http_cancel(const struct tocsin_host *h, uint64_t id)
{
    (void)h;
    (void)id;
}

static int replies_http_keep(const struct tocsin_host *h, const char *url)
{
    (void)h;
    return str_starts(url, replies.base) ? TOCSIN_OK : TOCSIN_REJECT;
}

/* The next body of the input, and the byte before it. False: there is none. */
static bool replies_next(struct tocsin_http_reply *r)
{
    static const int statuses[] = { 200, 200, 200, 200, 304, 401,
                                    403, 404, 410, 422, 502, 0 };
    unsigned char how;
    const char *nul;

    if (replies.at >= replies.end || ++replies.bodies >= REQUESTS_MAX)
        return false;
    how = (unsigned char)*replies.at++;
    nul = memchr(replies.at, '\0', (size_t)(replies.end - replies.at));
    r->status = statuses[how % ARRAY_SIZE(statuses)];
    r->error = r->status ? TOCSIN_HTTP_OK : TOCSIN_HTTP_TIMEOUT;
    r->headers = replies.headers + !(how & 64);
    if (how & 128 && replies.elsewhere)
        r->url = replies.elsewhere;
    r->body = replies.at;
    r->body_len = (size_t)((nul ? nul : replies.end) - replies.at);
    replies.at += r->body_len + (nul != NULL);
    return true;
}

static void replies_answer(struct asked *a)
{
    struct tocsin_http_reply r = {
        ._struct_size = sizeof(r),
        .url = a->url,
        .headers = replies.headers + 1,
        .body = "",
        .error = TOCSIN_HTTP_BUDGET,
    };
    bool any = replies_next(&r);

    if (replies.look)
        replies.look(&a->r, any ? r.status : 0);
    if (any && a->r.body_part && r.status == 200) {
        a->r.body_part(a->r.user, r.body, r.body_len);
        r.body_len = 0;
    }
    a->r.reply(a->r.user, &r);
    free((void *)(uintptr_t)a->r.body);
    free(a->url);
}

/* Until nothing is asked any more. */
static void replies_play(void)
{
    while (replies.head < replies.tail) {
        struct asked a = replies.queue[replies.head++ % REQUESTS_MAX];

        a.r.url = a.url;
        replies_answer(&a);
    }
}

#endif
