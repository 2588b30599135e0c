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

/* Of the end of a line, and how many steps a pattern may take on it. PCRE2's
 * own limit counts anew at each place of a line, and not all steps: a pattern
 * that takes the cube of a line's length is at it for minutes on a whole one
 * and never reaches it. Here that is a hundred million, and the square, which
 * a whole line bears, a million; no rule that ships takes six. A rule that is
 * always nearly slow is slow, too: all its lines together are bounded. */
#define SHORT 1024
#define STEPS_MAX 10000000
#define STEPS_IN_ALL (20L * STEPS_MAX)

struct trial {
    const struct rule *rule;
    pcre2_match_context *mc, *steps;
    pcre2_match_data *md;
    pcre2_code **counted; /* its patterns, with a call at each step */
    size_t nr_counted;
    long left; /* steps; one over n characters is n more */
    long in_all;
    size_t at;
    bool slow;
};

/* ---- steps --------------------------------------------------------------- */

static int on_step(pcre2_callout_block *block, void *user)
{
    struct trial *t = user;
    size_t at = block->current_position;

    t->left -= 1 + labs((long)at - (long)t->at);
    t->at = at;
    return t->left > 0 ? 0 : PCRE2_ERROR_CALLOUT;
}

static void add_counted(struct trial *t, const json_t *text)
{
    const char *s = json_string_value(text);
    int error;
    PCRE2_SIZE at;
    pcre2_code *code =
        s ? pcre2_compile((PCRE2_SPTR)s, PCRE2_ZERO_TERMINATED,
                          PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C
                              | PCRE2_AUTO_CALLOUT,
                          &error, &at, NULL)
          : NULL;

    if (!code)
        return;
    t->counted =
        xrealloc(t->counted, (t->nr_counted + 1) * sizeof(pcre2_code *));
    t->counted[t->nr_counted++] = code;
}

static void count_patterns(struct trial *t)
{
    const json_t *then = json_object_get(t->rule->json, "then"), *one;
    size_t i;

    add_counted(t, json_object_get(t->rule->json, "pattern"));
    add_counted(t, then);
    json_array_foreach(then, i, one)
        add_counted(t, one);
    add_counted(t, json_object_get(t->rule->json, "until"));
    add_counted(t, json_object_get(t->rule->json, "since"));
    t->steps = pcre2_match_context_create(NULL);
    if (!t->steps)
        BUG("out of memory");
    pcre2_set_callout(t->steps, on_step, t);
}

static bool takes_too_many(struct trial *t, const char *line)
{
    bool slow = false;

    for (size_t i = 0; i < t->nr_counted && !slow; i++) {
        t->left = STEPS_MAX;
        t->at = 0;
        slow = pcre2_match(t->counted[i],
                           (PCRE2_SPTR)(line + LINE_MAX_BYTES - SHORT), SHORT,
                           0, 0, t->md, t->steps)
               < PCRE2_ERROR_NOMATCH;
        t->in_all -= STEPS_MAX - t->left;
    }
    return slow || t->in_all < 0;
}

/* ---- lines --------------------------------------------------------------- */

static void try_line(struct trial *t, const char *line)
{
    const struct rule *r = t->rule;

    t->slow = t->slow || takes_too_many(t, line);
    if (t->slow)
        return;
    if (pattern_match(&r->pattern, line, LINE_MAX_BYTES, t->md, t->mc)
        == MATCHED_GAVE_UP)
        t->slow = true;
    for (size_t i = 0; i < r->nr_then; i++)
        if (pattern_match(&r->then[i], line, LINE_MAX_BYTES, t->md, t->mc)
            == MATCHED_GAVE_UP)
            t->slow = true;
    if (r->has_until
        && pattern_match(&r->until, line, LINE_MAX_BYTES, t->md, t->mc)
               == MATCHED_GAVE_UP)
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

static void try_words(struct trial *t, const char *words, size_t n, char last)
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

/* Without an example they are all that is known of its lines. */
static void try_literals(struct trial *t, const struct required *words)
{
    bool alone = !json_object_get(t->rule->json, "examples");

    for (size_t i = 0; i < words->nr && i < WORDS_MAX; i++) {
        try_words(t, words->items[i].s, words->items[i].n, ' ');
        if (alone)
            try_runs(t, words->items[i].s, words->items[i].n);
    }
}

bool rule_is_slow(const struct rule *r, pcre2_match_context *mc)
{
    struct trial t = { .rule = r, .mc = mc, .in_all = STEPS_IN_ALL };

    t.md = pcre2_match_data_create(64, NULL);
    if (!t.md)
        BUG("out of memory");
    count_patterns(&t);
    try_literals(&t, &r->literals);
    try_literals(&t, &r->needs);
    try_texts(&t, "examples");
    try_texts(&t, "near_misses");
    for (size_t i = 0; i < t.nr_counted; i++)
        pcre2_code_free(t.counted[i]);
    free(t.counted);
    pcre2_match_context_free(t.steps);
    pcre2_match_data_free(t.md);
    return t.slow;
}
