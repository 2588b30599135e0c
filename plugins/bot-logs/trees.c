/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bot's folders are of three levels that matter here: pr_info, pr_info/0
 * and pr_info/0/1, of which the last is listed with all that is below it, some
 * hundred files. A listing that is cut, or a file that does not come, leaves
 * the trees above it unsaid, so that the next pass comes by again.
 *
 * Must not take an id for the same when not all below it was read.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "plugins/bot-logs/listing-private.h"

#define TREE_REPLY_CAP ((size_t)16 << 20)

static int depth_of(const char *path)
{
    int n = 0;

    for (; *path; path++)
        n += *path == '/';
    return n;
}

static bool is_id(const char *id)
{
    size_t n = id ? strspn(id, "0123456789abcdef") : 0;

    return n >= 40 && n <= 64 && !id[n];
}

struct branching {
    struct listing *l;
    char *path; /* "": the repository's own */
    char *id;
};

static void ask_tree(struct listing *l, const char *path, const char *id);

static void one_less(struct listing *l)
{
    if (--l->left == 0)
        listing_ask_files(l);
}

static void take_tree(struct listing *l, const char *path, const char *id)
{
    if (str_eq(id, jx_str(jx_obj(l->before, "trees"), path)))
        listing_carry(l, path);
    else
        ask_tree(l, path, id);
}

static void take_entry(struct listing *l, const char *top, const json_t *v)
{
    const char *name = jx_str_or(v, "path", "");
    const char *type = jx_str_or(v, "type", ""), *id = jx_str(v, "sha");
    CLEANUP_FREE char *path =
        *top ? xasprintf("%s/%s", top, name) : xstrdup(name);
    bool deep = *top && depth_of(top) >= DEEP;

    if (!listing_dir_of(l, path))
        return;
    if (!listing_is_plain(name) || !is_id(id))
        listing_spoil(l, *top ? top : path, "odd names in its listing");
    else if (*top && !strcmp(type, "blob") && str_ends(name, ".json"))
        listing_take_file(l, top, path, id);
    else if (!deep && !strcmp(type, "tree"))
        take_tree(l, path, id);
}

static void fail_all(struct listing *l, const char *why)
{
    for (const struct listing_dir *d = l->dirs; d->name; d++)
        listing_fail(l, d->name, why);
}

static void tree_failed(struct listing *l, const char *path, const char *why)
{
    if (*path)
        listing_fail(l, path, why);
    else
        fail_all(l, why);
}

static bool names(const json_t *list, const char *name)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (str_eq(jx_str(json_array_get(list, i), "path"), name))
            return true;
    return false;
}

static void miss_dirs(struct listing *l, const json_t *list)
{
    for (const struct listing_dir *d = l->dirs; d->name; d++)
        if (!names(list, d->name)) {
            net_trouble(&l->remote->net, NET_ODD, l->branch_url,
                        "one of the bot's folders is not there");
            listing_fail(l, d->name, "it is not there");
        }
}

static const char *why_of(const struct net_reply *reply)
{
    int error = reply->http->error;

    if (error == TOCSIN_HTTP_QUOTA || error == TOCSIN_HTTP_BUDGET)
        return "left for another pass";
    return "its listing could not be read";
}

static void on_tree(void *user, const struct net_reply *reply)
{
    struct branching *t = user;
    struct listing *l = t->l;
    const json_t *list = reply->ok ? jx_arr(reply->json, "tree") : NULL;

    if (!list || jx_bool(reply->json, "truncated", false)) {
        if (reply->ok)
            net_trouble(&l->remote->net, NET_ODD, reply->http->url,
                        list ? "a listing that is cut" : "no listing");
        tree_failed(l, t->path, why_of(reply));
    } else {
        if (*t->path)
            jx_set_str(l->trees, t->path, t->id);
        for (size_t i = 0; i < json_array_size(list); i++)
            take_entry(l, t->path, json_array_get(list, i));
        if (!*t->path)
            miss_dirs(l, list);
    }
    free(t->path);
    free(t->id);
    free(t);
    one_less(l);
}

static void ask_tree(struct listing *l, const char *path, const char *id)
{
    struct branching *t = xcalloc(1, sizeof(*t));
    CLEANUP_FREE char *url =
        xasprintf("/repos/%s/git/trees/%s%s", l->place->repository, id,
                  *path && depth_of(path) >= DEEP ? "?recursive=1" : "");

    t->l = l;
    t->path = xstrdup(path);
    t->id = xstrdup(id);
    l->left++;
    api_ask(&l->api, &(struct api_call){
                         .owner = l->place->repository,
                         .url = url,
                         .max_body = TREE_REPLY_CAP,
                         .got = on_tree,
                         .user = t,
                     });
}

/* ---- the commit ------------------------------------------------------- */

static void ask_branch(struct listing *l, uint32_t flags);

static bool all_are_whole(const struct listing *l)
{
    for (const struct listing_dir *d = l->dirs; d->name; d++)
        if (!jx_str(jx_obj(l->before, "trees"), d->name))
            return false;
    return true;
}

static void take_commit(struct listing *l)
{
    if (str_eq(l->tree, jx_str(l->before, "tree")) && all_are_whole(l))
        for (const struct listing_dir *d = l->dirs; d->name; d++)
            listing_carry(l, d->name);
    else
        ask_tree(l, "", l->tree);
}

static bool read_branch(struct listing *l, const json_t *reply)
{
    const json_t *v = jx_obj(reply, "commit");
    const json_t *commit = jx_obj(v, "commit");
    const char *date = jx_str(jx_obj(commit, "committer"), "date");
    const char *tree = jx_str(jx_obj(commit, "tree"), "sha");

    if (!is_id(jx_str(v, "sha")) || !is_id(tree) || !date
        || when_parse(date, &l->at) < 0)
        return false;
    l->commit = xstrdup(jx_str(v, "sha"));
    l->tree = xstrdup(tree);
    return true;
}

static void on_branch(void *user, const struct net_reply *reply)
{
    struct listing *l = user;
    const char *commit = jx_str(l->before, "commit");

    if (reply->unchanged && !commit) {
        ask_branch(l, 0);
        one_less(l);
        return;
    }
    if (reply->unchanged) {
        l->commit = xstrdup(commit);
        l->tree = xstrdup0(jx_str(l->before, "tree"));
        l->at = jx_int(l->before, "at", 0);
        take_commit(l);
    } else if (reply->ok && read_branch(l, reply->json)) {
        take_commit(l);
    } else {
        if (reply->ok)
            net_trouble(&l->remote->net, NET_ODD, reply->http->url,
                        "no branch");
        l->at = jx_int(l->before, "at", 0);
        fail_all(l, why_of(reply));
    }
    one_less(l);
}

static char *branch_url(const struct listing *l)
{
    CLEANUP_FREE char *branch = net_escape(l->place->branch);

    return xasprintf("%s/repos/%s/branches/%s", l->api.base,
                     l->place->repository, branch);
}

static void ask_branch(struct listing *l, uint32_t flags)
{
    l->left++;
    api_ask(&l->api, &(struct api_call){
                         .owner = l->place->repository,
                         .url = l->branch_url,
                         .flags = flags,
                         .got = on_branch,
                         .user = l,
                     });
}

/* Files of a public repository may be read without the permission. */
static const struct api_may may = {
    .permissions = "{\"metadata\": \"read\"}",
    .also = "{\"contents\": \"read\"}",
};

void listing_fetch(struct listing *l, struct remote *remote,
                   const struct place *place, const char *where,
                   void (*then)(void *user), void *user)
{
    const struct tocsin_host *host = l->b->host;

    listing_forget(l);
    l->remote = remote;
    l->place = place;
    l->where = where;
    l->then = then;
    l->user = user;
    l->before = jx_obj(l->b->cursor, "listed");
    if (!str_eq(jx_str(l->before, "of"), place->repository))
        l->before = NULL;
    l->trees = json_object();
    l->marks = json_object();
    l->docs = json_object();
    l->again = json_object();
    l->unread = json_object();
    l->spoilt = json_object();
    l->whys = json_object();
    l->count = json_object();
    l->shrunk = json_object();
    api_open(&l->api, host, &remote->net, host->option(host, "api_url", 0),
             &may);
    l->branch_url = branch_url(l);
    l->left = 1;
    ask_branch(l, TOCSIN_HTTP_CONDITIONAL);
    one_less(l);
}
