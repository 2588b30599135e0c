/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * feedstocks: what is known of each feedstock, as facts. Must not guess an
 * owner: where the recipe is not plain nothing is said of its owners, and
 * the host asks CODEOWNERS.
 */
#include <config.h>

#include "plugins/feedstocks/feedstocks.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/digest.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"

#define CURSOR_VERSION 1
#define CLOCK_SLACK 2     /* seconds: ctime is coarser than the clock */
#define WHOLE_EVERY 86400 /* seconds: say everything again then */
#define BUCKETS 512
#define NAME_LIMIT 200
#define TOLD_MAX 5
#define KEPT_MAX 200

static const struct tocsin_option fs_options[] = {
    { "checkouts", TOCSIN_OPTION_PATH, 0, NULL,
      "A folder of checkouts, one NAME-feedstock each.", NULL },
    { "node_attrs", TOCSIN_OPTION_PATH, 0, NULL,
      "A checkout of the bot's data, for the maintainers in node_attrs/.",
      NULL },
    { "all_feedstocks", TOCSIN_OPTION_PATH, 0, NULL,
      "The bot's all_feedstocks.json: what is archived, default branches.",
      NULL },
    { "outputs", TOCSIN_OPTION_PATH, 0, NULL,
      "Which feedstocks make which package: a checkout of feedstock-outputs, "
      "a .tsv or a .json.",
      NULL },
    { "graph", TOCSIN_OPTION_PATH, 0, NULL,
      "The bot's graph.json: how many feedstocks need each one.", NULL },
    { "data", TOCSIN_OPTION_STRING, TOCSIN_OPTION_REPEAT, NULL,
      "Instead of files, the bot's data over HTTP: OWNER/NAME or "
      "OWNER/NAME@BRANCH; of several, the first that is there.",
      NULL },
    { "descendants", TOCSIN_OPTION_BOOL, 0, "false",
      "With data: whether its graph.json is read, too, once a day.", NULL },
    { "base_url", TOCSIN_OPTION_URL, 0, "https://raw.githubusercontent.com",
      "Where the files of repositories are: URL/OWNER/NAME/BRANCH/PATH.",
      "https|http" },
    { "repositories", TOCSIN_OPTION_STRING, TOCSIN_OPTION_REPEAT, NULL,
      "With data: what to read in the feedstocks themselves.",
      "codeowners|ids" },
    { "owner", TOCSIN_OPTION_STRING, 0, "conda-forge",
      "The organisation that the feedstocks belong to.", NULL },
    { "suffix", TOCSIN_OPTION_STRING, 0, "-feedstock",
      "What a feedstock's name lacks to be that of its repository.", NULL },
};

/* ---- what the parts need ---------------------------------------------- */

void fs_odd(struct feedstocks *f, enum fs_odd kind, const char *fmt, ...)
{
    CLEANUP_FREE char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    text = xvasprintf(fmt, ap);
    va_end(ap);
    for (char *p = text; *p; p++)
        if (iscntrl((unsigned char)*p))
            *p = '?';
    if (json_array_size(f->odd[kind]) <= KEPT_MAX)
        jx_append_str(f->odd[kind], text);
}

void fs_error(struct feedstocks *f, const struct err *err)
{
    if (err->code != ERR_REMOTE)
        fs_odd(f, FS_UNREADABLE, "%s", err_msg(err));
}

static void odd_flush(struct feedstocks *f)
{
    static const char *const codes[] = { "schema-drift", "unreadable" };

    for (size_t kind = 0; kind < ARRAY_SIZE(codes); kind++) {
        CLEANUP_FREE char *text =
            jx_list_some(f->odd[kind], TOLD_MAX, KEPT_MAX);

        if (text)
            f->host->notice(f->host, codes[kind], text);
    }
}

bool fs_name_ok(const char *name)
{
    size_t n = strlen(name);

    if (n == 0 || n > NAME_LIMIT || name[0] == '.')
        return false;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)name[i]) && !strchr("._-", name[i]))
            return false;
    return true;
}

char *fs_project(const struct feedstocks *f, const char *name)
{
    return xasprintf("%s/%s%s", f->owner, name, f->suffix);
}

void fs_fact(struct feedstocks *f, const char *subject, const char *key,
             const json_t *value)
{
    CLEANUP_FREE char *text = value ? jx_dump(value) : xstrdup("null");
    struct tocsin_fact fact = TOCSIN_FACT_INIT;

    fact.subject = subject;
    fact.key = key;
    fact.value = text;
    f->host->fact(f->host, &fact);
}

/* ---- tables ----------------------------------------------------------- */

static size_t bucket_of(const char *subject)
{
    uint32_t h = UINT32_C(2166136261);

    for (const unsigned char *p = (const unsigned char *)subject; *p; p++)
        h = (h ^ *p) * UINT32_C(16777619);
    return h % BUCKETS;
}

static void say_bucket(struct feedstocks *f, const json_t *bucket)
{
    const char *subject, *key;
    json_t *record, *v;

    json_object_foreach((json_t *)bucket, subject, record)
        json_object_foreach(record, key, v)
            fs_fact(f, subject, key, json_is_null(v) ? NULL : v);
}

void fs_table(struct feedstocks *f, const char *name, json_t *table)
{
    const json_t *before = jx_arr(f->cursor, name);
    json_t *digests = json_array(), *buckets = json_array(), *v;
    const char *subject;

    for (size_t i = 0; i < BUCKETS; i++)
        json_array_append_new(buckets, json_object());
    json_object_foreach(table, subject, v)
        json_object_set(json_array_get(buckets, bucket_of(subject)), subject,
                        v);
    for (size_t i = 0; i < BUCKETS; i++) {
        const json_t *bucket = json_array_get(buckets, i);
        CLEANUP_FREE char *text = jx_dump(bucket);
        CLEANUP_FREE char *hex = digest_text128(text, strlen(text));

        hex[16] = '\0';
        json_array_append_new(digests, json_string(hex));
        if (!str_eq(hex, json_string_value(json_array_get(before, i))))
            say_bucket(f, bucket);
    }
    json_object_set_new(f->next, name, digests);
    json_decref(buckets);
    json_decref(table);
}

void fs_table_keep(struct feedstocks *f, const char *name)
{
    if (jx_arr(f->cursor, name))
        json_object_set(f->next, name, jx_arr(f->cursor, name));
}

/* ---- a pass ----------------------------------------------------------- */

static int fs_open(const struct tocsin_host *host, void **handle)
{
    static const char *const inputs[] = {
        "checkouts", "node_attrs", "all_feedstocks", "outputs", "graph",
    };
    bool data = host->option_count(host, "data"), any = data;
    const char *clash = NULL;
    struct feedstocks *f;

    for (size_t i = 0; i < ARRAY_SIZE(inputs); i++)
        any = any || host->option(host, inputs[i], 0);
    if (!any) {
        host->log(host, TOCSIN_LOG_ERROR,
                  "one of the options checkouts, "
                  "node_attrs, all_feedstocks, outputs, graph and data is "
                  "needed");
        return TOCSIN_FATAL;
    }
    f = xcalloc(1, sizeof(*f));
    f->host = host;
    f->owner = str_or(host->option(host, "owner", 0), "conda-forge");
    f->suffix = str_or(host->option(host, "suffix", 0), "-feedstock");
    if (data
        && (host->option(host, "checkouts", 0)
            || host->option(host, "node_attrs", 0)
            || host->option(host, "all_feedstocks", 0)
            || host->option(host, "outputs", 0)))
        clash = "data stands for checkouts, node_attrs, all_feedstocks and "
                "outputs; it does not go with them";
    else if (data && host->option_int(host, "descendants", 0)
             && host->option(host, "graph", 0))
        clash = "descendants and graph say the same; give one of them";
    else if (data)
        clash = fs_online_new(f);
    if (clash) {
        host->log(host, TOCSIN_LOG_ERROR, clash);
        fs_online_free(f);
        free(f);
        return TOCSIN_FATAL;
    }
    *handle = f;
    return TOCSIN_OK;
}

static void fs_close(void *handle)
{
    fs_online_free(handle);
    free(handle);
}

/* Two configurations must not go on from each other's cursor. */
static char *options_digest(const struct feedstocks *f)
{
    struct digest *d = digest_new();
    char hex[33];

    for (size_t i = 0; i < ARRAY_SIZE(fs_options); i++) {
        const char *name = fs_options[i].name;
        size_t k = 0;

        do
            digest_field(d, f->host->option(f->host, name, k));
        while (++k < f->host->option_count(f->host, name));
    }
    digest_end128(d, hex);
    return xstrdup(hex);
}

static void begin(struct feedstocks *f, int64_t now)
{
    const char *text = f->host->cursor(f->host);
    CLEANUP_FREE char *options = options_digest(f);
    int64_t whole;

    f->cursor = text ? jx_parse(text, strlen(text), NULL) : NULL;
    f->late = json_incref(jx_obj(f->cursor, "late"));
    whole = jx_int(f->cursor, "whole", 0);
    f->skip_before = jx_int(f->cursor, "at", 0) - CLOCK_SLACK;
    if (jx_int(f->cursor, "v", 0) != CURSOR_VERSION
        || !str_eq(jx_str(f->cursor, "options"), options)
        || jx_int(f->cursor, "at", 0) > now || now - whole > WHOLE_EVERY) {
        json_decref(f->cursor);
        f->cursor = NULL;
        f->skip_before = INT64_MIN;
        whole = now;
    }
    f->next = json_object();
    jx_set_int(f->next, "v", CURSOR_VERSION);
    jx_set_str(f->next, "options", options);
    jx_set_int(f->next, "at", now);
    jx_set_int(f->next, "whole", whole);
    f->ids = json_object();
    for (size_t i = 0; i < ARRAY_SIZE(f->odd); i++)
        f->odd[i] = json_array();
}

static void end(struct feedstocks *f)
{
    CLEANUP_FREE char *text = jx_dump(f->next);

    odd_flush(f);
    f->host->set_cursor(f->host, text);
    if (f->online)
        fs_online_kept(f);
    for (size_t i = 0; i < ARRAY_SIZE(f->odd); i++)
        json_decref(f->odd[i]);
    json_decref(f->ids);
    json_decref(f->cursor);
    json_decref(f->late);
    json_decref(f->next);
    tree_free(f->checkouts);
    tree_free(f->data);
    f->checkouts = f->data = NULL;
}

static struct tree *open_option(struct feedstocks *f, const char *option)
{
    const char *path = f->host->option(f->host, option, 0);
    CLEANUP_ERR struct err err = ERR_INIT;
    struct tree *t = path ? tree_open(path, &err) : NULL;

    if (path && !t)
        fs_odd(f, FS_UNREADABLE, "%s", err_msg(&err));
    return t;
}

static void finish(struct feedstocks *f, int status)
{
    const char *graph = f->host->option(f->host, "graph", 0);

    if (graph)
        graph_collect(f, graph);
    end(f);
    f->host->done(f->host, f->op, status, NULL);
}

static int fs_collect(void *handle, uint64_t op)
{
    struct feedstocks *f = handle;
    const struct tocsin_host *host = f->host;

    f->op = op;
    /* The real clock: it is compared with what the file system says. */
    begin(f, (int64_t)time(NULL));
    if (f->online) {
        fs_online_collect(f, finish);
        return TOCSIN_OK;
    }
    f->checkouts = open_option(f, "checkouts");
    f->data = open_option(f, "node_attrs");
    lists_collect(f, host->option(host, "all_feedstocks", 0));
    people_collect(f);
    if (host->option(host, "outputs", 0))
        outputs_collect(f, host->option(host, "outputs", 0));
    finish(f, TOCSIN_OK);
    return TOCSIN_OK;
}

static const struct tocsin_source fs_source = {
    .flags = TOCSIN_SOURCE_FACTS,
    .name = "feedstocks",
    .version = "1",
    .summary = "Owners and other facts of feedstocks",
    .options = fs_options,
    .nr_options = ARRAY_SIZE(fs_options),
    .open = fs_open,
    .collect = fs_collect,
    .close = fs_close,
};
TOCSIN_REGISTER_SOURCE(fs_source)
