/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How fast the state takes runs and evidence is worked out, on a disk:
 *
 *     tests/bench/bench-store [PROJECTS [RUNS]]      (30000 100000)
 *
 * One line a figure: name, value, unit. CPU is that of this process.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/incident/correlate.h"

#define T0 (INT64_C(1700000000))
#define BATCH 500
#define RED_PERCENT 25

static void die(const char *what, const struct err *err)
{
    fprintf(stderr, "bench-store: %s: %s\n", what, err_msg(err));
    exit(1);
}

static double cpu(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return (double)u.ru_utime.tv_sec + (double)u.ru_utime.tv_usec / 1e6
           + (double)u.ru_stime.tv_sec + (double)u.ru_stime.tv_usec / 1e6;
}

struct clock {
    int64_t wall;
    double cpu;
};

static struct clock start(void)
{
    return (struct clock){ when_monotonic_ms(), cpu() };
}

static void tell(const char *name, struct clock c, int64_t nr)
{
    double wall = (double)(when_monotonic_ms() - c.wall) / 1e3;

    printf("%-28s %9.3f s %9.3f s-cpu", name, wall, cpu() - c.cpu);
    if (nr)
        printf(" %9.0f /s", (double)nr / (wall > 0 ? wall : 1e-3));
    printf("\n");
}

/* Run n: projects take turns, a quarter is red for one of many causes. */
static void add(struct store *st, long n, long projects, json_t *detail,
                struct err *err)
{
    long p = n % projects, commit = n / projects;
    bool red = (p * 7919 + commit * 31) % 100 < RED_PERCENT, added;
    CLEANUP_FREE char *project = xasprintf("org/p%ld-feedstock", p);
    CLEANUP_FREE char *id = xasprintf("%ld", 900000000 + n);
    CLEANUP_FREE char *sha = xasprintf("%040lx", p * 1000 + commit);
    CLEANUP_FREE char *fp = xasprintf("1:%032lx", p % 5000);
    struct failure f = { .fingerprint = fp,
                         .rule = (char *)"conda/x",
                         .category = (char *)"dependency/unsatisfiable",
                         .blame = (char *)"dependency",
                         .primary = true,
                         .detail = detail };
    struct run r = {
        .source = (char *)"builds",
        .run_id = id,
        .attempt = 1,
        .project = project,
        .branch = (char *)"main",
        .workflow = (char *)"build",
        .job = (char *)"linux_64",
        .commit = sha,
        .url = (char *)"https://ci.example/build/1",
        .outcome = red ? TOCSIN_OUTCOME_FAILURE : TOCSIN_OUTCOME_SUCCESS,
        .created = T0 + commit * DAY + p,
        .finished = T0 + commit * DAY + p,
        .push_complete = true,
        .default_branch = 1,
        .failures = &f,
        .nr_failures = red,
    };

    if (store_run_add(st, &r, &added, err) < 0)
        die("run", err);
}

static void take_runs(struct store *st, long runs, long projects,
                      struct err *err)
{
    char excerpt[1500];
    json_t *detail CLEANUP_JSON = json_object();

    memset(excerpt, 'e', sizeof(excerpt) - 1);
    excerpt[sizeof(excerpt) - 1] = '\0';
    jx_set_str(detail, "message", "nothing provides requested r-sigora");
    json_object_set_new(
        detail, "excerpt",
        json_pack("{s:i, s:i, s:s}", "first", 1, "last", 20, "text", excerpt));
    for (long n = 0; n < runs;) {
        if (store_begin(st, STORE_BATCH, err) < 0)
            die("begin", err);
        for (int i = 0; i < BATCH && n < runs; i++)
            add(st, n++, projects, detail, err);
        if (store_commit(st, err) < 0)
            die("commit", err);
    }
}

static void look(struct store *st, const char *name, int64_t now,
                 struct err *err)
{
    struct settings s = { 0 };
    struct correlate_options o = { .now = now };
    struct correlate_counts counts;
    struct clock c = start();

    s.policy.absent_after = DAY;
    s.policy.flaky_within = s.policy.relapse_within = WEEK;
    s.policy.outbreak_projects = 10;
    s.policy.outbreak_owners = 5;
    s.policy.outbreak_within = s.policy.outbreak_hold = HOUR;
    s.policy.outbreak_quiet = 2 * HOUR;
    if (correlate(st, &s, &o, &counts, err) < 0)
        die("correlate", err);
    CLEANUP_FREE char *evidence = xasprintf("%s: evidence", name);
    tell(evidence, c, counts.branches);
    c = start();
    if (outbreak_update(st, &s, now, err) < 0)
        die("outbreak", err);
    CLEANUP_FREE char *outbreaks = xasprintf("%s: outbreaks", name);
    tell(outbreaks, c, 0);
}

static void lookups(struct store *st, long projects, struct err *err)
{
    struct clock c = start();
    long found = 0, nr = 50000;

    for (long n = 0; n < nr; n++) {
        long p = n * 7919 % projects;
        CLEANUP_FREE char *project = xasprintf("org/p%ld-feedstock", p);
        CLEANUP_FREE char *fp = xasprintf("1:%032lx", p % 5000);
        struct incident i;
        int r = store_incident_get(st, project, "main", fp, &i, err);
        if (r < 0)
            die("lookup", err);
        found += r;
        incident_release(&i);
    }
    tell("lookups", c, nr);
    printf("%-28s %9ld of %ld\n", "lookups found", found, nr);
}

int main(int argc, char **argv)
{
    long projects = argc > 1 ? strtol(argv[1], NULL, 10) : 30000;
    long runs = argc > 2 ? strtol(argv[2], NULL, 10) : 100000;
    char dir[] = "/tmp/tocsin-bench-XXXXXX";
    struct store *st = NULL;
    struct err err CLEANUP_ERR = ERR_INIT;
    struct rusage u;
    struct stat sb;

    if (projects < 1 || runs < 1 || !mkdtemp(dir))
        return 2;
    CLEANUP_FREE char *path = xasprintf("%s/s.db", dir);
    CLEANUP_FREE char *where = xasprintf("sqlite:%s", path);
    if (store_open(&st, where, 0, &err) < 0)
        die("open", &err);
    struct clock c = start();
    take_runs(st, runs, projects, &err);
    tell("runs, new", c, runs);
    look(st, "first", T0 + (runs / projects + 1) * DAY, &err);
    c = start();
    take_runs(st, runs, projects, &err);
    tell("runs, known", c, runs);
    look(st, "unchanged", T0 + (runs / projects + 1) * DAY, &err);
    c = start();
    if (store_prune(st, T0 - DAY, T0 - DAY, &err) < 0)
        die("prune", &err);
    tell("prune, nothing to do", c, 0);
    lookups(st, projects, &err);
    printf("%-28s %9lld\n", "transactions", (long long)store_transactions(st));
    store_close(st);
    if (stat(path, &sb) == 0)
        printf("%-28s %9.1f MB\n", "state", (double)sb.st_size / 1e6);
    getrusage(RUSAGE_SELF, &u);
    printf("%-28s %9.1f MB\n", "peak memory", (double)u.ru_maxrss / 1e3);
    unlink(path);
    rmdir(dir);
    return 0;
}
