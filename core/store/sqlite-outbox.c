/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The outbox: what should stand at each sink and what does. Must not choose
 * the durability: intents and receipts are written between
 * store_begin(STORE_DURABLE) and store_commit by deliver/.
 */
#include <config.h>

#include "core/store/sqlite-private.h"

#include <string.h>

#include "core/base/mem.h"

#define OUTBOX_COLUMNS                                                         \
    "ticket, sink, state, want, want_op, why, have, have_digest,"              \
    " have_counts_at, nonce, intent_at, remote_id, url, sent_at,"              \
    " reminded_at, tries, next_try, last_error, pending"
#define OUTBOX_MARKS "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?"
#define OUTBOX_TYPES                                                           \
    "itdtdttt"                                                                 \
    "itittiiiitt"
#define OUTBOX_VALUES(o)                                                       \
    (o)->ticket, (o)->sink, (int)(o)->state, (o)->want, (o)->want_op,          \
        (o)->why, (o)->have, (o)->have_digest, (o)->have_counts_at,            \
        (o)->nonce, (o)->intent_at, (o)->remote_id, (o)->url, (o)->sent_at,    \
        (o)->reminded_at, (o)->tries, (o)->next_try, (o)->last_error,          \
        (o)->pending

static int outbox_write(struct store *st, struct outbox *o, struct err *err)
{
    if (!o->id
        && db_int(st, err, &o->id,
                  "SELECT id FROM outbox WHERE ticket = ?"
                  " AND sink = ?",
                  "it", o->ticket, o->sink)
               < 0)
        return -1;
    if (o->id)
        return db_run(st, err,
                      "UPDATE outbox SET (" OUTBOX_COLUMNS ") = (" OUTBOX_MARKS
                      ") WHERE id = ?",
                      OUTBOX_TYPES "i", OUTBOX_VALUES(o), o->id);
    if (db_run(st, err,
               "INSERT INTO outbox(" OUTBOX_COLUMNS ") VALUES(" OUTBOX_MARKS
               ")",
               OUTBOX_TYPES, OUTBOX_VALUES(o))
        < 0)
        return -1;
    o->id = sqlite3_last_insert_rowid(st->db);
    return 0;
}

int store_outbox_put(struct store *st, struct outbox *o, struct err *err)
{
    if (db_enter(st, err) < 0)
        return -1;
    bool ok = outbox_write(st, o, err) == 0;
    return db_leave(st, ok, err);
}

#define OUTBOX_ROWS "SELECT id, " OUTBOX_COLUMNS " FROM outbox"

static int outbox_one(struct store *st, sqlite3_stmt *q, struct outbox *o,
                      struct err *err)
{
    memset(o, 0, sizeof(*o));
    if (!q)
        return -1;
    int r = db_step(st, q, err);
    if (r != 1)
        return r;
    *o = (struct outbox){
        .id = col_int(q, 0),
        .ticket = col_int(q, 1),
        .sink = col_str(q, 2),
        .state = (enum outbox_state)col_int(q, 3),
        .want = col_str(q, 4),
        .want_op = (int)col_int(q, 5),
        .why = col_str(q, 6),
        .have = col_str(q, 7),
        .have_digest = col_str(q, 8),
        .have_counts_at = col_int(q, 9),
        .nonce = col_str(q, 10),
        .intent_at = col_int(q, 11),
        .remote_id = col_str(q, 12),
        .url = col_str(q, 13),
        .sent_at = col_int(q, 14),
        .reminded_at = col_int(q, 15),
        .tries = col_int(q, 16),
        .next_try = col_int(q, 17),
        .last_error = col_str(q, 18),
        .pending = col_str(q, 19),
    };
    sqlite3_reset(q);
    return 1;
}

int store_outbox_get(struct store *st, int64_t ticket, const char *sink,
                     struct outbox *o, struct err *err)
{
    return outbox_one(st,
                      db_query(st, err,
                               OUTBOX_ROWS " WHERE ticket = ?"
                                           " AND sink = ?",
                               "it", ticket, sink),
                      o, err);
}

int store_outbox_each(struct store *st, const char *sink, bool due_only,
                      int (*each)(void *user, struct outbox *o), void *user,
                      struct err *err)
{
    struct id_list l CLEANUP_IDS = { 0 };
    sqlite3_stmt *q =
        due_only ? db_query(st, err,
                            "SELECT id FROM outbox WHERE state IN (1, 2)"
                            " AND (?1 IS NULL OR sink = ?1) ORDER BY id",
                            "t", sink)
                 : db_query(st, err,
                            "SELECT id FROM outbox WHERE ?1 IS NULL OR"
                            " sink = ?1 ORDER BY id",
                            "t", sink);

    if (!q || id_list_fill(st, &l, q, err) < 0)
        return -1;
    int r = 0;
    for (size_t n = 0; r == 0 && n < l.nr; n++) {
        struct outbox o;
        r = outbox_one(
            st, db_query(st, err, OUTBOX_ROWS " WHERE id = ?", "i", l.ids[n]),
            &o, err);
        if (r == 1)
            r = each(user, &o);
        outbox_release(&o);
    }
    return r < 0 ? -1 : 0;
}
