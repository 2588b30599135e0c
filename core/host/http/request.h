/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * request: one request of a plugin from http_start() to its reply, with the
 * transfer that it is in while it runs.
 */
#ifndef TOCSIN_HOST_HTTP_REQUEST_H
#define TOCSIN_HOST_HTTP_REQUEST_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

#include "core/base/strbuf.h"
#include "core/host/http/headers.h"
#include "core/tocsin-plugin.h"

/* With its NUL. */
#define REQUEST_METHOD_MAX 16

struct http;
struct lane;

/* What only a request that was sent has: tens of thousands may wait. */
struct exchange {
    struct curl_slist *sent; /* header lines for curl */
    struct headers got;
    struct strbuf text; /* the body, where it is not streamed */
    size_t taken;       /* bytes of the body so far */
    bool too_large, stopped;
    bool astray;       /* its peer is none that it may reach */
    bool asked_if;     /* with a validator: a 304 is an answer */
    int64_t server_ms; /* how long the server took to begin */
    char why[CURL_ERROR_SIZE];
};

struct request {
    uint64_t id;
    struct http *http;
    /* as the plugin gave it */
    char method[REQUEST_METHOD_MAX];
    char **headers; /* NULL-terminated */
    char *body;
    size_t body_len;
    size_t max_body;
    void (*reply)(void *user, const struct tocsin_http_reply *reply);
    int (*body_part)(void *user, const void *p, size_t n);
    void *user;
    char *item; /* that it belongs to, or NULL */
    uint32_t flags;

    bool delayed;
    bool ended;    /* its reply can be given */
    bool unwanted; /* to be cancelled as soon as it can be */
    bool bare;     /* it was sent elsewhere: no secrets */
    bool inside;   /* it began in our own network */
    int tries, redirects;
    struct lane *lane;
    struct request *next, *prev; /* in its lane, or among the delayed */
    int64_t not_before_ms;
    char *url_now; /* after redirects; NULL: url */

    CURL *easy;         /* while it runs */
    struct exchange *x; /* never NULL; an empty one before that */

    /* what it ends with */
    int error, status;
    char *error_text;
    int64_t retry_after;
    UT_hash_handle hh;
    char url[];
};

/* Copies. *fault: why it cannot be sent, static; NULL: it can, to *origin
 * (new). NULL: it is no request at all. */
struct request *request_new(const struct tocsin_http_request *given,
                            size_t max_body, char **origin, const char **fault);
void request_free(struct request *r);
const char *request_url(const struct request *r);
/* To send it twice does no harm. */
bool request_asks(const struct request *r);
/* It changes something. */
bool request_writes(const struct request *r);
/* From now on it goes elsewhere: url is taken over. */
void request_redirect(struct request *r, char *url, bool elsewhere,
                      bool as_get);
/* Forgets what only a running transfer needs. */
void request_rest(struct request *r);
/* Forgets the reply that came, before another try. */
void request_again(struct request *r);
void request_fail(struct request *r, int error, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
