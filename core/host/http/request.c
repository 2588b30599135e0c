/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Requests. Must not let through what could not be sent safely.
 */
#include <config.h>

#include "core/host/http/request.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/host/http/redirect.h"

#define URL_MAX ((size_t)8192)

static bool method_fine(const char *m)
{
    size_t n = strlen(m);

    for (size_t i = 0; i < n; i++)
        if (!isupper((unsigned char)m[i]))
            return false;
    return n > 0;
}

static bool url_fine(const char *url)
{
    if (strlen(url) > URL_MAX)
        return false;
    for (const char *s = url; *s; s++)
        if ((unsigned char)*s <= 0x20 || *s == 0x7f)
            return false;
    return true;
}

static const char *fault_of(const struct request *r, const char *origin)
{
    if (!method_fine(r->method))
        return "its method is none";
    if (!origin)
        return "its URL is no http(s) URL, or has a password in it";
    for (size_t i = 0; r->headers[i]; i++) {
        if (!header_line_fine(r->headers[i]))
            return "one of its headers is no \"Name: value\"";
        if (header_is_secret(r->headers[i]) && str_starts(r->url, "http:")
            && !url_is_loopback(r->url))
            return "a secret would go over the network unencrypted";
    }
    return NULL;
}

static char *no_lines[] = { NULL };
static struct exchange no_exchange;

static char **copy_lines(const char *const *lines)
{
    size_t nr = 0;
    char **out;

    while (lines && lines[nr])
        nr++;
    if (!nr)
        return no_lines;
    out = xcalloc(nr + 1, sizeof(*out));
    for (size_t i = 0; i < nr; i++)
        out[i] = xstrdup(lines[i]);
    return out;
}

struct request *request_new(const struct tocsin_http_request *given,
                            size_t max_body, char **origin, const char **fault)
{
    const char *method = str_or(given->method, "GET");
    struct request *r;
    size_t n;

    if (!given->reply || !given->url || (given->body_len && !given->body))
        return NULL;
    n = strlen(given->url) + 1;
    r = xcalloc(1, sizeof(*r) + n);
    memcpy(r->url, given->url, n);
    r->x = &no_exchange;
    /* One that is too long stays empty: it is none. */
    if (strlen(method) < sizeof(r->method))
        memcpy(r->method, method, strlen(method));
    r->headers = copy_lines(given->headers);
    if (given->body_len)
        r->body = xmemdup0(given->body, given->body_len);
    r->body_len = given->body_len;
    r->flags = given->flags;
    r->max_body = given->max_body ? given->max_body : max_body;
    r->reply = given->reply;
    r->body_part = given->body_part;
    r->user = given->user;
    *origin = url_fine(r->url) ? url_origin(r->url) : NULL;
    *fault = fault_of(r, *origin);
    return r;
}

static void exchange_free(struct exchange *x)
{
    if (x == &no_exchange)
        return;
    curl_slist_free_all(x->sent);
    headers_release(&x->got);
    strbuf_release(&x->text);
    free(x);
}

void request_free(struct request *r)
{
    for (size_t i = 0; r->headers[i]; i++) {
        explicit_bzero(r->headers[i], strlen(r->headers[i]));
        free(r->headers[i]);
    }
    if (r->headers != no_lines)
        free(r->headers);
    exchange_free(r->x);
    free(r->url_now);
    free(r->body);
    free(r->item);
    free(r->error_text);
    free(r);
}

const char *request_url(const struct request *r)
{
    return r->url_now ? r->url_now : r->url;
}

bool request_asks(const struct request *r)
{
    return r->flags & TOCSIN_HTTP_IDEMPOTENT || !strcmp(r->method, "GET")
           || !strcmp(r->method, "HEAD");
}

bool request_writes(const struct request *r)
{
    return !(r->flags & TOCSIN_HTTP_ASKS) && strcmp(r->method, "GET") != 0
           && strcmp(r->method, "HEAD") != 0;
}

void request_redirect(struct request *r, char *url, bool elsewhere, bool as_get)
{
    free(r->url_now);
    r->url_now = url;
    r->bare |= elsewhere;
    if (!as_get)
        return;
    memcpy(r->method, "GET", sizeof("GET"));
    free(r->body);
    r->body = NULL;
    r->body_len = 0;
}

void request_rest(struct request *r)
{
    curl_slist_free_all(r->x->sent);
    r->x->sent = NULL;
}

void request_again(struct request *r)
{
    struct exchange *x = r->x;

    if (x == &no_exchange) {
        x = r->x = xcalloc(1, sizeof(*x));
        strbuf_init(&x->text, STRBUF_UNBOUNDED);
    }
    headers_clear(&x->got);
    strbuf_clear(&x->text);
    x->taken = 0;
    x->too_large = x->stopped = x->asked_if = false;
    r->status = 0;
    r->error = TOCSIN_HTTP_OK;
    free(r->error_text);
    r->error_text = NULL;
}

void request_fail(struct request *r, int error, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    free(r->error_text);
    r->error_text = xvasprintf(fmt, ap);
    va_end(ap);
    r->error = error;
}
