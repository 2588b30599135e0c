/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `tocsin plugin`: what is loadable, the options of one, and what its author
 * needs. Must work without a configuration, and with one that is broken.
 */
#include <config.h>

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/io.h"
#include "core/base/jsonx.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/cli/cli.h"
#include "core/cli/command.h"
#include "core/cli/plugin-new.h"
#include "core/cli/plugin-test.h"
#include "core/config/nearest.h"
#include "core/config/problems.h"
#include "core/config/settings.h"
#include "core/host/host.h"
#include "core/host/options.h"
#include "core/tocsin-plugin.h"

static const char help[] =
    "usage: tocsin plugin list [--json]\n"
    "       tocsin plugin show NAME | FILE [--json]\n"
    "       tocsin plugin new NAME [--sink]\n"
    "       tocsin plugin test NAME | FILE [-o NAME=VALUE]... "
    "[--reply FILE]\n\n"
    "  -j, --json               one line of JSON\n"
    "      --sink               new: a sink, and not a source\n"
    "  -o, --option NAME=VALUE  test: an option of the plugin; of a "
    "secret its value\n"
    "      --reply FILE         test: also, every request is answered "
    "with this\n"
    "  -h, --help               this\n";

/* *dir alone, where it is not NULL; else the path of s, which may be NULL. */
static void set_path(struct host_options *opts, const char *const *dir,
                     const struct settings *s)
{
    if (*dir) {
        opts->plugin_path = dir;
        opts->nr_plugin_path = 1;
    } else if (s) {
        opts->plugin_path = (const char *const *)s->plugin_path;
        opts->nr_plugin_path = s->nr_plugin_path;
    }
}

/* The search path of the configuration, if one can be read; dir alone, if it
 * is not NULL. */
static struct host *open_host(const struct cli *cli, const char *dir,
                              struct settings **s)
{
    struct host_options opts = { .self = cli->self, .lock_fd = -1 };
    struct problems pb;

    *s = NULL;
    if (!dir && access(cli->config, R_OK) == 0) {
        problems_init(&pb);
        *s = settings_load(cli->config, &pb);
        if (!*s)
            log_warn("%s has errors; its plugin_path is not used", cli->config);
        problems_release(&pb);
    }
    set_path(&opts, &dir, *s);
    return host_new(&opts);
}

static void print_json(const json_t *v)
{
    CLEANUP_FREE char *text = jx_dump(v);

    puts(text);
}

/* What a plugin says of itself, on a terminal. */
static char *safe(const char *text)
{
    char *copy = xstrdup(str_or(text, ""));

    for (char *p = copy; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = ' ';
    return copy;
}

/* -- list -- */

static void print_row(const json_t *d)
{
    CLEANUP_FREE char *version = safe(jx_str(d, "version"));
    CLEANUP_FREE char *summary = safe(jx_str(d, "summary"));
    CLEANUP_FREE char *error = safe(jx_str(d, "error"));

    if (*error)
        printf("%-7s %-20s %s\n", "broken", jx_str_or(d, "name", "?"), error);
    else
        printf("%-7s %-20s %-8s %s\n", jx_str_or(d, "kind", "?"),
               jx_str_or(d, "name", "?"), version, summary);
}

static int list(struct host *h, bool json)
{
    CLEANUP_JSON json_t *all = host_list(h);
    int status = EXIT_FINE;

    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *d = json_array_get(all, i);

        if (jx_str(d, "error"))
            status = EXIT_TROUBLE;
        if (!json)
            print_row(d);
    }
    if (json)
        print_json(all);
    else if (!json_array_size(all))
        log_warn("no plugins in the search path");
    return status;
}

/* -- show -- */

static void print_option(const json_t *option)
{
    const char *name = jx_str_or(option, "name", "?");
    CLEANUP_FREE char *about = safe(jx_str(option, "help"));
    CLEANUP_FREE char *dflt = safe(jx_str(option, "default"));
    CLEANUP_FREE char *values = safe(jx_str(option, "values"));

    if (options_flag(option, "secret"))
        printf("  %s_file: PATH or %s_env: VARIABLE (secret", name, name);
    else
        printf("  %s: (%s", name, jx_str_or(option, "type", "?"));
    printf("%s%s)\n      %s\n",
           options_flag(option, "repeat") ? ", one or a list" : "",
           options_flag(option, "required") ? ", required" : "", about);
    if (*values)
        printf("      %s: %s\n",
               str_eq(jx_str(option, "type"), "url") ? "Schemes" : "One of",
               values);
    if (*dflt)
        printf("      Default: %s\n", dflt);
}

static void print_plugin(const json_t *d)
{
    const json_t *options = jx_arr(d, "options");
    const json_t *format = jx_obj(d, "format");
    int64_t flags = jx_int(d, "flags", 0);
    bool sink = str_eq(jx_str(d, "kind"), "sink");
    CLEANUP_FREE char *version = safe(jx_str(d, "version"));
    CLEANUP_FREE char *summary = safe(jx_str(d, "summary"));

    printf("%s: %s\n", jx_str_or(d, "name", "?"), summary);
    printf("%s, version %s, API version %lld, %s\n", jx_str_or(d, "kind", "?"),
           version, (long long)jx_int(d, "api_version", 0),
           jx_str_or(d, "file", "?"));
    if (sink && flags & TOCSIN_SINK_LOCAL)
        puts("Reaches nobody beyond this machine.");
    if (sink && !jx_bool(d, "observes", true))
        puts("What it has told cannot be looked for.");
    if (sink && flags & TOCSIN_SINK_CONFIDENTIAL)
        puts("Keeps confidential what it is told.");
    if (format)
        printf("Writes %s.\n", jx_str_or(format, "flavour", "?"));
    puts(json_array_size(options) ? "\nOptions:" : "\nNo options.");
    for (size_t i = 0; i < json_array_size(options); i++)
        print_option(json_array_get(options, i));
}

/* "; did you mean ...?" of what is there, or "". New. */
static char *meant(struct host *h, const char *name)
{
    CLEANUP_JSON json_t *all = host_list(h);
    struct nearest n = { .word = name };

    for (size_t i = 0; i < json_array_size(all); i++)
        nearest_try(&n, jx_str_or(json_array_get(all, i), "name", ""));
    /* it is there, and something else is wrong with it */
    return str_eq(n.best, name) ? xstrdup("") : nearest_hint(&n);
}

/* Of ".../tocsin-NAME.so": NAME, and *dir; both new. NULL: it is no such
 * file, or not there. */
static char *named_by_file(const char *file, char **dir)
{
    const char *base = strrchr(file, '/') + 1;
    size_t n = strlen(base);

    if (!str_starts(base, "tocsin-") || !str_ends(base, ".so")
        || n <= strlen("tocsin-.so")) {
        log_error("%s: the file of a plugin is called tocsin-NAME.so", file);
        return NULL;
    }
    if (access(file, F_OK) < 0) {
        log_error("%s: %s", file, strerror(errno));
        return NULL;
    }
    *dir = io_dirname(file);
    return xstrndup(base + strlen("tocsin-"), n - strlen("tocsin-.so"));
}

static int show(struct host *h, const char *name, bool json)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_JSON json_t *d = host_describe(h, name, &err);

    if (!d) {
        CLEANUP_FREE char *hint = meant(h, name);

        log_error("%s%s", err_msg(&err), hint);
        return EXIT_TROUBLE;
    }
    if (json)
        print_json(d);
    else
        print_plugin(d);
    return EXIT_FINE;
}

struct plugin_options {
    bool json, sink;
    const char *reply;
    char **given; /* NAME=VALUE */
    size_t nr_given, alloc_given;
};

/* -1: go on, else the exit status. */
static int parse(int argc, char **argv, struct plugin_options *o)
{
    static const struct option longs[] = {
        { "json", no_argument, NULL, 'j' },
        { "sink", no_argument, NULL, 's' },
        { "option", required_argument, NULL, 'o' },
        { "reply", required_argument, NULL, 'r' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int c;

    while ((c = getopt_long(argc, argv, "jo:h", longs, NULL)) != -1) {
        switch (c) {
        case 'j':
            o->json = true;
            break;
        case 's':
            o->sink = true;
            break;
        case 'o':
            ALLOC_GROW(o->given, o->nr_given + 1, o->alloc_given);
            o->given[o->nr_given++] = optarg;
            break;
        case 'r':
            o->reply = optarg;
            break;
        case 'h':
            return cli_usage(stdout, help);
        default:
            return cli_usage(stderr, help);
        }
    }
    return -1;
}

static int test(const struct cli *cli, const char *name, const char *dir,
                const struct settings *s, const struct plugin_options *o)
{
    struct host_options opts = { .self = cli->self, .lock_fd = -1 };
    CLEANUP_FREE char *reply = o->reply ? realpath(o->reply, NULL) : NULL;

    if (o->reply && !reply) {
        log_error("%s: %s", o->reply, strerror(errno));
        return EXIT_USAGE;
    }
    set_path(&opts, &dir, s);
    return plugin_test(&opts, name, o->given, o->nr_given, reply);
}

/* One that is found by name or file. */
static int with_plugin(const struct cli *cli, const char *what,
                       const char *called, const struct plugin_options *o)
{
    CLEANUP_FREE char *dir = NULL;
    CLEANUP_FREE char *named = NULL;
    struct settings *s;
    struct host *h;
    int status;

    if (strchr(called, '/')) {
        named = named_by_file(called, &dir);
        if (!named)
            return EXIT_TROUBLE;
        called = named;
    }
    h = open_host(cli, dir, &s);
    status = !strcmp(what, "show") ? show(h, called, o->json)
                                   : test(cli, called, dir, s, o);
    host_free(h);
    settings_free(s);
    return status;
}

static int list_all(const struct cli *cli, const struct plugin_options *o)
{
    struct settings *s;
    struct host *h = open_host(cli, NULL, &s);
    int status = list(h, o->json);

    host_free(h);
    settings_free(s);
    return status;
}

static int perform(const struct cli *cli, int argc, char **argv,
                   const struct plugin_options *o)
{
    const char *what = argc ? argv[0] : "";

    if (argc == 1 && !strcmp(what, "list"))
        return list_all(cli, o);
    if (argc == 2 && !strcmp(what, "new"))
        return plugin_new(argv[1], o->sink);
    if (argc == 2 && (!strcmp(what, "show") || !strcmp(what, "test")))
        return with_plugin(cli, what, argv[1], o);
    return cli_usage(stderr, help);
}

int cmd_plugin(const struct cli *cli, int argc, char **argv)
{
    struct plugin_options o = { .json = false };
    int status = parse(argc, argv, &o);

    if (status < 0)
        status = perform(cli, argc - optind, argv + optind, &o);
    free(o.given);
    return status;
}
