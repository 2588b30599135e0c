/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs and their failures. Must not judge them: red, green and what follows
 * from it are incident/'s.
 */
#include <config.h>

#include "core/store/sqlite-private.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"

/* ---- adding ---- */

static uint64_t sum_bytes(uint64_t h, const void *p, size_t n)
{
    const unsigned char *b = p;

    for (size_t i = 0; i < n; i++)
        h = (h ^ b[i]) * UINT64_C(0x100000001b3);
    return h;
}

static uint64_t sum_text(uint64_t h, const char *s)
{
    return s ? sum_bytes(h, s, strlen(s) + 1) : sum_bytes(h, "\xff", 1);
}

/* FNV-1a of all that a run says: tells a repeated one from a changed one. */
static int64_t run_sum(const struct run *r, char *const *details)
{
    const int64_t n[] = { r->outcome,       r->created,
                          r->started,       r->undated ? 0 : r->finished,
                          r->push_complete, r->default_branch };
    const char *const s[] = { r->project, r->branch, r->workflow, r->job,
                              r->variant, r->commit, r->url,      r->trigger };
    uint64_t h = sum_bytes(UINT64_C(0xcbf29ce484222325), n, sizeof(n));

    for (size_t i = 0; i < ARRAY_SIZE(s); i++)
        h = sum_text(h, s[i]);
    for (size_t i = 0; i < r->nr_failures; i++) {
        const struct failure *f = &r->failures[i];
        h = sum_text(h, f->fingerprint);
        h = sum_text(h, f->rule);
        h = sum_text(h, f->category);
        h = sum_text(h, f->blame);
        h = sum_text(h, f->primary ? "1" : "0");
        h = sum_text(h, details[i]);
    }
    return (int64_t)h;
}

static int failures_add(struct store *st, const struct run *r,
                        char *const *details, struct err *err)
{
    for (size_t i = 0; i < r->nr_failures; i++) {
        const struct failure *f = &r->failures[i];
        if (db_run(st, err, "INSERT INTO failure VALUES(?,?,?,?,?,?,?,?)",
                   "iittttdt", r->id, (int64_t)i, f->fingerprint, f->rule,
                   f->category, f->blame, (int)f->primary, details[i])
            < 0)
            return -1;
    }
    return 0;
}

/* What a run is kept under. */
struct run_keys {
    int64_t source, branch, job;
    int64_t sum; /* of all that it says */
};

/* The run is known: replaces it when it says something else now. */
static int run_update(struct store *st, struct run *r, const struct run_keys *k,
                      bool *added, struct err *err)
{
    sqlite3_stmt *q = db_query(st, err,
                               "SELECT id, sum, branch FROM run"
                               " WHERE source = ? AND run_id = ? AND"
                               " attempt = ?",
                               "itd", k->source, r->run_id, r->attempt);
    if (!q || db_step(st, q, err) != 1)
        return -1;
    r->id = col_int(q, 0);
    *added = col_int(q, 1) != k->sum;
    int64_t was = col_int(q, 2);
    sqlite3_reset(q);
    if (!*added)
        return 0;
    if (was != k->branch && branch_dirty(st, was, err) < 0)
        return -1;
    if (db_run(st, err, "DELETE FROM failure WHERE run = ?", "i", r->id) < 0)
        return -1;
    return db_run(st, err,
                  "UPDATE run SET branch = ?, job = ?,"
                  " \"commit\" = ?, url = ?, trigger = ?, outcome = ?,"
                  " created = ?, started = ?,"
                  " finished = CASE WHEN ? THEN finished ELSE ? END,"
                  " push_complete = ?, default_branch = ?, sum = ?,"
                  " rules = ?, kept = 0 WHERE id = ?",
                  "iitttdiididditi", k->branch, k->job, r->commit, r->url,
                  r->trigger, r->outcome, r->created, r->started,
                  (int)r->undated, r->finished, (int)r->push_complete,
                  r->default_branch, k->sum, r->rules, r->id);
}

static int run_insert(struct store *st, struct run *r, char *const *details,
                      bool *added, struct err *err)
{
    struct run_keys k = { .sum = run_sum(r, details) };

    if (source_find(st, r->source, &k.source, err) < 0
        || branch_of_run(st, r, true, &k.branch, err) < 0
        || job_find(st, k.source, r, &k.job, err) < 0
        || db_run(st, err,
                  "INSERT INTO run(source, run_id, attempt, branch,"
                  " job, \"commit\", url, trigger, outcome, created, started,"
                  " finished, push_complete, default_branch, sum, rules)"
                  " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
                  " ON CONFLICT DO NOTHING",
                  "itdiitttdiiiddit", k.source, r->run_id, r->attempt, k.branch,
                  k.job, r->commit, r->url, r->trigger, r->outcome, r->created,
                  r->started, r->finished, (int)r->push_complete,
                  r->default_branch, k.sum, r->rules)
               < 0)
        return -1;
    *added = sqlite3_changes(st->db) > 0;
    if (*added)
        r->id = sqlite3_last_insert_rowid(st->db);
    else if (run_update(st, r, &k, added, err) < 0)
        return -1;
    if (!*added)
        return 0;
    return failures_add(st, r, details, err) < 0
                   || branch_dirty(st, k.branch, err) < 0
               ? -1
               : 0;
}

int store_run_add(struct store *st, struct run *r, bool *added, struct err *err)
{
    char **details = xcalloc(r->nr_failures + 1, sizeof(*details));

    for (size_t i = 0; i < r->nr_failures; i++)
        if (r->failures[i].detail)
            details[i] = jx_dump(r->failures[i].detail);
    int status = db_enter(st, err);
    if (status == 0) {
        bool ok = run_insert(st, r, details, added, err) == 0;
        status = db_leave(st, ok, err);
    }
    for (size_t i = 0; i < r->nr_failures; i++)
        free(details[i]);
    free(details);
    return status;
}

/* ---- reading ---- */

struct run_list {
    struct run *runs;
    size_t nr, alloc;
};

static void run_list_release(struct run_list *l)
{
    for (size_t i = 0; i < l->nr; i++)
        run_release(&l->runs[i]);
    free(l->runs);
}

static char *col_name(sqlite3_stmt *q, int col)
{
    const char *s = (const char *)sqlite3_column_text(q, col);

    return s && *s ? xstrdup(s) : NULL;
}

static void run_from_row(sqlite3_stmt *q, struct run *r)
{
    r->id = col_int(q, 0);
    r->source = col_str(q, 1);
    r->run_id = col_str(q, 2);
    r->attempt = (int)col_int(q, 3);
    r->project = col_str(q, 4);
    r->project_id = col_str(q, 5);
    r->branch = col_str(q, 6);
    r->workflow = col_name(q, 7);
    r->job = col_name(q, 8);
    r->variant = col_name(q, 9);
    r->commit = col_str(q, 10);
    r->url = col_str(q, 11);
    r->trigger = col_str(q, 12);
    r->outcome = (int)col_int(q, 13);
    r->created = col_int(q, 14);
    r->started = col_int(q, 15);
    r->finished = col_int(q, 16);
    r->push_complete = col_int(q, 17) != 0;
    r->default_branch = (int)col_int(q, 18);
}

static void failure_from_row(sqlite3_stmt *q, struct run *r)
{
    size_t n = r->nr_failures++;

    r->failures = xrealloc(r->failures, r->nr_failures * sizeof(*r->failures));
    r->failures[n] = (struct failure){
        .fingerprint = col_str(q, 1),
        .rule = col_str(q, 2),
        .category = col_str(q, 3),
        .blame = col_str(q, 4),
        .primary = col_int(q, 5) != 0,
        .detail = col_json(q, 6),
    };
}

/* A commit is as old as its oldest run; a run without one is a commit of
 * its own. Ties are broken by what never changes, so that the order does not
 * depend on the order of arrival. */
#define RUN_ROWS                                                               \
    "SELECT r.id, s.name AS src, r.run_id, r.attempt, p.name, p.number, "      \
    "b.name,"                                                                  \
    " j.workflow, j.job, j.variant, r.\"commit\", r.url, r.trigger,"           \
    " r.outcome, r.created, r.started, r.finished, r.push_complete,"           \
    " r.default_branch,"                                                       \
    " min(CASE WHEN r.created > 0 THEN r.created WHEN r.started > 0"           \
    "  THEN r.started ELSE r.finished END)"                                    \
    "  OVER (PARTITION BY coalesce(r.\"commit\", '@' || s.name || '@' ||"      \
    "  r.run_id)) AS age"                                                      \
    " FROM run r JOIN branch b ON b.id = r.branch"                             \
    " JOIN project p ON p.id = b.project JOIN source s ON s.id = r.source"     \
    " JOIN job j ON j.id = r.job WHERE r.branch = ?1"

static int run_list_fill(struct store *st, int64_t branch, int64_t since,
                         struct run_list *l, struct err *err)
{
    sqlite3_stmt *q = db_query(st, err,
                               "SELECT * FROM (" RUN_ROWS ")"
                               " WHERE finished >= ?2 ORDER BY age,"
                               " coalesce(\"commit\", '@' || src || '@' ||"
                               " run_id), attempt, finished, 2, 3",
                               "ii", branch, since);
    int r;

    if (!q)
        return -1;
    while ((r = db_step(st, q, err)) == 1) {
        ALLOC_GROW(l->runs, l->nr + 1, l->alloc);
        memset(&l->runs[l->nr], 0, sizeof(*l->runs));
        run_from_row(q, &l->runs[l->nr++]);
    }
    return r;
}

static int run_failures(struct store *st, struct run *run, bool detail,
                        struct err *err)
{
    sqlite3_stmt *q = db_query(st, err,
                               "SELECT n, fingerprint, rule,"
                               " category, blame, is_primary,"
                               " CASE WHEN ?2 THEN detail END FROM failure"
                               " WHERE run = ?1 ORDER BY n",
                               "id", run->id, (int)detail);
    int r;

    if (!q)
        return -1;
    while ((r = db_step(st, q, err)) == 1)
        failure_from_row(q, run);
    return r;
}

static int run_each(struct store *st, const char *project, const char *branch,
                    int64_t since, bool detail,
                    int (*each)(void *user, const struct run *r), void *user,
                    struct err *err)
{
    struct run_list l = { 0 };
    int64_t id;
    int r = -1;

    if (branch_find(st, project, branch, false, &id, err) < 0
        || run_list_fill(st, id, since, &l, err) < 0)
        goto out;
    r = 0;
    for (size_t i = 0; r == 0 && i < l.nr; i++) {
        if (outcome_is_red(l.runs[i].outcome))
            r = run_failures(st, &l.runs[i], detail, err);
        if (r == 0)
            r = each(user, &l.runs[i]);
    }
out:
    run_list_release(&l);
    return r < 0 ? -1 : 0;
}

int store_run_each(struct store *st, const char *project, const char *branch,
                   int64_t since, int (*each)(void *user, const struct run *r),
                   void *user, struct err *err)
{
    return run_each(st, project, branch, since, true, each, user, err);
}

int store_run_scan(struct store *st, const char *project, const char *branch,
                   int (*each)(void *user, const struct run *r), void *user,
                   struct err *err)
{
    return run_each(st, project, branch, INT64_MIN, false, each, user, err);
}

int store_run_detail(struct store *st, int64_t run, json_t **detail,
                     struct err *err)
{
    return db_json(st, err, detail,
                   "SELECT detail FROM failure WHERE run = ? AND is_primary",
                   "i", run);
}

/* ---- pruning ---- */

/* Kept whatever their age: all runs of a branch on which something stands
 * or is not resolved, and the newest run of every job: they are evidence. */
int store_prune(struct store *st, int64_t runs_before, int64_t history_before,
                struct err *err)
{
    static const char runs[] =
        "DELETE FROM run WHERE finished < ? AND NOT EXISTS"
        " (SELECT 1 FROM incident i WHERE i.branch = run.branch AND"
        "  (i.state <> 2 OR i.standing)) AND EXISTS"
        " (SELECT 1 FROM run n WHERE n.branch = run.branch AND n.job ="
        "  run.job AND n.finished > run.finished)";
    static const char *const history[] = {
        "DELETE FROM incident WHERE state = 2 AND NOT standing AND"
        " ended < ?1 AND max(ended, resolved, last_seen) < ?1 AND NOT EXISTS"
        " (SELECT 1 FROM run WHERE run.branch = incident.branch AND"
        "  run.finished >= ?1)",
        "DELETE FROM ticket WHERE state = 2 AND resolved < ?1 AND"
        " max(changed, resolved) < ?1"
        " AND id NOT IN (SELECT m.ticket FROM member m JOIN incident i"
        "  ON i.id = m.incident)",
        "DELETE FROM decision WHERE at < ?1 AND id NOT IN"
        " (SELECT max(id) FROM decision GROUP BY ticket)",
        "DELETE FROM history WHERE at < ?1 AND NOT EXISTS"
        " (SELECT 1 FROM ticket WHERE ticket.id = history.ticket)",
        "DELETE FROM outbreak WHERE state = 'over' AND ended < ?1",
        "DELETE FROM spent WHERE at < ?1",
        "DELETE FROM silence WHERE ends > 0 AND ends < ?1",
        "DELETE FROM notice WHERE last < ?1",
        "DELETE FROM green_hit WHERE day < ?1 / 86400",
        "DELETE FROM sent WHERE day < ?1 / 86400",
    };
    static const char *const orphans[] = {
        "DELETE FROM member WHERE NOT EXISTS"
        " (SELECT 1 FROM incident WHERE id = incident)",
        "DELETE FROM outbox WHERE NOT EXISTS"
        " (SELECT 1 FROM ticket WHERE ticket.id = outbox.ticket)",
        "DELETE FROM decision WHERE NOT EXISTS"
        " (SELECT 1 FROM ticket WHERE ticket.key = decision.ticket)",
    };
    int64_t due = 0, gone = 0;

    if (db_int(st, err, &due,
               "SELECT 1 FROM run WHERE finished < ?"
               " LIMIT 1",
               "i", runs_before)
        < 0)
        return -1;
    if (db_enter(st, err) < 0)
        return -1;
    int r = 0;
    if (due) {
        r = db_run(st, err, runs, "i", runs_before);
        gone = r == 0 ? sqlite3_changes64(st->db) : 0;
    }
    if (r == 0 && gone)
        r = db_run(st, err,
                   "DELETE FROM failure WHERE NOT EXISTS"
                   " (SELECT 1 FROM run WHERE run.id = failure.run)",
                   "");
    if (r == 0)
        r = db_run(st, err, "DELETE FROM validator WHERE used < ?", "i",
                   runs_before);
    gone = 0;
    for (size_t i = 0; r == 0 && i < ARRAY_SIZE(history); i++) {
        r = db_run(st, err, history[i], "i", history_before);
        gone += r == 0 ? sqlite3_changes64(st->db) : 0;
    }
    for (size_t i = 0; r == 0 && gone && i < ARRAY_SIZE(orphans); i++)
        r = db_run(st, err, orphans[i], "");
    return db_leave(st, r == 0, err);
}
