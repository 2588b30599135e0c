/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * node_attrs/: recipes that the bot cannot read at all, so that it does
 * nothing for them any more. Must not look at anything but parsing_error:
 * the rest of these files is large and not ours.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/bot-logs/bot.h"

static bool parsing_file(struct bot *b, struct snap *s, const char *file,
                         const char *feedstock, json_t *doc)
{
    struct odd_place at = { b, s, file, "$.parsing_error" };
    const json_t *v = json_object_get(doc, "parsing_error");
    struct shape shape;
    struct entry *e;

    if (!json_is_object(doc)) {
        odd_schema(b, s, file, "$", "an object", doc);
        return true;
    }
    if (shape_is_empty(v) || json_is_false(v))
        return false;
    if (!json_is_string(v) && !json_is_object(v)) {
        odd_schema(b, s, file, "$.parsing_error", "false or a text", v);
        return true;
    }
    if (!bot_name(b, s, file, "$", feedstock) || bot_archived(b, feedstock)
        || jx_bool(doc, "archived", false)
        || shape_read(v, &shape, odd_shape, &at) < 0)
        return true;
    e = snap_entry(s, feedstock, "parsing", NULL);
    if (e)
        entry_set(b, e, &shape);
    shape_release(&shape);
    return true;
}

void parsing_trim(json_t *doc)
{
    static const char *const read[] = { "parsing_error", "archived" };

    bot_trim(doc, read, ARRAY_SIZE(read));
}

void parsing_collect(struct bot *b)
{
    struct snap *s = snap_new("parsing");

    if (b->online)
        s->taken = online_listed_moment(b);
    bot_walk(b, s, "node_attrs", parsing_file);
    snap_say(b, s);
}
