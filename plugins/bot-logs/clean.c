/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bot's error texts, made plain. Must not interpret: what is no known
 * tag, entity, table or solver block stays as it was.
 */
#include <config.h>

#include "plugins/bot-logs/clean.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/strbuf.h"

#define VARIANTS_NAMED 3
#define HEAD_PART 8 /* one in so many bytes of a cut text is its head */
#define INPUT_MAX ((size_t)1 << 20) /* more of a message is not looked at */

/* ---- lines ------------------------------------------------------------ */

#define BAR "\xe2\x94\x82" /* │ */
#define TIMES "\xc3\x97"   /* × */

struct line {
    const char *s;
    size_t n;
};

static bool next_line(const char **p, struct line *l)
{
    const char *end;

    if (!**p)
        return false;
    end = strchr(*p, '\n');
    l->s = *p;
    l->n = end ? (size_t)(end - *p) : strlen(*p);
    *p = l->s + l->n + (end ? 1 : 0);
    return true;
}

static bool line_has(struct line l, const char *what)
{
    return memmem(l.s, l.n, what, strlen(what)) != NULL;
}

static bool starts(struct line l, const char *what)
{
    return l.n >= strlen(what) && memcmp(l.s, what, strlen(what)) == 0;
}

/* Without leading blanks and the bars of boxes around it. */
static struct line inner(struct line l)
{
    for (;;) {
        if (l.n && (*l.s == ' ' || *l.s == '\t')) {
            l.s++;
            l.n--;
        } else if (starts(l, BAR)) {
            l.s += strlen(BAR);
            l.n -= strlen(BAR);
        } else {
            return l;
        }
    }
}

/* A row or a rule of a table: ┆ between its cells, or ┬ ╪ ┴ in a rule. */
static bool line_is_table(struct line l)
{
    struct line in = inner(l);

    if (line_has(l, "\xe2\x94\x86"))
        return true;
    return (starts(in, "\xe2\x95\xad\xe2\x94\x80") || starts(in, "\xe2\x95\x9e")
            || starts(in, "\xe2\x95\xb0"))
           && (line_has(in, "\xe2\x94\xac") || line_has(in, "\xe2\x95\xaa")
               || line_has(in, "\xe2\x94\xb4"));
}

/* "        ^^^^^^~~~" under a line of a traceback. */
static bool line_is_marker(struct line l)
{
    size_t carets = 0;

    for (size_t i = 0; i < l.n; i++) {
        if (l.s[i] == '^')
            carets++;
        else if (l.s[i] != ' ' && l.s[i] != '~')
            return false;
    }
    return carets > 0;
}

/* "Error:   × Failed to resolve dependencies" */
static bool line_is_error(struct line l)
{
    struct line in = inner(l);

    if (starts(in, "Error:")) {
        in.s += strlen("Error:");
        in.n -= strlen("Error:");
        in = inner(in);
    }
    return starts(in, TIMES " ");
}

/* Goes on with the line before it: indented, and no branch of a tree. */
static bool line_continues(struct line l)
{
    struct line in = inner(l);

    return l.n > 2 && l.s[0] == ' ' && l.s[1] == ' ' && in.n
           && !starts(in, "\xe2\x95") && !starts(in, "\xe2\x94")
           && !starts(in, "\xe2\x9a\xa0") && !starts(in, TIMES);
}

static void join(struct strbuf *out, struct line l)
{
    struct line in = inner(l);

    if (out->len && out->buf[out->len - 1] == '\n')
        strbuf_setlen(out, out->len - 1);
    if (out->len < 2 || out->buf[out->len - 1] != '-'
        || out->buf[out->len - 2] == ' ')
        strbuf_addc(out, ' ');
    strbuf_add(out, in.s, in.n);
    strbuf_addc(out, '\n');
}

/* Tables to one line, markers away, solver errors unwrapped. */
static char *clean_lines(const char *text)
{
    bool table = false, error = false;
    struct strbuf out;
    struct line l;

    strbuf_init(&out, STRBUF_UNBOUNDED);
    for (const char *p = text; next_line(&p, &l);) {
        if (line_is_marker(l))
            continue;
        if (line_is_table(l)) {
            if (!table)
                strbuf_adds(&out, "[\xe2\x80\xa6 table cut \xe2\x80\xa6]\n");
            table = true;
            continue;
        }
        table = false;
        if (error && line_continues(l)) {
            join(&out, l);
            continue;
        }
        error = line_is_error(l) || (error && l.n && *l.s == ' ');
        strbuf_add(&out, l.s, l.n);
        strbuf_addc(&out, '\n');
    }
    while (out.len && isspace((unsigned char)out.buf[out.len - 1]))
        strbuf_setlen(&out, out.len - 1);
    return strbuf_take(&out);
}

char *clean_message(const char *s, size_t n)
{
    CLEANUP_FREE char *text = xmemdup0(s, n);
    CLEANUP_FREE char *capped = clean_cap(text, INPUT_MAX);
    CLEANUP_FREE char *plain = clean_html(capped, strlen(capped));

    return clean_lines(plain);
}

/* Where s may be cut so that the second part begins at or after at. */
static size_t cut_after(const char *s, size_t n, size_t at)
{
    const char *nl = memchr(s + at, '\n', n - at);

    if (nl && (size_t)(nl - s) + 1 < n && (size_t)(nl - s) - at < 1024)
        return (size_t)(nl - s) + 1;
    while (at < n && (s[at] & 0xc0) == 0x80)
        at++;
    return at;
}

static size_t cut_before(const char *s, size_t at)
{
    const char *nl = memrchr(s, '\n', at);

    if (nl && at - (size_t)(nl - s) < 512)
        return (size_t)(nl - s) + 1;
    while (at > 0 && (s[at] & 0xc0) == 0x80)
        at--;
    return at;
}

char *clean_cap(const char *s, size_t max)
{
    static const char mark[] = "[\xe2\x80\xa6 cut \xe2\x80\xa6]\n";
    size_t n = strlen(s), head, tail;
    struct strbuf out;

    if (n <= max)
        return xstrdup(s);
    head = cut_before(s, max / HEAD_PART);
    tail = cut_after(s, n, n - (max - max / HEAD_PART - sizeof(mark) - 1));
    strbuf_init(&out, max + sizeof(mark));
    strbuf_add(&out, s, head);
    if (out.len && out.buf[out.len - 1] != '\n')
        strbuf_addc(&out, '\n');
    strbuf_adds(&out, mark);
    strbuf_add(&out, s + tail, n - tail);
    return strbuf_take(&out);
}

/* ---- several messages ------------------------------------------------- */

struct group {
    char *tail; /* what makes messages the same */
    char *text; /* what is shown of the first of them */
    struct strbuf names;
    size_t nr;
};

/* The length of "osx_64_python3.12.____cpython" before ": ", 0: none. */
static size_t variant_length(const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                         "0123456789_.+-");

    if (n < 3 || n > 200 || s[n] != ':' || s[n + 1] != ' ')
        return 0;
    return memchr(s, '_', n) ? n : 0;
}

/* The begin of the last line for which is() holds, NULL: none. */
static const char *last_line(const char *s, const char *stop,
                             bool (*is)(struct line))
{
    const char *found = NULL;
    struct line l;

    for (const char *p = s; next_line(&p, &l);) {
        if (stop && l.s >= stop)
            break;
        if (is(l))
            found = l.s;
    }
    return found;
}

static bool line_opens_box(struct line l)
{
    return starts(inner(l), "\xe2\x95\xad\xe2\x94\x80 ");
}

static void group_add(struct group **groups, size_t *nr, size_t *alloc,
                      const char *message)
{
    CLEANUP_FREE char *text = clean_message(message, strlen(message));
    size_t name = variant_length(text);
    const char *body = name ? text + name + 2 : text;
    const char *tail = last_line(body, NULL, line_is_error);
    const char *box = tail ? last_line(body, tail, line_opens_box) : NULL;
    struct group *g = NULL;

    for (size_t i = 0; i < *nr && !g; i++)
        if (strcmp((*groups)[i].tail, tail ? tail : body) == 0)
            g = &(*groups)[i];
    if (!g) {
        ALLOC_GROW(*groups, *nr + 1, *alloc);
        g = &(*groups)[(*nr)++];
        g->tail = xstrdup(tail ? tail : body);
        g->text = xstrdup(box ? box : tail ? tail : body);
        strbuf_init(&g->names, CLEAN_MAX);
        g->nr = 0;
    }
    if (name && ++g->nr <= VARIANTS_NAMED)
        strbuf_addf(&g->names, "%s%.*s", g->nr > 1 ? ", " : "", (int)name,
                    text);
}

static void group_say(struct group *g, struct strbuf *out)
{
    if (out->len)
        strbuf_adds(out, "\n\n");
    if (g->nr > VARIANTS_NAMED)
        strbuf_addf(out, "%s and %zu more:\n", g->names.buf,
                    g->nr - VARIANTS_NAMED);
    else if (g->nr)
        strbuf_addf(out, "%s:\n", g->names.buf);
    strbuf_adds(out, g->text);
}

#define MESSAGES_MAX 2000 /* variants; the most that exist are some 200 */

char *clean_messages(const char *const *messages, size_t nr)
{
    struct group *groups = NULL;
    size_t nr_groups = 0, alloc = 0;
    struct strbuf out;
    char *capped;

    strbuf_init(&out, STRBUF_UNBOUNDED);
    for (size_t i = 0; i < nr && i < MESSAGES_MAX; i++)
        group_add(&groups, &nr_groups, &alloc, messages[i]);
    for (size_t i = 0; i < nr_groups; i++) {
        group_say(&groups[i], &out);
        free(groups[i].tail);
        free(groups[i].text);
        strbuf_release(&groups[i].names);
    }
    free(groups);
    capped = clean_cap(out.buf, CLEAN_MAX);
    strbuf_release(&out);
    return capped;
}
