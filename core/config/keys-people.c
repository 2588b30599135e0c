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
const struct section team_section = {
    .name = "team", .what = "a team", KEYS(team_keys), .done = team_done,
};

void *ownership_add(struct reader *r, void *into,
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
const struct section ownership_section = {
    .name = "ownership", .what = "an entry of owners", KEYS(ownership_keys),
    .done = ownership_done,
};
