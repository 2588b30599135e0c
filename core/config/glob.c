/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Syntax of globs. Must not be more lenient than what matches them.
 */
#include <config.h>

#include "core/config/glob.h"

#include <stddef.h>
#include <string.h>

#include "core/base/mem.h"

/* The end of the bracket expression that opens at p, NULL without one. */
static const char *bracket_end(const char *p)
{
    p++;
    if (*p == '!' || *p == '^')
        p++;
    if (*p == ']')
        p++;
    while (*p && *p != ']' && *p != '/')
        p += p[0] == '\\' && p[1] ? 2 : 1;
    return *p == ']' ? p : NULL;
}

char *glob_wrong(const char *text)
{
    int depth = 0;

    if (!*text)
        return xstrdup("it is empty");
    for (const char *p = text; *p; p++) {
        switch (*p) {
        case '\\':
            if (!*++p)
                return xstrdup("it ends in a backslash");
            break;
        case '[':
            p = bracket_end(p);
            if (!p)
                return xstrdup("a [ without its ]");
            break;
        case '{':
            if (depth++)
                return xstrdup("a { within a {");
            break;
        case '}':
            if (!depth--)
                return xstrdup("a } without its {");
            break;
        default:
            break;
        }
    }
    return depth ? xstrdup("a { without its }") : NULL;
}

char *project_glob_wrong(const char *text)
{
    char *why = glob_wrong(text);

    if (why || strchr(text, '/') || strstr(text, "**"))
        return why;
    return xasprintf("it matches nothing, a project is owner/name: write "
                     "'*/%s'",
                     text);
}
