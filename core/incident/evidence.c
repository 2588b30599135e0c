/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the runs of one branch say, commit by commit: which cause stands on
 * which job, since when, by how many pushes, and what ended it. Must not
 * look at the store, nor depend on the order in which runs arrived.
 */
#include <config.h>

#include "core/incident/incident-private.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"

/* One run, as far as evidence goes. */
struct obs {
    int commit;
    struct job *job;
    struct cause *cause; /* of red runs */
    bool red, green, skipped, complete;
    int64_t finished, run;
    int attempt;
    char *run_id, *url, *commit_name, *source;
};

void evidence_init(struct evidence *ev, const struct evidence_options *o)
{
    memset(ev, 0, sizeof(*ev));
    ev->opts = *o;
}

static void hold_free(struct hold *h)
{
    free(h->url);
    free(h->commit);
    free(h->source);
    free(h->by);
    free(h);
}

static void cause_free(struct cause *c)
{
    for (struct hold *h = c->holds, *next; h; h = next) {
        next = h->of_cause;
        hold_free(h);
    }
    free(c->fingerprint);
    free(c->rule);
    free(c->category);
    free(c->blame);
    free(c->first_red);
    free(c->last_red);
    free(c->last_green);
    free(c->url);
    free(c->source);
    free(c->superseded_by);
    free(c);
}

void evidence_release(struct evidence *ev)
{
    struct cause *c, *tc;
    struct job *j, *tj;
    struct flow *f, *tf;

    HASH_ITER(hh, ev->causes, c, tc)
    {
        HASH_DEL(ev->causes, c);
        cause_free(c);
    }
    HASH_ITER(hh, ev->jobs, j, tj)
    {
        HASH_DEL(ev->jobs, j);
        free(j->key);
        free(j->name);
        free(j->green_commit);
        free(j->before_commit);
        free(j);
    }
    HASH_ITER(hh, ev->flows, f, tf)
    {
        HASH_DEL(ev->flows, f);
        free(f->key);
        free(f->source);
        free(f);
    }
    for (size_t i = 0; i < ev->nr; i++) {
        free(ev->obs[i].run_id);
        free(ev->obs[i].url);
        free(ev->obs[i].commit_name);
        free(ev->obs[i].source);
    }
    free(ev->obs);
    free(ev->commit_key);
    json_decref(ev->given_up);
    memset(ev, 0, sizeof(*ev));
}

bool evidence_is_stale(const struct evidence_options *o, const char *source)
{
    for (size_t i = 0; o->stale && o->stale[i]; i++)
        if (str_eq(o->stale[i], source))
            return true;
    return false;
}

/* ---- gathering ---- */

static struct flow *flow_get(struct evidence *ev, const struct run *r)
{
    CLEANUP_FREE char *key =
        xasprintf("%s\x1f%s", r->source, str_or(r->workflow, ""));
    struct flow *f;

    HASH_FIND_STR(ev->flows, key, f);
    if (f)
        return f;
    f = xcalloc(1, sizeof(*f));
    f->key = xstrdup(key);
    f->source = xstrdup(r->source);
    f->last_commit = f->commit = -1;
    HASH_ADD_KEYPTR(hh, ev->flows, f->key, strlen(f->key), f);
    return f;
}

static struct job *job_get(struct evidence *ev, const struct run *r)
{
    CLEANUP_FREE char *key = run_job_key(r);
    struct job *j;

    HASH_FIND_STR(ev->jobs, key, j);
    if (j)
        return j;
    j = xcalloc(1, sizeof(*j));
    j->key = xstrdup(key);
    j->name = xstrdup(
        str_or(r->variant, str_or(r->job, str_or(r->workflow, "build"))));
    j->flow = flow_get(ev, r);
    j->commit = j->word_commit = j->green_at_commit = -1;
    HASH_ADD_KEYPTR(hh, ev->jobs, j->key, strlen(j->key), j);
    return j;
}

static struct cause *cause_get(struct evidence *ev, const char *fingerprint)
{
    struct cause *c;

    HASH_FIND_STR(ev->causes, fingerprint, c);
    if (c)
        return c;
    c = xcalloc(1, sizeof(*c));
    c->fingerprint = xstrdup(fingerprint);
    c->began_commit = c->red_commit = -1;
    c->flaky_commit = -1;
    HASH_ADD_KEYPTR(hh, ev->causes, c->fingerprint, strlen(c->fingerprint), c);
    return c;
}

void evidence_excuse(struct evidence *ev, const char *fingerprint)
{
    struct cause *c = cause_get(ev, fingerprint);

    c->in_outbreak = c->excused = true;
}

static const struct failure *primary_of(const struct run *r)
{
    for (size_t i = 0; i < r->nr_failures; i++)
        if (r->failures[i].primary && r->failures[i].fingerprint)
            return &r->failures[i];
    return NULL;
}

void evidence_add(struct evidence *ev, const struct run *r)
{
    const struct failure *f = outcome_is_red(r->outcome) ? primary_of(r) : NULL;
    /* A run without a commit is a push of its own. */
    CLEANUP_FREE char *key = r->commit
                                 ? xasprintf("c%s", r->commit)
                                 : xasprintf("r%s\x1f%s", r->source, r->run_id);

    if (believe_is_pull_request(r->trigger))
        return;
    if (!str_eq(ev->commit_key, key)) {
        str_replace(&ev->commit_key, key);
        ev->commits++;
    }
    ALLOC_GROW(ev->obs, ev->nr + 1, ev->alloc);
    struct obs *o = &ev->obs[ev->nr++];
    *o = (struct obs){
        .commit = ev->commits - 1,
        .job = job_get(ev, r),
        .red = f != NULL,
        .green = outcome_is_green(r->outcome),
        .skipped = r->outcome == TOCSIN_OUTCOME_SKIPPED,
        .complete = r->push_complete,
        .finished = r->finished,
        .run = r->id,
        .attempt = r->attempt,
        .run_id = xstrdup(r->run_id),
        .url = xstrdup0(r->url),
        .commit_name = xstrdup0(r->commit),
        .source = xstrdup(r->source),
    };
    o->job->flow->last_commit = o->commit;
    if (!f)
        return;
    struct cause *c = o->cause = cause_get(ev, f->fingerprint);
    str_replace(&c->rule, f->rule);
    str_replace(&c->category, f->category);
    str_replace(&c->blame, f->blame);
    c->excused = c->in_outbreak || str_eq(f->blame, "infrastructure")
                 || str_starts(str_or(f->category, ""), "infra/");
}

/* ---- one commit after the other ---- */

void hold_end(struct hold *h, enum incident_end end, int commit, int64_t at,
              const char *by)
{
    h->standing = false;
    h->end = end;
    h->end_commit = commit;
    h->ended = at > h->at ? at : h->at;
    str_replace(&h->by, by);
    h->greens = 0;
    h->greens_commit = -1;
}

static void job_forget(struct job *j, const struct hold *h)
{
    for (struct hold **p = &j->holds; *p; p = &(*p)->of_job)
        if (*p == h) {
            *p = h->of_job;
            return;
        }
}

/* The cause is red again after it was not: what was known of the episode
 * before is kept as a number. */
static void episode_begin(struct cause *c, const struct obs *o)
{
    for (struct hold *h = c->holds, *next; h; h = next) {
        next = h->of_cause;
        job_forget(h->job, h);
        hold_free(h);
    }
    c->holds = NULL;
    c->began_commit = o->commit;
    c->first_seen = c->last_seen = o->finished;
    c->pushes = 0;
    c->ended = 0;
    str_replace(&c->first_red, o->commit_name);
    str_replace(&c->last_green, NULL);
    c->last_green_at = 0;
}

static struct hold *hold_get(struct cause *c, const struct obs *o)
{
    struct hold *h;

    for (h = c->holds; h; h = h->of_cause)
        if (h->job == o->job)
            return h;
    h = xcalloc(1, sizeof(*h));
    h->job = o->job;
    h->cause = c;
    h->of_cause = c->holds;
    c->holds = h;
    h->of_job = o->job->holds;
    o->job->holds = h;
    return h;
}

static void see_red(struct cause *c, const struct obs *o)
{
    if (!c->active && c->began_commit != o->commit)
        episode_begin(c, o);
    struct hold *h = hold_get(c, o);
    if (!h->standing)
        h->first_commit = o->commit;
    h->standing = true;
    h->end = END_NONE;
    h->red_commit = o->commit;
    h->run = o->run;
    h->at = o->finished;
    str_replace(&h->url, o->url);
    str_replace(&h->commit, o->commit_name);
    str_replace(&h->source, o->source);
    str_replace(&h->by, NULL);
    if (o->commit == c->began_commit) {
        if (o->finished < c->first_seen)
            c->first_seen = o->finished;
        if (o->job->before_commit && o->job->before_at > c->last_green_at) {
            str_replace(&c->last_green, o->job->before_commit);
            c->last_green_at = o->job->before_at;
        }
    }
    if (o->finished > c->last_seen)
        c->last_seen = o->finished;
    if (!c->first_ever || o->finished < c->first_ever)
        c->first_ever = o->finished;
    c->red_commit = o->commit;
    str_replace(&c->last_red, o->commit_name);
    c->run = o->run;
    str_replace(&c->url, o->url);
    str_replace(&c->source, o->source);
}

static void job_red(const struct obs *o)
{
    struct cause *c = o->cause;

    for (struct hold *h = o->job->holds; h && !c->excused; h = h->of_job)
        if (h->standing && h->cause != c)
            hold_end(h, END_SUPERSEDED, o->commit, o->finished, c->fingerprint);
    see_red(c, o);
}

static void flaky_event(struct evidence *ev, struct cause *c,
                        const struct obs *o)
{
    if (c->flaky_commit == o->commit)
        return;
    c->flaky_commit = o->commit;
    if (o->finished > c->flaky_at)
        c->flaky_at = o->finished;
    if (ev->opts.flaky_within <= 0
        || o->finished > ev->opts.now - ev->opts.flaky_within)
        c->flaky++;
}

static void job_green(struct evidence *ev, const struct obs *o)
{
    for (struct hold *h = o->job->holds; h; h = h->of_job) {
        if (!h->standing)
            continue;
        bool flaky = h->first_commit == o->commit;
        hold_end(h, flaky ? END_FLAKY : END_GREEN, o->commit, o->finished,
                 NULL);
        if (flaky)
            flaky_event(ev, h->cause, o);
    }
    if (o->commit != o->job->green_at_commit) {
        o->job->green_at_commit = o->commit;
        str_replace(&o->job->green_commit, o->commit_name);
    }
    o->job->green_at = o->finished;
}

static void flow_see(const struct obs *o, bool last)
{
    struct flow *f = o->job->flow;

    if (f->commit != o->commit) {
        f->commit = o->commit;
        f->complete = f->red = f->green = f->unclear = false;
        f->finished = 0;
    }
    f->complete = f->complete || o->complete;
    if (o->finished > f->finished)
        f->finished = o->finished;
    bool word = o->job->word_commit == o->commit;
    f->unclear = f->unclear || (last && !word && !o->skipped);
    if (!last || !word)
        return;
    f->red = f->red || !o->job->word_green;
    f->green = f->green || o->job->word_green;
}

/* All runs of one job on one commit, in the order of their time. */
static void job_words(struct evidence *ev, const struct obs *o, size_t nr)
{
    struct job *j = o->job;

    if (j->green_at_commit >= 0 && j->green_at_commit != o->commit) {
        str_replace(&j->before_commit, j->green_commit);
        j->before_at = j->green_at;
    }
    j->commit = o->commit;
    for (size_t i = 0; i < nr; i++) {
        if (o[i].red)
            job_red(&o[i]);
        else if (o[i].green)
            job_green(ev, &o[i]);
        if (o[i].red || o[i].green) {
            j->word_commit = o->commit;
            j->word_green = o[i].green;
        }
        flow_see(&o[i], i + 1 == nr);
    }
    for (struct hold *h = j->holds; h; h = h->of_job)
        if (!h->standing && (h->end == END_GREEN || h->end == END_FLAKY)
            && j->word_commit == o->commit && j->word_green
            && h->greens_commit < o->commit) {
            h->greens_commit = o->commit;
            h->greens++;
        }
}

/* When all of commit k is in: does c stand, and did its push count? */
static void cause_settle(struct evidence *ev, struct cause *c, int k)
{
    bool active = false, red = false, flaky = true;
    bool began = c->began_commit == k;

    for (struct hold *h = c->holds; h; h = h->of_cause) {
        bool flaky_here = h->end == END_FLAKY && h->end_commit == k;
        active = active || h->standing;
        red = red || (h->red_commit == k && !flaky_here);
        flaky = flaky && h->end == END_FLAKY && !h->standing;
        if (!h->standing && h->ended > c->ended)
            c->ended = h->ended;
    }
    if (began && !flaky) {
        int64_t gap = c->first_seen - c->quiet_since;
        bool again =
            c->episodes
            && (ev->opts.relapse_within <= 0 || gap <= ev->opts.relapse_within);
        c->relapses = again ? c->relapses + 1 : 0;
        c->relapsed_at = again ? c->first_seen : 0;
        c->episodes = true;
    }
    if (red || (began && flaky))
        c->pushes++;
    if (!active && !flaky)
        c->quiet_since = c->ended;
    c->active = active;
}

static int obs_cmp(const void *pa, const void *pb)
{
    const struct obs *a = pa, *b = pb;

    if (a->commit != b->commit)
        return a->commit < b->commit ? -1 : 1;
    int r = strcmp(a->job->key, b->job->key);
    if (r)
        return r;
    if (a->finished != b->finished)
        return a->finished < b->finished ? -1 : 1;
    if (a->attempt != b->attempt)
        return a->attempt < b->attempt ? -1 : 1;
    return strcmp(a->run_id, b->run_id);
}

static int hold_cmp(const struct hold *a, const struct hold *b)
{
    return strcmp(a->job->key, b->job->key);
}

/* By job key; insertion: a cause has few jobs. */
static void holds_sort(struct cause *c)
{
    struct hold *sorted = NULL;

    for (struct hold *h = c->holds, *next; h; h = next) {
        next = h->of_cause;
        struct hold **p = &sorted;
        while (*p && hold_cmp(*p, h) < 0)
            p = &(*p)->of_cause;
        h->of_cause = *p;
        *p = h;
    }
    c->holds = sorted;
}

/* How it ended, when no job stands: what needs most attention goes first. */
static void cause_result(struct cause *c)
{
    static const int rank[] = {
        [END_NONE] = 9,     [END_SUPERSEDED] = 5, [END_ABSENT] = 4,
        [END_GONE] = 3,     [END_GREEN] = 2,      [END_FLAKY] = 1,
        [END_ARCHIVED] = 0,
    };
    const struct hold *newest = NULL;

    holds_sort(c);
    c->standing = false;
    c->end = END_FLAKY;
    c->ended = 0;
    c->greens = INT64_MAX;
    for (struct hold *h = c->holds; h; h = h->of_cause) {
        c->standing = c->standing || h->standing;
        if (h->standing && (!newest || h->red_commit > newest->red_commit))
            newest = h;
        if (rank[h->end] > rank[c->end])
            c->end = h->end;
        if (h->ended > c->ended)
            c->ended = h->ended;
        if (h->greens < c->greens)
            c->greens = h->greens;
        if (h->end == END_SUPERSEDED)
            str_replace(&c->superseded_by, h->by);
    }
    if (!c->standing) {
        if (c->end != END_SUPERSEDED)
            str_replace(&c->superseded_by, NULL);
        return;
    }
    c->end = END_NONE;
    c->ended = 0;
    c->greens = 0;
    str_replace(&c->superseded_by, NULL);
    str_replace(&c->url, newest->url);
    str_replace(&c->source, newest->source);
    c->run = newest->run;
}

/* No word of its source can come, and the operators have said theirs. */
static void give_up(const struct evidence *ev, struct cause *c)
{
    for (struct hold *h = c->holds; h; h = h->of_cause) {
        int64_t at = jx_int(ev->given_up, h->source, 0);

        if (h->standing && h->at <= at)
            hold_end(h, END_GONE, h->red_commit, at, NULL);
    }
}

void evidence_work_out(struct evidence *ev)
{
    struct cause *c, *tmp;

    if (ev->nr)
        qsort(ev->obs, ev->nr, sizeof(*ev->obs), obs_cmp);
    for (size_t i = 0; i < ev->nr;) {
        int k = ev->obs[i].commit;
        while (i < ev->nr && ev->obs[i].commit == k) {
            size_t n = 1;
            while (i + n < ev->nr && ev->obs[i + n].commit == k
                   && ev->obs[i + n].job == ev->obs[i].job)
                n++;
            job_words(ev, &ev->obs[i], n);
            i += n;
        }
        push_absences(ev, k);
        HASH_ITER(hh, ev->causes, c, tmp)
        if (c->holds && (c->active || c->began_commit == k))
            cause_settle(ev, c, k);
    }
    HASH_ITER(hh, ev->causes, c, tmp)
    if (c->holds) {
        give_up(ev, c);
        cause_result(c);
    }
}
