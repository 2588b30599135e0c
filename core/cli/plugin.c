/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `tocsin plugin`: what is loadable, and the options of one. Must work
 * without a configuration, and with one that is broken.
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
#include "core/cli/command.h"
#include "core/config/nearest.h"
#include "core/config/problems.h"
#include "core/config/settings.h"
#include "core/host/host.h"
#include "core/host/options.h"
#include "core/tocsin-plugin.h"

static void usage(FILE *f)
{
    fputs("usage: tocsin plugin list [--json]\n"
          "       tocsin plugin show NAME | FILE [--json]\n\n"
          "  -j, --json   one line of JSON\n"
          "  -h, --help   this\n",
          f);
}

/* The search path of the configuration, if one can be read; dir alone, if it
 * is not NULL. */
static struct host *open_host(const struct cli *cli, const char *dir,
                              struct settings **s)
{
    struct host_options opts = { .self = cli->self, .lock_fd = -1 };
    struct problems pb;

    *s = NULL;
    if (dir) {
        opts.plugin_path = &dir;
        opts.nr_plugin_path = 1;
        return host_new(&opts);
    }
    if (access(cli->config, R_OK) == 0) {
        problems_init(&pb);
        *s = settings_load(cli->config, &pb);
        if (!*s)
            log_warn("%s has errors; its plugin_path is not used", cli->config);
        problems_release(&pb);
    }
    if (*s) {
        opts.plugin_path = (const char *const *)(*s)->plugin_path;
        opts.nr_plugin_path = (*s)->nr_plugin_path;
    }
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
    CLEANUP_FREE char *help = safe(jx_str(option, "help"));
    CLEANUP_FREE char *dflt = safe(jx_str(option, "default"));
    CLEANUP_FREE char *values = safe(jx_str(option, "values"));

    if (options_flag(option, "secret"))
        printf("  %s_file: PATH or %s_env: VARIABLE (secret", name, name);
    else
        printf("  %s: (%s", name, jx_str_or(option, "type", "?"));
    printf("%s%s)\n      %s\n",
           options_flag(option, "repeat") ? ", one or a list" : "",
           options_flag(option, "required") ? ", required" : "", help);
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

int cmd_plugin(const struct cli *cli, int argc, char **argv)
{
    static const struct option longs[] = {
        { "json", no_argument, NULL, 'j' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    CLEANUP_FREE char *dir = NULL;
    CLEANUP_FREE char *name = NULL;
    struct settings *s;
    struct host *h;
    bool json = false, lists, shows;
    int c, status;

    while ((c = getopt_long(argc, argv, "jh", longs, NULL)) != -1) {
        if (c == 'h')
            usage(stdout);
        if (c == 'h')
            return EXIT_FINE;
        if (c != 'j') {
            usage(stderr);
            return EXIT_USAGE;
        }
        json = true;
    }
    lists = argc - optind == 1 && !strcmp(argv[optind], "list");
    shows = argc - optind == 2 && !strcmp(argv[optind], "show");
    if (!lists && !shows) {
        usage(stderr);
        return EXIT_USAGE;
    }
    if (shows && strchr(argv[optind + 1], '/')) {
        name = named_by_file(argv[optind + 1], &dir);
        if (!name)
            return EXIT_TROUBLE;
    }
    h = open_host(cli, dir, &s);
    status =
        lists ? list(h, json) : show(h, name ? name : argv[optind + 1], json);
    host_free(h);
    settings_free(s);
    return status;
}
