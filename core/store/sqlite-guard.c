/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What was written to the outside world by day, breakers that are open, rules
 * that stopped filing, and what stands at sinks without a ticket here. Must
 * not judge: the guards of deliver/ and route/ do.
 */
#include <config.h>

#include "core/store/sqlite-private.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/when.h"

/* ---- what was sent ---- */

int store_sent_add(struct store *st, const char *sink, const char *kind,
                   int64_t at, bool approved, struct err *err)
{
    return db_change(
        st, err,
        "INSERT INTO sent VALUES(?1, ?2, ?3, 1 - ?4, ?4) ON CONFLICT(sink, "
        "kind, day) DO UPDATE SET n = n + 1 - ?4, approved = approved + ?4",
        "ttid", sink, kind, at / DAY, (int)approved);
}

int store_sent_look(struct store *st, const char *sink, const char *kind,
                    int64_t now, int64_t days, struct sent *out,
                    struct err *err)
{
    *out = (struct sent){ 0 };
    if (db_int(st, err, &out->today,
               "SELECT n FROM sent WHERE sink = ? AND kind ="
               " ? AND day = ?",
               "tti", sink, kind, now / DAY)
        < 0)
        return -1;
    return db_int(st, err, &out->busiest,
                  "SELECT ifnull(max(n), 0) FROM sent WHERE"
                  " sink = ? AND kind = ? AND day < ? AND day >= ?",
                  "ttii", sink, kind, now / DAY, now / DAY - days)
                   < 0
               ? -1
               : 0;
}

int store_sent_each(struct store *st, int64_t since,
                    int (*each)(void *user, const char *sink, const char *kind,
                                int64_t day, int64_t n, int64_t approved),
                    void *user, struct err *err)
{
    sqlite3_stmt *q = db_query(st, err,
                               "SELECT sink, kind, day, n, approved"
                               " FROM sent WHERE day >= ? ORDER BY sink, kind,"
                               " day",
                               "i", since / DAY);
    int r = q ? 0 : -1;

    while (q && (r = db_step(st, q, err)) == 1) {
        CLEANUP_FREE char *sink = col_str(q, 0);
        CLEANUP_FREE char *kind = col_str(q, 1);

        if (each(user, sink, kind, col_int(q, 2) * DAY, col_int(q, 3),
                 col_int(q, 4))
            < 0)
            r = -1;
        if (r < 0)
            break;
    }
    if (q)
        sqlite3_reset(q);
    return r < 0 ? -1 : 0;
}

/* ---- breakers ---- */

void breaker_release(struct breaker *b)
{
    free(b->sink);
    free(b->kind);
    memset(b, 0, sizeof(*b));
}

int store_breaker_put(struct store *st, const struct breaker *b,
                      struct err *err)
{
    return db_change(st, err,
                     "INSERT OR REPLACE INTO breaker VALUES(?,?,?,?,?,?,?,?)",
                     "ttiiiiii", b->sink, b->kind, b->since, b->last, b->wanted,
                     b->most, b->left, b->until);
}

int store_breaker_delete(struct store *st, const char *sink, const char *kind,
                         struct err *err)
{
    return db_change(st, err, "DELETE FROM breaker WHERE sink = ? AND kind = ?",
                     "tt", sink, kind);
}

int store_breaker_spend(struct store *st, const char *sink, const char *kind,
                        struct err *err)
{
    return db_change(st, err,
                     "UPDATE breaker SET allowed = max(allowed - 1, 0) WHERE "
                     "sink = ? AND kind = ?",
                     "tt", sink, kind);
}

int store_breaker_each(struct store *st, const char *sink, const char *kind,
                       int (*each)(void *user, const struct breaker *b),
                       void *user, struct err *err)
{
    struct breaker *l = NULL;
    size_t nr = 0, alloc = 0;
    sqlite3_stmt *q = db_query(
        st, err,
        "SELECT sink, kind, since, last, wanted, most, allowed, until"
        " FROM breaker WHERE (?1 IS NULL OR sink = ?1) AND (?2 IS NULL OR"
        " kind = ?2) ORDER BY sink, kind",
        "tt", sink, kind);
    int r = q ? 0 : -1;

    while (q && (r = db_step(st, q, err)) == 1) {
        ALLOC_GROW(l, nr + 1, alloc);
        l[nr++] = (struct breaker){
            .sink = col_str(q, 0),
            .kind = col_str(q, 1),
            .since = col_int(q, 2),
            .last = col_int(q, 3),
            .wanted = col_int(q, 4),
            .most = col_int(q, 5),
            .left = col_int(q, 6),
            .until = col_int(q, 7),
        };
    }
    for (size_t i = 0; i < nr; i++) {
        if (r == 0)
            r = each(user, &l[i]);
        breaker_release(&l[i]);
    }
    free(l);
    return r < 0 ? -1 : 0;
}

/* ---- rules that stopped ---- */

int store_rule_stop(struct store *st, const char *rule, int64_t at,
                    const char *why, struct err *err)
{
    if (db_enter(st, err) < 0)
        return -1;
    bool ok = db_run(st, err,
                     "INSERT INTO rule_stop VALUES(?1, ?2, ?3, 0)"
                     " ON CONFLICT(rule) DO UPDATE SET stopped = ?2, why ="
                     " ?3",
                     "tit", rule, at, why)
                  == 0
              && db_run(st, err,
                        "UPDATE incident SET dirty = 1 WHERE state"
                        " <> 2 AND rule = ?",
                        "t", rule)
                     == 0;
    return db_leave(st, ok, err);
}

int store_rule_resume(struct store *st, const char *rule, int64_t at, bool *was,
                      struct err *err)
{
    int64_t stopped = 0;

    if (db_enter(st, err) < 0)
        return -1;
    bool ok = db_int(st, err, &stopped,
                     "SELECT stopped FROM rule_stop WHERE"
                     " rule = ?",
                     "t", rule)
                  >= 0
              && db_run(st, err,
                        "UPDATE rule_stop SET stopped = 0, lifted ="
                        " ?2 WHERE rule = ?1",
                        "ti", rule, at)
                     == 0
              && db_run(st, err,
                        "UPDATE incident SET dirty = 1 WHERE state"
                        " <> 2 AND rule = ?",
                        "t", rule)
                     == 0;
    *was = stopped != 0;
    return db_leave(st, ok, err);
}

int store_rule_stop_each(struct store *st,
                         int (*each)(void *user, const char *rule,
                                     int64_t stopped, const char *why),
                         void *user, struct err *err)
{
    struct {
        char *rule, *why;
        int64_t at;
    } *l = NULL;
    size_t nr = 0, alloc = 0;
    sqlite3_stmt *q = db_query(st, err,
                               "SELECT rule, stopped, why FROM"
                               " rule_stop WHERE stopped > 0 ORDER BY rule",
                               "");
    int r = q ? 0 : -1;

    while (q && (r = db_step(st, q, err)) == 1) {
        ALLOC_GROW(l, nr + 1, alloc);
        l[nr].rule = col_str(q, 0);
        l[nr].at = col_int(q, 1);
        l[nr++].why = col_str(q, 2);
    }
    for (size_t i = 0; i < nr; i++) {
        if (r == 0)
            r = each(user, l[i].rule, l[i].at, l[i].why);
        free(l[i].rule);
        free(l[i].why);
    }
    free(l);
    return r < 0 ? -1 : 0;
}

/* People answer a day later, when others were filed meanwhile: so any so many
 * in a row count, and not only the last. Who put a mark on is not known: of one
 * project, and of tickets that had a person in common when they were marked,
 * only the first mark counts, or that person alone could stop the rule for
 * everybody. The first by what never changes: or deciding could change what
 * was decided. */
int store_rule_marks(struct store *st, const char *rule, int64_t row,
                     int64_t *filed, int64_t *wrong, struct err *err)
{
    static const char marks[] =
        "WITH filed AS MATERIALIZED (SELECT DISTINCT t.id AS id, t.told AS"
        " told, t.project AS place, json_extract(t.human, '$.markers') AS"
        " persons, ifnull(json_extract(t.human, '$.wrong'), 0) AS wrong"
        " FROM incident i JOIN member m ON m.incident = i.id JOIN ticket t ON "
        "t.id = m.ticket WHERE i.rule = ?1"
        " AND t.told > ifnull((SELECT lifted FROM rule_stop WHERE rule = ?1),"
        " 0)) SELECT %s FROM (SELECT sum(CASE WHEN wrong THEN NOT EXISTS("
        "SELECT 1 FROM filed e WHERE e.wrong AND e.id < f.id"
        " AND (e.place = f.place OR EXISTS(SELECT 1 FROM"
        " json_each(e.persons) a JOIN json_each(f.persons) b ON lower(a.value)"
        " = lower(b.value)))) ELSE 0 END) OVER (ORDER BY told, id ROWS BETWEEN"
        " %lld PRECEDING AND CURRENT ROW) AS n FROM filed f)";
    long long before = row > 0 ? (long long)row - 1 : 0;
    CLEANUP_FREE char *all = xasprintf(marks, "min(count(*), ?2)", before);
    CLEANUP_FREE char *bad = xasprintf(marks, "ifnull(max(n), 0)", before);

    *filed = *wrong = 0;
    return db_int(st, err, filed, all, "ti", rule, row) < 0
                   || db_int(st, err, wrong, bad, "t", rule) < 0
               ? -1
               : 0;
}

int store_rule_fixed_each(struct store *st,
                          int (*each)(void *user, const char *rule,
                                      int64_t filed, int64_t fixed),
                          void *user, struct err *err)
{
    struct {
        char *rule;
        int64_t filed, fixed;
    } *l = NULL;
    size_t nr = 0, alloc = 0;
    sqlite3_stmt *q = db_query(
        st, err,
        "SELECT i.rule, count(DISTINCT t.id), count(DISTINCT CASE"
        " WHEN t.state = 2 AND i.\"end\" = 1 THEN t.id END) FROM incident i"
        " JOIN member m ON m.incident = i.id JOIN ticket t ON"
        " t.id = m.ticket WHERE t.told > 0 AND NOT coalesce(t.confidential,"
        " 0) AND i.rule IS NOT NULL GROUP BY i.rule ORDER BY i.rule",
        "");
    int r = q ? 0 : -1;

    while (q && (r = db_step(st, q, err)) == 1) {
        ALLOC_GROW(l, nr + 1, alloc);
        l[nr].rule = col_str(q, 0);
        l[nr].filed = col_int(q, 1);
        l[nr++].fixed = col_int(q, 2);
    }
    for (size_t i = 0; i < nr; i++) {
        if (r == 0)
            r = each(user, l[i].rule, l[i].filed, l[i].fixed);
        free(l[i].rule);
    }
    free(l);
    return r < 0 ? -1 : 0;
}

/* ---- what stands without a ticket ---- */

int store_stray_put(struct store *st, const char *sink, const char *ticket,
                    const json_t *remote, int64_t seen, struct err *err)
{
    return db_change(st, err, "INSERT OR REPLACE INTO stray VALUES(?, ?, ?, ?)",
                     "ttji", sink, ticket, remote, seen);
}

int store_stray_delete(struct store *st, const char *sink, const char *ticket,
                       struct err *err)
{
    return db_change(st, err, "DELETE FROM stray WHERE sink = ? AND ticket = ?",
                     "tt", sink, ticket);
}

int store_stray_each(struct store *st, const char *ticket,
                     int (*each)(void *user, const char *sink,
                                 const char *ticket, const json_t *remote),
                     void *user, struct err *err)
{
    struct {
        char *sink, *ticket;
        json_t *remote;
    } *l = NULL;
    size_t nr = 0, alloc = 0;
    sqlite3_stmt *q = db_query(st, err,
                               "SELECT sink, ticket, remote FROM"
                               " stray WHERE ?1 IS NULL OR ticket = ?1"
                               " ORDER BY sink, ticket",
                               "t", ticket);
    int r = q ? 0 : -1;

    while (q && (r = db_step(st, q, err)) == 1) {
        ALLOC_GROW(l, nr + 1, alloc);
        l[nr].sink = col_str(q, 0);
        l[nr].ticket = col_str(q, 1);
        l[nr++].remote = col_json(q, 2);
    }
    for (size_t i = 0; i < nr; i++) {
        if (r == 0)
            r = each(user, l[i].sink, l[i].ticket, l[i].remote);
        free(l[i].sink);
        free(l[i].ticket);
        json_decref(l[i].remote);
    }
    free(l);
    return r < 0 ? -1 : 0;
}
