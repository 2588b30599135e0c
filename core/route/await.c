/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whether a project that nobody seems to be behind is to wait for the facts:
 * the source that may know its people could not be read, or has not come to
 * it yet. The fallback's people are the wrong ones for what has an owner.
 *
 * Must not take back what the fallback has been told already.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/route/judge.h"

static bool asks_facts(const char *spec)
{
    return spec
           && (!strcmp(spec, "maintainers") || !strcmp(spec, "codeowners"));
}

static int is_in_fallback(struct judge *j, const struct incident *i, bool *yes,
                          struct err *err)
{
    CLEANUP_FREE int64_t *ids = NULL;
    size_t nr = 0;

    *yes = false;
    if (!i->id)
        return 0;
    if (store_member_tickets(j->st, i->id, &ids, &nr, err) < 0)
        return -1;
    for (size_t n = 0; n < nr && !*yes; n++) {
        struct ticket t;

        if (store_ticket_by_id(j->st, ids[n], &t, err) < 0)
            return -1;
        *yes = t.kind && !strcmp(t.kind, KIND_FALLBACK);
        ticket_release(&t);
    }
    return 0;
}

/* A source says that it has yet to read this project, and since when. */
static int pending_since(struct judge *j, const char *project, int64_t *since,
                         struct err *err)
{
    CLEANUP_JSON json_t *v = NULL;

    *since = 0;
    if (store_fact_get(j->st, project, "owners_pending", &v, err) < 0)
        return -1;
    if (json_is_integer(v))
        *since = json_integer_value(v);
    if (*since > j->opts.now)
        *since = j->opts.now;
    return 0;
}

int await_facts(struct judge *j, const struct incident *i, const char *spec,
                const struct owner *o, int64_t *until, struct err *err)
{
    int64_t wait = j->s->fallback.wait, since;
    bool told;

    *until = 0;
    if (!j->s->has_fallback || wait <= 0 || o->from || !asks_facts(spec)
        || !i->project || i->state == INCIDENT_RESOLVED)
        return 0;
    if (pending_since(j, i->project, &since, err) < 0)
        return -1;
    if (j->opts.facts_missing && j->opts.facts_since > since)
        since = j->opts.facts_since;
    else if (j->opts.facts_missing && !since)
        since = i->first_seen;
    if (!since || since + wait <= j->opts.now)
        return 0;
    if (is_in_fallback(j, i, &told, err) < 0)
        return -1;
    if (!told)
        *until = since + wait;
    return 0;
}
