/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `tocsin test`: scenarios, one after the other, and what differs.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"
#include "core/cli/cli.h"
#include "core/cli/expect.h"
#include "core/cli/replay.h"
#include "core/cli/scenario.h"

static const char help[] =
    "usage: tocsin test [--json] [--keep] FILE...\n\n"
    "Replays scenarios, see tocsin-test(5); shows what differs as a diff.\n\n"
    "      --json   one JSON object a scenario\n"
    "  -k, --keep   keep the scratch folder and say where it is\n"
    "  -h, --help   this\n";

struct outcome {
    int steps;
    int differences;
    struct strbuf diff;
};

static int play(struct replay *r, const struct scenario *sc, struct outcome *o,
                struct err *err)
{
    size_t i;
    json_t *step;

    json_array_foreach(sc->steps, i, step) {
        const json_t *expect = jx_obj(step, "expect");
        size_t mark;
        int n = 0;

        if (replay_step(r, step, err) < 0)
            return err_wrap(err, "%s", jx_str_or(step, "@", "?"));
        o->steps++;
        mark = o->diff.len;
        if (expect)
            n = expect_check(r, expect, &o->diff, err);
        if (n < 0)
            return -1;
        if (n) {
            CLEANUP_FREE char *at = when_format(replay_now(r));
            CLEANUP_FREE char *rest = xstrdup(o->diff.buf + mark);

            strbuf_setlen(&o->diff, mark);
            strbuf_addf(&o->diff, "%s: step %zu, %s\n%s",
                        jx_str_or(step, "@", "?"), i + 1, at, rest);
        }
        o->differences += n;
    }
    return 0;
}

static void tell(const struct scenario *sc, const struct outcome *o, bool json,
                 const char *kept)
{
    if (json) {
        json_t *v =
            json_pack("{s:s, s:s, s:i, s:i, s:s, s:s*}", "file", sc->path,
                      "name", sc->name, "steps", o->steps, "differences",
                      o->differences, "diff", o->diff.buf, "kept", kept);

        cli_json(v);
        json_decref(v);
        return;
    }
    printf("%s %s (%d steps)\n", o->differences ? "FAIL" : "ok  ", sc->name,
           o->steps);
    fputs(o->diff.buf, stdout);
    if (kept)
        printf("  kept in %s\n", kept);
}

static int one(const struct cli *cli, const char *path, bool json, bool keep)
{
    struct err err = ERR_INIT;
    struct problems pb;
    struct scenario *sc;
    struct replay *r;
    struct outcome o = { 0 };
    int status = EXIT_FINE;

    problems_init(&pb);
    sc = scenario_load(path, &pb);
    problems_print(&pb, stderr);
    problems_release(&pb);
    if (!sc)
        return EXIT_USAGE;
    strbuf_init(&o.diff, (size_t)1 << 20);
    r = replay_new(sc, cli->self, &err);
    if (!r || play(r, sc, &o, &err) < 0)
        status = cli_fail(&err);
    if (r && status == EXIT_FINE) {
        tell(sc, &o, json, keep ? replay_dir(r) : NULL);
        status = o.differences ? EXIT_TROUBLE : EXIT_FINE;
    } else {
        fputs(o.diff.buf, stdout);
    }
    if (r)
        replay_free(r, keep);
    strbuf_release(&o.diff);
    scenario_free(sc);
    return status;
}

int cmd_test(const struct cli *cli, int argc, char **argv)
{
    static const struct option longs[] = {
        { "json", no_argument, NULL, 'j' },
        { "keep", no_argument, NULL, 'k' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    bool json = false, keep = false;
    int c, worst = EXIT_FINE;

    while ((c = getopt_long(argc, argv, "kh", longs, NULL)) != -1) {
        switch (c) {
        case 'j':
            json = true;
            break;
        case 'k':
            keep = true;
            break;
        case 'h':
            return cli_usage(stdout, help);
        default:
            return cli_usage(stderr, help);
        }
    }
    if (optind >= argc)
        return cli_usage(stderr, help);
    for (; optind < argc; optind++) {
        int status = one(cli, argv[optind], json, keep);

        if (status > worst)
            worst = status;
    }
    return worst;
}
