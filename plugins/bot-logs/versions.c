/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Version updates that fail. status/version_status.v2.json is what the bot
 * itself holds for open, all filters applied; version_pr_info/ only adds
 * times and versions to it, and stands in where there is no status file.
 * Must not take a feedstock whose next version waits for its first try for
 * one that was mended.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "plugins/bot-logs/bot.h"
#include "plugins/bot-logs/clean.h"

#define TASK "version"
#define TRIED_SHOWN 5
#define STOOD_MAX ((size_t)1 << 20)    /* bytes of JSON kept for later */
#define STOOD_PACKED ((size_t)8 << 20) /* ... where they are deflated */

/* ---- one feedstock's version_pr_info ---------------------------------- */

struct info {
    const char *file;
    const char *new_version;           /* NULL: none */
    json_t *errors, *attempts, *times; /* borrowed; NULL: empty */
    json_t *bad;
};

static bool info_read(struct bot *b, struct snap *s, const char *file,
                      json_t *doc, struct info *out)
{
    json_t *nv = json_object_get(doc, "new_version");

    memset(out, 0, sizeof(*out));
    out->file = file;
    if (!json_is_object(doc)) {
        odd_schema(b, s, file, "$", "an object", doc);
        return false;
    }
    if (json_is_string(nv))
        out->new_version = json_string_value(nv);
    else if (nv && !json_is_false(nv) && !json_is_null(nv))
        odd_schema(b, s, file, "$.new_version", "a text or false", nv);
    out->errors = bot_map(b, s, file, doc, "new_version_errors");
    out->attempts = bot_map(b, s, file, doc, "new_version_attempts");
    out->times = bot_map(b, s, file, doc, "new_version_attempt_ts");
    out->bad = json_object_get(doc, "bad");
    return true;
}

/* The error of a version: the structured one where the bot keeps both. */
static json_t *info_error(const json_t *doc, const struct info *in,
                          const char *version)
{
    json_t *v =
        json_object_get(jx_obj(doc, "new_version_error_payloads"), version);

    return shape_is_empty(v) ? json_object_get(in->errors, version) : v;
}

struct tried {
    const char *version;
    int64_t at;
};

static int newest_first(const void *a, const void *b)
{
    const struct tried *x = a, *y = b;

    if (x->at != y->at)
        return x->at > y->at ? -1 : 1;
    return strcmp(x->version, y->version);
}

/* Goes back from target over the versions that failed before it without one
 * that worked between: since when it is stuck, and on what. */
static void info_history(const struct info *in, const char *target,
                         struct entry *e)
{
    size_t max = json_object_size(in->times), nr = 0, shown = 0;
    struct tried *list = xcalloc(max + 1, sizeof(*list));
    struct strbuf line;
    const char *key;
    json_t *v;

    json_object_foreach(in->times, key, v)
        if (bot_time(in->times, key) > 0)
            list[nr++] = (struct tried){ key, bot_time(in->times, key) };
    qsort(list, nr, sizeof(*list), newest_first);
    strbuf_init(&line, 1024);
    e->last = e->first = bot_time(in->times, target);
    for (size_t i = 0; i < nr && e->last; i++) {
        if (list[i].at > e->last || strcmp(list[i].version, target) == 0)
            continue;
        if (shape_is_empty(json_object_get(in->errors, list[i].version)))
            break;
        e->first = list[i].at;
        if (++shown <= TRIED_SHOWN && strlen(list[i].version) < 100)
            strbuf_addf(&line, "%s%s", shown > 1 ? ", " : "", list[i].version);
    }
    if (shown) {
        char *text =
            xasprintf("Also failed before: %s%s\n%s", line.buf,
                      shown > TRIED_SHOWN ? " and older" : "", e->text);

        free(e->text);
        e->text = text;
    }
    strbuf_release(&line);
    free(list);
}

/* Adds what version_pr_info knows to an entry that has its text. */
static void info_enrich(struct bot *b, struct snap *s, const struct info *in,
                        const char *said, struct entry *e)
{
    const char *target = said;

    if (in->new_version
        && (!said || json_object_get(in->errors, in->new_version)))
        target = in->new_version;
    str_replace(&e->target, target);
    if (!target)
        return;
    if (e->attempts < 0)
        e->attempts = bot_tries(b, s, in->file, in->attempts,
                                "new_version_attempts", target);
    info_history(in, target, e);
}

static void judge_version(const struct bot *b, struct entry *e)
{
    e->implausible = e->target && !plausible_is(b->plausible, e->target);
}

/* ---- waiting for the first try ---------------------------------------- */

static void keep_text(const struct bot *b, json_t *v, const char *key,
                      const char *text)
{
    jx_set_str(v, key,
               text && TOCSIN_HAS(b->host, redact)
                   ? b->host->redact(b->host, text)
                   : text);
}

/* What stands is kept in the cursor: while the next version waits for its
 * first try nothing is known of it, and what stood is stated again. */
static void keep_standing(struct bot *b, const struct snap *s)
{
    json_t *kept = json_object();
    size_t bytes = 0, max = b->online ? STOOD_PACKED : STOOD_MAX;

    for (size_t i = 0; i < s->nr; i++) {
        const struct entry *e = s->entries[i];
        CLEANUP_FREE char *text = NULL;
        json_t *v = json_object();

        keep_text(b, v, "text", e->text);
        keep_text(b, v, "target", e->target);
        keep_text(b, v, "url", e->url);
        keep_text(b, v, "branch", e->branch);
        jx_set_num(v, "attempts", e->attempts);
        jx_set_int(v, "first", e->first);
        jx_set_int(v, "last", e->last);
        jx_set_str(v, "digest", e->digest);
        text = jx_dump(v);
        bytes += strlen(text) + strlen(e->feedstock);
        if (bytes > max) {
            json_decref(v);
            break;
        }
        json_object_set_new(kept, e->feedstock, v);
    }
    json_object_set_new(b->next, "stood", kept);
}

/* The same version without its error is one that worked. */
static bool waits(struct bot *b, struct snap *s, const json_t *queued,
                  const char *feedstock, const char *failed)
{
    CLEANUP_FREE char *file = xasprintf("version_pr_info/%s.json", feedstock);
    CLEANUP_JSON json_t *doc = NULL;
    struct info in;

    if (json_object_get(queued, feedstock))
        return true;
    if (queued || !b->tree)
        return false;
    doc = bot_find(b, s, "version_pr_info", feedstock);
    if (!doc || !info_read(b, s, file, doc, &in))
        return false;
    return in.new_version && !str_eq(in.new_version, failed)
           && shape_is_empty(json_object_get(in.errors, in.new_version))
           && jx_num(in.attempts, in.new_version, 0) <= 0;
}

static void entry_restore(struct bot *b, struct entry *e, const json_t *v)
{
    str_replace(&e->text, jx_str_or(v, "text", ""));
    str_replace(&e->target, jx_str(v, "target"));
    str_replace(&e->url, jx_str(v, "url"));
    str_replace(&e->branch, jx_str(v, "branch"));
    e->attempts = jx_num(v, "attempts", -1);
    e->first = jx_int(v, "first", 0);
    e->last = jx_int(v, "last", 0);
    judge_version(b, e);
}

static void restate(struct bot *b, struct snap *s, const json_t *queued)
{
    json_t *stood = jx_obj(b->cursor, "stood");
    const char *feedstock;
    json_t *v;

    json_object_foreach(stood, feedstock, v) {
        CLEANUP_FREE char *key = xasprintf("%s:%s", feedstock, TASK);
        struct entry *e;

        if (json_object_get(s->index, key) || bot_archived(b, feedstock)
            || !waits(b, s, queued, feedstock, jx_str(v, "target")))
            continue;
        e = snap_entry(s, feedstock, TASK, NULL);
        if (!e)
            return;
        entry_restore(b, e, v);
    }
}

/* ---- with a status file ----------------------------------------------- */

static char *digest_of(const json_t *v)
{
    CLEANUP_FREE char *text = jx_dump(v);

    return digest_text128(text, strlen(text));
}

/* What the last pass knew of a feedstock, when the status file says the same
 * of it still; else NULL. */
static const json_t *known(const struct bot *b, const char *feedstock,
                           const json_t *v)
{
    const json_t *stood = jx_obj(jx_obj(b->cursor, "stood"), feedstock);
    CLEANUP_FREE char *digest = stood ? digest_of(v) : NULL;

    return stood && str_eq(jx_str(stood, "digest"), digest) ? stood : NULL;
}

/* Adds version_pr_info. Over the network it is read when the status file
 * says something new; where it cannot be had, what was known of the versions
 * stands, and it is asked for again. */
static void more_of(struct bot *b, struct snap *s, struct entry *e,
                    const char *said, const json_t *v)
{
    CLEANUP_FREE char *file =
        xasprintf("version_pr_info/%s.json", e->feedstock);
    const json_t *before = b->online ? known(b, e->feedstock, v) : NULL;
    CLEANUP_JSON json_t *doc = NULL;
    struct info in;

    if (b->online)
        e->digest = digest_of(v);
    if (before) {
        entry_restore(b, e, before);
        return;
    }
    doc = b->tree ? bot_find(b, s, "version_pr_info", e->feedstock) : NULL;
    if (doc && info_read(b, s, file, doc, &in))
        info_enrich(b, s, &in, said, e);
    if (b->online && online_unread(b, "version_pr_info", e->feedstock)) {
        before = jx_obj(jx_obj(b->cursor, "stood"), e->feedstock);
        str_replace(&e->digest, NULL);
        if (!e->target)
            str_replace(&e->target, jx_str(before, "target"));
        e->first = jx_int(before, "first", 0);
        e->last = jx_int(before, "last", 0);
    }
    judge_version(b, e);
}

static void status_entry(struct bot *b, struct snap *s, const char *file,
                         const char *map, const char *feedstock,
                         const json_t *v)
{
    CLEANUP_FREE char *path = odd_path(map, feedstock);
    struct odd_place at = { b, s, file, path };
    struct shape shape;
    struct entry *e;

    if (!bot_name(b, s, file, path, feedstock) || bot_archived(b, feedstock)
        || shape_read(v, &shape, odd_shape, &at) < 0)
        return;
    e = snap_entry(s, feedstock, TASK, NULL);
    if (e) {
        entry_set(b, e, &shape);
        str_replace(&e->target, shape.version);
        more_of(b, s, e, shape.version, v);
    }
    shape_release(&shape);
}

/* The map of errors and what it is called. */
static json_t *errors_of(const json_t *doc, const char **map)
{
    json_t *errors = json_object_get(doc, "errors");

    *map = "$.errors";
    if (!errors && json_object_get(doc, "error_payloads")) {
        errors = json_object_get(doc, "error_payloads");
        *map = "$.error_payloads";
    }
    return errors;
}

static void read_status(struct bot *b, struct snap *s, const char *file,
                        const json_t *doc)
{
    const json_t *queued = json_object_get(doc, "queued");
    const char *map, *feedstock;
    const json_t *errors = errors_of(doc, &map);
    json_t *v;

    if (!json_is_object(errors)) {
        odd_schema(b, s, file, map, "an object", errors);
        return;
    }
    json_object_foreach((json_t *)errors, feedstock, v)
        status_entry(b, s, file, map, feedstock, v);
    if (queued && !json_is_object(queued)) {
        odd_schema(b, s, file, "$.queued", "an object", queued);
        queued = NULL;
    }
    restate(b, s, queued);
}

/* The status file of the tree, its name and moment; new, or NULL. */
static json_t *versions_status(struct bot *b, const char **file, int64_t *taken,
                               enum tree_got *got, struct err *err)
{
    static const char *const names[] = {
        "status/version_status.v2.json",
        "status/version_status.v3.json",
    };
    json_t *doc = NULL;

    *got = TREE_MISSING;
    for (size_t i = 0; i < ARRAY_SIZE(names) && *got == TREE_MISSING; i++) {
        *file = names[i];
        /* Before it is read: it may be replaced. */
        *taken = moment_of_file(b, b->tree, *file);
        *got = tree_json(b->tree, *file, TREE_CAP, &doc, NULL, err);
    }
    return doc;
}

void versions_wanted(struct bot *b,
                     void (*ask)(void *user, const char *feedstock), void *user)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    const char *file, *map, *feedstock;
    enum tree_got got;
    int64_t taken;
    CLEANUP_JSON json_t *doc = versions_status(b, &file, &taken, &got, &err);
    json_t *v;

    json_object_foreach(errors_of(doc, &map), feedstock, v)
        if (bot_name_ok(feedstock) && !bot_archived(b, feedstock)
            && !known(b, feedstock, v))
            ask(user, feedstock);
}

/* The file that the option names. */
static json_t *status_elsewhere(struct bot *b, const char **file,
                                int64_t *taken, enum tree_got *got,
                                struct err *err)
{
    const char *slash = strrchr(b->status, '/');
    CLEANUP_FREE char *dir =
        slash == b->status ? xstrdup("/")
        : slash            ? xstrndup(b->status, (size_t)(slash - b->status))
                           : xstrdup(".");
    struct tree *t = tree_open(dir, err);
    json_t *doc = NULL;

    *file = slash ? slash + 1 : b->status;
    if (t)
        *taken = moment_of_file(b, t, *file);
    *got = !t ? TREE_BAD : tree_json(t, *file, TREE_CAP, &doc, NULL, err);
    tree_free(t);
    if (*got == TREE_MISSING) {
        err_set(err, ERR_IO, "%s: there is no such file", b->status);
        *got = TREE_BAD;
    }
    return doc;
}

/* The status file: the option, else the tree's. 1: it was there, or should
 * have been. */
static int status_file(struct bot *b, struct snap *s)
{
    CLEANUP_ERR struct err err = ERR_INIT;
    CLEANUP_JSON json_t *doc = NULL;
    enum tree_got got;
    const char *file = "";

    doc = b->status ? status_elsewhere(b, &file, &s->taken, &got, &err)
                    : versions_status(b, &file, &s->taken, &got, &err);
    if (got == TREE_OK) {
        read_status(b, s, file, doc);
        return 1;
    }
    s->taken = 0;
    if (b->online)
        s->taken = online_moment(b, "status/version_status.v2.json");
    if (got == TREE_BAD)
        odd_error(b, s, &err);
    else if (b->online)
        odd_say(b, s, ODD_UNREADABLE, "%s: %s is not there", tree_root(b->tree),
                "status/version_status.v2.json");
    return got == TREE_BAD || b->online;
}

/* ---- without one ------------------------------------------------------ */

/* The recipe has reached the version already: whatever failed, it is over. */
static bool has_version(struct bot *b, const char *feedstock,
                        const char *version)
{
    CLEANUP_JSON json_t *doc = bot_find(b, NULL, "node_attrs", feedstock);

    return str_eq(jx_str(doc, "version"), version);
}

static bool info_file(struct bot *b, struct snap *s, const char *file,
                      const char *feedstock, json_t *doc)
{
    struct odd_place at = { b, s, file, "$.new_version_errors" };
    struct shape shape;
    const json_t *error = NULL;
    struct entry *e;
    struct info in;
    int got;

    if (!info_read(b, s, file, doc, &in))
        return true;
    if (in.new_version)
        error = info_error(doc, &in, in.new_version);
    if (shape_is_empty(error) && bot_bad(b, s, file, in.bad)) {
        error = in.bad;
        at.path = "$.bad";
    }
    if (shape_is_empty(error))
        return false;
    if (!bot_name(b, s, file, "$", feedstock) || bot_archived(b, feedstock)
        || (in.new_version && has_version(b, feedstock, in.new_version)))
        return true;
    got = error == in.bad ? shape_bad(error, &shape, odd_shape, &at)
                          : shape_read(error, &shape, odd_shape, &at);
    if (got < 0)
        return true;
    e = snap_entry(s, feedstock, TASK, NULL);
    if (e) {
        entry_set(b, e, &shape);
        info_enrich(b, s, &in, in.new_version, e);
        judge_version(b, e);
    }
    shape_release(&shape);
    return true;
}

void versions_collect(struct bot *b)
{
    struct snap *s = snap_new("versions");

    if (!status_file(b, s)) {
        bot_walk(b, s, "version_pr_info", info_file);
        restate(b, s, NULL);
    }
    /* What an incomplete reading did not see still stands. */
    if (s->complete || !jx_obj(b->cursor, "stood"))
        keep_standing(b, s);
    else
        json_object_set(b->next, "stood", jx_obj(b->cursor, "stood"));
    snap_say(b, s);
}
