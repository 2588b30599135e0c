/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The key tables as a JSON Schema, for editors. Must not promise more than
 * the tables check: names that other files define are only strings here.
 */
#include <config.h>

#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/config/loading.h"

#define DURATION_PATTERN "^(0|([0-9]+[smhdw])+)$"
#define PERIOD_PATTERN "^(0|([0-9]+[smhdw])+|hourly|daily|weekly)$"
#define NEVER_PATTERN "^(0|([0-9]+[smhdw])+|never)$"

static void define(json_t *defs, const struct section *s);

static json_t *ref(json_t *defs, const struct section *s)
{
    CLEANUP_FREE char *path = xasprintf("#/$defs/%s", s->name);

    define(defs, s);
    return json_pack("{s:s}", "$ref", path);
}

static json_t *text(const struct key *k)
{
    json_t *list;

    if (!k->words)
        return json_pack("{s:[s,s,s]}", "type", "string", "number", "boolean");
    list = json_array();
    for (size_t i = 0; k->words[i]; i++)
        json_array_append_new(list, json_string(k->words[i]));
    return json_pack("{s:o}", "enum", list);
}

static json_t *one_or_list(json_t *item)
{
    return json_pack("{s:[o,{s:s,s:O}]}", "anyOf", item, "type", "array",
                     "items", item);
}

static json_t *duration(const struct key *k)
{
    const char *pattern = k->flags & KEY_PERIOD  ? PERIOD_PATTERN
                          : k->flags & KEY_NEVER ? NEVER_PATTERN
                                                 : DURATION_PATTERN;

    return json_pack("{s:[{s:s,s:s},{s:i}]}", "anyOf", "type", "string",
                     "pattern", pattern, "const", 0);
}

static json_t *count(const struct key *k)
{
    if (k->flags & KEY_UNLIMITED)
        return json_pack("{s:[{s:s,s:i},{s:s}]}", "anyOf", "type", "integer",
                         "minimum", 0, "const", "unlimited");
    if (k->flags & KEY_SIGNED)
        return json_pack("{s:s}", "type", "integer");
    return json_pack("{s:s,s:i}", "type", "integer", "minimum", 0);
}

static json_t *value(json_t *defs, const struct key *k)
{
    switch (k->kind) {
    case VALUE_TEXT:
        return text(k);
    case VALUE_TEXTS:
        return one_or_list(text(k));
    case VALUE_BOOL:
        return json_pack("{s:s}", "type", "boolean");
    case VALUE_COUNT:
        return count(k);
    case VALUE_NUMBER:
        return json_pack("{s:s,s:i}", "type", "number", "minimum", 0);
    case VALUE_DURATION:
        return duration(k);
    case VALUE_SIZE:
        return json_pack("{s:[{s:s,s:s},{s:s}]}", "anyOf", "type", "string",
                         "pattern", "^[0-9]+[KMG]?$", "type", "integer");
    case VALUE_SECTION:
        return ref(defs, k->section);
    case VALUE_LIST:
        return json_pack("{s:s,s:o}", "type", "array", "items",
                         ref(defs, k->section));
    case VALUE_NAMED:
        return json_pack("{s:s,s:o}", "type", "object", "additionalProperties",
                         ref(defs, k->section));
    case VALUE_MAP:
        return json_pack("{s:s}", "type", "object");
    }
    BUG("value kind %d", (int)k->kind);
}

static json_t *section(json_t *defs, const struct section *s)
{
    json_t *properties = json_object(), *required = json_array();
    json_t *schema =
        json_pack("{s:s,s:b,s:o}", "type", "object", "additionalProperties",
                  s->other != NULL && !strstr(s->name, "policy"), "properties",
                  properties);

    for (size_t i = 0; i < s->nr; i++) {
        json_t *v = value(defs, &s->keys[i]);

        json_object_set_new(v, "description", json_string(s->keys[i].help));
        json_object_set_new(properties, s->keys[i].name, v);
        if (s->keys[i].flags & KEY_REQUIRED)
            json_array_append_new(required, json_string(s->keys[i].name));
    }
    if (json_array_size(required))
        json_object_set(schema, "required", required);
    json_decref(required);
    return schema;
}

static void define(json_t *defs, const struct section *s)
{
    if (json_object_get(defs, s->name))
        return;
    /* Before it is made: routes hold routes. */
    json_object_set_new(defs, s->name, json_null());
    json_object_set_new(defs, s->name, section(defs, s));
}

json_t *settings_schema(void)
{
    json_t *defs = json_object();
    json_t *schema = section(defs, &file_section);

    json_object_set_new(schema, "$schema",
                        json_string("https://json-schema.org/draft/2020-12/"
                                    "schema"));
    json_object_set_new(schema, "title",
                        json_string("Tocsin configuration, tocsin.yaml(5)"));
    json_object_set_new(schema, "$defs", defs);
    return schema;
}
