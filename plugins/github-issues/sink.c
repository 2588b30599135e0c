/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * github-issues: the sink that keeps one issue a ticket on GitHub,
 * tocsin-github-issues(7). Must not hold a credential that can do more than
 * write issues in the repository that it is at.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "plugins/github-issues/sink.h"

static const struct tocsin_option issues_options[] = {
    { API_OPTION_URL },
    { API_OPTION_APP_ID },
    { API_OPTION_PRIVATE_KEY },
    { "token", TOCSIN_OPTION_STRING, TOCSIN_OPTION_SECRET, NULL,
      "A token to write with instead: token_file or token_env.", NULL },
    { "login", TOCSIN_OPTION_STRING, 0, NULL,
      "Whom GitHub calls the author of what is written, where a token does "
      "not say so itself: github-actions[bot] for one of a workflow.",
      NULL },
    { "organization", TOCSIN_OPTION_STRING, 0, NULL,
      "Where issues of ours are looked for when the state was lost; without "
      "it where some are known.",
      NULL },
    { "repository", TOCSIN_OPTION_STRING, 0, NULL,
      "Where tickets are told that span several repositories: owner/name.",
      NULL },
    { "notify", TOCSIN_OPTION_STRING, 0, "mention",
      "How the owner hears of an issue: mentioned in its text, or assigned; "
      "never both.",
      "mention|assignees" },
    { "new_after", TOCSIN_OPTION_DURATION, 0, "90d",
      "What comes back after it was closed so long gets a new issue; 0s: "
      "never.",
      NULL },
    { "already_reported", TOCSIN_OPTION_STRING, TOCSIN_OPTION_REPEAT, NULL,
      "Regular expressions: an open issue or pull request of somebody else "
      "whose title one finds holds ours back; begun with \"pr \" or \"issue "
      "\" only such; {target} is the version or migration wanted.",
      NULL },
    { "stop_repository", TOCSIN_OPTION_STRING, 0, NULL,
      "A repository where an open issue with the label stop_label stops all "
      "writing: owner/name, looked at before each write.",
      NULL },
    { "stop_label", TOCSIN_OPTION_STRING, 0, "tocsin: stop",
      "The label of the issue that stops all writing.", NULL },
    { "write_gap", TOCSIN_OPTION_DURATION, 0, "1s",
      "The least time between two writes.", NULL },
    { "writes_per_minute", TOCSIN_OPTION_INT, 0, "80",
      "How many writes are made at most in a minute.", NULL },
    { "writes_per_hour", TOCSIN_OPTION_INT, 0, "500",
      "How many writes are made at most in an hour.", NULL },
};

/* What a token of ours may do, and for how many. */
static const struct api_may may_read = {
    .permissions = "{\"issues\": \"read\", \"metadata\": \"read\"}",
    .also = "{\"pull_requests\": \"read\"}", /* so that they are seen */
};
static const struct api_may may_write = {
    .permissions = "{\"issues\": \"write\", \"metadata\": \"read\"}",
    .also = "{\"members\": \"read\"}", /* teams can be called */
};

/* ---- options ------------------------------------------------------------- */

static char *wrong(const struct tocsin_host *host)
{
    const char *who = api_who_wrong(host);
    static const char *const repositories[] = {
        "repository",
        "stop_repository",
    };

    if (who)
        return xstrdup(who);
    if (!api_has_who(host))
        return xstrdup("nobody to write as: give app_id and private_key_file, "
                       "or token_file");
    for (size_t i = 0; i < ARRAY_SIZE(repositories); i++) {
        const char *name = host->option(host, repositories[i], 0);

        if (name && !api_repository_fine(name))
            return xasprintf("%s: \"%s\" is not owner/name", repositories[i],
                             name);
    }
    for (size_t i = 0; i < host->option_count(host, "already_reported"); i++) {
        char *why = reported_wrong(host->option(host, "already_reported", i));

        if (why)
            return why;
    }
    return NULL;
}

static char **texts(const struct tocsin_host *host, const char *name)
{
    size_t n = host->option_count(host, name);
    char **list = xcalloc(n + 1, sizeof(*list));

    for (size_t i = 0; i < n; i++)
        list[i] = xstrdup(host->option(host, name, i));
    return list;
}

static void take_options(struct sink *s)
{
    const struct tocsin_host *host = s->host;

    s->organization = xstrdup0(host->option(host, "organization", 0));
    s->repository = xstrdup0(host->option(host, "repository", 0));
    s->stop_repository = xstrdup0(host->option(host, "stop_repository", 0));
    s->stop_label =
        xstrdup(str_or(host->option(host, "stop_label", 0), "tocsin: stop"));
    s->login = xstrdup0(host->option(host, "login", 0));
    s->reported = texts(host, "already_reported");
    s->new_after = host->option_int(host, "new_after", 90 * DAY);
    s->gap_ms = host->option_int(host, "write_gap", 1) * 1000;
    s->assigns = str_eq(host->option(host, "notify", 0), "assignees");
}

/* ---- life ---------------------------------------------------------------- */

static void issues_close(void *handle)
{
    struct sink *s = handle;

    api_close(&s->read);
    api_close(&s->write);
    for (size_t i = 0; s->reported[i]; i++)
        free(s->reported[i]);
    free(s->reported);
    json_decref(s->labels);
    json_decref(s->people);
    json_decref(s->cursor);
    free(s->organization);
    free(s->repository);
    free(s->stop_repository);
    free(s->stop_label);
    free(s->login);
    free(s);
}

static int issues_open(const struct tocsin_host *host, void **handle)
{
    CLEANUP_FREE char *why = wrong(host);
    const char *url;
    struct sink *s;

    if (why) {
        host->log(host, TOCSIN_LOG_ERROR, why);
        return TOCSIN_FATAL;
    }
    s = xcalloc(1, sizeof(*s));
    s->host = host;
    take_options(s);
    s->labels = json_object();
    s->people = json_object();
    s->wrote_ms = when_monotonic_ms();
    url = host->option(host, "url", 0);
    api_open(&s->read, host, &s->net, url, &may_read);
    api_open(&s->write, host, &s->net, url, &may_write);
    cursor_load(s);
    *handle = s;
    return TOCSIN_OK;
}

static int issues_observe(void *handle, uint64_t op)
{
    return observe_start(handle, op);
}

static int issues_deliver(void *handle, uint64_t op,
                          const struct tocsin_notification *n)
{
    return deliver_start(handle, op, n);
}

static const struct tocsin_message_format issues_format = {
    sizeof(issues_format), "github-markdown", 256, TEXT_OURS_MAX, NULL,
};

/* docs.github.com, "Rate limits for the REST API": 80 requests a minute and
 * 500 an hour that make content. */
static const struct tocsin_limits issues_limits = {
    sizeof(issues_limits),
    80,
    500,
};

static const struct tocsin_sink issues_sink = {
    .name = "github-issues",
    .version = "1",
    .summary = "One issue a ticket, kept current in place",
    .options = issues_options,
    .nr_options = ARRAY_SIZE(issues_options),
    .format = &issues_format,
    .open = issues_open,
    .observe = issues_observe,
    .deliver = issues_deliver,
    .close = issues_close,
    .limits = &issues_limits,
};
TOCSIN_REGISTER_SINK(issues_sink)
