/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Must not end anything by itself, nor ask because of a source that only
 * failed.
 */
#include <config.h>

#include "core/incident/orphans.h"

#include <inttypes.h>
#include <stdlib.h>

#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/incident/vanishing.h"

/* A mistake in the configuration is put right by then. */
#define GRACE DAY
#define NOTICE "orphaned-entries"

struct settling {
    struct store *st;
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

static int settle_one(void *user, const char *instance, const char *snapshot,
                      int64_t nr)
{
    struct settling *s = user;
    int64_t told = last_told(s, instance, snapshot);

    if (told < 0)
        return -1;
    if (s->now - told <= GRACE || !s->may_know(s->user, instance))
        return 0;
    return vanishing_is_approved(s->st, instance, snapshot, s->now)
               ? drop(s, instance, snapshot, nr)
               : ask(s, instance, snapshot, nr);
}

static int settle_all(struct settling *s)
{
    return store_standing_count(s->st, settle_one, s, s->err);
}

int orphans_settle(struct store *st, int64_t now,
                   bool (*may_know)(void *user, const char *instance),
                   void *user, struct err *err)
{
    struct settling s = { st, now, may_know, user, err };

    if (store_begin(st, STORE_BATCH, err) < 0)
        return -1;
    if (settle_all(&s) == 0)
        return store_commit(st, err);
    store_rollback(st);
    return -1;
}
