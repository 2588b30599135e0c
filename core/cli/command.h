/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * command: one function a subcommand, found by the table in main.c. argv[0]
 * is the subcommand. Only here does anything print to stdout or choose an
 * exit status.
 */
#ifndef TOCSIN_CLI_COMMAND_H
#define TOCSIN_CLI_COMMAND_H

#include <stdint.h>

enum exit_status {
    EXIT_FINE = 0,
    EXIT_TROUBLE = 1, /* something not delivered or collected */
    EXIT_USAGE = 2,   /* usage or configuration */
    EXIT_INTERNAL = 3,
    EXIT_BUSY = 75, /* another pass holds the lock */
};

struct cli {
    const char *self;   /* path of this program */
    const char *config; /* -c, else $TOCSIN_CONFIG, else installed */
};

int cmd_run(const struct cli *cli, int argc, char **argv);
int cmd_check(const struct cli *cli, int argc, char **argv);
int cmd_classify(const struct cli *cli, int argc, char **argv);
int cmd_explain(const struct cli *cli, int argc, char **argv);
int cmd_rule(const struct cli *cli, int argc, char **argv);
int cmd_status(const struct cli *cli, int argc, char **argv);
int cmd_incident(const struct cli *cli, int argc, char **argv);
int cmd_silence(const struct cli *cli, int argc, char **argv);
int cmd_retract(const struct cli *cli, int argc, char **argv);
int cmd_outbox(const struct cli *cli, int argc, char **argv);
int cmd_state(const struct cli *cli, int argc, char **argv);
int cmd_approve(const struct cli *cli, int argc, char **argv);
int cmd_backlog(const struct cli *cli, int argc, char **argv);
int cmd_plugin(const struct cli *cli, int argc, char **argv);
int cmd_test(const struct cli *cli, int argc, char **argv);

#endif
