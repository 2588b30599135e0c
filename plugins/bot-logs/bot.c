/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bot-logs: the update bot's own data as a source. The bot keeps what it
 * could not do in files that nobody reads; this says them as snapshots. Must
 * not state a snapshot as complete when a part of it could not be read.
 */
#include <config.h>

#include "plugins/bot-logs/bot.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/io.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/github/api.h"

#define CURSOR_VERSION 1
#define CURSOR_MAX ((size_t)1400 << 10)
#define CLOCK_SLACK 2     /* seconds: ctime is coarser than the clock */
#define WHOLE_EVERY 86400 /* seconds: read everything again then */

/* Version numbers as projects release them: digits and dots (or _ - by way
 * of conda - for the dash), an epoch, a pre- or post-release with a short
 * number, a local part; or a year with a letter, as tzdata has. */
#define PLAUSIBLE_DEFAULT                                                      \
    "[vV]?([0-9]{1,3}!)?[0-9]{1,14}([._][0-9]{1,14})*"                         \
    "([._]?(a|b|c|rc|alpha|beta|pre|post|dev|p|pl|r|g)[._]?[0-9]{0,8})*"       \
    "(\\+[a-z0-9]+([._][a-z0-9]+)*)?"                                          \
    "|(19|20)[0-9]{2}[a-z]"

static const struct tocsin_option bot_options[] = {
    { "checkout", TOCSIN_OPTION_PATH, 0, NULL,
      "A checkout of the bot's data: status/, version_pr_info/, pr_info/, "
      "node_attrs/.",
      NULL },
    { "status", TOCSIN_OPTION_PATH, 0, NULL,
      "A version_status.v2.json, when it lies elsewhere or is all there is.",
      NULL },
    { "data", TOCSIN_OPTION_STRING, TOCSIN_OPTION_REPEAT, NULL,
      "Instead of a checkout, the bot's data over HTTP: OWNER/NAME or "
      "OWNER/NAME@BRANCH; of several, the first that is there.",
      NULL },
    { "base_url", TOCSIN_OPTION_URL, 0, "https://raw.githubusercontent.com",
      "Where the files of repositories are: URL/OWNER/NAME/BRANCH/PATH.",
      "https|http" },
    { "api_url", TOCSIN_OPTION_URL, 0, "https://api.github.com",
      "Of prs and parsing over HTTP: where the API is that lists folders.",
      "https|http" },
    { "token", TOCSIN_OPTION_STRING, TOCSIN_OPTION_SECRET, NULL,
      "For that API: token_file or token_env. Without it or an App an hour "
      "has 60 requests.",
      NULL },
    { API_OPTION_APP_ID },
    { API_OPTION_PRIVATE_KEY },
    { "files", TOCSIN_OPTION_INT, 0, "5000",
      "Of prs and parsing over HTTP: the most files that a pass fetches.",
      NULL },
    { "url", TOCSIN_OPTION_URL, 0, NULL,
      "A version_status.v2.json over HTTP, when it is all there is.",
      "https|http" },
    { "what", TOCSIN_OPTION_STRING, TOCSIN_OPTION_REPEAT, "versions",
      "What to report.", "versions|prs|migrations|parsing|jobs" },
    { "owner", TOCSIN_OPTION_STRING, 0, "conda-forge",
      "The organisation that the feedstocks belong to.", NULL },
    { "suffix", TOCSIN_OPTION_STRING, 0, "-feedstock",
      "What a feedstock's name lacks to be that of its repository.", NULL },
    { "all_feedstocks", TOCSIN_OPTION_PATH, 0, NULL,
      "The bot's all_feedstocks.json, when it is not in the checkout.", NULL },
    { "logs", TOCSIN_OPTION_PATH, TOCSIN_OPTION_REPEAT, NULL,
      "Logs of the bot's own workflow jobs: a file or a folder.", NULL },
    { "repository", TOCSIN_OPTION_STRING, 0, "conda-forge/conda-forge-bot",
      "The bot's own repository, for its logs.", NULL },
    { "plausible", TOCSIN_OPTION_STRING, 0, PLAUSIBLE_DEFAULT,
      "A pattern (PCRE2) that a version must match as a whole to be a "
      "release; others are the bot's mistake.",
      NULL },
    { "plausible_max", TOCSIN_OPTION_INT, 0, "40",
      "A version of more characters is no release.", NULL },
};

static void bot_close(void *handle)
{
    struct bot *b = handle;

    plausible_free(b->plausible);
    online_free(b->online);
    free(b->root);
    free(b->status);
    free(b->options);
    free(b);
}

static int bot_open(const struct tocsin_host *host, void **handle)
{
    struct bot *b = xcalloc(1, sizeof(*b));
    int64_t max = host->option_int(host, "plausible_max", 40);
    const char *pattern = host->option(host, "plausible", 0);
    CLEANUP_FREE char *why = NULL;
    const char *clash;

    bot_options_read(b, host);
    b->plausible = plausible_new(str_or(pattern, PLAUSIBLE_DEFAULT),
                                 max > 0 ? (size_t)max : 40, &why);
    clash = bot_options_clash(b);
    if (!clash)
        b->online = online_new(b, &clash);
    if (!b->plausible || clash) {
        host->log(host, TOCSIN_LOG_ERROR, b->plausible ? clash : why);
        bot_close(b);
        return TOCSIN_FATAL;
    }
    *handle = b;
    return TOCSIN_OK;
}

bool bot_archived(const struct bot *b, const char *feedstock)
{
    return json_object_get(b->archived, feedstock) != NULL;
}

/* ---- a pass ----------------------------------------------------------- */

static void read_archived(struct bot *b, const json_t *doc, const char *file)
{
    const json_t *list = json_object_get(doc, "archived"), *v;
    json_t *branches = json_object_get(doc, "default_branches");
    size_t i;

    if (!json_is_array(list)) {
        odd_schema(b, NULL, file, "$.archived", "a list", list);
    } else {
        json_array_foreach(list, i, v)
            if (json_is_string(v))
                json_object_set_new(b->archived, json_string_value(v),
                                    json_true());
    }
    if (json_is_object(branches))
        b->default_branches = json_incref(branches);
    else if (branches && !json_is_null(branches))
        odd_schema(b, NULL, file, "$.default_branches", "an object", branches);
}

void bot_feedstocks(struct bot *b)
{
    const char *option = b->host->option(b->host, "all_feedstocks", 0);
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_JSON json_t *doc = NULL;
    CLEANUP_FREE char *text = NULL;
    enum tree_got got = TREE_MISSING;

    b->archived = json_object();
    if (option) {
        size_t len = 0;

        text = io_read_file(option, TREE_CAP, &len, &err);
        doc = text ? jx_parse(text, len, &err) : NULL;
        if (text && !doc)
            err_wrap(&err, "%s", option);
        got = doc ? TREE_OK : TREE_BAD;
    } else if (b->tree) {
        got = tree_json(b->tree, "all_feedstocks.json", TREE_CAP, &doc, NULL,
                        &err);
    }
    if (got == TREE_BAD)
        odd_error(b, NULL, &err);
    else if (doc)
        read_archived(b, doc, "all_feedstocks.json");
}

/* The cursor of the last pass, when it is of the same options. */
static void begin(struct bot *b, int64_t now)
{
    const char *text = b->host->cursor(b->host);
    int64_t read_at, whole_at;

    b->cursor = text ? jx_parse(text, strlen(text), NULL) : NULL;
    if (jx_int(b->cursor, "v", 0) != CURSOR_VERSION
        || !str_eq(jx_str(b->cursor, "options"), b->options)) {
        json_decref(b->cursor);
        b->cursor = NULL;
    }
    read_at = jx_int(b->cursor, "at", 0);
    whole_at = jx_int(b->cursor, "whole", 0);
    b->skip_before = read_at - CLOCK_SLACK;
    if (!b->cursor || read_at > now || now - whole_at > WHOLE_EVERY) {
        b->skip_before = INT64_MIN;
        whole_at = now;
    }
    b->next = json_object();
    jx_set_int(b->next, "v", CURSOR_VERSION);
    jx_set_str(b->next, "options", b->options);
    jx_set_int(b->next, "at", now);
    jx_set_int(b->next, "whole", whole_at);
    json_object_set_new(b->next, "holds", json_object());
    for (size_t i = 0; i < ARRAY_SIZE(b->odd); i++)
        b->odd[i] = json_array();
}

/* The host takes 1536 KiB; without a part of it the next pass reads more. */
static char *cursor_text(struct bot *b)
{
    static const char *const parts[] = { "stood", "holds", "lists" };
    char *text;

    if (b->online)
        online_cursor(b, false);
    text = jx_dump(b->next);
    if (b->online && strlen(text) > CURSOR_MAX) {
        online_cursor(b, true);
        free(text);
        text = jx_dump(b->next);
    }

    for (size_t i = 0; i < ARRAY_SIZE(parts) && strlen(text) > CURSOR_MAX;
         i++) {
        json_object_del(b->next, parts[i]);
        jx_set_int(b->next, "at", 0);
        free(text);
        text = jx_dump(b->next);
    }
    return text;
}

static void end(struct bot *b)
{
    CLEANUP_FREE char *text = cursor_text(b);

    odd_flush(b);
    b->host->set_cursor(b->host, text);
    if (b->online)
        online_kept(b);
    tree_free(b->tree);
    b->tree = NULL;
    for (size_t i = 0; i < ARRAY_SIZE(b->odd); i++)
        json_decref(b->odd[i]);
    json_decref(b->cursor);
    json_decref(b->next);
    json_decref(b->archived);
    json_decref(b->default_branches);
    json_decref(b->migrations);
    json_decref(b->open_migrations);
    b->archived = b->default_branches = NULL;
    b->migrations = b->open_migrations = NULL;
}

static void read_parts(struct bot *b)
{
    int status = TOCSIN_OK;

    if (!b->online)
        bot_feedstocks(b);
    if (b->what & BOT_VERSIONS)
        versions_collect(b);
    if (b->what & (BOT_MIGRATIONS | BOT_PRS))
        migrations_collect(b);
    if (b->what & BOT_PRS)
        prs_collect(b);
    if (b->what & BOT_PARSING)
        parsing_collect(b);
    if (b->what & BOT_JOBS)
        status = jobs_collect(b);
    if (b->online && status == TOCSIN_OK)
        status = online_status(b);
    end(b);
    b->host->done(b->host, b->op, status, NULL);
}

static int bot_collect(void *handle, uint64_t op)
{
    struct bot *b = handle;
    CLEANUP_ERR struct err err = ERR_INIT;

    b->op = op;
    if (b->root) {
        b->tree = tree_open(b->root, &err);
        if (!b->tree) {
            b->host->notice(b->host, "unreadable", err_msg(&err));
            return TOCSIN_RETRY;
        }
    }
    /* The real clock: it is compared with what the file system says. */
    begin(b, (int64_t)time(NULL));
    if (b->online)
        online_fetch(b, read_parts);
    else
        read_parts(b);
    return TOCSIN_OK;
}

static const struct tocsin_source bot_source = {
    .name = "bot-logs",
    .version = "1",
    .summary = "What the update bot could not do, from its own data",
    .options = bot_options,
    .nr_options = ARRAY_SIZE(bot_options),
    .open = bot_open,
    .collect = bot_collect,
    .close = bot_close,
};
TOCSIN_REGISTER_SOURCE(bot_source)
