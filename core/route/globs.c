/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Globs of the configuration: projects, branches, categories, rules.
 *
 * A pattern comes from a file of ours, its text from anywhere: whatever the
 * text, matching stays polynomial. Must not be used for CODEOWNERS, whose
 * rules are others (codeowners.c).
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/route/owners.h"

/* How many patterns {a,b}{c,d}.. may grow into. */
#define GLOB_ALTERNATIVES_MAX 256

/* [...] at p against c. *end: behind it. -1: no closing bracket. */
static int class_match(const char *p, char c, const char **end)
{
    bool negated = p[1] == '!' || p[1] == '^';
    const char *q = p + 1 + negated;
    const char *first = q;
    bool hit = false;

    for (; *q && (*q != ']' || q == first); q++) {
        if (q[1] == '-' && q[2] && q[2] != ']') {
            if ((unsigned char)c >= (unsigned char)q[0]
                && (unsigned char)c <= (unsigned char)q[2])
                hit = true;
            q += 2;
        } else if (*q == c) {
            hit = true;
        }
    }
    if (!*q)
        return -1;
    *end = q + 1;
    return hit != negated && c != '/';
}

/* One element of the pattern other than a star against one character. */
static bool one_match(const char *p, char c, const char **next)
{
    int in;

    *next = p + 1;
    switch (*p) {
    case '?':
        return c != '/';
    case '[':
        in = class_match(p, c, next);
        if (in >= 0)
            return in;
        *next = p + 1;
        return c == '[';
    case '\\':
        if (p[1]) {
            *next = p + 2;
            return p[1] == c;
        }
        return c == '\\';
    default:
        return *p == c;
    }
}

/* Where to come back to when what follows a star did not match. */
struct retry {
    const char *p, *t; /* p NULL: nowhere */
    bool folders;      /* only behind a slash: it was a "** /" */
};

static bool retry_from(struct retry *r, const char **p, const char **t)
{
    if (!r->p || !*r->t)
        return false;
    if (r->folders) {
        const char *slash = strchr(r->t, '/');

        if (!slash)
            return false;
        r->t = slash;
    }
    *p = r->p;
    *t = ++r->t;
    return true;
}

/*
 * Two places to come back to, one for the last * and one for the last **,
 * are enough: a later star can do whatever an earlier one could, but for
 * crossing a slash, which only ** may.
 */
static bool plain_match(const char *pattern, const char *t)
{
    const char *p = pattern, *next;
    struct retry star = { NULL, NULL, false }, deep = { NULL, NULL, false };

    while (*t || *p) {
        if (p[0] == '*' && p[1] == '*') {
            bool folder = p == pattern || p[-1] == '/';

            while (*p == '*')
                p++;
            folder = folder && *p == '/';
            p += folder;
            deep = (struct retry){ p, t, folder };
            star.p = NULL;
        } else if (*p == '*') {
            star = (struct retry){ ++p, t, false };
        } else if (*t && *p && one_match(p, *t, &next)) {
            p = next;
            t++;
        } else if (star.p && *star.t != '/' && retry_from(&star, &p, &t)) {
            continue;
        } else {
            star.p = NULL;
            if (!retry_from(&deep, &p, &t))
                return false;
        }
    }
    return true;
}

/* The first top-level {..} of p with a comma: its bounds. */
static bool braces(const char *p, const char **open, const char **close)
{
    int depth = 0;

    *open = NULL;
    for (; *p; p++) {
        if (*p == '\\' && p[1]) {
            p++;
        } else if (*p == '{') {
            if (!depth++)
                *open = p;
        } else if (*p == '}' && depth && !--depth) {
            *close = p;
            return true;
        }
    }
    return false;
}

static bool brace_match(const char *pattern, const char *text, int *budget)
{
    const char *open, *close, *from;
    int depth = 0;

    if (!braces(pattern, &open, &close))
        return --*budget >= 0 && plain_match(pattern, text);
    from = open + 1;
    for (const char *p = from; p <= close && *budget > 0; p++) {
        if (*p == '\\' && p < close) {
            p++;
            continue;
        }
        if (*p == '{')
            depth++;
        if (*p == '}' && p != close)
            depth--;
        if ((*p == ',' && !depth) || p == close) {
            CLEANUP_FREE char *one =
                xasprintf("%.*s%.*s%s", (int)(open - pattern), pattern,
                          (int)(p - from), from, close + 1);

            if (brace_match(one, text, budget))
                return true;
            from = p + 1;
        }
    }
    return false;
}

bool glob_match(const char *pattern, const char *text)
{
    int budget = GLOB_ALTERNATIVES_MAX;

    return brace_match(pattern, text, &budget);
}
