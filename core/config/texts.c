/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What may stand in one text of the configuration: a category, a pattern, a
 * person. Must not know which key it belongs to.
 */
#include <config.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <ctype.h>
#include <pcre2.h>
#include <stdbool.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/config/glob.h"
#include "core/config/loading.h"
#include "core/config/nearest.h"

char *glob_bad(const char *text)
{
    CLEANUP_FREE char *why = glob_wrong(text);

    return why ? xasprintf("bad glob: %s", why) : NULL;
}

char *project_bad(const char *text)
{
    CLEANUP_FREE char *why = project_glob_wrong(text);

    return why ? xasprintf("bad glob: %s", why) : NULL;
}

static char *area_wrong(const char *text, size_t len)
{
    CLEANUP_FREE char *area = xstrndup(text, len);
    CLEANUP_FREE char *hint = NULL;
    struct nearest near = { .word = area };

    for (size_t i = 0; area_words[i]; i++) {
        if (!strcmp(area_words[i], area))
            return NULL;
        nearest_try(&near, area_words[i]);
    }
    if (!near.best) {
        CLEANUP_STRBUF struct strbuf all;

        strbuf_init(&all, 500);
        for (size_t i = 0; area_words[i]; i++)
            strbuf_addf(&all, "%s%s", i ? ", " : "", area_words[i]);
        return xasprintf("there is no area \"%s\"; known: %s", area, all.buf);
    }
    hint = nearest_hint(&near);
    return xasprintf("there is no area \"%s\"%s", area, hint);
}

char *category_wrong(const char *text)
{
    size_t area = strcspn(text, "/");
    const char *kind = text + area;

    if (*kind != '/' || !kind[1] || strchr(kind + 1, '/'))
        return xstrdup("a category is area/kind");
    for (const char *p = kind + 1; *p; p++)
        if (!islower((unsigned char)*p) && !isdigit((unsigned char)*p)
            && *p != '-')
            return xstrdup("a kind has lower-case letters, digits and -");
    return area_wrong(text, area);
}

char *category_match_wrong(const char *text)
{
    size_t area = strcspn(text, "/");
    char *why = glob_bad(text);

    if (why)
        return why;
    if (strcspn(text, "*?[{") < area)
        return NULL;
    return area_wrong(text, area);
}

char *url_wrong(const char *text)
{
    if (strncmp(text, "https://", 8) && strncmp(text, "http://", 7))
        return xstrdup("an address starts with https://");
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p <= ' ' || strchr("\"'<>\\^`{|}", *p))
            return xasprintf("'%c' cannot stand in an address",
                             (unsigned char)*p <= ' ' ? ' ' : *p);
    return NULL;
}

static char *compile_wrong(const char *text, uint32_t flags)
{
    int code;
    PCRE2_SIZE at;
    PCRE2_UCHAR why[256];
    pcre2_code *re = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
                                   flags, &code, &at, NULL);

    if (re) {
        pcre2_code_free(re);
        return *text ? NULL : xstrdup("an empty pattern matches everything");
    }
    pcre2_get_error_message(code, why, sizeof(why));
    return xasprintf("bad pattern at character %zu: %s", at + 1,
                     (const char *)why);
}

/* As deliver/ compiles it. */
char *forbidden_wrong(const char *text)
{
    return compile_wrong(text, PCRE2_CASELESS | PCRE2_MULTILINE);
}

/* Syntax only, no stricter than classify/, where the first pattern that
 * fails ends the set: here each has its place. */
char *pattern_wrong(const char *text)
{
    return compile_wrong(text, PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C
                                   | PCRE2_DUPNAMES);
}

static bool is_login(const char *s, size_t n)
{
    if (!n || n > 100 || s[0] == '-')
        return false;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)s[i]) && !strchr("-_.", s[i]))
            return false;
    return true;
}

char *login_wrong(const char *text)
{
    if (text[0] == '@')
        return xstrdup("a person is written without the @");
    if (is_login(text, strlen(text)))
        return NULL;
    return xstrdup("no login: letters, digits, - _ . only");
}

/* @login, @org/team, or a team of ours (looked up later). */
char *owner_wrong(const char *text)
{
    const char *slash = strchr(text, '/');

    if (text[0] != '@')
        return NULL;
    if (slash ? is_login(text + 1, (size_t)(slash - text) - 1)
                    && is_login(slash + 1, strlen(slash + 1))
              : is_login(text + 1, strlen(text + 1)))
        return NULL;
    return xstrdup("an owner is a team's id, @login or @org/team");
}

char *state_wrong(const char *text)
{
    if (!strncmp(text, "sqlite:", 7))
        return text[7] ? NULL : xstrdup("the path is missing: sqlite:PATH");
    if (!strncmp(text, "postgresql:", 11))
        return xstrdup("this Tocsin keeps its state in sqlite:PATH only");
    return xstrdup("the state is sqlite:PATH");
}

char *rule_id_wrong(const char *text)
{
    const char *slash = strchr(text, '/');

    if (!slash || slash == text || !slash[1])
        return xstrdup("a rule's id is group/name");
    for (const char *p = text; *p; p++)
        if (!islower((unsigned char)*p) && !isdigit((unsigned char)*p)
            && !strchr("-_./+", *p))
            return xstrdup("a rule's id has lower-case letters, digits and "
                           "- _ . + only");
    return NULL;
}

char *not_empty(const char *text)
{
    return *text ? NULL : xstrdup("it is empty");
}
