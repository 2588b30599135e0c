/* SPDX-License-Identifier: BSD-3-Clause */
/* Records: what is put comes back, and is found. */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/store-world.h"
#include "tests/unit/suite.h"

/* With something in every member. */
static struct incident full_incident(struct incident_job *jobs)
{
    return (struct incident){
        .project = (char *)"o/p",
        .branch = (char *)"b",
        .fingerprint = (char *)"1:f",
        .kind = (char *)"build",
        .source = (char *)"s",
        .rule = (char *)"r",
        .category = (char *)"a/k",
        .blame = (char *)"recipe",
        .failure = json_pack("{s:s}", "message", "m"),
        .state = INCIDENT_OPEN,
        .standing = true,
        .end = END_SUPERSEDED,
        .ended = 1,
        .first_seen = 2,
        .last_seen = 3,
        .first_ever = 4,
        .pushes = 5,
        .attempts = 6.5,
        .greens = 7,
        .flaky = 8,
        .flaky_at = 9,
        .relapses = 10,
        .relapsed_at = 11,
        .stale = true,
        .superseded_by = (char *)"1:g",
        .outbreak = (char *)"o",
        .caused_by = (char *)"cb",
        .first_red_commit = (char *)"fr",
        .last_red_commit = (char *)"lr",
        .last_green_commit = (char *)"lg",
        .last_green_at = 12,
        .url = (char *)"http",
        .target = (char *)"1.0",
        .extra = json_pack("{s:i}", "x", 1),
        .opened = 13,
        .resolved = 14,
        .backlog = true,
        .next_at = 15,
        .jobs = jobs,
        .nr_jobs = 2,
    };
}

#define SAME(member) ck_assert_int_eq(a->member, b->member)
#define SAME_STR(member) ck_assert_str_eq(a->member, b->member)

static void same_incident(const struct incident *a, const struct incident *b)
{
    SAME_STR(project);
    SAME_STR(branch);
    SAME_STR(fingerprint);
    SAME_STR(kind);
    SAME_STR(source);
    SAME_STR(rule);
    SAME_STR(category);
    SAME_STR(blame);
    ck_assert(json_equal(a->failure, b->failure));
    SAME(state);
    SAME(standing);
    SAME(end);
    SAME(ended);
    SAME(first_seen);
    SAME(last_seen);
    SAME(first_ever);
    SAME(pushes);
    ck_assert(b->attempts > 6.4 && b->attempts < 6.6);
    SAME(greens);
    SAME(flaky);
    SAME(flaky_at);
    SAME(relapses);
    SAME(relapsed_at);
    SAME(stale);
    SAME_STR(superseded_by);
    SAME_STR(outbreak);
    SAME_STR(caused_by);
    SAME_STR(first_red_commit);
    SAME_STR(last_red_commit);
    SAME_STR(last_green_commit);
    SAME(last_green_at);
    SAME_STR(url);
    SAME_STR(target);
    ck_assert(json_equal(a->extra, b->extra));
    SAME(opened);
    SAME(resolved);
    SAME(backlog);
    SAME(next_at);
    SAME(nr_jobs);
}

START_TEST(incidents_come_back)
{
    struct store *st = open_at("sqlite::memory:", 0);
    struct incident_job jobs[] = {
        { .key = (char *)"j1",
          .name = (char *)"linux",
          .standing = true,
          .end = END_NONE,
          .run = 4,
          .url = (char *)"u",
          .commit = (char *)"c",
          .at = 5,
          .greens = 6 },
        { .key = (char *)"j2", .end = END_ABSENT },
    };
    struct incident i = full_incident(jobs);
    struct incident b;

    OK(store_incident_put(st, &i, true, err));
    ck_assert_int_eq(strlen(i.public_id), 8);
    ck_assert_int_eq(store_incident_by_id(st, i.public_id, &b, NULL), 1);
    same_incident(&i, &b);
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

START_TEST(incidents_are_found)
{
    struct store *st = open_at("sqlite::memory:", 0);
    struct incident a = { .project = (char *)"o/p",
                          .branch = (char *)"main",
                          .fingerprint = (char *)"a",
                          .standing = true,
                          .category = (char *)"infra/x",
                          .source = (char *)"s",
                          .first_seen = 100,
                          .outbreak = (char *)"ob" };
    struct incident b = { .project = (char *)"o/q",
                          .branch = (char *)"dev",
                          .fingerprint = (char *)"b",
                          .next_at = 50,
                          .state = INCIDENT_RESOLVED };
    struct ticket t = { .key = (char *)"k" };

    OK(store_incident_put(st, &a, false, err));
    OK(store_incident_put(st, &b, true, err));
    OK(store_ticket_put(st, &t, err));
    OK(store_member_set(st, a.id, &t.id, 1, err));
#define FINDS(expect, ...)                                                     \
    ck_assert_str_eq(                                                          \
        incidents(st, (struct incident_query){ __VA_ARGS__ }).text, expect)
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
        .key = (char *)"k",
        .group = json_pack("{s:s}", "project", "o/p"),
        .project = (char *)"o/p",
        .branch = (char *)"b",
        .kind = (char *)"build",
        .state = TICKET_OPEN,
        .route = (char *)"r",
        .route_at = (char *)"f:1",
        .owner = (char *)"core",
        .persons = json_pack("[s,s]", "ann", "bob"),
        .owner_from = (char *)"team",
        .via = json_pack("[s]", "mail"),
        .labels = json_pack("[s]", "l"),
        .reason = (char *)"opened",
        .title = (char *)"T",
        .created = 1,
        .opened = 2,
        .resolved = 3,
        .changed = 4,
        .told = 5,
        .reopened = 6,
        .backlog = true,
        .confidential = true,
        .parent = (char *)"p",
        .human = json_pack("{s:s}", "state", "open"),
        .descendants = 7,
        .next_at = 8,
    };
    struct outbox o = {
        .sink = (char *)"mail",
        .state = OUTBOX_DUE,
        .want = (char *)"open",
        .want_op = 1,
        .why = (char *)"opened",
        .have = (char *)"none",
        .have_digest = (char *)"d",
        .have_counts_at = 2,
        .nonce = (char *)"n",
        .intent_at = 3,
        .remote_id = (char *)"9",
        .url = (char *)"u",
        .sent_at = 4,
        .reminded_at = 5,
        .tries = 6,
        .next_try = 7,
        .last_error = (char *)"e",
        .pending = (char *)"w",
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
                         + b.reopened * 100000,
                     654321);
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
    ck_assert_str_eq(p.pending, "w");
    ck_assert_int_eq(p.state, OUTBOX_DUE);
    ck_assert_int_eq(p.want_op + p.have_counts_at * 10 + p.intent_at * 100
                         + p.sent_at * 1000 + p.reminded_at * 10000
                         + p.tries * 100000 + p.next_try * 1000000,
                     7654321);
    outbox_release(&p);
    json_decref(t.group);
    json_decref(t.persons);
    json_decref(t.via);
    json_decref(t.labels);
    json_decref(t.human);
    store_close(st);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        incidents_come_back,
        incidents_are_found,
        tickets_and_outbox_come_back,
    };

    return suite_run("store-records", tests, ARRAY_SIZE(tests), setup,
                     teardown);
}
