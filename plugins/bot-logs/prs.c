/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pr_info/: what the bot could not make a pull request of. Its errors stay
 * there for years after a migration has ended, so what status/ knows to be
 * over is left out. Must not take silence of status/ for an end.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/bot-logs/bot.h"

#define MIGRATION_NAME_MAX 200

/* Does "prs" tell this one? "migration:NAME" tells some, some are over. */
static bool is_ours(const struct bot *b, const char *feedstock,
                    const char *migration)
{
    const json_t *known = json_object_get(b->migrations, migration);
    const char *list = jx_str(known, feedstock);
    bool failing = str_eq(list, "bot-error") || str_eq(list, "not-solvable");

    if (!known)
        return !b->open_migrations
               || json_object_get(b->open_migrations, migration);
    if (!list || str_eq(list, "done") || str_eq(list, "in-pr"))
        return false;
    return !failing || !(b->what & BOT_MIGRATIONS);
}

static bool migration_name(struct bot *b, struct snap *s, const char *file,
                           const char *path, const char *name)
{
    bool fine = *name && strlen(name) <= MIGRATION_NAME_MAX;

    for (const unsigned char *p = (const unsigned char *)name; *p; p++)
        if (*p < ' ' || *p == 0x7f)
            fine = false;
    if (!fine)
        odd_say(b, s, ODD_SCHEMA, "%s: %s: no name of a migration", file, path);
    return fine;
}

static void migration_failed(struct bot *b, struct snap *s, const char *file,
                             const char *feedstock, json_t *doc,
                             const char *name, const json_t *error)
{
    json_t *attempts = bot_map(b, s, file, doc, "pre_pr_migrator_attempts");
    json_t *times = bot_map(b, s, file, doc, "pre_pr_migrator_attempt_ts");
    CLEANUP_FREE char *path = odd_path("$.pre_pr_migrator_status", name);
    CLEANUP_FREE char *task = xasprintf("migration:%s", name);
    struct odd_place at = { b, s, file, path };
    struct shape shape;
    struct entry *e;

    if (!migration_name(b, s, file, path, name)
        || shape_read(error, &shape, odd_shape, &at) < 0)
        return;
    e = snap_entry(s, feedstock, task, NULL);
    if (e) {
        entry_set(b, e, &shape);
        str_replace(&e->target, name);
        if (e->attempts < 0)
            e->attempts = bot_tries(b, s, file, attempts,
                                    "pre_pr_migrator_attempts", name);
        e->last = bot_time(times, name);
    }
    shape_release(&shape);
}

static void bad_entry(struct bot *b, struct snap *s, const char *file,
                      const char *feedstock, const json_t *bad)
{
    struct odd_place at = { b, s, file, "$.bad" };
    struct shape shape;
    struct entry *e;

    if (shape_bad(bad, &shape, odd_shape, &at) < 0)
        return;
    e = snap_entry(s, feedstock, "pr", NULL);
    if (e)
        entry_set(b, e, &shape);
    shape_release(&shape);
}

/* Every migration with an error, in whichever of the two maps it is; the
 * structured one wins. New. */
static json_t *errors_of(struct bot *b, struct snap *s, const char *file,
                         json_t *doc)
{
    json_t *texts = bot_map(b, s, file, doc, "pre_pr_migrator_status");
    json_t *objects =
        bot_map(b, s, file, doc, "pre_pr_migrator_status_payload");
    json_t *out = json_object();
    const char *name;
    json_t *v;

    json_object_foreach(texts, name, v)
        if (!shape_is_empty(v))
            json_object_set(out, name, v);
    json_object_foreach(objects, name, v)
        if (!shape_is_empty(v))
            json_object_set(out, name, v);
    return out;
}

static bool prs_file(struct bot *b, struct snap *s, const char *file,
                     const char *feedstock, json_t *doc)
{
    CLEANUP_JSON json_t *errors = NULL;
    const json_t *bad = json_object_get(doc, "bad");
    const char *name;
    json_t *v;

    if (!json_is_object(doc)) {
        odd_schema(b, s, file, "$", "an object", doc);
        return true;
    }
    errors = errors_of(b, s, file, doc);
    if (!bot_bad(b, s, file, bad))
        bad = NULL;
    if (!bad && !json_object_size(errors))
        return false;
    if (!bot_name(b, s, file, "$", feedstock) || bot_archived(b, feedstock))
        return true;
    json_object_foreach(errors, name, v)
        if (is_ours(b, feedstock, name))
            migration_failed(b, s, file, feedstock, doc, name, v);
    if (bad)
        bad_entry(b, s, file, feedstock, bad);
    return true;
}

void prs_trim(json_t *doc)
{
    static const char *const read[] = {
        "bad",
        "pre_pr_migrator_status",
        "pre_pr_migrator_status_payload",
        "pre_pr_migrator_attempts",
        "pre_pr_migrator_attempt_ts",
    };

    bot_trim(doc, read, ARRAY_SIZE(read));
}

void prs_collect(struct bot *b)
{
    struct snap *s = snap_new("prs");

    if (b->online)
        s->taken = online_listed_moment(b);
    bot_walk(b, s, "pr_info", prs_file);
    snap_say(b, s);
}
