/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mock-host [FLAGS] PLUGIN.so [option=value ...]: runs a source plugin once
 * and prints what it says, see host.h. It never judges: the test that runs
 * it does. Exit status: enum tocsin_status, 9 for a broken contract.
 */
#include <config.h>

#include "tests/mock/host.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/io.h"
#include "core/base/mem.h"
#include "core/base/when.h"

#define CURSOR_MAX ((size_t)8 << 20)

static int usage(void)
{
    fputs("usage: mock-host [--now TIME] [--clock SECONDS] [--instance NAME]\n"
          "  [--cursor TEXT | --cursor-file FILE] [--interest PROJECT]\n"
          "  [--skip ITEM] [--text] [--describe] PLUGIN.so "
          "[option=value ...]\n",
          stderr);
    return 2;
}

static const struct option flags[] = {
    { "now", required_argument, NULL, 'n' },
    { "clock", required_argument, NULL, 'k' },
    { "instance", required_argument, NULL, 'i' },
    { "cursor", required_argument, NULL, 'c' },
    { "cursor-file", required_argument, NULL, 'f' },
    { "interest", required_argument, NULL, 'p' },
    { "skip", required_argument, NULL, 's' },
    { "text", no_argument, NULL, 't' },
    { "describe", no_argument, NULL, 'd' },
    { NULL, 0, NULL, 0 },
};

int main(int argc, char **argv)
{
    struct mock_options o = { .out = stdout, .now = 1795305600 };
    const char **interest = xcalloc((size_t)argc, sizeof(*interest));
    const char **skip = xcalloc((size_t)argc, sizeof(*skip));
    CLEANUP_FREE char *from_file = NULL;
    bool describe = false;
    int c;
    while ((c = getopt_long(argc, argv, "+", flags, NULL)) != -1) {
        if (c == 'n' && when_parse(optarg, &o.now) < 0)
            return usage();
        else if (c == 'k')
            mock_clock = strtoll(optarg, NULL, 10);
        else if (c == 'i')
            o.instance = optarg;
        else if (c == 'c')
            o.cursor = optarg;
        else if (c == 'f')
            o.cursor = from_file = io_read_file(optarg, CURSOR_MAX, NULL, NULL);
        else if (c == 'p')
            interest[o.nr_interest++] = optarg;
        else if (c == 's')
            skip[o.nr_skip++] = optarg;
        else if (c == 't')
            o.text = true;
        else if (c == 'd')
            describe = true;
        else if (c == '?')
            return usage();
    }
    if (optind >= argc)
        return usage();
    o.interest = interest;
    o.skip = skip;
    o.settings = (const char *const *)(argv + optind + 1);
    o.nr_settings = (size_t)(argc - optind - 1);
    int status = describe ? mock_describe(argv[optind], stdout)
                          : mock_run(argv[optind], &o);
    free(interest);
    free(skip);
    return status < 0 ? 9 : status;
}
