/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * azure-pipelines: the builds of one project of Azure DevOps. The options,
 * the beginning and the end of a pass.
 */
#include <config.h>

#include "plugins/azure-pipelines/azure.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/strbuf.h"

static const struct tocsin_option azure_options[] = {
    { "organization", TOCSIN_OPTION_STRING, TOCSIN_OPTION_REQUIRED, NULL,
      "The organization of Azure DevOps.", NULL },
    { "project", TOCSIN_OPTION_STRING, TOCSIN_OPTION_REQUIRED, NULL,
      "Its project whose builds are read, by name or id.", NULL },
    { "url", TOCSIN_OPTION_URL, 0, "https://dev.azure.com",
      "What the organization is below; the collection's parent on a server "
      "of one's own.",
      "https|http" },
    { "token", TOCSIN_OPTION_STRING, TOCSIN_OPTION_SECRET, NULL,
      "A personal access token that may read builds: token_file or "
      "token_env. Without it the project must be public.",
      NULL },
    { "first", TOCSIN_OPTION_DURATION, 0, "7d",
      "How far back the first pass goes.", NULL },
    { "newest", TOCSIN_OPTION_STRING, TOCSIN_OPTION_REPEAT, NULL,
      "Branches of which the newest build of each pipeline is looked at once, "
      "however old it is.",
      NULL },
    { "overlap", TOCSIN_OPTION_DURATION, 0, "15m",
      "How far before the last pass the next one looks again.", NULL },
    { "baselines", TOCSIN_OPTION_INT, 0, "20",
      "How many logs of green jobs are read in a pass, to find out what is "
      "new in a red one that no rule knows.",
      NULL },
    { "max_log", TOCSIN_OPTION_SIZE, 0, "256M",
      "The most bytes of one log; a larger one is not read.", NULL },
};

/* ":TOKEN" as Basic credentials, or NULL. */
static char *authorization_of(const struct tocsin_host *host)
{
    const char *token = host->option(host, "token", 0);
    CLEANUP_FREE char *plain = NULL;
    CLEANUP_FREE char *coded = NULL;
    size_t n;

    if (!token)
        return NULL;
    plain = xasprintf(":%s", token);
    n = strlen(plain);
    coded = xcalloc(1, (n + 2) / 3 * 4 + 1);
    EVP_EncodeBlock((unsigned char *)coded, (const unsigned char *)plain,
                    (int)n);
    return xasprintf("Authorization: Basic %s", coded);
}

static void take_newest(struct azure *a)
{
    size_t n = a->host->option_count(a->host, "newest");
    struct strbuf key;

    strbuf_init(&key, STRBUF_UNBOUNDED);
    a->newest_of = xcalloc(n + 1, sizeof(*a->newest_of));
    for (size_t i = 0; i < n; i++) {
        a->newest_of[i] = xstrdup(a->host->option(a->host, "newest", i));
        strbuf_addf(&key, "%s%s", i ? " " : "", a->newest_of[i]);
    }
    a->newest_key = key.buf;
}

static void azure_close(void *handle)
{
    struct azure *a = handle;

    azure_newest_release(a);
    for (size_t i = 0; a->newest_of[i]; i++)
        free(a->newest_of[i]);
    free(a->newest_of);
    free(a->newest_key);
    azure_page_free(a);
    azure_cursor_release(&a->cursor);
    free(a->ids);
    free(a->token);
    free(a->fatal);
    free(a->api);
    free(a->web);
    free(a->of);
    free(a->base);
    free(a->authorization);
    free(a);
}

static int azure_open(const struct tocsin_host *host, void **handle)
{
    struct azure *a = xcalloc(1, sizeof(*a));
    const char *url = host->option(host, "url", 0);
    CLEANUP_FREE char *org = net_escape(host->option(host, "organization", 0));
    CLEANUP_FREE char *project = net_escape(host->option(host, "project", 0));
    size_t n = strlen(url);

    while (n && url[n - 1] == '/')
        n--;
    a->host = host;
    a->base = xstrndup(url, n);
    a->of = xasprintf("%s/%s/%s", a->base, org, project);
    a->api = xasprintf("%s/_apis/build", a->of);
    a->web = xasprintf("%s/_build/results", a->of);
    a->authorization = authorization_of(host);
    a->first = host->option_int(host, "first", 0);
    a->overlap = host->option_int(host, "overlap", 0);
    take_newest(a);
    a->max_log = (size_t)host->option_int(host, "max_log", 0);
    *handle = a;
    return TOCSIN_OK;
}

static void azure_over(void *user)
{
    struct azure *a = user;

    net_tell(&a->net);
    json_decref(a->greens);
    a->greens = NULL;
    if (a->fatal)
        a->host->log(a->host, TOCSIN_LOG_ERROR, a->fatal);
    a->host->done(a->host, a->op, a->status, NULL);
}

static int azure_collect(void *handle, uint64_t op)
{
    struct azure *a = handle;

    a->op = op;
    a->now = a->host->now(a->host);
    a->status = TOCSIN_OK;
    a->leads = LEADS_WAIT;
    a->greens_left = a->host->option_int(a->host, "baselines", 0);
    a->greens = json_object();
    azure_cursor_read(&a->cursor, a->host->cursor(a->host), a->of);
    net_begin(&a->net, a->host, azure_over, a);
    azure_begin(a);
    return TOCSIN_OK;
}

static const struct tocsin_source azure = {
    .flags = TOCSIN_SOURCE_LEADS,
    .name = "azure-pipelines",
    .version = "1",
    .summary = "Builds of Azure Pipelines",
    .options = azure_options,
    .nr_options = sizeof(azure_options) / sizeof(azure_options[0]),
    .open = azure_open,
    .collect = azure_collect,
    .close = azure_close,
};

TOCSIN_REGISTER_SOURCE(azure)
