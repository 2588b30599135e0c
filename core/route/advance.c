/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An incident's state from its evidence: thresholds with hysteresis. Must
 * know nothing of tickets and people.
 */
#include <config.h>

#include <string.h>

#include "core/base/mem.h"
#include "core/route/judge.h"

/* How long a chain of failures that took over from each other is followed. */
#define CHAIN_MAX 32

bool flaky_over_rate(const struct judge *j, const struct incident *i,
                     const struct policy *p)
{
    return p->flaky_rate > 0 && i->flaky >= p->flaky_rate
           && (p->flaky_within <= 0
               || j->opts.now < i->flaky_at + p->flaky_within);
}

struct link {
    const char *fingerprint;
    int64_t since;
    struct evidence found;
    char *from;
};

static int link_try(void *user, struct incident *i)
{
    struct link *l = user;

    if (i->end == END_SUPERSEDED && !str_cmp0(i->superseded_by, l->fingerprint)
        && i->ended >= l->since && i->first_seen < l->since && !l->from) {
        l->found = (struct evidence){ i->first_seen, i->pushes, 0 };
        l->from = xstrdup(i->fingerprint);
    }
    return 0;
}

int evidence_of(struct judge *j, const struct incident *i, struct evidence *out,
                struct err *err)
{
    struct incident_query q = { .project = i->project, .branch = i->branch };
    CLEANUP_FREE char *at = xstrdup(i->fingerprint);

    *out = (struct evidence){ i->first_seen, i->pushes, i->attempts };
    for (int n = 0; n < CHAIN_MAX; n++) {
        struct link l = { at, out->since, { 0, 0, 0 }, NULL };

        if (store_incident_each(j->st, &q, link_try, &l, err) < 0) {
            free(l.from);
            return -1;
        }
        if (!l.from)
            return 0;
        out->since = l.found.since;
        out->pushes += l.found.pushes;
        free(at);
        at = l.from;
    }
    return 0;
}

static void resolve(const struct judge *j, struct incident *i)
{
    i->state = INCIDENT_RESOLVED;
    i->resolved = j->opts.now;
    i->next_at = 0;
}

static void open_it(const struct judge *j, struct incident *i)
{
    i->state = INCIDENT_OPEN;
    i->opened = j->opts.now;
    i->resolved = 0;
    i->next_at = 0;
}

static void standing(const struct judge *j, struct incident *i,
                     const struct policy *p, const struct evidence *e)
{
    if (i->state == INCIDENT_RESOLVED) {
        bool soon = i->opened && p->relapse_within > 0
                    && i->first_seen <= i->resolved + p->relapse_within;

        if (soon) {
            open_it(j, i);
            return;
        }
        i->state = INCIDENT_PENDING;
        i->opened = i->resolved = 0;
    }
    if (i->state == INCIDENT_PENDING
        && (condition_met(&p->open, e, j->opts.now, &i->next_at)
            || flaky_over_rate(j, i, p)))
        open_it(j, i);
}

static void ended(const struct judge *j, struct incident *i,
                  const struct policy *p)
{
    bool flapping, green = i->end == END_GREEN || i->end == END_FLAKY;

    if (flaky_over_rate(j, i, p)) {
        if (i->state != INCIDENT_OPEN)
            open_it(j, i);
        i->next_at = p->flaky_within > 0 ? i->flaky_at + p->flaky_within : 0;
    } else if (i->state == INCIDENT_PENDING) {
        i->opened = 0;
        resolve(j, i);
    } else if (i->state == INCIDENT_OPEN
               && ((!green && i->end != END_ABSENT)
                   || policy_may_resolve(
                       p, green ? i->greens : p->resolve_greens, i->relapses,
                       i->ended, j->opts.now, &i->next_at, &flapping))) {
        resolve(j, i);
    }
}

bool advance(const struct judge *j, struct incident *i, const struct policy *p,
             const struct evidence *e, bool archived)
{
    struct incident was = *i;

    i->next_at = 0;
    if (archived || i->end == END_ARCHIVED) {
        if (i->state != INCIDENT_RESOLVED)
            resolve(j, i);
    } else if (i->stale) {
        ; /* frozen: its source says nothing now */
    } else if (i->standing) {
        standing(j, i, p, e);
    } else {
        ended(j, i, p);
    }
    return was.state != i->state || was.opened != i->opened
           || was.resolved != i->resolved || was.next_at != i->next_at;
}
