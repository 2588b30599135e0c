/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lines that a rule's own words are made into. Must not measure time.
 */
#include <config.h>

#include "core/classify/slow.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/classify/chunk.h"

/* So many of a rule's literals are tried. */
#define WORDS_MAX 3

struct trial {
    const struct rule *rule;
    pcre2_match_context *mc;
    pcre2_match_data *md;
    bool slow;
};

static void try_line(struct trial *t, const char *line)
{
    const struct rule *r = t->rule;

    if (pattern_match(&r->pattern, line, LINE_MAX_BYTES, t->md, t->mc) ==
        MATCHED_GAVE_UP)
        t->slow = true;
    for (size_t i = 0; i < r->nr_then; i++)
        if (pattern_match(&r->then[i], line, LINE_MAX_BYTES, t->md, t->mc) ==
            MATCHED_GAVE_UP)
            t->slow = true;
}

/* words and words and words, up to the end of the line; last: a character
 * that PCRE2 looks for before it tries anything, where it is of no use */
static void try_repeated(struct trial *t, const char *words, size_t n,
                         const char *between, char last)
{
    CLEANUP_FREE char *line = xmalloc(LINE_MAX_BYTES + 1);
    size_t gap = strlen(between);

    if (!n)
        return;
    for (size_t i = 0; i < LINE_MAX_BYTES; i++) {
        size_t at = i % (n + gap);

        line[i] = at < n ? words[at] : between[at - n];
    }
    line[LINE_MAX_BYTES - 2] = ' ';
    line[LINE_MAX_BYTES - 1] = last;
    line[LINE_MAX_BYTES] = '\0';
    try_line(t, line);
}

static void try_words(struct trial *t, const char *words, size_t n,
                      char last)
{
    static const char *const gaps[] = { "", " ", ": ", "/x.c:1:1: " };

    for (size_t i = 0; i < ARRAY_SIZE(gaps) && !t->slow; i++)
        try_repeated(t, words, n, gaps[i], last);
}

/* Long runs of one character, and the end of a match that does not come. */
static void try_runs(struct trial *t, const char *words, size_t n)
{
    static const char runs[] = "xa 0./";
    CLEANUP_FREE char *line = xmalloc(LINE_MAX_BYTES + 1);
    size_t tail = n > 1 && n < LINE_MAX_BYTES - 2 ? n - 1 : 0;

    for (size_t i = 0; runs[i] && !t->slow; i++) {
        memset(line, runs[i], LINE_MAX_BYTES);
        memcpy(line + LINE_MAX_BYTES - tail - 2, words, tail);
        line[LINE_MAX_BYTES - 2] = ' ';
        line[LINE_MAX_BYTES - 1] = n ? words[n - 1] : ' ';
        line[LINE_MAX_BYTES] = '\0';
        try_line(t, line);
    }
}

/* An example, and what is nearly one. */
static void try_text(struct trial *t, const char *text)
{
    size_t n = strcspn(text, "\n");

    try_words(t, text, n, ' ');
    if (n > 1)
        try_words(t, text, n - 1, text[n - 1]);
    try_runs(t, text, n);
}

static void try_texts(struct trial *t, const char *key)
{
    const json_t *list = json_object_get(t->rule->json, key), *one;
    const char *text = json_string_value(list);
    size_t i;

    if (text)
        try_text(t, text);
    json_array_foreach(list, i, one)
        if (json_is_string(one) && i < WORDS_MAX)
            try_text(t, json_string_value(one));
}

static void try_literals(struct trial *t, const struct required *words)
{
    for (size_t i = 0; i < words->nr && i < WORDS_MAX; i++)
        try_words(t, words->items[i].s, words->items[i].n, ' ');
}

bool rule_is_slow(const struct rule *r, pcre2_match_context *mc)
{
    struct trial t = { .rule = r, .mc = mc };

    t.md = pcre2_match_data_create(64, NULL);
    if (!t.md)
        BUG("out of memory");
    try_literals(&t, &r->literals);
    try_literals(&t, &r->needs);
    try_texts(&t, "examples");
    try_texts(&t, "near_misses");
    pcre2_match_data_free(t.md);
    return t.slow;
}
