/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An observation and deliveries of github-issues under libFuzzer, with a
 * server that is played here: the first byte says what is delivered, the
 * second how, then come the replies (replies.h).
 *
 * Must hold, whatever a server says: no request goes elsewhere, what people
 * wrote in an issue stays, ours stands in it once, nobody is called who was
 * not to be, nothing is written that must not be, an operation ends once.
 */
#include <config.h>

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/err.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/github-issues/sink.h"
#include "tests/fuzz/host.h"
#include "tests/fuzz/replies.h"

#define BASE "https://api.github.com/"
#define KEY "k1"
#define MARKER "<!-- tocsin 1:" KEY ":n2 -->"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
const struct tocsin_plugin_head *tocsin_plugin_init(void);

static struct {
    unsigned char what, how;
    int done, status, creates;
    bool delivering, stopped;
    char *remote_id;
} f;

enum {
    ASSIGNS = 1,
    NO_PROJECT = 2,
    CONFIDENTIAL = 4,
    STOP = 8,
    NO_LOGIN = 16,
    DOUBLE = 32,
    KNOWN = 64,
    REPORTED = 128,
};

/* ---- the host ------------------------------------------------------------ */

static const char *option(const struct tocsin_host *h, const char *name,
                          size_t i)
{
    (void)h;
    if (i)
        return NULL;
    if (!strcmp(name, "url"))
        return BASE;
    if (!strcmp(name, "token"))
        return "t";
    if (!strcmp(name, "organization"))
        return "o";
    if (!strcmp(name, "login"))
        return f.how & NO_LOGIN ? NULL : "us";
    if (!strcmp(name, "notify"))
        return f.how & ASSIGNS ? "assignees" : "mention";
    if (!strcmp(name, "stop_repository"))
        return f.how & STOP ? "o/stop" : NULL;
    if (!strcmp(name, "already_reported"))
        return f.how & REPORTED ? "pr (^|[^0-9.]){target}([^0-9.]|$)" : NULL;
    return NULL;
}

static size_t option_count(const struct tocsin_host *h, const char *name)
{
    return option(h, name, 0) != NULL;
}

static int64_t option_int(const struct tocsin_host *h, const char *name,
                          int64_t dflt)
{
    (void)h;
    return !strcmp(name, "write_gap") ? 0 : dflt;
}

static int notice(const struct tocsin_host *h, const char *code,
                  const char *text)
{
    (void)h;
    if (!code || !text)
        BUG("a notice of nothing");
    return TOCSIN_OK;
}

static size_t standing_count(const struct tocsin_host *h)
{
    (void)h;
    return 3;
}

static int standing(const struct tocsin_host *h, size_t i,
                    struct tocsin_remote *out)
{
    static const char *const ids[] = { "o/r#7:I_a", "o/s#8", NULL };
    static const char *const keys[] = { KEY, "k2", "k3" };

    (void)h;
    if (i >= ARRAY_SIZE(ids))
        return 0;
    out->ticket = keys[i];
    out->remote_id = ids[i];
    out->state = i ? "completed" : "open";
    return 1;
}

static void is_place(const char *remote_id)
{
    struct place at;

    if (!place_parse(&at, remote_id))
        BUG("a place that is none: %s", str_or(remote_id, "NULL"));
    place_release(&at);
}

static int remote(const struct tocsin_host *h, const struct tocsin_remote *r)
{
    static const char *const states[] = { "open",        "completed",
                                          "not_planned", "duplicate",
                                          "deleted",     "double" };
    size_t i = 0;

    (void)h;
    is_place(r->remote_id);
    while (i < ARRAY_SIZE(states) && !str_eq(states[i], r->state))
        i++;
    if (i == ARRAY_SIZE(states) || !r->ticket || !*r->ticket)
        BUG("no state of no ticket");
    return TOCSIN_OK;
}

static void done(const struct tocsin_host *h, uint64_t op, int status,
                 const struct tocsin_receipt *r)
{
    (void)h;
    if (op != 7 || f.done++ || status < TOCSIN_OK || status > TOCSIN_FATAL
        || (f.delivering && !r))
        BUG("done twice, or wrongly");
    f.status = status;
    if (!f.delivering)
        return;
    if (status == TOCSIN_OK && f.delivering && f.what % 7 != 4)
        is_place(r->remote_id);
    for (size_t i = 0; r->doubles && r->doubles[i]; i++)
        is_place(r->doubles[i]);
    if (status == TOCSIN_OK)
        str_replace(&f.remote_id, r->remote_id);
}

static const struct tocsin_host host = {
    ._struct_size = sizeof(host),
    .log = chatter,
    .option_count = option_count,
    .option = option,
    .option_int = option_int,
    .now = now,
    .time_left = time_left,
    .cursor = cursor,
    .set_cursor = set_cursor,
    .notice = notice,
    .remote = remote,
    .done = done,
    .http = replies_http,
    .http_cancel = replies_http_cancel,
    .http_keep = replies_http_keep,
    .standing_count = standing_count,
    .standing = standing,
};

/* ---- what is written ----------------------------------------------------- */

static const char *const persons[] = { "bob", "al", NULL };

/* Only the team and the persons that we were given. */
static void calls_nobody_else(const char *text)
{
    static const char *const names[] = { "bob", "al", "acme/team" };

    for (const char *s = text; (s = strchr(s, '@')); s++) {
        size_t n = 0, i = 0;

        while (isalnum((unsigned char)s[1 + n])
               || (s[1 + n] && strchr("-_/", s[1 + n])))
            n++;
        while (
            i < ARRAY_SIZE(names)
            && (strlen(names[i]) != n || strncasecmp(s + 1, names[i], n) != 0))
            i++;
        if (n && i == ARRAY_SIZE(names))
            BUG("somebody is called: %.*s", (int)n, s + 1);
    }
}

/* Behind our part is what stood there, or nothing. */
static void has_ours(const char *body)
{
    const char *marker = body ? strstr(body, MARKER) : NULL;
    const char *begin = body ? strstr(body, TEXT_BEGIN) : NULL;

    if (!marker || !begin || begin > marker)
        BUG("a body without us");
    if (text_length(body) > TEXT_MAX_CHARS)
        BUG("a body that is too long");
}

static void look_at_create(const json_t *v)
{
    const char *body = jx_str(v, "body");

    if (f.creates++ && json_array_size(jx_arr(v, "assignees")))
        BUG("made twice");
    if (!str_eq(jx_str(v, "title"), "T: it fails"))
        BUG("another title");
    has_ours(body);
    if (strstr(strstr(body, MARKER) + 1, MARKER)
        || !str_starts(body, TEXT_BEGIN))
        BUG("more than ours");
    calls_nobody_else(body);
}

static void look_at(const struct tocsin_http_request *r, int status)
{
    CLEANUP_JSON json_t *v =
        r->body ? jx_parse(r->body, r->body_len, NULL) : NULL;
    const char *path = r->url + strlen(BASE) - 1;
    bool graphql = !strcmp(path, "/graphql");

    if (strstr(path, "o/stop/") && strstr(path, "labels="))
        f.stopped = status != 304 && status != 200;
    if (!strcmp(r->method, "GET"))
        return;
    if (!json_is_object(v))
        BUG("no JSON is written");
    if (graphql && !f.delivering)
        return;
    if (!f.delivering || f.how & CONFIDENTIAL || f.stopped)
        BUG("written, although it must not be");
    if (!str_starts(path, "/repos/")
        || (strcmp(r->method, "POST") && strcmp(r->method, "PATCH")))
        BUG("written to %s", path);
    if (str_ends(path, "/issues"))
        look_at_create(v);
    else if (str_ends(path, "/comments"))
        calls_nobody_else(jx_str_or(v, "body", "@nobody"));
    else if (!strcmp(r->method, "PATCH") && jx_str(v, "body"))
        has_ours(jx_str(v, "body"));
}

/* ---- merging ------------------------------------------------------------- */

/* Any text as what stands there. */
static void merge(const char *stands)
{
    CLEANUP_FREE char *ours = text_ours("new\n" MARKER "\n");
    CLEANUP_FREE char *got = text_merge(stands, ours, MARKER);
    CLEANUP_FREE char *again = got ? text_merge(got, ours, MARKER) : NULL;
    const char *end;

    if (!got) {
        if (text_length(stands) < TEXT_MAX_CHARS - 200)
            BUG("it would fit");
        return;
    }
    has_ours(got);
    if (!again || strcmp(again, got))
        BUG("it grows by itself");
    end = strstr(got, "new\n" MARKER) + strlen("new\n" MARKER);
    if (strcmp(end, "\n") && *end && !str_ends(stands, end))
        BUG("what people wrote behind it is gone");
    free(text_key(stands));
    text_has_key(stands, KEY);
    text_has_nonce(stands, "n2");
    json_decref(text_teams(stands));
}

/* ---- operations ---------------------------------------------------------- */

static void deliver(const struct tocsin_sink *s, void *handle)
{
    static const char *const labels[] = { "ci", "ci: red", NULL };
    struct tocsin_owner owner = {
        ._struct_size = sizeof(owner),
        .name = "team",
        .persons = persons,
        .contacts = "{}",
        .ids = "{\"bob\": \"5\"}",
    };
    struct tocsin_notification n = {
        ._struct_size = sizeof(n),
        .delivery = f.what % 7,
        .ticket = KEY,
        .nonce = "n2",
        .marker = MARKER,
        .title = "T: it fails",
        .body = "For @acme/team and @bob\n\nit fails\n" MARKER "\n",
        .fields = "{\"incidents\": [{\"target\": \"1.2\"}]}",
        .project = f.how & NO_PROJECT ? NULL : "o/r",
        .labels = labels,
        .remote_id = f.remote_id     ? f.remote_id
                     : f.how & KNOWN ? "o/r#7:I_a"
                                     : NULL,
        .owner = &owner,
        .confidential = (f.how & CONFIDENTIAL) != 0,
        .double_id = f.how & DOUBLE ? "o/r#9:I_d" : NULL,
    };

    f.done = f.creates = 0;
    f.delivering = true;
    f.stopped = false;
    if (s->deliver(handle, 7, &n) != TOCSIN_OK)
        BUG("it cannot deliver");
    replies_play();
    if (f.done != 1)
        BUG("it does not end");
}

static void observe(const struct tocsin_sink *s, void *handle)
{
    f.done = 0;
    f.delivering = false;
    if (s->observe(handle, 7) != TOCSIN_OK)
        BUG("it cannot observe");
    replies_play();
    if (f.done != 1)
        BUG("it does not end");
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static const char *const headers[] = {
        "Link: <" BASE "x?page=2>; rel=\"next\"",
        "X: y",
        NULL,
    };
    const struct tocsin_sink *s =
        (const struct tocsin_sink *)(const void *)tocsin_plugin_init();
    CLEANUP_FREE char *text = xmemdup0(p, n);
    void *handle = NULL;

    merge(text);
    if (n < 2)
        return 0;
    memset(&f, 0, sizeof(f));
    f.what = p[0];
    f.how = p[1];
    replies.base = BASE;
    replies.headers = headers;
    replies.elsewhere = BASE "repositories/5/issues";
    replies.look = look_at;
    replies_begin(p + 2, n - 2);
    if (s->open(&host, &handle) != TOCSIN_OK)
        BUG("it does not open");
    if (f.what & 128)
        observe(s, handle);
    deliver(s, handle);
    deliver(s, handle);
    s->close(handle);
    free(kept_cursor);
    kept_cursor = NULL;
    free(f.remote_id);
    return 0;
}
