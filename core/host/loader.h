/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * loader: where plugins are, whom to believe, and what they say of
 * themselves. Finding and checking is for everybody; plugin_load is for
 * workers alone: it runs the plugin's code.
 */
#ifndef TOCSIN_HOST_LOADER_H
#define TOCSIN_HOST_LOADER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/err.h"
#include "core/tocsin-plugin.h"

/* The folders of a search path, in order. */
struct plugin_path {
    char **dirs;
    size_t nr, alloc;
};

/* The configured ones, $TOCSIN_PLUGIN_PATH, the installed one. */
void plugin_path_init(struct plugin_path *path, const char *const *configured,
                      size_t nr_configured);
void plugin_path_release(struct plugin_path *path);
/* The file of plugin name, new; NULL and err when there is none or nobody
 * may trust it. The first folder that has the file decides. */
char *plugin_find(const struct plugin_path *path, const char *name,
                  struct err *err);
/* All plugin files, in order: calls found with the name in the file name;
 * hidden: an earlier folder has one of this name. */
void plugin_scan(const struct plugin_path *path,
                 void (*found)(void *user, const char *file, const char *name,
                               bool hidden),
                 void *user);
/* A regular file, ours or root's, that nobody else can change, in a folder
 * of which the same is true. */
int plugin_check_trusted(const char *file, struct err *err);
/* a-z, 0-9, -: 1 to 64 of them, a letter first. */
bool plugin_name_valid(const char *name);

struct plugin {
    char *file;
    uint32_t kind; /* enum tocsin_kind */
    uint32_t api_version;
    /* Copies: what this build does not know is cut, what the plugin does
     * not know is zero. options and format point to the arrays below. */
    struct tocsin_source source;
    struct tocsin_sink sink;
    struct tocsin_option *options;
    size_t nr_options;
    struct tocsin_message_format format;
    struct tocsin_limits limits;
};

/* Loads file and checks all that it promises. The shared object stays
 * loaded for as long as the process lives. */
int plugin_load(struct plugin *p, const char *file, struct err *err);
void plugin_release(struct plugin *p);
const char *plugin_name(const struct plugin *p);
/* The object of host_describe, new. */
json_t *plugin_describe(const struct plugin *p);

#endif
