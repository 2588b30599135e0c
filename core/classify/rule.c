/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From the JSON of rules to compiled patterns and one database of literals.
 * Must not look at logs.
 */
#include <config.h>

#include "core/classify/rule.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/classify/clause.h"
#include "core/classify/condense.h"
#include "core/classify/format.h"
#include "core/classify/redact.h"
#include "core/classify/trace.h"
#include "core/classify/unwrap.h"
#include "core/classify/weigh.h"

/* ---- one rule --------------------------------------------------------- */

/* Shipped rules were checked before they were shipped. */
static int compile(const struct rule *r, struct pattern *p, const char *text,
                   struct err *err)
{
    if (!r->shipped)
        return pattern_compile(p, text, r->at, err);
    pattern_later(p, text, r->at);
    return 0;
}

static int read_then(struct rule *r, const char *pattern, struct err *err)
{
    struct pattern *p;

    r->then = xrealloc(r->then, (r->nr_then + 1) * sizeof(*r->then));
    p = &r->then[r->nr_then++];
    r->awaits_report |= !strncmp(pattern, "^solver:", 8);
    memset(p, 0, sizeof(*p));
    return compile(r, p, pattern, err);
}

static int read_thens(struct rule *r, struct err *err)
{
    const json_t *j = json_object_get(r->json, "then"), *one;
    size_t i;

    if (json_is_string(j))
        return read_then(r, json_string_value(j), err);
    json_array_foreach(j, i, one)
        if (json_is_string(one)
            && read_then(r, json_string_value(one), err) < 0)
            return -1;
    return 0;
}

static int read_bound(struct rule *r, const char *key, struct pattern *p,
                      bool *has, struct err *err)
{
    const char *pattern = jx_str(r->json, key);

    *has = pattern != NULL;
    return pattern ? compile(r, p, pattern, err) : 0;
}

static void add_need(struct required *needs, const char *s)
{
    needs->items =
        xrealloc(needs->items, (needs->nr + 1) * sizeof(*needs->items));
    needs->items[needs->nr].s = xstrdup(s);
    needs->items[needs->nr++].n = strlen(s);
    needs->nocase = true;
}

static void read_needs(struct rule *r)
{
    const json_t *j = json_object_get(r->json, "needs"), *one;
    size_t i;

    if (json_is_string(j) && json_string_length(j))
        add_need(&r->needs, json_string_value(j));
    json_array_foreach(j, i, one)
        if (json_is_string(one) && json_string_length(one))
            add_need(&r->needs, json_string_value(one));
}

/* What finds the lines of a rule: what it says, unless the pattern itself
 * says better. */
static void find_literals(struct rule *r, const char *pattern)
{
    required_of(pattern, &r->literals);
    if (r->needs.nr
        && (!r->literals.nr
            || required_score(&r->literals) < required_score(&r->needs))) {
        required_release(&r->literals);
        required_copy(&r->literals, &r->needs);
    }
    required_condense(&r->literals);
}

/* Of a recovery: the lines that begin and end what it takes back are to be
 * found, too. One without a literal is looked for in every line. */
static void find_more_literals(struct rule *r, const char *key)
{
    const char *pattern = jx_str(r->json, key);
    struct required more;

    if (!pattern || !r->has_since || !r->literals.nr)
        return;
    if (required_of(pattern, &more)) {
        required_add(&r->literals, &more);
        required_release(&more);
    } else {
        required_release(&r->literals);
    }
}

static int parse_rank(const char *s)
{
    static const char *const names[] = { "cause", "symptom", "generic", "noise",
                                         "recovery" };

    for (int i = 0; i < (int)ARRAY_SIZE(names); i++)
        if (!strcmp(s, names[i]))
            return i;
    return -1;
}

static enum mark parse_mark(const char *s)
{
    return str_eq(s, "error")     ? MARK_ERROR
           : str_eq(s, "warning") ? MARK_WARNING
           : str_eq(s, "notice")  ? MARK_NOTICE
                                  : MARK_NONE;
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
        return err_set(err, ERR_CONFIG,
                       "%s: rank \"%s\": cause, symptom, "
                       "generic, noise or recovery",
                       r->at, rank);
    r->rank = ignore ? RANK_NOISE : (enum rank)n;
    r->category = jx_str_or(j, "category", "unknown/unclassified");
    r->blame = jx_str_or(j, "blame", "unknown");
    r->stable = stable_name(r);
    r->fatal = str_eq(jx_str(j, "severity"), "fatal");
    r->minor = str_eq(jx_str(j, "severity"), "minor");
    r->tail = jx_int(j, "tail", 0);
    r->priority = json_integer_value(json_object_get(j, "priority"));
    r->prefer_last = str_eq(jx_str(j, "prefer"), "last");
    r->line_last = str_eq(jx_str(j, "line"), "last");
    r->tells_reason = strstr(jx_str_or(j, "summary", ""), "{{reason") != NULL;
    r->scoped = json_object_get(j, "in") != NULL;
    r->mark = parse_mark(jx_str(j, "mark"));
    r->shipped = json_is_true(json_object_get(j, "shipped"));
    if (compile(r, &r->pattern, pattern, err) < 0 || read_thens(r, err) < 0
        || read_bound(r, "until", &r->until, &r->has_until, err) < 0
        || read_bound(r, "since", &r->since, &r->has_since, err) < 0)
        return -1;
    read_needs(r);
    find_literals(r, pattern);
    find_more_literals(r, "since");
    find_more_literals(r, "until");
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
        if (r->tail > 0 && r->tail <= LATE_MAX && r->literals.nr && !r->nr_then
            && r->rank <= RANK_GENERIC)
            r->late = ++rs->nr_late;
    }
    return 0;
}

static void few_add(struct few *f, int i)
{
    f->rules = xrealloc(f->rules, (f->nr + 1) * sizeof(*f->rules));
    f->rules[f->nr++] = i;
}

/* The last pattern of the list that fits decides; one with a ! excepts. */
static bool is_listed(const json_t *list, const char *id)
{
    const json_t *one;
    bool listed = false;
    size_t i;

    if (json_is_string(list))
        return !fnmatch(json_string_value(list), id, 0);
    json_array_foreach(list, i, one) {
        const char *glob = json_string_value(one);
        bool except = glob && *glob == '!';

        if (glob && !fnmatch(glob + except, id, 0))
            listed = !except;
    }
    return listed;
}

/* Which rules a recovery means, now that all are known. */
static void read_recoveries(struct ruleset *rs)
{
    for (size_t i = 0; i < rs->nr; i++) {
        struct rule *r = &rs->rules[i];
        const json_t *list = json_object_get(r->json, "takes_back");

        for (size_t k = 0; k < rs->nr && r->rank == RANK_RECOVERY; k++)
            if (rs->rules[k].rank < RANK_NOISE
                && is_listed(list, rs->rules[k].id))
                few_add(&r->takes_back, (int)k);
    }
}

static void add_rule(struct literals *ls, struct few *always,
                     const struct required *req, int i)
{
    literals_add_required(ls, req, i);
    if (!req->nr)
        few_add(always, i);
}

static void add_rules(struct ruleset *rs)
{
    for (size_t i = 0; i < rs->nr; i++) {
        const struct rule *r = &rs->rules[i];

        if (r->rank == RANK_NOISE)
            add_rule(rs->noise, &rs->always_noise, &r->literals, (int)i);
        else if (r->late)
            add_rule(rs->late, &rs->always, &r->literals, (int)i);
        else if (r->mark)
            add_rule(rs->literals, &rs->marked, &r->literals, (int)i);
        else
            add_rule(rs->literals, &rs->always, &r->literals, (int)i);
        if (!r->literals.nr)
            rs->marks |= 1u << r->mark;
    }
    rs->marks &= ~(1u << MARK_NONE);
}

static void add_list(struct literals *ls, const char *const *list, int id)
{
    for (size_t i = 0; list[i]; i++)
        literals_add(ls, list[i], strlen(list[i]), LITERAL_NOCASE, id);
}

static int build_literals(struct ruleset *rs, struct err *err)
{
    rs->literals = literals_new();
    rs->late = literals_new();
    rs->noise = literals_new();
    rs->caps = literals_new();
    add_rules(rs);
    add_list(rs->literals, redact_openers, LITERAL_LOOK);
    add_list(rs->literals, unwrap_triggers, LITERAL_LOOK);
    add_list(rs->literals, trace_triggers, LITERAL_LOOK);
    add_list(rs->literals, clause_triggers, LITERAL_SOLVER);
    for (size_t i = 0; format_literal(i); i++)
        literals_add(rs->literals, format_literal(i), strlen(format_literal(i)),
                     format_once(i) ? LITERAL_ONCE : 0,
                     LITERAL_FORMAT + (int)i);
    for (size_t i = 0; weigh_sign(i); i++)
        literals_add(rs->literals, weigh_sign(i), strlen(weigh_sign(i)),
                     LITERAL_NOCASE, LITERAL_WEIGH + (int)i);
    for (size_t i = 0; weigh_cap(i); i++)
        literals_add(rs->caps, weigh_cap(i), strlen(weigh_cap(i)),
                     LITERAL_NOCASE, (int)i);
    return literals_build(rs->literals, err);
}

struct ruleset *ruleset_new(const json_t *rules, const json_t *ignore,
                            struct err *err)
{
    struct ruleset *rs = xcalloc(1, sizeof(*rs));
    size_t nr = json_array_size(rules) + json_array_size(ignore);

    rs->json = json_pack("{s:O?, s:O?}", "rules", rules, "ignore", ignore);
    if (!rs->json)
        BUG("rules cannot be held");
    rs->rules = xcalloc(nr ? nr : 1, sizeof(*rs->rules));
    rs->mc = pattern_context_new();
    if (read_array(rs, json_object_get(rs->json, "rules"), false, err) < 0
        || read_array(rs, json_object_get(rs->json, "ignore"), true, err) < 0
        || build_literals(rs, err) < 0) {
        ruleset_free(rs);
        return NULL;
    }
    read_recoveries(rs);
    return rs;
}

static void rule_release(struct rule *r)
{
    pattern_release(&r->pattern);
    for (size_t i = 0; i < r->nr_then; i++)
        pattern_release(&r->then[i]);
    free(r->then);
    if (r->has_until)
        pattern_release(&r->until);
    if (r->has_since)
        pattern_release(&r->since);
    required_release(&r->needs);
    free(r->takes_back.rules);
    required_release(&r->literals);
}

void ruleset_free(struct ruleset *rs)
{
    if (!rs)
        return;
    for (size_t i = 0; i < rs->nr; i++)
        rule_release(&rs->rules[i]);
    free(rs->rules);
    free(rs->always.rules);
    free(rs->always_noise.rules);
    free(rs->marked.rules);
    literals_free(rs->literals);
    literals_free(rs->late);
    literals_free(rs->noise);
    literals_free(rs->caps);
    pattern_context_free(rs->mc);
    json_decref(rs->json);
    free(rs);
}

static void digest_keys(const json_t *rule, const char *const *keys,
                        char hex[33])
{
    CLEANUP_JSON json_t *part = json_object();
    CLEANUP_FREE char *text = NULL;
    struct digest *d = digest_new();

    for (; *keys; keys++)
        if (json_object_get(rule, *keys))
            json_object_set(part, *keys, json_object_get(rule, *keys));
    text = json_dumps(part, JSON_COMPACT | JSON_SORT_KEYS);
    digest_field(d, text);
    digest_end128(d, hex);
}

char *rule_digest(const json_t *rule)
{
    static const char *const match[] = {
        "pattern",    "then", "same",     "until",    "since",  "needs",
        "in",         "rank", "severity", "priority", "prefer", "mark",
        "takes_back", "tail", "line",     NULL,
    };
    static const char *const text[] = {
        "id",       "category",    "blame", "summary", "advice",
        "severity", "fingerprint", "raw",   "was",     NULL,
    };
    char a[33], b[33];

    digest_keys(rule, match, a);
    digest_keys(rule, text, b);
    return xasprintf("%.*s:%.16s", RULE_DIGEST_MATCH, a, b);
}
