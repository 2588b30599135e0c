/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Evidence, rule by rule. A case is a list of runs and the incidents that
 * must be found. Each case is run once more in many orders of arrival and
 * split over several passes: the evidence must be the same.
 *
 * Runs: "COMMIT JOB[/ATTEMPT] WORD HOUR[!];" — JOB may be WORKFLOW:JOB, and
 * JOB#X another run of the same job,
 * WORD ok, cancel, skip, unknown, pr (red, of a pull request) or the letters
 * of a red run's cause (I…: infrastructure), ! a complete push. Commits are
 * as old as their number says.
 *
 * Incidents: "CAUSE:stands" or "CAUSE:how it ended", then p pushes, g greens
 * since, f flaky events, r relapses, by what it was superseded.
 */
#include <config.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"
#include "core/incident/correlate.h"

#define T0 (INT64_C(1700000000))
#define NOW_HOURS 1000

#define OK(call)                                                               \
    do {                                                                       \
        struct err ok_err = ERR_INIT;                                          \
        struct err *err = &ok_err;                                             \
        if ((call) < 0)                                                        \
            ck_abort_msg("%s: %s", #call, err_msg(err));                       \
        err_release(err);                                                      \
    } while (0)

static struct settings settings(void)
{
    struct settings s = { 0 };

    s.policy.absent_after = DAY;
    s.policy.flaky_within = WEEK;
    s.policy.relapse_within = WEEK;
    s.policy.outbreak_projects = 10;
    s.policy.outbreak_owners = 5;
    s.policy.outbreak_within = HOUR;
    s.policy.outbreak_hold = HOUR;
    s.policy.outbreak_quiet = 2 * HOUR;
    return s;
}

/* ---- a case into runs ---- */

struct spec {
    char commit[16], workflow[16], job[32], word[16], again[16];
    int attempt, hour;
    bool complete;
};

static size_t parse(const char *text, struct spec *out, size_t max)
{
    CLEANUP_FREE char *copy = xstrdup(text);
    size_t nr = 0;
    char *save;

    for (char *t = strtok_r(copy, ";", &save); t;
         t = strtok_r(NULL, ";", &save)) {
        struct spec *s = &out[nr];
        char job[48], hour[16];
        memset(s, 0, sizeof(*s));
        if (sscanf(t, " %15s %47s %15s %15s", s->commit, job, s->word, hour)
            != 4)
            ck_abort_msg("bad run: %s", t);
        ck_assert_uint_lt(nr++, max);
        char *slash = strchr(job, '/'), *colon = strchr(job, ':');
        s->attempt = slash ? (int)strtol(slash + 1, NULL, 10) : 1;
        if (slash)
            *slash = '\0';
        strcpy(s->workflow, "ci");
        if (colon) {
            *colon = '\0';
            snprintf(s->workflow, sizeof(s->workflow), "%.15s", job);
        }
        snprintf(s->job, sizeof(s->job), "%.31s", colon ? colon + 1 : job);
        char *again = strchr(s->job, '#');
        if (again) {
            snprintf(s->again, sizeof(s->again), "%.15s", again);
            *again = '\0';
        }
        s->hour = (int)strtol(hour, NULL, 10);
        s->complete = strchr(hour, '!') != NULL;
    }
    return nr;
}

static int outcome_of(const char *word)
{
    struct {
        const char *word;
        int outcome;
    } t[] = {
        { "ok", TOCSIN_OUTCOME_SUCCESS },
        { "skip", TOCSIN_OUTCOME_SKIPPED },
        { "cancel", TOCSIN_OUTCOME_CANCELLED },
        { "unknown", TOCSIN_OUTCOME_UNKNOWN },
    };

    for (size_t i = 0; i < ARRAY_SIZE(t); i++)
        if (!strcmp(word, t[i].word))
            return t[i].outcome;
    return TOCSIN_OUTCOME_FAILURE;
}

static void add(struct store *st, const char *project, const struct spec *s)
{
    bool infra = s->word[0] == 'I', added;
    struct failure f = {
        .fingerprint = (char *)s->word,
        .category = (char *)(infra ? "infra/disk-full" : "compile/error"),
        .blame = (char *)(infra ? "infrastructure" : "recipe"),
        .primary = true,
        .detail = json_pack("{s:s}", "message", s->word),
    };
    CLEANUP_FREE char *id =
        xasprintf("%s-%s-%s%s", s->commit, s->workflow, s->job, s->again);
    struct run r = {
        .source = (char *)"src",
        .run_id = id,
        .attempt = s->attempt,
        .project = (char *)project,
        .branch = (char *)"main",
        .workflow = (char *)s->workflow,
        .job = (char *)s->job,
        .commit = (char *)s->commit,
        .outcome = outcome_of(s->word),
        .url = id,
        .created = T0 + strtol(s->commit + 1, NULL, 10) * HOUR,
        .finished = T0 + s->hour * HOUR,
        .push_complete = s->complete,
        .trigger = (char *)(strcmp(s->word, "pr") ? "push" : "pull_request"),
        .failures = &f,
    };
    r.nr_failures = outcome_is_red(r.outcome);
    OK(store_run_add(st, &r, &added, err));
    json_decref(f.detail);
}

static struct correlate_counts look(struct store *st, int hour,
                                    const char *const *stale)
{
    struct settings s = settings();
    struct correlate_options o = { .now = T0 + hour * HOUR, .stale = stale };
    struct correlate_counts counts = { 0 };

    OK(correlate(st, &s, &o, &counts, err));
    return counts;
}

/* ---- incidents into text ---- */

static int render_one(void *user, struct incident *i)
{
    struct strbuf *b = user;

    strbuf_addf(b, "%s%s:%s", b->len ? " | " : "", i->fingerprint,
                i->standing ? "stands" : incident_end_name(i->end));
    strbuf_addf(b, " p%d", (int)i->pushes);
    if (i->greens)
        strbuf_addf(b, " g%d", (int)i->greens);
    if (i->flaky)
        strbuf_addf(b, " f%d", (int)i->flaky);
    if (i->relapses)
        strbuf_addf(b, " r%d", (int)i->relapses);
    if (i->superseded_by)
        strbuf_addf(b, " by %s", i->superseded_by);
    if (i->stale)
        strbuf_adds(b, " stale");
    return 0;
}

static int hour_of(int64_t t)
{
    return t ? (int)((t - T0) / HOUR) : -1;
}

/* Everything, for comparing orders of arrival. */
static int render_all(void *user, struct incident *i)
{
    struct strbuf *b = user;

    render_one(user, i);
    strbuf_addf(b, " {%s %s %d %d %d %d %d %d %s %s %s %d %s %s [", i->kind,
                i->category, hour_of(i->first_seen), hour_of(i->last_seen),
                hour_of(i->first_ever), hour_of(i->ended), hour_of(i->flaky_at),
                hour_of(i->relapsed_at), str_or(i->first_red_commit, "-"),
                str_or(i->last_red_commit, "-"),
                str_or(i->last_green_commit, "-"), hour_of(i->last_green_at),
                str_or(i->url, "-"), jx_str_or(i->failure, "message", "-"));
    for (size_t n = 0; n < i->nr_jobs; n++)
        strbuf_addf(b, "%s%s:%d:%d:%s", n ? "," : "", i->jobs[n].name,
                    (int)i->jobs[n].end, i->jobs[n].greens,
                    str_or(i->jobs[n].commit, "-"));
    strbuf_adds(b, "]}");
    return 0;
}

struct row {
    char *fp, *text;
};

struct rows {
    struct row l[64];
    size_t nr;
    int (*render)(void *user, struct incident *i);
};

static int gather(void *user, struct incident *i)
{
    struct rows *r = user;
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    r->render(&b, i);
    ck_assert_uint_lt(r->nr, ARRAY_SIZE(r->l));
    r->l[r->nr].fp = xstrdup(i->fingerprint);
    r->l[r->nr++].text = strbuf_take(&b);
    return 0;
}

static int by_fp(const void *a, const void *b)
{
    return strcmp(((const struct row *)a)->fp, ((const struct row *)b)->fp);
}

static char *found(struct store *st, const char *project,
                   int (*render)(void *user, struct incident *i))
{
    struct rows r = { .render = render };
    struct incident_query q = { .project = project };
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    OK(store_incident_each(st, &q, gather, &r, err));
    qsort(r.l, r.nr, sizeof(r.l[0]), by_fp);
    for (size_t i = 0; i < r.nr; i++) {
        strbuf_addf(&b, "%s%s", i ? " | " : "", r.l[i].text);
        free(r.l[i].fp);
        free(r.l[i].text);
    }
    return strbuf_take(&b);
}

static struct store *fresh(void)
{
    struct store *st = NULL;

    OK(store_open(&st, "sqlite::memory:", 0, err));
    return st;
}

/* ---- the rules ---- */

static const struct rule {
    const char *name, *runs, *expect;
} rules[] = {
    { "nothing red, nothing found", "c1 linux ok 1!;", "" },
    { "one job red once and never again", "c1 linux A 1!;", "A:stands p1" },
    { "twelve variants of one push count once",
      "c1 v1 A 1; c1 v2 A 1; c1 v3 A 1; c1 v4 A 1; c1 v5 A 1; c1 v6 A 1;"
      "c1 v7 A 2; c1 v8 A 2; c1 v9 A 2; c1 v10 A 2; c1 v11 A 2; c1 v12 A 2!;",
      "A:stands p1" },
    { "three causes of one push are three incidents",
      "c1 linux A 1; c1 osx B 1; c1 win C 1!;",
      "A:stands p1 | B:stands p1 | C:stands p1" },
    { "pushes count", "c1 l A 1; c2 l A 2; c3 l A 3;", "A:stands p3" },
    { "a re-run of the same commit is the same push",
      "c1 l A 1; c1 l/2 A 2; c1 l/3 A 3;", "A:stands p1" },
    { "two workflows red on one commit are one push",
      "c1 azure:l A 1; c1 gha:l A 1;", "A:stands p1" },
    { "green on a newer commit", "c1 l A 1; c2 l ok 2;", "A:green p1 g1" },
    { "greens since are counted", "c1 l A 1; c2 l ok 2; c3 l ok 3; c3 l ok 4;",
      "A:green p1 g2" },
    { "green of an older commit proves nothing", "c2 l A 2; c1 l ok 9;",
      "A:stands p1" },
    { "red again on an old commit while a newer is green",
      "c1 l A 1; c2 l ok 2; c1 l/2 A 9;", "A:green p1 g1" },
    { "one of two jobs green is not enough",
      "c1 l A 1; c1 o A 1; c2 l ok 2; c2 o A 2;", "A:stands p2" },
    { "both green", "c1 l A 1; c1 o A 1; c2 l ok 2; c2 o ok 2;",
      "A:green p1 g1" },
    { "both green, one later",
      "c1 l A 1; c1 o A 1; c2 l ok 2; c3 l ok 3; c3 o ok 3;", "A:green p1 g1" },
    { "a mended and b revealed", "c1 l A 1; c2 l B 2;",
      "A:superseded p1 by B | B:stands p1" },
    { "b mended again, a back", "c1 l A 1; c2 l B 2; c3 l A 3;",
      "A:stands p1 r1 | B:superseded p1 by A" },
    { "infrastructure supersedes nothing", "c1 l A 1; c2 l Inet 2;",
      "A:stands p1 | Inet:stands p1" },
    { "and green ends both", "c1 l A 1; c2 l Inet 2; c3 l ok 3;",
      "A:green p1 g1 | Inet:green p1 g1" },
    { "the real cause ends the outage", "c1 l Inet 1; c2 l A 2;",
      "A:stands p1 | Inet:superseded p1 by A" },
    { "superseded on one job, standing on the other",
      "c1 l A 1; c1 o A 1; c2 l B 2; c2 o A 2;", "A:stands p2 | B:stands p1" },
    { "superseded on one job, green on the other",
      "c1 l A 1; c1 o A 1; c2 l B 2; c2 o ok 2;",
      "A:superseded p1 by B | B:stands p1" },
    { "cancelled, skipped and unknown say nothing",
      "c1 l A 1; c2 l cancel 2; c3 l skip 3; c4 l unknown 4!;", "A:stands p1" },
    { "pull requests never count", "c1 l pr 1; c2 l pr 2;", "" },
    { "a pull request is no push", "c1 l A 1; c2 l pr 2;", "A:stands p1" },
    { "flaky", "c1 l A 1; c1 l/2 ok 2;", "A:flaky p1 g1" },
    { "attempts that end in one second", "c1 l A 5; c1 l/2 ok 5;",
      "A:flaky p1 g1" },
    { "the same, the other way", "c1 l ok 5; c1 l/2 A 5;", "A:stands p1" },
    { "two builds of one commit: the later word counts",
      "c1 l A 9; c1 l#b ok 3;", "A:stands p1" },
    { "and the other way", "c1 l A 3; c1 l#b ok 9;", "A:flaky p1 g1" },
    { "flaky events in the window count",
      "c1 l A 900; c1 l/2 ok 901; c2 l A 910; c2 l/2 ok 911;",
      "A:flaky p1 g1 f2" },
    { "two flaky jobs of one push are one event",
      "c1 l A 900; c1 o A 900; c1 l/2 ok 901; c1 o/2 ok 901;",
      "A:flaky p1 g1 f1" },
    { "red for two pushes and then green on a re-run is no flake",
      "c1 l A 900; c2 l A 901; c2 l/2 ok 902;", "A:green p2 g1" },
    { "a flake in between is no relapse",
      "c1 l A 900; c2 l ok 901; c3 l A 902; c3 l/2 ok 903; c4 l A 904;",
      "A:stands p1 f1 r1" },
    { "relapse", "c1 l A 1; c2 l ok 2; c3 l A 3;", "A:stands p1 r1" },
    { "relapses add up",
      "c1 l A 1; c2 l ok 2; c3 l A 3; c4 l ok 4; c5 l A 5; c6 l ok 6;",
      "A:green p1 g1 r2" },
    { "after a long quiet time it is no relapse",
      "c1 l A 1; c2 l ok 2; c3 l A 3; c4 l ok 4; c5 l A 300;", "A:stands p1" },
    { "variant dropped while red", "c1 v1 A 1; c1 v2 ok 1!; c2 v2 ok 2!;",
      "A:absent p1 g1" },
    { "the push must be complete", "c1 v1 A 1; c1 v2 ok 1; c2 v2 ok 2;",
      "A:stands p1" },
    { "and green", "c1 v1 A 1; c1 v2 ok 1!; c2 v2 B 2; c2 v3 ok 2!;",
      "A:stands p1 | B:stands p1" },
    { "and nothing of it cancelled", "c1 v1 A 1; c2 v2 ok 2; c2 v3 cancel 2!;",
      "A:stands p1" },
    { "a job skipped by itself does not spoil it",
      "c1 v1 A 1; c2 v2 ok 2; c2 v3 skip 2!;", "A:absent p1 g1" },
    { "a job that was skipped was not dropped",
      "c1 v1 A 1; c2 v2 ok 2; c2 v1 skip 2!;", "A:stands p1" },
    { "an older complete push proves nothing", "c2 v1 A 2; c1 v2 ok 9!;",
      "A:stands p1" },
    { "a variant that comes back is judged again",
      "c1 v1 A 1; c2 v2 ok 2!; c3 v1 A 3; c3 v2 ok 3!;", "A:stands p1 r1" },
    { "job moved from azure to actions, a day ago",
      "c1 azure:l A 1!; c2 gha:l ok 2!;", "A:absent p1 g1" },
    { "moved just now: not yet", "c1 azure:l A 1!; c2 gha:l ok 990!;",
      "A:stands p1" },
    { "both providers still run",
      "c1 azure:l A 1!; c2 gha:l ok 2!; c2 azure:o ok 2;", "A:stands p1" },
    { "one job green, one dropped", "c1 v1 A 1; c1 v2 A 1; c2 v2 ok 2!;",
      "A:absent p1 g1" },
    { "mended and then dropped: greens go on counting",
      "c1 v1 A 1; c2 v1 ok 2; c3 v2 ok 3!; c4 v2 ok 4!;", "A:green p1 g3" },
    { "an old commit that finishes late is still old",
      "c1 l A 1; c9 l ok 9; c8 l A 10;", "A:green p2 g1" },
};

START_TEST(rule_holds)
{
    const struct rule *r = &rules[_i];
    struct spec specs[64];
    size_t nr = parse(r->runs, specs, ARRAY_SIZE(specs));
    struct store *st = fresh();

    for (size_t i = 0; i < nr; i++)
        add(st, "o/p", &specs[i]);
    look(st, NOW_HOURS, NULL);
    CLEANUP_FREE char *text = found(st, "o/p", render_one);
    if (strcmp(text, r->expect) != 0)
        ck_abort_msg("%s\n  want %s\n  got  %s", r->name, r->expect, text);

    /* Again, unchanged: nothing is looked at, nothing written. */
    struct correlate_counts c = look(st, NOW_HOURS, NULL);
    ck_assert_int_eq(c.branches, 0);
    OK(store_dirty_mark(st, "o/p", "main", err));
    c = look(st, NOW_HOURS, NULL);
    ck_assert_int_eq(c.branches, 1);
    if (c.incidents)
        ck_abort_msg("%s: not idempotent", r->name);
    store_close(st);
}
END_TEST

static unsigned rnd(unsigned *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return *seed >> 16;
}

START_TEST(order_of_arrival_does_not_matter)
{
    const struct rule *r = &rules[_i];
    struct spec specs[64];
    size_t nr = parse(r->runs, specs, ARRAY_SIZE(specs));
    CLEANUP_FREE char *first = NULL;
    unsigned seed = (unsigned)_i + 1;

    for (int round = 0; round < 12; round++) {
        struct store *st = fresh();
        for (size_t i = nr; i > 1; i--) {
            size_t j = rnd(&seed) % i;
            struct spec t = specs[i - 1];
            specs[i - 1] = specs[j];
            specs[j] = t;
        }
        for (size_t i = 0; i < nr; i++)
            add(st, "o/p", &specs[i]);
        look(st, NOW_HOURS, NULL);
        char *text = found(st, "o/p", render_all);
        if (!first)
            first = xstrdup(text);
        if (strcmp(first, text) != 0)
            ck_abort_msg("%s\n  %s\n  %s", r->name, first, text);
        free(text);
        store_close(st);
    }
}
END_TEST

/* Looked at after every run, in the order of time: what is left over from
 * earlier looks must not show in what stands at the end. */
START_TEST(number_of_passes_does_not_matter)
{
    const struct rule *r = &rules[_i];
    struct spec specs[64];
    size_t nr = parse(r->runs, specs, ARRAY_SIZE(specs));
    struct store *all = fresh(), *steps = fresh();

    for (size_t i = 0; i < nr; i++) {
        add(all, "o/p", &specs[i]);
        add(steps, "o/p", &specs[i]);
        look(steps, NOW_HOURS, NULL);
    }
    look(all, NOW_HOURS, NULL);
    CLEANUP_FREE char *a = found(all, "o/p", render_one);
    CLEANUP_FREE char *b = found(steps, "o/p", render_one);
    if (strcmp(a, b) != 0)
        ck_abort_msg("%s\n  %s\n  %s", r->name, a, b);
    store_close(all);
    store_close(steps);
}
END_TEST

/* ---- what a table cannot say ---- */

static void feed(struct store *st, const char *project, const char *runs)
{
    struct spec specs[64];
    size_t nr = parse(runs, specs, ARRAY_SIZE(specs));

    for (size_t i = 0; i < nr; i++)
        add(st, project, &specs[i]);
}

static void expect(struct store *st, const char *project, const char *want)
{
    CLEANUP_FREE char *text = found(st, project, render_one);

    if (strcmp(text, want) != 0)
        ck_abort_msg("want %s\n  got  %s", want, text);
}

static struct incident get(struct store *st, const char *project,
                           const char *fp)
{
    struct incident i;

    ck_assert_int_eq(store_incident_get(st, project, "main", fp, &i, NULL), 1);
    return i;
}

START_TEST(times_and_commits_are_right)
{
    struct store *st = fresh();

    feed(st, "o/p",
         "c1 l ok 1; c2 l ok 2; c3 l A 13; c3 o A 12; c4 l A 20;"
         "c4 o ok 21;");
    look(st, 30, NULL);
    struct incident i = get(st, "o/p", "A");
    ck_assert_int_eq(hour_of(i.first_seen), 12);
    ck_assert_int_eq(hour_of(i.last_seen), 20);
    ck_assert_str_eq(i.first_red_commit, "c3");
    ck_assert_str_eq(i.last_red_commit, "c4");
    ck_assert_str_eq(i.last_green_commit, "c2");
    ck_assert_int_eq(hour_of(i.last_green_at), 2);
    ck_assert_str_eq(i.kind, "build");
    ck_assert_str_eq(i.url, "c4-ci-l");
    ck_assert_str_eq(i.category, "compile/error");
    ck_assert_int_eq(i.nr_jobs, 2);
    ck_assert_str_eq(i.jobs[0].name, "l");
    ck_assert(i.jobs[0].standing && !i.jobs[1].standing);
    ck_assert_str_eq(jx_str(i.failure, "message"), "A");
    CLEANUP_FREE char *id = xstrdup(i.public_id);
    incident_release(&i);
    feed(st, "o/p", "c5 l ok 40;");
    look(st, 41, NULL);
    i = get(st, "o/p", "A");
    ck_assert_int_eq(hour_of(i.ended), 40);
    ck_assert_str_eq(i.public_id, id);
    incident_release(&i);
    feed(st, "o/p", "c6 l A 50;");
    look(st, 51, NULL);
    i = get(st, "o/p", "A");
    ck_assert_int_eq(hour_of(i.first_seen), 50);
    ck_assert_int_eq(hour_of(i.first_ever), 12);
    ck_assert_int_eq(hour_of(i.relapsed_at), 50);
    ck_assert_str_eq(i.last_green_commit, "c5");
    ck_assert_str_eq(i.public_id, id);
    incident_release(&i);
    store_close(st);
}
END_TEST

START_TEST(decisions_are_left_alone)
{
    struct store *st = fresh();

    feed(st, "o/p", "c1 l A 1;");
    look(st, 2, NULL);
    struct incident i = get(st, "o/p", "A");
    i.state = INCIDENT_OPEN;
    i.opened = 77;
    i.next_at = 99;
    i.backlog = true;
    OK(store_incident_put(st, &i, true, err));
    incident_release(&i);
    feed(st, "o/p", "c2 l A 2;");
    look(st, 3, NULL);
    i = get(st, "o/p", "A");
    ck_assert_int_eq(i.pushes, 2);
    ck_assert_int_eq(i.state, INCIDENT_OPEN);
    ck_assert_int_eq(i.opened, 77);
    ck_assert_int_eq(i.next_at, 99);
    ck_assert(i.backlog);
    incident_release(&i);
    store_close(st);
}
END_TEST

START_TEST(the_clock_alone_ends_what_moved)
{
    struct store *st = fresh();

    feed(st, "o/p", "c1 azure:l A 1!; c2 gha:l ok 10!;");
    look(st, 11, NULL);
    expect(st, "o/p", "A:stands p1");
    ck_assert_int_eq(look(st, 20, NULL).branches, 0);
    ck_assert_int_eq(look(st, 34, NULL).branches, 1);
    expect(st, "o/p", "A:absent p1 g1");
    store_close(st);
}
END_TEST

START_TEST(a_stale_source_freezes)
{
    struct store *st = fresh();
    static const char *const stale[] = { "src", NULL };

    feed(st, "o/p", "c1 azure:l A 1!; c2 gha:l ok 10!;");
    look(st, 40, stale);
    expect(st, "o/p", "A:stands p1 stale");
    OK(store_dirty_mark(st, "o/p", "main", err));
    look(st, 41, NULL);
    expect(st, "o/p", "A:absent p1 g1");
    feed(st, "o/q", "c1 l A 1;");
    look(st, 42, NULL);
    expect(st, "o/q", "A:stands p1");
    look(st, 43, stale); /* no new evidence at all */
    expect(st, "o/q", "A:stands p1 stale");
    look(st, 44, NULL);
    expect(st, "o/q", "A:stands p1");
    store_close(st);
}
END_TEST

START_TEST(an_archived_project_ends)
{
    struct store *st = fresh();
    json_t *yes = json_true();

    feed(st, "o/p", "c1 l A 1;");
    look(st, 2, NULL);
    OK(store_fact_put(st, "f", "o/p", "archived", yes, 3, NULL, err));
    look(st, 3, NULL);
    expect(st, "o/p", "A:archived p1");
    OK(store_dirty_mark(st, "o/p", "main", err));
    ck_assert_int_eq(look(st, 9, NULL).incidents, 0);
    struct incident i = get(st, "o/p", "A");
    ck_assert_int_eq(hour_of(i.ended), 3);
    incident_release(&i);
    OK(store_fact_put(st, "f", "o/p", "archived", NULL, 10, NULL, err));
    look(st, 10, NULL);
    expect(st, "o/p", "A:stands p1");
    store_close(st);
}
END_TEST

START_TEST(a_rename_keeps_the_incident)
{
    struct store *st = fresh();
    json_t *to CLEANUP_JSON = json_string("o/new");

    feed(st, "o/p", "c1 l A 1;");
    look(st, 2, NULL);
    struct incident i = get(st, "o/p", "A");
    CLEANUP_FREE char *id = xstrdup(i.public_id);
    incident_release(&i);
    OK(store_fact_put(st, "f", "o/p", "renamed_to", to, 3, NULL, err));
    feed(st, "o/new", "c2 l A 4;");
    look(st, 5, NULL);
    expect(st, "o/new", "A:stands p2");
    i = get(st, "o/new", "A");
    ck_assert_str_eq(i.public_id, id);
    ck_assert_str_eq(i.project, "o/new");
    incident_release(&i);
    store_close(st);
}
END_TEST

START_TEST(a_clock_that_goes_back_changes_nothing)
{
    struct store *st = fresh();

    feed(st, "o/p", "c1 l A 1; c2 l ok 2; c3 l A 30;");
    look(st, 40, NULL);
    CLEANUP_FREE char *before = found(st, "o/p", render_all);
    OK(store_dirty_mark(st, "o/p", "main", err));
    look(st, 1, NULL);
    CLEANUP_FREE char *after = found(st, "o/p", render_all);
    ck_assert_str_eq(before, after);
    store_close(st);
}
END_TEST

START_TEST(better_rules_rename_the_cause)
{
    struct store *st = fresh();

    feed(st, "o/p", "c1 l A 1;");
    look(st, 2, NULL);
    feed(st, "o/p", "c1 l B 1;");
    look(st, 3, NULL);
    expect(st, "o/p", "A:superseded p1 by B | B:stands p1");
    store_close(st);
}
END_TEST

START_TEST(pruned_runs_are_remembered)
{
    struct store *st = fresh();

    feed(st, "o/p", "c1 l A 1; c2 l ok 2;");
    look(st, 3, NULL);
    struct incident i = get(st, "o/p", "A");
    i.state = INCIDENT_RESOLVED;
    OK(store_incident_put(st, &i, true, err));
    incident_release(&i);
    OK(store_prune(st, T0 + 500 * HOUR, 0, err));
    feed(st, "o/p", "c9 l A 900;");
    look(st, 901, NULL);
    i = get(st, "o/p", "A");
    ck_assert_int_eq(hour_of(i.first_ever), 1);
    ck_assert_int_eq(hour_of(i.first_seen), 900);
    ck_assert(i.standing);
    incident_release(&i);
    store_close(st);
}
END_TEST

/* ---- entries ---- */

static void entry(struct store *st, const char *key, const char *fp,
                  const char *target, double attempts, int first, int last)
{
    struct standing s = {
        .source = (char *)"bot",
        .snapshot = (char *)"versions",
        .key = (char *)key,
        .project = (char *)"o/p",
        .branch = (char *)"main",
        .fingerprint = (char *)fp,
        .since = T0 + first * HOUR,
        .last = T0 + last * HOUR,
    };

    s.entry = json_pack("{s:s, s:s, s:f, s:I, s:I, s:{s:s, s:s, s:s}}", "task",
                        "version", "target", target, "attempts", attempts,
                        "first", (json_int_t)s.since, "last",
                        (json_int_t)s.last, "failure", "category",
                        "source/no-file", "blame", "recipe", "message", fp);
    OK(store_standing_put(st, &s, err));
    json_decref(s.entry);
}

START_TEST(the_bot_is_one_incident_over_its_versions)
{
    struct store *st = fresh();

    entry(st, "k", "V", "1.0", 14, 1, 10);
    look(st, 11, NULL);
    entry(st, "k", "V", "1.1", 400.2, 20, 30);
    look(st, 31, NULL);
    entry(st, "k", "V", "1.2", 57, 40, 50);
    look(st, 51, NULL);
    expect(st, "o/p", "V:stands p0");
    struct incident i = get(st, "o/p", "V");
    ck_assert(i.attempts > 471.1 && i.attempts < 471.3);
    ck_assert_str_eq(i.kind, "bot");
    ck_assert_str_eq(i.target, "1.2");
    ck_assert_str_eq(i.category, "source/no-file");
    ck_assert_int_eq(hour_of(i.first_seen), 1);
    ck_assert_int_eq(hour_of(i.last_seen), 50);
    incident_release(&i);
    OK(store_dirty_mark(st, "o/p", "main", err));
    ck_assert_int_eq(look(st, 52, NULL).incidents, 0);

    /* The same entry fails otherwise. */
    entry(st, "k", "W", "1.2", 60, 40, 55);
    look(st, 56, NULL);
    expect(st, "o/p", "V:superseded p0 by W | W:stands p0");
    OK(store_standing_delete(st, "bot", "versions", "k", err));
    look(st, 60, NULL);
    expect(st, "o/p", "V:superseded p0 by W | W:gone p0");
    i = get(st, "o/p", "W");
    ck_assert_int_eq(hour_of(i.ended), 60);
    incident_release(&i);
    entry(st, "k", "W", "1.3", 1, 70, 71);
    look(st, 72, NULL);
    expect(st, "o/p", "V:superseded p0 by W | W:stands p0 r1");
    i = get(st, "o/p", "W");
    ck_assert_int_eq(hour_of(i.first_seen), 70);
    ck_assert_int_eq(hour_of(i.first_ever), 40);
    ck_assert(i.attempts < 1.1);
    incident_release(&i);
    store_close(st);
}
END_TEST

START_TEST(two_entries_with_one_cause_are_one_incident)
{
    struct store *st = fresh();

    entry(st, "a", "V", "1.0", 2, 1, 10);
    entry(st, "b", "V", "2.0", 3, 2, 11);
    feed(st, "o/p", "c1 l A 1;");
    look(st, 12, NULL);
    expect(st, "o/p", "A:stands p1 | V:stands p0");
    struct incident i = get(st, "o/p", "V");
    ck_assert_int_eq(i.nr_jobs, 2);
    ck_assert(i.attempts > 4.9 && i.attempts < 5.1);
    incident_release(&i);
    OK(store_standing_delete(st, "bot", "versions", "a", err));
    look(st, 13, NULL);
    expect(st, "o/p", "A:stands p1 | V:stands p0");
    store_close(st);
}
END_TEST

START_TEST(an_entry_of_an_archived_project_is_no_relapse)
{
    struct store *st = fresh();
    json_t *yes = json_true();

    entry(st, "k", "V", "1.0", 2, 1, 10);
    look(st, 11, NULL);
    OK(store_fact_put(st, "f", "o/p", "archived", yes, 12, NULL, err));
    look(st, 12, NULL);
    for (int hour = 13; hour < 16; hour++) {
        OK(store_dirty_mark(st, "o/p", "main", err));
        ck_assert_int_eq(look(st, hour, NULL).incidents, 0);
    }
    expect(st, "o/p", "V:archived p0");
    OK(store_fact_put(st, "f", "o/p", "archived", NULL, 20, NULL, err));
    look(st, 20, NULL);
    expect(st, "o/p", "V:stands p0");
    struct incident i = get(st, "o/p", "V");
    ck_assert_int_eq(hour_of(i.first_seen), 1);
    incident_release(&i);
    store_close(st);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("correlate");
    TCase *tc = tcase_create("correlate");
    SRunner *sr;
    int failed, nr = (int)ARRAY_SIZE(rules);

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, rule_holds, 0, nr);
    tcase_add_loop_test(tc, order_of_arrival_does_not_matter, 0, nr);
    tcase_add_loop_test(tc, number_of_passes_does_not_matter, 0, nr);
    tcase_add_test(tc, times_and_commits_are_right);
    tcase_add_test(tc, decisions_are_left_alone);
    tcase_add_test(tc, the_clock_alone_ends_what_moved);
    tcase_add_test(tc, a_stale_source_freezes);
    tcase_add_test(tc, an_archived_project_ends);
    tcase_add_test(tc, a_rename_keeps_the_incident);
    tcase_add_test(tc, a_clock_that_goes_back_changes_nothing);
    tcase_add_test(tc, better_rules_rename_the_cause);
    tcase_add_test(tc, pruned_runs_are_remembered);
    tcase_add_test(tc, the_bot_is_one_incident_over_its_versions);
    tcase_add_test(tc, two_entries_with_one_cause_are_one_incident);
    tcase_add_test(tc, an_entry_of_an_archived_project_is_no_relapse);
    suite_add_tcase(s, tc);
    sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? 1 : 0;
}
