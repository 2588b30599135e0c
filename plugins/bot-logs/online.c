/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bot's data from a server: first the few files that say what stands,
 * then what they name, and of each feedstock only what is news. All of it
 * goes into a tree, and is read from there as from a checkout. Must not leave
 * a repository that once was there for another one: what a 404 of an hour
 * leads back to may have been frozen for years.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/bot-logs/bot.h"
#include "plugins/bot-logs/kept.h"
#include "plugins/bot-logs/listing.h"
#include "plugins/bot-logs/remote.h"

#define STATUS "status/version_status.v2.json"
#define STATUS_NEXT "status/version_status.v3.json"
#define FEEDSTOCKS "all_feedstocks.json"
#define TOTAL "status/total_status.json"
#define LIST_CAP ((size_t)8 << 20) /* bytes of what the cursor packs */

struct online {
    const char *base, *url;
    struct places places;
    struct listing *listing; /* NULL: no whole folders are read */

    /* this pass */
    size_t at;        /* which place */
    bool next_status; /* the next version's name was tried */
    struct remote remote;
    void (*ready)(struct bot *b);
};

/* ---- options ---------------------------------------------------------- */

void online_free(struct online *o)
{
    if (!o)
        return;
    listing_free(o->listing);
    places_release(&o->places);
    free(o);
}

/* The folders that are read as a whole. */
static struct listing *listing_of(struct bot *b)
{
    static const struct listing_dir prs[] = {
        { "pr_info", prs_trim },
        { NULL, NULL },
    };
    static const struct listing_dir both[] = {
        { "pr_info", prs_trim },
        { "node_attrs", parsing_trim },
        { NULL, NULL },
    };

    switch (b->what & (BOT_PRS | BOT_PARSING)) {
    case 0:
        return NULL;
    case BOT_PRS:
        return listing_new(b, prs);
    case BOT_PARSING:
        return listing_new(b, both + 1);
    default:
        return listing_new(b, both);
    }
}

struct online *online_new(struct bot *b, const char **why)
{
    const struct tocsin_host *host = b->host;
    struct online *o;

    *why = NULL;
    if (!host->option_count(host, "data") && !host->option(host, "url", 0))
        return NULL;
    o = xcalloc(1, sizeof(*o));
    o->base = str_or(host->option(host, "base_url", 0),
                     "https://raw.githubusercontent.com");
    o->url = host->option(host, "url", 0);
    *why = places_read(&o->places, host);
    o->listing = listing_of(b);
    return o;
}

/* ---- asking ----------------------------------------------------------- */

static char *url_of(const struct online *o, const char *path)
{
    const struct place *p = &o->places.all[o->at];

    return o->url ? xstrdup(o->url)
                  : remote_url(o->base, p->repository, p->branch, path);
}

static void ask(struct bot *b, const char *path, enum remote_how how,
                size_t cap, void (*trim)(json_t *doc))
{
    CLEANUP_FREE char *url = url_of(b->online, path);
    const struct remote_file file = {
        .tree = b->tree,
        .path = path,
        .url = url,
        .how = how,
        .cap = cap,
        .trim = trim,
    };

    remote_ask(&b->online->remote, &file);
}

static bool is_missing(const struct bot *b, const char *path)
{
    int64_t at;

    return tree_modified(b->tree, path, &at) == TREE_MISSING;
}

/* Nobody looks at who is active, and that is most of it. */
static void trim_feedstocks(json_t *doc)
{
    json_object_set_new(doc, "active", json_array());
}

static void done(struct bot *b)
{
    b->online->ready(b);
}

static void nothing(void *user)
{
    (void)user;
}

static void ask_version(void *user, const char *feedstock)
{
    CLEANUP_FREE char *path = tree_shard("version_pr_info", feedstock);

    ask(user, path, REMOTE_PLAIN, BOT_FILE_CAP, NULL);
}

static void ask_migration(void *user, const char *name)
{
    CLEANUP_FREE char *path = xasprintf("status/migration_json/%s.json", name);

    ask(user, path, REMOTE_KEPT, TREE_CAP, migrations_trim);
}

struct once {
    struct bot *b;
    json_t *asked;
};

static void ask_pr(void *user, const char *feedstock)
{
    struct once *once = user;
    CLEANUP_FREE char *path = tree_shard("pr_info", feedstock);

    if (json_object_get(once->asked, feedstock))
        return;
    json_object_set_new(once->asked, feedstock, json_true());
    ask(once->b, path, REMOTE_PLAIN, BOT_FILE_CAP, NULL);
}

/* ---- the phases ------------------------------------------------------- */

static void ask_first(struct bot *b);

static void over(void *user)
{
    done(user);
}

static void after_wanted(void *user)
{
    struct bot *b = user;
    struct online *o = b->online;

    if (o->listing)
        listing_fetch(o->listing, &o->remote, &o->places.all[o->at], o->base,
                      nothing, b);
}

static void after_second(void *user)
{
    struct bot *b = user;
    struct once once = { b, json_object() };

    remote_phase(&b->online->remote, after_wanted);
    if (b->what & BOT_MIGRATIONS)
        migrations_wanted(b, ask_pr, &once);
    remote_go(&b->online->remote);
    json_decref(once.asked);
}

static void ask_second(struct bot *b)
{
    struct online *o = b->online;

    bot_feedstocks(b);
    remote_phase(&o->remote, after_second);
    if (o->places.nr && b->what & BOT_VERSIONS)
        versions_wanted(b, ask_version, b);
    if (o->places.nr && b->what & (BOT_MIGRATIONS | BOT_PRS))
        migrations_named(b, ask_migration, b);
    remote_go(&o->remote);
}

/* None of the files is there, another place is named, and this one never
 * worked. */
static bool try_next_place(const struct bot *b)
{
    const struct online *o = b->online;
    const char *worked = jx_str(b->cursor, "place");

    return o->at + 1 < o->places.nr && is_missing(b, FEEDSTOCKS)
           && is_missing(b, STATUS) && is_missing(b, TOTAL)
           && !str_eq(worked, o->places.all[o->at].repository);
}

static void after_first(void *user)
{
    struct bot *b = user;
    struct online *o = b->online;

    if (try_next_place(b)) {
        o->at++;
        tree_free(b->tree);
        ask_first(b);
        return;
    }
    if (o->places.nr && b->what & BOT_VERSIONS && !o->next_status
        && is_missing(b, STATUS)) {
        o->next_status = true;
        remote_phase(&o->remote, after_first);
        ask(b, STATUS_NEXT, REMOTE_KEPT, TREE_CAP, NULL);
        remote_go(&o->remote);
        return;
    }
    ask_second(b);
}

static void ask_first(struct bot *b)
{
    struct online *o = b->online;

    b->tree = tree_new(o->url ? o->url : o->places.all[o->at].repository);
    remote_phase(&o->remote, after_first);
    if (o->places.nr)
        ask(b, FEEDSTOCKS, REMOTE_KEPT, TREE_CAP, trim_feedstocks);
    if (o->places.nr && b->what & (BOT_MIGRATIONS | BOT_PRS))
        ask(b, TOTAL, REMOTE_KEPT, TREE_CAP, NULL);
    if (b->what & BOT_VERSIONS)
        ask(b, STATUS, REMOTE_KEPT, TREE_CAP, NULL);
    remote_go(&o->remote);
}

/* The lists that the cursor holds packed. */
static void unpack(struct bot *b)
{
    size_t n = 0;
    CLEANUP_FREE char *text =
        kept_unpack(jx_str(b->cursor, "lists"), 4 * LIST_CAP, &n);
    CLEANUP_JSON json_t *lists = text ? jx_parse(text, n, NULL) : NULL;

    if (b->cursor && json_is_object(lists))
        json_object_update(b->cursor, lists);
}

void online_fetch(struct bot *b, void (*ready)(struct bot *b))
{
    struct online *o = b->online;

    o->ready = ready;
    o->at = 0;
    o->next_status = false;
    unpack(b);
    remote_begin(&o->remote, b->host, jx_obj(b->cursor, "files"), over, b);
    ask_first(b);
    net_let_go(&o->remote.net);
}

/* ---- what the readers ask --------------------------------------------- */

bool online_unread(const struct bot *b, const char *dir, const char *name)
{
    CLEANUP_FREE char *path = tree_shard(dir, name);
    int64_t at;

    return tree_modified(b->tree, path, &at) == TREE_BAD;
}

int64_t online_moment(const struct bot *b, const char *path)
{
    CLEANUP_FREE char *url = url_of(b->online, path);

    return jx_int(jx_obj(jx_obj(b->cursor, "files"), url), "at", 0);
}

bool online_listed(const struct bot *b, const char *dir, const char **why)
{
    return listing_whole(b->online->listing, dir, why);
}

int64_t online_listed_moment(const struct bot *b)
{
    return listing_moment(b->online->listing);
}

/* ---- the end ---------------------------------------------------------- */

static bool is_there(const struct bot *b, const char *path)
{
    int64_t at;

    return tree_modified(b->tree, path, &at) == TREE_OK;
}

int online_status(struct bot *b)
{
    struct online *o = b->online;

    net_tell(&o->remote.net);
    if (is_there(b, FEEDSTOCKS) || is_there(b, STATUS) || is_there(b, TOTAL)) {
        if (o->places.nr)
            jx_set_str(b->next, "place", o->places.all[o->at].repository);
        return TOCSIN_OK;
    }
    jx_set_str(b->next, "place", jx_str(b->cursor, "place"));
    return o->remote.net.cut ? TOCSIN_OK : TOCSIN_RETRY;
}

static void move(json_t *from, json_t *to, const char *key)
{
    if (json_object_get(from, key))
        json_object_set(to, key, json_object_get(from, key));
    json_object_del(from, key);
}

void online_cursor(struct bot *b, bool small)
{
    CLEANUP_JSON json_t *lists = json_object();
    CLEANUP_FREE char *text = NULL;
    CLEANUP_FREE char *packed = NULL;

    if (small) {
        remote_forget(&b->online->remote);
        return;
    }
    json_object_set(b->next, "files", b->online->remote.files);
    move(b->next, lists, "stood");
    move(b->next, lists, "tries");
    if (b->online->listing)
        json_object_set_new(lists, "listed",
                            listing_cursor(b->online->listing));
    json_object_del(b->next, "holds");
    text = jx_dump(lists);
    packed = kept_pack(text, strlen(text));
    jx_set_str(b->next, "lists", packed);
}

void online_kept(struct bot *b)
{
    remote_keep(&b->online->remote);
    if (b->online->listing)
        listing_kept(b->online->listing);
    remote_release(&b->online->remote);
}
