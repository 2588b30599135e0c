/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a sink says when it is asked whether it can reach an owner: a mark on
 * the ticket, which the next decision reads (core/route/reach.c). Must not
 * decide who is told instead.
 */
#include <config.h>

#include "core/deliver/outbox-private.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"

#define NAMES_MAX 200 /* of one owner, for operators */

/* ---- who is to be asked again ---- */

struct asking {
    struct outlet *o;
    int64_t before;
};

static int ask_again(void *user, struct ticket *t)
{
    struct asking *a = user;
    struct outlet *o = a->o;
    const json_t *at =
        json_object_get(jx_obj(t->unreached, "sinks"), o->in->name);

    if (!at || json_integer_value(at) > a->before)
        return 0;
    ALLOC_GROW(o->tickets, o->nr + 1, o->alloc);
    o->tickets[o->nr++] = t->id;
    return 0;
}

int reach_collect(struct outbox_run *r, struct outlet *o)
{
    struct ticket_query q = { .unreached_only = true };
    struct asking a = { o, r->opts.now - UNREACHABLE_WAIT };

    return store_ticket_each(r->st, &q, ask_again, &a, &r->err);
}

/* ---- marks ---- */

static bool same_or_none(const json_t *a, const json_t *b, size_t nr_a,
                         size_t nr_b)
{
    return (!nr_a && !nr_b) || json_equal(a, b);
}

/* Of all its persons: who of them is not to be called at this sink is no
 * matter of whether they can be reached. */
static bool is_about(const json_t *mark, const struct ticket *t,
                     const struct owner *o)
{
    const json_t *persons = jx_arr(mark, "persons");
    const json_t *contacts = jx_obj(mark, "contacts");

    return str_eq(jx_str(mark, "owner"), str_or(o->name, ""))
           && same_or_none(persons, t->persons, json_array_size(persons),
                           json_array_size(t->persons))
           && same_or_none(contacts, o->contacts, json_object_size(contacts),
                           json_object_size(o->contacts));
}

/* A copy of the ticket's mark when it is about o; else a fresh one. */
static json_t *mark_for(const struct ticket *t, const struct owner *o)
{
    json_t *mark;

    if (t->unreached && is_about(t->unreached, t, o))
        return json_deep_copy(t->unreached);
    mark = json_object();
    jx_set_str(mark, "owner", str_or(o->name, ""));
    json_object_set_new(mark, "persons",
                        t->persons ? json_deep_copy(t->persons) : json_array());
    json_object_set_new(mark, "contacts",
                        o->contacts ? json_deep_copy(o->contacts)
                                    : json_object());
    json_object_set_new(mark, "sinks", json_object());
    return mark;
}

/* *nobody: no other sink that is to have it may reach them yet. */
static int is_last(struct outbox_run *r, const struct ticket *t,
                   const json_t *mark, bool *nobody)
{
    const json_t *sinks = jx_obj(mark, "sinks");
    size_t i;
    json_t *via;

    *nobody = true;
    json_array_foreach(t->via, i, via) {
        const char *name = json_string_value(via);
        struct outbox row;
        int got = store_outbox_get(r->st, t->id, name, &row, &r->err);

        if (got < 0)
            return -1;
        if (!got)
            continue;
        if (outbox_is(row.have, "open")
            || (outbox_is(row.want, "open") && !json_object_get(sinks, name)))
            *nobody = false;
        outbox_release(&row);
    }
    return 0;
}

/* Logins say more than "maintainers", of whom there are thousands. */
static char *name_of(const struct owner *o)
{
    struct strbuf b;
    size_t i;
    json_t *v;

    if (str_cmp0(o->name, "maintainers") || !json_array_size(o->persons))
        return xstrdup(str_or(o->name, "nobody"));
    strbuf_init(&b, NAMES_MAX);
    json_array_foreach(o->persons, i, v)
        strbuf_addf(&b, "%s%s", i ? "," : "",
                    str_or(json_string_value(v), "?"));
    return strbuf_take(&b);
}

static int tell_operators(struct outbox_run *r, const struct outlet *o,
                          const struct ticket *t)
{
    CLEANUP_FREE char *name = name_of(&o->now.owner);
    CLEANUP_FREE char *code = xasprintf("unreachable:%s", name);
    CLEANUP_FREE char *text =
        xasprintf("no way to reach %s: %s (tocsin explain %.8s)", name,
                  r->s->has_fallback ? "the fallback hears of it instead"
                                     : "nobody is told",
                  t->key);

    return store_notice_put(r->st, o->in->name, code, text, r->opts.now,
                            &r->err);
}

static int cannot(struct outbox_run *r, struct outlet *o, struct ticket *t,
                  bool delivery)
{
    struct sending *n = &o->now;
    CLEANUP_JSON json_t *mark = mark_for(t, &n->owner);
    CLEANUP_FREE char *text =
        xasprintf("sink %s has no way to reach %s", o->in->name,
                  str_or(n->owner.name, "anybody"));
    bool before = json_object_get(jx_obj(mark, "sinks"), o->in->name);
    bool nobody;

    jx_set_int(jx_obj(mark, "sinks"), o->in->name, r->opts.now);
    if (delivery)
        jx_set_int(jx_obj_made(mark, "refused"), o->in->name, r->opts.now);
    if (store_ticket_unreached(r->st, t->id, mark, &r->err) < 0)
        return -1;
    if (!n->asks
        && outbox_defer(r, &n->row, r->opts.now + UNREACHABLE_WAIT, text) < 0)
        return -1;
    if (before)
        return 0;
    if (is_last(r, t, mark, &nobody) < 0)
        return -1;
    return nobody ? tell_operators(r, o, t) : 0;
}

/* What a delivery proved wrong is not mended by a word. */
static int can(struct outbox_run *r, struct outlet *o, struct ticket *t,
               bool delivery)
{
    CLEANUP_JSON json_t *mark = NULL;
    json_t *sinks, *refused;
    bool changed;

    if (!t->unreached)
        return 0;
    mark = json_deep_copy(t->unreached);
    sinks = jx_obj(mark, "sinks");
    refused = jx_obj(mark, "refused");
    changed = json_object_del(sinks, o->in->name) == 0;
    if (delivery && json_object_del(refused, o->in->name) == 0)
        changed = true;
    if (!changed)
        return 0;
    if (!json_object_size(sinks) && !json_object_size(refused))
        json_object_clear(mark);
    return store_ticket_unreached(
        r->st, t->id, json_object_size(mark) ? mark : NULL, &r->err);
}

/* The ticket is read again: another sink may have said its word meanwhile. */
static void note(struct outbox_run *r, struct outlet *o, bool ok, bool delivery)
{
    struct ticket t;
    int rc;

    if (ok && !o->now.ticket.unreached)
        return;
    if (store_begin(r->st, STORE_BATCH, &r->err) < 0)
        return;
    rc = store_ticket_by_id(r->st, o->now.ticket.id, &t, &r->err);
    if (rc > 0)
        rc = ok ? can(r, o, &t, delivery) : cannot(r, o, &t, delivery);
    ticket_release(&t);
    if (rc < 0)
        store_rollback(r->st);
    else
        store_commit(r->st, &r->err);
}

void reach_answered(struct outbox_run *r, struct outlet *o, bool ok)
{
    note(r, o, ok, false);
}

void reach_delivered(struct outbox_run *r, struct outlet *o, bool ok)
{
    note(r, o, ok, true);
}
