/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Text that is shown as it is: inline code, and a block with its fence. Must
 * not use a delimiter that the text holds.
 */
#include <config.h>

#include "core/deliver/writer.h"

#include <string.h>

#define CUT_LINE "[\xe2\x80\xa6 cut \xe2\x80\xa6]\n"

static size_t longest_run(const char *s, char c)
{
    size_t best = 0, n = 0;

    for (; *s; s++) {
        n = *s == c ? n + 1 : 0;
        if (n > best)
            best = n;
    }
    return best;
}

static void verbatim(struct writer *w, const struct safety *how, const char *s)
{
    size_t n;

    for (const char *p = s; *p && !w->full; p += n) {
        n = writer_break(w, how, p);
        if (!n)
            writer_character(w, p, &n);
    }
}

/* The shortest delimiter that the text does not hold. */
static void code_markdown(struct strbuf *out, const struct safety *how,
                          const char *s, size_t max)
{
    size_t ticks = 1;
    bool pad = s[0] == '`' || (*s && s[strlen(s) - 1] == '`');
    struct writer w;

    while (ticks <= longest_run(s, '`'))
        ticks++;
    if (max && max < 2 * ticks + 3)
        max = 2 * ticks + 3;
    for (size_t i = 0; i < ticks; i++)
        strbuf_addc(out, '`');
    if (pad)
        strbuf_addc(out, ' ');
    w = writer_on(out, max ? max - 2 * ticks - (pad ? 2 : 0) : 0);
    verbatim(&w, how, s);
    if (pad)
        strbuf_addc(out, ' ');
    for (size_t i = 0; i < ticks; i++)
        strbuf_addc(out, '`');
}

void quote_code(struct strbuf *out, const struct safety *how, char *s,
                size_t max)
{
    struct writer w = writer_on(out, max);

    if (!*s)
        return;
    switch (how->flavour) {
    case SAFETY_PLAIN:
        escape_plain(&w, how, s);
        break;
    case SAFETY_HTML:
        strbuf_adds(out, "<code>");
        w.mark = out->len;
        escape_html(&w, how, s, false);
        strbuf_adds(out, "</code>");
        break;
    case SAFETY_ZULIP:
        /* Its inline code knows no way to hold a backtick for certain. */
        for (char *p = s; *p; p++)
            if (*p == '`')
                *p = '\'';
        code_markdown(out, how, s, max);
        break;
    case SAFETY_GITHUB:
    case SAFETY_MAIL:
        code_markdown(out, how, s, max);
        break;
    }
}

/* ---- a block ---- */

static bool is_markdown(const struct safety *how)
{
    return how->flavour == SAFETY_GITHUB || how->flavour == SAFETY_ZULIP
           || how->flavour == SAFETY_MAIL;
}

static void fence_lines(struct strbuf *out, const struct safety *how, char *s,
                        size_t max)
{
    const char *indent = how->flavour == SAFETY_PLAIN ? "    " : "";
    size_t used = 0;
    char *save = s, *line;

    while ((line = strsep(&save, "\n"))) {
        struct writer w;
        size_t start = out->len;

        strbuf_adds(out, indent);
        w = writer_on(out, 0);
        if (how->flavour == SAFETY_HTML)
            escape_html(&w, how, line, false);
        else
            verbatim(&w, how, line);
        strbuf_addc(out, '\n');
        used += w.count + 1;
        if (max && used > max) {
            strbuf_setlen(out, start);
            strbuf_adds(out, indent);
            strbuf_adds(out, CUT_LINE);
            return;
        }
    }
}

/* The longest run of tildes that could be a fence: one that begins a line.
 * Compilers underline with tildes, and these need no longer fence. */
static size_t longest_tilde_fence(const char *s)
{
    size_t best = 0;

    while (s) {
        size_t n;

        s += strspn(s, " \t");
        n = strspn(s, "~");
        if (n > best)
            best = n;
        s = strchr(s, '\n');
        s = s ? s + 1 : NULL;
    }
    return best;
}

void quote_fence(struct strbuf *out, const struct safety *how, char *s,
                 size_t max)
{
    size_t ticks = longest_run(s, '`'), tildes = longest_tilde_fence(s);
    size_t n = (ticks > tildes ? ticks : tildes) + 1;

    if (!*s)
        return;
    if (n < 3)
        n = 3;
    if (how->flavour == SAFETY_HTML)
        strbuf_adds(out, "<pre>");
    if (is_markdown(how)) {
        for (size_t i = 0; i < n; i++)
            strbuf_addc(out, '`');
        strbuf_adds(out, "text\n");
    }
    fence_lines(out, how, s, max);
    if (how->flavour == SAFETY_HTML)
        strbuf_adds(out, "</pre>\n");
    if (is_markdown(how)) {
        for (size_t i = 0; i < n; i++)
            strbuf_addc(out, '`');
        strbuf_addc(out, '\n');
    }
}
