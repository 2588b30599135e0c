/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From the JSON of rules to compiled patterns and one automaton of literals.
 * Must not look at logs.
 */
#include <config.h>

#include "core/classify/rule.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/classify/format.h"
#include "core/classify/redact.h"
#include "core/classify/weigh.h"

/* A literal shorter than this says nothing. */
#define LITERAL_MIN 3
/* What one pattern may do on one line before it gives up. */
#define MATCH_LIMIT 500000

/* ---- literals from patterns ------------------------------------------- */

/* Past a [class] or a (group) that starts at *p; false when it has no end. */
static bool skip_bracket(const char **p)
{
    const char *s = *p;
    int depth = 0;

    for (; *s; s++) {
        if (*s == '\\' && s[1]) {
            s++;
        } else if (*s == '[') {
            if (*++s == '^')
                s++;
            if (*s == ']')
                s++;
            for (; *s && *s != ']'; s++)
                if (*s == '\\' && s[1])
                    s++;
            if (!*s)
                return false;
            if (!depth)
                break;
        } else if (*s == '(') {
            depth++;
        } else if (*s == ')' && !--depth) {
            break;
        }
    }
    if (!*s)
        return false;
    *p = s + 1;
    return true;
}

static size_t quantifier_length(const char *s, bool *may_be_none)
{
    size_t n = 0;

    *may_be_none = false;
    if (*s == '*' || *s == '?') {
        *may_be_none = true;
        n = 1;
    } else if (*s == '+') {
        n = 1;
    } else if (*s == '{' && isdigit((unsigned char)s[1])) {
        *may_be_none = s[1] == '0';
        n = strcspn(s, "}") + 1;
    }
    if (n && (s[n] == '?' || s[n] == '+'))
        n++;
    return n;
}

static void keep_longer(struct strbuf *best, struct strbuf *run)
{
    if (run->len > best->len) {
        strbuf_clear(best);
        strbuf_add(best, run->buf, run->len);
    }
    strbuf_clear(run);
}

/* One step over pattern text at s outside of groups. Returns the length, and
 * in *c the literal byte or -1; 0: not understood. */
static size_t literal_step(const char *s, int *c)
{
    const char *p = s;

    *c = -1;
    switch (*s) {
    case '\\':
        if (!s[1] || strchr("QEkKgGXRxocpPN", s[1]) ||
            isdigit((unsigned char)s[1]))
            return 0;
        if (!isalnum((unsigned char)s[1]))
            *c = (unsigned char)s[1];
        return 2;
    case '(':
        /* an option in the middle, a comment: leave it to `needs:` */
        if (s[1] == '?' && !strchr(":<=!>P", s[2]))
            return 0;
        return skip_bracket(&p) ? (size_t)(p - s) : 0;
    case '[':
        return skip_bracket(&p) ? (size_t)(p - s) : 0;
    case '.': case '^': case '$':
        return 1;
    case ')': case '*': case '+': case '?':
        return 0;
    default:
        *c = (unsigned char)*s;
        return 1;
    }
}

/* Whether a '|' stands outside of all groups. */
static bool has_alternatives(const char *s)
{
    while (*s) {
        if (*s == '|')
            return true;
        if (*s == '\\' && s[1])
            s += 2;
        else if (*s == '(' || *s == '[') {
            if (!skip_bracket(&s))
                return true;
        } else
            s++;
    }
    return false;
}

char *literal_derive(const char *pattern)
{
    struct strbuf best CLEANUP_STRBUF;
    struct strbuf run CLEANUP_STRBUF;
    const char *s = pattern;

    strbuf_init(&best, STRBUF_UNBOUNDED);
    strbuf_init(&run, STRBUF_UNBOUNDED);
    /* the automaton ignores case anyway; J allows two groups one name */
    while (!strncmp(s, "(?i)", 4) || !strncmp(s, "(?J)", 4))
        s += 4;
    if (has_alternatives(s))
        return NULL;
    while (*s) {
        int c;
        bool none;
        size_t n = literal_step(s, &c), q;

        if (!n)
            return NULL;
        q = quantifier_length(s + n, &none);
        if (c < 0 || none) {
            keep_longer(&best, &run);
        } else {
            strbuf_addc(&run, (char)c);
            if (q)
                keep_longer(&best, &run);
        }
        s += n + q;
    }
    keep_longer(&best, &run);
    return best.len >= LITERAL_MIN ? xstrndup(best.buf, best.len) : NULL;
}

/* ---- one rule --------------------------------------------------------- */

static int compile_pattern(struct pattern *p, const char *text,
                           const char *at, struct err *err)
{
    int error;
    PCRE2_SIZE offset;
    uint32_t nr, size;
    PCRE2_SPTR table;

    p->code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
                            PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C,
                            &error, &offset, NULL);
    if (!p->code) {
        PCRE2_UCHAR why[128];

        pcre2_get_error_message(error, why, sizeof(why));
        return err_set(err, ERR_CONFIG, "%s: pattern: %s at character %zu",
                       at, (const char *)why, (size_t)offset + 1);
    }
    pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE);
    pcre2_pattern_info(p->code, PCRE2_INFO_NAMECOUNT, &nr);
    pcre2_pattern_info(p->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
    pcre2_pattern_info(p->code, PCRE2_INFO_NAMETABLE, &table);
    if (nr > CAPTURES_MAX)
        return err_set(err, ERR_CONFIG, "%s: more than %d named groups", at,
                       CAPTURES_MAX);
    for (uint32_t i = 0; i < nr; i++, table += size) {
        p->names[i].group = table[0] << 8 | table[1];
        p->names[i].name = (const char *)table + 2;
    }
    p->nr_names = nr;
    return 0;
}

static int read_then(struct rule *r, const char *pattern, struct err *err)
{
    struct pattern *p;

    r->then = xrealloc(r->then, (r->nr_then + 1) * sizeof(*r->then));
    p = &r->then[r->nr_then++];
    memset(p, 0, sizeof(*p));
    return compile_pattern(p, pattern, r->at, err);
}

static int read_thens(struct rule *r, struct err *err)
{
    const json_t *j = json_object_get(r->json, "then"), *one;
    size_t i;

    if (json_is_string(j))
        return read_then(r, json_string_value(j), err);
    json_array_foreach(j, i, one)
        if (json_is_string(one) &&
            read_then(r, json_string_value(one), err) < 0)
            return -1;
    return 0;
}

static void add_need(struct rule *r, const char *s)
{
    r->needs = xrealloc(r->needs, (r->nr_needs + 1) * sizeof(*r->needs));
    r->needs[r->nr_needs++] = xstrdup(s);
}

static void read_needs(struct rule *r, const char *pattern)
{
    const json_t *j = json_object_get(r->json, "needs"), *one;
    char *derived;
    size_t i;

    if (json_is_string(j))
        add_need(r, json_string_value(j));
    json_array_foreach(j, i, one)
        if (json_is_string(one) && json_string_length(one))
            add_need(r, json_string_value(one));
    if (r->nr_needs)
        return;
    derived = literal_derive(pattern);
    if (derived)
        add_need(r, derived);
    free(derived);
}

static int parse_rank(const char *s)
{
    static const char *const names[] = { "cause", "symptom", "generic",
                                         "noise" };

    for (int i = 0; i < (int)ARRAY_SIZE(names); i++)
        if (!strcmp(s, names[i]))
            return i;
    return -1;
}

/* The oldest id of a rule: the first of was:, else its own. */
static const char *stable_name(const struct rule *r)
{
    const json_t *was = json_object_get(r->json, "was");

    if (json_is_string(was))
        return json_string_value(was);
    if (json_array_size(was))
        return json_string_value(json_array_get(was, 0));
    return r->id;
}

static int read_rule(struct rule *r, const json_t *j, bool ignore,
                     struct err *err)
{
    const char *pattern = jx_str(j, "pattern");
    const char *rank = jx_str_or(j, "rank", ignore ? "noise" : "cause");
    int n = parse_rank(rank);

    r->json = j;
    r->id = jx_str_or(j, "id", "ignore");
    r->at = jx_str_or(j, "at", r->id);
    if (!pattern || !*pattern)
        return err_set(err, ERR_CONFIG, "%s: rule %s has no pattern", r->at,
                       r->id);
    if (n < 0)
        return err_set(err, ERR_CONFIG, "%s: rank \"%s\": cause, symptom, "
                       "generic or noise", r->at, rank);
    r->rank = ignore ? RANK_NOISE : (enum rank)n;
    r->category = jx_str_or(j, "category", "unknown/unclassified");
    r->blame = jx_str_or(j, "blame", "unknown");
    r->stable = stable_name(r);
    r->fatal = str_eq(jx_str(j, "severity"), "fatal");
    r->minor = str_eq(jx_str(j, "severity"), "minor");
    if (compile_pattern(&r->pattern, pattern, r->at, err) < 0 ||
        read_thens(r, err) < 0)
        return -1;
    read_needs(r, pattern);
    return 0;
}

/* ---- the set ---------------------------------------------------------- */

static int read_array(struct ruleset *rs, const json_t *arr, bool ignore,
                      struct err *err)
{
    const json_t *j;
    size_t i;

    json_array_foreach(arr, i, j) {
        struct rule *r = &rs->rules[rs->nr];

        if (!json_is_object(j))
            return err_set(err, ERR_CONFIG, "rule %zu is no mapping", i + 1);
        rs->nr++;
        if (read_rule(r, j, ignore, err) < 0)
            return -1;
    }
    return 0;
}

static void build_literals(struct ruleset *rs)
{
    rs->literals = literals_new();
    for (size_t i = 0; i < rs->nr; i++) {
        const struct rule *r = &rs->rules[i];

        for (size_t k = 0; k < r->nr_needs; k++)
            literals_add(rs->literals, r->needs[k], strlen(r->needs[k]),
                         (int)i);
        if (r->nr_needs)
            continue;
        rs->always = xrealloc(rs->always,
                              (rs->nr_always + 1) * sizeof(*rs->always));
        rs->always[rs->nr_always++] = (int)i;
    }
    for (size_t i = 0; redact_triggers[i]; i++)
        literals_add(rs->literals, redact_triggers[i],
                     strlen(redact_triggers[i]), LITERAL_REDACT);
    for (size_t i = 0; format_literal(i); i++)
        literals_add(rs->literals, format_literal(i),
                     strlen(format_literal(i)), LITERAL_FORMAT + (int)i);
    for (size_t i = 0; weigh_literal(i); i++)
        literals_add(rs->literals, weigh_literal(i),
                     strlen(weigh_literal(i)), LITERAL_WEIGH + (int)i);
    literals_build(rs->literals);
}

struct ruleset *ruleset_new(const json_t *rules, const json_t *ignore,
                            struct err *err)
{
    struct ruleset *rs = xcalloc(1, sizeof(*rs));
    size_t nr = json_array_size(rules) + json_array_size(ignore);

    rs->json = json_pack("{s:o?, s:o?}", "rules", json_deep_copy(rules),
                         "ignore", json_deep_copy(ignore));
    if (!rs->json)
        BUG("rules cannot be copied");
    rs->rules = xcalloc(nr ? nr : 1, sizeof(*rs->rules));
    rs->mc = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(rs->mc, MATCH_LIMIT);
    if (read_array(rs, json_object_get(rs->json, "rules"), false, err) < 0 ||
        read_array(rs, json_object_get(rs->json, "ignore"), true, err) < 0) {
        ruleset_free(rs);
        return NULL;
    }
    build_literals(rs);
    return rs;
}

static void rule_release(struct rule *r)
{
    pcre2_code_free(r->pattern.code);
    for (size_t i = 0; i < r->nr_then; i++)
        pcre2_code_free(r->then[i].code);
    free(r->then);
    for (size_t i = 0; i < r->nr_needs; i++)
        free(r->needs[i]);
    free(r->needs);
}

void ruleset_free(struct ruleset *rs)
{
    if (!rs)
        return;
    for (size_t i = 0; i < rs->nr; i++)
        rule_release(&rs->rules[i]);
    free(rs->rules);
    free(rs->always);
    literals_free(rs->literals);
    pcre2_match_context_free(rs->mc);
    json_decref(rs->json);
    free(rs);
}
