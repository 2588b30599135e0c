/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One line of text, escaped for each format: its markup means nothing where
 * it is written. Must not leave a character out.
 */
#include <config.h>

#include "core/deliver/writer.h"

#include <ctype.h>
#include <string.h>

/* Block syntax at the start of a line: a list, a heading, a rule, a table. */
static bool starts_block(const char *text, const char *p)
{
    if (p == text)
        return strchr("#+-=:>", *p) != NULL;
    if ((*p != '.' && *p != ')') || (p[1] && p[1] != ' '))
        return false;
    for (const char *q = text; q < p; q++)
        if (!isdigit((unsigned char)*q))
            return false;
    return true;
}

static size_t github_character(struct writer *w, const char *text,
                               const char *p)
{
    char unit[3] = { '\\', *p, '\0' };

    if (*p == '<' || *p == '>' || *p == '&') {
        writer_puts(w, *p == '<' ? "&lt;" : *p == '>' ? "&gt;" : "&amp;");
        return 1;
    }
    if (starts_block(text, p)) {
        writer_puts(w, unit);
        /* the escaped # must not begin a reference either */
        if (*p == '#')
            writer_puts(w, ZWSP);
        return 1;
    }
    if (strchr("\\`*_[]$|~", *p) || (*p == '!' && (!p[1] || p[1] == '['))) {
        writer_puts(w, unit);
        return 1;
    }
    return 0;
}

void escape_github(struct writer *w, const struct safety *how, const char *s)
{
    size_t n;

    for (const char *p = s; *p && !w->full; p += n) {
        n = *p == '<' ? 0 : writer_break(w, how, p);
        if (!n && (!starts_block(s, p) || *p == ':'))
            n = writer_break_reference(w, how, s, p);
        if (!n)
            n = github_character(w, s, p);
        if (!n)
            writer_character(w, p, &n);
    }
}

bool zulip_is_plain(const char *s)
{
    for (const char *p = s; *p; p++) {
        unsigned char c = (unsigned char)*p;

        if (hash_length(s, p))
            return false; /* an organisation may have made them links */
        if (c >= 0x80 || isalnum(c) || c == ' ' || strchr(",;()%'\"", c))
            continue;
        if (strchr("-+/=", c) && p > s)
            continue;
        if (strchr(".:?", c) && (!p[1] || p[1] == ' ') && p > s
            && !starts_block(s, p))
            continue;
        /* A time; :100: would be an emoji. */
        if (c == ':' && p > s && isdigit((unsigned char)p[-1])
            && isdigit((unsigned char)p[1]) && strchr(s, ':') == p
            && !strchr(p + 1, ':'))
            continue;
        return false;
    }
    return true;
}

void escape_plain(struct writer *w, const struct safety *how, const char *s)
{
    size_t n;

    for (const char *p = s; *p && !w->full; p += n) {
        n = writer_break(w, how, p);
        if (!n)
            n = writer_break_reference(w, how, s, p);
        if (!n)
            writer_character(w, p, &n);
    }
}

void escape_html(struct writer *w, const struct safety *how, const char *s,
                 bool references)
{
    static const char *const entity[128] = {
        ['<'] = "&lt;",   ['>'] = "&gt;",   ['&'] = "&amp;",
        ['"'] = "&quot;", ['\''] = "&#39;",
    };
    size_t n;

    for (const char *p = s; *p && !w->full; p += n) {
        n = 0;
        if ((unsigned char)*p < 128 && entity[(unsigned char)*p]) {
            writer_puts(w, entity[(unsigned char)*p]);
            n = 1;
        }
        if (!n)
            n = writer_break(w, how, p);
        if (!n && references)
            n = writer_break_reference(w, how, s, p);
        if (!n)
            writer_character(w, p, &n);
    }
}
