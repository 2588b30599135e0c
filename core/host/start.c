/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a worker is told at its start: its instance, the settings, and what
 * the store has for it. Must not put all of what may be much into one frame.
 */
#include <config.h>

#include "core/host/host-private.h"

#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/log.h"
#include "core/base/mem.h"

/* Rows of a frame of what may be more than one can hold. */
#define ROWS_AT_ONCE 500
/* Validators in all: two for each repository of a large organisation and a
 * half more; 25 MB of the wire and 10 MB in the worker. */
#define KNOWN_MAX 100000

/* The variables that may hold this instance's secrets: X_env: NAME. */
static void take_env(struct member *m, const json_t *options)
{
    const char *key;
    json_t *v;
    size_t alloc = 0;

    json_object_foreach((json_t *)options, key, v) {
        const char *name = json_string_value(v);

        if (!name || !str_ends(key, "_env") || strchr(name, '='))
            continue;
        ALLOC_GROW(m->env, m->nr_env + 1, alloc);
        m->env[m->nr_env++] = xstrdup(name);
    }
}

/* An option "-" is standard input: path: -. */
static bool wants_stdin(const json_t *options)
{
    const char *key;
    json_t *v, *one;
    size_t i;

    json_object_foreach((json_t *)options, key, v) {
        if (str_eq(json_string_value(v), "-"))
            return true;
        json_array_foreach(v, i, one)
            if (str_eq(json_string_value(one), "-"))
                return true;
    }
    return false;
}

static void set_list(json_t *frame, const char *key, const json_t *v)
{
    json_object_set_new(frame, key,
                        v ? json_incref((json_t *)v) : json_array());
}

static void set_object(json_t *frame, const char *key, const json_t *v)
{
    json_object_set_new(frame, key,
                        v ? json_incref((json_t *)v) : json_object());
}

/* As text: most workers of a pass read no log, and rules are many. */
static void set_rules(json_t *frame, const struct host_start *start)
{
    CLEANUP_JSON json_t *all = json_object();
    CLEANUP_FREE char *text = NULL;

    set_list(all, "rules", start->rules);
    set_list(all, "ignore", start->ignore);
    text = jx_dump(all);
    jx_set_str(frame, "ruleset", text);
}

static json_t *redact_list(const struct host_start *start)
{
    json_t *list = json_array();

    for (size_t i = 0; i < start->nr_redact; i++)
        jx_append_str(list, start->redact[i]);
    return list;
}

static int wanted_level(const char *name)
{
    int level = LOG_DEBUG;

    while (level > LOG_ERROR && !log_wants((enum log_level)level, name))
        level--;
    return level;
}

static void set_positive(json_t *v, const char *key, int64_t n)
{
    if (n > 0 && n < POLICY_UNLIMITED)
        jx_set_int(v, key, n);
}

static json_t *http_object(const struct host *h, const struct instance *in)
{
    static const struct http_settings none;
    const struct http_settings *s = h->http ? h->http : &none;
    json_t *v = json_object(), *list = json_array();

    jx_set_str(v, "ca_file", s->ca_file);
    jx_set_str(v, "contact", s->contact);
    for (size_t i = 0; i < s->nr_connect_to; i++)
        jx_append_str(list, s->connect_to[i]);
    json_object_set_new(v, "connect_to", list);
    set_positive(v, "parallel", in->parallel ? in->parallel : s->parallel);
    set_positive(v, "requests", in->requests ? in->requests : s->requests);
    set_positive(v, "connect_timeout", s->connect_timeout);
    set_positive(v, "idle_timeout", s->idle_timeout);
    set_positive(v, "timeout", s->timeout);
    set_positive(v, "max_body", s->max_body);
    set_positive(v, "tries", s->tries);
    set_positive(v, "wait_max", s->wait_max);
    return v;
}

static json_t *start_frame(const struct host *h, const struct instance *in,
                           const struct host_start *start, const char *file)
{
    json_t *v = json_object();

    jx_set_str(v, "t", "start");
    jx_set_str(v, "kind", in->is_sink ? "sink" : "source");
    jx_set_str(v, "instance", in->name);
    jx_set_str(v, "plugin", file);
    set_object(v, "options", in->options);
    set_object(v, "option_at", in->option_at);
    jx_set_str(v, "dir", in->dir);
    jx_set_str(v, "rehearse", start->rehearse);
    jx_set_str(v, "recorded", start->recorded);
    jx_set_str(v, "at", in->at);
    jx_set_int(v, "now", start->now);
    jx_set_bool(v, "confidential", in->confidential);
    json_object_set_new(v, "cursor", json_null());
    jx_set_str(v, "cursor", start->cursor);
    jx_set_int(v, "level", wanted_level(in->name));
    jx_set_bool(v, "trace_http", log_wants(LOG_DEBUG, "http"));
    json_object_set_new(v, "http", http_object(h, in));
    set_list(v, "interest", start->interest);
    set_list(v, "everybody", start->everybody);
    set_list(v, "skip", start->skip);
    if (!in->is_sink)
        set_rules(v, start);
    jx_set_str(v, "rules_digest", start->rules_digest);
    jx_set_bool(v, "baselines", start->baselines);
    json_object_set_new(v, "redact", redact_list(start));
    if (in->is_sink)
        jx_set_str(v, "kill_switch", h->kill_switch);
    return v;
}

static const char *last_url(const json_t *page)
{
    size_t n = json_array_size(page);

    return json_string_value(json_array_get(json_array_get(page, n - 1), 0));
}

/* In frames of their own: all together may be more than one can hold. What
 * is beyond KNOWN_MAX is asked for in full. */
static void send_known(struct member *m)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_FREE char *after = NULL;
    size_t nr = 0;
    int r = 0;

    while (m->events.validators && nr < KNOWN_MAX) {
        json_t *page = NULL;

        r = m->events.validators(m->user, m->name, after, &page, &err);
        if (r < 0 || !json_array_size(page)) {
            json_decref(page);
            break;
        }
        nr += json_array_size(page);
        str_replace(&after, last_url(page));
        member_send(m,
                    json_pack("{s:s, s:o}", "t", "known", "validators", page));
    }
    if (r < 0)
        member_judge(m, HOST_END_FATAL, "its validators: %s", err_msg(&err));
}

/* Likewise in frames of their own. */
static void send_rows(struct member *m, const char *type, const char *key,
                      const json_t *rows)
{
    json_t *list = NULL, *v;
    size_t i, nr = json_array_size(rows);

    json_array_foreach(rows, i, v) {
        if (!list)
            list = json_array();
        json_array_append(list, v);
        if (json_array_size(list) < ROWS_AT_ONCE && i + 1 < nr)
            continue;
        member_send(m, json_pack("{s:s, s:o}", "t", type, key, list));
        list = NULL;
    }
}

static void take_redact(struct member *m, const struct host_start *start)
{
    if (!start->nr_redact)
        return;
    m->redact = xcalloc(start->nr_redact, sizeof(*m->redact));
    for (; m->nr_redact < start->nr_redact; m->nr_redact++)
        m->redact[m->nr_redact] = xstrdup(start->redact[m->nr_redact]);
}

void start_trial(struct member *m, const struct host *h,
                 const struct instance *in, const struct host_start *start,
                 const char *file)
{
    take_env(m, in->options);
    member_send(m, start_frame(h, in, start, file));
    member_send(m, json_pack("{s:s}", "t", "close"));
}

void start_tell(struct member *m, const struct host *h,
                const struct instance *in, const struct host_start *start,
                const char *file)
{
    take_env(m, in->options);
    m->keep_stdin = !in->is_sink && wants_stdin(in->options);
    take_redact(m, start);
    member_send(m, start_frame(h, in, start, file));
    send_known(m);
    send_rows(m, "standing", "rows", start->standing);
    send_rows(m, "leads", "urls", start->leads);
    member_send(m,
                json_pack("{s:s}", "t", in->is_sink ? "observe" : "collect"));
}
