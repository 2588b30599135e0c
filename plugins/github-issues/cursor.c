/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is kept from pass to pass: up to when our issues were swept, and of
 * whose teams we know that they cannot be called. Must do without it, too.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "plugins/github-issues/sink.h"

void cursor_load(struct sink *s)
{
    const char *text = s->host->cursor(s->host);
    json_t *v = text ? jx_parse(text, strlen(text), NULL) : NULL;

    json_decref(s->cursor);
    s->cursor = json_is_object(v) ? json_incref(v) : json_object();
    json_decref(v);
    s->dead_teams = jx_obj(s->cursor, "dead_teams");
    if (s->dead_teams)
        return;
    s->dead_teams = json_object();
    json_object_set_new(s->cursor, "dead_teams", s->dead_teams);
}

void cursor_save(struct sink *s)
{
    CLEANUP_FREE char *text = jx_dump(s->cursor);

    s->host->set_cursor(s->host, text);
}
