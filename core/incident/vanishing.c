/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Questions to the operators and their words, as meta of the store. Must not
 * decide what is gone: snapshot.c and orphans.c do.
 */
#include <config.h>

#include "core/incident/vanishing.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"

/* {snapshot: {"gone", "all", "at"}} of what waits, one an instance. New. */
static json_t *waiting_load(struct store *st, const char *instance)
{
    CLEANUP_FREE char *key = xasprintf("vanishing:%s", instance);
    CLEANUP_FREE char *text = NULL;
    json_t *o = NULL;

    if (store_meta_get(st, key, &text, NULL) == 1)
        o = jx_parse(text, strlen(text), NULL);
    return o ? o : json_object();
}

static int waiting_save(struct store *st, const char *instance, json_t *o,
                        struct err *err)
{
    CLEANUP_FREE char *key = xasprintf("vanishing:%s", instance);
    CLEANUP_FREE char *text = json_object_size(o) ? jx_dump(o) : NULL;

    return store_meta_set(st, key, text, err);
}

static char *word_key(const char *instance, const char *snapshot)
{
    return xasprintf("vanish:%s/%s", instance, snapshot);
}

/* Until when the word holds; 0: there is none. */
static int64_t word(struct store *st, const char *key)
{
    CLEANUP_FREE char *value = NULL;

    if (store_meta_get(st, key, &value, NULL) != 1)
        return 0;
    return strtoll(value, NULL, 10);
}

int vanishing_wait(struct store *st, const char *instance, const char *snapshot,
                   const struct vanishing *given, struct err *err)
{
    CLEANUP_JSON json_t *o = waiting_load(st, instance);
    json_t *v = json_object();

    jx_set_int(v, "gone", given->gone);
    jx_set_int(v, "all", given->all);
    jx_set_int(v, "at", given->at);
    json_object_set_new(o, snapshot, v);
    return waiting_save(st, instance, o, err);
}

int vanishing_over(struct store *st, const char *instance, const char *snapshot,
                   bool keep_word, struct err *err)
{
    CLEANUP_JSON json_t *o = waiting_load(st, instance);
    CLEANUP_FREE char *key = word_key(instance, snapshot);

    if (json_object_del(o, snapshot) == 0
        && waiting_save(st, instance, o, err) < 0)
        return -1;
    if (keep_word || !word(st, key))
        return 0;
    return store_meta_set(st, key, NULL, err);
}

int vanishing_each(struct store *st, const char *instance,
                   int (*each)(void *user, const char *instance,
                               const char *snapshot, const struct vanishing *v),
                   void *user, struct err *err)
{
    CLEANUP_JSON json_t *o = waiting_load(st, instance);
    const char *name;
    json_t *v;
    int rc = 0;

    (void)err;
    json_object_foreach(o, name, v) {
        struct vanishing w = { jx_int(v, "gone", 0), jx_int(v, "all", 0),
                               jx_int(v, "at", 0) };

        rc = each(user, instance, name, &w);
        if (rc)
            break;
    }
    return rc < 0 ? -1 : 0;
}

int vanishing_approve(struct store *st, const char *instance,
                      const char *snapshot, int64_t until, struct err *err)
{
    CLEANUP_FREE char *key = word_key(instance, snapshot);
    CLEANUP_FREE char *value = xasprintf("%lld", (long long)until);

    return store_meta_set(st, key, value, err);
}

bool vanishing_is_approved(struct store *st, const char *instance,
                           const char *snapshot, int64_t now)
{
    CLEANUP_FREE char *key = word_key(instance, snapshot);

    return now < word(st, key);
}
