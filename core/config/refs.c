/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What can be said only once all files are read: names that nothing
 * defines, routes that reach nobody or are never reached. Must not repeat
 * what the tables said.
 */
#include <config.h>

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/config/loading.h"
#include "core/config/nearest.h"

static char *name_key(enum scope scope, const char *name)
{
    return xasprintf("%c%s", (char)scope, name);
}

static struct name *name_find(struct loading *l, enum scope scope,
                              const char *name)
{
    CLEANUP_FREE char *key = name_key(scope, name);
    struct name *found;

    HASH_FIND_STR(l->names, key, found);
    return found;
}

bool name_known(struct loading *l, enum scope scope, const char *name)
{
    return name_find(l, scope, name) != NULL;
}

const struct node *name_define(struct loading *l, enum scope scope,
                               const char *what, const struct node *n)
{
    struct name *name = name_find(l, scope, n->text);

    if (name) {
        node_error(&l->reader, n, "%s \"%s\" is at %s:%d:%d already", what,
                   n->text, name->n->file, name->n->line, name->n->column);
        return name->n;
    }
    name = xcalloc(1, sizeof(*name));
    name->key = name_key(scope, n->text);
    name->n = n;
    HASH_ADD_KEYPTR(hh, l->names, name->key, strlen(name->key), name);
    return NULL;
}

static void ref_add(struct loading *l, enum ref_kind kind, const struct node *n)
{
    if (n->kind != NODE_SCALAR || node_is_null(n))
        return;
    ALLOC_GROW(l->refs, l->nr_refs + 1, l->alloc_refs);
    l->refs[l->nr_refs].kind = kind;
    l->refs[l->nr_refs++].n = n;
}

void refs_add(struct loading *l, enum ref_kind kind, const struct node *n)
{
    if (!n)
        return;
    if (n->kind == NODE_SCALAR)
        ref_add(l, kind, n);
    for (size_t i = 0; n->kind == NODE_LIST && i < n->nr; i++)
        ref_add(l, kind, n->items[i]);
}

/* ---- names -------------------------------------------------------------- */

static void undefined(struct loading *l, const struct node *n, const char *what,
                      const struct nearest *near)
{
    CLEANUP_FREE char *hint = nearest_hint(near);

    node_error(&l->reader, n, "there is no %s \"%s\"%s", what, n->text, hint);
}

static void check_team(struct loading *l, const struct node *n)
{
    struct nearest near = { .word = n->text };

    if (n->text[0] == '@' || !strcmp(n->text, "maintainers")
        || !strcmp(n->text, "codeowners") || name_known(l, SCOPE_TEAM, n->text))
        return;
    for (size_t i = 0; i < l->s.nr_teams; i++)
        nearest_try(&near, l->s.teams[i].id);
    nearest_try(&near, "maintainers");
    nearest_try(&near, "codeowners");
    if (near.best)
        undefined(l, n, "team", &near);
    else
        node_error(&l->reader, n,
                   "there is no team \"%s\"; a person is "
                   "written \"@LOGIN\", in quotes",
                   n->text);
}

static void check_instance(struct loading *l, const struct node *n,
                           const struct instance *list, size_t nr,
                           const char *what)
{
    struct nearest near = { .word = n->text };

    for (size_t i = 0; i < nr; i++) {
        if (!strcmp(list[i].name, n->text))
            return;
        nearest_try(&near, list[i].name);
    }
    undefined(l, n, what, &near);
}

static void check_window(struct loading *l, const struct node *n)
{
    struct nearest near = { .word = n->text };

    if (name_known(l, SCOPE_WINDOW, n->text))
        return;
    for (size_t i = 0; i < l->s.nr_windows; i++)
        nearest_try(&near, l->s.windows[i].name);
    undefined(l, n, "window", &near);
}

/* Sinks that come later are no mistake, so this only warns. */
static void check_contact(struct loading *l, const struct node *n)
{
    struct nearest near = { .word = n->text };
    CLEANUP_FREE char *hint = NULL;

    for (size_t i = 0; i < l->s.nr_sinks; i++) {
        const struct instance *in = &l->s.sinks[i];

        if (!strcmp(in->name, n->text) || str_eq(in->plugin, n->text))
            return;
        nearest_try(&near, in->name);
        if (in->plugin)
            nearest_try(&near, in->plugin);
    }
    hint = nearest_hint(&near);
    node_warn(&l->reader, n,
              "no sink is called \"%s\" and none uses a "
              "plugin of this name%s",
              n->text, hint);
}

static bool rule_matches(const json_t *rule, const char *glob)
{
    size_t i;
    json_t *was;
    const char *id = jx_str(rule, "id");

    if (id && !fnmatch(glob, id, 0))
        return true;
    json_array_foreach(jx_arr(rule, "was"), i, was)
        if (!fnmatch(glob, json_string_value(was), 0))
            return true;
    return false;
}

static void check_rule_glob(struct loading *l, const struct node *n)
{
    struct nearest near = { .word = n->text };
    CLEANUP_FREE char *hint = NULL;
    size_t i;
    json_t *rule;

    /* fnmatch knows no {a,b}. */
    if (strchr(n->text, '{'))
        return;
    json_array_foreach(l->s.rules, i, rule) {
        if (rule_matches(rule, n->text))
            return;
        if (jx_str(rule, "id"))
            nearest_try(&near, jx_str(rule, "id"));
    }
    hint = nearest_hint(&near);
    node_warn(&l->reader, n, "no rule is called \"%s\"%s", n->text, hint);
}

/* Of sources and of the core itself: no rule has these. */
static bool is_without_rules(const char *category)
{
    return str_starts(category, "bot/") || str_starts(category, "unknown/");
}

/* Sources bring classes, too, so this only warns. */
static void check_category(struct loading *l, const struct node *n)
{
    struct nearest near = { .word = n->text };
    CLEANUP_FREE char *hint = NULL;
    CLEANUP_FREE char *wrong = category_match_wrong(n->text);
    size_t i;
    json_t *rule;

    /* areas are known; fnmatch knows no {a,b} */
    if (wrong || !strchr(n->text, '/') || strchr(n->text, '{')
        || is_without_rules(n->text) || !json_array_size(l->s.rules))
        return;
    json_array_foreach(l->s.rules, i, rule) {
        const char *category = jx_str(rule, "category");

        if (category && !fnmatch(n->text, category, 0))
            return;
        if (category)
            nearest_try(&near, category);
    }
    hint = nearest_hint(&near);
    node_warn(&l->reader, n, "no rule has the category \"%s\"%s", n->text,
              hint);
}

static void check_ref(struct loading *l, const struct ref *ref)
{
    if (problems_full(l->reader.pb))
        return;
    switch (ref->kind) {
    case REF_TEAM:
        check_team(l, ref->n);
        break;
    case REF_SINK:
        check_instance(l, ref->n, l->s.sinks, l->s.nr_sinks, "sink");
        break;
    case REF_SOURCE:
        check_instance(l, ref->n, l->s.sources, l->s.nr_sources, "source");
        break;
    case REF_WINDOW:
        check_window(l, ref->n);
        break;
    case REF_CONTACT:
        check_contact(l, ref->n);
        break;
    case REF_RULE_GLOB:
        check_rule_glob(l, ref->n);
        break;
    case REF_CATEGORY:
        check_category(l, ref->n);
        break;
    case REF_RULE:
        break; /* rules.c */
    }
}

/* ---- routes ------------------------------------------------------------- */

static bool is_true(const struct node *n)
{
    return n && n->kind == NODE_SCALAR && !strcmp(n->text, "true");
}

/* Matches all that comes to it, and ends the search. */
static bool takes_all(const struct node *route)
{
    const struct node *match = node_get(route, "match");

    return (!match || (match->kind == NODE_MAP && !match->nr))
           && !is_true(node_get(route, "continue"));
}

static void check_leaf(struct loading *l, const struct node *route, bool owner,
                       bool via)
{
    const struct node *own = node_get(route, "via");
    bool nobody = own && own->kind == NODE_LIST && !own->nr;

    if (nobody || (owner && via))
        return;
    if (is_true(node_get(route, "continue")) && !node_get(route, "owner")
        && !own)
        return;
    node_error(&l->reader, route,
               "this route has no %s, neither its own "
               "nor from above%s",
               !owner && !via ? "owner: and no via:"
               : owner        ? "via:"
                              : "owner:",
               via ? "" : " (via: [] tells nobody)");
}

static void check_routes(struct loading *l, const struct node *list, bool owner,
                         bool via)
{
    const struct node *wall = NULL;

    if (!list || list->kind != NODE_LIST)
        return;
    for (size_t i = 0; i < list->nr; i++) {
        const struct node *route = list->items[i];
        const struct node *children = node_get(route, "routes");
        bool has_owner = owner || node_get(route, "owner");
        bool has_via = via || node_get(route, "via");

        if (route->kind != NODE_MAP)
            continue;
        if (wall)
            node_warn(&l->reader, route,
                      "never reached: the route at %d:%d "
                      "takes everything",
                      wall->line, wall->column);
        else if (takes_all(route))
            wall = route;
        if (children && children->kind == NODE_LIST && children->nr)
            check_routes(l, children, has_owner, has_via);
        else
            check_leaf(l, route, has_owner, has_via);
    }
}

/* Where it was written decides what stands for "routes[2].routes[0]". */
static void name_routes(struct route *parent, const char *prefix)
{
    for (size_t i = 0; i < parent->nr_routes; i++) {
        struct route *r = &parent->routes[i];
        CLEANUP_FREE char *path = xasprintf("%s[%zu]", prefix, i);
        CLEANUP_FREE char *below = xasprintf("%s.routes", path);

        if (!r->id)
            r->id = xstrdup(path);
        name_routes(r, below);
    }
}

static void check_whole(struct loading *l)
{
    if (l->s.root.nr_routes && !l->s.has_fallback)
        problems_warn(l->reader.pb, l->s.path, 0, 0,
                      "there is no fallback: what no route and no owner "
                      "takes is told to nobody");
    for (size_t i = 0; i < l->nr_docs; i++)
        check_routes(l, node_get(l->docs[i]->root, "routes"), false, false);
}

void refs_check(struct loading *l)
{
    name_routes(&l->s.root, "routes");
    /* With a file missing, most of what follows would be its fault. */
    if (l->broken)
        return;
    for (size_t i = 0; i < l->nr_refs; i++)
        check_ref(l, &l->refs[i]);
    check_whole(l);
}
