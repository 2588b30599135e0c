/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the ends of workers mean for later passes. Must not decide anything
 * about incidents: a sick source only freezes, and that is correlate's.
 */
#include <config.h>

#include "core/host/health.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/jsonx.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/when.h"

#define BACK_OFF_FIRST (5 * MINUTE)
#define BACK_OFF_MAX (6 * HOUR)
#define TELL_AGAIN DAY
/* An instance that dies on so many different items in one pass is sick
 * itself, whatever the items are. */
#define POISONED_MAX 1000

static int load(struct store *st, const char *instance, struct health *h,
                struct err *err)
{
    int found = store_health_get(st, instance, h, err);

    if (found == 0) {
        memset(h, 0, sizeof(*h));
        h->instance = xstrdup(instance);
    }
    return found < 0 ? -1 : 0;
}

int health_start(struct store *st, const char *instance, int64_t now,
                 json_t **skip, struct err *err)
{
    struct health h;
    int may;

    if (load(st, instance, &h, err) < 0)
        return -1;
    *skip = h.poisoned ? json_deep_copy(h.poisoned) : json_array();
    may = h.back_off_until <= now;
    if (may) {
        h.last_start = now;
        if (store_health_put(st, &h, err) < 0)
            may = -1;
    }
    health_release(&h);
    return may;
}

static int forget(struct store *st, const char *instance, struct err *err)
{
    struct health h;
    int rc = load(st, instance, &h, err);

    if (rc < 0)
        return -1;
    json_decref(h.poisoned);
    h.poisoned = NULL;
    h.back_off_until = 0;
    rc = store_health_put(st, &h, err);
    health_release(&h);
    return rc < 0 || store_cursor_set(st, instance, NULL, err) < 0
                   || store_validators_drop(st, instance, err) < 0
               ? -1
               : 0;
}

int health_plugin(struct store *st, const struct instance *in, struct err *err)
{
    CLEANUP_FREE char *key = xasprintf("source.plugin.%s", in->name);
    CLEANUP_FREE char *was = NULL;

    if (store_meta_get(st, key, &was, err) < 0)
        return -1;
    if (str_eq(was, in->plugin))
        return 0;
    if (store_begin(st, STORE_DURABLE, err) < 0)
        return -1;
    if ((was && forget(st, in->name, err) < 0)
        || store_meta_set(st, key, in->plugin, err) < 0) {
        store_rollback(st);
        return -1;
    }
    if (was)
        log_warn("%s: it is of plugin %s now and was of %s: it begins anew, "
                 "and what %s told stands until tocsin approve (give it "
                 "another name to keep both)",
                 in->name, in->plugin, was, was);
    return store_commit(st, err);
}

/* How the trouble of a source begins that tells no news or old ones. Not the
 * end of a worker but health_stale says when that is over. */
#define OLD_NEWS "stale:"

static void set_trouble(struct health *h, const char *text, int64_t now)
{
    if (str_eq(h->trouble, text))
        return;
    str_replace(&h->trouble, text);
    h->trouble_since = text ? now : 0;
    h->trouble_told = 0;
}

static int64_t back_off(int64_t failures)
{
    int64_t wait = BACK_OFF_FIRST;

    while (--failures > 0 && wait < BACK_OFF_MAX)
        wait *= 2;
    return wait < BACK_OFF_MAX ? wait : BACK_OFF_MAX;
}

/* True when the item has now died often enough to be left alone. */
static bool item_died(struct health *h, const char *item)
{
    int64_t deaths;

    if (!h->deaths)
        h->deaths = json_object();
    deaths = jx_int(h->deaths, item, 0) + 1;
    if (deaths < HEALTH_ITEM_DEATHS) {
        json_object_set_new(h->deaths, item, json_integer(deaths));
        return false;
    }
    json_object_del(h->deaths, item);
    if (!h->poisoned)
        h->poisoned = json_array();
    jx_append_str(h->poisoned, item);
    return true;
}

static int died_on_item(struct store *st, struct health *h,
                        const struct ending *e, int64_t now, bool *again,
                        struct err *err)
{
    CLEANUP_FREE char *code = NULL, *note = NULL, *key = NULL;

    *again = json_array_size(h->poisoned) < POISONED_MAX;
    if (!item_died(h, e->item))
        return 0;
    key = digest_text128(e->item, strlen(e->item));
    code = xasprintf("poisoned-item:%.8s", key);
    note = xasprintf("item \"%s\" ended the worker %d times (%s); it is left "
                     "out from now on",
                     e->item, HEALTH_ITEM_DEATHS, str_or(e->text, "no word"));
    return store_notice_put(st, h->instance, code, note, now, err);
}

int health_end(struct store *st, const char *instance, int64_t now,
               const struct ending *e, bool *again, struct err *err)
{
    bool death = e->how == HOST_END_DEATH || e->how == HOST_END_LIMIT;
    struct health h;
    int ret = 0;

    *again = false;
    if (load(st, instance, &h, err) < 0)
        return -1;
    if (e->how == HOST_END_OK) {
        h.last_ok = now;
        h.failures = 0;
        /* What kills by itself kills twice in a row: those were accidents. */
        json_decref(h.deaths);
        h.deaths = NULL;
        h.back_off_until = 0;
        if (!h.trouble || !str_starts(h.trouble, OLD_NEWS))
            set_trouble(&h, NULL, now);
    } else if (death && e->item) {
        h.last_fail = now;
        ret = died_on_item(st, &h, e, now, again, err);
        if (!*again)
            set_trouble(&h, str_or(e->text, "its worker died"), now);
    } else {
        h.last_fail = now;
        set_trouble(&h, str_or(e->text, "its worker died"), now);
        if (death)
            h.back_off_until = now + back_off(++h.failures);
    }
    if (ret == 0)
        ret = store_health_put(st, &h, err);
    health_release(&h);
    return ret;
}

int health_absent(struct store *st, const char *instance, int64_t now, bool ok,
                  int64_t *since, struct err *err)
{
    CLEANUP_FREE char *key = xasprintf(SOURCE_ABSENT "%s", instance);
    CLEANUP_FREE char *was = NULL, *is = NULL;
    int known = store_meta_get(st, key, &was, err);

    *since = 0;
    if (known < 0)
        return -1;
    if (!ok)
        *since = known ? strtoll(was, NULL, 10) : now;
    if (known ? !ok : ok)
        return 0;
    is = ok ? NULL : xasprintf("%" PRId64, now);
    return store_meta_set(st, key, is, err);
}

/* The source works, and tells the same old news: *name (new) and *taken of
 * its oldest snapshot. 0: it is none, or not that old. */
static int old_news(struct store *st, const struct instance *in, int64_t now,
                    char **name, int64_t *taken, struct err *err)
{
    CLEANUP_FREE char *key = xasprintf(SNAPSHOT_MOMENT "%s", in->name);
    CLEANUP_FREE char *text = NULL;
    int got = store_meta_get(st, key, &text, err);
    char *rest;

    *name = NULL;
    if (got <= 0)
        return got;
    *taken = strtoll(text, &rest, 10);
    if (*taken <= 0 || now - *taken <= in->stale_after)
        return 0;
    *name = xstrdup(*rest ? rest + 1 : rest);
    return 1;
}

/* 1: it is stale, and *text (new) says why. */
static int is_stale(struct store *st, const struct instance *in,
                    const struct health *h, int64_t now, char **text,
                    struct err *err)
{
    CLEANUP_FREE char *age = when_format_duration(in->stale_after);
    CLEANUP_FREE char *name = NULL, *at = NULL;
    int64_t since = h->last_ok ? h->last_ok : h->last_start, taken;
    int old;

    *text = NULL;
    if (since && now - since > in->stale_after) {
        *text = xasprintf("stale: no good collection for more than %s; "
                          "its incidents are frozen",
                          age);
        return 1;
    }
    old = old_news(st, in, now, &name, &taken, err);
    if (old <= 0)
        return old;
    at = when_format_minute(taken);
    *text = xasprintf(OLD_NEWS " what it says (%s) is of %s, more than %s "
                               "ago; its incidents are frozen",
                      name, at, age);
    return 1;
}

const char **health_stale(struct store *st, const struct settings *s,
                          int64_t now, struct err *err)
{
    const char **stale = xcalloc(s->nr_sources + 1, sizeof(*stale));
    size_t nr = 0;

    for (size_t i = 0; i < s->nr_sources; i++) {
        const struct instance *in = &s->sources[i];
        CLEANUP_FREE char *text = NULL;
        struct health h;
        int yes, rc = 0;

        if (load(st, in->name, &h, err) < 0)
            goto fail;
        yes = in->stale_after ? is_stale(st, in, &h, now, &text, err) : 0;
        if (yes > 0)
            stale[nr++] = in->name;
        /* an older trouble says more, and is over when it is */
        if (yes > 0 && (!h.trouble || str_starts(h.trouble, OLD_NEWS))) {
            set_trouble(&h, text, now);
            rc = store_health_put(st, &h, err);
        } else if (!yes && h.trouble && str_starts(h.trouble, OLD_NEWS)) {
            set_trouble(&h, NULL, now);
            rc = store_health_put(st, &h, err);
        }
        health_release(&h);
        if (yes < 0 || rc < 0)
            goto fail;
    }
    return stale;
fail:
    free(stale);
    return NULL;
}

struct telling {
    struct store *st;
    const struct settings *s;
    int64_t now;
    int64_t troubles;
    struct err *err;
    int failed;
};

static bool due(int64_t told, int64_t now)
{
    return !told || now - told >= TELL_AGAIN;
}

static int tell_health(void *user, const struct health *h)
{
    struct telling *t = user;
    struct health copy;

    if (!h->trouble
        || (!settings_source(t->s, h->instance)
            && !settings_sink(t->s, h->instance)))
        return 0;
    t->troubles++;
    if (!due(h->trouble_told, t->now))
        return 0;
    log_error("%s: %s", h->instance, h->trouble);
    if (store_health_get(t->st, h->instance, &copy, t->err) < 0)
        return -1;
    copy.trouble_told = t->now;
    t->failed |= store_health_put(t->st, &copy, t->err) < 0;
    health_release(&copy);
    return t->failed ? -1 : 0;
}

static int tell_notice(void *user, const struct notice *n)
{
    struct telling *t = user;
    bool once = str_starts(n->code, "poisoned-item");

    if (n->told && (once || !due(n->told, t->now)))
        return 0;
    if (n->last < t->now - TELL_AGAIN)
        return 0;
    log_warn("%s: %s: %s", n->instance, n->code, n->text);
    return store_notice_told(t->st, n->instance, n->code, t->now, t->err);
}

int64_t health_tell(struct store *st, const struct settings *s, int64_t now,
                    struct err *err)
{
    struct telling t = { .st = st, .s = s, .now = now, .err = err };

    if (store_health_each(st, tell_health, &t, err) < 0 || t.failed)
        return -1;
    if (store_notice_each(st, tell_notice, &t, err) < 0)
        return -1;
    return t.troubles;
}
