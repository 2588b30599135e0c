/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A list of what is wrong. Must not print more than it was given, and never
 * a control character of somebody's file.
 */
#include <config.h>

#include "core/config/problems.h"

#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/strbuf.h"

/* A file can be wrong in every line; people read the first hundreds. */
#define PROBLEMS_MAX 500

void problems_init(struct problems *pb)
{
    memset(pb, 0, sizeof(*pb));
}

void problems_release(struct problems *pb)
{
    for (size_t i = 0; i < pb->nr; i++) {
        free(pb->items[i].file);
        free(pb->items[i].text);
    }
    free(pb->items);
    problems_init(pb);
}

bool problems_full(const struct problems *pb)
{
    return pb->nr >= PROBLEMS_MAX;
}

/* An alias can bring the same mistake to many places. */
static bool is_known(const struct problems *pb, const char *file, int line,
                     int column, const char *text)
{
    for (size_t i = 0; i < pb->nr; i++) {
        const struct problem *p = &pb->items[i];

        if (p->line == line && p->column == column && str_eq(p->file, file)
            && !strcmp(p->text, text))
            return true;
    }
    return false;
}

static void add(struct problems *pb, bool warning, const char *file, int line,
                int column, char *text)
{
    struct problem *p;

    if (!problems_full(pb) && is_known(pb, file, line, column, text)) {
        free(text);
        return;
    }
    if (!warning)
        pb->errors++;
    if (problems_full(pb)) {
        free(text);
        return;
    }
    ALLOC_GROW(pb->items, pb->nr + 1, pb->alloc);
    p = &pb->items[pb->nr++];
    p->warning = warning;
    p->file = xstrdup0(file);
    p->line = line;
    p->column = column;
    p->text = text;
}

void problems_error(struct problems *pb, const char *file, int line, int column,
                    const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    add(pb, false, file, line, column, xvasprintf(fmt, ap));
    va_end(ap);
}

void problems_warn(struct problems *pb, const char *file, int line, int column,
                   const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    add(pb, true, file, line, column, xvasprintf(fmt, ap));
    va_end(ap);
}

/* Cuts ":N" off the end of s. 0: it does not end so. */
static int cut_number(char *s)
{
    char *colon = strrchr(s, ':'), *end;
    long n;

    if (!colon || !isdigit((unsigned char)colon[1]))
        return 0;
    n = strtol(colon + 1, &end, 10);
    if (*end || n <= 0 || n > INT_MAX)
        return 0;
    *colon = '\0';
    return (int)n;
}

void problems_at(struct problems *pb, bool warning, const char *place,
                 const char *text)
{
    CLEANUP_FREE char *file = xstrdup(place);
    int last = cut_number(file), first = last ? cut_number(file) : 0;

    add(pb, warning, file, first ? first : last, first ? last : 0,
        xstrdup(text));
}

/* By file in the order of their first problem, then by place; what was
 * found first comes first at one place. */
struct sorted {
    const struct problem *p;
    size_t file, nr;
};

static int by_place(const void *va, const void *vb)
{
    const struct sorted *a = va, *b = vb;

    if (a->file != b->file)
        return a->file < b->file ? -1 : 1;
    if (a->p->line != b->p->line)
        return a->p->line < b->p->line ? -1 : 1;
    if (a->p->column != b->p->column)
        return a->p->column < b->p->column ? -1 : 1;
    return a->nr < b->nr ? -1 : a->nr > b->nr;
}

static size_t file_rank(const struct problems *pb, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (str_eq(pb->items[j].file, pb->items[i].file))
            return j;
    return i;
}

static void put_clean(const char *s, FILE *f)
{
    CLEANUP_STRBUF struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    strbuf_add_shown(&b, s, "");
    fputs(b.buf, f);
}

static void print_one(const struct problem *p, FILE *f)
{
    if (p->file) {
        put_clean(p->file, f);
        if (p->line > 0)
            fprintf(f, ":%d", p->line);
        if (p->line > 0 && p->column > 0)
            fprintf(f, ":%d", p->column);
        fputs(": ", f);
    }
    fputs(p->warning ? "warning: " : "error: ", f);
    put_clean(p->text, f);
    putc('\n', f);
}

void problems_print(const struct problems *pb, FILE *f)
{
    struct sorted *list = xcalloc(pb->nr + 1, sizeof(*list));
    size_t errors = 0;

    for (size_t i = 0; i < pb->nr; i++) {
        list[i].p = &pb->items[i];
        list[i].file = file_rank(pb, i);
        list[i].nr = i;
        errors += !pb->items[i].warning;
    }
    qsort(list, pb->nr, sizeof(*list), by_place);
    for (size_t i = 0; i < pb->nr; i++)
        print_one(list[i].p, f);
    if (errors < pb->errors)
        fprintf(f, "and %zu more errors\n", pb->errors - errors);
    free(list);
}
