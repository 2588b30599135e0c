/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Projects of which something is open and that the options do not name any
 * more: no run will ever end it, so the operators are asked. Must not ask
 * about one that is read under another name, or that could not be looked for.
 */
#include <config.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "plugins/github-actions/gha.h"
#include "plugins/github-actions/heads.h"

#define NAMED_MAX 5

static char *lower(const char *name)
{
    char *s = xstrdup(name);

    for (char *c = s; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return s;
}

void unread_not(struct gha *g, const char *name, const char *id)
{
    CLEANUP_FREE char *key = lower(name);

    jx_set_bool(g->named, key, true);
    if (id)
        jx_set_bool(g->named, id, true);
}

static bool is_unread(const struct gha *g, const char *name)
{
    CLEANUP_FREE char *key = lower(name);
    const char *id = jx_str(cursor_repo(&g->cursor, name), "id");

    if (!api_repository_fine(name) || json_object_get(g->named, key)
        || (id && json_object_get(g->named, id)))
        return false;
    return !g->sweep || !heads_is_wanted(g, name);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void tell(struct gha *g, const char *const *names, size_t nr)
{
    CLEANUP_STRBUF struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    for (size_t i = 0; i < nr && i < NAMED_MAX; i++)
        strbuf_addf(&b, "%s%s", i ? ", " : "", names[i]);
    strbuf_addf(&b,
                "%s: something is open there, and this source does not read it "
                "any more. Name it again, or say that it is over: tocsin "
                "approve %s %s",
                nr > NAMED_MAX ? " and others" : "", g->host->instance(g->host),
                names[0]);
    g->host->notice(g->host, "unread-projects", b.buf);
}

void unread_tell(struct gha *g)
{
    const struct tocsin_host *host = g->host;
    size_t all = host->interest_count(host), nr = 0;
    CLEANUP_FREE const char **names = xcalloc(all + 1, sizeof(*names));

    for (size_t i = 0; i < all; i++)
        if (is_unread(g, host->interest(host, i)))
            names[nr++] = host->interest(host, i);
    if (!nr || g->blind || api_is_over(&g->api))
        return;
    qsort(names, nr, sizeof(*names), by_text);
    tell(g, names, nr);
}
