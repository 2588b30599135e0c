/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Classification rules: gathered from all files, then shipped ones first,
 * override and disable applied. Must not look into patterns: what they
 * match, classify/ knows.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/config/loading.h"
#include "core/config/nearest.h"

static json_t *entry_add(struct loading *l, const struct node *n, bool ignore)
{
    CLEANUP_FREE char *at = node_place(n);
    struct rule_entry *e;

    ALLOC_GROW(l->rules, l->nr_rules + 1, l->alloc_rules);
    e = &l->rules[l->nr_rules++];
    e->rule = json_pack("{s:s}", "at", at);
    if (l->shipped)
        jx_set_bool(e->rule, "shipped", true);
    e->n = n;
    e->shipped = l->shipped;
    e->ignore = ignore;
    return e->rule;
}

void *rule_add(struct reader *r, void *into, const struct node *name,
               const struct node *value)
{
    (void)r;
    (void)name;
    return entry_add(into, value, false);
}

void *ignore_add(struct reader *r, void *into, const struct node *name,
                 const struct node *value)
{
    (void)r;
    (void)name;
    return entry_add(into, value, true);
}

void rule_done(struct reader *r, void *into, const struct node *n)
{
    json_t *raw = jx_arr(into, "raw"), *fp = jx_arr(into, "fingerprint");
    const struct node *place = node_get(n, "raw");
    size_t i, j;
    json_t *a, *b;

    const char *rank = jx_str_or(into, "rank", "");
    bool recovery = str_eq(rank, "recovery");

    if (!node_get(n, "category") && !recovery && !str_eq(rank, "noise"))
        node_error(r, n, "%s needs \"category\"", rule_section.what);
    if (recovery != !!node_get(n, "takes_back"))
        node_error(r, n, "rank: recovery and takes_back: go together");
    json_array_foreach(raw, i, a) {
        bool found = false;

        json_array_foreach(fp, j, b)
            found = found || json_equal(a, b);
        if (!found)
            node_error(r, place, "raw: \"%s\" is not in fingerprint:",
                       json_string_value(a));
    }
}

/* ---- merging ------------------------------------------------------------ */

/* A rule of the merged list. */
struct by_id {
    char *id;
    struct rule_entry *e;
    bool disabled;
    UT_hash_handle hh;
};

static struct by_id *id_find(struct by_id *table, const char *id)
{
    struct by_id *b;

    HASH_FIND_STR(table, id, b);
    return b;
}

static char *id_hint(struct by_id *table, const char *id)
{
    struct nearest near = { .word = id };

    for (struct by_id *b = table; b; b = b->hh.next)
        nearest_try(&near, b->id);
    return nearest_hint(&near);
}

/* The entry that a site rule takes the place of keeps its place in the
 * order, because the order decides between equal matches. */
static void replace(struct loading *l, struct by_id *old, struct rule_entry *e)
{
    if (old->e->ignore != e->ignore) {
        node_error(&l->reader, e->n,
                   "override: \"%s\" is of the other "
                   "kind, at %s",
                   old->id, jx_str(old->e->rule, "at"));
        return;
    }
    json_decref(old->e->rule);
    old->e->rule = json_incref(e->rule);
    json_decref(e->rule);
    e->rule = NULL;
}

static void take(struct loading *l, struct by_id **table, struct rule_entry *e)
{
    const char *id = jx_str(e->rule, "id");
    bool override = jx_bool(e->rule, "override", false);
    struct by_id *old = id ? id_find(*table, id) : NULL;

    json_object_del(e->rule, "override");
    if (!id)
        return;
    if (override && old) {
        replace(l, old, e);
    } else if (override) {
        CLEANUP_FREE char *hint = id_hint(*table, id);

        node_error(&l->reader, e->n,
                   "override: there is no rule \"%s\" "
                   "before this%s",
                   id, hint);
    } else if (old) {
        node_error(&l->reader, e->n,
                   "rule \"%s\" is at %s already; "
                   "override: true would replace it",
                   id, jx_str(old->e->rule, "at"));
    } else {
        old = xcalloc(1, sizeof(*old));
        old->id = xstrdup(id);
        old->e = e;
        HASH_ADD_KEYPTR(hh, *table, old->id, strlen(old->id), old);
    }
}

static void disable(struct loading *l, struct by_id *table,
                    const struct node *n)
{
    struct by_id *b = id_find(table, n->text);
    CLEANUP_FREE char *hint = NULL;

    if (b) {
        b->disabled = true;
        return;
    }
    if (l->broken)
        return;
    hint = id_hint(table, n->text);
    node_error(&l->reader, n, "disable: there is no rule \"%s\"%s", n->text,
               hint);
}

static bool is_disabled(struct by_id *table, const struct rule_entry *e)
{
    const char *id = jx_str(e->rule, "id");
    struct by_id *b = id ? id_find(table, id) : NULL;

    return b && b->disabled;
}

static void put_rules(struct loading *l, struct by_id *table, bool shipped)
{
    for (size_t i = 0; i < l->nr_rules; i++) {
        struct rule_entry *e = &l->rules[i];

        if (e->rule && e->shipped == shipped && !is_disabled(table, e))
            json_array_append(e->ignore ? l->s.ignore : l->s.rules, e->rule);
    }
}

char *rules_digest(const struct settings *s)
{
    CLEANUP_JSON json_t *both = json_array();
    const json_t *const lists[] = { s->rules, s->ignore };
    CLEANUP_FREE char *text = NULL;

    for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
        json_t *list = json_array(), *rule;
        size_t j;

        json_array_foreach(lists[i], j, rule) {
            json_t *of = json_copy(rule);

            json_object_del(of, "at");
            json_object_del(of, "shipped");
            json_array_append_new(list, of);
        }
        json_array_append_new(both, list);
    }
    text = jx_dump(both);
    return digest_text128(text, strlen(text));
}

void rules_merge(struct loading *l)
{
    struct by_id *table = NULL, *b, *tmp;

    for (int shipped = 1; shipped >= 0; shipped--)
        for (size_t i = 0; i < l->nr_rules; i++)
            if (l->rules[i].shipped == shipped && l->rules[i].rule)
                take(l, &table, &l->rules[i]);
    for (size_t i = 0; i < l->nr_refs; i++)
        if (l->refs[i].kind == REF_RULE)
            disable(l, table, l->refs[i].n);
    l->s.rules = json_array();
    l->s.ignore = json_array();
    put_rules(l, table, true);
    put_rules(l, table, false);
    HASH_ITER(hh, table, b, tmp)
    {
        HASH_DEL(table, b);
        free(b->id);
        free(b);
    }
}
