/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sqlite-private: what the sqlite-*.c files share. Nothing outside
 * core/store may include it.
 *
 * Statements are prepared once per store and found again by the address of
 * their text, so the text must be a literal. A statement is open only inside
 * one function: every "each" collects first and calls back afterwards, so
 * that callbacks may use the store as they like.
 */
#ifndef TOCSIN_STORE_SQLITE_PRIVATE_H
#define TOCSIN_STORE_SQLITE_PRIVATE_H

#include <sqlite3.h>
#include <uthash.h>

#include "core/store/store.h"

/* How long a writer waits for another: a pass commits many times a second,
 * so this is only reached when something hangs. */
#define BUSY_TIMEOUT_MS 20000

struct stmt_entry;
struct name_entry;

struct store {
    sqlite3 *db;
    char *path; /* as people wrote it, for messages */
    unsigned flags;
    bool in_tx;     /* begun by a caller */
    int nested;     /* writes inside one of our own */
    bool tx_broken; /* a nested write failed: must roll back */
    bool full_sync; /* what `synchronous` is now */
    int64_t transactions;
    struct stmt_entry *stmts;
    /* Names to ids, for ingestion; emptied on every rollback and rename. */
    struct name_entry *names;
};

/* ---- sqlite.c ---- */
/* Sets err from the connection: ERR_STORE, with what to do about it. -1. */
int db_error(struct store *st, struct err *err, const char *what);
/* Before the database is closed. */
void db_forget_statements(struct store *st);
/* A statement, reset and bound: t text (may be NULL), i int64_t, d int or
 * bool, f double, j json_t * (may be NULL). NULL and err. */
sqlite3_stmt *db_query(struct store *st, struct err *err, const char *sql,
                       const char *types, ...);
/* 1 a row, 0 no more, -1 err. The statement is reset on 0 and -1. */
int db_step(struct store *st, sqlite3_stmt *q, struct err *err);
/* Runs a statement that gives no rows. 0 or -1. */
int db_run(struct store *st, struct err *err, const char *sql,
           const char *types, ...);
/* One number: 1 and *out, 0 no row (or NULL), -1 err. */
int db_int(struct store *st, struct err *err, int64_t *out, const char *sql,
           const char *types, ...);
/* One text, or one JSON value, new: 1 and *out, 0 and NULL no row (or NULL), -1
 * and NULL err. */
int db_str(struct store *st, struct err *err, char **out, const char *sql,
           const char *types, ...);
int db_json(struct store *st, struct err *err, json_t **out, const char *sql,
            const char *types, ...);
/* Every write of more than one statement stands between these. db_leave
 * commits (ok) or rolls back what db_enter began; inside a caller's
 * transaction it leaves both to the caller. Returns 0, or -1 when !ok or
 * the commit failed. */
int db_enter(struct store *st, struct err *err);
int db_leave(struct store *st, bool ok, struct err *err);
/* db_run between the two: a write of one statement. 0 or -1. */
int db_change(struct store *st, struct err *err, const char *sql,
              const char *types, ...);
/* Columns as new values. */
char *col_str(sqlite3_stmt *q, int col);
json_t *col_json(sqlite3_stmt *q, int col);
#define col_int(q, col) ((int64_t)sqlite3_column_int64(q, col))

/* A list of ids or strings, collected before callbacks run. */
struct id_list {
    int64_t *ids;
    size_t nr, alloc;
};
void id_list_release(struct id_list *l);
#define CLEANUP_IDS __attribute__((cleanup(id_list_release)))
/* Appends column 0 of all rows of q. */
int id_list_fill(struct store *st, struct id_list *l, sqlite3_stmt *q,
                 struct err *err);

/* ---- sqlite-schema.c ---- */
int schema_migrate(struct store *st, struct err *err);
#define SCHEMA_APPLICATION_ID 0x746f6373 /* "tocs" */

/* ---- sqlite-project.c ---- */
void names_clear(struct store *st);
/* Ids by name; *id 0 when there is none and create is false. number: the
 * project's durable id or NULL; at: when it bore this name. */
int project_find(struct store *st, const char *name, const char *number,
                 int64_t at, bool create, int64_t *id, struct err *err);
int branch_find(struct store *st, const char *project, const char *branch,
                bool create, int64_t *id, struct err *err);
/* The branch that r is of, by its project's durable id where r has that. */
int branch_of_run(struct store *st, const struct run *r, bool create,
                  int64_t *id, struct err *err);
int branch_dirty(struct store *st, int64_t branch, struct err *err);
/* The name that project id has now, and its number, both new. 1/0/-1. */
int project_get(struct store *st, int64_t id, char **name, char **number,
                struct err *err);
int project_dirty(struct store *st, const char *name, bool evidence,
                  struct err *err);
int source_find(struct store *st, const char *name, int64_t *id,
                struct err *err);
int job_find(struct store *st, int64_t source, const struct run *r, int64_t *id,
             struct err *err);

/* ---- sqlite-rename.c ---- */
/* The fact renamed_to: the project `from` is called `to` now. */
int project_rename(struct store *st, const char *from, const char *to,
                   struct err *err);
/* Project id takes a name that may be another's; old: what it was called. */
int project_take_name(struct store *st, int64_t id, const char *old,
                      const char *name, struct err *err);

#endif
