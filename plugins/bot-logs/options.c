/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The options of bot-logs, alone and taken together. Must not read what they
 * name.
 */
#include <config.h>

#include "plugins/bot-logs/bot.h"

#include <string.h>

#include "core/base/digest.h"
#include "core/base/mem.h"
#include "plugins/github/api.h"

static unsigned read_what(const struct tocsin_host *host)
{
    static const struct {
        const char *name;
        unsigned flag;
    } all[] = {
        { "versions", BOT_VERSIONS },
        { "prs", BOT_PRS },
        { "migrations", BOT_MIGRATIONS },
        { "parsing", BOT_PARSING },
        { "jobs", BOT_JOBS },
    };
    unsigned what = 0;

    for (size_t i = 0; i < host->option_count(host, "what"); i++)
        for (size_t k = 0; k < ARRAY_SIZE(all); k++)
            if (str_eq(host->option(host, "what", i), all[k].name))
                what |= all[k].flag;
    if (!what)
        what = BOT_VERSIONS;
    if (host->option_count(host, "logs"))
        what |= BOT_JOBS;
    return what;
}

static char *options_digest(const struct bot *b)
{
    struct digest *d = digest_new();
    CLEANUP_FREE char *what = xasprintf("%u", b->what);
    char hex[33];

    digest_field(d, what);
    digest_field(d, b->owner);
    digest_field(d, b->suffix);
    digest_field(d, b->root);
    digest_field(d, b->status);
    digest_field(d, b->repository);
    digest_field(d, b->host->option(b->host, "url", 0));
    digest_field(d, b->host->option(b->host, "base_url", 0));
    for (size_t i = 0; i < b->host->option_count(b->host, "data"); i++)
        digest_field(d, b->host->option(b->host, "data", i));
    digest_end128(d, hex);
    return xstrdup(hex);
}

const char *bot_options_clash(const struct bot *b)
{
    size_t nr_logs = b->host->option_count(b->host, "logs");
    bool data = b->host->option_count(b->host, "data");
    bool url = b->host->option(b->host, "url", 0);
    int versions = !!b->root + !!b->status + data + url;
    const char *who = api_who_wrong(b->host);

    if (who)
        return who;
    if ((data || url) && versions > 1)
        return "of the options checkout, status, data and url, data and url "
               "go with no other";
    if (b->what & BOT_VERSIONS && !versions
        && b->what != (BOT_VERSIONS | BOT_JOBS))
        return "versions need the option checkout, status, data or url";
    if (b->what & (BOT_PRS | BOT_PARSING) && !b->root && !data)
        return "prs and parsing need the option checkout or data";
    if (b->what & BOT_MIGRATIONS && !b->root && !data)
        return "migrations need the option checkout or data";
    if (b->what & BOT_JOBS && !nr_logs)
        return "jobs need the option logs";
    if (!versions && !nr_logs)
        return "one of the options checkout, status, data, url and logs is "
               "needed";
    return NULL;
}

void bot_options_read(struct bot *b, const struct tocsin_host *host)
{
    b->host = host;
    b->what = read_what(host);
    b->owner = str_or(host->option(host, "owner", 0), "conda-forge");
    b->suffix = str_or(host->option(host, "suffix", 0), "-feedstock");
    b->repository = str_or(host->option(host, "repository", 0),
                           "conda-forge/conda-forge-bot");
    b->root = xstrdup0(host->option(host, "checkout", 0));
    b->status = xstrdup0(host->option(host, "status", 0));
    if (!b->root && !b->status && !host->option_count(host, "data")
        && !host->option(host, "url", 0)
        && host->option_count(host, "what") <= 1
        && b->what == (BOT_VERSIONS | BOT_JOBS))
        b->what = BOT_JOBS;
    b->options = options_digest(b);
}
