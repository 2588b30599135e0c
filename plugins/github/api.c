/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Asking GitHub. Must not go on asking with a credential that was refused.
 */
#include <config.h>

#include "plugins/github/api.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "plugins/github/jwt.h"

#define HEADERS_NR 5
#define LOCKED_OUT_MAX 500
#define CLOCK_MAX (5 * MINUTE)
#define ACCEPT "Accept: application/vnd.github+json"
#define API_VERSION "X-GitHub-Api-Version: 2022-11-28"

/* ---- who ----------------------------------------------------------------- */

bool api_has_who(const struct tocsin_host *host)
{
    return host->option(host, "token", 0) || host->option(host, "app_id", 0);
}

const char *api_who_wrong(const struct tocsin_host *host)
{
    bool app = host->option(host, "app_id", 0) != NULL;
    bool key = host->option(host, "private_key", 0) != NULL;

    if (app != key)
        return "app_id and private_key belong together";
    if (app && host->option(host, "token", 0))
        return "either a token or an App: token and app_id are both given";
    if (app) {
        CLEANUP_FREE char *proof =
            jwt_new(host->option(host, "app_id", 0),
                    host->option(host, "private_key", 0), when_now(), NULL);

        if (!proof)
            return "private_key: no RSA key in PEM, such as GitHub makes for "
                   "an App";
    }
    return NULL;
}

void api_tell(const struct api *api)
{
    const struct tocsin_host *host = api->net->host;
    CLEANUP_FREE char *ends = auth_end_notice(api->ends, when_now());

    if (ends)
        host->notice(host, "credential-ends", ends);
    if (api->locked_out)
        host->notice(host, "no-token", api->locked_out);
    if (api->ahead > CLOCK_MAX || api->ahead < -CLOCK_MAX)
        host->notice(host, "clock",
                     api->ahead > 0 ? "this machine's clock is ahead of "
                                      "GitHub's by more than five minutes"
                                    : "this machine's clock is behind "
                                      "GitHub's by more than five minutes");
    if (api->fatal)
        host->log(host, TOCSIN_LOG_ERROR, api->fatal);
}

/* ---- where --------------------------------------------------------------- */

/* https://api.github.com and https://github.com; an Enterprise Server has
 * both on one host, below /api/v3 and /api/graphql. */
void api_init(struct api *api, const char *url)
{
    const char *host = strstr(url, "://");
    size_t n = strlen(url);

    memset(api, 0, sizeof(*api));
    while (n && url[n - 1] == '/')
        n--;
    api->base = xstrndup(url, n);
    if (str_ends(api->base, "/api/v3")) {
        api->web = xstrndup(url, n - strlen("/api/v3"));
        api->graphql = xasprintf("%s/api/graphql", api->web);
        return;
    }
    api->graphql = xasprintf("%s/graphql", api->base);
    api->web = host && str_starts(host, "://api.")
                   ? xasprintf("%.*s://%s", (int)(host - url), url,
                               api->base + (host - url) + strlen("://api."))
                   : xstrdup(api->base);
}

void api_open(struct api *api, const struct tocsin_host *host, struct net *net,
              const char *url, const struct api_may *may)
{
    struct auth_options who = {
        .token = host->option(host, "token", 0),
        .app_id = host->option(host, "app_id", 0),
        .key = host->option(host, "private_key", 0),
        .permissions = may ? may->permissions : NULL,
        .also = may ? may->also : NULL,
    };

    api_init(api, url);
    who.base = api->base;
    api->net = net;
    api->auth = auth_new(&who, net);
}

void api_close(struct api *api)
{
    auth_free(api->auth);
    free(api->base);
    free(api->graphql);
    free(api->web);
    free(api->fatal);
    free(api->locked_out);
    memset(api, 0, sizeof(*api));
}

bool api_is_over(const struct api *api)
{
    return api->fatal || api->net->cut;
}

bool api_answers(const struct api *api, const struct tocsin_http_reply *r)
{
    return !r->url || net_same_origin(r->url, api->base);
}

/* What GitHub allows in names, so that none leads a path elsewhere. */
bool api_repository_fine(const char *name)
{
    const char *slash = name ? strchr(name, '/') : NULL;
    const char *rest = slash ? slash + 1 : "";
    size_t n = name ? strlen(name) : 0;

    return slash && slash > name && *rest && n < 200
           && n
                  == strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz"
                                  "0123456789-._/")
           && !strchr(rest, '/') && strcmp(rest, ".") && strcmp(rest, "..")
           && name[0] != '.';
}

/* ---- asking -------------------------------------------------------------- */

struct asking {
    struct api *api;
    struct api_call call;
    struct net_log_call log; /* ended: it is one of a log */
    char *owner, *url, *body, *header;
};

static void asking_free(struct asking *a)
{
    free(a->owner);
    free(a->url);
    free(a->body);
    free(a->header);
    free(a);
}

/* GitHub says so in a reply that is fine; whoever goes on is shut out. */
static bool is_limited(const json_t *reply)
{
    const json_t *errors = jx_arr(reply, "errors"), *e;
    size_t i;

    json_array_foreach(errors, i, e)
        if (str_eq(jx_str(e, "type"), "RATE_LIMITED")
            || strcasestr(jx_str_or(e, "message", ""), "rate limit"))
            return true;
    return strcasestr(jx_str_or(reply, "message", ""), "rate limit");
}

/* Whether one path begins with the other. One that leads where nothing was
 * asked for may be of anything. */
static bool is_on_path(const json_t *path, const char *const *where,
                       int64_t index)
{
    size_t nr = json_array_size(path), i;

    for (i = 0; i < nr && where[i]; i++)
        if (!str_eq(json_string_value(json_array_get(path, i)), where[i]))
            return index >= 0;
    return i == nr || index < 0
           || json_integer_value(json_array_get(path, i)) == index;
}

bool api_error_at(const json_t *reply, const char *const *where, int64_t index)
{
    const json_t *errors = jx_arr(reply, "errors"), *e;
    size_t i;

    json_array_foreach(errors, i, e)
        if (is_on_path(jx_arr(e, "path"), where, index))
            return true;
    return false;
}

const char *api_refusal(const json_t *reply)
{
    static const char *const types[] = { "FORBIDDEN", "NOT_FOUND",
                                         "INSUFFICIENT_SCOPES" };
    const json_t *e = json_array_get(jx_arr(reply, "errors"), 0);

    for (size_t i = 0; i < ARRAY_SIZE(types); i++)
        if (str_eq(jx_str(e, "type"), types[i]))
            return jx_str_or(e, "message", types[i]);
    return NULL;
}

static const char *const no_headers[] = { NULL };

/* It is not sent. */
static void decline(struct asking *a)
{
    const struct tocsin_http_reply none = {
        ._struct_size = sizeof(none),
        .error = TOCSIN_HTTP_CANCELLED,
        .url = a->url,
        .headers = no_headers,
        .body = "",
    };
    const struct net_reply reply = { .http = &none };
    const struct net_log_end end = { .http = &none };

    if (a->log.ended)
        a->log.ended(a->log.user, &end);
    else
        a->call.got(a->call.user, &reply);
    net_let_go(a->api->net);
    asking_free(a);
}

static void send_it(struct asking *a);

static void note_clock(struct api *api, const struct tocsin_http_reply *r)
{
    int64_t date = net_time(r, "Date");

    if (date)
        api->ahead = when_now() - date;
}

/* What every reply says; true: it is asked once more. */
static bool look_at(struct asking *a, const struct tocsin_http_reply *r)
{
    struct api *api = a->api;
    int64_t ends = r->error ? 0 : auth_ends(r);

    if (ends)
        api->ends = ends;
    if (!r->error && api_answers(api, r))
        note_clock(api, r);
    if (r->error || r->status != 401 || !a->header || api->fatal
        || !api_answers(api, r))
        return false;
    if (auth_refused(api->auth, a->owner, a->header)) {
        net_forget(api->net, NET_REFUSED);
        return true;
    }
    api->fatal = xstrdup("GitHub refuses the token (401); it has ended or "
                         "was revoked");
    net_stop(api->net);
    return false;
}

/* Of a list over several organizations GitHub leaves out, with a status that
 * is fine, those that want the token to be authorized for SAML single sign-on:
 * "partial-results; organizations=1,2". */
static bool is_partial(struct asking *a, const struct net_reply *r)
{
    const char *sso =
        r->ok || r->unchanged ? net_header(r->http, "X-GitHub-SSO") : NULL;
    const char *ids = sso ? strstr(sso, "organizations=") : NULL;
    CLEANUP_FREE char *why = NULL;

    if (!sso || !str_starts(sso, "partial-results"))
        return false;
    ids += ids ? strlen("organizations=") : 0;
    why = xasprintf("authorize the token for single sign-on of the "
                    "organizations %.*s",
                    ids ? (int)strspn(ids, "0123456789,") : 1, ids ? ids : "?");
    net_trouble(a->api->net, NET_PARTIAL, a->url, why);
    return true;
}

static void on_reply(void *user, const struct net_reply *r)
{
    struct asking *a = user;
    struct net_reply reply = *r;

    if (r->ok && str_eq(a->url, a->api->graphql) && is_limited(r->json))
        a->api->net->cut = true;

    if (look_at(a, r->http)) {
        send_it(a);
        return;
    }
    if (r->ok || r->unchanged)
        a->api->answered++;
    reply.partial = is_partial(a, r);
    a->call.got(a->call.user, &reply);
    net_let_go(a->api->net);
    asking_free(a);
}

static void on_log_end(void *user, const struct net_log_end *end)
{
    struct asking *a = user;

    if (look_at(a, end->http)) {
        send_it(a);
        return;
    }
    a->log.ended(a->log.user, end);
    net_let_go(a->api->net);
    asking_free(a);
}

static void on_part(void *user, uint64_t log, const char *p, size_t n)
{
    const struct asking *a = user;

    a->log.part(a->log.user, log, p, n);
}

/* Of each owner its reason, once. */
static void lock_out(struct api *api, const char *why)
{
    char *all = api->locked_out;

    if (all && (strstr(all, why) || strlen(all) > LOCKED_OUT_MAX))
        return;
    api->locked_out = all ? xasprintf("%s; %s", all, why) : xstrdup(why);
    free(all);
}

static void on_ready(void *user, const char *header, const char *why)
{
    struct asking *a = user;
    struct api *api = a->api;
    const char *headers[HEADERS_NR + 1];
    size_t nr = 0;

    if (why && auth_is_disbelieved(api->auth) && !api->fatal) {
        api->fatal = xstrdup(why);
        net_stop(api->net);
    } else if (why && !api->fatal) {
        lock_out(api, why);
    }
    if (why || api->fatal) {
        decline(a);
        return;
    }
    str_replace(&a->header, header);
    headers[nr++] = a->call.accept ? a->call.accept : ACCEPT;
    headers[nr++] = API_VERSION;
    if (header)
        headers[nr++] = header;
    if (a->body)
        headers[nr++] = "Content-Type: application/json";
    headers[nr] = NULL;
    if (a->log.ended) {
        struct net_log_call log = a->log;

        log.url = a->url;
        log.headers = headers;
        log.part = log.part ? on_part : NULL;
        log.ended = on_log_end;
        log.user = a;
        net_log(api->net, &log);
        return;
    }
    net_ask(api->net, &(struct net_call){
                          .method = a->call.method ? a->call.method
                                    : a->body      ? "POST"
                                                   : NULL,
                          .url = a->url,
                          .body = a->body,
                          .headers = headers,
                          .flags = a->call.flags,
                          .max_body = a->call.max_body,
                          .missing_is_fine = a->call.missing_is_fine,
                          .only = a->call.only,
                          .got = on_reply,
                          .user = a,
                      });
}

static void send_it(struct asking *a)
{
    auth_get(a->api->auth, a->owner, on_ready, a);
}

static struct asking *asking_new(struct api *api, const char *owner,
                                 const char *url)
{
    struct asking *a = xcalloc(1, sizeof(*a));

    a->api = api;
    a->owner = xstrdup(owner);
    a->url = *url == '/' ? xasprintf("%s%s", api->base, url) : xstrdup(url);
    net_hold(api->net);
    return a;
}

void api_ask(struct api *api, const struct api_call *call)
{
    struct asking *a = asking_new(api, call->owner, call->url);

    a->call = *call;
    a->body = xstrdup0(call->body);
    send_it(a);
}

void api_log(struct api *api, const char *owner, const char *path,
             const struct net_log_call *call)
{
    struct asking *a = asking_new(api, owner, path);

    a->log = *call;
    send_it(a);
}
