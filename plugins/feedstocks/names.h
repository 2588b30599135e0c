/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * names: is it a login or a team, and what would YAML take it for.
 */
#ifndef TOCSIN_PLUGIN_NAMES_H
#define TOCSIN_PLUGIN_NAMES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Adds "Login" as it is, "org/Team" (with or without @) as "@org/team", once
 * however it is spelt. False: it is neither, or there are too many. */
bool names_add(json_t *list, const char *s, size_t n);
/* A plain scalar that YAML takes for a number, a truth value or null: the
 * recipe's tools see something else than what is written. */
bool names_yaml_reads_otherwise(const char *s, size_t n);

#endif
