/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Incidents by the hundred thousand, of each only what a look over all of them
 * wants. Must not copy: a brief lives until its callback returns.
 */
#include <config.h>

#include "core/store/sqlite-private.h"

int store_incident_scan(struct store *st, int64_t since,
                        int (*each)(void *user, const struct incident_brief *i),
                        void *user, struct err *err)
{
    sqlite3_stmt *q = db_query(st, err,
                               "SELECT i.id, i.first_seen, p.name,"
                               " b.name, i.fingerprint, i.category, i.blame,"
                               " i.outbreak, i.standing FROM incident i"
                               " JOIN branch b ON b.id = i.branch"
                               " JOIN project p ON p.id = b.project"
                               " WHERE i.first_seen >= ?"
                               " ORDER BY i.first_seen, i.id",
                               "i", since);
    int r;

    if (!q)
        return -1;
    while ((r = db_step(st, q, err)) == 1) {
        struct incident_brief i = {
            .id = col_int(q, 0),
            .first_seen = col_int(q, 1),
            .project = (const char *)sqlite3_column_text(q, 2),
            .branch = (const char *)sqlite3_column_text(q, 3),
            .fingerprint = (const char *)sqlite3_column_text(q, 4),
            .category = (const char *)sqlite3_column_text(q, 5),
            .blame = (const char *)sqlite3_column_text(q, 6),
            .outbreak = (const char *)sqlite3_column_text(q, 7),
            .standing = col_int(q, 8) != 0,
        };
        r = each(user, &i);
        if (r != 0) {
            sqlite3_reset(q);
            break;
        }
    }
    return r < 0 ? -1 : 0;
}

int store_flaky_each(struct store *st, int64_t since,
                     int (*each)(void *user, const struct flaky_brief *f),
                     void *user, struct err *err)
{
    sqlite3_stmt *q = db_query(st, err,
                               "SELECT i.public_id, p.name, b.name,"
                               " i.rule, i.category, i.flaky, i.flaky_at"
                               " FROM incident i JOIN branch b ON b.id ="
                               " i.branch JOIN project p ON p.id = b.project"
                               " WHERE i.flaky > 0 AND i.flaky_at >= ?"
                               " ORDER BY i.flaky DESC, i.flaky_at DESC,"
                               " i.id",
                               "i", since);
    int r;

    if (!q)
        return -1;
    while ((r = db_step(st, q, err)) == 1) {
        const struct flaky_brief f = {
            .id = (const char *)sqlite3_column_text(q, 0),
            .project = (const char *)sqlite3_column_text(q, 1),
            .branch = (const char *)sqlite3_column_text(q, 2),
            .rule = (const char *)sqlite3_column_text(q, 3),
            .category = (const char *)sqlite3_column_text(q, 4),
            .times = col_int(q, 5),
            .last = col_int(q, 6),
        };

        r = each(user, &f);
        if (r != 0) {
            sqlite3_reset(q);
            break;
        }
    }
    return r < 0 ? -1 : 0;
}
