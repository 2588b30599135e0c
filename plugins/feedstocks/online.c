/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The same facts from a server: the tables of all feedstocks when they
 * changed, and the people of those that have open incidents, each of them
 * once a day. Must not ask for 29,000 feedstocks to know a hundred.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/bot-logs/remote.h"
#include "plugins/feedstocks/feedstocks.h"

#define TABLE_CAP ((size_t)32 << 20)
#define GRAPH_CAP ((size_t)64 << 20)
#define NODE_CAP ((size_t)16 << 20)
#define FILE_CAP ((size_t)1 << 20)

struct fs_online {
    const char *base;
    struct places places;
    bool codeowners, ids, graph;

    /* this pass */
    size_t at; /* which place of the data */
    size_t codeowners_place;
    struct remote remote;
    json_t *names; /* {feedstock: true}: whose people to read */
    void (*ready)(struct feedstocks *f, int status);
};

static bool has_option(const struct tocsin_host *host, const char *name,
                       const char *value)
{
    for (size_t i = 0; i < host->option_count(host, name); i++)
        if (str_eq(host->option(host, name, i), value))
            return true;
    return false;
}

const char *fs_online_new(struct feedstocks *f)
{
    struct fs_online *o = xcalloc(1, sizeof(*o));

    f->online = o;
    o->base = str_or(f->host->option(f->host, "base_url", 0),
                     "https://raw.githubusercontent.com");
    o->codeowners = has_option(f->host, "repositories", "codeowners");
    o->ids = has_option(f->host, "repositories", "ids");
    o->graph = f->host->option_int(f->host, "descendants", 0) != 0;
    return places_read(&o->places, f->host);
}

void fs_online_free(struct feedstocks *f)
{
    if (!f->online)
        return;
    places_release(&f->online->places);
    free(f->online);
}

/* ---- asking ----------------------------------------------------------- */

static void ask_data(struct feedstocks *f, const char *path,
                     enum remote_how how, size_t cap, bool always)
{
    struct fs_online *o = f->online;
    const struct place *p = &o->places.all[o->at];
    CLEANUP_FREE char *url =
        remote_url(o->base, p->repository, p->branch, path);
    const struct remote_file file = {
        .tree = f->data,
        .path = path,
        .url = url,
        .how = how,
        .cap = cap,
        .always = always,
    };

    remote_ask(&o->remote, &file);
}

/* A file of a feedstock's own repository, on its default branch. */
static void ask_feedstock(struct feedstocks *f, const char *name,
                          const char *file_name)
{
    struct fs_online *o = f->online;
    CLEANUP_FREE char *dir = xasprintf("%s%s", name, f->suffix);
    CLEANUP_FREE char *project = fs_project(f, name);
    CLEANUP_FREE char *path = xasprintf("%s/%s", dir, file_name);
    CLEANUP_FREE char *url = remote_url(o->base, project, "HEAD", file_name);
    const struct remote_file file = {
        .tree = f->checkouts,
        .path = path,
        .url = url,
        .how = REMOTE_PLAIN,
        .cap = FILE_CAP,
    };

    remote_ask(&o->remote, &file);
}

/* ---- whose people ----------------------------------------------------- */

/* The feedstock of a project, new; NULL: none of ours. */
static char *feedstock_of(const struct feedstocks *f, const char *project)
{
    size_t n = strlen(f->owner);
    CLEANUP_FREE char *name = NULL;

    if (strncmp(project, f->owner, n) != 0 || project[n] != '/'
        || !str_ends(project, f->suffix)
        || strlen(project) <= n + 1 + strlen(f->suffix))
        return NULL;
    name =
        xstrndup(project + n + 1, strlen(project) - n - 1 - strlen(f->suffix));
    return fs_name_ok(name) ? xstrdup(name) : NULL;
}

/* Those with open incidents whose people were not read yet; begin() forgets
 * once a day who was. */
static void choose(struct feedstocks *f)
{
    const json_t *before = jx_obj(f->cursor, "people");
    json_t *read = json_object();

    json_object_set_new(f->next, "people", read);
    for (size_t i = 0; i < f->host->interest_count(f->host); i++) {
        const char *project = f->host->interest(f->host, i);
        CLEANUP_FREE char *name = feedstock_of(f, project);

        if (!name)
            continue;
        if (json_object_get(before, name))
            json_object_set_new(read, name, json_true());
        else
            json_object_set_new(f->online->names, name, json_true());
    }
}

/* What is to be read and could not be is said, and since when: who hears of
 * such a feedstock is not known yet, which is not the same as nobody. */
static void say_pending(struct feedstocks *f)
{
    json_t *read = jx_obj(f->next, "people"), *late = json_object(), *v;
    const char *name;

    json_object_foreach(f->online->names, name, v) {
        int64_t since = jx_int(f->late, name, f->host->now(f->host));

        if (!json_object_get(read, name))
            jx_set_int(late, name, since);
    }
    json_object_foreach(f->late, name, v) {
        CLEANUP_FREE char *project = fs_project(f, name);

        if (!json_object_get(late, name))
            fs_fact(f, project, "owners_pending", NULL);
    }
    json_object_foreach(late, name, v) {
        CLEANUP_FREE char *project = fs_project(f, name);

        if (!json_object_get(f->late, name))
            fs_fact(f, project, "owners_pending", v);
    }
    json_object_set_new(f->next, "late", late);
}

/* ---- the phases ------------------------------------------------------- */

static void over(void *user)
{
    struct feedstocks *f = user;
    struct fs_online *o = f->online;
    json_t *read = jx_obj(f->next, "people"), *v;
    bool there = !tree_has_word(f->data, FS_LISTS) || tree_youngest(f->data);
    const char *name;

    lists_collect(f, NULL);
    outputs_fetched(f);
    if (o->graph)
        graph_fetched(f);
    json_object_foreach(o->names, name, v)
        if (people_fetched(f, name))
            json_object_set_new(read, name, json_true());
    say_pending(f);
    jx_set_str(f->next, "place",
               there ? o->places.all[o->at].repository
                     : jx_str(f->cursor, "place"));
    json_decref(o->names);
    o->names = NULL;
    net_tell(&o->remote.net);
    o->ready(f, there || o->remote.net.cut ? TOCSIN_OK : TOCSIN_RETRY);
}

/* The next place where CODEOWNERS may be, of those that have none yet. */
static void ask_codeowners(void *user)
{
    struct feedstocks *f = user;
    struct fs_online *o = f->online;
    const char *place = people_codeowners_place(o->codeowners_place);
    const char *last = o->codeowners_place
                           ? people_codeowners_place(o->codeowners_place - 1)
                           : NULL;
    const char *name;
    json_t *v;

    if (!o->codeowners || !place)
        return;
    o->codeowners_place++;
    remote_phase(&o->remote, ask_codeowners);
    json_object_foreach(o->names, name, v) {
        CLEANUP_FREE char *path =
            xasprintf("%s%s/%s", name, f->suffix, str_or(last, ""));
        int64_t at;

        if (!last
            || (tree_has_word(f->checkouts, path)
                && tree_modified(f->checkouts, path, &at) == TREE_MISSING))
            ask_feedstock(f, name, place);
    }
    remote_go(&o->remote);
}

static void ask_people(struct feedstocks *f)
{
    struct fs_online *o = f->online;
    const char *name;
    json_t *v;

    choose(f);
    remote_phase(&o->remote, ask_codeowners);
    json_object_foreach(o->names, name, v) {
        CLEANUP_FREE char *path = tree_shard("node_attrs", name);

        ask_data(f, path, REMOTE_PLAIN, NODE_CAP, true);
        if (o->ids)
            ask_feedstock(f, name, ".recipe_maintainers.json");
    }
    remote_go(&o->remote);
}

static void ask_tables(struct feedstocks *f);

static void after_tables(void *user)
{
    struct feedstocks *f = user;
    struct fs_online *o = f->online;
    int64_t at;

    if (o->at + 1 < o->places.nr && tree_has_word(f->data, FS_LISTS)
        && tree_modified(f->data, FS_LISTS, &at) == TREE_MISSING
        && !str_eq(jx_str(f->cursor, "place"),
                   o->places.all[o->at].repository)) {
        o->at++;
        tree_free(f->data);
        ask_tables(f);
        return;
    }
    ask_people(f);
}

static void ask_tables(struct feedstocks *f)
{
    struct fs_online *o = f->online;

    f->data = tree_new(o->places.all[o->at].repository);
    remote_phase(&o->remote, after_tables);
    ask_data(f, FS_LISTS, REMOTE_NEWS, TABLE_CAP,
             !jx_arr(f->cursor, "feedstocks"));
    ask_data(f, FS_OUTPUTS, REMOTE_NEWS, TABLE_CAP,
             !jx_arr(f->cursor, "outputs"));
    /* It changes with every pass of the bot's, and says the same. */
    if (o->graph && !jx_arr(f->cursor, "graph"))
        ask_data(f, FS_GRAPH, REMOTE_PLAIN, GRAPH_CAP, true);
    remote_go(&o->remote);
}

void fs_online_collect(struct feedstocks *f,
                       void (*ready)(struct feedstocks *f, int status))
{
    struct fs_online *o = f->online;

    o->ready = ready;
    o->at = o->codeowners_place = 0;
    o->names = json_object();
    f->checkouts = tree_new(f->owner);
    remote_begin(&o->remote, f->host, NULL, over, f);
    ask_tables(f);
    net_let_go(&o->remote.net);
}

void fs_online_kept(struct feedstocks *f)
{
    remote_keep(&f->online->remote);
    remote_release(&f->online->remote);
}
