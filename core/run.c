/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One pass, readable from top to bottom: feedback, collect, classify again
 * what older rules have classified, facts, correlate, decide, deliver. Must not hold
 * a transaction while a worker is waited for.
 */
#include <config.h>

#include "core/run.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/io.h"
#include "core/base/jsonx.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/deliver/guard.h"
#include "core/host/health.h"
#include "core/host/host.h"
#include "core/incident/correlate.h"
#include "core/incident/leads.h"
#include "core/route/operators.h"
#include "core/store/metrics.h"

/* Of one pass, for runs that older rules have classified. */
#define RECLASSIFY_MS 120000

struct pass {
    struct store *st;
    const struct settings *s;
    const struct pass_options *opts;
    struct pass_report *report;
    struct err *err; /* the first failure of store or core */
    bool failed;
    struct host *host;
    struct ingest *ingest;
    struct composer *composer;
    struct outbox_run *outbox;
    bool *waiting;      /* by sink: started, not observed yet */
    const char **local; /* sinks whose plugin says it is local */
    size_t nr_local;
    const char **again; /* sources to be started once more */
    size_t nr_again, alloc_again;
    size_t collecting; /* sources started and not ended */
    bool *facts;       /* by source: it brings facts and no runs */
    bool *leads;       /* by source: it takes leads */
    bool *fine;        /* by source: ended well */
    json_t *everybody; /* [project] with open incidents */
};

static void fail(struct pass *p, struct err *err)
{
    if (!p->failed && p->err)
        *p->err = *err;
    else
        err_release(err);
    p->failed = true;
}

static bool wanted(const struct pass *p, const char *instance)
{
    return !p->opts->only || !strcmp(p->opts->only, instance);
}

/* ---- events of workers -------------------------------------------------- */

static int on_batch(void *user, const char *instance, json_t *frame,
                    struct err *err)
{
    struct pass *p = user;

    if (ingest_frame(p->ingest, instance, frame, err) == 0)
        return 0;
    p->failed = true;
    if (p->err && !p->err->msg)
        err_set(p->err, ERR_STORE, "%s: %s", instance, err_msg(err));
    return -1;
}

static char *on_baseline(void *user, const char *instance, const json_t *run)
{
    struct pass *p = user;
    struct err err = ERR_INIT;
    char *text;

    if (ingest_baseline(p->ingest, instance, run, &text, &err) < 0)
        fail(p, &err);
    return text;
}

static int keep_notices(struct pass *p, const char *instance,
                        const json_t *notices, struct err *err)
{
    size_t i;
    json_t *v;

    json_array_foreach(notices, i, v)
        if (store_notice_put(p->st, instance, jx_str_or(v, "code", ""),
                             jx_str_or(v, "text", ""), p->opts->now, err)
            < 0)
            return -1;
    return 0;
}

/* The cursor comes last: it counts with what was said before it. */
static void on_remotes(void *user, const char *instance, json_t *frame)
{
    struct pass *p = user;
    struct err err = ERR_INIT;
    const char *cursor = jx_str(frame, "cursor");

    if (decide_feedback(p->st, instance, jx_arr(frame, "remotes"), p->opts->now,
                        &err)
            < 0
        || keep_notices(p, instance, jx_arr(frame, "notices"), &err) < 0
        || (cursor && store_cursor_set(p->st, instance, cursor, &err) < 0))
        fail(p, &err);
}

static void on_ready(void *user, const char *instance, uint32_t flags,
                     json_t *format)
{
    struct pass *p = user;

    if (settings_sink(p->s, instance))
        outbox_run_ready(p->outbox, instance, flags, format);
}

static void stop_waiting(struct pass *p, const char *instance)
{
    const struct instance *in = settings_sink(p->s, instance);

    if (in)
        p->waiting[in - p->s->sinks] = false;
}

static void on_observed(void *user, const char *instance, int status,
                        int64_t retry_after)
{
    struct pass *p = user;

    if (status == TOCSIN_RETRY && retry_after > 0)
        outbox_run_rests(p->outbox, instance, retry_after);
    stop_waiting(p, instance);
}

static void on_lengths(void *user, const char *instance, int64_t title_max,
                       int64_t body_max)
{
    struct pass *p = user;

    outbox_run_lengths(p->outbox, instance, title_max, body_max);
}

static void on_delivered(void *user, const char *instance, int64_t id,
                         int status, bool died, json_t *receipt)
{
    struct pass *p = user;

    outbox_run_delivered(p->outbox, instance, id, status, died, receipt);
}

static void on_reached(void *user, const char *instance, int64_t id, bool ok)
{
    struct pass *p = user;

    outbox_run_reached(p->outbox, instance, id, ok);
}

static void on_ended(void *user, const char *instance, enum host_end how,
                     const char *item, const char *text)
{
    struct pass *p = user;
    struct err err = ERR_INIT;
    bool again = false;

    if (health_end(p->st, instance, p->opts->now, how, item, text, &again, &err)
        < 0)
        fail(p, &err);
    if (how != HOST_END_OK && !again)
        p->report->troubles++;
    if (settings_sink(p->s, instance)) {
        stop_waiting(p, instance);
        outbox_run_ended(p->outbox, instance);
        return;
    }
    p->collecting--;
    p->fine[settings_source(p->s, instance) - p->s->sources] =
        how == HOST_END_OK;
    if (again) {
        ALLOC_GROW(p->again, p->nr_again + 1, p->alloc_again);
        p->again[p->nr_again++] = settings_source(p->s, instance)->name;
    }
}

static int on_validators(void *user, const char *instance, const char *after,
                         json_t **page, struct err *err)
{
    struct pass *p = user;

    return store_validators(p->st, instance, after, page, err);
}

static const struct host_events source_events = {
    .batch = on_batch,
    .baseline = on_baseline,
    .validators = on_validators,
    .ready = on_ready,
    .ended = on_ended,
};
static const struct host_events sink_events = {
    .remotes = on_remotes,
    .ready = on_ready,
    .observed = on_observed,
    .lengths = on_lengths,
    .delivered = on_delivered,
    .reached = on_reached,
    .ended = on_ended,
};

/* ---- the steps ---------------------------------------------------------- */

static int open_host(struct pass *p)
{
    struct host_options ho = {
        .self = p->opts->self,
        .plugin_path = (const char *const *)p->s->plugin_path,
        .nr_plugin_path = p->s->nr_plugin_path,
        .lock_fd = p->opts->lock_fd,
        .deadline_ms = when_monotonic_ms() + p->s->pass_deadline * 1000,
        .http = &p->s->http,
        .kill_switch = p->s->guards.kill_switch,
    };
    struct outbox_options oo = {
        .now = p->opts->now,
        .dry_run = p->opts->dry_run,
        .out = p->opts->out,
        .json = p->opts->json,
    };

    p->host = host_new(&ho);
    p->composer = composer_new(p->s, p->err);
    if (!p->composer)
        return -1;
    p->outbox = outbox_run_new(p->st, p->s, p->composer, p->host, &oo);
    p->local = xcalloc(p->s->nr_sinks + 1, sizeof(*p->local));
    p->waiting = xcalloc(p->s->nr_sinks + 1, sizeof(*p->waiting));
    p->facts = xcalloc(p->s->nr_sources + 1, sizeof(*p->facts));
    p->leads = xcalloc(p->s->nr_sources + 1, sizeof(*p->leads));
    p->fine = xcalloc(p->s->nr_sources + 1, sizeof(*p->fine));
    p->ingest = ingest_new(p->st, p->opts->now);
    return 0;
}

/* What it is told from the store: where it left off, and what waits. */
static int load_start(struct pass *p, const struct instance *in, char **cursor,
                      struct host_start *hs, struct err *err)
{
    if (store_cursor_get(p->st, in->name, cursor, err) < 0)
        return -1;
    hs->cursor = *cursor;
    if (in->is_sink)
        return outbox_standing(p->st, in->name, p->opts->now, &hs->standing,
                               err);
    return p->leads[in - p->s->sources] ? leads_offer(p->st, &hs->leads, err)
                                        : 0;
}

static int start(struct pass *p, const struct instance *in, json_t *interest)
{
    struct err err = ERR_INIT;
    json_t *skip = NULL;
    char *cursor = NULL;
    struct host_start hs = {
        .now = p->opts->now,
        .interest = interest,
        .everybody = in->is_sink ? NULL : p->everybody,
        .rules = p->s->rules,
        .ignore = p->s->ignore,
        .rules_digest = p->s->rules_digest,
        .redact = (const char *const *)p->s->redact,
        .nr_redact = p->s->nr_redact,
    };
    int any = !in->is_sink && health_plugin(p->st, in, &err) < 0
                  ? -1
                  : store_baseline_any(p->st, &err);
    int may =
        any < 0 ? -1 : health_start(p->st, in->name, p->opts->now, &skip, &err);

    if (may > 0 && load_start(p, in, &cursor, &hs, &err) < 0)
        may = -1;
    if (may > 0) {
        hs.baselines = any > 0;
        hs.skip = skip;
        p->collecting += !in->is_sink;
        host_start(p->host, in, &hs,
                   in->is_sink ? &sink_events : &source_events, p);
    } else if (may == 0) {
        log_info("%s: backed off after deaths", in->name);
        p->report->troubles++;
    } else {
        fail(p, &err);
    }
    json_decref(skip);
    json_decref(hs.standing);
    json_decref(hs.leads);
    free(cursor);
    return may;
}

static int add_project(void *user, struct incident *i)
{
    json_t *name = json_string(i->project);

    if (name)
        json_object_set_new(user, i->project, name);
    return 0;
}

/* The projects with open incidents that this source saw; NULL: any. New. */
static json_t *interest_of(struct pass *p, const char *instance)
{
    CLEANUP_JSON json_t *set = json_object();
    struct incident_query q = { .source = instance, .unresolved_only = true };
    json_t *list = json_array(), *v;
    struct err err = ERR_INIT;
    const char *key;

    if (store_incident_each(p->st, &q, add_project, set, &err) < 0)
        fail(p, &err);
    json_object_foreach(set, key, v)
        json_array_append(list, v);
    return list;
}

static bool may_start(struct pass *p, const struct instance *in, uint32_t flags)
{
    struct err err = ERR_INIT;
    int rests;

    if ((!p->s->armed && !(flags & TOCSIN_SINK_LOCAL)) || !wanted(p, in->name))
        return false;
    rests = outbox_is_resting(p->st, in->name, p->opts->now, &err);
    if (rests < 0)
        fail(p, &err);
    return rests == 0;
}

/* Says what each sink is; starts those that may be used. */
static void start_sinks(struct pass *p)
{
    for (size_t i = 0; i < p->s->nr_sinks; i++) {
        const struct instance *in = &p->s->sinks[i];
        struct err err = ERR_INIT;
        json_t *about = host_describe(p->host, in->plugin, &err);
        uint32_t flags;

        if (!about) {
            on_ended(p, in->name, HOST_END_START, NULL, err_msg(&err));
            err_release(&err);
            continue;
        }
        flags = (uint32_t)jx_int(about, "flags", 0);
        if (flags & TOCSIN_SINK_LOCAL)
            p->local[p->nr_local++] = in->name;
        if (p->opts->dry_run)
            outbox_run_ready(p->outbox, in->name, flags,
                             json_object_get(about, "format"));
        else if (may_start(p, in, flags))
            p->waiting[i] = start(p, in, NULL) > 0;
        json_decref(about);
    }
}

static bool any_waiting(const struct pass *p)
{
    for (size_t i = 0; i < p->s->nr_sinks; i++)
        if (p->waiting[i])
            return true;
    return false;
}

static void observe(struct pass *p)
{
    start_sinks(p);
    while (any_waiting(p) && host_busy(p->host) && !p->failed)
        host_step(p->host);
}

static void start_source(struct pass *p, const struct instance *in)
{
    json_t *interest = interest_of(p, in->name);

    start(p, in, interest);
    json_decref(interest);
}

/* Which sources bring facts, and which take leads. One that cannot be loaded
 * may be one of them, and says at its start why. */
static bool know_sources(struct pass *p)
{
    bool any = false;

    for (size_t i = 0; i < p->s->nr_sources && !p->opts->feed; i++) {
        struct err err = ERR_INIT;
        json_t *about = host_describe(p->host, p->s->sources[i].plugin, &err);
        int64_t flags = jx_int(about, "flags", 0);

        p->facts[i] = !about || flags & TOCSIN_SOURCE_FACTS;
        p->leads[i] = !about || flags & TOCSIN_SOURCE_LEADS;
        any = any || p->facts[i];
        json_decref(about);
        err_release(&err);
    }
    return any;
}

static void collect(struct pass *p, bool facts)
{
    p->everybody = interest_of(p, NULL);
    for (size_t i = 0; i < p->s->nr_sources && !p->failed; i++)
        if (p->facts[i] == facts && wanted(p, p->s->sources[i].name))
            start_source(p, &p->s->sources[i]);
    while (!p->failed && (p->collecting || p->nr_again)) {
        while (p->nr_again) {
            const char *name = p->again[--p->nr_again];

            start_source(p, settings_source(p->s, name));
        }
        if (p->collecting)
            host_step(p->host);
    }
    json_decref(p->everybody);
    p->everybody = NULL;
}

static json_t *ask_again(void *user, const json_t *runs, struct err *err)
{
    struct pass *p = user;

    return host_classify_again(p->host, p->s->rules, p->s->ignore, runs, err);
}

/* New rules, old runs. */
static int renew(struct pass *p)
{
    const struct reclassify_options ro = {
        .ask = ask_again,
        .user = p,
        .deadline_ms = when_monotonic_ms() + RECLASSIFY_MS,
    };
    struct reclassify_counts *c = &p->report->reclassified;

    if (reclassify(p->st, p->s, &ro, c, p->err) < 0)
        return -1;
    if (c->runs)
        log_info("the rules have changed: %lld runs classified again, %lld "
                 "otherwise, %lld kept as they were%s",
                 (long long)c->runs, (long long)c->other, (long long)c->kept,
                 c->unfinished ? "; the next pass goes on" : "");
    return 0;
}

static int lay_evidence(struct pass *p)
{
    struct correlate_counts cc = { 0 };
    const char **stale = health_stale(p->st, p->s, p->opts->now, p->err);
    struct correlate_options co = { .now = p->opts->now, .stale = stale };
    int ret = stale ? correlate(p->st, p->s, &co, &cc, p->err) : -1;

    free(stale);
    return ret;
}

/* Leads that were there when this pass began were seen by all who take leads,
 * if these ended well; where nobody takes any, so were those of this pass. */
static int settle_leads(struct pass *p)
{
    int64_t offered = p->opts->now + 1;

    for (size_t i = 0; i < p->s->nr_sources; i++)
        if (p->leads[i] && offered)
            offered = p->fine[i] ? p->opts->now : 0;
    return leads_settle(p->st, offered, p->opts->now, p->err);
}

/* Runs first, then what is known of the projects where something is open
 * now: who is told in this pass is found by what was learned in it. */
static int collect_all(struct pass *p)
{
    bool facts = know_sources(p);
    struct err err = ERR_INIT;

    if (!p->opts->feed)
        collect(p, false);
    else if (p->opts->feed(p->opts->user, p->ingest, &err) < 0)
        fail(p, &err);
    if (!p->failed && renew(p) < 0)
        return -1;
    if (facts && !p->failed) {
        if (lay_evidence(p) < 0)
            return -1;
        collect(p, true);
    }
    p->report->collected = *ingest_counts(p->ingest);
    return p->failed || settle_leads(p) < 0 ? -1 : 0;
}

/* The source of facts that failed last, and since when. */
static int missing_facts(struct pass *p, struct decide_options *dopt)
{
    for (size_t i = 0; i < p->s->nr_sources; i++) {
        int64_t since;

        if (!p->facts[i])
            continue;
        if (health_absent(p->st, p->s->sources[i].name, p->opts->now,
                          p->fine[i], &since, p->err)
            < 0)
            return -1;
        if (since > dopt->facts_since) {
            dopt->facts_missing = p->s->sources[i].name;
            dopt->facts_since = since;
        }
    }
    return 0;
}

static int judge(struct pass *p)
{
    struct decide_options dopt = {
        .now = p->opts->now,
        .armed = p->s->armed || p->opts->dry_run,
        .local_sinks = p->local,
    };
    int ret = -1;

    if (missing_facts(p, &dopt) == 0 && lay_evidence(p) == 0
        && outbreak_update(p->st, p->s, p->opts->now, p->err) == 0
        && decide(p->st, p->s, &dopt, &p->report->decided, p->err) == 0
        && outbox_run_weigh(p->outbox, p->err) == 0
        && operators_decide(p->st, p->s, &dopt, p->err) == 0)
        ret = 0;
    outbox_run_standing(p->outbox, p->report->decided.standing);
    return ret;
}

static int deliver(struct pass *p)
{
    int ret = outbox_run_all(p->outbox, p->err);

    for (size_t i = 0; i < p->s->nr_sinks; i++)
        host_finish(p->host, p->s->sinks[i].name);
    while (host_busy(p->host) && !p->failed)
        host_step(p->host);
    p->report->sent = *outbox_run_counts(p->outbox);
    return p->failed ? -1 : ret;
}

/* Numbers that cannot be written are no reason to fail a pass. */
static void tell_metrics(struct pass *p)
{
    CLEANUP_ERR struct err err = ERR_INIT;

    if (!p->s->metrics || p->opts->dry_run)
        return;
    if (metrics_write(p->st, p->s->metrics, p->opts->now, &err) == 0)
        return;
    log_error("metrics: %s", err_msg(&err));
    p->report->troubles++;
}

/* Whoever watches is told that it has finished. */
static void tell_watch(struct pass *p)
{
    CLEANUP_ERR struct err err = ERR_INIT;

    if (!p->s->heartbeat || p->opts->dry_run
        || host_beat(p->host, p->s->heartbeat, &err) == 0)
        return;
    log_error("heartbeat: %s", err_msg(&err));
    p->report->troubles++;
}

/* Whoever watches it asks how old it is. */
static void beat(struct pass *p, const char *now)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_FREE char *text = xasprintf("%s\n", now);

    if (!p->s->heartbeat_file || p->opts->dry_run
        || io_write_file(p->s->heartbeat_file, text, strlen(text), 0644, &err)
               == 0)
        return;
    log_error("heartbeat_file: %s", err_msg(&err));
    p->report->troubles++;
}

static int finish(struct pass *p)
{
    CLEANUP_FREE char *now = when_format(p->opts->now);
    int64_t troubles = 0;
    bool killed = false;

    if (!p->opts->dry_run) {
        if (guard_kill_switch_tell(p->st, p->s, p->opts->now,
                                   p->report->sent.killed, &killed, p->err)
            < 0)
            return -1;
        p->report->troubles += killed;
        troubles = health_tell(p->st, p->s, p->opts->now, p->err);
        if (troubles < 0)
            return -1;
        if (store_prune(p->st, p->opts->now - p->s->keep_runs,
                        p->opts->now - p->s->keep_history, p->err)
            < 0)
            return -1;
    }
    if (troubles > p->report->troubles)
        p->report->troubles = troubles;
    if (store_meta_set(p->st, "last_pass", now, p->err) < 0)
        return -1;
    tell_metrics(p);
    beat(p, now);
    tell_watch(p);
    return 0;
}

static void close_pass(struct pass *p)
{
    if (p->ingest)
        ingest_free(p->ingest);
    if (p->outbox)
        outbox_run_free(p->outbox);
    if (p->composer)
        composer_free(p->composer);
    if (p->host)
        host_free(p->host);
    free(p->local);
    free(p->waiting);
    free(p->facts);
    free(p->leads);
    free(p->fine);
    free(p->again);
}

static int deliver_nothing(struct pass *p)
{
    for (size_t i = 0; i < p->s->nr_sinks; i++)
        host_finish(p->host, p->s->sinks[i].name);
    while (host_busy(p->host) && !p->failed)
        host_step(p->host);
    return p->failed ? -1 : 0;
}

int pass_run(struct store *st, const struct settings *s,
             const struct pass_options *opts, struct pass_report *report,
             struct err *err)
{
    struct pass p = {
        .st = st,
        .s = s,
        .opts = opts,
        .report = report,
        .err = err,
    };
    int ret = -1;

    memset(report, 0, sizeof(*report));
    if (open_host(&p) < 0)
        goto out;
    if (outbox_redirects(st, s, opts->now, err) < 0)
        goto out;
    observe(&p);
    if (opts->observe_only) {
        ret = deliver_nothing(&p);
        goto out;
    }
    if (collect_all(&p) < 0 || judge(&p) < 0 || deliver(&p) < 0
        || finish(&p) < 0)
        goto out;
    ret = 0;
out:
    close_pass(&p);
    return ret;
}
