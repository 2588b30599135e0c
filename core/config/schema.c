/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Nodes against tables. Must not stop at the first mistake, nor guess what a
 * wrong value might have meant.
 */
#include <config.h>

#include "core/config/schema.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/io.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"
#include "core/config/nearest.h"

#define COUNT_MAX ((int64_t)1000000000)
#define QUOTE_MAX 60 /* of a wrong value, in a message */

void node_error(struct reader *r, const struct node *n, const char *fmt, ...)
{
    CLEANUP_FREE char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    text = xvasprintf(fmt, ap);
    va_end(ap);
    problems_error(r->pb, n->file, n->line, n->column, "%s", text);
}

void node_warn(struct reader *r, const struct node *n, const char *fmt, ...)
{
    CLEANUP_FREE char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    text = xvasprintf(fmt, ap);
    va_end(ap);
    problems_warn(r->pb, n->file, n->line, n->column, "%s", text);
}

char *node_at(const struct node *n)
{
    return xasprintf("%s:%d", n->file, n->line);
}

char *node_place(const struct node *n)
{
    return xasprintf("%s:%d:%d", n->file, n->line, n->column);
}

char *node_path(const struct node *n, const char *path)
{
    CLEANUP_FREE char *dir = io_dirname(n->file);

    return io_join(strcmp(dir, ".") ? dir : NULL, path);
}

void texts_free(char **list, size_t nr)
{
    for (size_t i = 0; i < nr; i++)
        free(list[i]);
    free(list);
}

/* ---- messages ----------------------------------------------------------- */

/* What stands there, for "got …". A new string. */
static char *got(const struct node *n)
{
    size_t len = n->len;

    if (n->kind == NODE_LIST)
        return xstrdup("a list");
    if (n->kind == NODE_MAP)
        return xstrdup("a map");
    if (node_is_null(n))
        return xstrdup("nothing");
    if (len <= QUOTE_MAX)
        return xasprintf("\"%s\"", n->text);
    for (len = QUOTE_MAX; len && (n->text[len] & 0xc0) == 0x80;)
        len--;
    return xasprintf("\"%.*s…\"", (int)len, n->text);
}

static const char *wanted(const struct key *k)
{
    switch (k->kind) {
    case VALUE_TEXT:
        return "a text";
    case VALUE_BOOL:
        return "true or false";
    case VALUE_COUNT:
        return k->flags & KEY_UNLIMITED ? "a whole number or unlimited"
                                        : "a whole number";
    case VALUE_NUMBER:
        return "a number";
    case VALUE_DURATION:
        return k->flags & KEY_PERIOD
                   ? "a duration like 12h, or hourly, daily, weekly"
               : k->flags & KEY_NEVER ? "a duration like 7d, or never"
                                      : "a duration like 90s, 15m, 6h, 2d";
    case VALUE_SIZE:
        return "a size like 512M";
    case VALUE_TEXTS:
        return "a text or a list of texts";
    case VALUE_LIST:
        return "a list";
    case VALUE_SECTION:
    case VALUE_NAMED:
    case VALUE_MAP:
        return "a map";
    }
    return "something else";
}

static void wrong_value(struct reader *r, const struct key *k,
                        const struct node *n)
{
    CLEANUP_FREE char *what = got(n);

    node_error(r, n, "%s: want %s, got %s", k->name, wanted(k), what);
}

/* "a, b, c" of a table's keys, for those who came nowhere near. */
static char *all_keys(const struct section *s)
{
    CLEANUP_STRBUF struct strbuf b;

    strbuf_init(&b, 4096);
    for (size_t i = 0; i < s->nr; i++)
        strbuf_addf(&b, "%s%s", i ? ", " : "", s->keys[i].name);
    return strbuf_take(&b);
}

static void unknown_key(struct reader *r, const struct section *s,
                        const struct node *key)
{
    struct nearest n = { .word = key->text };
    CLEANUP_FREE char *what = got(key);
    CLEANUP_FREE char *hint = NULL;
    CLEANUP_FREE char *all = NULL;

    for (size_t i = 0; i < s->nr; i++)
        nearest_try(&n, s->keys[i].name);
    hint = nearest_hint(&n);
    all = all_keys(s);
    node_error(r, key, "unknown key %s in %s%s%s", what, s->what,
               n.best ? hint : "; known: ", n.best ? "" : all);
}

/* text is one of words; else an error with the nearest one. */
static bool word_check(struct reader *r, const struct node *n, const char *what,
                       const char *const *words)
{
    struct nearest near = { .word = n->text };
    CLEANUP_FREE char *value = got(n);
    CLEANUP_FREE char *hint = NULL;
    CLEANUP_STRBUF struct strbuf b;

    strbuf_init(&b, 4096);
    for (size_t i = 0; words[i]; i++) {
        if (!strcmp(words[i], n->text))
            return true;
        nearest_try(&near, words[i]);
    }
    hint = nearest_hint(&near);
    for (size_t i = 0; words[i]; i++)
        strbuf_addf(&b, "%s%s", i ? ", " : "", words[i]);
    node_error(r, n, "%s: no such value as %s%s%s", what, value,
               near.best ? hint : "; allowed: ", near.best ? "" : b.buf);
    return false;
}

/* ---- scalars ------------------------------------------------------------ */

static int read_count(const struct key *k, const char *s, int64_t *out)
{
    bool below = k->flags & KEY_SIGNED && *s == '-';
    int64_t v = 0;

    s += below;
    if (k->flags & KEY_UNLIMITED && !strcmp(s, "unlimited")) {
        *out = INT64_MAX;
        return 0;
    }
    if (!*s)
        return -1;
    for (; *s; s++) {
        if (!isdigit((unsigned char)*s))
            return -1;
        v = v * 10 + (*s - '0');
        if (v > COUNT_MAX)
            return -1;
    }
    *out = below ? -v : v;
    return 0;
}

static int read_number(const char *s, double *out)
{
    char *end;
    double v;

    if (!isdigit((unsigned char)*s))
        return -1;
    v = strtod(s, &end);
    if (*end || !isfinite(v))
        return -1;
    *out = v;
    return 0;
}

static int read_duration(const struct key *k, const char *s, int64_t *out)
{
    static const struct {
        const char *word;
        int64_t seconds;
    } periods[] = {
        { "hourly", HOUR },
        { "daily", DAY },
        { "weekly", WEEK },
    };

    if (k->flags & KEY_NEVER && !strcmp(s, "never")) {
        *out = 0;
        return 0;
    }
    for (size_t i = 0; k->flags & KEY_PERIOD && i < ARRAY_SIZE(periods); i++)
        if (!strcmp(s, periods[i].word)) {
            *out = periods[i].seconds;
            return 0;
        }
    return when_parse_duration(s, out);
}

static int read_size(const char *s, int64_t *out)
{
    int64_t v = 0;
    int shift = 0;

    if (!isdigit((unsigned char)*s))
        return -1;
    for (; isdigit((unsigned char)*s); s++) {
        v = v * 10 + (*s - '0');
        if (v > COUNT_MAX * 1000)
            return -1;
    }
    switch (*s) {
    case 'K':
        shift = 10;
        s++;
        break;
    case 'M':
        shift = 20;
        s++;
        break;
    case 'G':
        shift = 30;
        s++;
        break;
    default:
        break;
    }
    if (*s || v > (INT64_MAX >> shift))
        return -1;
    *out = v << shift;
    return 0;
}

static int read_bool(const struct node *n, bool *out)
{
    if (!n->plain || (strcmp(n->text, "true") && strcmp(n->text, "false")))
        return -1;
    *out = n->text[0] == 't';
    return 0;
}

/* ---- storing ------------------------------------------------------------ */

static void *field(void *into, size_t offset)
{
    return (char *)into + offset;
}

static void put_int(const struct section *s, const struct key *k, void *into,
                    int64_t v)
{
    if (s->json)
        json_object_set_new(into, k->name, json_integer(v));
    else
        *(int64_t *)field(into, k->offset) = v;
}

static void put_bool(const struct section *s, const struct key *k, void *into,
                     bool v)
{
    if (s->json)
        json_object_set_new(into, k->name, json_boolean(v));
    else if (k->flags & KEY_TRISTATE)
        *(int *)field(into, k->offset) = v;
    else
        *(bool *)field(into, k->offset) = v;
}

/* A text is one line of the table: allowed words, and the key's own check. */
static bool text_is_fine(struct reader *r, const struct key *k,
                         const struct node *n)
{
    CLEANUP_FREE char *why = NULL;
    CLEANUP_FREE char *what = NULL;

    if (n->kind != NODE_SCALAR) {
        wrong_value(r, k, n);
        return false;
    }
    if (node_is_null(n)) {
        node_error(r, n, "%s has no value", k->name);
        return false;
    }
    if (k->words)
        return word_check(r, n, k->name, k->words);
    why = k->wrong ? k->wrong(n->text) : NULL;
    if (!why)
        return true;
    what = got(n);
    node_error(r, n, "%s: %s: %s", k->name, what, why);
    return false;
}

static void value_text(struct reader *r, const struct section *s,
                       const struct key *k, const struct node *n, void *into)
{
    if (!text_is_fine(r, k, n))
        return;
    if (s->json)
        json_object_set_new(into, k->name, json_stringn(n->text, n->len));
    else
        str_replace(field(into, k->offset), n->text);
}

static void value_scalar(struct reader *r, const struct section *s,
                         const struct key *k, const struct node *n, void *into)
{
    bool truth;
    double number;
    int64_t v;
    int ret = -1;

    if (n->kind != NODE_SCALAR) {
        wrong_value(r, k, n);
        return;
    }
    switch (k->kind) {
    case VALUE_BOOL:
        ret = read_bool(n, &truth);
        if (!ret)
            put_bool(s, k, into, truth);
        break;
    case VALUE_NUMBER:
        ret = read_number(n->text, &number);
        if (!ret)
            *(double *)field(into, k->offset) = number;
        break;
    case VALUE_COUNT:
        ret = read_count(k, n->text, &v);
        break;
    case VALUE_DURATION:
        ret = read_duration(k, n->text, &v);
        break;
    case VALUE_SIZE:
        ret = read_size(n->text, &v);
        break;
    default:
        BUG("%s is no scalar kind", k->name);
    }
    if (ret < 0)
        wrong_value(r, k, n);
    else if (k->kind != VALUE_BOOL && k->kind != VALUE_NUMBER)
        put_int(s, k, into, v);
}

static void value_texts(struct reader *r, const struct section *s,
                        const struct key *k, const struct node *n, void *into)
{
    const struct node *one[] = { n };
    const struct node *const *items =
        n->kind == NODE_LIST ? (const struct node *const *)n->items : one;
    size_t nr = n->kind == NODE_LIST ? n->nr : 1, kept = 0;
    char **list = xcalloc(nr + 1, sizeof(*list));

    if (!nr && !(k->flags & KEY_MAY_BE_EMPTY))
        node_error(r, n, "%s: an empty list says nothing", k->name);
    for (size_t i = 0; i < nr; i++)
        if (text_is_fine(r, k, items[i]))
            list[kept++] = xstrdup(items[i]->text);
    if (k->flags & KEY_CHECKED) {
        texts_free(list, kept);
        return;
    }
    if (s->json) {
        json_t *array = json_array();

        for (size_t i = 0; i < kept; i++)
            json_array_append_new(array, json_string(list[i]));
        json_object_set_new(into, k->name, array);
        texts_free(list, kept);
        return;
    }
    texts_free(*(char ***)field(into, k->offset),
               *(size_t *)field(into, k->nr_offset));
    *(char ***)field(into, k->offset) = list;
    *(size_t *)field(into, k->nr_offset) = kept;
}

/* ---- maps and lists ----------------------------------------------------- */

static void value_list(struct reader *r, const struct key *k,
                       const struct node *n, void *into)
{
    if (n->kind != NODE_LIST) {
        wrong_value(r, k, n);
        return;
    }
    for (size_t i = 0; i < n->nr; i++) {
        void *item = k->add(r, into, NULL, n->items[i]);

        if (item)
            section_read(r, k->section, n->items[i], item);
    }
}

static void value_named(struct reader *r, const struct key *k,
                        const struct node *n, void *into)
{
    if (n->kind != NODE_MAP) {
        wrong_value(r, k, n);
        return;
    }
    for (size_t i = 0; i < n->nr; i++) {
        void *item = k->add(r, into, n->keys[i], n->items[i]);

        if (item)
            section_read(r, k->section, n->items[i], item);
    }
}

static json_t *text_or_texts(struct reader *r, const struct key *k,
                             const struct node *n)
{
    json_t *array;

    if (n->kind == NODE_SCALAR)
        return text_is_fine(r, k, n) ? json_stringn(n->text, n->len) : NULL;
    if (n->kind == NODE_MAP) {
        wrong_value(r, k, n);
        return NULL;
    }
    array = json_array();
    for (size_t i = 0; i < n->nr; i++)
        if (text_is_fine(r, k, n->items[i]))
            json_array_append_new(
                array, json_stringn(n->items[i]->text, n->items[i]->len));
    return array;
}

static void value_map(struct reader *r, const struct key *k,
                      const struct node *n, void *into)
{
    json_t **map = field(into, k->offset);

    if (n->kind != NODE_MAP) {
        wrong_value(r, k, n);
        return;
    }
    if (!*map)
        *map = json_object();
    for (size_t i = 0; i < n->nr; i++) {
        struct key named = { .name = n->keys[i]->text, .kind = VALUE_TEXTS };
        json_t *v = text_or_texts(r, &named, n->items[i]);

        if (v)
            json_object_set_new(*map, n->keys[i]->text, v);
    }
}

/* One value, as if it stood under key. */
static void value_read(struct reader *r, const struct section *s,
                       const struct key *k, const struct node *n, void *into)
{
    if (node_is_null(n)) {
        node_error(r, n, "%s has no value", k->name);
        return;
    }
    switch (k->kind) {
    case VALUE_TEXT:
        value_text(r, s, k, n, into);
        break;
    case VALUE_TEXTS:
        value_texts(r, s, k, n, into);
        break;
    case VALUE_SECTION:
        if (n->kind == NODE_MAP)
            section_read(r, k->section, n, field(into, k->offset));
        else
            wrong_value(r, k, n);
        break;
    case VALUE_LIST:
        value_list(r, k, n, into);
        break;
    case VALUE_NAMED:
        value_named(r, k, n, into);
        break;
    case VALUE_MAP:
        value_map(r, k, n, into);
        break;
    default:
        value_scalar(r, s, k, n, into);
        break;
    }
}

const struct key *section_key(const struct section *s, const char *name)
{
    for (size_t i = 0; i < s->nr; i++)
        if (!strcmp(s->keys[i].name, name))
            return &s->keys[i];
    return NULL;
}

void section_read(struct reader *r, const struct section *s,
                  const struct node *n, void *into)
{
    if (n->kind != NODE_MAP) {
        CLEANUP_FREE char *what = got(n);

        node_error(r, n, "%s is a map of keys, got %s", s->what, what);
        return;
    }
    for (size_t i = 0; i < n->nr; i++) {
        const struct key *k = section_key(s, n->keys[i]->text);

        if (k)
            value_read(r, s, k, n->items[i], into);
        else if (s->other)
            s->other(r, into, n->keys[i], n->items[i]);
        else
            unknown_key(r, s, n->keys[i]);
    }
    for (size_t i = 0; i < s->nr; i++)
        if (s->keys[i].flags & KEY_REQUIRED && !node_get(n, s->keys[i].name))
            node_error(r, n, "%s needs \"%s\"", s->what, s->keys[i].name);
    if (s->done)
        s->done(r, into, n);
}
