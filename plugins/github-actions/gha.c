/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * github-actions: the source that reads the workflow runs of repositories on
 * GitHub, tocsin-github-actions(7).
 */
#include <config.h>

#include "plugins/github-actions/gha.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/mem.h"
#include "core/base/when.h"

static const struct tocsin_option gha_options[] = {
    { "repositories", TOCSIN_OPTION_STRING, TOCSIN_OPTION_REPEAT, NULL,
      "Repositories to read: owner/name, or names of the organization; names "
      "may be globs. Of a sweep: globs of those that count.",
      NULL },
    { "repositories_file", TOCSIN_OPTION_PATH, 0, NULL,
      "A file that names more of them, one a line; # begins a comment.", NULL },
    { "organization", TOCSIN_OPTION_STRING, 0, NULL,
      "Whose the repositories are that are named without an owner, or that "
      "are swept.",
      NULL },
    { "sweep", TOCSIN_OPTION_BOOL, 0, "false",
      "Whether all repositories of the organization are looked at, a hundred "
      "a request, and those read whose head or checks changed.",
      NULL },
    { "queries", TOCSIN_OPTION_INT, 0, "4",
      "How many queries of a sweep are asked at a time, 1 to 16.", NULL },
    { "commits", TOCSIN_OPTION_STRING, TOCSIN_OPTION_REPEAT, NULL,
      "Commits whose check runs are read, owner/name@COMMIT, for a look at "
      "them.",
      NULL },
    { "pull_requests", TOCSIN_OPTION_STRING, TOCSIN_OPTION_REPEAT, NULL,
      "Pull requests whose head is read, owner/name#NUMBER, for a look at "
      "it.",
      NULL },
    { "branches", TOCSIN_OPTION_STRING, TOCSIN_OPTION_REPEAT, "default",
      "Branches whose runs count, as globs; default is each repository's "
      "default branch.",
      NULL },
    { "workflows", TOCSIN_OPTION_STRING, TOCSIN_OPTION_REPEAT, NULL,
      "Workflows that count, as globs of their name or file; without it all "
      "of them.",
      NULL },
    { "first", TOCSIN_OPTION_DURATION, 0, "7d",
      "How far back the first pass goes; the newest run of each workflow is "
      "read however old it is.",
      NULL },
    { "overlap", TOCSIN_OPTION_DURATION, 0, "1d",
      "How far before the last pass the next one looks again.", NULL },
    { "green_logs", TOCSIN_OPTION_BOOL, 0, "false",
      "Whether the logs of green jobs are read, too: what they say is not "
      "why a red one is red.",
      NULL },
    { "baselines", TOCSIN_OPTION_INT, 0, "20",
      "How many logs of green jobs are read in a pass to find out what is new "
      "in a red one that no rule knows; 0: none.",
      NULL },
    { API_OPTION_URL },
    { API_OPTION_TOKEN },
    { API_OPTION_APP_ID },
    { API_OPTION_PRIVATE_KEY },
};

/* ---- options ------------------------------------------------------------- */

static char **texts(const struct tocsin_host *host, const char *name)
{
    size_t n = host->option_count(host, name);
    char **list = xcalloc(n + 1, sizeof(*list));

    for (size_t i = 0; i < n; i++)
        list[i] = xstrdup(host->option(host, name, i));
    return list;
}

static void texts_free(char **list)
{
    for (size_t i = 0; list && list[i]; i++)
        free(list[i]);
    free(list);
}

/* Of what decides which runs are read. */
static char *options_digest(const struct gha *g)
{
    struct digest *d = digest_new();
    char hex[65];

    digest_field(d, g->host->option(g->host, "url", 0));
    for (size_t i = 0; g->branches[i]; i++)
        digest_field(d, g->branches[i]);
    digest_field(d, "");
    for (size_t i = 0; g->workflows[i]; i++)
        digest_field(d, g->workflows[i]);
    digest_end128(d, hex);
    return xstrdup(hex);
}

static const char *options_wrong(const struct tocsin_host *host)
{
    const char *who = api_who_wrong(host);

    if (who)
        return who;
    if (host->option_int(host, "queries", GHA_QUERIES) < 1
        || host->option_int(host, "queries", GHA_QUERIES) > GHA_QUERIES_MAX)
        return "queries is a number from 1 to 16";
    if (host->option_int(host, "sweep", 0)) {
        if (!host->option(host, "organization", 0))
            return "a sweep needs an organization";
        if (host->option(host, "repositories_file", 0))
            return "either a sweep or repositories_file";
        return api_has_who(host) ? NULL
                                 : "a sweep needs a token or an App: GitHub "
                                   "answers its queries to nobody else";
    }
    if (!host->option_count(host, "repositories")
        && !host->option(host, "repositories_file", 0)
        && !host->option_count(host, "commits")
        && !host->option_count(host, "pull_requests"))
        return "no repositories: give repositories, repositories_file, or "
               "an organization and sweep: true";
    return NULL;
}

static void gha_close(void *handle)
{
    struct gha *g = handle;

    texts_free(g->branches);
    texts_free(g->workflows);
    free(g->options);
    free(g);
}

static int gha_open(const struct tocsin_host *host, void **handle)
{
    CLEANUP_FREE char *odd = given_wrong(host);
    const char *wrong = odd ? odd : options_wrong(host);
    struct gha *g;

    if (wrong) {
        host->log(host, TOCSIN_LOG_ERROR, wrong);
        return TOCSIN_FATAL;
    }
    g = xcalloc(1, sizeof(*g));
    g->host = host;
    g->branches = texts(host, "branches");
    g->workflows = texts(host, "workflows");
    g->first = host->option_int(host, "first", WEEK);
    g->overlap = host->option_int(host, "overlap", DAY);
    g->sweep = host->option_int(host, "sweep", 0) != 0;
    g->green_logs = host->option_int(host, "green_logs", 0) != 0;
    g->options = options_digest(g);
    *handle = g;
    return TOCSIN_OK;
}

/* ---- a pass -------------------------------------------------------------- */

int64_t gha_now(const struct gha *g)
{
    return g->api.ahead > 0 ? g->now - g->api.ahead : g->now;
}

/* A token of an App is good for these alone, when they are few. */
static void narrow(struct gha *g)
{
    g->names = xcalloc(g->nr_repos + 1, sizeof(*g->names));
    for (size_t i = 0; i < g->nr_repos; i++)
        g->names[i] = xstrdup(g->repos[i]->name);
    auth_narrow(g->api.auth, (const char *const *)g->names, g->nr_repos);
}

/* Where the next pass begins: with the first that was not begun, or was not
 * ended (repo.c). */
static void set_next(struct gha *g)
{
    if (g->sweep || g->first_cut < g->nr_repos
        || (g->nr_repos && !g->next_repo))
        return;
    cursor_set_next(&g->cursor, g->next_repo < g->nr_repos
                                    ? g->repos[g->next_repo]->name
                                    : NULL);
}

static void set_cursor(struct gha *g)
{
    CLEANUP_FREE char *text = NULL;

    set_next(g);
    text = cursor_text(&g->cursor);
    g->host->set_cursor(g->host, text);
}

static void pass_free(struct gha *g)
{
    repos_free(g);
    json_decref(g->greens);
    g->greens = NULL;
    json_decref(g->named);
    g->named = NULL;
    texts_free(g->names);
    g->names = NULL;
    api_close(&g->api);
    cursor_release(&g->cursor);
}

static void over(void *user)
{
    struct gha *g = user;
    const struct tocsin_host *host = g->host;
    /* Where nothing could be read the source was not heard of. */
    int status = g->api.fatal                   ? TOCSIN_FATAL
                 : g->api.answered || !g->asked ? TOCSIN_OK
                                                : TOCSIN_RETRY;

    if (g->sweep)
        sweep_over(g);
    api_tell(&g->api);
    net_tell(&g->net);
    unread_tell(g);
    set_cursor(g);
    pass_free(g);
    host->done(host, g->op, status, NULL);
}

static int gha_collect(void *handle, uint64_t op)
{
    struct gha *g = handle;
    const struct tocsin_host *host = g->host;

    g->op = op;
    g->now = host->now(host);
    g->next_repo = g->busy_repos = g->done_repos = g->logs = 0;
    g->swept_all = false;
    g->greens_left = host->option_int(host, "baselines", 0);
    g->greens = json_object();
    g->named = json_object();
    g->blind = false;
    g->first_cut = SIZE_MAX;
    g->waiting = NULL;
    g->waiting_end = &g->waiting;
    net_begin(&g->net, host, over, g);
    api_open(&g->api, host, &g->net, host->option(host, "url", 0), NULL);
    cursor_read(&g->cursor, host->cursor(host), g->options);
    if (!g->sweep && !repos_list(g)) {
        pass_free(g);
        return TOCSIN_FATAL;
    }
    if (!g->globs) {
        repos_ready(g);
        narrow(g);
    }
    given_start(g);
    if (g->sweep)
        sweep_start(g);
    else if (g->globs)
        listed_start(g);
    else
        repos_go_on(g);
    g->asked = g->net.outstanding > 1;
    net_let_go(&g->net);
    return TOCSIN_OK;
}

static const struct tocsin_source gha_source = {
    .name = "github-actions",
    .version = "1",
    .summary = "Workflow runs of repositories on GitHub",
    .options = gha_options,
    .nr_options = ARRAY_SIZE(gha_options),
    .open = gha_open,
    .collect = gha_collect,
    .close = gha_close,
};
TOCSIN_REGISTER_SOURCE(gha_source)
