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

int project_get(struct store *st, int64_t id, char **name, char **number,
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

/* A branch as it is spoken of: of which project, by which durable id of that
 * (or NULL), and when. */
struct branch_word {
    const char *project, *number, *branch;
    int64_t at;
};

static int branch_look(struct store *st, const struct branch_word *n,
                       bool create, int64_t *id, struct err *err)
{
    /* Who bears the name may be another than who comes under it. */
    CLEANUP_FREE char *key = xasprintf("b\x1f%s\x1f%s\x1f%s", n->project,
                                       n->branch, str_or(n->number, ""));
    struct name_entry *e = names_get(st, key);
    int64_t p;

    if (e) {
        *id = e->id;
        return 0;
    }
    if (project_find(st, n->project, n->number, n->at, create, &p, err) < 0)
        return -1;
    *id = 0;
    int r = p ? db_int(st, err, id,
                       "SELECT id FROM branch WHERE project ="
                       " ? AND name = ?",
                       "it", p, n->branch)
              : 0;
    if (r < 0)
        return -1;
    if (r == 0 && create) {
        if (db_run(st, err,
                   "INSERT INTO branch(project, name)"
                   " VALUES(?, ?)",
                   "it", p, n->branch)
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

int branch_find(struct store *st, const char *project, const char *branch,
                bool create, int64_t *id, struct err *err)
{
    return branch_look(st, &(struct branch_word){ project, NULL, branch, 0 },
                       create, id, err);
}

int branch_of_run(struct store *st, const struct run *r, bool create,
                  int64_t *id, struct err *err)
{
    const struct branch_word n = {
        .project = r->project,
        .number = r->project_id,
        .branch = r->branch,
        .at = r->created ? r->created : r->started,
    };

    return branch_look(st, &n, create, id, err);
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

    if (project_by_name(st, name, &id, NULL) == 0 && id)
        db_str(st, NULL, &origin, "SELECT origin FROM project WHERE id = ?",
               "i", id);
    return origin ? origin : xstrdup(name);
}
