/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * glob: whether a project or branch glob of the configuration is one. What
 * it matches, glob_match() of route/owners.h says.
 */
#ifndef TOCSIN_CONFIG_GLOB_H
#define TOCSIN_CONFIG_GLOB_H

/* NULL when text is a valid glob, else what is wrong with it: a new string
 * to follow "bad glob: ". Knows * ** ? [..] {a,b} and \. */
char *glob_wrong(const char *text);
/* The same for a glob of owner/name, which without a / or ** matches none. */
char *project_glob_wrong(const char *text);

#endif
