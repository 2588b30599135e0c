/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The last look at a finished message. It trusts no step before it: what it
 * refuses is made again without untrusted text. Must not change the message.
 */
#include <config.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/deliver/safety.h"

#define ZWSP "\xe2\x80\x8b"

/* Bots that obey whoever writes to them, wherever it stands in a text. */
static const char *const built_in[] = {
    "@conda-forge-(admin|linter)",
};

struct pattern {
    char *text;
    pcre2_code *code;
};

struct safety_check {
    struct pattern *patterns;
    size_t nr;
    pcre2_match_context *limits;
};

static int add(struct safety_check *c, const char *text, struct err *err)
{
    int code;
    PCRE2_SIZE at;
    pcre2_code *re =
        pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
                      PCRE2_CASELESS | PCRE2_MULTILINE, &code, &at, NULL);

    if (!re) {
        PCRE2_UCHAR why[120];

        pcre2_get_error_message(code, why, sizeof(why));
        return err_set(err, ERR_CONFIG,
                       "forbidden pattern \"%s\": %s at character %zu", text,
                       (char *)why, (size_t)at + 1);
    }
    c->patterns = xrealloc(c->patterns, (c->nr + 1) * sizeof(*c->patterns));
    c->patterns[c->nr++] = (struct pattern){ xstrdup(text), re };
    return 0;
}

struct safety_check *safety_check_new(char *const *patterns, size_t nr,
                                      struct err *err)
{
    struct safety_check *c = xcalloc(1, sizeof(*c));
    int rc = 0;

    c->limits = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(c->limits, 1000000);
    for (size_t i = 0; rc == 0 && i < ARRAY_SIZE(built_in); i++)
        rc = add(c, built_in[i], err);
    for (size_t i = 0; rc == 0 && i < nr; i++)
        rc = add(c, patterns[i], err);
    if (rc < 0) {
        safety_check_free(c);
        return NULL;
    }
    return c;
}

void safety_check_free(struct safety_check *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->nr; i++) {
        pcre2_code_free(c->patterns[i].code);
        free(c->patterns[i].text);
    }
    pcre2_match_context_free(c->limits);
    free(c->patterns);
    free(c);
}

/* A pattern that gives up has not said that the text is harmless. */
const char *safety_forbidden(const struct safety_check *c, const char *s)
{
    const char *found = NULL;

    for (size_t i = 0; i < c->nr && !found; i++) {
        pcre2_match_data *m =
            pcre2_match_data_create_from_pattern(c->patterns[i].code, NULL);
        int rc = pcre2_match(c->patterns[i].code, (PCRE2_SPTR)s, strlen(s), 0,
                             0, m, c->limits);

        pcre2_match_data_free(m);
        if (rc != PCRE2_ERROR_NOMATCH)
            found = c->patterns[i].text;
    }
    return found;
}

static bool has_control(const char *s, bool lines)
{
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;

        if ((c < 0x20 && !(lines && (c == '\n' || c == '\t'))) || c == 0x7f)
            return true;
        /* bidi: U+202A..202E, U+2066..2069 */
        if (c == 0xe2
            && ((s[1] == '\x80' && (unsigned char)s[2] >= 0xaa
                 && (unsigned char)s[2] <= 0xae)
                || (s[1] == '\x81' && (unsigned char)s[2] >= 0xa6
                    && (unsigned char)s[2] <= 0xa9)))
            return true;
    }
    return false;
}

static bool is_utf8(const char *s)
{
    CLEANUP_FREE char *fixed = utf8_repair(s, strlen(s));

    return !strcmp(fixed, s);
}

/* Every @ is dead but those of the one mention that Tocsin wrote. */
static bool mentions_ok(const char *s, const char *mention)
{
    const char *live = mention && *mention ? strstr(s, mention) : NULL;
    const char *live_end = live ? live + strlen(mention) : NULL;

    for (const char *p = s; (p = strchr(p, '@')); p++) {
        if (live && p >= live && p < live_end)
            continue;
        if (strncmp(p + 1, ZWSP, 3))
            return false;
    }
    return true;
}

static bool ends_with_marker(const char *body, const char *marker)
{
    size_t n = strlen(body), m = strlen(marker);

    if (n && body[n - 1] == '\n')
        n--;
    if (n < m || memcmp(body + n - m, marker, m))
        return false;
    return n == m || body[n - m - 1] == '\n';
}

/* The marker was seen to end the body. */
static bool comments_before(const char *body, const char *marker)
{
    const char *last = body + strlen(body) - strlen(marker) - 1;
    const char *comment = strstr(body, "<!--");

    return comment && comment < last;
}

char *safety_check_message(const struct safety_check *c, const char *title,
                           const char *body, const char *mention,
                           const char *marker)
{
    CLEANUP_FREE char *both = xasprintf("%s%s", body, title);
    CLEANUP_FREE char *turned = xasprintf("%s\n%s", title, body);
    const char *pattern = safety_forbidden(c, both);
    if (!pattern)
        pattern = safety_forbidden(c, turned);
    if (pattern)
        return xasprintf("it matches the forbidden pattern %s", pattern);
    if (!is_utf8(title) || !is_utf8(body))
        return xstrdup("it is not UTF-8");
    if (has_control(title, false) || has_control(body, true))
        return xstrdup("it holds control characters");
    if (strstr(title, "<!--") || !mentions_ok(title, NULL))
        return xstrdup("its title holds a live mention or a comment");
    if (!mentions_ok(body, mention))
        return xstrdup("it holds a mention that Tocsin did not write");
    if (!ends_with_marker(body, marker))
        return xstrdup("it does not end with the marker");
    if (comments_before(body, marker))
        return xstrdup("it holds a comment that Tocsin did not write");
    return NULL;
}
