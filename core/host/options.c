/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Options against their table. Must not put a secret, or a piece of one,
 * into a message.
 */
#include <config.h>

#include "core/host/options.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/io.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"
#include "core/config/nearest.h"
#include "core/config/settings.h"
#include "core/host/host.h"
#include "core/host/option-value.h"

static const char *const type_names[] = {
    [TOCSIN_OPTION_STRING] = "string", [TOCSIN_OPTION_INT] = "int",
    [TOCSIN_OPTION_BOOL] = "bool",     [TOCSIN_OPTION_DURATION] = "duration",
    [TOCSIN_OPTION_SIZE] = "size",     [TOCSIN_OPTION_PATH] = "path",
    [TOCSIN_OPTION_URL] = "url",
};

static const struct {
    uint32_t flag;
    const char *name;
} flag_names[] = {
    { TOCSIN_OPTION_REQUIRED, "required" },
    { TOCSIN_OPTION_SECRET, "secret" },
    { TOCSIN_OPTION_REPEAT, "repeat" },
};

/* -- the table -- */

static bool option_name_valid(const char *s)
{
    return s && islower((unsigned char)*s) && strlen(s) <= 64
           && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(s);
}

static int check_default(const struct tocsin_option *o, struct err *err)
{
    CLEANUP_FREE char *fault = NULL;
    char *value;

    if (!o->default_value)
        return 0;
    if (o->flags & (TOCSIN_OPTION_SECRET | TOCSIN_OPTION_REQUIRED))
        return err_set(err, ERR_PLUGIN,
                       "option %s is required or secret and has a default",
                       o->name);
    value = option_value(o->type, o->values, o->default_value, "/", &fault);
    free(value);
    if (fault)
        return err_set(err, ERR_PLUGIN, "the default of option %s %s", o->name,
                       fault);
    return 0;
}

static int check_option(const struct tocsin_option *o, struct err *err)
{
    const uint32_t known =
        TOCSIN_OPTION_REQUIRED | TOCSIN_OPTION_SECRET | TOCSIN_OPTION_REPEAT;

    if (!option_name_valid(o->name))
        return err_set(err, ERR_PLUGIN, "an option is called \"%.80s\"",
                       str_or(o->name, ""));
    for (size_t i = 0; settings_instance_key(i); i++)
        if (!strcmp(o->name, settings_instance_key(i)))
            return err_set(err, ERR_PLUGIN,
                           "option %s: Tocsin itself has a key of this name",
                           o->name);
    if (!o->help)
        return err_set(err, ERR_PLUGIN, "option %s has no help", o->name);
    if (o->type < 0 || o->type >= (int32_t)ARRAY_SIZE(type_names))
        return err_set(err, ERR_VERSION,
                       "option %s is of type %d; known are "
                       "0 to %zu",
                       o->name, (int)o->type, ARRAY_SIZE(type_names) - 1);
    if (o->flags & ~known)
        return err_set(err, ERR_VERSION,
                       "option %s has flags %#x; known are "
                       "%#x",
                       o->name, (unsigned)o->flags, (unsigned)known);
    if (o->flags & TOCSIN_OPTION_SECRET
        && (o->type != TOCSIN_OPTION_STRING || o->values))
        return err_set(err, ERR_PLUGIN,
                       "option %s: a secret is a string of any value", o->name);
    return check_default(o, err);
}

/* Two options that could be written with the same key. */
static bool collide(const struct tocsin_option *a,
                    const struct tocsin_option *b)
{
    size_t n = strlen(a->name);

    if (!strcmp(a->name, b->name))
        return true;
    return a->flags & TOCSIN_OPTION_SECRET && !strncmp(a->name, b->name, n)
           && (!strcmp(b->name + n, "_file") || !strcmp(b->name + n, "_env"));
}

int options_check_table(const struct tocsin_option *table, size_t nr,
                        struct err *err)
{
    for (size_t i = 0; i < nr; i++) {
        if (check_option(&table[i], err) < 0)
            return -1;
        for (size_t k = 0; k < i; k++)
            if (collide(&table[i], &table[k]) || collide(&table[k], &table[i]))
                return err_set(err, ERR_PLUGIN, "two options are called %s",
                               table[i].name);
    }
    return 0;
}

json_t *options_describe(const struct tocsin_option *table, size_t nr)
{
    json_t *list = json_array();

    for (size_t i = 0; i < nr; i++) {
        json_t *o = json_object();
        json_t *flags = json_array();

        for (size_t k = 0; k < ARRAY_SIZE(flag_names); k++)
            if (table[i].flags & flag_names[k].flag)
                json_array_append_new(flags, json_string(flag_names[k].name));
        jx_set_str(o, "name", table[i].name);
        jx_set_str(o, "type", type_names[table[i].type]);
        json_object_set_new(o, "flags", flags);
        json_object_set_new(o, "default", json_null());
        jx_set_str(o, "default", table[i].default_value);
        jx_set_str(o, "help", table[i].help);
        json_object_set_new(o, "values", json_null());
        jx_set_str(o, "values", table[i].values);
        json_array_append_new(list, o);
    }
    return list;
}

bool options_flag(const json_t *option, const char *flag)
{
    const json_t *flags = jx_arr(option, "flags");

    for (size_t i = 0; i < json_array_size(flags); i++)
        if (str_eq(json_string_value(json_array_get(flags, i)), flag))
            return true;
    return false;
}

static int type_of(const json_t *option)
{
    const char *type = jx_str_or(option, "type", "");

    for (size_t i = 0; i < ARRAY_SIZE(type_names); i++)
        if (!strcmp(type, type_names[i]))
            return (int)i;
    return TOCSIN_OPTION_STRING;
}

/* -- an instance against it -- */

struct resolving {
    const json_t *table;
    const struct options_given *g;
    struct problems *pb;
    json_t *out; /* NULL: only check */
};

static void problem(struct resolving *r, const char *key, const char *text)
{
    const char *place = key ? jx_str(r->g->option_at, key) : NULL;

    problems_at(r->pb, false, str_or(place, str_or(r->g->at, "")), text);
}

static void value_problem(struct resolving *r, const char *key,
                          const char *fault)
{
    CLEANUP_FREE char *text = xasprintf("option \"%s\" %s", key, fault);

    problem(r, key, text);
}

/* A scalar as text, new; NULL when it is none. */
static char *scalar(const json_t *v)
{
    switch (json_typeof(v)) {
    case JSON_STRING:
        return xstrdup(json_string_value(v));
    case JSON_INTEGER:
        return xasprintf("%" JSON_INTEGER_FORMAT, json_integer_value(v));
    case JSON_REAL:
        return xasprintf("%.15g", json_real_value(v));
    case JSON_TRUE:
        return xstrdup("true");
    case JSON_FALSE:
        return xstrdup("false");
    default:
        return NULL;
    }
}

static void add_value(struct resolving *r, const char *name, const char *value)
{
    json_t *list;

    if (!r->out)
        return;
    list = jx_arr(r->out, name);
    if (!list) {
        list = json_array();
        json_object_set_new(r->out, name, list);
    }
    jx_append_str(list, value);
}

/* What a secret may hold: one line that is fit for a header, or a PEM. */
static const char *secret_fault(char *text, size_t len)
{
    bool pem = str_starts(text, "-----BEGIN ");

    while (len && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        text[--len] = '\0';
    if (!len)
        return "is empty";
    if (strlen(text) != len)
        return "holds a NUL byte";
    for (const char *p = text; *p; p++) {
        bool newline = *p == '\n' || *p == '\r';

        if (((unsigned char)*p < 0x20 || *p == 0x7f) && !(pem && newline))
            return "holds a line break or a control character";
    }
    return NULL;
}

/* The secret, new; NULL after it was reported. */
static char *secret_from(struct resolving *r, const char *key, bool file,
                         const char *value)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_FREE char *path = io_join(r->g->dir, value);
    CLEANUP_FREE char *text = NULL;
    const char *fault, *env;
    size_t len = 0;
    char *secret;

    if (file) {
        if (io_check_trusted(path, IO_TRUST_SECRET, &err) == 0)
            secret = io_read_file(path, OPTION_VALUE_MAX, &len, &err);
        else
            secret = NULL;
        if (!secret) {
            text = xasprintf("option \"%s\": %s", key, err_msg(&err));
            problem(r, key, text);
            return NULL;
        }
    } else {
        env = getenv(value);
        if (!env) {
            text = xasprintf("option \"%s\": there is no variable %s in the "
                             "environment",
                             key, value);
            problem(r, key, text);
            return NULL;
        }
        secret = xstrdup(env);
        len = strlen(secret);
    }
    fault = secret_fault(secret, len);
    if (!fault)
        return secret;
    text = xasprintf("option \"%s\": the secret %s", key, fault);
    problem(r, key, text);
    explicit_bzero(secret, len);
    free(secret);
    return NULL;
}

static void take_value(struct resolving *r, const json_t *option,
                       const char *key, const json_t *v)
{
    const char *name = jx_str(option, "name");
    bool secret = options_flag(option, "secret");
    CLEANUP_FREE char *text = scalar(v);
    CLEANUP_FREE char *value = NULL;
    CLEANUP_FREE char *fault = NULL;

    if (!text) {
        value_problem(r, key, "must be a plain value");
        return;
    }
    if (secret) {
        value = option_has_control(text)
                    ? NULL
                    : secret_from(r, key, str_ends(key, "_file"), text);
    } else {
        value = option_value(type_of(option), jx_str(option, "values"), text,
                             r->g->dir, &fault);
        if (fault)
            value_problem(r, key, fault);
    }
    if (value)
        add_value(r, name, value);
    if (value && secret)
        explicit_bzero(value, strlen(value));
}

static void take_key(struct resolving *r, const json_t *option, const char *key,
                     const json_t *v)
{
    if (!json_is_array(v)) {
        take_value(r, option, key, v);
        return;
    }
    if (!options_flag(option, "repeat")) {
        value_problem(r, key, "takes one value, not a list");
        return;
    }
    if (!json_array_size(v) && options_flag(option, "required"))
        value_problem(r, key, "is required and has no value");
    for (size_t i = 0; i < json_array_size(v); i++)
        take_value(r, option, key, json_array_get(v, i));
}

static void take_secret(struct resolving *r, const json_t *option)
{
    const char *name = jx_str(option, "name");
    CLEANUP_FREE char *file = xasprintf("%s_file", name);
    CLEANUP_FREE char *env = xasprintf("%s_env", name);
    const json_t *in_file = json_object_get(r->g->options, file);
    const json_t *in_env = json_object_get(r->g->options, env);
    CLEANUP_FREE char *text = NULL;

    if (in_file && in_env) {
        text = xasprintf("both \"%s\" and \"%s\": one is enough", file, env);
        problem(r, env, text);
    } else if (in_file) {
        take_key(r, option, file, in_file);
    } else if (in_env) {
        take_key(r, option, env, in_env);
    } else if (options_flag(option, "required")) {
        text = xasprintf("plugin %s needs \"%s\" or \"%s\"", r->g->plugin, file,
                         env);
        problem(r, NULL, text);
    }
}

static void take_option(struct resolving *r, const json_t *option)
{
    const char *name = jx_str(option, "name");
    const json_t *v = json_object_get(r->g->options, name);
    const char *dflt = jx_str(option, "default");
    CLEANUP_FREE char *text = NULL;

    if (options_flag(option, "secret")) {
        take_secret(r, option);
    } else if (v) {
        take_key(r, option, name, v);
    } else if (dflt) {
        CLEANUP_FREE char *fault = NULL;
        CLEANUP_FREE char *value =
            option_value(type_of(option), NULL, dflt, r->g->dir, &fault);

        if (value)
            add_value(r, name, value);
    } else if (options_flag(option, "required")) {
        text = xasprintf("plugin %s needs \"%s\": %s", r->g->plugin, name,
                         jx_str_or(option, "help", ""));
        problem(r, NULL, text);
    }
}

/* -- keys that nobody knows -- */

/* How the keys of a table are written in a configuration. */
struct keys {
    char **items;
    size_t nr, alloc;
};

static void add_key(struct keys *keys, char *key)
{
    ALLOC_GROW(keys->items, keys->nr + 1, keys->alloc);
    keys->items[keys->nr++] = key;
}

static void keys_init(struct keys *keys, const json_t *table)
{
    memset(keys, 0, sizeof(*keys));
    for (size_t i = 0; i < json_array_size(table); i++) {
        const json_t *option = json_array_get(table, i);
        const char *name = jx_str(option, "name");

        if (options_flag(option, "secret")) {
            add_key(keys, xasprintf("%s_file", name));
            add_key(keys, xasprintf("%s_env", name));
        } else {
            add_key(keys, xstrdup(name));
        }
    }
}

static void keys_release(struct keys *keys)
{
    for (size_t i = 0; i < keys->nr; i++)
        free(keys->items[i]);
    free(keys->items);
}

static bool is_key(const struct keys *keys, const char *key)
{
    for (size_t i = 0; i < keys->nr; i++)
        if (!strcmp(keys->items[i], key))
            return true;
    return false;
}

static bool is_secret(const json_t *table, const char *name)
{
    for (size_t i = 0; i < json_array_size(table); i++) {
        const json_t *option = json_array_get(table, i);

        if (options_flag(option, "secret")
            && str_eq(jx_str(option, "name"), name))
            return true;
    }
    return false;
}

static void unknown_key(struct resolving *r, const struct keys *keys,
                        const char *key)
{
    struct nearest near = { .word = key };
    CLEANUP_FREE char *text = NULL;
    CLEANUP_FREE char *hint = NULL;

    if (is_secret(r->table, key)) {
        text = xasprintf("\"%s\" is a secret: write \"%s_file\" or "
                         "\"%s_env\" instead",
                         key, key, key);
        problem(r, key, text);
        return;
    }
    for (size_t i = 0; i < keys->nr; i++)
        nearest_try(&near, keys->items[i]);
    for (size_t i = 0; settings_instance_key(i); i++)
        nearest_try(&near, settings_instance_key(i));
    if (near.best)
        hint = nearest_hint(&near);
    else
        hint = xasprintf("; `tocsin plugin show %s` lists them", r->g->plugin);
    text =
        xasprintf("plugin %s has no option \"%s\"%s", r->g->plugin, key, hint);
    problem(r, key, text);
}

static void check_keys(struct resolving *r)
{
    struct keys keys;
    const char *key;
    json_t *v;

    keys_init(&keys, r->table);
    json_object_foreach((json_t *)r->g->options, key, v)
        if (!is_key(&keys, key))
            unknown_key(r, &keys, key);
    keys_release(&keys);
}

static void resolve(struct resolving *r)
{
    check_keys(r);
    for (size_t i = 0; i < json_array_size(r->table); i++)
        take_option(r, json_array_get(r->table, i));
}

json_t *options_resolve(const json_t *table, const struct options_given *g,
                        struct problems *pb)
{
    struct resolving r = { table, g, pb, json_object() };

    resolve(&r);
    return r.out;
}

json_t *options_secrets(const json_t *table, const json_t *resolved)
{
    json_t *list = json_array();

    for (size_t i = 0; i < json_array_size(table); i++) {
        const json_t *option = json_array_get(table, i);

        if (options_flag(option, "secret"))
            json_array_extend(list, jx_arr(resolved, jx_str(option, "name")));
    }
    return list;
}

void host_check_options(const struct instance *in, const json_t *described,
                        struct problems *pb)
{
    const struct options_given g = {
        .options = in->options,
        .option_at = in->option_at,
        .dir = in->dir,
        .at = in->at,
        .plugin = in->plugin,
    };
    struct resolving r = { jx_arr(described, "options"), &g, pb, NULL };
    bool is_sink = str_eq(jx_str(described, "kind"), "sink");

    if (is_sink != in->is_sink) {
        CLEANUP_FREE char *text = xasprintf(
            "plugin %s is a %s; it belongs under \"%s\"", in->plugin,
            is_sink ? "sink" : "source", is_sink ? "sinks" : "sources");

        problem(&r, NULL, text);
        return;
    }
    resolve(&r);
}
