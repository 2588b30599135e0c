/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One ticket, judged: what its incidents say, what stops them, and what is
 * wished for at its sinks. The order is that of docs/decisions.md.
 *
 * Must not write, and must not ask budgets: those look at all tickets of a
 * pass together (budget.c).
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/route/judge.h"
#include "core/route/reason.h"

struct member {
    struct incident i;
    enum gate gate;
    const struct silencer *silence;
    int64_t until;              /* the clock ends what stops it; 0 */
    bool by_outbreak;
};

struct bench {                  /* the members of the ticket that is judged */
    struct judge *j;
    struct verdict *v;
    struct member *m;
    size_t nr, alloc;
    struct placements places;   /* of the elected member */
    struct placement place;     /* borrowed or of `places` */
    bool placed;
    size_t elected;
    enum gate furthest;
    size_t live, standing;
    bool voice;
    struct told told;
    const char *parent;         /* the outbreak's ticket */
};

void verdict_release(struct verdict *v)
{
    ticket_release(&v->t);
    ticket_release(&v->was);
    free(v->rule_at);
    free(v->text);
    json_decref(v->inputs);
    free(v->sinks);
    free(v->digest_key);
    memset(v, 0, sizeof(*v));
}

static int member_add(void *user, struct incident *i)
{
    struct bench *b = user;
    struct member *m;

    ALLOC_GROW(b->m, b->nr + 1, b->alloc);
    m = &b->m[b->nr++];
    memset(m, 0, sizeof(*m));
    m->i = *i;
    memset(i, 0, sizeof(*i));
    return 0;
}

static void bench_release(struct bench *b)
{
    for (size_t n = 0; n < b->nr; n++)
        incident_release(&b->m[n].i);
    free(b->m);
    placements_release(&b->places);
}

/* ---- whose ticket it is ---- */

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
static int elect(struct bench *b, const struct placement *hint,
                 struct err *err)
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
        json_array_append_new(a, jx_string(of[i], strlen(of[i])));
    return a;
}

static void json_replace(json_t **dst, json_t *v)
{
    json_decref(*dst);
    *dst = v;
}

static int ticket_dress(struct bench *b, struct err *err)
{
    struct ticket *t = &b->v->t;
    const struct placement *p = &b->place;
    const struct incident *i = &b->m[b->elected].i;
    const struct project_facts *f;
    const struct owner *o;
    int found = placement_owner(b->j, p, i->project, incident_file(i), &o,
                                err);

    if (found < 0)
        return -1;
    b->v->spans = p->spans;
    str_replace(&t->kind, p->kind);
    str_replace(&t->route, p->r.route->id);
    str_replace(&t->route_at, p->r.route->at);
    str_replace(&t->owner, found ? o->name : NULL);
    str_replace(&t->owner_from, !found ? NULL
                : p->role == ROLE_FALLBACK ? "fallback" : o->from);
    json_replace(&t->persons, found ? json_copy(o->persons) : json_array());
    json_replace(&t->labels, names_of(p->r.labels, p->r.nr_labels));
    t->confidential = p->r.confidential;
    t->descendants = 0;
    if (!p->spans) {
        json_replace(&t->group, json_incref(p->group));
        str_replace(&t->project, i->project);
        str_replace(&t->branch, json_object_get(p->group, "branch")
                                    ? i->branch : NULL);
        f = judge_facts(b->j, i->project, err);
        if (!f)
            return -1;
        t->descendants = f->descendants;
    } else if (!t->group) {
        t->group = json_incref(p->group);
    }
    return 0;
}

/* ---- what stops a member ---- */

static int gate_outbreak(struct bench *b, struct member *m, bool *stopped,
                         struct err *err)
{
    const struct outbreak *ob = judge_outbreak(b->j, &m->i);
    int64_t hold = b->j->s->policy.outbreak_hold;
    const char *key;

    *stopped = false;
    if (!ob)
        return 0;
    if (!strcmp(ob->state, "forming")) {
        if (hold <= 0 || b->j->opts.now >= ob->began + hold)
            return 0;
        m->gate = GATE_OUTBREAK_HOLD;
        m->until = ob->began + hold;
        *stopped = true;
        return 0;
    }
    if (judge_outbreak_ticket(b->j, &m->i, &key, err) < 0)
        return -1;
    if (!key || !strcmp(key, b->v->t.key))
        return 0;
    m->gate = GATE_INHIBITED;
    m->by_outbreak = true;
    b->parent = key;
    *stopped = true;
    return 0;
}

static int gate_cause(struct bench *b, struct member *m, bool *stopped,
                      struct err *err)
{
    struct incident cause;
    int got;

    *stopped = false;
    if (!m->i.caused_by)
        return 0;
    got = store_incident_by_id(b->j->st, m->i.caused_by, &cause, err);
    if (got == 1 && cause.standing && cause.id != m->i.id) {
        m->gate = GATE_INHIBITED;
        *stopped = true;
    }
    incident_release(&cause);
    return got < 0 ? -1 : 0;
}

/* An outbreak that is on is threshold enough. */
static bool told_as_outbreak(const struct bench *b, const struct member *m)
{
    return b->place.role == ROLE_OUTBREAK && m->i.standing
        && judge_outbreak(b->j, &m->i);
}

static int gate_of(struct bench *b, struct member *m, struct err *err)
{
    const struct project_facts *f;
    bool stopped;

    m->gate = GATE_ENDED;
    if (m->i.state == INCIDENT_RESOLVED)
        return 0;
    f = judge_facts(b->j, m->i.project, err);
    if (!f)
        return -1;
    m->gate = f->archived ? GATE_ARCHIVED : GATE_STALE;
    if (f->archived || m->i.stale)
        return 0;
    if (gate_outbreak(b, m, &stopped, err) < 0)
        return -1;
    if (!stopped && gate_cause(b, m, &stopped, err) < 0)
        return -1;
    if (stopped)
        return 0;
    m->silence = judge_silence(b->j, &m->i, &b->v->t);
    if (m->silence) {
        m->gate = m->silence->gate;
        m->until = m->silence->rec.ends;
        return 0;
    }
    m->gate = GATE_PASSED;
    if (told_as_outbreak(b, m))
        return 0;
    if (m->i.state == INCIDENT_PENDING) {
        m->gate = GATE_PENDING;
        m->until = m->i.next_at;
    } else if (!m->i.standing
               && !flaky_over_rate(b->j, &m->i, &b->place.r.policy)) {
        m->gate = GATE_GREEN;
        m->until = m->i.next_at;
    }
    return 0;
}

static int weigh(struct bench *b, struct err *err)
{
    b->furthest = GATE_ENDED;
    for (size_t n = 0; n < b->nr; n++) {
        struct member *m = &b->m[n];

        if (gate_of(b, m, err) < 0)
            return -1;
        b->live += m->gate != GATE_ENDED;
        b->standing += m->gate != GATE_ENDED && m->i.standing;
        if (m->gate > b->furthest)
            b->furthest = m->gate;
        b->voice = b->voice || m->gate == GATE_PASSED;
    }
    return 0;
}

static void next_at(struct ticket *t, int64_t at)
{
    if (at > 0 && (!t->next_at || at < t->next_at))
        t->next_at = at;
}

/* ---- words ---- */

static void say(struct verdict *v, const char *code, const char *rule_at)
{
    v->code = code;
    str_replace(&v->rule_at, rule_at);
    if (!v->inputs)
        v->inputs = json_object();
}

void verdict_hold(struct verdict *v, const char *code, const char *rule_at,
                  int64_t next)
{
    say(v, code, rule_at);
    v->wish = WISH_KEEP;
    v->newly = false;
    next_at(&v->t, next);
}

static const char *policy_at(const struct bench *b)
{
    const struct policy *p = &b->place.r.policy;

    return p->open.at ? p->open.at : p->at ? p->at : b->place.r.route->at;
}

static const struct member *at_gate(const struct bench *b, enum gate gate)
{
    for (size_t n = 0; n < b->nr; n++)
        if (b->m[n].gate == gate)
            return &b->m[n];
    BUG("no member is at gate %d", (int)gate);
}

/* The numbers that a threshold is asked about. */
static int evidence_say(struct bench *b, const struct member *m,
                        struct err *err)
{
    struct verdict *v = b->v;
    struct evidence e;

    if (evidence_of(b->j, &m->i, &e, err) < 0)
        return -1;
    jx_set_str(v->inputs, "incident", m->i.public_id);
    jx_set_int(v->inputs, "since", e.since);
    jx_set_int(v->inputs, "pushes", e.pushes);
    if (!str_cmp0(m->i.kind, "bot"))
        jx_set_num(v->inputs, "attempts", e.attempts);
    json_object_set_new(v->inputs, "open",
                        condition_json(&b->place.r.policy.open));
    return 0;
}

/* ---- all of it has ended ---- */

static const char *why_ended(const struct bench *b)
{
    size_t archived = 0, gone = 0, superseded = 0, ended = 0, flaky = 0;
    int64_t last = 0;

    for (size_t n = 0; n < b->nr; n++)
        if (b->m[n].i.resolved > last)
            last = b->m[n].i.resolved;
    for (size_t n = 0; n < b->nr; n++) {
        const struct incident *i = &b->m[n].i;
        const struct project_facts *f;

        if (i->resolved != last)
            continue;
        f = judge_facts(b->j, i->project, NULL);
        ended++;
        archived += i->end == END_ARCHIVED || (f && f->archived);
        gone += i->end == END_GONE;
        superseded += i->end == END_SUPERSEDED;
        flaky += i->end == END_FLAKY;
    }
    if (archived && archived == ended)
        return REASON_ARCHIVED;
    if (b->v->was.state == TICKET_PENDING && !b->told.granted)
        return flaky && flaky == ended ? REASON_FLAKY : REASON_NEVER_OPENED;
    if (gone && gone == ended)
        return REASON_GONE;
    if (superseded && superseded == ended)
        return REASON_SUPERSEDED;
    return REASON_RECOVERED;
}

/* What a person did with a ticket is about this episode. */
static void forget_person(struct ticket *t)
{
    static const char *const key[] = { "state", "by", "changed", "closes",
                                       "reopened", "commits", "over" };

    for (size_t i = 0; t->human && i < ARRAY_SIZE(key); i++)
        json_object_del(t->human, key[i]);
}

static bool outbreak_is_on(const struct bench *b)
{
    for (size_t n = 0; b->place.role == ROLE_OUTBREAK && n < b->nr; n++) {
        const struct outbreak *ob = judge_outbreak(b->j, &b->m[n].i);

        if (ob && !strcmp(ob->state, "on"))
            return true;
    }
    return false;
}

static void end_it(struct bench *b)
{
    struct verdict *v = b->v;
    struct ticket *t = &v->t;

    if (t->state == TICKET_RESOLVED) {
        v->code = NULL;
        return;
    }
    if (b->told.granted && outbreak_is_on(b)) {
        say(v, REASON_STANDS, t->route_at);
        v->wish = WISH_KEEP;
        return;
    }
    say(v, why_ended(b), b->placed ? policy_at(b) : t->route_at);
    jx_set_int(v->inputs, "incidents", (int64_t)b->nr);
    t->state = TICKET_RESOLVED;
    t->resolved = b->j->opts.now;
    t->backlog = false;
    t->next_at = 0;
    forget_person(t);
    v->wish = WISH_CLOSED;
}

/* Its incidents belong to other tickets now: routes or owners changed. */
static void leave_it(struct bench *b)
{
    struct verdict *v = b->v;

    if (v->t.state == TICKET_RESOLVED)
        return;
    say(v, REASON_SUPERSEDED, v->t.route_at);
    jx_set_bool(v->inputs, "moved", true);
    v->t.state = TICKET_RESOLVED;
    v->t.resolved = b->j->opts.now;
    v->t.backlog = false;
    v->t.next_at = 0;
    v->wish = WISH_CLOSED;
}

/* ---- something stands, and nothing of it may be told ---- */

static void withdraw(struct bench *b)
{
    struct verdict *v = b->v;

    say(v, REASON_WITHDRAWN, v->t.route_at);
    jx_set_str(v->inputs, "outbreak", b->parent);
    v->t.state = TICKET_RESOLVED;
    v->t.resolved = b->j->opts.now;
    v->wish = WISH_CLOSED;
}

static int be_silent(struct bench *b, struct err *err)
{
    static const char *const code[] = {
        [GATE_ARCHIVED] = REASON_ARCHIVED,
        [GATE_STALE] = REASON_STALE_SOURCE,
        [GATE_OUTBREAK_HOLD] = REASON_OUTBREAK_HOLD,
        [GATE_INHIBITED] = REASON_INHIBITED,
        [GATE_SILENCED] = REASON_SILENCED,
        [GATE_SNOOZED] = REASON_SNOOZED,
        [GATE_NOT_PLANNED] = REASON_NOT_PLANNED,
        [GATE_WRONG] = REASON_WRONG,
        [GATE_PENDING] = REASON_PENDING,
        [GATE_GREEN] = REASON_FLAPPING,
    };
    struct verdict *v = b->v;
    const struct member *m = at_gate(b, b->furthest);
    CLEANUP_FREE char *silence = NULL;
    const char *at = v->t.route_at;

    str_replace(&v->t.parent, b->parent);
    if (b->furthest == GATE_INHIBITED && m->by_outbreak) {
        if (b->told.there) {
            withdraw(b);
            return 0;
        }
        if (v->t.state == TICKET_RESOLVED
            && !str_cmp0(v->t.reason, REASON_WITHDRAWN))
            return 0;           /* closed for it already */
    }
    if (m->silence) {
        silence = xasprintf("silence %lld",
                            (long long)m->silence->rec.id);
        at = silence;
    } else if (m->gate >= GATE_PENDING) {
        at = policy_at(b);
    }
    say(v, code[b->furthest], at);
    if (b->told.there && b->standing && m->gate >= GATE_PENDING)
        v->code = REASON_STANDS;
    if (b->furthest == GATE_INHIBITED)
        jx_set_str(v->inputs, m->by_outbreak ? "outbreak" : "cause",
                   m->by_outbreak ? b->parent : m->i.caused_by);
    if (b->furthest == GATE_STALE)
        jx_set_str(v->inputs, "source", m->i.source);
    if (b->furthest == GATE_PENDING && evidence_say(b, m, err) < 0)
        return -1;
    if (b->furthest == GATE_GREEN)
        jx_set_int(v->inputs, "relapses", m->i.relapses);
    if (m->i.flaky && b->furthest == GATE_PENDING)
        jx_set_int(v->inputs, "flaky", m->i.flaky);
    if (v->t.state == TICKET_RESOLVED)
        v->t.state = TICKET_PENDING;
    v->wish = WISH_NONE;        /* what was not sent yet is not sent */
    v->update_only = b->told.there && b->furthest >= GATE_PENDING;
    next_at(&v->t, m->until);
    return 0;
}

/* ---- something may be told ---- */

/* A person closed it: it waits for the next push, and is opened again once
 * when that is red too. */
static bool closed_by_person(const struct bench *b, bool *again)
{
    const json_t *h = b->v->t.human;
    const char *state = jx_str_or(h, "state", "open");
    const json_t *commits = jx_arr(h, "commits");
    int64_t changed = jx_int(h, "changed", 0);

    *again = false;
    if (!jx_str(h, "by"))
        return false;
    if (!strcmp(state, "duplicate"))
        return true;
    if (strcmp(state, "completed"))
        return false;
    if (jx_bool(h, "reopened", false))
        return false;
    if (jx_int(h, "closes", 1) > 1)
        return true;
    for (size_t n = 0; n < b->nr; n++) {
        const struct member *m = &b->m[n];
        const char *commit = m->i.last_red_commit;
        bool known = false;
        size_t i;
        json_t *c;

        json_array_foreach(commits, i, c)
            known = known || !str_cmp0(json_string_value(c), commit);
        if (m->gate == GATE_PASSED && m->i.last_seen > changed
            && (!commit || !known))
            *again = true;
    }
    return !*again;
}

static bool project_allowed(const struct instance *in, const char *project)
{
    for (size_t i = 0; i < in->nr_allow; i++)
        if (glob_match(in->allow[i], project))
            return true;
    return !in->allow;
}

static bool sink_allows(const struct bench *b, const struct instance *in)
{
    if (!b->v->spans)
        return project_allowed(in, b->v->t.project);
    for (size_t n = 0; n < b->nr; n++)
        if (b->m[n].gate != GATE_ENDED
            && project_allowed(in, b->m[n].i.project))
            return true;
    return false;
}

/* The sinks that may have it. Says why when there is none. */
static bool choose_sinks(struct bench *b)
{
    struct verdict *v = b->v;
    const struct routed *r = &b->place.r;
    bool confidential = false, refused = false, unarmed = false;

    v->sinks = xcalloc(r->nr_via + 1, sizeof(*v->sinks));
    for (size_t i = 0; i < r->nr_via; i++) {
        const struct instance *in = settings_sink(b->j->s, r->via[i]);

        if (!in)
            continue;
        if (v->t.confidential && !in->confidential)
            confidential = true;
        else if (!sink_allows(b, in))
            refused = true;
        else if (!b->j->opts.armed && !judge_sink_is_local(b->j, in->name))
            unarmed = true;
        else
            v->sinks[v->nr_sinks++] = in->name;
    }
    if (v->nr_sinks)
        return true;
    verdict_hold(v, confidential ? REASON_CONFIDENTIAL
                 : refused ? REASON_NOT_ALLOWED
                 : unarmed ? REASON_UNARMED : REASON_UNREACHABLE,
                 r->via_at ? r->via_at : v->t.route_at, 0);
    return false;
}

static bool news_since(const struct bench *b, int64_t last)
{
    for (size_t n = 0; n < b->nr; n++)
        if (b->m[n].i.opened > last || b->m[n].i.resolved > last)
            return true;
    return false;
}

/* Digests: told at most so often. */
struct turn {
    bool wait;                  /* the next one is at `at` */
    bool news;                  /* since the last one */
    int64_t at;
};

static int digest_turn(struct bench *b, struct turn *turn, struct err *err)
{
    struct verdict *v = b->v;
    CLEANUP_FREE char *text = NULL;
    int64_t last = 0, now = b->j->opts.now;

    memset(turn, 0, sizeof(*turn));
    if (b->place.r.digest <= 0)
        return 0;
    v->digest_key = xasprintf("digest:%s", b->place.role == ROLE_FALLBACK
                              ? v->t.key : str_or(v->t.route, ""));
    if (store_meta_get(b->j->st, v->digest_key, &text, err) < 0)
        return -1;
    if (text)
        last = strtoll(text, NULL, 10);
    turn->at = last + b->place.r.digest;
    turn->wait = last && last != now && now < turn->at;
    turn->news = news_since(b, last);
    return 0;
}

static int last_reminder(struct bench *b, int64_t *at, struct err *err)
{
    *at = b->v->t.opened;
    for (size_t i = 0; i < b->v->nr_sinks; i++) {
        struct outbox o;
        int got = store_outbox_get(b->j->st, b->v->t.id, b->v->sinks[i], &o,
                                   err);

        if (got < 0)
            return -1;
        if (got && o.reminded_at > *at)
            *at = o.reminded_at;
        if (got)
            outbox_release(&o);
    }
    return 0;
}

static void remind(struct verdict *v, const char *at)
{
    v->op = TOCSIN_DELIVER_REMIND;
    say(v, REASON_REMINDED, at);
}

/* The outbreak is over: said once, with what is still red. */
static bool over_to_say(struct bench *b)
{
    struct ticket *t = &b->v->t;
    const struct outbreak *ob = NULL;

    for (size_t n = 0; b->place.role == ROLE_OUTBREAK && n < b->nr; n++) {
        const struct outbreak *o = judge_outbreak(b->j, &b->m[n].i);

        if (o && strcmp(o->state, "over"))
            return false;
        if (o)
            ob = o;
    }
    if (!ob || jx_int(t->human, "over", 0) == ob->ended)
        return false;
    if (!t->human)
        t->human = json_object();
    jx_set_int(t->human, "over", ob->ended);
    return true;
}

/* It was told and stands: perhaps it is time to say so again. */
static int go_on(struct bench *b, const struct turn *turn, struct err *err)
{
    struct verdict *v = b->v;
    const struct policy *p = &b->place.r.policy;
    int64_t last;

    say(v, REASON_STANDS, v->t.route_at);
    if (b->place.role == ROLE_FALLBACK && b->place.r.digest > 0) {
        if (turn->news && turn->wait) {
            say(v, REASON_DIGEST_WAIT, b->place.r.route->at);
            next_at(&v->t, turn->at);
        } else if (turn->news && b->j->opts.now >= turn->at) {
            v->op = TOCSIN_DELIVER_DIGEST;
            say(v, REASON_REMINDED, b->place.r.route->at);
        }
        return 0;
    }
    if (over_to_say(b)) {
        remind(v, v->t.route_at);
        jx_set_int(v->inputs, "restart", (int64_t)b->standing);
        return 0;
    }
    if (p->remind <= 0)
        return 0;
    if (last_reminder(b, &last, err) < 0)
        return -1;
    if (b->j->opts.now >= last + p->remind) {
        remind(v, p->at ? p->at : v->t.route_at);
        last = b->j->opts.now;
    }
    next_at(&v->t, last + p->remind);
    return 0;
}

static int begin(struct bench *b, bool again, const struct turn *turn,
                 struct err *err)
{
    struct verdict *v = b->v;
    struct ticket *t = &v->t;
    int64_t within = b->place.r.policy.relapse_within;
    bool withdrawn = !str_cmp0(v->was.reason, REASON_WITHDRAWN);

    if (b->place.role != ROLE_FALLBACK && turn->wait) {
        verdict_hold(v, REASON_DIGEST_WAIT, b->place.r.route->at, turn->at);
        return 0;
    }
    v->reopening = b->told.closed;
    v->newly = !again
        && !(b->told.closed && !withdrawn && within > 0 && v->was.resolved
             && b->j->opts.now <= v->was.resolved + within);
    say(v, v->reopening ? REASON_REOPENED : REASON_OPENED, policy_at(b));
    if (again) {
        jx_set_bool(t->human, "reopened", true);
        jx_set_bool(v->inputs, "closed_by_person", true);
    }
    if (b->place.r.policy.remind > 0)
        next_at(t, b->j->opts.now + b->place.r.policy.remind);
    return evidence_say(b, at_gate(b, GATE_PASSED), err);
}

static void open_ticket(struct bench *b)
{
    struct ticket *t = &b->v->t;

    if (t->state != TICKET_OPEN) {
        t->opened = b->j->opts.now;
        t->resolved = 0;
    }
    t->state = TICKET_OPEN;
    str_replace(&t->parent, NULL);
}

static int speak(struct bench *b, struct err *err)
{
    struct verdict *v = b->v;
    struct ticket *t = &v->t;
    struct turn turn;
    bool again;

    open_ticket(b);
    if (closed_by_person(b, &again)) {
        verdict_hold(v, REASON_CLOSED_BY_PERSON, NULL, 0);
        jx_set_str(v->inputs, "state", jx_str(t->human, "state"));
        jx_set_str(v->inputs, "by", jx_str(t->human, "by"));
        return 0;
    }
    if (t->backlog) {
        verdict_hold(v, REASON_BACKLOG, b->j->s->policy.at, 0);
        return 0;
    }
    if (b->place.nobody && !b->told.granted) {
        verdict_hold(v, b->place.nobody, t->route_at, 0);
        return 0;
    }
    if (!choose_sinks(b))
        return 0;
    v->wish = WISH_OPEN;
    if (!b->j->opts.armed) {
        say(v, REASON_UNARMED, NULL);
        return 0;
    }
    if (digest_turn(b, &turn, err) < 0)
        return -1;
    return b->told.granted ? go_on(b, &turn, err) : begin(b, again, &turn, err);
}

int verdict_make(struct judge *j, struct ticket *t,
                 const struct placement *hint, struct verdict *v,
                 struct err *err)
{
    struct bench b = { .j = j, .v = v };
    struct incident_query q = { .ticket = t->key };
    int rc = 0;

    memset(v, 0, sizeof(*v));
    v->t = *t;
    memset(t, 0, sizeof(*t));
    ticket_copy(&v->was, &v->t);
    v->wish = WISH_KEEP;
    v->t.next_at = 0;
    rc = store_incident_each(j->st, &q, member_add, &b, err);
    rc = rc < 0 ? rc : desire_told(j, &v->t, &b.told, err);
    rc = rc < 0 ? rc : elect(&b, hint, err);
    if (!rc && b.placed)
        rc = ticket_dress(&b, err);
    rc = rc < 0 ? rc : weigh(&b, err);
    if (!rc) {
        if (!b.nr || (b.live && !b.placed))
            leave_it(&b);
        else if (!b.live)
            end_it(&b);
        else if (b.voice)
            rc = speak(&b, err);
        else
            rc = be_silent(&b, err);
    }
    if (!rc && b.placed)
        json_replace(&v->t.via, names_of(b.place.r.via, b.place.r.nr_via));
    bench_release(&b);
    return rc < 0 ? -1 : 0;
}
