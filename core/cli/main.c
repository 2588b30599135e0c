/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * main: global options and the table of commands. Must not do any of their
 * work.
 */
#include <config.h>

#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/cli/command.h"
#include "core/config/nearest.h"
#include "core/host/host.h"

struct command {
    const char *name;
    int (*run)(const struct cli *cli, int argc, char **argv);
    const char *help;
    bool own_config; /* -c behind it means something of its own */
};

static const struct command commands[] = {
    { "run", cmd_run, "one pass: collect, decide, deliver", false },
    { "check", cmd_check, "check all of the configuration", true },
    { "classify", cmd_classify, "what the rules say of logs", true },
    { "explain", cmd_explain, "why somebody is told, or not", false },
    { "rule", cmd_rule, "draft a rule; let a stopped one file again", false },
    { "status", cmd_status, "what is open, for whom, since when", false },
    { "incident", cmd_incident, "one incident in full", false },
    { "silence", cmd_silence, "add, list or expire silences", false },
    { "backlog", cmd_backlog, "what stood before arming", false },
    { "approve", cmd_approve, "what waits for an operator's word", false },
    { "outbox", cmd_outbox, "what waits to be sent, and what was given up",
      false },
    { "retract", cmd_retract, "take back what a rule filed", false },
    { "state", cmd_state, "take up what stands at the sinks", false },
    { "test", cmd_test, "replay days against expectations", false },
    { "plugin", cmd_plugin, "list, show, begin and test plugins", false },
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
          "  -D, --debug NAME    everything of a source or sink, of http\n"
          "                      (requests), of host (plugins)\n"
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

static int verbose;

static void say_more(void)
{
    log_set_level(verbose++ ? LOG_DEBUG : LOG_INFO);
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
    int c;

    while ((c = getopt_long(argc, argv, "+c:vD:h", longs, NULL)) != -1) {
        switch (c) {
        case 'c':
            cli->config = optarg;
            break;
        case 'v':
            say_more();
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

/* The value of option -S, --long VALUE or --long=VALUE at argv[*i], which then
 * is the last that was looked at; NULL: it is another. */
static const char *value_at(char **argv, int argc, int *i, const char *dash,
                            const char *name)
{
    size_t n = strlen(name);

    if (!strncmp(argv[*i], name, n) && argv[*i][n] == '=')
        return argv[*i] + n + 1;
    if ((strcmp(argv[*i], dash) != 0 && strcmp(argv[*i], name) != 0)
        || *i + 1 >= argc)
        return NULL;
    return argv[++*i];
}

/* The global options may stand behind the command as well: they are moved out
 * of the command's own arguments. The new argc. */
static int take_global(int argc, char **argv, const struct command *command,
                       struct cli *cli)
{
    int n = 0;

    for (int i = 0; i < argc; i++) {
        const char *value;

        if (!strcmp(argv[i], "--")) {
            while (i < argc)
                argv[n++] = argv[i++];
            break;
        }
        if (!command->own_config
            && (value = value_at(argv, argc, &i, "-c", "--config")))
            cli->config = value;
        else if ((value = value_at(argv, argc, &i, "-D", "--debug")))
            log_enable(value);
        else if (!strcmp(argv[i], "-v") || !strcmp(argv[i], "--verbose"))
            say_more();
        else
            argv[n++] = argv[i];
    }
    argv[n] = NULL;
    return n;
}

static int unknown(const char *name)
{
    struct nearest n = { .word = name };
    CLEANUP_FREE char *hint = NULL;

    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        nearest_try(&n, commands[i].name);
    hint = nearest_hint(&n);
    log_error("unknown command \"%s\"%s; tocsin --help lists them", name, hint);
    return EXIT_USAGE;
}

/* `tocsin help` and `tocsin help COMMAND`. */
static int help(const struct cli *cli, char *name)
{
    const struct command *command = name ? find(name) : NULL;
    char *args[] = { name, (char *)"--help", NULL };

    if (!name)
        usage(stdout);
    else if (!command)
        return unknown(name);
    optind = 0;
    return name ? command->run(cli, 2, args) : EXIT_FINE;
}

int main(int argc, char **argv)
{
    struct cli cli = { .self = own_path() };
    const struct command *command;
    CLEANUP_FREE char *called = NULL;
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
        log_error("name a command");
        usage(stderr);
        return EXIT_USAGE;
    }
    if (!strcmp(argv[optind], "help"))
        return help(&cli, argv[optind + 1]);
    command = find(argv[optind]);
    if (!command)
        return unknown(argv[optind]);
    argv += optind;
    argc -= optind;
    argc = take_global(argc, argv, command, &cli);
    optind = 0; /* glibc: start anew, also past a leading + */
    called = xasprintf("tocsin: %s", command->name);
    argv[0] = called; /* getopt begins its complaints with it */
    status = command->run(&cli, argc, argv);
    if (fflush(stdout) || ferror(stdout)) {
        log_error("standard output: write failed");
        return status ? status : EXIT_TROUBLE;
    }
    return status;
}
