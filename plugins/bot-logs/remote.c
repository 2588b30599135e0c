/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Must not end with "unchanged" for what is not in the cursor: it is asked
 * for once more then, whole.
 */
#include <config.h>

#include "plugins/bot-logs/remote.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/digest.h"
#include "core/base/err.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "plugins/bot-logs/kept.h"

#define KEPT_MAX ((size_t)900 << 10) /* bytes of the cursor */
#define LATER "left for another pass"

struct asked {
    struct remote *r;
    struct remote_file file;
};

void remote_hold(struct remote *r)
{
    r->left++;
}

void remote_let_go(struct remote *r)
{
    void (*then)(void *user) = r->then;

    if (--r->left == 0)
        then(r->user);
}

void remote_begin(struct remote *r, const struct tocsin_host *host,
                  const json_t *before, void (*over)(void *user), void *user)
{
    memset(r, 0, sizeof(*r));
    r->host = host;
    r->user = user;
    r->before = before;
    r->files = json_object();
    r->kept = json_array();
    net_begin(&r->net, host, over, user);
}

void remote_phase(struct remote *r, void (*then)(void *user))
{
    r->then = then;
    r->left = 1;
    net_hold(&r->net);
}

void remote_go(struct remote *r)
{
    remote_let_go(r);
    net_let_go(&r->net);
}

void remote_release(struct remote *r)
{
    json_decref(r->files);
    json_decref(r->kept);
    r->files = r->kept = NULL;
}

void remote_keep(struct remote *r)
{
    const json_t *url;
    size_t i;

    json_array_foreach(r->kept, i, url)
        r->host->http_keep(r->host, json_string_value(url));
}

void remote_forget(struct remote *r)
{
    const char *url;
    json_t *v;

    json_object_foreach(r->files, url, v)
        json_object_del(v, "body");
    json_array_clear(r->kept);
}

/* ---- what came -------------------------------------------------------- */

/* Without secrets, as all that Tocsin stores. NULL: it cannot be kept. */
static char *pack(const struct asked *a, json_t *doc)
{
    const struct tocsin_host *host = a->r->host;
    CLEANUP_JSON json_t *again = NULL;
    CLEANUP_FREE char *dump = NULL;
    const char *safe;

    if (a->file.trim)
        a->file.trim(doc);
    dump = jx_dump(doc);
    safe = TOCSIN_HAS(host, redact) ? host->redact(host, dump) : dump;
    again = jx_parse(safe, strlen(safe), NULL);
    return again ? kept_pack(safe, strlen(safe)) : NULL;
}

static void keep(const struct asked *a, json_t *about, const char *body)
{
    struct remote *r = a->r;

    if (!body || r->kept_bytes + strlen(body) > KEPT_MAX)
        return;
    r->kept_bytes += strlen(body);
    jx_set_str(about, "body", body);
    json_array_append_new(r->kept, json_string(a->file.url));
}

/* False: what it was is lost, or wanted whole. */
static bool unchanged(const struct asked *a)
{
    const json_t *before = jx_obj(a->r->before, a->file.url);
    const char *packed = jx_str(before, "body");
    CLEANUP_FREE char *text = NULL;
    json_t *about;
    size_t n = 0;

    if (a->file.how == REMOTE_NEWS) {
        if (!a->file.always)
            json_array_append_new(a->r->kept, json_string(a->file.url));
        return !a->file.always;
    }
    text = kept_unpack(packed, a->file.cap, &n);
    if (!text)
        return false;
    tree_put(a->file.tree, a->file.path, text, n, jx_int(before, "at", 0));
    about = json_object();
    jx_set_int(about, "at", jx_int(before, "at", 0));
    jx_set_str(about, "digest", jx_str(before, "digest"));
    keep(a, about, packed);
    json_object_set_new(a->r->files, a->file.url, about);
    return true;
}

/* What was known stays known. */
static void failed(const struct asked *a, enum err_code code, const char *why)
{
    json_t *before = jx_obj(a->r->before, a->file.url);

    tree_put_bad(a->file.tree, a->file.path, code, why);
    if (!before)
        return;
    json_object_set(a->r->files, a->file.url, before);
    a->r->kept_bytes += strlen(jx_str_or(before, "body", ""));
}

static void asked_free(struct asked *a)
{
    free((char *)a->file.path);
    free((char *)a->file.url);
    free(a);
}

/* Thousands of files are held at a time, and little of each is read. */
static void put_trimmed(const struct asked *a, json_t *doc, int64_t at)
{
    CLEANUP_FREE char *text = NULL;

    a->file.trim(doc);
    text = jx_dump(doc);
    tree_put(a->file.tree, a->file.path, text, strlen(text), at);
}

static void came(const struct asked *a, const struct tocsin_http_reply *http)
{
    const json_t *before = jx_obj(a->r->before, a->file.url);
    CLEANUP_FREE char *digest = digest_text128(http->body, http->body_len);
    CLEANUP_FREE char *body = NULL;
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_JSON json_t *doc = NULL;
    int64_t now = a->r->host->now(a->r->host),
            at = net_time(http, "Last-Modified");
    json_t *about;

    /* A page of HTML says "200" as well. */
    if (str_ends(a->file.path, ".json")) {
        doc = jx_parse(http->body, http->body_len, &err);
        if (!doc) {
            failed(a, ERR_INPUT, err_msg(&err));
            return;
        }
    }
    if (str_eq(digest, jx_str(before, "digest")))
        at = jx_int(before, "at", now);
    if (at <= 0 || at > now)
        at = now;
    if (doc && a->file.how == REMOTE_PLAIN && a->file.trim)
        put_trimmed(a, doc, at);
    else
        tree_put(a->file.tree, a->file.path, http->body, http->body_len, at);
    if (a->file.how == REMOTE_NEWS)
        json_array_append_new(a->r->kept, json_string(a->file.url));
    if (a->file.how != REMOTE_KEPT)
        return;
    about = json_object();
    jx_set_int(about, "at", at);
    jx_set_str(about, "digest", digest);
    if (doc && (net_header(http, "ETag") || net_header(http, "Last-Modified")))
        body = pack(a, doc);
    keep(a, about, body);
    json_object_set_new(a->r->files, a->file.url, about);
}

static void send(struct asked *a, uint32_t flags);

static void on_got(void *user, const struct net_reply *reply)
{
    struct asked *a = user;
    const struct tocsin_http_reply *http = reply->http;
    struct remote *r = a->r;

    if (reply->unchanged && !unchanged(a)) {
        send(a, 0);
        return;
    }
    if (reply->ok)
        came(a, http);
    else if (!http->error && (http->status == 404 || http->status == 410))
        tree_put_missing(a->file.tree, a->file.path);
    else if (http->error == TOCSIN_HTTP_QUOTA
             || http->error == TOCSIN_HTTP_BUDGET)
        failed(a, ERR_REMOTE, LATER);
    else if (http->error)
        failed(a, ERR_REMOTE, str_or(http->error_text, "no reply"));
    else if (!reply->unchanged) {
        CLEANUP_FREE char *why = xasprintf("status %d", http->status);

        failed(a, ERR_REMOTE, why);
    }
    asked_free(a);
    remote_let_go(r);
}

static void send(struct asked *a, uint32_t flags)
{
    const struct net_call call = {
        .url = a->file.url,
        .max_body = a->file.cap,
        .text = true,
        .flags = flags,
        .missing_is_fine = !a->file.needed,
        .got = on_got,
        .user = a,
    };

    net_ask(&a->r->net, &call);
}

/* Two deaths on a file, and it is not touched again. */
static bool is_touched(const struct asked *a)
{
    if (a->r->host->item(a->r->host, a->file.path) == TOCSIN_OK)
        return true;
    failed(a, ERR_INPUT, "left out, reading it failed twice");
    return false;
}

void remote_put(struct remote *r, const struct remote_file *file,
                const char *text)
{
    const struct asked a = { r, *file };
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_JSON json_t *doc = NULL;

    if (!is_touched(&a))
        return;
    doc = jx_parse(text, strlen(text), &err);
    if (doc)
        put_trimmed(&a, doc, r->host->now(r->host));
    else
        failed(&a, ERR_INPUT, err_msg(&err));
}

void remote_ask(struct remote *r, const struct remote_file *file)
{
    struct asked *a = xcalloc(1, sizeof(*a));

    a->r = r;
    a->file = *file;
    a->file.path = xstrdup(file->path);
    a->file.url = xstrdup(file->url);
    if (!is_touched(a)) {
        asked_free(a);
        return;
    }
    remote_hold(r);
    send(a, file->how == REMOTE_PLAIN ? 0 : TOCSIN_HTTP_CONDITIONAL);
}

char *remote_url(const char *base, const char *repository, const char *branch,
                 const char *path)
{
    size_t n = strlen(base);
    CLEANUP_FREE char *copy = xasprintf("%s/%s/%s", repository, branch, path);
    char *save = NULL;
    struct strbuf b;

    while (n && base[n - 1] == '/')
        n--;
    strbuf_init(&b, STRBUF_UNBOUNDED);
    strbuf_add(&b, base, n);
    for (char *part = strtok_r(copy, "/", &save); part;
         part = strtok_r(NULL, "/", &save)) {
        CLEANUP_FREE char *safe = net_escape(part);

        strbuf_addf(&b, "/%s", safe);
    }
    return b.buf;
}

/* ---- places ----------------------------------------------------------- */

static bool place_read(struct place *p, const char *text)
{
    const char *at = strchr(text, '@'), *slash;

    p->repository = at ? xstrndup(text, (size_t)(at - text)) : xstrdup(text);
    p->branch = xstrdup(at ? at + 1 : "main");
    slash = strchr(p->repository, '/');
    return slash && slash != p->repository && slash[1]
           && !strchr(slash + 1, '/') && !strstr(p->repository, "..")
           && *p->branch && !strstr(p->branch, "..");
}

const char *places_read(struct places *p, const struct tocsin_host *host)
{
    size_t nr = host->option_count(host, "data");
    bool fine = true;

    p->all = xcalloc(nr + 1, sizeof(*p->all));
    for (p->nr = 0; p->nr < nr && fine; p->nr++)
        fine = place_read(&p->all[p->nr], host->option(host, "data", p->nr));
    return fine ? NULL : "data is OWNER/NAME or OWNER/NAME@BRANCH";
}

void places_release(struct places *p)
{
    for (size_t i = 0; i < p->nr; i++) {
        free(p->all[i].repository);
        free(p->all[i].branch);
    }
    free(p->all);
}
