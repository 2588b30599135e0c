/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * main: global options and the table of commands. Must not do any of their
 * work.
 */
#include <config.h>

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/cli/command.h"
#include "core/host/host.h"

struct command {
    const char *name;
    int (*run)(const struct cli *cli, int argc, char **argv);
    const char *help;
};

static const struct command commands[] = {
    { "run", cmd_run, "one pass: collect, decide, deliver" },
    { "check", cmd_check, "check all of the configuration" },
    { "classify", cmd_classify, "what the rules say of logs" },
    { "explain", cmd_explain, "why somebody is told, or not" },
    { "status", cmd_status, "what is open, for whom, since when" },
    { "incident", cmd_incident, "one incident in full" },
    { "silence", cmd_silence, "add, list or expire silences" },
    { "backlog", cmd_backlog, "what stood before arming" },
    { "approve", cmd_approve, "mass vanishing that is no mistake" },
    { "test", cmd_test, "replay days against expectations" },
    { "plugin", cmd_plugin, "what is loadable, and its options" },
};

static void usage(FILE *f)
{
    fputs("usage: tocsin [-c FILE] [-v] [-D COMPONENT] COMMAND [OPTIONS]\n\n",
          f);
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        fprintf(f, "  %-9s %s\n", commands[i].name, commands[i].help);
    fputs("\n  -c, --config FILE   the configuration (else $TOCSIN_CONFIG,\n"
          "                      else " SYSCONFDIR "/tocsin/tocsin.yaml)\n"
          "  -v, --verbose       more on stderr; twice: everything\n"
          "  -D, --debug NAME    everything of one component\n"
          "      --version       the version\n"
          "  -h, --help          this\n"
          "\n`tocsin COMMAND --help` tells of a command; tocsin(1) of all.\n",
          f);
}

static const char *own_path(void)
{
    static char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

    if (n <= 0)
        return "/proc/self/exe";
    path[n] = '\0';
    return path;
}

static const struct command *find(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        if (!strcmp(commands[i].name, name))
            return &commands[i];
    return NULL;
}

/* Options before the command. -1: go on, else the exit status. */
static int global_options(int argc, char **argv, struct cli *cli)
{
    static const struct option longs[] = {
        { "config", required_argument, NULL, 'c' },
        { "verbose", no_argument, NULL, 'v' },
        { "debug", required_argument, NULL, 'D' },
        { "version", no_argument, NULL, 'V' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int c, verbose = 0;

    while ((c = getopt_long(argc, argv, "+c:vD:h", longs, NULL)) != -1) {
        switch (c) {
        case 'c':
            cli->config = optarg;
            break;
        case 'v':
            log_set_level(verbose++ ? LOG_DEBUG : LOG_INFO);
            break;
        case 'D':
            log_enable(optarg);
            break;
        case 'V':
            puts("tocsin " PACKAGE_VERSION);
            return EXIT_FINE;
        case 'h':
            usage(stdout);
            return EXIT_FINE;
        default:
            fputs("try tocsin --help\n", stderr);
            return EXIT_USAGE;
        }
    }
    return -1;
}

int main(int argc, char **argv)
{
    struct cli cli = { .self = own_path() };
    const struct command *command;
    int status;

    /* A reader that went away (tocsin status | head) is an error of write,
     * not the end of a pass. */
    signal(SIGPIPE, SIG_IGN);
    if (argc > 1 && !strcmp(argv[1], "--worker"))
        return worker_main();
    status = global_options(argc, argv, &cli);
    if (status >= 0)
        return status;
    if (!cli.config)
        cli.config = getenv("TOCSIN_CONFIG");
    if (!cli.config || !*cli.config)
        cli.config = SYSCONFDIR "/tocsin/tocsin.yaml";
    if (optind >= argc) {
        usage(stderr);
        return EXIT_USAGE;
    }
    command = find(argv[optind]);
    if (!command) {
        log_error("unknown command \"%s\"; tocsin --help lists them",
                  argv[optind]);
        return EXIT_USAGE;
    }
    argc -= optind;
    argv += optind;
    optind = 0;     /* glibc: start anew, also past a leading + */
    status = command->run(&cli, argc, argv);
    if (fflush(stdout) || ferror(stdout)) {
        log_error("standard output: write failed");
        return status ? status : EXIT_TROUBLE;
    }
    return status;
}
