/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tokens of an App: the installation is looked up by its owner, then asked
 * for a token (docs.github.com, "Generating an installation access token").
 * Must not keep a token anywhere but here.
 */
#include <config.h>

#include "plugins/github/auth.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/err.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "plugins/github/jwt.h"

#define NARROW_MAX 500 /* repositories that a token can name */
#define RENEW_BEFORE (5 * MINUTE)
#define ACCEPT "Accept: application/vnd.github+json"
#define API_VERSION "X-GitHub-Api-Version: 2022-11-28"

struct waiter {
    auth_ready *ready;
    void *user;
};

struct owner {
    struct auth *auth;
    struct owner *next;
    char *name;
    int64_t installation;
    json_t *also; /* of the installation: what may be had */
    char *header; /* NULL: none yet */
    int64_t ends;
    char *why; /* it cannot be had in this pass */
    bool asking, as_user, narrowed, renewed, absent;
    struct waiter *waiters;
    size_t nr, alloc;
};

struct auth {
    struct auth_options o;
    struct net *net;
    char *header; /* of AUTH_TOKEN */
    const char *const *names;
    size_t nr_names;
    struct owner *owners;
    char *slug;
    bool disbelieved; /* a token of the App itself got a 401 */
};

struct auth *auth_new(const struct auth_options *o, struct net *net)
{
    struct auth *a = xcalloc(1, sizeof(*a));

    a->o = *o;
    a->net = net;
    if (o->token)
        a->header = xasprintf("Authorization: Bearer %s", o->token);
    return a;
}

void auth_free(struct auth *a)
{
    struct owner *next;

    if (!a)
        return;
    for (struct owner *w = a->owners; w; w = next) {
        next = w->next;
        free(w->name);
        json_decref(w->also);
        free(w->header);
        free(w->why);
        free(w->waiters);
        free(w);
    }
    free(a->header);
    free(a->slug);
    free(a);
}

enum auth_kind auth_kind(const struct auth *a)
{
    return a->o.app_id ? AUTH_APP : a->o.token ? AUTH_TOKEN : AUTH_NONE;
}

bool auth_is_disbelieved(const struct auth *a)
{
    return a->disbelieved;
}

void auth_narrow(struct auth *a, const char *const *names, size_t nr)
{
    a->names = names;
    a->nr_names = nr;
}

static struct owner *owner_of(struct auth *a, const char *name)
{
    struct owner *w;

    for (w = a->owners; w; w = w->next)
        if (!strcasecmp(w->name, name))
            return w;
    w = xcalloc(1, sizeof(*w));
    w->auth = a;
    w->name = xstrdup(name);
    w->narrowed = true;
    w->next = a->owners;
    a->owners = w;
    return w;
}

/* ---- asking -------------------------------------------------------------- */

static void answer(struct owner *w)
{
    struct waiter *all = w->waiters;
    size_t nr = w->nr;

    w->asking = false;
    w->waiters = NULL;
    w->nr = w->alloc = 0;
    for (size_t i = 0; i < nr; i++)
        all[i].ready(all[i].user, w->why ? NULL : w->header, w->why);
    free(all);
}

static void give_up(struct owner *w, char *why)
{
    free(w->why);
    w->why = why;
    answer(w);
}

static void ask_as_app(struct owner *w, const char *method, const char *url,
                       const char *body,
                       void (*got)(void *, const struct net_reply *))
{
    const struct auth *a = w->auth;
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_FREE char *jwt = jwt_new(a->o.app_id, a->o.key, when_now(), &err);
    CLEANUP_FREE char *header = NULL;

    if (!jwt) {
        w->auth->disbelieved = true;
        give_up(w, xstrdup(err_msg(&err)));
        return;
    }
    header = xasprintf("Authorization: Bearer %s", jwt);
    net_ask(a->net,
            &(struct net_call){
                .method = method,
                .url = url,
                .body = body,
                .headers =
                    (const char *const[]){
                        header, ACCEPT, API_VERSION,
                        body ? "Content-Type: application/json" : NULL, NULL },
                .flags = TOCSIN_HTTP_IDEMPOTENT | TOCSIN_HTTP_ASKS,
                .missing_is_fine = true,
                .got = got,
                .user = w,
            });
}

static char *no_reply(struct owner *w, const struct net_reply *r,
                      const char *what)
{
    CLEANUP_FREE char *said = NULL;

    w->auth->disbelieved = !r->http->error && r->http->status == 401;
    if (r->http->error)
        return xasprintf("%s: %s", what,
                         str_or(r->http->error_text, "no reply"));
    if (r->http->status == 401)
        return xasprintf("%s: GitHub does not believe the App (401): app_id, "
                         "private key, or this machine's clock is wrong",
                         what);
    said = net_said(r->http);
    return xasprintf("%s: status %d%s%s", what, r->http->status,
                     said ? ", " : "", str_or(said, ""));
}

/* Some forty more characters or a few hundred: nothing depends on the form
 * of a token. */
static bool fit_for_a_header(const char *s)
{
    size_t n = strlen(s);

    return n && n < 8192
           && strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "abcdefghijklmnopqrstuvwxyz"
                        "0123456789-._~+/=")
                  == n;
}

static void ask_token(struct owner *w);

static bool is_repository(const struct owner *w)
{
    return strchr(w->name, '/') != NULL;
}

static void on_token(void *user, const struct net_reply *r)
{
    struct owner *w = user;
    const char *token = jx_str(r->json, "token");

    if (!r->http->error && r->http->status == 422 && w->narrowed
        && !is_repository(w)) {
        /* One of the names is not the installation's (any more). */
        w->narrowed = false;
        ask_token(w);
        return;
    }
    if (!r->ok || !token || !fit_for_a_header(token)) {
        CLEANUP_FREE char *what = xasprintf("no token for %s", w->name);

        give_up(w, no_reply(w, r, what));
        return;
    }
    if (when_parse(jx_str_or(r->json, "expires_at", ""), &w->ends) < 0)
        w->ends = when_now() + HOUR;
    free(w->header);
    w->header = xasprintf("Authorization: Bearer %s", token);
    answer(w);
}

/* Names without their owner, or NULL when they are too many. */
static json_t *narrow_names(const struct owner *w)
{
    const struct auth *a = w->auth;
    size_t n = strlen(w->name);
    json_t *list = json_array();

    if (is_repository(w)) {
        json_array_append_new(list, json_string(strchr(w->name, '/') + 1));
        return list;
    }
    for (size_t i = 0; i < a->nr_names; i++)
        if (!strncasecmp(a->names[i], w->name, n) && a->names[i][n] == '/')
            json_array_append_new(list, json_string(a->names[i] + n + 1));
    if (json_array_size(list) && json_array_size(list) <= NARROW_MAX)
        return list;
    json_decref(list);
    return NULL;
}

/* New. */
static json_t *permissions_of(const struct owner *w)
{
    const char *text = w->auth->o.permissions;
    json_t *v = text ? jx_parse(text, strlen(text), NULL)
                     : json_pack("{s:s, s:s, s:s, s:s, s:s}", "actions", "read",
                                 "checks", "read", "contents", "read",
                                 "metadata", "read", "statuses", "read");

    if (!v)
        BUG("permissions that are no JSON");
    if (w->also)
        json_object_update(v, w->also);
    return v;
}

static void ask_token(struct owner *w)
{
    json_t *names = w->narrowed ? narrow_names(w) : NULL;
    json_t *body = json_pack("{s:o}", "permissions", permissions_of(w));
    CLEANUP_FREE char *url =
        xasprintf("%s/app/installations/%lld/access_tokens", w->auth->o.base,
                  (long long)w->installation);
    CLEANUP_FREE char *text = NULL;

    w->narrowed = names != NULL;
    if (names)
        json_object_set_new(body, "repositories", names);
    text = jx_dump(body);
    json_decref(body);
    ask_as_app(w, "POST", url, text, on_token);
}

static void ask_installation(struct owner *w);

/* Those of `also` that were granted. */
static void note_also(struct owner *w, const json_t *granted)
{
    const char *text = w->auth->o.also, *key;
    CLEANUP_JSON json_t *also =
        text ? jx_parse(text, strlen(text), NULL) : NULL;
    json_t *v;

    json_decref(w->also);
    w->also = json_object();
    json_object_foreach(also, key, v)
        if (jx_str(granted, key))
            json_object_set(w->also, key, v);
}

static void on_installation(void *user, const struct net_reply *r)
{
    struct owner *w = user;

    if (!r->http->error && r->http->status == 404 && !w->as_user
        && !is_repository(w)) {
        w->as_user = true;
        ask_installation(w);
        return;
    }
    w->installation = r->ok ? jx_int(r->json, "id", 0) : 0;
    note_also(w, r->ok ? jx_obj(r->json, "permissions") : NULL);
    if (w->installation > 0)
        ask_token(w);
    else if ((w->absent = !r->http->error && r->http->status == 404))
        give_up(w, xasprintf("%s has not installed the App", w->name));
    else
        give_up(w, no_reply(w, r, "no installation"));
}

static void ask_installation(struct owner *w)
{
    CLEANUP_FREE char *name =
        is_repository(w) ? xstrdup(w->name) : net_escape(w->name);
    CLEANUP_FREE char *url = xasprintf("%s/%s/%s/installation", w->auth->o.base,
                                       is_repository(w) ? "repos"
                                       : w->as_user     ? "users"
                                                        : "orgs",
                                       name);

    ask_as_app(w, NULL, url, NULL, on_installation);
}

void auth_get(struct auth *a, const char *name, auth_ready *ready, void *user)
{
    struct owner *w;

    if (auth_kind(a) != AUTH_APP) {
        ready(user, a->header, NULL);
        return;
    }
    w = owner_of(a, name);
    if (w->why || (w->header && w->ends - when_now() > RENEW_BEFORE)) {
        ready(user, w->why ? NULL : w->header, w->why);
        return;
    }
    ALLOC_GROW(w->waiters, w->nr + 1, w->alloc);
    w->waiters[w->nr++] = (struct waiter){ ready, user };
    if (w->asking)
        return;
    w->asking = true;
    if (w->installation > 0)
        ask_token(w);
    else
        ask_installation(w);
}

bool auth_refused(struct auth *a, const char *name, const char *header)
{
    struct owner *w;

    if (auth_kind(a) != AUTH_APP)
        return false;
    w = owner_of(a, name);
    /* Others were under way with it: what comes of the first one's refusal
     * is theirs as well. */
    if (!str_eq(w->header, header) || w->asking || w->why)
        return true;
    if (w->renewed)
        return false;
    w->renewed = true;
    w->ends = 0;
    return true;
}

bool auth_is_absent(struct auth *a, const char *name)
{
    return auth_kind(a) == AUTH_APP && owner_of(a, name)->absent;
}

/* ---- who ----------------------------------------------------------------- */

struct naming {
    struct owner owner; /* of nobody: ask_as_app wants one */
    auth_named *named;
    void *user;
};

static void on_app(void *user, const struct net_reply *r)
{
    struct naming *n = user;
    struct auth *a = n->owner.auth;
    const char *slug = r->ok ? jx_str(r->json, "slug") : NULL;
    CLEANUP_FREE char *why =
        slug ? NULL : no_reply(&n->owner, r, "no such App");

    if (slug)
        str_replace(&a->slug, slug);
    n->named(n->user, slug ? a->slug : NULL, why);
    free(n->owner.why);
    free(n);
}

void auth_slug(struct auth *a, auth_named *named, void *user)
{
    CLEANUP_FREE char *url = xasprintf("%s/app", a->o.base);
    struct naming *n;

    if (a->slug) {
        named(user, a->slug, NULL);
        return;
    }
    n = xcalloc(1, sizeof(*n));
    n->owner.auth = a;
    n->named = named;
    n->user = user;
    ask_as_app(&n->owner, NULL, url, NULL, on_app);
    if (a->disbelieved && n->owner.why) { /* the key is no key */
        named(user, NULL, n->owner.why);
        free(n->owner.why);
        free(n);
    }
}

/* ---- how long ------------------------------------------------------------ */

/* "2026-12-01 09:00:00 UTC", "... +0200" */
int64_t auth_ends(const struct tocsin_http_reply *reply)
{
    const char *s = net_header(reply, "github-authentication-token-"
                                      "expiration");
    CLEANUP_FREE char *text = NULL;
    int64_t t = 0;

    if (!s || strlen(s) < 19)
        return 0;
    text = !strcmp(s + 19, " UTC") ? xasprintf("%.10sT%.8sZ", s, s + 11)
           : strlen(s) == 25 && strchr("+-", s[20])
               ? xasprintf("%.10sT%.8s%.3s:%.2s", s, s + 11, s + 20, s + 23)
               : xstrdup(s);
    return when_parse(text, &t) == 0 ? t : 0;
}

char *auth_end_notice(int64_t ends, int64_t now)
{
    CLEANUP_FREE char *day = ends ? when_format_minute(ends) : NULL;
    int64_t left = ends - now;

    if (!ends || left > 14 * DAY)
        return NULL;
    /* No count of days: told once for each of these, not every day. */
    return xasprintf("the token ends on %s (%s); make a new one in time", day,
                     left <= 0         ? "now"
                     : left <= 3 * DAY ? "in less than 3 days"
                                       : "in less than 14 days");
}
