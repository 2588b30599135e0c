/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Snapshots: what stood at one moment, gathered until the source says that
 * it was all, and only then compared with what stood before. Must not take
 * an entry that could not be seen for one that is gone.
 */
#include <config.h>

#include "core/incident/incident-private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/incident/orphans.h"
#include "core/incident/vanishing.h"

/* Mass vanishing: more than this share of a snapshot and at least so many. */
#define VANISH_PERCENT 20
#define VANISH_MIN 20
/* Missing from so many complete snapshots in a row: gone. */
#define MISSING_MAX 2

struct entry {
    struct standing s;
    bool seen;         /* of what stood: still there */
    UT_hash_handle hh; /* by s.key */
};

struct snapshot {
    char *id; /* instance/name */
    char *name;
    bool begun;
    int64_t taken;
    int64_t refused;
    struct entry *entries;
    UT_hash_handle hh;
};

struct snapshots {
    struct store *st;
    int64_t now;
    struct snapshot *all;
    json_t *oldest; /* {instance: the oldest moment it told} */
};

struct snapshots *snapshots_new(struct store *st, int64_t now)
{
    struct snapshots *s = xcalloc(1, sizeof(*s));

    s->st = st;
    s->now = now;
    s->oldest = json_object();
    return s;
}

static void entries_free(struct entry **all)
{
    struct entry *e, *tmp;

    HASH_ITER(hh, *all, e, tmp)
    {
        HASH_DEL(*all, e);
        standing_release(&e->s);
        free(e);
    }
}

static void snapshot_free(struct snapshots *s, struct snapshot *p)
{
    HASH_DEL(s->all, p);
    entries_free(&p->entries);
    free(p->id);
    free(p->name);
    free(p);
}

void snapshots_free(struct snapshots *s)
{
    struct snapshot *p, *tmp;

    HASH_ITER(hh, s->all, p, tmp)
    snapshot_free(s, p);
    json_decref(s->oldest);
    free(s);
}

/* ---- entries ---- */

static char *default_branch(struct store *st, const char *project)
{
    json_t *v CLEANUP_JSON = NULL;

    if (store_fact_get(st, project, "default_branch", &v, NULL) == 1
        && json_is_string(v))
        return xstrdup(json_string_value(v));
    return xstrdup("main");
}

/* What the source knows for certain goes before what the rules say; then
 * the text is shown, but no rule of ours stands for it. */
static void entry_failure(const json_t *v, struct failure *f)
{
    const char *category = jx_str(v, "category");
    const char *blame = jx_str(v, "blame");
    bool found = believe_primary(jx_obj(v, "result"), f);

    if (!believe_is_category(category))
        category = NULL;
    if (found && (!category || str_eq(category, f->category)))
        return;
    if (!category)
        category = "bot/unclassified";
    free(f->fingerprint);
    f->fingerprint = fingerprint_without_log(category, jx_str(v, "project"),
                                             jx_str(v, "key"));
    str_replace(&f->rule, NULL);
    str_replace(&f->category, category);
    str_replace(&f->blame, believe_is_blame(blame) ? blame : "bot");
    f->primary = true;
    if (!f->detail)
        f->detail = json_object();
}

static json_t *entry_object(const json_t *v, const struct failure *f)
{
    json_t *o = json_object();
    json_t *failure = json_copy(f->detail);

    jx_set_str(o, "task", jx_str(v, "task"));
    jx_set_str(o, "target",
               believe_name(jx_str(v, "target")) ? NULL : jx_str(v, "target"));
    jx_set_str(o, "url", believe_url(jx_str(v, "url")));
    jx_set_num(o, "attempts", fmax(0, jx_num(v, "attempts", 0)));
    jx_set_int(o, "first", jx_int(v, "first", 0));
    jx_set_int(o, "last", jx_int(v, "last", 0));
    jx_set_str(failure, "fingerprint", f->fingerprint);
    json_object_del(failure, "rule");
    jx_set_str(failure, "rule", f->rule);
    jx_set_str(failure, "category", f->category);
    jx_set_str(failure, "blame", f->blame);
    json_object_set_new(o, "failure", failure);
    return o;
}

static const char *believe_entry(const json_t *v)
{
    const char *why;

    if ((why = believe_id(jx_str(v, "key")))
        || (why = believe_project(jx_str(v, "project")))
        || (why = believe_name(jx_str(v, "task"))))
        return why;
    if (jx_str(v, "branch") && (why = believe_branch(jx_str(v, "branch"))))
        return why;
    if (!believe_time(jx_int(v, "first", 0))
        || !believe_time(jx_int(v, "last", 0)))
        return "has a time that cannot be";
    return NULL;
}

static struct entry *entry_new(struct snapshots *s, const char *instance,
                               const struct snapshot *p, const json_t *v)
{
    struct entry *e = xcalloc(1, sizeof(*e));
    struct failure f;

    entry_failure(v, &f);
    e->s = (struct standing){
        .source = xstrdup(instance),
        .snapshot = xstrdup(p->name),
        .key = xstrdup(jx_str(v, "key")),
        .project = store_project_name(s->st, jx_str(v, "project")),
        .entry = entry_object(v, &f),
        .fingerprint = xstrdup(f.fingerprint),
    };
    e->s.branch = jx_str(v, "branch") ? xstrdup(jx_str(v, "branch"))
                                      : default_branch(s->st, e->s.project);
    e->s.last = p->taken;
    e->s.since = jx_int(v, "first", 0);
    if (!e->s.since)
        e->s.since = p->taken;
    failure_release(&f);
    return e;
}

static int snapshot_entries(struct snapshots *s, const char *instance,
                            struct snapshot *p, const json_t *entries,
                            struct ingest_counts *counts, struct err *err)
{
    size_t n;
    json_t *v;

    json_array_foreach(entries, n, v) {
        struct entry *e, *old;
        const char *why = believe_entry(v);
        counts->entries++;
        if (why) {
            CLEANUP_FREE char *text = xasprintf("an entry of %s that %s was "
                                                "not stored",
                                                p->name, why);
            counts->refused++;
            p->refused++;
            if (store_notice_put(s->st, instance, "refused-entry", text, s->now,
                                 err)
                < 0)
                return -1;
            continue;
        }
        e = entry_new(s, instance, p, v);
        HASH_FIND_STR(p->entries, e->s.key, old);
        if (old) {
            HASH_DEL(p->entries, old);
            standing_release(&old->s);
            free(old);
        }
        HASH_ADD_KEYPTR(hh, p->entries, e->s.key, strlen(e->s.key), e);
    }
    return 0;
}

/* ---- the end of a snapshot ---- */

static int gather_standing(void *user, const struct standing *s)
{
    struct entry **all = user;
    struct entry *e = xcalloc(1, sizeof(*e));

    e->s = (struct standing){
        .source = xstrdup(s->source),
        .snapshot = xstrdup(s->snapshot),
        .key = xstrdup(s->key),
        .project = xstrdup(s->project),
        .branch = xstrdup(s->branch),
        .entry = json_incref(s->entry),
        .fingerprint = xstrdup0(s->fingerprint),
        .missing = s->missing,
        .since = s->since,
        .last = s->last,
    };
    HASH_ADD_KEYPTR(hh, *all, e->s.key, strlen(e->s.key), e);
    return 0;
}

/* Entries that are there. complete false: what stands already keeps its
 * cause, or a cut file would end one and begin another. */
static int put_present(struct snapshots *s, struct snapshot *p,
                       struct entry *stood, bool complete, struct err *err)
{
    struct entry *e, *tmp, *old;

    HASH_ITER(hh, p->entries, e, tmp)
    {
        HASH_FIND_STR(stood, e->s.key, old);
        if (old) {
            old->seen = true;
            e->s.since = old->s.since;
            if (!complete && !str_eq(old->s.fingerprint, e->s.fingerprint))
                continue;
        }
        if (store_standing_put(s->st, &e->s, err) < 0)
            return -1;
    }
    return 0;
}

/* When the one before was taken; 0: there was none. */
static int64_t taken_before(struct snapshots *s, const struct snapshot *p)
{
    CLEANUP_FREE char *key = xasprintf("snapshot:%s", p->id);
    CLEANUP_FREE char *value = NULL;

    if (store_meta_get(s->st, key, &value, NULL) != 1)
        return 0;
    return strtoll(value, NULL, 10);
}

static int set_taken(struct snapshots *s, const struct snapshot *p,
                     struct err *err)
{
    CLEANUP_FREE char *key = xasprintf("snapshot:%s", p->id);
    CLEANUP_FREE char *value = xasprintf("%lld", (long long)p->taken);

    return store_meta_set(s->st, key, value, err);
}

/* 1: too many vanished at once to be true; the operators are told. */
static int vanish_guard(struct snapshots *s, const char *instance,
                        const struct snapshot *p, struct entry *stood,
                        struct err *err)
{
    size_t gone = 0, all = HASH_COUNT(stood);
    struct entry *e, *tmp;

    HASH_ITER(hh, stood, e, tmp)
    gone += !e->seen;
    if (gone < VANISH_MIN || gone * 100 <= all * VANISH_PERCENT)
        return vanishing_over(s->st, instance, p->name, false, err);
    if (vanishing_is_approved(s->st, instance, p->name, s->now))
        return vanishing_over(s->st, instance, p->name, true, err);
    if (vanishing_wait(
            s->st, instance, p->name,
            &(struct vanishing){ (int64_t)gone, (int64_t)all, s->now }, err)
        < 0)
        return -1;
    CLEANUP_FREE char *text = xasprintf(
        "%zu of %zu entries of %s vanished at once: nothing is taken for "
        "mended until they come back or an operator says that it is so "
        "(tocsin approve %s)",
        gone, all, p->name, instance);
    if (store_notice_put(s->st, instance, "mass-vanishing", text, s->now, err)
        < 0)
        return -1;
    return 1;
}

static int drop_missing(struct snapshots *s, struct entry *stood,
                        struct err *err)
{
    struct entry *e, *tmp;

    HASH_ITER(hh, stood, e, tmp)
    {
        if (e->seen)
            continue;
        e->s.missing++;
        int r = e->s.missing >= MISSING_MAX
                    ? store_standing_delete(s->st, e->s.source, e->s.snapshot,
                                            e->s.key, err)
                    : store_standing_put(s->st, &e->s, err);
        if (r < 0)
            return -1;
    }
    return 0;
}

static int tell_incomplete(struct snapshots *s, const char *instance,
                           const struct snapshot *p, const char *why,
                           struct ingest_counts *counts, struct err *err)
{
    CLEANUP_FREE char *text =
        xasprintf("%s: %.300s: resolves nothing", p->name, why);

    counts->snapshots_incomplete++;
    return store_notice_put(s->st, instance, "snapshot-incomplete", text,
                            s->now, err);
}

static int apply_complete(struct snapshots *s, const char *instance,
                          struct snapshot *p, struct entry *stood,
                          struct err *err)
{
    int64_t last = taken_before(s, p);

    if (put_present(s, p, stood, true, err) < 0)
        return -1;
    /* The same moment told twice is one snapshot. */
    if (p->taken == last)
        return 0;
    int guard = vanish_guard(s, instance, p, stood, err);
    if (guard != 0)
        return guard < 0 ? -1 : 0;
    if (drop_missing(s, stood, err) < 0)
        return -1;
    return set_taken(s, p, err);
}

/* How old the news of an instance is, for those who say that it is stale:
 * "TAKEN NAME" of the oldest snapshot of the last pass that had any. */
static int note_moment(struct snapshots *s, const char *instance,
                       const struct snapshot *p, struct err *err)
{
    CLEANUP_FREE char *key = xasprintf(SNAPSHOT_MOMENT "%s", instance);
    CLEANUP_FREE char *text =
        xasprintf("%lld %s", (long long)p->taken, p->name);

    if (p->taken >= jx_int(s->oldest, instance, INT64_MAX))
        return 0;
    jx_set_int(s->oldest, instance, p->taken);
    return store_meta_set(s->st, key, text, err);
}

static int snapshot_end(struct snapshots *s, const char *instance,
                        struct snapshot *p, const json_t *part,
                        struct ingest_counts *counts, struct err *err)
{
    const char *why = jx_str_or(part, "why", "the source says so");
    bool complete = jx_bool(part, "complete", false);
    int64_t last = taken_before(s, p);
    struct entry *stood = NULL;
    int r;

    counts->snapshots++;
    if (note_moment(s, instance, p, err) < 0
        || orphans_told(s->st, instance, p->name, s->now, err) < 0)
        return -1;
    if (complete && !p->begun) {
        complete = false;
        why = "its beginning was never said";
    } else if (complete && p->refused) {
        complete = false;
        why = "it has entries that could not be believed";
    } else if (p->taken < last && last <= s->now) {
        /* An old copy must neither end nor begin anything. */
        return tell_incomplete(s, instance, p, "older than the one before",
                               counts, err);
    }
    r = store_standing_each(s->st, instance, p->name, gather_standing, &stood,
                            err);
    if (r == 0 && complete) {
        r = apply_complete(s, instance, p, stood, err);
    } else if (r == 0) {
        r = put_present(s, p, stood, false, err);
        if (r == 0)
            r = tell_incomplete(s, instance, p, why, counts, err);
    }
    entries_free(&stood);
    return r;
}

int snapshots_part(struct snapshots *s, const char *instance, json_t *part,
                   struct ingest_counts *counts, struct err *err)
{
    const char *name = jx_str(part, "name");
    struct snapshot *p;

    if (believe_id(name)) {
        counts->refused++;
        return store_notice_put(s->st, instance, "refused-snapshot",
                                "a snapshot without a name was not stored",
                                s->now, err);
    }
    CLEANUP_FREE char *id = xasprintf("%s/%s", instance, name);
    HASH_FIND_STR(s->all, id, p);
    if (p && json_object_get(part, "begin")) {
        snapshot_free(s, p); /* the source begins again */
        p = NULL;
    }
    if (!p) {
        p = xcalloc(1, sizeof(*p));
        p->id = xstrdup(id);
        p->name = xstrdup(name);
        p->begun = json_is_integer(json_object_get(part, "begin"));
        p->taken = jx_int(part, "begin", 0);
        if (p->taken <= 0 || !believe_time(p->taken))
            p->taken = s->now;
        HASH_ADD_KEYPTR(hh, s->all, p->id, strlen(p->id), p);
    }
    if (snapshot_entries(s, instance, p, jx_arr(part, "entries"), counts, err)
        < 0)
        return -1;
    if (!jx_bool(part, "end", false))
        return 0;
    int r = snapshot_end(s, instance, p, part, counts, err);
    snapshot_free(s, p);
    return r;
}
