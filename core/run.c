/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One pass, readable from top to bottom: feedback, collect, classify again
 * what older rules have classified, facts, correlate, decide, deliver. Must
 * not hold a transaction while a worker is waited for.
 */
#include <config.h>

#include "core/run-private.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/io.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/deliver/guard.h"
#include "core/host/health.h"
#include "core/incident/correlate.h"
#include "core/incident/leads.h"
#include "core/incident/orphans.h"
#include "core/route/operators.h"
#include "core/store/metrics.h"

/* Of one pass, for runs that older rules have classified. */
#define RECLASSIFY_MS 120000

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
        .described = p->opts->described,
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
    p->blind = xcalloc(p->s->nr_sinks + 1, sizeof(*p->blind));
    p->waiting = xcalloc(p->s->nr_sinks + 1, sizeof(*p->waiting));
    p->facts = xcalloc(p->s->nr_sources + 1, sizeof(*p->facts));
    p->leads = xcalloc(p->s->nr_sources + 1, sizeof(*p->leads));
    p->fine = xcalloc(p->s->nr_sources + 1, sizeof(*p->fine));
    p->ingest = ingest_new(p->st, p->opts->now);
    return 0;
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

/* Nothing of it is missing in this pass. */
static bool may_know(void *user, const char *instance)
{
    const struct pass *p = user;
    const struct instance *in = settings_source(p->s, instance);

    return !in || p->fine[in - p->s->sources];
}

/* Runs first, then what is known of the projects where something is open
 * now: who is told in this pass is found by what was learned in it. */
static int collect_all(struct pass *p)
{
    bool facts = run_know_sources(p);
    struct err err = ERR_INIT;

    if (!p->opts->feed)
        run_collect(p, false);
    else if (p->opts->feed(p->opts->user, p->ingest, &err) < 0)
        run_fail(p, &err);
    if (!p->failed && renew(p) < 0)
        return -1;
    if (facts && !p->failed) {
        if (lay_evidence(p) < 0)
            return -1;
        run_collect(p, true);
    }
    p->report->collected = *ingest_counts(p->ingest);
    return p->failed || settle_leads(p) < 0
                   || (!p->opts->feed
                       && orphans_settle(p->st, p->s, p->opts->now, may_know, p,
                                         p->err)
                              < 0)
               ? -1
               : 0;
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
        .blind_sinks = p->blind,
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

    run_finish_sinks(p);
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
    free(p->blind);
    free(p->waiting);
    free(p->facts);
    free(p->leads);
    free(p->fine);
    free(p->again);
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
    run_observe(&p);
    if (opts->observe_only) {
        run_finish_sinks(&p);
        ret = p.failed ? -1 : 0;
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
