/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the commands share. Must not know any of them.
 */
#include <config.h>

#include "core/cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/jsonx.h"
#include "core/base/log.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"
#include "core/config/problems.h"

void cli_no_config(const char *path)
{
    if (access(path, F_OK) < 0 && errno == ENOENT)
        log_error("name a configuration with -c FILE or $TOCSIN_CONFIG; "
                  "tocsin.yaml(5) shows one to start from");
}

struct settings *cli_settings(const struct cli *cli)
{
    struct problems pb;
    struct settings *s;

    problems_init(&pb);
    s = settings_load(cli->config, &pb);
    /* Warnings are `check`'s: cron would mail them with every pass. */
    if (!s || log_wants(LOG_INFO, NULL))
        problems_print(&pb, stderr);
    if (!s)
        cli_no_config(cli->config);
    problems_release(&pb);
    return s;
}

int cli_fail(struct err *err)
{
    enum err_code code = err->code;

    log_error("%s", err_msg(err));
    err_release(err);
    switch (code) {
    case ERR_USAGE:
    case ERR_CONFIG:
        return EXIT_USAGE;
    case ERR_BUSY:
        return EXIT_BUSY;
    case ERR_IO:
    case ERR_INPUT:
    case ERR_REMOTE:
    case ERR_PLUGIN:
    case ERR_LIMIT:
        return EXIT_TROUBLE;
    default:
        return EXIT_INTERNAL;
    }
}

struct store *cli_store(const struct settings *s, unsigned flags, int *status)
{
    struct err err = ERR_INIT;
    struct store *st = NULL;

    if (store_open(&st, s->state, flags, &err) < 0) {
        *status = cli_fail(&err);
        return NULL;
    }
    return st;
}

int cli_time(const char *option, const char *text, int64_t *out)
{
    int64_t ahead;

    if (text[0] == '+' && when_parse_duration(text + 1, &ahead) == 0) {
        *out = when_now() + ahead;
        return 0;
    }
    if (when_parse(text, out) == 0)
        return 0;
    log_error("%s: \"%s\" is no time; write 2026-08-14T06:41:00Z, a day, or "
              "+2d for two days from now",
              option, text);
    return -1;
}

int cli_usage(FILE *f, const char *text)
{
    fputs(text, f);
    return f == stdout ? EXIT_FINE : EXIT_USAGE;
}

struct by_key {
    const char *prefix;
    char *key;
};

static int match_key(void *user, struct ticket *t)
{
    struct by_key *b = user;

    if (!b->key && str_starts(t->key, b->prefix))
        b->key = xstrdup(t->key);
    return 0;
}

static int first_member(void *user, struct incident *i)
{
    char **id = user;

    if (!*id)
        *id = xstrdup(i->public_id);
    return 0;
}

int cli_find_incident(struct store *st, const char *id, struct incident *i,
                      struct err *err)
{
    struct by_key b = { .prefix = id };
    struct ticket_query tq = { 0 };
    char *member = NULL;
    int found = *id ? store_incident_by_id(st, id, i, err) : 0;

    if (found || !*id)
        return found;
    found = store_ticket_each(st, &tq, match_key, &b, err);
    if (found == 0 && b.key) {
        struct incident_query q = { .ticket = b.key };

        found = store_incident_each(st, &q, first_member, &member, err);
        if (found == 0 && member)
            found = store_incident_by_id(st, member, i, err);
    }
    free(member);
    free(b.key);
    return found;
}

void cli_json(const json_t *v)
{
    char *s = jx_dump(v);

    puts(s);
    free(s);
}

char *cli_safe(const char *s, size_t max)
{
    CLEANUP_FREE char *fixed = utf8_repair(s, strlen(s));
    struct strbuf b;
    size_t n = max;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    strbuf_add_shown(&b, fixed, "");
    if (b.len <= max)
        return strbuf_take(&b);
    while (n && ((unsigned char)b.buf[n] & 0xc0) == 0x80)
        n--;
    strbuf_setlen(&b, n);
    strbuf_adds(&b, "\xe2\x80\xa6");
    return strbuf_take(&b);
}
