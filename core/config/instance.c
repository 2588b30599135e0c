/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sources and sinks: the keys that are the same for all plugins, and the
 * options that only a plugin's table knows. Must not let a secret stand in
 * YAML, nor read one.
 */
#include <config.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/config/loading.h"

#define INSTANCE_NAME_MAX 64
#define DEADLINE_DEFAULT (10 * MINUTE)
#define MEMORY_DEFAULT ((int64_t)512 << 20)

void instance_release(struct instance *in)
{
    free(in->name);
    free(in->plugin);
    json_decref(in->options);
    json_decref(in->option_at);
    free(in->dir);
    free(in->at);
    texts_free(in->allow, in->nr_allow);
    free(in->redirect);
}

static bool name_is_fine(const char *s)
{
    if (!islower((unsigned char)*s) || strlen(s) > INSTANCE_NAME_MAX)
        return false;
    for (; *s; s++)
        if (!islower((unsigned char)*s) && !isdigit((unsigned char)*s)
            && *s != '-' && *s != '_')
            return false;
    return true;
}

static void *instance_add(struct reader *r, struct instance **list, size_t *nr,
                          bool is_sink, const struct node *name)
{
    struct instance *in;

    if (!name_is_fine(name->text))
        node_error(r, name,
                   "\"%s\": the name of a %s starts with a letter "
                   "and has a-z, 0-9, - and _ only",
                   name->text, is_sink ? "sink" : "source");
    name_define(r->user, SCOPE_INSTANCE, "source or sink", name);
    *list = xrealloc(*list, (*nr + 1) * sizeof(*in));
    in = &(*list)[(*nr)++];
    memset(in, 0, sizeof(*in));
    in->name = xstrdup(name->text);
    in->is_sink = is_sink;
    in->options = json_object();
    in->option_at = json_object();
    in->dir = io_dirname(name->file);
    in->at = node_place(name);
    in->deadline = DEADLINE_DEFAULT;
    in->memory = MEMORY_DEFAULT;
    return in;
}

void *source_add(struct reader *r, void *into, const struct node *name,
                 const struct node *value)
{
    struct settings *s = &((struct loading *)into)->s;

    (void)value;
    return instance_add(r, &s->sources, &s->nr_sources, false, name);
}

void *sink_add(struct reader *r, void *into, const struct node *name,
               const struct node *value)
{
    struct settings *s = &((struct loading *)into)->s;

    (void)value;
    return instance_add(r, &s->sinks, &s->nr_sinks, true, name);
}

/* ---- secrets ------------------------------------------------------------ */

/* Does an option of this name hold a secret? The plugin's table says so for
 * certain; a name like this is one whatever the table says. */
static bool name_is_secret(const char *name, size_t len)
{
    static const char *const ends[] = {
        "token",  "password",    "passwd",  "passphrase",
        "secret", "private_key", "api_key",
    };

    for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
        size_t n = strlen(ends[i]);

        if (len >= n && !strncmp(name + len - n, ends[i], n)
            && (len == n || name[len - n - 1] == '_'))
            return true;
    }
    return false;
}

static bool value_is_secret(const char *text)
{
    static const char *const starts[] = {
        "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "-----BEGIN ",
    };
    const char *user, *host;

    for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
        if (str_starts(text, starts[i]))
            return true;
    /* scheme://user:password@host */
    user = strstr(text, "://");
    if (!user)
        return false;
    user += 3;
    host = user + strcspn(user, "/?#");
    for (const char *at = user; at < host; at++)
        if (*at == '@')
            return memchr(user, ':', (size_t)(at - user)) != NULL;
    return false;
}

/* NAME_file of a secret: there, ours, and nobody else can read it. */
static void check_secret_file(struct reader *r, const struct node *value)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_FREE char *path = NULL;

    if (value->kind != NODE_SCALAR)
        return;
    path = node_path(value, value->text);
    if (io_check_trusted(path, IO_TRUST_SECRET, &err) < 0)
        node_error(r, value, "%s", err_msg(&err));
}

static void check_secrets(struct reader *r, const struct node *key,
                          const struct node *value)
{
    const char *name = key->text;
    size_t len = strlen(name);

    if (str_ends(name, "_file")) {
        if (name_is_secret(name, len - 5))
            check_secret_file(r, value);
        return;
    }
    if (str_ends(name, "_env"))
        return;
    if (name_is_secret(name, len)) {
        node_error(r, key,
                   "a secret is never written here: say %s_file: "
                   "PATH or %s_env: VARIABLE",
                   name, name);
        return;
    }
    if (value->kind == NODE_SCALAR && value_is_secret(value->text))
        node_error(r, value,
                   "%s: this looks like a secret; put it into a "
                   "file that only we can read",
                   name);
}

/* ---- options ------------------------------------------------------------ */

static json_t *option_value(struct reader *r, const struct node *key,
                            const struct node *value)
{
    json_t *list;

    if (value->kind == NODE_SCALAR)
        return json_stringn(value->text, value->len);
    list = json_array();
    for (size_t i = 0; i < value->nr; i++) {
        const struct node *item = value->items[i];

        if (value->kind == NODE_MAP || item->kind != NODE_SCALAR
            || node_is_null(item)) {
            node_error(r, value->kind == NODE_MAP ? value : item,
                       "%s: want a text or a list of texts", key->text);
            json_decref(list);
            return NULL;
        }
        json_array_append_new(list, json_stringn(item->text, item->len));
    }
    return list;
}

void instance_option(struct reader *r, void *into, const struct node *key,
                     const struct node *value)
{
    struct instance *in = into;
    CLEANUP_FREE char *place = node_place(key);
    const struct section *other = in->is_sink ? &source_section : &sink_section;
    json_t *v;

    if (section_key(other, key->text)) {
        node_error(r, key, "\"%s\" is a key of %s, not of %s", key->text,
                   other->what,
                   in->is_sink ? sink_section.what : source_section.what);
        return;
    }
    if (node_is_null(value)) {
        node_error(r, value, "%s has no value", key->text);
        return;
    }
    check_secrets(r, key, value);
    v = option_value(r, key, value);
    if (!v)
        return;
    json_object_set_new(in->options, key->text, v);
    json_object_set_new(in->option_at, key->text, json_string(place));
}

/* A secret in a file and in the environment: which would it be? */
static void check_both(struct reader *r, const struct node *n)
{
    for (size_t i = 0; i < n->nr; i++) {
        CLEANUP_FREE char *other = NULL;
        const char *name = n->keys[i]->text;

        if (!str_ends(name, "_env"))
            continue;
        other = xasprintf("%.*s_file", (int)strlen(name) - 4, name);
        if (node_get(n, other))
            node_error(r, n->keys[i], "%s and %s: only one of them", other,
                       name);
    }
}

void instance_done(struct reader *r, void *into, const struct node *n)
{
    struct instance *in = into;

    check_both(r, n);
    if (in->deadline <= 0 && node_get(n, "deadline"))
        node_error(r, node_get(n, "deadline"),
                   "deadline: a worker needs some time");
    if (in->memory < (int64_t)16 << 20 && node_get(n, "memory"))
        node_error(r, node_get(n, "memory"),
                   "memory: a worker needs at least 16M");
}
