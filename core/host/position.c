/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a source is: its cursor, the projects that are asked for, the item
 * it is at. Must not let anything be lost that came before an item.
 */
#include <config.h>

#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/host/services-private.h"

#define CURSOR_MS 50
/* Sources that read folders keep what they have seen in it. With one element
 * and twice its length, for it is escaped, it still fits into a frame. */
#define CURSOR_MAX ((size_t)1536 << 10)

static const char *host_cursor(const struct tocsin_host *host)
{
    struct services *s = services_of(host);

    return s->cursor ? s->cursor : jx_str(s->start, "cursor");
}

static int host_set_cursor(const struct tocsin_host *host, const char *cursor)
{
    struct services *s = services_of(host);
    CLEANUP_JSON json_t *v = NULL;
    CLEANUP_FREE char *text = NULL;

    if (!cursor || strnlen(cursor, CURSOR_MAX + 1) > CURSOR_MAX)
        return report_refuse(s, "a cursor",
                             "it is NULL or longer than 1536 KiB");
    v = jx_string(cursor, strlen(cursor));
    text = jx_dump(v);
    if (strlen(text) > 2 * CURSOR_MAX)
        return report_refuse(s, "a cursor",
                             "it holds too many control characters");
    str_replace(&s->cursor, cursor);
    s->cursor_changed = true;
    /* The frame may take in more runs: they are behind the cursor, which
     * then says less than it could and never more. A sink's goes out before
     * what the sink does next. */
    services_flush_if_due(s, s->is_sink ? 0 : CURSOR_MS);
    return TOCSIN_OK;
}

static size_t host_interest_count(const struct tocsin_host *host)
{
    return json_array_size(jx_arr(services_of(host)->start, "interest"));
}

static const char *host_interest(const struct tocsin_host *host, size_t i)
{
    const json_t *list = jx_arr(services_of(host)->start, "interest");

    return json_string_value(json_array_get(list, i));
}

void position_enter(struct services *s, const char *item)
{
    json_t *frame;

    if (str_eq(s->item, item))
        return;
    frame = json_object();
    /* All that came before must survive what this item may do. */
    services_flush(s);
    jx_set_str(frame, "t", "item");
    json_object_set_new(frame, "id", json_null());
    str_replace(&s->item, item);
    jx_set_str(frame, "id", item);
    services_send(s, frame);
}

static int host_item(const struct tocsin_host *host, const char *id)
{
    struct services *s = services_of(host);
    CLEANUP_FREE char *name = NULL;
    bool skip;

    services_flush(s);
    if (id && strnlen(id, TEXT_MAX + 1) <= TEXT_MAX)
        name = utf8_repair(id, strlen(id));
    skip = !name || json_object_get(s->skip, name) != NULL;
    position_enter(s, skip ? NULL : name);
    if (!name)
        return report_refuse(s, "an item",
                             "its id is NULL or longer than 4096 "
                             "bytes");
    return skip ? TOCSIN_REJECT : TOCSIN_OK;
}

void position_init(struct services *s)
{
    const json_t *skip = jx_arr(s->start, "skip");

    s->skip = json_object();
    for (size_t i = 0; i < json_array_size(skip); i++) {
        const char *item = json_string_value(json_array_get(skip, i));

        if (item)
            jx_set_bool(s->skip, item, true);
    }
    s->host.cursor = host_cursor;
    s->host.set_cursor = host_set_cursor;
    if (s->is_sink)
        return;
    s->host.interest_count = host_interest_count;
    s->host.interest = host_interest;
    s->host.item = host_item;
}

void position_release(struct services *s)
{
    json_decref(s->skip);
    free(s->item);
}
