/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Incidents. Must not work out evidence: it keeps what
 * incident/ and route/ found.
 */
#include <config.h>

#include "core/store/sqlite-private.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"

/* ---- jobs, as one JSON column ---- */

static json_t *jobs_pack(const struct incident *i)
{
    json_t *a = json_array();

    for (size_t n = 0; n < i->nr_jobs; n++) {
        const struct incident_job *j = &i->jobs[n];
        json_t *o = json_object();
        jx_set_str(o, "key", j->key);
        jx_set_str(o, "name", j->name);
        jx_set_bool(o, "standing", j->standing);
        jx_set_int(o, "end", j->end);
        jx_set_int(o, "run", j->run);
        jx_set_str(o, "url", j->url);
        jx_set_str(o, "commit", j->commit);
        jx_set_int(o, "at", j->at);
        jx_set_int(o, "greens", j->greens);
        json_array_append_new(a, o);
    }
    return a;
}

static void jobs_unpack(sqlite3_stmt *q, int col, struct incident *i)
{
    json_t *a CLEANUP_JSON = col_json(q, col);
    size_t n;
    json_t *o;

    i->nr_jobs = json_array_size(a);
    i->jobs = i->nr_jobs ? xcalloc(i->nr_jobs, sizeof(*i->jobs)) : NULL;
    json_array_foreach(a, n, o)
        i->jobs[n] = (struct incident_job){
            .key = xstrdup0(jx_str(o, "key")),
            .name = xstrdup0(jx_str(o, "name")),
            .standing = jx_bool(o, "standing", false),
            .end = (enum incident_end)jx_int(o, "end", 0),
            .run = jx_int(o, "run", 0),
            .url = xstrdup0(jx_str(o, "url")),
            .commit = xstrdup0(jx_str(o, "commit")),
            .at = jx_int(o, "at", 0),
            .greens = (int)jx_int(o, "greens", 0),
        };
}

/* ---- the excerpt, beside its JSON ---- */

/* By far the longest text of an incident, and most of the time that reading
 * one took went into parsing it: it is kept as it is. */
#define EXCERPT_MIN 200

/* The failure as it is kept (new), and *text (borrowed from i) or NULL. */
static json_t *failure_pack(const struct incident *i, const char **text)
{
    const json_t *excerpt = jx_obj(i->failure, "excerpt");
    const json_t *v = json_object_get(excerpt, "text");
    const char *s = json_string_value(v);
    json_t *failure, *rest;

    *text = NULL;
    if (!s || json_string_length(v) < EXCERPT_MIN
        || strlen(s) != json_string_length(v))
        return json_incref(i->failure);
    *text = s;
    rest = json_copy((json_t *)excerpt);
    json_object_del(rest, "text");
    failure = json_copy(i->failure);
    json_object_set_new(failure, "excerpt", rest);
    return failure;
}

static json_t *failure_unpack(sqlite3_stmt *q, int failure, int excerpt)
{
    json_t *v = col_json(q, failure);
    const char *text = (const char *)sqlite3_column_text(q, excerpt);
    json_t *into = jx_obj(v, "excerpt");

    /* it was a string of jansson's: it is UTF-8 */
    if (text && into)
        json_object_set_new_nocheck(
            into, "text",
            json_stringn_nocheck(text,
                                 (size_t)sqlite3_column_bytes(q, excerpt)));
    return v;
}

/* ---- writing ---- */

/* What people type: 8 hex digits, the same in a state that was lost and
 * found again, unless two collide. */
static int public_id_make(struct store *st, struct incident *i, struct err *err)
{
    CLEANUP_FREE char *origin = store_project_origin(st, i->project);

    for (int salt = 0;; salt++) {
        char hex[65], n[16];
        int64_t taken;
        struct digest *d = digest_new();
        snprintf(n, sizeof(n), "%d", salt);
        digest_field(d, origin);
        digest_field(d, i->branch);
        digest_field(d, i->fingerprint);
        digest_field(d, n);
        digest_end(d, hex);
        hex[8] = '\0';
        int r = db_int(st, err, &taken,
                       "SELECT 1 FROM incident WHERE"
                       " public_id = ?",
                       "t", hex);
        if (r < 0)
            return -1;
        if (r == 0) {
            free(i->public_id);
            i->public_id = xstrdup(hex);
            return 0;
        }
    }
}

#define INCIDENT_COLUMNS                                                       \
    "kind, source, rule, category, blame, failure, state, standing,"           \
    " \"end\", ended, first_seen, last_seen, first_ever, pushes, attempts,"    \
    " greens, flaky, flaky_at, relapses, relapsed_at, stale,"                  \
    " superseded_by, outbreak, caused_by, first_red_commit,"                   \
    " last_red_commit, last_green_commit, last_green_at, url, target,"         \
    " extra, opened, resolved, backlog, next_at, jobs, excerpt"
#define INCIDENT_MARKS                                                         \
    "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?"  \
    ",?"
#define INCIDENT_TYPES                                                         \
    "tttttjddd"                                                                \
    "iiiiif"                                                                   \
    "iiiiidtttttt"                                                             \
    "ittjiidijt"
#define INCIDENT_VALUES(i, jobs, failure, excerpt)                             \
    (i)->kind, (i)->source, (i)->rule, (i)->category, (i)->blame, (failure),   \
        (int)(i)->state, (int)(i)->standing, (int)(i)->end, (i)->ended,        \
        (i)->first_seen, (i)->last_seen, (i)->first_ever, (i)->pushes,         \
        (i)->attempts, (i)->greens, (i)->flaky, (i)->flaky_at, (i)->relapses,  \
        (i)->relapsed_at, (int)(i)->stale, (i)->superseded_by, (i)->outbreak,  \
        (i)->caused_by, (i)->first_red_commit, (i)->last_red_commit,           \
        (i)->last_green_commit, (i)->last_green_at, (i)->url, (i)->target,     \
        (i)->extra, (i)->opened, (i)->resolved, (int)(i)->backlog,             \
        (i)->next_at, (jobs), (excerpt)

static int incident_write(struct store *st, struct incident *i, bool quiet,
                          struct err *err)
{
    const char *excerpt;
    json_t *jobs CLEANUP_JSON = jobs_pack(i);
    json_t *failure CLEANUP_JSON = failure_pack(i, &excerpt);
    int64_t branch;

    if (branch_find(st, i->project, i->branch, true, &branch, err) < 0)
        return -1;
    if (!i->id
        && db_int(st, err, &i->id,
                  "SELECT id FROM incident WHERE branch = ?"
                  " AND fingerprint = ?",
                  "it", branch, i->fingerprint)
               < 0)
        return -1;
    if (i->id)
        return db_run(st, err,
                      "UPDATE incident SET (" INCIDENT_COLUMNS
                      ") = (" INCIDENT_MARKS "), dirty = CASE WHEN ? THEN"
                      " dirty ELSE 1 END WHERE id = ?",
                      INCIDENT_TYPES "di",
                      INCIDENT_VALUES(i, jobs, failure, excerpt), (int)quiet,
                      i->id);
    if (public_id_make(st, i, err) < 0
        || db_run(
               st, err,
               "INSERT INTO incident(" INCIDENT_COLUMNS
               ", dirty, branch, fingerprint, public_id) VALUES(" INCIDENT_MARKS
               ",?,?,?,?)",
               INCIDENT_TYPES "ditt",
               INCIDENT_VALUES(i, jobs, failure, excerpt), (int)!quiet, branch,
               i->fingerprint, i->public_id)
               < 0)
        return -1;
    i->id = sqlite3_last_insert_rowid(st->db);
    return 0;
}

int store_incident_put(struct store *st, struct incident *i, bool quiet,
                       struct err *err)
{
    if (db_enter(st, err) < 0)
        return -1;
    bool ok = incident_write(st, i, quiet, err) == 0;
    return db_leave(st, ok, err);
}

/* ---- reading ---- */

#define INCIDENT_ROWS                                                          \
    "SELECT i.id, public_id, p.name, b.name, fingerprint, " INCIDENT_COLUMNS   \
    " FROM incident i JOIN branch b ON b.id = i.branch"                        \
    " JOIN project p ON p.id = b.project"

static void incident_from_row(sqlite3_stmt *q, struct incident *i)
{
    *i = (struct incident){
        .id = col_int(q, 0),
        .public_id = col_str(q, 1),
        .project = col_str(q, 2),
        .branch = col_str(q, 3),
        .fingerprint = col_str(q, 4),
        .kind = col_str(q, 5),
        .source = col_str(q, 6),
        .rule = col_str(q, 7),
        .category = col_str(q, 8),
        .blame = col_str(q, 9),
        .failure = failure_unpack(q, 10, 41),
        .state = (enum incident_state)col_int(q, 11),
        .standing = col_int(q, 12) != 0,
        .end = (enum incident_end)col_int(q, 13),
        .ended = col_int(q, 14),
        .first_seen = col_int(q, 15),
        .last_seen = col_int(q, 16),
        .first_ever = col_int(q, 17),
        .pushes = col_int(q, 18),
        .attempts = sqlite3_column_double(q, 19),
        .greens = col_int(q, 20),
        .flaky = col_int(q, 21),
        .flaky_at = col_int(q, 22),
        .relapses = col_int(q, 23),
        .relapsed_at = col_int(q, 24),
        .stale = col_int(q, 25) != 0,
        .superseded_by = col_str(q, 26),
        .outbreak = col_str(q, 27),
        .caused_by = col_str(q, 28),
        .first_red_commit = col_str(q, 29),
        .last_red_commit = col_str(q, 30),
        .last_green_commit = col_str(q, 31),
        .last_green_at = col_int(q, 32),
        .url = col_str(q, 33),
        .target = col_str(q, 34),
        .extra = col_json(q, 35),
        .opened = col_int(q, 36),
        .resolved = col_int(q, 37),
        .backlog = col_int(q, 38) != 0,
        .next_at = col_int(q, 39),
    };
    jobs_unpack(q, 40, i);
}

static int incident_one(struct store *st, sqlite3_stmt *q, struct incident *i,
                        struct err *err)
{
    memset(i, 0, sizeof(*i));
    if (!q)
        return -1;
    int r = db_step(st, q, err);
    if (r == 1) {
        incident_from_row(q, i);
        sqlite3_reset(q);
    }
    return r;
}

int store_incident_get(struct store *st, const char *project,
                       const char *branch, const char *fingerprint,
                       struct incident *i, struct err *err)
{
    int64_t id;
    int got =
        incident_one(st,
                     db_query(st, err,
                              INCIDENT_ROWS " WHERE"
                                            " p.name = ? AND b.name = ? AND"
                                            " fingerprint = ?",
                              "ttt", project, branch, fingerprint),
                     i, err);

    if (got)
        return got;
    /* not under its present name: it may be known by another one */
    if (branch_find(st, project, branch, false, &id, err) < 0)
        return -1;
    if (!id)
        return 0;
    return incident_one(st,
                        db_query(st, err,
                                 INCIDENT_ROWS " WHERE branch"
                                               " = ? AND fingerprint = ?",
                                 "it", id, fingerprint),
                        i, err);
}

int store_incident_by_id(struct store *st, const char *public_id_prefix,
                         struct incident *i, struct err *err)
{
    struct id_list l CLEANUP_IDS = { 0 };

    memset(i, 0, sizeof(*i));
    if (!*public_id_prefix
        || strspn(public_id_prefix, "0123456789abcdef")
               != strlen(public_id_prefix))
        return 0;
    CLEANUP_FREE char *end = xasprintf("%sg", public_id_prefix);
    sqlite3_stmt *q = db_query(st, err,
                               "SELECT id FROM incident WHERE"
                               " public_id >= ? AND public_id < ? LIMIT 2",
                               "tt", public_id_prefix, end);
    if (!q || id_list_fill(st, &l, q, err) < 0)
        return -1;
    if (l.nr > 1)
        return err_set(err, ERR_USAGE,
                       "incident %s: more than one begins "
                       "so; give more digits",
                       public_id_prefix);
    if (l.nr == 0)
        return 0;
    return incident_one(st,
                        db_query(st, err,
                                 INCIDENT_ROWS " WHERE i.id"
                                               " = ?",
                                 "i", l.ids[0]),
                        i, err);
}

/* Ids by the narrowest index that the query allows. */
static int incident_ids(struct store *st, const struct incident_query *q,
                        struct id_list *l, struct err *err)
{
#define FILTERS                                                                \
    " (?1 IS NULL OR b.project = ?1) AND (?2 IS NULL OR b.name = ?2)"          \
    " AND (?3 IS NULL OR fingerprint = ?3)"                                    \
    " AND (?4 IS NULL OR category = ?4) AND (?5 IS NULL OR source = ?5)"       \
    " AND (?6 IS NULL OR outbreak = ?6)"                                       \
    " AND (NOT ?7 OR state <> 2) AND (NOT ?8 OR standing)"                     \
    " AND (?9 <= 0 OR i.dirty OR (next_at > 0 AND next_at <= ?9))"             \
    " AND (?10 <= 0 OR first_seen >= ?10)"                                     \
    " AND (?11 IS NULL OR i.id IN (SELECT m.incident FROM member m JOIN"       \
    "  ticket t ON t.id = m.ticket WHERE t.key = ?11)) ORDER BY i.id"
#define FROM " FROM incident i JOIN branch b ON b.id = i.branch"
    static const char any[] = "SELECT i.id" FROM " WHERE" FILTERS;
    static const char live[] =
        "SELECT i.id" FROM " WHERE i.state <> 2 AND" FILTERS;
    static const char due[] =
        "SELECT i.id" FROM " WHERE i.id IN (SELECT id FROM incident WHERE"
        " dirty UNION SELECT id FROM incident WHERE next_at > 0 AND"
        " next_at <= ?9) AND" FILTERS;
    static const char project[] =
        "SELECT i.id FROM branch b JOIN incident i ON i.branch = b.id"
        " WHERE b.project = ?1 AND" FILTERS;
    static const char outbreak[] = "SELECT i.id" FROM " WHERE i.outbreak ="
                                   " ?6 AND" FILTERS;
    static const char standing[] = "SELECT i.id" FROM " WHERE i.standing AND"
                                   " i.fingerprint = ?3 AND" FILTERS;
    static const char ticket[] =
        "SELECT i.id" FROM " WHERE i.id IN (SELECT m.incident FROM ticket t"
        " JOIN member m ON m.ticket = t.id WHERE t.key = ?11) AND" FILTERS;
    const char *sql = q->ticket                            ? ticket
                      : q->project                         ? project
                      : q->outbreak                        ? outbreak
                      : q->due > 0                         ? due
                      : q->standing_only && q->fingerprint ? standing
                      : q->unresolved_only                 ? live
                                                           : any;
    int64_t id = 0;

    if (q->project
        && project_find(st, q->project, NULL, 0, false, &id, err) < 0)
        return -1;
    if (q->project && !id)
        return 0;
    sqlite3_stmt *s =
        db_query(st, err, sql, "itttttddiit", id, q->branch, q->fingerprint,
                 q->category, q->source, q->outbreak, (int)q->unresolved_only,
                 (int)q->standing_only, q->due, q->seen_since, q->ticket);
    if (!s)
        return -1;
    if (!q->project)
        sqlite3_bind_null(s, 1);
    return id_list_fill(st, l, s, err);
}

int store_incident_each(struct store *st, const struct incident_query *q,
                        int (*each)(void *user, struct incident *i), void *user,
                        struct err *err)
{
    struct id_list l CLEANUP_IDS = { 0 };

    if (incident_ids(st, q, &l, err) < 0)
        return -1;
    int r = 0;
    for (size_t n = 0; r == 0 && n < l.nr; n++) {
        struct incident i;
        r = incident_one(st,
                         db_query(st, err,
                                  INCIDENT_ROWS " WHERE i.id"
                                                " = ?",
                                  "i", l.ids[n]),
                         &i, err);
        if (r == 1)
            r = each(user, &i);
        incident_release(&i);
    }
    return r < 0 ? -1 : 0;
}
