/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What one decision has gathered: the incidents that are due, each once, and
 * the tickets to be judged, each once. Must not judge.
 */
#include <config.h>

#include "core/route/session.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/route/operators.h"

/* ---- incidents ---- */

static void due_release(struct due *d)
{
    free(d->project);
    free(d->branch);
    free(d->fingerprint);
}

int due_add(void *user, struct incident *i)
{
    struct session *d = user;
    struct due *one;

    ALLOC_GROW(d->due, d->nr_due + 1, d->alloc_due);
    one = &d->due[d->nr_due++];
    one->id = i->id;
    one->symptom = inhibit_may(&d->j, i);
    one->project = i->project;
    one->branch = i->branch;
    one->fingerprint = i->fingerprint;
    i->project = i->branch = i->fingerprint = NULL;
    return 0;
}

int due_add_cause(void *user, struct incident *i)
{
    struct session *d = user;

    return inhibit_symptoms(&d->j, i, due_add, d, NULL) < 0 ? -1
                                                            : due_add(d, i);
}

static int by_id(const void *a, const void *b)
{
    const struct due *x = a, *y = b;

    return x->id < y->id ? -1 : x->id > y->id;
}

void due_unique(struct session *d)
{
    size_t n = 0;

    if (d->nr_due)
        qsort(d->due, d->nr_due, sizeof(*d->due), by_id);
    for (size_t i = 0; i < d->nr_due; i++) {
        if (n && d->due[n - 1].id == d->due[i].id)
            due_release(&d->due[i]);
        else
            d->due[n++] = d->due[i];
    }
    d->nr_due = n;
}

/* ---- tickets ---- */

struct tick *tick_find(struct session *d, const char *key)
{
    struct tick *t;

    HASH_FIND(hh, d->ticks, key, strlen(key), t);
    return t;
}

struct tick *tick_add(struct session *d, const char *key, int64_t id)
{
    struct tick *t = tick_find(d, key);
    size_t n = strlen(key);

    if (t)
        return t;
    t = xcalloc(1, sizeof(*t) + n + 1);
    memcpy(t->key, key, n);
    t->id = id;
    HASH_ADD_KEYPTR(hh, d->ticks, t->key, n, t);
    return t;
}

int tick_due(void *user, struct ticket *t)
{
    /* Tocsin's own trouble has no incidents: operators.c judges it */
    if (str_cmp0(t->kind, KIND_OPERATORS))
        tick_add(user, t->key, t->id);
    return 0;
}

void session_release(struct session *d)
{
    struct tick *t, *tmp;

    HASH_ITER(hh, d->ticks, t, tmp)
    {
        HASH_DEL(d->ticks, t);
        if (t->hinted)
            json_decref(t->hint.group);
        free(t);
    }
    for (size_t n = 0; n < d->nr_due; n++)
        due_release(&d->due[n]);
    free(d->due);
    for (size_t n = 0; n < d->nr_waiting; n++)
        verdict_release(&d->waiting[n]);
    free(d->waiting);
    judge_release(&d->j);
}
