/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rules out of lines. Must not claim to know what a line means: category and
 * blame are guesses by its words.
 */
#include <config.h>

#include "core/classify/draft.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/classify/alike.h"
#include "core/classify/rule.h"

/* What stands further right says which one, not what. */
#define LOOK_MAX ((size_t)240)
/* A shorter literal is in too many lines. */
#define NEEDS_MIN 4
#define SLUG_WORDS 5
#define EXAMPLES_MAX ((size_t)3)

/* ---- from words to classes ---------------------------------------------- */

static const struct {
    const char *word, *category, *blame;
} classes[] = {
    { "undefined reference", "link/other", "recipe" },
    { "undefined symbol", "link/other", "recipe" },
    { "linker", "link/other", "recipe" },
    { "nothing provides", "dependency/other", "dependency" },
    { "unsatisfiable", "dependency/other", "dependency" },
    { "dependenc", "dependency/other", "dependency" },
    { "requirement", "dependency/other", "dependency" },
    { "checksum", "source/other", "upstream" },
    { "download", "source/other", "upstream" },
    { "fetch", "source/other", "upstream" },
    { "patch", "source/other", "recipe" },
    { "time out", "infra/other", "infrastructure" },
    { "timed out", "infra/other", "infrastructure" },
    { "connection", "infra/other", "infrastructure" },
    { "no space", "infra/other", "infrastructure" },
    { "runner", "infra/other", "infrastructure" },
    { "agent", "infra/other", "infrastructure" },
    { "upload", "upload/other", "infrastructure" },
    { "configure", "configure/other", "recipe" },
    { "cmake", "configure/other", "recipe" },
    { "meson", "configure/other", "recipe" },
    { "assert", "test/other", "recipe" },
    { "test", "test/other", "recipe" },
    { "expected", "test/other", "recipe" },
    { "exception", "test/other", "recipe" },
    { "compil", "compile/other", "recipe" },
    { "syntax", "compile/other", "recipe" },
};

static void guess_class(json_t *rule, const char *message)
{
    for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
        if (strcasestr(message, classes[i].word)) {
            jx_set_str(rule, "category", classes[i].category);
            jx_set_str(rule, "blame", classes[i].blame);
            return;
        }
    jx_set_str(rule, "category", "unknown/other");
    jx_set_str(rule, "blame", "unknown");
}

/* ---- from a line to a pattern ------------------------------------------- */

struct draft {
    struct strbuf pattern, literal, summary;
    char *needs;      /* the longest literal part so far */
    json_t *captures; /* names, in order */
    bool counts;      /* of failures: nought is none */
    /* by word of the line: lines like it say something else there */
    struct words words;
    bool varies[ALIKE_WORDS];
};

static void end_literal(struct draft *d)
{
    size_t n = d->literal.len;
    const char *s = d->literal.buf;

    while (n && isspace((unsigned char)*s)) {
        s++;
        n--;
    }
    while (n && isspace((unsigned char)s[n - 1]))
        n--;
    if (n >= NEEDS_MIN && (!d->needs || n > strlen(d->needs))) {
        free(d->needs);
        d->needs = xstrndup(s, n);
    }
    strbuf_clear(&d->literal);
}

static void put_literal(struct draft *d, char c)
{
    if (strchr("\\^$.[]|()?*+{}#", c))
        strbuf_addc(&d->pattern, '\\');
    strbuf_addc(&d->pattern, c);
    strbuf_addc(&d->literal, c);
    /* a summary's braces are captures */
    strbuf_addc(&d->summary, c == '{' ? '(' : c == '}' ? ')' : c);
}

/* name NULL: varies and says nothing. */
static void put_part(struct draft *d, const char *name, const char *pattern)
{
    end_literal(d);
    if (!name) {
        strbuf_adds(&d->pattern, pattern);
        strbuf_adds(&d->summary, "…");
        return;
    }
    CLEANUP_FREE char *full =
        json_array_size(d->captures)
            ? xasprintf("%s%zu", name, json_array_size(d->captures) + 1)
            : xstrdup(name);

    strbuf_addf(&d->pattern, "(?<%s>%s)", full, pattern);
    strbuf_addf(&d->summary, "{{%s}}", full);
    json_array_append_new(d->captures, json_string(full));
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* A path or a URL: at least two parts. */
static size_t path_length(const char *s)
{
    size_t n = strcspn(s, " \t'\"`,;()[]<>"), slashes = 0;

    for (size_t i = 0; i + 1 < n; i++)
        slashes += s[i] == '/' || (s[i] == '\\' && is_word(s[i + 1]));
    while (n && strchr(":.", s[n - 1]))
        n--;
    /* "file.c:12:3" is a path and two numbers */
    for (size_t i = 2; i < n; i++)
        if (s[i] == ':' && isdigit((unsigned char)s[i + 1])) {
            n = i;
            break;
        }
    return slashes >= 2 || (slashes == 1 && (*s == '/' || *s == '.')) ? n : 0;
}

/* A number with what hangs on it, a version, a hash. */
static size_t number_length(const char *s)
{
    size_t n = 0, digits = 0, hex = 0;

    while (is_word(s[n])) {
        digits += isdigit((unsigned char)s[n]) != 0;
        hex += isxdigit((unsigned char)s[n]) != 0;
        n++;
    }
    if (n >= 7 && hex == n && digits)
        return n;
    if (!isdigit((unsigned char)*s))
        return 0;
    for (n = 1;
         is_word(s[n])
         || (strchr(".:,+-", s[n]) && s[n] && isdigit((unsigned char)s[n + 1]));
         n++)
        ;
    return n;
}

/* "0 failed" is no failure. */
static bool is_count(const struct draft *d, const char *s, size_t n)
{
    return d->counts && *s != '0' && n == strspn(s, "0123456789");
}

/* What stands in quotes is what it is about. */
static size_t quoted_length(const char *s)
{
    const char *close = strchr("'\"`", *s) ? strchr(s + 1, *s) : NULL;
    size_t n = close ? (size_t)(close - s) - 1 : 0;

    return n && n <= 100 && !memchr(s + 1, ' ', n) ? n : 0;
}

static void put_quoted(struct draft *d, const char *s)
{
    char not_it[16];

    snprintf(not_it, sizeof(not_it), "[^%c]+", *s);
    put_literal(d, *s);
    put_part(d, "what", not_it);
    put_literal(d, *s);
}

/* Bytes of what varies from here on. */
static size_t varying_length(const struct draft *d, size_t at)
{
    size_t end = at;

    for (size_t i = 0; i < d->words.nr; i++) {
        size_t from = d->words.l[i].at;

        if (d->varies[i] && (from == at || (end > at && from >= end)))
            end = from + d->words.l[i].len;
        else if (from > at)
            break;
    }
    return end - at;
}

static void walk(struct draft *d, const char *s)
{
    const char *line = s;
    bool word = false;

    d->counts = strcasestr(s, "fail") || strcasestr(s, "error");
    strbuf_addc(&d->pattern, '^');
    while (*s) {
        size_t n = varying_length(d, (size_t)(s - line));

        if (n) {
            put_part(d, "what", memchr(s, ' ', n) ? ".+?" : "\\S+");
            s += n;
            word = false;
        } else if (isspace((unsigned char)*s)) {
            while (isspace((unsigned char)s[1]))
                s++;
            if (*s == ' ' && !isspace((unsigned char)s[1])
                && !(s[-1] == ' ' || s[-1] == '\t'))
                put_literal(d, ' ');
            else
                put_part(d, NULL, "\\s+");
            s++;
            word = false;
        } else if (*s & 0x80) {
            while (*s & 0x80)
                s++;
            put_part(d, NULL, ".+");
            word = false;
        } else if (!word && (n = quoted_length(s))) {
            put_quoted(d, s);
            s += n + 2;
        } else if (!word && (n = path_length(s))) {
            put_part(d, "file", "\\S+");
            s += n;
            word = false;
        } else if (!word && (n = number_length(s))) {
            put_part(d, NULL, is_count(d, s, n) ? "[1-9]\\d*" : "[\\w.:,+-]+");
            s += n;
            word = true;
        } else {
            word = is_word(*s);
            put_literal(d, *s++);
        }
    }
    end_literal(d);
}

static bool matches(const char *pattern, const char *message)
{
    PCRE2_SIZE at;
    int error;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
                                     0, &error, &at, NULL);
    pcre2_match_data *md;
    int rc;

    if (!code)
        return false;
    md = pcre2_match_data_create(32, NULL);
    rc =
        pcre2_match(code, (PCRE2_SPTR)message, strlen(message), 0, 0, md, NULL);
    pcre2_match_data_free(md);
    pcre2_code_free(code);
    return rc >= 0;
}

static char *slug_of(const char *needs)
{
    struct strbuf b;
    int words = 0;

    strbuf_init(&b, 60);
    for (const char *s = needs; *s && words < SLUG_WORDS; s++) {
        if (isalnum((unsigned char)*s)) {
            strbuf_addc(&b, (char)tolower((unsigned char)*s));
        } else if (b.len && b.buf[b.len - 1] != '-') {
            strbuf_addc(&b, '-');
            words++;
        }
    }
    while (b.len && b.buf[b.len - 1] == '-')
        strbuf_setlen(&b, b.len - 1);
    return b.buf;
}

/* What the others say otherwise, varies. */
static void compare(struct draft *d, const json_t *messages)
{
    size_t i, to[ALIKE_WORDS];
    json_t *m;

    json_array_foreach((json_t *)messages, i, m) {
        const char *other = json_string_value(m);
        struct words w;

        words_of(&w, other, strnlen(other, LOOK_MAX));
        if (!words_alike(&d->words, &w))
            continue;
        words_shared(&d->words, &w, to);
        for (size_t n = 0; n < d->words.nr; n++)
            if (to[n] == ALIKE_WORDS)
                d->varies[n] = true;
    }
}

static json_t *examples_of(const char *pattern, const json_t *messages)
{
    json_t *list = json_array(), *m;
    size_t i;

    json_array_foreach((json_t *)messages, i, m)
        if (json_array_size(list) < EXAMPLES_MAX
            && matches(pattern, json_string_value(m)))
            json_array_append(list, m);
    return list;
}

static json_t *rule_of(const struct draft *d, const json_t *messages)
{
    const char *message = json_string_value(json_array_get(messages, 0));
    CLEANUP_FREE char *slug = d->needs ? slug_of(d->needs) : NULL;
    CLEANUP_FREE char *id = slug && *slug ? xasprintf("site/%s", slug) : NULL;
    json_t *rule;

    if (!id || !matches(d->pattern.buf, message))
        return NULL;
    rule = json_object();
    jx_set_str(rule, "id", id);
    guess_class(rule, message);
    jx_set_str(rule, "pattern", d->pattern.buf);
    json_object_set_new(rule, "needs", json_pack("[s]", d->needs));
    jx_set_str(rule, "summary", d->summary.buf);
    if (json_array_size(d->captures))
        json_object_set(rule, "fingerprint", d->captures);
    json_object_set_new(rule, "examples",
                        examples_of(d->pattern.buf, messages));
    return rule;
}

json_t *draft_rule(const json_t *messages)
{
    const char *message =
        str_or(json_string_value(json_array_get(messages, 0)), "");
    CLEANUP_FREE char *head = xstrndup(message, strnlen(message, LOOK_MAX));
    struct draft d = { .captures = json_array() };
    json_t *rule;

    strbuf_init(&d.pattern, STRBUF_UNBOUNDED);
    strbuf_init(&d.literal, STRBUF_UNBOUNDED);
    strbuf_init(&d.summary, STRBUF_UNBOUNDED);
    words_of(&d.words, head, strlen(head));
    compare(&d, messages);
    walk(&d, head);
    rule = rule_of(&d, messages);
    json_decref(d.captures);
    free(d.needs);
    strbuf_release(&d.pattern);
    strbuf_release(&d.literal);
    strbuf_release(&d.summary);
    return rule;
}

/* ---- as YAML ------------------------------------------------------------ */

static void put_scalar(struct strbuf *b, const char *s)
{
    strbuf_addc(b, '\'');
    for (; *s; s++)
        strbuf_adds(b, *s == '\'' ? "''" : (char[]){ *s, '\0' });
    strbuf_addc(b, '\'');
}

char *draft_yaml(const json_t *rule)
{
    static const char *const keys[] = {
        "id",      "category",    "blame",    "pattern",     "needs",
        "summary", "fingerprint", "examples", "near_misses",
    };
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    strbuf_adds(&b, "rules:\n");
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        const json_t *v = json_object_get(rule, keys[i]), *one;
        size_t k;

        if (!v)
            continue;
        strbuf_addf(&b, "%s%s:", i ? "    " : "  - ", keys[i]);
        if (json_is_string(v)) {
            strbuf_addc(&b, ' ');
            put_scalar(&b, json_string_value(v));
        }
        json_array_foreach((json_t *)v, k, one) {
            strbuf_adds(&b, "\n      - ");
            put_scalar(&b, json_string_value(one));
        }
        if (!strcmp(keys[i], "category") || !strcmp(keys[i], "blame"))
            strbuf_adds(&b, "     # a guess");
        strbuf_addc(&b, '\n');
    }
    return b.buf;
}
