/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scenario files into data. Must not run anything: what is wrong with a file
 * is said before its first step.
 */
#include <config.h>

#include "core/cli/scenario.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"
#include "core/config/node.h"

#define EXPAND_MAX 200000

/* The keys of each kind of map; a NULL list: any key. */
static const char *const top_keys[] = {
    "name", "config", "defaults", "rules", "start", "steps", NULL,
};
static const char *const step_keys[] = {
    "at",   "every",  "until",   "runs",    "facts",   "snapshots",
    "fail", "people", "silence", "release", "approve", "retract",
    "set",  "expect", "note",    NULL,
};
static const char *const run_keys[] = {
    "source",
    "project",
    "branch",
    "workflow",
    "job",
    "jobs",
    "variant",
    "commit",
    "attempt",
    "outcome",
    "created",
    "started",
    "finished",
    "url",
    "trigger",
    "push_complete",
    "default_branch",
    "project_id",
    "fails",
    "log",
    "n",
    "id",
    NULL,
};
static const char *const fact_keys[] = {
    "source", "subject", "key", "value", "n", NULL,
};
static const char *const snapshot_keys[] = {
    "source", "name", "complete", "why", "entries", NULL,
};
static const char *const entry_keys[] = {
    "key",  "project",  "branch", "task", "target",
    "url",  "attempts", "first",  "last", "fails",
    "text", "category", "blame",  "n",    NULL,
};
static const char *const people_keys[] = {
    "project", "kind", "sink", "state", "labels", "by", NULL,
};
static const char *const silence_keys[] = { "match", "for", "comment", NULL };
static const char *const expect_keys[] = {
    "messages", "tickets", "incidents", "counts", "notices", NULL,
};
static const char *const message_keys[] = {
    "op",        "sink",     "project",    "owner", "title",
    "title_has", "body_has", "body_lacks", NULL,
};
static const char *const ticket_keys[] = {
    "project", "kind", "state",  "reason", "owner",
    "members", "told", "parent", NULL,
};
static const char *const incident_keys[] = {
    "project",  "fails",    "category", "state",  "end", "pushes",
    "attempts", "standing", "branch",   "target", NULL,
};

static bool known(const char *const *keys, const char *key)
{
    for (; *keys; keys++)
        if (!strcmp(*keys, key))
            return true;
    return false;
}

static void check_keys(const struct node *map, const char *const *keys,
                       const char *what, struct problems *pb)
{
    if (map->kind != NODE_MAP) {
        problems_error(pb, map->file, map->line, map->column,
                       "%s must be a map", what);
        return;
    }
    for (size_t i = 0; i < map->nr; i++) {
        const struct node *k = map->keys[i];

        if (!known(keys, k->text))
            problems_error(pb, k->file, k->line, k->column,
                           "unknown key \"%s\" in %s", k->text, what);
    }
}

/* list (or NULL) of maps. */
static void check_list(const struct node *list, const char *const *keys,
                       const char *what, struct problems *pb)
{
    if (!list || node_is_null(list))
        return;
    if (list->kind != NODE_LIST) {
        problems_error(pb, list->file, list->line, list->column,
                       "%s must be a list", what);
        return;
    }
    for (size_t i = 0; i < list->nr; i++)
        check_keys(list->items[i], keys, what, pb);
}

static void check_step(const struct node *step, struct problems *pb)
{
    const struct node *expect, *silence, *snaps;

    check_keys(step, step_keys, "a step", pb);
    if (step->kind != NODE_MAP)
        return;
    check_list(node_get(step, "runs"), run_keys, "runs", pb);
    check_list(node_get(step, "facts"), fact_keys, "facts", pb);
    check_list(node_get(step, "people"), people_keys, "people", pb);
    snaps = node_get(step, "snapshots");
    check_list(snaps, snapshot_keys, "snapshots", pb);
    for (size_t i = 0; snaps && snaps->kind == NODE_LIST && i < snaps->nr; i++)
        if (snaps->items[i]->kind == NODE_MAP)
            check_list(node_get(snaps->items[i], "entries"), entry_keys,
                       "entries", pb);
    silence = node_get(step, "silence");
    if (silence)
        check_keys(silence, silence_keys, "silence", pb);
    expect = node_get(step, "expect");
    if (!expect || node_is_null(expect))
        return;
    check_keys(expect, expect_keys, "expect", pb);
    if (expect->kind != NODE_MAP)
        return;
    check_list(node_get(expect, "messages"), message_keys, "messages", pb);
    check_list(node_get(expect, "tickets"), ticket_keys, "tickets", pb);
    check_list(node_get(expect, "incidents"), incident_keys, "incidents", pb);
}

static json_t *typed(const struct node *n)
{
    char *end;
    long long v;

    if (node_is_null(n))
        return json_null();
    if (n->plain && !strcmp(n->text, "true"))
        return json_true();
    if (n->plain && !strcmp(n->text, "false"))
        return json_false();
    errno = 0;
    v = strtoll(n->text, &end, 10);
    if (n->plain && *n->text && !*end && !errno)
        return json_integer(v);
    return jx_string(n->text, n->len);
}

/* Below these keys a scalar is what YAML makes of it. */
static bool is_typed(const char *key)
{
    return !strcmp(key, "value") || !strcmp(key, "set");
}

static json_t *to_json(const struct node *n, bool values)
{
    json_t *out;

    if (n->kind == NODE_SCALAR) {
        if (values)
            return typed(n);
        return node_is_null(n) ? json_null() : jx_string(n->text, n->len);
    }
    if (n->kind == NODE_LIST) {
        out = json_array();
        for (size_t i = 0; i < n->nr; i++)
            json_array_append_new(out, to_json(n->items[i], values));
        return out;
    }
    out = json_object();
    if (!values)
        json_object_set_new(
            out, "@", json_sprintf("%s:%d:%d", n->file, n->line, n->column));
    for (size_t i = 0; i < n->nr; i++) {
        const char *key = n->keys[i]->text;

        json_object_set_new(out, key,
                            to_json(n->items[i], values || is_typed(key)));
    }
    return out;
}

static json_t *member(const struct node *root, const char *key, bool values)
{
    const struct node *n = node_get(root, key);

    return n && !node_is_null(n) ? to_json(n, values) : NULL;
}

static struct scenario *build(const char *path, const struct node *root,
                              struct problems *pb)
{
    struct scenario *sc = xcalloc(1, sizeof(*sc));
    const struct node *steps = node_get(root, "steps");
    const struct node *start = node_get(root, "start");
    const struct node *name = node_get(root, "name");

    sc->path = xstrdup(path);
    sc->name = xstrdup(name && name->kind == NODE_SCALAR ? name->text : path);
    sc->config = member(root, "config", true);
    sc->defaults = member(root, "defaults", false);
    sc->rules = member(root, "rules", false);
    sc->steps = member(root, "steps", false);
    if (start
        && (start->kind != NODE_SCALAR
            || when_parse(start->text, &sc->start) < 0))
        problems_error(pb, start->file, start->line, start->column,
                       "start must be a time such as 2026-08-14T06:41:00Z");
    if (!steps || steps->kind != NODE_LIST || !steps->nr) {
        problems_error(pb, root->file, root->line, root->column,
                       "a scenario needs a list of steps");
        return sc;
    }
    for (size_t i = 0; i < steps->nr; i++)
        check_step(steps->items[i], pb);
    return sc;
}

struct scenario *scenario_load(const char *path, struct problems *pb)
{
    size_t before = pb->errors;
    struct document *d = document_read(path, pb);
    struct scenario *sc = NULL;

    if (d && d->root) {
        check_keys(d->root, top_keys, "a scenario", pb);
        if (d->root->kind == NODE_MAP)
            sc = build(path, d->root, pb);
    } else if (pb->errors == before) {
        problems_error(pb, path, 0, 0, "the file is empty");
    }
    if (d)
        document_free(d);
    if (pb->errors > before && sc) {
        scenario_free(sc);
        sc = NULL;
    }
    return sc;
}

void scenario_free(struct scenario *sc)
{
    free(sc->path);
    free(sc->name);
    json_decref(sc->config);
    json_decref(sc->defaults);
    json_decref(sc->rules);
    json_decref(sc->steps);
    free(sc);
}

/* "{n}" → the number, "{n%10}" → its remainder; a new string. */
static char *substitute(const char *s, long long n)
{
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    while (*s) {
        long long mod;
        int used = 0;

        if (str_starts(s, "{n}")) {
            strbuf_addf(&b, "%lld", n);
            s += 3;
        } else if (sscanf(s, "{n%%%lld}%n", &mod, &used) == 1 && used
                   && mod > 0) {
            strbuf_addf(&b, "%lld", n % mod);
            s += used;
        } else {
            strbuf_addc(&b, *s++);
        }
    }
    return b.buf;
}

static json_t *numbered(const json_t *v, long long n)
{
    const char *key;
    json_t *out, *child;
    size_t i;

    if (json_is_string(v)) {
        CLEANUP_FREE char *s = substitute(json_string_value(v), n);

        return json_string(s);
    }
    if (json_is_array(v)) {
        out = json_array();
        json_array_foreach((json_t *)v, i, child)
            json_array_append_new(out, numbered(child, n));
        return out;
    }
    if (!json_is_object(v))
        return json_incref((json_t *)v);
    out = json_object();
    json_object_foreach((json_t *)v, key, child) {
        CLEANUP_FREE char *k = substitute(key, n);

        json_object_set_new(out, k, numbered(child, n));
    }
    return out;
}

static void add_jobs(json_t *out, json_t *one)
{
    json_t *jobs = json_object_get(one, "jobs"), *job;
    size_t i;

    if (!json_is_array(jobs)) {
        json_array_append_new(out, one);
        return;
    }
    json_array_foreach(jobs, i, job) {
        json_t *copy = json_copy(one);

        json_object_del(copy, "jobs");
        json_object_set(copy, "job", job);
        json_array_append_new(out, copy);
    }
    json_decref(one);
}

json_t *scenario_expand(const json_t *obj, const json_t *defaults,
                        struct err *err)
{
    const char *range = jx_str(obj, "n");
    json_t *merged = defaults ? json_copy((json_t *)defaults) : json_object();
    json_t *out = json_array();
    long long first = 0, last = 0;
    char junk;

    json_object_update(merged, (json_t *)obj);
    json_object_del(merged, "n");
    if (range
        && (sscanf(range, "%lld..%lld%c", &first, &last, &junk) != 2
            || last < first || last - first > EXPAND_MAX)) {
        err_set(err, ERR_CONFIG, "%s: n must be FIRST..LAST",
                jx_str_or(obj, "@", "?"));
        json_decref(merged);
        json_decref(out);
        return NULL;
    }
    for (long long n = first; n <= last; n++)
        add_jobs(out, range ? numbered(merged, n) : json_deep_copy(merged));
    json_decref(merged);
    return out;
}
