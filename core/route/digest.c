/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Digests of a person or a team: one rolling ticket, told at a time of the
 * day, of what would be too much or is not wanted one by one. What a digest
 * told is told; its own ticket stays unsent.
 *
 * Its members are incidents whose own ticket waits for a person's budget, or
 * whose people asked for digests. Must not decide that: budget.c and
 * people.c do.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"
#include "core/route/bench.h"
#include "core/route/reason.h"

static json_t *group_of(const char *who, bool team)
{
    return json_pack("{s:s}", team ? "digest_team" : "digest", who);
}

static char *key_of(const json_t *group)
{
    CLEANUP_FREE char *text = jx_dump(group);

    return digest_text128(text, strlen(text));
}

static const struct habits *habits_of(const struct settings *s,
                                      const char *owner)
{
    const struct team *t = owner ? settings_team(s, owner) : NULL;
    const struct person *p = owner && !t ? settings_person(s, owner) : NULL;

    return t ? &t->habits : p ? &p->habits : NULL;
}

static bool wants_digests(const struct habits *h)
{
    return h && (h->tell == TELL_DAILY || h->tell == TELL_WEEKLY);
}

/* ---- whose digests an incident belongs to ---- */

static int add(struct judge *j, const char *who, bool team,
               struct placements *all, struct err *err)
{
    const struct digests *d = &j->s->digests;
    CLEANUP_FREE char *spec = team ? xstrdup(who) : xasprintf("@%s", who);
    const struct person *person = team ? NULL : settings_person(j->s, who);
    const struct owner *o;
    struct placement *p;
    int found = judge_owner(j, spec, NULL, NULL, &o, err);

    if (found <= 0 || all->nr == PLACEMENTS_MAX)
        return found;
    p = &all->of[all->nr++];
    memset(p, 0, sizeof(*p));
    p->role = ROLE_DIGEST;
    p->r.route = &d->route;
    p->r.policy = j->s->policy;
    p->r.policy.remind = 0;
    p->r.owner = judge_word(j, spec);
    p->r.via = person && person->nr_via ? person->via : d->route.via;
    p->r.nr_via = person && person->nr_via ? person->nr_via : d->route.nr_via;
    p->r.via_at = d->route.at;
    p->r.digest = DAY;
    p->group = group_of(who, team);
    p->spans = true;
    p->kind = KIND_DIGEST;
    p->key = key_of(p->group);
    return 0;
}

static bool waits(const struct ticket *t)
{
    return t->state != TICKET_RESOLVED
           && (!str_cmp0(t->reason, REASON_BUDGET_PERSON)
               || !str_cmp0(t->reason, REASON_IN_DIGEST));
}

static int add_persons(struct judge *j, const struct incident *i,
                       const struct ticket *t, const struct owner *o,
                       struct placements *all, struct err *err)
{
    size_t n;
    json_t *v;

    json_array_foreach(o->persons, n, v) {
        const char *login = json_string_value(v);
        enum tell tell = people_tell(j, login, i->project);
        bool too_much =
            tell != TELL_OFF && tell != TELL_QUIET
            && (waits(t) || str_eq(jx_str(t->left, login), "budget"));

        if ((too_much || tell == TELL_DAILY || tell == TELL_WEEKLY)
            && add(j, login, false, all, err) < 0)
            return -1;
    }
    return 0;
}

int digest_place(struct judge *j, const struct incident *i,
                 const struct placement *p, struct placements *all,
                 struct err *err)
{
    const struct owner *o;
    const struct team *team;
    struct ticket t;
    int got;

    if (!j->s->digests.set || p->role != ROLE_OWN || p->spans || p->nobody
        || p->r.confidential)
        return 0;
    got = placement_owner(j, p, i->project, incident_file(i), &o, err);
    if (got <= 0)
        return got;
    team = settings_team(j->s, o->name);
    if (team)
        return wants_digests(&team->habits) ? add(j, team->id, true, all, err)
                                            : 0;
    got = store_ticket_get(j->st, p->key, &t, err);
    got = got < 0 ? -1 : add_persons(j, i, &t, o, all, err);
    ticket_release(&t);
    return got;
}

/* ---- is a ticket told in one? ---- */

static int holds(struct judge *j, const struct ticket *d, int64_t incident,
                 bool *yes, struct err *err)
{
    CLEANUP_FREE int64_t *ids = NULL;
    size_t nr;

    if (store_member_tickets(j->st, incident, &ids, &nr, err) < 0)
        return -1;
    for (size_t n = 0; n < nr; n++)
        *yes = *yes || ids[n] == d->id;
    return 0;
}

int digest_tells(struct bench *b, bool *yes, struct err *err)
{
    const struct ticket *t = &b->v->t;
    size_t i;
    json_t *login;

    *yes = false;
    if (!b->j->s->digests.set || !waits(&b->v->was))
        return 0;
    json_array_foreach(t->persons, i, login) {
        CLEANUP_JSON json_t *group = group_of(json_string_value(login), false);
        CLEANUP_FREE char *key = key_of(group);
        struct told told = { 0 };
        struct ticket d;
        int got = store_ticket_get(b->j->st, key, &d, err);

        if (got == 1 && d.told)
            got = desire_told(b->j, &d, &told, err) < 0 ? -1 : 1;
        if (got == 1 && told.granted)
            got = holds(b->j, &d, b->m[b->elected].i.id, yes, err);
        ticket_release(&d);
        if (got < 0)
            return -1;
    }
    return 0;
}

/* ---- when it is told ---- */

/* What the store keeps of a digest: "LAST NEWS ID ID | ID ..": when it was
 * last told, since when there is something new (0: there is not), and of
 * what it told: what was known already, and what was new. */
struct note {
    long long last, news;
    char *ids; /* " ID ID | ID ", or NULL */
};

static int note_read(struct bench *b, struct note *n, struct err *err)
{
    CLEANUP_FREE char *text = NULL;
    int used = 0;

    memset(n, 0, sizeof(*n));
    b->v->digest_key = xasprintf("digest:%s", b->v->t.key);
    if (store_meta_get(b->j->st, b->v->digest_key, &text, err) < 0)
        return -1;
    if (text && sscanf(text, "%lld %lld%n", &n->last, &n->news, &used) == 2)
        n->ids = xasprintf("%s ", text + used);
    return 0;
}

static bool is_listed(const char *ids, const char *id)
{
    CLEANUP_FREE char *word = xasprintf(" %s ", id);

    return ids && strstr(ids, word);
}

/* Those that it tells of now: " ID ID | ID". New. *fresh: some are new. */
static char *ids_of(const struct bench *b, const char *before, bool *fresh)
{
    struct strbuf s;

    *fresh = false;
    strbuf_init(&s, STRBUF_UNBOUNDED);
    for (int new = 0; new < 2; new ++) {
        for (size_t n = 0; n < b->nr; n++) {
            const char *id = b->m[n].i.public_id;

            if (b->m[n].gate != GATE_PASSED
                || is_listed(before, id) == (new == 1))
                continue;
            *fresh = *fresh || new;
            strbuf_addf(&s, " %s", id);
        }
        if (!new)
            strbuf_adds(&s, " |");
    }
    return strbuf_take(&s);
}

int digest_news(struct store *st, const struct ticket *t, char **ids,
                struct err *err)
{
    CLEANUP_FREE char *key = xasprintf("digest:%s", t->key);
    CLEANUP_FREE char *text = NULL;
    const char *bar;

    *ids = NULL;
    if (store_meta_get(st, key, &text, err) < 0)
        return -1;
    bar = text ? strchr(text, '|') : NULL;
    if (bar)
        *ids = xasprintf("%s ", bar + 1);
    return 0;
}

/* Too few to be told together: each has its turn. */
static bool are_few(struct bench *b)
{
    const struct habits *h = habits_of(b->j->s, b->v->t.owner);
    int64_t nr = 0;

    if (wants_digests(h))
        return false;
    for (size_t n = 0; n < b->nr; n++) {
        const struct project_facts *f;

        if (b->m[n].gate != GATE_PASSED)
            continue;
        f = judge_facts(b->j, b->m[n].i.project, NULL);
        if (f && f->digest)
            return false;
        nr++;
    }
    return nr < b->j->s->digests.at_least;
}

static void put_off(struct bench *b, int64_t until)
{
    verdict_hold(b->v, REASON_DIGEST_WAIT, b->place.r.route->at, until);
}

int digest_speak(struct bench *b, struct err *err)
{
    struct verdict *v = b->v;
    const struct habits *h = habits_of(b->j->s, v->t.owner);
    CLEANUP_FREE char *ids = NULL;
    struct note was;
    int64_t now = b->j->opts.now, slot;
    bool fresh, few;

    if (note_read(b, &was, err) < 0)
        return -1;
    ids = ids_of(b, was.ids, &fresh);
    few = !b->told.granted && are_few(b);
    if (!fresh && b->told.granted) {
        verdict_say(v, REASON_STANDS, b->place.r.route->at);
        v->wish = WISH_KEEP; /* between its turns not even its text */
        free(was.ids);
        return 0;
    }
    if (!was.news)
        was.news = now;
    slot = digest_slot(b->j->s, h, h && h->tell == TELL_WEEKLY, was.news - 1);
    if (few || now < slot) {
        put_off(b, few ? 0 : slot);
        v->digest_note =
            xasprintf("%lld %lld%s", was.last, was.news, str_or(was.ids, ""));
    } else {
        v->digest_note = xasprintf("%lld 0%s", (long long)now, ids);
        v->reopening = b->told.closed;
        v->op = TOCSIN_DELIVER_DIGEST;
        verdict_say(v,
                    b->told.granted ? REASON_REMINDED
                    : v->reopening  ? REASON_REOPENED
                                    : REASON_OPENED,
                    b->place.r.route->at);
        verdict_look_at(&v->t, b->open_until);
    }
    free(was.ids);
    return 0;
}
