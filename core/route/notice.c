/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What changed since the last decision apart from evidence: the settings,
 * the arming, outbreaks. Whatever they concern is due. Must not judge.
 */
#include <config.h>

#include "core/route/session.h"

#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/route/operators.h"

#define META_SETTINGS "decide.settings"
#define META_OUTBREAKS "decide.outbreaks"
#define META_ARMED "armed_at"

/* *was: a new string, NULL when there was none; only when it changed. */
static int note(struct session *d, const char *key, const char *value,
                bool *changed, char **was, struct err *err)
{
    CLEANUP_FREE char *old = NULL;

    *changed = false;
    if (store_meta_get(d->j.st, key, &old, err) < 0)
        return -1;
    if (str_eq(old, value))
        return 0;
    *changed = true;
    if (judge_begin(&d->j, err) < 0
        || store_meta_set(d->j.st, key, value, err) < 0)
        return -1;
    *was = old;
    old = NULL;
    return 0;
}

int notice_settings(struct session *d, struct err *err)
{
    CLEANUP_FREE char *was = NULL;
    CLEANUP_FREE char *is = xasprintf(
        "%s%s",
        d->j.opts.armed ? "armed:" : "unarmed:", str_or(d->j.s->digest, ""));
    bool changed;

    if (note(d, META_SETTINGS, is, &changed, &was, err) < 0)
        return -1;
    d->j.cold = changed && !was;
    if (changed && was)
        return store_incident_dirty_all(d->j.st, err);
    return 0;
}

static int make_backlog(void *user, struct ticket *t)
{
    struct session *d = user;
    struct told told;

    if (t->backlog || !str_cmp0(t->kind, KIND_OPERATORS))
        return 0;
    if (desire_told(&d->j, t, &told, NULL) < 0)
        return -1;
    if (told.granted)
        return 0;
    tick_add(d, t->key, t->id)->stood = true;
    if (!d->j.s->armed)
        return 0;
    t->backlog = true;
    return store_ticket_put(d->j.st, t, NULL);
}

/* As if armed (a dry run), what stands is counted and stays news. */
int notice_arming(struct session *d, struct err *err)
{
    struct ticket_query q = { .unresolved_only = true };
    CLEANUP_FREE char *armed = NULL;
    CLEANUP_FREE char *now = when_format(d->j.opts.now);

    if (!d->j.opts.armed)
        return 0;
    if (store_meta_get(d->j.st, META_ARMED, &armed, err) < 0)
        return -1;
    if (armed)
        return 0;
    d->j.arming = true;
    if (judge_begin(&d->j, err) < 0
        || store_meta_set(d->j.st, META_ARMED, now, err) < 0
        || store_incident_dirty_all(d->j.st, err) < 0)
        return -1;
    if (!d->j.cold && store_ticket_each(d->j.st, &q, make_backlog, d, err) < 0)
        return err && err->code
                   ? -1
                   : err_set(err, ERR_STORE, "the backlog cannot be written");
    return 0;
}

static int live_add(void *user, const struct outbreak *o)
{
    jx_set_str(user, o->key, str_or(o->state, ""));
    return 0;
}

int notice_outbreaks(struct session *d, struct err *err)
{
    CLEANUP_JSON json_t *live = json_object();
    CLEANUP_JSON json_t *before = NULL;
    CLEANUP_FREE char *is = NULL;
    CLEANUP_FREE char *was = NULL;
    struct incident_query q = { 0 };
    const char *key;
    json_t *state;
    bool changed;

    if (store_outbreak_each(d->j.st, true, live_add, live, err) < 0)
        return -1;
    is = json_object_size(live) ? jx_dump(live) : NULL;
    if (note(d, META_OUTBREAKS, is, &changed, &was, err) < 0)
        return -1;
    if (!changed)
        return 0;
    before = was ? jx_parse(was, strlen(was), NULL) : json_object();
    json_object_foreach(live, key, state) {
        if (json_equal(json_object_get(before, key), state)) {
            json_object_del(before, key);
            continue;
        }
        json_object_set(before, key, state);
    }
    json_object_foreach(before, key, state) {
        q.outbreak = key;
        if (store_incident_each(d->j.st, &q, due_add, d, err) < 0)
            return -1;
    }
    return 0;
}
