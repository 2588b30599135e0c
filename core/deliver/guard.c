/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Limits, approvals and the kill switch. Must not look at the outbox: weigh.c
 * counts what is wanted there.
 */
#include <config.h>

#include "core/deliver/guard.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/io.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/tocsin-plugin.h"

#define META_KILLED "guards.killed" /* "SINCE TOLD" */

const char *const guard_kind_names[GUARD_KINDS + 1] = {
    [GUARD_CREATE] = "create",   [GUARD_COMMENT] = "comment",
    [GUARD_CLOSE] = "close",     [GUARD_REOPEN] = "reopen",
    [GUARD_MENTION] = "mention",
};

enum guard_kind guard_kind_of(int op)
{
    switch (op) {
    case TOCSIN_DELIVER_OPEN:
        return GUARD_CREATE;
    case TOCSIN_DELIVER_REMIND:
    case TOCSIN_DELIVER_DIGEST:
        return GUARD_COMMENT;
    case TOCSIN_DELIVER_RESOLVE:
        return GUARD_CLOSE;
    case TOCSIN_DELIVER_REOPEN:
        return GUARD_REOPEN;
    default:
        return GUARD_NONE;
    }
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t product(int64_t a, int64_t b)
{
    return a && b > INT64_MAX / a ? INT64_MAX : a * b;
}

struct guard_limits guard_limits(const struct guards *g, int64_t busiest)
{
    return (struct guard_limits){
        .pass = larger(g->at_least, product(g->times, busiest)),
        .day = product(g->times, larger(g->at_least, busiest)),
    };
}

/* ---- approval ---- */

struct approval {
    struct store *st;
    const struct guards *g;
    int64_t now;
    int (*each)(void *user, const struct breaker *b);
    void *user;
    struct err *err;
};

static int approve_one(void *user, const struct breaker *b)
{
    struct approval *a = user;
    struct breaker as = *b;

    as.left = b->wanted + a->g->at_least;
    as.until = a->now + a->g->approval;
    if (store_breaker_put(a->st, &as, a->err) < 0)
        return -1;
    return a->each(a->user, &as);
}

int guard_approve(struct store *st, const struct settings *s, const char *sink,
                  const char *kind, int64_t now,
                  int (*each)(void *user, const struct breaker *b), void *user,
                  struct err *err)
{
    struct approval a = { st, &s->guards, now, each, user, err };

    return store_breaker_each(st, sink, kind, approve_one, &a, err);
}

/* ---- the kill switch ---- */

bool guard_kill_switch(const struct settings *s)
{
    return s->guards.kill_switch && io_may_be_there(s->guards.kill_switch);
}

static int read_killed(struct store *st, long long *since, long long *told,
                       struct err *err)
{
    CLEANUP_FREE char *text = NULL;

    *since = *told = 0;
    if (store_meta_get(st, META_KILLED, &text, err) < 0)
        return -1;
    if (text && sscanf(text, "%lld %lld", since, told) != 2)
        *since = *told = 0;
    return 0;
}

int guard_kill_switch_since(struct store *st, int64_t *since, struct err *err)
{
    long long at, told;

    if (read_killed(st, &at, &told, err) < 0)
        return -1;
    *since = at;
    return 0;
}

int guard_kill_switch_tell(struct store *st, const struct settings *s,
                           int64_t now, int64_t waiting, bool *on,
                           struct err *err)
{
    CLEANUP_FREE char *text = NULL;
    long long since, told;

    *on = guard_kill_switch(s);
    if (read_killed(st, &since, &told, err) < 0)
        return -1;
    if (!*on) {
        if (!since)
            return 0;
        log_warn("kill switch: off again");
        return store_meta_set(st, META_KILLED, NULL, err);
    }
    if (since && now < told + DAY)
        return 0;
    log_error("kill switch: %s is there: nothing is written (%" PRId64
              " write%s held); remove it to go on",
              s->guards.kill_switch, waiting, waiting == 1 ? "" : "s");
    text =
        xasprintf("%lld %lld", since ? since : (long long)now, (long long)now);
    return store_meta_set(st, META_KILLED, text, err);
}
