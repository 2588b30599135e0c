/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the tests of the store share: a folder for it, runs, and lists of
 * what was found.
 */
#ifndef TOCSIN_TEST_STORE_WORLD_H
#define TOCSIN_TEST_STORE_WORLD_H

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/io.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/store/store.h"
#include "suite.h"

static char dir[64];
static char where[160], path[128];

__attribute__((unused)) static void setup(void)
{
    strcpy(dir, "/tmp/tocsin-store-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/s.db", dir);
    snprintf(where, sizeof(where), "sqlite:%s", path);
}

__attribute__((unused)) static void teardown(void)
{
    static const char *const names[] = { "s.db", "s.db-wal", "s.db-shm",
                                         "t.db" };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        CLEANUP_FREE char *p = xasprintf("%s/%s", dir, names[i]);
        unlink(p);
    }
    rmdir(dir);
}

__attribute__((unused)) static struct store *open_at(const char *w,
                                                     unsigned flags)
{
    struct store *st = NULL;
    struct err err = ERR_INIT;

    if (store_open(&st, w, flags, &err) < 0)
        ck_abort_msg("%s", err_msg(&err));
    return st;
}

__attribute__((unused)) static struct failure one_failure(void)
{
    return (struct failure){
        .fingerprint = (char *)"1:aa",
        .rule = (char *)"conda/x",
        .category = (char *)"dependency/unsatisfiable",
        .blame = (char *)"dependency",
        .primary = true,
    };
}

__attribute__((unused)) static struct run red_run(const char *id,
                                                  struct failure *f)
{
    return (struct run){
        .source = (char *)"ci",
        .run_id = (char *)id,
        .attempt = 1,
        .project = (char *)"o/p",
        .branch = (char *)"main",
        .workflow = (char *)"w",
        .job = (char *)"linux",
        .commit = (char *)"c1",
        .outcome = TOCSIN_OUTCOME_FAILURE,
        .created = 100,
        .started = 110,
        .finished = 120,
        .default_branch = 1,
        .failures = f,
        .nr_failures = f ? 1 : 0,
    };
}

__attribute__((unused)) static bool add(struct store *st, struct run *r)
{
    bool added = false;

    OK(store_run_add(st, r, &added, err));
    return added;
}

struct seen {
    int nr;
    char text[4096];
};

__attribute__((unused)) static int see_run(void *user, const struct run *r)
{
    struct seen *s = user;
    size_t at = strlen(s->text);

    s->nr++;
    snprintf(s->text + at, sizeof(s->text) - at, "%s/%d:%s:%s%s ", r->run_id,
             r->attempt, r->project, r->commit ? r->commit : "-",
             r->nr_failures && r->failures[0].detail ? "!" : "");
    return 0;
}

__attribute__((unused)) static struct seen runs_of(struct store *st,
                                                   const char *project)
{
    struct seen s = { 0 };

    OK(store_run_each(st, project, "main", 0, see_run, &s, err));
    return s;
}

__attribute__((unused)) static int see_incident(void *user, struct incident *i)
{
    struct seen *s = user;
    size_t at = strlen(s->text);

    s->nr++;
    snprintf(s->text + at, sizeof(s->text) - at, "%s ", i->fingerprint);
    return 0;
}

__attribute__((unused)) static struct seen incidents(struct store *st,
                                                     struct incident_query q)
{
    struct seen s = { 0 };

    OK(store_incident_each(st, &q, see_incident, &s, err));
    return s;
}

__attribute__((unused)) static int count_ticket(void *user, struct ticket *t)
{
    (void)t;
    ++*(int *)user;
    return 0;
}

__attribute__((unused)) static int count_outbox(void *user, struct outbox *o)
{
    (void)o;
    ++*(int *)user;
    return 0;
}

__attribute__((unused)) static int count_decision(void *user,
                                                  const struct decision *d)
{
    (void)d;
    ++*(int *)user;
    return 0;
}

#endif
