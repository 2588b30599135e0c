/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * transfer: a request on the wire: what curl is told, and what comes back.
 */
#ifndef TOCSIN_HOST_HTTP_TRANSFER_H
#define TOCSIN_HOST_HTTP_TRANSFER_H

#include "core/host/http/http.h"
#include "core/host/http/request.h"

/* What a conditional request asks with; either may be NULL. */
struct validator {
    const char *etag, *modified;
};

/* A handle for any number of requests of these options, one after the other:
 * what is the same for all of them is told to curl once. */
CURL *transfer_new(const struct http_options *opts,
                   const struct curl_slist *connect_to);
/* Makes r->easy, one of these, ready to be added. */
void transfer_begin(struct request *r, CURL *easy, const struct validator *v);
/* r->easy is free for another one, and holds nothing of r's. */
void transfer_rest(struct request *r);
/* It ended: fills in status and, where there is no whole reply, error and
 * error_text. True: the connection failed or broke. */
bool transfer_end(struct request *r, CURLcode code);

#endif
