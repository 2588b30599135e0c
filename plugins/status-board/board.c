/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * status-board: the source that reads which outages people have announced as
 * issues of a repository, tocsin-status-board(7). Each open one with a known
 * label is an entry of a snapshot, with the category that the configuration
 * gives the label; `inhibit:` says what it explains.
 *
 * Must not keep a failure from being told because of what a stranger wrote,
 * what nobody touched for long, or what could not be read.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"
#include "core/tocsin-plugin.h"
#include "plugins/github/api.h"
#include "plugins/net/net.h"

#define SNAPSHOT "outages"
#define PAGES_MAX 10
#define TITLE_MAX 300

static const struct tocsin_option board_options[] = {
    { "repository", TOCSIN_OPTION_STRING, TOCSIN_OPTION_REQUIRED, NULL,
      "Whose issues announce outages: owner/name.", NULL },
    { "labels", TOCSIN_OPTION_STRING,
      TOCSIN_OPTION_REQUIRED | TOCSIN_OPTION_REPEAT, NULL,
      "Which labels do, and what they mean: LABEL=CATEGORY, such as "
      "azure=infra/azure-pipelines.",
      NULL },
    { "expires", TOCSIN_OPTION_DURATION, 0, "3d",
      "An issue that nobody touched for so long announces nothing any more.",
      NULL },
    { "anyone", TOCSIN_OPTION_BOOL, 0, "false",
      "Whether issues of people who are not of the repository or its "
      "organization count, too.",
      NULL },
    { API_OPTION_URL },
    { API_OPTION_TOKEN },
    { API_OPTION_APP_ID },
    { API_OPTION_PRIVATE_KEY },
};

/* Issues of a public repository may be read without the permission. */
static const struct api_may board_may = {
    .permissions = "{\"metadata\": \"read\"}",
    .also = "{\"issues\": \"read\"}",
};

struct board {
    const struct tocsin_host *host;
    const char *repository;
    int64_t expires;
    bool anyone;

    /* this pass */
    struct net net;
    struct api api;
    uint64_t op;
    int pages;
    json_t *issues; /* those of all pages */
    bool whole;
};

/* ---- one issue ----------------------------------------------------------- */

/* The category that the configuration gives the label; NULL: none. */
static const char *category_of(const struct board *b, const char *label)
{
    size_t n = strlen(label);

    for (size_t i = 0; i < b->host->option_count(b->host, "labels"); i++) {
        const char *option = b->host->option(b->host, "labels", i);

        if (!strncasecmp(option, label, n) && option[n] == '=')
            return option + n + 1;
    }
    return NULL;
}

/* A label may be put on by whoever opens an issue from a template, so who
 * that was counts. */
static bool is_theirs(const struct board *b, const json_t *issue)
{
    const char *who = jx_str_or(issue, "author_association", "");

    return b->anyone || str_eq(who, "OWNER") || str_eq(who, "MEMBER")
           || str_eq(who, "COLLABORATOR");
}

static int64_t time_of(const json_t *v, const char *key)
{
    const char *text = jx_str(v, key);
    int64_t t = 0;

    return text && when_parse(text, &t) == 0 ? t : 0;
}

static bool counts(const struct board *b, const json_t *issue)
{
    return jx_int(issue, "number", 0) > 0
           && !json_object_get(issue, "pull_request")
           && str_eq(jx_str(issue, "state"), "open") && is_theirs(b, issue)
           && b->host->now(b->host) - time_of(issue, "updated_at") < b->expires;
}

static void say_entry(struct board *b, const json_t *issue,
                      const char *category)
{
    int64_t number = jx_int(issue, "number", 0);
    const char *title = jx_str_or(issue, "title", "");
    CLEANUP_FREE char *key = xasprintf("%lld %s", (long long)number, category);
    CLEANUP_FREE char *task = xasprintf("issue %lld", (long long)number);
    CLEANUP_FREE char *url = xasprintf("%s/%s/issues/%lld", b->api.web,
                                       b->repository, (long long)number);
    struct tocsin_entry e = TOCSIN_ENTRY_INIT;

    e.key = key;
    e.project = b->repository;
    e.task = task;
    e.url = url;
    e.text = title;
    e.text_len = strnlen(title, TITLE_MAX);
    e.attempts = 1;
    e.first = time_of(issue, "created_at");
    e.last = time_of(issue, "updated_at");
    e.category = category;
    e.blame = "infrastructure";
    b->host->snapshot_entry(b->host, &e);
}

/* One entry for each category, however many of its labels say it. */
static void say_issue(struct board *b, const json_t *issue)
{
    const json_t *labels = jx_arr(issue, "labels");
    json_t *said = json_object();

    for (size_t i = 0; i < json_array_size(labels); i++) {
        const char *name = jx_str(json_array_get(labels, i), "name");
        const char *category = name ? category_of(b, name) : NULL;

        if (!category || json_object_get(said, category))
            continue;
        json_object_set_new(said, category, json_true());
        say_entry(b, issue, category);
    }
    json_decref(said);
}

static void say_all(struct board *b)
{
    const struct tocsin_host *host = b->host;

    host->snapshot_begin(host, SNAPSHOT, host->now(host));
    for (size_t i = 0; i < json_array_size(b->issues); i++)
        if (counts(b, json_array_get(b->issues, i)))
            say_issue(b, json_array_get(b->issues, i));
    host->snapshot_end(host, 1, NULL);
}

/* ---- asking -------------------------------------------------------------- */

static void ask(struct board *b, const char *url);

static void on_issues(void *user, const struct net_reply *reply)
{
    struct board *b = user;
    CLEANUP_FREE char *next = NULL;

    if (!reply->ok || reply->partial || !json_is_array(reply->json)) {
        if (reply->ok && !reply->partial)
            net_trouble(&b->net, NET_ODD, b->api.base, "no list of issues");
        return;
    }
    json_array_extend(b->issues, reply->json);
    next = net_next(reply->http);
    if (!next)
        b->whole = true;
    else if (++b->pages < PAGES_MAX)
        ask(b, next);
    else
        net_trouble(&b->net, NET_ODD, b->api.base,
                    "more than 1,000 open issues");
}

static void ask(struct board *b, const char *url)
{
    api_ask(&b->api, &(struct api_call){
                         .owner = b->repository,
                         .url = url,
                         .got = on_issues,
                         .user = b,
                     });
}

/* What could not be read says nothing: what it announced stands until the
 * source counts as stale (stale_after), and then explains nothing more. */
static void over(void *user)
{
    struct board *b = user;
    const struct tocsin_host *host = b->host;
    int status = b->api.fatal ? TOCSIN_FATAL
                 : b->whole   ? TOCSIN_OK
                              : TOCSIN_RETRY;

    api_tell(&b->api);
    net_tell(&b->net);
    if (b->whole)
        say_all(b);
    json_decref(b->issues);
    api_close(&b->api);
    host->done(host, b->op, status, NULL);
}

static int board_collect(void *handle, uint64_t op)
{
    struct board *b = handle;
    CLEANUP_FREE char *path =
        xasprintf("/repos/%s/issues?state=open&per_page=100", b->repository);

    b->op = op;
    b->pages = 0;
    b->whole = false;
    b->issues = json_array();
    net_begin(&b->net, b->host, over, b);
    api_open(&b->api, b->host, &b->net, b->host->option(b->host, "url", 0),
             &board_may);
    ask(b, path);
    net_let_go(&b->net);
    return TOCSIN_OK;
}

/* ---- options ------------------------------------------------------------- */

static char *labels_wrong(const struct tocsin_host *host)
{
    for (size_t i = 0; i < host->option_count(host, "labels"); i++) {
        const char *text = host->option(host, "labels", i);
        const char *equal = strchr(text, '=');

        if (!equal || equal == text
            || strspn(equal + 1, "abcdefghijklmnopqrstuvwxyz0123456789-/")
                   != strlen(equal + 1)
            || !strchr(equal, '/') || str_ends(text, "/"))
            return xasprintf("labels: \"%.100s\" is not LABEL=CATEGORY, such "
                             "as azure=infra/azure-pipelines",
                             text);
    }
    return NULL;
}

static int board_open(const struct tocsin_host *host, void **handle)
{
    const char *repository = host->option(host, "repository", 0);
    CLEANUP_FREE char *wrong = labels_wrong(host);
    struct board *b;

    if (!wrong)
        wrong = xstrdup0(api_who_wrong(host));
    if (!wrong && !api_repository_fine(repository))
        wrong =
            xasprintf("repository: \"%.100s\" is not owner/name", repository);
    if (wrong) {
        host->log(host, TOCSIN_LOG_ERROR, wrong);
        return TOCSIN_FATAL;
    }
    b = xcalloc(1, sizeof(*b));
    b->host = host;
    b->repository = repository;
    b->expires = host->option_int(host, "expires", 3 * DAY);
    b->anyone = host->option_int(host, "anyone", 0) != 0;
    *handle = b;
    return TOCSIN_OK;
}

static void board_close(void *handle)
{
    free(handle);
}

static const struct tocsin_source board_source = {
    .name = "status-board",
    .version = "1",
    .summary = "Outages that people announced as issues of a repository",
    .options = board_options,
    .nr_options = ARRAY_SIZE(board_options),
    .open = board_open,
    .collect = board_collect,
    .close = board_close,
};
TOCSIN_REGISTER_SOURCE(board_source)
