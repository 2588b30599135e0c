/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `tocsin state`: takes up on purpose what stands at the sinks, after the
 * state was lost or an older copy came back. Must not write to a sink.
 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/jsonx.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/cli/cli.h"
#include "core/deliver/outbox.h"
#include "core/run.h"

static const char help[] =
    "usage: tocsin state rebuild [--now TIME]\n"
    "       tocsin state strays [--json]\n\n"
    "rebuild: asks every sink what stands there and writes nothing. What the\n"
    "state has lost is taken up when its ticket comes up, as something that "
    "was\n"
    "told; each pass does so, too. strays: what stands at the sinks and has "
    "no\n"
    "ticket (yet): nothing of it is told again, and nothing of it closes.\n\n"
    "      --json      one object a line\n"
    "      --now TIME  as if it were TIME\n"
    "  -h, --help      this\n";

struct strays {
    bool json, quiet;
    int64_t nr;
};

static int on_stray(void *user, const char *sink, const char *ticket,
                    const json_t *remote)
{
    struct strays *l = user;
    CLEANUP_FREE char *url = cli_safe(jx_str_or(remote, "url", "-"), 300);

    l->nr++;
    if (l->quiet)
        return 0;
    if (l->json) {
        json_t *v = json_pack("{s:s, s:s, s:s*, s:s*}", "sink", sink, "ticket",
                              ticket, "remote_id", jx_str(remote, "remote_id"),
                              "url", jx_str(remote, "url"));

        cli_json(v);
        json_decref(v);
        return 0;
    }
    printf("%.8s  %s  %s\n", ticket, sink, url);
    return 0;
}

static int strays(const struct settings *s, bool json)
{
    struct strays l = { .json = json };
    struct err err = ERR_INIT;
    int status = EXIT_FINE;
    struct store *st =
        cli_store(s, STORE_READ_ONLY | STORE_MUST_EXIST, &status);

    if (!st)
        return status;
    if (store_stray_each(st, NULL, on_stray, &l, &err) < 0)
        status = cli_fail(&err);
    store_close(st);
    return status;
}

/* Why some of them are not asked. */
static int not_asked(struct store *st, const struct settings *s, int64_t now,
                     struct err *err)
{
    if (!s->armed)
        log_warn("armed: false: only sinks on this machine are asked");
    for (size_t i = 0; i < s->nr_sinks; i++) {
        CLEANUP_FREE char *until_text = NULL;
        int64_t until;

        if (outbox_rests(st, s->sinks[i].name, &until, err) < 0)
            return -1;
        until_text = until ? when_format(until) : NULL;
        if (until > now)
            log_warn("%s is not asked: it rests until %s (tocsin outbox retry "
                     "wakes it)",
                     s->sinks[i].name, until_text);
    }
    return 0;
}

static int look(const struct cli *cli, const struct settings *s, int64_t now,
                int lock_fd)
{
    struct strays l = { .quiet = true };
    struct err err = ERR_INIT;
    struct pass_report report;
    struct pass_options po = {
        .now = now,
        .self = cli->self,
        .lock_fd = lock_fd,
        .out = stdout,
        .observe_only = true,
    };
    int status = EXIT_FINE;
    struct store *st = cli_store(s, 0, &status);

    if (!st)
        return status;
    if (!log_wants(LOG_INFO, NULL))
        log_set_level(LOG_INFO); /* sinks say where they do not look */
    if (not_asked(st, s, now, &err) < 0
        || pass_run(st, s, &po, &report, &err) < 0
        || store_stray_each(st, NULL, on_stray, &l, &err) < 0) {
        status = cli_fail(&err);
    } else {
        printf("%" PRId64 " at the sinks wait%s for %s ticket%s; the next "
               "passes take them up\n",
               l.nr, l.nr == 1 ? "s" : "", l.nr == 1 ? "its" : "their",
               l.nr == 1 ? "" : "s");
        status = report.troubles ? EXIT_TROUBLE : EXIT_FINE;
    }
    store_close(st);
    return status;
}

static int rebuild(const struct cli *cli, const struct settings *s, int64_t now)
{
    struct err err = ERR_INIT;
    int lock_fd = -1, status;

    if (cli_lock(s, &lock_fd, &err) < 0)
        return cli_fail(&err);
    status = look(cli, s, now, lock_fd);
    if (lock_fd >= 0)
        close(lock_fd);
    return status;
}

int cmd_state(const struct cli *cli, int argc, char **argv)
{
    static const struct option longs[] = {
        { "json", no_argument, NULL, 'j' },
        { "now", required_argument, NULL, 'N' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int64_t now = when_now();
    struct settings *s;
    bool json = false;
    int c, status;

    while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
        if (c == 'h')
            return cli_usage(stdout, help);
        if (c == 'j')
            json = true;
        else if (c != 'N')
            return cli_usage(stderr, help);
        else if (cli_time("--now", optarg, &now) < 0)
            return EXIT_USAGE;
    }
    if (argc - optind != 1
        || (strcmp(argv[optind], "rebuild") && strcmp(argv[optind], "strays")))
        return cli_usage(stderr, help);
    s = cli_settings(cli);
    if (!s)
        return EXIT_USAGE;
    status = !strcmp(argv[optind], "strays") ? strays(s, json)
                                             : rebuild(cli, s, now);
    settings_free(s);
    return status;
}
