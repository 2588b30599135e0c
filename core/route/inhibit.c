/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * inhibit: a symptom is not told while its cause stands. Which is which say
 * the rules under `inhibit:`.
 *
 * A cause is one that stands, whether it is told or not; one that is silenced
 * still is one. What matches both sides of a rule is no symptom of another
 * that does, and nothing is, by however many steps, a symptom of itself.
 *
 * Must not write.
 */
#include <config.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/route/judge.h"

#define CHAIN_MAX 16 /* symptoms of symptoms */

static bool matches(struct judge *j, const struct match *m,
                    const struct incident *i)
{
    const struct project_facts *f = judge_facts(j, i->project, NULL);
    struct owners_of names = { j, i, NULL };
    struct subject sub;
    bool yes;

    subject_of(&sub, i, f ? f->default_branch : NULL);
    sub.outbreak = judge_outbreak(j, i) != NULL;
    sub.owners = owner_names;
    sub.user = &names;
    yes = match_subject(m, &sub, NULL);
    json_decref(names.names);
    return yes;
}

/* ---- what both have the same ---- */

/* "numpy" of "numpy >=2,<3": versions are asked for in other words by a
 * build and by a bot. */
static char *dependency_of(const struct incident *i)
{
    const char *spec = jx_str(jx_obj(i->failure, "captures"), "spec");
    size_t n = 0;
    char *name;

    while (spec
           && (isalnum((unsigned char)spec[n])
               || (spec[n] && strchr("._-", spec[n]))))
        n++;
    if (!n)
        return NULL;
    name = xstrndup(spec, n);
    for (char *p = name; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return name;
}

/* New; NULL: it has none. */
static char *field_of(const struct incident *i, const char *field)
{
    const struct {
        const char *name, *value;
    } all[] = {
        { "project", i->project },
        { "branch", i->branch },
        { "kind", i->kind },
        { "category", i->category },
        { "rule", i->rule },
        { "source", i->source },
        { "fingerprint", i->fingerprint },
    };

    if (!strcmp(field, "dependency"))
        return dependency_of(i);
    if (!strcmp(field, "area"))
        return i->category ? xstrndup(i->category, strcspn(i->category, "/"))
                           : NULL;
    for (size_t n = 0; n < ARRAY_SIZE(all); n++)
        if (!strcmp(all[n].name, field))
            return xstrdup0(all[n].value);
    BUG("no field \"%s\" to compare", field);
}

/* A field that neither has is not the same: nothing is no reason. */
static bool equals(const struct inhibit *rule, const struct incident *a,
                   const struct incident *b)
{
    for (size_t n = 0; n < rule->nr_equal; n++) {
        CLEANUP_FREE char *x = field_of(a, rule->equal[n]);
        CLEANUP_FREE char *y = field_of(b, rule->equal[n]);

        if (!x || !y || strcmp(x, y))
            return false;
    }
    return true;
}

static bool asks_project(const struct inhibit *rule)
{
    for (size_t n = 0; n < rule->nr_equal; n++)
        if (!strcmp(rule->equal[n], "project"))
            return true;
    return false;
}

/* ---- from a symptom to its cause ---- */

struct search {
    struct judge *j;
    const struct incident *i;
    const struct inhibit *rule;
    bool both;   /* i matches the rule's cause side, too */
    char *found; /* public id */
    int64_t since;
};

/* 1: to say that c causes i would go round in a circle. */
static int goes_round(struct judge *j, const struct incident *c,
                      const struct incident *i)
{
    CLEANUP_FREE char *at = xstrdup0(c->caused_by);

    for (int n = 0; at && n < CHAIN_MAX; n++) {
        struct incident next;
        int got;

        if (str_eq(at, i->public_id))
            return 1;
        got = store_incident_by_id(j->st, at, &next, NULL);
        str_replace(&at, got == 1 && next.standing ? next.caused_by : NULL);
        incident_release(&next);
        if (got < 0)
            return -1;
    }
    return at != NULL;
}

/* The one that it has stays; else the oldest. */
static bool is_better(const struct search *s, const struct incident *c)
{
    if (!s->found)
        return true;
    if (str_eq(s->found, s->i->caused_by))
        return false;
    return str_eq(c->public_id, s->i->caused_by) || c->first_seen < s->since;
}

static bool fits(const struct search *s, const struct incident *c)
{
    /* What a source that is not heard of any more said explains nothing. */
    return c->id != s->i->id && c->standing && c->state != INCIDENT_RESOLVED
           && !c->stale && is_better(s, c) && equals(s->rule, s->i, c)
           && matches(s->j, &s->rule->cause, c)
           && !(s->both && matches(s->j, &s->rule->symptom, c));
}

static int try_cause(void *user, struct incident *c)
{
    struct search *s = user;
    int round;

    if (!fits(s, c))
        return 0;
    round = goes_round(s->j, c, s->i);
    if (round)
        return round < 0 ? -1 : 0;
    str_replace(&s->found, c->public_id);
    s->since = c->first_seen;
    return 0;
}

static int far_add(void *user, struct incident *i)
{
    struct judge *j = user;

    for (size_t n = 0; n < j->s->nr_inhibit; n++) {
        const struct inhibit *rule = &j->s->inhibit[n];

        if (asks_project(rule) || !matches(j, &rule->cause, i))
            continue;
        j->causes =
            xrealloc(j->causes, (j->nr_causes + 1) * sizeof(*j->causes));
        j->causes[j->nr_causes++] = *i;
        memset(i, 0, sizeof(*i));
        break;
    }
    return 0;
}

/* Of the rules that do not ask for the project, read once: evidence does not
 * change while it lasts. */
static int far_causes(struct judge *j, struct err *err)
{
    struct incident_query q = { .standing_only = true };

    if (j->has_causes)
        return 0;
    j->has_causes = true;
    return store_incident_each(j->st, &q, far_add, j, err);
}

static int search(struct search *s, struct err *err)
{
    struct incident_query q = { .project = s->i->project,
                                .standing_only = true };

    if (asks_project(s->rule))
        return store_incident_each(s->j->st, &q, try_cause, s, err);
    if (far_causes(s->j, err) < 0)
        return -1;
    for (size_t n = 0; n < s->j->nr_causes; n++) {
        const struct incident *was = &s->j->causes[n];
        struct incident now;
        int got;

        if (!fits(s, was))
            continue;
        got = store_incident_by_id(s->j->st, was->public_id, &now, err);

        /* what is its cause may have been found meanwhile */
        if (got == 1)
            got = try_cause(s, &now);
        incident_release(&now);
        if (got < 0)
            return -1;
    }
    return 0;
}

bool inhibit_may(struct judge *j, const struct incident *i)
{
    if (i->caused_by && !judge_outbreak(j, i))
        return true;
    for (size_t n = 0; n < j->s->nr_inhibit; n++)
        if (matches(j, &j->s->inhibit[n].symptom, i))
            return true;
    return false;
}

int inhibit_find(struct judge *j, struct incident *i, bool *changed,
                 struct err *err)
{
    struct search s = { .j = j, .i = i };
    int rc = 0;

    *changed = false;
    if (judge_outbreak(j, i) || (!j->s->nr_inhibit && !i->caused_by))
        return 0;
    for (size_t n = 0; !rc && n < j->s->nr_inhibit; n++) {
        s.rule = &j->s->inhibit[n];
        if (!i->standing || !matches(j, &s.rule->symptom, i))
            continue;
        s.both = matches(j, &s.rule->cause, i);
        rc = search(&s, err);
    }
    if (!rc && str_cmp0(i->caused_by, s.found)) {
        str_replace(&i->caused_by, s.found);
        *changed = true;
    }
    free(s.found);
    return rc;
}

const char *inhibit_at(struct judge *j, const struct incident *i,
                       const struct incident *cause)
{
    for (size_t n = 0; n < j->s->nr_inhibit; n++) {
        const struct inhibit *rule = &j->s->inhibit[n];

        if (equals(rule, i, cause) && matches(j, &rule->cause, cause)
            && matches(j, &rule->symptom, i))
            return rule->at;
    }
    return NULL;
}

/* ---- from a cause to its symptoms ---- */

struct touch {
    struct judge *j;
    const struct incident *cause;
    const struct inhibit *rule;
    int (*each)(void *user, struct incident *i);
    void *user;
};

static int touch_one(void *user, struct incident *i)
{
    struct touch *t = user;

    if (i->id == t->cause->id || i->state == INCIDENT_RESOLVED
        || !equals(t->rule, t->cause, i)
        || !matches(t->j, &t->rule->symptom, i))
        return 0;
    return t->each(t->user, i);
}

int inhibit_symptoms(struct judge *j, const struct incident *i,
                     int (*each)(void *user, struct incident *i), void *user,
                     struct err *err)
{
    for (size_t n = 0; n < j->s->nr_inhibit; n++) {
        const struct inhibit *rule = &j->s->inhibit[n];
        struct touch t = { j, i, rule, each, user };
        struct incident_query q = { .unresolved_only = true };

        if (asks_project(rule))
            q.project = i->project;
        if (matches(j, &rule->cause, i)
            && store_incident_each(j->st, &q, touch_one, &t, err) < 0)
            return -1;
    }
    return 0;
}

void inhibit_release(struct judge *j)
{
    for (size_t n = 0; n < j->nr_causes; n++)
        incident_release(&j->causes[n]);
    free(j->causes);
    j->causes = NULL;
    j->nr_causes = 0;
}
