/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names out of a timeline, which anyone who can write a pipeline chooses.
 */
#include <config.h>

#include "plugins/azure-pipelines/names.h"

#include <string.h>

#include "core/base/mem.h"

char *azure_name(const char *name)
{
    char *s;
    size_t n;

    if (!name)
        return NULL;
    n = strlen(name);
    if (n > AZURE_NAME_MAX) {
        n = AZURE_NAME_MAX;
        while (n && ((unsigned char)name[n] & 0xc0) == 0x80)
            n--;
    }
    s = xstrndup(name, n);
    for (unsigned char *p = (unsigned char *)s; *p; p++) {
        if (*p < 0x20 || *p == 0x7f)
            *p = '?';
        else if (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f)
            p[0] = p[1] = '?';
    }
    return s;
}

/* Stages and phases without a name of their own. */
static int is_named(const char *name)
{
    return name && *name && strcmp(name, "__default") != 0;
}

void azure_job_names(const char *stage, const char *phase, const char *name,
                     char **job, char **variant)
{
    size_t n = phase ? strlen(phase) : 0;
    const char *first = is_named(phase) ? phase : name;
    CLEANUP_FREE char *whole =
        is_named(stage) ? xasprintf("%s %s", stage, first) : xstrdup(first);

    *job = azure_name(whole);
    *variant = NULL;
    if (is_named(phase) && str_starts(name, phase) && name[n] == ' '
        && name[n + 1])
        *variant = azure_name(name + n + 1);
    else if (is_named(phase) && strcmp(name, phase) != 0)
        *variant = azure_name(name);
}

const char *azure_branch(const char *ref)
{
    static const char heads[] = "refs/heads/";

    if (!ref || !str_starts(ref, heads) || !ref[sizeof(heads) - 1])
        return NULL;
    return ref + sizeof(heads) - 1;
}
