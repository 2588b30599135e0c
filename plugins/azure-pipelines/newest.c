/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The newest build of each pipeline on the branches of the option `newest`,
 * however old it is: what is red and that nobody pushes to is in no list of
 * what finished lately. Looked at once in the life of a cursor, by pipelines
 * in the order of their ids, and gone on with where the last pass stopped.
 *
 * Must not hold up the list: it comes behind it.
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "plugins/azure-pipelines/azure.h"

#define DEFINITIONS_PAGE 1000
#define DEFINITIONS_MAX 200000
#define BATCH 50 /* pipelines in one request */

static void ask_definitions(struct azure *a);

static int by_id(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

/* Those that the last pass had not come to. */
static void take_definitions(struct azure *a, const json_t *list)
{
    struct azure_newest *n = &a->newest;
    const json_t *v;
    size_t i;

    json_array_foreach(list, i, v) {
        int64_t id = jx_int(v, "id", 0);

        if (id <= a->cursor.newest_after || n->nr == DEFINITIONS_MAX)
            continue;
        ALLOC_GROW(n->ids, n->nr + 1, n->alloc);
        n->ids[n->nr++] = id;
    }
}

static void on_definitions(void *user, const struct net_reply *reply)
{
    struct azure *a = user;
    struct azure_newest *n = &a->newest;
    const json_t *list = reply->ok ? azure_list_of(reply->json) : NULL;
    const char *token =
        list ? net_header(reply->http, "x-ms-continuationtoken") : NULL;

    if (!list) {
        if (reply->ok)
            net_trouble(&a->net, NET_ODD, a->api, "no list of pipelines");
        azure_end(a);
        return;
    }
    take_definitions(a, list);
    if (token && *token && json_array_size(list) && !str_eq(token, n->token)) {
        str_replace(&n->token, token);
        ask_definitions(a);
        return;
    }
    n->listed = true;
    if (n->nr)
        qsort(n->ids, n->nr, sizeof(*n->ids), by_id);
    azure_newest_go_on(a);
}

static void ask_definitions(struct azure *a)
{
    CLEANUP_FREE char *token =
        a->newest.token ? net_escape(a->newest.token) : NULL;
    CLEANUP_FREE char *path =
        xasprintf("definitions?$top=%d%s%s&api-version=7.1", DEFINITIONS_PAGE,
                  token ? "&continuationToken=" : "", str_or(token, ""));

    a->host->item(a->host, "pipelines");
    azure_ask(a, path, false, on_definitions, a);
}

static void on_builds(void *user, const struct net_reply *reply)
{
    struct azure *a = user;
    const json_t *list = reply->ok ? azure_list_of(reply->json) : NULL;

    if (list) {
        azure_take_page(a, list);
        return;
    }
    if (reply->ok)
        net_trouble(&a->net, NET_ODD, a->api, "no list of builds");
    azure_end(a);
}

static void ask_builds(struct azure *a)
{
    struct azure_newest *n = &a->newest;
    CLEANUP_FREE char *branch = net_escape(a->newest_of[n->branch]);
    struct strbuf path CLEANUP_STRBUF;

    strbuf_init(&path, STRBUF_UNBOUNDED);
    strbuf_adds(&path, "builds?definitions=");
    for (size_t i = 0; i < BATCH && n->next + i < n->nr; i++)
        strbuf_addf(&path, "%s%" PRId64, i ? "," : "", n->ids[n->next + i]);
    strbuf_addf(&path,
                "&branchName=refs%%2Fheads%%2F%s"
                "&statusFilter=completed&maxBuildsPerDefinition=1"
                "&queryOrder=finishTimeDescending&api-version=7.1",
                branch);
    a->host->item(a->host, "builds");
    azure_ask(a, path.buf, false, on_builds, a);
}

void azure_newest_page_over(struct azure *a)
{
    struct azure_newest *n = &a->newest;

    if (!n->listed || a->net.cut)
        return;
    if (a->newest_of[++n->branch])
        return;
    n->branch = 0;
    n->next = n->nr - n->next > BATCH ? n->next + BATCH : n->nr;
    a->cursor.newest_after = n->ids[n->next - 1];
}

bool azure_newest_go_on(struct azure *a)
{
    struct azure_newest *n = &a->newest;

    if (!a->newest_of[0] || str_eq(a->cursor.newest_done, a->newest_key))
        return false;
    if (!str_eq(a->cursor.newest_of, a->newest_key)) {
        str_replace(&a->cursor.newest_of, a->newest_key);
        a->cursor.newest_after = 0;
    }
    a->listing = false;
    if (!n->listed) {
        ask_definitions(a);
    } else if (n->next < n->nr) {
        ask_builds(a);
    } else {
        str_replace(&a->cursor.newest_done, a->newest_key);
        azure_save(a);
        azure_end(a);
    }
    return true;
}

void azure_newest_release(struct azure *a)
{
    free(a->newest.ids);
    free(a->newest.token);
    memset(&a->newest, 0, sizeof(a->newest));
}
