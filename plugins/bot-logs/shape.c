/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One error of the bot, from either shape. Must not guess: a member of an
 * unknown type is reported and left out.
 */
#include <config.h>

#include "plugins/bot-logs/shape.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "plugins/bot-logs/clean.h"

#define ATTEMPTS_MAX 1e9
#define MESSAGES_READ 2000

void shape_release(struct shape *s)
{
    free(s->text);
    free(s->url);
    free(s->branch);
    free(s->version);
    memset(s, 0, sizeof(*s));
}

const char *shape_type(const json_t *v)
{
    if (!v)
        return "nothing";
    switch (json_typeof(v)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "a text";
    case JSON_INTEGER:
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "a truth value";
    case JSON_NULL:
        break;
    }
    return "null";
}

bool shape_is_empty(const json_t *v)
{
    if (!v || json_is_null(v))
        return true;
    if (json_is_string(v))
        return !*json_string_value(v);
    return json_is_object(v) && json_object_size(v) == 0;
}

static bool branch_is_plain(const char *s, size_t n)
{
    if (n == 0 || n > 200)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)s[i]) && !strchr("._/+-", s[i]))
            return false;
    return true;
}

/* "767.00 attempts - " */
static const char *skip_attempts(const char *s, double *attempts)
{
    size_t whole = strspn(s, "0123456789");
    size_t n = whole;
    double v = 0, unit = 1;

    if (!whole || whole > 9)
        return s;
    for (size_t i = 0; i < whole; i++)
        v = v * 10 + (s[i] - '0');
    if (s[n] == '.')
        for (n++; n < whole + 10 && isdigit((unsigned char)s[n]); n++)
            v += (s[n] - '0') * (unit /= 10);
    if (!str_starts(s + n, " attempts - "))
        return s;
    *attempts = v;
    return s + n + strlen(" attempts - ");
}

/* "(<a href=..>..</a>): main:\n" or "(<a ..>) @ main<details>"; also
 * without the link. Returns what follows. */
static const char *skip_link_and_branch(const char *s, struct shape *out)
{
    const char *close = s[0] == '(' ? strstr(s, "</a>)") : NULL;
    const char *p = s;
    size_t n;

    if (close) {
        CLEANUP_FREE char *link = xstrndup(s, (size_t)(close - s));

        out->url = clean_href(link);
        p = close + strlen("</a>)");
    }
    if (str_starts(p, " @ ")) {
        n = strcspn(p + 3, " <\n:");
        if (branch_is_plain(p + 3, n)) {
            out->branch = xstrndup(p + 3, n);
            p += 3 + n;
        }
    } else if (str_starts(p, ": ")) {
        n = strcspn(p + 2, " <\n:");
        if (close && p[2 + n] == ':' && branch_is_plain(p + 2, n)) {
            out->branch = xstrndup(p + 2, n);
            p += 2 + n + 1;
        } else {
            p += 2;
        }
    }
    while (*p == ' ' || *p == '\n')
        p++;
    return p;
}

/* Python's list of texts, "['a: b\\n', 'c']": its \n become new lines. */
static char *unrepr(const char *s)
{
    struct strbuf out;

    strbuf_init(&out, STRBUF_UNBOUNDED);
    for (; *s; s++) {
        if (s[0] == '\\' && s[1] == 'n') {
            strbuf_addc(&out, '\n');
            s++;
        } else {
            strbuf_addc(&out, *s);
        }
    }
    return strbuf_take(&out);
}

static char *with_kind(const char *kind, const char *text)
{
    if (!*text)
        text = "The bot says nothing of the reason.";
    if (!kind)
        return xstrdup(text);
    return xasprintf("%s\n%s", kind, text);
}

static void read_text(const char *s, struct shape *out)
{
    static const char *const kinds[] = { "bot error", "not solvable" };
    CLEANUP_FREE char *plain = NULL;
    CLEANUP_FREE char *list = NULL;
    const char *kind = NULL;
    const char *rest = skip_attempts(s, &out->attempts);

    for (size_t i = 0; i < ARRAY_SIZE(kinds) && !kind; i++) {
        size_t n = strlen(kinds[i]);

        if (str_starts(rest, kinds[i])
            && (str_starts(rest + n, " (<a ") || str_starts(rest + n, ": "))) {
            kind = kinds[i];
            rest = skip_link_and_branch(rest + n + (rest[n] == ' '), out);
        }
    }
    if (kind && str_starts(rest, "['"))
        rest = list = unrepr(rest);
    plain = clean_messages(&rest, 1);
    out->text = with_kind(kind, plain);
}

/* The lines of a traceback, one an element. */
static void add_traceback(struct strbuf *out, const json_t *list,
                          shape_drift *drift, void *user)
{
    const json_t *v;
    size_t i;

    if (!list || json_is_null(list))
        return;
    if (json_is_string(list)) {
        strbuf_addf(out, "%s\n", json_string_value(list));
        return;
    }
    if (!json_is_array(list)) {
        drift(user, "traceback", "a list of texts", list);
        return;
    }
    json_array_foreach(list, i, v)
        if (json_is_string(v))
            strbuf_addf(out, "%s\n", json_string_value(v));
}

static char *read_messages(const json_t *list, shape_drift *drift, void *user)
{
    const char **texts = xcalloc(json_array_size(list) + 1, sizeof(*texts));
    size_t nr = 0, i;
    json_t *v;
    char *text;

    json_array_foreach(list, i, v) {
        if (i >= MESSAGES_READ)
            break;
        if (json_is_string(v)) {
            texts[nr++] = json_string_value(v);
        } else {
            CLEANUP_FREE char *member = xasprintf("messages[%zu]", i);

            drift(user, member, "a text", v);
        }
    }
    text = clean_messages(texts, nr);
    free(texts);
    return text;
}

/* A member that is a text, null or absent. */
static const char *text_member(const json_t *v, const char *name,
                               shape_drift *drift, void *user)
{
    const json_t *m = json_object_get(v, name);

    if (m && !json_is_null(m) && !json_is_string(m))
        drift(user, name, "a text or null", m);
    return json_string_value(m);
}

static void read_attempts(const json_t *v, struct shape *out,
                          shape_drift *drift, void *user)
{
    const json_t *m = json_object_get(v, "attempts");

    if (!m || json_is_null(m))
        return;
    if (!json_is_number(m) || json_number_value(m) < 0
        || json_number_value(m) > ATTEMPTS_MAX)
        drift(user, "attempts", "a number of tries", m);
    else
        out->attempts = json_number_value(m);
}

static int read_object(const json_t *v, struct shape *out, shape_drift *drift,
                       void *user)
{
    const json_t *messages = json_object_get(v, "messages");
    const char *kind = text_member(v, "kind", drift, user);
    const char *url = text_member(v, "url", drift, user);
    const char *branch = text_member(v, "base_branch", drift, user);
    CLEANUP_FREE char *text = NULL;

    if (!json_is_array(messages)) {
        drift(user, "messages", "a list of texts", messages);
        return -1;
    }
    read_attempts(v, out, drift, user);
    text = read_messages(messages, drift, user);
    if (str_eq(kind, "bot-error"))
        kind = "bot error";
    else if (str_eq(kind, "not-solvable"))
        kind = "not solvable";
    else
        kind = NULL;
    out->text = with_kind(kind, text);
    if (clean_is_url(url))
        out->url = xstrdup(url);
    else if (url)
        out->url = clean_href(url);
    if (branch && branch_is_plain(branch, strlen(branch)))
        out->branch = xstrdup(branch);
    return 0;
}

int shape_bad(const json_t *v, struct shape *out, shape_drift *drift,
              void *user)
{
    const char *exception, *url;
    struct strbuf text;

    if (!json_is_object(v) || json_object_get(v, "messages"))
        return shape_read(v, out, drift, user);
    memset(out, 0, sizeof(*out));
    out->attempts = -1;
    exception = text_member(v, "exception", drift, user);
    url = text_member(v, "url", drift, user);
    strbuf_init(&text, STRBUF_UNBOUNDED);
    add_traceback(&text, json_object_get(v, "traceback"), drift, user);
    if (exception)
        strbuf_adds(&text, exception);
    if (!text.len) {
        drift(user, "exception", "a text", json_object_get(v, "exception"));
        strbuf_release(&text);
        return -1;
    }
    out->text = clean_messages((const char *const *)&text.buf, 1);
    strbuf_release(&text);
    if (clean_is_url(url))
        out->url = xstrdup(url);
    out->version = clean_version(out->text);
    return 0;
}

int shape_read(const json_t *v, struct shape *out, shape_drift *drift,
               void *user)
{
    memset(out, 0, sizeof(*out));
    out->attempts = -1;
    if (json_is_string(v)) {
        read_text(json_string_value(v), out);
    } else if (json_is_object(v)) {
        if (read_object(v, out, drift, user) < 0)
            return -1;
    } else {
        drift(user, "", "a text or an object", v);
        return -1;
    }
    out->version = clean_version(out->text);
    return 0;
}
