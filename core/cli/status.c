/* SPDX-License-Identifier: BSD-3-Clause */
/* `tocsin status`. */
#include <config.h>

#include <stdio.h>

#include "core/cli/command.h"

int cmd_status(const struct cli *cli, int argc, char **argv)
{
    (void)cli;
    (void)argc;
    fprintf(stderr, "tocsin: %s: not built yet\n", argv[0]);
    return EXIT_INTERNAL;
}
