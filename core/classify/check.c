/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rules against their own examples, and what is wrong with them besides.
 * Must not change a rule.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/sentence.h"
#include "core/base/strbuf.h"
#include "core/classify/choose.h"
#include "core/classify/slow.h"
#include "core/classify/taken.h"
#include "core/classify/trial.h"
#include "core/config/nearest.h"
#include "core/tocsin-plugin.h"

struct check {
    const struct ruleset *rs;
    void (*problem)(void *user, bool warning, const char *at, const char *text);
    void *user;
    int errors;
    /* by noise: rules that lose an example to it, the first of them
     * and the latest */
    struct losses {
        size_t nr;
        const struct rule *first, *last;
    } * losses;
    const struct rule *blind; /* noise that takes every line: examples say
                               * nothing */
};

static void say(struct check *c, bool warning, const struct rule *r,
                const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static void say(struct check *c, bool warning, const struct rule *r,
                const char *fmt, ...)
{
    va_list ap;
    char *text, *whole;

    va_start(ap, fmt);
    text = xvasprintf(fmt, ap);
    va_end(ap);
    whole = xasprintf("rule %s: %s", r->id, text);
    if (!warning)
        c->errors++;
    c->problem(c->user, warning, r->at, whole);
    free(whole);
    free(text);
}

/* Lines that stand in every log and mean nothing. */
static const char *const trivial[] = {
    "",
    " ",
    "done",
    "ok",
    "0",
    "INFO",
    "warning: ",
    "make[1]: Entering directory '/x'",
    "Downloading...",
    "100%",
    "[ 50%] Building C object",
    "running install",
    "checking for gcc... gcc",
    "error",
    "Error:",
};

/* Both may lack it. */
static bool same_under(const struct rule *a, const struct rule *b,
                       const char *key)
{
    const json_t *x = json_object_get(a->json, key);
    const json_t *y = json_object_get(b->json, key);

    return x == y || (x && y && json_equal(x, y));
}

/* Another rule of the same rank that says it first of the same line. */
static void check_shadow(struct check *c, const struct rule *r,
                         const struct trial *t)
{
    size_t own = (size_t)(r - c->rs->rules);
    const struct hit *mine = t->hits.slots[own].first;

    for (size_t i = 0; i < own; i++) {
        const struct hit *other = t->hits.slots[i].first;

        if (!other || other->rule->rank != r->rank || other->line != mine->line
            || !same_under(other->rule, r, "in"))
            continue;
        say(c, !r->shipped, r,
            "its example is taken by %s, which is written before it",
            other->rule->id);
        return;
    }
}

/* A site that ignores a line of shipped rules may mean it: one warning of its
 * pattern tells it, and not an error of each of these rules. */
static void unmatched(struct check *c, const struct rule *r, const char *text,
                      const struct trial *t)
{
    const struct rule *noise = noise_taking(c->rs, r, &t->ring);
    struct losses *l = noise ? &c->losses[noise - c->rs->rules] : NULL;

    if (!noise) {
        say(c, false, r, "does not match its example \"%s\"", text);
    } else if (noise->shipped || !r->shipped) {
        say(c, false, r,
            "does not match its example \"%s\": rule %s (%s) ignores that "
            "line",
            text, noise->id, noise->at);
    } else if (l->last != r) {
        l->last = r;
        l->nr++;
        l->first = l->first ? l->first : r;
    }
}

static void check_losses(struct check *c)
{
    for (size_t i = 0; i < c->rs->nr; i++) {
        const struct losses *l = &c->losses[i];

        if (l->nr == 1)
            say(c, true, &c->rs->rules[i],
                "ignores a line that rule %s is there for", l->first->id);
        else if (l->nr)
            say(c, true, &c->rs->rules[i],
                "ignores lines that %zu rules are there for, %s the first of "
                "them",
                l->nr, l->first->id);
    }
}

static void check_noise(struct check *c, const struct rule *r, const char *text,
                        bool should)
{
    if (rule_finds(r, text) != should)
        say(c, false, r,
            should ? "does not match its example \"%s\""
                   : "matches its near miss \"%s\"",
            text);
}

static void check_example(struct check *c, const struct rule *r,
                          const char *text, bool should)
{
    size_t own = (size_t)(r - c->rs->rules);
    struct trial t;
    bool does;

    if (r->rank >= RANK_NOISE) {
        check_noise(c, r, text, should);
        return;
    }
    if (c->blind)
        return;
    trial_run(&t, c->rs, text);
    does = t.hits.slots[own].first != NULL;
    if (should && !does)
        unmatched(c, r, text, &t);
    else if (!should && does)
        say(c, false, r, "matches its near miss \"%s\"", text);
    else if (should)
        check_shadow(c, r, &t);
    trial_release(&t);
}

static void check_texts(struct check *c, const struct rule *r, const char *key,
                        bool should)
{
    const json_t *list = json_object_get(r->json, key), *one;
    size_t i;

    if (json_is_string(list))
        check_example(c, r, json_string_value(list), should);
    json_array_foreach(list, i, one)
        if (json_is_string(one))
            check_example(c, r, json_string_value(one), should);
}

/* ---- lint ------------------------------------------------------------- */

static const char *const areas[] = {
    "dependency", "source", "configure", "compile", "link",     "test",
    "package",    "upload", "infra",     "bot",     "security", "unknown",
};

static const char *const blames[] = {
    "recipe", "dependency", "upstream", "infrastructure", "bot", "unknown",
};

static void check_words(struct check *c, const struct rule *r)
{
    const json_t *in = json_object_get(r->json, "in"), *one;
    size_t n = strcspn(r->category, "/"), i;
    bool known = false;

    for (i = 0; i < ARRAY_SIZE(areas); i++)
        known |= strlen(areas[i]) == n && !strncmp(r->category, areas[i], n);
    if (!known || !r->category[n] || !r->category[n + 1])
        say(c, false, r,
            "category \"%s\": the area must be one of "
            "dependency, source, configure, compile, link, test, package, "
            "upload, infra, bot, security, unknown",
            r->category);
    known = false;
    for (i = 0; i < ARRAY_SIZE(blames); i++)
        known |= !strcmp(r->blame, blames[i]);
    if (!known)
        say(c, false, r,
            "blame \"%s\": recipe, dependency, upstream, "
            "infrastructure, bot or unknown",
            r->blame);
    json_array_foreach(in, i, one)
        if (json_is_string(one) && !format_knows(json_string_value(one)))
            say(c, false, r, "in: \"%s\" is no format or tool",
                json_string_value(one));
}

/* near: what else it may have meant. */
static bool captures(const struct pattern *p, const char *name,
                     struct nearest *near)
{
    const struct compiled *c = pattern_compiled(p);

    for (size_t i = 0; i < c->nr_names; i++) {
        if (!strcmp(c->names[i].name, name))
            return true;
        nearest_try(near, c->names[i].name);
    }
    return false;
}

static void check_name(struct check *c, const struct rule *r, const char *key,
                       const char *name)
{
    struct nearest near = { .word = name };
    CLEANUP_FREE char *hint = NULL;

    if (!strcmp(name, "frame") || !strcmp(name, "reason"))
        return; /* comes with a traceback, from the lines above */
    if (captures(&r->pattern, name, &near))
        return;
    for (size_t k = 0; k < r->nr_then; k++)
        if (captures(&r->then[k], name, &near))
            return;
    hint = nearest_hint(&near);
    say(c, false, r, "%s: no group is called \"%s\"%s", key, name, hint);
}

static void check_names(struct check *c, const struct rule *r)
{
    static const char *const lists[] = { "fingerprint", "raw", "same" };
    static const char *const sentences[] = { "summary", "advice" };

    for (size_t k = 0; k < ARRAY_SIZE(lists); k++) {
        const json_t *list = json_object_get(r->json, lists[k]), *one;
        size_t i;

        json_array_foreach(list, i, one)
            if (json_is_string(one))
                check_name(c, r, lists[k], json_string_value(one));
    }
    for (size_t k = 0; k < ARRAY_SIZE(sentences); k++) {
        const char *s = jx_str_or(r->json, sentences[k], "");
        struct sentence_slot slot;

        for (; sentence_next(s, &slot); s = slot.close) {
            CLEANUP_FREE char *name = xstrndup(slot.name, slot.name_len);

            check_name(c, r, sentences[k], name);
        }
    }
}

/* Patterns see bytes: "[├└]" would be six of them, each for itself. */
static void check_bytes(struct check *c, const struct rule *r)
{
    const char *s = jx_str_or(r->json, "pattern", "");
    bool in_class = false;

    for (; *s; s++) {
        if (*s == '\\' && s[1])
            s++;
        else if (*s == '[' && !in_class)
            in_class = true;
        else if (*s == ']')
            in_class = false;
        else if (in_class && (*s & 0x80)) {
            say(c, false, r,
                "a character outside of ASCII stands between "
                "[ and ]: write (?:a|b) instead");
            return;
        }
    }
}

/* No rule would find anything any more. */
static void check_blind(struct check *c, const struct rule *r)
{
    bool every = r->rank == RANK_NOISE;

    for (size_t i = 1; every && i < ARRAY_SIZE(trivial); i++)
        every = rule_finds(r, trivial[i]);
    if (!every)
        return;
    c->blind = r;
    say(c, false, r, "matches every line: no rule would find anything");
}

static void check_trivial(struct check *c, const struct rule *r)
{
    pcre2_match_data *md = pcre2_match_data_create(64, NULL);
    const char *first = NULL;
    int nr = 0;

    /* what the CI marked is never trivial */
    for (size_t i = 0; !r->mark && i < ARRAY_SIZE(trivial); i++) {
        if ((r->rank == RANK_GENERIC || r->rank == RANK_NOISE || r->tail
             || r->has_since)
            && i > 1)
            break; /* these may match "Error:" */
        if (pcre2_match(pattern_compiled(&r->pattern)->code,
                        (PCRE2_SPTR)trivial[i], strlen(trivial[i]), 0, 0, md,
                        NULL)
            >= 0) {
            first = first ? first : trivial[i];
            nr++;
        }
    }
    pcre2_match_data_free(md);
    if (nr == 1)
        say(c, !r->shipped, r, "matches the line \"%s\"", first);
    else if (nr == 2)
        say(c, !r->shipped, r,
            "matches the line \"%s\" and another that means nothing", first);
    else if (nr)
        say(c, !r->shipped, r,
            "matches the line \"%s\" and %d others that mean nothing", first,
            nr - 1);
}

/* A literal that is not in the example that the pattern matches. */
static void check_needs(struct check *c, const struct rule *r)
{
    if (!r->literals.nr && !r->mark)
        say(c, !r->shipped, r,
            "no literal can be read off its pattern: it "
            "runs on every line; give it needs:");
    for (size_t i = 0; i < r->needs.nr; i++)
        if (r->needs.items[i].n < 2)
            say(c, false, r, "needs: \"%s\" is too short", r->needs.items[i].s);
}

static void check_complete(struct check *c, const struct rule *r)
{
    bool noise = r->rank >= RANK_NOISE;

    if (!json_array_size(json_object_get(r->json, "examples"))
        && !jx_str(r->json, "examples"))
        say(c, !r->shipped, r, "has no example");
    if (!noise && r->rank != RANK_GENERIC && !jx_str(r->json, "summary"))
        say(c, !r->shipped, r, "has no summary");
    if (r->rank == RANK_RECOVERY && !r->takes_back.nr)
        say(c, false, r, "takes_back: there is no such rule");
    if (r->has_until && !r->nr_then && !r->has_since)
        say(c, false, r,
            "until: ends the wait for then:, of which there is "
            "none");
    if (r->has_since && r->rank != RANK_RECOVERY)
        say(c, false, r,
            "since: begins what takes_back: undoes, which only "
            "a recovery does");
}

/* Rules that can only hit together: the second one says nothing. */
static bool same_lines(const struct rule *a, const struct rule *b)
{
    static const char *const keys[] = { "pattern", "then", "same", "until",
                                        "since",   "in",   "mark", "rank" };

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        if (!same_under(a, b, keys[i]))
            return false;
    return true;
}

static void check_duplicates(struct check *c)
{
    for (size_t i = 0; i < c->rs->nr; i++) {
        const struct rule *r = &c->rs->rules[i];

        for (size_t k = 0; k < i && r->rank != RANK_NOISE; k++) {
            if (!strcmp(r->id, c->rs->rules[k].id))
                say(c, false, r, "the id is taken at %s", c->rs->rules[k].at);
            else if (same_lines(r, &c->rs->rules[k]))
                say(c, !r->shipped, r, "matches just what %s matches",
                    c->rs->rules[k].id);
        }
    }
}

/* A pattern that goes back and forth on a long line. Those that ship were
 * tried when they were written. */
static void check_speed(struct check *c, const struct rule *r)
{
    if (!r->shipped && rule_is_slow(r, c->rs->mc))
        say(c, true, r,
            "gives up on a line of 16 KiB of its own "
            "words: its pattern tries too many ways (see .* and + behind "
            "each other)");
}

/* Those that ship are compiled when they are needed. */
static bool check_compiles(struct check *c, const struct rule *r)
{
    struct err err CLEANUP_ERR = ERR_INIT;
    bool broken = pattern_error(&r->pattern, &err);

    for (size_t k = 0; k < r->nr_then && !broken; k++)
        broken = pattern_error(&r->then[k], &err);
    if (r->has_until && !broken)
        broken = pattern_error(&r->until, &err);
    if (r->has_since && !broken)
        broken = pattern_error(&r->since, &err);
    if (broken)
        say(c, false, r, "%s", err_msg(&err));
    return !broken;
}

int ruleset_check(const struct ruleset *rs,
                  void (*problem)(void *user, bool warning, const char *at,
                                  const char *text),
                  void *user)
{
    struct check c = { .rs = rs, .problem = problem, .user = user };

    c.losses = xcalloc(rs->nr + 1, sizeof(*c.losses));
    for (size_t i = 0; i < rs->nr; i++)
        if (!pattern_error(&rs->rules[i].pattern, NULL))
            check_blind(&c, &rs->rules[i]);
    for (size_t i = 0; i < rs->nr; i++) {
        const struct rule *r = &rs->rules[i];

        if (!check_compiles(&c, r))
            continue;
        if (r != c.blind)
            check_trivial(&c, r);
        check_needs(&c, r);
        check_bytes(&c, r);
        check_complete(&c, r);
        check_speed(&c, r);
        if (r->rank < RANK_NOISE) {
            check_words(&c, r);
            check_names(&c, r);
        }
        check_texts(&c, r, "examples", true);
        check_texts(&c, r, "near_misses", false);
    }
    check_losses(&c);
    check_duplicates(&c);
    free(c.losses);
    return c.errors;
}
