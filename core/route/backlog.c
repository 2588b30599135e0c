/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The backlog, released slowly or by hand. Must not tell anybody: what is
 * released is judged like any other.
 */
#include <config.h>

#include "core/route/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/route/reason.h"

#define META_RELEASED "decide.released"

struct release {
    struct ticket *t;
    size_t nr, alloc;
};

static int release_add(void *user, struct ticket *t)
{
    struct release *r = user;

    ALLOC_GROW(r->t, r->nr + 1, r->alloc);
    r->t[r->nr++] = *t;
    memset(t, 0, sizeof(*t));
    return 0;
}

static int by_weight(const void *a, const void *b)
{
    const struct ticket *x = a, *y = b;

    if (x->descendants != y->descendants)
        return x->descendants > y->descendants ? -1 : 1;
    if (x->created != y->created)
        return x->created < y->created ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static int released_today(struct session *d, int64_t *n, struct err *err)
{
    CLEANUP_FREE char *text = NULL;
    long long day = 0, count = 0;

    if (store_meta_get(d->j.st, META_RELEASED, &text, err) < 0)
        return -1;
    if (text && sscanf(text, "%lld:%lld", &day, &count) != 2)
        count = 0;
    *n = day == d->j.opts.now / DAY ? count : 0;
    return 0;
}

int backlog_release(struct session *d, struct err *err)
{
    int64_t per_day = d->j.s->policy.backlog_per_day, done = 0, before;
    struct ticket_query q = { .unresolved_only = true, .backlog_only = true };
    struct release r = { NULL, 0, 0 };
    CLEANUP_FREE char *text = NULL;
    int rc = 0;

    if (per_day <= 0 || !d->j.s->armed)
        return 0;
    if (released_today(d, &done, err) < 0)
        return -1;
    before = done;
    if (done >= per_day)
        return 0;
    rc = store_ticket_each(d->j.st, &q, release_add, &r, err);
    if (r.nr)
        qsort(r.t, r.nr, sizeof(*r.t), by_weight);
    for (size_t i = 0; i < r.nr; i++) {
        /* only what would be told: the rest keeps its place */
        if (!rc && done < per_day && !str_cmp0(r.t[i].reason, REASON_BACKLOG)) {
            r.t[i].backlog = false;
            rc = judge_begin(&d->j, err);
            rc = rc < 0 ? rc : store_ticket_put(d->j.st, &r.t[i], err);
            tick_add(d, r.t[i].key, r.t[i].id);
            done++;
        }
        ticket_release(&r.t[i]);
    }
    free(r.t);
    if (rc < 0 || done == before)
        return rc;
    text = xasprintf("%lld:%lld", (long long)(d->j.opts.now / DAY),
                     (long long)done);
    return store_meta_set(d->j.st, META_RELEASED, text, err);
}

int decide_backlog_release(struct store *st, const char *key, int64_t now,
                           struct err *err)
{
    struct ticket t;
    int got = store_ticket_get(st, key, &t, err);

    if (got == 1 && t.backlog) {
        t.backlog = false;
        t.next_at = now;
        if (store_ticket_put(st, &t, err) < 0)
            got = -1;
    }
    ticket_release(&t);
    return got;
}
