/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who is behind a project: configuration, then what sources know (facts),
 * then CODEOWNERS, and nobody after that.
 *
 * Must not guess: a login whose durable id is another account's now, or that
 * is gone, is dropped and said so.
 */
#include <config.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/route/owners.h"

/* A mention list longer than this names the first ones only. */
#define MENTION_MAX 1000
#define NAME_MAX_LEN 254

struct gather {
    struct store *st;
    const struct settings *s;
    struct owner *out;
    json_t *teams;    /* ["org/team"] */
    const char *team; /* id of the only configured team, or "" */
    bool in_team;     /* a team is told where the team is */
    size_t named;     /* entries that name anyone at all */
};

void owner_release(struct owner *o)
{
    free(o->name);
    free(o->from);
    free(o->at);
    json_decref(o->persons);
    json_decref(o->dropped);
    json_decref(o->contacts);
    free(o->mention);
    memset(o, 0, sizeof(*o));
}

static char *lower(const char *s)
{
    char *out = xstrdup(s);

    for (char *p = out; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return out;
}

static int fact_of_login(struct store *st, const char *login, const char *key,
                         json_t **value, struct err *err)
{
    CLEANUP_FREE char *small = lower(login);
    CLEANUP_FREE char *subject = xasprintf("login:%s", small);
    int got = store_fact_get(st, subject, key, value, err);

    if (got || !strcmp(small, login))
        return got;
    free(subject);
    subject = xasprintf("login:%s", login);
    return store_fact_get(st, subject, key, value, err);
}

/* Numeric ids come as text and as numbers. New, or NULL. */
static char *id_text(const json_t *v)
{
    if (json_is_string(v))
        return xstrdup(json_string_value(v));
    if (json_is_integer(v))
        return xasprintf("%lld", (long long)json_integer_value(v));
    return NULL;
}

int owner_person_id(struct store *st, const char *login, char **id,
                    struct err *err)
{
    CLEANUP_JSON json_t *v = NULL;
    int got = fact_of_login(st, login, "id", &v, err);

    *id = got > 0 ? id_text(v) : NULL;
    return got < 0 ? -1 : *id != NULL;
}

/* *why NULL: nothing speaks against the login. */
static int login_verify(struct store *st, const char *login, const char **why,
                        struct err *err)
{
    CLEANUP_JSON json_t *gone = NULL, *id = NULL, *now = NULL;
    CLEANUP_FREE char *must = NULL;
    CLEANUP_FREE char *is = NULL;

    *why = NULL;
    if (fact_of_login(st, login, "gone", &gone, err) < 0
        || fact_of_login(st, login, "id", &id, err) < 0)
        return -1;
    if (json_is_true(gone)) {
        *why = "gone";
        return 0;
    }
    must = id_text(id);
    if (!must)
        return 0;
    if (fact_of_login(st, login, "current_id", &now, err) < 0)
        return -1;
    is = id_text(now);
    if (is && strcmp(is, must))
        *why = "another account has this name now";
    return 0;
}

static bool array_has(const json_t *array, const char *s)
{
    size_t i;
    json_t *v;

    json_array_foreach(array, i, v) {
        if (!strcasecmp(json_string_value(v), s))
            return true;
    }
    return false;
}

static void array_add(json_t *array, const char *s)
{
    if (!array_has(array, s))
        jx_append_str(array, s);
}

static void drop(struct gather *g, const char *login, const char *why)
{
    size_t i;
    json_t *v;

    json_array_foreach(g->out->dropped, i, v) {
        if (!strcasecmp(jx_str_or(v, "login", ""), login))
            return;
    }
    v = json_object();
    json_object_set_new(v, "login", jx_string(login, strlen(login)));
    jx_set_str(v, "why", why);
    json_array_append_new(g->out->dropped, v);
}

static bool is_robot(const struct settings *s, const char *login)
{
    for (size_t i = 0; i < s->nr_robots; i++)
        if (!strcasecmp(s->robots[i], login))
            return true;
    return false;
}

static int add_login(struct gather *g, const char *login, struct err *err)
{
    const struct person *person;
    const char *why;

    g->named++;
    g->team = "";
    if (array_has(g->out->persons, login))
        return 0;
    if (is_robot(g->s, login)) {
        drop(g, login, "is a robot");
        return 0;
    }
    if (login_verify(g->st, login, &why, err) < 0)
        return -1;
    if (why) {
        drop(g, login, why);
        return 0;
    }
    array_add(g->out->persons, login);
    person = settings_person(g->s, login);
    if (person && !g->in_team)
        owner_remember(g->out, person);
    return 0;
}

static int add_team(struct gather *g, const struct team *team, struct err *err)
{
    const char *only = g->named ? "" : team->id;

    g->in_team = true;
    for (size_t i = 0; i < team->nr_persons; i++) {
        const char *p = team->persons[i];

        if (add_login(g, *p == '@' ? p + 1 : p, err) < 0)
            return -1;
    }
    g->in_team = false;
    if (json_is_object(team->contacts))
        json_object_update_missing(g->out->contacts, team->contacts);
    g->named++;
    g->team = only;
    return 0;
}

/* One name of one account or address, and no list or markup with more in it:
 * what is gathered here is what will be called. */
static bool names_one(const char *bare)
{
    bool slash = false;

    if (!isalnum((unsigned char)*bare) || strlen(bare) > NAME_MAX_LEN)
        return false;
    for (const char *p = bare; *p; p++) {
        if (*p == '/' && (slash || !p[1]))
            return false;
        slash = slash || *p == '/';
        if (!isalnum((unsigned char)*p) && !strchr("-_./@+", *p))
            return false;
    }
    return !strchr(bare, '@')
           || (!slash && strchr(bare, '@') == strrchr(bare, '@'));
}

/* "login", "@login", "@org/team", "org/team", "mail@example.org". */
static int add_named(struct gather *g, const char *name, struct err *err)
{
    const char *bare = *name == '@' ? name + 1 : name;

    if (!*bare)
        return 0;
    if (!names_one(bare)) {
        g->named++;
        g->team = "";
        drop(g, bare, "is no name of an account");
        return 0;
    }
    if (strchr(bare, '/')) {
        array_add(g->teams, bare);
        g->named++;
        g->team = "";
        return 0;
    }
    if (strchr(bare, '@')) {
        jx_set_str(g->out->contacts, "email", bare);
        g->named++;
        g->team = "";
        return 0;
    }
    return add_login(g, bare, err);
}

static int add_all(struct gather *g, const json_t *names, struct err *err)
{
    size_t i;
    json_t *v;

    json_array_foreach(names, i, v) {
        if (json_is_string(v) && add_named(g, json_string_value(v), err) < 0)
            return -1;
    }
    return 0;
}

/* The last entry of owners.yaml that names the project (and the path). */
static const struct ownership *
ownership_of(const struct settings *s, const char *project, const char *file)
{
    for (size_t i = s->nr_ownership; i-- > 0;) {
        const struct ownership *o = &s->ownership[i];

        if (!glob_match(o->project, project))
            continue;
        if (!o->path || (file && codeowners_pattern(o->path, file) == 1))
            return o;
    }
    return NULL;
}

static int from_ownership(struct gather *g, const struct ownership *o,
                          struct err *err)
{
    str_replace(&g->out->from, "owners.yaml");
    str_replace(&g->out->at, o->at);
    for (size_t i = 0; i < o->nr_owners; i++) {
        const struct team *team = settings_team(g->s, o->owners[i]);

        if (team ? add_team(g, team, err) < 0
                 : add_named(g, o->owners[i], err) < 0)
            return -1;
    }
    return 0;
}

static int from_codeowners(struct gather *g, const char *project,
                           const char *file, struct err *err)
{
    CLEANUP_JSON json_t *text = NULL;
    CLEANUP_JSON json_t *names = NULL;
    int line = 0;

    if (store_fact_get(g->st, project, "codeowners", &text, err) < 0)
        return -1;
    if (!json_is_string(text))
        return 0;
    names = codeowners_match(json_string_value(text), file, &line);
    if (!names)
        return 0;
    str_replace(&g->out->from, "CODEOWNERS");
    free(g->out->at);
    g->out->at = xasprintf("CODEOWNERS:%d", line);
    return add_all(g, names, err);
}

static int from_facts(struct gather *g, const char *project, const char *file,
                      struct err *err)
{
    CLEANUP_JSON json_t *names = NULL;

    if (store_fact_get(g->st, project, "owners", &names, err) < 0)
        return -1;
    if (!json_is_array(names) || !json_array_size(names))
        return from_codeowners(g, project, file, err);
    str_replace(&g->out->from, "recipe-maintainers");
    return add_all(g, names, err);
}

static int gather(struct gather *g, const char *spec, const char *project,
                  const char *file, struct err *err)
{
    bool maintainers = !strcmp(spec, "maintainers");
    const struct team *team;
    const struct ownership *o;

    if (*spec == '@') {
        str_replace(&g->out->from, "team");
        return add_named(g, spec, err);
    }
    if (maintainers || !strcmp(spec, "codeowners")) {
        if (!project)
            return 0;
        o = maintainers ? ownership_of(g->s, project, file) : NULL;
        if (o)
            return from_ownership(g, o, err);
        return maintainers ? from_facts(g, project, file, err)
                           : from_codeowners(g, project, file, err);
    }
    team = settings_team(g->s, spec);
    if (!team)
        return 0;
    str_replace(&g->out->from, "team");
    str_replace(&g->out->at, team->at);
    return add_team(g, team, err);
}

static int by_name(const void *a, const void *b)
{
    json_t *const *x = a, *const *y = b;

    return strcasecmp(json_string_value(*x), json_string_value(*y));
}

static void sort_names(json_t **array)
{
    size_t n = json_array_size(*array);
    json_t **all = xcalloc(n + 1, sizeof(json_t *));
    json_t *sorted = json_array();

    for (size_t i = 0; i < n; i++)
        all[i] = json_array_get(*array, i);
    qsort(all, n, sizeof(json_t *), by_name);
    for (size_t i = 0; i < n; i++)
        json_array_append(sorted, all[i]);
    json_decref(*array);
    *array = sorted;
    free(all);
}

static void mention_add(struct strbuf *b, const json_t *names)
{
    size_t i;
    json_t *v;

    json_array_foreach(names, i, v) {
        const char *s = json_string_value(v);

        if (b->len + strlen(s) + 2 <= MENTION_MAX)
            strbuf_addf(b, "%s@%s", b->len ? " " : "", s);
    }
}

/* Names what was gathered. True: somebody is behind it. */
static bool name_it(struct gather *g, const char *spec)
{
    struct owner *o = g->out;
    size_t persons = json_array_size(o->persons);
    size_t teams = json_array_size(g->teams);
    struct strbuf b;

    sort_names(&o->persons);
    sort_names(&g->teams);
    if (!persons && !teams && !json_object_size(o->contacts))
        return false;
    if (*g->team)
        o->name = xstrdup(g->team);
    else if (teams == 1 && !persons)
        o->name = xstrdup(json_string_value(json_array_get(g->teams, 0)));
    else if (*spec == '@' && persons == 1)
        o->name = xstrdup(json_string_value(json_array_get(o->persons, 0)));
    else
        o->name = xstrdup("maintainers");
    strbuf_init(&b, STRBUF_UNBOUNDED);
    mention_add(&b, g->teams);
    mention_add(&b, o->persons);
    if (b.len)
        o->mention = strbuf_take(&b);
    strbuf_release(&b);
    return true;
}

/* A capture is a path of the repository when it is relative, stays inside
 * and is no URL; "./" in front says nothing. */
static const char *repository_path(const char *file)
{
    if (!file)
        return NULL;
    while (str_starts(file, "./"))
        file += 2;
    if (!*file || *file == '/' || *file == '\\' || *file == '~'
        || strstr(file, "://") || strstr(file, "..")
        || (isalpha((unsigned char)file[0]) && file[1] == ':'))
        return NULL;
    return file;
}

int owner_find(struct store *st, const struct settings *s, const char *spec,
               const char *project, const char *file, struct owner *out,
               struct err *err)
{
    struct gather g = { st, s, out, json_array(), "", false, 0 };
    int found = 0;

    memset(out, 0, sizeof(*out));
    out->persons = json_array();
    out->dropped = json_array();
    out->contacts = json_object();
    if (spec && *spec) {
        if (gather(&g, spec, project, repository_path(file), err) < 0)
            found = -1;
        else
            found = name_it(&g, spec);
    }
    json_decref(g.teams);
    if (found < 0)
        owner_release(out);
    return found;
}
