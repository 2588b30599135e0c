/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plugin-made: options for an instance that nobody configured, in a scratch
 * folder: what was given, and for what else is required something of its type.
 */
#ifndef TOCSIN_CLI_PLUGIN_MADE_H
#define TOCSIN_CLI_PLUGIN_MADE_H

#include <jansson.h>
#include <stddef.h>

struct err;

struct made {
    char *dir;         /* removed at the end */
    char *switch_file; /* a kill switch that is on */
    json_t *options;   /* as struct instance has them */
};

/* given: "NAME=VALUE"; of a secret the value itself. -1: none was made. */
int made_init(struct made *m, const json_t *described, char *const *given,
              size_t nr, struct err *err);
/* The same, and all else that is optional set to what nobody expects; new. */
json_t *made_odd(const struct made *m, const json_t *described);
void made_release(struct made *m);

#endif
