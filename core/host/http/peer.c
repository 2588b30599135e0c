/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Must not send a byte to a peer in our own network because a server outside
 * of it said so. A new connection is looked at before it is made, one that is
 * used again before the request goes out.
 */
#include <config.h>

#include "core/host/http/peer.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "core/base/mem.h"
#include "core/host/http/http.h"
#include "core/host/http/redirect.h"

static bool by_proxy(void)
{
    /* libcurl knows HTTP_PROXY in small letters only. */
    static const char *const names[] = { "http_proxy", "https_proxy",
                                         "HTTPS_PROXY", "all_proxy",
                                         "ALL_PROXY" };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        const char *value = getenv(names[i]);

        if (value && *value)
            return true;
    }
    return false;
}

/* Whether the configuration says where the host of r's URL is. */
static bool is_mapped(const struct request *r)
{
    CLEANUP_FREE char *origin = url_origin(request_url(r));
    const struct http_options *opts = http_options_of(r->http);
    const char *host = origin ? strstr(origin, "://") + 3 : "";
    size_t n = strlen(host);

    /* "host:port:host:port" */
    for (size_t i = 0; i < opts->nr_connect_to; i++)
        if (!strncasecmp(opts->connect_to[i], host, n)
            && opts->connect_to[i][n] == ':')
            return true;
    return false;
}

static bool is_astray(struct request *r, bool is_private)
{
    if (!is_private || !r->bare || r->inside)
        return false;
    r->x->astray = !is_mapped(r) && !by_proxy();
    return r->x->astray;
}

static bool is_private(const struct sockaddr *a)
{
    char text[INET6_ADDRSTRLEN] = "";

    if (a->sa_family == AF_INET)
        inet_ntop(AF_INET,
                  &((const struct sockaddr_in *)(const void *)a)->sin_addr,
                  text, sizeof(text));
    else if (a->sa_family == AF_INET6)
        inet_ntop(AF_INET6,
                  &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr,
                  text, sizeof(text));
    return address_is_private(text);
}

static curl_socket_t on_open(void *user, curlsocktype purpose,
                             struct curl_sockaddr *a)
{
    (void)purpose;
    if (is_astray(user, is_private(&a->addr)))
        return CURL_SOCKET_BAD;
    return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static int on_ready(void *user, char *peer, char *self, int peer_port,
                    int self_port)
{
    struct request *r = user;
    bool private = address_is_private(peer);

    (void)self;
    (void)peer_port;
    (void)self_port;
    if (is_astray(r, private))
        return CURL_PREREQFUNC_ABORT;
    if (!r->bare && !r->inside)
        r->inside = private && !is_mapped(r) && !by_proxy();
    return CURL_PREREQFUNC_OK;
}

void peer_watch(CURL *easy, struct request *r)
{
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, r ? on_open : NULL);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, r);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, r ? on_ready : NULL);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, r);
}
