/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A wave: many projects of many owners hit within a short time. A window
 * slides over the hits once, so a thousand times as many cost a thousand
 * times as much. Must not know what an outbreak is called or kept as.
 */
#include <config.h>

#include "core/incident/incident-private.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"

struct owners_of {
    char *project;
    char **names;
    size_t nr;
    UT_hash_handle hh;
};

struct owners {
    struct store *st;
    struct owners_of *known;
};

struct owners *owners_new(struct store *st)
{
    struct owners *o = xcalloc(1, sizeof(*o));

    o->st = st;
    return o;
}

void owners_free(struct owners *o)
{
    struct owners_of *p, *tmp;

    HASH_ITER(hh, o->known, p, tmp)
    {
        HASH_DEL(o->known, p);
        for (size_t i = 0; i < p->nr; i++)
            free(p->names[i]);
        free(p->names);
        free(p->project);
        free(p);
    }
    free(o);
}

/* A project whose owners are not known is its own owner. */
static const struct owners_of *owners_get(struct owners *o, const char *project)
{
    json_t *fact CLEANUP_JSON = NULL;
    struct owners_of *p;
    size_t n;
    json_t *v;

    HASH_FIND_STR(o->known, project, p);
    if (p)
        return p;
    p = xcalloc(1, sizeof(*p));
    p->project = xstrdup(project);
    HASH_ADD_KEYPTR(hh, o->known, p->project, strlen(p->project), p);
    store_fact_get(o->st, project, "owners", &fact, NULL);
    p->names = xcalloc(json_array_size(fact) + 1, sizeof(*p->names));
    json_array_foreach(fact, n, v)
        if (json_is_string(v))
            p->names[p->nr++] = xstrdup(json_string_value(v));
    if (!p->nr)
        p->names[p->nr++] = xstrdup(project);
    return p;
}

/* ---- how often a name is in the window ---- */

struct tally {
    char *name;
    int64_t count;
    UT_hash_handle hh;
};

/* +1 when the name is new there, -1 when it has gone, else 0. */
static int tally_add(struct tally **all, const char *name, int by)
{
    struct tally *t;

    HASH_FIND_STR(*all, name, t);
    if (!t) {
        t = xcalloc(1, sizeof(*t));
        t->name = xstrdup(name);
        HASH_ADD_KEYPTR(hh, *all, t->name, strlen(t->name), t);
    }
    t->count += by;
    if (t->count == 0)
        return -1;
    return by > 0 && t->count == 1;
}

static void tally_free(struct tally **all)
{
    struct tally *t, *tmp;

    HASH_ITER(hh, *all, t, tmp)
    {
        HASH_DEL(*all, t);
        free(t->name);
        free(t);
    }
}

struct window {
    struct owners *o;
    struct tally *projects, *owners;
    int64_t nr_projects, nr_owners;
};

static void window_add(struct window *w, const struct hit *h, int by)
{
    int change = tally_add(&w->projects, h->project, by);

    w->nr_projects += change;
    if (!change)
        return;
    const struct owners_of *p = owners_get(w->o, h->project);
    for (size_t i = 0; i < p->nr; i++)
        w->nr_owners += tally_add(&w->owners, p->names[i], change);
}

static void window_release(struct window *w)
{
    tally_free(&w->projects);
    tally_free(&w->owners);
}

int64_t wave_forming(const struct policy *p)
{
    int64_t third = p->outbreak_projects / 3;

    return third > 3 ? third : 3;
}

struct wave wave_find(struct owners *o, const struct hit *hits, size_t nr,
                      int64_t floor, const struct policy *p)
{
    struct window w = { .o = o };
    struct wave found = { 0 };
    size_t left = 0;

    while (left < nr && hits[left].at <= floor)
        left++;
    for (size_t i = left; i < nr && !found.on; i++) {
        window_add(&w, &hits[i], 1);
        while (hits[left].at < hits[i].at - p->outbreak_within)
            window_add(&w, &hits[left++], -1);
        found.on = w.nr_projects >= p->outbreak_projects
                   && w.nr_owners >= p->outbreak_owners;
        bool forming =
            w.nr_projects >= wave_forming(p)
            && w.nr_owners >= (p->outbreak_owners < 2 ? p->outbreak_owners : 2);
        if (!found.on && !forming)
            continue;
        /* The newest window that may be one, until one surely is. */
        found.forming = true;
        found.began = hits[left].at;
        found.last = hits[i].at;
    }
    window_release(&w);
    return found;
}

void wave_count(struct owners *o, const struct hit *hits, size_t nr,
                int64_t since, int64_t *projects, int64_t *owners)
{
    struct window w = { .o = o };

    for (size_t i = 0; i < nr; i++)
        if (hits[i].at >= since)
            window_add(&w, &hits[i], 1);
    *projects = w.nr_projects;
    *owners = w.nr_owners;
    window_release(&w);
}
