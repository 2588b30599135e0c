/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which builds: those asked for by their ids, then the list by the time of
 * their end, a page at a time. The cursor must not pass a build that was not
 * handed over.
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"
#include "plugins/azure-pipelines/azure.h"

#define PAGE 200
#define IDS_PER_REQUEST 100
/* The overlap is not as long: tokens lead in a ring. */
#define IDLE_MAX 100
/* Azure keeps builds for 30 days unless told otherwise: then there is
 * nothing to be run again. */
#define WATCH_SECONDS ((int64_t)35 * DAY)

static void go_on(struct azure *a);

void azure_page_free(struct azure *a)
{
    for (size_t i = 0; i < a->nr_page; i++)
        azure_build_release(&a->page[i].build);
    free(a->page);
    a->page = NULL;
    a->nr_page = a->next_entry = 0;
}

/* ---- what is worth a look ------------------------------------------------ */

static bool is_of_interest(const struct azure *a, const char *project)
{
    size_t n = a->host->interest_count(a->host);

    for (size_t i = 0; i < n; i++)
        if (str_eq(a->host->interest(a->host, i), project))
            return true;
    return false;
}

/* Of a build that was handed over as it is: is it still to be watched? */
static bool is_watched(const struct azure *a, const struct azure_build *b)
{
    return b->finished > a->now - WATCH_SECONDS
           && is_of_interest(a, b->project);
}

static void done_with(struct azure *a, const struct azure_build *b)
{
    const struct azure_mark mark = { .id = b->id, .finished = b->finished };

    azure_marks_put(&a->cursor.seen, mark);
    azure_marks_drop(&a->cursor.watch, b->id);
    if (!b->green && b->project && b->finished > a->now - WATCH_SECONDS)
        azure_marks_put(&a->cursor.watch, mark);
}

static void sort_out(struct azure *a, struct azure_entry *e,
                     enum azure_kind kind)
{
    const struct azure_build *b = &e->build;

    e->known = e->over = true;
    if (kind == AZURE_ODD) {
        net_trouble(&a->net, NET_ODD, a->api,
                    "a build of a repository that is none of GitHub, "
                    "Bitbucket or Azure Repos");
        azure_marks_drop(&a->cursor.watch, b->id);
    } else if (kind == AZURE_NO_BRANCH) {
        azure_marks_drop(&a->cursor.watch, b->id);
    } else if (kind == AZURE_BUILD
               && azure_cursor_has(&a->cursor, b->id, b->finished)) {
        if (!a->listing && !is_watched(a, b))
            azure_marks_drop(&a->cursor.watch, b->id);
    } else if (kind == AZURE_BUILD) {
        /* Before that everything is handed over, or too old; and what could
         * not be read is asked for by its id. */
        e->known = e->over = a->listing
                             && (b->finished < a->since
                                 || azure_marks_find(&a->cursor.watch, b->id));
    }
}

static void page_read(struct azure *a, const json_t *list)
{
    const json_t *v;
    size_t i;

    a->nr_page = json_array_size(list);
    a->page = xcalloc(a->nr_page + 1, sizeof(*a->page));
    azure_leads_learn(a, json_array_get(list, 0));
    json_array_foreach(list, i, v) {
        enum azure_kind kind = azure_build_read(&a->page[i].build, v);

        sort_out(a, &a->page[i], kind);
    }
}

/* {"count", "value": [...]}, or the list itself. */
const json_t *azure_list_of(const json_t *reply)
{
    return json_is_array(reply) ? reply : jx_arr(reply, "value");
}

void azure_take_page(struct azure *a, const json_t *list)
{
    page_read(a, list);
    go_on(a);
}

/* ---- the cursor ---------------------------------------------------------- */

/* Where the list has been read to: what is not over comes again. */
static void advance(struct azure *a)
{
    int64_t last = 0, open = INT64_MAX;

    for (size_t i = 0; i < a->nr_page; i++) {
        const struct azure_entry *e = &a->page[i];

        if (!e->over && e->build.finished < open)
            open = e->build.finished;
        if (e->build.finished > last)
            last = e->build.finished;
    }
    if (last > a->now)
        last = a->now;
    if (open != INT64_MAX)
        a->cursor.time = open;
    else if (last > a->cursor.time)
        a->cursor.time = last;
}

void azure_save(struct azure *a)
{
    CLEANUP_FREE char *text = NULL;

    if (a->listing)
        advance(a);
    text = azure_cursor_text(&a->cursor, a->cursor.time - a->overlap);
    a->host->set_cursor(a->host, text);
}

/* ---- asking -------------------------------------------------------------- */

static void fail(struct azure *a, int status, const char *why)
{
    a->status = status;
    str_replace(&a->fatal, status == TOCSIN_FATAL ? why : NULL);
}

/* No list: is it worth going on, and what do people read? */
static void list_failed(struct azure *a, const struct net_reply *r)
{
    int status = r->http->error ? 0 : r->http->status;

    if (a->net.cut)
        return;
    if (status == 401 || net_is_sign_in(r->http))
        fail(a, TOCSIN_FATAL,
             a->authorization
                 ? "the credential was refused: the token may have ended, or "
                   "may not read builds"
                 : "Azure asks to sign in: the project is not public, and "
                   "there is no token_file");
    else if (status == 403)
        fail(a, TOCSIN_FATAL,
             "the token may not read builds here: it needs "
             "Build (read)");
    else if (status == 404)
        fail(a, TOCSIN_FATAL,
             "there is no such organization or project, or "
             "it is not to be seen without a token");
    else
        fail(a, TOCSIN_RETRY, NULL);
}

void azure_end(struct azure *a)
{
    if (!azure_leads_go_on(a))
        net_let_go(&a->net);
}

static bool all_known(const struct azure *a)
{
    for (size_t i = 0; i < a->nr_page; i++)
        if (!a->page[i].known)
            return false;
    return true;
}

static void on_list(void *user, const struct net_reply *reply)
{
    struct azure *a = user;
    const json_t *list = reply->ok ? azure_list_of(reply->json) : NULL;
    const char *token;

    if (!list) {
        if (reply->ok) {
            net_trouble(&a->net, NET_ODD, a->api, "no list of builds");
            fail(a, TOCSIN_RETRY, NULL);
        } else {
            list_failed(a, reply);
        }
        azure_end(a);
        return;
    }
    page_read(a, list);
    token = net_header(reply->http, "x-ms-continuationtoken");
    if (!token)
        token = jx_str(reply->json, "continuationToken");
    a->last = !token || !*token || !a->nr_page;
    a->idle = all_known(a) ? a->idle + 1 : 0;
    a->stuck = !a->last && (str_eq(token, a->token) || a->idle > IDLE_MAX);
    str_replace(&a->token, token);
    go_on(a);
}

static void ask_list(struct azure *a)
{
    CLEANUP_FREE char *since = when_format(a->since);
    CLEANUP_FREE char *min = net_escape(since);
    CLEANUP_FREE char *token = a->token ? net_escape(a->token) : NULL;
    CLEANUP_FREE char *path = xasprintf(
        "builds?minTime=%s&statusFilter=completed"
        "&queryOrder=finishTimeAscending&$top=%d%s%s&api-version=7.1",
        min, PAGE, token ? "&continuationToken=" : "", str_or(token, ""));

    a->listing = true;
    a->host->item(a->host, "builds");
    azure_ask(a, path, false, on_list, a);
}

/* What was asked for and did not come was deleted. */
static void drop_missing(struct azure *a)
{
    for (size_t i = a->asked; i < a->next_id; i++) {
        bool came = false;

        for (size_t k = 0; k < a->nr_page && !came; k++)
            came = a->page[k].build.id == a->ids[i];
        if (!came)
            azure_marks_drop(&a->cursor.watch, a->ids[i]);
    }
}

static void on_ids(void *user, const struct net_reply *reply)
{
    struct azure *a = user;
    const json_t *list = reply->ok ? azure_list_of(reply->json) : NULL;

    if (list) {
        page_read(a, list);
        drop_missing(a);
    } else if (reply->ok) {
        net_trouble(&a->net, NET_ODD, a->api, "no list of builds");
    } else if (net_is_sign_in(reply->http) || reply->http->status == 401) {
        list_failed(a, reply);
        azure_end(a);
        return;
    }
    go_on(a);
}

static void ask_ids(struct azure *a)
{
    struct strbuf path CLEANUP_STRBUF;

    strbuf_init(&path, STRBUF_UNBOUNDED);
    strbuf_adds(&path, "builds?buildIds=");
    a->listing = false;
    a->asked = a->next_id;
    for (size_t n = 0; n < IDS_PER_REQUEST && a->next_id < a->nr_ids; n++)
        strbuf_addf(&path, "%s%" PRId64, n ? "," : "", a->ids[a->next_id++]);
    strbuf_adds(&path, "&api-version=7.1");
    a->host->item(a->host, "builds");
    azure_ask(a, path.buf, false, on_ids, a);
}

/* ---- a page -------------------------------------------------------------- */

/* Azure has been seen to give the same page for ever: the list is begun
 * anew from where it has been read to. False: that is no further. */
static bool begin_anew(struct azure *a)
{
    int64_t since = a->cursor.time - a->overlap;

    if (since <= a->since)
        return false;
    a->since = since;
    a->idle = 0;
    str_replace(&a->token, NULL);
    return true;
}

static void page_over(struct azure *a)
{
    bool leads = a->leads != LEADS_WAIT;

    if (!leads)
        azure_newest_page_over(a);
    azure_save(a);
    azure_page_free(a);
    if (a->net.cut || (!leads && a->stuck && !begin_anew(a)))
        azure_end(a);
    else if (a->next_id < a->nr_ids)
        ask_ids(a);
    else if (leads)
        azure_end(a);
    else if (!a->newest.listed && (!a->listing || !a->last))
        ask_list(a);
    else if (!azure_newest_go_on(a))
        azure_end(a);
}

static bool tried_enough(const struct azure *a, int64_t id, int64_t *tries)
{
    const struct azure_mark *m = azure_marks_find(&a->cursor.watch, id);

    *tries = (m && !m->finished ? m->tries : 0) + 1;
    return *tries >= AZURE_TRIES;
}

static void go_on(struct azure *a)
{
    if (a->going)
        return;
    a->going = true;
    while (a->next_entry < a->nr_page && a->busy < AZURE_BUSY && !a->net.cut) {
        struct azure_entry *e = &a->page[a->next_entry++];
        int64_t tries;

        if (e->known)
            continue;
        a->busy++;
        if (!look_start(a, e, tried_enough(a, e->build.id, &tries))) {
            a->busy--;
            e->over = true;
            done_with(a, &e->build);
        }
    }
    a->going = false;
    if (!a->busy && (a->next_entry == a->nr_page || a->net.cut))
        page_over(a);
}

void azure_looked(struct azure *a, struct azure_entry *e, bool well)
{
    struct azure_mark mark = { .id = e->build.id };

    a->busy--;
    if (well) {
        e->over = true;
        done_with(a, &e->build);
    } else if (!a->net.cut) {
        e->over = true;
        if (tried_enough(a, e->build.id, &mark.tries))
            azure_marks_drop(&a->cursor.watch, e->build.id);
        else
            azure_marks_put(&a->cursor.watch, mark);
    }
    go_on(a);
}

void azure_add_ids(struct azure *a, const int64_t *ids, size_t nr)
{
    a->ids = xrealloc(a->ids, (a->nr_ids + nr) * sizeof(*a->ids));
    memcpy(a->ids + a->nr_ids, ids, nr * sizeof(*ids));
    a->nr_ids += nr;
    ask_ids(a);
}

void azure_begin(struct azure *a)
{
    const struct azure_marks *watch = &a->cursor.watch;

    a->ids = xcalloc(watch->nr + 1, sizeof(*a->ids));
    a->nr_ids = watch->nr;
    a->next_id = 0;
    for (size_t i = 0; i < watch->nr; i++)
        a->ids[i] = watch->at[i].id;
    a->since = a->cursor.time ? a->cursor.time - a->overlap : a->now - a->first;
    if (a->nr_ids)
        ask_ids(a);
    else
        ask_list(a);
}
