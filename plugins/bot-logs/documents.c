/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Documents of the bot's data: found by name, walked through by folder, and
 * their members read with a word on what is odd. Must not take an odd one
 * for an empty one.
 */
#include <config.h>

#include "plugins/bot-logs/bot.h"

#include <ctype.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"

#define FEEDSTOCK_NAME_MAX 100

bool bot_name_ok(const char *name)
{
    size_t n = strlen(name);
    bool fine = n > 0 && n <= FEEDSTOCK_NAME_MAX && name[0] != '.';

    for (size_t i = 0; fine && i < n; i++)
        fine = isalnum((unsigned char)name[i]) || strchr("._-", name[i]);
    return fine;
}

bool bot_name(struct bot *b, struct snap *s, const char *file, const char *path,
              const char *name)
{
    bool fine = bot_name_ok(name);

    if (!fine)
        odd_say(b, s, ODD_SCHEMA, "%s: %s: no name of a feedstock", file, path);
    return fine;
}

/* doc, or what it refers to. Takes doc. */
static json_t *resolve(struct bot *b, struct snap *s, const char *file,
                       json_t *doc)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    json_t *out = NULL;

    if (!doc || !jx_str(doc, "__lazy_json__"))
        return doc;
    switch (tree_lazy(b->tree, doc, &out, &err)) {
    case TREE_OK:
        break;
    case TREE_MISSING:
        odd_say(b, s, ODD_UNREADABLE, "%s: what it refers to is not there",
                file);
        break;
    case TREE_BAD:
        odd_say(b, s, ODD_UNREADABLE, "%s: %s", file, err_msg(&err));
        break;
    }
    json_decref(doc);
    return out;
}

json_t *bot_find(struct bot *b, struct snap *s, const char *dir,
                 const char *name)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    json_t *doc = NULL;

    switch (tree_find(b->tree, dir, name, BOT_FILE_CAP, &doc, NULL, &err)) {
    case TREE_OK:
        return resolve(b, s, dir, doc);
    case TREE_MISSING:
        break;
    case TREE_BAD:
        odd_error(b, s, &err);
        break;
    }
    return NULL;
}

json_t *bot_map(struct bot *b, struct snap *s, const char *file, json_t *doc,
                const char *key)
{
    json_t *v = json_object_get(doc, key);

    if (jx_str(v, "__lazy_json__") && b->tree) {
        v = resolve(b, s, file, json_incref(v));
        json_object_set_new(doc, key, v ? v : json_null());
        v = json_object_get(doc, key);
    }
    if (!v || json_is_null(v))
        return NULL;
    if (!json_is_object(v)) {
        CLEANUP_FREE char *path = odd_path("$", key);

        odd_schema(b, s, file, path, "an object or null", v);
        return NULL;
    }
    return v;
}

bool bot_bad(struct bot *b, struct snap *s, const char *file, const json_t *bad)
{
    if (shape_is_empty(bad) || json_is_false(bad))
        return false;
    if (json_is_string(bad) || json_is_object(bad))
        return true;
    odd_schema(b, s, file, "$.bad", "false, a text or an object", bad);
    return false;
}

int64_t bot_time(const json_t *map, const char *key)
{
    int64_t t = jx_int(map, key, 0);

    /* Later than the year 2100 is no time in seconds. */
    return t > 0 && t < INT64_C(4102444800) ? t : 0;
}

double bot_tries(struct bot *b, struct snap *s, const char *file,
                 const json_t *map, const char *map_name, const char *key)
{
    const json_t *v = json_object_get(map, key);

    if (!v || json_is_null(v))
        return -1;
    if (!json_is_number(v) || json_number_value(v) < 0) {
        CLEANUP_FREE char *at = odd_path("$", map_name);
        CLEANUP_FREE char *path = odd_path(at, key);

        odd_schema(b, s, file, path, "a number of tries", v);
        return -1;
    }
    return json_number_value(v);
}

void bot_trim(json_t *doc, const char *const *keep, size_t nr)
{
    const char *key;
    json_t *v;
    void *tmp;

    json_object_foreach_safe(doc, tmp, key, v) {
        bool read = str_starts(key, "__");

        for (size_t i = 0; i < nr && !read; i++)
            read = str_eq(key, keep[i]);
        if (!read)
            json_object_del(doc, key);
    }
}

/* ---- walks ---- */

struct bot_walk {
    struct bot *b;
    struct snap *s;
    bot_read *read;
    json_t *held;  /* paths to read however old; may be NULL */
    json_t *holds; /* the next pass's */
    json_t *seen;  /* names, against two files of one */
};

static int walk_seen(void *user, const char *path, const char *name,
                     int64_t changed)
{
    struct bot_walk *w = user;
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_JSON json_t *doc = NULL;
    bool hold = true;

    if (changed < w->b->skip_before && !json_object_get(w->held, path))
        return 0;
    if (json_object_get(w->seen, name))
        return 0;
    json_object_set_new(w->seen, name, json_true());
    if (w->b->host->item(w->b->host, path) != TOCSIN_OK) {
        odd_say(w->b, w->s, ODD_UNREADABLE,
                "%s: left out, reading it failed "
                "twice",
                path);
    } else if (tree_json(w->b->tree, path, BOT_FILE_CAP, &doc, NULL, &err)
               != TREE_OK) {
        if (!err.msg)
            err_set(&err, ERR_IO, "%s", path);
        odd_error(w->b, w->s, &err);
    } else {
        doc = resolve(w->b, w->s, path, doc);
        hold = !doc || w->read(w->b, w->s, path, name, doc);
    }
    if (hold)
        json_object_set_new(w->holds, path, json_true());
    return 0;
}

static void walk_odd(void *user, const char *path, const char *what)
{
    struct bot_walk *w = user;

    odd_say(w->b, w->s, ODD_UNREADABLE, "%s: %s", path, what);
}

void bot_walk(struct bot *b, struct snap *s, const char *dir, bot_read *read)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    struct bot_walk w = { b,
                          s,
                          read,
                          jx_obj(jx_obj(b->cursor, "holds"), dir),
                          json_object(),
                          json_object() };
    const char *why;

    switch (tree_walk(b->tree, dir, ".json", walk_seen, walk_odd, &w, &err)) {
    case TREE_OK:
        break;
    case TREE_MISSING:
        if (b->online)
            break;
        odd_say(b, s, ODD_UNREADABLE, "%s/%s: there is no such folder",
                tree_root(b->tree), dir);
        break;
    case TREE_BAD:
        odd_error(b, s, &err);
        break;
    }
    if (b->online && !online_listed(b, dir, &why)) {
        err_set(&err, ERR_REMOTE, "%s: %s", dir, why);
        odd_error(b, s, &err);
    }
    json_object_set_new(jx_obj(b->next, "holds"), dir, w.holds);
    json_decref(w.seen);
}
