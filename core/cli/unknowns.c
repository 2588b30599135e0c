/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What no rule knows, in groups. Must not put into one group what only has
 * the same words in another order: rules are written from it.
 */
#include <config.h>

#include "core/cli/unknowns.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/classify/alike.h"

struct reading {
    struct unknowns *u;
    struct words *heads; /* by group */
    size_t alloc;
};

static const char *message_of(const struct unknown *u)
{
    return jx_str_or(u->detail, "message", "");
}

static void begin(struct reading *r, struct unknown *u, const struct words *w)
{
    struct unknowns *all = r->u;

    ALLOC_GROW(r->heads, all->nr + 1, r->alloc);
    r->heads[all->nr] = *w;
    ALLOC_GROW(all->l, all->nr + 1, all->alloc);
    all->l[all->nr++] = (struct unknown_group){
        .head = *u,
        .alike = json_array(),
        .messages = json_pack("[s]", message_of(u)),
        .projects = u->projects,
        .runs = u->runs,
        .first = u->first,
        .last = u->last,
    };
    memset(u, 0, sizeof(*u));
}

static bool says(const json_t *messages, const char *text)
{
    const json_t *m;
    size_t i;

    json_array_foreach((json_t *)messages, i, m)
        if (!strcmp(json_string_value(m), text))
            return true;
    return false;
}

static void join(struct unknown_group *g, const struct unknown *u)
{
    json_array_append_new(g->alike, json_string(u->fingerprint));
    if (!says(g->messages, message_of(u)))
        json_array_append_new(g->messages, json_string(message_of(u)));
    g->runs += u->runs;
    if (u->first < g->first)
        g->first = u->first;
    if (u->last > g->last)
        g->last = u->last;
}

static int take(void *user, struct unknown *u)
{
    struct reading *r = user;
    struct words w;

    words_of(&w, message_of(u), strlen(message_of(u)));
    for (size_t i = 0; i < r->u->nr; i++)
        if (words_alike(&r->heads[i], &w)) {
            join(&r->u->l[i], u);
            return 0;
        }
    begin(r, u, &w);
    return 0;
}

static int by_projects(const void *a, const void *b)
{
    const struct unknown_group *x = a, *y = b;

    if (x->projects != y->projects)
        return x->projects < y->projects ? 1 : -1;
    if (x->runs != y->runs)
        return x->runs < y->runs ? 1 : -1;
    if (x->last != y->last)
        return x->last < y->last ? 1 : -1;
    return strcmp(x->head.fingerprint, y->head.fingerprint);
}

/* A project that has several of a group is one project. */
static int count_projects(struct store *st, struct unknown_group *g,
                          struct err *err)
{
    CLEANUP_JSON json_t *all = json_copy(g->alike);

    if (!json_array_size(all))
        return 0;
    json_array_append_new(all, json_string(g->head.fingerprint));
    return store_unknown_projects(st, all, &g->projects, err);
}

int unknowns_read(struct store *st, struct unknowns *u, struct err *err)
{
    struct reading r = { .u = u };
    int rc;

    memset(u, 0, sizeof(*u));
    rc = store_unknown_each(st, take, &r, err);
    free(r.heads);
    for (size_t i = 0; rc == 0 && i < u->nr; i++)
        rc = count_projects(st, &u->l[i], err);
    if (rc == 0 && u->nr)
        qsort(u->l, u->nr, sizeof(u->l[0]), by_projects);
    if (rc < 0)
        unknowns_release(u);
    return rc;
}

void unknowns_release(struct unknowns *u)
{
    for (size_t i = 0; i < u->nr; i++) {
        unknown_release(&u->l[i].head);
        json_decref(u->l[i].alike);
        json_decref(u->l[i].messages);
    }
    free(u->l);
    memset(u, 0, sizeof(*u));
}

static bool is_it(const char *have, const char *wanted)
{
    const char *colon = strchr(have, ':');

    return str_starts(have, wanted) || (colon && str_starts(colon + 1, wanted));
}

static bool has(const struct unknown_group *g, const char *fingerprint)
{
    const json_t *one;
    size_t i;

    json_array_foreach(g->alike, i, one)
        if (is_it(json_string_value(one), fingerprint))
            return true;
    return is_it(g->head.fingerprint, fingerprint);
}

const struct unknown_group *unknowns_find(const struct unknowns *u,
                                          const char *fingerprint)
{
    for (size_t i = 0; i < u->nr; i++)
        if (has(&u->l[i], fingerprint))
            return &u->l[i];
    return NULL;
}
