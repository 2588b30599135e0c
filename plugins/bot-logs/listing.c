/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Of each file that was read a mark is kept, and of those that held something
 * what they said. Must not call a folder whole of which a file was not read.
 */
#include <config.h>

#include "plugins/bot-logs/listing-private.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"

#define MARK 8                     /* characters of a file's mark */
#define DOCS_MAX ((size_t)2 << 20) /* bytes of the cursor, not packed */
#define FEW 8                      /* files: fewer may go at once */

struct listing *listing_new(struct bot *b, const struct listing_dir *dirs)
{
    struct listing *l = xcalloc(1, sizeof(*l));

    l->b = b;
    l->dirs = dirs;
    return l;
}

void listing_forget(struct listing *l)
{
    api_close(&l->api);
    for (size_t i = 0; i < l->nr; i++) {
        free(l->files[i].path);
        free(l->files[i].group);
        free(l->files[i].mark);
        free(l->files[i].id);
    }
    free(l->files);
    free(l->branch_url);
    free(l->commit);
    free(l->tree);
    json_decref(l->trees);
    json_decref(l->marks);
    json_decref(l->docs);
    json_decref(l->again);
    json_decref(l->unread);
    json_decref(l->spoilt);
    json_decref(l->whys);
    json_decref(l->count);
    json_decref(l->shrunk);
    *l = (struct listing){ .b = l->b, .dirs = l->dirs };
}

void listing_free(struct listing *l)
{
    if (!l)
        return;
    listing_forget(l);
    free(l);
}

/* ---- paths ------------------------------------------------------------ */

const struct listing_dir *listing_dir_of(const struct listing *l,
                                         const char *path)
{
    size_t n = strcspn(path, "/");

    for (const struct listing_dir *d = l->dirs; d->name; d++)
        if (strlen(d->name) == n && !strncmp(d->name, path, n))
            return d;
    return NULL;
}

/* The tree whose listing names the file. New. */
static char *group_of(const char *path)
{
    const char *end = path;

    for (int i = 0; i <= DEEP && strchr(end, '/'); i++)
        end = strchr(end, '/') + 1;
    return xstrndup(path, end > path ? (size_t)(end - path) - 1 : 0);
}

static bool is_below(const char *path, const char *top)
{
    size_t n = strlen(top);

    return !strncmp(path, top, n) && (!path[n] || path[n] == '/');
}

bool listing_is_plain(const char *path)
{
    for (const char *p = path; *p;) {
        size_t n = strcspn(p, "/");

        if (!n || (n == 1 && *p == '.') || (n == 2 && !strncmp(p, "..", 2)))
            return false;
        p += n + (p[n] == '/');
    }
    return *path && path[strlen(path) - 1] != '/';
}

/* ---- what is known ---------------------------------------------------- */

/* A member that is an object; made when it is not there. Borrowed. */
static json_t *object_in(json_t *v, const char *key)
{
    json_t *o = jx_obj(v, key);

    if (!o) {
        o = json_object();
        json_object_set_new(v, key, o);
    }
    return o;
}

static void say_why(struct listing *l, const char *path, const char *why)
{
    const struct listing_dir *d = listing_dir_of(l, path);

    if (d && !jx_str(l->whys, d->name))
        jx_set_str(l->whys, d->name, why);
}

void listing_spoil(struct listing *l, const char *path, const char *why)
{
    CLEANUP_FREE char *at = xstrdup(path);

    say_why(l, path, why);
    for (char *slash; (slash = strrchr(at, '/')); *slash = '\0')
        json_object_set_new(l->spoilt, at, json_true());
    json_object_set_new(l->spoilt, at, json_true());
}

static void carry_some(const json_t *from, json_t *to, const char *top)
{
    const char *path;
    json_t *v;

    json_object_foreach((json_t *)from, path, v)
        if (is_below(path, top))
            json_object_set(to, path, v);
}

void listing_carry(struct listing *l, const char *top)
{
    carry_some(jx_obj(l->before, "trees"), l->trees, top);
    carry_some(jx_obj(l->before, "marks"), l->marks, top);
    carry_some(jx_obj(l->before, "docs"), l->docs, top);
}

void listing_fail(struct listing *l, const char *path, const char *why)
{
    listing_carry(l, path);
    carry_some(jx_obj(l->before, "again"), l->again, path);
    listing_spoil(l, path, why);
}

/* ---- files ------------------------------------------------------------ */

/* 32 bits out of some hundred files are enough, and of a name as well: two
 * files may say the same. */
static char *mark_of(const char *path, const char *id)
{
    CLEANUP_FREE char *text = xasprintf("%s %s", path, id);
    char *hex = digest_text128(text, strlen(text));

    hex[MARK] = '\0';
    return hex;
}

static bool has_mark(const char *marks, const char *mark)
{
    size_t n = marks ? strlen(marks) : 0;

    for (size_t i = 0; i + MARK <= n; i += MARK)
        if (!memcmp(marks + i, mark, MARK))
            return true;
    return false;
}

static void add_mark(struct listing *l, const char *group, const char *mark)
{
    const char *marks = jx_str_or(l->marks, group, "");
    CLEANUP_FREE char *more = xasprintf("%s%s", marks, mark);

    jx_set_str(l->marks, group, more);
}

static void want(struct listing *l, const char *path, const char *group,
                 const char *mark, const char *id)
{
    ALLOC_GROW(l->files, l->nr + 1, l->alloc);
    l->files[l->nr++] = (struct wanted){
        .path = xstrdup(path),
        .group = xstrdup(group),
        .mark = xstrdup0(mark),
        .id = xstrdup0(id),
    };
}

void listing_take_file(struct listing *l, const char *group, const char *path,
                       const char *id)
{
    CLEANUP_FREE char *mark = mark_of(path, id);
    json_t *doc;

    if (!has_mark(jx_str(jx_obj(l->before, "marks"), group), mark)) {
        want(l, path, group, mark, id);
        return;
    }
    add_mark(l, group, mark);
    doc = json_object_get(jx_obj(jx_obj(l->before, "docs"), group), path);
    if (doc)
        json_object_set(object_in(l->docs, group), path, doc);
    else if (json_object_get(jx_obj(l->before, "again"), path))
        want(l, path, group, NULL, NULL);
}

/* Held, not kept, and in a tree that did not change. */
static void want_again(struct listing *l)
{
    const char *path;
    json_t *v;

    json_object_foreach(jx_obj(l->before, "again"), path, v) {
        CLEANUP_FREE char *group = group_of(path);
        const char *id = jx_str(l->trees, group);

        if (listing_dir_of(l, path) && listing_is_plain(path) && id
            && str_eq(id, jx_str(jx_obj(l->before, "trees"), group)))
            want(l, path, group, NULL, NULL);
    }
}

static bool is_read(const struct listing *l, const char *path)
{
    int64_t at;

    return tree_modified(l->b->tree, path, &at) == TREE_OK;
}

static void count_files(struct listing *l, const char *dir)
{
    int64_t now = l->b->host->now(l->b->host), n = 0;
    int64_t before = jx_int(jx_obj(l->before, "count"), dir, 0);
    int64_t since = jx_int(jx_obj(l->before, "shrunk"), dir, 0);
    const char *group;
    json_t *v;

    json_object_foreach(l->marks, group, v)
        if (is_below(group, dir))
            n += (int64_t)json_string_length(v) / MARK;
    if (jx_str(l->whys, dir)) {
        n = before;
        jx_set_int(l->shrunk, dir, since);
    } else if (before >= FEW && n * 2 < before
               && (!since || now - since < DAY)) {
        CLEANUP_FREE char *why =
            xasprintf("%lld files where %lld were: not believed for a day",
                      (long long)n, (long long)before);

        say_why(l, dir, why);
        odd_say(l->b, NULL, ODD_UNREADABLE, "%s: %s", dir, why);
        n = before;
        since = since ? since : now;
        jx_set_int(l->shrunk, dir, since);
    }
    jx_set_int(l->count, dir, n);
}

static void put_docs(struct listing *l)
{
    const char *group, *path;
    json_t *docs, *doc;

    json_object_foreach(l->docs, group, docs)
        json_object_foreach(docs, path, doc)
            if (!tree_has_word(l->b->tree, path)) {
                CLEANUP_FREE char *text = jx_dump(doc);

                tree_put(l->b->tree, path, text, strlen(text), l->at);
            }
}

static void over(struct listing *l)
{
    const char *path;
    json_t *v;

    for (size_t i = 0; i < l->nr; i++) {
        const struct wanted *w = &l->files[i];

        if (is_read(l, w->path)) {
            if (w->mark)
                add_mark(l, w->group, w->mark);
            continue;
        }
        listing_spoil(l, w->group, "some of its files are not read yet");
        json_object_set_new(w->mark ? l->unread : l->again, w->path,
                            json_true());
    }
    put_docs(l);
    for (const struct listing_dir *d = l->dirs; d->name; d++)
        count_files(l, d->name);
    json_object_foreach(l->spoilt, path, v)
        json_object_del(l->trees, path);
    api_tell(&l->api);
    l->then(l->user);
}

/* The phases of remote are its user's; this one is ours. */
static void files_over(void *user)
{
    struct listing *l = user;

    l->remote->user = l->user;
    over(l);
}

static struct remote_file file_of(const struct listing *l, size_t i,
                                  const char *url)
{
    const char *path = l->files[i].path;

    return (struct remote_file){
        .tree = l->b->tree,
        .path = path,
        .url = url,
        .how = REMOTE_PLAIN,
        .cap = BOT_FILE_CAP,
        .trim = listing_dir_of(l, path)->trim,
        .needed = true,
    };
}

void listing_ask_file(struct listing *l, size_t i)
{
    CLEANUP_FREE char *url =
        remote_url(l->where, l->place->repository, l->commit, l->files[i].path);
    const struct remote_file file = file_of(l, i, url);

    remote_ask(l->remote, &file);
}

void listing_put_file(struct listing *l, size_t i, const char *text)
{
    const struct remote_file file = file_of(l, i, l->api.graphql);

    remote_put(l->remote, &file, text);
}

void listing_ask_files(struct listing *l)
{
    const struct tocsin_host *host = l->b->host;
    int64_t most = host->option_int(host, "files", 5000);

    want_again(l);
    l->remote->user = l;
    remote_phase(l->remote, files_over);
    for (size_t i = 0; i < l->nr && l->commit; i++) {
        if (tree_has_word(l->b->tree, l->files[i].path))
            continue;
        if (most-- <= 0)
            break;
        /* GitHub answers queries to nobody else. */
        l->files[i].asked = l->files[i].id && api_has_who(host);
        if (!l->files[i].asked)
            listing_ask_file(l, i);
    }
    listing_ask_blobs(l);
    remote_go(l->remote);
}

/* ---- what the readers ask --------------------------------------------- */

bool listing_whole(const struct listing *l, const char *dir, const char **why)
{
    *why = jx_str(l->whys, dir);
    return !*why;
}

int64_t listing_moment(const struct listing *l)
{
    int64_t now = l->b->host->now(l->b->host);

    return l->at > 0 && l->at < now ? l->at : now;
}

/* ---- the cursor ------------------------------------------------------- */

/* Without secrets, as all that Tocsin stores. NULL: it cannot be kept. */
static json_t *doc_to_keep(struct listing *l, const char *path, size_t *size)
{
    const struct tocsin_host *host = l->b->host;
    CLEANUP_FREE char *text = NULL;
    const char *safe;
    size_t n;

    if (tree_read(l->b->tree, path, BOT_FILE_CAP, &text, &n, NULL, NULL)
        != TREE_OK)
        return NULL;
    safe = host->redact(host, text);
    *size = strlen(safe);
    return jx_parse(safe, *size, NULL);
}

static void keep_docs(struct listing *l, const json_t *holds)
{
    size_t sum = 0, size = 0;
    const char *path;
    json_t *v;

    json_object_foreach((json_t *)holds, path, v) {
        CLEANUP_FREE char *group = group_of(path);
        json_t *doc;

        if (json_object_get(l->unread, path))
            continue;
        doc = doc_to_keep(l, path, &size);
        if (doc && sum + size <= DOCS_MAX) {
            sum += size;
            json_object_set_new(object_in(l->docs, group), path, doc);
        } else {
            json_decref(doc);
            json_object_set_new(l->again, path, json_true());
        }
    }
}

json_t *listing_cursor(struct listing *l)
{
    json_t *v = json_object();

    json_object_clear(l->docs);
    for (const struct listing_dir *d = l->dirs; d->name; d++)
        keep_docs(l, jx_obj(jx_obj(l->b->next, "holds"), d->name));
    jx_set_str(v, "of", l->place->repository);
    jx_set_str(v, "commit", str_or(l->commit, jx_str(l->before, "commit")));
    jx_set_str(v, "tree", str_or(l->tree, jx_str(l->before, "tree")));
    jx_set_int(v, "at", l->at);
    json_object_set(v, "trees", l->trees);
    json_object_set(v, "marks", l->marks);
    json_object_set(v, "docs", l->docs);
    json_object_set(v, "again", l->again);
    json_object_set(v, "count", l->count);
    json_object_set(v, "shrunk", l->shrunk);
    return v;
}

void listing_kept(struct listing *l)
{
    if (l->commit)
        l->b->host->http_keep(l->b->host, l->branch_url);
}
