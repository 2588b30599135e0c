/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The services that are the same for sources and sinks: options, log, done,
 * and the way to the core. What only sources say is in report.c. Must not
 * let anything out that was not redacted.
 */
#include <config.h>

#include "core/host/services.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/host/names.h"
#include "core/host/rehearse.h"
#include "core/host/services-private.h"
#include "core/host/web.h"
#include "core/host/wire.h"

#define LOG_LINES_MAX 200
#define LOG_TEXT_MAX 2000
/* Gathered bytes after which a batch is sent. */
#define BATCH_BYTES ((size_t)256 << 10)

struct services *services_of(const struct tocsin_host *host)
{
    return host->_private;
}

/* -- to the core -- */

static void gone(void)
{
    /* Nobody is there to be told; and nothing of the plugin may run on. */
    _exit(1);
}

void services_send(struct services *s, json_t *frame)
{
    CLEANUP_JSON json_t *v = frame;

    if (wire_send(s->fd, v, NULL) < 0)
        gone();
}

static void add_list(struct strbuf *frame, const char *key, struct strbuf *list)
{
    strbuf_addf(frame, ",\"%s\":[", key);
    strbuf_add(frame, list->buf, list->len);
    strbuf_addc(frame, ']');
    strbuf_clear(list);
}

static void send_batch(struct services *s)
{
    CLEANUP_STRBUF struct strbuf frame;

    strbuf_init(&frame, STRBUF_UNBOUNDED);
    strbuf_adds(&frame, "{\"t\":\"batch\"");
    for (int i = 0; i < NR_LISTS; i++)
        add_list(&frame, list_names[i], &s->lists[i]);
    if (s->cursor_changed) {
        CLEANUP_JSON json_t *c = jx_string(s->cursor, strlen(s->cursor));
        CLEANUP_FREE char *text = json_dumps(c, JSON_ENCODE_ANY);

        strbuf_addf(&frame, ",\"cursor\":%s", text);
    }
    strbuf_addc(&frame, '}');
    s->gathered = 0;
    s->cursor_changed = false;
    if (wire_send_text(s->fd, frame.buf, frame.len, NULL) < 0)
        gone();
}

/* All that a sink says beside its answers. */
static void flush_remotes(struct services *s)
{
    json_t *frame;

    if (!json_array_size(s->remotes) && !json_array_size(s->told)
        && !s->cursor_changed)
        return;
    frame = json_pack("{s:s, s:O, s:O}", "t", "remote", "remotes", s->remotes,
                      "notices", s->told);
    if (s->cursor_changed)
        jx_set_str(frame, "cursor", s->cursor);
    services_send(s, frame);
    json_array_clear(s->remotes);
    json_array_clear(s->told);
    s->cursor_changed = false;
    s->gathered = 0;
}

void services_flush(struct services *s)
{
    if (s->is_sink)
        flush_remotes(s);
    else if (s->gathered || s->cursor_changed)
        send_batch(s);
    s->flushed_ms = when_monotonic_ms();
}

void services_flush_if_due(struct services *s, int64_t ms)
{
    if (s->gathered >= BATCH_BYTES || when_monotonic_ms() - s->flushed_ms >= ms)
        services_flush(s);
}

void services_standing(struct services *s, json_t *rows)
{
    remotes_standing(s, rows);
}

void services_observed(struct services *s)
{
    s->observed = true;
}

/* -- text -- */

char *services_redact(const struct services *s, const char *text)
{
    return redactor_clean(s->redactor, text, strlen(text));
}

json_t *services_list(const char *const *list)
{
    json_t *v;

    if (!list)
        return json_null();
    v = json_array();
    for (; *list; list++)
        jx_append_str(v, *list);
    return v;
}

void services_set_text(const struct services *s, json_t *obj, const char *key,
                       const char *text)
{
    CLEANUP_FREE char *head = NULL;
    CLEANUP_FREE char *clean = NULL;

    if (!text)
        return;
    /* Redacted before it is cut, or the first half of a secret would pass for
     * no secret; what is far beyond the cut need not be looked at. */
    head = xstrndup(text, 2 * TEXT_MAX);
    clean = services_redact(s, head);
    if (strlen(clean) > TEXT_MAX) {
        CLEANUP_FREE char *cut = xstrndup(clean, TEXT_MAX);
        CLEANUP_FREE char *marked = xasprintf("%s […]", cut);

        jx_set_str(obj, key, marked);
        return;
    }
    jx_set_str(obj, key, clean);
}

/* -- struct tocsin_host -- */

static void host_log(const struct tocsin_host *host, int level,
                     const char *text)
{
    struct services *s = services_of(host);
    json_t *frame;

    if (level < TOCSIN_LOG_ERROR || level > TOCSIN_LOG_DEBUG)
        level = TOCSIN_LOG_ERROR;
    if (!text || level > s->level || s->log_lines > LOG_LINES_MAX)
        return;
    if (s->log_lines++ == LOG_LINES_MAX) {
        text = "more lines are not shown";
        level = TOCSIN_LOG_WARN;
    }
    frame = json_object();
    jx_set_str(frame, "t", "log");
    jx_set_int(frame, "level", level);
    {
        CLEANUP_FREE char *cut = xstrndup(text, LOG_TEXT_MAX);

        services_set_text(s, frame, "text", cut);
    }
    services_send(s, frame);
}

static const json_t *option_list(const struct tocsin_host *host,
                                 const char *name)
{
    return name ? jx_arr(services_of(host)->options, name) : NULL;
}

static size_t host_option_count(const struct tocsin_host *host,
                                const char *name)
{
    return json_array_size(option_list(host, name));
}

static const char *host_option(const struct tocsin_host *host, const char *name,
                               size_t i)
{
    return json_string_value(json_array_get(option_list(host, name), i));
}

static int64_t host_option_int(const struct tocsin_host *host, const char *name,
                               int64_t dflt)
{
    const char *text = host_option(host, name, 0);
    char *end;
    long long v;

    if (!text)
        return dflt;
    if (!strcmp(text, "true") || !strcmp(text, "false"))
        return text[0] == 't';
    v = strtoll(text, &end, 10);
    return end != text && !*end ? v : dflt;
}

static const char *host_instance(const struct tocsin_host *host)
{
    return jx_str(services_of(host)->start, "instance");
}

static int host_confidential(const struct tocsin_host *host)
{
    return jx_bool(services_of(host)->start, "confidential", false);
}

static int64_t host_now(const struct tocsin_host *host)
{
    return jx_int(services_of(host)->start, "now", 0);
}

/* -- done -- */

void services_break(struct services *s, const char *fmt, ...)
{
    va_list ap;

    if (s->broken)
        return;
    va_start(ap, fmt);
    s->broken = xvasprintf(fmt, ap);
    va_end(ap);
}

static json_t *receipt_json(const struct services *s,
                            const struct tocsin_receipt *given)
{
    struct tocsin_receipt r = TOCSIN_RECEIPT_INIT;
    json_t *v;

    if (!given || services_copy(&r, sizeof(r), given) < 0)
        return NULL;
    v = json_object();
    jx_set_str(v, "remote_id", r.remote_id);
    services_set_text(s, v, "url", r.url);
    services_set_text(s, v, "text", r.text);
    if (r.retry_after > 0)
        jx_set_int(v, "retry_after", r.retry_after);
    jx_set_bool(v, "adopted", r.adopted);
    jx_set_bool(v, "unknown", r.unknown);
    jx_set_bool(v, "elsewhere", r.elsewhere);
    jx_set_str(v, "held", r.held);
    jx_set_int(v, "duplicates", r.duplicates);
    jx_set_str(v, "pending", r.pending);
    services_set_text(s, v, "refused", r.refused);
    jx_set_int(v, "unsure", r.unsure);
    if (r.doubles)
        json_object_set_new(v, "doubles", services_list(r.doubles));
    return v;
}

static void host_done(const struct tocsin_host *host, uint64_t op, int status,
                      const struct tocsin_receipt *receipt)
{
    struct services *s = services_of(host);

    if (!s->in_op || op != s->op) {
        services_break(
            s, "called done for operation %" PRIu64 ", which is not open", op);
        return;
    }
    if (s->done) {
        services_break(s, "called done twice");
        return;
    }
    s->done = true;
    if (!status_valid(status)) {
        services_break(s, "called done with status %d", status);
        status = TOCSIN_FATAL;
    }
    s->status = status;
    s->receipt = receipt_json(s, receipt);
}

char *services_breach(struct services *s, const char *callback)
{
    char *text = s->broken ? xasprintf("%s %s", callback, s->broken) : NULL;

    free(s->broken);
    s->broken = NULL;
    return text;
}

void services_begin(struct services *s, uint64_t op)
{
    s->op = op;
    s->in_op = true;
    s->done = false;
    s->status = TOCSIN_FATAL;
    s->receipt = NULL;
    s->more_writes = -1;
    s->wrote = s->held = s->paced = false;
}

void services_end(struct services *s, int returned, const char *callback,
                  struct services_outcome *out)
{
    if (returned == TOCSIN_OK && !s->done)
        web_run(s);
    web_cancel(s);
    report_end(s);
    if (!status_valid(returned)) {
        services_break(s, "returned %d, which is no status", returned);
        returned = TOCSIN_FATAL;
    }
    if (returned != TOCSIN_OK && s->done) {
        services_break(s, "called done and then returned \"%s\" as well",
                       status_word(returned));
    } else if (returned != TOCSIN_OK) {
        s->done = true;
        s->status = returned;
    }
    if (!s->done)
        services_break(s, "returned without calling done, with nothing "
                          "outstanding");
    writes_end(s);
    services_flush(s);
    out->status = s->status;
    out->receipt = s->receipt;
    out->done = s->done;
    out->broken = services_breach(s, callback);
    s->receipt = NULL;
    s->in_op = false;
}

void services_outcome_release(struct services_outcome *out)
{
    json_decref(out->receipt);
    free(out->broken);
    memset(out, 0, sizeof(*out));
}

/* -- life -- */

static void add_redact(struct services *s, size_t *alloc, const char *text,
                       size_t n)
{
    if (!n)
        return;
    ALLOC_GROW(s->redact, s->nr_redact + 1, *alloc);
    s->redact[s->nr_redact++] = xstrndup(text, n);
}

/* A key of several lines leaks line by line. */
static void add_secret(struct services *s, size_t *alloc, const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "\r\n");

        if (strncmp(text, "-----", 5) != 0)
            add_redact(s, alloc, text, n);
        text += n + (text[n] != '\0');
    }
}

static void take_redact(struct services *s, const json_t *exact,
                        json_t *secrets)
{
    size_t alloc = 0;

    for (size_t i = 0; i < json_array_size(exact); i++) {
        const char *text = json_string_value(json_array_get(exact, i));

        if (text)
            add_redact(s, &alloc, text, strlen(text));
    }
    for (size_t i = 0; i < json_array_size(secrets); i++) {
        const char *text = json_string_value(json_array_get(secrets, i));

        if (text)
            add_secret(s, &alloc, text);
    }
    json_decref(secrets);
}

struct services *services_new(int fd, const json_t *start, json_t *options,
                              json_t *secrets)
{
    struct services *s = xcalloc(1, sizeof(*s));

    s->fd = fd;
    s->start = start;
    s->options = options;
    s->is_sink = str_eq(jx_str(start, "kind"), "sink");
    s->level = (int)jx_int(start, "level", TOCSIN_LOG_WARN);
    s->flushed_ms = when_monotonic_ms();
    s->remotes = json_array();
    s->told = json_array();
    for (int i = 0; i < NR_LISTS; i++)
        strbuf_init(&s->lists[i], STRBUF_UNBOUNDED);
    take_redact(s, jx_arr(start, "redact"), secrets);
    s->redactor = redactor_new((const char *const *)s->redact, s->nr_redact);
    /* Compiles what redacts while there is memory: a plugin that eats it all
     * still has to say so. */
    free(services_redact(s, "password=x"));
    s->host = (struct tocsin_host){
        ._struct_size = sizeof(s->host),
        ._api_version = TOCSIN_API_VERSION,
        ._private = s,
        .log = host_log,
        .option_count = host_option_count,
        .option = host_option,
        .option_int = host_option_int,
        .instance = host_instance,
        .now = host_now,
        .done = host_done,
    };
    if (s->is_sink)
        s->host.confidential = host_confidential;
    report_init(s);
    writes_init(s);
    web_init(s);
    rehearse_init(s);
    return s;
}

void services_free(struct services *s)
{
    if (!s)
        return;
    rehearse_release(s);
    web_release(s);
    report_release(s);
    for (int i = 0; i < NR_LISTS; i++)
        strbuf_release(&s->lists[i]);
    for (size_t i = 0; i < s->nr_redact; i++)
        free(s->redact[i]);
    free(s->redact);
    redactor_free(s->redactor);
    json_decref(s->options);
    json_decref(s->remotes);
    json_decref(s->told);
    json_decref(s->standing);
    json_decref(s->leads);
    json_decref(s->offered);
    json_decref(s->receipt);
    free(s->cursor);
    free(s->broken);
    free(s);
}

const struct tocsin_host *services_host(const struct services *s)
{
    return &s->host;
}
