/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One decision over everything that is due: incidents to their tickets and
 * states, tickets to verdicts, verdicts through the budgets to the outbox.
 *
 * Looks at each incident once and at each ticket once, whatever hangs
 * together: an outage of thousands must not become a square of them. Must
 * not send.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/route/judge.h"
#include "core/route/operators.h"
#include "core/route/reason.h"

#define META_SETTINGS "decide.settings"
#define META_OUTBREAKS "decide.outbreaks"
#define META_RELEASED "decide.released"
#define META_ARMED "armed_at"

/* An incident that is due, by what the store finds it again with. */
struct due {
    int64_t id;
    char *project, *branch, *fingerprint;
    bool symptom; /* a rule may find a cause for it, or did */
};

/* A ticket to be judged. */
struct tick {
    int64_t id;
    bool hinted;
    bool stood;            /* arming would make it backlog */
    struct placement hint; /* key and group not filled in */
    UT_hash_handle hh;
    char key[];
};

struct session {
    struct judge j;
    struct due *due;
    size_t nr_due, alloc_due;
    struct tick *ticks;
    struct verdict *waiting; /* what would be told anew */
    size_t nr_waiting, alloc_waiting;
};

static void due_release(struct due *d)
{
    free(d->project);
    free(d->branch);
    free(d->fingerprint);
}

static int due_add(void *user, struct incident *i)
{
    struct session *d = user;
    struct due *one;

    ALLOC_GROW(d->due, d->nr_due + 1, d->alloc_due);
    one = &d->due[d->nr_due++];
    one->id = i->id;
    one->symptom = inhibit_may(&d->j, i);
    one->project = i->project;
    one->branch = i->branch;
    one->fingerprint = i->fingerprint;
    i->project = i->branch = i->fingerprint = NULL;
    return 0;
}

/* With a cause, whatever may be a symptom of it. */
static int due_add_cause(void *user, struct incident *i)
{
    struct session *d = user;

    return inhibit_symptoms(&d->j, i, due_add, d, NULL) < 0 ? -1
                                                            : due_add(d, i);
}

static int by_id(const void *a, const void *b)
{
    const struct due *x = a, *y = b;

    return x->id < y->id ? -1 : x->id > y->id;
}

static void due_unique(struct session *d)
{
    size_t n = 0;

    if (d->nr_due)
        qsort(d->due, d->nr_due, sizeof(*d->due), by_id);
    for (size_t i = 0; i < d->nr_due; i++) {
        if (n && d->due[n - 1].id == d->due[i].id)
            due_release(&d->due[i]);
        else
            d->due[n++] = d->due[i];
    }
    d->nr_due = n;
}

static struct tick *tick_find(struct session *d, const char *key)
{
    struct tick *t;

    HASH_FIND(hh, d->ticks, key, strlen(key), t);
    return t;
}

static struct tick *tick_add(struct session *d, const char *key, int64_t id)
{
    struct tick *t = tick_find(d, key);
    size_t n = strlen(key);

    if (t)
        return t;
    t = xcalloc(1, sizeof(*t) + n + 1);
    memcpy(t->key, key, n);
    t->id = id;
    HASH_ADD_KEYPTR(hh, d->ticks, t->key, n, t);
    return t;
}

static int tick_due(void *user, struct ticket *t)
{
    /* Tocsin's own trouble has no incidents: operators.c judges it */
    if (str_cmp0(t->kind, KIND_OPERATORS))
        tick_add(user, t->key, t->id);
    return 0;
}

/* ---- what changed since the last decision, apart from evidence ---- */

static int note(struct session *d, const char *key, const char *value,
                bool *changed, char **was, struct err *err)
{
    CLEANUP_FREE char *old = NULL;

    *changed = false;
    if (store_meta_get(d->j.st, key, &old, err) < 0)
        return -1;
    if (str_eq(old, value))
        return 0;
    *changed = true;
    if (judge_begin(&d->j, err) < 0
        || store_meta_set(d->j.st, key, value, err) < 0)
        return -1;
    if (was) {
        *was = old;
        old = NULL;
    }
    return 0;
}

static int make_backlog(void *user, struct ticket *t)
{
    struct session *d = user;
    struct told told;

    if (t->backlog || !str_cmp0(t->kind, KIND_OPERATORS))
        return 0;
    if (desire_told(&d->j, t, &told, NULL) < 0)
        return -1;
    if (told.granted)
        return 0;
    tick_add(d, t->key, t->id)->stood = true;
    if (!d->j.s->armed)
        return 0;
    t->backlog = true;
    return store_ticket_put(d->j.st, t, NULL);
}

/* As if armed (a dry run), what stands is counted and stays news. */
static int notice_arming(struct session *d, struct err *err)
{
    struct ticket_query q = { .unresolved_only = true };
    CLEANUP_FREE char *armed = NULL;
    CLEANUP_FREE char *now = when_format(d->j.opts.now);

    if (!d->j.opts.armed)
        return 0;
    if (store_meta_get(d->j.st, META_ARMED, &armed, err) < 0)
        return -1;
    if (armed)
        return 0;
    d->j.arming = true;
    if (judge_begin(&d->j, err) < 0
        || store_meta_set(d->j.st, META_ARMED, now, err) < 0
        || store_incident_dirty_all(d->j.st, err) < 0)
        return -1;
    if (!d->j.cold && store_ticket_each(d->j.st, &q, make_backlog, d, err) < 0)
        return err && err->code
                   ? -1
                   : err_set(err, ERR_STORE, "the backlog cannot be written");
    return 0;
}

static int notice_settings(struct session *d, struct err *err)
{
    CLEANUP_FREE char *was = NULL;
    CLEANUP_FREE char *is = xasprintf(
        "%s%s",
        d->j.opts.armed ? "armed:" : "unarmed:", str_or(d->j.s->digest, ""));
    bool changed;

    if (note(d, META_SETTINGS, is, &changed, &was, err) < 0)
        return -1;
    d->j.cold = changed && !was;
    if (changed && was)
        return store_incident_dirty_all(d->j.st, err);
    return 0;
}

static int live_add(void *user, const struct outbreak *o)
{
    jx_set_str(user, o->key, str_or(o->state, ""));
    return 0;
}

/* The members of outbreaks that formed, broke out or ended meanwhile. */
static int notice_outbreaks(struct session *d, struct err *err)
{
    CLEANUP_JSON json_t *live = json_object();
    CLEANUP_JSON json_t *before = NULL;
    CLEANUP_FREE char *is = NULL;
    CLEANUP_FREE char *was = NULL;
    struct incident_query q = { 0 };
    const char *key;
    json_t *state;
    bool changed;

    if (store_outbreak_each(d->j.st, true, live_add, live, err) < 0)
        return -1;
    is = json_object_size(live) ? jx_dump(live) : NULL;
    if (note(d, META_OUTBREAKS, is, &changed, &was, err) < 0)
        return -1;
    if (!changed)
        return 0;
    before = was ? jx_parse(was, strlen(was), NULL) : json_object();
    json_object_foreach(live, key, state) {
        if (json_equal(json_object_get(before, key), state)) {
            json_object_del(before, key);
            continue;
        }
        json_object_set(before, key, state);
    }
    json_object_foreach(before, key, state) {
        q.outbreak = key;
        if (store_incident_each(d->j.st, &q, due_add, d, err) < 0)
            return -1;
    }
    return 0;
}

/* ---- backlog, released slowly ---- */

struct release {
    struct ticket *t;
    size_t nr, alloc;
};

static int release_add(void *user, struct ticket *t)
{
    struct release *r = user;

    ALLOC_GROW(r->t, r->nr + 1, r->alloc);
    r->t[r->nr++] = *t;
    memset(t, 0, sizeof(*t));
    return 0;
}

static int by_weight(const void *a, const void *b)
{
    const struct ticket *x = a, *y = b;

    if (x->descendants != y->descendants)
        return x->descendants > y->descendants ? -1 : 1;
    if (x->created != y->created)
        return x->created < y->created ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static int released_today(struct session *d, int64_t *n, struct err *err)
{
    CLEANUP_FREE char *text = NULL;
    long long day = 0, count = 0;

    if (store_meta_get(d->j.st, META_RELEASED, &text, err) < 0)
        return -1;
    if (text && sscanf(text, "%lld:%lld", &day, &count) != 2)
        count = 0;
    *n = day == d->j.opts.now / DAY ? count : 0;
    return 0;
}

static int backlog_release(struct session *d, struct err *err)
{
    int64_t per_day = d->j.s->policy.backlog_per_day, done = 0, before;
    struct ticket_query q = { .unresolved_only = true, .backlog_only = true };
    struct release r = { NULL, 0, 0 };
    CLEANUP_FREE char *text = NULL;
    int rc = 0;

    if (per_day <= 0 || !d->j.s->armed)
        return 0;
    if (released_today(d, &done, err) < 0)
        return -1;
    before = done;
    if (done >= per_day)
        return 0;
    rc = store_ticket_each(d->j.st, &q, release_add, &r, err);
    if (r.nr)
        qsort(r.t, r.nr, sizeof(*r.t), by_weight);
    for (size_t i = 0; i < r.nr; i++) {
        /* only what would be told: the rest keeps its place */
        if (!rc && done < per_day && !str_cmp0(r.t[i].reason, REASON_BACKLOG)) {
            r.t[i].backlog = false;
            rc = judge_begin(&d->j, err);
            rc = rc < 0 ? rc : store_ticket_put(d->j.st, &r.t[i], err);
            tick_add(d, r.t[i].key, r.t[i].id);
            done++;
        }
        ticket_release(&r.t[i]);
    }
    free(r.t);
    if (rc < 0 || done == before)
        return rc;
    text = xasprintf("%lld:%lld", (long long)(d->j.opts.now / DAY),
                     (long long)done);
    return store_meta_set(d->j.st, META_RELEASED, text, err);
}

int decide_backlog_release(struct store *st, const char *key, int64_t now,
                           struct err *err)
{
    struct ticket t;
    int got = store_ticket_get(st, key, &t, err);

    if (got == 1 && t.backlog) {
        t.backlog = false;
        t.next_at = now;
        if (store_ticket_put(st, &t, err) < 0)
            got = -1;
    }
    ticket_release(&t);
    return got;
}

/* ---- incidents ---- */

static int ticket_of(struct session *d, const struct incident *i,
                     const struct placement *p, int64_t *id, struct err *err)
{
    struct tick *tick = tick_find(d, p->key);
    bool stood = false;
    struct ticket t;
    int got;

    if (!tick) {
        got = store_ticket_get(d->j.st, p->key, &t, err);
        if (got < 0)
            return -1;
        if (!got) {
            memset(&t, 0, sizeof(t));
            t.key = xstrdup(p->key);
            t.group = json_incref(p->group);
            t.kind = xstrdup(p->kind);
            t.project = p->spans ? NULL : xstrdup(i->project);
            t.branch = p->spans ? NULL : xstrdup0(i->branch);
            t.created = d->j.opts.now;
            /* first decision ever, armed: only today's news is news */
            stood = d->j.arming && d->j.cold
                    && i->first_seen + DAY <= d->j.opts.now;
            t.backlog = stood && d->j.s->armed;
            got = store_ticket_put(d->j.st, &t, err);
        }
        tick = got < 0 ? NULL : tick_add(d, p->key, t.id);
        ticket_release(&t);
        if (!tick)
            return -1;
        tick->stood = tick->stood || stood;
    }
    if (!tick->hinted && p->role != ROLE_OWN) {
        tick->hinted = true;
        tick->hint = *p;
        tick->hint.key = tick->key;
        tick->hint.group = json_incref(p->group);
    }
    *id = tick->id;
    return 0;
}

/* Tickets that it was in and is no more are judged without it. */
static int members(struct session *d, const struct incident *i,
                   const struct placements *p, struct err *err)
{
    int64_t ids[PLACEMENTS_MAX];
    CLEANUP_FREE int64_t *had = NULL;
    size_t nr_had, n, o;

    for (n = 0; n < p->nr; n++)
        if (ticket_of(d, i, &p->of[n], &ids[n], err) < 0)
            return -1;
    if (store_member_tickets(d->j.st, i->id, &had, &nr_had, err) < 0)
        return -1;
    for (o = 0; o < nr_had; o++) {
        struct ticket t;

        for (n = 0; n < p->nr && ids[n] != had[o]; n++)
            ;
        if (n < p->nr)
            continue;
        if (store_ticket_by_id(d->j.st, had[o], &t, err) < 0)
            return -1;
        if (t.key)
            tick_add(d, t.key, t.id);
        ticket_release(&t);
    }
    return store_member_set(d->j.st, i->id, ids, p->nr, err);
}

static int settle_one(struct session *d, struct incident *i, struct err *err)
{
    const struct project_facts *f = judge_facts(&d->j, i->project, err);
    struct evidence e = { i->first_seen, i->pushes, i->attempts };
    struct placements p;
    int64_t id = i->id;
    bool waits;
    int rc;

    if (!f || place(&d->j, i, &p, NULL, err) < 0)
        return -1;
    rc = members(d, i, &p, err);
    if (!rc && i->standing && i->state != INCIDENT_OPEN)
        rc = evidence_of(&d->j, i, &e, err);
    if (!rc && advance(&d->j, i, &p.policy, &e, f->archived))
        rc = store_incident_put(d->j.st, i, true, err);
    waits = p.waits;
    placements_release(&p);
    return rc < 0 || waits ? rc : store_incident_clean(d->j.st, id, err);
}

static int find_cause(struct session *d, const struct due *due, struct err *err)
{
    struct incident i;
    bool changed = false;
    int got = store_incident_get(d->j.st, due->project, due->branch,
                                 due->fingerprint, &i, err);

    if (got == 1)
        got = inhibit_find(&d->j, &i, &changed, err);
    if (changed)
        got = store_incident_put(d->j.st, &i, true, err);
    incident_release(&i);
    return got < 0 ? -1 : 0;
}

/* The newest first: of those that would explain each other in a circle the
 * oldest is left without a cause, and is told. */
static int find_causes(struct session *d, struct err *err)
{
    for (size_t n = d->nr_due; n-- > 0;)
        if (d->due[n].symptom && find_cause(d, &d->due[n], err) < 0)
            return -1;
    return 0;
}

static int settle(struct session *d, struct err *err)
{
    for (size_t n = 0; n < d->nr_due; n++) {
        struct incident i;
        int got =
            store_incident_get(d->j.st, d->due[n].project, d->due[n].branch,
                               d->due[n].fingerprint, &i, err);

        if (got == 1)
            got = settle_one(d, &i, err);
        incident_release(&i);
        if (got < 0)
            return -1;
        d->j.counts->incidents++;
    }
    return 0;
}

/* ---- tickets ---- */

static int settled(struct session *d, struct verdict *v, struct err *err)
{
    bool told = v->wish == WISH_OPEN || v->update_only;
    int rc = desire(&d->j, v, err);

    if (v->wish == WISH_OPEN && !v->update_only)
        d->j.counts->wanted++;
    else if (!told && v->t.state != TICKET_RESOLVED)
        d->j.counts->held++;
    verdict_release(v);
    return rc;
}

static int judge_ticket(struct session *d, const struct tick *tick,
                        struct err *err)
{
    struct ticket t;
    struct verdict v;
    int got = store_ticket_by_id(d->j.st, tick->id, &t, err);

    if (got <= 0)
        return got;
    d->j.counts->tickets++;
    if (stray_adopt(&d->j, &t, err) < 0) {
        ticket_release(&t);
        return -1;
    }
    if (verdict_make(&d->j, &t, tick->hinted ? &tick->hint : NULL, &v, err)
        < 0) {
        verdict_release(&v);
        return -1;
    }
    d->j.counts->standing +=
        (tick->stood || v.stood) && v.t.state != TICKET_RESOLVED;
    if (v.wish != WISH_OPEN || !v.newly)
        return settled(d, &v, err);
    ALLOC_GROW(d->waiting, d->nr_waiting + 1, d->alloc_waiting);
    d->waiting[d->nr_waiting++] = v;
    return 0;
}

/* Class before owner; then what blocks most; then who waits longest. */
static int by_importance(const void *a, const void *b)
{
    const struct verdict *x = a, *y = b;

    if (x->spans != y->spans)
        return x->spans ? -1 : 1;
    if (x->t.descendants != y->t.descendants)
        return x->t.descendants > y->t.descendants ? -1 : 1;
    if (x->t.opened != y->t.opened)
        return x->t.opened < y->t.opened ? -1 : 1;
    return x->t.id < y->t.id ? -1 : x->t.id > y->t.id;
}

static int spend_all(struct session *d, struct err *err)
{
    struct budget *b = budget_new(&d->j);
    int rc = 0;

    if (d->nr_waiting)
        qsort(d->waiting, d->nr_waiting, sizeof(*d->waiting), by_importance);
    for (size_t n = 0; !rc && n < d->nr_waiting; n++) {
        struct verdict *v = &d->waiting[n];
        const char *code;
        int64_t next;

        rc = judge_begin(&d->j, err);
        rc = rc < 0 ? rc : budget_ask(b, v, &code, &next, err);
        if (!rc && code)
            verdict_hold(v, code, d->j.s->policy.at, next);
        rc = rc < 0 ? rc : settled(d, v, err);
    }
    budget_free(b);
    return rc;
}

static int look(struct session *d, struct err *err)
{
    struct incident_query iq = { .due = d->j.opts.now };
    struct ticket_query tq = { .due = d->j.opts.now };

    if (stop_watch(&d->j, err) < 0 || notice_settings(d, err) < 0
        || notice_arming(d, err) < 0 || notice_outbreaks(d, err) < 0
        || backlog_release(d, err) < 0
        || store_incident_each(d->j.st, &iq, due_add_cause, d, err) < 0
        || store_ticket_each(d->j.st, &tq, tick_due, d, err) < 0)
        return -1;
    due_unique(d);
    return 0;
}

static int decide_all(struct session *d, struct err *err)
{
    struct tick *t, *tmp;

    if (look(d, err) < 0)
        return -1;
    if (!d->nr_due && !d->ticks)
        return 0;
    if (judge_begin(&d->j, err) < 0 || find_causes(d, err) < 0
        || settle(d, err) < 0)
        return -1;
    HASH_ITER(hh, d->ticks, t, tmp)
    {
        if (judge_ticket(d, t, err) < 0)
            return -1;
    }
    return spend_all(d, err);
}

static void session_release(struct session *d)
{
    struct tick *t, *tmp;

    HASH_ITER(hh, d->ticks, t, tmp)
    {
        HASH_DEL(d->ticks, t);
        if (t->hinted)
            json_decref(t->hint.group);
        free(t);
    }
    for (size_t n = 0; n < d->nr_due; n++)
        due_release(&d->due[n]);
    free(d->due);
    for (size_t n = 0; n < d->nr_waiting; n++)
        verdict_release(&d->waiting[n]);
    free(d->waiting);
    judge_release(&d->j);
}

int decide(struct store *st, const struct settings *s,
           const struct decide_options *opts, struct decide_counts *counts,
           struct err *err)
{
    struct decide_counts ignored = { 0 };
    struct session d;
    int rc;

    memset(&d, 0, sizeof(d));
    if (judge_init(&d.j, st, s, opts, err) < 0)
        return -1;
    d.j.counts = counts ? counts : &ignored;
    memset(d.j.counts, 0, sizeof(*d.j.counts));
    rc = decide_all(&d, err);
    if (d.j.writing) {
        if (rc < 0)
            store_rollback(st);
        else
            rc = store_commit(st, err);
    }
    session_release(&d);
    return rc;
}
