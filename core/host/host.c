/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The pool of workers: who runs, who waits, who has had his time. Must
 * never load a plugin, nor wait for one worker while another has something
 * to say.
 */
#include <config.h>

#include "core/host/host-private.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/when.h"

#define PARALLEL 4
#define OUTPUT_MAX ((uint64_t)4 << 30)
/* How long frames may be gathered before they are stored. */
#define BATCH_MS 300
/* Without pidfd_open(2) we must look for the dead ourselves. */
#define LOOK_MS 50

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
    h->described =
        opts->described ? json_incref(opts->described) : json_object();
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

static void append_member(struct host *h, struct member *m)
{
    struct member **end = &h->members;

    while (*end)
        end = &(*end)->next;
    *end = m;
}

struct member *host_new_member(const struct host *h, const char *name)
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
    m = host_new_member(h, in->name);
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
    start_tell(m, h, in, start, file);
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

void host_run_alone(const struct host *h, struct member *m)
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
