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
#include "core/classify/varying.h"

/* What stands further right says which one, not what. */
#define LOOK_MAX ((size_t)240)
/* A shorter literal is in too many lines. */
#define NEEDS_MIN 4
#define SLUG_WORDS 5
#define EXAMPLES_MAX ((size_t)3)

/* ---- from words to classes ---------------------------------------------- */

/* Whose fault it is only where the words leave no choice: who blames the
 * infrastructure tells no maintainer. */
static const struct {
    const char *word, *category, *blame;
} classes[] = {
    { "undefined reference", "link/other", "recipe" },
    { "undefined symbol", "link/other", "recipe" },
    { "linker", "link/other", "recipe" },
    { "nothing provides", "dependency/other", "dependency" },
    { "unsatisfiable", "dependency/other", "dependency" },
    { "dependenc", "dependency/other", "dependency" },
    { "checksum", "source/other", "unknown" },
    { "download", "source/other", "unknown" },
    { "fetch", "source/other", "unknown" },
    { "patch", "source/other", "recipe" },
    { "time out", "infra/other", "unknown" },
    { "timed out", "infra/other", "unknown" },
    { "no space", "infra/other", "unknown" },
    { "upload", "upload/other", "unknown" },
    { "configure", "configure/other", "recipe" },
    { "cmake", "configure/other", "recipe" },
    { "meson", "configure/other", "recipe" },
    { "assert", "test/other", "recipe" },
    { "test", "test/other", "recipe" },
    { "compil", "compile/other", "recipe" },
    { "syntax", "compile/other", "recipe" },
};

/* Where a word begins: "dispatch" is no patch. */
static bool mentions(const char *message, const char *word)
{
    const char *s = message;

    while ((s = strcasestr(s, word))) {
        if (s == message || !isalnum((unsigned char)s[-1]))
            return true;
        s++;
    }
    return false;
}

static void guess_class(json_t *rule, const char *message)
{
    for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
        if (mentions(message, classes[i].word)) {
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
    char *needs;                /* the longest literal part so far */
    json_t *captures, *telling; /* names, in order; those of the fingerprint */
    bool silent;                /* what is read now is not for the summary */
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
    if (!d->silent) /* a summary's braces are captures */
        strbuf_addc(&d->summary, c == '{' ? '(' : c == '}' ? ')' : c);
}

/* A capture of this name that there is not yet: "what", "what2". */
static char *new_name(const struct draft *d, const char *name)
{
    size_t same = 0, i;
    json_t *one;

    json_array_foreach(d->captures, i, one)
        same += str_starts(json_string_value(one), name) != 0;
    return same ? xasprintf("%s%zu", name, same + 1) : xstrdup(name);
}

/* It varies. tells: it is part of the fingerprint. What stands before what is
 * said is not kept. */
static void put_part(struct draft *d, const char *name, const char *pattern,
                     bool tells)
{
    end_literal(d);
    if (d->silent || json_array_size(d->captures) >= CAPTURES_MAX / 2) {
        strbuf_adds(&d->pattern, pattern);
        if (!d->silent)
            strbuf_adds(&d->summary, "…");
        return;
    }
    CLEANUP_FREE char *full = new_name(d, name);

    strbuf_addf(&d->pattern, "(?<%s>%s)", full, pattern);
    strbuf_addf(&d->summary, "{{%s}}", full);
    json_array_append_new(d->captures, json_string(full));
    if (tells)
        json_array_append_new(d->telling, json_string(full));
}

/* What stands in quotes is what it is about. */
static void put_quoted(struct draft *d, char quote)
{
    bool was = d->silent;
    char not_it[16];

    snprintf(not_it, sizeof(not_it), "[^%c]+", quote);
    d->silent = true; /* a capture has marks of its own there */
    put_literal(d, quote);
    d->silent = was;
    put_part(d, "what", not_it, true);
    d->silent = true;
    put_literal(d, quote);
    d->silent = was;
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

/* Blanks: one is one, several or a tab are any. Returns how many. */
static size_t put_space(struct draft *d, const char *line, size_t at)
{
    size_t n = strspn(line + at, " \t\r\n\v\f");

    if (n == 1 && line[at] == ' ') {
        put_literal(d, ' ');
        return n;
    }
    end_literal(d);
    strbuf_adds(&d->pattern, "\\s+");
    if (!d->silent)
        strbuf_addc(&d->summary, ' ');
    return n;
}

/* Typographic marks, boxes and pictures: other tools print others there.
 * Letters of all alphabets are letters. */
static bool is_sign(const char *s)
{
    return (*s & 0xff) == 0xe2 || (*s & 0xff) >= 0xf0;
}

static size_t put_sign(struct draft *d, const char *s)
{
    size_t n = 1;

    while ((s[n] & 0xc0) == 0x80 || is_sign(s + n))
        n++;
    end_literal(d);
    strbuf_adds(&d->pattern, ".+");
    if (!d->silent)
        strbuf_add(&d->summary, s, n);
    return n;
}

/* One part of the line. Returns its bytes. */
static size_t put_next(struct draft *d, const char *line, size_t at)
{
    const char *s = line + at;
    size_t n = varying_length(d, at);
    bool begins = !at || !(isalnum((unsigned char)s[-1]) || s[-1] == '_');
    struct varying v;

    if (n) {
        put_part(d, "what", memchr(s, ' ', n) ? ".+?" : "\\S+", true);
        return n;
    }
    if (isspace((unsigned char)*s))
        return put_space(d, line, at);
    if (is_sign(s))
        return put_sign(d, s);
    n = begins ? varying_quoted(s) : 0;
    if (n) {
        put_quoted(d, *s);
        return n + 2;
    }
    if (varying_at(&v, line, at)) {
        put_part(d, v.name, v.pattern, v.tells);
        return v.len;
    }
    put_literal(d, *s);
    return 1;
}

static void walk(struct draft *d, const char *line)
{
    size_t preamble = varying_preamble(line), n;

    /* the line may be indented, or be printed by another tool */
    strbuf_adds(&d->pattern, "^\\s*");
    for (size_t at = 0; line[at]; at += n) {
        d->silent = at < preamble;
        n = put_next(d, line, at);
    }
    end_literal(d);
}

/* Without what only begins or ends a line. */
static char *summary_of(const struct draft *d)
{
    size_t n = d->summary.len;

    while (n && strchr(" :,;-", d->summary.buf[n - 1]))
        n--;
    return n ? xstrndup(d->summary.buf, n) : xstrdup(d->needs);
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
    CLEANUP_FREE char *summary = NULL;
    json_t *rule;

    if (!id || !matches(d->pattern.buf, message))
        return NULL;
    summary = summary_of(d);
    rule = json_object();
    jx_set_str(rule, "id", id);
    guess_class(rule, message);
    jx_set_str(rule, "pattern", d->pattern.buf);
    json_object_set_new(rule, "needs", json_pack("[s]", d->needs));
    jx_set_str(rule, "summary", summary);
    if (json_array_size(d->telling))
        json_object_set(rule, "fingerprint", d->telling);
    json_object_set_new(rule, "examples",
                        examples_of(d->pattern.buf, messages));
    return rule;
}

json_t *draft_rule(const json_t *messages)
{
    const char *message =
        str_or(json_string_value(json_array_get(messages, 0)), "");
    CLEANUP_FREE char *head = xstrndup(message, strnlen(message, LOOK_MAX));
    struct draft d = { .captures = json_array(), .telling = json_array() };
    json_t *rule;

    strbuf_init(&d.pattern, STRBUF_UNBOUNDED);
    strbuf_init(&d.literal, STRBUF_UNBOUNDED);
    strbuf_init(&d.summary, STRBUF_UNBOUNDED);
    words_of(&d.words, head, strlen(head));
    compare(&d, messages);
    walk(&d, head);
    rule = rule_of(&d, messages);
    json_decref(d.captures);
    json_decref(d.telling);
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
        if (!strcmp(keys[i], "summary"))
            strbuf_adds(&b, "     # the log's words: say what broke");
        strbuf_addc(&b, '\n');
    }
    return b.buf;
}
