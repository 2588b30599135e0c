/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the standing entries of a snapshot say of one cause: the bot's tries,
 * summed over the versions it tried. Must not end anything: an entry that
 * is gone is correlate.c's business.
 */
#include <config.h>

#include "core/incident/incident-private.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"

char *entry_job_key(const struct standing *s)
{
    return xasprintf("%s\x1f%s\x1f%s", s->source, s->snapshot, s->key);
}

static int64_t entry_first(const struct standing *s)
{
    int64_t first = jx_int(s->entry, "first", 0);

    return first > 0 ? first : s->since;
}

static int64_t entry_last(const struct standing *s)
{
    int64_t last = jx_int(s->entry, "last", 0);

    return last > 0 ? last : s->last;
}

/* Tries by what was wanted, and by whom: a newer version that fails in the
 * same way goes on counting. */
static void lay_attempts(const struct standing *const *entries, size_t nr,
                         const struct incident *was, bool goes_on,
                         struct incident *i)
{
    json_t *tried = goes_on && jx_obj(was->extra, "tried")
                        ? json_deep_copy(jx_obj(was->extra, "tried"))
                        : json_object();
    double sum = 0;
    const char *name;
    json_t *v;

    for (size_t n = 0; n < nr; n++) {
        const json_t *e = entries[n]->entry;
        const char *task = jx_str_or(e, "task", entries[n]->key);
        CLEANUP_FREE char *key =
            xasprintf("%s %s", task, jx_str_or(e, "target", "-"));
        double now = jx_num(e, "attempts", 0);
        if (now > jx_num(tried, key, 0) || !json_object_get(tried, key))
            jx_set_num(tried, key, now);
    }
    json_object_foreach(tried, name, v)
        sum += json_number_value(v);
    i->attempts = sum;
    if (!i->extra)
        i->extra = json_object();
    json_object_set_new(i->extra, "tried", tried);
}

static void lay_job(const struct standing *s, struct incident *i)
{
    struct incident_job *j;

    i->jobs = xrealloc(i->jobs, (i->nr_jobs + 1) * sizeof(*i->jobs));
    j = &i->jobs[i->nr_jobs++];
    *j = (struct incident_job){
        .key = entry_job_key(s),
        .name = xstrdup(jx_str_or(s->entry, "task", s->key)),
        .standing = true,
        .url = xstrdup0(jx_str(s->entry, "url")),
        .at = entry_last(s),
    };
}

static void lay_newest(const struct standing *s, struct incident *i)
{
    const json_t *failure = jx_obj(s->entry, "failure");

    str_replace(&i->source, s->source);
    str_replace(&i->url, jx_str(s->entry, "url"));
    str_replace(&i->target, jx_str(s->entry, "target"));
    str_replace(&i->rule, jx_str(failure, "rule"));
    str_replace(&i->category,
                jx_str_or(failure, "category", "bot/unclassified"));
    str_replace(&i->blame, jx_str_or(failure, "blame", "bot"));
    json_decref(i->failure);
    i->failure = failure ? json_deep_copy(failure) : json_object();
    if (!i->extra)
        i->extra = json_object();
    jx_set_str(i->extra, "task", jx_str(s->entry, "task"));
}

/* Archiving a project ends no entry: it is the same episode in every pass
 * while the project is archived, and when it comes back. */
static bool episode_goes_on(const struct incident *was)
{
    return was && (was->standing || was->end == END_ARCHIVED);
}

/* When this episode began: as before while it goes on, else not before the
 * last one ended. */
static void lay_episode(const struct incident *was, bool goes_on, int64_t first,
                        int64_t relapse_within, struct incident *i)
{
    bool again = was && was->fingerprint && !goes_on && was->ended > 0;

    i->relapses = goes_on ? was->relapses : 0;
    i->relapsed_at = goes_on ? was->relapsed_at : 0;
    i->first_seen = first;
    if (goes_on && was->first_seen && was->first_seen < first)
        i->first_seen = was->first_seen;
    if (again && i->first_seen < was->ended)
        i->first_seen = was->ended;
    if (again
        && (relapse_within <= 0
            || i->first_seen - was->ended <= relapse_within)) {
        i->relapses = was->relapses + 1;
        i->relapsed_at = i->first_seen;
    }
    i->first_ever = was && was->first_ever && was->first_ever < i->first_seen
                        ? was->first_ever
                        : i->first_seen;
}

void entries_lay(const struct standing *const *entries, size_t nr,
                 const struct incident *was, int64_t relapse_within,
                 struct incident *i)
{
    bool from_runs = i->nr_jobs > 0;
    bool goes_on = episode_goes_on(was);
    const struct standing *newest = entries[0];
    int64_t first = entry_first(newest);

    for (size_t n = 0; n < nr; n++) {
        if (entry_last(entries[n]) > entry_last(newest))
            newest = entries[n];
        if (entry_first(entries[n]) < first)
            first = entry_first(entries[n]);
        lay_job(entries[n], i);
    }
    lay_attempts(entries, nr, was, goes_on, i);
    lay_newest(newest, i);
    if (!from_runs)
        lay_episode(was, goes_on, first, relapse_within, i);
    else if (first < i->first_seen)
        i->first_seen = first;
    if (entry_last(newest) > i->last_seen)
        i->last_seen = entry_last(newest);
    str_replace(&i->kind, "bot");
    i->standing = true;
    i->end = END_NONE;
    i->ended = 0;
    i->greens = 0;
    str_replace(&i->superseded_by, NULL);
}
