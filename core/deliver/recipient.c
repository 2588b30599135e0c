/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whom a message is for, as its sink may know them. Must not hand a sink
 * anybody who does not want to be called there, and nobody at all where it is
 * redirected.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/deliver/outbox-private.h"

static char *mention_persons(const json_t *persons)
{
    json_t *person;
    struct strbuf b;
    size_t i;

    strbuf_init(&b, 1000);
    json_array_foreach(persons, i, person)
        if (json_is_string(person))
            strbuf_addf(&b, "%s@%s", b.len ? " " : "",
                        json_string_value(person));
    if (b.len)
        return strbuf_take(&b);
    strbuf_release(&b);
    return NULL;
}

static char *mention_of(const struct ticket *t)
{
    if (t->owner && strchr(t->owner, '/'))
        return xasprintf("@%s", t->owner);
    return mention_persons(t->persons);
}

/* The owner as decided, with what only a fresh look knows: contacts and how
 * to mention it. Who it is does not change here. */
static int find_anyone(struct outbox_run *r, const struct ticket *t,
                       struct owner *out)
{
    const char *spec =
        t->owner && settings_team(r->s, t->owner) ? t->owner : "maintainers";
    struct owner fresh = { 0 };
    int found = 0;

    memset(out, 0, sizeof(*out));
    if (!t->owner)
        return 0;
    if (t->project || strcmp(spec, "maintainers"))
        found =
            owner_find(r->st, r->s, spec, t->project, NULL, &fresh, &r->err);
    if (found < 0)
        return -1;
    if (found && str_eq(fresh.name, t->owner)
        && json_equal(fresh.persons, t->persons)) {
        *out = fresh;
        str_replace(&out->from, t->owner_from ? t->owner_from : out->from);
        return 0;
    }
    out->name = xstrdup(t->owner);
    out->from = xstrdup0(t->owner_from);
    out->persons = t->persons ? json_deep_copy(t->persons) : json_array();
    out->mention = mention_of(t);
    if (found && str_eq(fresh.name, t->owner) && fresh.contacts)
        out->contacts = json_deep_copy(fresh.contacts);
    owner_release(&fresh);
    return 0;
}

/* Is this person to be called at this sink? */
static bool is_called(const struct outbox_run *r, const struct outlet *o,
                      const struct ticket *t, const char *login)
{
    const struct person *p = settings_person(r->s, login);
    bool here = !p || !p->nr_via;

    for (size_t i = 0; p && i < p->nr_via; i++)
        here = here || str_eq(p->via[i], o->in->name);
    return here && !json_object_get(t->left, login);
}

/* Those who do not want to be called are not: not by their team's name
 * either, where somebody else of it is. */
static void leave_out(const struct outbox_run *r, const struct outlet *o,
                      const struct ticket *t, struct owner *out)
{
    json_t *called = json_array(), *login;
    size_t i, all = json_array_size(out->persons);

    json_array_foreach(out->persons, i, login)
        if (is_called(r, o, t, json_string_value(login)))
            json_array_append(called, login);
        else
            owner_forget(out, settings_person(r->s, json_string_value(login)));
    json_decref(out->persons);
    out->persons = called;
    if (json_array_size(called) == all)
        return;
    free(out->mention);
    out->mention = mention_persons(called);
}

/* Where everything is redirected to one place nobody is called, no person is
 * named to the sink and no address of anybody reaches it. */
int recipient_find(struct outbox_run *r, const struct outlet *o,
                   const struct ticket *t, struct owner *out)
{
    if (find_anyone(r, t, out) < 0)
        return -1;
    leave_out(r, o, t, out);
    if (!o->in->redirect)
        return 0;
    free(out->mention);
    out->mention = NULL;
    json_decref(out->persons);
    out->persons = json_array();
    json_decref(out->contacts);
    out->contacts = json_object();
    jx_set_str(out->contacts, o->in->plugin, o->in->redirect);
    jx_set_str(out->contacts, o->in->name, o->in->redirect);
    return 0;
}

/* {login: the numeric id it must have}: a sink that can see who it is now
 * looks before it calls anybody. New. */
static json_t *ids_of(struct outbox_run *r, const json_t *persons)
{
    json_t *ids = json_object(), *person;
    size_t i;

    json_array_foreach((json_t *)persons, i, person) {
        const char *login = json_string_value(person);
        CLEANUP_FREE char *id = NULL;

        if (login && owner_person_id(r->st, login, &id, &r->err) > 0)
            jx_set_str(ids, login, id);
    }
    return ids;
}

json_t *recipient_json(struct outbox_run *r, const struct owner *o)
{
    json_t *v = json_object();

    jx_set_str(v, "name", str_or(o->name, ""));
    json_object_set_new(v, "persons",
                        o->persons ? json_deep_copy(o->persons) : json_array());
    json_object_set_new(v, "contacts",
                        o->contacts ? json_deep_copy(o->contacts)
                                    : json_object());
    json_object_set_new(v, "ids", ids_of(r, o->persons));
    return v;
}
