/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * jxsome: JSON without what nobody reads. Of a workflow run GitHub says 13 KB,
 * of which one is wanted; to pass over a member is ten times as quick as to
 * parse it, and takes no memory.
 */
#ifndef TOCSIN_BASE_JXSOME_H
#define TOCSIN_BASE_JXSOME_H

#include <jansson.h>
#include <stddef.h>

struct err;

/* As jx_parse, but of each object, however deep, only the members of these
 * names (NULL-terminated; a name that is written with escapes is none of
 * them). Of the others only the end is looked for: a fault inside one is not
 * seen. Places in errors are those of what is left. */
json_t *jx_parse_some(const char *text, size_t n, const char *const *names,
                      struct err *err);

#endif
