/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hostile text made harmless: its characters are cleaned (characters.c), then
 * it is escaped for the one position it goes to, counting what is written.
 * Must not know templates or tickets, and must never hand on a byte it has
 * not looked at.
 */
#include <config.h>

#include "core/deliver/safety.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/deliver/characters.h"

#define ZWSP "\xe2\x80\x8b"
#define ELLIPSIS "\xe2\x80\xa6"
#define URL_MAX 2000
#define CUT_LINE "[" ELLIPSIS " cut " ELLIPSIS "]\n"

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

/* ---- writing with a limit ---- */

struct writer {
    struct strbuf *out;
    size_t count, max; /* characters */
    size_t mark;       /* out's length with room for the ellipsis */
    bool full;
};

static struct writer writer_on(struct strbuf *out, size_t max)
{
    return (struct writer){ .out = out, .max = max, .mark = out->len };
}

/* One unit, whole or not at all: an escape is never cut in two. */
static void put(struct writer *w, const char *s, size_t n)
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

static void puts_unit(struct writer *w, const char *s)
{
    put(w, s, strlen(s));
}

/* ---- what every position breaks ---- */

static bool is_hex(char c)
{
    return isxdigit((unsigned char)c);
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* Length of the run at s that a forge would take for a commit hash. */
static size_t hash_length(const char *text, const char *s)
{
    size_t n = 0;

    if (s > text && is_word(s[-1]))
        return 0;
    while (is_hex(s[n]))
        n++;
    return n >= 7 && n <= 64 && !is_word(s[n]) ? n : 0;
}

static bool starts_nocase(const char *s, const char *word)
{
    for (; *word; s++, word++)
        if (tolower((unsigned char)*s) != *word)
            return false;
    return true;
}

/* @, full-width @, <!-- and the sink's own specials: one unit, broken by a
 * zero-width space. The bytes taken; 0: nothing of it stands here. */
static size_t break_always(struct writer *w, const struct safety *how,
                           const char *p)
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
        puts_unit(w, unit);
        return len;
    }
    return 0;
}

/* What a forge or a mail program would make a link or a reference of. Hashes
 * only a forge links: elsewhere they stay whole, to be copied. */
static size_t break_reference(struct writer *w, const struct safety *how,
                              const char *text, const char *p)
{
    size_t n;

    if (*p == '#' && (!p[1] || is_word(p[1]))) {
        puts_unit(w, "#" ZWSP);
        return 1;
    }
    if (!strncmp(p, "://", 3)) {
        puts_unit(w, ":" ZWSP "/" ZWSP "/");
        return 3;
    }
    if (starts_nocase(p, "www.")) {
        put(w, p, 3);
        puts_unit(w, ZWSP ".");
        return 4;
    }
    if ((p == text || !is_word(p[-1]))
        && (starts_nocase(p, "gh-") || starts_nocase(p, "ghsa-"))) {
        n = starts_nocase(p, "gh-") ? 2 : 4;
        put(w, p, n);
        puts_unit(w, ZWSP "-");
        return n + 1;
    }
    n = how->flavour == SAFETY_GITHUB ? hash_length(text, p) : 0;
    if (n) {
        /* A forge asks for 7. */
        for (size_t i = 0; i < n; i += 6) {
            if (i)
                puts_unit(w, ZWSP);
            put(w, p + i, n - i < 6 ? n - i : 6);
        }
        return n;
    }
    return 0;
}

static void put_character(struct writer *w, const char *p, size_t *len)
{
    characters_decode(p, len);
    put(w, p, *len);
}

/* ---- text ---- */

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
        puts_unit(w, *p == '<' ? "&lt;" : *p == '>' ? "&gt;" : "&amp;");
        return 1;
    }
    if (starts_block(text, p)) {
        puts_unit(w, unit);
        /* the escaped # must not begin a reference either */
        if (*p == '#')
            puts_unit(w, ZWSP);
        return 1;
    }
    if (strchr("\\`*_[]$|~", *p) || (*p == '!' && (!p[1] || p[1] == '['))) {
        puts_unit(w, unit);
        return 1;
    }
    return 0;
}

static void text_github(struct writer *w, const struct safety *how,
                        const char *s)
{
    size_t n;

    for (const char *p = s; *p && !w->full; p += n) {
        n = *p == '<' ? 0 : break_always(w, how, p);
        if (!n && !starts_block(s, p))
            n = break_reference(w, how, s, p);
        if (!n)
            n = github_character(w, s, p);
        if (!n)
            put_character(w, p, &n);
    }
}

/* Zulip has no escape for its markup, so text with anything in it that may
 * mean something is written as inline code. */
static bool zulip_is_plain(const char *s)
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

static void text_plain(struct writer *w, const struct safety *how,
                       const char *s)
{
    size_t n;

    for (const char *p = s; *p && !w->full; p += n) {
        n = break_always(w, how, p);
        if (!n)
            n = break_reference(w, how, s, p);
        if (!n)
            put_character(w, p, &n);
    }
}

static void text_html(struct writer *w, const struct safety *how, const char *s,
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
            puts_unit(w, entity[(unsigned char)*p]);
            n = 1;
        }
        if (!n)
            n = break_always(w, how, p);
        if (!n && references)
            n = break_reference(w, how, s, p);
        if (!n)
            put_character(w, p, &n);
    }
}

/* ---- code ---- */

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
        n = break_always(w, how, p);
        if (!n)
            put_character(w, p, &n);
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

static void write_code(struct strbuf *out, const struct safety *how, char *s,
                       size_t max)
{
    struct writer w = writer_on(out, max);

    if (!*s)
        return;
    switch (how->flavour) {
    case SAFETY_PLAIN:
        text_plain(&w, how, s);
        break;
    case SAFETY_HTML:
        strbuf_adds(out, "<code>");
        w.mark = out->len;
        text_html(&w, how, s, false);
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
            text_html(&w, how, line, false);
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

static void write_fence(struct strbuf *out, const struct safety *how, char *s,
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
        n = break_always(w, how, p);
        if (!n && *p == '#' && isdigit((unsigned char)p[1])) {
            puts_unit(w, "#" ZWSP);
            n = 1;
        }
        if (!n && (p == s || !is_word(p[-1])) && starts_nocase(p, "gh-")
            && isdigit((unsigned char)p[3])) {
            put(w, p, 2);
            puts_unit(w, ZWSP "-");
            n = 3;
        }
        if (!n)
            put_character(w, p, &n);
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
            text_github(&w, how, clean);
        else if (how->flavour == SAFETY_HTML)
            text_html(&w, how, clean, true);
        else if (how->flavour == SAFETY_ZULIP && !zulip_is_plain(clean))
            write_code(out, how, clean, max);
        else
            text_plain(&w, how, clean);
        break;
    case SAFETY_CODE:
        write_code(out, how, clean, max);
        break;
    case SAFETY_FENCE:
        write_fence(out, how, clean, max);
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
