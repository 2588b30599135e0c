/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bodies: our part between our marks, people's around it. Must not lose what
 * people wrote, and must not make a call of anything that was none.
 */
#include <config.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "plugins/github-issues/sink.h"

#define MARKER_BEGIN "<!-- tocsin 1:"
#define MARKER_END " -->"
#define LOGIN_MAX 39
#define SHORT_TEXT                                                             \
    "(The text does not fit beside what was added to this issue.)\n"

size_t text_length(const char *s)
{
    size_t n = 0;

    for (; *s; s++)
        n += ((unsigned char)*s & 0xc0) != 0x80;
    return n;
}

/* Bots that take orders from whoever writes to them: they are called neither
 * by a text nor by a comment, whoever names them as an owner. */
static bool takes_orders(const char *login)
{
    static const char *const bots[] = { "conda-forge-admin",
                                        "conda-forge-linter" };

    for (size_t i = 0; i < ARRAY_SIZE(bots); i++)
        if (!strncasecmp(login, bots[i], strlen(bots[i])))
            return true;
    return false;
}

bool text_is_login(const char *s)
{
    size_t n = s ? strlen(s) : 0;

    if (!n || n > LOGIN_MAX || s[0] == '-' || s[n - 1] == '-'
        || takes_orders(s))
        return false;
    for (; *s; s++)
        if (!isalnum((unsigned char)*s) && *s != '-')
            return false;
    return true;
}

/* ---- marks --------------------------------------------------------------- */

char *text_ours(const char *body)
{
    return xasprintf(TEXT_BEGIN "\n%s", body);
}

/* Only what a marker is made of: a key, a nonce and what is between. */
static size_t marker_length(const char *s)
{
    size_t n = strlen(MARKER_BEGIN);

    while (isalnum((unsigned char)s[n]) || s[n] == '-' || s[n] == ':') {
        if (!strncmp(s + n, "-->", 3))
            return 0;
        n++;
    }
    return strncmp(s + n, MARKER_END, strlen(MARKER_END))
               ? 0
               : n + strlen(MARKER_END);
}

/* The first marker at or behind from: its start; *end behind it. What only
 * begins as one hides none behind it. */
static const char *find_marker(const char *from, const char **end)
{
    for (const char *s = from; (s = strstr(s, MARKER_BEGIN)); s++) {
        size_t n = marker_length(s);

        *end = s + n;
        if (n)
            return s;
    }
    return NULL;
}

/* What stands in our part, if there is one. */
char *text_key(const char *body)
{
    const char *begin = body ? strstr(body, TEXT_BEGIN) : NULL, *end;
    const char *s = body ? find_marker(begin ? begin : body, &end) : NULL;
    size_t n;

    if (!s)
        return NULL;
    s += strlen(MARKER_BEGIN);
    n = strcspn(s, ": ");
    return s[n] == ':' && n ? xstrndup(s, n) : NULL;
}

/* The marker of that key, wherever it stands. */
static const char *find_key(const char *body, const char *key, const char **end)
{
    size_t n = strlen(key);

    for (const char *s = body; (s = find_marker(s, end)); s = *end)
        if (!strncmp(s + strlen(MARKER_BEGIN), key, n)
            && s[strlen(MARKER_BEGIN) + n] == ':')
            return s;
    return NULL;
}

bool text_has_key(const char *body, const char *key)
{
    const char *end;

    return body && *key && find_key(body, key, &end) != NULL;
}

bool text_has_nonce(const char *body, const char *nonce)
{
    CLEANUP_FREE char *what = xasprintf(":%s" MARKER_END, nonce);

    return body && *nonce && strstr(body, what) != NULL;
}

/* Our part of what stands there, by its key: people may have copied marks.
 * False: a mark is missing. */
static bool find_ours(const char *stands, const char *key, const char **begin,
                      const char **end)
{
    const char *marker = find_key(stands, key, end);

    *begin = NULL;
    for (const char *s = stands; marker && (s = strstr(s, TEXT_BEGIN)); s++)
        if (s < marker)
            *begin = s;
    return *begin != NULL;
}

/* What stood on both sides of a mark must not become one. */
static void keep_apart(struct strbuf *b, const char *next)
{
    if (b->len && b->buf[b->len - 1] != '\n' && *next && *next != '\r'
        && *next != '\n')
        strbuf_addc(b, '\n');
}

/* Without the marks that are left of a part that is broken. */
static char *without_marks(const char *stands)
{
    struct strbuf b;
    const char *end, *mark;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    while (*stands) {
        if (str_starts(stands, TEXT_BEGIN)) {
            stands += strlen(TEXT_BEGIN);
            keep_apart(&b, stands);
            continue;
        }
        mark = find_marker(stands, &end);
        if (mark == stands) {
            stands = end;
            keep_apart(&b, stands);
            continue;
        }
        strbuf_addc(&b, *stands++);
    }
    return strbuf_take(&b);
}

static char *put_together(const char *stands, const char *ours, const char *key)
{
    const char *begin = NULL, *end = NULL;
    CLEANUP_FREE char *rest = NULL;

    if (find_ours(stands, key, &begin, &end)) {
        size_t n = strlen(ours);

        while (n && ours[n - 1] == '\n')
            n--;
        return xasprintf("%.*s%.*s%s", (int)(begin - stands), stands, (int)n,
                         ours, end);
    }
    rest = without_marks(stands);
    if (!rest[strspn(rest, " \t\r\n")])
        return xstrdup(ours);
    return xasprintf("%s\n\n%s", rest, ours);
}

char *text_merge(const char *stands, const char *ours, const char *marker)
{
    CLEANUP_FREE char *least =
        xasprintf(TEXT_BEGIN "\n" SHORT_TEXT "%s\n", marker);
    CLEANUP_FREE char *key = text_key(marker);
    char *whole;

    if (!key)
        return NULL;
    whole = put_together(stands, ours, key);
    if (text_length(whole) <= TEXT_MAX_CHARS)
        return whole;
    free(whole);
    whole = put_together(stands, least, key);
    if (text_length(whole) <= TEXT_MAX_CHARS)
        return whole;
    free(whole);
    return NULL;
}

/* ---- calls --------------------------------------------------------------- */

static bool is_name_char(char c)
{
    return isalnum((unsigned char)c) || c == '-' || c == '_' || c == '/';
}

/* Does "@name" stand at s, and end there? */
static bool calls(const char *s, const char *name)
{
    size_t n = strlen(name);

    return *s == '@' && !strncasecmp(s + 1, name, n) && !is_name_char(s[1 + n]);
}

/* A zero-width space behind @ makes it text; see the core's safety. */
char *text_call(const char *body, const char *name, const char *to)
{
    CLEANUP_FREE char *dead = xasprintf("@\xe2\x80\x8b%s", name);
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    while (*body) {
        if (!calls(body, name)) {
            strbuf_addc(&b, *body++);
            continue;
        }
        strbuf_adds(&b, to ? to : dead);
        body += 1 + strlen(name);
    }
    return strbuf_take(&b);
}

json_t *text_teams(const char *body)
{
    json_t *list = json_array();

    for (const char *s = body; (s = strchr(s, '@')); s++) {
        size_t n = 0;

        while (is_name_char(s[1 + n]))
            n++;
        if (memchr(s + 1, '/', n))
            json_array_append_new(list, json_stringn(s + 1, n));
    }
    return list;
}
