/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One worker process from the core's side: bytes in and out, limits, and
 * how it ended in one line. Must never wait for it, save for a process that
 * was killed.
 */
#include <config.h>

#include "core/host/member.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/jsonx.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/classify/classify.h"
#include "core/host/show.h"
#include "core/host/wire.h"
#include "core/tocsin-plugin.h"

#define READ_CHUNK 65536
/* How many chunks of a worker that is to be killed are still read. */
#define DRAIN_CHUNKS 64
#define STDERR_MAX ((uint64_t)1 << 20)
#define STDERR_LINE_MAX 500
#ifdef TOCSIN_SANITIZED
#define STDERR_LINES 200
#else
#define STDERR_LINES 20
#endif
#define VERDICT_MAX 1000
#define WIRE_EOF_SECONDS 2

/* -- life -- */

struct member *member_new(const char *name)
{
    struct member *m = xcalloc(1, sizeof(*m));

    m->name = xstrdup(name);
    m->proc.pidfd = m->proc.wire = m->proc.err = -1;
    m->blame_item = true;
    strbuf_init(&m->in, STRBUF_UNBOUNDED);
    strbuf_init(&m->out, STRBUF_UNBOUNDED);
    strbuf_init(&m->err_line, STDERR_LINE_MAX);
    return m;
}

void op_free(struct op *op)
{
    if (!op)
        return;
    json_decref(op->payload);
    free(op);
}

static void free_list(char **list, size_t nr)
{
    for (size_t i = 0; i < nr; i++)
        free(list[i]);
    free(list);
}

void member_free(struct member *m)
{
    if (m->alive)
        spawn_reap(&m->proc);
    while (m->queue) {
        struct op *op = m->queue;

        m->queue = op->next;
        op_free(op);
    }
    op_free(m->current);
    json_decref(m->batch);
    json_decref(m->described);
    strbuf_release(&m->in);
    strbuf_release(&m->out);
    strbuf_release(&m->err_line);
    free_list(m->env, m->nr_env);
    free_list(m->redact, m->nr_redact);
    free(m->item);
    free(m->callback);
    free(m->last_error);
    free(m->verdict);
    free(m->name);
    free(m);
}

void member_set_deadline(struct member *m, int64_t seconds)
{
    m->deadline_ms = when_monotonic_ms() + seconds * 1000;
}

/* When the core ends what it is about to do. */
static json_int_t end_ms(const struct member *m)
{
    return m->pass_end_ms && m->pass_end_ms < m->deadline_ms ? m->pass_end_ms
                                                             : m->deadline_ms;
}

/* In front of all that was said while it waited for its turn. */
static void send_time(struct member *m)
{
    struct strbuf waiting = m->out;

    strbuf_init(&m->out, STRBUF_UNBOUNDED);
    member_send(m, json_pack("{s:s, s:I}", "t", "time", "end", end_ms(m)));
    strbuf_add(&m->out, waiting.buf, waiting.len);
    strbuf_release(&waiting);
}

void member_spawn(struct member *m, const char *self, int lock_fd)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    const struct spawn_options opts = {
        .self = self,
        .instance = m->name,
        .lock_fd = lock_fd,
        .memory = m->memory,
        .env = m->env,
        .nr_env = m->nr_env,
        .keep_stdin = m->keep_stdin,
    };

    m->state = MEMBER_STARTING;
    if (spawn_worker(&opts, &m->proc, &err) < 0) {
        member_judge(m, HOST_END_START, "no worker: %s", err_msg(&err));
        return;
    }
    m->alive = true;
    member_set_deadline(m, m->deadline_s);
    send_time(m);
}

/* -- the verdict -- */

void member_judge(struct member *m, enum host_end how, const char *fmt, ...)
{
    va_list ap;

    if (m->judged)
        return;
    m->judged = true;
    m->how = how;
    va_start(ap, fmt);
    m->verdict = xvasprintf(fmt, ap);
    va_end(ap);
}

/* One line, whatever is in it. */
static char *one_line(const char *text)
{
    struct strbuf b;
    char *line;

    strbuf_init(&b, VERDICT_MAX);
    for (; *text; text++)
        strbuf_addc(&b,
                    (unsigned char)*text < 0x20 || *text == 0x7f ? ' ' : *text);
    /* The cut may have gone through a character. */
    line = utf8_repair(b.buf, b.len);
    strbuf_release(&b);
    return line;
}

char *member_where(const struct member *m)
{
    const char *callback = m->callback ? m->callback : "between two calls";
    const char *in =
        m->callback && strcmp(m->callback, "loading") != 0 ? " in " : " ";
    CLEANUP_FREE char *item = NULL;

    if (m->callback && !strcmp(m->callback, "loading"))
        callback = "while it was loaded";
    if (!m->item || !m->blame_item)
        return xasprintf("%s%s", in, callback);
    item = xstrndup(m->item, 300);
    return xasprintf("%s%s at item \"%s\"", in, callback, item);
}

static void judge_death(struct member *m, int status)
{
    CLEANUP_FREE char *where = member_where(m);
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

    if (code == WORKER_EXIT_MEMORY || m->out_of_memory)
        member_judge(m, HOST_END_LIMIT,
                     "ran into its memory limit of %" PRId64 " MiB%s",
                     m->memory >> 20, where);
    else if (WIFSIGNALED(status))
        member_judge(m, HOST_END_DEATH, "died%s: SIG%s (%s)", where,
                     str_or(sigabbrev_np(WTERMSIG(status)), "?"),
                     str_or(sigdescr_np(WTERMSIG(status)), "?"));
    else if (code != 0 || !m->closed)
        member_judge(m, HOST_END_DEATH, "exited by itself%s (status %d)", where,
                     code);
}

/* -- out -- */

void member_send(struct member *m, json_t *frame)
{
    CLEANUP_JSON json_t *v = frame;
    CLEANUP_ERR struct err err = ERR_INIT;

    if (wire_put(&m->out, v, &err) < 0)
        member_judge(m, HOST_END_FATAL, "cannot be told: %s", err_msg(&err));
}

void member_write(struct member *m)
{
    while (m->alive && m->out.len > m->out_sent) {
        ssize_t n = send(m->proc.wire, m->out.buf + m->out_sent,
                         m->out.len - m->out_sent, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (n < 0) {
            /* Nobody reads: its end is on the way. */
            strbuf_clear(&m->out);
            m->out_sent = 0;
            return;
        }
        m->out_sent += (size_t)n;
        if (m->out_sent < m->out.len)
            continue;
        /* Megabytes, once a pass. */
        strbuf_release(&m->out);
        strbuf_init(&m->out, STRBUF_UNBOUNDED);
        m->out_sent = 0;
    }
}

void member_pump(struct member *m)
{
    struct op *op = m->queue;

    if (m->state != MEMBER_IDLE)
        return;
    if (!op) {
        if (m->finish) {
            m->state = MEMBER_CLOSING;
            member_set_deadline(m, m->deadline_s);
            member_send(m, json_pack("{s:s}", "t", "close"));
        }
        return;
    }
    m->queue = op->next;
    m->current = op;
    m->state = MEMBER_BUSY;
    member_set_deadline(m, m->deadline_s);
    if (show_wanted(m->name))
        show_given(m->name, op->deliver ? "delivery" : "owner", op->payload);
    member_send(m,
                json_pack("{s:s, s:I, s:I, s:O}", "t",
                          op->deliver ? "deliver" : "reach", "id",
                          (json_int_t)op->id, "end", end_ms(m),
                          op->deliver ? "notification" : "owner", op->payload));
}

/* -- in -- */

void member_flush(struct member *m)
{
    CLEANUP_JSON json_t *batch = m->batch;
    CLEANUP_ERR struct err err = ERR_INIT;

    m->batch = NULL;
    m->batch_bytes = 0;
    if (!batch || !m->events.batch)
        return;
    if (m->events.batch(m->user, m->name, batch, &err) < 0) {
        m->blame_item = false;
        m->kill = true;
        member_judge(m, HOST_END_FATAL, "what it brought was not stored: %s",
                     err_msg(&err));
    }
}

/* All whole frames that are there; stops at a verdict that ends it. */
static void take_frames(struct member *m)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    int r = 1;

    while (r > 0) {
        CLEANUP_JSON json_t *frame = NULL;
        size_t before = m->in.len;

        r = wire_take(&m->in, &frame, &err);
        if (r > 0 && member_frame(m, frame, before - m->in.len, &err) < 0)
            r = -1;
    }
    if (r < 0) {
        CLEANUP_FREE char *where = member_where(m);

        member_judge(m, HOST_END_DEATH, "sent nonsense%s: %s", where,
                     err_msg(&err));
        m->kill = true;
        strbuf_clear(&m->in);
    }
}

static bool read_chunk(struct member *m)
{
    char chunk[READ_CHUNK];
    ssize_t n = recv(m->proc.wire, chunk, sizeof(chunk), 0);

    if (n < 0)
        return errno == EINTR;
    if (n == 0) {
        int64_t soon = when_monotonic_ms() + WIRE_EOF_SECONDS * 1000;

        m->wire_eof = true;
        if (!m->deadline_ms || soon < m->deadline_ms)
            m->deadline_ms = soon;
        return false;
    }
    m->bytes_in += (uint64_t)n;
    if (m->bytes_in > m->output_max) {
        CLEANUP_FREE char *where = member_where(m);

        member_judge(m, HOST_END_LIMIT, "sent more than %" PRIu64 " MiB%s",
                     m->output_max >> 20, where);
        m->kill = true;
        return false;
    }
    strbuf_add(&m->in, chunk, (size_t)n);
    take_frames(m);
    return !m->kill;
}

void member_read(struct member *m)
{
    if (!m->kill && !m->wire_eof)
        read_chunk(m);
}

static void show_line(struct member *m)
{
    CLEANUP_FREE char *clean = NULL;

    if (!m->err_line.len)
        return;
    if (!strcmp(m->err_line.buf, "tocsin: out of memory"))
        m->out_of_memory = true;
    clean = redact_text(m->err_line.buf, m->err_line.len,
                        (const char *const *)m->redact, m->nr_redact);
    if (m->err_lines < STDERR_LINES)
        log_at(LOG_WARN, m->name, "%s%s", clean,
               m->err_line.truncated ? " […]" : "");
    else if (m->err_lines == STDERR_LINES)
        log_at(LOG_WARN, m->name, "more of its lines are not shown");
    m->err_lines++;
    strbuf_clear(&m->err_line);
}

static bool read_stderr_chunk(struct member *m)
{
    char chunk[4096];
    ssize_t n = read(m->proc.err, chunk, sizeof(chunk));

    if (n < 0)
        return errno == EINTR;
    if (n == 0) {
        m->err_eof = true;
        return false;
    }
    m->err_bytes += (uint64_t)n;
    for (ssize_t i = 0; i < n; i++) {
        if (chunk[i] == '\n')
            show_line(m);
        else
            strbuf_addc(&m->err_line, chunk[i]);
    }
    if (m->err_bytes > STDERR_MAX) {
        CLEANUP_FREE char *where = member_where(m);

        member_judge(m, HOST_END_LIMIT,
                     "wrote more than %" PRIu64 " MiB to stderr%s",
                     STDERR_MAX >> 20, where);
        m->kill = true;
        return false;
    }
    return true;
}

void member_read_stderr(struct member *m)
{
    if (!m->err_eof)
        read_stderr_chunk(m);
}

/* -- the end -- */

bool member_dead(const struct member *m)
{
    siginfo_t info = { .si_pid = 0 };

    if (m->proc.pidfd >= 0) {
        struct pollfd p = { .fd = m->proc.pidfd, .events = POLLIN };

        return poll(&p, 1, 0) > 0;
    }
    return waitid(P_PID, (id_t)m->proc.pid, &info, WEXITED | WNOHANG | WNOWAIT)
               == 0
           && info.si_pid == m->proc.pid;
}

/* What it still said. A verdict of nonsense stands already. */
static void drain(struct member *m)
{
    for (int i = 0; i < DRAIN_CHUNKS && !m->kill && !m->wire_eof; i++)
        if (!read_chunk(m))
            break;
    for (int i = 0; i < DRAIN_CHUNKS && !m->err_eof; i++)
        if (!read_stderr_chunk(m))
            break;
    show_line(m);
}

/* A sink that is gone has not said that it cannot reach anybody: of that
 * question `ended` is the answer. */
static void answer(struct member *m, struct op *op, bool died)
{
    if (op->deliver && m->events.delivered)
        m->events.delivered(m->user, m->name, op->id, TOCSIN_RETRY, died, NULL);
    op_free(op);
}

void member_answer_queue(struct member *m)
{
    while (m->queue) {
        struct op *op = m->queue;

        m->queue = op->next;
        answer(m, op, false);
    }
}

static void tell_ended(struct member *m)
{
    CLEANUP_FREE char *text = NULL;
    CLEANUP_FREE char *line = NULL;

    if (m->judged && m->last_error)
        text = xasprintf("%s: %s", m->verdict, m->last_error);
    else if (m->judged)
        text = xstrdup(m->verdict);
    else if (m->last_error)
        log_at(LOG_ERROR, m->name, "%s", m->last_error);
    if (text)
        line = one_line(text);
    if (m->events.ended)
        m->events.ended(m->user, m->name, m->judged ? m->how : HOST_END_OK,
                        m->blame_item ? m->item : NULL, line);
}

void member_end(struct member *m)
{
    struct op *current;
    int status;

    if (m->alive) {
        drain(m);
        member_flush(m);
        status = spawn_reap(&m->proc);
        m->alive = false;
        judge_death(m, status);
    }
    m->state = MEMBER_ENDED;
    current = m->current;
    m->current = NULL;
    if (current)
        answer(m, current, true);
    member_answer_queue(m);
    tell_ended(m);
}
