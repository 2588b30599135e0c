/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whole passes of github-actions under libFuzzer, with a host that is played
 * here: the first byte says what is read, then come the bodies of replies,
 * each with its status before it and a NUL behind it, in the order in which
 * they are asked for.
 *
 * Must hold, whatever a server says: no request goes elsewhere, a run has
 * what a run needs and links to where GitHub is, an operation ends once.
 */
#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/tocsin-plugin.h"
#include "plugins/github/api.h"
#include "tests/fuzz/replies.h"

#define BASE "https://api.github.com/"
#define WEB "https://github.com/"
#define LOG_BIT ((uint64_t)1 << 32)

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
const struct tocsin_plugin_head *tocsin_plugin_init(void);

static struct {
    int mode, unknown, done, open_logs;
    char *cursor;
} f;

static const char *mode_option(const char *name, size_t i)
{
    static const char *const repositories[] = { "o/r", "o/s" };

    if (!strcmp(name, "repositories") && f.mode == 0)
        return i < 2 ? repositories[i] : NULL;
    if (i)
        return NULL;
    if (!strcmp(name, "organization"))
        return "o";
    if (!strcmp(name, "url"))
        return BASE;
    if (!strcmp(name, "branches"))
        return "default";
    if (!strcmp(name, "token"))
        return "t";
    if (!strcmp(name, "pull_requests") && f.mode == 2)
        return "o/r#1";
    return NULL;
}

static size_t option_count(const struct tocsin_host *h, const char *name)
{
    size_t n = 0;

    (void)h;
    while (mode_option(name, n))
        n++;
    return n;
}

static const char *option(const struct tocsin_host *h, const char *name,
                          size_t i)
{
    (void)h;
    return mode_option(name, i);
}

static int64_t option_int(const struct tocsin_host *h, const char *name,
                          int64_t dflt)
{
    (void)h;
    if (!strcmp(name, "baselines"))
        return 2;
    return !strcmp(name, "sweep") ? f.mode == 1 : dflt;
}

static void chatter(const struct tocsin_host *h, int level, const char *text)
{
    (void)h;
    (void)level;
    if (!text)
        BUG("no text");
}

static int64_t now(const struct tocsin_host *h)
{
    (void)h;
    return 1795658400;
}

static int64_t time_left(const struct tocsin_host *h)
{
    (void)h;
    return 100;
}

static const char *cursor(const struct tocsin_host *h)
{
    (void)h;
    return f.cursor;
}

static int set_cursor(const struct tocsin_host *h, const char *text)
{
    (void)h;
    if (strlen(text) > 1536 << 10)
        BUG("too long a cursor");
    str_replace(&f.cursor, text);
    return TOCSIN_OK;
}

static size_t interest_count(const struct tocsin_host *h)
{
    (void)h;
    return 1;
}

static const char *interest(const struct tocsin_host *h, size_t i)
{
    (void)h;
    (void)i;
    return "o/r";
}

static int item(const struct tocsin_host *h, const char *id)
{
    (void)h;
    return id && *id ? TOCSIN_OK : TOCSIN_REJECT;
}

static int run(const struct tocsin_host *h, const struct tocsin_run *r)
{
    (void)h;
    if (!r->id || !*r->id || !api_repository_fine(r->project) || !r->branch
        || r->attempt < 1)
        BUG("a run that is none");
    if (!r->url || !str_starts(r->url, WEB))
        BUG("a link to elsewhere");
    if (r->line_url && (!str_starts(r->line_url, WEB) || r->line_offset < 0))
        BUG("a link of lines to elsewhere");
    return TOCSIN_OK;
}

static int log_begin(const struct tocsin_host *h, const struct tocsin_run *r,
                     const char *format, uint64_t *log)
{
    (void)format;
    run(h, r);
    if (++f.open_logs > TOCSIN_LOGS_MAX)
        BUG("too many logs");
    *log = LOG_BIT;
    return TOCSIN_OK;
}

static int log_write(const struct tocsin_host *h, uint64_t log,
                     const void *p, size_t n)
{
    (void)h;
    (void)p;
    (void)n;
    return log == LOG_BIT ? TOCSIN_OK : TOCSIN_REJECT;
}

static int log_end(const struct tocsin_host *h, uint64_t log,
                   const struct tocsin_run *r)
{
    if (log != LOG_BIT || f.open_logs-- < 1)
        BUG("no log");
    return r ? run(h, r) : TOCSIN_OK;
}

static void log_drop(const struct tocsin_host *h, uint64_t log)
{
    (void)h;
    if (log != LOG_BIT || f.open_logs-- < 1)
        BUG("no log");
}

static int fact(const struct tocsin_host *h, const struct tocsin_fact *v)
{
    json_t *json = json_loads(v->value, JSON_DECODE_ANY, NULL);

    (void)h;
    if (!json || !api_repository_fine(v->subject))
        BUG("a fact that is none");
    json_decref(json);
    return TOCSIN_OK;
}

static int notice(const struct tocsin_host *h, const char *code,
                  const char *text)
{
    (void)h;
    return code && text ? TOCSIN_OK : TOCSIN_REJECT;
}

static void done(const struct tocsin_host *h, uint64_t op, int status,
                 const struct tocsin_receipt *receipt)
{
    (void)h;
    (void)receipt;
    if (op != 7 || f.done++ || status < TOCSIN_OK || status > TOCSIN_FATAL)
        BUG("done twice");
}

/* Every second input: no rule knows the log, and a green one is wanted. */
static int log_unknown(const struct tocsin_host *h, uint64_t log)
{
    (void)h;
    if (log != LOG_BIT || f.open_logs < 1)
        BUG("no log");
    return f.unknown;
}

static const struct tocsin_host host = {
    ._struct_size = sizeof(host), .log = chatter,
    .option_count = option_count, .option = option, .option_int = option_int,
    .now = now, .time_left = time_left, .cursor = cursor,
    .set_cursor = set_cursor, .interest_count = interest_count,
    .interest = interest, .item = item, .run = run, .log_begin = log_begin,
    .log_write = log_write, .log_end = log_end, .log_drop = log_drop,
    .fact = fact, .notice = notice, .done = done,
    .log_unknown = log_unknown,
    .http = replies_http, .http_cancel = replies_http_cancel,
    .http_keep = replies_http_keep,
};

/* ---- passes -------------------------------------------------------------- */

static void one_pass(const struct tocsin_source *s, void *handle)
{
    f.done = 0;
    if (s->collect(handle, 7) != TOCSIN_OK)
        BUG("it cannot collect");
    replies_play();
    if (!f.done || f.open_logs)
        BUG("it does not end");
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static const char *const headers[] = {
        "Link: <" BASE "x?page=2>; rel=\"next\"",
        "github-authentication-token-expiration: 2026-12-01 00:00:00 UTC",
        NULL,
    };
    const struct tocsin_source *s =
        (const struct tocsin_source *)(const void *)tocsin_plugin_init();
    void *handle = NULL;

    if (!n)
        return 0;
    memset(&f, 0, sizeof(f));
    f.mode = *p % 3;
    f.unknown = *p / 3 % 2;
    replies.base = BASE;
    replies.headers = headers;
    replies_begin(p + 1, n - 1);
    if (s->open(&host, &handle) != TOCSIN_OK)
        BUG("it does not open");
    one_pass(s, handle);
    one_pass(s, handle);        /* with the cursor of the first */
    s->close(handle);
    free(f.cursor);
    return 0;
}
