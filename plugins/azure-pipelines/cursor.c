/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The marks and their text. When in doubt a build counts as not handed over.
 */
#include <config.h>

#include "plugins/azure-pipelines/cursor.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"

#define CURSOR_VERSION 1

/* Sorted by id. The place of id, or where it would be. */
static size_t place_of(const struct azure_marks *m, int64_t id)
{
    size_t low = 0, high = m->nr;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (m->at[mid].id < id)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

struct azure_mark *azure_marks_find(const struct azure_marks *m, int64_t id)
{
    size_t i = place_of(m, id);

    return i < m->nr && m->at[i].id == id ? &m->at[i] : NULL;
}

void azure_marks_put(struct azure_marks *m, struct azure_mark mark)
{
    size_t i = place_of(m, mark.id);

    if (i == m->nr || m->at[i].id != mark.id) {
        ALLOC_GROW(m->at, m->nr + 1, m->alloc);
        memmove(&m->at[i + 1], &m->at[i], (m->nr - i) * sizeof(*m->at));
        m->nr++;
    }
    m->at[i] = mark;
}

void azure_marks_drop(struct azure_marks *m, int64_t id)
{
    size_t i = place_of(m, id);

    if (i == m->nr || m->at[i].id != id)
        return;
    m->nr--;
    memmove(&m->at[i], &m->at[i + 1], (m->nr - i) * sizeof(*m->at));
}

static void marks_read(struct azure_marks *m, const json_t *list, size_t max)
{
    const json_t *v;
    size_t i;

    json_array_foreach(list, i, v) {
        struct azure_mark mark = {
            .id = json_integer_value(json_array_get(v, 0)),
            .finished = json_integer_value(json_array_get(v, 1)),
            .tries = json_integer_value(json_array_get(v, 2)),
        };

        if (mark.id > 0 && mark.finished >= 0 && mark.tries >= 0 && m->nr < max)
            azure_marks_put(m, mark);
    }
}

void azure_cursor_read(struct azure_cursor *c, const char *text, const char *of)
{
    CLEANUP_JSON json_t *v = text ? jx_parse(text, strlen(text), NULL) : NULL;

    *c = (struct azure_cursor){ .of = xstrdup(of) };
    if (jx_int(v, "v", 0) != CURSOR_VERSION || !str_eq(jx_str(v, "of"), of))
        return;
    c->time = jx_int(v, "time", 0);
    if (c->time < 0)
        c->time = 0;
    marks_read(&c->seen, jx_arr(v, "seen"), AZURE_SEEN_MAX);
    marks_read(&c->watch, jx_arr(v, "watch"), AZURE_WATCH_MAX);
    c->newest_of = xstrdup0(jx_str(jx_obj(v, "newest"), "of"));
    c->newest_done = xstrdup0(jx_str(jx_obj(v, "newest"), "done"));
    c->newest_after = jx_int(jx_obj(v, "newest"), "after", 0);
    c->project_id = xstrdup0(jx_str(jx_obj(v, "project"), "id"));
    c->project_name = xstrdup0(jx_str(jx_obj(v, "project"), "name"));
}

/* Ids rise with time: the oldest come first. */
static size_t first_kept(const struct azure_marks *m, size_t max)
{
    return m->nr > max ? m->nr - max : 0;
}

char *azure_cursor_text(const struct azure_cursor *c, int64_t keep)
{
    CLEANUP_JSON json_t *v = json_object();
    json_t *seen = json_array(), *watch = json_array();

    for (size_t i = first_kept(&c->seen, AZURE_SEEN_MAX); i < c->seen.nr; i++)
        if (c->seen.at[i].finished >= keep)
            json_array_append_new(
                seen, json_pack("[I, I]", (json_int_t)c->seen.at[i].id,
                                (json_int_t)c->seen.at[i].finished));
    for (size_t i = first_kept(&c->watch, AZURE_WATCH_MAX); i < c->watch.nr;
         i++)
        json_array_append_new(
            watch, json_pack("[I, I, I]", (json_int_t)c->watch.at[i].id,
                             (json_int_t)c->watch.at[i].finished,
                             (json_int_t)c->watch.at[i].tries));
    jx_set_int(v, "v", CURSOR_VERSION);
    jx_set_str(v, "of", c->of);
    jx_set_int(v, "time", c->time);
    json_object_set_new(v, "seen", seen);
    json_object_set_new(v, "watch", watch);
    if (c->newest_of) {
        json_t *newest = json_object();

        jx_set_str(newest, "of", c->newest_of);
        jx_set_str(newest, "done", c->newest_done);
        jx_set_int(newest, "after", c->newest_after);
        json_object_set_new(v, "newest", newest);
    }
    if (c->project_id) {
        json_t *project = json_object();

        jx_set_str(project, "id", c->project_id);
        jx_set_str(project, "name", c->project_name);
        json_object_set_new(v, "project", project);
    }
    return jx_dump(v);
}

static bool says(const struct azure_marks *m, int64_t id, int64_t finished)
{
    const struct azure_mark *mark = azure_marks_find(m, id);

    return mark && mark->finished == finished;
}

bool azure_cursor_has(const struct azure_cursor *c, int64_t id,
                      int64_t finished)
{
    return says(&c->seen, id, finished) || says(&c->watch, id, finished);
}

void azure_cursor_release(struct azure_cursor *c)
{
    free(c->of);
    free(c->newest_of);
    free(c->newest_done);
    free(c->project_id);
    free(c->project_name);
    free(c->seen.at);
    free(c->watch.at);
    *c = (struct azure_cursor){ .time = 0 };
}
