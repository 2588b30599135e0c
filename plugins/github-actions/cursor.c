/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The text of it comes from our own store, and is still looked at: a cursor
 * that is not what it should be is none.
 */
#include <config.h>

#include "plugins/github-actions/cursor.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"

#define CURSOR_VERSION 1

static json_t *part(json_t *doc, const char *key)
{
    json_t *v = json_object_get(doc, key);

    if (!json_is_object(v)) {
        v = json_object();
        json_object_set_new(doc, key, v);
    }
    return v;
}

void cursor_read(struct cursor *c, const char *text, const char *options)
{
    c->doc = text ? jx_parse(text, strlen(text), NULL) : NULL;
    if (jx_int(c->doc, "v", 0) != CURSOR_VERSION
        || !str_eq(jx_str(c->doc, "options"), options)) {
        json_decref(c->doc);
        c->doc = json_object();
    }
    jx_set_int(c->doc, "v", CURSOR_VERSION);
    jx_set_str(c->doc, "options", options);
    part(c->doc, "repos");
    part(c->doc, "heads");
    part(c->doc, "sweep");
    part(c->doc, "given");
}

void cursor_release(struct cursor *c)
{
    json_decref(c->doc);
    c->doc = NULL;
}

/* Without the runs it is known when a repository was read, and no more. */
static void forget_runs(json_t *repos)
{
    const char *name;
    json_t *entry;

    json_object_foreach(repos, name, entry)
        json_object_del(entry, "runs");
}

char *cursor_text(struct cursor *c)
{
    static const char *const parts[] = { "repos", "lists", "heads" };
    char *text = jx_dump(c->doc);

    for (int step = 0; strlen(text) > CURSOR_TEXT_MAX && step < 4; step++) {
        if (step == 0)
            forget_runs(part(c->doc, "repos"));
        else
            json_object_clear(part(c->doc, parts[step - 1]));
        free(text);
        text = jx_dump(c->doc);
    }
    return text;
}

json_t *cursor_repo(const struct cursor *c, const char *name)
{
    json_t *v = json_object_get(jx_obj(c->doc, "repos"), name);

    return json_is_object(v) ? v : NULL;
}

void cursor_set_repo(struct cursor *c, const char *name, json_t *entry)
{
    if (entry)
        json_object_set_new(part(c->doc, "repos"), name, entry);
    else
        json_object_del(part(c->doc, "repos"), name);
}

const char *cursor_head(const struct cursor *c, const char *id)
{
    return jx_str(jx_obj(c->doc, "heads"), id);
}

void cursor_set_head(struct cursor *c, const char *id, const char *fingerprint)
{
    if (fingerprint)
        jx_set_str(part(c->doc, "heads"), id, fingerprint);
    else
        json_object_del(part(c->doc, "heads"), id);
}

json_t *cursor_given(const struct cursor *c, const char *key)
{
    json_t *v = json_object_get(jx_obj(c->doc, "given"), key);

    return json_is_object(v) ? v : NULL;
}

void cursor_set_given(struct cursor *c, const char *key, json_t *jobs)
{
    json_object_set_new(part(c->doc, "given"), key, jobs);
}

void cursor_globs(struct cursor *c, char *const *globs)
{
    json_t *lists = part(c->doc, "lists"), *of = json_array();

    for (size_t i = 0; globs[i]; i++)
        jx_append_str(of, globs[i]);
    if (!json_equal(of, json_object_get(lists, "of")))
        json_object_clear(lists);
    json_object_set_new(lists, "of", of);
}

const json_t *cursor_page(const struct cursor *c, const char *url)
{
    return jx_obj(jx_obj(jx_obj(c->doc, "lists"), "pages"), url);
}

void cursor_set_page(struct cursor *c, const char *url, json_t *page)
{
    json_object_set_new(part(part(c->doc, "lists"), "pages"), url, page);
}

json_t *cursor_sweep(struct cursor *c)
{
    return part(c->doc, "sweep");
}

const char *cursor_next(const struct cursor *c)
{
    return jx_str(c->doc, "next");
}

void cursor_set_next(struct cursor *c, const char *name)
{
    if (name)
        jx_set_str(c->doc, "next", name);
    else
        json_object_del(c->doc, "next");
}
