/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Budgets of new tickets: per person and day, per rule, per day, per pass.
 * Asked in the order of importance; what does not fit waits, nothing is
 * dropped.
 *
 * Must not be asked about what people know already. A day is that of whoever
 * pays: a person's or a team's own, else the installation's.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/base/zone.h"
#include "core/route/judge.h"
#include "core/route/reason.h"

struct purse { /* of a person, or of "rule:ID" */
    int64_t spent;
    int64_t next; /* when the next day begins */
    UT_hash_handle hh;
    char person[];
};

struct budget {
    struct judge *j;
    struct purse *purses;
    int64_t pass, day;   /* spent; day -1: not asked yet */
    int64_t began, next; /* the installation's day; next 0: not asked */
    json_t *mended;      /* {rule: tickets}; NULL: not asked yet */
};

struct budget *budget_new(struct judge *j)
{
    struct budget *b = xcalloc(1, sizeof(*b));

    b->j = j;
    b->day = -1;
    return b;
}

void budget_free(struct budget *b)
{
    struct purse *p, *tmp;

    HASH_ITER(hh, b->purses, p, tmp)
    {
        HASH_DEL(b->purses, p);
        free(p);
    }
    json_decref(b->mended);
    free(b);
}

/* When this day began, and when the next one will. */
static void day_of(const char *zone, int64_t now, int64_t *began, int64_t *next)
{
    struct tm tm;

    zone_enter(zone);
    tm = zone_local(now);
    *began = zone_moment(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, 0);
    *next = zone_moment(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday + 1, 0);
    zone_leave();
    if (*next <= now)
        *next = now + 1;
}

static void day_here(struct budget *b)
{
    if (!b->next)
        day_of(b->j->s->digests.habits.zone, b->j->opts.now, &b->began,
               &b->next);
}

/* NULL: the installation's. */
static const char *zone_of(const struct settings *s, const char *payer)
{
    const struct person *p = settings_person(s, payer);
    const struct team *t = p ? NULL : settings_team(s, payer);

    return p ? p->habits.zone : t ? t->habits.zone : NULL;
}

static void day_of_payer(struct budget *b, const char *payer, int64_t *began,
                         int64_t *next)
{
    const char *zone = zone_of(b->j->s, payer);

    day_here(b);
    *began = b->began;
    *next = b->next;
    if (zone)
        day_of(zone, b->j->opts.now, began, next);
}

static struct purse *purse_of(struct budget *b, const char *person,
                              struct err *err)
{
    size_t n = strlen(person);
    struct purse *p;
    int64_t began;

    HASH_FIND(hh, b->purses, person, n, p);
    if (p)
        return p;
    p = xcalloc(1, sizeof(*p) + n + 1);
    memcpy(p->person, person, n);
    day_of_payer(b, person, &began, &p->next);
    if (store_spent_count(b->j->st, person, began, &p->spent, err) < 0) {
        free(p);
        return NULL;
    }
    HASH_ADD_KEYPTR(hh, b->purses, p->person, n, p);
    return p;
}

/* Who pays for a ticket: the persons that it calls, else the team as one.
 * New. */
static json_t *payers(const struct ticket *t)
{
    json_t *a = json_array(), *person;
    size_t i;

    json_array_foreach(t->persons, i, person)
        if (!json_object_get(t->left, json_string_value(person)))
            json_array_append(a, person);
    if (!json_array_size(a))
        json_array_append_new(a, json_string(str_or(t->owner, "nobody")));
    return a;
}

static int note_mended(void *user, const char *rule, int64_t filed,
                       int64_t fixed)
{
    (void)filed;
    jx_set_int(user, rule, fixed);
    return 0;
}

/* The purse of the ticket's rule; *p NULL: it needs none. No login has a
 * colon. */
static int rule_purse(struct budget *b, const struct verdict *v,
                      struct purse **p, struct err *err)
{
    const struct policy *policy = &b->j->s->policy;
    CLEANUP_FREE char *name = NULL;

    *p = NULL;
    if (!v->rule || v->spans
        || policy->new_per_rule_per_day == POLICY_UNLIMITED)
        return 0;
    if (!b->mended) {
        b->mended = json_object();
        if (store_rule_fixed_each(b->j->st, note_mended, b->mended, err) < 0)
            return -1;
    }
    if (jx_int(b->mended, v->rule, 0) >= policy->trusted_after)
        return 0;
    name = xasprintf("rule:%s", v->rule);
    *p = purse_of(b, name, err);
    return *p ? 0 : -1;
}

static int spend(struct budget *b, const struct verdict *v, const json_t *who,
                 struct purse *rule, struct err *err)
{
    size_t i;
    json_t *person;

    b->pass++;
    if (v->spans)
        return 0;
    b->day++;
    if (rule
        && store_spent_add(b->j->st, rule->person, b->j->opts.now, v->t.id, err)
               < 0)
        return -1;
    if (rule)
        rule->spent++;
    json_array_foreach(who, i, person) {
        const char *name = json_string_value(person);
        struct purse *p = purse_of(b, name, err);

        if (!p
            || store_spent_add(b->j->st, name, b->j->opts.now, v->t.id, err)
                   < 0)
            return -1;
        p->spent++;
    }
    return 0;
}

/* Those of who that have had enough, out of it. */
static int take_over(struct budget *b, const struct verdict *v, json_t *who,
                     json_t *over, struct err *err)
{
    int64_t most = b->j->s->policy.new_per_person_per_day;
    size_t i = 0;

    if (v->spans || most < 0)
        return 0;
    while (i < json_array_size(who)) {
        json_t *person = json_array_get(who, i);
        struct purse *p = purse_of(b, json_string_value(person), err);

        if (!p)
            return -1;
        if (p->spent < most) {
            i++;
            continue;
        }
        json_array_append(over, person);
        json_array_remove(who, i);
    }
    return 0;
}

/* They are not called for it: their digest has it. */
static void leave_to_digests(struct verdict *v, const json_t *over)
{
    size_t i;
    json_t *person;

    json_array_foreach(over, i, person) {
        if (!v->t.left)
            v->t.left = json_object();
        jx_set_str(v->t.left, json_string_value(person), "budget");
    }
}

static int begin_day(struct budget *b, struct err *err)
{
    day_here(b);
    return b->day >= 0
               ? 0
               : store_spent_count(b->j->st, NULL, b->began, &b->day, err);
}

/* The first of those who have had enough that may be told again. */
static int64_t first_next(struct budget *b, const json_t *over, struct err *err)
{
    int64_t next = INT64_MAX;
    size_t i;
    json_t *person;

    json_array_foreach((json_t *)over, i, person) {
        struct purse *p = purse_of(b, json_string_value(person), err);

        if (p && p->next < next)
            next = p->next;
    }
    return next;
}

int budget_ask(struct budget *b, struct verdict *v, const char **code,
               int64_t *next, struct err *err)
{
    const struct policy *p = &b->j->s->policy;
    int64_t now = b->j->opts.now;
    CLEANUP_JSON json_t *who = payers(&v->t);
    CLEANUP_JSON json_t *over = json_array();
    struct purse *rule;

    *code = NULL;
    if (begin_day(b, err) < 0)
        return -1;
    *next = b->next;
    /* an outage is told whatever the day has cost, and to a team */
    if (take_over(b, v, who, over, err) < 0)
        return -1;
    if (json_array_size(over)
        && (!b->j->s->digests.set || !json_array_size(who))) {
        *code = REASON_BUDGET_PERSON;
        *next = first_next(b, over, err);
        jx_set_str(v->inputs, "person",
                   json_string_value(json_array_get(over, 0)));
        return 0;
    }
    if (rule_purse(b, v, &rule, err) < 0)
        return -1;
    if (rule && rule->spent >= p->new_per_rule_per_day) {
        *code = REASON_BUDGET_RULE;
        jx_set_str(v->inputs, "rule", v->rule);
        return 0;
    }
    if (!v->spans && p->new_per_day >= 0 && b->day >= p->new_per_day) {
        *code = REASON_BUDGET_DAY;
        return 0;
    }
    if (p->new_per_pass >= 0 && b->pass >= p->new_per_pass) {
        *code = REASON_BUDGET_PASS;
        *next = now + 1;
        return 0;
    }
    leave_to_digests(v, over);
    return spend(b, v, who, rule, err);
}
