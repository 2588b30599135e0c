/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whom an issue calls: a login may belong to somebody else by now, and a
 * team may be one that we cannot call. Must not call anybody whose numeric
 * id is another one than it was.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"
#include "plugins/github-issues/sink.h"

#define CALLED_MAX 3 /* instead of a team */
#define ASSIGNEES_MAX 10
/* After which a team that could not be called is tried again. */
#define TRY_TEAM (7 * DAY)

static size_t persons_of(const struct delivery *d)
{
    const char *const *p = d->n->owner ? d->n->owner->persons : NULL;
    size_t n = 0;

    while (p && p[n])
        n++;
    return n;
}

/* Is it the person it was? One that was not looked at is not. */
static bool is_verified(const struct delivery *d, const char *login)
{
    const char *id = jx_str(d->s->people, login);
    const char *wanted = jx_str(d->ids, login);

    return text_is_login(login) && id && (!wanted || !strcmp(wanted, id));
}

/* The first verified ones. New. */
static json_t *verified(const struct delivery *d, size_t max)
{
    json_t *list = json_array();

    for (size_t i = 0; i < persons_of(d) && json_array_size(list) < max; i++)
        if (is_verified(d, d->n->owner->persons[i]))
            json_array_append_new(list, json_string(d->n->owner->persons[i]));
    return list;
}

/* "@a @b"; new, NULL: nobody. */
static char *all_of(const json_t *logins)
{
    struct strbuf b;
    size_t i;
    json_t *v;

    if (!json_array_size(logins))
        return NULL;
    strbuf_init(&b, STRBUF_UNBOUNDED);
    json_array_foreach((json_t *)logins, i, v)
        strbuf_addf(&b, "%s@%s", i ? " " : "", json_string_value(v));
    return strbuf_take(&b);
}

/* ---- what the body calls ------------------------------------------------- */

static void set_body(struct delivery *d, char *body)
{
    free(d->body);
    d->body = body;
}

static bool body_calls(const struct delivery *d, const char *name)
{
    CLEANUP_FREE char *other = text_call(d->body, name, "");

    return strcmp(other, d->body) != 0;
}

/* Could the team of this organisation not be called lately? */
static bool is_dead_team(const struct delivery *d, const char *team)
{
    CLEANUP_FREE char *owner = xstrndup(team, strcspn(team, "/"));
    int64_t when = jx_int(d->s->dead_teams, owner, 0);

    return when && d->s->host->now(d->s->host) - when < TRY_TEAM;
}

/* The verified ones that the text does not call already, three at most. */
static json_t *instead_of_team(const struct delivery *d)
{
    CLEANUP_JSON json_t *all = verified(d, ASSIGNEES_MAX);
    json_t *list = json_array(), *v;
    size_t i;

    json_array_foreach(all, i, v)
        if (!body_calls(d, json_string_value(v))
            && json_array_size(list) < CALLED_MAX)
            json_array_append(list, v);
    return list;
}

static void call_team(struct delivery *d, const char *team)
{
    CLEANUP_JSON json_t *logins = NULL;
    CLEANUP_FREE char *all = NULL;

    if (!is_dead_team(d, team)) {
        json_array_append_new(d->called, json_string(team));
        return;
    }
    logins = instead_of_team(d);
    all = all_of(logins);
    set_body(d, text_call(d->body, team, all));
    json_array_extend(d->called, logins);
}

static bool is_called(const struct delivery *d, const char *login)
{
    size_t i;
    json_t *v;

    json_array_foreach(d->called, i, v)
        if (str_eq(json_string_value(v), login))
            return true;
    return false;
}

static void call_persons(struct delivery *d)
{
    for (size_t i = 0; i < persons_of(d); i++) {
        const char *login = d->n->owner->persons[i];

        if (!text_is_login(login) || !body_calls(d, login))
            continue;
        if (is_called(d, login))
            continue;
        if (is_verified(d, login))
            json_array_append_new(d->called, json_string(login));
        else
            set_body(d, text_call(d->body, login, NULL));
    }
}

static void call(struct delivery *d)
{
    CLEANUP_JSON json_t *teams = text_teams(d->body);
    size_t i;
    json_t *v;

    json_decref(d->called);
    d->called = json_array();
    if (d->s->assigns && d->delivery != TOCSIN_DELIVER_REMIND) {
        json_decref(d->assignees);
        d->assignees = verified(d, ASSIGNEES_MAX);
        return;
    }
    json_array_foreach(teams, i, v)
        call_team(d, json_string_value(v));
    call_persons(d);
}

/* ---- asking who they are ------------------------------------------------- */

static void ask_next(struct delivery *d);

static void on_person(void *user, const struct net_reply *r)
{
    struct delivery *d = user;
    const char *login = d->n->owner->persons[d->step - 1];
    CLEANUP_FREE char *id = NULL;

    /* A redirect would be somebody who was renamed: another login. */
    if (r->ok && jx_int(r->json, "id", 0) > 0
        && str_eq(jx_str(r->json, "type"), "User"))
        id = xasprintf("%lld", (long long)jx_int(r->json, "id", 0));
    json_object_set_new(d->s->people, login,
                        id ? json_string(id) : json_null());
    ask_next(d);
}

static void ask_next(struct delivery *d)
{
    size_t nr = persons_of(d);

    if (nr > ASSIGNEES_MAX)
        nr = ASSIGNEES_MAX;
    while (d->step < nr) {
        const char *login = d->n->owner->persons[d->step++];
        CLEANUP_FREE char *url = NULL;

        if (!text_is_login(login) || json_object_get(d->s->people, login))
            continue;
        url = xasprintf("/users/%s", login);
        ask_read(d, url, on_person);
        return;
    }
    call(d);
    d->next(d);
}

void people_check(struct delivery *d, void (*next)(struct delivery *d))
{
    d->next = next;
    d->step = 0;
    ask_next(d);
}

char *people_instead(const struct delivery *d)
{
    CLEANUP_JSON json_t *logins = verified(d, CALLED_MAX);

    return all_of(logins);
}

static bool was_told(const struct delivery *d, const char *login)
{
    for (const char *const *p = d->n->owner->told; p && *p; p++)
        if (!strcasecmp(*p, login))
            return true;
    return false;
}

char *people_new(const struct delivery *d)
{
    CLEANUP_JSON json_t *all = NULL, *fresh = json_array();
    size_t i;
    json_t *v;

    if (!d->n->owner || !d->n->owner->told)
        return NULL;
    all = verified(d, ASSIGNEES_MAX);
    json_array_foreach(all, i, v)
        if (!was_told(d, json_string_value(v))
            && json_array_size(fresh) < CALLED_MAX)
            json_array_append(fresh, v);
    return all_of(fresh);
}

void people_team_is_dead(struct delivery *d, const char *team)
{
    CLEANUP_FREE char *owner = xstrndup(team, strcspn(team, "/"));
    CLEANUP_FREE char *text = xasprintf(
        "teams of %s cannot be called (an App needs the permission to read "
        "members): people are called by name, three at most",
        owner);

    jx_set_int(d->s->dead_teams, owner, d->s->host->now(d->s->host));
    d->s->host->notice(d->s->host, "team-mention-dead", text);
    cursor_save(d->s);
}
