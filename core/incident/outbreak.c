/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Outbreaks: one cause at many projects of many owners at about one time.
 * They form, are on, and are over; the incidents that are part of one carry
 * its key. Must not tell anybody: route/ does, once for all of them.
 */
#include <config.h>

#include "core/incident/incident-private.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/when.h"

/* Incidents with one fingerprint, or infrastructure's of one category. */
struct group {
    char *key;
    char *category, *fingerprint;
    bool infra, whole; /* whole: the category */
    struct hit *hits;
    size_t nr, alloc;
    struct outbreak was; /* key NULL: none known */
    UT_hash_handle hh;
};

/* An incident that joined or left in this pass. */
struct change {
    int64_t id;
    char *outbreak;
    UT_hash_handle hh;
};

struct outbreaks {
    struct store *st;
    struct change *changes;
    const struct policy *policy;
    int64_t now;
    struct group *groups;
    struct owners *owners;
    int64_t since;
};

/* ---- gathering ---- */

static struct group *group_get(struct outbreaks *all, const char *key)
{
    struct group *g;

    HASH_FIND_STR(all->groups, key, g);
    if (g)
        return g;
    g = xcalloc(1, sizeof(*g));
    g->key = xstrdup(key);
    HASH_ADD_KEYPTR(hh, all->groups, g->key, strlen(g->key), g);
    return g;
}

static void hit_release(struct hit *h)
{
    free(h->project);
    free(h->branch);
    free(h->outbreak);
}

static void groups_free(struct outbreaks *all)
{
    struct group *g, *tmp;

    HASH_ITER(hh, all->groups, g, tmp)
    {
        HASH_DEL(all->groups, g);
        for (size_t i = 0; i < g->nr; i++)
            hit_release(&g->hits[i]);
        free(g->hits);
        free(g->key);
        free(g->category);
        free(g->fingerprint);
        outbreak_release(&g->was);
        free(g);
    }
}

static void group_add(struct outbreaks *all, const char *key,
                      const struct incident_brief *i, bool infra, bool whole)
{
    struct group *g = group_get(all, key);

    str_replace(&g->category, i->category);
    if (!whole)
        str_replace(&g->fingerprint, i->fingerprint);
    g->infra = infra;
    g->whole = whole;
    ALLOC_GROW(g->hits, g->nr + 1, g->alloc);
    g->hits[g->nr++] = (struct hit){
        .id = i->id,
        .at = i->first_seen,
        .project = xstrdup(i->project),
        .branch = xstrdup(i->branch),
        .outbreak = xstrdup0(i->outbreak),
        .standing = i->standing,
    };
}

static int gather(void *user, const struct incident_brief *i)
{
    struct outbreaks *all = user;
    const char *category = str_or(i->category, "unknown/unclassified");
    bool infra =
        str_eq(i->blame, "infrastructure") || str_starts(category, "infra/");
    CLEANUP_FREE char *key = infra
                                 ? xasprintf("%s %s", category, i->fingerprint)
                                 : xstrdup(i->fingerprint);

    group_add(all, key, i, infra, false);
    if (infra)
        group_add(all, category, i, true, true);
    return 0;
}

static int gather_known(void *user, const struct outbreak *o)
{
    struct outbreaks *all = user;
    struct group *g = group_get(all, o->key);

    g->was = (struct outbreak){
        .key = xstrdup(o->key),
        .category = xstrdup0(o->category),
        .fingerprint = xstrdup0(o->fingerprint),
        .state = xstrdup(o->state),
        .began = o->began,
        .last_joined = o->last_joined,
        .ended = o->ended,
        .projects = o->projects,
        .owners = o->owners,
    };
    g->whole = !o->fingerprint;
    str_replace(&g->category, o->category);
    str_replace(&g->fingerprint, o->fingerprint);
    if (strcmp(o->state, "over") != 0 && o->began < all->since)
        all->since = o->began;
    return 0;
}

/* ---- members ---- */

static void change_note(struct outbreaks *all, const struct hit *h)
{
    struct change *c;

    HASH_FIND(hh, all->changes, &h->id, sizeof(h->id), c);
    if (!c) {
        c = xcalloc(1, sizeof(*c));
        c->id = h->id;
        HASH_ADD(hh, all->changes, id, sizeof(c->id), c);
    }
    str_replace(&c->outbreak, h->outbreak);
}

static void changes_free(struct outbreaks *all)
{
    struct change *c, *tmp;

    HASH_ITER(hh, all->changes, c, tmp)
    {
        HASH_DEL(all->changes, c);
        free(c->outbreak);
        free(c);
    }
}

/* What the outbreak of a fingerprint has taken its category may not count:
 * the category's hits learn what became of them. */
static void whole_refresh(struct outbreaks *all, struct group *whole)
{
    struct change *c;

    for (size_t i = 0; i < whole->nr; i++) {
        HASH_FIND(hh, all->changes, &whole->hits[i].id,
                  sizeof(whole->hits[i].id), c);
        if (c)
            str_replace(&whole->hits[i].outbreak, c->outbreak);
    }
}

/* The evidence of a branch reads otherwise when a cause is everybody's and
 * not its own. Infrastructure is never its own. */
static int member_set(struct outbreaks *all, const struct group *g,
                      struct hit *h, const char *key, struct err *err)
{
    if (store_incident_outbreak(all->st, h->id, key, key, err) < 0)
        return -1;
    str_replace(&h->outbreak, key);
    change_note(all, h);
    if (g->infra)
        return 0;
    return store_dirty_mark(all->st, h->project, h->branch, err);
}

static int members_join(struct outbreaks *all, struct group *g, int64_t since,
                        struct err *err)
{
    for (size_t i = 0; i < g->nr; i++)
        if (g->hits[i].at >= since && !g->hits[i].outbreak
            && member_set(all, g, &g->hits[i], g->key, err) < 0)
            return -1;
    return 0;
}

/* It came to nothing: everybody answers for himself again. */
static int members_leave(struct outbreaks *all, struct group *g,
                         struct err *err)
{
    for (size_t i = 0; i < g->nr; i++)
        if (str_eq(g->hits[i].outbreak, g->key)
            && member_set(all, g, &g->hits[i], NULL, err) < 0)
            return -1;
    return 0;
}

/* ---- one group ---- */

static int group_write(struct outbreaks *all, struct group *g,
                       const struct outbreak *o, struct err *err)
{
    const struct outbreak *was = &g->was;
    bool news = !was->key || strcmp(was->state, o->state) != 0;

    if (!news && was->began == o->began && was->ended == o->ended
        && was->last_joined == o->last_joined && was->projects == o->projects
        && was->owners == o->owners)
        return 0;
    if (store_outbreak_put(all->st, o, err) < 0)
        return -1;
    return news ? store_outbreak_touch(all->st, g->key, err) : 0;
}

static int64_t newest_of(const struct group *g, int64_t since, int64_t last)
{
    for (size_t i = 0; i < g->nr; i++)
        if (g->hits[i].at >= since && g->hits[i].at > last)
            last = g->hits[i].at;
    return last;
}

/* Whoever it hits by now is part of it. */
static int group_joins(struct outbreaks *all, struct group *g,
                       struct outbreak *o, struct err *err)
{
    if (members_join(all, g, o->began, err) < 0)
        return -1;
    o->last_joined = newest_of(g, o->began, o->last_joined);
    if (g->nr)
        wave_count(all->owners, g->hits, g->nr, o->began, &o->projects,
                   &o->owners);
    return 0;
}

/* What is on goes on while projects join. */
static int group_goes_on(struct outbreaks *all, struct group *g,
                         struct outbreak *o, struct err *err)
{
    if (group_joins(all, g, o, err) < 0)
        return -1;
    if (all->now - o->last_joined > all->policy->outbreak_quiet) {
        o->state = (char *)"over";
        o->ended = all->now;
    }
    return group_write(all, g, o, err);
}

static int group_forms(struct outbreaks *all, struct group *g,
                       struct outbreak *o, const struct wave *w,
                       struct err *err)
{
    if (w->on) {
        o->state = (char *)"on";
        if (w->began < o->began)
            o->began = w->began;
        return group_goes_on(all, g, o, err);
    }
    if (group_joins(all, g, o, err) < 0)
        return -1;
    if (all->now - o->last_joined > all->policy->outbreak_hold) {
        o->state = (char *)"over";
        o->ended = all->now;
        if (members_leave(all, g, err) < 0)
            return -1;
    }
    return group_write(all, g, o, err);
}

static int group_begins(struct outbreaks *all, struct group *g,
                        const struct wave *w, struct err *err)
{
    struct outbreak o = {
        .key = g->key,
        .category = g->category,
        .fingerprint = g->fingerprint,
        .began = w->began,
        .last_joined = newest_of(g, w->began, w->last),
    };

    /* Long past and it never was enough: nothing to hold. */
    if (!w->on && all->now - w->last > all->policy->outbreak_hold)
        return 0;
    o.state = (char *)(w->on ? "on" : "forming");
    if (members_join(all, g, o.began, err) < 0)
        return -1;
    wave_count(all->owners, g->hits, g->nr, o.began, &o.projects, &o.owners);
    return group_write(all, g, &o, err);
}

/* Hits that another outbreak has are not this one's. */
static void group_drop_others(struct group *g)
{
    size_t nr = 0;

    for (size_t i = 0; i < g->nr; i++) {
        if (g->hits[i].outbreak && !str_eq(g->hits[i].outbreak, g->key))
            hit_release(&g->hits[i]);
        else
            g->hits[nr++] = g->hits[i];
    }
    g->nr = nr;
}

static int group_update(struct outbreaks *all, struct group *g, struct err *err)
{
    struct outbreak o = g->was;
    bool live = o.key && strcmp(o.state, "over") != 0;
    int64_t floor = o.key && !live ? o.last_joined : INT64_MIN;
    struct wave w = { 0 };

    group_drop_others(g);
    if (!live && (int64_t)g->nr < wave_forming(all->policy))
        return 0;
    if (live && !strcmp(o.state, "on"))
        return group_goes_on(all, g, &o, err);
    w = wave_find(all->owners, g->hits, g->nr, floor, all->policy);
    if (live)
        return group_forms(all, g, &o, &w, err);
    return w.forming ? group_begins(all, g, &w, err) : 0;
}

/* ---- all of them ---- */

static int update_all(struct outbreaks *all, struct err *err)
{
    struct group *g, *tmp;

    HASH_ITER(hh, all->groups, g, tmp)
    if (!g->whole && group_update(all, g, err) < 0)
        return -1;
    HASH_ITER(hh, all->groups, g, tmp)
    {
        if (!g->whole)
            continue;
        whole_refresh(all, g);
        if (group_update(all, g, err) < 0)
            return -1;
    }
    return 0;
}

int outbreak_update(struct store *st, const struct settings *s, int64_t now,
                    struct err *err)
{
    struct outbreaks all = { .st = st, .policy = &s->policy, .now = now };
    int r = -1;

    if (s->policy.outbreak_projects <= 0)
        return 0;
    all.since =
        now
        - (s->policy.outbreak_within > DAY ? s->policy.outbreak_within : DAY);
    all.owners = owners_new(st);
    if (store_outbreak_each(st, false, gather_known, &all, err) == 0
        && store_incident_scan(st, all.since, gather, &all, err) == 0
        && store_begin(st, STORE_BATCH, err) == 0) {
        r = update_all(&all, err);
        if (r == 0)
            r = store_commit(st, err);
        if (r < 0)
            store_rollback(st);
    }
    groups_free(&all);
    changes_free(&all);
    owners_free(all.owners);
    return r;
}
