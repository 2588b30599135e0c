/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One repository: what it is, then what ran. Its place in the cursor is
 * written when the last thing that it led to is handed over.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "plugins/github-actions/gha.h"
#include "plugins/github-actions/swept.h"

/* Repositories between two cursors: what a worker that dies reads again. */
#define CURSOR_EVERY 200

void repo_free(struct repo *r)
{
    json_decref(r->runs);
    json_decref(r->red);
    json_decref(r->greens);
    json_decref(r->twins);
    json_decref(r->known);
    free(r->name);
    free(r->owner);
    free(r->id);
    free(r->branch);
    free(r->list);
    free(r->print);
    free(r->head);
    free(r);
}

int64_t repo_known(const struct repo *r, const char *run)
{
    int64_t now = jx_int(r->runs, run, 0);

    return now ? now : jx_int(jx_obj(r->known, "runs"), run, 0);
}

/* ---- its place in the cursor --------------------------------------------- */

/* A name that looks like a secret is not kept: all is read again. */
static bool may_be_kept(const struct gha *g, const char *branch)
{
    return !TOCSIN_HAS(g->host, redact)
           || str_eq(g->host->redact(g->host, branch), branch);
}

static void keep_place(struct repo *r)
{
    struct gha *g = r->g;
    json_t *v;

    if (!may_be_kept(g, r->branch))
        return;
    v = json_object();
    jx_set_str(v, "id", r->id);
    jx_set_str(v, "branch", r->branch);
    jx_set_int(v, "at", gha_now(g));
    if (r->open)
        jx_set_int(v, "open", r->open);
    json_object_set(v, "runs", r->runs);
    if (json_object_size(r->red))
        json_object_set(v, "red", r->red);
    if (json_object_size(r->twins))
        json_object_set(v, "twins", r->twins);
    cursor_set_repo(&g->cursor, r->name, v);
    if (r->list && !r->late)
        g->host->http_keep(g->host, r->list);
}

/* What it was is true of it still, read now. */
static void keep_unchanged(struct repo *r)
{
    json_t *v = json_deep_copy(r->known);
    json_t *runs = jx_obj(v, "runs");

    jx_set_int(v, "at", gha_now(r->g));
    /* But for runs behind the list. */
    if (runs)
        json_object_update(runs, r->runs);
    cursor_set_repo(&r->g->cursor, r->name, v);
    if (r->list)
        r->g->host->http_keep(r->g->host, r->list);
}

/* What was handed over before it broke off is not read again: one that takes
 * more than a pass would be begun anew in each, and no other ever. */
static void keep_progress(struct repo *r)
{
    struct gha *g = r->g;
    json_t *v, *runs;

    if (!json_object_size(r->runs) || !may_be_kept(g, r->branch))
        return;
    v = json_deep_copy(cursor_repo(&g->cursor, r->name));
    if (!v)
        v = json_object();
    jx_set_str(v, "id", r->id);
    jx_set_str(v, "branch", r->branch);
    runs = jx_obj(v, "runs");
    if (runs)
        json_object_update(runs, r->runs);
    else
        json_object_set(v, "runs", r->runs);
    cursor_set_repo(&g->cursor, r->name, v);
}

void repo_keep_since(struct gha *g, const char *name, const char *id,
                     const char *branch)
{
    int64_t done = jx_int(cursor_sweep(&g->cursor), "done", 0);
    json_t *v;

    if (!done || !cursor_head(&g->cursor, id) || cursor_repo(&g->cursor, name)
        || !may_be_kept(g, branch))
        return;
    v = json_object();
    jx_set_str(v, "id", id);
    jx_set_str(v, "branch", branch);
    jx_set_int(v, "at", done);
    cursor_set_repo(&g->cursor, name, v);
}

static void set_cursor(struct gha *g)
{
    CLEANUP_FREE char *text = cursor_text(&g->cursor);

    g->host->set_cursor(g->host, text);
}

/* One of which something goes on is looked at again, changed or not; so is,
 * once, one whose checks are known before its runs are. */
static void keep_print(struct repo *r)
{
    int64_t open = r->unchanged ? jx_int(r->known, "open", 0) : r->open;

    if (open || r->checks_open)
        *r->print = 'U';
    else if (r->head && (r->head_young || !r->head_listed))
        *r->print = SWEPT_ONCE_MORE;
    cursor_set_head(&r->g->cursor, r->id, r->print);
}

/* It was begun, and there was no more time for it: the next pass begins
 * there. */
static void note_cut(struct repo *r)
{
    struct gha *g = r->g;

    if (!r->broken || !api_is_over(&g->api) || r->place >= g->first_cut)
        return;
    g->first_cut = r->place;
    cursor_set_next(&g->cursor, r->name);
}

static void over(struct repo *r)
{
    struct gha *g = r->g;

    if (r->given) {
        given_over(r->given);
        return;
    }
    if (!r->broken && r->print)
        keep_print(r);
    else if (r->print)
        repo_keep_since(g, r->name, r->id, r->branch);
    if (!r->broken && r->unchanged)
        keep_unchanged(r);
    else if (!r->broken && r->runs)
        keep_place(r);
    else if (r->runs)
        keep_progress(r);
    if (++g->done_repos % CURSOR_EVERY == 0)
        set_cursor(g);
    g->busy_repos--;
    note_cut(r);
    g->repos[r->place] = NULL;
    repo_free(r);
    repos_go_on(g);
}

void repo_hold(struct repo *r)
{
    r->held++;
}

void repo_let_go(struct repo *r)
{
    if (--r->held == 0)
        over(r);
}

/* ---- what it is ---------------------------------------------------------- */

static void say(struct gha *g, const char *subject, const char *key,
                json_t *value)
{
    struct tocsin_fact fact = TOCSIN_FACT_INIT;
    char *text = json_dumps(value, JSON_ENCODE_ANY);

    fact.subject = subject;
    fact.key = key;
    fact.value = text;
    g->host->fact(g->host, &fact);
    free(text);
    json_decref(value);
}

static void renamed(struct repo *r, const char *now)
{
    say(r->g, r->name, "renamed_to", json_string(now));
    unread_not(r->g, now, NULL);
    cursor_set_repo(&r->g->cursor, r->name, NULL);
    json_decref(r->known);
    /* An earlier pass read it under this name. */
    r->known = json_incref(cursor_repo(&r->g->cursor, now));
    str_replace(&r->name, now);
}

void repo_say_facts(struct gha *g, const char *name, const char *id,
                    const char *branch, bool archived)
{
    say(g, name, "id", json_string(id));
    if (branch)
        say(g, name, "default_branch", json_string(branch));
    say(g, name, "archived", json_boolean(archived));
}

static char *id_text(int64_t id)
{
    return id > 0 ? xasprintf("%lld", (long long)id) : NULL;
}

void repo_set_archived(struct gha *g, const char *name, const char *id,
                       const char *branch)
{
    json_t *v = json_object();

    jx_set_str(v, "id", id);
    jx_set_str(v, "branch", branch);
    jx_set_bool(v, "archived", true);
    cursor_set_repo(&g->cursor, name, v);
}

/* False: it is not what it should be, or not to be read. */
static bool take(struct repo *r, const json_t *v)
{
    const char *name = jx_str(v, "full_name");
    const char *branch = jx_str(v, "default_branch");
    bool archived =
        jx_bool(v, "archived", false) || jx_bool(v, "disabled", false);

    r->id = id_text(jx_int(v, "id", 0));
    if (!r->id || !branch || !*branch || !api_repository_fine(name)) {
        net_trouble(&r->g->net, NET_ODD, r->name, "no repository");
        return false;
    }
    r->branch = xstrdup(branch);
    if (strcasecmp(name, r->name) != 0)
        renamed(r, name);
    else
        str_replace(&r->name, name);
    repo_say_facts(r->g, r->name, r->id, r->branch, archived);
    if (archived)
        repo_set_archived(r->g, r->name, r->id, r->branch);
    return !archived;
}

/* What the cursor knows is what a 304 confirms. */
static bool take_known(struct repo *r)
{
    r->id = xstrdup0(jx_str(r->known, "id"));
    r->branch = xstrdup0(jx_str(r->known, "branch"));
    return r->id && r->branch && !jx_bool(r->known, "archived", false);
}

static void ask_repo(struct repo *r, uint32_t flags);

static void on_repo(void *user, const struct net_reply *reply)
{
    struct repo *r = user;
    struct gha *g = r->g;

    if (reply->unchanged && !r->known && !r->again) {
        /* The cursor was lost, and with it what has not changed. */
        r->again = true;
        ask_repo(r, 0);
        return;
    }
    if (reply->ok ? take(r, reply->json) : reply->unchanged && take_known(r)) {
        CLEANUP_FREE char *url = xasprintf("%s/repos/%s", g->api.base, r->name);

        g->host->http_keep(g->host, url);
        runs_start(r);
    } else if (!reply->ok && !reply->unchanged) {
        r->broken = true;
        g->blind = g->blind || reply->http->error || reply->http->status != 404;
    }
    repo_let_go(r);
}

static void ask_repo(struct repo *r, uint32_t flags)
{
    CLEANUP_FREE char *path = xasprintf("/repos/%s", r->name);

    api_ask(&r->g->api, &(struct api_call){
                            .owner = r->owner,
                            .url = path,
                            .flags = flags,
                            .got = on_repo,
                            .user = r,
                        });
}

void repo_start(struct repo *r)
{
    const char *rest;

    gha_split(r->name, &r->owner, &rest);
    r->known = json_incref(cursor_repo(&r->g->cursor, r->name));
    repo_hold(r);
    if (!r->branch) {
        ask_repo(r, TOCSIN_HTTP_CONDITIONAL);
        return;
    }
    runs_start(r); /* a sweep or a list knows it already */
    repo_let_go(r);
}
