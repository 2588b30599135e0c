/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One transfer with libcurl. Must not hand over a byte of what is no 2xx
 * reply, nor keep more of a body than its cap.
 */
#include <config.h>

#include "core/host/http/transfer.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/host/http/peer.h"
#include "core/host/http/redirect.h"

/* One TLS record; a larger one is never filled, and there may be hundreds.
 * On its way out a request goes through one as well, of 64 KiB unless asked
 * for less; this is the least. */
#define BUFFER_BYTES (16L * 1024)
#define ROOM_MAX ((size_t)1 << 20)

static size_t on_header(char *p, size_t size, size_t n, void *user)
{
    struct request *r = user;
    size_t len = size * n;

    /* A new reply, behind a 100 or a proxy's own. */
    if (len > 5 && !memcmp(p, "HTTP/", 5)) {
        headers_clear(&r->x->got);
        return len;
    }
    return headers_add(&r->x->got, p, len) ? len : 0;
}

static bool is_success(const struct request *r)
{
    long status = 0;

    curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
    return status >= 200 && status < 300;
}

/* As much as the server says there is, within reason. */
static void make_room(struct request *r)
{
    curl_off_t n = -1;

    curl_easy_getinfo(r->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &n);
    if (n > 0)
        strbuf_reserve(&r->x->text,
                       (size_t)n < ROOM_MAX ? (size_t)n : ROOM_MAX);
}

static size_t on_body(char *p, size_t size, size_t n, void *user)
{
    struct request *r = user;
    size_t len = size * n;

    if (len > r->max_body - r->x->taken) {
        r->x->too_large = true;
        return 0;
    }
    r->x->taken += len;
    if (!r->body_part || !is_success(r)) {
        if (!r->x->text.len)
            make_room(r);
        strbuf_add(&r->x->text, p, len);
        return len;
    }
    if (http_enter_part(r, p, len) == TOCSIN_OK)
        return len;
    r->x->stopped = true;
    return 0;
}

static void add_header(struct request *r, const char *line)
{
    struct curl_slist *list = curl_slist_append(r->x->sent, line);

    if (!list)
        BUG("out of memory for a header");
    r->x->sent = list;
}

static void set_headers(struct request *r, const struct validator *v)
{
    /* curl would wait a second for servers that do not know it. */
    if (r->body)
        add_header(r, "Expect:");
    for (size_t i = 0; r->headers[i]; i++)
        if (!r->bare || !header_is_secret(r->headers[i]))
            add_header(r, r->headers[i]);
    r->x->asked_if = (v->etag || v->modified) && !r->redirects;
    if (v->etag && !r->redirects) {
        CLEANUP_FREE char *line = xasprintf("If-None-Match: %s", v->etag);

        add_header(r, line);
    }
    if (v->modified && !r->redirects) {
        CLEANUP_FREE char *line =
            xasprintf("If-Modified-Since: %s", v->modified);

        add_header(r, line);
    }
    curl_easy_setopt(r->easy, CURLOPT_HTTPHEADER, r->x->sent);
}

/* Of the request before nothing stays: HTTPGET takes back what a body or a
 * HEAD set. */
static void set_method(struct request *r)
{
    curl_easy_setopt(r->easy, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(r->easy, CURLOPT_CUSTOMREQUEST, NULL);
    if (!strcmp(r->method, "HEAD")) {
        curl_easy_setopt(r->easy, CURLOPT_NOBODY, 1L);
        return;
    }
    if (r->body || !strcmp(r->method, "POST") || !strcmp(r->method, "PUT")
        || !strcmp(r->method, "PATCH")) {
        curl_easy_setopt(r->easy, CURLOPT_POST, 1L);
        curl_easy_setopt(r->easy, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)r->body_len);
        curl_easy_setopt(r->easy, CURLOPT_POSTFIELDS, r->body ? r->body : "");
    }
    if (strcmp(r->method, "GET") != 0)
        curl_easy_setopt(r->easy, CURLOPT_CUSTOMREQUEST, r->method);
}

/* On a connection that it kept, and that ends before a byte of the reply,
 * libcurl sends whatever it was once more, by itself. */
static void set_sharing(struct request *r)
{
    bool asks = request_asks(r);
    /* Only TLS says early whether the connection can be shared: without it,
     * all would wait for the first reply. */
    bool wait = asks && str_starts(request_url(r), "https:");

    curl_easy_setopt(r->easy, CURLOPT_FRESH_CONNECT, asks ? 0L : 1L);
    curl_easy_setopt(r->easy, CURLOPT_PIPEWAIT, wait ? 1L : 0L);
}

static void set_limits(CURL *easy, const struct http_options *opts)
{
    int64_t idle = (opts->idle_ms + 999) / 1000;

    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)opts->connect_ms);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)opts->total_ms);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)idle);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, BUFFER_BYTES);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, BUFFER_BYTES);
}

static void set_trust(CURL *easy, const struct http_options *opts,
                      const struct curl_slist *connect_to)
{
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    if (opts->ca_file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, opts->ca_file);
    if (connect_to)
        curl_easy_setopt(easy, CURLOPT_CONNECT_TO, connect_to);
}

CURL *transfer_new(const struct http_options *opts,
                   const struct curl_slist *connect_to)
{
    CURL *easy = curl_easy_init();

    if (!easy)
        BUG("curl_easy_init failed");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, opts->user_agent);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
    curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 600L);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    set_trust(easy, opts, connect_to);
    set_limits(easy, opts);
    return easy;
}

void transfer_begin(struct request *r, CURL *easy, const struct validator *v)
{
    r->easy = easy;
    r->x->why[0] = '\0';
    curl_easy_setopt(easy, CURLOPT_URL, request_url(r));
    curl_easy_setopt(easy, CURLOPT_PRIVATE, r);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, r->x->why);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, r);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, r);
    peer_watch(easy, r);
    set_method(r);
    set_sharing(r);
    set_headers(r, v);
}

void transfer_rest(struct request *r)
{
    CURL *easy = r->easy;

    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, NULL);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, NULL);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, NULL);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, NULL);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, NULL);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, NULL);
    peer_watch(easy, NULL);
}

static int error_of(CURLcode code, const struct request *r)
{
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
        return TOCSIN_HTTP_TIMEOUT;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
        return TOCSIN_HTTP_TLS;
    case CURLE_PARTIAL_FILE:
    case CURLE_BAD_CONTENT_ENCODING:
        return TOCSIN_HTTP_TRUNCATED;
    default:
        return r->status && r->x->taken ? TOCSIN_HTTP_TRUNCATED
                                        : TOCSIN_HTTP_UNREACHABLE;
    }
}

/* From when all was sent to the first byte back. */
static int64_t server_ms(CURL *easy)
{
    curl_off_t ready = 0, began = 0, whole = 0;

    curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
    curl_easy_getinfo(easy, CURLINFO_STARTTRANSFER_TIME_T, &began);
    if (!began) {
        curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &whole);
        began = ready ? whole : 0;
    }
    return began > ready ? (began - ready) / 1000 : 0;
}

bool transfer_end(struct request *r, CURLcode code)
{
    long status = 0;

    r->x->server_ms = server_ms(r->easy);
    curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
    r->status = (int)status;
    if (code == CURLE_OK)
        return false;
    if (r->x->too_large)
        request_fail(r, TOCSIN_HTTP_TOO_LARGE,
                     "the body is larger than %zu "
                     "bytes",
                     r->max_body);
    else if (r->x->astray)
        request_fail(r, TOCSIN_HTTP_REDIRECT,
                     "the redirect is not followed: " REDIRECT_INSIDE);
    else if (r->x->stopped)
        request_fail(r, TOCSIN_HTTP_STOPPED, "it was not wanted any more");
    else if (r->x->got.bytes > HEADERS_MAX_BYTES)
        request_fail(r, TOCSIN_HTTP_TOO_LARGE,
                     "the header is larger than "
                     "%zu bytes",
                     HEADERS_MAX_BYTES);
    else
        request_fail(r, error_of(code, r), "%s",
                     r->x->why[0] ? r->x->why : curl_easy_strerror(code));
    if (r->error == TOCSIN_HTTP_TLS)
        return code == CURLE_SSL_CONNECT_ERROR;
    return r->error != TOCSIN_HTTP_TOO_LARGE && r->error != TOCSIN_HTTP_STOPPED
           && r->error != TOCSIN_HTTP_REDIRECT;
}
