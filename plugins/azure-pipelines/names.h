/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * names: what a job is called.
 *
 * Azure calls one job of a matrix "PHASE ENTRY" ("osx osx_64_python3.12") and
 * keeps phase and stage as records of their own; so conda-smithy writes
 * stage "Build", job "osx", matrix entry "osx_64_python3.12". In Tocsin it is
 * the job "Build osx" with the variant "osx_64_python3.12", as in the name of
 * its check on GitHub.
 */
#ifndef TOCSIN_PLUGINS_AZURE_NAMES_H
#define TOCSIN_PLUGINS_AZURE_NAMES_H

/* Bytes; a longer name is cut. */
#define AZURE_NAME_MAX 200

/* stage, phase: NULL where there is none. Both new; *variant NULL: none. */
void azure_job_names(const char *stage, const char *phase, const char *name,
                     char **job, char **variant);
/* A name as it may be shown: cut, without control characters. New; NULL
 * stays NULL. */
char *azure_name(const char *name);
/* "refs/heads/x" -> "x", borrowed; NULL: it is no branch. */
const char *azure_branch(const char *ref);

#endif
