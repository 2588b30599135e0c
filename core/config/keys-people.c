/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The keys of teams and of owners.
 */
#include <config.h>

#include <string.h>

#include "core/config/keys.h"

void *team_add(struct reader *r, void *into, const struct node *name,
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
    t->habits.digest_at = t->habits.digest_on = -1;
    (void)value;
    return t;
}

static void contacts_done(struct reader *r, json_t **contacts,
                          const struct node *n)
{
    const struct node *list = node_get(n, "contacts");

    if (!*contacts)
        *contacts = json_object();
    for (size_t i = 0; list && list->kind == NODE_MAP && i < list->nr; i++)
        refs_add(loading_of(r), REF_CONTACT, list->keys[i]);
}

static void team_done(struct reader *r, void *into, const struct node *n)
{
    struct team *t = into;

    contacts_done(r, &t->contacts, n);
    habits_done(&t->habits);
    hours_done(r, n);
}

static const struct key team_keys[] = {
    TEXTS(team, "persons", persons, "logins", .wrong = login_wrong,
          .flags = KEY_MAY_BE_EMPTY),
    VALUE(team, MAP, "contacts", contacts,
          "address by plugin or sink instance"),
    HABITS(team, habits, team_tell_words),
};
const struct section team_section = {
    .name = "team",
    .what = "a team",
    KEYS(team_keys),
    .done = team_done,
};

void *person_add(struct reader *r, void *into, const struct node *name,
                 const struct node *value)
{
    struct settings *s = &((struct loading *)into)->s;
    CLEANUP_FREE char *why = login_wrong(name->text);
    struct person *p;

    (void)value;
    if (why) {
        node_error(r, name, "person \"%s\": %s", name->text, why);
        return NULL;
    }
    name_define(loading_of(r), SCOPE_PERSON, "person", name);
    s->persons = xrealloc(s->persons, (s->nr_persons + 1) * sizeof(*p));
    p = &s->persons[s->nr_persons++];
    memset(p, 0, sizeof(*p));
    p->login = xstrdup(name->text);
    p->at = node_at(name);
    p->habits.digest_at = p->habits.digest_on = -1;
    return p;
}

static void person_done(struct reader *r, void *into, const struct node *n)
{
    struct person *p = into;

    contacts_done(r, &p->contacts, n);
    habits_done(&p->habits);
    hours_done(r, n);
    refs_add(loading_of(r), REF_SINK, node_get(n, "via"));
}

static const struct key person_keys[] = {
    TEXTS(person, "via", via, "sink instances, instead of a route's"),
    VALUE(person, MAP, "contacts", contacts,
          "address by plugin or sink instance"),
    HABITS(person, habits, person_tell_words),
};
const struct section person_section = {
    .name = "person",
    .what = "a person",
    KEYS(person_keys),
    .done = person_done,
};

void *ownership_add(struct reader *r, void *into, const struct node *name,
                    const struct node *value)
{
    struct settings *s = &((struct loading *)into)->s;
    struct ownership *o;

    (void)r;
    (void)name;
    s->ownership = xrealloc(s->ownership, (s->nr_ownership + 1) * sizeof(*o));
    o = &s->ownership[s->nr_ownership++];
    memset(o, 0, sizeof(*o));
    o->at = node_at(value);
    return o;
}

static void ownership_done(struct reader *r, void *into, const struct node *n)
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
    TEXT(ownership, "path", path, "CODEOWNERS pattern of files; without it all",
         .wrong = path_wrong),
    TEXTS(ownership, "owners", owners, "team ids, @login, @org/team",
          .flags = KEY_REQUIRED | KEY_MAY_BE_EMPTY, .wrong = owner_wrong),
};
const struct section ownership_section = {
    .name = "ownership",
    .what = "an entry of owners",
    KEYS(ownership_keys),
    .done = ownership_done,
};
