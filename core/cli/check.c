/* SPDX-License-Identifier: BSD-3-Clause */
/* `tocsin check`. */
#include <config.h>

#include <stdio.h>

#include "core/cli/command.h"

int cmd_check(const struct cli *cli, int argc, char **argv)
{
    (void)cli;
    (void)argc;
    fprintf(stderr, "tocsin: %s: not built yet\n", argv[0]);
    return EXIT_INTERNAL;
}
