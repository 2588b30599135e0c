/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * option-value: the text of an option, read by its type.
 */
#ifndef TOCSIN_HOST_OPTION_VALUE_H
#define TOCSIN_HOST_OPTION_VALUE_H

#include <stdbool.h>

bool option_has_control(const char *s);

/* The value as plugins get it, new; NULL and *fault (new: "is no ...") if it is
 * none of this type. type: enum tocsin_option_type; values: "a|b|c", or NULL
 * for any; dir: where a relative path starts. */
char *option_value(int type, const char *values, const char *text,
                   const char *dir, char **fault);

#endif
