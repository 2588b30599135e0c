/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Snapshots, gathered and then said. Must not call a snapshot complete
 * because it is empty: only those who read the files know.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/bot-logs/bot.h"

struct snap *snap_new(const char *name)
{
    struct snap *s = xcalloc(1, sizeof(*s));

    s->name = xstrdup(name);
    s->index = json_object();
    s->complete = true;
    return s;
}

static void entry_free(struct entry *e)
{
    free(e->key);
    free(e->feedstock);
    free(e->branch);
    free(e->task);
    free(e->target);
    free(e->url);
    free(e->text);
    free(e->digest);
    free(e);
}

void snap_free(struct snap *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->nr; i++)
        entry_free(s->entries[i]);
    free(s->entries);
    json_decref(s->index);
    free(s->name);
    free(s->why);
    free(s);
}

struct entry *snap_entry(struct snap *s, const char *feedstock,
                         const char *task, bool *is_new)
{
    CLEANUP_FREE char *key = xasprintf("%s:%s", feedstock, task);
    const json_t *at = json_object_get(s->index, key);
    struct entry *e;

    if (is_new)
        *is_new = !at;
    if (at)
        return s->entries[json_integer_value(at)];
    if (s->nr == BOT_ENTRIES_MAX) {
        s->complete = false;
        str_replace(&s->why, "too many entries");
        return NULL;
    }
    ALLOC_GROW(s->entries, s->nr + 1, s->alloc);
    e = xcalloc(1, sizeof(*e));
    e->key = xstrdup(key);
    e->feedstock = xstrdup(feedstock);
    e->task = xstrdup(task);
    e->attempts = -1;
    json_object_set_new(s->index, key, json_integer((json_int_t)s->nr));
    s->entries[s->nr++] = e;
    return e;
}

/* What the shape knows goes in where nothing is yet. */
void entry_set(struct bot *b, struct entry *e, const struct shape *shape)
{
    const char *dflt = jx_str(b->default_branches, e->feedstock);

    if (!e->text)
        e->text = xstrdup(shape->text);
    if (!e->url)
        e->url = xstrdup0(shape->url);
    /* NULL stands for the default branch; say it in one way only. */
    if (!e->branch && shape->branch && !str_eq(shape->branch, dflt))
        e->branch = xstrdup(shape->branch);
    if (e->attempts < 0)
        e->attempts = shape->attempts;
}

static int by_key(const void *a, const void *b)
{
    const struct entry *const *x = a, *const *y = b;

    return strcmp((*x)->key, (*y)->key);
}

static void entry_say(const struct bot *b, const struct entry *e)
{
    CLEANUP_FREE char *project =
        xasprintf("%s/%s%s", b->owner, e->feedstock, b->suffix);
    struct tocsin_entry out = TOCSIN_ENTRY_INIT;

    out.key = e->key;
    out.project = project;
    out.branch = e->branch;
    out.task = e->task;
    out.target = e->target;
    out.url = e->url;
    out.text = e->text ? e->text : "";
    out.text_len = strlen(out.text);
    /* It failed, so it was tried, whoever lost the count. */
    out.attempts = e->attempts < 0 ? 1 : e->attempts;
    out.first = e->first;
    out.last = e->last;
    if (e->implausible) {
        out.category = "bot/implausible-version";
        out.blame = "bot";
    }
    b->host->snapshot_entry(b->host, &out);
}

void snap_say(struct bot *b, struct snap *s)
{
    if (s->nr)
        qsort(s->entries, s->nr, sizeof(*s->entries), by_key);
    b->host->snapshot_begin(b->host, s->name,
                            s->taken ? s->taken : moment_of_checkout(b));
    for (size_t i = 0; i < s->nr; i++)
        entry_say(b, s->entries[i]);
    b->host->snapshot_end(b->host, s->complete, s->why);
    snap_free(s);
}
