/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What incidents are marked with from outside: to be decided again, part of an
 * outbreak, of a stale source. Must not change what they are.
 */
#include <config.h>

#include "core/store/sqlite-private.h"

#include "core/base/mem.h"

int store_incident_clean(struct store *st, int64_t id, struct err *err)
{
    return db_change(st, err,
                     "UPDATE incident SET dirty = 0 WHERE id = ? AND dirty",
                     "i", id);
}

int store_incident_dirty_all(struct store *st, struct err *err)
{
    return db_change(
        st, err, "UPDATE incident SET dirty = 1 WHERE state <> 2 AND NOT dirty",
        "");
}

int store_incident_outbreak(struct store *st, int64_t id, const char *key,
                            const char *caused_by, struct err *err)
{
    return db_change(
        st, err,
        "UPDATE incident SET outbreak = ?2, caused_by = ?3, dirty = 1 WHERE id "
        "= ?1 AND (outbreak IS NOT ?2 OR caused_by IS NOT ?3)",
        "itt", id, key, caused_by);
}

static int stale_set(struct store *st, const char *const *stale,
                     struct err *err)
{
    for (size_t i = 0; stale && stale[i]; i++)
        if (db_run(st, err,
                   "UPDATE incident SET stale = 1, dirty = 1 WHERE"
                   " state <> 2 AND source = ? AND NOT stale",
                   "t", stale[i])
            < 0)
            return -1;
    return 0;
}

/* Ids of those that are frozen but whose source is not stale any more. */
static int stale_over(struct store *st, const char *const *stale,
                      struct id_list *l, struct err *err)
{
    sqlite3_stmt *q = db_query(st, err,
                               "SELECT id, source FROM incident"
                               " WHERE stale",
                               "");
    int r;

    if (!q)
        return -1;
    while ((r = db_step(st, q, err)) == 1) {
        bool still = false;
        for (size_t i = 0; stale && stale[i]; i++)
            still =
                still
                || str_eq(stale[i], (const char *)sqlite3_column_text(q, 1));
        if (still)
            continue;
        ALLOC_GROW(l->ids, l->nr + 1, l->alloc);
        l->ids[l->nr++] = col_int(q, 0);
    }
    return r;
}

int store_incident_stale(struct store *st, const char *const *stale,
                         struct err *err)
{
    struct id_list l CLEANUP_IDS = { 0 };

    if (stale_over(st, stale, &l, err) < 0)
        return -1;
    if (l.nr == 0 && (!stale || !stale[0]))
        return 0;
    if (db_enter(st, err) < 0)
        return -1;
    bool ok = stale_set(st, stale, err) == 0;
    for (size_t i = 0; ok && i < l.nr; i++)
        ok = db_run(st, err,
                    "UPDATE incident SET stale = 0, dirty = 1 WHERE"
                    " id = ?",
                    "i", l.ids[i])
             == 0;
    return db_leave(st, ok, err);
}
