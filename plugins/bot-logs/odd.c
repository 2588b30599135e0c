/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What was not as it should be: noted while reading, told once at the end.
 * Must not depend on the order of the files beyond the first few, or the
 * operators would hear the same thing as news.
 */
#include <config.h>

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "plugins/bot-logs/bot.h"

#define TOLD_MAX 5   /* findings named in a notice */
#define KEPT_MAX 200 /* and noted at all, of each kind */
#define KEY_MAX_SHOWN 80

static void incomplete(struct snap *snap, const char *why)
{
    if (!snap)
        return;
    snap->complete = false;
    if (!snap->why)
        snap->why = xstrdup(why);
}

void odd_error(struct bot *b, struct snap *snap, const struct err *err)
{
    if (err->code == ERR_REMOTE)
        incomplete(snap, err_msg(err));
    else
        odd_say(b, snap, ODD_UNREADABLE, "%s", err_msg(err));
}

void odd_say(struct bot *b, struct snap *snap, enum odd kind, const char *fmt,
             ...)
{
    CLEANUP_FREE char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    text = xvasprintf(fmt, ap);
    va_end(ap);
    for (char *p = text; *p; p++)
        if (iscntrl((unsigned char)*p))
            *p = '?';
    incomplete(snap, text);
    if (json_array_size(b->odd[kind]) <= KEPT_MAX)
        jx_append_str(b->odd[kind], text);
}

void odd_schema(struct bot *b, struct snap *snap, const char *file,
                const char *path, const char *wanted, const json_t *found)
{
    odd_say(b, snap, ODD_SCHEMA, "%s: %s: wanted %s, found %s", file, path,
            wanted, shape_type(found));
}

char *odd_path(const char *path, const char *key)
{
    CLEANUP_FREE char *shown = NULL;
    bool plain = *key != '\0';

    for (const char *p = key; *p; p++)
        if (!isalnum((unsigned char)*p) && *p != '_' && *p != '-')
            plain = false;
    if (plain && strlen(key) <= KEY_MAX_SHOWN)
        return xasprintf("%s.%s", path, key);
    shown = utf8_repair(key, strlen(key) > KEY_MAX_SHOWN ? KEY_MAX_SHOWN
                                                         : strlen(key));
    return xasprintf("%s[\"%s\"]", path, shown);
}

void odd_shape(void *user, const char *member, const char *wanted,
               const json_t *found)
{
    const struct odd_place *at = user;
    CLEANUP_FREE char *path =
        xasprintf("%s%s%s", at->path, *member ? "." : "", member);

    odd_schema(at->b, at->snap, at->file, path, wanted, found);
}

void odd_flush(struct bot *b)
{
    static const char *const codes[] = { "schema-drift", "unreadable" };

    for (size_t kind = 0; kind < ARRAY_SIZE(codes); kind++) {
        CLEANUP_FREE char *text =
            jx_list_some(b->odd[kind], TOLD_MAX, KEPT_MAX);

        if (text)
            b->host->notice(b->host, codes[kind], text);
    }
}
