/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Secrets out of lines. Must not let a line through that a pattern could
 * not be run on.
 */
#include <config.h>

#include "core/classify/redact.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/classify/classify.h"
#include "core/classify/exact.h"
#include "core/classify/secrets.h"

/* Lines of one private key; a longer one is no key. */
#define KEY_LINES_MAX 200
/* So many lines of others may stand among those of a key. */
#define KEY_STRANGERS_MAX 4

#define TOO_INTRICATE "[redacted: a line too intricate to search]"
#define PRIVATE_KEY "[redacted:private-key]"

/* A shorter line was not wrapped. */
#define WRAP_MIN 60
/* So much of a token that a wrap tore is worth cutting. */
#define TORN_MIN 4
#define TORN "[redacted:torn]"
/* Lines of a key are at least so long, but for the last one. */
#define KEY_LINE_MIN 60

struct redactor {
    struct exact *exact;
    int key_lines; /* > 0: inside a private key */
    bool brute;
    int strangers; /* lines in it that were none of it */
    bool torn;     /* the line before may have ended inside a secret */
};

struct redactor *redactor_new(const char *const *exact, size_t nr)
{
    struct redactor *r = xcalloc(1, sizeof(*r));

    r->exact = exact_new(exact, nr);
    return r;
}

void redactor_free(struct redactor *r)
{
    if (!r)
        return;
    exact_free(r->exact);
    free(r);
}

static bool is_base64(char c)
{
    return isalnum((unsigned char)c) || c == '+' || c == '/' || c == '=';
}

/* Not what is in paths, dates and sentences. */
static bool is_torn(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* Whether there is nothing but base64, in what a program frames its lines
 * with. */
static bool is_bare_base64(const char *s, size_t n)
{
    while (n && !is_base64(*s)) {
        s++;
        n--;
    }
    if (n >= 2 && s[n - 2] == '\\' && (s[n - 1] == 'n' || s[n - 1] == 'r'))
        n -= 2;
    while (n && !is_base64(s[n - 1])) {
        n--;
        if (n >= 2 && s[n - 2] == '\\' && s[n - 1] == 'n')
            n -= 2;
    }
    for (size_t i = 0; i < n; i++)
        if (!is_base64(s[i]))
            return false;
    return n <= 200;
}

/* Whether a line can be one of a key: base64 without a space, or a header. */
static bool looks_like_key(const char *s, size_t n)
{
    static const char *const headers[] = {
        "Proc-Type:", "DEK-Info:", "Version:", "Comment:",
        "Hash:",      "Subject:",  "x-",       "Private-MAC:",
    };
    size_t frame = 0;

    while (frame < n && !is_base64(s[frame]))
        frame++;
    for (size_t i = 0; i < ARRAY_SIZE(headers); i++)
        if (str_starts(s + frame, headers[i]))
            return true;
    return is_bare_base64(s, n);
}

const char *const redact_openers[] = {
    "-----begin ",
    "---- begin ",
    "private-lines: ",
    NULL,
};

/* What begins the first key in s. */
static const char *key_begin(const char *s)
{
    static const struct {
        const char *first, *then;
    } begins[] = {
        { "-----BEGIN ", "PRIVATE KEY" },
        { "---- BEGIN ", "PRIVATE KEY" },
        { "Private-Lines: ", "" },
    };
    const char *first = NULL;

    for (size_t i = 0; i < ARRAY_SIZE(begins); i++) {
        const char *at = strstr(s, begins[i].first);

        if (at && strstr(at, begins[i].then) && (!first || at < first))
            first = at;
    }
    return first;
}

static bool is_key_end(const char *s)
{
    return strstr(s, "-----END ") || strstr(s, "---- END ")
           || strstr(s, "Private-MAC:");
}

static bool continue_key(struct redactor *r, struct strbuf *b)
{
    bool end = is_key_end(b->buf);

    if (!end && !looks_like_key(b->buf, b->len)) {
        if (++r->strangers > KEY_STRANGERS_MAX)
            r->key_lines = 0;
        return false;
    }
    if (end || ++r->key_lines > KEY_LINES_MAX)
        r->key_lines = 0;
    strbuf_clear(b);
    strbuf_adds(b, PRIVATE_KEY);
    return true;
}

static bool redact_key(struct redactor *r, struct strbuf *b)
{
    const char *begin = key_begin(b->buf);

    if (r->key_lines && !begin)
        return continue_key(r, b);
    if (!begin)
        return false;
    /* all of it in one line, its newlines written as \n: no more comes */
    if (!is_key_end(begin)) {
        r->key_lines = 1;
        r->strangers = 0;
    }
    strbuf_setlen(b, (size_t)(begin - b->buf));
    strbuf_adds(b, PRIVATE_KEY);
    return true;
}

bool redactor_waits(const struct redactor *r)
{
    return r->key_lines > 0 || r->torn;
}

void redactor_brute(struct redactor *r)
{
    r->brute = true;
}

bool redactor_maybe(const struct redactor *r, const char *s, size_t n)
{
    return r->brute || redactor_waits(r) || secrets_maybe(s, n)
           || (r->exact && exact_maybe(r->exact, s, n));
}

static void too_intricate(struct strbuf *b)
{
    strbuf_clear(b);
    strbuf_adds(b, TOO_INTRICATE);
}

static bool ends_with(const struct strbuf *b, const char *end)
{
    size_t n = strlen(end);

    return b->len >= n && !memcmp(b->buf + b->len - n, end, n);
}

static bool ends_in_placeholder(const struct strbuf *b)
{
    const char *open = memrchr(b->buf, '[', b->len);

    return ends_with(b, "]") && open && str_starts(open, "[redacted");
}

/* Whether what stands in front of s is a name. */
static bool is_assigned(const char *s)
{
    return s[0] == '=' && s[1] && s[1] != '=' && !isspace((unsigned char)s[1]);
}

/* The rest of a token that began on the line before: behind blanks and what
 * frames the line, letters and digits. */
static bool cut_torn(struct strbuf *b)
{
    size_t from = 0, to;
    bool letter = false, digit = false;
    struct strbuf out;

    while (from < b->len && !is_base64(b->buf[from]))
        from++;
    for (to = from; to < b->len && is_torn(b->buf[to]); to++) {
        letter |= isalpha((unsigned char)b->buf[to]) != 0;
        digit |= isdigit((unsigned char)b->buf[to]) != 0;
    }
    if (to - from < TORN_MIN || !letter || !digit || is_assigned(b->buf + to))
        return false;
    strbuf_init(&out, STRBUF_UNBOUNDED);
    strbuf_add(&out, b->buf, from);
    strbuf_adds(&out, TORN);
    strbuf_add(&out, b->buf + to, b->len - to);
    strbuf_clear(b);
    strbuf_add(b, out.buf, out.len);
    strbuf_release(&out);
    return true;
}

/* What a token begins with and too little of it, at the end of a line. */
static bool cut_stump(struct strbuf *b)
{
    size_t from = b->len;

    while (from && is_torn(b->buf[from - 1]))
        from--;
    if (!secrets_begin(b->buf + from, b->len - from))
        return false;
    strbuf_setlen(b, from);
    strbuf_adds(b, TORN);
    return true;
}

/* How long b is without placeholders: it counts alike in a second round. */
static size_t own_length(const struct strbuf *b)
{
    size_t n = b->len;
    const char *at = b->buf, *end;

    while ((at = strstr(at, "[redacted")) && (end = strchr(at, ']'))) {
        n -= (size_t)(end + 1 - at);
        at = end + 1;
    }
    return n;
}

/* Of a line of n bytes b is left; changed: something was cut. Whether it is
 * now: what a placeholder of before ends tears nothing. */
static bool tear(struct redactor *r, struct strbuf *b, size_t n, bool changed)
{
    changed |= own_length(b) >= WRAP_MIN && cut_stump(b);
    r->torn = n >= WRAP_MIN && changed && ends_in_placeholder(b);
    return changed;
}

bool redactor_line(struct redactor *r, const char *s, size_t n,
                   struct strbuf *out)
{
    bool known = r->exact && exact_maybe(r->exact, s, n);
    bool maybe = r->brute || secrets_maybe(s, n), changed = false;
    int rc;

    if (!maybe && !known && !redactor_waits(r))
        return false;
    strbuf_clear(out);
    strbuf_add(out, s, n);
    if (known)
        changed |= exact_cut(r->exact, out);
    changed |= redact_key(r, out);
    rc = maybe || changed ? secrets_cut(out, r->brute) : 0;
    /* what has a name of its own is no rest of a token */
    if (rc >= 0 && r->torn && cut_torn(out))
        rc = secrets_cut(out, r->brute) < 0 ? -1 : 1;
    if (rc < 0)
        too_intricate(out);
    return tear(r, out, n, changed || rc);
}

/* Each may leave what is a secret to the other: to the one, tokens end at a
 * placeholder, and what stood there may have called them hashes; to the other,
 * they have no slashes any more. */
static bool cut_random(struct redactor *r, struct strbuf *line)
{
    bool changed = false;

    while (random_cut(line)) {
        changed = true;
        if (secrets_cut(line, r->brute) < 0)
            too_intricate(line);
    }
    return changed;
}

/* Small letters alone, or nothing. */
static bool is_word(const struct strbuf *b)
{
    for (size_t i = 0; i < b->len; i++)
        if (is_base64(b->buf[i]) && !islower((unsigned char)b->buf[i]))
            return false;
    return true;
}

/* A line that is nothing but a long base64 without order, in what frames it,
 * is one of a key whose first line is not there: so are those like it that
 * follow, and the short last one. */
static bool cut_tail(struct strbuf *line, bool *tail, size_t n, bool base64)
{
    if (*tail && base64 && !is_word(line)) {
        strbuf_clear(line);
        strbuf_adds(line, PRIVATE_KEY);
        return true;
    }
    *tail = base64 && n >= KEY_LINE_MIN && ends_in_placeholder(line);
    return false;
}

static bool text_cut_line(struct redactor *r, const char *s, size_t n,
                          struct strbuf *line, bool *tail)
{
    bool base64 = is_bare_base64(s, n);
    bool changed = redactor_line(r, s, n, line);

    if (!changed) {
        strbuf_clear(line);
        strbuf_add(line, s, n);
    }
    changed |= cut_random(r, line);
    return cut_tail(line, tail, n, base64) || changed;
}

/* Line by line; a key that begins in s ends with it. */
static bool text_cut_all(struct redactor *r, const char *s, size_t n,
                         struct strbuf *all)
{
    bool changed = false, tail = false;
    struct strbuf line;

    strbuf_init(&line, STRBUF_UNBOUNDED);
    r->key_lines = 0;
    r->torn = false;
    while (n) {
        const char *nl = memchr(s, '\n', n);
        size_t len = nl ? (size_t)(nl - s) : n;

        changed |= text_cut_line(r, s, len, &line, &tail);
        strbuf_add(all, line.buf, line.len);
        if (!nl)
            break;
        strbuf_addc(all, '\n');
        s += len + 1;
        n -= len + 1;
    }
    r->key_lines = 0;
    r->torn = false;
    strbuf_release(&line);
    return changed;
}

char *redactor_text(struct redactor *r, const char *s, size_t n)
{
    struct strbuf all;

    strbuf_init(&all, STRBUF_UNBOUNDED);
    if (text_cut_all(r, s, n, &all))
        return strbuf_take(&all);
    strbuf_release(&all);
    return NULL;
}

/* The new string for v under key, or NULL. */
static json_t *redacted_string(struct redactor *r, const char *key,
                               const json_t *v)
{
    const char *s = json_string_value(v);
    char *clean;
    json_t *out;

    if (key && *s && strncmp(s, "[redacted", 9) && is_secret_name(key))
        return json_string("[redacted]");
    clean = redactor_text(r, s, json_string_length(v));
    if (!clean)
        return NULL;
    out = jx_string(clean, strlen(clean));
    free(clean);
    return out;
}

/* name: what v is called, NULL where names say nothing. */
static void redact_members(struct redactor *r, json_t *v, const char *name,
                           bool by_name)
{
    const char *key;
    json_t *member, *clean;
    size_t i;
    void *next;

    json_array_foreach(v, i, member) {
        clean =
            json_is_string(member) ? redacted_string(r, name, member) : NULL;
        if (clean)
            json_array_set_new(v, i, clean);
        else
            redact_members(r, member, name, by_name);
    }
    json_object_foreach_safe(v, next, key, member) {
        const char *called = by_name ? key : NULL;

        clean =
            json_is_string(member) ? redacted_string(r, called, member) : NULL;
        if (clean)
            json_object_set_new(v, key, clean);
        else
            redact_members(r, member, called, by_name);
    }
}

void redactor_json(struct redactor *r, json_t *v)
{
    redact_members(r, v, NULL, false);
}

char *redactor_clean(struct redactor *r, const char *s, size_t n)
{
    struct strbuf all;

    strbuf_init(&all, STRBUF_UNBOUNDED);
    text_cut_all(r, s, n, &all);
    return strbuf_take(&all);
}

void redactor_clean_json(struct redactor *r, json_t *v)
{
    redact_members(r, v, NULL, true);
}

char *redact_text(const char *s, size_t n, const char *const *exact,
                  size_t nr_exact)
{
    struct redactor *r = redactor_new(exact, nr_exact);
    char *clean = redactor_clean(r, s, n);

    redactor_free(r);
    return clean;
}
