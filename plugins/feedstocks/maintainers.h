/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * maintainers: the people that a recipe names, when it names them plainly.
 *
 * A meta.yaml is a Jinja template that gives YAML, so it is never parsed as
 * YAML: the list must stand there literally, at the top level, outside of
 * any {% block %}. Whatever is not as expected is MAINTAINERS_UNCLEAR, and
 * somebody else (CODEOWNERS) is asked. Better nobody than the wrong one.
 */
#ifndef TOCSIN_PLUGIN_MAINTAINERS_H
#define TOCSIN_PLUGIN_MAINTAINERS_H

#include <jansson.h>
#include <stddef.h>

enum maintainers {
    MAINTAINERS_OK,      /* *out: new array of "login" and "@org/team" */
    MAINTAINERS_NONE,    /* the recipe has no such list */
    MAINTAINERS_UNCLEAR, /* *why: static text for operators */
};

enum maintainers maintainers_meta_yaml(const char *text, size_t n, json_t **out,
                                       const char **why);
enum maintainers maintainers_recipe_yaml(const char *text, size_t n,
                                         json_t **out, const char **why);
/* A list as JSON has it: the bot's node_attrs. */
enum maintainers maintainers_json(const json_t *list, json_t **out,
                                  const char **why);

#endif
