/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plugin-test: what every plugin must do whatever comes, tried on one. Nothing
 * is asked of any network.
 */
#ifndef TOCSIN_CLI_PLUGIN_TEST_H
#define TOCSIN_CLI_PLUGIN_TEST_H

#include <stddef.h>

struct host_options;

/* Prints TAP. given: "NAME=VALUE". recorded: a file that answers every request
 * once, or NULL. Exit status: EXIT_TROUBLE when something
 * is not ok. */
int plugin_test(const struct host_options *opts, const char *name,
                char *const *given, size_t nr_given, const char *recorded);

#endif
