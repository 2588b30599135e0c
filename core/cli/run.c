/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `tocsin run`: the lock around a pass, and what it says. Must not print when
 * nothing changed: cron mails what it prints.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/base/io.h"
#include "core/base/jsonx.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/cli/cli.h"
#include "core/host/host.h"
#include "core/host/http/redirect.h"
#include "core/run.h"

static const char help[] =
    "usage: tocsin run [--dry-run] [--only INSTANCE] [--json] [--now TIME]\n\n"
    "One pass: collect, correlate, decide, deliver.\n\n"
    "  -n, --dry-run   persist nothing, send nothing; print what would be\n"
    "                  sent, and a forecast\n"
    "      --only I    this source or sink only\n"
    "      --json      what was done as one JSON object\n"
    "      --now TIME  as if it were TIME; implies --dry-run unless every\n"
    "                  sink is local\n"
    "  -h, --help      this\n";

struct run_options {
    bool dry_run, json;
    const char *only;
    const char *now_text;
    int64_t now;
    json_t *described; /* what the plugins said of themselves */
};

static int parse(int argc, char **argv, struct run_options *o)
{
    static const struct option longs[] = {
        { "dry-run", no_argument, NULL, 'n' },
        { "only", required_argument, NULL, 'o' },
        { "json", no_argument, NULL, 'j' },
        { "now", required_argument, NULL, 'N' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int c;

    while ((c = getopt_long(argc, argv, "nh", longs, NULL)) != -1) {
        switch (c) {
        case 'n':
            o->dry_run = true;
            break;
        case 'o':
            o->only = optarg;
            break;
        case 'j':
            o->json = true;
            break;
        case 'N':
            o->now_text = optarg;
            break;
        case 'h':
            return cli_usage(stdout, help);
        default:
            return cli_usage(stderr, help);
        }
    }
    if (optind < argc)
        return cli_usage(stderr, help);
    o->now = when_now();
    if (o->now_text && cli_time("--now", o->now_text, &o->now) < 0)
        return EXIT_USAGE;
    return -1;
}

/* sqlite:PATH → PATH.lock; a state in memory needs none. A new string. */
static char *lock_path(const struct settings *s)
{
    const char *path = s->state;

    if (str_starts(path, "sqlite:"))
        path += strlen("sqlite:");
    if (!strcmp(path, ":memory:"))
        return NULL;
    return xasprintf("%s.lock", path);
}

static int busy(int fd, const char *path, const struct settings *s,
                struct err *err)
{
    char text[128] = "";
    ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
    long pid = 0;
    long long since = 0;
    CLEANUP_FREE char *for_long = NULL;

    if (n > 0)
        text[n] = '\0';
    if (sscanf(text, "%ld %lld", &pid, &since) != 2)
        return err_set(err, ERR_BUSY, "another pass holds %s", path);
    for_long = when_format_duration(when_now() - since);
    if (when_now() - since > s->pass_deadline)
        return err_set(err, ERR_BUSY,
                       "another pass (process %ld) holds %s "
                       "for %s, longer than its deadline: look at it",
                       pid, path, for_long);
    return err_set(err, ERR_BUSY,
                   "another pass (process %ld) holds %s for "
                   "%s",
                   pid, path, for_long);
}

/* The descriptor; workers inherit it, so the lock stands while any lives. */
int cli_lock(const struct settings *s, int *fd, struct err *err)
{
    CLEANUP_FREE char *path = lock_path(s), *text = NULL;

    *fd = -1;
    if (!path)
        return 0;
    if (store_check(s->state, err) < 0)
        return -1;
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*fd < 0)
        return err_errno(err, ERR_STORE, "%s", path);
    if (flock(*fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno == EWOULDBLOCK)
            busy(*fd, path, s, err);
        else
            err_errno(err, ERR_STORE, "%s", path);
        close(*fd);
        return -1;
    }
    text = xasprintf("%ld %lld\n", (long)getpid(), (long long)when_now());
    if (ftruncate(*fd, 0) < 0 || io_write_all(*fd, text, strlen(text)) < 0) {
        err_errno(err, ERR_STORE, "%s", path);
        close(*fd);
        return -1;
    }
    return 0;
}

static json_t *report_json(const struct pass_report *r, int64_t now,
                           const struct store *st)
{
    CLEANUP_FREE char *at = when_format(now);

    return json_pack(
        "{s:s, s:{s:I, s:I, s:I, s:I, s:I, s:I}, s:{s:I, s:I, s:I, s:I},"
        " s:{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I,"
        " s:I, s:I, s:I},"
        " s:I, s:I}",
        "now", at, "collected", "runs", r->collected.runs, "red",
        r->collected.red, "known", r->collected.known, "facts",
        r->collected.facts, "entries", r->collected.entries, "refused",
        r->collected.refused, "decided", "incidents", r->decided.incidents,
        "tickets", r->decided.tickets, "wanted", r->decided.wanted, "held",
        r->decided.held, "sent", "opened", r->sent.opened, "updated",
        r->sent.updated, "resolved", r->sent.resolved, "reopened",
        r->sent.reopened, "reminded", r->sent.reminded, "digests",
        r->sent.digests, "deferred", r->sent.deferred, "failed", r->sent.failed,
        "dropped", r->sent.dropped, "dead", r->sent.dead, "adopted",
        r->sent.adopted, "degraded", r->sent.degraded, "guarded",
        r->sent.guarded, "duplicates", r->sent.duplicates, "unsure",
        r->sent.unsure, "troubles", r->troubles, "transactions",
        store_transactions(st));
}

static void say(const struct pass_report *r)
{
    const struct outbox_counts *c = &r->sent;

    if (c->opened + c->updated + c->resolved + c->reopened + c->reminded
            + c->digests + c->failed + c->dead + c->degraded
        == 0)
        return;
    printf("tocsin: %" PRId64 " opened, %" PRId64 " updated, %" PRId64
           " closed, %" PRId64 " reopened, %" PRId64 " reminded",
           c->opened, c->updated, c->resolved, c->reopened,
           c->reminded + c->digests);
    if (c->deferred)
        printf(", %" PRId64 " deferred", c->deferred);
    if (c->failed || c->dead)
        printf(", %" PRId64 " not delivered", c->failed + c->dead);
    if (c->degraded)
        printf(", %" PRId64 " made without log text (see docs/messages.md)",
               c->degraded);
    putchar('\n');
}

static int one_pass(const struct cli *cli, const struct settings *s,
                    const struct run_options *o, int lock_fd)
{
    struct err err = ERR_INIT;
    struct pass_report report;
    struct pass_options po = {
        .now = o->now,
        .dry_run = o->dry_run,
        .json = o->json,
        .only = o->only,
        .self = cli->self,
        .lock_fd = lock_fd,
        .out = stdout,
        .described = o->described,
    };
    int status;
    struct store *st = cli_store(s, o->dry_run ? STORE_COPY : 0, &status);

    if (!st)
        return status;
    if (pass_run(st, s, &po, &report, &err) < 0) {
        status = cli_fail(&err);
    } else {
        status = report.troubles || report.sent.failed || report.sent.dead
                         || report.sent.guarded
                     ? EXIT_TROUBLE
                     : EXIT_FINE;
        if (o->json) {
            json_t *v = report_json(&report, o->now, st);

            cli_json(v);
            json_decref(v);
        } else if (!o->dry_run) {
            say(&report);
        }
    }
    store_close(st);
    return status;
}

/* A sink that is given one address, and that is this machine's own. A server
 * of mail passes on what it gets, so of that people have to say that it does
 * not. */
static bool is_loopback(const struct instance *in, const json_t *about)
{
    const json_t *options = jx_arr(about, "options"), *o;
    size_t i, nr = 0;

    json_array_foreach(options, i, o) {
        const char *url = jx_str(in->options, jx_str_or(o, "name", ""));

        if (!str_eq(jx_str(o, "type"), "url"))
            continue;
        if (!url || !url_is_loopback(url)
            || (!in->local && !str_starts(url, "http")))
            return false;
        nr++;
    }
    return nr == 1;
}

/* Does every sink reach nobody beyond this machine? */
static bool all_local(const struct cli *cli, const struct settings *s,
                      json_t *described)
{
    struct host_options ho = {
        .self = cli->self,
        .lock_fd = -1,
        .plugin_path = (const char *const *)s->plugin_path,
        .nr_plugin_path = s->nr_plugin_path,
        .described = described,
    };
    struct host *h = host_new(&ho);
    bool local = true;

    for (size_t i = 0; i < s->nr_sinks && local; i++) {
        json_t *about = host_describe(h, s->sinks[i].plugin, NULL);

        local = about
                && (jx_int(about, "flags", 0) & TOCSIN_SINK_LOCAL
                    || is_loopback(&s->sinks[i], about));
        json_decref(about);
    }
    host_free(h);
    return local;
}

static bool only_exists(const struct settings *s, const char *name)
{
    if (!name || settings_source(s, name) || settings_sink(s, name))
        return true;
    log_error("--only: there is no source or sink \"%s\"", name);
    return false;
}

int cmd_run(const struct cli *cli, int argc, char **argv)
{
    struct run_options o = { 0 };
    struct err err = ERR_INIT;
    int status = parse(argc, argv, &o), lock_fd = -1;
    struct settings *s;

    if (status >= 0)
        return status;
    s = cli_settings(cli);
    if (!s)
        return EXIT_USAGE;
    o.described = json_object();
    if (!only_exists(s, o.only)) {
        status = EXIT_USAGE;
    } else {
        if (o.now_text && !o.dry_run && !all_local(cli, s, o.described)) {
            log_info("--now: not every sink is local, so this is a dry run");
            o.dry_run = true;
        }
        if (!o.dry_run && cli_lock(s, &lock_fd, &err) < 0)
            status = cli_fail(&err);
        else
            status = one_pass(cli, s, &o, lock_fd);
        if (lock_fd >= 0)
            close(lock_fd);
    }
    json_decref(o.described);
    settings_free(s);
    return status;
}
