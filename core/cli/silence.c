/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `tocsin silence`: what nobody shall hear of for a while. Writes without the
 * pass lock: a silence must not wait for a pass.
 */
#include <config.h>

#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/jsonx.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/cli/cli.h"
#include "core/config/glob.h"

static const char help[] =
    "usage: tocsin silence add MATCH... --comment TEXT\n"
    "                          (--for D | --until T | --forever)\n"
    "       tocsin silence list [--all] [--json]\n"
    "       tocsin silence expire ID\n\n"
    "MATCH is any of --project, --branch, --category, --area, --blame, "
    "--rule,\n"
    "--source, --owner, --job, each with a glob; those of one name are\n"
    "alternatives, all names given must match.\n\n"
    "      --comment TEXT  why; required\n"
    "      --author NAME   who; else your login\n"
    "      --for D         so long from now (2d, 6h)\n"
    "      --until TIME    until then\n"
    "      --forever       until it is expired by hand\n"
    "      --now TIME      as if it were TIME\n"
    "  -h, --help          this\n";

enum { OPT_MATCH = 1000 };

static const char *const match_keys[] = {
    "project", "branch", "category", "area", "blame",
    "rule",    "source", "owner",    "job",
};

struct silence_options {
    json_t *match;
    const char *comment, *author;
    int64_t now, length, until;
    bool forever, all, json;
};

static void add_match(json_t *match, const char *key, const char *glob)
{
    json_t *list = jx_arr(match, key);

    if (!list) {
        list = json_array();
        json_object_set_new(match, key, list);
    }
    jx_append_str(list, glob);
}

static int take_option(int c, struct silence_options *o)
{
    if (c >= OPT_MATCH) {
        add_match(o->match, match_keys[c - OPT_MATCH], optarg);
        return -1;
    }
    switch (c) {
    case 'c':
        o->comment = optarg;
        return -1;
    case 'u':
        o->author = optarg;
        return -1;
    case 'f':
        if (when_parse_duration(optarg, &o->length) == 0 && o->length)
            return -1;
        log_error("--for: \"%s\" is no duration; write 2d or 6h", optarg);
        return EXIT_USAGE;
    case 't':
        return cli_time("--until", optarg, &o->until) < 0 ? EXIT_USAGE : -1;
    case 'N':
        return cli_time("--now", optarg, &o->now) < 0 ? EXIT_USAGE : -1;
    case 'e':
        o->forever = true;
        return -1;
    case 'a':
        o->all = true;
        return -1;
    case 'j':
        o->json = true;
        return -1;
    case 'h':
        return cli_usage(stdout, help);
    default:
        return cli_usage(stderr, help);
    }
}

static int parse(int argc, char **argv, struct silence_options *o)
{
    struct option longs[ARRAY_SIZE(match_keys) + 10] = {
        { "comment", required_argument, NULL, 'c' },
        { "author", required_argument, NULL, 'u' },
        { "for", required_argument, NULL, 'f' },
        { "until", required_argument, NULL, 't' },
        { "forever", no_argument, NULL, 'e' },
        { "all", no_argument, NULL, 'a' },
        { "json", no_argument, NULL, 'j' },
        { "now", required_argument, NULL, 'N' },
        { "help", no_argument, NULL, 'h' },
    };
    int c, status = -1;

    for (size_t i = 0; i < ARRAY_SIZE(match_keys); i++) {
        struct option *l = &longs[9 + i];

        l->name = match_keys[i];
        l->has_arg = required_argument;
        l->val = OPT_MATCH + (int)i;
    }
    while (status < 0 && (c = getopt_long(argc, argv, "ah", longs, NULL)) != -1)
        status = take_option(c, o);
    return status;
}

static char *login(void)
{
    const struct passwd *pw = getpwuid(getuid());

    return pw ? xstrdup(pw->pw_name) : xasprintf("uid %ld", (long)getuid());
}

static int add(struct store *st, const struct silence_options *o)
{
    struct err err = ERR_INIT;
    struct silence s = {
        .author = o->author ? xstrdup(o->author) : login(),
        .comment = xstrdup(o->comment),
        .starts = o->now,
        .created = o->now,
        .ends = o->forever ? 0
                : o->until ? o->until
                           : o->now + o->length,
        .match = json_incref(o->match),
    };
    int status = EXIT_FINE;

    if (store_silence_put(st, &s, &err) < 0)
        status = cli_fail(&err);
    else
        printf("silence %" PRId64 "\n", s.id);
    silence_release(&s);
    return status;
}

/* A silence of what cannot be would keep nothing quiet. */
static int check_globs(const json_t *match)
{
    const char *key;
    json_t *list, *v;
    size_t i;

    json_object_foreach((json_t *)match, key, list)
        json_array_foreach(list, i, v) {
            const char *glob = json_string_value(v);
            CLEANUP_FREE char *why = !strcmp(key, "project")
                                         ? project_glob_wrong(glob)
                                         : glob_wrong(glob);

            if (!why)
                continue;
            log_error("silence add: --%s: \"%s\": %s", key, glob, why);
            return EXIT_USAGE;
        }
    return EXIT_FINE;
}

static int check_add(const struct silence_options *o)
{
    if (!json_object_size(o->match)) {
        log_error("silence add: says nothing of what; give --project, "
                  "--category or another match");
        return EXIT_USAGE;
    }
    if (!o->comment || !*o->comment) {
        log_error("silence add: --comment is required: others will ask why");
        return EXIT_USAGE;
    }
    if ((o->forever != 0) + (o->length != 0) + (o->until != 0) != 1) {
        log_error("silence add: give one of --for, --until, --forever");
        return EXIT_USAGE;
    }
    if (o->until && o->until <= o->now) {
        log_error("silence add: --until is in the past");
        return EXIT_USAGE;
    }
    return check_globs(o->match);
}

static int show(void *user, const struct silence *s)
{
    const struct silence_options *o = user;
    CLEANUP_FREE char *ends =
        s->ends ? when_format(s->ends) : xstrdup("for ever");
    CLEANUP_FREE char *match = jx_dump(s->match);

    if (o->json) {
        json_t *v =
            json_pack("{s:I, s:s, s:s, s:I, s:I, s:O}", "id", s->id, "author",
                      str_or(s->author, ""), "comment", str_or(s->comment, ""),
                      "starts", s->starts, "ends", s->ends, "match", s->match);

        cli_json(v);
        json_decref(v);
    } else {
        CLEANUP_FREE char *author = cli_safe(str_or(s->author, "?"), 100);
        CLEANUP_FREE char *comment = cli_safe(str_or(s->comment, ""), 300);

        printf("%" PRId64 "\t%s %s\t%s\t%s: %s\n", s->id,
               s->ends ? "until" : "", ends, match, author, comment);
    }
    return 0;
}

static int list(struct store *st, struct silence_options *o)
{
    struct err err = ERR_INIT;

    if (store_silence_each(st, o->all ? 0 : o->now, show, o, &err) < 0)
        return cli_fail(&err);
    return EXIT_FINE;
}

struct wanted {
    int64_t id;
    bool found;
};

static int is_it(void *user, const struct silence *s)
{
    struct wanted *w = user;

    w->found |= s->id == w->id;
    return 0;
}

static int expire(struct store *st, const char *text, int64_t now)
{
    struct err err = ERR_INIT;
    char *end;
    struct wanted w = { .id = strtoll(text, &end, 10) };

    if (*end || end == text || w.id <= 0) {
        log_error("silence expire: \"%s\" is no number of a silence", text);
        return EXIT_USAGE;
    }
    if (store_silence_each(st, now, is_it, &w, &err) < 0)
        return cli_fail(&err);
    if (!w.found) {
        log_error("there is no active silence %s", text);
        return EXIT_TROUBLE;
    }
    if (store_silence_expire(st, w.id, now, &err) < 0)
        return cli_fail(&err);
    return EXIT_FINE;
}

static int act(struct store *st, const char *verb, const char *arg,
               struct silence_options *o)
{
    if (!strcmp(verb, "add"))
        return add(st, o);
    if (!strcmp(verb, "list"))
        return list(st, o);
    return expire(st, arg, o->now);
}

static int check_words(int nr, char **words, const struct silence_options *o)
{
    const char *verb = nr ? words[0] : "";

    if (nr == 1 && !strcmp(verb, "add"))
        return check_add(o);
    if ((nr == 1 && !strcmp(verb, "list"))
        || (nr == 2 && !strcmp(verb, "expire")))
        return EXIT_FINE;
    return cli_usage(stderr, help);
}

int cmd_silence(const struct cli *cli, int argc, char **argv)
{
    struct silence_options o = { .match = json_object(), .now = when_now() };
    int status = parse(argc, argv, &o);
    struct settings *s = NULL;
    struct store *st = NULL;

    if (status < 0)
        status = check_words(argc - optind, argv + optind, &o);
    else
        goto out;
    if (status != EXIT_FINE)
        goto out;
    s = cli_settings(cli);
    if (!s) {
        status = EXIT_USAGE;
        goto out;
    }
    st = cli_store(
        s,
        !strcmp(argv[optind], "list") ? STORE_READ_ONLY | STORE_MUST_EXIST : 0,
        &status);
    if (st)
        status = act(st, argv[optind], argv[optind + 1], &o);
out:
    if (st)
        store_close(st);
    if (s)
        settings_free(s);
    json_decref(o.match);
    return status;
}
