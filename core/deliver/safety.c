/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hostile text made harmless: its characters are cleaned (characters.c), then
 * it is written for the one position it goes to: text (escape.c), code
 * (quote.c), and here links, titles and mentions. Must not know templates or
 * tickets, and must never hand on a byte it has not looked at.
 */
#include <config.h>

#include "core/deliver/safety.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/deliver/characters.h"
#include "core/deliver/writer.h"

#define URL_MAX 2000

static const char *const flavours[] = {
    [SAFETY_GITHUB] = "github-markdown",
    [SAFETY_ZULIP] = "zulip-markdown",
    [SAFETY_PLAIN] = "plain",
    [SAFETY_HTML] = "html",
    [SAFETY_MAIL] = "mail-markdown",
};

static const char *const positions[] = {
    [SAFETY_TEXT] = "text",       [SAFETY_CODE] = "code",
    [SAFETY_FENCE] = "fence",     [SAFETY_LINK] = "link",
    [SAFETY_TITLE] = "title",     [SAFETY_HEADER] = "header",
    [SAFETY_MENTION] = "mention",
};

int safety_flavour_parse(const char *name)
{
    for (size_t i = 0; name && i < ARRAY_SIZE(flavours); i++)
        if (!strcmp(flavours[i], name))
            return (int)i;
    return -1;
}

const char *safety_flavour_name(enum safety_flavour f)
{
    return flavours[f];
}

int safety_position_parse(const char *name, size_t n)
{
    for (size_t i = 0; i < ARRAY_SIZE(positions); i++)
        if (strlen(positions[i]) == n && !memcmp(positions[i], name, n))
            return (int)i;
    return -1;
}

size_t safety_length(const char *s)
{
    size_t n = 0;

    for (; *s; s++)
        n += ((unsigned char)*s & 0xc0) != 0x80;
    return n;
}

/* ---- links ---- */

/* A link to a thread makes the forge write "mentioned this" into it. */
static bool names_thread(const char *path)
{
    static const char *const kinds[] = {
        "/issues/", "/issue/",       "/pull/",
        "/pulls/",  "/discussions/", "/merge_requests/",
    };

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        for (const char *p = path; (p = strstr(p, kinds[i])); p++)
            if (isdigit((unsigned char)p[strlen(kinds[i])]))
                return true;
    return false;
}

bool safety_url_ok(const char *s)
{
    const char *host, *end;
    size_t n;

    if (!s || strlen(s) > URL_MAX)
        return false;
    if (starts_nocase(s, "https://"))
        host = s + 8;
    else if (starts_nocase(s, "http://"))
        host = s + 7;
    else
        return false;
    end = host + strcspn(host, "/?#");
    n = strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                     "0123456789.-:");
    if (end == host || host + n < end || !isalnum((unsigned char)*host))
        return false;
    return !names_thread(end);
}

static void write_link(struct strbuf *out, const struct safety *how,
                       const char *s)
{
    if (!safety_url_ok(s))
        return;
    for (const char *p = s; *p; p++) {
        unsigned char c = (unsigned char)*p;

        if (c == '&' && how->flavour == SAFETY_HTML)
            strbuf_adds(out, "&amp;");
        else if (isalnum(c) || strchr("-._/?:=&+,#", c)
                 || (c == '%' && is_hex(p[1]) && is_hex(p[2])))
            strbuf_addc(out, (char)c);
        else
            strbuf_addf(out, "%%%02X", c);
    }
}

/* ---- titles, headers, mentions ---- */

static void write_title(struct writer *w, const struct safety *how,
                        const char *s)
{
    size_t n;

    for (const char *p = s; *p && !w->full; p += n) {
        n = writer_break(w, how, p);
        if (!n && *p == '#' && isdigit((unsigned char)p[1])) {
            writer_puts(w, "#" ZWSP);
            n = 1;
        }
        if (!n && (p == s || !is_word(p[-1])) && starts_nocase(p, "gh-")
            && isdigit((unsigned char)p[3])) {
            writer_put(w, p, 2);
            writer_puts(w, ZWSP "-");
            n = 3;
        }
        if (!n)
            writer_character(w, p, &n);
    }
}

static int write_header(struct strbuf *out, const struct safety *how,
                        const char *s, size_t n, size_t max, struct err *err)
{
    struct writer w = writer_on(out, max);
    CLEANUP_FREE char *line = NULL;

    for (size_t i = 0; i < n; i++)
        if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
            return err_set(err, ERR_INPUT,
                           "a header may not hold control characters");
    line = characters_line(s, n);
    write_title(&w, how, line);
    return 0;
}

/* "login" or "org/team": what a forge lets people be called, and not a bot
 * that takes orders. */
static bool name_can_be_told(const char *s, size_t n)
{
    size_t slash = 0;

    if (!n || n > 120 || !isalnum((unsigned char)s[0]))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '/') {
            if (slash || i + 1 == n)
                return false;
            slash = i;
        } else if (!isalnum((unsigned char)s[i]) && s[i] != '-'
                   && !(slash && strchr("._", s[i]))) {
            return false;
        }
    }
    return !starts_nocase(s, "conda-forge-admin")
           && !starts_nocase(s, "conda-forge-linter");
}

static void write_mention(struct strbuf *out, const struct safety *how,
                          const char *s, size_t max)
{
    bool first = true;
    size_t used = 0, n;

    for (const char *p = s; *p; p += n) {
        p += strspn(p, " @,\t\n");
        n = strcspn(p, " @,\t\n");
        if (!name_can_be_told(p, n) || (max && used + n + 2 > max))
            continue;
        if (!first)
            strbuf_addc(out, ' ');
        if (how->flavour == SAFETY_GITHUB)
            strbuf_addc(out, '@');
        strbuf_add(out, p, n);
        used += n + 2;
        first = false;
    }
}

int safety_write(struct strbuf *out, const struct safety *how,
                 enum safety_position pos, const char *s, size_t n, size_t max,
                 struct err *err)
{
    struct writer w = writer_on(out, max);
    CLEANUP_FREE char *clean =
        pos == SAFETY_FENCE ? characters_block(s, n) : characters_line(s, n);

    switch (pos) {
    case SAFETY_TEXT:
        if (how->flavour == SAFETY_GITHUB || how->flavour == SAFETY_MAIL)
            escape_github(&w, how, clean);
        else if (how->flavour == SAFETY_HTML)
            escape_html(&w, how, clean, true);
        else if (how->flavour == SAFETY_ZULIP && !zulip_is_plain(clean))
            quote_code(out, how, clean, max);
        else
            escape_plain(&w, how, clean);
        break;
    case SAFETY_CODE:
        quote_code(out, how, clean, max);
        break;
    case SAFETY_FENCE:
        quote_fence(out, how, clean, max);
        break;
    case SAFETY_LINK:
        write_link(out, how, clean);
        break;
    case SAFETY_TITLE:
        write_title(&w, how, clean);
        break;
    case SAFETY_HEADER:
        return write_header(out, how, s, n, max, err);
    case SAFETY_MENTION:
        write_mention(out, how, clean, max);
        break;
    }
    return 0;
}

char *safety_text(const struct safety *how, enum safety_position pos,
                  const char *s, size_t max)
{
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    if (safety_write(&b, how, pos, s, strlen(s), max, NULL) < 0) {
        strbuf_release(&b);
        return NULL;
    }
    return strbuf_take(&b);
}

char *safety_break_mentions(const char *s)
{
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    for (; *s; s++) {
        strbuf_addc(&b, *s);
        if (*s == '@' && strncmp(s + 1, ZWSP, 3))
            strbuf_adds(&b, ZWSP);
    }
    return strbuf_take(&b);
}
