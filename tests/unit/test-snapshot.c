/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Snapshots of a source: what one may end, and what it may not.
 */
#include <config.h>

#include "core/incident/vanishing.h"
#include "ingest-world.h"

/* Entries "0".."nr-1" but those in [from, to). */
static struct ingest_counts snapshot_of(struct store *st, int64_t now,
                                        int64_t taken, int nr, int from, int to,
                                        int complete)
{
    json_t *entries = json_array();

    for (int i = 0; i < nr; i++) {
        if (i >= from && i < to)
            continue;
        CLEANUP_FREE char *key = xasprintf("%d", i);
        CLEANUP_FREE char *project = xasprintf("o/p%d", i);
        json_array_append_new(
            entries,
            json_pack("{s:s, s:s, s:s, s:s, s:f, s:I, s:I, s:o}", "key", key,
                      "project", project, "task", "version", "target", "1.0",
                      "attempts", 2.2, "first", (json_int_t)T0, "last",
                      (json_int_t)T0 + 5, "result", red_result()));
    }
    return feed(
        st, now,
        batch("snapshots",
              json_pack("[{s:s, s:I}, {s:s, s:o}, {s:s, s:b, s:b, s:s}]",
                        "name", "versions", "begin", (json_int_t)taken, "name",
                        "versions", "entries", entries, "name", "versions",
                        "end", 1, "complete", complete, "why",
                        "the file is cut")));
}

static struct ingest_counts snapshot(struct store *st, int64_t now, int nr,
                                     int from, int to, int complete)
{
    return snapshot_of(st, now, now, nr, from, to, complete);
}

static int count_standing(void *user, const struct standing *s)
{
    (void)s;
    ++*(int *)user;
    return 0;
}

static int standing(struct store *st)
{
    int nr = 0;

    OK(store_standing_each(st, "src", NULL, count_standing, &nr, err));
    return nr;
}

START_TEST(missing_once_is_not_gone)
{
    struct store *st = fresh();

    snapshot(st, T0 + 1, 10, 0, 0, 1);
    ck_assert_int_eq(standing(st), 10);
    snapshot(st, T0 + 2, 10, 3, 5, 1);
    ck_assert_int_eq(standing(st), 10);
    snapshot(st, T0 + 3, 10, 4, 5, 1); /* 3 is back, 4 is not */
    ck_assert_int_eq(standing(st), 9);
    snapshot(st, T0 + 4, 10, 3, 5, 1); /* 3 missing for the first time */
    ck_assert_int_eq(standing(st), 9);
    snapshot(st, T0 + 5, 10, 3, 5, 1);
    ck_assert_int_eq(standing(st), 8);
    store_close(st);
}
END_TEST

START_TEST(the_same_moment_twice_is_one_snapshot)
{
    struct store *st = fresh();

    snapshot(st, T0 + 1, 10, 0, 0, 1);
    for (int i = 0; i < 5; i++)
        snapshot(st, T0 + 2, 10, 3, 5, 1);
    ck_assert_int_eq(standing(st), 10);
    snapshot(st, T0 + 3, 10, 3, 5, 1);
    ck_assert_int_eq(standing(st), 8);
    snapshot_of(st, T0 + 4, T0 + 1, 10, 0, 0, 1); /* an old copy */
    ck_assert_int_eq(standing(st), 8);
    noticed(st, "older than the one before");
    store_close(st);
}
END_TEST

START_TEST(a_cut_snapshot_ends_nothing_and_adds)
{
    struct store *st = fresh();

    snapshot(st, T0 + 1, 10, 0, 0, 1);
    for (int i = 2; i < 6; i++) {
        struct ingest_counts c = snapshot(st, T0 + i, 12, 2, 10, 0);
        ck_assert_int_eq(c.snapshots_incomplete, 1);
    }
    ck_assert_int_eq(standing(st), 12);
    noticed(st, "the file is cut");
    store_close(st);
}
END_TEST

START_TEST(a_snapshot_that_never_ends_changes_nothing)
{
    struct store *st = fresh();

    snapshot(st, T0 + 1, 10, 0, 0, 1);
    feed(st, T0 + 2,
         json_loads(
             "{\"t\": \"batch\", \"snapshots\": [{\"name\": \"versions\","
             " \"begin\": 1700000002}, {\"name\": \"versions\", \"entries\":"
             " [{\"key\": \"new\", \"project\": \"o/x\"}]}]}",
             0, NULL));
    ck_assert_int_eq(standing(st), 10);
    store_close(st);
}
END_TEST

START_TEST(an_entry_that_cannot_be_spoils_completeness)
{
    struct store *st = fresh();

    snapshot(st, T0 + 1, 3, 0, 0, 1);
    for (int i = 2; i < 6; i++) {
        json_t *f = json_loads(
            "{\"t\": \"batch\", \"snapshots\": [{\"name\": \"versions\","
            " \"begin\": 1}, {\"name\": \"versions\", \"entries\":"
            " [{\"key\": \"0\", \"project\": \"no name\"}]},"
            " {\"name\": \"versions\", \"end\": true, \"complete\": true}]}",
            0, NULL);
        json_object_set_new(json_array_get(jx_arr(f, "snapshots"), 0), "begin",
                            json_integer(T0 + i));
        feed(st, T0 + i, f);
    }
    ck_assert_int_eq(standing(st), 3);
    noticed(st, "could not be believed");
    store_close(st);
}
END_TEST

START_TEST(a_mass_vanishing_asks_the_operators)
{
    struct {
        int all, gone;
        bool believed;
    } t[] = {
        { 100, 21, false },   { 100, 20, true }, { 100, 100, false },
        { 19, 19, true },     { 20, 20, false }, { 1000, 200, true },
        { 1000, 201, false },
    };

    for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
        struct store *st = fresh();
        snapshot(st, T0 + 1, t[i].all, 0, 0, 1);
        for (int n = 2; n < 6; n++)
            snapshot(st, T0 + n, t[i].all, 0, t[i].gone, 1);
        ck_assert_int_eq(standing(st),
                         t[i].believed ? t[i].all - t[i].gone : t[i].all);
        if (!t[i].believed) {
            noticed(st, "vanished at once");
            OK(vanishing_approve(st, "src", "versions", T0 + 100, err));
            snapshot(st, T0 + 10, t[i].all, 0, t[i].gone, 1);
            snapshot(st, T0 + 11, t[i].all, 0, t[i].gone, 1);
            ck_assert_int_eq(standing(st), t[i].all - t[i].gone);
        }
        store_close(st);
    }
}
END_TEST

static int keep_standing(void *user, const struct standing *s)
{
    struct strbuf *b = user;

    strbuf_addf(b, "%s %s@%s %s %s ", s->key, s->project, s->branch,
                s->fingerprint,
                str_or(jx_str(jx_obj(s->entry, "failure"), "category"), "-"));
    return 0;
}

START_TEST(entries_know_their_branch_and_cause)
{
    struct store *st = fresh();
    struct strbuf b CLEANUP_STRBUF;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    feed(st, T0,
         json_loads("{\"t\": \"batch\", \"facts\": [{\"subject\": \"o/a\","
                    " \"key\": \"default_branch\", \"value\": \"trunk\"}]}",
                    0, NULL));
    feed(st, T0,
         batch("snapshots",
               json_pack(
                   "[{s:s,s:I},{s:s,s:[{s:s,s:s,s:o},{s:s,s:s,s:s,s:s,s:s}]},"
                   "{s:s,s:b,s:b}]",
                   "name", "v", "begin", (json_int_t)T0, "name", "v", "entries",
                   "key", "1", "project", "o/a", "result", red_result(), "key",
                   "2", "project", "o/b", "branch", "dev", "category",
                   "bot/implausible-version", "blame", "bot", "name", "v",
                   "end", 1, "complete", 1)));
    OK(store_standing_each(st, "src", "v", keep_standing, &b, err));
    ck_assert_ptr_nonnull(
        strstr(b.buf, "1 o/a@trunk 1:0123456789abcdef0123456789abcdef "
                      "dependency/unsatisfiable 2 o/b@dev 1:"));
    ck_assert_ptr_nonnull(strstr(b.buf, " bot/implausible-version"));
    store_close(st);
}
END_TEST

int main(void)
{
    const TTest *tests[] = {
        missing_once_is_not_gone,
        the_same_moment_twice_is_one_snapshot,
        a_cut_snapshot_ends_nothing_and_adds,
        a_snapshot_that_never_ends_changes_nothing,
        an_entry_that_cannot_be_spoils_completeness,
        a_mass_vanishing_asks_the_operators,
        entries_know_their_branch_and_cause,
    };

    return suite_run("snapshot", tests, ARRAY_SIZE(tests), NULL, NULL);
}
