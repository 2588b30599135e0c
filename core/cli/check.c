/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `tocsin check`: everything that is wrong with the configuration, at once.
 * Must not write anything, nor reach the network.
 */
#include <config.h>

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/jsonx.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/classify/classify.h"
#include "core/cli/cli.h"
#include "core/cli/command.h"
#include "core/config/nearest.h"
#include "core/config/problems.h"
#include "core/config/settings.h"
#include "core/deliver/compose.h"
#include "core/host/host.h"
#include "core/store/store.h"

static const char help[] =
    "usage: tocsin check [-c FILE] [--json]\n"
    "       tocsin check --schema\n\n"
    "All that is wrong with the configuration, as file:line:column, and\n"
    "what each source and sink has against its options. Run it as the\n"
    "user that runs the passes. Writes nothing, asks no network; exits 2\n"
    "when a pass would refuse it.\n\n"
    "  -c, --config FILE   the configuration to check\n"
    "      --json          the problems as JSON, on stdout\n"
    "      --schema        print the JSON Schema of the configuration\n"
    "  -h, --help          this\n";

struct check_options {
    const char *config;
    bool json;
    bool schema;
};

/* -1: go on, else the exit status. */
static int parse(int argc, char **argv, struct check_options *o)
{
    static const struct option longs[] = {
        { "config", required_argument, NULL, 'c' },
        { "json", no_argument, NULL, 'j' },
        { "schema", no_argument, NULL, 's' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int c;

    while ((c = getopt_long(argc, argv, "c:h", longs, NULL)) != -1) {
        switch (c) {
        case 'c':
            o->config = optarg;
            break;
        case 'j':
            o->json = true;
            break;
        case 's':
            o->schema = true;
            break;
        case 'h':
            return cli_usage(stdout, help);
        default:
            return cli_usage(stderr, help);
        }
    }
    if (optind < argc) {
        log_error("check: unexpected \"%s\"", argv[optind]);
        return EXIT_USAGE;
    }
    return -1;
}

/* ---- beyond the files --------------------------------------------------- */

static void rule_problem(void *user, bool warning, const char *at,
                         const char *text)
{
    problems_at(user, warning, at, text);
}

/* Not after errors in the files: what failed there would fail again. */
static void check_rules(const struct settings *s, struct problems *pb)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    struct ruleset *rs;

    if (pb->errors)
        return;
    rs = ruleset_new(s->rules, s->ignore, &err);
    if (!rs) {
        problems_error(pb, NULL, 0, 0, "%s", err_msg(&err));
        return;
    }
    ruleset_check(rs, rule_problem, pb);
    ruleset_free(rs);
}

/* Among the first nr: of the same place, or the same of a value that p says of
 * its key. */
static bool is_said(const struct problems *pb, size_t nr,
                    const struct problem *p)
{
    for (size_t i = 0; i < nr; i++) {
        const struct problem *was = &pb->items[i];

        if (str_eq(was->file, p->file) && was->line == p->line
            && (was->column == p->column || str_ends(p->text, was->text)))
            return true;
    }
    return false;
}

/* The host's problems, but where the files' reader has said it already. */
static void merge(struct problems *pb, const struct problems *more)
{
    size_t before = pb->nr;

    for (size_t i = 0; i < more->nr; i++) {
        const struct problem *p = &more->items[i];

        if (is_said(pb, before, p))
            continue;
        if (p->warning)
            problems_warn(pb, p->file, p->line, p->column, "%s", p->text);
        else
            problems_error(pb, p->file, p->line, p->column, "%s", p->text);
    }
}

/* No such plugin, or one that cannot be loaded: which, and what was meant. */
static void check_plugin_name(struct host *h, const struct instance *in,
                              const char *why, struct problems *pb)
{
    CLEANUP_JSON json_t *list = host_list(h);
    CLEANUP_FREE char *hint = NULL;
    CLEANUP_FREE char *text = NULL;
    struct nearest near = { .word = in->plugin };
    size_t i;
    json_t *one;

    json_array_foreach(list, i, one) {
        if (str_eq(jx_str(one, "name"), in->plugin)) {
            problems_at(pb, false, in->at, why);
            return;
        }
        if (jx_str(one, "name"))
            nearest_try(&near, jx_str(one, "name"));
    }
    hint = nearest_hint(&near);
    text = xasprintf("there is no plugin \"%s\"%s", in->plugin,
                     near.best ? hint
                               : "; `tocsin plugin list` shows what there "
                                 "is");
    problems_at(pb, false, in->at, text);
}

static void check_instance(struct host *h, const struct instance *in,
                           struct problems *pb)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_JSON json_t *described = NULL;
    struct problems more;

    /* Missing or empty: said already. */
    if (!in->plugin || !*in->plugin)
        return;
    described = host_describe(h, in->plugin, &err);
    if (!described) {
        check_plugin_name(h, in, err_msg(&err), pb);
        return;
    }
    problems_init(&more);
    host_check_options(in, described, &more);
    if (!more.errors)
        host_check_open(h, in, &more);
    merge(pb, &more);
    problems_release(&more);
}

static void check_instances(const struct cli *cli, const struct settings *s,
                            struct problems *pb)
{
    const struct host_options opts = {
        .self = cli->self,
        .plugin_path = (const char *const *)s->plugin_path,
        .nr_plugin_path = s->nr_plugin_path,
        .lock_fd = -1,
        .http = &s->http,
    };
    struct host *h = host_new(&opts);

    for (size_t i = 0; i < s->nr_sources; i++)
        check_instance(h, &s->sources[i], pb);
    for (size_t i = 0; i < s->nr_sinks; i++)
        check_instance(h, &s->sinks[i], pb);
    host_free(h);
}

/* What a pass writes itself: its state, metrics and heartbeat. */
static void check_written(const struct settings *s, const char *key,
                          const char *path, struct problems *pb)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_FREE char *dir = path ? io_dirname(path) : NULL;
    CLEANUP_FREE char *text = NULL;
    int r = dir ? io_check_folder(dir, &err) : store_check(s->state, &err);

    if (r == 0)
        return;
    text = xasprintf("%s: %s", key, err_msg(&err));
    problems_at(pb, false, str_or(jx_str(s->at, key), s->path), text);
}

static void check_files(const struct settings *s, struct problems *pb)
{
    /* Said already. */
    if (pb->errors)
        return;
    check_written(s, "state", NULL, pb);
    if (s->metrics)
        check_written(s, "metrics", s->metrics, pb);
    if (s->heartbeat_file)
        check_written(s, "heartbeat_file", s->heartbeat_file, pb);
}

/* Templates, shipped and overriding, and the forbidden patterns. */
static void check_messages(const struct settings *s, struct problems *pb)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    struct composer *c;

    if (pb->errors)
        return;
    c = composer_new(s, &err);
    if (!c)
        problems_error(pb, NULL, 0, 0, "%s", err_msg(&err));
    composer_free(c);
}

/* ---- what is said ------------------------------------------------------- */

static size_t count_routes(const struct route *r)
{
    size_t n = r->nr_routes;

    for (size_t i = 0; i < r->nr_routes; i++)
        n += count_routes(&r->routes[i]);
    return n;
}

static json_t *counts(const struct settings *s)
{
    return json_pack(
        "{s:I,s:I,s:I,s:I,s:I,s:I}", "sources", (json_int_t)s->nr_sources,
        "sinks", (json_int_t)s->nr_sinks, "rules",
        (json_int_t)json_array_size(s->rules), "routes",
        (json_int_t)count_routes(&s->root), "teams", (json_int_t)s->nr_teams,
        "owners", (json_int_t)s->nr_ownership);
}

static void print_count(const char *name, json_int_t n, const char *end)
{
    printf("%" JSON_INTEGER_FORMAT " %.*s%s%s", n, (int)strlen(name) - 1, name,
           n == 1 ? "" : "s", end);
}

static void print_summary(const struct settings *s, const struct problems *pb)
{
    printf("%s: ", s->path);
    print_count("sources", (json_int_t)s->nr_sources, ", ");
    print_count("sinks", (json_int_t)s->nr_sinks, ", ");
    print_count("rules", (json_int_t)json_array_size(s->rules), ", ");
    print_count("routes", (json_int_t)count_routes(&s->root), ", ");
    print_count("teams", (json_int_t)s->nr_teams, "; ");
    printf("%s; no errors", s->armed ? "armed" : "not armed");
    if (pb->nr > pb->errors) {
        fputs(", ", stdout);
        print_count("warnings", (json_int_t)(pb->nr - pb->errors), "");
    }
    putchar('\n');
}

static void print_json(const char *path, const struct settings *s,
                       const struct problems *pb)
{
    CLEANUP_JSON json_t *out = json_object();
    CLEANUP_FREE char *text = NULL;
    json_t *list = json_array();

    for (size_t i = 0; i < pb->nr; i++) {
        json_t *p = json_object();

        jx_set_str(p, "file", pb->items[i].file);
        jx_set_int(p, "line", pb->items[i].line);
        jx_set_int(p, "column", pb->items[i].column);
        jx_set_bool(p, "warning", pb->items[i].warning);
        jx_set_str(p, "text", pb->items[i].text);
        json_array_append_new(list, p);
    }
    jx_set_str(out, "file", path);
    jx_set_bool(out, "ok", pb->errors == 0);
    jx_set_int(out, "errors", (int64_t)pb->errors);
    json_object_set_new(out, "problems", list);
    if (s)
        json_object_set_new(out, "counts", counts(s));
    text = jx_dump(out);
    puts(text);
}

static int print_schema(void)
{
    CLEANUP_JSON json_t *schema = settings_schema();
    char *text = json_dumps(schema, JSON_INDENT(2) | JSON_SORT_KEYS);

    puts(text);
    free(text);
    return EXIT_FINE;
}

int cmd_check(const struct cli *cli, int argc, char **argv)
{
    struct check_options o = { .config = cli->config };
    struct problems pb;
    struct settings *s;
    int status = parse(argc, argv, &o);

    if (status >= 0)
        return status;
    if (o.schema)
        return print_schema();
    problems_init(&pb);
    s = settings_read(o.config, &pb);
    check_instances(cli, s, &pb);
    check_rules(s, &pb);
    check_messages(s, &pb);
    check_files(s, &pb);
    if (o.json)
        print_json(o.config, pb.errors ? NULL : s, &pb);
    else
        problems_print(&pb, stderr);
    if (!o.json)
        cli_no_config(o.config);
    if (!o.json && !pb.errors)
        print_summary(s, &pb);
    status = pb.errors ? EXIT_USAGE : EXIT_FINE;
    settings_free(s);
    problems_release(&pb);
    return status;
}
