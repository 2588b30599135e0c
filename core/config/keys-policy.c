/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The keys under policy: conditions, thresholds, budgets.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/config/keys.h"
#include "core/config/nearest.h"

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
        node_error(r, n,
                   "one bound an item, as in [{red_for: 2d}, "
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
    .name = "bound",
    .what = "a bound",
    KEYS(bound_keys),
    .done = bound_done,
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
                node_error(r, b,
                           "\"%s\" is given twice; it is at %d:%d "
                           "already",
                           b->keys[0]->text, a->line, a->column);
        }
}

/* Whoever a project names has heard of it already. */
static char *person_wrong(const char *text)
{
    if (!strcmp(text, "maintainers") || !strcmp(text, "codeowners"))
        return xstrdup("the next owner is a team or @login");
    return owner_wrong(text);
}

static void condition_done(struct reader *r, void *into, const struct node *n)
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
    .name = "condition",
    .what = "open",
    KEYS(condition_keys),
    .done = condition_done,
};

static void escalate_done(struct reader *r, void *into, const struct node *n)
{
    condition_done(r, into, n);
    refs_add(loading_of(r), REF_TEAM, node_get(n, "to"));
    refs_add(loading_of(r), REF_SINK, node_get(n, "via"));
}

static const struct key escalate_keys[] = {
    LIST("any", bound_section, bound_any, "one of these is enough"),
    LIST("all", bound_section, bound_all, "all of these must hold"),
    TEXT(escalation, "to", to, "a team's id or @login", .flags = KEY_REQUIRED,
         .wrong = person_wrong),
    TEXTS(escalation, "via", via, "more sinks"),
};
/* The bounds go into its condition, which stands first. */
static const struct section escalate_section = {
    .name = "escalate",
    .what = "escalate",
    KEYS(escalate_keys),
    .done = escalate_done,
};

static const struct key resolve_keys[] = {
    VALUE(policy, COUNT, "greens", resolve_greens,
          "green pushes before it closes"),
    VALUE(policy, DURATION, "quiet", resolve_quiet,
          "green for so long before it closes"),
};
static const struct section resolve_section = {
    .name = "resolve",
    .what = "resolve",
    KEYS(resolve_keys),
};

static const struct key flaky_keys[] = {
    VALUE(policy, COUNT, "rate", flaky_rate,
          "flaky failures that open a ticket; 0: never"),
    VALUE(policy, DURATION, "within", flaky_within, "... in this window"),
};
static const struct section flaky_section = {
    .name = "flaky",
    .what = "flaky",
    KEYS(flaky_keys),
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
    .name = "relapse",
    .what = "relapse",
    KEYS(relapse_keys),
};

static const struct key budget_keys[] = {
    VALUE(policy, COUNT, "new_per_pass", new_per_pass, "new tickets a pass",
          .flags = KEY_UNLIMITED),
    VALUE(policy, COUNT, "new_per_day", new_per_day, "new tickets a day",
          .flags = KEY_UNLIMITED),
    VALUE(policy, COUNT, "new_per_person_per_day", new_per_person_per_day,
          "new tickets a person and day", .flags = KEY_UNLIMITED),
    VALUE(policy, COUNT, "new_per_rule_per_day", new_per_rule_per_day,
          "new tickets a day of a rule that is not trusted yet",
          .flags = KEY_UNLIMITED),
    VALUE(policy, COUNT, "trusted_after", trusted_after,
          "tickets of it that were mended until a rule is trusted"),
};
static const struct section budget_section = {
    .name = "budget",
    .what = "budget",
    KEYS(budget_keys),
};

static const struct key backlog_keys[] = {
    VALUE(policy, COUNT, "per_day", backlog_per_day,
          "tickets of the backlog that are told a day"),
};
static const struct section backlog_section = {
    .name = "backlog",
    .what = "backlog",
    KEYS(backlog_keys),
};

static const struct key outbreak_keys[] = {
    VALUE(policy, COUNT, "projects", outbreak_projects, "so many projects ..."),
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
    .name = "outbreak",
    .what = "outbreak",
    KEYS(outbreak_keys),
};

#define ROUTE_POLICY                                                           \
    { .name = "open",                                                          \
      .kind = VALUE_SECTION,                                                   \
      .section = &condition_section,                                           \
      .offset = offsetof(struct policy, open),                                 \
      .help = "what must hold before anybody is told" },                       \
        { .name = "escalate",                                                  \
          .kind = VALUE_SECTION,                                               \
          .section = &escalate_section,                                        \
          .offset = offsetof(struct policy, escalate),                         \
          .help = "who hears of it when nobody mends it" },                    \
        SAME("resolve", resolve_section, "what must hold before it closes"),   \
        VALUE(policy, DURATION, "remind", remind, "between reminders",         \
              .flags = KEY_NEVER),                                             \
        VALUE(policy, DURATION, "update_counts", update_counts,                \
              "counts alone change a text at most this often"),                \
        SAME("flaky", flaky_section, "red, then green at the same commit"),    \
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
const struct section policy_section = {
    .name = "policy",
    .what = "the policy",
    KEYS(policy_keys),
    .done = policy_done,
};

static void policy_of_all(struct reader *r, void *into, const struct node *key,
                          const struct node *value);

static const struct key route_policy_keys[] = { ROUTE_POLICY };
const struct section route_policy_section = {
    .name = "route_policy",
    .what = "a route's policy",
    KEYS(route_policy_keys),
    .other = policy_of_all,
    .done = policy_done,
};

static void policy_of_all(struct reader *r, void *into, const struct node *key,
                          const struct node *value)
{
    struct nearest near = { .word = key->text };
    CLEANUP_FREE char *hint = NULL;

    (void)into;
    (void)value;
    if (section_key(&policy_section, key->text)) {
        node_error(r, key,
                   "\"%s\" is one for all routes: it stands in the "
                   "top-level policy:",
                   key->text);
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(route_policy_keys); i++)
        nearest_try(&near, route_policy_keys[i].name);
    hint = nearest_hint(&near);
    node_error(r, key, "unknown key \"%s\" in a route's policy%s", key->text,
               hint);
}
