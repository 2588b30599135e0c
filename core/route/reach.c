/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whom the sinks said they cannot reach, and whether that leaves nobody to
 * tell. One that said so of a delivery is believed again when it delivers. The answers are deliver/'s, of an earlier pass; a mark about other
 * people than the ticket has now says nothing.
 *
 * Must not ask a sink, and must not forget a mark.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/route/judge.h"

struct reach_entry {
    json_t *mark;
    UT_hash_handle hh;
    char key[];
};

static int reach_add(void *user, struct ticket *t)
{
    struct judge *j = user;
    size_t n = strlen(t->key);
    struct reach_entry *e = xcalloc(1, sizeof(*e) + n + 1);

    memcpy(e->key, t->key, n);
    e->mark = json_incref(t->unreached);
    HASH_ADD_KEYPTR(hh, j->unreached, e->key, n, e);
    return 0;
}

int reach_init(struct judge *j, struct err *err)
{
    struct ticket_query q = { .unreached_only = true };

    return store_ticket_each(j->st, &q, reach_add, j, err);
}

void reach_release(struct judge *j)
{
    struct reach_entry *e, *tmp;

    HASH_ITER(hh, j->unreached, e, tmp)
    {
        HASH_DEL(j->unreached, e);
        json_decref(e->mark);
        free(e);
    }
}

static bool same_list(const json_t *a, const json_t *b)
{
    return json_array_size(a) == json_array_size(b)
           && (!json_array_size(a) || json_equal(a, b));
}

static bool same_map(const json_t *a, const json_t *b)
{
    return json_object_size(a) == json_object_size(b)
           && (!json_object_size(a) || json_equal(a, b));
}

static bool is_about(const json_t *mark, const struct owner *o)
{
    return str_eq(jx_str(mark, "owner"), o->name)
           && same_list(jx_arr(mark, "persons"), o->persons)
           && same_map(jx_obj(mark, "contacts"), o->contacts);
}

/* Would this sink be told, could it reach anybody? */
static bool may_have(const struct judge *j, const struct instance *in,
                     const struct placement *p, const struct incident *i)
{
    bool allowed = p->spans || !in->nr_allow;

    for (size_t n = 0; !allowed && n < in->nr_allow; n++)
        allowed = glob_match(in->allow[n], i->project);
    return allowed && (!p->r.confidential || in->confidential)
           && (j->opts.armed || judge_sink_is_local(j, in->name));
}

enum reach reach_of(const struct judge *j, const struct placement *p,
                    const struct incident *i, const struct owner *o)
{
    struct reach_entry *e;
    const json_t *asked, *refused;
    enum reach is = REACH_FINE;

    if (!j->unreached)
        return REACH_FINE;
    HASH_FIND(hh, j->unreached, p->key, strlen(p->key), e);
    if (!e || !is_about(e->mark, o))
        return REACH_FINE;
    asked = jx_obj(e->mark, "sinks");
    refused = jx_obj(e->mark, "refused");
    for (size_t n = 0; n < p->r.nr_via; n++) {
        const struct instance *in = settings_sink(j->s, p->r.via[n]);

        if (!in || !may_have(j, in, p, i))
            continue;
        if (json_object_get(asked, in->name))
            is = is == REACH_FINE ? REACH_LOST : is;
        else if (json_object_get(refused, in->name))
            is = REACH_TRIED;
        else
            return REACH_FINE;
    }
    return is;
}
