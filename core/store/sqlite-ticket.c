/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tickets with their members and history, decisions, what was spent of
 * budgets. Must not judge: what a ticket should be is route/'s.
 */
#include <config.h>

#include "core/store/sqlite-private.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

/* ---- tickets ---- */

#define TICKET_COLUMNS                                                         \
    "key, grp, project, branch, kind, state, route, route_at, owner,"          \
    " persons, owner_from, via, labels, reason, title, created, opened,"       \
    " resolved, changed, told, reopened, backlog, confidential, parent,"       \
    " human, descendants, next_at, left_out, escalated"
#define TICKET_MARKS "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?"
#define TICKET_TYPES                                                           \
    "tjtttdtttjtjjtt"                                                          \
    "iiiiii"                                                                   \
    "ddtjiiji"
#define TICKET_VALUES(t)                                                       \
    (t)->key, (t)->group, (t)->project, (t)->branch, (t)->kind,                \
        (int)(t)->state, (t)->route, (t)->route_at, (t)->owner, (t)->persons,  \
        (t)->owner_from, (t)->via, (t)->labels, (t)->reason, (t)->title,       \
        (t)->created, (t)->opened, (t)->resolved, (t)->changed, (t)->told,     \
        (t)->reopened, (int)(t)->backlog, (int)(t)->confidential, (t)->parent, \
        (t)->human, (t)->descendants, (t)->next_at, (t)->left, (t)->escalated

static int ticket_write(struct store *st, struct ticket *t, struct err *err)
{
    if (!t->id
        && db_int(st, err, &t->id, "SELECT id FROM ticket WHERE key = ?", "t",
                  t->key)
               < 0)
        return -1;
    if (t->id)
        return db_run(st, err,
                      "UPDATE ticket SET (" TICKET_COLUMNS ") = (" TICKET_MARKS
                      ") WHERE id = ?",
                      TICKET_TYPES "i", TICKET_VALUES(t), t->id);
    if (db_run(st, err,
               "INSERT INTO ticket(" TICKET_COLUMNS ") VALUES(" TICKET_MARKS
               ")",
               TICKET_TYPES, TICKET_VALUES(t))
        < 0)
        return -1;
    t->id = sqlite3_last_insert_rowid(st->db);
    return 0;
}

int store_ticket_put(struct store *st, struct ticket *t, struct err *err)
{
    if (db_enter(st, err) < 0)
        return -1;
    bool ok = ticket_write(st, t, err) == 0;
    return db_leave(st, ok, err);
}

static int ticket_touch(struct store *st, int64_t ticket, struct err *err)
{
    return db_run(st, err,
                  "UPDATE incident SET dirty = 1 WHERE state <> 2"
                  " AND id IN (SELECT incident FROM member WHERE ticket = ?)",
                  "i", ticket);
}

int store_ticket_touch(struct store *st, int64_t ticket, struct err *err)
{
    if (db_enter(st, err) < 0)
        return -1;
    bool ok = ticket_touch(st, ticket, err) == 0;
    return db_leave(st, ok, err);
}

int store_ticket_unreached(struct store *st, int64_t ticket, const json_t *mark,
                           struct err *err)
{
    if (db_enter(st, err) < 0)
        return -1;
    bool ok = db_run(st, err, "UPDATE ticket SET unreached = ? WHERE id = ?",
                     "ji", mark, ticket)
                  == 0
              && ticket_touch(st, ticket, err) == 0;
    return db_leave(st, ok, err);
}

#define TICKET_ROWS "SELECT id, " TICKET_COLUMNS ", unreached FROM ticket"

static int ticket_one(struct store *st, sqlite3_stmt *q, struct ticket *t,
                      struct err *err)
{
    memset(t, 0, sizeof(*t));
    if (!q)
        return -1;
    int r = db_step(st, q, err);
    if (r != 1)
        return r;
    *t = (struct ticket){
        .id = col_int(q, 0),
        .key = col_str(q, 1),
        .group = col_json(q, 2),
        .project = col_str(q, 3),
        .branch = col_str(q, 4),
        .kind = col_str(q, 5),
        .state = (enum ticket_state)col_int(q, 6),
        .route = col_str(q, 7),
        .route_at = col_str(q, 8),
        .owner = col_str(q, 9),
        .persons = col_json(q, 10),
        .owner_from = col_str(q, 11),
        .via = col_json(q, 12),
        .labels = col_json(q, 13),
        .reason = col_str(q, 14),
        .title = col_str(q, 15),
        .created = col_int(q, 16),
        .opened = col_int(q, 17),
        .resolved = col_int(q, 18),
        .changed = col_int(q, 19),
        .told = col_int(q, 20),
        .reopened = col_int(q, 21),
        .backlog = col_int(q, 22) != 0,
        .confidential = col_int(q, 23) != 0,
        .parent = col_str(q, 24),
        .human = col_json(q, 25),
        .descendants = col_int(q, 26),
        .next_at = col_int(q, 27),
        .left = col_json(q, 28),
        .escalated = col_int(q, 29),
        .unreached = col_json(q, 30),
    };
    sqlite3_reset(q);
    return 1;
}

int store_ticket_get(struct store *st, const char *key, struct ticket *t,
                     struct err *err)
{
    return ticket_one(
        st, db_query(st, err, TICKET_ROWS " WHERE key = ?", "t", key), t, err);
}

int store_ticket_by_id(struct store *st, int64_t id, struct ticket *t,
                       struct err *err)
{
    return ticket_one(
        st, db_query(st, err, TICKET_ROWS " WHERE id = ?", "i", id), t, err);
}

static int ticket_ids(struct store *st, const struct ticket_query *q,
                      struct id_list *l, struct err *err)
{
#define TICKET_FILTERS                                                         \
    " (?1 IS NULL OR project = ?1) AND (?2 IS NULL OR owner = ?2)"             \
    " AND (?3 IS NULL OR EXISTS (SELECT 1 FROM json_each(persons)"             \
    "  WHERE value = ?3)) AND (NOT ?4 OR state <> 2)"                          \
    " AND (NOT ?5 OR backlog)"                                                 \
    " AND (?6 <= 0 OR (next_at > 0 AND next_at <= ?6)) ORDER BY id"
    static const char any[] = "SELECT id FROM ticket WHERE" TICKET_FILTERS;
    static const char project[] = "SELECT id FROM ticket WHERE project = ?1"
                                  " AND" TICKET_FILTERS;
    static const char due[] = "SELECT id FROM ticket WHERE next_at > 0 AND"
                              " next_at <= ?6 AND" TICKET_FILTERS;
    static const char backlog[] =
        "SELECT id FROM ticket WHERE backlog AND" TICKET_FILTERS;
    static const char live[] =
        "SELECT id FROM ticket WHERE state <> 2 AND" TICKET_FILTERS;
    static const char unreached[] = "SELECT id FROM ticket WHERE unreached"
                                    " IS NOT NULL AND" TICKET_FILTERS;
    const char *sql = q->unreached_only    ? unreached
                      : q->project         ? project
                      : q->due > 0         ? due
                      : q->backlog_only    ? backlog
                      : q->unresolved_only ? live
                                           : any;
    sqlite3_stmt *s =
        db_query(st, err, sql, "tttddi", q->project, q->owner, q->person,
                 (int)q->unresolved_only, (int)q->backlog_only, q->due);

    return s ? id_list_fill(st, l, s, err) : -1;
}

int store_ticket_each(struct store *st, const struct ticket_query *q,
                      int (*each)(void *user, struct ticket *t), void *user,
                      struct err *err)
{
    struct id_list l CLEANUP_IDS = { 0 };

    if (ticket_ids(st, q, &l, err) < 0)
        return -1;
    int r = 0;
    for (size_t n = 0; r == 0 && n < l.nr; n++) {
        struct ticket t;
        r = store_ticket_by_id(st, l.ids[n], &t, err);
        if (r == 1)
            r = each(user, &t);
        ticket_release(&t);
    }
    return r < 0 ? -1 : 0;
}

/* ---- members ---- */

int store_member_set(struct store *st, int64_t incident, const int64_t *tickets,
                     size_t nr, struct err *err)
{
    CLEANUP_FREE int64_t *have = NULL;
    size_t nr_have;

    if (store_member_tickets(st, incident, &have, &nr_have, err) < 0)
        return -1;
    if (nr == nr_have) { /* nearly always: nothing to write */
        size_t same = 0;
        for (size_t i = 0; i < nr; i++)
            for (size_t j = 0; j < nr; j++)
                same += tickets[i] == have[j];
        if (same == nr)
            return 0;
    }
    if (db_enter(st, err) < 0)
        return -1;
    bool ok =
        db_run(st, err, "DELETE FROM member WHERE incident = ?", "i", incident)
        == 0;
    for (size_t i = 0; ok && i < nr; i++)
        ok = db_run(st, err, "INSERT OR IGNORE INTO member VALUES(?, ?)", "ii",
                    incident, tickets[i])
             == 0;
    return db_leave(st, ok, err);
}

int store_member_tickets(struct store *st, int64_t incident, int64_t **tickets,
                         size_t *nr, struct err *err)
{
    struct id_list l = { 0 };
    sqlite3_stmt *q = db_query(st, err,
                               "SELECT ticket FROM member WHERE"
                               " incident = ? ORDER BY ticket",
                               "i", incident);

    *tickets = NULL;
    *nr = 0;
    if (!q || id_list_fill(st, &l, q, err) < 0) {
        id_list_release(&l);
        return -1;
    }
    *tickets = l.ids;
    *nr = l.nr;
    return 0;
}

/* ---- history ---- */

int store_history_add(struct store *st, int64_t ticket, int64_t at,
                      const char *event, const char *text, struct err *err)
{
    return db_change(
        st, err,
        "INSERT INTO history(ticket, at, event, text) VALUES(?, ?, ?, ?)",
        "iitt", ticket, at, event, text);
}

struct history_line {
    int64_t at;
    char *event, *text;
};

int store_history_each(struct store *st, int64_t ticket,
                       int (*each)(void *user, int64_t at, const char *event,
                                   const char *text),
                       void *user, struct err *err)
{
    struct history_line *l = NULL;
    size_t nr = 0, alloc = 0;
    sqlite3_stmt *q = db_query(st, err,
                               "SELECT at, event, text FROM history"
                               " WHERE ticket = ? ORDER BY id",
                               "i", ticket);
    int r;

    if (!q)
        return -1;
    while ((r = db_step(st, q, err)) == 1) {
        ALLOC_GROW(l, nr + 1, alloc);
        l[nr++] = (struct history_line){ col_int(q, 0), col_str(q, 1),
                                         col_str(q, 2) };
    }
    for (size_t i = 0; i < nr; i++) {
        if (r == 0)
            r = each(user, l[i].at, l[i].event, l[i].text);
        free(l[i].event);
        free(l[i].text);
    }
    free(l);
    return r < 0 ? -1 : 0;
}

/* ---- decisions ---- */

static void decision_from_row(sqlite3_stmt *q, struct decision *d)
{
    *d = (struct decision){
        .id = col_int(q, 0),
        .at = col_int(q, 1),
        .ticket = col_str(q, 2),
        .code = col_str(q, 3),
        .rule_at = col_str(q, 4),
        .text = col_str(q, 5),
        .inputs = col_json(q, 6),
    };
}

#define DECISION_ROWS                                                          \
    "SELECT id, at, ticket, code, rule_at, text, inputs FROM decision"         \
    " WHERE ticket = ?"

static bool inputs_equal(const json_t *a, const json_t *b)
{
    return a && b ? json_equal(a, b) : a == b;
}

int store_decision_put(struct store *st, const struct decision *d,
                       struct err *err)
{
    struct decision last = { 0 };
    sqlite3_stmt *q = db_query(st, err,
                               DECISION_ROWS " ORDER BY id DESC"
                                             " LIMIT 1",
                               "t", d->ticket);

    if (!q)
        return -1;
    int r = db_step(st, q, err);
    if (r < 0)
        return -1;
    if (r == 1) {
        decision_from_row(q, &last);
        sqlite3_reset(q);
    }
    bool same = r == 1 && str_eq(last.code, d->code)
                && str_eq(last.rule_at, d->rule_at)
                && inputs_equal(last.inputs, d->inputs);
    decision_release(&last);
    if (same)
        return 0;
    return db_change(st, err,
                     "INSERT INTO decision(ticket, at, code, rule_at, text, "
                     "inputs) VALUES(?, ?, ?, ?, ?, ?)",
                     "titttj", d->ticket, d->at, d->code, d->rule_at, d->text,
                     d->inputs);
}

int store_decision_each(struct store *st, const char *ticket,
                        int (*each)(void *user, const struct decision *d),
                        void *user, struct err *err)
{
    struct decision *l = NULL;
    size_t nr = 0, alloc = 0;
    sqlite3_stmt *q =
        db_query(st, err, DECISION_ROWS " ORDER BY id", "t", ticket);
    int r;

    if (!q)
        return -1;
    while ((r = db_step(st, q, err)) == 1) {
        ALLOC_GROW(l, nr + 1, alloc);
        decision_from_row(q, &l[nr++]);
    }
    for (size_t i = 0; i < nr; i++) {
        if (r == 0)
            r = each(user, &l[i]);
        decision_release(&l[i]);
    }
    free(l);
    return r < 0 ? -1 : 0;
}

/* ---- budgets ---- */

int store_spent_add(struct store *st, const char *person, int64_t at,
                    int64_t ticket, struct err *err)
{
    return db_change(st, err, "INSERT OR IGNORE INTO spent VALUES(?, ?, ?)",
                     "tii", person, at, ticket);
}

int store_spent_refund(struct store *st, int64_t ticket, struct err *err)
{
    return db_change(st, err, "DELETE FROM spent WHERE ticket = ?", "i",
                     ticket);
}

/* Decided on another day and told to nobody as yet, for its sink takes
 * nothing. What a sink holds back on purpose waits without a try. */
#define UNSENT                                                                 \
    " ticket IN (SELECT ticket FROM outbox WHERE state IN (1, 2)"              \
    " AND want = 'open' AND coalesce(have, 'none') = 'none'"                   \
    " AND (coalesce(tries, 0) > 0 OR coalesce(next_try, 0) = 0))"

int store_spent_count(struct store *st, const char *person, int64_t since,
                      int64_t *count, struct err *err)
{
    *count = 0;
    if (!person)
        return db_int(st, err, count,
                      "SELECT count(DISTINCT ticket) FROM"
                      " spent WHERE at >= ? OR" UNSENT,
                      "i", since)
                       < 0
                   ? -1
                   : 0;
    return db_int(st, err, count,
                  "SELECT count(DISTINCT ticket) FROM spent"
                  " WHERE person = ? AND (at >= ? OR" UNSENT ")",
                  "ti", person, since)
                   < 0
               ? -1
               : 0;
}
