/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Projects and branches by number, so that a rename moves one row and not
 * the history. Must not be trusted with a name alone where a durable id is
 * known: names are given away and taken over.
 */
#include <config.h>

#include "core/store/sqlite-private.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

#define RENAMES_MAX 16 /* followed in a row */

struct name_entry {
    char *key; /* tag, names joined by \x1f */
    int64_t id;
    UT_hash_handle hh;
};

static struct name_entry *names_get(struct store *st, const char *key)
{
    struct name_entry *e;

    HASH_FIND_STR(st->names, key, e);
    return e;
}

static void names_add(struct store *st, const char *key, int64_t id)
{
    struct name_entry *e = xcalloc(1, sizeof(*e));

    e->key = xstrdup(key);
    e->id = id;
    HASH_ADD_KEYPTR(hh, st->names, e->key, strlen(e->key), e);
}

void names_clear(struct store *st)
{
    struct name_entry *e, *tmp;

    HASH_ITER(hh, st->names, e, tmp)
    {
        HASH_DEL(st->names, e);
        free(e->key);
        free(e);
    }
}

/* The name that project id has now, and its number. 1/0/-1. */
static int project_get(struct store *st, int64_t id, char **name, char **number,
                       struct err *err)
{
    sqlite3_stmt *q = db_query(st, err,
                               "SELECT name, number FROM project"
                               " WHERE id = ?",
                               "i", id);

    if (!q)
        return -1;
    int r = db_step(st, q, err);
    if (r == 1) {
        *name = col_str(q, 0);
        *number = col_str(q, 1);
        sqlite3_reset(q);
    }
    return r;
}

/* ---- merging and renaming ---- */

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

/* Project id takes a name that may be another's. */
static int project_take_name(struct store *st, int64_t id, const char *old,
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

/* ---- finding ---- */

/* The fact renamed_to of a name, or NULL. */
static char *renamed_to(struct store *st, const char *name)
{
    json_t *v = NULL;
    char *to = NULL;

    if (store_fact_get(st, name, "renamed_to", &v, NULL) == 1
        && json_is_string(v))
        to = xstrdup(json_string_value(v));
    json_decref(v);
    return to;
}

/* Where the facts renamed_to lead; name itself when they run in a circle. A
 * new string. */
static char *names_follow(struct store *st, const char *name)
{
    char *now = xstrdup(name);

    for (int i = 0; i < RENAMES_MAX; i++) {
        char *next = renamed_to(st, now);
        if (!next)
            return now;
        free(now);
        now = next;
    }
    free(now);
    return xstrdup(name);
}

static int project_insert(struct store *st, const char *name,
                          const char *number, int64_t *id, struct err *err)
{
    /* A name that was another's once: keys made of its origin must differ. */
    if (db_run(st, err,
               "INSERT INTO project(name, number, origin)"
               " VALUES(?1, ?2, CASE WHEN EXISTS(SELECT 1 FROM project"
               " WHERE origin = ?1) THEN ?1 || '@' || coalesce(?2,"
               " (SELECT max(id) + 1 FROM project)) ELSE ?1 END)",
               "tt", name, number)
        < 0)
        return -1;
    *id = sqlite3_last_insert_rowid(st->db);
    /* The name led elsewhere until now. */
    CLEANUP_FREE char *led = names_follow(st, name);
    if (strcmp(led, name) != 0)
        names_clear(st);
    return db_run(st, err, "DELETE FROM alias WHERE name = ?", "t", name);
}

/* Known by its number but under another name: renamed, unless the name is
 * one it bore before, or the word is older than what is known. */
static int project_seen_as(struct store *st, int64_t id, const char *old,
                           const char *name, int64_t at, struct err *err)
{
    int64_t v = 0;
    int r = db_int(st, err, &v,
                   "SELECT 1 FROM alias WHERE name = ?1 AND"
                   " project = ?2",
                   "ti", name, id);

    if (r != 0)
        return r < 0 ? -1 : 0;
    r = db_int(st, err, &v,
               "SELECT max(created) FROM run JOIN branch b"
               " ON b.id = run.branch WHERE b.project = ?",
               "i", id);
    if (r < 0)
        return -1;
    if (r == 1 && at < v)
        return db_run(st, err, "INSERT OR IGNORE INTO alias VALUES(?, ?)", "ti",
                      name, id);
    return project_take_name(st, id, old, name, err);
}

static int project_by_name(struct store *st, const char *name, int64_t *id,
                           struct err *err)
{
    int r =
        db_int(st, err, id, "SELECT id FROM project WHERE name = ?", "t", name);

    if (r == 0)
        r = db_int(st, err, id, "SELECT project FROM alias WHERE name = ?", "t",
                   name);
    if (r == 0)
        *id = 0;
    return r < 0 ? -1 : 0;
}

static int project_by_number(struct store *st, const char *name,
                             const char *number, int64_t at, bool create,
                             int64_t *id, struct err *err)
{
    CLEANUP_FREE char *has_name = NULL;
    CLEANUP_FREE char *has_number = NULL;
    int r = db_int(st, err, id, "SELECT id FROM project WHERE number = ?", "t",
                   number);

    if (r < 0)
        return -1;
    if (r == 1) {
        if (project_get(st, *id, &has_name, &has_number, err) < 0)
            return -1;
        if (!create || str_eq(has_name, name))
            return 0;
        return project_seen_as(st, *id, has_name, name, at, err);
    }
    if (project_by_name(st, name, id, err) < 0)
        return -1;
    if (*id && project_get(st, *id, &has_name, &has_number, err) < 0)
        return -1;
    if (!*id || !create)
        return *id || !create ? 0 : project_insert(st, name, number, id, err);
    if (!has_number)
        return db_run(st, err,
                      "UPDATE project SET number = ?2 WHERE id ="
                      " ?1",
                      "it", *id, number);
    /* Another repository bears this name now. */
    if (str_eq(has_name, name)
        && db_run(st, err,
                  "UPDATE project SET name = name || '@' || number"
                  " WHERE id = ?",
                  "i", *id)
               < 0)
        return -1;
    names_clear(st);
    return project_insert(st, name, number, id, err);
}

int project_find(struct store *st, const char *name, const char *number,
                 int64_t at, bool create, int64_t *id, struct err *err)
{
    *id = 0;
    if (number && *number)
        return project_by_number(st, name, number, at, create, id, err);
    if (project_by_name(st, name, id, err) < 0)
        return -1;
    if (*id || !create)
        return 0;
    CLEANUP_FREE char *now = names_follow(st, name);
    if (strcmp(now, name) != 0)
        return project_find(st, now, NULL, at, create, id, err);
    return project_insert(st, name, NULL, id, err);
}

int branch_find(struct store *st, const char *project, const char *number,
                const char *branch, int64_t at, bool create, int64_t *id,
                struct err *err)
{
    /* Who bears the name may be another than who comes under it. */
    CLEANUP_FREE char *key =
        xasprintf("b\x1f%s\x1f%s\x1f%s", project, branch, str_or(number, ""));
    struct name_entry *e = names_get(st, key);
    int64_t p;

    if (e) {
        *id = e->id;
        return 0;
    }
    if (project_find(st, project, number, at, create, &p, err) < 0)
        return -1;
    *id = 0;
    int r = p ? db_int(st, err, id,
                       "SELECT id FROM branch WHERE project ="
                       " ? AND name = ?",
                       "it", p, branch)
              : 0;
    if (r < 0)
        return -1;
    if (r == 0 && create) {
        if (db_run(st, err,
                   "INSERT INTO branch(project, name)"
                   " VALUES(?, ?)",
                   "it", p, branch)
            < 0)
            return -1;
        *id = sqlite3_last_insert_rowid(st->db);
    }
    /* Only inside a transaction: nobody else can rename meanwhile. */
    if (!*id || (!create && !st->in_tx))
        return 0;
    if (!names_get(st, key)) /* what was found may have cleared them */
        names_add(st, key, *id);
    return 0;
}

int branch_dirty(struct store *st, int64_t branch, struct err *err)
{
    return db_run(st, err,
                  "UPDATE branch SET dirty = 1 WHERE id = ? AND"
                  " NOT dirty",
                  "i", branch);
}

int project_dirty(struct store *st, const char *name, bool evidence,
                  struct err *err)
{
    int64_t id = 0;

    if (project_by_name(st, name, &id, err) < 0)
        return -1;
    if (!id)
        return 0;
    if (evidence
        && db_run(st, err,
                  "UPDATE branch SET dirty = 1 WHERE project = ?"
                  " AND NOT dirty",
                  "i", id)
               < 0)
        return -1;
    return db_run(st, err,
                  "UPDATE incident SET dirty = 1 WHERE state <> 2"
                  " AND branch IN (SELECT id FROM branch WHERE project ="
                  " ?)",
                  "i", id);
}

int source_find(struct store *st, const char *name, int64_t *id,
                struct err *err)
{
    CLEANUP_FREE char *key = xasprintf("s\x1f%s", name);
    struct name_entry *e = names_get(st, key);

    if (e) {
        *id = e->id;
        return 0;
    }
    int r =
        db_int(st, err, id, "SELECT id FROM source WHERE name = ?", "t", name);
    if (r < 0)
        return -1;
    if (r == 0) {
        if (db_run(st, err, "INSERT INTO source(name) VALUES(?)", "t", name)
            < 0)
            return -1;
        *id = sqlite3_last_insert_rowid(st->db);
    }
    names_add(st, key, *id);
    return 0;
}

int job_find(struct store *st, int64_t source, const struct run *r, int64_t *id,
             struct err *err)
{
    const char *workflow = str_or(r->workflow, "");
    const char *job = str_or(r->job, "");
    const char *variant = str_or(r->variant, "");
    CLEANUP_FREE char *key =
        xasprintf("j\x1f%lld\x1f%s\x1f%s\x1f%s", (long long)source, workflow,
                  job, variant);
    struct name_entry *e = names_get(st, key);

    if (e) {
        *id = e->id;
        return 0;
    }
    int n = db_int(st, err, id,
                   "SELECT id FROM job WHERE source = ? AND"
                   " workflow = ? AND job = ? AND variant = ?",
                   "ittt", source, workflow, job, variant);
    if (n < 0)
        return -1;
    if (n == 0) {
        if (db_run(st, err,
                   "INSERT INTO job(source, workflow, job, variant)"
                   " VALUES(?, ?, ?, ?)",
                   "ittt", source, workflow, job, variant)
            < 0)
            return -1;
        *id = sqlite3_last_insert_rowid(st->db);
    }
    names_add(st, key, *id);
    return 0;
}

/* ---- for the other stages ---- */

char *store_project_name(struct store *st, const char *name)
{
    char *now = names_follow(st, name);
    int64_t id = 0;

    if (project_by_name(st, now, &id, NULL) == 0 && id) {
        char *has = NULL, *number = NULL;
        if (project_get(st, id, &has, &number, NULL) == 1) {
            free(now);
            now = has;
        }
        free(number);
    }
    return now;
}

char *store_project_origin(struct store *st, const char *name)
{
    int64_t id = 0;
    char *origin = NULL;

    if (project_by_name(st, name, &id, NULL) == 0 && id) {
        sqlite3_stmt *q = db_query(st, NULL,
                                   "SELECT origin FROM project"
                                   " WHERE id = ?",
                                   "i", id);
        if (q && db_step(st, q, NULL) == 1) {
            origin = col_str(q, 0);
            sqlite3_reset(q);
        }
    }
    return origin ? origin : xstrdup(name);
}

/* ---- dirty branches ---- */

int store_dirty_mark(struct store *st, const char *project, const char *branch,
                     struct err *err)
{
    int64_t id;

    if (db_enter(st, err) < 0)
        return -1;
    bool ok = branch_find(st, project, NULL, branch, 0, true, &id, err) == 0
              && branch_dirty(st, id, err) == 0;
    return db_leave(st, ok, err);
}

int store_dirty_clear(struct store *st, const char *project, const char *branch,
                      struct err *err)
{
    int64_t id;

    if (db_enter(st, err) < 0)
        return -1;
    bool ok =
        branch_find(st, project, NULL, branch, 0, false, &id, err) == 0
        && db_run(st, err, "UPDATE branch SET dirty = 0 WHERE id = ?", "i", id)
               == 0;
    return db_leave(st, ok, err);
}

int store_recheck_at(struct store *st, const char *project, const char *branch,
                     int64_t at, struct err *err)
{
    int64_t id;

    if (db_enter(st, err) < 0)
        return -1;
    bool ok = branch_find(st, project, NULL, branch, 0, false, &id, err) == 0
              && db_run(st, err,
                        "UPDATE branch SET check_at = ?2 WHERE id ="
                        " ?1 AND check_at <> ?2",
                        "ii", id, at)
                     == 0;
    return db_leave(st, ok, err);
}

int store_recheck_due(struct store *st, int64_t now, struct err *err)
{
    int64_t any = 0;

    if (db_int(st, err, &any,
               "SELECT 1 FROM branch WHERE check_at > 0 AND"
               " check_at <= ? LIMIT 1",
               "i", now)
        < 0)
        return -1;
    if (!any)
        return 0;
    if (db_enter(st, err) < 0)
        return -1;
    bool ok = db_run(st, err,
                     "UPDATE branch SET dirty = 1, check_at = 0"
                     " WHERE check_at > 0 AND check_at <= ?",
                     "i", now)
              == 0;
    return db_leave(st, ok, err);
}

struct branch_name {
    char *project, *branch;
};

int store_dirty_each(struct store *st,
                     int (*each)(void *user, const char *project,
                                 const char *branch),
                     void *user, struct err *err)
{
    struct branch_name *l = NULL;
    size_t nr = 0, alloc = 0;
    int r;
    sqlite3_stmt *q = db_query(st, err,
                               "SELECT p.name, b.name FROM branch b"
                               " JOIN project p ON p.id = b.project"
                               " WHERE b.dirty ORDER BY p.name, b.name",
                               "");

    if (!q)
        return -1;
    while ((r = db_step(st, q, err)) == 1) {
        ALLOC_GROW(l, nr + 1, alloc);
        l[nr].project = col_str(q, 0);
        l[nr++].branch = col_str(q, 1);
    }
    for (size_t i = 0; i < nr; i++) {
        if (r == 0)
            r = each(user, l[i].project, l[i].branch);
        free(l[i].project);
        free(l[i].branch);
    }
    free(l);
    return r < 0 ? -1 : 0;
}
