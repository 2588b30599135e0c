/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A host for tests: every service of tocsin_host for sources, written down
 * instead of carried out. It forgives nothing: what the worker would refuse
 * it reports as "broken". It must never need the core beyond core/base.
 */
#include <config.h>

#include "tests/mock/mock-private.h"

#include <dlfcn.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"
#include "core/classify/classify.h"
#include "core/tocsin-plugin.h"

#define MOCK_TEXT_MAX ((size_t)1 << 20)
#define MOCK_OP 7

struct mock *mock_of(const struct tocsin_host *host)
{
    return host->_private;
}

static void mock_say(struct mock *m, const char *t, json_t *v)
{
    CLEANUP_JSON json_t *line = json_pack("{s:s}", "t", t);
    if (v != NULL) {
        json_object_update(line, v);
        json_decref(v);
    }
    json_dumpf(line, m->opts->out, JSON_COMPACT);
    fputc('\n', m->opts->out);
    fflush(m->opts->out);
}

int mock_broken(struct mock *m, const char *text)
{
    m->broken = true;
    json_t *v = json_object();
    jx_set_str(v, "text", text);
    mock_say(m, "broken", v);
    return TOCSIN_REJECT;
}

static const char *mock_status_name(int status)
{
    static const char *const names[] = { "ok", "retry", "reject", "fatal" };
    return status >= 0 && status < 4 ? names[status] : "nonsense";
}

static const char *mock_outcome_name(int outcome)
{
    static const char *const names[] = { "unknown",   "success", "failure",
                                         "cancelled", "skipped", "timed-out",
                                         "abandoned" };
    return outcome >= 0 && outcome < 7 ? names[outcome] : "nonsense";
}

/* ---- services ---- */

static void mock_log(const struct tocsin_host *host, int level,
                     const char *text)
{
    json_t *v = json_pack("{s:i}", "level", level);
    jx_set_str(v, "text", text);
    mock_say(mock_of(host), "chatter", v);
}

static const char *mock_instance(const struct tocsin_host *host)
{
    return mock_of(host)->opts->instance ? mock_of(host)->opts->instance
                                         : "test";
}

static int64_t mock_now(const struct tocsin_host *host)
{
    return mock_of(host)->opts->now;
}

static const char *mock_cursor(const struct tocsin_host *host)
{
    return mock_of(host)->opts->cursor;
}

static const char *mock_redact(const struct tocsin_host *host, const char *text)
{
    static char *last;

    (void)host;
    free(last);
    last = redact_text(text, strlen(text), NULL, 0);
    return last;
}

static int mock_set_cursor(const struct tocsin_host *host, const char *cursor)
{
    struct mock *m = mock_of(host);
    if (m->log_run != NULL)
        return mock_broken(m, "set_cursor inside a log");
    json_t *v = json_object();
    jx_set_str(v, "cursor", cursor);
    mock_say(m, "cursor", v);
    return TOCSIN_OK;
}

static size_t mock_interest_count(const struct tocsin_host *host)
{
    return mock_of(host)->opts->nr_interest;
}

static const char *mock_interest(const struct tocsin_host *host, size_t i)
{
    struct mock *m = mock_of(host);
    return i < m->opts->nr_interest ? m->opts->interest[i] : NULL;
}

static int mock_item(const struct tocsin_host *host, const char *id)
{
    struct mock *m = mock_of(host);
    if (id == NULL)
        return mock_broken(m, "item without an id");
    for (size_t i = 0; i < m->opts->nr_skip; i++)
        if (strcmp(m->opts->skip[i], id) == 0)
            return TOCSIN_REJECT;
    json_t *v = json_object();
    jx_set_str(v, "id", id);
    mock_say(m, "item", v);
    return TOCSIN_OK;
}

static json_t *mock_run_json(const struct tocsin_run *r)
{
    json_t *v = json_object();
    jx_set_str(v, "id", r->id);
    jx_set_int(v, "attempt", r->attempt);
    jx_set_str(v, "project", r->project);
    jx_set_str(v, "project_id", r->project_id);
    jx_set_str(v, "branch", r->branch);
    jx_set_str(v, "workflow", r->workflow);
    jx_set_str(v, "job", r->job);
    jx_set_str(v, "variant", r->variant);
    jx_set_str(v, "commit", r->commit);
    jx_set_str(v, "url", r->url);
    jx_set_str(v, "trigger", r->trigger);
    jx_set_str(v, "outcome", mock_outcome_name(r->outcome));
    jx_set_int(v, "created", r->created);
    jx_set_int(v, "started", r->started);
    jx_set_int(v, "finished", r->finished);
    jx_set_bool(v, "push_complete", r->push_complete);
    jx_set_int(v, "default_branch", r->default_branch);
    return v;
}

static const char *mock_run_fault(const struct mock *m,
                                  const struct tocsin_run *r)
{
    if (m->log_run != NULL)
        return "a run inside a log";
    if (r == NULL || r->_struct_size != sizeof(*r))
        return "a run that TOCSIN_RUN_INIT did not make";
    if (str_or(r->id, "")[0] == '\0')
        return "a run without id";
    if (str_or(r->project, "")[0] == '\0')
        return "a run without project";
    if (str_or(r->branch, "")[0] == '\0')
        return "a run without branch";
    if (r->attempt < 1)
        return "a run whose attempt is below 1";
    if (r->outcome < 0 || r->outcome > TOCSIN_OUTCOME_ABANDONED)
        return "a run of no known outcome";
    return NULL;
}

static int mock_run_service(const struct tocsin_host *host,
                            const struct tocsin_run *run)
{
    struct mock *m = mock_of(host);
    const char *fault = mock_run_fault(m, run);
    if (fault != NULL)
        return mock_broken(m, fault);
    mock_say(m, "run", json_pack("{s:o}", "run", mock_run_json(run)));
    return TOCSIN_OK;
}

static int mock_log_begin(const struct tocsin_host *host,
                          const struct tocsin_run *run, const char *format,
                          uint64_t *log)
{
    struct mock *m = mock_of(host);
    if (m->log_run != NULL)
        return mock_broken(m, "this mock knows one log at a time");
    *log = 1;
    const char *fault = mock_run_fault(m, run);
    if (fault != NULL)
        return mock_broken(m, fault);
    m->log_run = mock_run_json(run);
    m->log_format = xstrdup0(format);
    m->log_digest = digest_new();
    m->log_bytes = 0;
    strbuf_init(&m->log_text, MOCK_TEXT_MAX);
    return TOCSIN_OK;
}

static int mock_log_write(const struct tocsin_host *host, uint64_t log,
                          const void *p, size_t n)
{
    struct mock *m = mock_of(host);
    if (m->log_run == NULL || log != 1)
        return mock_broken(m, "log_write outside a log");
    digest_add(m->log_digest, p, n);
    m->log_bytes += n;
    if (m->opts->text)
        strbuf_add(&m->log_text, p, n);
    return TOCSIN_OK;
}

static int mock_log_end(const struct tocsin_host *host, uint64_t log,
                        const struct tocsin_run *run)
{
    struct mock *m = mock_of(host);
    if (m->log_run == NULL || log != 1)
        return mock_broken(m, "log_end outside a log");
    if (run != NULL) {
        const char *fault = mock_run_fault(m, run);
        if (fault != NULL)
            return mock_broken(m, fault);
        json_decref(m->log_run);
        m->log_run = mock_run_json(run);
    }
    char hex[65];
    digest_end(m->log_digest, hex);
    json_t *v = json_object();
    json_object_set_new(v, "run", m->log_run);
    jx_set_str(v, "format", m->log_format);
    jx_set_int(v, "bytes", (int64_t)m->log_bytes);
    jx_set_str(v, "sha256", hex);
    if (m->opts->text)
        jx_set_strn(v, "text", m->log_text.buf, m->log_text.len);
    mock_say(m, "log", v);
    m->log_run = NULL;
    free(m->log_format);
    m->log_format = NULL;
    strbuf_release(&m->log_text);
    return TOCSIN_OK;
}

static int mock_fact(const struct tocsin_host *host,
                     const struct tocsin_fact *fact)
{
    struct mock *m = mock_of(host);
    if (fact == NULL || fact->_struct_size != sizeof(*fact)
        || fact->subject == NULL || fact->key == NULL || fact->value == NULL)
        return mock_broken(m, "a fact without subject, key or value");
    json_t *value = json_loads(fact->value, JSON_DECODE_ANY, NULL);
    if (value == NULL)
        return mock_broken(m, "a fact whose value is no JSON");
    json_t *v = json_object();
    jx_set_str(v, "subject", fact->subject);
    jx_set_str(v, "key", fact->key);
    json_object_set_new(v, "value", value);
    mock_say(m, "fact", v);
    return TOCSIN_OK;
}

static int mock_snapshot_begin(const struct tocsin_host *host, const char *name,
                               int64_t taken)
{
    struct mock *m = mock_of(host);
    if (m->in_snapshot || name == NULL)
        return mock_broken(m, "snapshot_begin inside one, or nameless");
    m->in_snapshot = true;
    json_t *v = json_object();
    jx_set_str(v, "name", name);
    jx_set_int(v, "taken", taken);
    mock_say(m, "snapshot_begin", v);
    return TOCSIN_OK;
}

static int mock_snapshot_entry(const struct tocsin_host *host,
                               const struct tocsin_entry *e)
{
    struct mock *m = mock_of(host);
    if (!m->in_snapshot)
        return mock_broken(m, "an entry outside a snapshot");
    if (e == NULL || e->_struct_size != sizeof(*e)
        || str_or(e->key, "")[0] == '\0' || str_or(e->project, "")[0] == '\0')
        return mock_broken(m, "an entry without key or project");
    json_t *v = json_object();
    jx_set_str(v, "key", e->key);
    jx_set_str(v, "project", e->project);
    jx_set_str(v, "branch", e->branch);
    jx_set_str(v, "task", e->task);
    jx_set_str(v, "target", e->target);
    jx_set_str(v, "url", e->url);
    jx_set_strn(v, "text", str_or(e->text, ""), e->text ? e->text_len : 0);
    jx_set_num(v, "attempts", e->attempts);
    jx_set_int(v, "first", e->first);
    jx_set_int(v, "last", e->last);
    jx_set_str(v, "category", e->category);
    jx_set_str(v, "blame", e->blame);
    mock_say(m, "entry", v);
    return TOCSIN_OK;
}

static int mock_snapshot_end(const struct tocsin_host *host, int complete,
                             const char *why)
{
    struct mock *m = mock_of(host);
    if (!m->in_snapshot)
        return mock_broken(m, "snapshot_end outside a snapshot");
    if (!complete && why == NULL)
        mock_broken(m, "an incomplete snapshot without a reason");
    m->in_snapshot = false;
    json_t *v = json_object();
    jx_set_bool(v, "complete", complete);
    jx_set_str(v, "why", why);
    mock_say(m, "snapshot_end", v);
    return TOCSIN_OK;
}

static int mock_notice(const struct tocsin_host *host, const char *code,
                       const char *text)
{
    json_t *v = json_object();
    jx_set_str(v, "code", code);
    jx_set_str(v, "text", text);
    mock_say(mock_of(host), "notice", v);
    return TOCSIN_OK;
}

static void mock_done(const struct tocsin_host *host, uint64_t op, int status,
                      const struct tocsin_receipt *receipt)
{
    struct mock *m = mock_of(host);
    if (m->done || op != MOCK_OP) {
        mock_broken(m, m->done ? "done twice" : "done for no operation");
        return;
    }
    if (m->log_run != NULL || m->in_snapshot)
        mock_broken(m, "done inside a log or a snapshot");
    m->done = true;
    m->status = status;
    json_t *v = json_pack("{s:s}", "status", mock_status_name(status));
    if (receipt != NULL)
        jx_set_str(v, "text", receipt->text);
    mock_say(m, "done", v);
}

static const struct tocsin_host mock_services = {
    ._struct_size = sizeof(struct tocsin_host),
    ._api_version = TOCSIN_API_VERSION,
    .log = mock_log,
    .option_count = mock_option_count,
    .option = mock_option,
    .option_int = mock_option_int,
    .instance = mock_instance,
    .now = mock_now,
    .cursor = mock_cursor,
    .set_cursor = mock_set_cursor,
    .redact = mock_redact,
    .interest_count = mock_interest_count,
    .interest = mock_interest,
    .item = mock_item,
    .run = mock_run_service,
    .log_begin = mock_log_begin,
    .log_write = mock_log_write,
    .log_end = mock_log_end,
    .fact = mock_fact,
    .snapshot_begin = mock_snapshot_begin,
    .snapshot_entry = mock_snapshot_entry,
    .snapshot_end = mock_snapshot_end,
    .notice = mock_notice,
    .done = mock_done,
};

/* ---- the plugin's life ---- */

static const struct tocsin_source *mock_load(const char *path)
{
    void *so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (so == NULL) {
        fprintf(stderr, "mock-host: %s\n", dlerror());
        return NULL;
    }
    const struct tocsin_plugin_head *(*init)(void);
    void *symbol = dlsym(so, "tocsin_plugin_init");
    if (symbol == NULL) {
        fprintf(stderr, "mock-host: %s: no tocsin_plugin_init\n", path);
        return NULL;
    }
    memcpy(&init, &symbol, sizeof(init));
    const struct tocsin_plugin_head *head = init();
    if (head == NULL || head->_kind != TOCSIN_KIND_SOURCE
        || head->_struct_size != sizeof(struct tocsin_source)) {
        fprintf(stderr, "mock-host: %s: not a source of this ABI\n", path);
        return NULL;
    }
    return (const struct tocsin_source *)(const void *)head;
}

static int mock_live(struct mock *m, const struct tocsin_host *host)
{
    void *handle = NULL;
    int status = m->plugin->open(host, &handle);
    if (status != TOCSIN_OK) {
        mock_say(m, "done",
                 json_pack("{s:s,s:s}", "status", mock_status_name(status),
                           "text", "open refused"));
        return status;
    }
    status = m->plugin->collect(handle, MOCK_OP);
    if (status == TOCSIN_OK && !m->done)
        mock_broken(m, "collect returned, and done was never called");
    else if (status != TOCSIN_OK && m->done)
        mock_broken(m, "collect called done and returned a status as well");
    else if (status != TOCSIN_OK)
        mock_done(host, MOCK_OP, status, NULL);
    m->plugin->close(handle);
    return m->status;
}

int mock_run(const char *path, const struct mock_options *opts)
{
    struct mock m = { .opts = opts, .plugin = mock_load(path) };
    if (m.plugin == NULL || mock_check_settings(&m) < 0)
        return -1;
    struct tocsin_host host = mock_services;
    host._private = &m;
    int status = mock_live(&m, &host);
    return m.broken ? -1 : status;
}

int mock_describe(const char *path, FILE *out)
{
    const struct tocsin_source *p = mock_load(path);
    if (p == NULL)
        return -1;
    CLEANUP_JSON json_t *v = json_object();
    json_t *options = json_array();
    for (size_t i = 0; i < p->nr_options; i++) {
        const struct tocsin_option *o = &p->options[i];
        json_t *one = json_object();
        jx_set_str(one, "name", o->name);
        jx_set_str(one, "default", o->default_value);
        jx_set_str(one, "values", o->values);
        jx_set_str(one, "help", o->help);
        jx_set_bool(one, "required", o->flags & TOCSIN_OPTION_REQUIRED);
        jx_set_bool(one, "repeat", o->flags & TOCSIN_OPTION_REPEAT);
        json_array_append_new(options, one);
    }
    jx_set_str(v, "name", p->name);
    jx_set_str(v, "summary", p->summary);
    json_object_set_new(v, "options", options);
    json_dumpf(v, out, JSON_COMPACT);
    fputc('\n', out);
    return 0;
}
