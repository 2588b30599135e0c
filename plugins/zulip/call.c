/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Asking, and reading faults. Must not take for "nothing was made" what may
 * have been made.
 */
#include <config.h>

#include "plugins/zulip/call.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/net/net.h"

#define BODY_MAX ((size_t)32 << 20)

struct asked {
    struct zulip *z;
    void (*got)(void *user, const struct answer *answer);
    void *user;
};

/* ---- forms ---- */

void form_add(struct strbuf *form, const char *name, const char *value)
{
    CLEANUP_FREE char *escaped = net_escape(value);

    strbuf_addf(form, "%s%s=%s", form->len ? "&" : "", name, escaped);
}

void form_add_int(struct strbuf *form, const char *name, int64_t value)
{
    strbuf_addf(form, "%s%s=%lld", form->len ? "&" : "", name,
                (long long)value);
}

void form_add_json(struct strbuf *form, const char *name, json_t *taken)
{
    char *text = json_dumps(taken, JSON_COMPACT | JSON_ENCODE_ANY);

    form_add(form, name, text);
    free(text);
    json_decref(taken);
}

/* ---- what went wrong ---- */

/* Nothing of this came to the server, or it said so. */
static enum fault fault_of_none(const struct tocsin_http_reply *r)
{
    switch (r->error) {
    case TOCSIN_HTTP_REFUSED:
    case TOCSIN_HTTP_BUDGET:
    case TOCSIN_HTTP_TLS:
    case TOCSIN_HTTP_HELD:
        return FAULT_NOT_SENT;
    case TOCSIN_HTTP_QUOTA:
        return FAULT_LIMIT;
    default:
        return FAULT_UNKNOWN;
    }
}

static enum fault fault_of_code(const char *code)
{
    static const struct {
        const char *code;
        enum fault fault;
    } known[] = {
        { "RATE_LIMIT_HIT", FAULT_LIMIT },
        { "INVALID_API_KEY", FAULT_CREDENTIAL },
        { "UNAUTHORIZED", FAULT_CREDENTIAL },
        { "UNAUTHENTICATED_USER", FAULT_CREDENTIAL },
        { "AUTHENTICATION_FAILED", FAULT_CREDENTIAL },
        { "USER_DEACTIVATED", FAULT_CREDENTIAL },
        { "REALM_DEACTIVATED", FAULT_CREDENTIAL },
        { "NONEXISTENT_SUBDOMAIN", FAULT_CREDENTIAL },
        { "STREAM_DOES_NOT_EXIST", FAULT_NO_CHANNEL },
        { "REACTION_ALREADY_EXISTS", FAULT_THERE_ALREADY },
        { "REACTION_DOES_NOT_EXIST", FAULT_THERE_ALREADY },
        { "SERVER_NOT_READY", FAULT_UNKNOWN },
        { "REQUEST_TIMEOUT", FAULT_UNKNOWN },
    };

    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (!strcmp(known[i].code, code))
            return known[i].fault;
    return FAULT_NONE;
}

static enum fault fault_of_status(int status)
{
    if (status == 401)
        return FAULT_CREDENTIAL;
    if (status == 429)
        return FAULT_LIMIT;
    if (status >= 400 && status < 500 && status != 408)
        return FAULT_DENIED;
    return FAULT_UNKNOWN;
}

static enum fault fault_of(const struct tocsin_http_reply *r,
                           const json_t *json)
{
    const char *code = jx_str_or(json, "code", "");
    enum fault fault;

    if (r->error)
        return fault_of_none(r);
    fault = fault_of_code(code);
    if (fault)
        return fault;
    if (r->status >= 200 && r->status < 300) {
        if (str_eq(jx_str(json, "result"), "success"))
            return FAULT_NONE;
        /* An error in a 200 is one; a page that is no JSON is nobody's
         * answer. */
        return str_eq(jx_str(json, "result"), "error") ? FAULT_DENIED
                                                       : FAULT_UNKNOWN;
    }
    return fault_of_status(r->status);
}

static int64_t wait_of(const struct tocsin_http_reply *r, const json_t *json)
{
    double named = jx_num(json, "retry-after", 0);

    if (r->error == TOCSIN_HTTP_QUOTA && r->retry_after > 0)
        return r->retry_after;
    return named > 0 && named < 86400 ? (int64_t)named + 1 : 0;
}

static char *text_of(const struct tocsin_http_reply *r, const json_t *json)
{
    const char *code = jx_str(json, "code"), *msg = jx_str(json, "msg");

    if (r->error)
        return xstrdup(str_or(r->error_text, "no answer"));
    if (code && msg)
        return xasprintf("%s: %s", code, msg);
    if (msg && *msg)
        return xstrdup(msg);
    return xasprintf("status %d%s", r->status, json ? "" : ", no JSON");
}

static void on_reply(void *user, const struct tocsin_http_reply *r)
{
    struct asked *a = user;
    CLEANUP_JSON json_t *json =
        !r->error && r->body_len ? jx_parse(r->body, r->body_len, NULL) : NULL;
    CLEANUP_FREE char *text = text_of(r, json);
    struct answer answer = {
        .json = json,
        .fault = fault_of(r, json),
        .code = jx_str_or(json, "code", ""),
        .text = text,
    };

    if (answer.fault == FAULT_LIMIT)
        answer.wait = wait_of(r, json);
    a->got(a->user, &answer);
    free(a);
}

/* ---- asking ---- */

void call(struct zulip *z, const struct call *c)
{
    struct asked *a = xcalloc(1, sizeof(*a));
    bool sends = c->method && strcmp(c->method, "GET");
    CLEANUP_FREE char *url = xasprintf("%s/api/v1%s%s%s", z->site, c->path,
                                       !sends && c->query ? "?" : "",
                                       !sends && c->query ? c->query : "");
    const char *const headers[] = {
        z->authorization,
        "Accept: application/json",
        sends ? "Content-Type: application/x-www-form-urlencoded" : NULL,
        NULL,
    };
    const struct tocsin_http_request request = {
        ._struct_size = sizeof(request),
        .method = c->method,
        .url = url,
        .headers = headers,
        .body = sends ? c->query : NULL,
        .body_len = sends && c->query ? strlen(c->query) : 0,
        .flags = (c->idempotent ? TOCSIN_HTTP_IDEMPOTENT : 0)
                 | (c->asks ? TOCSIN_HTTP_ASKS : 0)
                 | (sends ? TOCSIN_HTTP_NO_REDIRECT : 0),
        .max_body = BODY_MAX,
        .reply = on_reply,
        .user = a,
    };

    a->z = z;
    a->got = c->got;
    a->user = c->user;
    if (z->host->http(z->host, &request, NULL) != TOCSIN_OK)
        BUG("a request with a url and a reply was refused");
}
