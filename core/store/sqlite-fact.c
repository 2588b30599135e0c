/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Facts, standing entries of snapshots. Must not decide what a fact means,
 * but for the names of projects.
 */
#include <config.h>

#include "core/store/sqlite-private.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"

/* ---- facts ---- */

int store_fact_get(struct store *st, const char *subject, const char *key,
                   json_t **value, struct err *err)
{
    return db_json(st, err, value,
                   "SELECT value FROM fact WHERE subject = ? AND key = ?"
                   " ORDER BY at DESC, seq DESC LIMIT 1",
                   "tt", subject, key);
}

/* What follows from a changed fact for the project it is about. */
static int fact_follow(struct store *st, const char *subject, const char *key,
                       const json_t *value, int64_t now, struct err *err)
{
    bool evidence = !strcmp(key, "archived") || !strcmp(key, "default_branch")
                    || !strcmp(key, STORE_FACT_GIVEN_UP);
    int64_t id;

    if (!strchr(subject, '/') || strchr(subject, ':'))
        return 0;
    if (!strcmp(key, "renamed_to") && json_is_string(value))
        return project_rename(st, subject, json_string_value(value), err);
    if (!strcmp(key, "id") && json_is_string(value)
        && project_find(st, subject, json_string_value(value), now, false, &id,
                        err)
               < 0)
        return -1;
    if (!strcmp(key, "id") && json_is_string(value)) {
        int64_t by_name = 0;
        if (project_find(st, subject, NULL, now, false, &by_name, err) < 0)
            return -1;
        if ((id || by_name)
            && project_find(st, subject, json_string_value(value), now, true,
                            &id, err)
                   < 0)
            return -1;
    }
    return project_dirty(st, subject, evidence, err);
}

/* A fact on its way in. */
struct fact_word {
    const char *source, *key;
    const json_t *value; /* NULL: withdrawn */
    const char *said;    /* the subject's name as the source says it */
    char *subject;       /* ... and as it is now */
    int64_t now;
};

static bool is_project(const char *subject)
{
    return strchr(subject, '/') && !strchr(subject, ':');
}

/* An id that is not the renamed project's: another one took the old name. */
static int is_taker(struct store *st, const struct fact_word *w, bool *yes,
                    struct err *err)
{
    int64_t same = 0;

    *yes = false;
    if (strcmp(w->key, "id") || !json_is_string(w->value))
        return 0;
    int r = db_int(st, err, &same,
                   "SELECT number IS NULL OR number = ?2"
                   " FROM project WHERE name = ?1",
                   "tt", w->subject, json_string_value(w->value));
    *yes = r == 1 && !same;
    return r < 0 ? -1 : 0;
}

/* What is said of an old name is about the project that bore it, but for
 * the word of its renaming. */
static int fact_address(struct store *st, struct fact_word *w, struct err *err)
{
    int64_t lives = 0;
    bool taker;

    w->subject = xstrdup(w->said);
    if (!is_project(w->said) || !strcmp(w->key, "renamed_to"))
        return 0;
    int r = db_int(st, err, &lives, "SELECT 1 FROM project WHERE name = ?", "t",
                   w->said);
    if (r != 0)
        return r < 0 ? -1 : 0;
    free(w->subject);
    w->subject = store_project_name(st, w->said);
    if (!strcmp(w->subject, w->said))
        return 0;
    if (is_taker(st, w, &taker, err) < 0)
        return -1;
    if (taker)
        str_replace(&w->subject, w->said);
    return 0;
}

static int fact_write(struct store *st, const struct fact_word *w,
                      struct err *err)
{
    bool same = !strcmp(w->said, w->subject);

    if (!w->value)
        return db_run(st, err,
                      "DELETE FROM fact WHERE subject = ? AND key ="
                      " ? AND source = ?",
                      "ttt", w->subject, w->key, w->source);
    return db_run(st, err,
                  "INSERT OR REPLACE INTO fact(subject, key,"
                  " source, value, at, seq, said) VALUES(?1, ?2, ?3, ?4, ?5,"
                  " (SELECT coalesce(max(seq), 0) + 1 FROM fact WHERE"
                  "  subject = ?1 AND key = ?2), ?6)",
                  "tttjit", w->subject, w->key, w->source, w->value, w->now,
                  same ? NULL : w->said);
}

/* 1: nothing to do. The source has said exactly this already; or it says it
 * of the old name, and something else of the present one, which counts. */
static int fact_is_known(struct store *st, const struct fact_word *w,
                         struct err *err)
{
    sqlite3_stmt *q = db_query(st, err,
                               "SELECT value, coalesce(said,"
                               " subject) FROM fact WHERE subject = ? AND"
                               " key = ? AND source = ?",
                               "ttt", w->subject, w->key, w->source);
    if (!q)
        return -1;
    int r = db_step(st, q, err);
    if (r < 0)
        return -1;
    if (r == 0)
        return !w->value;
    const char *said = (const char *)sqlite3_column_text(q, 1);
    bool same_name = str_eq(said, w->said), known = false;
    if (!same_name && strcmp(w->said, w->subject) != 0
        && (str_eq(said, w->subject) || !w->value)) {
        known = true;
    } else if (w->value && same_name) {
        CLEANUP_FREE char *text = jx_dump(w->value);
        known = str_eq(text, (const char *)sqlite3_column_text(q, 0));
    }
    sqlite3_reset(q);
    return known;
}

static int fact_put(struct store *st, const struct fact_word *w, bool *changed,
                    struct err *err)
{
    json_t *before CLEANUP_JSON = NULL;
    json_t *after CLEANUP_JSON = NULL;

    if (store_fact_get(st, w->subject, w->key, &before, err) < 0
        || fact_write(st, w, err) < 0
        || store_fact_get(st, w->subject, w->key, &after, err) < 0)
        return -1;
    bool same = before && after ? json_equal(before, after) : before == after;
    *changed = !same;
    return same ? 0 : fact_follow(st, w->subject, w->key, after, w->now, err);
}

int store_fact_put(struct store *st, const struct fact *f, bool *changed,
                   struct err *err)
{
    struct fact_word w = {
        .source = f->source,
        .key = f->key,
        .value = json_is_null(f->value) ? NULL : f->value,
        .said = f->subject,
        .now = f->at,
    };
    bool unused;

    if (!changed)
        changed = &unused;
    *changed = false;
    int known = fact_address(st, &w, err);
    if (known == 0)
        known = fact_is_known(st, &w, err);
    if (known == 0 && db_enter(st, err) == 0) {
        bool ok = fact_put(st, &w, changed, err) == 0;
        known = db_leave(st, ok, err);
    } else if (known == 0) {
        known = -1;
    }
    free(w.subject);
    return known < 0 ? -1 : 0;
}

/* ---- standing entries ---- */

void standing_release(struct standing *s)
{
    free(s->source);
    free(s->snapshot);
    free(s->key);
    free(s->project);
    free(s->branch);
    json_decref(s->entry);
    free(s->fingerprint);
    memset(s, 0, sizeof(*s));
}

/* *branch: where it stands now, 0 nowhere; same: nothing would change. */
static int standing_look(struct store *st, const struct standing *s,
                         int64_t branch, int64_t *was, bool *same,
                         struct err *err)
{
    sqlite3_stmt *q = db_query(st, err,
                               "SELECT branch, entry, fingerprint,"
                               " missing FROM standing WHERE source = ? AND"
                               " snapshot = ? AND key = ?",
                               "ttt", s->source, s->snapshot, s->key);
    *was = 0;
    *same = false;
    if (!q)
        return -1;
    int r = db_step(st, q, err);
    if (r != 1)
        return r;
    CLEANUP_FREE char *text = s->entry ? jx_dump(s->entry) : NULL;
    *was = col_int(q, 0);
    *same = *was == branch && col_int(q, 3) == s->missing
            && str_eq((const char *)sqlite3_column_text(q, 1), text)
            && str_eq((const char *)sqlite3_column_text(q, 2), s->fingerprint);
    sqlite3_reset(q);
    return 0;
}

static int standing_put(struct store *st, const struct standing *s,
                        struct err *err)
{
    int64_t branch, was;
    bool same;

    if (branch_find(st, s->project, s->branch, true, &branch, err) < 0
        || standing_look(st, s, branch, &was, &same, err) < 0)
        return -1;
    if (same)
        return 0;
    if (was && was != branch && branch_dirty(st, was, err) < 0)
        return -1;
    if (db_run(st, err,
               "INSERT OR REPLACE INTO standing(source, snapshot,"
               " key, branch, entry, fingerprint, missing, since, last)"
               " VALUES(?,?,?,?,?,?,?,?,?)",
               "tttijtdii", s->source, s->snapshot, s->key, branch, s->entry,
               s->fingerprint, s->missing, s->since, s->last)
        < 0)
        return -1;
    return branch_dirty(st, branch, err);
}

int store_standing_put(struct store *st, const struct standing *s,
                       struct err *err)
{
    if (db_enter(st, err) < 0)
        return -1;
    bool ok = standing_put(st, s, err) == 0;
    return db_leave(st, ok, err);
}

int store_standing_delete(struct store *st, const char *source,
                          const char *snapshot, const char *key,
                          struct err *err)
{
    if (db_enter(st, err) < 0)
        return -1;
    bool ok = db_run(st, err,
                     "UPDATE branch SET dirty = 1 WHERE id ="
                     " (SELECT branch FROM standing WHERE source = ? AND"
                     " snapshot = ? AND key = ?)",
                     "ttt", source, snapshot, key)
                  == 0
              && db_run(st, err,
                        "DELETE FROM standing WHERE source = ? AND"
                        " snapshot = ? AND key = ?",
                        "ttt", source, snapshot, key)
                     == 0;
    return db_leave(st, ok, err);
}

#define STANDING_ROWS                                                          \
    "SELECT s.source, s.snapshot, s.key, p.name, b.name, s.entry,"             \
    " s.fingerprint, s.missing, s.since, s.last FROM standing s"               \
    " JOIN branch b ON b.id = s.branch JOIN project p ON p.id = b.project"

static int standing_rows(struct store *st, sqlite3_stmt *q,
                         int (*each)(void *user, const struct standing *s),
                         void *user, struct err *err)
{
    struct standing *l = NULL;
    size_t nr = 0, alloc = 0;
    int r;

    if (!q)
        return -1;
    while ((r = db_step(st, q, err)) == 1) {
        ALLOC_GROW(l, nr + 1, alloc);
        l[nr++] = (struct standing){
            .source = col_str(q, 0),
            .snapshot = col_str(q, 1),
            .key = col_str(q, 2),
            .project = col_str(q, 3),
            .branch = col_str(q, 4),
            .entry = col_json(q, 5),
            .fingerprint = col_str(q, 6),
            .missing = (int)col_int(q, 7),
            .since = col_int(q, 8),
            .last = col_int(q, 9),
        };
    }
    for (size_t i = 0; i < nr; i++) {
        if (r == 0)
            r = each(user, &l[i]);
        standing_release(&l[i]);
    }
    free(l);
    return r < 0 ? -1 : 0;
}

int store_standing_each(struct store *st, const char *source,
                        const char *snapshot,
                        int (*each)(void *user, const struct standing *s),
                        void *user, struct err *err)
{
    return standing_rows(st,
                         db_query(st, err,
                                  STANDING_ROWS
                                  " WHERE s.source = ?1 AND (?2 IS NULL"
                                  " OR s.snapshot = ?2)"
                                  " ORDER BY s.snapshot, s.key",
                                  "tt", source, snapshot),
                         each, user, err);
}

int store_standing_of(struct store *st, const char *project, const char *branch,
                      int (*each)(void *user, const struct standing *s),
                      void *user, struct err *err)
{
    int64_t id;

    if (branch_find(st, project, branch, false, &id, err) < 0)
        return -1;
    return standing_rows(st,
                         db_query(st, err,
                                  STANDING_ROWS " WHERE s.branch = ? ORDER BY"
                                                " s.source, s.snapshot, s.key",
                                  "i", id),
                         each, user, err);
}

struct standing_of {
    char *source, *snapshot;
    int64_t nr;
};

int store_standing_count(struct store *st,
                         int (*each)(void *user, const char *source,
                                     const char *snapshot, int64_t nr),
                         void *user, struct err *err)
{
    sqlite3_stmt *q = db_query(st, err,
                               "SELECT source, snapshot, count(*) FROM standing"
                               " GROUP BY source, snapshot"
                               " UNION ALL"
                               " SELECT source, NULL, count(*) FROM incident"
                               " WHERE standing AND source IS NOT NULL"
                               " GROUP BY source ORDER BY 1, 2",
                               "");
    struct standing_of *l = NULL;
    size_t nr = 0, alloc = 0;
    int r;

    if (!q)
        return -1;
    while ((r = db_step(st, q, err)) == 1) {
        ALLOC_GROW(l, nr + 1, alloc);
        l[nr++] =
            (struct standing_of){ col_str(q, 0), col_str(q, 1), col_int(q, 2) };
    }
    for (size_t i = 0; i < nr; i++) {
        if (r == 0)
            r = each(user, l[i].source, l[i].snapshot, l[i].nr);
        free(l[i].source);
        free(l[i].snapshot);
    }
    free(l);
    return r < 0 ? -1 : 0;
}
