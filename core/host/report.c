/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a plugin says, as JSON on its way to the core: runs with what the
 * classifier makes of their logs, facts, snapshots, notices, remotes. Must
 * not keep a log, nor pass a text on that was not redacted.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/host/services-private.h"
#include "core/store/records.h"

/* What names something; a longer one is no name. */
#define NAME_LIMIT ((size_t)1024)
#define SECRET_MIN 12
#define NOTICES_PER_CODE 20
#define BATCH_MS 500
#define CURSOR_MS 50
/* One element of a batch; a CODEOWNERS file is the largest by far. */
#define ELEMENT_MAX ((size_t)4 << 20)
/* Sources that read folders keep what they have seen in it. With one element
 * and twice its length, for it is escaped, it still fits into a frame. */
#define CURSOR_MAX ((size_t)1536 << 10)

const char *const list_names[NR_LISTS] = {
    [LIST_RUNS] = "runs",
    [LIST_FACTS] = "facts",
    [LIST_SNAPSHOTS] = "snapshots",
    [LIST_NOTICES] = "notices",
    [LIST_VALIDATORS] = "validators",
    [LIST_LEADS] = "leads",
    [LIST_TAKEN] = "taken",
};

int services_copy(void *to, size_t size, const void *from)
{
    size_t given;

    memcpy(&given, from, sizeof(given));
    if (given < 2 * sizeof(size_t) || given > 65536)
        return -1;
    memset(to, 0, size);
    memcpy(to, from, given < size ? given : size);
    memcpy(to, &size, sizeof(size));
    return 0;
}

/* -- refusing -- */

int report_refuse(struct services *s, const char *what, const char *why)
{
    CLEANUP_FREE char *text = xasprintf("%s was left out: %s", what, why);

    s->host.log(&s->host, TOCSIN_LOG_WARN, text);
    return TOCSIN_REJECT;
}

bool report_is_name(const char *text)
{
    size_t n = text ? strnlen(text, NAME_LIMIT + 1) : 0;

    if (n == 0 || n > NAME_LIMIT)
        return false;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return false;
    return true;
}

static bool is_project(const char *text)
{
    return report_is_name(text) && strchr(text, '/') && !strpbrk(text, " \\:");
}

/* A name is what a thing is known by: it is refused, not cut. Nothing as
 * short as "main" is a secret. */
static bool holds_secret(const struct services *s, const char *name)
{
    CLEANUP_FREE char *clean = NULL;

    if (!name || strlen(name) < SECRET_MIN)
        return false;
    clean = services_redact(s, name);
    return strcmp(clean, name) != 0;
}

bool report_is_url(const char *text)
{
    return str_starts(text, "https://") || str_starts(text, "http://");
}

/* -- gathering -- */

/* Takes v over. */
int report_gather(struct services *s, enum list which, json_t *v,
                  const char *what)
{
    struct strbuf *list = &s->lists[which];
    CLEANUP_FREE char *text = json_dumps(v, JSON_COMPACT);
    size_t n = text ? strlen(text) : 0;

    json_decref(v);
    if (!text || n > ELEMENT_MAX)
        return report_refuse(s, what, "it is too large");
    if (list->len)
        strbuf_addc(list, ',');
    strbuf_add(list, text, n);
    s->gathered += n;
    services_flush_if_due(s, BATCH_MS);
    return TOCSIN_OK;
}

/* -- cursor, interest, item -- */

static const char *host_redact(const struct tocsin_host *host, const char *text)
{
    struct services *s = services_of(host);

    free(s->redacted);
    s->redacted = services_redact(s, text ? text : "");
    return s->redacted;
}

static const char *host_cursor(const struct tocsin_host *host)
{
    struct services *s = services_of(host);

    return s->cursor ? s->cursor : jx_str(s->start, "cursor");
}

static int host_set_cursor(const struct tocsin_host *host, const char *cursor)
{
    struct services *s = services_of(host);
    CLEANUP_JSON json_t *v = NULL;
    CLEANUP_FREE char *text = NULL;

    if (!cursor || strnlen(cursor, CURSOR_MAX + 1) > CURSOR_MAX)
        return report_refuse(s, "a cursor",
                             "it is NULL or longer than 1536 KiB");
    v = jx_string(cursor, strlen(cursor));
    text = jx_dump(v);
    if (strlen(text) > 2 * CURSOR_MAX)
        return report_refuse(s, "a cursor",
                             "it holds too many control characters");
    str_replace(&s->cursor, cursor);
    s->cursor_changed = true;
    /* The frame may take in more runs: they are behind the cursor, which
     * then says less than it could and never more. A sink's goes out before
     * what the sink does next. */
    services_flush_if_due(s, s->is_sink ? 0 : CURSOR_MS);
    return TOCSIN_OK;
}

static size_t host_interest_count(const struct tocsin_host *host)
{
    return json_array_size(jx_arr(services_of(host)->start, "interest"));
}

static const char *host_interest(const struct tocsin_host *host, size_t i)
{
    const json_t *list = jx_arr(services_of(host)->start, "interest");

    return json_string_value(json_array_get(list, i));
}

void report_enter(struct services *s, const char *item)
{
    json_t *frame;

    if (str_eq(s->item, item))
        return;
    frame = json_object();
    /* All that came before must survive what this item may do. */
    services_flush(s);
    jx_set_str(frame, "t", "item");
    json_object_set_new(frame, "id", json_null());
    str_replace(&s->item, item);
    jx_set_str(frame, "id", item);
    services_send(s, frame);
}

static int host_item(const struct tocsin_host *host, const char *id)
{
    struct services *s = services_of(host);
    CLEANUP_FREE char *name = NULL;
    bool skip;

    services_flush(s);
    if (id && strnlen(id, TEXT_MAX + 1) <= TEXT_MAX)
        name = utf8_repair(id, strlen(id));
    skip = !name || json_object_get(s->skip, name) != NULL;
    report_enter(s, skip ? NULL : name);
    if (!name)
        return report_refuse(s, "an item",
                             "its id is NULL or longer than 4096 "
                             "bytes");
    return skip ? TOCSIN_REJECT : TOCSIN_OK;
}

/* -- runs -- */

static const char *run_fault(const struct services *s,
                             const struct tocsin_run *run)
{
    if (!report_is_name(run->id))
        return "it has no usable id";
    if (!is_project(run->project))
        return "its project is no owner/name";
    if (!report_is_name(run->branch))
        return "it has no usable branch";
    if (holds_secret(s, run->project) || holds_secret(s, run->branch))
        return "its project or branch looks like a secret";
    if (run->outcome < TOCSIN_OUTCOME_UNKNOWN
        || run->outcome > TOCSIN_OUTCOME_ABANDONED)
        return "its outcome is none";
    return NULL;
}

static void set_name(json_t *v, const char *key, const char *text)
{
    if (report_is_name(text))
        jx_set_str(v, key, text);
}

static json_t *run_json(const struct services *s, const struct tocsin_run *run)
{
    json_t *v = json_object();

    jx_set_str(v, "id", run->id);
    jx_set_int(v, "attempt", run->attempt > 0 ? run->attempt : 1);
    jx_set_str(v, "project", run->project);
    set_name(v, "project_id", run->project_id);
    jx_set_str(v, "branch", run->branch);
    services_set_text(s, v, "workflow", run->workflow);
    services_set_text(s, v, "job", run->job);
    services_set_text(s, v, "variant", run->variant);
    set_name(v, "commit", run->commit);
    if (run->url && report_is_url(run->url))
        services_set_text(s, v, "url", run->url);
    services_set_text(s, v, "trigger", run->trigger);
    jx_set_str(v, "outcome", outcome_name(run->outcome));
    jx_set_int(v, "created", run->created);
    jx_set_int(v, "started", run->started);
    jx_set_int(v, "finished", run->finished);
    jx_set_bool(v, "push_complete", run->push_complete == 1);
    jx_set_int(v, "default_branch", run->default_branch);
    jx_set_str(v, "item", s->item);
    return v;
}

/* Copies, checks and makes JSON of it: NULL when it was refused. */
json_t *report_run(struct services *s, const struct tocsin_run *given,
                   int *outcome)
{
    struct tocsin_run run;
    const char *fault = "it is NULL, or its _struct_size is not set";

    if (given && services_copy(&run, sizeof(run), given) == 0)
        fault = run_fault(s, &run);
    if (fault) {
        report_refuse(s, "a run", fault);
        return NULL;
    }
    if (outcome)
        *outcome = run.outcome;
    return run_json(s, &run);
}

static int host_run(const struct tocsin_host *host,
                    const struct tocsin_run *run)
{
    struct services *s = services_of(host);
    json_t *v = report_run(s, run, NULL);

    return v ? report_gather(s, LIST_RUNS, v, "a run") : TOCSIN_REJECT;
}

/* The rules, compiled when the first text comes. */
static const struct ruleset *rules_of(struct services *s)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    const char *given = jx_str_or(s->start, "ruleset", "{}");
    CLEANUP_JSON json_t *all = NULL;
    CLEANUP_FREE char *text = NULL;

    if (s->rules)
        return s->rules;
    all = jx_parse(given, strlen(given), NULL);
    s->rules = ruleset_new(jx_arr(all, "rules"), jx_arr(all, "ignore"), &err);
    if (s->rules)
        return s->rules;
    text = xasprintf("the rules do not compile: %s", err_msg(&err));
    s->host.log(&s->host, TOCSIN_LOG_ERROR, text);
    services_break(s, "could not go on without rules");
    return NULL;
}

struct classifier *report_classifier(struct services *s, const char *format,
                                     int outcome, const struct baseline *green)
{
    const struct classify_options opts = {
        .file = s->item,
        .format = format,
        .outcome = outcome,
        .green = green,
        .make_baseline = outcome == TOCSIN_OUTCOME_SUCCESS,
        .redact = (const char *const *)s->redact,
        .nr_redact = s->nr_redact,
    };
    const struct ruleset *rules = rules_of(s);

    return rules ? classifier_new(rules, &opts) : NULL;
}

/* -- facts -- */

static int host_fact(const struct tocsin_host *host,
                     const struct tocsin_fact *given)
{
    struct services *s = services_of(host);
    struct tocsin_fact fact = TOCSIN_FACT_INIT;
    CLEANUP_JSON json_t *value = NULL;
    CLEANUP_JSON json_t *named = NULL;
    json_t *v;

    if (!given || services_copy(&fact, sizeof(fact), given) < 0
        || !report_is_name(fact.subject) || !report_is_name(fact.key)
        || !fact.value)
        return report_refuse(s, "a fact",
                             "it has no usable subject, key or value");
    if (strlen(fact.value) <= ELEMENT_MAX)
        value = jx_parse(fact.value, strlen(fact.value), NULL);
    if (!value)
        return report_refuse(s, "a fact", "its value is no JSON, or too large");
    named = json_pack("{s:O}", fact.key, value);
    redactor_clean_json(s->redactor, named);
    v = json_object();
    jx_set_str(v, "subject", fact.subject);
    jx_set_str(v, "key", fact.key);
    json_object_set(v, "value", json_object_get(named, fact.key));
    return report_gather(s, LIST_FACTS, v, "a fact");
}

/* -- snapshots -- */

static json_t *part(const struct services *s)
{
    json_t *v = json_object();

    jx_set_str(v, "name", s->snapshot);
    return v;
}

static int host_snapshot_begin(const struct tocsin_host *host, const char *name,
                               int64_t taken)
{
    struct services *s = services_of(host);
    json_t *v;

    if (s->snapshot) {
        services_break(s, "began a snapshot inside a snapshot");
        return TOCSIN_FATAL;
    }
    if (!report_is_name(name))
        return report_refuse(s, "a snapshot", "it has no usable name");
    s->snapshot = xstrdup(name);
    v = part(s);
    jx_set_int(v, "begin", taken);
    return report_gather(s, LIST_SNAPSHOTS, v, "a snapshot");
}

static json_t *entry_json(struct services *s, const struct tocsin_entry *e)
{
    json_t *v = json_object();

    jx_set_str(v, "key", e->key);
    jx_set_str(v, "project", e->project);
    set_name(v, "branch", e->branch);
    services_set_text(s, v, "task", str_or(e->task, ""));
    services_set_text(s, v, "target", e->target);
    if (e->url && report_is_url(e->url))
        services_set_text(s, v, "url", e->url);
    jx_set_num(v, "attempts",
               e->attempts >= 0 && e->attempts < 1e12 ? e->attempts : 0.0);
    jx_set_int(v, "first", e->first);
    jx_set_int(v, "last", e->last);
    set_name(v, "category", e->category);
    set_name(v, "blame", e->blame);
    return v;
}

static int host_snapshot_entry(const struct tocsin_host *host,
                               const struct tocsin_entry *given)
{
    struct services *s = services_of(host);
    struct tocsin_entry e = TOCSIN_ENTRY_INIT;
    struct classifier *c;
    json_t *v, *list, *entry;

    if (!s->snapshot) {
        services_break(s, "gave an entry without a snapshot");
        return TOCSIN_FATAL;
    }
    if (!given || services_copy(&e, sizeof(e), given) < 0
        || !report_is_name(e.key) || !is_project(e.project))
        return report_refuse(s, "an entry", "it has no usable key or project");
    if (holds_secret(s, e.key) || holds_secret(s, e.project)
        || holds_secret(s, e.branch))
        return report_refuse(s, "an entry",
                             "its key, project or branch looks "
                             "like a secret");
    entry = entry_json(s, &e);
    if (e.text) {
        c = report_classifier(s, "plain", TOCSIN_OUTCOME_FAILURE, NULL);
        if (!c) {
            json_decref(entry);
            return TOCSIN_FATAL;
        }
        classifier_feed(c, e.text, e.text_len);
        json_object_set_new(entry, "result", classifier_finish(c));
        classifier_free(c);
    }
    v = part(s);
    list = json_array();
    json_array_append_new(list, entry);
    json_object_set_new(v, "entries", list);
    return report_gather(s, LIST_SNAPSHOTS, v, "an entry");
}

static int host_snapshot_end(const struct tocsin_host *host, int complete,
                             const char *why)
{
    struct services *s = services_of(host);
    json_t *v;

    if (!s->snapshot) {
        services_break(s, "ended a snapshot that it had not begun");
        return TOCSIN_FATAL;
    }
    v = part(s);
    jx_set_bool(v, "end", true);
    jx_set_bool(v, "complete", complete == 1);
    services_set_text(s, v, "why", why);
    free(s->snapshot);
    s->snapshot = NULL;
    return report_gather(s, LIST_SNAPSHOTS, v, "a snapshot");
}

/* -- notices, remotes -- */

static int host_notice(const struct tocsin_host *host, const char *code,
                       const char *text)
{
    struct services *s = services_of(host);
    int64_t told;
    json_t *v;

    if (!report_is_name(code) || !text)
        return report_refuse(s, "a notice", "it has no usable code or text");
    told = jx_int(s->notices, code, 0);
    if (told >= NOTICES_PER_CODE)
        return TOCSIN_OK;
    jx_set_int(s->notices, code, told + 1);
    v = json_object();
    jx_set_str(v, "code", code);
    services_set_text(s, v, "text", text);
    if (!s->is_sink)
        return report_gather(s, LIST_NOTICES, v, "a notice");
    json_array_append_new(s->told, v);
    return TOCSIN_OK;
}

/* -- what stands at a sink -- */

static size_t host_standing_count(const struct tocsin_host *host)
{
    return json_array_size(services_of(host)->standing);
}

static int host_standing(const struct tocsin_host *host, size_t i,
                         struct tocsin_remote *out)
{
    const json_t *row = json_array_get(services_of(host)->standing, i);
    struct tocsin_remote r = TOCSIN_REMOTE_INIT;
    size_t size = out ? out->_struct_size : 0;

    if (!row || size < sizeof(size))
        return 0;
    r.ticket = json_string_value(json_array_get(row, 0));
    r.remote_id = json_string_value(json_array_get(row, 1));
    r.state = json_string_value(json_array_get(row, 2));
    memcpy(out, &r, size < sizeof(r) ? size : sizeof(r));
    out->_struct_size = size;
    return 1;
}

void report_standing(struct services *s, json_t *rows)
{
    if (!s->standing)
        s->standing = json_array();
    json_array_extend(s->standing, rows);
}

/* The core composes once all sinks are observed. */
static int host_lengths(const struct tocsin_host *host, size_t title_max,
                        size_t body_max)
{
    struct services *s = services_of(host);
    json_t *v;

    if (s->observed || title_max > INT32_MAX || body_max > INT32_MAX)
        return report_refuse(s, "a word on lengths",
                             "it comes too late, or is none");
    v = json_object();
    jx_set_str(v, "t", "lengths");
    jx_set_int(v, "title_max", (int64_t)title_max);
    jx_set_int(v, "body_max", (int64_t)body_max);
    services_send(s, v);
    return TOCSIN_OK;
}

static bool is_remote_state(const char *state)
{
    static const char *const known[] = {
        "open", "completed", "not_planned", "duplicate", "deleted", "double",
    };

    for (size_t i = 0; state && i < ARRAY_SIZE(known); i++)
        if (!strcmp(state, known[i]))
            return true;
    return false;
}

static int host_remote(const struct tocsin_host *host,
                       const struct tocsin_remote *given)
{
    struct services *s = services_of(host);
    struct tocsin_remote r = TOCSIN_REMOTE_INIT;
    json_t *v;

    if (!given || services_copy(&r, sizeof(r), given) < 0
        || !report_is_name(r.ticket) || !report_is_name(r.remote_id))
        return report_refuse(s, "a remote",
                             "it has no usable ticket or remote_id");
    if (!is_remote_state(r.state))
        return report_refuse(s, "a remote",
                             "its state is none of open, completed, "
                             "not_planned, duplicate, deleted, double");
    v = json_object();
    jx_set_str(v, "ticket", r.ticket);
    jx_set_str(v, "remote_id", r.remote_id);
    services_set_text(s, v, "url", r.url);
    jx_set_str(v, "state", r.state);
    json_object_set_new(v, "labels", services_list(r.labels));
    json_object_set_new(v, "by", json_null());
    services_set_text(s, v, "by", r.by);
    jx_set_int(v, "changed", r.changed);
    services_set_text(s, v, "duplicate_of", r.duplicate_of);
    if (r.in_steps)
        jx_set_bool(v, "in_steps", true);
    json_array_append_new(s->remotes, v);
    s->gathered += 256;
    services_flush_if_due(s, BATCH_MS);
    return TOCSIN_OK;
}

/* -- life -- */

void report_init(struct services *s)
{
    const json_t *skip = jx_arr(s->start, "skip");

    s->notices = json_object();
    s->skip = json_object();
    for (size_t i = 0; i < json_array_size(skip); i++) {
        const char *item = json_string_value(json_array_get(skip, i));

        if (item)
            jx_set_bool(s->skip, item, true);
    }
    s->host.cursor = host_cursor;
    s->host.set_cursor = host_set_cursor;
    s->host.notice = host_notice;
    if (s->is_sink) {
        s->host.remote = host_remote;
        s->host.standing_count = host_standing_count;
        s->host.standing = host_standing;
        s->host.lengths = host_lengths;
        return;
    }
    s->host.redact = host_redact;
    s->host.interest_count = host_interest_count;
    s->host.interest = host_interest;
    s->host.item = host_item;
    s->host.run = host_run;
    logs_init(s);
    leads_init(s);
    s->host.fact = host_fact;
    s->host.snapshot_begin = host_snapshot_begin;
    s->host.snapshot_entry = host_snapshot_entry;
    s->host.snapshot_end = host_snapshot_end;
}

void report_end(struct services *s)
{
    logs_end(s);
    /* Without its end part the core throws a snapshot away. */
    free(s->snapshot);
    s->snapshot = NULL;
}

void report_release(struct services *s)
{
    report_end(s);
    ruleset_free(s->rules);
    json_decref(s->skip);
    json_decref(s->notices);
    free(s->item);
    free(s->redacted);
}
