/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How the rules do: what they know, what they do not, where they hit green
 * logs, which runs older rules have classified, and what the last green log
 * of a job said. Must not know a rule but by its name.
 */
#include <config.h>

#include "core/store/sqlite-private.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"

/* ---- runs that older rules have classified ------------------------------ */

static json_t *stored_failures(struct store *st, int64_t run, struct err *err)
{
    sqlite3_stmt *q = db_query(st, err,
                               "SELECT detail FROM failure WHERE"
                               " run = ? ORDER BY n",
                               "i", run);
    json_t *list = json_array();
    int r = -1;

    while (q && (r = db_step(st, q, err)) == 1) {
        json_t *detail = col_json(q, 0);

        json_array_append_new(list, detail ? detail : json_object());
    }
    if (r == 0)
        return list;
    json_decref(list);
    return NULL;
}

int store_run_outdated_each(struct store *st, const char *rules, int64_t before,
                            size_t max,
                            int (*each)(void *user, int64_t run,
                                        const json_t *failures),
                            void *user, struct err *err)
{
    CLEANUP_IDS struct id_list l = { 0 };
    sqlite3_stmt *q = db_query(
        st, err,
        "SELECT r.id FROM run r WHERE (?3 = 0 OR r.id < ?3) AND r.rules IS NOT"
        " ?1 AND r.branch"
        " IN (SELECT branch FROM incident WHERE state <> 2 OR standing) AND"
        " EXISTS (SELECT 1 FROM failure f WHERE f.run = r.id)"
        " ORDER BY r.id DESC LIMIT ?2",
        "tii", rules, (int64_t)max, before);

    if (!q || id_list_fill(st, &l, q, err) < 0)
        return -1;
    for (size_t i = 0; i < l.nr; i++) {
        json_t *failures = stored_failures(st, l.ids[i], err);
        int r = failures ? each(user, l.ids[i], failures) : -1;

        json_decref(failures);
        if (r)
            return r < 0 ? -1 : 0;
    }
    return 0;
}

static int replace_failures(struct store *st, int64_t run,
                            const struct failure *f, size_t nr, struct err *err)
{
    int64_t branch;

    if (db_run(st, err, "DELETE FROM failure WHERE run = ?", "i", run) < 0)
        return -1;
    for (size_t i = 0; i < nr; i++)
        if (db_run(st, err, "INSERT INTO failure VALUES(?,?,?,?,?,?,?,?)",
                   "iittttdj", run, (int64_t)i, f[i].fingerprint, f[i].rule,
                   f[i].category, f[i].blame, (int)f[i].primary, f[i].detail)
            < 0)
            return -1;
    if (db_int(st, err, &branch, "SELECT branch FROM run WHERE id = ?", "i",
               run)
        < 0)
        return -1;
    return branch_dirty(st, branch, err);
}

int store_run_reclassified(struct store *st, int64_t run, const char *rules,
                           bool kept, const struct failure *failures, size_t nr,
                           struct err *err)
{
    if (db_enter(st, err) < 0)
        return -1;
    int r = nr ? replace_failures(st, run, failures, nr, err) : 0;
    if (r == 0)
        r = db_run(st, err,
                   "UPDATE run SET rules = ?, kept = ? WHERE id ="
                   " ?",
                   "tdi", rules, (int)kept, run);
    return db_leave(st, r == 0, err);
}

/* ---- what no rule knows ------------------------------------------------- */

void unknown_release(struct unknown *u)
{
    free(u->fingerprint);
    free(u->project);
    free(u->branch);
    free(u->url);
    json_decref(u->detail);
    memset(u, 0, sizeof(*u));
}

static int unknown_example(struct store *st, int64_t run, struct unknown *u,
                           struct err *err)
{
    sqlite3_stmt *q = db_query(
        st, err,
        "SELECT p.name, b.name, r.url, f.detail FROM run r JOIN"
        " branch b ON b.id = r.branch JOIN project p ON p.id = b.project"
        " JOIN failure f ON f.run = r.id AND f.is_primary WHERE r.id = ?",
        "i", run);
    int r = q ? db_step(st, q, err) : -1;

    if (r != 1)
        return r;
    u->project = col_str(q, 0);
    u->branch = col_str(q, 1);
    u->url = col_str(q, 2);
    u->detail = col_json(q, 3);
    sqlite3_reset(q);
    return 1;
}

struct unknown_list {
    struct {
        struct unknown u;
        int64_t run;
    } * items;
    size_t nr, alloc;
};

#define IS_UNKNOWN                                                             \
    "f.is_primary AND f.rule IS NULL AND f.category = 'unknown/unclassified'"

static int unknown_fill(struct store *st, struct unknown_list *l,
                        struct err *err)
{
    sqlite3_stmt *q = db_query(
        st, err,
        "SELECT f.fingerprint, count(*), count(DISTINCT b.project),"
        " min(r.finished), max(r.finished), max(r.id) FROM failure f JOIN run"
        " r ON r.id = f.run JOIN branch b ON b.id = r.branch WHERE " IS_UNKNOWN
        " GROUP BY f.fingerprint ORDER BY 3 DESC, 2 DESC, 5 DESC, 1",
        "");
    int r;

    if (!q)
        return -1;
    while ((r = db_step(st, q, err)) == 1) {
        ALLOC_GROW(l->items, l->nr + 1, l->alloc);
        l->items[l->nr].u = (struct unknown){
            .fingerprint = col_str(q, 0),
            .runs = col_int(q, 1),
            .projects = col_int(q, 2),
            .first = col_int(q, 3),
            .last = col_int(q, 4),
        };
        l->items[l->nr++].run = col_int(q, 5);
    }
    return r;
}

int store_unknown_each(struct store *st,
                       int (*each)(void *user, struct unknown *u), void *user,
                       struct err *err)
{
    struct unknown_list l = { 0 };
    int r = unknown_fill(st, &l, err);

    for (size_t i = 0; r == 0 && i < l.nr; i++) {
        r = unknown_example(st, l.items[i].run, &l.items[i].u, err) < 0
                ? -1
                : each(user, &l.items[i].u);
    }
    for (size_t i = 0; i < l.nr; i++)
        unknown_release(&l.items[i].u);
    free(l.items);
    return r < 0 ? -1 : 0;
}

int store_unknown_projects(struct store *st, const json_t *fingerprints,
                           int64_t *nr, struct err *err)
{
    CLEANUP_FREE char *list = jx_dump(fingerprints);

    return db_int(st, err, nr,
                  "SELECT count(DISTINCT b.project) FROM failure f JOIN run r"
                  " ON r.id = f.run JOIN branch b ON b.id = r.branch "
                  "WHERE " IS_UNKNOWN
                  " AND f.fingerprint IN (SELECT value FROM json_each(?))",
                  "t", list)
                   < 0
               ? -1
               : 0;
}

/* ---- coverage ----------------------------------------------------------- */

int store_coverage(struct store *st, int64_t since, struct coverage *c,
                   struct err *err)
{
    sqlite3_stmt *q = db_query(
        st, err,
        "SELECT count(*), sum(f.rule IS NOT NULL), sum(f.rule IS"
        " NULL AND f.category = 'unknown/unclassified'), sum(r.kept) FROM"
        " run r JOIN failure f ON f.run = r.id AND f.is_primary WHERE "
        "r.finished"
        " >= ?",
        "i", since);
    int r = q ? db_step(st, q, err) : -1;

    memset(c, 0, sizeof(*c));
    if (r != 1)
        return -1;
    c->red = col_int(q, 0);
    c->classified = col_int(q, 1);
    c->unclassified = col_int(q, 2);
    c->kept = col_int(q, 3);
    sqlite3_reset(q);
    return db_int(st, err, &c->green_logs,
                  "SELECT sum(logs) FROM green_hit"
                  " WHERE rule = '' AND day >= ?",
                  "i", since / 86400)
                   < 0
               ? -1
               : 0;
}

int store_green_add(struct store *st, const char *rule, int64_t at,
                    struct err *err)
{
    return db_change(st, err,
                     "INSERT INTO green_hit VALUES(?, ?, 1) ON CONFLICT DO "
                     "UPDATE SET logs = logs + 1",
                     "ti", rule, at / 86400);
}

struct count_list {
    struct {
        char *rule;
        int64_t n;
    } * items;
    size_t nr, alloc;
};

static int count_each(struct store *st, sqlite3_stmt *q,
                      int (*each)(void *user, const char *rule, int64_t n),
                      void *user, struct err *err)
{
    struct count_list l = { 0 };
    int r = q ? 0 : -1;

    while (q && (r = db_step(st, q, err)) == 1) {
        ALLOC_GROW(l.items, l.nr + 1, l.alloc);
        l.items[l.nr].rule = col_str(q, 0);
        l.items[l.nr++].n = col_int(q, 1);
    }
    for (size_t i = 0; r == 0 && i < l.nr; i++)
        r = each(user, l.items[i].rule, l.items[i].n);
    for (size_t i = 0; i < l.nr; i++)
        free(l.items[i].rule);
    free(l.items);
    return r < 0 ? -1 : 0;
}

int store_green_each(struct store *st, int64_t since,
                     int (*each)(void *user, const char *rule, int64_t logs),
                     void *user, struct err *err)
{
    return count_each(
        st,
        db_query(st, err,
                 "SELECT rule, sum(logs) FROM green_hit WHERE rule <> '' AND"
                 " day >= ? GROUP BY rule ORDER BY 2 DESC, 1",
                 "i", since / 86400),
        each, user, err);
}

int store_wrong_each(struct store *st,
                     int (*each)(void *user, const char *rule, int64_t tickets),
                     void *user, struct err *err)
{
    return count_each(
        st,
        db_query(
            st, err,
            "SELECT i.rule, count(DISTINCT t.id) FROM ticket t JOIN"
            " member m ON m.ticket = t.id JOIN incident i ON i.id = m.incident"
            " WHERE json_extract(t.human, '$.wrong') AND i.rule IS NOT NULL"
            " GROUP BY i.rule ORDER BY 2 DESC, 1",
            ""),
        each, user, err);
}

/* ---- baselines ---------------------------------------------------------- */

int store_baseline_put(struct store *st, int64_t run, const char *text,
                       struct err *err)
{
    if (db_enter(st, err) < 0)
        return -1;
    int r =
        db_run(st, err,
               "INSERT INTO baseline SELECT branch, job, finished, ? FROM"
               " run WHERE id = ? ON CONFLICT(branch, job) DO UPDATE SET at ="
               " excluded.at, text = excluded.text WHERE excluded.at >= at",
               "ti", text, run);
    if (r == 0)
        r = db_run(st, err,
                   "DELETE FROM baseline WHERE at < (SELECT at FROM"
                   " baseline ORDER BY at DESC LIMIT 1 OFFSET ?)",
                   "i", (int64_t)BASELINES_MAX - 1);
    return db_leave(st, r == 0, err);
}

int store_baseline_any(struct store *st, struct err *err)
{
    int64_t one;

    return db_int(st, err, &one, "SELECT 1 FROM baseline LIMIT 1", "");
}

int store_baseline_get(struct store *st, const struct run *r, char **text,
                       struct err *err)
{
    int64_t source, branch = 0, job = 0;

    *text = NULL;
    if (source_find(st, r->source, &source, err) < 0
        || branch_of_run(st, r, false, &branch, err) < 0
        || (branch && job_find(st, source, r, &job, err) < 0))
        return -1;
    if (!branch)
        return 0;
    return db_str(st, err, text,
                  "SELECT text FROM baseline WHERE branch = ? AND job = ?",
                  "ii", branch, job);
}
