/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * HTML in the bot's texts, made plain. Must not take Python's <module> and
 * <genexpr> for tags, nor decode twice: what comes out is data.
 */
#include <config.h>

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "plugins/bot-logs/clean.h"

#define TAG_MAX 1024
#define URL_MAX 2048
#define VERSION_MAX 100

static const struct tag {
    const char *name;
    const char *gives; /* "" nothing, "\n" a new line */
} tags[] = {
    { "a", "" },
    { "abbr", "" },
    { "b", "" },
    { "big", "" },
    { "blockquote", "\n" },
    { "br", "\n" },
    { "code", "" },
    { "del", "" },
    { "details", "\n" },
    { "div", "\n" },
    { "em", "" },
    { "font", "" },
    { "h1", "\n" },
    { "h2", "\n" },
    { "h3", "\n" },
    { "h4", "\n" },
    { "h5", "\n" },
    { "h6", "\n" },
    { "hr", "\n" },
    { "i", "" },
    { "img", "" },
    { "ins", "" },
    { "kbd", "" },
    { "li", "\n" },
    { "ol", "\n" },
    { "p", "\n" },
    { "pre", "\n" },
    { "s", "" },
    { "samp", "" },
    { "script", "" },
    { "small", "" },
    { "span", "" },
    { "strong", "" },
    { "style", "" },
    { "sub", "" },
    { "summary", "\n" },
    { "sup", "" },
    { "table", "\n" },
    { "tbody", "\n" },
    { "td", " " },
    { "th", " " },
    { "thead", "\n" },
    { "tr", "\n" },
    { "tt", "" },
    { "u", "" },
    { "ul", "\n" },
};

static const struct tag *tag_named(const char *s, size_t n)
{
    for (size_t i = 0; i < ARRAY_SIZE(tags); i++)
        if (strlen(tags[i].name) == n && strncasecmp(tags[i].name, s, n) == 0)
            return &tags[i];
    return NULL;
}

/* Past the '>' that ends the tag whose attributes begin at i; 0: none. */
static size_t tag_end(const char *s, size_t n, size_t i)
{
    size_t stop = n - i > TAG_MAX ? i + TAG_MAX : n;
    char quote = 0;

    for (; i < stop; i++) {
        if (quote && s[i] == quote)
            quote = 0;
        else if (!quote && (s[i] == '"' || s[i] == '\''))
            quote = s[i];
        else if (!quote && s[i] == '>')
            return i + 1;
        else if (!quote && s[i] == '<')
            return 0;
    }
    return 0;
}

/* The length of the tag or comment at s (s[0] is '<'), 0: none. */
static size_t tag_length(const char *s, size_t n, const char **gives)
{
    size_t i = 1, name;
    const struct tag *tag;

    *gives = "";
    if (n > 4 && memcmp(s, "<!--", 4) == 0) {
        size_t look = n > TAG_MAX ? TAG_MAX : n;
        const char *end = memmem(s + 4, look - 4, "-->", 3);

        return end ? (size_t)(end - s) + 3 : 0;
    }
    if (i < n && s[i] == '/')
        i++;
    name = i;
    while (i < n && isalnum((unsigned char)s[i]))
        i++;
    tag = tag_named(s + name, i - name);
    if (!tag || i == n)
        return 0;
    if (s[i] != '>' && s[i] != '/' && !isspace((unsigned char)s[i]))
        return 0;
    *gives = tag->gives;
    return tag_end(s, n, i);
}

static void add_utf8(struct strbuf *out, uint32_t c)
{
    char u[4];
    size_t n;

    if (c < 0x80) {
        u[0] = (char)c;
        n = 1;
    } else if (c < 0x800) {
        u[0] = (char)(0xc0 | c >> 6);
        u[1] = (char)(0x80 | (c & 63));
        n = 2;
    } else if (c < 0x10000) {
        u[0] = (char)(0xe0 | c >> 12);
        u[1] = (char)(0x80 | (c >> 6 & 63));
        u[2] = (char)(0x80 | (c & 63));
        n = 3;
    } else {
        u[0] = (char)(0xf0 | c >> 18);
        u[1] = (char)(0x80 | (c >> 12 & 63));
        u[2] = (char)(0x80 | (c >> 6 & 63));
        u[3] = (char)(0x80 | (c & 63));
        n = 4;
    }
    strbuf_add(out, u, n);
}

static bool character_is_text(uint32_t c)
{
    if (c == '\n' || c == '\t')
        return true;
    return c >= 0x20 && c != 0x7f && c <= 0x10ffff
           && !(c >= 0xd800 && c < 0xe000);
}

/* "&#39;", "&#x27;" at s: its length, 0: none. */
static size_t numeric_entity(const char *s, size_t n, uint32_t *c)
{
    bool hex = n > 3 && (s[2] == 'x' || s[2] == 'X');
    size_t i = hex ? 3 : 2, first = i;
    uint32_t v = 0;

    for (; i < n && i - first < 8; i++) {
        unsigned d;

        if (isdigit((unsigned char)s[i]))
            d = (unsigned)(s[i] - '0');
        else if (hex && isxdigit((unsigned char)s[i]))
            d = (unsigned)(tolower((unsigned char)s[i]) - 'a') + 10;
        else
            break;
        v = v * (hex ? 16 : 10) + d;
    }
    if (i == first || i == n || s[i] != ';' || !character_is_text(v))
        return 0;
    *c = v;
    return i + 1;
}

static size_t entity_length(const char *s, size_t n, uint32_t *c)
{
    static const struct {
        const char *name;
        uint32_t c;
    } named[] = {
        { "&amp;", '&' },       { "&lt;", '<' },       { "&gt;", '>' },
        { "&quot;", '"' },      { "&apos;", '\'' },    { "&nbsp;", ' ' },
        { "&hellip;", 0x2026 }, { "&ndash;", 0x2013 }, { "&mdash;", 0x2014 },
    };

    if (n > 3 && s[1] == '#')
        return numeric_entity(s, n, c);
    for (size_t i = 0; i < ARRAY_SIZE(named); i++) {
        size_t len = strlen(named[i].name);

        if (len <= n && memcmp(s, named[i].name, len) == 0) {
            *c = named[i].c;
            return len;
        }
    }
    return 0;
}

static void new_line(struct strbuf *out)
{
    if (out->len && out->buf[out->len - 1] != '\n')
        strbuf_addc(out, '\n');
}

char *clean_html(const char *s, size_t n)
{
    struct strbuf out;

    strbuf_init(&out, STRBUF_UNBOUNDED);
    for (size_t i = 0; i < n;) {
        const char *gives = "";
        size_t len = 0;
        uint32_t c = 0;

        if (s[i] == '<' && (len = tag_length(s + i, n - i, &gives)) > 0) {
            if (*gives == '\n')
                new_line(&out);
            else
                strbuf_adds(&out, gives);
        } else if (s[i] == '&' && (len = entity_length(s + i, n - i, &c)) > 0) {
            add_utf8(&out, c);
        } else {
            len = 1;
            if (s[i] && s[i] != '\r')
                strbuf_addc(&out, s[i]);
        }
        i += len;
    }
    return strbuf_take(&out);
}

char *clean_href(const char *s)
{
    const char *p = strcasestr(s, "href=");
    CLEANUP_FREE char *written = NULL;
    CLEANUP_FREE char *url = NULL;
    const char *end;

    if (!p)
        return NULL;
    p += strlen("href=");
    if (*p == '"' || *p == '\'')
        end = strchr(p + 1, *p), p++;
    else
        end = p + strcspn(p, " >\t\n");
    if (!end)
        return NULL;
    written = xstrndup(p, (size_t)(end - p));
    /* Looked at as it is used: an entity may stand for what no URL has. */
    url = clean_html(written, strlen(written));
    return clean_is_url(url) ? xstrdup(url) : NULL;
}

bool clean_is_url(const char *s)
{
    if (!s || strlen(s) > URL_MAX)
        return false;
    if (!str_starts(s, "https://") && !str_starts(s, "http://"))
        return false;
    for (const char *p = s; *p; p++)
        if (*p <= ' ' || *p > '~' || strchr("\"'<>\\^`{|}", *p))
            return false;
    return s[strcspn(s, ":") + 3] != '\0';
}

char *clean_version(const char *s)
{
    static const char lead[] = "version '";
    const char *p = s;

    while ((p = strstr(p, lead)) != NULL) {
        size_t n;

        p += strlen(lead);
        n = strcspn(p, "'\n");
        if (p[n] == '\'' && n > 0 && n <= VERSION_MAX)
            return xstrndup(p, n);
    }
    return NULL;
}
