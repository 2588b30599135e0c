/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Something of a ticket may be told: what people did with it, backlog,
 * arming, owner, sinks, digests and reminders.
 *
 * Must not ask budgets: those look at all tickets of a pass together.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/route/bench.h"
#include "core/route/reason.h"

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
bool bench_sinks(struct bench *b)
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
    verdict_hold(v,
                 confidential ? REASON_CONFIDENTIAL
                 : refused    ? REASON_NOT_ALLOWED
                 : unarmed    ? REASON_UNARMED
                              : REASON_UNREACHABLE,
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
    bool wait; /* the next one is at `at` */
    bool news; /* since the last one */
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
                                               ? v->t.key
                                               : str_or(v->t.route, ""));
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
    /* what waited for a budget or for its hours was not told at once */
    *at = b->v->t.told > b->v->t.opened ? b->v->t.told : b->v->t.opened;
    for (size_t i = 0; i < b->v->nr_sinks; i++) {
        struct outbox o;
        int got =
            store_outbox_get(b->j->st, b->v->t.id, b->v->sinks[i], &o, err);

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
    verdict_say(v, REASON_REMINDED, at);
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

/* ---- when they may be told ---- */

struct shut {
    const struct hours_look *look;
    const char *of;
};

static void shut_by(struct bench *b, struct shut *s, const char *of,
                    const struct hours_look *l)
{
    if (l->shut && !s->look)
        *s = (struct shut){ l, of };
    else if (!l->shut && l->until
             && (!b->open_until || l->until < b->open_until))
        b->open_until = l->until;
}

static void say_window(struct verdict *v, const struct time_window *w,
                       const char *of)
{
    jx_set_str(v->inputs, "window", w->name);
    jx_set_str(v->inputs, "of", of);
}

/* The route's hours, its team's, and those of its people, of whom one that
 * may be told is enough. True: nobody may be told now. */
static bool is_shut(struct bench *b)
{
    struct verdict *v = b->v;
    const struct team *team =
        v->t.owner ? settings_team(b->j->s, v->t.owner) : NULL;
    const struct people *p = &b->people;
    struct shut s = { NULL, NULL };
    struct hours_look all = { true, p->until, p->by };

    shut_by(b, &s, "the route", judge_hours(b->j, b->place.r.hours, NULL));
    if (team)
        shut_by(b, &s, "the team",
                judge_hours(b->j, &team->habits.hours, team->habits.zone));
    else if (p->shut && !p->called && !p->quiet)
        shut_by(b, &s, p->who, &all);
    if (!s.look)
        return false;
    verdict_say(v, REASON_WINDOW, s.look->by->at);
    say_window(v, s.look->by, s.of);
    verdict_look_at(&v->t, s.look->until);
    return true;
}

/* Something of it waits to be sent that would reach people. */
static int has_unsent(struct bench *b, bool *yes, struct err *err)
{
    *yes = false;
    for (size_t i = 0; i < b->v->nr_sinks; i++) {
        struct outbox o;
        int got =
            store_outbox_get(b->j->st, b->v->t.id, b->v->sinks[i], &o, err);

        if (got < 0)
            return -1;
        if (!got)
            continue;
        *yes = *yes
               || (o.state == OUTBOX_DUE && !str_cmp0(o.want, "open")
                   && o.want_op != TOCSIN_DELIVER_UPDATE);
        outbox_release(&o);
    }
    return 0;
}

/* Nobody may be told: what is new waits, what waits to be sent is taken
 * back, and what stands stays, with its text kept current. */
static int wait_for_hours(struct bench *b, struct err *err)
{
    struct verdict *v = b->v;
    bool unsent;

    if (has_unsent(b, &unsent, err) < 0)
        return -1;
    v->wish = WISH_NONE;
    if (!b->told.there)
        return 0;
    json_object_clear(v->inputs);
    verdict_say(v, REASON_STANDS, v->t.route_at);
    if (!unsent)
        v->wish = b->place.role != ROLE_OWN && b->place.r.digest > 0
                      ? WISH_KEEP
                      : WISH_OPEN;
    return 0;
}

/* Nobody of them wants to hear of it, or all of them together. */
static bool want_none(struct bench *b)
{
    const struct people *p = &b->people;
    const struct team *team =
        b->v->t.owner ? settings_team(b->j->s, b->v->t.owner) : NULL;
    const char *code = NULL;

    if (team && b->j->s->digests.set && !b->v->t.confidential
        && (team->habits.tell == TELL_DAILY
            || team->habits.tell == TELL_WEEKLY))
        code = REASON_IN_DIGEST;
    else if (team)
        return false;
    else if (p->all && p->off == p->all)
        code = REASON_OPTED_OUT;
    else if (p->digest && p->off + p->digest == p->all)
        code = REASON_IN_DIGEST;
    if (!code)
        return false;
    verdict_hold(b->v, code, b->v->t.route_at, 0);
    b->v->wish = WISH_NONE;
    b->v->update_only = b->told.there;
    return true;
}

/* It was told and stands: perhaps it is time to say so again. */
static int go_on(struct bench *b, const struct turn *turn, struct err *err)
{
    struct verdict *v = b->v;
    const struct policy *p = &b->place.r.policy;
    int64_t last;
    bool said;

    verdict_say(v, REASON_STANDS, v->t.route_at);
    if (b->place.role == ROLE_FALLBACK && b->place.r.digest > 0) {
        /* between its digests not even its text changes */
        if (turn->news && !turn->wait && b->j->opts.now >= turn->at) {
            v->op = TOCSIN_DELIVER_DIGEST;
            verdict_say(v, REASON_REMINDED, b->place.r.route->at);
            return 0;
        }
        v->wish = WISH_KEEP;
        if (turn->news && turn->wait) {
            verdict_say(v, REASON_DIGEST_WAIT, b->place.r.route->at);
            verdict_look_at(&v->t, turn->at);
        }
        return 0;
    }
    if (over_to_say(b)) {
        remind(v, v->t.route_at);
        jx_set_int(v->inputs, "restart", (int64_t)b->standing);
        return 0;
    }
    if (escalate_speak(b, &said, err) < 0)
        return -1;
    if (said || p->remind <= 0)
        return 0;
    if (last_reminder(b, &last, err) < 0)
        return -1;
    if (b->j->opts.now >= last + p->remind) {
        remind(v, p->at ? p->at : v->t.route_at);
        last = b->j->opts.now;
        verdict_look_at(&v->t, b->open_until);
    }
    verdict_look_at(&v->t, last + p->remind);
    return 0;
}

/* It comes back to somebody who has not heard of it. */
static bool calls_new(const struct verdict *v)
{
    for (size_t i = 0; i < v->nr_sinks; i++)
        if (decide_calls_new(&v->t, v->sinks[i]))
            return true;
    return false;
}

static int begin(struct bench *b, bool again, const struct turn *turn,
                 struct err *err)
{
    struct verdict *v = b->v;
    struct ticket *t = &v->t;
    int64_t within = b->place.r.policy.relapse_within;
    bool withdrawn = !str_cmp0(v->was.reason, REASON_WITHDRAWN), elsewhere;

    if (b->place.role != ROLE_FALLBACK && turn->wait) {
        verdict_hold(v, REASON_DIGEST_WAIT, b->place.r.route->at, turn->at);
        return 0;
    }
    if (digest_tells(b, &elsewhere, err) < 0)
        return -1;
    if (elsewhere) {
        verdict_hold(v, REASON_IN_DIGEST, b->j->s->digests.route.at, 0);
        return 0;
    }
    v->reopening = b->told.closed;
    v->newly =
        !again
        && !(b->told.closed && !withdrawn && within > 0 && v->was.resolved
             && b->j->opts.now <= v->was.resolved + within);
    v->newly = v->newly || (v->reopening && !again && calls_new(v));
    str_replace(&v->rule, bench_at(b, GATE_PASSED)->i.rule);
    verdict_say(v, v->reopening ? REASON_REOPENED : REASON_OPENED,
                bench_policy_at(b));
    if (again) {
        jx_set_bool(t->human, "reopened", true);
        jx_set_bool(v->inputs, "closed_by_person", true);
    }
    if (b->place.r.policy.remind > 0)
        verdict_look_at(t, b->j->opts.now + b->place.r.policy.remind);
    verdict_look_at(t, b->open_until);
    return bench_say_evidence(b, bench_at(b, GATE_PASSED), err);
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

/* The fallback has it now; nothing is to be sent from here. */
static void be_unreachable(struct bench *b)
{
    struct verdict *v = b->v;
    json_t *asked = json_array(), *at;
    const char *sink;

    verdict_hold(v, REASON_UNREACHABLE, v->t.route_at, 0);
    v->wish = WISH_NONE;
    json_object_foreach(jx_obj(v->t.unreached, "sinks"), sink, at)
        json_array_append_new(asked, json_string(sink));
    jx_set_str(v->inputs, "owner", v->t.owner);
    json_object_set(v->inputs, "persons", v->t.persons);
    json_object_set_new(v->inputs, "asked", asked);
    if (b->j->s->has_fallback)
        jx_set_str(v->inputs, "fallback", b->j->s->fallback.owner);
}

/* Its incidents stay due, so that the next pass looks again. */
static void say_awaited(struct bench *b)
{
    if (!b->place.until)
        return;
    jx_set_str(b->v->inputs, "facts_of", b->j->opts.facts_missing);
    jx_set_int(b->v->inputs, "facts_until", b->place.until);
}

/*
 * Only this machine was told, and now people would be: it is news to all of
 * them at once, as at arming, and no more told than what stood then.
 */
static bool is_news_to_people(struct bench *b)
{
    bool far = false;

    for (size_t i = 0; i < b->v->nr_sinks; i++)
        far = far || !judge_sink_is_local(b->j, b->v->sinks[i]);
    if (!far || !b->told.near || b->place.role != ROLE_OWN)
        return false;
    memset(&b->told, 0, sizeof(b->told));
    b->v->stood = true;
    b->v->t.backlog = b->j->s->armed;
    return b->v->t.backlog;
}

static void say_closed(struct verdict *v)
{
    const json_t *h = v->t.human;
    const char *state = jx_str_or(h, "state", "");

    verdict_hold(v,
                 !strcmp(state, "duplicate") ? REASON_DUPLICATE
                                             : REASON_CLOSED_BY_PERSON,
                 NULL, 0);
    jx_set_str(v->inputs, "state", state);
    jx_set_str(v->inputs, "by", jx_str(h, "by"));
    jx_set_str(v->inputs, "duplicate_of", jx_str(h, "duplicate_of"));
}

int bench_speak(struct bench *b, struct err *err)
{
    struct verdict *v = b->v;
    struct ticket *t = &v->t;
    bool again, single = b->place.role == ROLE_OWN
                         && !(t->owner && settings_team(b->j->s, t->owner));
    struct turn turn;

    open_ticket(b);
    people_look(b->j, t, single, &b->people);
    if (closed_by_person(b, &again)) {
        say_closed(v);
        return 0;
    }
    if (t->backlog) {
        verdict_hold(v, REASON_BACKLOG, b->j->s->policy.at, 0);
        return 0;
    }
    if (!str_cmp0(b->place.nobody, REASON_UNREACHABLE)) {
        be_unreachable(b);
        return 0;
    }
    if (b->place.nobody && !b->told.granted) {
        verdict_hold(v, b->place.nobody, t->route_at, 0);
        say_awaited(b);
        return 0;
    }
    if (b->place.role == ROLE_OWN && !v->spans && !t->escalated && want_none(b))
        return 0;
    if (!bench_sinks(b))
        return 0;
    if (is_news_to_people(b)) {
        verdict_hold(v, REASON_BACKLOG, b->j->s->policy.at, 0);
        return 0;
    }
    v->wish = WISH_OPEN;
    if (!b->j->opts.armed) {
        verdict_say(v, REASON_UNARMED, NULL);
        return 0;
    }
    if (is_shut(b))
        return wait_for_hours(b, err);
    if (b->place.role == ROLE_DIGEST)
        return digest_speak(b, err);
    if (digest_turn(b, &turn, err) < 0)
        return -1;
    return b->told.granted ? go_on(b, &turn, err) : begin(b, again, &turn, err);
}
