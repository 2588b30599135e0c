/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bot-logs: the update bot's own data as a source. The bot keeps what it
 * could not do in files that nobody reads; this says them as snapshots. Must
 * not state a snapshot as complete when a part of it could not be read.
 */
#include <config.h>

#include "plugins/bot-logs/bot.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/digest.h"
#include "core/base/io.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/github/api.h"

#define CURSOR_VERSION 1
#define CURSOR_MAX ((size_t)1400 << 10)
#define CLOCK_SLACK 2     /* seconds: ctime is coarser than the clock */
#define WHOLE_EVERY 86400 /* seconds: read everything again then */
#define FEEDSTOCK_NAME_MAX 100

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
      NULL },
    { "api_url", TOCSIN_OPTION_URL, 0, "https://api.github.com",
      "Of prs and parsing over HTTP: where the API is that lists folders.",
      NULL },
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
      "A version_status.v2.json over HTTP, when it is all there is.", NULL },
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

static void bot_log(const struct tocsin_host *host, const char *text)
{
    host->log(host, TOCSIN_LOG_ERROR, text);
}

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

/* NULL, or what is wrong with the options taken together. */
static const char *options_clash(const struct bot *b, size_t nr_logs)
{
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
    b->plausible = plausible_new(str_or(pattern, PLAUSIBLE_DEFAULT),
                                 max > 0 ? (size_t)max : 40, &why);
    clash = options_clash(b, host->option_count(host, "logs"));
    if (!clash)
        b->online = online_new(b, &clash);
    if (!b->plausible || clash) {
        bot_log(host, b->plausible ? clash : why);
        bot_close(b);
        return TOCSIN_FATAL;
    }
    b->options = options_digest(b);
    *handle = b;
    return TOCSIN_OK;
}

/* ---- helpers of the parts --------------------------------------------- */

bool bot_name_ok(const char *name)
{
    size_t n = strlen(name);
    bool fine = n > 0 && n <= FEEDSTOCK_NAME_MAX && name[0] != '.';

    for (size_t i = 0; fine && i < n; i++)
        fine = isalnum((unsigned char)name[i]) || strchr("._-", name[i]);
    return fine;
}

bool bot_name(struct bot *b, struct snap *s, const char *file, const char *path,
              const char *name)
{
    bool fine = bot_name_ok(name);

    if (!fine)
        odd_say(b, s, ODD_SCHEMA, "%s: %s: no name of a feedstock", file, path);
    return fine;
}

bool bot_archived(const struct bot *b, const char *feedstock)
{
    return json_object_get(b->archived, feedstock) != NULL;
}

/* doc, or what it refers to. Takes doc. */
static json_t *resolve(struct bot *b, struct snap *s, const char *file,
                       json_t *doc)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    json_t *out = NULL;

    if (!doc || !jx_str(doc, "__lazy_json__"))
        return doc;
    switch (tree_lazy(b->tree, doc, &out, &err)) {
    case TREE_OK:
        break;
    case TREE_MISSING:
        odd_say(b, s, ODD_UNREADABLE, "%s: what it refers to is not there",
                file);
        break;
    case TREE_BAD:
        odd_say(b, s, ODD_UNREADABLE, "%s: %s", file, err_msg(&err));
        break;
    }
    json_decref(doc);
    return out;
}

json_t *bot_find(struct bot *b, struct snap *s, const char *dir,
                 const char *name)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    json_t *doc = NULL;

    switch (tree_find(b->tree, dir, name, BOT_FILE_CAP, &doc, NULL, &err)) {
    case TREE_OK:
        return resolve(b, s, dir, doc);
    case TREE_MISSING:
        break;
    case TREE_BAD:
        odd_error(b, s, &err);
        break;
    }
    return NULL;
}

json_t *bot_map(struct bot *b, struct snap *s, const char *file, json_t *doc,
                const char *key)
{
    json_t *v = json_object_get(doc, key);

    if (jx_str(v, "__lazy_json__") && b->tree) {
        v = resolve(b, s, file, json_incref(v));
        json_object_set_new(doc, key, v ? v : json_null());
        v = json_object_get(doc, key);
    }
    if (!v || json_is_null(v))
        return NULL;
    if (!json_is_object(v)) {
        CLEANUP_FREE char *path = odd_path("$", key);

        odd_schema(b, s, file, path, "an object or null", v);
        return NULL;
    }
    return v;
}

bool bot_bad(struct bot *b, struct snap *s, const char *file, const json_t *bad)
{
    if (shape_is_empty(bad) || json_is_false(bad))
        return false;
    if (json_is_string(bad) || json_is_object(bad))
        return true;
    odd_schema(b, s, file, "$.bad", "false, a text or an object", bad);
    return false;
}

int64_t bot_time(const json_t *map, const char *key)
{
    int64_t t = jx_int(map, key, 0);

    /* Later than the year 2100 is no time in seconds. */
    return t > 0 && t < INT64_C(4102444800) ? t : 0;
}

double bot_tries(struct bot *b, struct snap *s, const char *file,
                 const json_t *map, const char *map_name, const char *key)
{
    const json_t *v = json_object_get(map, key);

    if (!v || json_is_null(v))
        return -1;
    if (!json_is_number(v) || json_number_value(v) < 0) {
        CLEANUP_FREE char *at = odd_path("$", map_name);
        CLEANUP_FREE char *path = odd_path(at, key);

        odd_schema(b, s, file, path, "a number of tries", v);
        return -1;
    }
    return json_number_value(v);
}

void bot_trim(json_t *doc, const char *const *keep, size_t nr)
{
    const char *key;
    json_t *v;
    void *tmp;

    json_object_foreach_safe(doc, tmp, key, v) {
        bool read = str_starts(key, "__");

        for (size_t i = 0; i < nr && !read; i++)
            read = str_eq(key, keep[i]);
        if (!read)
            json_object_del(doc, key);
    }
}

/* ---- walks ------------------------------------------------------------ */

struct bot_walk {
    struct bot *b;
    struct snap *s;
    bot_read *read;
    json_t *held;  /* paths to read however old; may be NULL */
    json_t *holds; /* the next pass's */
    json_t *seen;  /* names, against two files of one */
};

static int walk_seen(void *user, const char *path, const char *name,
                     int64_t changed)
{
    struct bot_walk *w = user;
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_JSON json_t *doc = NULL;
    bool hold = true;

    if (changed < w->b->skip_before && !json_object_get(w->held, path))
        return 0;
    if (json_object_get(w->seen, name))
        return 0;
    json_object_set_new(w->seen, name, json_true());
    if (w->b->host->item(w->b->host, path) != TOCSIN_OK) {
        odd_say(w->b, w->s, ODD_UNREADABLE,
                "%s: left out, reading it failed "
                "twice",
                path);
    } else if (tree_json(w->b->tree, path, BOT_FILE_CAP, &doc, NULL, &err)
               != TREE_OK) {
        if (!err.msg)
            err_set(&err, ERR_IO, "%s", path);
        odd_error(w->b, w->s, &err);
    } else {
        doc = resolve(w->b, w->s, path, doc);
        hold = !doc || w->read(w->b, w->s, path, name, doc);
    }
    if (hold)
        json_object_set_new(w->holds, path, json_true());
    return 0;
}

static void walk_odd(void *user, const char *path, const char *what)
{
    struct bot_walk *w = user;

    odd_say(w->b, w->s, ODD_UNREADABLE, "%s: %s", path, what);
}

void bot_walk(struct bot *b, struct snap *s, const char *dir, bot_read *read)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    struct bot_walk w = { b,
                          s,
                          read,
                          jx_obj(jx_obj(b->cursor, "holds"), dir),
                          json_object(),
                          json_object() };
    const char *why;

    switch (tree_walk(b->tree, dir, ".json", walk_seen, walk_odd, &w, &err)) {
    case TREE_OK:
        break;
    case TREE_MISSING:
        if (b->online)
            break;
        odd_say(b, s, ODD_UNREADABLE, "%s/%s: there is no such folder",
                tree_root(b->tree), dir);
        break;
    case TREE_BAD:
        odd_error(b, s, &err);
        break;
    }
    if (b->online && !online_listed(b, dir, &why)) {
        err_set(&err, ERR_REMOTE, "%s: %s", dir, why);
        odd_error(b, s, &err);
    }
    json_object_set_new(jx_obj(b->next, "holds"), dir, w.holds);
    json_decref(w.seen);
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
