/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Outbreaks: one cause at many projects. Must not find them: incident/ does.
 */
#include <config.h>

#include "core/store/sqlite-private.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

int store_outbreak_touch(struct store *st, const char *key, struct err *err)
{
    return db_change(
        st, err,
        "UPDATE incident SET dirty = 1 WHERE outbreak = ? AND NOT dirty", "t",
        key);
}

void outbreak_release(struct outbreak *o)
{
    free(o->key);
    free(o->category);
    free(o->fingerprint);
    free(o->state);
    memset(o, 0, sizeof(*o));
}

int store_outbreak_put(struct store *st, const struct outbreak *o,
                       struct err *err)
{
    return db_change(st, err,
                     "INSERT OR REPLACE INTO outbreak(key, category, "
                     "fingerprint, state, began, last_joined, ended, projects, "
                     "owners) VALUES(?,?,?,?,?,?,?,?,?)",
                     "ttttiiiii", o->key, o->category, o->fingerprint, o->state,
                     o->began, o->last_joined, o->ended, o->projects,
                     o->owners);
}

#define OUTBREAK_ROWS                                                          \
    "SELECT key, category, fingerprint, state, began, last_joined, ended,"     \
    " projects, owners FROM outbreak"

static void outbreak_from_row(sqlite3_stmt *q, struct outbreak *o)
{
    *o = (struct outbreak){
        .key = col_str(q, 0),
        .category = col_str(q, 1),
        .fingerprint = col_str(q, 2),
        .state = col_str(q, 3),
        .began = col_int(q, 4),
        .last_joined = col_int(q, 5),
        .ended = col_int(q, 6),
        .projects = col_int(q, 7),
        .owners = col_int(q, 8),
    };
}

int store_outbreak_get(struct store *st, const char *key, struct outbreak *o,
                       struct err *err)
{
    sqlite3_stmt *q =
        db_query(st, err, OUTBREAK_ROWS " WHERE key = ?", "t", key);

    memset(o, 0, sizeof(*o));
    if (!q)
        return -1;
    int r = db_step(st, q, err);
    if (r == 1) {
        outbreak_from_row(q, o);
        sqlite3_reset(q);
    }
    return r;
}

int store_outbreak_each(struct store *st, bool live_only,
                        int (*each)(void *user, const struct outbreak *o),
                        void *user, struct err *err)
{
    struct outbreak *l = NULL;
    size_t nr = 0, alloc = 0;
    sqlite3_stmt *q = db_query(st, err,
                               OUTBREAK_ROWS " WHERE NOT ? OR state"
                                             " <> 'over' ORDER BY key",
                               "d", (int)live_only);
    int r;

    if (!q)
        return -1;
    while ((r = db_step(st, q, err)) == 1) {
        ALLOC_GROW(l, nr + 1, alloc);
        outbreak_from_row(q, &l[nr++]);
    }
    for (size_t i = 0; i < nr; i++) {
        if (r == 0)
            r = each(user, &l[i]);
        outbreak_release(&l[i]);
    }
    free(l);
    return r < 0 ? -1 : 0;
}
