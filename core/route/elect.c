/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whose ticket it is: the member that speaks for it, its route, its people.
 *
 * Must not move a ticket to other people while the cause that brought it to
 * the first ones stands.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/route/bench.h"
#include "core/route/reason.h"

static int elect_by(struct bench *b, size_t n, bool *found, struct err *err)
{
    placements_release(&b->places);
    if (place(b->j, &b->m[n].i, &b->places, NULL, err) < 0)
        return -1;
    for (size_t p = 0; p < b->places.nr; p++) {
        if (!strcmp(b->places.of[p].key, b->v->t.key)) {
            b->place = b->places.of[p];
            *found = true;
        }
    }
    return 0;
}

/*
 * The member that speaks for the ticket: the one that the ticket's present
 * route came from, so that a second cause does not move it to other people
 * while the first one stands; else the longest standing.
 */
int bench_elect(struct bench *b, const struct placement *hint, struct err *err)
{
    const char *route = b->v->t.route;
    size_t first = b->nr;

    for (int pass = 0; pass < 2 && !b->placed; pass++) {
        for (size_t n = 0; n < b->nr && !b->placed; n++) {
            bool live = b->m[n].i.state != INCIDENT_RESOLVED;
            bool found = false;

            if (live == (pass > 0))
                continue;
            if (hint && hint->role != ROLE_OWN) {
                b->place = *hint;
                b->placed = true;
                b->elected = n;
                break;
            }
            if (elect_by(b, n, &found, err) < 0)
                return -1;
            if (found && first == b->nr)
                first = n;
            if (found && (!route || !str_cmp0(route, b->place.r.route->id))) {
                b->placed = true;
                b->elected = n;
            }
        }
        if (!b->placed && first < b->nr) {
            bool found;

            if (elect_by(b, first, &found, err) < 0)
                return -1;
            b->placed = true;
            b->elected = first;
        }
    }
    return 0;
}

static json_t *names_of(char *const *of, size_t nr)
{
    json_t *a = json_array();

    for (size_t i = 0; i < nr; i++)
        jx_append_str(a, of[i]);
    return a;
}

static void json_replace(json_t **dst, json_t *v)
{
    json_decref(*dst);
    *dst = v;
}

int bench_dress(struct bench *b, struct err *err)
{
    struct ticket *t = &b->v->t;
    const struct placement *p = &b->place;
    const struct incident *i = &b->m[b->elected].i;
    const struct project_facts *f;
    const struct owner *o;
    int found = placement_owner(b->j, p, i->project, incident_file(i), &o, err);

    if (found < 0)
        return -1;
    b->v->spans = p->spans;
    str_replace(&t->kind, p->kind);
    json_replace(&t->via, names_of(p->r.via, p->r.nr_via));
    str_replace(&t->route, p->r.route->id);
    str_replace(&t->route_at, p->r.route->at);
    str_replace(&t->owner, found ? o->name : NULL);
    str_replace(&t->owner_from, !found                     ? NULL
                                : p->role == ROLE_FALLBACK ? "fallback"
                                : p->role == ROLE_DIGEST   ? "digest"
                                                           : o->from);
    json_replace(&t->persons, found ? json_copy(o->persons) : json_array());
    json_replace(&t->labels, names_of(p->r.labels, p->r.nr_labels));
    t->confidential = p->r.confidential;
    t->descendants = 0;
    if (!p->spans) {
        json_replace(&t->group, json_incref(p->group));
        str_replace(&t->project, i->project);
        str_replace(&t->branch,
                    json_object_get(p->group, "branch") ? i->branch : NULL);
        f = judge_facts(b->j, i->project, err);
        if (!f)
            return -1;
        t->descendants = f->descendants;
    } else if (!t->group) {
        t->group = json_incref(p->group);
    }
    return t->escalated ? escalate_dress(b, err) : 0;
}
