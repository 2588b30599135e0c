/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * HTTP validators: what an instance asks with, so that the same reply need
 * not come twice. Those that nobody asked with any more are pruned with the
 * runs of their time.
 */
#include <config.h>

#include "core/store/sqlite-private.h"

#include "core/base/mem.h"

int store_validators(struct store *st, const char *instance, const char *after,
                     json_t **out, struct err *err)
{
    sqlite3_stmt *q = db_query(st, err,
                               "SELECT url, etag, modified, used"
                               " FROM validator WHERE instance = ?"
                               " AND url > ? ORDER BY url LIMIT ?",
                               "tti", instance, str_or(after, ""),
                               (int64_t)STORE_VALIDATORS_PAGE);
    int r;

    *out = NULL;
    if (!q)
        return -1;
    *out = json_array();
    while ((r = db_step(st, q, err)) == 1) {
        CLEANUP_FREE char *url = col_str(q, 0);
        CLEANUP_FREE char *etag = col_str(q, 1);
        CLEANUP_FREE char *modified = col_str(q, 2);

        json_array_append_new(*out,
                              json_pack("[s, s?, s?, I]", url, etag, modified,
                                        (json_int_t)col_int(q, 3)));
    }
    return r;
}

int store_validators_drop(struct store *st, const char *instance,
                          struct err *err)
{
    return db_change(st, err, "DELETE FROM validator WHERE instance = ?", "t",
                     instance);
}

int store_validator_put(struct store *st, const char *instance, const char *url,
                        const char *etag, const char *modified, int64_t now,
                        struct err *err)
{
    return db_change(st, err,
                     "INSERT OR REPLACE INTO validator VALUES(?, ?, ?, ?, ?)",
                     "tttti", instance, url, etag, modified, now);
}
