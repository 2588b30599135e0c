/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a whole push proves: a job that is missing from a complete green one
 * is not red any more. Must not take silence for that: a push whose end
 * nobody has seen proves nothing.
 */
#include <config.h>

#include "core/incident/incident-private.h"

/* The push of this workflow at commit k: all of it seen, and all green. */
static bool push_is_green(const struct flow *f, int k)
{
    return f->commit == k && f->complete && f->green && !f->red && !f->unclear;
}

/* The newest green push of another workflow at k that lies long enough in
 * the past: the jobs of a workflow that has said nothing since have moved
 * there. 0: none. *due: when one will lie long enough, 0 never. */
static int64_t moved_at(const struct evidence *ev, const struct flow *from,
                        int k, int64_t *due)
{
    int64_t at = 0;

    *due = 0;
    if (from->last_commit >= k || evidence_is_stale(&ev->opts, from->source))
        return 0;
    for (const struct flow *f = ev->flows; f; f = f->hh.next) {
        if (f == from || !push_is_green(f, k))
            continue;
        int64_t when = f->finished + ev->opts.absent_after;
        if (when > ev->opts.now && (!*due || when < *due))
            *due = when;
        else if (when <= ev->opts.now && f->finished > at)
            at = f->finished;
    }
    return at;
}

static void job_absence(struct evidence *ev, struct job *j, int k)
{
    bool own = push_is_green(j->flow, k) && j->commit < k;
    int64_t due = 0;
    int64_t at = own ? j->flow->finished : moved_at(ev, j->flow, k, &due);

    for (struct hold *h = j->holds; h; h = h->of_job) {
        if (h->standing && at)
            hold_end(h, END_ABSENT, k, at, NULL);
        else if (h->standing && due
                 && (!ev->recheck_at || due < ev->recheck_at))
            ev->recheck_at = due;
        /* A job that was mended and then dropped is as green as its push. */
        if (at && !h->standing && h->end != END_SUPERSEDED
            && h->greens_commit < k) {
            h->greens_commit = k;
            h->greens++;
        }
    }
}

void push_absences(struct evidence *ev, int k)
{
    struct job *j, *tmp;
    struct flow *f, *tf;
    bool any = false;

    HASH_ITER(hh, ev->flows, f, tf)
    any = any || push_is_green(f, k);
    if (!any)
        return;
    HASH_ITER(hh, ev->jobs, j, tmp)
    if (j->holds)
        job_absence(ev, j, k);
}
