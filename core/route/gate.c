/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What stops an incident from being told, gate by gate in the order of
 * docs/decisions.md.
 *
 * Must not look at sinks or people: those are the ticket's (speak.c).
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/route/bench.h"
#include "core/route/reason.h"

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
        int64_t since =
            m->i.first_seen > ob->began ? m->i.first_seen : ob->began;

        if (hold <= 0 || b->j->opts.now >= since + hold)
            return 0;
        m->gate = GATE_OUTBREAK_HOLD;
        m->until = since + hold;
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

/* The ticket that tells c, when there is one. */
static int note_parent(struct bench *b, const struct incident *c,
                       struct err *err)
{
    CLEANUP_FREE int64_t *ids = NULL;
    struct ticket t;
    size_t nr;

    if (store_member_tickets(b->j->st, c->id, &ids, &nr, err) < 0)
        return -1;
    if (!nr)
        return 0;
    if (store_ticket_by_id(b->j->st, ids[0], &t, err) < 0)
        return -1;
    if (t.key && str_cmp0(t.key, b->v->t.key)) {
        str_replace(&b->cause_ticket, t.key);
        b->parent = b->cause_ticket;
    }
    ticket_release(&t);
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
        m->at = inhibit_at(b->j, &m->i, &cause);
        got = note_parent(b, &cause, err);
    }
    incident_release(&cause);
    return got < 0 ? -1 : 0;
}

bool bench_tells_outbreak(const struct bench *b, const struct member *m)
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
    m->gate = GATE_RULE_STOPPED;
    if (judge_rule_stopped(b->j, &m->i))
        return 0;
    m->gate = GATE_PASSED;
    if (bench_tells_outbreak(b, m))
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

int bench_weigh(struct bench *b, struct err *err)
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
