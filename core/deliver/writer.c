/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writing with a limit, unit by unit, and what is broken in every position:
 * mentions, references, links. Must not cut a unit in two.
 */
#include <config.h>

#include "core/deliver/writer.h"

#include <ctype.h>
#include <string.h>

#include "core/deliver/characters.h"

#define ELLIPSIS "\xe2\x80\xa6"

struct writer writer_on(struct strbuf *out, size_t max)
{
    return (struct writer){ .out = out, .max = max, .mark = out->len };
}

void writer_put(struct writer *w, const char *s, size_t n)
{
    size_t chars = 0;

    if (w->full)
        return;
    for (size_t i = 0; i < n; i++)
        chars += ((unsigned char)s[i] & 0xc0) != 0x80;
    if (w->max && w->count + chars > w->max) {
        strbuf_setlen(w->out, w->mark);
        strbuf_adds(w->out, ELLIPSIS);
        w->full = true;
        return;
    }
    strbuf_add(w->out, s, n);
    w->count += chars;
    if (!w->max || w->count + 1 <= w->max)
        w->mark = w->out->len;
}

void writer_puts(struct writer *w, const char *s)
{
    writer_put(w, s, strlen(s));
}

void writer_character(struct writer *w, const char *p, size_t *len)
{
    characters_decode(p, len);
    writer_put(w, p, *len);
}

/* ---- what every position breaks ---- */

bool is_hex(char c)
{
    return isxdigit((unsigned char)c);
}

bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

size_t hash_length(const char *text, const char *s)
{
    size_t n = 0;

    if (s > text && is_word(s[-1]))
        return 0;
    while (is_hex(s[n]))
        n++;
    return n >= 7 && n <= 64 && !is_word(s[n]) ? n : 0;
}

bool starts_nocase(const char *s, const char *word)
{
    for (; *word; s++, word++)
        if (tolower((unsigned char)*s) != *word)
            return false;
    return true;
}

size_t writer_break(struct writer *w, const struct safety *how, const char *p)
{
    size_t len;
    char unit[16];

    characters_decode(p, &len);
    if (*p == '@' || !strncmp(p, "\xef\xbc\xa0", 3)
        || !strncmp(p, "\xef\xb9\xab", 3) || !strncmp(p, "<!--", 4)
        || (how->neutralise && len == 1 && *p != '\n'
            && strchr(how->neutralise, *p))) {
        memcpy(unit, p, len);
        memcpy(unit + len, ZWSP, sizeof(ZWSP));
        writer_puts(w, unit);
        return len;
    }
    return 0;
}

size_t writer_break_reference(struct writer *w, const struct safety *how,
                              const char *text, const char *p)
{
    size_t n;

    if (*p == '#' && (!p[1] || is_word(p[1]))) {
        writer_puts(w, "#" ZWSP);
        return 1;
    }
    if (!strncmp(p, "://", 3)) {
        writer_puts(w, ":" ZWSP "/" ZWSP "/");
        return 3;
    }
    /* At the end, too: a full stop may be put behind it. */
    if (starts_nocase(p, "www") && (!p[3] || p[3] == '.')) {
        writer_put(w, p, 3);
        writer_puts(w, ZWSP);
        return 3;
    }
    if ((p == text || !is_word(p[-1]))
        && (starts_nocase(p, "gh-") || starts_nocase(p, "ghsa-"))) {
        n = starts_nocase(p, "gh-") ? 2 : 4;
        writer_put(w, p, n);
        writer_puts(w, ZWSP "-");
        return n + 1;
    }
    n = how->flavour == SAFETY_GITHUB ? hash_length(text, p) : 0;
    if (n) {
        /* A forge asks for 7. */
        for (size_t i = 0; i < n; i += 6) {
            if (i)
                writer_puts(w, ZWSP);
            writer_put(w, p + i, n - i < 6 ? n - i : 6);
        }
        return n;
    }
    return 0;
}
