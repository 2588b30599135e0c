/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * http, inside: what http.c (requests from their start to their reply) and
 * ends.c (what the end of a transfer means) share.
 */
#ifndef TOCSIN_HOST_HTTP_HTTP_PRIVATE_H
#define TOCSIN_HOST_HTTP_HTTP_PRIVATE_H

#include "core/host/http/http.h"
#include "core/host/http/poller.h"
#include "core/host/http/request.h"

#define SPARE_MAX 256 /* handles that are kept for the next */

struct http {
    struct http_options opts;
    struct curl_slist *connect_to;
    CURLM *multi;
    struct poller poller;
    struct lane *lanes;      /* by origin */
    struct request *all;     /* by id: those whose reply is to come */
    struct request *delayed; /* waiting for their time */
    struct request *ended, *ended_last; /* whose reply can be given */
    CURL *spare[SPARE_MAX];
    size_t nr_spare;
    uint64_t last_id;
    int running;
    bool in_curl;       /* a callback may not stop transfers */
    size_t nr_unwanted; /* to be stopped once we are out of it */
    int64_t sent;       /* requests, repeats included */
    uint64_t random;    /* 0: not begun */
};

/* Its reply can be given. */
void end_request(struct http *h, struct request *r);
/* It waits in no lane for so long. */
void delay(struct http *h, struct request *r, int64_t ms);
/* That of an origin; made for the first request. */
struct lane *lane_of(struct http *h, const char *origin);
/* Its easy handle is free again; of one without it nothing. */
void stop_transfer(struct http *h, struct request *r);

/* ---- ends.c ---- */

/* What curl says of transfers that ended. */
void take_messages(struct http *h);

#endif
