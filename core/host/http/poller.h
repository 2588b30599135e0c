/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * poller: a libcurl multi handle driven by epoll, so that what waits costs
 * nothing however many there are.
 */
#ifndef TOCSIN_HOST_HTTP_POLLER_H
#define TOCSIN_HOST_HTTP_POLLER_H

#include <curl/curl.h>
#include <stdint.h>

struct poller {
    CURLM *multi;
    int epoll;
    int64_t timer_ms; /* monotonic, when curl wants to be called;
                       * -1: not */
};

void poller_init(struct poller *p, CURLM *multi);
void poller_release(struct poller *p);
/* Waits at most so long, and lets curl handle what came. */
void poller_wait(struct poller *p, int64_t wait_ms);
/* Lets curl do what is due; what was added begins. */
void poller_kick(struct poller *p);

#endif
