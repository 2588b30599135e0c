/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The mark and the list. When in doubt a file counts as unread; nothing here
 * may ever call a file read that was not.
 */
#include <config.h>

#include "plugins/logs/cursor.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"

#define CURSOR_VERSION 1
#define HEX_DIGITS 16

static int by_value(const void *pa, const void *pb)
{
    uint64_t a = *(const uint64_t *)pa;
    uint64_t b = *(const uint64_t *)pb;
    return a < b ? -1 : a > b;
}

static void cursor_load_list(struct logs_cursor *c, const char *hex)
{
    size_t n = strlen(hex) / HEX_DIGITS;
    c->listed = xcalloc(n + 1, sizeof(*c->listed));
    for (size_t i = 0; i < n; i++) {
        char one[HEX_DIGITS + 1] = "";
        memcpy(one, hex + i * HEX_DIGITS, HEX_DIGITS);
        c->listed[c->nr_listed++] = strtoull(one, NULL, 16);
    }
    qsort(c->listed, c->nr_listed, sizeof(*c->listed), by_value);
}

void logs_cursor_load(struct logs_cursor *c, const char *text,
                      const char *config, int64_t limit)
{
    *c = (struct logs_cursor){ .config = xstrdup(config), .limit = limit };
    if (text == NULL)
        return;
    CLEANUP_JSON json_t *v = jx_parse(text, strlen(text), NULL);
    if (jx_int(v, "v", 0) != CURSOR_VERSION
        || !str_eq(jx_str(v, "config"), config))
        return;
    c->mark = jx_int(v, "mark", 0);
    cursor_load_list(c, jx_str_or(v, "listed", ""));
    /* The clock went back: what comes now is stamped before the old mark. */
    if (c->mark > limit)
        c->mark = limit;
}

void logs_cursor_done(struct logs_cursor *c, int64_t stamp, uint64_t digest)
{
    ALLOC_GROW(c->done, c->nr_done + 1, c->alloc_done);
    c->done[c->nr_done++] = (struct logs_done){ stamp, digest };
}

bool logs_cursor_seen(struct logs_cursor *c, int64_t stamp, uint64_t digest)
{
    if (stamp < c->mark)
        return true;
    if (c->nr_listed == 0
        || bsearch(&digest, c->listed, c->nr_listed, sizeof(*c->listed),
                   by_value)
               == NULL)
        return false;
    logs_cursor_done(c, stamp, digest);
    return true;
}

static void cursor_drop_before(struct logs_cursor *c, int64_t mark)
{
    size_t k = 0;
    for (size_t i = 0; i < c->nr_done; i++)
        if (c->done[i].stamp >= mark)
            c->done[k++] = c->done[i];
    c->nr_done = k;
}

char *logs_cursor_text(struct logs_cursor *c, int64_t before)
{
    int64_t mark = before < c->limit ? before : c->limit;
    if (mark < c->mark)
        mark = c->mark;
    cursor_drop_before(c, mark);
    struct strbuf b;
    strbuf_init(&b, STRBUF_UNBOUNDED);
    strbuf_addf(
        &b, "{\"v\":%d,\"config\":\"%s\",\"mark\":%" PRId64 ",\"listed\":\"",
        CURSOR_VERSION, c->config, mark);
    for (size_t i = 0; i < c->nr_done && i < LOGS_LISTED_MAX; i++)
        strbuf_addf(&b, "%016" PRIx64, c->done[i].digest);
    strbuf_adds(&b, "\"}");
    return strbuf_take(&b);
}

void logs_cursor_release(struct logs_cursor *c)
{
    free(c->config);
    free(c->listed);
    free(c->done);
    *c = (struct logs_cursor){ .mark = 0 };
}
