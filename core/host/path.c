/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where plugins are found. Must not load anything, nor name a file that
 * others could have written: what is found here will run with our rights.
 */
#include <config.h>

#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/io.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/host/loader.h"

#define NAME_MAX_LEN 64
#define PREFIX "tocsin-"
#define SUFFIX ".so"

static void add_dir(struct plugin_path *path, const char *dir, size_t n)
{
    if (!n)
        return;
    ALLOC_GROW(path->dirs, path->nr + 1, path->alloc);
    path->dirs[path->nr] = xstrndup(dir, n);
    for (size_t i = 0; i < path->nr; i++)
        if (!strcmp(path->dirs[i], path->dirs[path->nr])) {
            free(path->dirs[path->nr]);
            return;
        }
    path->nr++;
}

void plugin_path_init(struct plugin_path *path, const char *const *configured,
                      size_t nr_configured)
{
    const char *env = getenv("TOCSIN_PLUGIN_PATH");

    memset(path, 0, sizeof(*path));
    for (size_t i = 0; i < nr_configured; i++)
        add_dir(path, configured[i], strlen(configured[i]));
    while (env && *env) {
        size_t n = strcspn(env, ":");

        add_dir(path, env, n);
        env += n + (env[n] == ':');
    }
    add_dir(path, PKGLIBDIR, strlen(PKGLIBDIR));
}

void plugin_path_release(struct plugin_path *path)
{
    for (size_t i = 0; i < path->nr; i++)
        free(path->dirs[i]);
    free(path->dirs);
    memset(path, 0, sizeof(*path));
}

bool plugin_name_valid(const char *name)
{
    size_t n = strlen(name);

    return n > 0 && n <= NAME_MAX_LEN && islower((unsigned char)name[0])
           && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

static char *file_in(const char *dir, const char *name)
{
    CLEANUP_FREE char *base = xasprintf(PREFIX "%s" SUFFIX, name);

    /* A name without a slash would make dlopen search on its own. */
    return xasprintf("%s/%s", dir, base);
}

static int check_not_group_writable(const char *path, const struct stat *st,
                                    struct err *err)
{
    if (st->st_mode & S_IWGRP && st->st_gid != 0)
        return err_set(err, ERR_CONFIG,
                       "%s: its group can change it (chmod g-w)", path);
    return 0;
}

int plugin_check_trusted(const char *file, struct err *err)
{
    CLEANUP_FREE char *dir = io_dirname(file);
    struct stat st;

    if (lstat(file, &st) < 0)
        return err_errno(err, ERR_CONFIG, "%s", file);
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_CONFIG, "%s: not a regular file", file);
    if (io_check_trusted(file, IO_TRUST_WRITE, err) < 0
        || check_not_group_writable(file, &st, err) < 0)
        return -1;
    if (stat(dir, &st) < 0)
        return err_errno(err, ERR_CONFIG, "%s", dir);
    if (io_check_trusted(dir, IO_TRUST_WRITE, err) < 0)
        return -1;
    return check_not_group_writable(dir, &st, err);
}

char *plugin_find(const struct plugin_path *path, const char *name,
                  struct err *err)
{
    CLEANUP_STRBUF struct strbuf where;

    strbuf_init(&where, 4096);
    if (!plugin_name_valid(name)) {
        err_set(err, ERR_CONFIG, "\"%s\" cannot be the name of a plugin", name);
        return NULL;
    }
    for (size_t i = 0; i < path->nr; i++) {
        char *file = file_in(path->dirs[i], name);
        struct stat st;

        if (lstat(file, &st) == 0) {
            if (plugin_check_trusted(file, err) == 0)
                return file;
            free(file);
            return NULL;
        }
        strbuf_addf(&where, "%s%s", i ? ", " : "", path->dirs[i]);
        free(file);
    }
    err_set(err, ERR_CONFIG, "plugin \"%s\": no " PREFIX "%s" SUFFIX " in %s%s",
            name, name, where.buf, where.truncated ? " […]" : "");
    return NULL;
}

/* The NAME in tocsin-NAME.so, new, or NULL. */
static char *name_of(const char *base)
{
    size_t n = strlen(base);
    char *name;

    if (!str_starts(base, PREFIX) || !str_ends(base, SUFFIX)
        || n <= strlen(PREFIX SUFFIX))
        return NULL;
    name = xstrndup(base + strlen(PREFIX), n - strlen(PREFIX SUFFIX));
    if (!plugin_name_valid(name)) {
        free(name);
        return NULL;
    }
    return name;
}

static bool in_earlier(const struct plugin_path *path, size_t before,
                       const char *name)
{
    for (size_t i = 0; i < before; i++) {
        CLEANUP_FREE char *file = file_in(path->dirs[i], name);
        struct stat st;

        if (lstat(file, &st) == 0)
            return true;
    }
    return false;
}

void plugin_scan(const struct plugin_path *path,
                 void (*found)(void *user, const char *file, const char *name,
                               bool hidden),
                 void *user)
{
    for (size_t i = 0; i < path->nr; i++) {
        struct dirent **entries;
        int n = scandir(path->dirs[i], &entries, NULL, alphasort);

        for (int k = 0; k < n; k++) {
            CLEANUP_FREE char *name = name_of(entries[k]->d_name);

            if (name) {
                CLEANUP_FREE char *file = file_in(path->dirs[i], name);

                found(user, file, name, in_earlier(path, i, name));
            }
            free(entries[k]);
        }
        if (n >= 0)
            free(entries);
    }
}
