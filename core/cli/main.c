/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * main: global options and the table of commands. Must not do any of their
 * work.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "core/cli/command.h"

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "--version")) {
        puts("tocsin " PACKAGE_VERSION);
        return EXIT_FINE;
    }
    return EXIT_USAGE;
}
