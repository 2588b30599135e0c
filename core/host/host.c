/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The pool of workers: who runs, who waits, who has had his time. Must
 * never load a plugin, nor wait for one worker while another has something
 * to say.
 */
#include <config.h>

#include "core/host/host.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/io.h"
#include "core/base/jsonx.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/host/loader.h"
#include "core/host/member.h"
#include "core/host/wire.h"
#include "core/tocsin-plugin.h"

#define PARALLEL 4
/* Rows of a frame of what may be more than one can hold. */
#define ROWS_AT_ONCE 500
/* Validators in all: two for each repository of a large organisation and a half more; 25 MB of
 * the wire and 10 MB in the worker. */
#define KNOWN_MAX 100000
#define OUTPUT_MAX ((uint64_t)4 << 30)
/* How long frames may be gathered before they are stored. */
#define BATCH_MS 300
/* Without pidfd_open(2) we must look for the dead ourselves. */
#define LOOK_MS 50
#define DESCRIBE_SECONDS 10
#define AGAIN_SECONDS 120
#define BEAT_SECONDS 30
#define AGAIN_MEMORY ((int64_t)512 << 20)
#define DESCRIBE_MEMORY ((int64_t)512 << 20)

struct host {
    char *self;
    int lock_fd;
    int parallel;
    int64_t deadline_ms;
    uint64_t output_max;
    const struct http_settings *http;
    struct plugin_path path;
    struct member *members; /* in the order of host_start */
    json_t *described;      /* {file: description}: asked once */
    const char *kill_switch;
};

/* An idle sink takes nobody's place. */
static int running(const struct host *h)
{
    int n = 0;

    for (const struct member *m = h->members; m; m = m->next)
        n += m->alive && m->state != MEMBER_IDLE;
    return n;
}

struct host *host_new(const struct host_options *opts)
{
    struct host *h = xcalloc(1, sizeof(*h));

    h->self = xstrdup(opts->self);
    h->lock_fd = opts->lock_fd;
    h->parallel = opts->parallel > 0 ? opts->parallel : PARALLEL;
    h->deadline_ms = opts->deadline_ms;
    h->output_max = opts->output_max ? opts->output_max : OUTPUT_MAX;
    h->http = opts->http;
    h->kill_switch = opts->kill_switch;
    h->described = json_object();
    plugin_path_init(&h->path, opts->plugin_path, opts->nr_plugin_path);
    return h;
}

void host_free(struct host *h)
{
    if (!h)
        return;
    while (h->members) {
        struct member *m = h->members;

        h->members = m->next;
        member_free(m);
    }
    plugin_path_release(&h->path);
    json_decref(h->described);
    free(h->self);
    free(h);
}

/* The last of that name: one that has ended may be started again. */
static struct member *find(const struct host *h, const char *instance)
{
    struct member *found = NULL;

    for (struct member *m = h->members; m; m = m->next)
        if (!strcmp(m->name, instance))
            found = m;
    return found;
}

/* -- starting -- */

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
        json_array_append_new(
            list, jx_string(start->redact[i], strlen(start->redact[i])));
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
        json_array_append_new(
            list, jx_string(s->connect_to[i], strlen(s->connect_to[i])));
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

static void append_member(struct host *h, struct member *m)
{
    struct member **end = &h->members;

    while (*end)
        end = &(*end)->next;
    *end = m;
}

static struct member *new_member(const struct host *h, const char *name)
{
    struct member *m = member_new(name);

    m->output_max = h->output_max;
    return m;
}

void host_start(struct host *h, const struct instance *in,
                const struct host_start *start,
                const struct host_events *events, void *user)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_FREE char *file = plugin_find(&h->path, in->plugin, &err);
    struct member *m = find(h, in->name);

    if (m && m->state != MEMBER_ENDED)
        BUG("instance \"%s\" runs already", in->name);
    m = new_member(h, in->name);
    m->is_sink = in->is_sink;
    m->deadline_s = in->deadline > 0 ? in->deadline : 600;
    m->pass_end_ms = h->deadline_ms;
    m->memory = in->memory;
    m->events = *events;
    m->user = user;
    append_member(h, m);
    if (!file) {
        member_judge(m, HOST_END_START, "%s", err_msg(&err));
        return;
    }
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

/* -- operations -- */

static void queue_op(struct host *h, const char *instance, bool deliver,
                     int64_t id, json_t *payload)
{
    struct member *m = find(h, instance);
    struct op *op = xcalloc(1, sizeof(*op));
    struct op **end;

    if (!m || !m->is_sink)
        BUG("no sink \"%s\" was started", instance);
    op->deliver = deliver;
    op->id = id;
    op->payload = json_incref(payload);
    for (end = &m->queue; *end; end = &(*end)->next)
        ;
    *end = op;
}

void host_reach(struct host *h, const char *instance, int64_t id, json_t *owner)
{
    queue_op(h, instance, false, id, owner);
}

void host_deliver(struct host *h, const char *instance, int64_t id,
                  json_t *notification)
{
    queue_op(h, instance, true, id, notification);
}

void host_finish(struct host *h, const char *instance)
{
    struct member *m = find(h, instance);

    if (m)
        m->finish = true;
}

void host_kill(struct host *h, const char *instance)
{
    struct member *m = find(h, instance);

    if (!m || m->state == MEMBER_ENDED)
        return;
    m->kill = true;
    m->blame_item = false;
    member_judge(m, HOST_END_LIMIT, "was ended before it was through");
}

/* -- the loop -- */

static bool is_busy(const struct member *m)
{
    if (m->state == MEMBER_ENDED)
        return m->queue != NULL;
    return m->state != MEMBER_IDLE || m->queue || m->finish || m->kill
           || m->judged;
}

bool host_busy(const struct host *h)
{
    for (const struct member *m = h->members; m; m = m->next)
        if (is_busy(m))
            return true;
    return false;
}

static bool past(int64_t deadline_ms, int64_t now)
{
    return deadline_ms && now >= deadline_ms;
}

static void check_pass(const struct host *h, struct member *m, int64_t now)
{
    if (m->state == MEMBER_ENDED || m->judged)
        return;
    if (past(h->deadline_ms, now)) {
        m->blame_item = false;
        member_judge(m, HOST_END_LIMIT,
                     m->alive ? "was ended: the pass had no time left"
                              : "was not started: the pass had no time left");
        m->kill = true;
    }
}

static void check_deadline(struct member *m, int64_t now)
{
    CLEANUP_FREE char *where = NULL;

    if (!m->alive || m->kill || !past(m->deadline_ms, now))
        return;
    where = member_where(m);
    if (m->wire_eof)
        member_judge(m, HOST_END_DEATH, "closed its wire%s", where);
    else
        member_judge(m, HOST_END_LIMIT, "took longer than its %" PRId64 " s%s",
                     m->deadline_s, where);
    m->kill = true;
}

/* Starts, sends on, ends: all that needs no waiting. */
static void settle(struct host *h, struct member *m, int64_t now)
{
    if (m->state == MEMBER_ENDED) {
        member_answer_queue(m);
        return;
    }
    check_pass(h, m, now);
    check_deadline(m, now);
    if (m->kill || (m->judged && !m->alive)) {
        member_end(m);
        return;
    }
    if (m->state == MEMBER_QUEUED && running(h) < h->parallel)
        member_spawn(m, h->self, h->lock_fd);
    member_pump(m);
    member_write(m);
    if (m->batch && now - m->batch_ms >= BATCH_MS)
        member_flush(m);
}

/* Events may have made work for one that was settled already. */
static bool is_ripe(const struct host *h, const struct member *m)
{
    switch (m->state) {
    case MEMBER_ENDED:
        return m->queue != NULL;
    case MEMBER_QUEUED:
        return m->judged || running(h) < h->parallel;
    case MEMBER_IDLE:
        return m->kill || m->queue || m->finish;
    default:
        return m->kill || !m->alive;
    }
}

static void sooner(int64_t *timeout, int64_t ms)
{
    if (ms < 0)
        ms = 0;
    if (*timeout < 0 || ms < *timeout)
        *timeout = ms;
}

static void member_timeout(const struct member *m, int64_t now,
                           int64_t *timeout)
{
    if (!m->alive)
        return;
    if (m->deadline_ms)
        sooner(timeout, m->deadline_ms - now);
    if (m->batch)
        sooner(timeout, m->batch_ms + BATCH_MS - now);
    if (m->proc.pidfd < 0)
        sooner(timeout, LOOK_MS);
}

enum { FD_WIRE, FD_ERR, FD_PID, NR_FDS };

static void set_fds(const struct member *m, struct pollfd p[NR_FDS])
{
    p[FD_WIRE] = (struct pollfd){
        .fd = m->alive && !m->wire_eof ? m->proc.wire : -1,
        .events = (short)(POLLIN | (m->out.len ? POLLOUT : 0)),
    };
    p[FD_ERR] = (struct pollfd){
        .fd = m->alive && !m->err_eof ? m->proc.err : -1,
        .events = POLLIN,
    };
    p[FD_PID] = (struct pollfd){
        .fd = m->alive ? m->proc.pidfd : -1,
        .events = POLLIN,
    };
}

static void handle_fds(struct member *m, const struct pollfd p[NR_FDS])
{
    if (!m->alive)
        return;
    if (p[FD_WIRE].revents & POLLOUT)
        member_write(m);
    if (p[FD_WIRE].revents & (POLLIN | POLLHUP | POLLERR))
        member_read(m);
    if (p[FD_ERR].revents & (POLLIN | POLLHUP | POLLERR))
        member_read_stderr(m);
    if (m->kill || p[FD_PID].revents || (m->proc.pidfd < 0 && member_dead(m)))
        member_end(m);
}

static void wait_for(struct member *const *list, size_t nr, int64_t timeout)
{
    struct pollfd *fds = xcalloc(nr, NR_FDS * sizeof(*fds));

    for (size_t i = 0; i < nr; i++)
        set_fds(list[i], fds + i * NR_FDS);
    if (timeout > INT32_MAX)
        timeout = INT32_MAX;
    if (poll(fds, (nfds_t)(nr * NR_FDS), (int)timeout) > 0)
        for (size_t i = 0; i < nr; i++)
            handle_fds(list[i], fds + i * NR_FDS);
    free(fds);
}

void host_step(struct host *h)
{
    int64_t now = when_monotonic_ms(), timeout = -1;
    struct member **list = NULL;
    size_t nr = 0, alloc = 0;
    bool ripe = false;

    /* Members stay until host_free, and events may add some at the end. */
    for (struct member *m = h->members; m; m = m->next)
        settle(h, m, now);
    for (struct member *m = h->members; m; m = m->next) {
        ALLOC_GROW(list, nr + 1, alloc);
        list[nr++] = m;
        ripe |= is_ripe(h, m);
        member_timeout(m, now, &timeout);
    }
    if (h->deadline_ms)
        sooner(&timeout, h->deadline_ms - now);
    if (ripe || !host_busy(h))
        timeout = 0;
    if (nr)
        wait_for(list, nr, timeout);
    free(list);
}

/* -- describing -- */

static void run_alone(struct host *h, struct member *m)
{
    member_spawn(m, h->self, -1);
    while (m->state != MEMBER_ENDED) {
        int64_t now = when_monotonic_ms(), timeout = -1;

        check_deadline(m, now);
        if (m->kill || !m->alive) {
            member_end(m);
            return;
        }
        member_write(m);
        member_timeout(m, now, &timeout);
        wait_for(&m, 1, timeout);
    }
}

/* New, or NULL and err. */
static json_t *describe_file(struct host *h, const char *file, struct err *err)
{
    json_t *known = json_object_get(h->described, file);
    struct member *m;

    if (known)
        return json_incref(known);
    if (plugin_check_trusted(file, err) < 0)
        return NULL;
    m = new_member(h, io_basename(file));
    m->describes = true;
    m->deadline_s = DESCRIBE_SECONDS;
    m->memory = DESCRIBE_MEMORY;
    member_send(m, json_pack("{s:s, s:s}", "t", "describe", "plugin", file));
    run_alone(h, m);
    known = json_incref(m->described);
    if (known && m->judged) {
        json_decref(known);
        known = NULL;
    }
    if (known)
        json_object_set(h->described, file, known);
    else
        err_set(err, ERR_PLUGIN, "%s",
                m->verdict ? m->verdict : "it said nothing of itself");
    member_free(m);
    return known;
}

json_t *host_describe(struct host *h, const char *name, struct err *err)
{
    CLEANUP_FREE char *file = plugin_find(&h->path, name, err);

    return file ? describe_file(h, file, err) : NULL;
}

json_t *host_classify_again(struct host *h, const json_t *rules,
                            const json_t *ignore, const json_t *runs,
                            struct err *err)
{
    struct member *m = new_member(h, "classify again");
    json_t *answer;

    m->describes = true;
    m->deadline_s = AGAIN_SECONDS;
    m->memory = AGAIN_MEMORY;
    member_send(m, json_pack("{s:s, s:O, s:O, s:O}", "t", "again", "rules",
                             rules, "ignore", ignore, "runs", runs));
    run_alone(h, m);
    answer = m->judged ? NULL : json_incref(m->described);
    if (!answer)
        err_set(err, ERR_PLUGIN,
                "what is stored could not be classified "
                "again: %s",
                m->verdict ? m->verdict : "no answer");
    member_free(m);
    return answer;
}

int host_beat(struct host *h, const char *url, struct err *err)
{
    static const struct http_settings none;
    const struct http_settings *s = h->http ? h->http : &none;
    struct member *m = new_member(h, "heartbeat");
    json_t *conf = json_object();
    int rc = 0;

    jx_set_str(conf, "ca_file", s->ca_file);
    m->describes = true;
    m->deadline_s = BEAT_SECONDS;
    m->memory = DESCRIBE_MEMORY;
    member_send(
        m, json_pack("{s:s, s:s, s:o}", "t", "beat", "url", url, "http", conf));
    run_alone(h, m);
    if (m->judged || !m->described)
        rc = err_set(err, ERR_IO, "%s", m->verdict ? m->verdict : "no answer");
    member_free(m);
    return rc;
}

struct listing {
    struct host *h;
    json_t *list;
};

static void list_file(void *user, const char *file, const char *name,
                      bool hidden)
{
    struct listing *l = user;
    CLEANUP_ERR struct err err = ERR_INIT;
    json_t *d = NULL;

    if (hidden)
        err_set(&err, ERR_CONFIG,
                "%s: hidden by another tocsin-%s.so earlier in the path", file,
                name);
    else
        d = describe_file(l->h, file, &err);
    if (!d) {
        d = json_object();
        jx_set_str(d, "name", name);
        jx_set_str(d, "file", file);
        jx_set_str(d, "error", err_msg(&err));
    }
    json_array_append_new(l->list, d);
}

json_t *host_list(struct host *h)
{
    struct listing l = { h, json_array() };

    plugin_scan(&h->path, list_file, &l);
    return l.list;
}
