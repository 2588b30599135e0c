/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From an incident to its tickets: routes, owners, the fallback, and the
 * outbreak that it is part of; and the keys of those tickets.
 *
 * A key is made of what a ticket groups by, with the project and the class of
 * the failure by the names that they had first: never of a route or a place
 * in a file, which change. Must not write.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/route/judge.h"
#include "core/route/reason.h"

static char by_project[] = "project", by_branch[] = "branch",
            by_kind[] = "kind", by_category[] = "category",
            by_fingerprint[] = "fingerprint";
static char *default_group[] = { by_project, by_branch, by_kind };
static char *outbreak_group[] = { by_category, by_fingerprint };

const char *incident_file(const struct incident *i)
{
    return jx_str(jx_obj(i->failure, "captures"), "file");
}

static bool groups_by(const struct routed *r, const char *key)
{
    for (size_t i = 0; i < r->nr_group_by; i++)
        if (!strcmp(r->group_by[i], key))
            return true;
    return false;
}

static const char *job_name(const struct incident *i)
{
    const char *task = jx_str(i->extra, "task");

    if (task)
        return task;
    for (size_t n = 0; n < i->nr_jobs; n++)
        if (i->jobs[n].standing)
            return i->jobs[n].name;
    return i->nr_jobs ? i->jobs[0].name : NULL;
}

static void group_set(json_t *group, const char *key, const char *value)
{
    if (value)
        jx_set_str(group, key, value);
    else
        json_object_set_new(group, key, json_null());
}

/* What i has for a group_by key. ob: it is the outbreak that is grouped. */
static const char *group_value(const struct incident *i, const char *key,
                               const char *owner, const struct outbreak *ob)
{
    if (!strcmp(key, "project"))
        return i->project;
    if (!strcmp(key, "branch"))
        return i->branch;
    if (!strcmp(key, "kind"))
        return str_or(i->kind, "build");
    if (!strcmp(key, "category"))
        return ob ? ob->category : i->category;
    if (!strcmp(key, "fingerprint"))
        return ob ? ob->fingerprint : i->fingerprint;
    if (!strcmp(key, "source"))
        return ob ? NULL : i->source;
    if (!strcmp(key, "owner"))
        return owner;
    if (ob)
        return NULL;
    if (!strcmp(key, "rule"))
        return i->rule;
    return !strcmp(key, "job") ? job_name(i) : NULL;
}

/* What the class of a failure was called when its ticket was opened: better
 * rules may say it otherwise since. */
static int class_first(struct judge *j, json_t *group, const char *fingerprint,
                       struct err *err)
{
    static const char *const keys[] = { "fingerprint", "category", "rule" };
    CLEANUP_JSON json_t *first = NULL;

    if (fingerprint && store_class_first(j->st, fingerprint, &first, err) < 0)
        return -1;
    for (size_t i = 0; first && i < ARRAY_SIZE(keys); i++)
        if (json_object_get(group, keys[i]))
            group_set(group, keys[i], jx_str(first, keys[i]));
    return 0;
}

/* Digest of the group, by the names that its parts had first. fingerprint: of
 * the class that is grouped, whatever it is grouped by. */
static char *group_key(struct judge *j, const json_t *group, const char *origin,
                       const char *fingerprint, struct err *err)
{
    CLEANUP_JSON json_t *canonical = json_copy((json_t *)group);
    CLEANUP_FREE char *text = NULL;

    if (json_object_get(canonical, "project"))
        jx_set_str(canonical, "project", origin);
    if (class_first(j, canonical, fingerprint, err) < 0)
        return NULL;
    text = jx_dump(canonical);
    return digest_text128(text, strlen(text));
}

static int group_make(struct judge *j, struct placement *p,
                      const struct incident *i, const char *origin,
                      const char *owner, const struct outbreak *ob,
                      struct err *err)
{
    char **by = p->r.nr_group_by ? p->r.group_by : default_group;
    size_t nr = p->r.nr_group_by ? p->r.nr_group_by : ARRAY_SIZE(default_group);

    p->group = json_object();
    for (size_t n = 0; n < nr; n++)
        group_set(p->group, by[n], group_value(i, by[n], owner, ob));
    if (p->r.confidential)
        jx_set_bool(p->group, "confidential", true);
    p->spans = !json_object_get(p->group, "project");
    p->kind = p->spans && (ob || !str_cmp0(i->blame, "infrastructure"))
                  ? "outbreak"
                  : str_or(i->kind, "build");
    p->key = group_key(j, p->group, origin,
                       ob ? ob->fingerprint : i->fingerprint, err);
    return p->key ? 0 : -1;
}

static struct placement *placement_add(struct placements *all,
                                       const struct routed *r, enum role role)
{
    struct placement *p = &all->of[all->nr++];

    memset(p, 0, sizeof(*p));
    p->r = *r;
    p->role = role;
    return p;
}

static void placement_clear(struct placement *p)
{
    free(p->key);
    free(p->own_via);
    json_decref(p->group);
    memset(p, 0, sizeof(*p));
}

void placements_release(struct placements *p)
{
    for (size_t i = 0; i < p->nr; i++)
        placement_clear(&p->of[i]);
    p->nr = 0;
}

static struct placement *placement_find(struct placements *all, const char *key)
{
    for (size_t i = 0; i < all->nr; i++)
        if (!strcmp(all->of[i].key, key))
            return &all->of[i];
    return NULL;
}

/* Two leaves of one incident that group alike are told apart by their
 * routes: one ticket has one owner. */
static int key_unique(struct judge *j, struct placements *all,
                      struct placement *p, const struct incident *i,
                      const char *origin, struct err *err)
{
    bool taken = false;

    for (size_t k = 0; k + 1 < all->nr; k++)
        taken = taken || !strcmp(all->of[k].key, p->key);
    if (!taken)
        return 0;
    jx_set_str(p->group, "route", p->r.route->id);
    free(p->key);
    p->key = group_key(j, p->group, origin, i->fingerprint, err);
    return p->key ? 0 : -1;
}

int placement_owner(struct judge *j, const struct placement *p,
                    const char *project, const char *file,
                    const struct owner **out, struct err *err)
{
    return judge_owner(j, p->r.owner, p->spans ? NULL : project, file, out,
                       err);
}

/* The rolling ticket of what has no route or nobody behind it. */
static void place_fallback(struct judge *j, const struct incident *i,
                           const struct routed *base, struct placements *all)
{
    struct routed r;
    struct placement *p;

    route_fallback(j->s, base, &r);
    p = placement_add(all, &r, ROLE_FALLBACK);
    p->r.confidential = base->confidential;
    p->group = json_object();
    jx_set_str(p->group, "fallback", str_or(r.owner, ""));
    if (p->r.confidential)
        jx_set_bool(p->group, "confidential", true);
    p->spans = true;
    p->kind = KIND_FALLBACK;
    p->key = group_key(j, p->group, str_or(i->project, ""), NULL, NULL);
}

/* The told ticket of a project that lost its people goes on: it must close
 * where it was opened. */
static int told_already(struct judge *j, const char *key, struct told *told,
                        struct err *err)
{
    struct ticket t;
    int got = store_ticket_get(j->st, key, &t, err);

    memset(told, 0, sizeof(*told));
    if (got == 1 && t.state != TICKET_RESOLVED
        && desire_told(j, &t, told, err) < 0)
        got = -1;
    ticket_release(&t);
    return got < 0 ? -1 : 0;
}

/* It stays beside the fallback's: there it is seen why, and the sinks are
 * asked again on its account. The fallback's does not come and go with each
 * try. */
static int place_unreached(struct judge *j, struct placement *p,
                           enum reach reach, bool *fallback, struct err *err)
{
    struct told told;

    if (reach == REACH_FINE)
        return 0;
    if (told_already(j, p->key, &told, err) < 0)
        return -1;
    if (told.there)
        return 0;
    if (reach == REACH_LOST)
        p->nobody = REASON_UNREACHABLE;
    *fallback = *fallback || j->s->has_fallback;
    return 0;
}

static int place_leaf(struct judge *j, const struct incident *i,
                      const struct routed *r, const char *origin,
                      struct placements *all, bool *fallback, struct err *err)
{
    struct placement *p = placement_add(all, r, ROLE_OWN);
    const struct owner *o;
    struct told told;
    int found;

    p->r.confidential = r->confidential || class_is_confidential(i->category);
    p->spans = r->nr_group_by && !groups_by(r, "project");
    /* via: [] asks for silence; the fallback would break it. */
    if (r->via_at && !r->nr_via) {
        p->nobody = REASON_MUTED;
        if (group_make(j, p, i, origin, NULL, NULL, err) < 0)
            return -1;
        return key_unique(j, all, p, i, origin, err);
    }
    found = placement_owner(j, p, i->project, incident_file(i), &o, err);
    if (found < 0)
        return -1;
    if (group_make(j, p, i, origin, found ? o->name : NULL, NULL, err) < 0
        || key_unique(j, all, p, i, origin, err) < 0)
        return -1;
    if (found)
        people_via(j, p, i->project, o);
    if (found)
        return place_unreached(j, p, reach_of(j, p, i, o), fallback, err);
    p->nobody = REASON_NO_OWNER;
    if (await_facts(j, i, r->owner, o, &p->until, err) < 0)
        return -1;
    if (p->until) {
        p->nobody = REASON_FACTS_WAIT;
        all->waits = true;
        return 0;
    }
    if (!j->s->has_fallback)
        return 0;
    *fallback = true;
    if (told_already(j, p->key, &told, err) < 0)
        return -1;
    if (!told.granted) {
        placement_clear(p);
        all->nr--;
    }
    return 0;
}

/* For routes that match by owner: who maintains it. */
const json_t *owner_names(void *user)
{
    struct owners_of *n = user;
    const struct owner *o;

    if (n->names)
        return n->names;
    n->names = json_array();
    if (judge_owner(n->j, "maintainers", n->i->project, incident_file(n->i), &o,
                    NULL)
        == 1) {
        json_array_append_new(n->names, json_string(o->name));
        json_array_extend(n->names, o->persons);
    }
    return n->names;
}

/* Where an outbreak is told: what a failure of the infrastructure takes
 * that is not bound to a project; else the fallback; else the operators. */
static void outbreak_route(struct judge *j, const struct subject *of,
                           const struct outbreak *ob, struct routed *out)
{
    struct subject sub = *of;
    struct routed r[ROUTED_MAX], base;
    size_t nr;

    sub.blame = "infrastructure";
    sub.outbreak = true;
    if (ob->category)
        sub.category = ob->category;
    nr = route_find(j->s, &sub, r, &base, NULL);
    for (size_t n = 0; n < nr; n++) {
        if (r[n].nr_group_by && !groups_by(&r[n], "project")
            && !groups_by(&r[n], "branch")) {
            *out = r[n];
            return;
        }
    }
    if (j->s->has_fallback) {
        route_fallback(j->s, &base, out);
        out->digest = 0;
    } else {
        *out = base;
        out->owner = j->s->operators_owner;
        out->via = j->s->operators_via;
        out->nr_via = j->s->nr_operators_via;
    }
    out->group_by = outbreak_group;
    out->nr_group_by = ARRAY_SIZE(outbreak_group);
}

static int place_outbreak(struct judge *j, const struct incident *i,
                          const struct subject *sub, const struct outbreak *ob,
                          const char *origin, struct placements *all,
                          struct err *err)
{
    struct routed r;
    struct placement *p, *same;
    struct ticket t;
    int there;

    outbreak_route(j, sub, ob, &r);
    p = placement_add(all, &r, ROLE_OUTBREAK);
    if (group_make(j, p, i, origin, r.owner, ob, err) < 0)
        return -1;
    same = placement_find(all, p->key);
    if (same != p) { /* its own route leads there already */
        same->role = ROLE_OUTBREAK;
        same->nobody = NULL;
        placement_clear(p);
        all->nr--;
        return 0;
    }
    if (strcmp(ob->state, "over"))
        return 0;
    /* over: only where it was told is there a list to stay on */
    there = store_ticket_get(j->st, p->key, &t, err);
    ticket_release(&t);
    if (there == 0) {
        placement_clear(p);
        all->nr--;
    }
    return there < 0 ? -1 : 0;
}

int place(struct judge *j, const struct incident *i, struct placements *out,
          json_t *trace, struct err *err)
{
    const struct project_facts *f = judge_facts(j, i->project, err);
    const struct outbreak *ob = judge_outbreak(j, i);
    struct owners_of names = { j, i, NULL };
    struct routed r[ROUTED_MAX], base;
    struct subject sub;
    bool fallback = false;
    int rc = 0;
    size_t nr;

    memset(out, 0, sizeof(*out));
    if (!f)
        return -1;
    subject_of(&sub, i, f->default_branch);
    sub.owners = owner_names;
    sub.user = &names;
    nr = route_find(j->s, &sub, r, &base, trace);
    base.confidential = base.confidential || class_is_confidential(i->category);
    out->policy = nr ? r[0].policy : base.policy;
    for (size_t n = 0; !rc && n < nr; n++)
        rc = place_leaf(j, i, &r[n], f->origin, out, &fallback, err);
    for (size_t n = 0, own = out->nr; !rc && n < own; n++)
        rc = digest_place(j, i, &out->of[n], out, err);
    if (!rc && (fallback || (!nr && j->s->has_fallback)))
        place_fallback(j, i, &base, out);
    if (!rc && !nr && !j->s->has_fallback) {
        struct placement *p = placement_add(out, &base, ROLE_OWN);

        p->nobody = REASON_NO_ROUTE;
        p->r.confidential = base.confidential;
        rc = group_make(j, p, i, f->origin, NULL, NULL, err);
    }
    if (!rc && ob && strcmp(ob->state, "forming"))
        rc = place_outbreak(j, i, &sub, ob, f->origin, out, err);
    json_decref(names.names);
    if (rc < 0)
        placements_release(out);
    return rc;
}
