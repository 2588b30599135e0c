/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * options: a plugin's option table, and an instance's options held against
 * it. The same code checks for `tocsin check` and reads for the worker, so
 * what is checked is what is used.
 */
#ifndef TOCSIN_HOST_OPTIONS_H
#define TOCSIN_HOST_OPTIONS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"
#include "core/config/problems.h"
#include "core/tocsin-plugin.h"

/* A secret is at most so long, any other value too. */
#define OPTION_VALUE_MAX ((size_t)64 << 10)

/* The loader's gate: names, types, help, defaults that are valid. */
int options_check_table(const struct tocsin_option *table, size_t nr,
                        struct err *err);
/* [{"name","type","flags":[..],"default","help","values"}], new. */
json_t *options_describe(const struct tocsin_option *table, size_t nr);
/* Is "required", "secret" or "repeat" among the flags of one of these? */
bool options_flag(const json_t *option, const char *flag);

/* An instance's options as settings.h has them; all borrowed. */
struct options_given {
    const json_t *options;   /* {name: scalar or [scalar]} */
    const json_t *option_at; /* {name: "file:line:column"} */
    const char *dir;         /* relative paths start here */
    const char *at;          /* of the instance */
    const char *plugin;
};

/* Checks all of them against a described table, adds what is wrong to pb,
 * and returns {name: [text]}, new, with defaults filled in: durations in
 * seconds, sizes in bytes, booleans as true or false, paths absolute and
 * secrets as what they are. Whether it is whole is what pb says. */
json_t *options_resolve(const json_t *table, const struct options_given *g,
                        struct problems *pb);
/* The values of all secrets among them: [text], new. */
json_t *options_secrets(const json_t *table, const json_t *resolved);

#endif
