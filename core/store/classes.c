/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Classes of failures that better rules gave another name. Must not decide
 * what that is good for.
 */
#include <config.h>

#include "core/store/store.h"

#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"

#define FIRST "class-first:"
#define LATER "class-later:"
/* One class of old that falls into more of them stays with these. */
#define LATER_MAX 100

bool class_is_confidential(const char *category)
{
    return category && str_starts(category, "security/");
}

static int get(struct store *st, const char *what, const char *fingerprint,
               json_t **out, struct err *err)
{
    CLEANUP_FREE char *key = xasprintf("%s%s", what, fingerprint);
    CLEANUP_FREE char *text = NULL;
    int r = store_meta_get(st, key, &text, err);

    *out = r == 1 && text ? jx_parse(text, strlen(text), NULL) : NULL;
    return r < 0 ? -1 : *out != NULL;
}

static int set(struct store *st, const char *what, const char *fingerprint,
               const json_t *value, struct err *err)
{
    CLEANUP_FREE char *key = xasprintf("%s%s", what, fingerprint);
    CLEANUP_FREE char *text = jx_dump(value);

    return store_meta_set(st, key, text, err);
}

int store_class_first(struct store *st, const char *fingerprint, json_t **first,
                      struct err *err)
{
    return get(st, FIRST, fingerprint, first, err);
}

int store_class_later(struct store *st, const char *fingerprint, json_t **later,
                      struct err *err)
{
    return get(st, LATER, fingerprint, later, err);
}

static int one(void *user, struct incident *i)
{
    (void)i;
    *(bool *)user = true;
    return 0;
}

static int is_known(struct store *st, const char *fingerprint, bool *known,
                    struct err *err)
{
    struct incident_query q = { .fingerprint = fingerprint };

    *known = false;
    return store_incident_each(st, &q, one, known, err);
}

static bool holds(const json_t *list, const char *text)
{
    const json_t *v;
    size_t i;

    json_array_foreach(list, i, v)
        if (str_eq(json_string_value(v), text))
            return true;
    return false;
}

static bool same(const json_t *a, const json_t *b, const char *key)
{
    return str_eq(jx_str(a, key), jx_str(b, key));
}

/* The same class, in another category or by a rule of another id. */
static int move(struct store *st, const json_t *was, struct err *err)
{
    CLEANUP_JSON json_t *first = NULL;
    const char *fingerprint = jx_str(was, "fingerprint");
    int r = get(st, FIRST, fingerprint, &first, err);

    return r ? (r < 0 ? -1 : 0) : set(st, FIRST, fingerprint, was, err);
}

/* Only what no incident had been called yet takes over what was there. */
static int take_over(struct store *st, const json_t *was, const char *now,
                     struct err *err)
{
    CLEANUP_JSON json_t *first = NULL;
    CLEANUP_JSON json_t *taken = NULL;
    const char *fingerprint = jx_str_or(was, "fingerprint", "");
    bool known;

    if (get(st, FIRST, now, &taken, err) < 0
        || get(st, FIRST, fingerprint, &first, err) < 0
        || is_known(st, now, &known, err) < 0)
        return -1;
    if (taken || known || str_eq(jx_str(first, "fingerprint"), now))
        return 0;
    return set(st, FIRST, now, first ? first : was, err);
}

int store_class_renamed(struct store *st, const json_t *was, const json_t *is,
                        struct err *err)
{
    CLEANUP_JSON json_t *later = NULL;
    const char *fingerprint = jx_str(was, "fingerprint");
    const char *now = jx_str(is, "fingerprint");

    if (!fingerprint || !now)
        return 0;
    if (!strcmp(fingerprint, now))
        return same(was, is, "category") && same(was, is, "rule")
                   ? 0
                   : move(st, was, err);
    if (get(st, LATER, fingerprint, &later, err) < 0)
        return -1;
    if (holds(later, now) || json_array_size(later) >= LATER_MAX)
        return 0;
    if (!later) {
        later = json_array();
        if (take_over(st, was, now, err) < 0)
            return -1;
    }
    json_array_append_new(later, json_string(now));
    return set(st, LATER, fingerprint, later, err);
}
