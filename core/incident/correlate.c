/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Goes over the branches with new evidence, lays what runs and entries say
 * over the incidents that are known, and writes those that changed. Must not
 * decide whether anybody hears of it.
 */
#include <config.h>

#include "core/incident/incident-private.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"

/* So many branches in one transaction: others get a turn to write. */
#define BRANCHES_PER_TX 200

/* An incident that is known, and what is found of it now. */
struct row {
    struct incident was; /* id 0: not known before */
    struct incident now; /* fingerprint NULL: nothing says it now */
    struct cause *cause;
    int64_t run;       /* whose failure is to be shown */
    UT_hash_handle hh; /* by fingerprint */
    char *fingerprint;
};

struct correlation {
    struct store *st;
    const struct correlate_options *opts;
    struct evidence_options evidence;
    struct correlate_counts counts;
    struct err *err;
    int in_tx;
};

/* One branch while it is looked at. */
struct branch_look {
    struct correlation *c;
    const char *project, *branch;
    struct evidence ev;
    struct row *rows;
    struct standing *entries;
    size_t nr_entries, alloc_entries;
    bool archived;
};

/* ---- loading ---- */

static struct row *row_get(struct branch_look *b, const char *fingerprint)
{
    struct row *r;

    HASH_FIND_STR(b->rows, fingerprint, r);
    if (r)
        return r;
    r = xcalloc(1, sizeof(*r));
    r->fingerprint = xstrdup(fingerprint);
    HASH_ADD_KEYPTR(hh, b->rows, r->fingerprint, strlen(r->fingerprint), r);
    return r;
}

static int load_incident(void *user, struct incident *i)
{
    struct branch_look *b = user;
    struct row *r = row_get(b, i->fingerprint);

    r->was = *i;
    memset(i, 0, sizeof(*i));
    if (r->was.outbreak && r->was.standing)
        evidence_excuse(&b->ev, r->fingerprint);
    return 0;
}

static int load_run(void *user, const struct run *r)
{
    struct branch_look *b = user;

    evidence_add(&b->ev, r);
    return 0;
}

static int load_entry(void *user, const struct standing *s)
{
    struct branch_look *b = user;

    ALLOC_GROW(b->entries, b->nr_entries + 1, b->alloc_entries);
    b->entries[b->nr_entries++] = (struct standing){
        .source = xstrdup(s->source),
        .snapshot = xstrdup(s->snapshot),
        .key = xstrdup(s->key),
        .entry = json_incref(s->entry),
        .fingerprint = xstrdup0(s->fingerprint),
        .missing = s->missing,
        .since = s->since,
        .last = s->last,
    };
    return 0;
}

static int branch_load(struct branch_look *b, struct err *err)
{
    struct store *st = b->c->st;
    struct incident_query q = { .project = b->project, .branch = b->branch };
    json_t *archived CLEANUP_JSON = NULL;

    if (store_incident_each(st, &q, load_incident, b, err) < 0
        || store_run_scan(st, b->project, b->branch, load_run, b, err) < 0
        || store_standing_of(st, b->project, b->branch, load_entry, b, err) < 0
        || store_fact_get(st, b->project, "archived", &archived, err) < 0
        || store_fact_get(st, b->project, STORE_FACT_GIVEN_UP, &b->ev.given_up,
                          err)
               < 0)
        return -1;
    b->archived = json_is_true(archived);
    return 0;
}

static void branch_release(struct branch_look *b)
{
    struct row *r, *tmp;

    HASH_ITER(hh, b->rows, r, tmp)
    {
        HASH_DEL(b->rows, r);
        incident_release(&r->was);
        incident_release(&r->now);
        free(r->fingerprint);
        free(r);
    }
    for (size_t i = 0; i < b->nr_entries; i++)
        standing_release(&b->entries[i]);
    free(b->entries);
    evidence_release(&b->ev);
}

/* ---- from runs ---- */

static void jobs_from_holds(const struct cause *c, struct incident *i)
{
    size_t nr = 0;

    for (const struct hold *h = c->holds; h; h = h->of_cause)
        nr++;
    i->jobs = xcalloc(nr, sizeof(*i->jobs));
    for (const struct hold *h = c->holds; h; h = h->of_cause)
        i->jobs[i->nr_jobs++] = (struct incident_job){
            .key = xstrdup(h->job->key),
            .name = xstrdup(h->job->name),
            .standing = h->standing,
            .end = h->end,
            .run = h->run,
            .url = xstrdup0(h->url),
            .commit = xstrdup0(h->commit),
            .at = h->at,
            .greens = h->greens,
        };
}

static void row_from_cause(struct row *r, struct cause *c)
{
    struct incident *i = &r->now;
    const struct incident *was = &r->was;
    bool bot = str_starts(str_or(c->category, ""), "bot/");

    r->cause = c;
    r->run = c->run;
    *i = (struct incident){
        .fingerprint = xstrdup(c->fingerprint),
        .kind = xstrdup(bot ? "bot" : "build"),
        .source = xstrdup0(c->source),
        .rule = xstrdup0(c->rule),
        .category = xstrdup0(c->category),
        .blame = xstrdup0(c->blame),
        .standing = c->standing,
        .end = c->end,
        .ended = c->ended,
        .first_seen = c->first_seen,
        .last_seen = c->last_seen,
        .first_ever = c->first_ever,
        .pushes = c->pushes,
        .attempts = (double)c->pushes,
        .greens = c->greens,
        .flaky = c->flaky,
        .flaky_at = c->flaky_at,
        .relapses = c->relapses,
        .relapsed_at = c->relapsed_at,
        .superseded_by = xstrdup0(c->superseded_by),
        .first_red_commit = xstrdup0(c->first_red),
        .last_red_commit = xstrdup0(c->last_red),
        .last_green_commit = xstrdup0(c->last_green),
        .last_green_at = c->last_green_at,
        .url = xstrdup0(c->url),
    };
    jobs_from_holds(c, i);
    /* What pruned runs cannot tell again. */
    if (was->first_ever && was->first_ever < i->first_ever)
        i->first_ever = was->first_ever;
    if (!i->last_green_at && was->first_seen == i->first_seen) {
        i->last_green_commit = xstrdup0(was->last_green_commit);
        i->last_green_at = was->last_green_at;
    }
}

/* ---- from entries ---- */

static void rows_from_entries(struct branch_look *b)
{
    const struct standing **same = xcalloc(b->nr_entries + 1, sizeof(*same));

    for (size_t n = 0; n < b->nr_entries; n++) {
        const char *fp = b->entries[n].fingerprint;
        size_t nr = 0, before = 0;
        for (size_t m = 0; m < n && fp; m++)
            before += str_eq(b->entries[m].fingerprint, fp);
        if (!fp || before)
            continue;
        for (size_t m = n; m < b->nr_entries; m++)
            if (str_eq(b->entries[m].fingerprint, fp))
                same[nr++] = &b->entries[m];
        struct row *r = row_get(b, fp);
        if (!r->now.fingerprint)
            r->now.fingerprint = xstrdup(fp);
        r->run = 0;
        entries_lay(same, nr, r->was.id ? &r->was : NULL,
                    b->c->evidence.relapse_within, &r->now);
    }
    free(same);
}

/* ---- what nothing says any more ---- */

static const struct standing *entry_by_key(const struct branch_look *b,
                                           const char *key)
{
    for (size_t n = 0; n < b->nr_entries; n++) {
        CLEANUP_FREE char *k = entry_job_key(&b->entries[n]);
        if (str_eq(k, key))
            return &b->entries[n];
    }
    return NULL;
}

static const char *standing_cause_of_job(const struct branch_look *b,
                                         const char *key)
{
    const struct job *j;

    HASH_FIND_STR(b->ev.jobs, key, j);
    for (const struct hold *h = j ? j->holds : NULL; h; h = h->of_job)
        if (h->standing)
            return h->cause->fingerprint;
    const struct standing *s = entry_by_key(b, key);
    return s ? s->fingerprint : NULL;
}

static void copy_evidence(const struct incident *from, struct incident *to)
{
    incident_release(to);
    *to = (struct incident){
        .fingerprint = xstrdup(from->fingerprint),
        .kind = xstrdup0(from->kind),
        .source = xstrdup0(from->source),
        .rule = xstrdup0(from->rule),
        .category = xstrdup0(from->category),
        .blame = xstrdup0(from->blame),
        .failure = json_incref(from->failure),
        .standing = from->standing,
        .end = from->end,
        .ended = from->ended,
        .first_seen = from->first_seen,
        .last_seen = from->last_seen,
        .first_ever = from->first_ever,
        .pushes = from->pushes,
        .attempts = from->attempts,
        .greens = from->greens,
        .flaky = from->flaky,
        .flaky_at = from->flaky_at,
        .relapses = from->relapses,
        .relapsed_at = from->relapsed_at,
        .superseded_by = xstrdup0(from->superseded_by),
        .first_red_commit = xstrdup0(from->first_red_commit),
        .last_red_commit = xstrdup0(from->last_red_commit),
        .last_green_commit = xstrdup0(from->last_green_commit),
        .last_green_at = from->last_green_at,
        .url = xstrdup0(from->url),
        .target = xstrdup0(from->target),
        .extra = json_incref(from->extra),
    };
    to->jobs = from->nr_jobs ? xcalloc(from->nr_jobs, sizeof(*to->jobs)) : NULL;
    for (size_t n = 0; n < from->nr_jobs; n++) {
        to->jobs[n] = from->jobs[n];
        to->jobs[n].key = xstrdup0(from->jobs[n].key);
        to->jobs[n].name = xstrdup0(from->jobs[n].name);
        to->jobs[n].url = xstrdup0(from->jobs[n].url);
        to->jobs[n].commit = xstrdup0(from->jobs[n].commit);
    }
    to->nr_jobs = from->nr_jobs;
}

static void row_end(struct row *r, enum incident_end end, int64_t at)
{
    r->now.standing = false;
    r->now.end = end;
    r->now.ended = at;
    for (size_t n = 0; n < r->now.nr_jobs; n++) {
        if (!r->now.jobs[n].standing)
            continue;
        r->now.jobs[n].standing = false;
        r->now.jobs[n].end = end;
    }
}

/* Its entry is gone, or its job says something else now, or better rules
 * gave its runs another name. */
static void row_vanished(const struct branch_look *b, struct row *r)
{
    const char *by = NULL;

    copy_evidence(&r->was, &r->now);
    if (!r->was.standing)
        return;
    for (size_t n = 0; n < r->was.nr_jobs && !by; n++)
        by = standing_cause_of_job(b, r->was.jobs[n].key);
    bool from_runs = r->was.nr_jobs && r->was.jobs[0].run;
    row_end(r, by || from_runs ? END_SUPERSEDED : END_GONE, b->c->opts->now);
    str_replace(&r->now.superseded_by, by);
}

/* A project that nobody can mend any more. */
static void row_archived(const struct branch_look *b, struct row *r)
{
    bool known = r->was.end == END_ARCHIVED && !r->was.standing;

    if (r->now.standing)
        row_end(r, END_ARCHIVED, known ? r->was.ended : b->c->opts->now);
}

/* ---- writing ---- */

static bool json_same(const json_t *a, const json_t *b)
{
    return a && b ? json_equal(a, b) : a == b;
}

static bool jobs_same(const struct incident *a, const struct incident *b)
{
    if (a->nr_jobs != b->nr_jobs)
        return false;
    for (size_t n = 0; n < a->nr_jobs; n++) {
        const struct incident_job *x = &a->jobs[n], *y = &b->jobs[n];
        if (!str_eq(x->key, y->key) || !str_eq(x->name, y->name)
            || x->standing != y->standing || x->end != y->end
            || x->run != y->run || !str_eq(x->url, y->url)
            || !str_eq(x->commit, y->commit) || x->at != y->at
            || x->greens != y->greens)
            return false;
    }
    return true;
}

static bool evidence_same(const struct incident *a, const struct incident *b)
{
    const char *const s[][2] = {
        { a->kind, b->kind },
        { a->source, b->source },
        { a->rule, b->rule },
        { a->category, b->category },
        { a->blame, b->blame },
        { a->superseded_by, b->superseded_by },
        { a->outbreak, b->outbreak },
        { a->caused_by, b->caused_by },
        { a->first_red_commit, b->first_red_commit },
        { a->last_red_commit, b->last_red_commit },
        { a->last_green_commit, b->last_green_commit },
        { a->url, b->url },
        { a->target, b->target },
    };
    const int64_t n[][2] = {
        { a->standing, b->standing },   { a->end, b->end },
        { a->ended, b->ended },         { a->first_seen, b->first_seen },
        { a->last_seen, b->last_seen }, { a->first_ever, b->first_ever },
        { a->pushes, b->pushes },       { a->greens, b->greens },
        { a->flaky, b->flaky },         { a->flaky_at, b->flaky_at },
        { a->relapses, b->relapses },   { a->relapsed_at, b->relapsed_at },
        { a->stale, b->stale },         { a->last_green_at, b->last_green_at },
    };

    for (size_t i = 0; i < ARRAY_SIZE(s); i++)
        if (!str_eq(s[i][0], s[i][1]))
            return false;
    for (size_t i = 0; i < ARRAY_SIZE(n); i++)
        if (n[i][0] != n[i][1])
            return false;
    return a->attempts >= b->attempts && a->attempts <= b->attempts
           && json_same(a->failure, b->failure) && json_same(a->extra, b->extra)
           && jobs_same(a, b);
}

/* The failure to show is that of the newest red run. */
static int row_failure(struct branch_look *b, struct row *r, struct err *err)
{
    if (r->now.failure)
        return 0;
    if (r->run && store_run_detail(b->c->st, r->run, &r->now.failure, err) < 0)
        return -1;
    if (!r->now.failure && r->was.failure)
        r->now.failure = json_incref(r->was.failure);
    if (!r->now.failure)
        r->now.failure = json_object();
    return 0;
}

/* What is not evidence stays as it is; an outbreak belongs to an episode. */
static void row_keep(const struct branch_look *b, struct row *r)
{
    const struct incident *was = &r->was;
    struct incident *i = &r->now;
    bool same_episode = was->first_seen == i->first_seen;

    i->id = was->id;
    i->public_id = xstrdup0(was->public_id);
    i->project = xstrdup(b->project);
    i->branch = xstrdup(b->branch);
    i->state = was->state;
    i->opened = was->opened;
    i->resolved = was->resolved;
    i->backlog = was->backlog;
    i->next_at = was->next_at;
    if (same_episode) {
        i->outbreak = xstrdup0(was->outbreak);
        i->caused_by = xstrdup0(was->caused_by);
    }
    i->stale = evidence_is_stale(&b->c->evidence, i->source);
}

static int row_write(struct branch_look *b, struct row *r, struct err *err)
{
    if (r->now.fingerprint == NULL)
        row_vanished(b, r);
    if (b->archived)
        row_archived(b, r);
    if (row_failure(b, r, err) < 0)
        return -1;
    row_keep(b, r);
    if (r->was.id && evidence_same(&r->was, &r->now))
        return 0;
    b->c->counts.incidents++;
    return store_incident_put(b->c->st, &r->now, false, err);
}

/* ---- one branch ---- */

static int branch_look_at(struct branch_look *b, struct err *err)
{
    struct row *r, *tmp;
    struct cause *c, *tc;

    if (branch_load(b, err) < 0)
        return -1;
    evidence_work_out(&b->ev);
    HASH_ITER(hh, b->ev.causes, c, tc)
    if (c->holds)
        row_from_cause(row_get(b, c->fingerprint), c);
    rows_from_entries(b);
    HASH_ITER(hh, b->rows, r, tmp)
    if (row_write(b, r, err) < 0)
        return -1;
    if (store_dirty_clear(b->c->st, b->project, b->branch, err) < 0)
        return -1;
    return store_recheck_at(b->c->st, b->project, b->branch, b->ev.recheck_at,
                            err);
}

static int correlate_branch(void *user, const char *project, const char *branch)
{
    struct correlation *c = user;
    struct branch_look b = { .c = c, .project = project, .branch = branch };

    if (c->in_tx == 0 && store_begin(c->st, STORE_BATCH, c->err) < 0)
        return -1;
    c->in_tx++;
    evidence_init(&b.ev, &c->evidence);
    int r = branch_look_at(&b, c->err);
    branch_release(&b);
    c->counts.branches++;
    if (r < 0)
        return err_wrap(c->err, "%s@%s", project, branch);
    if (c->in_tx < BRANCHES_PER_TX)
        return 0;
    c->in_tx = 0;
    return store_commit(c->st, c->err);
}

int correlate(struct store *st, const struct settings *s,
              const struct correlate_options *opts,
              struct correlate_counts *counts, struct err *err)
{
    struct correlation c = {
        .st = st,
        .opts = opts,
        .err = err,
        .evidence = { .now = opts->now,
                      .absent_after = s->policy.absent_after,
                      .flaky_within = s->policy.flaky_within,
                      .relapse_within = s->policy.relapse_within,
                      .stale = opts->stale },
    };

    if (store_recheck_due(st, opts->now, err) < 0)
        return -1;
    int r = store_dirty_each(st, correlate_branch, &c, err);
    if (r == 0 && c.in_tx)
        r = store_commit(st, err);
    if (r < 0)
        store_rollback(st);
    else
        r = store_incident_stale(st, opts->stale, err);
    if (counts)
        *counts = c.counts;
    return r;
}
