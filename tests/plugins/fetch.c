/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A source that does what the option `script` says: a JSON list of requests,
 * each {"url", "method"?, "headers"?, "body"?, "flags"?, "max_body"?,
 * "stream"?, "stop_after"?, "cancel"?, "keep"?, "after"?: sent when that
 * one's reply came}. What came of each is a fact of org/project.
 */
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/tocsin-plugin.h"

#define HEADERS_MAX 32

struct fetch {
    const struct tocsin_host *host;
    json_t *script;
    uint64_t op;
    size_t left;
    struct one {
        struct fetch *f;
        json_t *spec;
        size_t nr, parts, streamed;
        uint64_t id;
    } * ones;
};

static int fetch_open(const struct tocsin_host *host, void **handle)
{
    struct fetch *f = calloc(1, sizeof(*f));

    f->host = host;
    f->script = json_loads(host->option(host, "script", 0), 0, NULL);
    f->ones = calloc(json_array_size(f->script) + 1, sizeof(*f->ones));
    *handle = f;
    return f->script ? TOCSIN_OK : TOCSIN_FATAL;
}

static void fetch_start(struct one *o);

static void fetch_say(struct one *o, const struct tocsin_http_reply *r)
{
    const struct tocsin_host *host = o->f->host;
    json_t *headers = json_array(), *v;
    struct tocsin_fact fact = TOCSIN_FACT_INIT;
    char key[32], *text;

    for (size_t i = 0; r->headers[i]; i++)
        json_array_append_new(headers, json_string(r->headers[i]));
    v = json_pack("{s:i, s:i, s:s?, s:s, s:o, s:s%, s:I, s:I, s:I}", "error",
                  r->error, "status", r->status, "error_text", r->error_text,
                  "url", r->url, "headers", headers, "body", r->body,
                  r->body_len < 2000 ? r->body_len : 2000, "length",
                  (json_int_t)r->body_len, "streamed", (json_int_t)o->streamed,
                  "retry_after", (json_int_t)r->retry_after);
    text = json_dumps(v, 0);
    snprintf(key, sizeof(key), "reply_%zu", o->nr);
    fact.subject = "org/project";
    fact.key = key;
    fact.value = text;
    host->fact(host, &fact);
    free(text);
    json_decref(v);
}

static void fetch_reply(void *user, const struct tocsin_http_reply *r)
{
    struct one *o = user;
    struct fetch *f = o->f;

    fetch_say(o, r);
    if (json_is_true(json_object_get(o->spec, "keep")) && !r->error)
        f->host->http_keep(f->host,
                           json_string_value(json_object_get(o->spec, "url")));
    for (size_t i = 0; i < json_array_size(f->script); i++) {
        const json_t *after = json_object_get(f->ones[i].spec, "after");

        if (after && (size_t)json_integer_value(after) == o->nr)
            fetch_start(&f->ones[i]);
    }
    if (f->host->option_int(f->host, "kill", 0))
        raise(SIGKILL);
    if (--f->left == 0)
        f->host->done(f->host, f->op, TOCSIN_OK, NULL);
}

static int fetch_part(void *user, const void *p, size_t n)
{
    struct one *o = user;
    const json_t *stop = json_object_get(o->spec, "stop_after");

    (void)p;
    o->streamed += n;
    if (json_is_true(json_object_get(o->spec, "cancel_in_part")))
        o->f->host->http_cancel(o->f->host, o->id);
    return stop && o->streamed >= (size_t)json_integer_value(stop)
               ? TOCSIN_REJECT
               : TOCSIN_OK;
}

static void fetch_start(struct one *o)
{
    const struct tocsin_host *host = o->f->host;
    const json_t *headers = json_object_get(o->spec, "headers");
    const char *lines[HEADERS_MAX + 1] = { NULL };
    struct tocsin_http_request r = { ._struct_size = sizeof(r) };
    char item[32];

    for (size_t i = 0; i < json_array_size(headers) && i < HEADERS_MAX; i++)
        lines[i] = json_string_value(json_array_get(headers, i));
    snprintf(item, sizeof(item), "request-%zu", o->nr);
    host->item(host, item);
    r.method = json_string_value(json_object_get(o->spec, "method"));
    r.url = json_string_value(json_object_get(o->spec, "url"));
    r.headers = lines;
    r.body = json_string_value(json_object_get(o->spec, "body"));
    r.body_len = r.body ? strlen(r.body) : 0;
    r.flags = (uint32_t)json_integer_value(json_object_get(o->spec, "flags"));
    r.max_body =
        (size_t)json_integer_value(json_object_get(o->spec, "max_body"));
    r.reply = fetch_reply;
    if (json_is_true(json_object_get(o->spec, "stream")))
        r.body_part = fetch_part;
    r.user = o;
    if (host->http(host, &r, &o->id) != TOCSIN_OK)
        o->f->left--;
    if (json_is_true(json_object_get(o->spec, "cancel")))
        host->http_cancel(host, o->id);
}

static int fetch_collect(void *handle, uint64_t op)
{
    struct fetch *f = handle;

    f->op = op;
    f->left = json_array_size(f->script);
    for (size_t i = 0; i < json_array_size(f->script); i++)
        f->ones[i] = (struct one){ .f = f,
                                   .nr = i,
                                   .spec = json_array_get(f->script, i) };
    for (size_t i = 0; i < json_array_size(f->script); i++)
        if (!json_object_get(f->ones[i].spec, "after"))
            fetch_start(&f->ones[i]);
    if (f->host->option_int(f->host, "leave", 0))
        f->host->done(f->host, op, TOCSIN_OK, NULL);
    return TOCSIN_OK;
}

static void fetch_close(void *handle)
{
    struct fetch *f = handle;

    json_decref(f->script);
    free(f->ones);
    free(f);
}

static const struct tocsin_option fetch_options[] = {
    { "script", TOCSIN_OPTION_STRING, TOCSIN_OPTION_REQUIRED, NULL,
      "What to ask for.", NULL },
    { "leave", TOCSIN_OPTION_BOOL, 0, "false",
      "Says done with requests outstanding.", NULL },
    { "kill", TOCSIN_OPTION_BOOL, 0, "false", "Dies of the first reply.",
      NULL },
};

static const struct tocsin_source fetch = {
    .name = "fetch",
    .version = "1",
    .summary = "Asks for what it is told",
    .options = fetch_options,
    .nr_options = sizeof(fetch_options) / sizeof(fetch_options[0]),
    .open = fetch_open,
    .collect = fetch_collect,
    .close = fetch_close,
};
TOCSIN_REGISTER_SOURCE(fetch)
