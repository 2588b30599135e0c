/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs statements and transactions on the SQLite state; the nouns are in
 * sqlite-*.c. Must not know what a run or a ticket is.
 */
#include <config.h>

#include "core/store/sqlite-private.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"

struct stmt_entry {
    const char *sql; /* a literal: its address is the key */
    sqlite3_stmt *stmt;
    UT_hash_handle hh;
};

/* ---- errors ---- */

int db_error(struct store *st, struct err *err, const char *what)
{
    int rc = st->db ? sqlite3_errcode(st->db) & 0xff : SQLITE_NOMEM;
    const char *msg = st->db ? sqlite3_errmsg(st->db) : "out of memory";

    switch (rc) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return err_set(err, ERR_STORE,
                       "state %s is damaged (%s); restore a backup, or move "
                       "it away to begin anew",
                       st->path, msg);
    case SQLITE_FULL:
        return err_set(err, ERR_STORE, "state %s: no space left: %s", st->path,
                       msg);
    case SQLITE_READONLY:
        return err_set(err, ERR_STORE,
                       "state %s is read-only: it must be writable, and its "
                       "folder too",
                       st->path);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return err_set(err, ERR_STORE,
                       "state %s: another process holds it for more than "
                       "%d s",
                       st->path, BUSY_TIMEOUT_MS / 1000);
    case SQLITE_IOERR:
        return err_set(err, ERR_STORE,
                       "state %s: %s; is the disk full or failing?", st->path,
                       msg);
    default:
        return err_set(err, ERR_STORE, "state %s: %s: %s", st->path, what, msg);
    }
}

/* ---- statements ---- */

static sqlite3_stmt *db_prepare(struct store *st, const char *sql,
                                struct err *err)
{
    struct stmt_entry *e;

    HASH_FIND_PTR(st->stmts, &sql, e);
    if (e) {
        sqlite3_reset(e->stmt);
        return e->stmt;
    }
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v3(st->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt,
                           NULL)
        != SQLITE_OK) {
        db_error(st, err, "prepare");
        return NULL;
    }
    e = xcalloc(1, sizeof(*e));
    e->sql = sql;
    e->stmt = stmt;
    HASH_ADD_PTR(st->stmts, sql, e);
    return stmt;
}

void db_forget_statements(struct store *st)
{
    struct stmt_entry *e, *tmp;

    HASH_ITER(hh, st->stmts, e, tmp)
    {
        HASH_DEL(st->stmts, e);
        sqlite3_finalize(e->stmt);
        free(e);
    }
}

static void bind_one(sqlite3_stmt *q, int at, char type, va_list *ap)
{
    const char *text;
    const json_t *json;

    switch (type) {
    case 't':
        text = va_arg(*ap, const char *);
        if (text)
            sqlite3_bind_text(q, at, text, -1, SQLITE_TRANSIENT);
        else
            sqlite3_bind_null(q, at);
        break;
    case 'i':
        sqlite3_bind_int64(q, at, va_arg(*ap, int64_t));
        break;
    case 'd':
        sqlite3_bind_int(q, at, va_arg(*ap, int));
        break;
    case 'f':
        sqlite3_bind_double(q, at, va_arg(*ap, double));
        break;
    case 'j':
        json = va_arg(*ap, const json_t *);
        if (json)
            sqlite3_bind_text(q, at, jx_dump(json), -1, free);
        else
            sqlite3_bind_null(q, at);
        break;
    default:
        BUG("bind type %c", type);
    }
}

static sqlite3_stmt *db_vquery(struct store *st, struct err *err,
                               const char *sql, const char *types, va_list *ap)
{
    sqlite3_stmt *q = db_prepare(st, sql, err);

    for (int i = 0; q && types[i]; i++)
        bind_one(q, i + 1, types[i], ap);
    return q;
}

sqlite3_stmt *db_query(struct store *st, struct err *err, const char *sql,
                       const char *types, ...)
{
    va_list ap;

    va_start(ap, types);
    sqlite3_stmt *q = db_vquery(st, err, sql, types, &ap);
    va_end(ap);
    return q;
}

int db_step(struct store *st, sqlite3_stmt *q, struct err *err)
{
    int rc = sqlite3_step(q);

    if (rc == SQLITE_ROW)
        return 1;
    if (rc != SQLITE_DONE)
        db_error(st, err, "statement");
    sqlite3_reset(q);
    return rc == SQLITE_DONE ? 0 : -1;
}

static int db_vrun(struct store *st, struct err *err, const char *sql,
                   const char *types, va_list *ap)
{
    sqlite3_stmt *q = db_vquery(st, err, sql, types, ap);
    int r;

    if (!q)
        return -1;
    while ((r = db_step(st, q, err)) == 1)
        ;
    return r;
}

int db_run(struct store *st, struct err *err, const char *sql,
           const char *types, ...)
{
    va_list ap;

    va_start(ap, types);
    int r = db_vrun(st, err, sql, types, &ap);
    va_end(ap);
    return r;
}

/* The first row, if any: 1 and *q, to be reset. */
static int db_vrow(struct store *st, struct err *err, sqlite3_stmt **q,
                   const char *sql, const char *types, va_list *ap)
{
    *q = db_vquery(st, err, sql, types, ap);
    return *q ? db_step(st, *q, err) : -1;
}

int db_int(struct store *st, struct err *err, int64_t *out, const char *sql,
           const char *types, ...)
{
    sqlite3_stmt *q;
    va_list ap;

    va_start(ap, types);
    int r = db_vrow(st, err, &q, sql, types, &ap);
    va_end(ap);
    if (r != 1)
        return r;
    r = sqlite3_column_type(q, 0) != SQLITE_NULL;
    *out = col_int(q, 0);
    sqlite3_reset(q);
    return r;
}

int db_str(struct store *st, struct err *err, char **out, const char *sql,
           const char *types, ...)
{
    sqlite3_stmt *q;
    va_list ap;

    *out = NULL;
    va_start(ap, types);
    int r = db_vrow(st, err, &q, sql, types, &ap);
    va_end(ap);
    if (r != 1)
        return r;
    *out = col_str(q, 0);
    sqlite3_reset(q);
    return *out != NULL;
}

int db_json(struct store *st, struct err *err, json_t **out, const char *sql,
            const char *types, ...)
{
    sqlite3_stmt *q;
    va_list ap;

    *out = NULL;
    va_start(ap, types);
    int r = db_vrow(st, err, &q, sql, types, &ap);
    va_end(ap);
    if (r != 1)
        return r;
    *out = col_json(q, 0);
    sqlite3_reset(q);
    return *out != NULL;
}

char *col_str(sqlite3_stmt *q, int col)
{
    const void *p = sqlite3_column_text(q, col);

    return p ? xmemdup0(p, (size_t)sqlite3_column_bytes(q, col)) : NULL;
}

json_t *col_json(sqlite3_stmt *q, int col)
{
    const char *p = (const char *)sqlite3_column_text(q, col);

    if (!p)
        return NULL;
    return jx_parse(p, (size_t)sqlite3_column_bytes(q, col), NULL);
}

void id_list_release(struct id_list *l)
{
    free(l->ids);
    memset(l, 0, sizeof(*l));
}

int id_list_fill(struct store *st, struct id_list *l, sqlite3_stmt *q,
                 struct err *err)
{
    int r;

    while ((r = db_step(st, q, err)) == 1) {
        ALLOC_GROW(l->ids, l->nr + 1, l->alloc);
        l->ids[l->nr++] = col_int(q, 0);
    }
    return r;
}

/* ---- transactions ---- */

/* `synchronous` cannot change inside a transaction. */
static int db_sync(struct store *st, bool full, struct err *err)
{
    if (st->full_sync == full)
        return 0;
    if (sqlite3_exec(st->db,
                     full ? "PRAGMA synchronous=FULL"
                          : "PRAGMA synchronous=NORMAL",
                     NULL, NULL, NULL)
        != SQLITE_OK)
        return db_error(st, err, "synchronous");
    st->full_sync = full;
    return 0;
}

static int tx_begin(struct store *st, bool full, struct err *err)
{
    if (st->flags & STORE_READ_ONLY)
        return err_set(err, ERR_STORE, "state %s was opened to be read only",
                       st->path);
    if (db_sync(st, full, err) < 0)
        return -1;
    return db_run(st, err, "BEGIN IMMEDIATE", "");
}

static void tx_rollback(struct store *st)
{
    /* SQLite has rolled back by itself after some errors (disk full). */
    if (!sqlite3_get_autocommit(st->db))
        db_run(st, NULL, "ROLLBACK", "");
    names_clear(st);
}

static int tx_commit(struct store *st, struct err *err)
{
    if (sqlite3_get_autocommit(st->db)) {
        names_clear(st);
        return err_set(err, ERR_STORE,
                       "state %s: the transaction was "
                       "rolled back by an earlier error",
                       st->path);
    }
    if (db_run(st, err, "COMMIT", "") < 0)
        return -1;
    st->transactions++;
    return 0;
}

int store_begin(struct store *st, enum store_durability how, struct err *err)
{
    if (st->in_tx)
        BUG("store_begin inside a transaction");
    if (tx_begin(st, how == STORE_DURABLE, err) < 0)
        return -1;
    st->in_tx = true;
    st->tx_broken = false;
    return 0;
}

int store_commit(struct store *st, struct err *err)
{
    if (!st->in_tx)
        BUG("store_commit outside a transaction");
    if (st->tx_broken)
        return err_set(err, ERR_STORE,
                       "state %s: not committed: a part of "
                       "the transaction failed",
                       st->path);
    if (tx_commit(st, err) < 0)
        return -1;
    st->in_tx = false;
    return 0;
}

void store_rollback(struct store *st)
{
    if (!st->in_tx)
        return;
    tx_rollback(st);
    st->in_tx = false;
    st->tx_broken = false;
}

int64_t store_transactions(const struct store *st)
{
    return st->transactions;
}

int db_enter(struct store *st, struct err *err)
{
    if (!st->in_tx && st->nested == 0 && tx_begin(st, false, err) < 0)
        return -1;
    st->nested++;
    return 0;
}

int db_leave(struct store *st, bool ok, struct err *err)
{
    st->nested--;
    if (st->in_tx) {
        if (!ok)
            st->tx_broken = true;
        return ok ? 0 : -1;
    }
    if (st->nested > 0)
        return ok ? 0 : -1;
    if (ok && tx_commit(st, err) == 0)
        return 0;
    tx_rollback(st);
    return -1;
}

int db_change(struct store *st, struct err *err, const char *sql,
              const char *types, ...)
{
    va_list ap;

    if (db_enter(st, err) < 0)
        return -1;
    va_start(ap, types);
    int r = db_vrun(st, err, sql, types, &ap);
    va_end(ap);
    return db_leave(st, r == 0, err);
}
