/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What became of a ticket before, as a table of a few lines: told, green,
 * red again. Must not hold a word of anybody else, and must not grow.
 */
#include <config.h>

#include "core/deliver/subject.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/when.h"
#include "core/route/reason.h"

#define LINES_MAX 8

static const struct {
    const char *event, *words;
} known[] = {
    { REASON_OPENED, "red, and told" },
    { REASON_REOPENED, "red again, and opened again" },
    { REASON_RECOVERED, "green again" },
    { REASON_SUPERSEDED, "failed for another reason from then on" },
    { REASON_GONE, "gone from the list of its source" },
    { REASON_WITHDRAWN, "part of an outbreak" },
    { REASON_ARCHIVED, "archived" },
    { REASON_RETRACTED, "taken back" },
};

static const char *words_of(const char *event)
{
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (str_eq(known[i].event, event))
            return known[i].words;
    return NULL;
}

static int note(void *user, int64_t at, const char *event, const char *text)
{
    json_t *lines = user, *one;
    const char *words = words_of(event);
    CLEANUP_FREE char *day = when_format_day(at);

    (void)text;
    if (!words)
        return 0;
    one = json_object();
    jx_set_str(one, "past_day", day);
    jx_set_str(one, "past_what", words);
    json_array_append_new(lines, one);
    return 0;
}

int past_load(struct subject *s, struct store *st, struct err *err)
{
    json_t *lines;

    if (s->ticket->reopened <= 0 || !s->ticket->project)
        return 0;
    lines = json_array();
    if (store_history_each(st, s->ticket->id, note, lines, err) < 0) {
        json_decref(lines);
        return -1;
    }
    s->past = lines;
    return 0;
}

/* The first and the newest; those between are counted. */
void past_set(json_t *o, const struct subject *s)
{
    size_t all = json_array_size(s->past);
    CLEANUP_JSON json_t *lines = json_array();
    size_t left = all > LINES_MAX ? all - LINES_MAX : 0;

    if (all < 2)
        return;
    for (size_t i = left ? left + 1 : 0; i < all; i++)
        json_array_append(lines, json_array_get(s->past, i));
    if (left) {
        CLEANUP_FREE char *words = xasprintf("and %zu more", left);
        CLEANUP_JSON json_t *more =
            json_pack("{s:s, s:s}", "past_day", "", "past_what", words);

        json_array_insert(lines, 0, json_array_get(s->past, 0));
        json_array_insert(lines, 1, more);
    }
    jx_set_bool(o, "has_past", true);
    json_object_set(o, "past", lines);
}
