/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * kept: a long text as a short one, for the cursor: deflated, base64.
 */
#ifndef TOCSIN_PLUGIN_KEPT_H
#define TOCSIN_PLUGIN_KEPT_H

#include <stddef.h>

/* A new string, or NULL when it cannot be done. */
char *kept_pack(const char *text, size_t n);
/* What kept_pack was given; a new NUL-terminated string. NULL: it is none of
 * ours, or longer than max. */
char *kept_unpack(const char *packed, size_t max, size_t *n);

#endif
