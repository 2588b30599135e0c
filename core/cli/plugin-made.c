/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Made-up options. Must not leave anything behind.
 */
#include <config.h>

#include "core/cli/plugin-made.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/config/nearest.h"
#include "core/host/options.h"

static const json_t *find(const json_t *described, const char *name)
{
    const json_t *v;
    size_t i;

    json_array_foreach(jx_arr(described, "options"), i, v)
        if (str_eq(jx_str(v, "name"), name))
            return v;
    return NULL;
}

static int unknown(const json_t *described, const char *name, struct err *err)
{
    struct nearest n = { .word = name };
    CLEANUP_FREE char *hint = NULL;
    const json_t *v;
    size_t i;

    json_array_foreach(jx_arr(described, "options"), i, v)
        nearest_try(&n, jx_str_or(v, "name", ""));
    hint = nearest_hint(&n);
    return err_set(err, ERR_USAGE, "-o: it has no option \"%s\"%s", name, hint);
}

/* Another value of a list goes behind the first. */
static void add(json_t *options, const char *key, const char *value)
{
    json_t *had = json_object_get(options, key);

    if (!had) {
        jx_set_str(options, key, value);
        return;
    }
    if (!json_is_array(had)) {
        json_t *list = json_array();

        json_array_append(list, had);
        json_object_set_new(options, key, list);
        had = list;
    }
    jx_append_str(had, value);
}

/* A secret is always in a file. */
static int set_secret(struct made *m, const char *name, const char *value,
                      struct err *err)
{
    CLEANUP_FREE char *key = xasprintf("%s_file", name);
    CLEANUP_FREE char *path = io_join(m->dir, key);

    add(m->options, key, path);
    return io_write_file(path, value, strlen(value), 0600, err);
}

static int set(struct made *m, const json_t *option, const char *value,
               struct err *err)
{
    const char *name = jx_str(option, "name");

    if (options_flag(option, "secret"))
        return set_secret(m, name, value, err);
    add(m->options, name, value);
    return 0;
}

static int take_given(struct made *m, const json_t *described,
                      const char *given, struct err *err)
{
    const char *equals = strchr(given, '=');
    CLEANUP_FREE char *name =
        equals ? xstrndup(given, (size_t)(equals - given)) : NULL;
    const json_t *option = name ? find(described, name) : NULL;

    if (!equals)
        return err_set(err, ERR_USAGE, "-o: \"%s\" is not NAME=VALUE", given);
    if (!option)
        return unknown(described, name, err);
    return set(m, option, equals + 1, err);
}

/* Something of the option's type; new. */
static char *something(const struct made *m, const json_t *option)
{
    const char *type = jx_str_or(option, "type", "");
    const char *values = jx_str(option, "values");
    size_t n = values ? strcspn(values, "|") : 0;

    if (str_eq(type, "url"))
        return xasprintf("%.*s://tocsin.invalid", values ? (int)n : 5,
                         values ? values : "https");
    if (values)
        return xstrndup(values, n);
    if (str_eq(type, "path"))
        return io_join(m->dir, jx_str_or(option, "name", "x"));
    return xstrdup(str_eq(type, "int")        ? "1"
                   : str_eq(type, "bool")     ? "true"
                   : str_eq(type, "duration") ? "1h"
                   : str_eq(type, "size")     ? "1M"
                                              : "example");
}

static bool is_set(const json_t *options, const char *name)
{
    CLEANUP_FREE char *file = xasprintf("%s_file", name);

    return json_object_get(options, name) || json_object_get(options, file);
}

static int take_required(struct made *m, const json_t *described,
                         struct err *err)
{
    const json_t *v;
    size_t i;

    json_array_foreach(jx_arr(described, "options"), i, v) {
        CLEANUP_FREE char *value = something(m, v);

        if (options_flag(v, "required")
            && !is_set(m->options, jx_str_or(v, "name", ""))
            && set(m, v, value, err) < 0)
            return -1;
    }
    return 0;
}

static int make_folder(struct made *m, struct err *err)
{
    const char *tmp = getenv("TMPDIR");

    m->dir = xasprintf("%s/tocsin-plugin.XXXXXX", str_or(tmp, "/tmp"));
    if (!mkdtemp(m->dir)) {
        err_errno(err, ERR_IO, "%s", m->dir);
        free(m->dir);
        m->dir = NULL;
        return -1;
    }
    m->switch_file = io_join(m->dir, "kill-switch");
    return io_write_file(m->switch_file, "", 0, 0600, err);
}

int made_init(struct made *m, const json_t *described, char *const *given,
              size_t nr, struct err *err)
{
    int rc;

    memset(m, 0, sizeof(*m));
    m->options = json_object();
    rc = make_folder(m, err);
    for (size_t i = 0; i < nr && rc == 0; i++)
        rc = take_given(m, described, given[i], err);
    if (rc == 0)
        rc = take_required(m, described, err);
    if (rc < 0)
        made_release(m);
    return rc;
}

json_t *made_odd(const struct made *m, const json_t *described)
{
    json_t *odd = json_deep_copy(m->options);
    const json_t *v;
    size_t i;

    json_array_foreach(jx_arr(described, "options"), i, v) {
        const char *name = jx_str_or(v, "name", "");
        const char *type = jx_str_or(v, "type", "");

        if (is_set(odd, name) || options_flag(v, "secret")
            || jx_str(v, "values"))
            continue;
        if (str_eq(type, "string"))
            jx_set_str(odd, name,
                       "%s%n$(id)`'\"\\../*[?{}<!-- \xf0\x9f\x94\x94");
        else if (str_eq(type, "int"))
            jx_set_str(odd, name, "-1");
        else if (str_eq(type, "duration"))
            jx_set_str(odd, name, "0s");
        else if (str_eq(type, "size"))
            jx_set_str(odd, name, "0");
    }
    return odd;
}

void made_release(struct made *m)
{
    if (m->dir)
        io_remove_tree(m->dir);
    free(m->dir);
    free(m->switch_file);
    json_decref(m->options);
    memset(m, 0, sizeof(*m));
}
