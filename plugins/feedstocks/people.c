/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The people of a feedstock: from the bot's node_attrs, else from recipe.yaml
 * or meta.yaml, beside them CODEOWNERS and the durable ids. Must not keep
 * what is gone: a list that cannot be read any more withdraws the old one,
 * so that nobody is told who has left.
 */
#include <config.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/feedstocks/feedstocks.h"
#include "plugins/feedstocks/maintainers.h"

#define RECIPE_MAX ((size_t)2 << 20)
#define NODE_MAX ((size_t)16 << 20)
#define CODEOWNERS_MAX ((size_t)1 << 20)
#define IDS_MAX ((size_t)1 << 20)
#define FEEDSTOCKS_MAX 200000

/* ---- maintainers ------------------------------------------------------ */

static enum maintainers from_node(struct feedstocks *f, const char *name,
                                  json_t **out, const char **why)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_JSON json_t *doc = NULL;
    const json_t *extra;

    if (!f->data)
        return MAINTAINERS_NONE;
    switch (
        tree_find(f->data, "node_attrs", name, NODE_MAX, &doc, NULL, &err)) {
    case TREE_OK:
        break;
    case TREE_MISSING:
        return MAINTAINERS_NONE;
    case TREE_BAD:
        fs_error(f, &err);
        return MAINTAINERS_NONE;
    }
    if (!json_is_object(doc)) {
        fs_odd(f, FS_SCHEMA, "node_attrs/%s.json: $: wanted an object", name);
        return MAINTAINERS_NONE;
    }
    extra = jx_obj(jx_obj(doc, "meta_yaml"), "extra");
    return maintainers_json(json_object_get(extra, "recipe-maintainers"), out,
                            why);
}

typedef enum maintainers reader(const char *text, size_t n, json_t **out,
                                const char **why);

static enum maintainers from_recipe(struct feedstocks *f, const char *dir,
                                    const char *file, reader *read,
                                    json_t **out, const char **why)
{
    CLEANUP_FREE char *path = xasprintf("%s/recipe/%s", dir, file);
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_FREE char *text = NULL;
    size_t n = 0;

    switch (tree_read(f->checkouts, path, RECIPE_MAX, &text, &n, NULL, &err)) {
    case TREE_OK:
        return read(text, n, out, why);
    case TREE_BAD:
        fs_odd(f, FS_UNREADABLE, "%s", err_msg(&err));
        *why = "the recipe cannot be read";
        return MAINTAINERS_UNCLEAR;
    case TREE_MISSING:
        break;
    }
    return MAINTAINERS_NONE;
}

/* dir: the checkout, NULL: none. */
static void say_owners(struct feedstocks *f, const char *project,
                       const char *name, const char *dir)
{
    CLEANUP_JSON json_t *list = NULL;
    const char *why = "";
    enum maintainers got = from_node(f, name, &list, &why);

    if (got != MAINTAINERS_OK && dir)
        got = from_recipe(f, dir, "recipe.yaml", maintainers_recipe_yaml, &list,
                          &why);
    if (got == MAINTAINERS_NONE && dir)
        got = from_recipe(f, dir, "meta.yaml", maintainers_meta_yaml, &list,
                          &why);
    if (got == MAINTAINERS_UNCLEAR) {
        CLEANUP_FREE char *text = xasprintf("%s: owners not from the recipe: "
                                            "%s",
                                            name, why);

        f->host->log(f->host, TOCSIN_LOG_DEBUG, text);
    }
    fs_fact(f, project, "owners", list);
}

/* ---- CODEOWNERS and ids ----------------------------------------------- */

const char *people_codeowners_place(size_t i)
{
    static const char *const places[] = {
        ".github/CODEOWNERS",
        "CODEOWNERS",
        "docs/CODEOWNERS",
    };

    return i < ARRAY_SIZE(places) ? places[i] : NULL;
}

static void say_codeowners(struct feedstocks *f, const char *project,
                           const char *dir)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_JSON json_t *value = NULL;
    const char *place;

    for (size_t i = 0; (place = people_codeowners_place(i)); i++) {
        CLEANUP_FREE char *path = xasprintf("%s/%s", dir, place);
        CLEANUP_FREE char *text = NULL;
        size_t n = 0;
        enum tree_got got = tree_read(f->checkouts, path, CODEOWNERS_MAX, &text,
                                      &n, NULL, &err);

        if (got == TREE_OK)
            value = jx_string(text, n);
        if (got == TREE_BAD)
            fs_error(f, &err);
        if (got != TREE_MISSING)
            break;
    }
    fs_fact(f, project, "codeowners", value);
}

/* A numeric id as text, NULL: none. */
static char *id_text(const json_t *v)
{
    const char *s = json_string_value(v);

    if (json_is_integer(v) && json_integer_value(v) > 0)
        return xasprintf("%" JSON_INTEGER_FORMAT, json_integer_value(v));
    if (s && *s && strlen(s) < 20 && strspn(s, "0123456789") == strlen(s))
        return xstrdup(s);
    return NULL;
}

static void say_id(struct feedstocks *f, const char *login, const char *id)
{
    const char *said = jx_str(f->ids, login);
    CLEANUP_FREE char *subject = xasprintf("login:%s", login);
    CLEANUP_JSON json_t *value = json_string(id);

    if (!said) {
        jx_set_str(f->ids, login, id);
        fs_fact(f, subject, "id", value);
    } else if (strcmp(said, id) != 0) {
        fs_odd(f, FS_SCHEMA, "login %s: two numeric ids, %s and %s", login,
               said, id);
    }
}

static void say_ids(struct feedstocks *f, const char *dir)
{
    CLEANUP_FREE char *path = xasprintf("%s/.recipe_maintainers.json", dir);
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_JSON json_t *doc = NULL;
    const char *login;
    json_t *v;

    switch (tree_json(f->checkouts, path, IDS_MAX, &doc, NULL, &err)) {
    case TREE_OK:
        break;
    case TREE_BAD:
        fs_error(f, &err);
        return;
    case TREE_MISSING:
        return;
    }
    if (!json_is_object(doc))
        fs_odd(f, FS_SCHEMA, "%s: $: wanted an object", path);
    json_object_foreach(doc, login, v) {
        CLEANUP_FREE char *id = id_text(v);
        CLEANUP_FREE char *lower = xstrdup(login);

        for (char *p = lower; *p; p++)
            *p = (char)tolower((unsigned char)*p);
        if (id && fs_name_ok(lower))
            say_id(f, lower, id);
        else
            fs_odd(f, FS_SCHEMA, "%s: wanted {login: numeric id}", path);
    }
}

/* ---- which feedstocks changed ----------------------------------------- */

/* Anything of the checkout that is read, and the folders that hold it, so
 * that a file which went is seen as well. */
static bool checkout_changed(const struct feedstocks *f, const char *dir)
{
    static const char *const parts[] = {
        "",
        "/recipe",
        "/recipe/meta.yaml",
        "/recipe/recipe.yaml",
        "/.github",
        "/.github/CODEOWNERS",
        "/CODEOWNERS",
        "/docs",
        "/docs/CODEOWNERS",
        "/.recipe_maintainers.json",
    };

    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        CLEANUP_FREE char *path = xasprintf("%s%s", dir, parts[i]);
        int64_t changed = 0;
        enum tree_got got = tree_changed(f->checkouts, path, &changed, NULL);

        if (got == TREE_BAD || (got == TREE_OK && changed >= f->skip_before))
            return true;
    }
    return false;
}

struct walk {
    struct feedstocks *f;
    json_t *changed; /* {name: true} */
};

static int node_seen(void *user, const char *path, const char *name,
                     int64_t changed)
{
    struct walk *w = user;

    if (changed < w->f->skip_before)
        return 0;
    if (!fs_name_ok(name))
        fs_odd(w->f, FS_SCHEMA, "%s: no name of a feedstock", path);
    else
        json_object_set_new(w->changed, name, json_true());
    return 0;
}

static void node_odd(void *user, const char *path, const char *what)
{
    struct walk *w = user;

    fs_odd(w->f, FS_UNREADABLE, "%s: %s", path, what);
}

static void changed_nodes(struct feedstocks *f, json_t *changed)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    struct walk w = { f, changed };

    switch (tree_walk(f->data, "node_attrs", ".json", node_seen, node_odd, &w,
                      &err)) {
    case TREE_OK:
        break;
    case TREE_MISSING:
        fs_odd(f, FS_UNREADABLE, "%s/node_attrs: there is no such folder",
               tree_root(f->data));
        break;
    case TREE_BAD:
        fs_odd(f, FS_UNREADABLE, "%s", err_msg(&err));
        break;
    }
}

/* The feedstock of a folder, new; NULL: none of ours. */
static char *folder_feedstock(const struct feedstocks *f, const char *dir)
{
    size_t n = strlen(dir), suffix = strlen(f->suffix);
    CLEANUP_FREE char *name = NULL;

    if (n <= suffix || !str_ends(dir, f->suffix))
        return NULL;
    name = xstrndup(dir, n - suffix);
    return fs_name_ok(name) ? xstrdup(name) : NULL;
}

static json_t *changed_checkouts(struct feedstocks *f, json_t *changed)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    json_t *folders = tree_folders(f->checkouts, ".", &err), *v;
    json_t *all = json_object();
    size_t i;

    if (!folders)
        fs_odd(f, FS_UNREADABLE, "%s", err_msg(&err));
    json_array_foreach(folders, i, v) {
        const char *dir = json_string_value(v);
        CLEANUP_FREE char *name = folder_feedstock(f, dir);

        if (!name || json_object_size(all) == FEEDSTOCKS_MAX)
            continue;
        json_object_set_new(all, name, json_string(dir));
        if (checkout_changed(f, dir))
            json_object_set_new(changed, name, json_true());
    }
    json_decref(folders);
    return all;
}

/* Asked for, and neither there nor missing. */
static bool is_bad(const struct tree *t, const char *path)
{
    int64_t at;

    return tree_modified(t, path, &at) == TREE_BAD;
}

/* Says it with the readers above where all of it came; else what was said
 * stands, for a server in trouble withdraws nothing. */
bool people_fetched(struct feedstocks *f, const char *name)
{
    CLEANUP_FREE char *project = fs_project(f, name);
    CLEANUP_FREE char *node = tree_shard("node_attrs", name);
    CLEANUP_FREE char *dir = xasprintf("%s%s", name, f->suffix);
    CLEANUP_FREE char *ids = xasprintf("%s/.recipe_maintainers.json", dir);
    bool asked = false, whole = !is_bad(f->data, node);
    const char *place;

    if (whole)
        say_owners(f, project, name, NULL);
    for (size_t i = 0; (place = people_codeowners_place(i)); i++) {
        CLEANUP_FREE char *path = xasprintf("%s/%s", dir, place);

        asked = asked || tree_has_word(f->checkouts, path);
        if (is_bad(f->checkouts, path))
            asked = whole = false;
    }
    if (asked)
        say_codeowners(f, project, dir);
    if (is_bad(f->checkouts, ids))
        return false;
    say_ids(f, dir);
    return whole;
}

void people_collect(struct feedstocks *f)
{
    CLEANUP_JSON json_t *changed = json_object();
    CLEANUP_JSON json_t *checkouts = NULL;
    const char *name;
    json_t *v;

    if (f->checkouts)
        checkouts = changed_checkouts(f, changed);
    if (f->data)
        changed_nodes(f, changed);
    json_object_foreach(changed, name, v) {
        CLEANUP_FREE char *project = fs_project(f, name);
        const char *dir = jx_str(checkouts, name);

        if (f->host->item(f->host, project) != TOCSIN_OK) {
            fs_odd(f, FS_UNREADABLE, "%s: left out, reading it failed twice",
                   project);
            continue;
        }
        say_owners(f, project, name, dir);
        if (dir) {
            say_codeowners(f, project, dir);
            say_ids(f, dir);
        }
    }
}
