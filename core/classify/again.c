/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stored lines through the classifier once more, at the distances that they
 * had. Must not say that a rule does not hold where it only cannot be seen.
 */
#include <config.h>

#include "core/classify/again.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/classify/fingerprint.h"
#include "core/classify/rule.h"
#include "core/classify/tell.h"
#include "core/tocsin-plugin.h"

/* More lines between two that are kept tell nothing more. */
#define GAP_MAX 400
#define CUT_MARK "[… "

struct kept_line {
    int64_t nr;
    char *text;
};

struct kept_lines {
    struct kept_line *lines;
    size_t nr, alloc;
    int64_t *original; /* [line as fed]: its number in the log */
    size_t nr_original, alloc_original;
};

/* ---- the lines that are kept ------------------------------------------- */

static void add_line(struct kept_lines *k, int64_t nr, const char *s, size_t n)
{
    ALLOC_GROW(k->lines, k->nr + 1, k->alloc);
    k->lines[k->nr].nr = nr;
    k->lines[k->nr++].text = xstrndup(s, n);
}

static size_t count_lines(const char *s)
{
    size_t n = 0;

    for (; *s; s += strcspn(s, "\n") + (s[strcspn(s, "\n")] == '\n'))
        n++;
    return n;
}

static bool is_cut(const char *s, size_t n)
{
    return str_starts(s, CUT_MARK) && n < 60
           && memmem(s, n, " lines cut …]", strlen(" lines cut …]"));
}

/* Lines up to the mark of a cut count from the first, those behind it up to
 * the last. */
static void add_excerpt(struct kept_lines *k, const json_t *e)
{
    const char *s = jx_str_or(e, "text", "");
    int64_t nr = jx_int(e, "first", 0), last = jx_int(e, "last", 0);

    while (*s && nr > 0) {
        size_t n = strcspn(s, "\n");
        const char *next = s + n + (s[n] == '\n');

        if (is_cut(s, n))
            nr = last - (int64_t)count_lines(next) + 1;
        else
            add_line(k, nr++, s, n);
        s = next;
    }
}

static int by_number(const void *a, const void *b)
{
    const struct kept_line *x = a, *y = b;

    if (x->nr != y->nr)
        return x->nr < y->nr ? -1 : 1;
    /* the longer one was not cut, or less */
    return strlen(x->text) > strlen(y->text) ? -1 : 1;
}

static void gather(struct kept_lines *k, const json_t *stored)
{
    const json_t *f, *c;
    size_t i, j;

    json_array_foreach(stored, i, f) {
        add_excerpt(k, jx_obj(f, "excerpt"));
        if (jx_str(f, "message") && jx_int(f, "line", 0) > 0)
            add_line(k, jx_int(f, "line", 0), jx_str(f, "message"),
                     strlen(jx_str(f, "message")));
        json_array_foreach(jx_arr(f, "candidates"), j, c)
            if (jx_str(c, "text") && jx_int(c, "line", 0) > 0)
                add_line(k, jx_int(c, "line", 0), jx_str(c, "text"),
                         strlen(jx_str(c, "text")));
    }
    if (k->nr)
        qsort(k->lines, k->nr, sizeof(*k->lines), by_number);
}

static void kept_release(struct kept_lines *k)
{
    for (size_t i = 0; i < k->nr; i++)
        free(k->lines[i].text);
    free(k->lines);
    free(k->original);
}

/* ---- fed again --------------------------------------------------------- */

static void feed_line(struct kept_lines *k, struct classifier *c, int64_t nr,
                      const char *text)
{
    ALLOC_GROW(k->original, k->nr_original + 1, k->alloc_original);
    k->original[k->nr_original++] = nr;
    classifier_feed(c, text, strlen(text));
    classifier_feed(c, "\n", 1);
}

static void feed_gap(struct kept_lines *k, struct classifier *c, int64_t from,
                     int64_t to)
{
    int64_t n = to - from - 1 < GAP_MAX ? to - from - 1 : GAP_MAX;

    for (int64_t i = 0; i < n; i++)
        feed_line(k, c, from + 1 + i, "");
}

/* lines: how many the log had. */
static void feed(struct kept_lines *k, struct classifier *c, int64_t lines)
{
    int64_t last = 0;

    for (size_t i = 0; i < k->nr; i++) {
        if (k->lines[i].nr == last)
            continue;
        if (last)
            feed_gap(k, c, last, k->lines[i].nr);
        last = k->lines[i].nr;
        feed_line(k, c, last, k->lines[i].text);
    }
    if (lines > last)
        feed_gap(k, c, last, lines + 1);
}

static void renumber(const struct kept_lines *k, json_t *obj, const char *key)
{
    int64_t nr = jx_int(obj, key, 0);

    if (nr > 0 && (size_t)nr <= k->nr_original)
        jx_set_int(obj, key, k->original[nr - 1]);
}

static json_t *run_rules(const struct ruleset *rs, const json_t *stored)
{
    const json_t *log = jx_obj(json_array_get(stored, 0), "log");
    struct classify_options opts = {
        .format = jx_str(log, "format"),
        .tool = jx_str(log, "tool"),
        .outcome = TOCSIN_OUTCOME_FAILURE,
    };
    struct classifier *c = classifier_new(rs, &opts);
    struct kept_lines k = { 0 };
    json_t *result, *f;
    size_t i;

    gather(&k, stored);
    feed(&k, c, jx_int(log, "lines", 0));
    result = classifier_finish(c);
    classifier_free(c);
    json_array_foreach(jx_arr(result, "failures"), i, f) {
        json_t *e = json_object_get(f, "excerpt");

        renumber(&k, f, "line");
        renumber(&k, e, "first");
        renumber(&k, e, "last");
    }
    kept_release(&k);
    return result;
}

/* ---- what to believe --------------------------------------------------- */

static const json_t *primary_of(const json_t *failures)
{
    const json_t *f;
    size_t i;

    json_array_foreach(failures, i, f)
        if (jx_bool(f, "primary", false))
            return f;
    return json_array_get(failures, 0);
}

static bool is_called(const struct rule *r, const char *id)
{
    const json_t *was = json_object_get(r->json, "was"), *one;
    size_t i;

    if (!strcmp(r->id, id))
        return true;
    json_array_foreach(was, i, one)
        if (str_eq(json_string_value(one), id))
            return true;
    return str_eq(json_string_value(was), id);
}

static const struct rule *rule_by_id(const struct ruleset *rs, const char *id)
{
    for (size_t i = 0; id && i < rs->nr; i++)
        if (rs->rules[i].rank != RANK_NOISE && is_called(&rs->rules[i], id))
            return &rs->rules[i];
    return NULL;
}

static bool names(const json_t *failures, const struct rule *r)
{
    const json_t *f;
    size_t i;

    json_array_foreach(failures, i, f)
        if (str_eq(jx_str(f, "rule"), r->id))
            return true;
    return false;
}

/* Older states do not say by what a rule matched. */
static bool same_match(const char *a, const char *b)
{
    return !a || !b || !strncmp(a, b, RULE_DIGEST_MATCH);
}

static bool matches_as(const struct rule *r, const json_t *old)
{
    CLEANUP_FREE char *digest = rule_digest(r->json);

    return same_match(digest, jx_str(old, "rule_digest"));
}

/* The rule that named it once exists and does not hold on what is kept: is
 * that because it changed, or because not enough is kept? */
static bool cannot_tell(const struct rule *r, const json_t *old)
{
    return matches_as(r, old) || r->nr_then || json_object_get(r->json, "mark")
           || strstr(jx_str_or(old, "message", ""), CUT_MARK);
}

static bool says_otherwise(const struct rule *r, const json_t *old)
{
    CLEANUP_FREE char *digest = rule_digest(r->json);

    return !str_eq(digest, jx_str(old, "rule_digest"));
}

/* The rule that named it, which matches as it did, names it again: the line
 * and captures of the whole log stand, and it says of them what it says now. */
static json_t *retold(const struct rule *r, const json_t *stored,
                      const json_t *old)
{
    json_t *out = json_deep_copy(stored), *f;
    size_t i;

    json_array_foreach(out, i, f)
        if (str_eq(jx_str(f, "rule"), jx_str(old, "rule")))
            failure_retell(r, f);
    return out;
}

/* What no rule knows any more, with the lines that it had. */
static json_t *forgotten(const json_t *old)
{
    json_t *f = unclassified_failure(jx_str_or(old, "message", ""),
                                     jx_int(old, "line", 0));

    json_object_set(f, "excerpt", json_object_get(old, "excerpt"));
    return f;
}

static json_t *with_log(json_t *failures, const json_t *old)
{
    json_t *f, *log = json_object_get(old, "log");
    size_t i;

    json_array_foreach(failures, i, f) {
        if (log)
            json_object_set_new(f, "log", json_deep_copy(log));
        if (json_object_get(old, "candidates") && i == 0)
            json_object_set(f, "candidates",
                            json_object_get(old, "candidates"));
    }
    return failures;
}

enum again classify_again(const struct ruleset *rs, const json_t *stored,
                          json_t **out)
{
    const json_t *old = primary_of(stored), *now;
    const char *was = jx_str(old, "rule");
    const struct rule *r = rule_by_id(rs, was);
    json_t *result, *failures;
    enum again how = AGAIN_OTHER;

    *out = json_incref((json_t *)stored);
    if (!json_array_size(stored) || !jx_int(jx_obj(old, "excerpt"), "first", 0))
        return was ? AGAIN_KEPT : AGAIN_SAME;
    result = run_rules(rs, stored);
    failures = jx_arr(result, "failures");
    now = primary_of(failures);
    if (!jx_str(now, "rule") && !was)
        how = AGAIN_SAME;
    else if (r && str_eq(jx_str(now, "rule"), r->id) && matches_as(r, old))
        how = says_otherwise(r, old) ? AGAIN_OTHER : AGAIN_SAME;
    else if (r && !names(failures, r) && cannot_tell(r, old))
        how = AGAIN_KEPT;
    if (how == AGAIN_OTHER) {
        json_decref(*out);
        if (!jx_str(now, "rule"))
            *out = with_log(json_pack("[o]", forgotten(old)), old);
        else if (str_eq(jx_str(now, "rule"), r ? r->id : NULL)
                 && matches_as(r, old))
            *out = retold(r, stored, old);
        else
            *out = with_log(json_incref(failures), old);
    }
    json_decref(result);
    return how;
}
