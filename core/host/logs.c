/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Logs as a plugin hands them over: in pieces, several at a time, classified
 * as they come. Must not keep a log.
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/host/services-private.h"
#include "core/host/wire.h"
#include "core/store/records.h"

/* Lines behind `offset` are linked by url; NULL: not at all. */
struct part {
    int64_t offset;
    char *url;
};

struct open_log {
    uint64_t id;
    struct baseline *green; /* of the job's last green log, or NULL */
    struct classifier *classifier;
    json_t *result; /* NULL: not asked for yet */
    json_t *run;
    int outcome;
    char *line_url;
    int64_t line_offset;
    int64_t lines; /* ended */
    bool in_line;  /* behind them one has begun */
    struct part *parts;
    size_t nr_parts, alloc_parts;
    char *item;
};

static void open_log_release(struct open_log *l)
{
    classifier_free(l->classifier);
    baseline_free(l->green);
    json_decref(l->result);
    json_decref(l->run);
    free(l->line_url);
    for (size_t i = 0; i < l->nr_parts; i++)
        free(l->parts[i].url);
    free(l->parts);
    free(l->item);
}

static struct open_log *find(struct services *s, uint64_t id)
{
    for (size_t i = 0; i < s->nr_logs; i++)
        if (s->logs[i].id == id)
            return &s->logs[i];
    return NULL;
}

static void forget(struct services *s, struct open_log *l)
{
    open_log_release(l);
    *l = s->logs[--s->nr_logs];
}

/* run was checked by report_run(). */
static void take_lines(struct open_log *l, const struct tocsin_run *run)
{
    struct tocsin_run r;

    if (services_copy(&r, sizeof(r), run) < 0)
        return;
    str_replace(&l->line_url,
                report_is_url(str_or(r.line_url, "")) ? r.line_url : NULL);
    l->line_offset = r.line_offset > 0 ? r.line_offset : 0;
}

static bool may_be_red(int outcome)
{
    return outcome == TOCSIN_OUTCOME_UNKNOWN || outcome_is_red(outcome);
}

/* Asks the core, which sends nothing else to a source that works. */
static struct baseline *ask_baseline(struct services *s, const json_t *run)
{
    CLEANUP_JSON json_t *answer = NULL;

    if (!s->baselines)
        return NULL;
    services_send(s, json_pack("{s:s, s:O}", "t", "baseline", "run", run));
    if (wire_receive(s->fd, &answer, NULL) <= 0
        || !str_eq(jx_str(answer, "t"), "baseline"))
        _exit(1);
    return baseline_decode(jx_str(answer, "text"));
}

/* What a green log says is worth keeping only of one that is green; then it
 * is worth asking for, too. */
static void judge_baseline(struct services *s, const struct open_log *l,
                           json_t *result)
{
    if (!str_eq(jx_str(l->run, "outcome"), "success"))
        json_object_del(result, "baseline");
    else if (jx_str(result, "baseline"))
        s->baselines = true;
}

static int host_log_begin(const struct tocsin_host *host,
                          const struct tocsin_run *run, const char *format,
                          uint64_t *log)
{
    struct services *s = services_of(host);
    struct open_log l = { .id = s->last_log + 1 };

    if (!log || s->nr_logs == TOCSIN_LOGS_MAX) {
        services_break(s, log ? "has more logs open than it may"
                              : "began a log without a place for its "
                                "number");
        return TOCSIN_FATAL;
    }
    l.run = report_run(s, run, &l.outcome);
    if (!l.run)
        return TOCSIN_REJECT;
    l.green = may_be_red(l.outcome) ? ask_baseline(s, l.run) : NULL;
    l.classifier = report_classifier(s, format, l.outcome, l.green);
    if (!l.classifier) {
        open_log_release(&l);
        return TOCSIN_FATAL;
    }
    l.item = xstrdup0(s->item);
    take_lines(&l, run);
    s->logs = xrealloc(s->logs, (s->nr_logs + 1) * sizeof(*s->logs));
    s->logs[s->nr_logs++] = l;
    *log = ++s->last_log;
    return TOCSIN_OK;
}

static struct open_log *enter(struct services *s, uint64_t id, const char *what)
{
    struct open_log *l = find(s, id);

    if (!l)
        services_break(s, "%s a log that it had not begun", what);
    else
        position_enter(s, l->item);
    return l;
}

static void count_lines(struct open_log *l, const char *p, size_t n)
{
    const char *end = p + n, *lf;

    if (n)
        l->in_line = end[-1] != '\n';
    while (n && (lf = memchr(p, '\n', (size_t)(end - p)))) {
        l->lines++;
        p = lf + 1;
    }
}

static int host_log_write(const struct tocsin_host *host, uint64_t log,
                          const void *p, size_t n)
{
    struct services *s = services_of(host);
    struct open_log *l = enter(s, log, "wrote to");

    if (!l || (!p && n))
        return TOCSIN_FATAL;
    if (l->result) {
        services_break(s, "wrote to a log behind its end");
        return TOCSIN_FATAL;
    }
    if (n)
        classifier_feed(l->classifier, p, n);
    count_lines(l, p, n);
    return TOCSIN_OK;
}

static int host_log_part(const struct tocsin_host *host, uint64_t log,
                         const char *line_url)
{
    struct services *s = services_of(host);
    struct open_log *l = enter(s, log, "began a part of");

    if (!l)
        return TOCSIN_FATAL;
    if (l->in_line)
        host_log_write(host, log, "\n", 1);
    ALLOC_GROW(l->parts, l->nr_parts + 1, l->alloc_parts);
    l->parts[l->nr_parts++] = (struct part){
        .offset = l->lines,
        .url = report_is_url(str_or(line_url, "")) ? xstrdup(line_url) : NULL,
    };
    return TOCSIN_OK;
}

static int host_log_step(const struct tocsin_host *host, uint64_t log,
                         int64_t line, int outcome)
{
    struct services *s = services_of(host);
    struct open_log *l = enter(s, log, "told a step of");

    if (!l)
        return TOCSIN_FATAL;
    if (line <= l->lines)
        return TOCSIN_REJECT;
    classifier_step(l->classifier, line, outcome);
    return TOCSIN_OK;
}

/* pattern with the number for "{line}"; new. */
static char *line_link(const char *pattern, int64_t line)
{
    const char *at = strstr(pattern, "{line}");

    if (!at)
        return xstrdup(pattern);
    return xasprintf("%.*s%" PRId64 "%s", (int)(at - pattern), pattern, line,
                     at + strlen("{line}"));
}

/* How line nr of the log is linked: by which pattern, and as which line. */
static const char *link_of(const struct open_log *l, int64_t nr, int64_t *line)
{
    size_t i = l->nr_parts;

    while (i && l->parts[i - 1].offset >= nr)
        i--;
    *line = nr - (i ? l->parts[i - 1].offset : l->line_offset);
    return i ? l->parts[i - 1].url : l->line_url;
}

static void add_links(const struct services *s, const struct open_log *l,
                      json_t *result)
{
    json_t *failure;
    size_t i;

    json_array_foreach(jx_arr(result, "failures"), i, failure) {
        int64_t line;
        const char *pattern = link_of(l, jx_int(failure, "line", 0), &line);
        CLEANUP_FREE char *url = pattern ? line_link(pattern, line) : NULL;

        if (url && line > 0)
            services_set_text(s, failure, "url", url);
    }
}

/* The run as it is known now: false when it is refused. */
static bool renew(struct services *s, struct open_log *l,
                  const struct tocsin_run *run)
{
    json_t *now;

    if (!run)
        return true;
    now = report_run(s, run, &l->outcome);
    if (!now)
        return false;
    json_decref(l->run);
    l->run = now;
    take_lines(l, run);
    return true;
}

static json_t *result_of(struct open_log *l)
{
    if (!l->result)
        l->result = classifier_finish(l->classifier);
    return l->result;
}

static int host_log_unknown(const struct tocsin_host *host, uint64_t log)
{
    struct open_log *l = enter(services_of(host), log, "asked about");

    return l && !l->green && may_be_red(l->outcome)
           && str_eq(jx_str(result_of(l), "verdict"), "unclassified");
}

static int host_log_end(const struct tocsin_host *host, uint64_t log,
                        const struct tocsin_run *run)
{
    struct services *s = services_of(host);
    struct open_log *l = enter(s, log, "ended");
    json_t *result;
    int status;

    if (!l)
        return TOCSIN_FATAL;
    if (!renew(s, l, run)) {
        forget(s, l);
        return TOCSIN_REJECT;
    }
    result = json_incref(result_of(l));
    add_links(s, l, result);
    if (l->outcome == TOCSIN_OUTCOME_UNKNOWN)
        jx_set_str(l->run, "outcome", jx_str(result, "outcome"));
    jx_set_str(result, "rules", jx_str(s->start, "rules_digest"));
    judge_baseline(s, l, result);
    json_object_set_new(l->run, "result", result);
    status = report_gather(s, LIST_RUNS, json_incref(l->run), "a run");
    forget(s, l);
    /* It cost more than a frame does; it shall not be lost to what comes
     * next. The core puts small frames together. */
    services_flush(s);
    return status;
}

static void host_log_drop(const struct tocsin_host *host, uint64_t log)
{
    struct services *s = services_of(host);
    struct open_log *l = find(s, log);

    if (l)
        forget(s, l);
    else
        services_break(s, "dropped a log that it had not begun");
}

void logs_init(struct services *s)
{
    s->host.log_begin = host_log_begin;
    s->host.log_write = host_log_write;
    s->host.log_part = host_log_part;
    s->host.log_step = host_log_step;
    s->host.log_end = host_log_end;
    s->host.log_drop = host_log_drop;
    s->host.log_unknown = host_log_unknown;
    s->baselines = jx_bool(s->start, "baselines", false);
}

void logs_end(struct services *s)
{
    while (s->nr_logs) {
        report_refuse(s, "a log", "it was begun and never ended");
        forget(s, &s->logs[s->nr_logs - 1]);
    }
    free(s->logs);
    s->logs = NULL;
}
