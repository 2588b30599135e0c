/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `tocsin classify`: what the rules say of logs, for people or as JSON. Must
 * not read a log in this process (classify-file.h).
 */
#include <config.h>

#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/base/jsonx.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/classify/classify.h"
#include "core/cli/classify-file.h"
#include "core/cli/classify-print.h"
#include "core/cli/cli.h"
#include "core/cli/command.h"
#include "core/cli/log-paths.h"
#include "core/config/problems.h"
#include "core/config/settings.h"
#include "core/store/records.h"

#define JOBS_MAX 64

struct options {
    const char *config;
    const char *green;
    bool json;
    int outcome;
    int jobs;
};

static const char help[] =
    "usage: tocsin classify [OPTIONS] FILE|DIR|-...\n\n"
    "  -c, --config FILE   also the rules of this configuration\n"
    "      --json          one object a line for each log\n"
    "      --green FILE    the last green log of the same job: what it\n"
    "                      says, too, is not what went wrong\n"
    "      --outcome O     how the job ended: success, failure, ...\n"
    "                      (else read off the log)\n"
    "  -j, --jobs N        so many logs at a time\n"
    "  -h, --help          this\n";

/* -1: go on, else the exit status. */
static int parse(int argc, char **argv, struct options *o)
{
    static const struct option longs[] = {
        { "config", required_argument, NULL, 'c' },
        { "green", required_argument, NULL, 'g' },
        { "json", no_argument, NULL, 'J' },
        { "outcome", required_argument, NULL, 'o' },
        { "jobs", required_argument, NULL, 'j' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int c;

    while ((c = getopt_long(argc, argv, "c:j:h", longs, NULL)) != -1) {
        switch (c) {
        case 'c':
            o->config = optarg;
            break;
        case 'g':
            o->green = optarg;
            break;
        case 'J':
            o->json = true;
            break;
        case 'o':
            o->outcome = outcome_parse(optarg);
            if (o->outcome < 0) {
                log_error("classify: no outcome is called \"%s\"", optarg);
                return EXIT_USAGE;
            }
            break;
        case 'j':
            o->jobs = (int)strtol(optarg, NULL, 10);
            if (o->jobs < 1 || o->jobs > JOBS_MAX) {
                log_error("classify: -j takes 1 to %d", JOBS_MAX);
                return EXIT_USAGE;
            }
            break;
        case 'h':
            return cli_usage(stdout, help);
        default:
            return cli_usage(stderr, help);
        }
    }
    if (optind >= argc)
        return cli_usage(stderr, help);
    return -1;
}

/* ---- which rules ------------------------------------------------------- */

struct loaded {
    struct settings *settings; /* NULL without a configuration */
    struct ruleset *rules;
};

/* A configuration that is named must be right; without one the shipped
 * rules do. */
static int load(struct loaded *l, const struct options *o)
{
    struct problems pb;
    struct err err CLEANUP_ERR = ERR_INIT;
    CLEANUP_JSON json_t *rules = NULL;
    CLEANUP_JSON json_t *ignore = NULL;
    bool ok;

    problems_init(&pb);
    if (o->config) {
        l->settings = settings_load(o->config, &pb);
        ok = l->settings != NULL;
        if (ok) {
            rules = json_incref(l->settings->rules);
            ignore = json_incref(l->settings->ignore);
        }
    } else {
        ok =
            settings_load_rules(settings_data_dir(), &rules, &ignore, &pb) == 0;
    }
    problems_print(&pb, stderr);
    problems_release(&pb);
    if (!ok)
        return -1;
    l->rules = ruleset_new(rules, ignore, &err);
    if (!l->rules) {
        log_error("%s", err_msg(&err));
        return -1;
    }
    return 0;
}

static void loaded_release(struct loaded *l)
{
    ruleset_free(l->rules);
    settings_free(l->settings);
}

/* ---- a log after the other --------------------------------------------- */

struct tally {
    int classified, unclassified, green;
};

static void count(struct tally *t, const json_t *result)
{
    const char *v = jx_str_or(result, "verdict", "");

    t->classified += !strcmp(v, "classified");
    t->unclassified += !strcmp(v, "unclassified");
    t->green += !strcmp(v, "green");
}

static void job_print(const struct job *j, const struct options *o,
                      struct tally *t)
{
    const char *s = j->out.buf, *end = s + j->out.len;

    while (s < end) {
        const char *nl = memchr(s, '\n', (size_t)(end - s));
        CLEANUP_JSON json_t *result = NULL;

        if (!nl)
            return; /* the child died in the middle of it */
        if (o->json) {
            fwrite(s, 1, (size_t)(nl - s) + 1, stdout);
        } else {
            result = jx_parse(s, (size_t)(nl - s), NULL);
            classify_print(result);
            count(t, result);
        }
        s = nl + 1;
    }
}

/* Prints what is done, in the order in which it was named. */
static size_t print_done(struct job *jobs, size_t nr, size_t from,
                         const struct options *o, struct tally *t, int *status)
{
    while (from < nr && jobs[from].done) {
        int s = job_status(&jobs[from]);

        job_print(&jobs[from], o, t);
        strbuf_release(&jobs[from].out);
        if (s && *status < s)
            *status = s;
        from++;
    }
    return from;
}

static void wait_some(struct job *jobs, size_t from, size_t to)
{
    struct pollfd fds[JOBS_MAX];
    size_t which[JOBS_MAX], nr = 0;

    for (size_t i = from; i < to && nr < JOBS_MAX; i++) {
        if (!jobs[i].started || jobs[i].done)
            continue;
        fds[nr].fd = jobs[i].fd;
        fds[nr].events = POLLIN;
        which[nr++] = i;
    }
    if (poll(fds, (nfds_t)nr, -1) < 0)
        return;
    for (size_t i = 0; i < nr; i++)
        if (fds[i].revents)
            job_read(&jobs[which[i]]);
}

static int run_all(const struct paths *ps, const struct reading *how,
                   const struct options *o)
{
    struct job *jobs = xcalloc(ps->nr ? ps->nr : 1, sizeof(*jobs));
    size_t next = 0, printed = 0;
    int status = EXIT_FINE;
    struct tally t = { 0, 0, 0 };

    while (printed < ps->nr) {
        size_t running = 0;

        for (size_t i = printed; i < next; i++)
            running += jobs[i].started && !jobs[i].done;
        while (running < (size_t)o->jobs && next < ps->nr) {
            jobs[next].path = ps->items[next];
            if (job_start(&jobs[next], how) < 0) {
                free(jobs);
                return EXIT_INTERNAL;
            }
            next++;
            running++;
        }
        wait_some(jobs, printed, next);
        printed = print_done(jobs, next, printed, o, &t, &status);
    }
    if (!o->json && ps->nr > 1)
        printf("%d logs: %d classified, %d unclassified, %d green\n",
               t.classified + t.unclassified + t.green, t.classified,
               t.unclassified, t.green);
    free(jobs);
    return fflush(stdout) ? EXIT_INTERNAL : status;
}

static int classify(const struct loaded *l, const struct options *o, int argc,
                    char **argv)
{
    struct reading how = {
        .rules = l->rules,
        .settings = l->settings,
        .outcome = o->outcome,
    };
    struct baseline *green = NULL;
    struct paths ps = { NULL, 0, 0 };
    int status = EXIT_FINE;

    if (o->green) {
        green = classify_green(&how, o->green, &status);
        if (!green)
            return status;
        how.green = green;
    }
    status = paths_collect(&ps, argv + optind, (size_t)(argc - optind)) < 0
                 ? EXIT_TROUBLE
                 : EXIT_FINE;
    if (status == EXIT_FINE || ps.nr) {
        int ran = run_all(&ps, &how, o);

        if (ran > status)
            status = ran;
    }
    paths_release(&ps);
    baseline_free(green);
    return status;
}

int cmd_classify(const struct cli *cli, int argc, char **argv)
{
    struct options o = { .jobs = 1, .outcome = TOCSIN_OUTCOME_UNKNOWN };
    struct loaded l = { NULL, NULL };
    int status = parse(argc, argv, &o);

    if (status >= 0)
        return status;
    /* the installed default need not exist: then the shipped rules do */
    if (!o.config && cli->config
        && (strcmp(cli->config, SYSCONFDIR "/tocsin/tocsin.yaml")
            || access(cli->config, F_OK) == 0))
        o.config = cli->config;
    status = load(&l, &o) < 0 ? EXIT_USAGE : classify(&l, &o, argc, argv);
    loaded_release(&l);
    return status;
}
