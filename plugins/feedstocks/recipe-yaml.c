/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The list of maintainers out of a recipe.yaml, which is YAML, read event by
 * event. Must not follow an alias nor build a document: a recipe can be
 * nested without end.
 */
#include <config.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "plugins/feedstocks/maintainers.h"
#include "plugins/feedstocks/names.h"

#define YAML_DEPTH_MAX 100
#define YAML_EVENTS_MAX 500000

struct reader {
    yaml_parser_t parser;
    yaml_event_t event;
    bool has_event;
    size_t events;
    const char **why;
};

static bool next_event(struct reader *r)
{
    if (r->has_event)
        yaml_event_delete(&r->event);
    r->has_event = false;
    if (r->events++ == YAML_EVENTS_MAX) {
        *r->why = "the recipe is too large";
        return false;
    }
    if (!yaml_parser_parse(&r->parser, &r->event)) {
        *r->why = "the recipe is no YAML";
        return false;
    }
    r->has_event = true;
    return true;
}

/* Past the node whose first event is at hand. */
static bool skip_node(struct reader *r)
{
    int depth = 0;

    for (;;) {
        switch (r->event.type) {
        case YAML_MAPPING_START_EVENT:
        case YAML_SEQUENCE_START_EVENT:
            if (++depth > YAML_DEPTH_MAX) {
                *r->why = "the recipe is nested too deep";
                return false;
            }
            break;
        case YAML_MAPPING_END_EVENT:
        case YAML_SEQUENCE_END_EVENT:
            depth--;
            break;
        case YAML_NO_EVENT:
        case YAML_STREAM_END_EVENT:
            *r->why = "the recipe ends early";
            return false;
        default:
            break;
        }
        if (depth == 0)
            return true;
        if (!next_event(r))
            return false;
    }
}

static bool scalar_is(const struct reader *r, const char *s)
{
    return r->event.type == YAML_SCALAR_EVENT
           && r->event.data.scalar.length == strlen(s)
           && memcmp(r->event.data.scalar.value, s, strlen(s)) == 0;
}

static enum maintainers read_names(struct reader *r, json_t *names)
{
    *r->why = "recipe-maintainers is no list";
    if (r->event.type != YAML_SEQUENCE_START_EVENT)
        return MAINTAINERS_UNCLEAR;
    for (;;) {
        const char *s;
        size_t n;

        if (!next_event(r))
            return MAINTAINERS_UNCLEAR;
        if (r->event.type == YAML_SEQUENCE_END_EVENT)
            return json_array_size(names) ? MAINTAINERS_OK : MAINTAINERS_NONE;
        *r->why = "recipe-maintainers holds something that is no login";
        if (r->event.type != YAML_SCALAR_EVENT)
            return MAINTAINERS_UNCLEAR;
        s = (const char *)r->event.data.scalar.value;
        n = r->event.data.scalar.length;
        if ((r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE
             && names_yaml_reads_otherwise(s, n))
            || !names_add(names, s, n))
            return MAINTAINERS_UNCLEAR;
    }
}

/* A mapping is at hand: reads it all, and calls value at the first event of
 * what stands under key. -1: trouble, or the key is there twice; else how
 * often it was there. */
static int find_key(struct reader *r, const char *key,
                    int (*value)(struct reader *r, void *user), void *user)
{
    int found = 0;

    if (r->event.type != YAML_MAPPING_START_EVENT)
        return 0;
    for (;;) {
        bool ours;

        if (!next_event(r))
            return -1;
        if (r->event.type == YAML_MAPPING_END_EVENT)
            return found;
        ours = scalar_is(r, key);
        if (!skip_node(r) || !next_event(r))
            return -1;
        if (ours && found++) {
            *r->why = "the recipe has a key twice";
            return -1;
        }
        if (ours ? value(r, user) < 0 : !skip_node(r))
            return -1;
    }
}

struct found {
    json_t *names;
    enum maintainers got;
};

static int names_value(struct reader *r, void *user)
{
    struct found *f = user;

    f->got = read_names(r, f->names);
    return f->got == MAINTAINERS_UNCLEAR ? -1 : 1;
}

static int extra_value(struct reader *r, void *user)
{
    *r->why = "extra is no mapping";
    if (r->event.type != YAML_MAPPING_START_EVENT)
        return -1;
    return find_key(r, "recipe-maintainers", names_value, user);
}

static enum maintainers read_document(struct reader *r, struct found *f)
{
    do {
        if (!next_event(r))
            return MAINTAINERS_UNCLEAR;
    } while (r->event.type == YAML_STREAM_START_EVENT
             || r->event.type == YAML_DOCUMENT_START_EVENT);
    if (find_key(r, "extra", extra_value, f) < 0)
        return MAINTAINERS_UNCLEAR;
    return f->got;
}

enum maintainers maintainers_recipe_yaml(const char *text, size_t n,
                                         json_t **out, const char **why)
{
    struct reader r = { .why = why };
    struct found f = { json_array(), MAINTAINERS_NONE };
    enum maintainers got;

    *why = "";
    if (!yaml_parser_initialize(&r.parser))
        BUG("out of memory");
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, n);
    got = read_document(&r, &f);
    if (r.has_event)
        yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    if (got == MAINTAINERS_OK)
        *out = f.names;
    else
        json_decref(f.names);
    return got;
}
