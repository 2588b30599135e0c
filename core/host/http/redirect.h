/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * redirect: whether a redirect is followed, where to, and what may go along.
 */
#ifndef TOCSIN_HOST_HTTP_REDIRECT_H
#define TOCSIN_HOST_HTTP_REDIRECT_H

#include <stdbool.h>

#define REDIRECTS_MAX 5
#define REDIRECT_INSIDE "it leads into a private network"

struct redirect {
    char *url;       /* new; NULL: it is not followed */
    const char *why; /* static, when it is not */
    bool elsewhere;  /* another origin: no secrets go along */
    bool as_get;     /* 303: the answer is to be got there */
};

/* Whether a reply of this status is one. */
bool redirect_is(int status);
/* method: of the request; asks: to send it twice does no harm. A request
 * that changes something is never sent on: only a GET or HEAD, or one that
 * only asks by 307 and 308. */
void redirect_decide(struct redirect *r, const char *from, const char *location,
                     int status, const char *method, bool asks);

/* "https://host:port" of a URL, the port written out; new. NULL: it is no
 * http(s) URL, or has a user or a password in it. */
char *url_origin(const char *url);
/* Whether the host of the URL is this machine: localhost, 127/8, ::1. */
bool url_is_loopback(const char *url);
/* Whether an address is not for the open network: loopback, private,
 * link-local; what is none is private. */
bool address_is_private(const char *text);

#endif
