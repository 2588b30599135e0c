/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * status/migration_json/: one file a migration, with what is stuck in it and
 * how much waits behind. Must not take a file that is gone for a migration
 * that ended, unless total_status.json agrees.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/bot-logs/bot.h"

#define DIR "status/migration_json"
#define FAREWELLS 3 /* empty snapshots of a migration that ended */
#define NAME_MAX_SHOWN 200
#define TOTAL "status/total_status.json"
/* A list of migrations that is suddenly less than half as long as it was is
 * not believed for a day. The host sees what vanishes from one snapshot; that
 * many of them end at once it does not see. */
#define TOTAL_MIN 8
#define TOTAL_WAIT 86400
#define TRIES_OLD 86400 /* seconds: ask again, though nothing is said */

/* A snapshot made while the files are read, said afterwards. */
struct reading {
    struct bot *b;
    json_t *descendants; /* {feedstock: number}, the largest of all */
    json_t *stated;      /* {migration: 0} */
    bool all_read;
};

static const struct list {
    const char *name;
    const char *text; /* NULL: not failing */
} lists[] = {
    { "done", NULL },
    { "in-pr", NULL },
    { "awaiting-pr", NULL },
    { "awaiting-parents", NULL },
    { "not-solvable", "not solvable" },
    { "bot-error", "bot error" },
};

static void count_descendants(struct reading *r, struct snap *s,
                              const char *file, const char *feedstock,
                              const json_t *status)
{
    const json_t *v = json_object_get(status, "num_descendants");

    if (!v || json_is_null(v))
        return;
    if (!json_is_integer(v) || json_integer_value(v) < 0) {
        CLEANUP_FREE char *path = odd_path("$._feedstock_status", feedstock);
        CLEANUP_FREE char *whole = xasprintf("%s.num_descendants", path);

        odd_schema(r->b, s, file, whole, "a number", v);
        return;
    }
    if (jx_int(r->descendants, feedstock, -1) < json_integer_value(v))
        jx_set_int(r->descendants, feedstock, json_integer_value(v));
}

/* ---- tries ------------------------------------------------------------ */

/* What a migration's file says of why a feedstock is stuck. */
static const json_t *status_of(const json_t *status)
{
    const json_t *payload =
        json_object_get(status, "pre_pr_migrator_status_payload");

    return shape_is_empty(payload)
               ? json_object_get(status, "pre_pr_migrator_status")
               : payload;
}

static char *digest_of(const json_t *status)
{
    CLEANUP_JSON json_t *v = json_pack("[O?]", status_of(status));
    CLEANUP_FREE char *text = jx_dump(v);

    return digest_text128(text, strlen(text));
}

/* What the last pass knew of the tries, when nothing new is said of them. */
static const json_t *tries_known(const struct bot *b, const char *migration,
                                 const char *feedstock, const json_t *status)
{
    const json_t *v =
        jx_obj(jx_obj(jx_obj(b->cursor, "tries"), migration), feedstock);
    CLEANUP_FREE char *digest = v ? digest_of(status) : NULL;

    return v && str_eq(jx_str(v, "digest"), digest)
                   && b->host->now(b->host) - jx_int(v, "at", 0) < TRIES_OLD
               ? v
               : NULL;
}

static void tries_keep(struct bot *b, const char *migration,
                       const struct entry *e, const json_t *status, int64_t at)
{
    json_t *all = jx_obj(b->next, "tries"), *of, *v = json_object();
    CLEANUP_FREE char *digest = digest_of(status);

    if (!all)
        json_object_set_new(b->next, "tries", all = json_object());
    of = jx_obj(all, migration);
    if (!of)
        json_object_set_new(all, migration, of = json_object());
    jx_set_str(v, "digest", digest);
    jx_set_num(v, "attempts", e->attempts);
    jx_set_int(v, "last", e->last);
    jx_set_int(v, "at", at);
    json_object_set_new(of, e->feedstock, v);
}

/* When it was tried, and how often, stands in pr_info. */
static void read_tries(struct bot *b, struct snap *s, const char *migration,
                       struct entry *e)
{
    CLEANUP_FREE char *file = xasprintf("pr_info/%s.json", e->feedstock);
    CLEANUP_JSON json_t *doc = bot_find(b, s, "pr_info", e->feedstock);

    if (!doc)
        return;
    if (e->attempts < 0)
        e->attempts = bot_tries(
            b, s, file, bot_map(b, s, file, doc, "pre_pr_migrator_attempts"),
            "pre_pr_migrator_attempts", migration);
    e->last = bot_time(bot_map(b, s, file, doc, "pre_pr_migrator_attempt_ts"),
                       migration);
}

static void add_tries(struct bot *b, struct snap *s, const char *migration,
                      struct entry *e, const json_t *status)
{
    const json_t *before =
        b->online ? tries_known(b, migration, e->feedstock, status) : NULL;

    if (before) {
        if (e->attempts < 0)
            e->attempts = jx_num(before, "attempts", -1);
        e->last = jx_int(before, "last", 0);
        tries_keep(b, migration, e, status, jx_int(before, "at", 0));
        return;
    }
    read_tries(b, s, migration, e);
    if (b->online && !online_unread(b, "pr_info", e->feedstock))
        tries_keep(b, migration, e, status, b->host->now(b->host));
}

/* ---- the files -------------------------------------------------------- */

static void stuck(struct bot *b, struct snap *s, const char *file,
                  const char *migration, const char *feedstock,
                  const json_t *status, const char *text)
{
    CLEANUP_FREE char *path = odd_path("$._feedstock_status", feedstock);
    CLEANUP_FREE char *whole = xasprintf("%s.pre_pr_migrator_status", path);
    const json_t *v = status_of(status);
    CLEANUP_JSON json_t *plain = json_string(text);
    struct odd_place at = { b, s, file, whole };
    struct shape shape;
    struct entry *e;

    if (shape_is_empty(v))
        v = plain;
    if (shape_read(v, &shape, odd_shape, &at) < 0)
        return;
    e = snap_entry(s, feedstock, s->name, NULL);
    if (e) {
        entry_set(b, e, &shape);
        str_replace(&e->target, migration);
        add_tries(b, s, migration, e, status);
    }
    shape_release(&shape);
}

/* One of the lists of a migration's file. */
static void read_list(struct reading *r, struct snap *s, const char *file,
                      const char *migration, json_t *doc, const struct list *l,
                      json_t *states)
{
    CLEANUP_FREE char *path = odd_path("$", l->name);
    json_t *list = tree_elements(json_object_get(doc, l->name));
    const json_t *all = jx_obj(doc, "_feedstock_status");
    size_t i;
    json_t *v;

    if (!list) {
        odd_schema(r->b, s, file, path, "a list",
                   json_object_get(doc, l->name));
        return;
    }
    json_array_foreach(list, i, v) {
        const char *feedstock = json_string_value(v);

        if (!feedstock) {
            CLEANUP_FREE char *at = xasprintf("%s[%zu]", path, i);

            odd_schema(r->b, s, file, at, "a text", v);
            continue;
        }
        if (!bot_name(r->b, s, file, path, feedstock)
            || bot_archived(r->b, feedstock))
            continue;
        json_object_set_new(states, feedstock, json_string(l->name));
        if (l->text && r->b->what & BOT_MIGRATIONS)
            stuck(r->b, s, file, migration, feedstock,
                  json_object_get(all, feedstock), l->text);
    }
}

static void read_migration(struct reading *r, struct snap *s, const char *file,
                           const char *migration, json_t *doc)
{
    json_t *states = json_object();
    json_t *all = json_object_get(doc, "_feedstock_status"), *v;
    const char *feedstock;

    json_object_set_new(r->b->migrations, migration, states);
    if (!json_is_object(all))
        odd_schema(r->b, s, file, "$._feedstock_status", "an object", all);
    json_object_foreach(all, feedstock, v) {
        if (!json_is_object(v)) {
            CLEANUP_FREE char *path =
                odd_path("$._feedstock_status", feedstock);

            odd_schema(r->b, s, file, path, "an object", v);
        } else if (bot_name(r->b, s, file, "$._feedstock_status", feedstock)) {
            count_descendants(r, s, file, feedstock, v);
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
        read_list(r, s, file, migration, doc, &lists[i], states);
}

static int migration_file(void *user, const char *path, const char *name,
                          int64_t changed)
{
    struct reading *r = user;
    CLEANUP_FREE char *snapshot = xasprintf("migration:%s", name);
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_JSON json_t *doc = NULL;
    struct snap *s = snap_new(snapshot);

    (void)changed;
    if (r->b->online)
        s->taken = moment_of_file(r->b, r->b->tree, path);
    if (strlen(name) > NAME_MAX_SHOWN) {
        odd_say(r->b, s, ODD_SCHEMA, "%s: too long a name", path);
    } else if (r->b->host->item(r->b->host, path) != TOCSIN_OK) {
        odd_say(r->b, s, ODD_UNREADABLE,
                "%s: left out, reading it failed "
                "twice",
                path);
    } else if (tree_json(r->b->tree, path, TREE_CAP, &doc, NULL, &err)
               != TREE_OK) {
        odd_error(r->b, s, &err);
    } else if (!json_is_object(doc)) {
        odd_schema(r->b, s, path, "$", "an object", doc);
    } else {
        read_migration(r, s, path, name, doc);
    }
    r->all_read = r->all_read && s->complete;
    jx_set_int(r->stated, name, 0);
    if (r->b->what & BOT_MIGRATIONS)
        snap_say(r->b, s);
    else
        snap_free(s);
    return 0;
}

static void odd_file(void *user, const char *path, const char *what)
{
    struct reading *r = user;

    odd_say(r->b, NULL, ODD_UNREADABLE, "%s: %s", path, what);
    r->all_read = false;
}

/* A migration that was stated before and has no file now: over when
 * total_status.json does not list it either, else unknown. Farewells of one
 * moment are one: the host does not count them twice. */
static void say_farewells(struct reading *r)
{
    json_t *before = jx_obj(r->b->cursor, "migrations"), *v;
    int64_t moment = moment_of_checkout(r->b);
    bool later = moment != jx_int(r->b->cursor, "moment", 0);
    const char *name;

    jx_set_int(r->b->next, "moment", moment);

    json_object_foreach(before, name, v) {
        CLEANUP_FREE char *snapshot = xasprintf("migration:%s", name);
        json_int_t said = json_integer_value(v);
        struct snap *s;

        if (json_object_get(r->stated, name) || said >= FAREWELLS)
            continue;
        s = snap_new(snapshot);
        s->taken = moment;
        if (!r->b->open_migrations
            || json_object_get(r->b->open_migrations, name)) {
            s->complete = false;
            s->why = xstrdup("its file is gone; whether it ended is not "
                             "known");
        } else {
            said += later;
        }
        jx_set_int(r->stated, name, said);
        snap_say(r->b, s);
    }
}

/* A fact stands until it is said otherwise: say them when they changed. */
static void say_descendants(struct reading *r)
{
    CLEANUP_FREE char *text = jx_dump(r->descendants);
    CLEANUP_FREE char *digest = digest_text128(text, strlen(text));
    struct bot *b = r->b;
    const char *feedstock;
    json_t *v;

    jx_set_str(b->next, "descendants", digest);
    if (str_eq(digest, jx_str(b->cursor, "descendants")))
        return;
    json_object_foreach(r->descendants, feedstock, v) {
        CLEANUP_FREE char *project =
            xasprintf("%s/%s%s", b->owner, feedstock, b->suffix);
        CLEANUP_FREE char *value = jx_dump(v);
        struct tocsin_fact fact = TOCSIN_FACT_INIT;

        if (bot_archived(b, feedstock))
            continue;
        fact.subject = project;
        fact.key = "descendants";
        fact.value = value;
        b->host->fact(b->host, &fact);
    }
}

/* Whether a list of n migrations is to be believed. */
static bool total_is_plausible(struct bot *b, size_t n)
{
    int64_t before = jx_int(b->cursor, "total", 0);
    int64_t since = jx_int(b->cursor, "shrunk", 0);
    int64_t now = b->host->now(b->host);

    if (before < TOTAL_MIN || (int64_t)n * 2 >= before) {
        jx_set_int(b->next, "total", (int64_t)n);
        return true;
    }
    if (since && now - since >= TOTAL_WAIT) {
        jx_set_int(b->next, "total", (int64_t)n);
        return true;
    }
    jx_set_int(b->next, "total", before);
    jx_set_int(b->next, "shrunk", since ? since : now);
    odd_say(b, NULL, ODD_UNREADABLE,
            "%s: %zu migrations where %lld were: "
            "not believed for a day",
            TOTAL, n, (long long)before);
    return false;
}

static void read_total(struct bot *b)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    json_t *doc = NULL;

    switch (tree_json(b->tree, TOTAL, TREE_CAP, &doc, NULL, &err)) {
    case TREE_OK:
        if (!json_is_object(doc))
            odd_schema(b, NULL, TOTAL, "$", "an object", doc);
        else if (total_is_plausible(b, json_object_size(doc)))
            b->open_migrations = json_incref(doc);
        json_decref(doc);
        return;
    case TREE_BAD:
        odd_error(b, NULL, &err);
        break;
    case TREE_MISSING:
        break;
    }
    jx_set_int(b->next, "total", jx_int(b->cursor, "total", 0));
    jx_set_int(b->next, "shrunk", jx_int(b->cursor, "shrunk", 0));
}

/* ---- what to fetch ---------------------------------------------------- */

static bool is_file_name(const char *name)
{
    return *name && *name != '.' && strlen(name) <= NAME_MAX_SHOWN
           && !strchr(name, '/');
}

void migrations_named(struct bot *b,
                      void (*ask)(void *user, const char *migration),
                      void *user)
{
    json_t *before = jx_obj(b->cursor, "migrations"), *v;
    json_t *total = NULL;
    const char *name;

    tree_json(b->tree, TOTAL, TREE_CAP, &total, NULL, NULL);
    json_object_foreach(total, name, v)
        if (is_file_name(name))
            ask(user, name);
    json_object_foreach(before, name, v)
        if (is_file_name(name) && !json_object_get(total, name)
            && json_integer_value(v) < FAREWELLS)
            ask(user, name);
    json_decref(total);
}

struct wanted {
    struct bot *b;
    void (*ask)(void *user, const char *feedstock);
    void *user;
};

static int wanted_file(void *user, const char *path, const char *name,
                       int64_t changed)
{
    struct wanted *w = user;
    CLEANUP_JSON json_t *doc = NULL;
    const json_t *all, *v;
    size_t k;

    (void)changed;
    tree_json(w->b->tree, path, TREE_CAP, &doc, NULL, NULL);
    all = jx_obj(doc, "_feedstock_status");
    for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
        json_t *list = lists[i].text
                           ? tree_elements(json_object_get(doc, lists[i].name))
                           : NULL;

        json_array_foreach(list, k, v) {
            const char *feedstock = json_string_value(v);

            if (feedstock && bot_name_ok(feedstock)
                && !bot_archived(w->b, feedstock)
                && !tries_known(w->b, name, feedstock,
                                json_object_get(all, feedstock)))
                w->ask(w->user, feedstock);
        }
    }
    return 0;
}

void migrations_wanted(struct bot *b,
                       void (*ask)(void *user, const char *feedstock),
                       void *user)
{
    struct wanted w = { b, ask, user };

    tree_walk(b->tree, DIR, ".json", wanted_file, NULL, &w, NULL);
}

void migrations_trim(json_t *doc)
{
    static const char *const unread[] = {
        "immediate_children", "pr_url", "pr_status", "created_at", "updated_at",
    };
    const char *feedstock;
    json_t *v;

    json_object_foreach(jx_obj(doc, "_feedstock_status"), feedstock, v)
        for (size_t i = 0; i < ARRAY_SIZE(unread); i++)
            json_object_del(v, unread[i]);
}

void migrations_collect(struct bot *b)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    struct reading r = { b, json_object(), json_object(), true };

    b->migrations = json_object();
    read_total(b);
    switch (
        tree_walk(b->tree, DIR, ".json", migration_file, odd_file, &r, &err)) {
    case TREE_OK:
        break;
    case TREE_MISSING:
        if (b->what & BOT_MIGRATIONS && !(b->online && b->open_migrations))
            odd_say(b, NULL, ODD_UNREADABLE, "%s/%s: there is no such folder",
                    tree_root(b->tree), DIR);
        r.all_read = false;
        break;
    case TREE_BAD:
        odd_error(b, NULL, &err);
        r.all_read = false;
        break;
    }
    if (b->what & BOT_MIGRATIONS) {
        say_farewells(&r);
        if (r.all_read)
            say_descendants(&r);
        else if (jx_str(b->cursor, "descendants"))
            jx_set_str(b->next, "descendants",
                       jx_str(b->cursor, "descendants"));
        json_object_set(b->next, "migrations", r.stated);
    }
    json_decref(r.descendants);
    json_decref(r.stated);
}
