/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the templates are told of many: the lines of a list, an outbreak, and
 * Tocsin's own trouble. Must not escape anything itself.
 */
#include <config.h>

#include "core/deliver/context.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"

static json_t *item_context(const struct subject *s, size_t nr,
                            const struct safety *how, const struct fill *fill)
{
    const struct incident *i = &s->members[nr];
    json_t *o = json_object();

    if (s->needs && s->needs[nr] > 0) {
        jx_set_int(o, "item_needs", s->needs[nr]);
        jx_set_bool(o, "item_need_one", s->needs[nr] == 1);
    }

    jx_set_str(o, "item_project", i->project);
    jx_set_str(o, "item_branch", i->branch);
    context_url(o, "item_url", i->url);
    context_day(o, "item_since", i->first_seen);
    jx_set_bool(o, "item_new", nr < s->nr_new && s->nr_new < s->nr);
    context_made(o, "item_summary", summary_of(s, i, how, SAFETY_CODE, fill));
    return o;
}

void items_set(json_t *o, const struct subject *s, const struct safety *how,
               const struct fill *fill)
{
    json_t *list = json_array();
    size_t shown = fill->trusted_only ? 0 : fill->items;

    for (size_t k = 0; k < s->nr && k < shown; k++)
        json_array_append_new(list, item_context(s, k, how, fill));
    if (json_array_size(list))
        json_object_set(o, "items", list);
    if (s->nr > shown)
        jx_set_int(o, "more_items", (int64_t)(s->nr - shown));
    jx_set_int(o, "total", (int64_t)s->nr);
    jx_set_bool(o, "total_one", s->nr == 1);
    json_decref(list);
}

/* ---- an outbreak ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int64_t count_projects(const struct subject *s)
{
    const char **names = xcalloc(s->nr + 1, sizeof(*names));
    int64_t nr = 0;

    for (size_t i = 0; i < s->nr; i++)
        names[i] = str_or(s->members[i].project, "");
    qsort(names, s->nr, sizeof(*names), by_name);
    for (size_t i = 0; i < s->nr; i++)
        nr += i == 0 || strcmp(names[i], names[i - 1]);
    free(names);
    return nr;
}

static void set_samples(json_t *o, const struct subject *s)
{
    json_t *list = json_array();

    for (size_t k = s->nr; k-- > 0 && json_array_size(list) < 3;) {
        json_t *one;

        if (!safety_url_ok(s->members[k].url))
            continue;
        one = json_object();
        jx_set_str(one, "sample_project", s->members[k].project);
        jx_set_str(one, "sample_url", s->members[k].url);
        jx_set_bool(one, "sample_first", !json_array_size(list));
        json_array_append_new(list, one);
    }
    if (json_array_size(list))
        json_object_set(o, "samples", list);
    jx_set_bool(o, "has_samples", json_array_size(list) > 0);
    json_decref(list);
}

void outbreak_set(json_t *o, const struct subject *s, const struct fill *fill)
{
    int64_t projects = count_projects(s);

    jx_set_int(o, "projects", projects);
    if (s->has_outbreak) {
        if (s->outbreak.projects > projects)
            jx_set_int(o, "projects", s->outbreak.projects);
        jx_set_int(o, "owners", s->outbreak.owners);
        context_minute(o, "began", s->outbreak.began);
        context_minute(o, "over_since", s->outbreak.ended);
    } else if (s->nr) {
        context_minute(o, "began", s->members[0].first_seen);
    }
    jx_set_bool(o, "project_one", jx_int(o, "projects", 0) == 1);
    jx_set_bool(o, "owner_one", jx_int(o, "owners", 0) == 1);
    jx_set_int(o, "told_before", s->told_before);
    jx_set_bool(o, "told_one", s->told_before == 1);
    if (!fill->trusted_only)
        set_samples(o, s);
}

/* ---- Tocsin's own trouble ---- */

/* A name is the configuration's; a text may quote anything. */
void troubles_set(json_t *o, const struct subject *s, const struct fill *fill)
{
    json_t *list = json_array(), *v;
    size_t i, all = json_array_size(s->troubles);

    jx_set_bool(o, "is_operators", true);
    jx_set_str(o, "command", "tocsin status");
    json_array_foreach(s->troubles, i, v) {
        json_t *one;

        if (i >= fill->items && i)
            break;
        one = json_object();
        jx_set_str(one, "trouble_instance", jx_str(v, "instance"));
        if (!fill->trusted_only)
            jx_set_str(one, "trouble_text", jx_str(v, "text"));
        context_minute(one, "trouble_since", jx_int(v, "since", 0));
        json_array_append_new(list, one);
    }
    if (all > json_array_size(list))
        jx_set_int(o, "more_troubles", (int64_t)(all - json_array_size(list)));
    if (all)
        json_object_set(o, "troubles", list);
    json_decref(list);
}
