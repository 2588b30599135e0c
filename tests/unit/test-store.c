/* SPDX-License-Identifier: BSD-3-Clause */
/* The store: what is put comes back, and nothing is lost or doubled. */
#include <config.h>

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/io.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/store/store.h"

static char dir[64];
static char where[160], path[128];

static void setup(void)
{
    strcpy(dir, "/tmp/tocsin-store-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/s.db", dir);
    snprintf(where, sizeof(where), "sqlite:%s", path);
}

static void teardown(void)
{
    static const char *const names[] = { "s.db", "s.db-wal", "s.db-shm",
                                         "t.db" };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        CLEANUP_FREE char *p = xasprintf("%s/%s", dir, names[i]);
        unlink(p);
    }
    rmdir(dir);
}

static struct store *open_at(const char *w, unsigned flags)
{
    struct store *st = NULL;
    struct err err = ERR_INIT;

    if (store_open(&st, w, flags, &err) < 0)
        ck_abort_msg("%s", err_msg(&err));
    return st;
}

#define OK(call)                                                             \
    do {                                                                     \
        struct err ok_err = ERR_INIT;                                        \
        struct err *err = &ok_err;                                           \
        if ((call) < 0)                                                      \
            ck_abort_msg("%s: %s", #call, err_msg(err));                     \
        err_release(err);                                                    \
    } while (0)

/* ---- runs ---- */

static struct failure one_failure(void)
{
    return (struct failure){
        .fingerprint = (char *)"1:aa", .rule = (char *)"conda/x",
        .category = (char *)"dependency/unsatisfiable",
        .blame = (char *)"dependency", .primary = true,
    };
}

static struct run red_run(const char *id, struct failure *f)
{
    return (struct run){
        .source = (char *)"ci", .run_id = (char *)id, .attempt = 1,
        .project = (char *)"o/p", .branch = (char *)"main",
        .workflow = (char *)"w", .job = (char *)"linux",
        .commit = (char *)"c1", .outcome = TOCSIN_OUTCOME_FAILURE,
        .created = 100, .started = 110, .finished = 120,
        .default_branch = 1, .failures = f, .nr_failures = f ? 1 : 0,
    };
}

static bool add(struct store *st, struct run *r)
{
    bool added = false;

    OK(store_run_add(st, r, &added, err));
    return added;
}

struct seen {
    int nr;
    char text[4096];
};

static int see_run(void *user, const struct run *r)
{
    struct seen *s = user;
    size_t at = strlen(s->text);

    s->nr++;
    snprintf(s->text + at, sizeof(s->text) - at, "%s/%d:%s:%s%s ", r->run_id,
             r->attempt, r->project, r->commit ? r->commit : "-",
             r->nr_failures && r->failures[0].detail ? "!" : "");
    return 0;
}

static struct seen runs_of(struct store *st, const char *project)
{
    struct seen s = { 0 };

    OK(store_run_each(st, project, "main", 0, see_run, &s, err));
    return s;
}

static int see_name(void *user, const char *project, const char *branch)
{
    struct seen *s = user;
    size_t at = strlen(s->text);

    s->nr++;
    snprintf(s->text + at, sizeof(s->text) - at, "%s@%s ", project, branch);
    return 0;
}

static struct seen dirty_of(struct store *st)
{
    struct seen s = { 0 };

    OK(store_dirty_each(st, see_name, &s, err));
    return s;
}

START_TEST(a_run_is_added_once_and_replaced_when_it_changes)
{
    struct store *st = open_at("sqlite::memory:", 0);
    struct failure f = one_failure();
    struct run r = red_run("7", &f);

    f.detail = json_pack("{s:s}", "message", "no r-sigora");
    ck_assert(add(st, &r));
    ck_assert_int_gt(r.id, 0);
    ck_assert_str_eq(dirty_of(st).text, "o/p@main ");
    OK(store_dirty_clear(st, "o/p", "main", err));

    struct run again = red_run("7", &f);
    ck_assert(!add(st, &again));
    ck_assert_int_eq(again.id, r.id);
    ck_assert_int_eq(dirty_of(st).nr, 0);
    ck_assert_str_eq(runs_of(st, "o/p").text, "7/1:o/p:c1! ");

    again.push_complete = true;
    ck_assert(add(st, &again));
    ck_assert_int_eq(dirty_of(st).nr, 1);
    json_object_set_new(f.detail, "message", json_string("other"));
    ck_assert(add(st, &again));
    again.attempt = 2;
    ck_assert(add(st, &again));
    ck_assert_str_eq(runs_of(st, "o/p").text, "7/1:o/p:c1! 7/2:o/p:c1! ");

    json_t *detail;
    OK(store_run_detail(st, r.id, &detail, err));
    ck_assert_str_eq(jx_str(detail, "message"), "other");
    json_decref(detail);
    json_decref(f.detail);
    store_close(st);
}
END_TEST

START_TEST(runs_come_in_the_order_of_their_commits)
{
    struct store *st = open_at("sqlite::memory:", 0);
    struct { const char *id, *commit; int64_t created; int attempt; } t[] = {
        { "9", "new", 900, 1 }, { "1", "old", 100, 1 },
        { "8", "old", 950, 1 },     /* a re-run: as old as its commit */
        { "1", "old", 100, 2 }, { "5", NULL, 500, 1 },
        { "6", NULL, 400, 1 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
        struct run r = red_run(t[i].id, NULL);
        r.commit = (char *)t[i].commit;
        r.created = t[i].created;
        r.finished = t[i].created + 10;
        r.attempt = t[i].attempt;
        ck_assert(add(st, &r));
    }
    ck_assert_str_eq(runs_of(st, "o/p").text,
                     "1/1:o/p:old 8/1:o/p:old 1/2:o/p:old 6/1:o/p:- "
                     "5/1:o/p:- 9/1:o/p:new ");
    store_close(st);
}
END_TEST

/* ---- names ---- */

START_TEST(a_rename_is_not_a_new_project)
{
    struct store *st = open_at("sqlite::memory:", 0);
    struct run r = red_run("1", NULL);
    char *s;

    r.project_id = (char *)"77";
    add(st, &r);
    struct ticket t = { .key = (char *)"k", .project = (char *)"o/p",
                        .group = json_pack("{s:s}", "project", "o/p") };
    OK(store_ticket_put(st, &t, err));
    json_t *three CLEANUP_JSON = json_integer(3);
    OK(store_fact_put(st, "f", "o/p", "descendants", three, 1, NULL, err));
    r.run_id = (char *)"2";
    r.project = (char *)"o/q";
    r.created = 200;
    add(st, &r);
    ck_assert_str_eq(runs_of(st, "o/q").text, "1/1:o/q:c1 2/1:o/q:c1 ");
    /* Late words under the old name change nothing. */
    r.run_id = (char *)"3";
    r.project = (char *)"o/p";
    r.created = 300;
    add(st, &r);
    r.run_id = (char *)"4";
    r.project_id = NULL;
    add(st, &r);
    ck_assert_int_eq(runs_of(st, "o/q").nr, 4);
    s = store_project_name(st, "o/p");
    ck_assert_str_eq(s, "o/q");
    free(s);
    s = store_project_origin(st, "o/q");
    ck_assert_str_eq(s, "o/p");
    free(s);
    struct ticket back;
    OK(store_ticket_get(st, "k", &back, err));
    ck_assert_str_eq(back.project, "o/q");
    ck_assert_str_eq(jx_str(back.group, "project"), "o/q");
    ticket_release(&back);
    json_t *v;
    ck_assert_int_eq(store_fact_get(st, "o/q", "descendants", &v, NULL), 1);
    json_decref(v);
    json_decref(t.group);

    /* Another repository takes the old name. */
    r.run_id = (char *)"5";
    r.project_id = (char *)"88";
    add(st, &r);
    ck_assert_int_eq(runs_of(st, "o/p").nr, 1);
    ck_assert_int_eq(runs_of(st, "o/q").nr, 4);
    s = store_project_origin(st, "o/p");
    ck_assert_str_eq(s, "o/p@88");
    free(s);
    store_close(st);
}
END_TEST

START_TEST(a_fact_renames_and_joins)
{
    struct store *st = open_at("sqlite::memory:", 0);
    struct failure f = one_failure();
    struct run r = red_run("1", &f);
    bool changed;

    add(st, &r);
    struct incident i = { .project = (char *)"o/p", .branch = (char *)"main",
                          .fingerprint = (char *)"1:aa", .first_ever = 5 };
    OK(store_incident_put(st, &i, false, err));
    r.run_id = (char *)"2";
    r.project = (char *)"o/q";
    add(st, &r);
    i.id = 0;
    i.project = (char *)"o/q";
    i.first_ever = 9;
    OK(store_incident_put(st, &i, false, err));
    json_t *to = json_string("o/q");
    OK(store_fact_put(st, "f", "o/p", "renamed_to", to, 1, &changed, err));
    ck_assert(changed);
    OK(store_fact_put(st, "f", "o/p", "renamed_to", to, 2, &changed, err));
    ck_assert(!changed);
    json_decref(to);
    ck_assert_int_eq(runs_of(st, "o/q").nr, 2);
    ck_assert_int_eq(runs_of(st, "o/p").nr, 2);
    struct incident back;
    ck_assert_int_eq(store_incident_get(st, "o/q", "main", "1:aa", &back,
                                        NULL), 1);
    ck_assert_int_eq(back.first_ever, 5);
    incident_release(&back);
    free(i.public_id);
    /* A word of the old name that comes later is about the new one. */
    r.run_id = (char *)"3";
    r.project = (char *)"o/p";
    add(st, &r);
    ck_assert_int_eq(runs_of(st, "o/q").nr, 3);
    /* A circle of renames leads nowhere and ends. */
    to = json_string("c/a");
    OK(store_fact_put(st, "f", "c/b", "renamed_to", to, 1, NULL, err));
    json_decref(to);
    to = json_string("c/b");
    OK(store_fact_put(st, "f", "c/a", "renamed_to", to, 1, NULL, err));
    json_decref(to);
    char *s = store_project_name(st, "c/a");
    ck_assert_str_eq(s, "c/a");
    free(s);
    store_close(st);
}
END_TEST

START_TEST(the_newest_fact_wins)
{
    struct store *st = open_at("sqlite::memory:", 0);
    json_t *a = json_integer(1), *b = json_integer(2), *v;
    bool changed;

    OK(store_fact_put(st, "x", "o/p", "k", a, 10, &changed, err));
    ck_assert(changed);
    OK(store_fact_put(st, "y", "o/p", "k", b, 10, &changed, err));
    ck_assert(changed);
    ck_assert_int_eq(store_fact_get(st, "o/p", "k", &v, NULL), 1);
    ck_assert_int_eq(json_integer_value(v), 2);
    json_decref(v);
    OK(store_fact_put(st, "y", "o/p", "k", NULL, 11, &changed, err));
    ck_assert(changed);
    ck_assert_int_eq(store_fact_get(st, "o/p", "k", &v, NULL), 1);
    ck_assert_int_eq(json_integer_value(v), 1);
    json_decref(v);
    OK(store_fact_put(st, "x", "o/p", "k", json_null(), 11, &changed, err));
    ck_assert(changed);
    ck_assert_int_eq(store_fact_get(st, "o/p", "k", &v, NULL), 0);
    json_decref(a);
    json_decref(b);
    store_close(st);
}
END_TEST

START_TEST(a_word_from_before_a_rename_does_not_undo_it)
{
    struct store *st = open_at("sqlite::memory:", 0);
    struct run r = red_run("1", NULL);

    r.project_id = (char *)"77";
    r.project = (char *)"o/q";
    r.created = 200;
    add(st, &r);
    r.run_id = (char *)"2";
    r.project = (char *)"o/p";
    r.created = 100;
    add(st, &r);
    ck_assert_str_eq(runs_of(st, "o/p").text, "1/1:o/q:c1 2/1:o/q:c1 ");
    r.run_id = (char *)"3";
    r.project = (char *)"o/r";
    r.created = 300;
    add(st, &r);
    ck_assert_int_eq(runs_of(st, "o/r").nr, 3);
    char *s = store_project_name(st, "o/p");
    ck_assert_str_eq(s, "o/r");
    free(s);
    store_close(st);
}
END_TEST

/* ---- records come back as they went ---- */

START_TEST(incidents_come_back)
{
    struct store *st = open_at("sqlite::memory:", 0);
    struct incident_job jobs[] = {
        { .key = (char *)"j1", .name = (char *)"linux", .standing = true,
          .end = END_NONE, .run = 4, .url = (char *)"u",
          .commit = (char *)"c", .at = 5, .greens = 6 },
        { .key = (char *)"j2", .end = END_ABSENT },
    };
    struct incident i = {
        .project = (char *)"o/p", .branch = (char *)"b",
        .fingerprint = (char *)"1:f", .kind = (char *)"build",
        .source = (char *)"s", .rule = (char *)"r",
        .category = (char *)"a/k", .blame = (char *)"recipe",
        .failure = json_pack("{s:s}", "message", "m"),
        .state = INCIDENT_OPEN, .standing = true, .end = END_SUPERSEDED,
        .ended = 1, .first_seen = 2, .last_seen = 3, .first_ever = 4,
        .pushes = 5, .attempts = 6.5, .greens = 7, .flaky = 8,
        .flaky_at = 9, .relapses = 10, .relapsed_at = 11, .stale = true,
        .superseded_by = (char *)"1:g", .outbreak = (char *)"o",
        .caused_by = (char *)"cb", .first_red_commit = (char *)"fr",
        .last_red_commit = (char *)"lr", .last_green_commit = (char *)"lg",
        .last_green_at = 12, .url = (char *)"http", .target = (char *)"1.0",
        .extra = json_pack("{s:i}", "x", 1), .opened = 13, .resolved = 14,
        .backlog = true, .next_at = 15, .jobs = jobs, .nr_jobs = 2,
    };
    struct incident b;

    OK(store_incident_put(st, &i, true, err));
    ck_assert_int_eq(strlen(i.public_id), 8);
    ck_assert_int_eq(store_incident_by_id(st, i.public_id, &b, NULL), 1);
    ck_assert_str_eq(b.project, "o/p");
    ck_assert_str_eq(b.branch, "b");
    ck_assert_str_eq(b.fingerprint, "1:f");
    ck_assert_str_eq(b.kind, "build");
    ck_assert_str_eq(b.source, "s");
    ck_assert_str_eq(b.rule, "r");
    ck_assert_str_eq(b.category, "a/k");
    ck_assert_str_eq(b.blame, "recipe");
    ck_assert(json_equal(b.failure, i.failure));
    ck_assert_int_eq(b.state, INCIDENT_OPEN);
    ck_assert(b.standing);
    ck_assert_int_eq(b.end, END_SUPERSEDED);
    ck_assert_int_eq(b.ended, 1);
    ck_assert_int_eq(b.first_seen, 2);
    ck_assert_int_eq(b.last_seen, 3);
    ck_assert_int_eq(b.first_ever, 4);
    ck_assert_int_eq(b.pushes, 5);
    ck_assert(b.attempts > 6.4 && b.attempts < 6.6);
    ck_assert_int_eq(b.greens, 7);
    ck_assert_int_eq(b.flaky, 8);
    ck_assert_int_eq(b.flaky_at, 9);
    ck_assert_int_eq(b.relapses, 10);
    ck_assert_int_eq(b.relapsed_at, 11);
    ck_assert(b.stale);
    ck_assert_str_eq(b.superseded_by, "1:g");
    ck_assert_str_eq(b.outbreak, "o");
    ck_assert_str_eq(b.caused_by, "cb");
    ck_assert_str_eq(b.first_red_commit, "fr");
    ck_assert_str_eq(b.last_red_commit, "lr");
    ck_assert_str_eq(b.last_green_commit, "lg");
    ck_assert_int_eq(b.last_green_at, 12);
    ck_assert_str_eq(b.url, "http");
    ck_assert_str_eq(b.target, "1.0");
    ck_assert(json_equal(b.extra, i.extra));
    ck_assert_int_eq(b.opened, 13);
    ck_assert_int_eq(b.resolved, 14);
    ck_assert(b.backlog);
    ck_assert_int_eq(b.next_at, 15);
    ck_assert_int_eq(b.nr_jobs, 2);
    ck_assert_str_eq(b.jobs[0].key, "j1");
    ck_assert_str_eq(b.jobs[0].name, "linux");
    ck_assert(b.jobs[0].standing);
    ck_assert_int_eq(b.jobs[0].run, 4);
    ck_assert_str_eq(b.jobs[0].commit, "c");
    ck_assert_int_eq(b.jobs[0].at, 5);
    ck_assert_int_eq(b.jobs[0].greens, 6);
    ck_assert_int_eq(b.jobs[1].end, END_ABSENT);
    incident_release(&b);
    ck_assert_int_eq(store_incident_by_id(st, "zz", &b, NULL), 0);
    ck_assert_int_eq(store_incident_by_id(st, "", &b, NULL), 0);
    free(i.public_id);
    json_decref(i.failure);
    json_decref(i.extra);
    store_close(st);
}
END_TEST

static int see_incident(void *user, struct incident *i)
{
    struct seen *s = user;
    size_t at = strlen(s->text);

    s->nr++;
    snprintf(s->text + at, sizeof(s->text) - at, "%s ", i->fingerprint);
    return 0;
}

static struct seen incidents(struct store *st, struct incident_query q)
{
    struct seen s = { 0 };

    OK(store_incident_each(st, &q, see_incident, &s, err));
    return s;
}

START_TEST(incidents_are_found)
{
    struct store *st = open_at("sqlite::memory:", 0);
    struct incident a = { .project = (char *)"o/p", .branch = (char *)"main",
                          .fingerprint = (char *)"a", .standing = true,
                          .category = (char *)"infra/x",
                          .source = (char *)"s", .first_seen = 100,
                          .outbreak = (char *)"ob" };
    struct incident b = { .project = (char *)"o/q", .branch = (char *)"dev",
                          .fingerprint = (char *)"b", .next_at = 50,
                          .state = INCIDENT_RESOLVED };
    struct ticket t = { .key = (char *)"k" };

    OK(store_incident_put(st, &a, false, err));
    OK(store_incident_put(st, &b, true, err));
    OK(store_ticket_put(st, &t, err));
    OK(store_member_set(st, a.id, &t.id, 1, err));
#define FINDS(expect, ...)                                                   \
    ck_assert_str_eq(incidents(st, (struct incident_query){ __VA_ARGS__ })   \
                         .text, expect)
    FINDS("a b ", .project = NULL);
    FINDS("a ", .project = "o/p");
    FINDS("", .project = "o/none");
    FINDS("b ", .branch = "dev");
    FINDS("a ", .fingerprint = "a");
    FINDS("a ", .category = "infra/x");
    FINDS("a ", .source = "s");
    FINDS("a ", .outbreak = "ob");
    FINDS("", .outbreak = "none");
    FINDS("a ", .ticket = "k");
    FINDS("", .ticket = "none");
    FINDS("a ", .unresolved_only = true);
    FINDS("a ", .standing_only = true);
    FINDS("a ", .standing_only = true, .fingerprint = "a");
    FINDS("a ", .seen_since = 100);
    FINDS("", .seen_since = 101);
    FINDS("a ", .due = 49);
    FINDS("a b ", .due = 50);
    OK(store_incident_clean(st, a.id, err));
    FINDS("b ", .due = 50);
    OK(store_incident_dirty_all(st, err));
    FINDS("a ", .due = 1);
    OK(store_incident_clean(st, a.id, err));
    OK(store_incident_outbreak(st, a.id, "ob", NULL, err));
    FINDS("", .due = 1);
    OK(store_incident_outbreak(st, a.id, NULL, NULL, err));
    FINDS("a ", .due = 1);
    free(a.public_id);
    free(b.public_id);
    store_close(st);
}
END_TEST

START_TEST(tickets_and_outbox_come_back)
{
    struct store *st = open_at("sqlite::memory:", 0);
    struct ticket t = {
        .key = (char *)"k", .group = json_pack("{s:s}", "project", "o/p"),
        .project = (char *)"o/p", .branch = (char *)"b",
        .kind = (char *)"build", .state = TICKET_OPEN, .route = (char *)"r",
        .route_at = (char *)"f:1", .owner = (char *)"core",
        .persons = json_pack("[s,s]", "ann", "bob"),
        .owner_from = (char *)"team", .via = json_pack("[s]", "mail"),
        .labels = json_pack("[s]", "l"), .reason = (char *)"opened",
        .title = (char *)"T", .created = 1, .opened = 2, .resolved = 3,
        .changed = 4, .told = 5, .reopened = 6, .backlog = true,
        .confidential = true, .parent = (char *)"p",
        .human = json_pack("{s:s}", "state", "open"), .descendants = 7,
        .next_at = 8,
    };
    struct outbox o = {
        .sink = (char *)"mail", .state = OUTBOX_DUE, .want = (char *)"open",
        .want_op = 1, .why = (char *)"opened", .have = (char *)"none",
        .have_digest = (char *)"d", .have_counts_at = 2,
        .nonce = (char *)"n", .intent_at = 3, .remote_id = (char *)"9",
        .url = (char *)"u", .sent_at = 4, .reminded_at = 5, .tries = 6,
        .next_try = 7, .last_error = (char *)"e",
    };
    struct ticket b;
    struct outbox p;

    OK(store_ticket_put(st, &t, err));
    o.ticket = t.id;
    OK(store_outbox_put(st, &o, err));
    int64_t id = t.id;
    t.id = 0;
    OK(store_ticket_put(st, &t, err));
    ck_assert_int_eq(t.id, id);
    ck_assert_int_eq(store_ticket_get(st, "k", &b, NULL), 1);
    ck_assert(json_equal(b.group, t.group) && json_equal(b.via, t.via)
              && json_equal(b.persons, t.persons)
              && json_equal(b.labels, t.labels)
              && json_equal(b.human, t.human));
    ck_assert_str_eq(b.title, "T");
    ck_assert_str_eq(b.parent, "p");
    ck_assert_str_eq(b.reason, "opened");
    ck_assert_str_eq(b.owner_from, "team");
    ck_assert_int_eq(b.state, TICKET_OPEN);
    ck_assert_int_eq(b.created + b.opened * 10 + b.resolved * 100
                     + b.changed * 1000 + b.told * 10000
                     + b.reopened * 100000, 654321);
    ck_assert(b.backlog && b.confidential);
    ck_assert_int_eq(b.descendants, 7);
    ck_assert_int_eq(b.next_at, 8);
    ticket_release(&b);
    ck_assert_int_eq(store_ticket_get(st, "none", &b, NULL), 0);

    ck_assert_int_eq(store_outbox_get(st, id, "mail", &p, NULL), 1);
    ck_assert_str_eq(p.want, "open");
    ck_assert_str_eq(p.why, "opened");
    ck_assert_str_eq(p.have, "none");
    ck_assert_str_eq(p.have_digest, "d");
    ck_assert_str_eq(p.nonce, "n");
    ck_assert_str_eq(p.remote_id, "9");
    ck_assert_str_eq(p.url, "u");
    ck_assert_str_eq(p.last_error, "e");
    ck_assert_int_eq(p.state, OUTBOX_DUE);
    ck_assert_int_eq(p.want_op + p.have_counts_at * 10 + p.intent_at * 100
                     + p.sent_at * 1000 + p.reminded_at * 10000
                     + p.tries * 100000 + p.next_try * 1000000, 7654321);
    outbox_release(&p);
    json_decref(t.group);
    json_decref(t.persons);
    json_decref(t.via);
    json_decref(t.labels);
    json_decref(t.human);
    store_close(st);
}
END_TEST

static int count_ticket(void *user, struct ticket *t)
{
    (void)t;
    ++*(int *)user;
    return 0;
}

static int count_outbox(void *user, struct outbox *o)
{
    (void)o;
    ++*(int *)user;
    return 0;
}

static int count_decision(void *user, const struct decision *d)
{
    (void)d;
    ++*(int *)user;
    return 0;
}

static int count_silence(void *user, const struct silence *s)
{
    (void)s;
    ++*(int *)user;
    return 0;
}

START_TEST(queries_of_the_rest)
{
    struct store *st = open_at("sqlite::memory:", 0);
    struct ticket t = { .key = (char *)"k", .owner = (char *)"core",
                        .persons = json_pack("[s]", "ann"), .next_at = 9,
                        .backlog = true };
    int n = 0;

    OK(store_ticket_put(st, &t, err));
#define TICKETS(expect, ...)                                                 \
    n = 0;                                                                   \
    OK(store_ticket_each(st, &(struct ticket_query){ __VA_ARGS__ },          \
                         count_ticket, &n, err));                            \
    ck_assert_int_eq(n, expect)
    TICKETS(1, .person = "ann");
    TICKETS(0, .person = "an");
    TICKETS(1, .owner = "core");
    TICKETS(1, .backlog_only = true);
    TICKETS(1, .unresolved_only = true);
    TICKETS(1, .due = 9);
    TICKETS(0, .due = 8);
    json_decref(t.persons);

    struct outbox o = { .ticket = t.id, .sink = (char *)"a",
                        .state = OUTBOX_DUE };
    OK(store_outbox_put(st, &o, err));
    o = (struct outbox){ .ticket = t.id, .sink = (char *)"b" };
    OK(store_outbox_put(st, &o, err));
    n = 0;
    OK(store_outbox_each(st, NULL, true, count_outbox, &n, err));
    ck_assert_int_eq(n, 1);
    OK(store_outbox_each(st, "b", false, count_outbox, &n, err));
    ck_assert_int_eq(n, 2);
    OK(store_outbox_each(st, "b", true, count_outbox, &n, err));
    ck_assert_int_eq(n, 2);

    struct decision d = { .ticket = (char *)"k", .code = (char *)"opened",
                          .inputs = json_pack("{s:i}", "pushes", 3) };
    OK(store_decision_put(st, &d, err));
    OK(store_decision_put(st, &d, err));
    json_object_set_new(d.inputs, "pushes", json_integer(4));
    OK(store_decision_put(st, &d, err));
    json_decref(d.inputs);
    n = 0;
    OK(store_decision_each(st, "k", count_decision, &n, err));
    ck_assert_int_eq(n, 2);

    struct silence s = { .author = (char *)"me", .starts = 10, .ends = 20,
                         .match = json_object() };
    OK(store_silence_put(st, &s, err));
    json_decref(s.match);
    for (int64_t at = 9; at <= 20; at += 11) {
        n = 0;
        OK(store_silence_each(st, at, count_silence, &n, err));
        ck_assert_int_eq(n, 0);
    }
    OK(store_silence_each(st, 10, count_silence, &n, err));
    ck_assert_int_eq(n, 1);
    OK(store_silence_expire(st, s.id, 12, err));
    OK(store_silence_each(st, 12, count_silence, &n, err));
    ck_assert_int_eq(n, 1);
    OK(store_silence_each(st, 0, count_silence, &n, err));
    ck_assert_int_eq(n, 2);

    int64_t spent;
    OK(store_spent_add(st, "ann", 5, 1, err));
    OK(store_spent_add(st, "bob", 5, 1, err));
    OK(store_spent_add(st, "bob", 9, 2, err));
    OK(store_spent_count(st, "ann", 0, &spent, err));
    ck_assert_int_eq(spent, 1);
    OK(store_spent_count(st, NULL, 0, &spent, err));
    ck_assert_int_eq(spent, 2);
    OK(store_spent_count(st, NULL, 6, &spent, err));
    ck_assert_int_eq(spent, 1);

    char *v;
    OK(store_meta_set(st, "m", "1", err));
    ck_assert_int_eq(store_meta_get(st, "m", &v, NULL), 1);
    ck_assert_str_eq(v, "1");
    free(v);
    OK(store_meta_set(st, "m", NULL, err));
    ck_assert_int_eq(store_meta_get(st, "m", &v, NULL), 0);
    store_close(st);
}
END_TEST

static int tell_notice(void *user, const char *instance, const char *code,
                       const char *text, int64_t first, int64_t last,
                       int64_t told)
{
    struct seen *s = user;

    snprintf(s->text, sizeof(s->text), "%s %s %s %d %d %d", instance, code,
             text, (int)first, (int)last, (int)told);
    return 0;
}

START_TEST(a_notice_that_changes_is_news)
{
    struct store *st = open_at("sqlite::memory:", 0);
    struct seen s = { 0 };

    OK(store_notice_put(st, "i", "c", "one", 1, err));
    OK(store_notice_told(st, "i", "c", 2, err));
    OK(store_notice_put(st, "i", "c", "one", 3, err));
    OK(store_notice_each(st, tell_notice, &s, err));
    ck_assert_str_eq(s.text, "i c one 1 3 2");
    OK(store_notice_put(st, "i", "c", "two", 4, err));
    OK(store_notice_each(st, tell_notice, &s, err));
    ck_assert_str_eq(s.text, "i c two 4 4 0");
    store_close(st);
}
END_TEST

struct writer {
    struct store *st;
    int nr;
};

static int write_inside(void *user, struct incident *i)
{
    struct writer *w = user;
    struct incident n = { .project = i->project, .branch = i->branch };

    n.fingerprint = xasprintf("%s+", i->fingerprint);
    OK(store_incident_put(w->st, &n, false, err));
    OK(store_incident_clean(w->st, i->id, err));
    incident_release(&(struct incident){ .public_id = n.public_id,
                                         .fingerprint = n.fingerprint });
    return ++w->nr == 2 ? 1 : 0;
}

START_TEST(callbacks_may_write)
{
    struct store *st = open_at("sqlite::memory:", 0);
    struct writer w = { st, 0 };

    for (int n = 0; n < 5; n++) {
        struct incident i = { .project = (char *)"o/p",
                              .branch = (char *)"main" };
        i.fingerprint = xasprintf("%d", n);
        OK(store_incident_put(st, &i, false, err));
        free(i.fingerprint);
        free(i.public_id);
    }
    OK(store_incident_each(st, &(struct incident_query){ .due = 1 },
                           write_inside, &w, err));
    ck_assert_int_eq(w.nr, 2);
    ck_assert_str_eq(incidents(st, (struct incident_query){ .due = 1 }).text,
                     "2 3 4 0+ 1+ ");
    store_close(st);
}
END_TEST

/* ---- pruning ---- */

START_TEST(pruning_keeps_what_is_evidence)
{
    struct store *st = open_at("sqlite::memory:", 0);
    struct failure f = one_failure();
    struct incident i = { .project = (char *)"o/live", .standing = true,
                          .branch = (char *)"main",
                          .fingerprint = (char *)"1:aa" };

    for (int n = 0; n < 3; n++) {
        char id[16];
        snprintf(id, sizeof(id), "%d", n);
        struct run r = red_run(id, &f);
        r.finished = 1000 + n;
        add(st, &r);
        r.project = (char *)"o/live";
        r.source = (char *)"other";
        add(st, &r);
    }
    OK(store_incident_put(st, &i, false, err));
    free(i.public_id);
    OK(store_prune(st, 1000, 0, err));
    ck_assert_int_eq(runs_of(st, "o/p").nr, 3);
    OK(store_prune(st, 5000, 0, err));
    ck_assert_str_eq(runs_of(st, "o/p").text, "2/1:o/p:c1 ");
    ck_assert_int_eq(runs_of(st, "o/live").nr, 3);
    store_close(st);
}
END_TEST

static int count_history(void *user, int64_t at, const char *event,
                         const char *text)
{
    (void)at;
    (void)event;
    (void)text;
    ++*(int *)user;
    return 0;
}

START_TEST(pruning_forgets_what_is_over)
{
    struct store *st = open_at("sqlite::memory:", 0);
    struct incident old = { .project = (char *)"o/p", .ended = 100,
                            .branch = (char *)"main", .resolved = 110,
                            .fingerprint = (char *)"old",
                            .state = INCIDENT_RESOLVED };
    struct incident live = { .project = (char *)"o/p", .last_seen = 5,
                             .branch = (char *)"main", .standing = true,
                             .fingerprint = (char *)"live" };
    struct ticket a = { .key = (char *)"a", .state = TICKET_RESOLVED,
                        .resolved = 110, .changed = 110 };
    struct ticket b = { .key = (char *)"b" };
    struct decision d = { .ticket = (char *)"a", .at = 90,
                          .code = (char *)"opened" };
    struct outbox o = { .sink = (char *)"mail", .state = OUTBOX_DUE };
    int64_t spent;
    int n = 0;

    OK(store_incident_put(st, &old, true, err));
    OK(store_incident_put(st, &live, true, err));
    OK(store_ticket_put(st, &a, err));
    OK(store_ticket_put(st, &b, err));
    OK(store_member_set(st, old.id, &a.id, 1, err));
    OK(store_member_set(st, live.id, &b.id, 1, err));
    OK(store_decision_put(st, &d, err));
    OK(store_history_add(st, a.id, 90, "opened", "x", err));
    o.ticket = a.id;
    OK(store_outbox_put(st, &o, err));
    OK(store_spent_add(st, "ann", 90, a.id, err));
    OK(store_prune(st, 0, 110, err));
    ck_assert_str_eq(incidents(st, (struct incident_query){ .branch = "main"
                                   }).text, "old live ");
    OK(store_prune(st, 0, 111, err));
    ck_assert_str_eq(incidents(st, (struct incident_query){ .branch = "main"
                                   }).text, "live ");
    OK(store_ticket_each(st, &(struct ticket_query){ .due = 0 },
                         count_ticket, &n, err));
    ck_assert_int_eq(n, 1);
    n = 0;
    OK(store_decision_each(st, "a", count_decision, &n, err));
    OK(store_history_each(st, a.id, count_history, &n, err));
    OK(store_outbox_each(st, NULL, false, count_outbox, &n, err));
    ck_assert_int_eq(n, 0);
    OK(store_spent_count(st, NULL, 0, &spent, err));
    ck_assert_int_eq(spent, 0);
    free(old.public_id);
    free(live.public_id);
    store_close(st);
}
END_TEST

/* ---- transactions, files ---- */

START_TEST(rollback_forgets_all_of_it)
{
    struct store *st = open_at(where, 0);
    struct run r = red_run("1", NULL);
    struct stat sb;

    ck_assert_int_eq(stat(path, &sb), 0);
    ck_assert_int_eq(sb.st_mode & 0777, 0600);
    OK(store_begin(st, STORE_BATCH, err));
    add(st, &r);
    store_rollback(st);
    ck_assert_int_eq(runs_of(st, "o/p").nr, 0);
    ck_assert(add(st, &r));
    OK(store_begin(st, STORE_DURABLE, err));
    OK(store_meta_set(st, "a", "b", err));
    OK(store_commit(st, err));
    ck_assert_int_eq(store_transactions(st), 2);
    store_close(st);
    st = open_at(where, STORE_READ_ONLY);
    ck_assert_int_eq(runs_of(st, "o/p").nr, 1);
    struct err err = ERR_INIT;
    ck_assert_int_eq(store_meta_set(st, "a", "c", &err), -1);
    ck_assert_ptr_nonnull(strstr(err_msg(&err), "read only"));
    err_release(&err);
    store_close(st);
}
END_TEST

START_TEST(others_write_during_a_pass)
{
    struct store *pass = open_at(where, 0), *cli = open_at(where, 0);
    struct run r = red_run("1", NULL);
    char *v;

    add(pass, &r);
    OK(store_meta_set(cli, "silence", "yes", err));
    ck_assert_int_eq(store_meta_get(pass, "silence", &v, NULL), 1);
    free(v);
    r.run_id = (char *)"2";
    add(pass, &r);
    store_close(cli);
    store_close(pass);
}
END_TEST

START_TEST(a_copy_leaves_the_state_alone)
{
    struct store *st = open_at(where, STORE_COPY);
    struct run r = red_run("1", NULL);

    add(st, &r);                /* nothing there yet: empty, and not made */
    store_close(st);
    ck_assert_int_ne(access(path, F_OK), 0);
    st = open_at(where, 0);
    add(st, &r);
    struct store *copy = open_at(where, STORE_COPY);
    r.run_id = (char *)"2";
    add(copy, &r);
    ck_assert_int_eq(runs_of(copy, "o/p").nr, 2);
    ck_assert_int_eq(runs_of(st, "o/p").nr, 1);
    store_close(copy);
    store_close(st);
}
END_TEST

static void refused(const char *w, unsigned flags, enum err_code code,
                    const char *word)
{
    struct store *st;
    struct err err = ERR_INIT;

    ck_assert_int_eq(store_open(&st, w, flags, &err), -1);
    ck_assert_int_eq(err.code, code);
    if (!strstr(err_msg(&err), word))
        ck_abort_msg("no \"%s\" in: %s", word, err_msg(&err));
    err_release(&err);
}

static void sql(const char *text)
{
    sqlite3 *db;

    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

START_TEST(what_cannot_be_read_is_refused)
{
    char junk[8192];
    struct err err = ERR_INIT;

    refused("postgresql://x", 0, ERR_CONFIG, "sqlite:PATH");
    refused(where, STORE_MUST_EXIST, ERR_STORE, "does not exist");
    refused(where, STORE_READ_ONLY, ERR_STORE, "does not exist");
    refused("sqlite:/nonexistent/dir/x", 0, ERR_STORE, "No such file");
    refused("sqlite:/tmp", 0, ERR_STORE, "no regular file");

    memset(junk, 'x', sizeof(junk));
    io_write_file(path, junk, sizeof(junk), 0600, &err);
    refused(where, 0, ERR_STORE, "damaged");
    refused(where, STORE_READ_ONLY, ERR_STORE, "damaged");
    refused(where, STORE_COPY, ERR_STORE, "damaged");
    unlink(path);
    sql("CREATE TABLE t(x)");
    refused(where, 0, ERR_STORE, "another program");
    unlink(path);
    store_close(open_at(where, 0));
    sql("PRAGMA user_version=99");
    refused(where, 0, ERR_VERSION, "newer");
    refused(where, STORE_READ_ONLY, ERR_VERSION, "newer");
}
END_TEST

/* As a user who may read the state and not write it. */
START_TEST(a_read_only_state_can_be_read)
{
    struct store *st = open_at(where, 0);
    struct run r = red_run("1", NULL);

    add(st, &r);
    store_close(st);
    ck_assert_int_eq(chmod(path, 0444), 0);
    ck_assert_int_eq(chmod(dir, 0555), 0);
    if (geteuid() == 0)
        ck_assert_int_eq(seteuid(65534), 0);
    st = open_at(where, STORE_READ_ONLY);
    ck_assert_int_eq(runs_of(st, "o/p").nr, 1);
    store_close(st);
    st = open_at(where, STORE_COPY);
    r.run_id = (char *)"2";
    add(st, &r);
    ck_assert_int_eq(runs_of(st, "o/p").nr, 2);
    store_close(st);
    refused(where, 0, ERR_STORE, "Permission denied");
    if (getuid() == 0)
        ck_assert_int_eq(seteuid(0), 0);
    ck_assert_int_eq(chmod(dir, 0755), 0);
}
END_TEST

START_TEST(a_damaged_state_is_said_to_be_so)
{
    struct store *st = open_at(where, 0);
    struct stat sb;

    for (int n = 0; n < 200; n++) {
        char id[16];
        snprintf(id, sizeof(id), "%d", n);
        struct run r = red_run(id, NULL);
        add(st, &r);
    }
    store_close(st);
    ck_assert_int_eq(stat(path, &sb), 0);
    ck_assert_int_eq(truncate(path, sb.st_size - 8192), 0);
    refused(where, 0, ERR_STORE, "damaged");
    unlink(path);

    st = open_at(where, 0);
    for (int n = 0; n < 200; n++) {
        char id[16];
        snprintf(id, sizeof(id), "%d", n);
        struct run r = red_run(id, NULL);
        add(st, &r);
    }
    store_close(st);
    int fd = open(path, O_WRONLY);
    char junk[4096];
    memset(junk, 0xa5, sizeof(junk));
    for (int page = 1; page < sb.st_size / 4096; page++)
        ck_assert_int_eq(pwrite(fd, junk, sizeof(junk), page * 4096), 4096);
    close(fd);
    struct err err = ERR_INIT;
    struct run r = red_run("x", NULL);
    bool added;
    ck_assert(store_open(&st, where, 0, &err) == -1
              || store_run_add(st, &r, &added, &err) == -1);
    ck_assert_int_eq(err.code, ERR_STORE);
    ck_assert_ptr_nonnull(strstr(err_msg(&err), "damaged"));
    err_release(&err);
}
END_TEST

START_TEST(a_full_disk_is_said_to_be_so)
{
    struct store *st = open_at(where, 0);
    struct err err = ERR_INIT;
    struct run r = red_run("1", NULL);
    struct rlimit small = { 1 << 19, 1 << 19 };
    bool added;
    int status = 0;

    /* As near as a test comes: no file may grow beyond half a megabyte. */
    r.url = xmalloc(1 << 16);
    memset(r.url, 'x', 1 << 16);
    r.url[(1 << 16) - 1] = '\0';
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (int n = 1; status == 0; n++) {
        ck_assert_int_lt(n, 100);
        r.attempt = n;
        status = store_run_add(st, &r, &added, &err);
    }
    ck_assert_int_eq(err.code, ERR_STORE);
    if (!strstr(err_msg(&err), "is the disk full"))
        ck_abort_msg("%s", err_msg(&err));
    err_release(&err);
    free(r.url);
    store_close(st);
    st = open_at(where, STORE_READ_ONLY);
    ck_assert_int_gt(runs_of(st, "o/p").nr, 0);
    store_close(st);
}
END_TEST

/* ---- killed in the middle ---- */

static void write_batches(int from)
{
    struct store *st = open_at(where, 0);
    struct failure f = one_failure();

    f.detail = json_pack("{s:s}", "message", "m");
    for (int batch = from;; batch++) {
        char id[32], cursor[32];
        OK(store_begin(st, STORE_BATCH, err));
        for (int n = 0; n < 20; n++) {
            snprintf(id, sizeof(id), "%d.%d", batch, n);
            struct run r = red_run(id, &f);
            add(st, &r);
        }
        snprintf(cursor, sizeof(cursor), "%d", batch + 1);
        OK(store_cursor_set(st, "ci", cursor, err));
        OK(store_commit(st, err));
    }
}

START_TEST(killed_in_a_batch_nothing_is_lost_or_doubled)
{
    int at = 0;

    for (int round = 0; round < 8; round++) {
        pid_t pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0) {
            write_batches(at);
            _exit(0);
        }
        usleep(3000 + (unsigned)round * 7919);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        struct store *st = open_at(where, 0);
        char *cursor = NULL;
        store_cursor_get(st, "ci", &cursor, NULL);
        at = cursor ? (int)strtol(cursor, NULL, 10) : 0;
        free(cursor);
        ck_assert_int_eq(runs_of(st, "o/p").nr, at * 20);
        store_close(st);
    }
    ck_assert_int_gt(at, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("store");
    TCase *tc = tcase_create("store");
    SRunner *sr;
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_run_is_added_once_and_replaced_when_it_changes);
    tcase_add_test(tc, runs_come_in_the_order_of_their_commits);
    tcase_add_test(tc, a_rename_is_not_a_new_project);
    tcase_add_test(tc, a_word_from_before_a_rename_does_not_undo_it);
    tcase_add_test(tc, a_fact_renames_and_joins);
    tcase_add_test(tc, the_newest_fact_wins);
    tcase_add_test(tc, incidents_come_back);
    tcase_add_test(tc, incidents_are_found);
    tcase_add_test(tc, tickets_and_outbox_come_back);
    tcase_add_test(tc, queries_of_the_rest);
    tcase_add_test(tc, a_notice_that_changes_is_news);
    tcase_add_test(tc, callbacks_may_write);
    tcase_add_test(tc, pruning_keeps_what_is_evidence);
    tcase_add_test(tc, pruning_forgets_what_is_over);
    tcase_add_test(tc, rollback_forgets_all_of_it);
    tcase_add_test(tc, others_write_during_a_pass);
    tcase_add_test(tc, a_copy_leaves_the_state_alone);
    tcase_add_test(tc, what_cannot_be_read_is_refused);
    tcase_add_test(tc, a_read_only_state_can_be_read);
    tcase_add_test(tc, a_damaged_state_is_said_to_be_so);
    tcase_add_test(tc, a_full_disk_is_said_to_be_so);
    tcase_add_test(tc, killed_in_a_batch_nothing_is_lost_or_doubled);
    suite_add_tcase(s, tc);
    sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? 1 : 0;
}
