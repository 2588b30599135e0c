/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * scenario: a file of tocsin-test(5) as data: a configuration and steps, each
 * with what comes in and what is expected.
 *
 * Every JSON object that stems from a YAML map has its place under "@"
 * ("file:line:column"). Scalars are strings, but in the configuration and below
 * "value" and "set" they are what YAML makes of them.
 */
#ifndef TOCSIN_CLI_SCENARIO_H
#define TOCSIN_CLI_SCENARIO_H

#include <jansson.h>
#include <stdint.h>

#include "core/config/problems.h"

struct scenario {
    char *path;
    char *name;
    json_t *config;   /* object */
    json_t *defaults; /* object */
    json_t *rules;    /* {name: {category, blame, summary, ..}} */
    int64_t start;
    json_t *steps; /* array of objects */
};

/* NULL when there was any error; all of them are in pb. */
struct scenario *scenario_load(const char *path, struct problems *pb);
void scenario_free(struct scenario *sc);

/* The objects that obj stands for: itself, or one for each number of its
 * "n: A..B" and each of its "jobs", {n} replaced, what it does not say taken
 * from defaults. A new array. NULL: a bad n (reported through err). */
struct err;
json_t *scenario_expand(const json_t *obj, const json_t *defaults,
                        struct err *err);

#endif
