/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is said of a file that is no YAML: where, what, and what the person
 * who wrote it probably has to change. Must not guess where libyaml knows.
 */
#include <config.h>

#include "core/config/yaml-fault.h"

#include <string.h>

#include "core/config/problems.h"

/* ---- bytes ---- */

/* Length of the UTF-8 sequence at p, 0 when there is none. */
static size_t utf8_len(const unsigned char *p, size_t n)
{
    size_t len = p[0] < 0x80                   ? 1
                 : p[0] >= 0xc2 && p[0] < 0xe0 ? 2
                 : (p[0] & 0xf0) == 0xe0       ? 3
                 : p[0] >= 0xf0 && p[0] < 0xf5 ? 4
                                               : 0;

    if (!len || len > n)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f)
        || (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
        return 0;
    return len;
}

static int bad_byte(const struct document *d, struct problems *pb, size_t at,
                    int line, int column)
{
    const unsigned char *p = (const unsigned char *)d->bytes;
    const char *path = d->path;

    if (d->len >= 2
        && ((p[0] == 0xff && p[1] == 0xfe) || (p[0] == 0xfe && p[1] == 0xff)))
        problems_error(pb, path, 1, 1, "this is UTF-16; write UTF-8");
    else if (p[at] < 0x80)
        problems_error(pb, path, line, column,
                       "a control character (0x%02x); is this a text file?",
                       p[at]);
    else
        problems_error(pb, path, line, column, "not UTF-8 (byte 0x%02x)",
                       p[at]);
    return -1;
}

int yaml_check_bytes(const struct document *d, struct problems *pb)
{
    const unsigned char *p = (const unsigned char *)d->bytes;
    int line = 1, column = 1;

    for (size_t i = 0; i < d->len;) {
        size_t n = utf8_len(p + i, d->len - i);

        if (!n || p[i] == 0x7f || (p[i] < 0x20 && !strchr("\t\n\r", p[i]))
            || !p[i])
            return bad_byte(d, pb, i, line, column);
        column++;
        if (p[i] == '\n') {
            line++;
            column = 1;
        }
        i += n;
    }
    return 0;
}

/* ---- syntax ---- */

/* The start of a line, from 1. */
static const char *line_start(const struct document *d, int line)
{
    const char *p = d->bytes, *end = p + d->len;

    while (--line > 0 && p < end) {
        const char *nl = memchr(p, '\n', (size_t)(end - p));

        if (!nl)
            return end;
        p = nl + 1;
    }
    return p;
}

/* Column of a tab in the indentation of a line, 0 when there is none. */
static int indent_tab(const struct document *d, int line)
{
    const char *s = line_start(d, line);
    int column = 1;

    while (*s == ' ' || *s == '-') {
        s++;
        column++;
    }
    return *s == '\t' ? column : 0;
}

/* What the person who wrote it probably has to change, or "". */
static const char *meant(const struct document *d, int line, int column,
                         const char *what)
{
    const char *s = line_start(d, line);
    size_t at = column > 0 ? (size_t)column - 1 : 0;

    if (strstr(what, "cannot start any token") && at < strcspn(s, "\n")
        && strchr("@`%", s[at]))
        return "; a value that begins with this is written in quotes";
    if (!strcmp(what, "did not find expected key")
        || !strcmp(what, "did not find expected '-' indicator"))
        return "; does it begin in the column of its neighbours?";
    if (!strcmp(what, "mapping values are not allowed in this context"))
        return "; a text with \": \" in it is written in quotes, and a key "
               "begins in the column of its neighbours";
    return "";
}

void yaml_fault(const struct document *d, const yaml_parser_t *y,
                struct problems *pb)
{
    int line = (int)y->problem_mark.line + 1;
    int column = (int)y->problem_mark.column + 1;
    int tab = indent_tab(d, line);
    const char *what = y->problem ? y->problem : "libyaml gives no reason";
    const char *hint = meant(d, line, column, what);

    if (y->error == YAML_READER_ERROR)
        problems_error(pb, d->path, 0, 0, "not YAML: %s (U+%04X at byte %zu)",
                       what, (unsigned)y->problem_value, y->problem_offset);
    else if (tab)
        problems_error(pb, d->path, line, tab,
                       "a tab; YAML is indented with spaces");
    else if (y->context)
        problems_error(pb, d->path, line, column,
                       "not YAML: %s, %s that starts at %d:%d%s", what,
                       y->context, (int)y->context_mark.line + 1,
                       (int)y->context_mark.column + 1, hint);
    else
        problems_error(pb, d->path, line, column, "not YAML: %s%s", what, hint);
}
