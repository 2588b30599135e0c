/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The keys of routes, of what is inhibited, of the fallback and of the
 * operators: what is told to whom.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/config/keys.h"

const char *const area_words[] = {
    "dependency", "source",  "configure", "compile", "link",
    "test",       "package", "upload",    "infra",   "bot",
    "security",   "unknown", NULL,
};
const char *const blame_words[] = {
    "recipe", "dependency", "upstream", "infrastructure",
    "bot",    "unknown",    NULL,
};
static const char *const group_words[] = {
    "project", "branch", "kind",   "category", "fingerprint",
    "rule",    "job",    "source", "owner",    NULL,
};

static const char *const equal_words[] = {
    "project", "branch", "kind",        "category",   "area",
    "rule",    "source", "fingerprint", "dependency", NULL,
};

static void match_done(struct reader *r, void *into, const struct node *n)
{
    struct loading *l = loading_of(r);

    (void)into;
    refs_add(l, REF_SOURCE, node_get(n, "source"));
    refs_add(l, REF_RULE_GLOB, node_get(n, "rule"));
    /* a source may bring classes of its own */
    if (!node_get(n, "source"))
        refs_add(l, REF_CATEGORY, node_get(n, "category"));
}

static const struct key match_keys[] = {
    TEXTS(match, "project", project, "globs of owner/name",
          .wrong = project_bad),
    TEXTS(match, "branch", branch,
          "globs of branches; default is the default branch",
          .wrong = glob_bad),
    TEXTS(match, "category", category, "area/kind, area, or globs of them",
          .wrong = category_match_wrong),
    TEXTS(match, "area", area, "areas", .words = area_words),
    TEXTS(match, "blame", blame, "who can mend it", .words = blame_words),
    TEXTS(match, "rule", rule, "globs of rule ids", .wrong = glob_bad),
    TEXTS(match, "source", source, "source instances"),
    TEXTS(match, "owner", owner, "globs of owners", .wrong = glob_bad),
    TEXTS(match, "job", job, "globs of jobs", .wrong = glob_bad),
    VALUE(match, BOOL, "outbreak", outbreak, "whether it is one of many",
          .flags = KEY_TRISTATE),
};
static const struct section match_section = {
    .name = "match",
    .what = "match",
    KEYS(match_keys),
    .done = match_done,
};

void route_init(struct route *route)
{
    memset(route, 0, sizeof(*route));
    route->match.outbreak = -1;
    route->digest = route->wait = -1;
    policy_init(&route->policy);
}

static void *route_append(struct route *parent, const struct node *n)
{
    struct route *route;

    parent->routes =
        xrealloc(parent->routes, (parent->nr_routes + 1) * sizeof(*route));
    route = &parent->routes[parent->nr_routes++];
    route_init(route);
    route->at = node_at(n);
    return route;
}

static void *route_add(struct reader *r, void *into, const struct node *name,
                       const struct node *value)
{
    (void)r;
    (void)name;
    return route_append(into, value);
}

void *root_add(struct reader *r, void *into, const struct node *name,
               const struct node *value)
{
    (void)r;
    (void)name;
    return route_append(&((struct loading *)into)->s.root, value);
}

static void route_done(struct reader *r, void *into, const struct node *n)
{
    struct loading *l = loading_of(r);
    struct route *route = into;
    const struct node *id = node_get(n, "id");

    route->has_via = node_get(n, "via") != NULL;
    route->has_hours = node_get(n, "active") || node_get(n, "mute");
    hours_done(r, n);
    if (id && id->kind == NODE_SCALAR)
        name_define(l, SCOPE_ROUTE, "route", id);
    refs_add(l, REF_TEAM, node_get(n, "owner"));
    refs_add(l, REF_SINK, node_get(n, "via"));
}

static const struct key route_keys[] = {
    TEXT(route, "id", id, "a name for decisions and --explain",
         .wrong = not_empty),
    { .name = "match",
      .kind = VALUE_SECTION,
      .section = &match_section,
      .offset = offsetof(struct route, match),
      .help = "which incidents; without it all" },
    { .name = "policy",
      .kind = VALUE_SECTION,
      .section = &route_policy_section,
      .offset = offsetof(struct route, policy),
      .help = "instead of the policy above" },
    TEXTS(route, "group_by", group_by, "what makes one ticket",
          .words = group_words),
    TEXT(route, "owner", owner,
         "maintainers, codeowners, a team's id or @login",
         .wrong = owner_wrong),
    TEXTS(route, "via", via, "sink instances", .flags = KEY_MAY_BE_EMPTY),
    VALUE(route, BOOL, "continue", cont, "the next routes are tried too"),
    VALUE(route, BOOL, "confidential", confidential,
          "only to confidential sinks"),
    TEXTS(route, "labels", labels, "labels of its tickets",
          .flags = KEY_MAY_BE_EMPTY, .wrong = not_empty),
    VALUE(route, DURATION, "digest", digest, "told together, this often",
          .flags = KEY_PERIOD),
    HOURS(route, hours),
    LIST("routes", route_section, route_add, "tried first, inherit from it"),
};
const struct section route_section = {
    .name = "route",
    .what = "a route",
    KEYS(route_keys),
    .done = route_done,
};

/* ---- inhibition --------------------------------------------------------- */

void *inhibit_add(struct reader *r, void *into, const struct node *name,
                  const struct node *value)
{
    struct settings *s = &((struct loading *)into)->s;
    struct inhibit *h;

    (void)r;
    (void)name;
    s->inhibit = xrealloc(s->inhibit, (s->nr_inhibit + 1) * sizeof(*h));
    h = &s->inhibit[s->nr_inhibit++];
    memset(h, 0, sizeof(*h));
    h->cause.outbreak = h->symptom.outbreak = -1;
    h->at = node_at(value);
    return h;
}

/* A side that matches all there is would silence an organisation. */
static void side_check(struct reader *r, const struct node *n, const char *side)
{
    const struct node *match = node_get(n, side);

    if (match && match->kind == NODE_MAP && !match->nr)
        node_error(r, match, "%s: matches everything: say which incidents",
                   side);
}

static void inhibit_done(struct reader *r, void *into, const struct node *n)
{
    (void)into;
    side_check(r, n, "cause");
    side_check(r, n, "symptom");
}

static const struct key inhibit_keys[] = {
    { .name = "cause",
      .kind = VALUE_SECTION,
      .section = &match_section,
      .offset = offsetof(struct inhibit, cause),
      .flags = KEY_REQUIRED,
      .help = "while one of these stands" },
    { .name = "symptom",
      .kind = VALUE_SECTION,
      .section = &match_section,
      .offset = offsetof(struct inhibit, symptom),
      .flags = KEY_REQUIRED,
      .help = "these are not told" },
    TEXTS(inhibit, "equal", equal,
          "in what both are the same; [] asks for nothing",
          .flags = KEY_REQUIRED | KEY_MAY_BE_EMPTY, .words = equal_words),
};
const struct section inhibit_section = {
    .name = "inhibit",
    .what = "an inhibition",
    KEYS(inhibit_keys),
    .done = inhibit_done,
};

/* ---- fallback and operators --------------------------------------------- */

static void fallback_done(struct reader *r, void *into, const struct node *n)
{
    struct loading *l = loading_of(r);
    struct route *route = into;

    l->s.has_fallback = true;
    route->has_via = true;
    str_replace(&route->id, "fallback");
    free(route->at);
    route->at = node_at(n);
    refs_add(l, REF_TEAM, node_get(n, "owner"));
    refs_add(l, REF_SINK, node_get(n, "via"));
}

static const struct key fallback_keys[] = {
    TEXT(route, "owner", owner, "a team's id or @login", .flags = KEY_REQUIRED,
         .wrong = owner_wrong),
    TEXTS(route, "via", via, "sink instances", .flags = KEY_REQUIRED),
    VALUE(route, DURATION, "digest", digest, "told together, this often",
          .flags = KEY_PERIOD),
    VALUE(route, DURATION, "wait", wait, "for owners that are not known yet"),
};
const struct section fallback_section = {
    .name = "fallback",
    .what = "the fallback",
    KEYS(fallback_keys),
    .done = fallback_done,
};

static void operators_done(struct reader *r, void *into, const struct node *n)
{
    (void)into;
    refs_add(loading_of(r), REF_TEAM, node_get(n, "owner"));
    refs_add(loading_of(r), REF_SINK, node_get(n, "via"));
}

static const struct key operators_keys[] = {
    TEXT(loading, "owner", s.operators_owner, "a team's id or @login",
         .flags = KEY_REQUIRED, .wrong = owner_wrong),
    { .name = "via",
      .kind = VALUE_TEXTS,
      .flags = KEY_REQUIRED,
      .offset = offsetof(struct loading, s.operators_via),
      .nr_offset = offsetof(struct loading, s.nr_operators_via),
      .help = "sink instances" },
};
const struct section operators_section = {
    .name = "operators",
    .what = "operators",
    KEYS(operators_keys),
    .done = operators_done,
};
