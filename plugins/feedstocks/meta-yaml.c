/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The list of maintainers out of a meta.yaml, which is a template and no
 * YAML. Must not evaluate anything: a template in the list or around it, or
 * a form that nobody writes, ends the attempt.
 */
#include <config.h>

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "plugins/feedstocks/maintainers.h"
#include "plugins/feedstocks/names.h"

/* ---- lines ------------------------------------------------- */

struct line {
    const char *s;
    size_t n; /* without the end of line */
    size_t indent;
};

struct lines {
    struct line *list;
    size_t nr, alloc;
};

static void lines_split(struct lines *ls, const char *text, size_t n)
{
    const char *p = text, *end = text + n;

    while (p < end) {
        const char *nl = memchr(p, '\n', (size_t)(end - p));
        const char *stop = nl ? nl : end;
        struct line l = { p, (size_t)(stop - p), 0 };

        if (l.n && l.s[l.n - 1] == '\r')
            l.n--;
        while (l.indent < l.n && l.s[l.indent] == ' ')
            l.indent++;
        ALLOC_GROW(ls->list, ls->nr + 1, ls->alloc);
        ls->list[ls->nr++] = l;
        p = nl ? nl + 1 : end;
    }
}

static bool has(struct line l, const char *what)
{
    return memmem(l.s, l.n, what, strlen(what)) != NULL;
}

static bool is_template(struct line l)
{
    return has(l, "{{") || has(l, "{%") || has(l, "{#");
}

static bool starts_template(struct line l)
{
    return l.n > l.indent && l.s[l.indent] == '{';
}

/* Nothing but blanks and a comment from `at` on? */
static bool only_comment(struct line l, size_t at)
{
    size_t i = at;

    while (i < l.n && (l.s[i] == ' ' || l.s[i] == '\t'))
        i++;
    if (i == l.n)
        return true;
    return l.s[i] == '#' && (i > at || at == 0 || l.s[at - 1] == ' ');
}

static bool is_empty(struct line l)
{
    return only_comment(l, 0);
}

/* Does the line say KEY: at its indent? Then *after is behind the colon. */
static bool is_key(struct line l, const char *key, size_t *after)
{
    size_t i = l.indent, n = strlen(key);
    char quote = 0;

    if (i < l.n && (l.s[i] == '"' || l.s[i] == '\''))
        quote = l.s[i++];
    if (l.n - i < n || memcmp(l.s + i, key, n) != 0)
        return false;
    i += n;
    if (quote && (i == l.n || l.s[i++] != quote))
        return false;
    while (i < l.n && l.s[i] == ' ')
        i++;
    if (i == l.n || l.s[i] != ':')
        return false;
    *after = i + 1;
    return *after == l.n || l.s[*after] == ' ' || l.s[*after] == '\t';
}

/* ---- templates around the list ----------------------------- */

static bool word_is(const char *s, size_t n, const char *word)
{
    return strlen(word) == n && memcmp(s, word, n) == 0;
}

/* +1 when the statement opens a block, -1 when it ends one, else 0. */
static int statement_depth(const char *s, const char *end)
{
    static const char *const opening[] = {
        "if",  "for",   "macro", "call",       "filter",
        "raw", "block", "with",  "autoescape", "trans",
    };
    const char *word;
    size_t n;

    while (s < end && (isspace((unsigned char)*s) || *s == '-' || *s == '+'))
        s++;
    word = s;
    while (s < end && isalpha((unsigned char)*s))
        s++;
    n = (size_t)(s - word);
    if (n > 3 && memcmp(word, "end", 3) == 0)
        return -1;
    if (word_is(word, n, "set"))
        return memchr(s, '=', (size_t)(end - s)) ? 0 : 1;
    for (size_t i = 0; i < ARRAY_SIZE(opening); i++)
        if (word_is(word, n, opening[i]))
            return 1;
    return 0;
}

/* True when at lies in no block, statement, expression or comment of the
 * template. */
static bool outside_templates(const char *text, const char *at)
{
    int depth = 0;

    for (const char *p = text; (p = memchr(p, '{', (size_t)(at - p)));) {
        static const struct {
            char open;
            const char *close;
        } kinds[] = {
            { '%', "%}" },
            { '#', "#}" },
            { '{', "}}" },
        };
        const char *close = NULL;

        p++;
        for (size_t i = 0; p < at && i < ARRAY_SIZE(kinds); i++) {
            if (*p != kinds[i].open)
                continue;
            close = memmem(p + 1, (size_t)(at - p) - 1, kinds[i].close, 2);
            if (!close)
                return false;
            if (kinds[i].open == '%')
                depth += statement_depth(p + 1, close);
            p = close + 2;
            break;
        }
        if (depth < 0)
            return false;
    }
    return depth == 0;
}

/* ---- the list ---------------------------------------------- */

/* One scalar at s, up to stop characters. *used: its length with quotes. */
static bool add_scalar(json_t *names, const char *s, size_t n,
                       const char *stops, size_t *used)
{
    size_t len = 0;

    if (n && (*s == '"' || *s == '\'')) {
        const char *end = memchr(s + 1, *s, n - 1);

        if (!end || memchr(s, '\\', (size_t)(end - s)))
            return false;
        *used = (size_t)(end - s) + 1;
        if (*used < n && s[*used] == *s)
            return false;
        return names_add(names, s + 1, *used - 2);
    }
    while (len < n && !strchr(stops, s[len]) && s[len] != '\t'
           && !(s[len] == ' '))
        len++;
    *used = len;
    return !names_yaml_reads_otherwise(s, len) && names_add(names, s, len);
}

static bool block_item(struct line l, json_t *names)
{
    size_t i = l.indent + 1, used = 0;

    while (i < l.n && l.s[i] == ' ')
        i++;
    return i < l.n && add_scalar(names, l.s + i, l.n - i, "", &used)
           && only_comment(l, i + used);
}

static bool is_item(struct line l)
{
    return l.indent + 1 < l.n && l.s[l.indent] == '-'
           && l.s[l.indent + 1] == ' ';
}

/* The lines after "recipe-maintainers:", which stands at indent `key`. */
static enum maintainers block_list(const struct lines *ls, size_t first,
                                   size_t key, json_t *names, const char **why)
{
    size_t indent = 0;
    bool any = false;

    for (size_t i = first; i < ls->nr; i++) {
        struct line l = ls->list[i];

        if (!is_empty(l) && !starts_template(l)
            && (l.indent < key || (l.indent == key && !is_item(l))))
            break;
        *why = "a template in the list of maintainers";
        if (is_template(l))
            return MAINTAINERS_UNCLEAR;
        if (is_empty(l))
            continue;
        *why = "the list of maintainers has an unusual form";
        if (!is_item(l) || (any && l.indent != indent) || l.indent == 0)
            return MAINTAINERS_UNCLEAR;
        indent = l.indent;
        any = true;
        if (!block_item(l, names))
            return MAINTAINERS_UNCLEAR;
    }
    return any ? MAINTAINERS_OK : MAINTAINERS_NONE;
}

/* [a, "b",  # comment
 *  c] */
static enum maintainers flow_list(const struct lines *ls, size_t first,
                                  size_t at, json_t *names, const char **why)
{
    bool want_item = true;

    for (size_t i = first; i < ls->nr; i++, at = 0) {
        struct line l = ls->list[i];

        *why = "a template in the list of maintainers";
        if (is_template(l))
            return MAINTAINERS_UNCLEAR;
        *why = "the list of maintainers has an unusual form";
        while (at < l.n) {
            size_t used = 1;

            if (l.s[at] == ' ') {
                ;
            } else if (only_comment(l, at)) {
                break;
            } else if (l.s[at] == ']') {
                return only_comment(l, at + 1) && json_array_size(names)
                           ? MAINTAINERS_OK
                           : MAINTAINERS_UNCLEAR;
            } else if (l.s[at] == ',') {
                if (want_item)
                    return MAINTAINERS_UNCLEAR;
                want_item = true;
            } else if (!want_item
                       || !add_scalar(names, l.s + at, l.n - at, ",]#",
                                      &used)) {
                return MAINTAINERS_UNCLEAR;
            } else {
                want_item = false;
            }
            at += used;
        }
    }
    return MAINTAINERS_UNCLEAR;
}

/* The value of recipe-maintainers, whose key is on line `at`. */
static enum maintainers list_value(const struct lines *ls, size_t at,
                                   size_t after, json_t *names,
                                   const char **why)
{
    struct line l = ls->list[at];

    if (is_template(l)) {
        *why = "a template in the list of maintainers";
        return MAINTAINERS_UNCLEAR;
    }
    if (only_comment(l, after))
        return block_list(ls, at + 1, l.indent, names, why);
    while (after < l.n && l.s[after] == ' ')
        after++;
    if (l.s[after] == '[')
        return flow_list(ls, at, after + 1, names, why);
    *why = "recipe-maintainers is no list";
    return MAINTAINERS_UNCLEAR;
}

/* In the lines below "extra:" (line at): the one with the list. */
static enum maintainers extra_block(const char *text, const struct lines *ls,
                                    size_t at, json_t *names, const char **why)
{
    size_t indent = 0, found = 0, after = 0, where = 0;

    for (size_t i = at + 1; i < ls->nr; i++) {
        struct line l = ls->list[i];
        size_t colon;

        if (is_empty(l) || starts_template(l))
            continue;
        if (l.indent == 0)
            break;
        *why = "extra has an unusual form";
        if (l.s[l.indent] == '\t' || (indent && l.indent < indent))
            return MAINTAINERS_UNCLEAR;
        if (!indent)
            indent = l.indent;
        if (l.indent == indent && is_key(l, "recipe-maintainers", &colon)) {
            found++;
            where = i;
            after = colon;
        }
    }
    if (found == 0)
        return MAINTAINERS_NONE;
    *why = "two lists of maintainers";
    if (found > 1)
        return MAINTAINERS_UNCLEAR;
    *why = "the list of maintainers stands inside a template's block";
    if (!outside_templates(text, ls->list[where].s))
        return MAINTAINERS_UNCLEAR;
    return list_value(ls, where, after, names, why);
}

static enum maintainers meta_lines(const char *text, const struct lines *ls,
                                   json_t *names, const char **why)
{
    size_t found = 0, at = 0, after = 0;

    for (size_t i = 0; i < ls->nr; i++) {
        size_t colon;

        if (ls->list[i].indent == 0 && is_key(ls->list[i], "extra", &colon)) {
            found++;
            at = i;
            after = colon;
        }
    }
    if (found == 0)
        return MAINTAINERS_NONE;
    *why = "more than one extra";
    if (found > 1)
        return MAINTAINERS_UNCLEAR;
    *why = "extra is not a block";
    if (!only_comment(ls->list[at], after) || is_template(ls->list[at]))
        return MAINTAINERS_UNCLEAR;
    return extra_block(text, ls, at, names, why);
}

enum maintainers maintainers_meta_yaml(const char *text, size_t n, json_t **out,
                                       const char **why)
{
    json_t *names = json_array();
    struct lines ls = { NULL, 0, 0 };
    enum maintainers got = MAINTAINERS_UNCLEAR;

    if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        n -= 3;
    }
    *why = "not a text";
    if (!memchr(text, '\0', n)) {
        lines_split(&ls, text, n);
        got = meta_lines(text, &ls, names, why);
    }
    free(ls.list);
    if (got == MAINTAINERS_OK)
        *out = names;
    else
        json_decref(names);
    return got;
}
