/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where redirects may lead. Must not let a secret go to a host it was not
 * meant for, nor a server send us to a service of our own network.
 */
#include <config.h>

#include "core/host/http/redirect.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"

static char *part(CURLU *u, CURLUPart what, unsigned flags)
{
    char *text = NULL, *copy;

    if (curl_url_get(u, what, &text, flags) != CURLUE_OK)
        return NULL;
    copy = xstrdup(text);
    curl_free(text);
    return copy;
}

static CURLU *parse(const char *url)
{
    CURLU *u = curl_url();

    if (u && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK)
        return u;
    curl_url_cleanup(u);
    return NULL;
}

static bool is_http(const char *scheme)
{
    return str_eq(scheme, "https") || str_eq(scheme, "http");
}

static char *origin_of(CURLU *u)
{
    CLEANUP_FREE char *scheme = part(u, CURLUPART_SCHEME, 0);
    CLEANUP_FREE char *host = part(u, CURLUPART_HOST, 0);
    CLEANUP_FREE char *port = part(u, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    CLEANUP_FREE char *user = part(u, CURLUPART_USER, 0);
    CLEANUP_FREE char *password = part(u, CURLUPART_PASSWORD, 0);

    if (!is_http(scheme) || !host || !*host || !port || user || password)
        return NULL;
    for (char *s = host; *s; s++)
        if (*s >= 'A' && *s <= 'Z')
            *s = (char)(*s - 'A' + 'a');
    return xasprintf("%s://%s:%s", scheme, host, port);
}

char *url_origin(const char *url)
{
    CURLU *u = parse(url);
    char *origin = u ? origin_of(u) : NULL;

    curl_url_cleanup(u);
    return origin;
}

static char *host_of(const char *url)
{
    CURLU *u = parse(url);
    char *host = u ? part(u, CURLUPART_HOST, 0) : NULL;
    size_t n = host ? strlen(host) : 0;

    curl_url_cleanup(u);
    /* [::1] */
    if (n > 2 && host[0] == '[' && host[n - 1] == ']') {
        memmove(host, host + 1, n - 2);
        host[n - 2] = '\0';
    }
    return host;
}

static bool is_local_name(const char *host)
{
    size_t n = strlen(host);

    return !strcasecmp(host, "localhost")
           || (n > 10 && !strcasecmp(host + n - 10, ".localhost"));
}

static bool private_v4(uint32_t a)
{
    return a >> 24 == 127 || a >> 24 == 10 || a >> 24 == 0 || a >> 20 == 0xac1
           || a >> 16 == 0xc0a8 || a >> 16 == 0xa9fe
           || a >> 22 == UINT32_C(0x64400000) >> 22;
}

static bool private_v6(const struct in6_addr *a)
{
    const unsigned char *b = a->s6_addr;

    if (IN6_IS_ADDR_V4MAPPED(a)) {
        uint32_t v4;

        memcpy(&v4, b + 12, sizeof(v4));
        return private_v4(ntohl(v4));
    }
    return IN6_IS_ADDR_LOOPBACK(a) || IN6_IS_ADDR_UNSPECIFIED(a)
           || IN6_IS_ADDR_LINKLOCAL(a) || (b[0] & 0xfe) == 0xfc;
}

bool url_is_loopback(const char *url)
{
    CLEANUP_FREE char *host = host_of(url);
    struct in_addr v4;
    struct in6_addr v6;

    if (!host)
        return false;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    if (inet_pton(AF_INET6, host, &v6) == 1)
        return IN6_IS_ADDR_LOOPBACK(&v6);
    return is_local_name(host);
}

/* 1: it is not for the open network, 0: it is; -1: it is no address. */
static int is_inside(const char *address)
{
    struct in_addr v4;
    struct in6_addr v6;

    if (inet_pton(AF_INET, address, &v4) == 1)
        return private_v4(ntohl(v4.s_addr));
    if (inet_pton(AF_INET6, address, &v6) == 1)
        return private_v6(&v6);
    return -1;
}

bool address_is_private(const char *text)
{
    return is_inside(text) != 0;
}

/* The same of a URL that is written as an address. */
static bool url_is_private(const char *url)
{
    CLEANUP_FREE char *host = host_of(url);
    int inside = host ? is_inside(host) : 1;

    return inside < 0 ? is_local_name(host) : inside;
}

/* location, as from understands it, without its #fragment; new or NULL. */
static char *resolve(const char *from, const char *location)
{
    CURLU *u = parse(from);
    char *url = NULL;

    if (u && curl_url_set(u, CURLUPART_URL, location, 0) == CURLUE_OK
        && curl_url_set(u, CURLUPART_FRAGMENT, NULL, 0) == CURLUE_OK)
        url = part(u, CURLUPART_URL, 0);
    curl_url_cleanup(u);
    return url;
}

bool redirect_is(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307
           || status == 308;
}

static bool only_reads(const char *method)
{
    return !strcmp(method, "GET") || !strcmp(method, "HEAD");
}

static const char *method_fault(const struct redirect *r, int status,
                                const char *method, bool asks)
{
    if (only_reads(method) || r->as_get)
        return NULL;
    if (asks && !r->elsewhere && (status == 307 || status == 308))
        return NULL;
    return "a request that changes something is not sent on";
}

void redirect_decide(struct redirect *r, const char *from, const char *location,
                     int status, const char *method, bool asks)
{
    CLEANUP_FREE char *url = location ? resolve(from, location) : NULL;
    CLEANUP_FREE char *here = url_origin(from);
    CLEANUP_FREE char *there = url ? url_origin(url) : NULL;

    memset(r, 0, sizeof(*r));
    if (!there) {
        r->why = location ? "it leads to no http(s) URL"
                          : "it does not say where to";
        return;
    }
    r->elsewhere = !str_eq(here, there);
    r->as_get = status == 303 && (asks || only_reads(method));
    if (str_starts(from, "https:") && !str_starts(url, "https:"))
        r->why = "it leads from https to http";
    else if (r->elsewhere && url_is_private(url) && !url_is_private(from))
        r->why = REDIRECT_INSIDE;
    else
        r->why = method_fault(r, status, method, asks);
    if (r->why)
        return;
    r->url = url;
    url = NULL;
}
