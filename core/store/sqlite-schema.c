/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The schema as numbered steps, forward only. A step that was released must
 * never be edited: add another.
 */
#include <config.h>

#include "core/store/sqlite-private.h"

#include "core/base/mem.h"

/* Names are kept once (project, branch, source, job) and referred to by
 * number: rows of runs stay small, and a renamed project keeps them all. */
static const char schema_1[] =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"
    "CREATE TABLE cursor(instance TEXT PRIMARY KEY, value TEXT)"
    " WITHOUT ROWID;"
    "CREATE TABLE health(instance TEXT PRIMARY KEY, last_start INTEGER,"
    " last_ok INTEGER, last_fail INTEGER, trouble TEXT,"
    " trouble_since INTEGER, trouble_told INTEGER, failures INTEGER,"
    " back_off_until INTEGER, poisoned TEXT, deaths TEXT) WITHOUT ROWID;"
    "CREATE TABLE notice(instance TEXT NOT NULL, code TEXT NOT NULL,"
    " text TEXT, first INTEGER, last INTEGER, told INTEGER,"
    " PRIMARY KEY(instance, code)) WITHOUT ROWID;"
    "CREATE TABLE fact(subject TEXT NOT NULL, key TEXT NOT NULL,"
    " source TEXT NOT NULL, value TEXT, at INTEGER, seq INTEGER,"
    " PRIMARY KEY(subject, key, source));"

    "CREATE TABLE project(id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL,"
    " number TEXT, origin TEXT UNIQUE NOT NULL);"
    "CREATE UNIQUE INDEX project_number ON project(number)"
    " WHERE number IS NOT NULL;"
    "CREATE TABLE alias(name TEXT PRIMARY KEY, project INTEGER NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE TABLE branch(id INTEGER PRIMARY KEY, project INTEGER NOT NULL,"
    " name TEXT NOT NULL, dirty INTEGER NOT NULL DEFAULT 0,"
    " check_at INTEGER NOT NULL DEFAULT 0, UNIQUE(project, name));"
    "CREATE INDEX branch_check ON branch(check_at) WHERE check_at > 0;"
    "CREATE INDEX branch_dirty ON branch(dirty) WHERE dirty;"
    "CREATE TABLE source(id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL);"
    "CREATE TABLE job(id INTEGER PRIMARY KEY, source INTEGER NOT NULL,"
    " workflow TEXT NOT NULL, job TEXT NOT NULL, variant TEXT NOT NULL,"
    " UNIQUE(source, workflow, job, variant));"

    "CREATE TABLE run(id INTEGER PRIMARY KEY, source INTEGER NOT NULL,"
    " run_id TEXT NOT NULL, attempt INTEGER NOT NULL,"
    " branch INTEGER NOT NULL, job INTEGER NOT NULL, \"commit\" TEXT,"
    " url TEXT, trigger TEXT, outcome INTEGER NOT NULL, created INTEGER,"
    " started INTEGER, finished INTEGER, push_complete INTEGER,"
    " default_branch INTEGER, sum INTEGER, UNIQUE(source, run_id, attempt));"
    "CREATE INDEX run_branch ON run(branch, job, finished);"
    "CREATE INDEX run_finished ON run(finished);"
    "CREATE TABLE failure(run INTEGER NOT NULL, n INTEGER NOT NULL,"
    " fingerprint TEXT, rule TEXT, category TEXT, blame TEXT,"
    " is_primary INTEGER, detail TEXT);"
    "CREATE INDEX failure_run ON failure(run, n);"

    "CREATE TABLE standing(source TEXT NOT NULL, snapshot TEXT NOT NULL,"
    " key TEXT NOT NULL, branch INTEGER NOT NULL, entry TEXT,"
    " fingerprint TEXT, missing INTEGER, since INTEGER, last INTEGER,"
    " PRIMARY KEY(source, snapshot, key));"
    "CREATE INDEX standing_branch ON standing(branch);"

    "CREATE TABLE incident(id INTEGER PRIMARY KEY,"
    " public_id TEXT UNIQUE NOT NULL, branch INTEGER NOT NULL,"
    " fingerprint TEXT NOT NULL, kind TEXT, source TEXT, rule TEXT,"
    " category TEXT, blame TEXT, state INTEGER NOT NULL,"
    " standing INTEGER NOT NULL, \"end\" INTEGER, ended INTEGER,"
    " first_seen INTEGER, last_seen INTEGER, first_ever INTEGER,"
    " pushes INTEGER, attempts REAL, greens INTEGER, flaky INTEGER,"
    " flaky_at INTEGER, relapses INTEGER, relapsed_at INTEGER,"
    " stale INTEGER, superseded_by TEXT, outbreak TEXT, caused_by TEXT,"
    " first_red_commit TEXT, last_red_commit TEXT, last_green_commit TEXT,"
    " last_green_at INTEGER, url TEXT, target TEXT, opened INTEGER,"
    " resolved INTEGER, backlog INTEGER, next_at INTEGER,"
    " dirty INTEGER NOT NULL DEFAULT 1, extra TEXT, jobs TEXT,"
    /* Last: it is long, and what stands before it is read without it. */
    " failure TEXT, UNIQUE(branch, fingerprint));"
    "CREATE INDEX incident_over ON incident(ended) WHERE state = 2 AND"
    " NOT standing;"
    "CREATE INDEX incident_dirty ON incident(dirty) WHERE dirty;"
    "CREATE INDEX incident_next ON incident(next_at) WHERE next_at > 0;"
    "CREATE INDEX incident_live ON incident(source, category)"
    " WHERE state <> 2;"
    "CREATE INDEX incident_outbreak ON incident(outbreak)"
    " WHERE outbreak IS NOT NULL;"
    "CREATE INDEX incident_stale ON incident(source) WHERE stale;"
    "CREATE INDEX incident_standing ON incident(fingerprint, category)"
    " WHERE standing;"
    "CREATE INDEX incident_seen ON incident(first_seen);"

    "CREATE TABLE outbreak(key TEXT PRIMARY KEY, category TEXT,"
    " fingerprint TEXT, state TEXT, began INTEGER, last_joined INTEGER,"
    " ended INTEGER, projects INTEGER, owners INTEGER) WITHOUT ROWID;"

    "CREATE TABLE ticket(id INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL,"
    " grp TEXT, project TEXT, branch TEXT, kind TEXT,"
    " state INTEGER NOT NULL, route TEXT, route_at TEXT, owner TEXT,"
    " persons TEXT, owner_from TEXT, via TEXT, labels TEXT, reason TEXT,"
    " title TEXT, created INTEGER, opened INTEGER, resolved INTEGER,"
    " changed INTEGER, told INTEGER, reopened INTEGER, backlog INTEGER,"
    " confidential INTEGER, parent TEXT, human TEXT, descendants INTEGER,"
    " next_at INTEGER);"
    "CREATE INDEX ticket_project ON ticket(project);"
    "CREATE INDEX ticket_next ON ticket(next_at) WHERE next_at > 0;"
    "CREATE INDEX ticket_live ON ticket(owner) WHERE state <> 2;"
    "CREATE INDEX ticket_over ON ticket(resolved) WHERE state = 2;"
    "CREATE INDEX ticket_backlog ON ticket(id) WHERE backlog;"
    "CREATE TABLE member(incident INTEGER NOT NULL,"
    " ticket INTEGER NOT NULL, PRIMARY KEY(incident, ticket))"
    " WITHOUT ROWID;"
    "CREATE INDEX member_ticket ON member(ticket);"
    "CREATE TABLE history(id INTEGER PRIMARY KEY, ticket INTEGER NOT NULL,"
    " at INTEGER, event TEXT, text TEXT);"
    "CREATE INDEX history_ticket ON history(ticket, id);"
    "CREATE INDEX history_at ON history(at);"
    "CREATE TABLE decision(id INTEGER PRIMARY KEY, ticket TEXT NOT NULL,"
    " at INTEGER, code TEXT, rule_at TEXT, text TEXT, inputs TEXT);"
    "CREATE INDEX decision_ticket ON decision(ticket, id);"
    "CREATE INDEX decision_at ON decision(at);"
    "CREATE TABLE spent(person TEXT NOT NULL, at INTEGER NOT NULL,"
    " ticket INTEGER NOT NULL, PRIMARY KEY(person, at, ticket))"
    " WITHOUT ROWID;"
    "CREATE INDEX spent_at ON spent(at, ticket);"
    "CREATE TABLE silence(id INTEGER PRIMARY KEY AUTOINCREMENT, author TEXT,"
    " comment TEXT, starts INTEGER, ends INTEGER, created INTEGER,"
    " match TEXT);"
    "CREATE TABLE outbox(id INTEGER PRIMARY KEY, ticket INTEGER NOT NULL,"
    " sink TEXT NOT NULL, state INTEGER NOT NULL, want TEXT,"
    " want_op INTEGER, why TEXT, have TEXT, have_digest TEXT,"
    " have_counts_at INTEGER, nonce TEXT, intent_at INTEGER,"
    " remote_id TEXT, url TEXT, sent_at INTEGER, reminded_at INTEGER,"
    " tries INTEGER, next_try INTEGER, last_error TEXT,"
    " UNIQUE(ticket, sink));"
    "CREATE INDEX outbox_due ON outbox(sink) WHERE state IN (1, 2);";

static const char schema_2[] = "ALTER TABLE ticket ADD COLUMN unreached TEXT;"
                               "CREATE INDEX ticket_unreached ON ticket(id)"
                               " WHERE unreached IS NOT NULL;";

static const char schema_3[] =
    "CREATE TABLE validator(instance TEXT NOT NULL, url TEXT NOT NULL,"
    " etag TEXT, modified TEXT, used INTEGER NOT NULL,"
    " PRIMARY KEY(instance, url)) WITHOUT ROWID;"
    "CREATE INDEX validator_used ON validator(used);";

/* Rules change, and with them what runs were red of. */
static const char schema_4[] =
    "ALTER TABLE run ADD COLUMN rules TEXT;"
    "CREATE INDEX failure_unknown ON failure(fingerprint) WHERE is_primary"
    " AND rule IS NULL;"
    "CREATE TABLE green_hit(rule TEXT NOT NULL, day INTEGER NOT NULL,"
    " logs INTEGER NOT NULL, PRIMARY KEY(rule, day)) WITHOUT ROWID;"
    "CREATE TABLE baseline(branch INTEGER NOT NULL, job INTEGER NOT NULL,"
    " at INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY(branch, job));"
    "CREATE INDEX baseline_at ON baseline(at);";

/* The name under which a source said it, when that is not the subject. */
static const char schema_5[] = "ALTER TABLE fact ADD COLUMN said TEXT;";

/* The text of failure.excerpt, which need not be parsed. */
static const char schema_6[] = "ALTER TABLE incident ADD COLUMN excerpt TEXT;";

static const char schema_7[] = "ALTER TABLE run ADD COLUMN kept INTEGER;";

static const char schema_8[] =
    "CREATE INDEX incident_flaky ON incident(flaky_at) WHERE flaky > 0;";

/* Guards: what was written by day, and what waits for an operator's word. */
static const char schema_9[] =
    "CREATE TABLE sent(sink TEXT NOT NULL, kind TEXT NOT NULL,"
    " day INTEGER NOT NULL, n INTEGER NOT NULL, approved INTEGER NOT NULL,"
    " PRIMARY KEY(sink, kind, day)) WITHOUT ROWID;"
    "CREATE TABLE breaker(sink TEXT NOT NULL, kind TEXT NOT NULL,"
    " since INTEGER, last INTEGER, wanted INTEGER, most INTEGER,"
    " allowed INTEGER, until INTEGER, PRIMARY KEY(sink, kind))"
    " WITHOUT ROWID;"
    "CREATE TABLE rule_stop(rule TEXT PRIMARY KEY, stopped INTEGER NOT NULL,"
    " why TEXT, lifted INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE stray(sink TEXT NOT NULL, ticket TEXT NOT NULL,"
    " remote TEXT, seen INTEGER, PRIMARY KEY(sink, ticket)) WITHOUT ROWID;"
    "CREATE INDEX incident_rule ON incident(rule);";

/* A sink may have told some of the people and not others. */
static const char schema_10[] = "ALTER TABLE outbox ADD COLUMN pending TEXT;";

/* Who is not called, and when a ticket went on to its next owner. */
static const char schema_11[] =
    "ALTER TABLE ticket ADD COLUMN left_out TEXT;"
    "ALTER TABLE ticket ADD COLUMN escalated INTEGER NOT NULL DEFAULT 0;";

/* What a source saw and another one may know more of. */
static const char schema_12[] =
    "CREATE TABLE lead(url TEXT PRIMARY KEY, place TEXT NOT NULL,"
    " project TEXT NOT NULL, source TEXT NOT NULL, at INTEGER NOT NULL,"
    " told INTEGER NOT NULL, taken INTEGER NOT NULL) WITHOUT ROWID;";

static const char *const steps[] = {
    schema_1, schema_2, schema_3, schema_4,  schema_5,  schema_6,
    schema_7, schema_8, schema_9, schema_10, schema_11, schema_12,
};

static int schema_version(void)
{
    return (int)ARRAY_SIZE(steps);
}

static int pragma_int(struct store *st, const char *sql, int64_t *out,
                      struct err *err)
{
    sqlite3_stmt *q;

    if (sqlite3_prepare_v2(st->db, sql, -1, &q, NULL) != SQLITE_OK)
        return db_error(st, err, "open");
    int rc = sqlite3_step(q);
    *out = rc == SQLITE_ROW ? sqlite3_column_int64(q, 0) : 0;
    if (rc != SQLITE_ROW)
        db_error(st, err, "open");
    sqlite3_finalize(q);
    return rc == SQLITE_ROW ? 0 : -1;
}

/* *have: the version that stands there, 0 for an empty file. */
static int schema_look(struct store *st, int64_t *have, struct err *err)
{
    int64_t app = 0, tables = 0;

    if (pragma_int(st, "PRAGMA application_id", &app, err) < 0
        || pragma_int(st, "PRAGMA user_version", have, err) < 0
        || pragma_int(st, "SELECT count(*) FROM sqlite_schema", &tables, err)
               < 0)
        return -1;
    if (app != SCHEMA_APPLICATION_ID && (app != 0 || tables != 0))
        return err_set(err, ERR_STORE,
                       "state %s is a database of another program", st->path);
    if (*have > schema_version())
        return err_set(err, ERR_VERSION,
                       "state %s was written by a newer Tocsin (version "
                       "%lld, this one knows up to %d): use that one",
                       st->path, (long long)*have, schema_version());
    return 0;
}

static int schema_step(struct store *st, int64_t from, struct err *err)
{
    CLEANUP_FREE char *mark =
        xasprintf("PRAGMA application_id=%d; PRAGMA user_version=%lld",
                  SCHEMA_APPLICATION_ID, (long long)from + 1);

    if (sqlite3_exec(st->db, steps[from], NULL, NULL, NULL) != SQLITE_OK
        || sqlite3_exec(st->db, mark, NULL, NULL, NULL) != SQLITE_OK)
        return db_error(st, err, "migrate");
    return 0;
}

int schema_migrate(struct store *st, struct err *err)
{
    int64_t have = 0;

    if (schema_look(st, &have, err) < 0)
        return -1;
    if (have == schema_version())
        return 0;
    if (st->flags & STORE_READ_ONLY)
        return err_set(err, ERR_VERSION,
                       "state %s was written by an older Tocsin: the next "
                       "`tocsin run` brings it up to date",
                       st->path);
    if (db_enter(st, err) < 0)
        return -1;
    /* Another process may have been faster. */
    bool ok = schema_look(st, &have, err) == 0;
    for (; ok && have < schema_version(); have++)
        ok = schema_step(st, have, err) == 0;
    if (db_leave(st, ok, err) < 0)
        return -1;
    st->transactions = 0;
    return 0;
}
