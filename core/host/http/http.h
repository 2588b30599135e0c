/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * http: the requests of one worker: one libcurl multi handle on one epoll
 * descriptor, no threads of ours.
 *
 *     struct http *h = http_new(&opts);
 *     http_start(h, &request, item, &id);
 *     while (http_busy(h))
 *         http_step(h, 500);          // transfers, and then replies
 *     http_free(h);
 *
 * Replies and parts of bodies come from inside http_step, one at a time.
 * http_start, http_cancel and http_cancel_all may be called from them.
 */
#ifndef TOCSIN_HOST_HTTP_H
#define TOCSIN_HOST_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/host/http/retry.h"
#include "core/tocsin-plugin.h"

struct http;
struct request;

#define HTTP_HELD (-1)

struct http_options {
    const char *user_agent;
    const char *ca_file;           /* NULL: the system's */
    const char *const *connect_to; /* "host:port:host:port", as curl's */
    size_t nr_connect_to;
    int parallel; /* per origin */
    int64_t connect_ms, idle_ms, total_ms;
    size_t max_body;
    int64_t requests;    /* that may be sent; 0: any number */
    int64_t deadline_ms; /* monotonic: none is sent after; 0: none */
    int64_t end_ms;      /* monotonic: those under way end; 0: none */
    struct retry_rules retry;

    /* What is known of url, for conditional requests. */
    void (*validator)(void *user, const char *url, const char **etag,
                      const char **modified);
    /* A whole 2xx reply of a conditional request. */
    void (*replied)(void *user, const char *url, const char *etag,
                    const char *modified);
    /* Before a callback of a request that belongs to item. */
    void (*enter)(void *user, const char *item);
    /* Whether a request that changes something may go, asked right before
     * each of its tries, which then leaves: 0, it may; HTTP_HELD, it may not;
     * else not before so many seconds. NULL: it may. */
    int64_t (*may_write)(void *user);
    /* A line for -D http, not redacted yet; NULL: nobody listens. */
    void (*trace)(void *user, const char *line);
    void *user;
};

/* opts is copied; what it points to must live as long. */
struct http *http_new(const struct http_options *opts);
/* Other times than opts had; what is under way keeps to them, too. */
void http_set_times(struct http *h, int64_t deadline_ms, int64_t end_ms);
/* Without replies. */
void http_free(struct http *h);

/* -1: no request at all, and no reply comes. id may be NULL. */
int http_start(struct http *h, const struct tocsin_http_request *given,
               const char *item, uint64_t *id);
void http_cancel(struct http *h, uint64_t id);
/* Every reply still comes, from inside this call. */
void http_cancel_all(struct http *h);

/* Whether a reply is still to come. */
bool http_busy(const struct http *h);
/* Waits at most so long for something to happen, and handles it. */
void http_step(struct http *h, int64_t wait_ms);

/* For peer.c. */
const struct http_options *http_options_of(const struct http *h);
/* For transfer.c: hands a part of the body over. */
int http_enter_part(struct request *r, const void *p, size_t n);

#endif
