/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cli: what the commands share: the configuration, the state, the output.
 */
#ifndef TOCSIN_CLI_CLI_H
#define TOCSIN_CLI_CLI_H

#include <getopt.h>
#include <jansson.h>
#include <stdint.h>

#include "core/cli/command.h"
#include "core/config/settings.h"
#include "core/store/store.h"

/* Loads the configuration; prints its problems and returns NULL otherwise
 * (the command then returns EXIT_USAGE). */
struct settings *cli_settings(const struct cli *cli);

/* Says what to do when there is no such file. */
void cli_no_config(const char *path);

/* Opens the state; prints why not and returns NULL. *status: exit status. */
struct store *cli_store(const struct settings *s, unsigned flags, int *status);

/* Prints "tocsin: msg" and returns the exit status that fits the code. */
int cli_fail(struct err *err);

/* Reads a --now / --until value; -1 and a message otherwise. */
int cli_time(const char *option, const char *text, int64_t *out);

/* For the default of getopt_long loops: usage and EXIT_USAGE. */
int cli_usage(FILE *f, const char *text);

/* The incident that a person means: by the first digits of its id, or of the
 * key of a ticket it belongs to. 1 found, 0 not there, -1 err. */
int cli_find_incident(struct store *st, const char *id, struct incident *i,
                      struct err *err);

/* The lock of a pass. *fd: to be closed, or -1 when there is none to take
 * (a state in memory). ERR_BUSY: another pass holds it. */
int cli_lock(const struct settings *s, int *fd, struct err *err);

/* Prints v as one line of JSON. */
void cli_json(const json_t *v);

/* Untrusted text for a terminal: control characters as \xNN, on one line, at
 * most max bytes. A new string. */
char *cli_safe(const char *s, size_t max);

#endif
