/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counting what is outstanding, reading replies, telling of trouble. Must
 * not believe an address that a server names.
 */
#include <config.h>

#include "plugins/net/net.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "core/base/err.h"
#include "core/base/jsonx.h"
#include "core/base/jxsome.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"

struct net_going {
    struct net_going *next, **at;
    uint64_t id;
};

struct asked {
    struct net *net;
    struct net_going going;
    struct net_call call;
};

struct streamed {
    struct net *net;
    struct net_going going;
    struct net_log_call call;
    uint64_t log;
    bool refused; /* the host does not want this run */
};

void net_begin(struct net *n, const struct tocsin_host *host,
               void (*over)(void *user), void *user)
{
    memset(n, 0, sizeof(*n));
    n->host = host;
    n->over = over;
    n->user = user;
    n->outstanding = 1;
}

static void begin(struct net *n, const struct tocsin_http_request *request,
                  struct net_going *g)
{
    net_hold(n);
    g->next = n->going;
    g->at = &n->going;
    if (g->next)
        g->next->at = &g->next;
    n->going = g;
    if (n->host->http(n->host, request, &g->id) != TOCSIN_OK)
        BUG("a request with a url and a reply was refused");
}

static void gone(struct net_going *g)
{
    *g->at = g->next;
    if (g->next)
        g->next->at = g->at;
}

void net_stop(struct net *n)
{
    for (struct net_going *g = n->going; g; g = g->next)
        n->host->http_cancel(n->host, g->id);
}

void net_hold(struct net *n)
{
    n->outstanding++;
}

void net_let_go(struct net *n)
{
    if (--n->outstanding == 0)
        n->over(n->user);
}

/* ---- trouble ------------------------------------------------------------- */

static const struct {
    const char *code, *what;
} kinds[NET_KINDS] = {
    [NET_REFUSED] = { "credential-refused", "the credential was refused" },
    [NET_FORBIDDEN] = { "forbidden", "not allowed (403)" },
    [NET_MISSING] = { "not-found", "not found (404)" },
    [NET_SERVER] = { "server-error", "the server is in trouble" },
    [NET_UNREACHABLE] = { "unreachable", "no whole reply" },
    [NET_TLS] = { "tls", "the server is not who it says it is" },
    [NET_ODD] = { "odd-reply", "a reply that is not what it should be" },
    [NET_PARTIAL] = { "partial-results",
                      "a reply leaves out what the credential may not see" },
};

/* Without its query, which may hold a signature. */
static char *short_url(const char *url)
{
    return xstrndup(url, strcspn(url, "?#"));
}

void net_trouble(struct net *n, enum net_trouble kind, const char *url,
                 const char *why)
{
    CLEANUP_FREE char *where = short_url(url);

    if (n->trouble[kind].count++)
        return;
    n->trouble[kind].example =
        why ? xasprintf("%s: %s", where, why) : xstrdup(where);
}

void net_forget(struct net *n, enum net_trouble kind)
{
    free(n->trouble[kind].example);
    n->trouble[kind].example = NULL;
    n->trouble[kind].count = 0;
}

bool net_tell(struct net *n)
{
    bool any = false;

    for (int i = 0; i < NET_KINDS; i++) {
        CLEANUP_FREE char *example = n->trouble[i].example;
        CLEANUP_FREE char *text = NULL;

        if (!n->trouble[i].count)
            continue;
        any = true;
        /* No count in it: the same trouble tomorrow is no news. */
        text = xasprintf("%s, for one at %s", kinds[i].what, example);
        n->host->notice(n->host, kinds[i].code, text);
        n->trouble[i].count = 0;
        n->trouble[i].example = NULL;
    }
    return any;
}

bool net_is_sign_in(const struct tocsin_http_reply *r)
{
    return !r->error && r->status != 304
           && (r->status == 203 || (r->status >= 300 && r->status < 400));
}

static bool is_cut(const struct tocsin_http_reply *r)
{
    return r->error == TOCSIN_HTTP_QUOTA || r->error == TOCSIN_HTTP_BUDGET;
}

/* Past "://host:port"; NULL: no URL. */
static const char *behind_origin(const char *url)
{
    const char *host = strstr(url, "://");

    return host ? host + 3 + strcspn(host + 3, "/?#") : NULL;
}

bool net_same_origin(const char *a, const char *b)
{
    const char *ae = behind_origin(a), *be = behind_origin(b);

    return ae && be && ae - a == be - b && !strncasecmp(a, b, (size_t)(ae - a));
}

#define SAID_MAX 160

char *net_said(const struct tocsin_http_reply *r)
{
    CLEANUP_JSON json_t *v =
        r->error ? NULL : jx_parse(r->body, r->body_len, NULL);
    const char *text = jx_str(v, "message");
    size_t n = text ? strcspn(text, "\r\n") : 0;

    if (!n)
        return NULL;
    while (n > SAID_MAX || ((unsigned char)text[n] & 0xc0) == 0x80)
        n--;
    return xstrndup(text, n);
}

/* A server that url's sent us to refuses us; our credential it never saw. */
static bool is_refused_elsewhere(const struct tocsin_http_reply *r,
                                 const char *url)
{
    return !r->error && (r->status == 401 || r->status == 403) && r->url
           && behind_origin(r->url) && !net_same_origin(r->url, url);
}

static void note_failure(struct net *n, const struct tocsin_http_reply *r,
                         const char *url)
{
    if (is_cut(r)) {
        n->cut = true;
        if (r->retry_after > n->retry_after)
            n->retry_after = r->retry_after;
    } else if (r->error == TOCSIN_HTTP_TLS) {
        net_trouble(n, NET_TLS, url, r->error_text);
    } else if (r->error == TOCSIN_HTTP_TOO_LARGE) {
        net_trouble(n, NET_ODD, url, r->error_text);
    } else if (r->error == TOCSIN_HTTP_CANCELLED
               || r->error == TOCSIN_HTTP_STOPPED
               || r->error == TOCSIN_HTTP_HELD) {
        return;
    } else if (r->error) {
        net_trouble(n, NET_UNREACHABLE, url, r->error_text);
    } else if (is_refused_elsewhere(r, url)) {
        CLEANUP_FREE char *why =
            xasprintf("%d from %.*s", r->status,
                      (int)(behind_origin(r->url) - r->url), r->url);

        net_trouble(n, NET_SERVER, url, why);
    } else if (r->status == 401) {
        net_trouble(n, NET_REFUSED, url, NULL);
    } else if (net_is_sign_in(r)) {
        net_trouble(n, NET_REFUSED, url, "people are asked to sign in there");
    } else if (r->status == 403) {
        CLEANUP_FREE char *said = net_said(r);

        net_trouble(n, NET_FORBIDDEN, url, said);
    } else if (r->status == 404 || r->status == 410) {
        net_trouble(n, NET_MISSING, url, NULL);
    } else if (r->status >= 500) {
        CLEANUP_FREE char *why = xasprintf("%d", r->status);

        net_trouble(n, NET_SERVER, url, why);
    } else if (r->status != 304) {
        CLEANUP_FREE char *why = xasprintf("status %d", r->status);

        net_trouble(n, NET_ODD, url, why);
    }
}

/* ---- asking -------------------------------------------------------------- */

static bool is_success(const struct tocsin_http_reply *r)
{
    return !r->error && r->status >= 200 && r->status < 300
           && !net_is_sign_in(r);
}

static bool is_missing(const struct tocsin_http_reply *r)
{
    return !r->error && (r->status == 404 || r->status == 410);
}

static void on_reply(void *user, const struct tocsin_http_reply *http)
{
    struct asked *a = user;
    struct net *n = a->net;
    struct net_reply r = { .http = http };
    CLEANUP_ERR struct err err = ERR_INIT;

    gone(&a->going);
    r.unchanged = !http->error && http->status == 304;
    if (is_success(http) && !a->call.text && http->body_len)
        r.json = a->call.only ? jx_parse_some(http->body, http->body_len,
                                              a->call.only, &err)
                              : jx_parse(http->body, http->body_len, &err);
    r.ok = is_success(http) && (a->call.text || r.json || http->status == 204);
    if (is_success(http) && !r.ok)
        net_trouble(n, NET_ODD, a->call.url, "no JSON");
    else if (!r.ok && !(a->call.missing_is_fine && is_missing(http)))
        note_failure(n, http, a->call.url);
    a->call.got(a->call.user, &r);
    json_decref(r.json);
    free((char *)a->call.url);
    free(a);
    net_let_go(n);
}

void net_ask(struct net *n, const struct net_call *call)
{
    struct asked *a = xcalloc(1, sizeof(*a));
    const struct tocsin_http_request request = {
        ._struct_size = sizeof(request),
        .method = call->method,
        .url = call->url,
        .headers = call->headers,
        .body = call->body,
        .body_len = call->body ? strlen(call->body) : 0,
        .flags = call->flags,
        .max_body = call->max_body,
        .reply = on_reply,
        .user = a,
    };

    a->net = n;
    a->call = *call;
    a->call.url = xstrdup(call->url);
    begin(n, &request, &a->going);
}

/* ---- replies ------------------------------------------------------------- */

const char *net_header(const struct tocsin_http_reply *reply, const char *name)
{
    size_t n = strlen(name);

    for (size_t i = 0; reply->headers[i]; i++) {
        const char *value = reply->headers[i] + n;

        if (strncasecmp(reply->headers[i], name, n) != 0 || *value++ != ':')
            continue;
        return value + strspn(value, " \t");
    }
    return NULL;
}

int64_t net_time(const struct tocsin_http_reply *reply, const char *name)
{
    const char *text = net_header(reply, name);
    struct tm tm = { 0 };
    const char *end =
        text ? strptime(text, "%a, %d %b %Y %H:%M:%S", &tm) : NULL;

    return end && str_eq(end, " GMT") ? (int64_t)timegm(&tm) : 0;
}

/* Whether the parameters of one link say rel=next. */
static bool is_next(const char *s, const char *end)
{
    for (; s < end; s++)
        if (!strncasecmp(s, "rel=\"next\"", 10)
            || !strncasecmp(s, "rel=next", 8))
            return true;
    return false;
}

char *net_next(const struct tocsin_http_reply *reply)
{
    const char *s = net_header(reply, "Link");

    while (s && (s = strchr(s, '<'))) {
        const char *close = strchr(s, '>');
        const char *end;
        CLEANUP_FREE char *url = NULL;

        if (!close)
            return NULL;
        end = close + strcspn(close, ",");
        url = xstrndup(s + 1, (size_t)(close - s) - 1);
        if (is_next(close, end)) {
            char *next = url;

            if (!reply->url || !net_same_origin(url, reply->url))
                return NULL;
            url = NULL;
            return next;
        }
        s = end;
    }
    return NULL;
}

char *net_escape(const char *s)
{
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    for (; *s; s++)
        if (isalnum((unsigned char)*s) || strchr("-._~", *s))
            strbuf_addc(&b, *s);
        else
            strbuf_addf(&b, "%%%02X", (unsigned char)*s);
    return b.buf;
}

/* ---- logs ---------------------------------------------------------------- */

static int on_part(void *user, const void *p, size_t n)
{
    struct streamed *s = user;
    const struct tocsin_host *host = s->net->host;

    if (!s->log
        && host->log_begin(host, s->call.run, s->call.format, &s->log)
               != TOCSIN_OK) {
        s->refused = true;
        s->log = 0;
        return TOCSIN_REJECT;
    }
    if (s->call.part)
        s->call.part(s->call.user, s->log, p, n);
    return host->log_write(host, s->log, p, n);
}

static void on_log_end(void *user, const struct tocsin_http_reply *http)
{
    struct streamed *s = user;
    struct net *n = s->net;
    const struct net_log_end end = {
        .http = http,
        .log = s->log,
        .whole = is_success(http),
        .gone = is_missing(http),
    };

    gone(&s->going);
    if (!end.whole && !end.gone && !s->refused)
        note_failure(n, http, s->call.url);
    s->call.ended(s->call.user, &end);
    free((char *)s->call.url);
    free(s);
    net_let_go(n);
}

void net_log(struct net *n, const struct net_log_call *call)
{
    struct streamed *s = xcalloc(1, sizeof(*s));
    const struct tocsin_http_request request = {
        ._struct_size = sizeof(request),
        .url = call->url,
        .headers = call->headers,
        .max_body = call->max_body,
        .reply = on_log_end,
        .body_part = on_part,
        .user = s,
    };

    s->net = n;
    s->call = *call;
    s->call.url = xstrdup(call->url);
    begin(n, &request, &s->going);
}

struct stream {
    struct net *net;
    struct net_going going;
    struct net_stream_call call;
    bool stopped; /* by the caller: no trouble of anybody's */
};

static int on_stream_part(void *user, const void *p, size_t n)
{
    struct stream *s = user;
    int status = s->call.part(s->call.user, p, n);

    s->stopped = s->stopped || status != TOCSIN_OK;
    return status;
}

static void on_stream_end(void *user, const struct tocsin_http_reply *http)
{
    struct stream *s = user;
    struct net *n = s->net;
    const struct net_log_end end = {
        .http = http,
        .whole = is_success(http),
        .gone = is_missing(http),
    };

    gone(&s->going);
    if (!end.whole && !end.gone && !s->stopped)
        note_failure(n, http, s->call.url);
    s->call.ended(s->call.user, &end);
    free((char *)s->call.url);
    free(s);
    net_let_go(n);
}

void net_stream(struct net *n, const struct net_stream_call *call)
{
    struct stream *s = xcalloc(1, sizeof(*s));
    const struct tocsin_http_request request = {
        ._struct_size = sizeof(request),
        .url = call->url,
        .headers = call->headers,
        .flags = call->flags,
        .max_body = call->max_body,
        .reply = on_stream_end,
        .body_part = on_stream_part,
        .user = s,
    };

    s->net = n;
    s->call = *call;
    s->call.url = xstrdup(call->url);
    begin(n, &request, &s->going);
}
