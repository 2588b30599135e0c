/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How those behind a ticket want to hear of it: by a call, without one,
 * together, elsewhere, now or later, or not at all.
 *
 * A team is told where and when its routes say; what one of its persons
 * wants keeps that person from being called, and nothing else.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/route/judge.h"

/* ---- hours, looked at once a decision ---- */

struct hours_entry {
    struct hours_look look;
    UT_hash_handle hh;
    char key[];
};

const struct hours_look *judge_hours(struct judge *j, const struct hours *h,
                                     const char *zone)
{
    static const struct hours_look always = { false, 0, NULL };
    CLEANUP_FREE char *key = NULL;
    struct hours_entry *e;

    if (!h || (!h->nr_active && !h->nr_mute))
        return &always;
    key = xasprintf("%p %s", (const void *)h, str_or(zone, ""));
    HASH_FIND_STR(j->hours, key, e);
    if (e)
        return &e->look;
    e = xcalloc(1, sizeof(*e) + strlen(key) + 1);
    memcpy(e->key, key, strlen(key));
    hours_look(j->s, h, zone, j->opts.now, &e->look);
    HASH_ADD_STR(j->hours, key, e);
    return &e->look;
}

void people_release(struct judge *j)
{
    struct hours_entry *e, *tmp;

    HASH_ITER(hh, j->hours, e, tmp)
    {
        HASH_DEL(j->hours, e);
        free(e);
    }
}

/* ---- persons ---- */

enum tell people_tell(struct judge *j, const char *login, const char *project)
{
    const struct person *p = settings_person(j->s, login);
    enum tell tell = p ? p->habits.tell : TELL_EACH;
    const struct project_facts *f;

    if (tell != TELL_EACH || !project || !j->s->digests.set)
        return tell;
    f = judge_facts(j, project, NULL);
    return f && f->digest ? TELL_DAILY : tell;
}

static void leave(struct ticket *t, const char *login, const char *why)
{
    if (!t->left)
        t->left = json_object();
    jx_set_str(t->left, login, why);
}

static void shut(struct people *out, const struct hours_look *l,
                 const char *login)
{
    out->shut++;
    if (out->shut == 1
        || (l->until && (!out->until || l->until < out->until))) {
        out->until = l->until;
        out->by = l->by;
        out->who = login;
    }
}

static void look_at(struct judge *j, struct ticket *t, const char *login,
                    bool single, const json_t *was, struct people *out)
{
    const struct person *p = settings_person(j->s, login);
    enum tell tell = people_tell(j, login, single ? t->project : NULL);
    const struct hours_look *l = NULL;

    if (p)
        l = judge_hours(j, &p->habits.hours, p->habits.zone);
    out->all++;
    if (tell == TELL_OFF) {
        out->off++;
        leave(t, login, "off");
    } else if (tell == TELL_QUIET) {
        out->quiet++;
        leave(t, login, "quiet");
    } else if (single && j->s->digests.set
               && (tell == TELL_DAILY || tell == TELL_WEEKLY)) {
        out->digest++;
        leave(t, login, "digest");
    } else if (l && l->shut) {
        shut(out, l, login);
        leave(t, login, "window");
    } else if (str_eq(jx_str(was, login), "budget")) {
        leave(t, login, "budget");
    } else {
        out->called++;
    }
}

void people_look(struct judge *j, struct ticket *t, bool single,
                 struct people *out)
{
    CLEANUP_JSON json_t *was = t->left;
    size_t i;
    json_t *login;

    memset(out, 0, sizeof(*out));
    t->left = NULL;
    json_array_foreach(t->persons, i, login)
        if (json_is_string(login))
            look_at(j, t, json_string_value(login), single, was, out);
}

/* ---- where they want to hear ---- */

static bool may_have(const struct placement *p, const struct instance *in,
                     const char *project)
{
    bool allowed = !in->nr_allow;

    for (size_t i = 0; !allowed && i < in->nr_allow; i++)
        allowed = glob_match(in->allow[i], project);
    return allowed && (!p->r.confidential || in->confidential);
}

static void via_add(struct placement *p, char **via, size_t nr)
{
    for (size_t i = 0; i < nr; i++) {
        size_t n;

        for (n = 0; n < p->nr_own && strcmp(p->own_via[n], via[i]); n++)
            ;
        if (n < p->nr_own)
            continue;
        p->own_via =
            xrealloc(p->own_via, (p->nr_own + 1) * sizeof(*p->own_via));
        p->own_via[p->nr_own++] = via[i];
    }
}

static void via_add_of(struct judge *j, struct placement *p,
                       const struct person *who, const char *project,
                       bool *without)
{
    for (size_t i = 0; i < who->nr_via; i++) {
        const struct instance *in = settings_sink(j->s, who->via[i]);

        if (in && may_have(p, in, project))
            via_add(p, &who->via[i], 1);
        else
            *without = true;
    }
}

void people_via(struct judge *j, struct placement *p, const char *project,
                const struct owner *o)
{
    bool without = !json_array_size(o->persons), any = false;
    size_t i;
    json_t *login;

    if (!j->s->nr_persons || p->spans || settings_team(j->s, o->name))
        return;
    json_array_foreach(o->persons, i, login) {
        const struct person *who =
            settings_person(j->s, json_string_value(login));

        any = any || (who && who->nr_via);
        if (!who || !who->nr_via)
            without = true;
        else if (who->habits.tell != TELL_OFF)
            via_add_of(j, p, who, project, &without);
    }
    if (!any || (without && !p->nr_own))
        return;
    if (without)
        via_add(p, p->r.via, p->r.nr_via);
    if (!p->nr_own)
        return;
    p->r.via = p->own_via;
    p->r.nr_via = p->nr_own;
}
