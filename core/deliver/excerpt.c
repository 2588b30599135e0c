/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The part of an excerpt that fits: the lines nearest to the cause. Must not
 * leave anything out without saying so.
 */
#include <config.h>

#include "core/deliver/subject.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"

#define LINE_MAX_CHARS 300

struct lines {
    char **line;
    size_t nr, alloc;
};

static void split(struct lines *l, char *text)
{
    char *save = text, *line;

    while ((line = strsep(&save, "\n"))) {
        if (!save && !*line)
            break;
        ALLOC_GROW(l->line, l->nr + 1, l->alloc);
        l->line[l->nr++] = line;
    }
}

/* Bytes of the first n characters. */
static size_t bytes_of(const char *s, size_t n)
{
    size_t i = 0, chars = 0;

    for (; s[i]; i++)
        if (((unsigned char)s[i] & 0xc0) != 0x80 && chars++ == n)
            break;
    return i;
}

static size_t cost(const char *line)
{
    size_t n = safety_length(line);

    return (n > LINE_MAX_CHARS ? LINE_MAX_CHARS : n) + 1;
}

static void add_line(struct strbuf *b, const char *line)
{
    size_t n = bytes_of(line, LINE_MAX_CHARS);

    strbuf_add(b, line, n);
    if (line[n])
        strbuf_adds(b, "\xe2\x80\xa6");
    strbuf_addc(b, '\n');
}

static void add_gap(struct strbuf *b, size_t nr)
{
    if (nr)
        strbuf_addf(b, "    [\xe2\x80\xa6 %zu line%s cut \xe2\x80\xa6]\n", nr,
                    nr == 1 ? "" : "s");
}

char *excerpt_cut(const char *text, size_t cause, size_t max_lines,
                  size_t max_chars)
{
    CLEANUP_FREE char *copy = utf8_repair(text, strlen(text));
    struct lines l = { NULL, 0, 0 };
    size_t first, last, used;
    bool before = true;
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    split(&l, copy);
    if (!l.nr || !max_lines) {
        free(l.line);
        return strbuf_take(&b);
    }
    if (cause >= l.nr)
        cause = l.nr - 1;
    first = cause;
    last = cause;
    used = cost(l.line[cause]);
    /* One line before for each line after, while there is room. */
    while (last - first + 1 < max_lines && (first > 0 || last + 1 < l.nr)) {
        bool up = first > 0 && (before || last + 1 == l.nr);
        size_t more = cost(l.line[up ? first - 1 : last + 1]);

        if (used + more > max_chars)
            break;
        used += more;
        first -= up;
        last += !up;
        before = !before;
    }
    add_gap(&b, first);
    for (size_t i = first; i <= last; i++)
        add_line(&b, l.line[i]);
    add_gap(&b, l.nr - 1 - last);
    free(l.line);
    return strbuf_take(&b);
}
