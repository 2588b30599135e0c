/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Merging policies and asking them. Must know nothing of incidents, tickets
 * or the store: numbers in, yes or no and a time out.
 */
#include <config.h>

#include "core/route/policy.h"

#include "core/base/jsonx.h"
#include "core/base/mem.h"

static void take(int64_t *base, int64_t over)
{
    if (over >= 0)
        *base = over;
}

void policy_overlay(struct policy *base, const struct policy *over)
{
    if (over->open.set)
        base->open = over->open;
    if (over->escalate.to)
        base->escalate = over->escalate;
    take(&base->resolve_greens, over->resolve_greens);
    take(&base->resolve_quiet, over->resolve_quiet);
    take(&base->remind, over->remind);
    take(&base->update_counts, over->update_counts);
    take(&base->flaky_rate, over->flaky_rate);
    take(&base->flaky_within, over->flaky_within);
    take(&base->relapse_within, over->relapse_within);
    take(&base->flaps, over->flaps);
    take(&base->flap_quiet, over->flap_quiet);
    if (over->at)
        base->at = over->at;
}

/* One bound: met, and if not when the clock meets it (0: it never does). */
struct bound {
    bool given, met;
    int64_t at;
};

bool condition_met(const struct condition *c, const struct evidence *e,
                   int64_t now, int64_t *next)
{
    struct bound b[4] = {
        { c->red_for >= 0, e->since && now >= e->since + c->red_for,
          e->since ? e->since + c->red_for : 0 },
        { c->age >= 0, e->since && now >= e->since + c->age,
          e->since ? e->since + c->age : 0 },
        { c->pushes >= 0, e->pushes >= c->pushes, 0 },
        /* fractions add up to a whole now and then: 50 times 0.2 is 10 */
        { c->attempts >= 0, e->attempts >= c->attempts - 1e-6, 0 },
    };
    int64_t first = 0, last = 0;
    bool any = false, all = true, given = false, clock_only = true;

    *next = 0;
    if (!c->set)
        return true;
    for (size_t i = 0; i < ARRAY_SIZE(b); i++) {
        if (!b[i].given)
            continue;
        given = true;
        any = any || b[i].met;
        all = all && b[i].met;
        if (b[i].met)
            continue;
        if (!b[i].at)
            clock_only = false;
        else if (!first || b[i].at < first)
            first = b[i].at;
        if (b[i].at > last)
            last = b[i].at;
    }
    if (!given || (c->all ? all : any))
        return true;
    if (!c->all)
        *next = first;
    else if (clock_only)
        *next = last;
    return false;
}

json_t *condition_json(const struct condition *c)
{
    json_t *bounds = json_object();
    json_t *out = json_object();

    if (c->red_for >= 0)
        jx_set_int(bounds, "red_for", c->red_for);
    if (c->pushes >= 0)
        jx_set_int(bounds, "pushes", c->pushes);
    if (c->attempts >= 0)
        jx_set_num(bounds, "attempts", c->attempts);
    if (c->age >= 0)
        jx_set_int(bounds, "age", c->age);
    json_object_set_new(out, c->all ? "all" : "any", bounds);
    return out;
}

bool policy_may_resolve(const struct policy *p, int64_t greens,
                        int64_t relapses, int64_t ended, int64_t now,
                        int64_t *next, bool *flapping)
{
    int64_t quiet = p->resolve_quiet > 0 ? p->resolve_quiet : 0;

    *next = 0;
    *flapping = p->flaps > 0 && relapses >= p->flaps && p->flap_quiet > quiet;
    if (*flapping)
        quiet = p->flap_quiet;
    if (p->resolve_greens > 0 && greens < p->resolve_greens)
        return false;
    if (now >= ended + quiet)
        return true;
    *next = ended + quiet;
    return false;
}
