/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A project that is called otherwise now, and two that turn out to be one.
 * Must not drop history: a rename moves one row, a merge moves all.
 */
#include <config.h>

#include "core/store/sqlite-private.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

/* Two records of one failure on one branch become one: the older one stays,
 * for its history. */
static int incidents_merge(struct store *st, int64_t from, int64_t to,
                           struct err *err)
{
    static const char *const sql[] = {
        ("DELETE FROM incident WHERE branch = ?2 AND fingerprint IN"
         " (SELECT a.fingerprint FROM incident a WHERE a.branch = ?1 AND"
         "  a.first_ever <= (SELECT b.first_ever FROM incident b"
         "   WHERE b.branch = ?2 AND b.fingerprint = a.fingerprint))"),
        ("DELETE FROM incident WHERE branch = ?1 AND fingerprint IN"
         " (SELECT fingerprint FROM incident WHERE branch = ?2)"),
        "UPDATE incident SET branch = ?2, dirty = 1 WHERE branch = ?1",
        "UPDATE run SET branch = ?2 WHERE branch = ?1",
        "UPDATE standing SET branch = ?2 WHERE branch = ?1",
    };

    for (size_t i = 0; i < ARRAY_SIZE(sql); i++)
        if (db_run(st, err, sql[i], "ii", from, to) < 0)
            return -1;
    return db_run(st, err,
                  "DELETE FROM member WHERE NOT EXISTS"
                  " (SELECT 1 FROM incident WHERE id = incident)",
                  "");
}

/* Branch `from` becomes one of project `to`. */
static int branch_move(struct store *st, int64_t from, int64_t to,
                       struct err *err)
{
    int64_t there = 0;
    int r = db_int(st, err, &there,
                   "SELECT id FROM branch WHERE project = ?2 AND name ="
                   " (SELECT name FROM branch WHERE id = ?1)",
                   "ii", from, to);

    if (r < 0)
        return -1;
    if (r == 0)
        return db_run(st, err,
                      "UPDATE branch SET project = ?2, dirty = 1"
                      " WHERE id = ?1",
                      "ii", from, to);
    if (incidents_merge(st, from, there, err) < 0)
        return -1;
    if (db_run(st, err, "DELETE FROM branch WHERE id = ?", "i", from) < 0)
        return -1;
    return branch_dirty(st, there, err);
}

/* `from` and `to` turned out to be one project; `to` stays. */
static int project_merge(struct store *st, int64_t from, int64_t to,
                         struct err *err)
{
    struct id_list l CLEANUP_IDS = { 0 };
    sqlite3_stmt *q = db_query(st, err,
                               "SELECT id FROM branch"
                               " WHERE project = ?",
                               "i", from);

    if (!q || id_list_fill(st, &l, q, err) < 0)
        return -1;
    for (size_t i = 0; i < l.nr; i++)
        if (branch_move(st, l.ids[i], to, err) < 0)
            return -1;
    if (db_run(st, err, "UPDATE alias SET project = ?2 WHERE project = ?1",
               "ii", from, to)
        < 0)
        return -1;
    return db_run(st, err, "DELETE FROM project WHERE id = ?", "i", from);
}

/* renamed_to stays behind: it is about the old name. What a source said of
 * the new name already counts. */
static int facts_move(struct store *st, const char *old, const char *name,
                      struct err *err)
{
    if (db_run(st, err,
               "UPDATE OR IGNORE fact SET said = coalesce(said,"
               " subject), subject = ?2 WHERE subject = ?1 AND key <>"
               " 'renamed_to'",
               "tt", old, name)
        < 0)
        return -1;
    return db_run(st, err,
                  "DELETE FROM fact WHERE subject = ?"
                  " AND key <> 'renamed_to'",
                  "t", old);
}

static int project_rename_rows(struct store *st, int64_t id, const char *old,
                               const char *name, struct err *err)
{
    names_clear(st);
    if (db_run(st, err, "DELETE FROM alias WHERE name = ?", "t", name) < 0
        || db_run(st, err, "UPDATE project SET name = ?2 WHERE id = ?1", "it",
                  id, name)
               < 0
        || db_run(st, err, "INSERT OR REPLACE INTO alias VALUES(?, ?)", "ti",
                  old, id)
               < 0
        || db_run(st, err,
                  "UPDATE ticket SET project = ?2, grp ="
                  " CASE WHEN json_extract(grp, '$.project') = ?1"
                  " THEN json_set(grp, '$.project', ?2) ELSE grp END"
                  " WHERE project = ?1",
                  "tt", old, name)
               < 0
        || facts_move(st, old, name, err) < 0)
        return -1;
    return db_run(st, err, "UPDATE branch SET dirty = 1 WHERE project = ?", "i",
                  id);
}

/* As project_merge, the durable id of `from` included. */
static int project_absorb(struct store *st, int64_t from, int64_t to,
                          struct err *err)
{
    CLEANUP_FREE char *name = NULL;
    CLEANUP_FREE char *number = NULL;

    if (project_get(st, from, &name, &number, err) < 0
        || project_merge(st, from, to, err) < 0)
        return -1;
    return db_run(st, err,
                  "UPDATE project SET number = coalesce(number, ?2)"
                  " WHERE id = ?1",
                  "it", to, number);
}

int project_take_name(struct store *st, int64_t id, const char *old,
                      const char *name, struct err *err)
{
    int64_t other = 0;
    int r = db_int(st, err, &other, "SELECT id FROM project WHERE name = ?",
                   "t", name);

    if (r < 0)
        return -1;
    if (r == 1 && other != id) {
        int64_t numbers = 0;
        r = db_int(st, err, &numbers,
                   "SELECT count(number) FROM project"
                   " WHERE id IN (?, ?)",
                   "ii", id, other);
        if (r < 0)
            return -1;
        if (numbers < 2) {
            /* Its runs came under the new name before the rename was known:
             * one project. */
            names_clear(st);
            if (project_absorb(st, other, id, err) < 0)
                return -1;
        } else if (db_run(st, err,
                          "UPDATE project SET name = name || '@' ||"
                          " number WHERE id = ?",
                          "i", other)
                   < 0) {
            return -1;
        }
    }
    return project_rename_rows(st, id, old, name, err);
}

int project_rename(struct store *st, const char *from, const char *to,
                   struct err *err)
{
    int64_t id = 0;
    int r = db_int(st, err, &id, "SELECT id FROM project WHERE name = ?", "t",
                   from);

    if (r < 0 || !strcmp(from, to))
        return r < 0 ? -1 : 0;
    if (r == 0) { /* nothing ran there: only facts follow */
        CLEANUP_FREE char *now = store_project_name(st, from);
        return strcmp(now, from) ? facts_move(st, from, now, err) : 0;
    }
    return project_take_name(st, id, from, to, err);
}
