/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Leads: what one source saw and another one may know more of. Must not
 * grow without end, whatever sources say.
 */
#include <config.h>

#include "core/store/sqlite-private.h"

#include <stdlib.h>

#include "core/base/mem.h"

int store_lead_put(struct store *st, const struct lead *l, struct err *err)
{
    return db_change(st, err,
                     "INSERT OR IGNORE INTO lead SELECT ?, ?, ?, ?, ?, 0, 0"
                     " WHERE (SELECT count(*) FROM lead) < ?",
                     "ttttii", l->url, l->place, l->project, l->source, l->at,
                     (int64_t)STORE_LEADS_MAX);
}

int store_lead_take(struct store *st, const char *url, struct err *err)
{
    return db_change(st, err, "UPDATE lead SET taken = 1 WHERE url = ?", "t",
                     url);
}

int store_lead_told(struct store *st, const char *place, struct err *err)
{
    return db_change(st, err, "UPDATE lead SET told = 1 WHERE place = ?", "t",
                     place);
}

int store_lead_prune(struct store *st, int64_t before, struct err *err)
{
    return db_change(st, err, "DELETE FROM lead WHERE at < ?", "i", before);
}

int store_lead_each(struct store *st,
                    int (*each)(void *user, const struct lead *l), void *user,
                    struct err *err)
{
    sqlite3_stmt *q =
        db_query(st, err,
                 "SELECT url, place, project, source, at, told"
                 " FROM lead WHERE NOT taken ORDER BY place, told DESC, url",
                 "");
    int r, stop = 0;

    if (!q)
        return -1;
    while (!stop && (r = db_step(st, q, err)) == 1)
        stop =
            each(user, &(struct lead){
                           .url = (const char *)sqlite3_column_text(q, 0),
                           .place = (const char *)sqlite3_column_text(q, 1),
                           .project = (const char *)sqlite3_column_text(q, 2),
                           .source = (const char *)sqlite3_column_text(q, 3),
                           .at = col_int(q, 4),
                           .told = col_int(q, 5) != 0,
                       });
    sqlite3_reset(q);
    return stop ? stop : r;
}
