/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The configuration language: every key that exists, in tables. Must not
 * read files. tocsin.yaml(5), conf/tocsin.schema.json and these tables know
 * the same keys; a test compares them.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/config/loading.h"
#include "core/config/nearest.h"

/* Shorthands for the tables; T is the struct that offsets are into. */
#define TEXT(T, key, member, text, ...)                                      \
    { .name = key, .kind = VALUE_TEXT, .offset = offsetof(struct T, member), \
      .help = text, __VA_ARGS__ }
#define VALUE(T, type, key, member, text, ...)                               \
    { .name = key, .kind = VALUE_##type,                                     \
      .offset = offsetof(struct T, member), .help = text, __VA_ARGS__ }
#define TEXTS(T, key, member, text, ...)                                     \
    { .name = key, .kind = VALUE_TEXTS,                                      \
      .offset = offsetof(struct T, member),                                  \
      .nr_offset = offsetof(struct T, nr_##member), .help = text,            \
      __VA_ARGS__ }
/* More keys of the same struct. */
#define SAME(key, sub, text, ...)                                            \
    { .name = key, .kind = VALUE_SECTION, .section = &sub, .help = text,     \
      __VA_ARGS__ }
#define LIST(key, sub, adder, text, ...)                                     \
    { .name = key, .kind = VALUE_LIST, .section = &sub, .add = adder,        \
      .help = text, __VA_ARGS__ }
#define NAMED(key, sub, adder, text, ...)                                    \
    { .name = key, .kind = VALUE_NAMED, .section = &sub, .add = adder,       \
      .help = text, __VA_ARGS__ }
#define KEYS(table) .keys = table, .nr = ARRAY_SIZE(table)

const char *const area_words[] = {
    "dependency", "source", "configure", "compile", "link", "test",
    "package", "upload", "infra", "bot", "security", "unknown", NULL,
};
static const char *const blame_words[] = {
    "recipe", "dependency", "upstream", "infrastructure", "bot", "unknown",
    NULL,
};
static const char *const mark_words[] = {
    "error", "warning", "notice", NULL,
};
static const char *const prefer_words[] = { "first", "last", NULL };
static const char *const rank_words[] = {
    "cause", "symptom", "generic", "noise", "recovery", NULL,
};
static const char *const group_words[] = {
    "project", "branch", "kind", "category", "fingerprint", "rule", "job",
    "source", "owner", NULL,
};

static const char *const equal_words[] = {
    "project", "branch", "kind", "category", "area", "rule", "source",
    "fingerprint", "dependency", NULL,
};

static struct loading *loading_of(struct reader *r)
{
    return r->user;
}

/* ---- conditions and policy ---------------------------------------------- */

static void *bound_any(struct reader *r, void *into, const struct node *name,
                       const struct node *value)
{
    (void)r;
    (void)name;
    (void)value;
    return into;
}

static void *bound_all(struct reader *r, void *into, const struct node *name,
                       const struct node *value)
{
    ((struct condition *)into)->all = true;
    return bound_any(r, into, name, value);
}

static void bound_done(struct reader *r, void *into, const struct node *n)
{
    (void)into;
    if (n->nr != 1)
        node_error(r, n, "one bound an item, as in [{red_for: 2d}, "
                         "{pushes: 3}]");
}

static const struct key bound_keys[] = {
    VALUE(condition, DURATION, "red_for", red_for,
          "red for so long with no green since"),
    VALUE(condition, COUNT, "pushes", pushes, "so many red pushes"),
    VALUE(condition, NUMBER, "attempts", attempts,
          "so many attempts (bots count fractions)"),
    VALUE(condition, DURATION, "age", age, "first seen so long ago"),
};
static const struct section bound_section = {
    .name = "bound", .what = "a bound", KEYS(bound_keys), .done = bound_done,
};

/* The same bound twice in one list: the second would silently win. */
static void bounds_once(struct reader *r, const struct node *list)
{
    if (!list || list->kind != NODE_LIST)
        return;
    if (!list->nr)
        node_error(r, list, "an empty list of bounds is never met");
    for (size_t i = 0; i < list->nr; i++)
        for (size_t j = 0; j < i; j++) {
            const struct node *a = list->items[j], *b = list->items[i];

            if (a->kind == NODE_MAP && b->kind == NODE_MAP && a->nr && b->nr
                && !strcmp(a->keys[0]->text, b->keys[0]->text))
                node_error(r, b, "\"%s\" is given twice; it is at %d:%d "
                                 "already", b->keys[0]->text, a->line,
                           a->column);
        }
}

static void condition_done(struct reader *r, void *into,
                           const struct node *n)
{
    struct condition *c = into;
    const struct node *any = node_get(n, "any"), *all = node_get(n, "all");

    if (!any == !all)
        node_error(r, n, "say either any: or all:");
    bounds_once(r, any);
    bounds_once(r, all);
    c->set = true;
    c->all = all != NULL;
    free(c->at);
    c->at = node_at(n);
}

static const struct key condition_keys[] = {
    LIST("any", bound_section, bound_any, "one of these is enough"),
    LIST("all", bound_section, bound_all, "all of these must hold"),
};
static const struct section condition_section = {
    .name = "condition", .what = "open", KEYS(condition_keys),
    .done = condition_done,
};

static const struct key resolve_keys[] = {
    VALUE(policy, COUNT, "greens", resolve_greens,
          "green pushes before it closes"),
    VALUE(policy, DURATION, "quiet", resolve_quiet,
          "green for so long before it closes"),
};
static const struct section resolve_section = {
    .name = "resolve", .what = "resolve", KEYS(resolve_keys),
};

static const struct key flaky_keys[] = {
    VALUE(policy, COUNT, "rate", flaky_rate,
          "flaky failures that open a ticket; 0: never"),
    VALUE(policy, DURATION, "within", flaky_within, "... in this window"),
};
static const struct section flaky_section = {
    .name = "flaky", .what = "flaky", KEYS(flaky_keys),
};

static const struct key relapse_keys[] = {
    VALUE(policy, DURATION, "within", relapse_within,
          "red again so soon: told again at once"),
    VALUE(policy, COUNT, "flaps", flaps,
          "so many relapses and it is held open"),
    VALUE(policy, DURATION, "quiet", flap_quiet,
          "... until it was green for so long"),
};
static const struct section relapse_section = {
    .name = "relapse", .what = "relapse", KEYS(relapse_keys),
};

static const struct key budget_keys[] = {
    VALUE(policy, COUNT, "new_per_pass", new_per_pass,
          "new tickets a pass", .flags = KEY_UNLIMITED),
    VALUE(policy, COUNT, "new_per_day", new_per_day, "new tickets a day",
          .flags = KEY_UNLIMITED),
    VALUE(policy, COUNT, "new_per_person_per_day", new_per_person_per_day,
          "new tickets a person and day", .flags = KEY_UNLIMITED),
};
static const struct section budget_section = {
    .name = "budget", .what = "budget", KEYS(budget_keys),
};

static const struct key backlog_keys[] = {
    VALUE(policy, COUNT, "per_day", backlog_per_day,
          "tickets of the backlog that are told a day"),
};
static const struct section backlog_section = {
    .name = "backlog", .what = "backlog", KEYS(backlog_keys),
};

static const struct key outbreak_keys[] = {
    VALUE(policy, COUNT, "projects", outbreak_projects,
          "so many projects ..."),
    VALUE(policy, COUNT, "owners", outbreak_owners,
          "... of so many owners ..."),
    VALUE(policy, DURATION, "within", outbreak_within,
          "... within so long are an outbreak"),
    VALUE(policy, DURATION, "hold", outbreak_hold,
          "tickets wait so long while one may be forming"),
    VALUE(policy, DURATION, "quiet", outbreak_quiet,
          "nobody joined for so long: it is over"),
};
static const struct section outbreak_section = {
    .name = "outbreak", .what = "outbreak", KEYS(outbreak_keys),
};

#define ROUTE_POLICY                                                         \
    { .name = "open", .kind = VALUE_SECTION, .section = &condition_section,  \
      .offset = offsetof(struct policy, open),                               \
      .help = "what must hold before anybody is told" },                     \
    SAME("resolve", resolve_section, "what must hold before it closes"),     \
    VALUE(policy, DURATION, "remind", remind, "between reminders",           \
          .flags = KEY_NEVER),                                               \
    VALUE(policy, DURATION, "update_counts", update_counts,                  \
          "counts alone change a text at most this often"),                  \
    SAME("flaky", flaky_section, "red, then green at the same commit"),      \
    SAME("relapse", relapse_section, "red again after it closed")

static void policy_done(struct reader *r, void *into, const struct node *n)
{
    struct policy *p = into;

    (void)r;
    free(p->at);
    p->at = node_at(n);
}

static const struct key policy_keys[] = {
    ROUTE_POLICY,
    SAME("budget", budget_section, "how much may be new at once"),
    SAME("backlog", backlog_section, "what stood before arming"),
    SAME("outbreak", outbreak_section, "many projects, one cause"),
    VALUE(policy, DURATION, "absent_after", absent_after,
          "a job that moved elsewhere is waited for so long"),
};
static const struct section policy_section = {
    .name = "policy", .what = "the policy", KEYS(policy_keys),
    .done = policy_done,
};

static void policy_of_all(struct reader *r, void *into,
                          const struct node *key, const struct node *value);

static const struct key route_policy_keys[] = { ROUTE_POLICY };
static const struct section route_policy_section = {
    .name = "route_policy", .what = "a route's policy",
    KEYS(route_policy_keys), .other = policy_of_all, .done = policy_done,
};

static void policy_of_all(struct reader *r, void *into,
                          const struct node *key, const struct node *value)
{
    struct nearest near = { .word = key->text };
    CLEANUP_FREE char *hint = NULL;

    (void)into;
    (void)value;
    if (section_key(&policy_section, key->text)) {
        node_error(r, key, "\"%s\" is one for all routes: it stands in the "
                           "top-level policy:", key->text);
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(route_policy_keys); i++)
        nearest_try(&near, route_policy_keys[i].name);
    hint = nearest_hint(&near);
    node_error(r, key, "unknown key \"%s\" in a route's policy%s", key->text,
               hint);
}

/* ---- routes ------------------------------------------------------------- */

static void match_done(struct reader *r, void *into, const struct node *n)
{
    struct loading *l = loading_of(r);

    (void)into;
    refs_add(l, REF_SOURCE, node_get(n, "source"));
    refs_add(l, REF_RULE_GLOB, node_get(n, "rule"));
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
    .name = "match", .what = "match", KEYS(match_keys), .done = match_done,
};

void route_init(struct route *route)
{
    memset(route, 0, sizeof(*route));
    route->match.outbreak = -1;
    route->digest = -1;
    policy_init(&route->policy);
}

static void *route_append(struct route *parent, const struct node *n)
{
    struct route *route;

    parent->routes = xrealloc(parent->routes, (parent->nr_routes + 1)
                                                  * sizeof(*route));
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

static void *root_add(struct reader *r, void *into, const struct node *name,
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
    if (id && id->kind == NODE_SCALAR)
        name_define(l, SCOPE_ROUTE, "route", id);
    refs_add(l, REF_TEAM, node_get(n, "owner"));
    refs_add(l, REF_SINK, node_get(n, "via"));
}

static const struct section route_section;
static const struct key route_keys[] = {
    TEXT(route, "id", id, "a name for decisions and --explain",
         .wrong = not_empty),
    { .name = "match", .kind = VALUE_SECTION, .section = &match_section,
      .offset = offsetof(struct route, match),
      .help = "which incidents; without it all" },
    { .name = "policy", .kind = VALUE_SECTION,
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
    LIST("routes", route_section, route_add, "tried first, inherit from it"),
};
static const struct section route_section = {
    .name = "route", .what = "a route", KEYS(route_keys),
    .done = route_done,
};

/* ---- inhibition --------------------------------------------------------- */

static void *inhibit_add(struct reader *r, void *into,
                         const struct node *name, const struct node *value)
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
static void side_check(struct reader *r, const struct node *n,
                       const char *side)
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
    { .name = "cause", .kind = VALUE_SECTION, .section = &match_section,
      .offset = offsetof(struct inhibit, cause), .flags = KEY_REQUIRED,
      .help = "while one of these stands" },
    { .name = "symptom", .kind = VALUE_SECTION, .section = &match_section,
      .offset = offsetof(struct inhibit, symptom), .flags = KEY_REQUIRED,
      .help = "these are not told" },
    TEXTS(inhibit, "equal", equal,
          "in what both are the same; [] asks for nothing",
          .flags = KEY_REQUIRED | KEY_MAY_BE_EMPTY, .words = equal_words),
};
static const struct section inhibit_section = {
    .name = "inhibit", .what = "an inhibition", KEYS(inhibit_keys),
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
    TEXT(route, "owner", owner, "a team's id or @login",
         .flags = KEY_REQUIRED, .wrong = owner_wrong),
    TEXTS(route, "via", via, "sink instances", .flags = KEY_REQUIRED),
    VALUE(route, DURATION, "digest", digest, "told together, this often",
          .flags = KEY_PERIOD),
};
static const struct section fallback_section = {
    .name = "fallback", .what = "the fallback", KEYS(fallback_keys),
    .done = fallback_done,
};

static void operators_done(struct reader *r, void *into,
                           const struct node *n)
{
    (void)into;
    refs_add(loading_of(r), REF_TEAM, node_get(n, "owner"));
    refs_add(loading_of(r), REF_SINK, node_get(n, "via"));
}

static const struct key operators_keys[] = {
    TEXT(loading, "owner", s.operators_owner, "a team's id or @login",
         .flags = KEY_REQUIRED, .wrong = owner_wrong),
    { .name = "via", .kind = VALUE_TEXTS, .flags = KEY_REQUIRED,
      .offset = offsetof(struct loading, s.operators_via),
      .nr_offset = offsetof(struct loading, s.nr_operators_via),
      .help = "sink instances" },
};
static const struct section operators_section = {
    .name = "operators", .what = "operators", KEYS(operators_keys),
    .done = operators_done,
};

/* ---- owners ------------------------------------------------------------- */

static void *team_add(struct reader *r, void *into, const struct node *name,
                      const struct node *value)
{
    struct settings *s = &((struct loading *)into)->s;
    struct team *t;

    if (!strcmp(name->text, "maintainers") || !strcmp(name->text, "codeowners")
        || strchr(name->text, '@') || strchr(name->text, '/')) {
        node_error(r, name, "a team cannot be called \"%s\"", name->text);
        return NULL;
    }
    name_define(loading_of(r), SCOPE_TEAM, "team", name);
    s->teams = xrealloc(s->teams, (s->nr_teams + 1) * sizeof(*t));
    t = &s->teams[s->nr_teams++];
    memset(t, 0, sizeof(*t));
    t->id = xstrdup(name->text);
    t->at = node_at(name);
    (void)value;
    return t;
}

static void team_done(struct reader *r, void *into, const struct node *n)
{
    struct team *t = into;
    const struct node *contacts = node_get(n, "contacts");

    if (!t->contacts)
        t->contacts = json_object();
    if (contacts && contacts->kind == NODE_MAP)
        for (size_t i = 0; i < contacts->nr; i++)
            refs_add(loading_of(r), REF_CONTACT, contacts->keys[i]);
}

static const struct key team_keys[] = {
    TEXTS(team, "persons", persons, "logins", .wrong = login_wrong,
          .flags = KEY_MAY_BE_EMPTY),
    VALUE(team, MAP, "contacts", contacts,
          "address by plugin or sink instance"),
};
static const struct section team_section = {
    .name = "team", .what = "a team", KEYS(team_keys), .done = team_done,
};

static void *ownership_add(struct reader *r, void *into,
                           const struct node *name, const struct node *value)
{
    struct settings *s = &((struct loading *)into)->s;
    struct ownership *o;

    (void)r;
    (void)name;
    s->ownership = xrealloc(s->ownership,
                            (s->nr_ownership + 1) * sizeof(*o));
    o = &s->ownership[s->nr_ownership++];
    memset(o, 0, sizeof(*o));
    o->at = node_at(value);
    return o;
}

static void ownership_done(struct reader *r, void *into,
                           const struct node *n)
{
    (void)into;
    refs_add(loading_of(r), REF_TEAM, node_get(n, "owners"));
}

static char *path_wrong(const char *text)
{
    if (!*text || *text == '!' || *text == '#')
        return xstrdup("no pattern of a CODEOWNERS file");
    if (strchr(text, '['))
        return xstrdup("CODEOWNERS patterns know no [ ]");
    return NULL;
}

static const struct key ownership_keys[] = {
    TEXT(ownership, "project", project, "glob of owner/name",
         .flags = KEY_REQUIRED, .wrong = project_bad),
    TEXT(ownership, "path", path,
         "CODEOWNERS pattern of files; without it all", .wrong = path_wrong),
    TEXTS(ownership, "owners", owners, "team ids, @login, @org/team",
          .flags = KEY_REQUIRED | KEY_MAY_BE_EMPTY, .wrong = owner_wrong),
};
static const struct section ownership_section = {
    .name = "ownership", .what = "an entry of owners", KEYS(ownership_keys),
    .done = ownership_done,
};

/* ---- sources and sinks -------------------------------------------------- */

#define INSTANCE_KEYS                                                        \
    TEXT(instance, "plugin", plugin, "which plugin", .flags = KEY_REQUIRED,  \
         .wrong = not_empty),                                                \
    VALUE(instance, DURATION, "deadline", deadline,                          \
          "its worker is ended after so long"),                              \
    VALUE(instance, SIZE, "memory", memory, "its worker's limit"),           \
    VALUE(instance, COUNT, "parallel", parallel,                             \
          "HTTP requests at a time to one host"),                            \
    VALUE(instance, COUNT, "requests", requests, "HTTP requests in a pass")

static const struct key source_keys[] = {
    INSTANCE_KEYS,
    VALUE(instance, DURATION, "stale_after", stale_after,
          "said to be stale when nothing new came for so long",
          .flags = KEY_NEVER),
};
const struct section source_section = {
    .name = "source", .what = "a source", KEYS(source_keys),
    .other = instance_option, .done = instance_done,
};

static char *redirect_wrong(const char *text)
{
    if (!*text)
        return xstrdup("empty");
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || strchr("*?@", *text))
            return xstrdup("no one place: a project is owner/name");
    return NULL;
}

static const struct key sink_keys[] = {
    INSTANCE_KEYS,
    VALUE(instance, BOOL, "confidential", confidential,
          "may be told of security/ failures"),
    TEXTS(instance, "allow", allow, "globs of projects; without it all",
          .wrong = glob_bad),
    TEXT(instance, "redirect", redirect,
         "everything goes to this one place, and calls nobody",
         .wrong = redirect_wrong),
};
const struct section sink_section = {
    .name = "sink", .what = "a sink", KEYS(sink_keys),
    .other = instance_option, .done = instance_done,
};

/* ---- rules -------------------------------------------------------------- */

#define RTEXT(key, text, ...)                                                \
    { .name = key, .kind = VALUE_TEXT, .help = text, __VA_ARGS__ }
#define RTEXTS(key, text, ...)                                               \
    { .name = key, .kind = VALUE_TEXTS, .help = text, __VA_ARGS__ }

static const struct key rule_keys[] = {
    RTEXT("id", "group/name", .flags = KEY_REQUIRED, .wrong = rule_id_wrong),
    RTEXT("category", "area/kind; needed unless it is noise",
          .wrong = category_wrong),
    RTEXT("blame", "who can mend it", .words = blame_words),
    RTEXT("rank", "how much a match says", .words = rank_words),
    { .name = "priority", .kind = VALUE_COUNT,
      .help = "of one rank the highest wins, wherever it stands" },
    RTEXT("prefer", "which of its lines counts", .words = prefer_words),
    RTEXTS("in", "tools or formats of the log; without it all",
           .wrong = not_empty),
    RTEXT("mark", "only lines that the CI marked so", .words = mark_words),
    RTEXTS("needs", "literals, one of which every match contains",
           .wrong = not_empty),
    RTEXT("pattern", "PCRE2", .flags = KEY_REQUIRED, .wrong = pattern_wrong),
    RTEXTS("then", "PCRE2 patterns of following lines",
           .wrong = pattern_wrong),
    RTEXTS("takes_back", "rules whose earlier hits a recovery undoes",
           .wrong = not_empty),
    RTEXT("summary", "what people read; {{capture}}s", .wrong = not_empty),
    RTEXTS("fingerprint", "captures that make the failure what it is",
           .flags = KEY_MAY_BE_EMPTY, .wrong = not_empty),
    RTEXTS("raw", "of these, the ones that are not normalised",
           .wrong = not_empty),
    RTEXTS("was", "earlier ids", .wrong = rule_id_wrong),
    RTEXT("advice", "what usually helps", .wrong = not_empty),
    RTEXT("severity", "fatal: wins over all else; minor: jobs survive it",
          .wrong = not_empty),
    { .name = "tail", .kind = VALUE_COUNT,
      .help = "counts only in so many last lines of what failed" },
    RTEXTS("examples", "lines that must match", .wrong = not_empty),
    RTEXTS("near_misses", "lines that must not", .wrong = not_empty),
    { .name = "override", .kind = VALUE_BOOL,
      .help = "replaces the rule of this id" },
};
const struct section rule_section = {
    .name = "rule", .what = "a rule", KEYS(rule_keys), .json = true,
    .done = rule_done,
};

static const struct key ignore_keys[] = {
    RTEXT("id", "group/name", .wrong = rule_id_wrong),
    RTEXTS("in", "tools or formats of the log; without it all",
           .wrong = not_empty),
    RTEXTS("needs", "literals, one of which every match contains",
           .wrong = not_empty),
    RTEXT("pattern", "PCRE2", .flags = KEY_REQUIRED, .wrong = pattern_wrong),
    RTEXT("why", "for people who read the rules", .wrong = not_empty),
    RTEXTS("examples", "lines that must match", .wrong = not_empty),
    RTEXTS("near_misses", "lines that must not", .wrong = not_empty),
};
const struct section ignore_section = {
    .name = "ignore", .what = "an ignore rule", KEYS(ignore_keys),
    .json = true,
};

/* ---- http --------------------------------------------------------------- */

/* As curl's --connect-to: HOST1:PORT1:HOST2:PORT2. */
static char *connect_to_wrong(const char *text)
{
    int colons = 0;

    for (const char *s = text; *s; s++) {
        colons += *s == ':';
        if (*s <= ' ' || *s == 0x7f)
            return xstrdup("no host:port:host:port");
    }
    return colons < 3 ? xstrdup("no host:port:host:port") : NULL;
}

static char *contact_wrong(const char *text)
{
    if (!*text)
        return xstrdup("empty");
    for (; *text; text++)
        if (*text < ' ' || *text > '~' || strchr("()\\", *text))
            return xstrdup("not plain ASCII without ( ) and \\");
    return NULL;
}

static const struct key http_keys[] = {
    TEXT(loading, "contact", s.http.contact,
         "who runs this, for the User-Agent: a URL or an address",
         .wrong = contact_wrong),
    TEXT(loading, "ca_file", s.http.ca_file,
         "certificates to trust instead of the system's",
         .wrong = not_empty),
    { .name = "connect_to", .kind = VALUE_TEXTS,
      .offset = offsetof(struct loading, s.http.connect_to),
      .nr_offset = offsetof(struct loading, s.http.nr_connect_to),
      .help = "host:port:host:port: connects elsewhere, as curl's",
      .wrong = connect_to_wrong },
    VALUE(loading, COUNT, "parallel", s.http.parallel,
          "requests at a time to one host"),
    VALUE(loading, COUNT, "requests", s.http.requests,
          "requests of one instance in a pass", .flags = KEY_UNLIMITED),
    VALUE(loading, DURATION, "connect_timeout", s.http.connect_timeout,
          "for a connection"),
    VALUE(loading, DURATION, "idle_timeout", s.http.idle_timeout,
          "without a byte"),
    VALUE(loading, DURATION, "timeout", s.http.timeout, "for all of it"),
    VALUE(loading, SIZE, "max_body", s.http.max_body,
          "largest reply, unpacked"),
    VALUE(loading, COUNT, "tries", s.http.tries,
          "of a request that may be repeated"),
    VALUE(loading, DURATION, "wait_max", s.http.wait_max,
          "a server may make us wait so long within a pass"),
};
static const struct section http_section = {
    .name = "http", .what = "http", KEYS(http_keys),
};

/* ---- guards ------------------------------------------------------------- */

static void breaker_done(struct reader *r, void *into, const struct node *n)
{
    struct guards *g = &((struct loading *)into)->s.guards;

    if (node_get(n, "times") && g->times < 1)
        node_error(r, node_get(n, "times"),
                   "times: less than the busiest day is no limit that a day "
                   "could keep; at least 1");
    if (node_get(n, "approval") && g->approval <= 0)
        node_error(r, node_get(n, "approval"),
                   "approval: one that ends at once approves nothing");
}

static const struct key breaker_keys[] = {
    VALUE(loading, COUNT, "at_least", s.guards.at_least,
          "writes of a kind that a pass may always do",
          .flags = KEY_UNLIMITED),
    VALUE(loading, COUNT, "times", s.guards.times,
          "... or so many times as many as on the busiest day ..."),
    VALUE(loading, COUNT, "days", s.guards.days, "... of so many"),
    VALUE(loading, DURATION, "approval", s.guards.approval,
          "what tocsin approve says holds so long"),
};
static const struct section breaker_section = {
    .name = "breaker", .what = "the breaker", KEYS(breaker_keys),
    .done = breaker_done,
};

static void guards_done(struct reader *r, void *into, const struct node *n)
{
    struct guards *g = &((struct loading *)into)->s.guards;

    (void)r;
    free(g->at);
    g->at = node_at(n);
}

static const struct key guards_keys[] = {
    SAME("breaker", breaker_section,
         "a pass that would write too much waits for a word"),
    TEXT(loading, "kill_switch", s.guards.kill_switch,
         "a file: while it is there nothing is written",
         .wrong = not_empty),
};
static const struct section guards_section = {
    .name = "guards", .what = "guards", KEYS(guards_keys),
    .done = guards_done,
};

/* ---- a file ------------------------------------------------------------- */

static const struct key keep_keys[] = {
    VALUE(loading, DURATION, "runs", s.keep_runs, "runs and their failures"),
    VALUE(loading, DURATION, "history", s.keep_history,
          "resolved incidents and decisions"),
};
static const struct section keep_section = {
    .name = "keep", .what = "keep", KEYS(keep_keys),
};

#define SETTING_TEXTS(key, member, text, ...)                                \
    { .name = key, .kind = VALUE_TEXTS,                                      \
      .offset = offsetof(struct loading, s.member),                          \
      .nr_offset = offsetof(struct loading, s.nr_##member), .help = text,    \
      __VA_ARGS__ }

static void file_done(struct reader *r, void *into, const struct node *n)
{
    struct loading *l = into;
    const struct node *version = node_get(n, "version");

    if (version && l->version != 1)
        node_error(r, version, "version: this Tocsin reads version 1");
    refs_add(l, REF_RULE, node_get(n, "disable"));
}

static const struct key file_keys[] = {
    VALUE(loading, COUNT, "version", version, "of this language: 1",
          .flags = KEY_MAIN | KEY_SHIPPED | KEY_GATHERS),
    TEXT(loading, "state", s.state, "sqlite:PATH", .wrong = state_wrong),
    VALUE(loading, BOOL, "armed", s.armed,
          "true: sinks may write to the outside world"),
    TEXTS(loading, "include", include, "globs of files to read too",
          .flags = KEY_GATHERS, .wrong = not_empty),
    NAMED("sources", source_section, source_add, "where runs come from",
          .flags = KEY_GATHERS),
    NAMED("sinks", sink_section, sink_add, "where messages go",
          .flags = KEY_GATHERS),
    { .name = "policy", .kind = VALUE_SECTION, .section = &policy_section,
      .offset = offsetof(struct loading, s.policy),
      .help = "when to tell, close, remind, hold" },
    LIST("routes", route_section, root_add, "who is told, and where",
         .flags = KEY_GATHERS),
    LIST("inhibit", inhibit_section, inhibit_add,
         "what is not told while its cause stands", .flags = KEY_GATHERS),
    { .name = "fallback", .kind = VALUE_SECTION,
      .section = &fallback_section,
      .offset = offsetof(struct loading, s.fallback),
      .help = "for what no route and no owner takes" },
    SAME("operators", operators_section,
         "who hears of Tocsin's own trouble"),
    NAMED("teams", team_section, team_add, "owners with names",
          .flags = KEY_GATHERS),
    LIST("owners", ownership_section, ownership_add,
         "whose a project is; the last match wins", .flags = KEY_GATHERS),
    LIST("rules", rule_section, rule_add, "classification rules",
         .flags = KEY_GATHERS | KEY_SHIPPED),
    LIST("ignore", ignore_section, ignore_add,
         "lines that are never a failure",
         .flags = KEY_GATHERS | KEY_SHIPPED),
    TEXTS(loading, "disable", disable, "ids of rules to leave out",
          .flags = KEY_GATHERS, .wrong = rule_id_wrong),
    VALUE(loading, BOOL, "shipped_rules", shipped_rules,
          "false: only the rules written here"),
    SETTING_TEXTS("plugin_path", plugin_path, "folders with plugins"),
    TEXT(loading, "templates", s.templates,
         "folder with templates that replace shipped ones"),
    TEXT(loading, "metrics", s.metrics,
         "file that each pass replaces with its numbers, for Prometheus",
         .wrong = not_empty),
    TEXT(loading, "heartbeat_file", s.heartbeat_file,
         "file that each finished pass replaces", .wrong = not_empty),
    TEXT(loading, "explain_url", s.explain_url,
         "where \"why this, why now\" leads", .wrong = url_wrong),
    SETTING_TEXTS("forbidden", forbidden,
                  "PCRE2 patterns that no message may match",
                  .wrong = forbidden_wrong),
    SETTING_TEXTS("robots", robots,
                  "logins that own nothing and are never called",
                  .wrong = login_wrong),
    SETTING_TEXTS("redact", redact, "exact values to cut out of everything",
                  .wrong = not_empty),
    SAME("guards", guards_section,
         "what stands between a decision and the outside world"),
    SAME("keep", keep_section, "how long things are kept"),
    SAME("http", http_section, "how sources and sinks speak HTTP"),
    VALUE(loading, DURATION, "pass_deadline", s.pass_deadline,
          "a pass is ended after so long"),
};
const struct section file_section = {
    .name = "file", .what = "a configuration file", KEYS(file_keys),
    .done = file_done,
};
