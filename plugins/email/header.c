/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Values of headers. GMime (3.2.13) would encode them, but makes encoded
 * words of more than the 75 characters that RFC 2047 allows, and none of what
 * only looks like one. Must not be given what header_ok refuses.
 */
#include <config.h>

#include "plugins/email/header.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"

#define HEADER_MAX 900 /* a line of SMTP has 998 at most */
#define LINE 76        /* of one with encoded words */
#define WORD_MAX 75
#define BEGIN "=?utf-8?B?"
#define END "?="

/* C1 controls, line and paragraph separators, bidi controls. */
static bool is_odd(const unsigned char *p)
{
    if (p[0] == 0xc2)
        return p[1] < 0xa0;
    if (p[0] != 0xe2)
        return false;
    return (p[1] == 0x80 && p[2] >= 0xa8 && p[2] <= 0xae)
           || (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9);
}

bool header_ok(const char *s)
{
    CLEANUP_FREE char *fixed = NULL;

    if (!s || strlen(s) > HEADER_MAX)
        return false;
    for (const char *p = s; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f
            || is_odd((const unsigned char *)p))
            return false;
    fixed = utf8_repair(s, strlen(s));
    return !strcmp(fixed, s);
}

bool unsubscribe_ok(const char *url)
{
    if (!header_ok(url)
        || (strncasecmp(url, "https://", 8) && strncasecmp(url, "mailto:", 7)))
        return false;
    for (; *url; url++)
        if ((unsigned char)*url > 0x7e || strchr(" <>\",", *url))
            return false;
    return true;
}

/* ---- encoded words ---- */

static bool needs_encoding(const char *s)
{
    if (*s == ' ' || strstr(s, "  ") || (*s && s[strlen(s) - 1] == ' '))
        return true; /* would not come through folding */
    for (; *s; s++)
        if ((unsigned char)*s > 0x7e || (*s == '=' && s[1] == '?'))
            return true;
    return false;
}

static bool begins_character(char c)
{
    return ((unsigned char)c & 0xc0) != 0x80;
}

/* How many bytes of s go into one word of at most max: whole characters, and
 * by threes where it can be, because some decoders (GMime's among them) lose
 * the word behind one that ends in padding. */
static size_t piece_of(const char *s, size_t max)
{
    size_t n = strlen(s), room = (max - strlen(BEGIN END)) / 4 * 3;

    if (n <= room)
        return n;
    for (n = room; n; n -= 3)
        if (begins_character(s[n]))
            return n;
    for (n = room; !begins_character(s[n]); n--)
        ;
    return n;
}

/* used: what stands on the line already. */
static void add_words(struct strbuf *b, const char *s, size_t used)
{
    while (*s) {
        size_t n = piece_of(s, LINE - used < WORD_MAX ? LINE - used : WORD_MAX);
        char *text = g_base64_encode((const guchar *)s, n);

        strbuf_addf(b, BEGIN "%s" END, text);
        g_free(text);
        s += n;
        used = 1;
        if (*s)
            strbuf_adds(b, "\n ");
    }
}

/* Between words; a word that is longer than a line has one of its own. */
static void add_folded(struct strbuf *b, const char *s, size_t used)
{
    bool fresh = true;

    while (*s) {
        size_t n = strcspn(s, " ");

        if (!fresh && used + 1 + n > LINE) {
            strbuf_adds(b, "\n ");
            used = 1;
        } else if (!fresh) {
            strbuf_addc(b, ' ');
            used++;
        }
        strbuf_add(b, s, n);
        used += n;
        fresh = false;
        s += n + (s[n] == ' ');
    }
}

char *header_text(const char *name, const char *text)
{
    size_t used = strlen(name) + 2;
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    if (needs_encoding(text))
        add_words(&b, text, used);
    else
        add_folded(&b, text, used);
    return strbuf_take(&b);
}

static void add_quoted(struct strbuf *b, const char *s)
{
    strbuf_addc(b, '"');
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            strbuf_addc(b, '\\');
        strbuf_addc(b, *s);
    }
    strbuf_addc(b, '"');
}

static bool is_atoms(const char *s)
{
    for (; *s; s++)
        if (!g_ascii_isalnum(*s) && *s != ' ' && *s != '-')
            return false;
    return true;
}

char *header_mailbox(const char *header, const char *name, const char *address)
{
    size_t used = strlen(header) + 2, last;
    struct strbuf b;

    if (!name || !*name)
        return xstrdup(address);
    strbuf_init(&b, STRBUF_UNBOUNDED);
    if (needs_encoding(name))
        add_words(&b, name, used);
    else if (is_atoms(name))
        strbuf_adds(&b, name);
    else
        add_quoted(&b, name);
    last = strrchr(b.buf, '\n') ? strlen(strrchr(b.buf, '\n')) : used + b.len;
    strbuf_addf(&b, "%s<%s>", last + strlen(address) + 3 > LINE ? "\n " : " ",
                address);
    return strbuf_take(&b);
}

/* ---- lists ---- */

void headers_release(struct headers *h)
{
    for (size_t i = 0; i < h->nr; i++)
        free(h->list[i].value);
    free(h->list);
    memset(h, 0, sizeof(*h));
}

void headers_add(struct headers *h, const char *name, char *value)
{
    ALLOC_GROW(h->list, h->nr + 1, h->alloc);
    h->list[h->nr++] = (struct header){ name, value };
}
