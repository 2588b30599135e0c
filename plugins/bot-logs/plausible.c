/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which versions can be releases. The bot takes tags and file names for
 * versions ("79.x", "6-40-02"); nobody who maintains a recipe can mend that.
 * Must not say no to what conda accepts and projects use.
 */
#include <config.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "plugins/bot-logs/bot.h"

#define MATCH_LIMIT 100000

struct plausible {
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *limits;
    size_t max;
};

struct plausible *plausible_new(const char *pattern, size_t max, char **why)
{
    struct plausible *p = xcalloc(1, sizeof(*p));
    PCRE2_SIZE at = 0;
    int code = 0;

    p->max = max;
    p->code =
        pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
                      PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOLLAR_ENDONLY,
                      &code, &at, NULL);
    if (!p->code) {
        PCRE2_UCHAR text[256] = "";

        pcre2_get_error_message(code, text, sizeof(text));
        *why = xasprintf("option plausible: character %zu: %s", (size_t)at,
                         (const char *)text);
        free(p);
        return NULL;
    }
    p->match = pcre2_match_data_create(1, NULL);
    p->limits = pcre2_match_context_create(NULL);
    if (!p->match || !p->limits)
        BUG("out of memory");
    pcre2_set_match_limit(p->limits, MATCH_LIMIT);
    pcre2_set_depth_limit(p->limits, MATCH_LIMIT);
    return p;
}

void plausible_free(struct plausible *p)
{
    if (!p)
        return;
    pcre2_match_context_free(p->limits);
    pcre2_match_data_free(p->match);
    pcre2_code_free(p->code);
    free(p);
}

/* A pattern that gives up says nothing against the version. */
bool plausible_is(const struct plausible *p, const char *version)
{
    size_t n = strlen(version);
    int got;

    if (n > p->max)
        return false;
    got =
        pcre2_match(p->code, (PCRE2_SPTR)version, n, 0, 0, p->match, p->limits);
    return got >= 0 || got != PCRE2_ERROR_NOMATCH;
}
