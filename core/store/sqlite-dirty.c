/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which branches are to be looked at: because something came in, or because
 * it is time. Must not lose a mark: what is not marked is never judged.
 */
#include <config.h>

#include "core/store/sqlite-private.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

int store_dirty_mark(struct store *st, const char *project, const char *branch,
                     struct err *err)
{
    int64_t id;

    if (db_enter(st, err) < 0)
        return -1;
    bool ok = branch_find(st, project, branch, true, &id, err) == 0
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
        branch_find(st, project, branch, false, &id, err) == 0
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
    bool ok = branch_find(st, project, branch, false, &id, err) == 0
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
    return db_change(st, err,
                     "UPDATE branch SET dirty = 1, check_at = 0 WHERE check_at "
                     "> 0 AND check_at <= ?",
                     "i", now);
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
