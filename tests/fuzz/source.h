/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * source: the host of a source under libFuzzer, but for its options. Any run
 * must be one, link to where people see it, and end once.
 */
#ifndef TOCSIN_TESTS_FUZZ_SOURCE_H
#define TOCSIN_TESTS_FUZZ_SOURCE_H

#include "core/base/jsonx.h"
#include "tests/fuzz/host.h"
#include "tests/fuzz/replies.h"

#define LOG_BIT ((uint64_t)1 << 32)

static struct {
    /* set by the target: */
    const char *web; /* no link may lead elsewhere */
    bool (*is_project)(const char *name);
    int unknown; /* no rule knows the logs */

    int done, open_logs;
} source;

static const char *instance(const struct tocsin_host *h)
{
    (void)h;
    return "fuzz";
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
    if (!r->id || !*r->id || !source.is_project(r->project) || !r->branch
        || r->attempt < 1)
        BUG("a run that is none");
    if (!r->url || !str_starts(r->url, source.web))
        BUG("a link to elsewhere");
    if (r->line_url
        && (!str_starts(r->line_url, source.web) || r->line_offset < 0))
        BUG("a link of lines to elsewhere");
    return TOCSIN_OK;
}

static int log_begin(const struct tocsin_host *h, const struct tocsin_run *r,
                     const char *format, uint64_t *log)
{
    (void)format;
    run(h, r);
    if (++source.open_logs > TOCSIN_LOGS_MAX)
        BUG("too many logs");
    *log = LOG_BIT;
    return TOCSIN_OK;
}

static int log_write(const struct tocsin_host *h, uint64_t log, const void *p,
                     size_t n)
{
    (void)h;
    (void)p;
    (void)n;
    return log == LOG_BIT ? TOCSIN_OK : TOCSIN_REJECT;
}

static int log_end(const struct tocsin_host *h, uint64_t log,
                   const struct tocsin_run *r)
{
    if (log != LOG_BIT || source.open_logs-- < 1)
        BUG("no log");
    return r ? run(h, r) : TOCSIN_OK;
}

static void log_drop(const struct tocsin_host *h, uint64_t log)
{
    (void)h;
    if (log != LOG_BIT || source.open_logs-- < 1)
        BUG("no log");
}

static int log_part(const struct tocsin_host *h, uint64_t log,
                    const char *line_url)
{
    (void)h;
    if (log != LOG_BIT || source.open_logs < 1)
        BUG("no log");
    if (line_url && !str_starts(line_url, source.web))
        BUG("a link of lines to elsewhere");
    return TOCSIN_OK;
}

static int log_step(const struct tocsin_host *h, uint64_t log, int64_t line,
                    int outcome)
{
    (void)h;
    if (log != LOG_BIT || source.open_logs < 1)
        BUG("no log");
    if (line < 1 || outcome < TOCSIN_OUTCOME_UNKNOWN
        || outcome > TOCSIN_OUTCOME_ABANDONED)
        BUG("a step that is none");
    return TOCSIN_OK;
}

static int fact(const struct tocsin_host *h, const struct tocsin_fact *v)
{
    json_t *json = json_loads(v->value, JSON_DECODE_ANY, NULL);

    (void)h;
    if (!json || !source.is_project(v->subject))
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
    if (op != 7 || source.done++ || status < TOCSIN_OK || status > TOCSIN_FATAL)
        BUG("done twice");
}

/* Every second input: no rule knows the log, and a green one is wanted. */
static int log_unknown(const struct tocsin_host *h, uint64_t log)
{
    (void)h;
    if (log != LOG_BIT || source.open_logs < 1)
        BUG("no log");
    return source.unknown;
}

#define LEAD_ID "84710dde-1620-425b-80d0-4cf5baca359d"
#define LEAD(of) "https://dev.azure.com/o/" of "/_build/results?buildId=5"

static const struct {
    const char *url;
} leads[] = {
    { LEAD("p") },
    { LEAD(LEAD_ID) },
    { LEAD("elsewhere") },
};

static int lead(const struct tocsin_host *h, const struct tocsin_lead *v)
{
    (void)h;
    if (!str_starts(v->url, v->place) || !str_starts(v->place, "http")
        || !source.is_project(v->project))
        BUG("a lead that is none");
    return TOCSIN_OK;
}

static size_t lead_count(const struct tocsin_host *h)
{
    (void)h;
    return ARRAY_SIZE(leads);
}

static const char *lead_url(const struct tocsin_host *h, size_t i)
{
    (void)h;
    return leads[i].url;
}

static int lead_take(const struct tocsin_host *h, const char *url)
{
    (void)h;
    if (strstr(url, "elsewhere"))
        BUG("a lead of others'");
    return TOCSIN_OK;
}

#define SOURCE_HOST                                                            \
    ._struct_size = sizeof(struct tocsin_host), .log = chatter, .now = now,    \
    .instance = instance, .time_left = time_left, .cursor = cursor,            \
    .set_cursor = set_cursor, .interest_count = interest_count,                \
    .interest = interest, .item = item, .run = run, .log_begin = log_begin,    \
    .log_write = log_write, .log_end = log_end, .log_drop = log_drop,          \
    .log_unknown = log_unknown, .log_part = log_part, .log_step = log_step,    \
    .fact = fact, .notice = notice, .done = done, .http = replies_http,        \
    .http_cancel = replies_http_cancel, .http_keep = replies_http_keep,        \
    .lead = lead, .lead_count = lead_count, .lead_url = lead_url,              \
    .lead_take = lead_take

/* Two passes, the second with the cursor of the first. */
static void source_passes(const struct tocsin_source *s,
                          const struct tocsin_host *host)
{
    for (int pass = 0; pass < 2; pass++) {
        void *handle = NULL;

        source.done = source.open_logs = 0;
        if (s->open(host, &handle) != TOCSIN_OK)
            BUG("it does not open");
        if (s->collect(handle, 7) != TOCSIN_OK)
            BUG("it cannot collect");
        replies_play();
        if (!source.done || source.open_logs)
            BUG("it does not end");
        s->close(handle);
    }
    free(kept_cursor);
    kept_cursor = NULL;
}

#endif
