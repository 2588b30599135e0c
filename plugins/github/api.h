/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * api: requests to one GitHub: where it is, who asks, and what every reply
 * of it says alike.
 */
#ifndef TOCSIN_PLUGINS_GITHUB_API_H
#define TOCSIN_PLUGINS_GITHUB_API_H

#include <stdbool.h>
#include <stdint.h>

#include "plugins/github/auth.h"
#include "plugins/net/net.h"

struct api {
    struct net *net;
    struct auth *auth;
    char *base; /* of REST, without / at its end */
    char *graphql;
    char *web;        /* what people see */
    char *fatal;      /* nothing can work in this pass, and why */
    size_t answered;  /* requests that were */
    int64_t ends;     /* of the token; 0: not known */
    char *locked_out; /* an owner that we have no token for */
};

/* url: as the option says. */
void api_init(struct api *api, const char *url);
void api_release(struct api *api);

/* Whether name is owner/name as GitHub allows them, so that it leads a path
 * nowhere else. May be NULL. */
bool api_repository_fine(const char *name);

/* No more requests are to be begun in this pass. */
bool api_is_over(const struct api *api);

struct api_call {
    const char *owner;  /* whose token: see auth.h */
    const char *url;    /* whole, or a path behind base */
    const char *body;   /* NULL: GET, else POST */
    const char *method; /* NULL: by the body; static */
    const char *accept; /* media type; NULL: the usual one; static */
    uint32_t flags;
    size_t max_body;
    bool missing_is_fine;
    void (*got)(void *user, const struct net_reply *reply);
    void *user;
};

/* reply->http is never NULL; one that was not sent is CANCELLED. */
void api_ask(struct api *api, const struct api_call *call);
/* Streams the log; call->headers and call->url are made here. */
void api_log(struct api *api, const char *owner, const char *path,
             const struct net_log_call *call);

#endif
