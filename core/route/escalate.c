/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Told long enough, and nobody mended it: the next owner hears of it, once,
 * on the same ticket, and those who heard of it stay on it.
 *
 * Must not make another ticket, and must not escalate what nobody was told.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/route/bench.h"
#include "core/route/reason.h"

static bool array_has(const json_t *a, const json_t *v)
{
    size_t i;
    json_t *one;

    json_array_foreach(a, i, one)
        if (json_equal(one, v))
            return true;
    return false;
}

static void add_all(json_t *to, const json_t *more)
{
    size_t i;
    json_t *v;

    json_array_foreach(more, i, v)
        if (!array_has(to, v))
            json_array_append(to, v);
}

/* The next owner's sinks beside those of the route. */
static void add_sinks(struct bench *b)
{
    const struct escalation *e = &b->place.r.policy.escalate;
    size_t nr = b->place.r.nr_via;

    b->more_via = xcalloc(nr + e->nr_via, sizeof(*b->more_via));
    for (size_t i = 0; i < nr; i++)
        b->more_via[i] = b->place.r.via[i];
    for (size_t i = 0; i < e->nr_via; i++) {
        json_t *name = json_string(e->via[i]);

        if (!array_has(b->v->t.via, name)) {
            b->more_via[nr++] = e->via[i];
            json_array_append(b->v->t.via, name);
        }
        json_decref(name);
    }
    b->place.r.via = b->more_via;
    b->place.r.nr_via = nr;
}

int escalate_dress(struct bench *b, struct err *err)
{
    const struct escalation *e = &b->place.r.policy.escalate;
    struct ticket *t = &b->v->t;
    const struct owner *o;
    int found;

    if (!e->to || b->place.role != ROLE_OWN)
        return 0;
    found = judge_owner(b->j, e->to, NULL, NULL, &o, err);
    if (found <= 0)
        return found;
    str_replace(&t->owner, o->name);
    str_replace(&t->owner_from, "escalated");
    add_all(t->persons, o->persons);
    if (e->nr_via && !b->more_via)
        add_sinks(b);
    return 0;
}

/* What its condition is asked about: time counts from the telling. */
static struct evidence evidence_since(const struct bench *b)
{
    const struct ticket *t = &b->v->t;
    struct evidence e = { t->told > t->opened ? t->told : t->opened, 0, 0 };

    for (size_t n = 0; n < b->nr; n++) {
        const struct incident *i = &b->m[n].i;

        if (b->m[n].gate != GATE_PASSED)
            continue;
        e.pushes = i->pushes > e.pushes ? i->pushes : e.pushes;
        e.attempts = i->attempts > e.attempts ? i->attempts : e.attempts;
    }
    return e;
}

/* May the next owner be told at this time? Else *until. */
static bool may_be_told(struct bench *b, const struct owner *o, int64_t *until)
{
    const struct team *team = settings_team(b->j->s, o->name);
    const struct person *p = team ? NULL : settings_person(b->j->s, o->name);
    const struct habits *h = team ? &team->habits : p ? &p->habits : NULL;
    const struct hours_look *l =
        h ? judge_hours(b->j, &h->hours, h->zone) : NULL;

    *until = l ? l->until : 0;
    return !l || !l->shut;
}

int escalate_speak(struct bench *b, bool *said, struct err *err)
{
    const struct escalation *e = &b->place.r.policy.escalate;
    struct verdict *v = b->v;
    struct evidence is;
    const struct owner *o;
    int64_t at;
    int found;

    *said = false;
    if (!e->to || v->t.escalated || !v->t.told || b->place.role != ROLE_OWN)
        return 0;
    is = evidence_since(b);
    if (!condition_met(&e->after, &is, b->j->opts.now, &at)) {
        verdict_look_at(&v->t, at);
        return 0;
    }
    found = judge_owner(b->j, e->to, NULL, NULL, &o, err);
    if (found <= 0)
        return found;
    if (!may_be_told(b, o, &at)) {
        verdict_look_at(&v->t, at);
        return 0;
    }
    v->t.escalated = b->j->opts.now;
    if (escalate_dress(b, err) < 0)
        return -1;
    people_look(b->j, &v->t, false, &b->people);
    free(v->sinks);
    v->nr_sinks = 0;
    bench_sinks(b);
    v->op = TOCSIN_DELIVER_REMIND;
    verdict_say(v, REASON_ESCALATED, e->after.at);
    jx_set_str(v->inputs, "to", o->name);
    jx_set_int(v->inputs, "told", is.since);
    if (b->place.r.policy.remind > 0)
        verdict_look_at(&v->t, b->j->opts.now + b->place.r.policy.remind);
    *said = true;
    return 0;
}
