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

/* Rows of a plugin's table of options; one that writes describes `token`
 * itself. */
#define API_OPTION_URL                                                         \
    "url", TOCSIN_OPTION_URL, 0, "https://api.github.com",                     \
        "Where the API is; https://HOST/api/v3 on an Enterprise Server.",      \
        "https|http"
#define API_OPTION_TOKEN                                                       \
    "token", TOCSIN_OPTION_STRING, TOCSIN_OPTION_SECRET, NULL,                 \
        "A token that may read: token_file or token_env.", NULL
#define API_OPTION_APP_ID                                                      \
    "app_id", TOCSIN_OPTION_STRING, 0, NULL,                                   \
        "Id (or client id) of a GitHub App to ask as.", NULL
#define API_OPTION_PRIVATE_KEY                                                 \
    "private_key", TOCSIN_OPTION_STRING, TOCSIN_OPTION_SECRET, NULL,           \
        "The App's private key (PEM): private_key_file or private_key_env.",   \
        NULL

/* What is wrong with token, app_id and private_key taken together (static);
 * NULL: nothing. */
const char *api_who_wrong(const struct tocsin_host *host);
/* Whether they name anybody. */
bool api_has_who(const struct tocsin_host *host);

struct api {
    struct net *net;
    struct auth *auth;
    char *base; /* of REST, without / at its end */
    char *graphql;
    char *web;        /* what people see */
    char *fatal;      /* nothing can work in this pass, and why */
    size_t answered;  /* requests that were */
    int64_t ends;     /* of the token; 0: not known */
    char *locked_out; /* owners that we have no token for */
    int64_t ahead;    /* seconds, of our clock before GitHub's */
};

/* What the token of an App may do, and what besides where it was granted:
 * see auth.h. */
struct api_may {
    const char *permissions, *also;
};

/* Where it is, and nothing else. url: as the option says. */
void api_init(struct api *api, const char *url);
/* Who asks, too: whom the options name. net: need not have begun. may: NULL:
 * as auth.h says. */
void api_open(struct api *api, const struct tocsin_host *host, struct net *net,
              const char *url, const struct api_may *may);
/* Also of one that was never opened (all zero). */
void api_close(struct api *api);
/* Says what the operators must know of the credential, and why nothing could
 * work; before api_close. */
void api_tell(const struct api *api);

/* Whether name is owner/name as GitHub allows them, so that it leads a path
 * nowhere else. May be NULL. */
bool api_repository_fine(const char *name);

/* Whether it is GitHub's API that says this, and not a server that it sent us
 * to. */
bool api_answers(const struct api *api, const struct tocsin_http_reply *reply);

/* Of a reply to a query: whether an error is of what lies at where (names, then
 * an index when those lead to a list, else -1), of something in it, or of all
 * that it lies in. */
bool api_error_at(const json_t *reply, const char *const *where, int64_t index);
/* What the first error says, when it is one that no smaller query would not
 * have; or NULL. */
const char *api_refusal(const json_t *reply);

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
    const char *const *only; /* as in net.h */
    void (*got)(void *user, const struct net_reply *reply);
    void *user;
};

/* reply->http is never NULL; one that was not sent is CANCELLED. */
void api_ask(struct api *api, const struct api_call *call);
/* Streams the log; call->headers and call->url are made here. */
void api_log(struct api *api, const char *owner, const char *path,
             const struct net_log_call *call);

#endif
