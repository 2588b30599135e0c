/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include "core/base/strbuf.h"
#include "correlate-world.h"

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

size_t specs_parse(const char *text, struct spec *out, size_t max)
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

void spec_add(struct store *st, const char *project, const struct spec *s)
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

struct correlate_counts look(struct store *st, int hour,
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

int hour_of(int64_t t)
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

static char *incidents(struct store *st, const char *project,
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

struct store *fresh(void)
{
    struct store *st = NULL;

    OK(store_open(&st, "sqlite::memory:", 0, err));
    return st;
}

char *found(struct store *st, const char *project)
{
    return incidents(st, project, render_one);
}

char *found_whole(struct store *st, const char *project)
{
    return incidents(st, project, render_all);
}

void feed(struct store *st, const char *project, const char *runs)
{
    struct spec specs[64];
    size_t nr = specs_parse(runs, specs, ARRAY_SIZE(specs));

    for (size_t i = 0; i < nr; i++)
        spec_add(st, project, &specs[i]);
}

void expect(struct store *st, const char *project, const char *want)
{
    CLEANUP_FREE char *text = found(st, project);

    if (strcmp(text, want) != 0)
        ck_abort_msg("want %s\n  got  %s", want, text);
}

struct incident get(struct store *st, const char *project, const char *fp)
{
    struct incident i;

    ck_assert_int_eq(store_incident_get(st, project, "main", fp, &i, NULL), 1);
    return i;
}
