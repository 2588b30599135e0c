/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What may break what. Must not know rules, nor lines.
 */
#include <config.h>

#include "core/classify/area.h"

#include <stddef.h>
#include <string.h>

#define OF_MAX 12

/* A word is an area or a whole category. Of the rows the first that names the
 * reason counts, of its words any; no word: all areas. */
static const struct row {
    const char *reason;
    bool input; /* nothing is built before that is there */
    const char *of[OF_MAX];
} rows[] = {
#define FETCHES                                                                \
    "infra", "source", "dependency", "configure", "package", "upload", "bot",  \
        "security"
    { "infra/network", true, { FETCHES } },
    { "infra/rate-limit", true, { FETCHES } },
    { "infra/server-error", true, { FETCHES } },
    { "infra/mirror", true, { FETCHES } },
    { "infra/tls", true, { FETCHES } },
    { "infra/channel", true, { FETCHES } },
    { "infra/npm", true, { FETCHES } },
    { "infra/actions-service", true, { FETCHES } },
    { "infra/container", true, { "infra", "upload" } },
    { "infra/workflow", true, { "infra", "configure", "package", "upload" } },
#undef FETCHES
    /* machines, and what kills a job: anything may fail for it */
    { "infra", false, { NULL } },
    { "source",
      true,
      { "source", "dependency", "configure", "package", "bot" } },
    { "dependency",
      true,
      { "dependency", "configure", "test", "package", "bot" } },
    /* no flags, and then things are missing */
    { "configure/flags-missing",
      false,
      { "configure", "compile/header-missing", "link/library-missing",
        "link/undefined-symbol", "dependency", "package", "test" } },
    /* what a compiler does not like is not for want of a command: the build
     * went on without it, often it was wanted for a version only */
    { "configure/command-missing",
      false,
      { "configure", "source", "dependency", "package", "test", "upload",
        "bot" } },
    { "configure",
      false,
      { "configure", "compile", "link", "dependency", "package", "test" } },
    /* an option that it refused was that of another call, or of a probe */
    { "compile/flag",
      false,
      { "configure", "dependency", "link", "package", "test" } },
    { "compile",
      false,
      { "compile", "configure", "dependency", "link", "package", "test" } },
    { "link",
      false,
      { "link", "compile", "configure", "dependency", "package", "test" } },
    /* of the interpreter, whoever runs it */
    { "test/python-removed", false, { NULL } },
    { "test", false, { "test", "package" } },
    { "package", false, { "package", "test", "upload" } },
    { "upload", false, { "upload" } },
    { "bot", false, { "bot" } },
    { "security", false, { "security" } },
};

/* Nothing but itself is the reason of what a linter does not like. */
static const char *const lint[] = { "test/lint", "configure/lint" };

static bool is_of(const char *category, const char *word)
{
    size_t n = strlen(word);

    return !strncmp(category, word, n)
           && (category[n] == '/' || category[n] == '\0');
}

static const struct row *row_of(const char *category)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (is_of(category, rows[i].reason))
            return &rows[i];
    return NULL;
}

bool area_explains(const char *a, const char *b)
{
    const struct row *row = row_of(a);

    for (size_t i = 0; i < sizeof(lint) / sizeof(lint[0]); i++)
        if (!strcmp(b, lint[i]) && strcmp(a, b))
            return false;
    if (!row || !row->of[0])
        return true;
    for (size_t i = 0; i < OF_MAX && row->of[i]; i++)
        if (is_of(b, row->of[i]))
            return true;
    return false;
}

bool area_precedes(const char *a, const char *b)
{
    const struct row *row = row_of(a), *next = row_of(b);

    return row && row->input && next && !next->input && !area_explains(a, b);
}
