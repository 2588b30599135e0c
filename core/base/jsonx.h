/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * jsonx: what jansson leaves to its users: reading members with a type and a
 * default, and JSON to and from text with a cap.
 *
 * "get" functions return borrowed values that live as long as obj. obj may
 * be NULL or no object: that is "absent".
 */
#ifndef TOCSIN_BASE_JSONX_H
#define TOCSIN_BASE_JSONX_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

const char *jx_str(const json_t *obj, const char *key); /* NULL if absent */
const char *jx_str_or(const json_t *obj, const char *key, const char *dflt);
int64_t jx_int(const json_t *obj, const char *key, int64_t dflt);
double jx_num(const json_t *obj, const char *key, double dflt);
bool jx_bool(const json_t *obj, const char *key, bool dflt);
json_t *jx_arr(const json_t *obj, const char *key); /* borrowed or NULL */
json_t *jx_obj(const json_t *obj, const char *key); /* borrowed or NULL */
/* The same, made when there is none; borrowed. */
json_t *jx_arr_made(json_t *obj, const char *key);
json_t *jx_obj_made(json_t *obj, const char *key);

/* Sets key to a copy of s; nothing when s is NULL. Bytes that are no UTF-8
 * become U+FFFD: jansson refuses them and hostile text is full of them. */
void jx_set_str(json_t *obj, const char *key, const char *s);
void jx_set_strn(json_t *obj, const char *key, const char *s, size_t n);
/* Appends a copy of s to list, likewise repaired. */
void jx_append_str(json_t *list, const char *s);
void jx_set_int(json_t *obj, const char *key, int64_t v);
void jx_set_bool(json_t *obj, const char *key, bool v);
void jx_set_num(json_t *obj, const char *key, double v);

/* A new string value, invalid UTF-8 and NUL repaired. */
json_t *jx_string(const char *s, size_t n);
/* A new NUL-terminated string: s with invalid UTF-8 replaced by U+FFFD and
 * NUL by U+2400. */
char *utf8_repair(const char *s, size_t n);

/* Parses text of n bytes; NULL and err (with line:column) on failure. */
json_t *jx_parse(const char *text, size_t n, struct err *err);
/* Compact, keys sorted: equal values give equal text. A new string. */
char *jx_dump(const json_t *v);

/* The strings of list on one line, the first `shown` of them and how many
 * more: "a; b; and 3 more". A list is taken to have been cut when it is longer
 * than `kept`. A new string; NULL when there is nothing to say. */
char *jx_list_some(const json_t *list, size_t shown, size_t kept);

void jx_cleanup(json_t **p);
#define CLEANUP_JSON __attribute__((cleanup(jx_cleanup)))

#endif
