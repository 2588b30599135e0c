/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plugin-new: a folder to begin a plugin in, out of DATA_DIR/skeleton.
 */
#ifndef TOCSIN_CLI_PLUGIN_NEW_H
#define TOCSIN_CLI_PLUGIN_NEW_H

#include <stdbool.h>

/* Makes tocsin-NAME in the current folder. Exit status. */
int plugin_new(const char *name, bool sink);

#endif
