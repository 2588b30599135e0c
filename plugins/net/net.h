/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net: an operation of a plugin that asks a server many things, and is over
 * when the last of them was answered.
 *
 *     net_begin(&n, host, over, user);
 *     net_ask(&n, &call);      // any number, also from inside `got`
 *     net_let_go(&n);          // over(user) comes when nothing is left
 *
 * What went wrong is counted by kind and told the operators once a kind
 * when it is over, with one example: an organisation of 404s is one notice.
 */
#ifndef TOCSIN_PLUGINS_NET_H
#define TOCSIN_PLUGINS_NET_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/tocsin-plugin.h"

enum net_trouble {
    NET_REFUSED,     /* 401 */
    NET_FORBIDDEN,   /* 403 */
    NET_MISSING,     /* 404, 410 */
    NET_SERVER,      /* 5xx */
    NET_UNREACHABLE, /* no reply, or half of one */
    NET_TLS,
    NET_ODD,     /* no JSON, or not what it should be */
    NET_PARTIAL, /* a list that leaves something out */
    NET_KINDS
};

struct net_going;

struct net {
    const struct tocsin_host *host;
    void (*over)(void *user);
    void *user;
    size_t outstanding;
    /* Somebody - the server, or this pass's own limits - wants no more
     * requests in this pass. What was not asked is not known. */
    bool cut;
    int64_t retry_after; /* seconds, where the server said so */
    struct {
        int64_t count;
        char *example;
    } trouble[NET_KINDS];
    struct net_going *going; /* requests without a reply as yet */
};

void net_begin(struct net *n, const struct tocsin_host *host,
               void (*over)(void *user), void *user);
/* Keeps the operation open, until the net_let_go that goes with it. */
void net_hold(struct net *n);
void net_let_go(struct net *n);
/* Takes back all requests that have no reply: each gets one that says so. */
void net_stop(struct net *n);
/* Tells the operators what went wrong, and forgets it. True: something did.
 * To be called from `over`. */
bool net_tell(struct net *n);
/* What was wrong has been put right: it is not told. */
void net_forget(struct net *n, enum net_trouble kind);
/* Counts what the caller found wrong itself. */
void net_trouble(struct net *n, enum net_trouble kind, const char *url,
                 const char *why);

struct net_reply {
    const struct tocsin_http_reply *http;
    /* The body, borrowed; NULL where it is no JSON or there is none. */
    json_t *json;
    bool ok;        /* 2xx, and JSON where JSON was asked for and
                     * it is not 204 */
    bool unchanged; /* 304 */
    /* The server says that it left something out: what is not in it may be
     * there all the same. */
    bool partial;
};

struct net_call {
    const char *method; /* NULL: GET */
    const char *url;
    const char *const *headers; /* NULL-terminated, or NULL */
    const char *body;           /* NUL-terminated, or NULL */
    uint32_t flags;             /* TOCSIN_HTTP_… */
    size_t max_body;
    bool text; /* the body is no JSON */
    /* Names of the members that are read, of JSON that is large; static;
     * NULL: all. See core/base/jxsome.h. */
    const char *const *only;
    bool missing_is_fine; /* 404 and 410 are answers like others */
    void (*got)(void *user, const struct net_reply *reply);
    void *user;
};

void net_ask(struct net *n, const struct net_call *call);

/* Whether people are asked to sign in where an API was asked for data: a
 * page of somebody else's (203), or a redirect that was not to be followed. */
bool net_is_sign_in(const struct tocsin_http_reply *reply);
/* The message that a reply that is no success holds as JSON, its first line,
 * for people; new, or NULL. */
char *net_said(const struct tocsin_http_reply *reply);
/* The value of a header of the reply, or NULL. */
const char *net_header(const struct tocsin_http_reply *reply, const char *name);
/* A header that is a time (RFC 9110: "Sat, 01 Aug 2026 00:00:00 GMT"); 0: it is
 * not said. */
int64_t net_time(const struct tocsin_http_reply *reply, const char *name);
/* Where the next page is, by Link: …; rel="next" (RFC 8288); new. NULL:
 * there is none, or it is another server's. */
char *net_next(const struct tocsin_http_reply *reply);
/* Whether two URLs have scheme, host and port in common. */
bool net_same_origin(const char *a, const char *b);
/* s as a part of a path or a query: all but unreserved characters as %XX
 * (RFC 3986). A new string. */
char *net_escape(const char *s);

/* ---- logs ---------------------------------------------------------------- */

struct net_log_end {
    const struct tocsin_http_reply *http;
    /* The log that it was written into, to be ended or dropped by the
     * caller; 0: nothing came. */
    uint64_t log;
    bool whole; /* all of it came */
    bool gone;  /* 404, 410: expired */
};

struct net_log_call {
    const char *url;
    const char *const *headers;
    const struct tocsin_run *run; /* must live until `ended` */
    const char *format;           /* static */
    size_t max_body;
    /* Sees the bytes before they are written to the log; may be NULL. */
    void (*part)(void *user, uint64_t log, const char *p, size_t n);
    void (*ended)(void *user, const struct net_log_end *end);
    void *user;
};

/* Streams a log into the classifier. */
void net_log(struct net *n, const struct net_log_call *call);

struct net_stream_call {
    const char *url;
    const char *const *headers;
    uint32_t flags;
    size_t max_body;
    /* Takes the bytes of a 2xx reply as they come. Anything but TOCSIN_OK:
     * no more of them. */
    int (*part)(void *user, const char *p, size_t n);
    /* log is 0. */
    void (*ended)(void *user, const struct net_log_end *end);
    void *user;
};

/* As net_log, for a caller who begins the log himself: one of several
 * files. */
void net_stream(struct net *n, const struct net_stream_call *call);

#endif
