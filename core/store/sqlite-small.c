/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The small things: meta, cursors, health of instances, notices, silences.
 * Must not grow a noun with a life of its own; that gets its own file.
 */
#include <config.h>

#include "core/store/sqlite-private.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

/* ---- meta and cursors ---- */

int store_meta_get(struct store *st, const char *key, char **value,
                   struct err *err)
{
    return db_str(st, err, value, "SELECT value FROM meta WHERE key = ?", "t",
                  key);
}

int store_meta_set(struct store *st, const char *key, const char *value,
                   struct err *err)
{
    if (!value)
        return db_change(st, err, "DELETE FROM meta WHERE key = ?", "t", key);
    return db_change(st, err, "INSERT OR REPLACE INTO meta VALUES(?, ?)", "tt",
                     key, value);
}

int store_cursor_get(struct store *st, const char *instance, char **cursor,
                     struct err *err)
{
    return db_str(st, err, cursor,
                  "SELECT value FROM cursor WHERE instance = ?", "t", instance);
}

int store_cursor_set(struct store *st, const char *instance, const char *cursor,
                     struct err *err)
{
    if (!cursor)
        return db_change(st, err, "DELETE FROM cursor WHERE instance = ?", "t",
                         instance);
    return db_change(st, err, "INSERT OR REPLACE INTO cursor VALUES(?, ?)",
                     "tt", instance, cursor);
}

/* ---- health ---- */

#define HEALTH_ROWS                                                            \
    "SELECT instance, last_start, last_ok, last_fail, trouble,"                \
    " trouble_since, trouble_told, failures, back_off_until, poisoned,"        \
    " deaths FROM health"

static void health_from_row(sqlite3_stmt *q, struct health *h)
{
    *h = (struct health){
        .instance = col_str(q, 0),
        .last_start = col_int(q, 1),
        .last_ok = col_int(q, 2),
        .last_fail = col_int(q, 3),
        .trouble = col_str(q, 4),
        .trouble_since = col_int(q, 5),
        .trouble_told = col_int(q, 6),
        .failures = col_int(q, 7),
        .back_off_until = col_int(q, 8),
        .poisoned = col_json(q, 9),
        .deaths = col_json(q, 10),
    };
}

int store_health_get(struct store *st, const char *instance, struct health *h,
                     struct err *err)
{
    sqlite3_stmt *q =
        db_query(st, err, HEALTH_ROWS " WHERE instance = ?", "t", instance);

    memset(h, 0, sizeof(*h));
    if (!q)
        return -1;
    int r = db_step(st, q, err);
    if (r == 1) {
        health_from_row(q, h);
        sqlite3_reset(q);
    }
    return r;
}

int store_health_put(struct store *st, const struct health *h, struct err *err)
{
    return db_change(
        st, err,
        "INSERT OR REPLACE INTO health(instance, last_start,"
        " last_ok, last_fail, trouble, trouble_since, trouble_told,"
        " failures, back_off_until, poisoned, deaths)"
        " VALUES(?,?,?,?,?,?,?,?,?,?,?)",
        "tiiitiiiijj", h->instance, h->last_start, h->last_ok, h->last_fail,
        h->trouble, h->trouble_since, h->trouble_told, h->failures,
        h->back_off_until, h->poisoned, h->deaths);
}

int store_health_each(struct store *st,
                      int (*each)(void *user, const struct health *h),
                      void *user, struct err *err)
{
    struct health *l = NULL;
    size_t nr = 0, alloc = 0;
    sqlite3_stmt *q = db_query(st, err, HEALTH_ROWS " ORDER BY instance", "");
    int r;

    if (!q)
        return -1;
    while ((r = db_step(st, q, err)) == 1) {
        ALLOC_GROW(l, nr + 1, alloc);
        health_from_row(q, &l[nr++]);
    }
    for (size_t i = 0; i < nr; i++) {
        if (r == 0)
            r = each(user, &l[i]);
        health_release(&l[i]);
    }
    free(l);
    return r < 0 ? -1 : 0;
}

/* ---- notices ---- */

/* A text that changed is news: told again. */
int store_notice_put(struct store *st, const char *instance, const char *code,
                     const char *text, int64_t now, struct err *err)
{
    return db_change(st, err,
                     "INSERT INTO notice VALUES(?1, ?2, ?3, ?4, ?4, 0)"
                     " ON CONFLICT DO UPDATE SET"
                     " first = CASE WHEN text IS ?3 THEN first ELSE ?4 END,"
                     " told = CASE WHEN text IS ?3 THEN told ELSE 0 END,"
                     " last = ?4, text = ?3",
                     "ttti", instance, code, text, now);
}

int store_notice_told(struct store *st, const char *instance, const char *code,
                      int64_t at, struct err *err)
{
    return db_change(st, err,
                     "UPDATE notice SET told = ?3 WHERE instance = ?1 AND"
                     " code = ?2",
                     "tti", instance, code, at);
}

int store_notice_each(struct store *st,
                      int (*each)(void *user, const struct notice *n),
                      void *user, struct err *err)
{
    struct notice *l = NULL;
    size_t nr = 0, alloc = 0;
    sqlite3_stmt *q = db_query(st, err,
                               "SELECT instance, code, text, first,"
                               " last, told FROM notice ORDER BY 1, 2",
                               "");
    int r;

    if (!q)
        return -1;
    while ((r = db_step(st, q, err)) == 1) {
        ALLOC_GROW(l, nr + 1, alloc);
        l[nr++] =
            (struct notice){ col_str(q, 0), col_str(q, 1), col_str(q, 2),
                             col_int(q, 3), col_int(q, 4), col_int(q, 5) };
    }
    for (size_t i = 0; i < nr; i++) {
        if (r == 0)
            r = each(user, &l[i]);
        free(l[i].instance);
        free(l[i].code);
        free(l[i].text);
    }
    free(l);
    return r < 0 ? -1 : 0;
}

/* ---- silences ---- */

int store_silence_put(struct store *st, struct silence *s, struct err *err)
{
    if (db_enter(st, err) < 0)
        return -1;
    bool ok = db_run(st, err,
                     "INSERT OR REPLACE INTO silence(id, author,"
                     " comment, starts, ends, created, match)"
                     " VALUES(nullif(?, 0), ?, ?, ?, ?, ?, ?)",
                     "ittiiij", s->id, s->author, s->comment, s->starts,
                     s->ends, s->created, s->match)
              == 0;
    if (ok)
        s->id = sqlite3_last_insert_rowid(st->db);
    /* What it matches is to be judged again, and that is found out there. */
    ok = ok && store_incident_dirty_all(st, err) == 0;
    return db_leave(st, ok, err);
}

int store_silence_expire(struct store *st, int64_t id, int64_t at,
                         struct err *err)
{
    if (db_enter(st, err) < 0)
        return -1;
    bool ok = db_run(st, err,
                     "UPDATE silence SET ends = ?2 WHERE id = ?1"
                     " AND (ends = 0 OR ends > ?2)",
                     "ii", id, at)
                  == 0
              && store_incident_dirty_all(st, err) == 0;
    return db_leave(st, ok, err);
}

int store_silence_each(struct store *st, int64_t active_at,
                       int (*each)(void *user, const struct silence *s),
                       void *user, struct err *err)
{
    struct silence *l = NULL;
    size_t nr = 0, alloc = 0;
    sqlite3_stmt *q = db_query(st, err,
                               "SELECT id, author, comment, starts,"
                               " ends, created, match FROM silence"
                               " WHERE ?1 = 0 OR (starts <= ?1 AND"
                               " (ends = 0 OR ends > ?1)) ORDER BY id",
                               "i", active_at);
    int r;

    if (!q)
        return -1;
    while ((r = db_step(st, q, err)) == 1) {
        ALLOC_GROW(l, nr + 1, alloc);
        l[nr++] = (struct silence){
            .id = col_int(q, 0),
            .author = col_str(q, 1),
            .comment = col_str(q, 2),
            .starts = col_int(q, 3),
            .ends = col_int(q, 4),
            .created = col_int(q, 5),
            .match = col_json(q, 6),
        };
    }
    for (size_t i = 0; i < nr; i++) {
        if (r == 0)
            r = each(user, &l[i]);
        silence_release(&l[i]);
    }
    free(l);
    return r < 0 ? -1 : 0;
}
