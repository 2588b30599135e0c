/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Padded prefixes out of what people read. Must not touch what a fingerprint
 * is made of.
 */
#include <config.h>

#include "core/classify/prefix.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/strbuf.h"

/* Twice: once may be a name that somebody gave. */
#define PADDING "_placehold_placehold"

static bool ends_path(char c)
{
    return isspace((unsigned char)c) || (c && strchr("\"'`()[]{}<>=,;:|", c));
}

/* Where the path begins that s is in, not before from. */
static const char *path_start(const char *from, const char *s)
{
    const char *folder = s, *start;

    while (folder > from && folder[-1] != '/' && folder[-1] != '\\'
           && !ends_path(folder[-1]))
        folder--;
    for (start = folder; start > from && !ends_path(start[-1]);)
        start--;
    /* "-I/home/…": the option stays */
    if (*start == '-')
        start += strcspn(start, "/\\");
    if (start > folder)
        start = folder;
    if (start - from >= 2 && start[-1] == ':'
        && isalpha((unsigned char)start[-2]))
        start -= 2;
    return start;
}

char *prefix_shorten(const char *text)
{
    const char *s;
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    while ((s = strstr(text, PADDING))) {
        const char *start = path_start(text, s);

        strbuf_add(&b, text, (size_t)(start - text));
        strbuf_adds(&b, "$PREFIX");
        for (text = s;
             *text && *text != '/' && *text != '\\' && !ends_path(*text);)
            text++;
    }
    strbuf_adds(&b, text);
    return strbuf_take(&b);
}
