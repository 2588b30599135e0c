/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A hundred issues a request, by GraphQL, with who closed or opened them
 * last. Must not take a missing node for a deleted issue.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "plugins/github-issues/observe.h"

#define AT_ONCE 100

static const char query[] =
    "query Standing($ids: [ID!]!) { nodes(ids: $ids) { __typename id "
    "... on Issue { number state stateReason(enableDuplicate: true) url "
    "createdAt repository { nameWithOwner } "
    "labels(first: 50) { nodes { name } } "
    "timelineItems(last: 1, itemTypes: [CLOSED_EVENT, REOPENED_EVENT]) { "
    "nodes { __typename "
    "... on ClosedEvent { createdAt actor { __typename login } } "
    "... on ReopenedEvent { createdAt actor { __typename login } } } } "
    "marks: timelineItems(last: 5, itemTypes: [MARKED_AS_DUPLICATE_EVENT, "
    "UNMARKED_AS_DUPLICATE_EVENT]) { nodes { __typename "
    "... on MarkedAsDuplicateEvent { duplicate { ... on Issue { id } } "
    "canonical { ... on Issue { url } ... on PullRequest { url } } } "
    "... on UnmarkedAsDuplicateEvent { duplicate { ... on Issue { id } } } "
    "} } talk: timelineItems(last: 1, itemTypes: "
    "[CONVERTED_TO_DISCUSSION_EVENT]) { nodes { __typename "
    "... on ConvertedToDiscussionEvent { createdAt actor { __typename login } "
    "} } } } } }";

struct batch {
    struct observation *o;
    size_t rows[AT_ONCE], nr;
};

/* ---- one node ------------------------------------------------------------ */

/* "Duplicate of #7", said of this one and not taken back; it stands with the
 * other one, too. NULL: not said. */
static const json_t *duplicate_mark(const json_t *node)
{
    const json_t *marks = jx_arr(jx_obj(node, "marks"), "nodes");

    for (size_t i = json_array_size(marks); i-- > 0;) {
        const json_t *mark = json_array_get(marks, i);

        if (str_eq(jx_str(jx_obj(mark, "duplicate"), "id"), jx_str(node, "id")))
            return str_eq(jx_str(mark, "__typename"), "MarkedAsDuplicateEvent")
                       ? mark
                       : NULL;
    }
    return NULL;
}

/* People talk of it in another place: what it became closes it, and may leave
 * no event of that. NULL: they do not. */
static const json_t *talk_of(const json_t *node)
{
    return json_array_get(jx_arr(jx_obj(node, "talk"), "nodes"), 0);
}

static const char *state_of(const json_t *node)
{
    const char *state = jx_str_or(node, "state", "");
    const char *reason = jx_str_or(node, "stateReason", "");

    if (!strcmp(state, "OPEN"))
        return "open";
    if (strcmp(state, "CLOSED"))
        return NULL;
    if (!strcmp(reason, "DUPLICATE") || duplicate_mark(node) || talk_of(node))
        return "duplicate";
    return !strcmp(reason, "NOT_PLANNED") ? "not_planned" : "completed";
}

/* New; NULL: we did, or nobody. A bot is "slug" here and "slug[bot]" in
 * REST. */
static char *changed_by(const struct observation *o, const json_t *event)
{
    const json_t *actor = jx_obj(event, "actor");
    const char *login = jx_str(actor, "login");
    CLEANUP_FREE char *name = NULL;

    if (!event)
        return NULL;
    if (!login)
        return xstrdup("somebody");
    name =
        str_eq(jx_str(actor, "__typename"), "Bot") && !str_ends(login, "[bot]")
            ? xasprintf("%s[bot]", login)
            : xstrdup(login);
    return who_is_us(o->s, name) ? NULL : xstrdup(name);
}

static const json_t *event_of(const json_t *node)
{
    bool open = str_eq(jx_str(node, "state"), "OPEN");
    const json_t *talk = open ? NULL : talk_of(node);

    return talk ? talk
                : json_array_get(jx_arr(jx_obj(node, "timelineItems"), "nodes"),
                                 0);
}

static json_t *place_of_node(const json_t *node, struct place *at)
{
    json_t *repository = jx_obj(node, "repository");

    memset(at, 0, sizeof(*at));
    at->repository = xstrdup(jx_str_or(repository, "nameWithOwner", ""));
    at->number = jx_int(node, "number", 0);
    at->node = xstrdup0(jx_str(node, "id"));
    return repository;
}

static void say(struct observation *o, const struct standing *row,
                const json_t *node)
{
    const char *labels[AT_ONCE + 1] = { NULL };
    const json_t *list = jx_arr(jx_obj(node, "labels"), "nodes");
    const json_t *event = event_of(node);
    struct tocsin_remote r = TOCSIN_REMOTE_INIT;
    CLEANUP_FREE char *by = changed_by(o, event), *id = NULL;
    struct place at;
    size_t nr = 0;

    for (size_t i = 0; i < json_array_size(list) && nr < AT_ONCE; i++)
        if (jx_str(json_array_get(list, i), "name"))
            labels[nr++] = jx_str(json_array_get(list, i), "name");
    place_of_node(node, &at);
    id = place_text(&at);
    r.ticket = row->ticket;
    r.remote_id = id;
    r.url = jx_str(node, "url");
    r.state = state_of(node);
    r.labels = labels;
    r.by = by;
    r.duplicate_of = jx_str(jx_obj(duplicate_mark(node), "canonical"), "url");
    when_parse(jx_str_or(event, "createdAt", jx_str_or(node, "createdAt", "")),
               &r.changed);
    if (r.state && api_repository_fine(at.repository) && at.number > 0)
        o->s->host->remote(o->s->host, &r);
    else
        o->incomplete = true;
    place_release(&at);
}

/* ---- a hundred ----------------------------------------------------------- */

static const json_t *node_of(const json_t *nodes, const char *id)
{
    size_t i;
    json_t *v;

    json_array_foreach((json_t *)nodes, i, v)
        if (str_eq(jx_str(v, "id"), id)
            && str_eq(jx_str(v, "__typename"), "Issue"))
            return v;
    return NULL;
}

static void on_nodes(void *user, const struct net_reply *r)
{
    struct batch *b = user;
    struct observation *o = b->o;
    const json_t *nodes =
        r->ok ? jx_arr(jx_obj(r->json, "data"), "nodes") : NULL;

    if (!nodes) {
        CLEANUP_FREE char *text = r->ok ? jx_dump(r->json) : NULL;

        if (text)
            net_trouble(&o->s->net, NET_ODD, o->s->read.graphql, text);
        o->incomplete = true;
        free(b);
        return;
    }
    for (size_t i = 0; i < b->nr; i++) {
        const struct standing *row = &o->rows[b->rows[i]];
        const json_t *node = node_of(nodes, row->at.node);

        if (row->replaced)
            continue;
        if (node)
            say(o, row, node);
        else
            one_look(o, b->rows[i]);
    }
    free(b);
}

static void ask(struct observation *o, const char *owner, struct batch *b)
{
    json_t *ids = json_array(), *body;
    CLEANUP_FREE char *text = NULL;

    for (size_t i = 0; i < b->nr; i++)
        json_array_append_new(ids, json_string(o->rows[b->rows[i]].at.node));
    body = json_pack("{s:s, s:{s:o}}", "query", query, "variables", "ids", ids);
    text = jx_dump(body);
    json_decref(body);
    api_ask(&o->s->read, &(struct api_call){
                             .owner = owner,
                             .url = o->s->read.graphql,
                             .body = text,
                             .flags = TOCSIN_HTTP_IDEMPOTENT | TOCSIN_HTTP_ASKS,
                             .got = on_nodes,
                             .user = b,
                         });
}

static bool is_of(const struct place *at, const char *owner)
{
    size_t n = strlen(owner);

    return at->number && at->node && !strncasecmp(at->repository, owner, n)
           && at->repository[n] == '/';
}

void nodes_look(struct observation *o, const char *owner)
{
    struct batch *b = NULL;

    for (size_t i = 0; i < o->nr; i++) {
        if (!is_of(&o->rows[i].at, owner))
            continue;
        if (!b) {
            b = xcalloc(1, sizeof(*b));
            b->o = o;
        }
        b->rows[b->nr++] = i;
        if (b->nr == AT_ONCE) {
            ask(o, owner, b);
            b = NULL;
        }
    }
    if (b)
        ask(o, owner, b);
}
