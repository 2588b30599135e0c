/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * spec: the words with which conda's solvers name packages, as people would
 * write them. All results are new strings.
 */
#ifndef TOCSIN_CLASSIFY_SPEC_H
#define TOCSIN_CLASSIFY_SPEC_H

#include <stdbool.h>
#include <stddef.h>

/* "numpy >=1.2 *" is "numpy >=1.2", "pin on python =3.13 *" is "python =3.13",
 * "foo =* *" is "foo". Blanks are one, control characters and ';' are none. */
char *spec_trim(const char *s, size_t n);

/* The name alone: "numpy >=1.2" is "numpy". */
char *spec_name(const char *spec);

/* As one says it: "r-base >=4.4,<4.5.0a0", "r-base 4.4.*" and "r-base =4.4"
 * are all "r-base 4.4"; python_abi is python. What has no such form stays as
 * it is, without a build string. */
char *spec_short(const char *spec);

/* "r-foo-0.80-r44h255eb88_1" is "r-foo" and "0.80"; without two dashes the
 * whole is the name and *version is empty. */
char *spec_of_file(const char *s, size_t n, char **version);

/* What others are built for and recipes are rendered with: of two that do
 * not fit, the other one is what has no build for it. */
bool spec_is_axis(const char *name);

/* libmamba's own name for a pin, before it learnt to say what is pinned. */
bool spec_is_pin(const char *name);

/* "_python_rc": asked for by releases that nobody is to get by accident. */
bool spec_is_gate(const char *name);

/* The names in conda-build's {MatchSpec("a==1=b"), 'c', …}, at most max of
 * them, with ", " between. */
char *spec_names_of_set(const char *s, size_t max);

#endif
