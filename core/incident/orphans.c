/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Must not end anything by itself, nor ask because of a source that only
 * failed.
 */
#include <config.h>

#include "core/incident/orphans.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/incident/vanishing.h"

/* A mistake in the configuration is put right by then. */
#define GRACE DAY
#define NOTICE "orphaned-entries"
#define NOTICE_RUNS "orphaned-runs"

struct settling {
    struct store *st;
    const struct settings *s;
    int64_t now;
    bool (*may_know)(void *user, const char *instance);
    void *user;
    struct err *err;
};

static char *told_key(const char *instance, const char *snapshot)
{
    return xasprintf("told:%s/%s", instance, snapshot);
}

int orphans_told(struct store *st, const char *instance, const char *snapshot,
                 int64_t now, struct err *err)
{
    CLEANUP_FREE char *key = told_key(instance, snapshot);
    CLEANUP_FREE char *text = xasprintf("%" PRId64, now);

    return store_meta_set(st, key, text, err);
}

/* When it was told last; one of before this was noted is as good as told
 * now. -1: the store failed. */
static int64_t last_told(struct settling *s, const char *instance,
                         const char *snapshot)
{
    CLEANUP_FREE char *key = told_key(instance, snapshot);
    CLEANUP_FREE char *text = NULL;
    int got = store_meta_get(s->st, key, &text, s->err);

    if (got > 0)
        return strtoll(text, NULL, 10);
    if (got < 0 || orphans_told(s->st, instance, snapshot, s->now, s->err) < 0)
        return -1;
    return s->now;
}

static int drop_one(void *user, const struct standing *e)
{
    struct settling *s = user;

    return store_standing_delete(s->st, e->source, e->snapshot, e->key, s->err);
}

static int drop(struct settling *s, const char *instance, const char *snapshot,
                int64_t nr)
{
    CLEANUP_FREE char *key = told_key(instance, snapshot);

    if (store_standing_each(s->st, instance, snapshot, drop_one, s, s->err) < 0
        || store_meta_set(s->st, key, NULL, s->err) < 0)
        return -1;
    log_info("%s: %" PRId64 " entries of %s are over, as an operator says",
             instance, nr, snapshot);
    return vanishing_over(s->st, instance, snapshot, false, s->err);
}

static int ask(struct settling *s, const char *instance, const char *snapshot,
               int64_t nr)
{
    const struct vanishing v = { .gone = nr, .all = nr, .at = s->now };
    CLEANUP_FREE char *text = xasprintf(
        "nobody tells of %s any more: its entries (%" PRId64 ") stay open "
        "until it is told again or an operator says that they are over "
        "(tocsin approve %s %s)",
        snapshot, nr, instance, snapshot);

    return vanishing_wait(s->st, instance, snapshot, &v, s->err) < 0
                   || store_notice_put(s->st, instance, NOTICE, text, s->now,
                                       s->err)
                          < 0
               ? -1
               : 0;
}

/* ---- runs ---------------------------------------------------------------- */

/* The projects with incidents that runs of one source hold open. */
struct held {
    const char *instance;
    char **projects;
    size_t nr, alloc;
    int64_t incidents;
};

static int note_held(void *user, struct incident *i)
{
    struct held *h = user;

    if (!i->nr_jobs || !i->jobs[0].run)
        return 0;
    h->incidents++;
    if (h->nr && !strcmp(h->projects[h->nr - 1], i->project))
        return 0;
    ALLOC_GROW(h->projects, h->nr + 1, h->alloc);
    h->projects[h->nr++] = xstrdup(i->project);
    return 0;
}

static void held_release(struct held *h)
{
    for (size_t i = 0; i < h->nr; i++)
        free(h->projects[i]);
    free(h->projects);
}

static int give_up_project(struct store *st, const char *instance,
                           const char *project, int64_t now, struct err *err)
{
    CLEANUP_JSON json_t *v = NULL;

    if (store_fact_get(st, project, STORE_FACT_GIVEN_UP, &v, err) < 0)
        return -1;
    if (!v)
        v = json_object();
    jx_set_int(v, instance, now);
    return store_fact_put(
        st, &(struct fact){ "operators", project, STORE_FACT_GIVEN_UP, v, now },
        NULL, err);
}

int orphans_give_up(struct store *st, const char *instance, const char *project,
                    int64_t now, int64_t *nr, struct err *err)
{
    struct held h = { .instance = instance };
    const struct incident_query q = { .source = instance,
                                      .project = project,
                                      .standing_only = true };
    int rc = store_incident_each(st, &q, note_held, &h, err);

    *nr = h.incidents;
    if (rc == 0 && h.nr)
        rc = give_up_project(st, instance, h.projects[0], now, err);
    held_release(&h);
    return rc < 0 ? -1 : 0;
}

static int give_up(struct settling *s, const struct held *h)
{
    for (size_t i = 0; i < h->nr; i++)
        if (give_up_project(s->st, h->instance, h->projects[i], s->now, s->err)
            < 0)
            return -1;
    log_info("%s: %" PRId64 " incidents of its runs are over, as an operator "
             "says",
             h->instance, h->incidents);
    return 0;
}

/* Asked no more: it was said, or the source is there again. */
static int runs_over(struct settling *s, const char *instance)
{
    CLEANUP_FREE char *key = told_key(instance, ORPHANS_RUNS);
    CLEANUP_FREE char *text = NULL;
    int got = store_meta_get(s->st, key, &text, s->err);

    if (got <= 0)
        return got;
    return store_meta_set(s->st, key, NULL, s->err) < 0
                   || vanishing_over(s->st, instance, ORPHANS_RUNS, false,
                                     s->err)
                          < 0
               ? -1
               : 0;
}

static int ask_of_runs(struct settling *s, const struct held *h)
{
    CLEANUP_FREE char *text = xasprintf(
        "it is not configured any more: what its runs say stays open (%" PRId64
        ") until it is again or an operator says that it is over (tocsin "
        "approve %s)",
        h->incidents, h->instance);
    const struct vanishing v = { h->incidents, h->incidents, s->now };

    return vanishing_wait(s->st, h->instance, ORPHANS_RUNS, &v, s->err) < 0
                   || store_notice_put(s->st, h->instance, NOTICE_RUNS, text,
                                       s->now, s->err)
                          < 0
               ? -1
               : 0;
}

static int settle_held(struct settling *s, const struct held *h)
{
    int64_t told =
        h->incidents ? last_told(s, h->instance, ORPHANS_RUNS) : s->now;

    if (told < 0)
        return -1;
    if (s->now - told <= GRACE)
        return 0;
    if (!vanishing_is_approved(s->st, h->instance, ORPHANS_RUNS, s->now))
        return ask_of_runs(s, h);
    return give_up(s, h) < 0 ? -1 : runs_over(s, h->instance);
}

static int settle_runs(struct settling *s, const char *instance)
{
    struct held h = { .instance = instance };
    const struct incident_query q = { .source = instance,
                                      .standing_only = true };
    int rc;

    if (settings_source(s->s, instance))
        return runs_over(s, instance);
    rc = store_incident_each(s->st, &q, note_held, &h, s->err);
    if (rc == 0)
        rc = settle_held(s, &h);
    held_release(&h);
    return rc;
}

/* ---- entries ------------------------------------------------------------- */

static int settle_entries(struct settling *s, const char *instance,
                          const char *snapshot, int64_t nr)
{
    int64_t told = last_told(s, instance, snapshot);

    if (told < 0)
        return -1;
    if (s->now - told <= GRACE || !s->may_know(s->user, instance))
        return 0;
    return vanishing_is_approved(s->st, instance, snapshot, s->now)
               ? drop(s, instance, snapshot, nr)
               : ask(s, instance, snapshot, nr);
}

static int settle_one(void *user, const char *instance, const char *snapshot,
                      int64_t nr)
{
    return snapshot ? settle_entries(user, instance, snapshot, nr)
                    : settle_runs(user, instance);
}

static int settle_all(struct settling *s)
{
    return store_standing_count(s->st, settle_one, s, s->err);
}

int orphans_settle(struct store *st, const struct settings *settings,
                   int64_t now,
                   bool (*may_know)(void *user, const char *instance),
                   void *user, struct err *err)
{
    struct settling s = { st, settings, now, may_know, user, err };

    if (store_begin(st, STORE_BATCH, err) < 0)
        return -1;
    if (settle_all(&s) == 0)
        return store_commit(st, err);
    store_rollback(st);
    return -1;
}
