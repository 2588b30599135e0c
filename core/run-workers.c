/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The workers of one pass: what they say goes where it belongs, and who
 * starts when. Must not judge what they bring, nor hold a transaction while
 * one is waited for.
 */
#include <config.h>

#include "core/run-private.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/deliver/guard.h"
#include "core/host/health.h"
#include "core/incident/leads.h"
#include "core/route/operators.h"

void run_fail(struct pass *p, struct err *err)
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
        run_fail(p, &err);
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
        run_fail(p, &err);
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

static void on_wrote(void *user, const char *instance)
{
    struct pass *p = user;

    outbox_run_wrote(p->outbox, instance);
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

    if (health_end(p->st, instance, p->opts->now,
                   &(struct ending){ how, item, text }, &again, &err)
        < 0)
        run_fail(p, &err);
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
    .wrote = on_wrote,
    .ended = on_ended,
};

/* ---- starting them ------------------------------------------------------ */

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
        run_fail(p, &err);
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
        run_fail(p, &err);
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
        run_fail(p, &err);
    return rests == 0;
}

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
        if (!jx_bool(about, "observes", true))
            p->blind[p->nr_blind++] = in->name;
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

void run_observe(struct pass *p)
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

/* One that cannot be loaded may be one of them, and says at its start why. */
bool run_know_sources(struct pass *p)
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

void run_collect(struct pass *p, bool facts)
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

void run_finish_sinks(struct pass *p)
{
    for (size_t i = 0; i < p->s->nr_sinks; i++)
        host_finish(p->host, p->s->sinks[i].name);
    while (host_busy(p->host) && !p->failed)
        host_step(p->host);
}
