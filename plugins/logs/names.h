/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * names: what file names tell, and how to say them without harm.
 */
#ifndef TOCSIN_LOGS_NAMES_H
#define TOCSIN_LOGS_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* A new string: control characters, backslashes and bytes that are no UTF-8
 * as \xNN. Different names stay different. */
char *logs_escape(const char *name);
/* True when s holds a control character (DEL and C1 in UTF-8 included). */
bool logs_has_control(const char *s);
/* The length of name without its last known extension (.gz, .zip, .log,
 * .txt, ...); strlen(name) when there is none. */
size_t logs_strip(const char *name, size_t len);
/* Base name without folders and known extensions, a new string. */
char *logs_stem(const char *path);
bool logs_is_json(const char *name);
/* path without empty, "." and ".." parts, a new string: what a hostile
 * archive calls its members. */
char *logs_tame(const char *path);
/* "N_rest.txt", as GitHub names the files of an Actions log archive: the
 * number and where rest starts and how long it is. */
bool logs_numbered(const char *name, long *number, const char **rest,
                   size_t *len);
/* Is dir the folder of the per-step copies of the job file "N_job.txt"?
 * GitHub cuts long names and drops / and : from them. */
bool logs_same_job(const char *dir, size_t dir_len, const char *job,
                   size_t job_len);

#endif
