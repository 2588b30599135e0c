/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `set -x` shows what comes behind `||`. Must not look beyond the next
 * command.
 */
#include <config.h>

#include "core/classify/let.h"

#include <string.h>

/* What follows "+ ", or the pluses of a subshell; rattler-build draws a box
 * around. */
static const char *shown(const char *s)
{
    const char *box = "│";

    while (*s == ' ' || !strncmp(s, box, strlen(box)))
        s += *s == ' ' ? 1 : strlen(box);
    if (*s != '+')
        return NULL;
    s += strspn(s, "+");
    return *s == ' ' ? s + 1 : NULL;
}

static bool does_nothing(const char *command)
{
    size_t n = strlen(command);

    while (n && strchr(" \r", command[n - 1]))
        n--;
    return (n == 4 && !memcmp(command, "true", n))
           || (n == 1 && *command == ':');
}

bool was_let(const struct hit *h)
{
    for (size_t i = 0; i < h->excerpt.nr; i++) {
        const char *command = shown(h->excerpt.lines[i].text);

        if (command && h->excerpt.lines[i].nr > h->line)
            return does_nothing(command);
    }
    return false;
}
