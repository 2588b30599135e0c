/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One log through all stages: clean, scan, redact, unwrap, match, choose, and
 * the result as JSON. Must not let a line that leaves pass the redactor
 * unseen, nor touch one that nobody has to see.
 */
#include <config.h>

#include "core/classify/classify.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/classify/baseline.h"
#include "core/classify/choose.h"
#include "core/classify/clean.h"
#include "core/classify/failure.h"
#include "core/classify/guess.h"
#include "core/classify/match.h"
#include "core/classify/redact.h"
#include "core/classify/scan.h"
#include "core/classify/solver.h"
#include "core/classify/unwrap.h"
#include "core/store/records.h"

struct classifier {
    const struct ruleset *rs;
    char *file;
    char *format_hint;
    int declared;
    struct redactor *redactor;
    struct redactor *context; /* of lines that only stand around others */
    struct cleaner *cleaner;
    const struct chunk *chunk;
    struct scan scan;
    int64_t at;     /* the line that is looked at */
    int64_t ringed; /* the last one in the ring */
    struct unwrap unwrap;
    struct solver solver;
    struct matcher matcher;
    struct hits hits;
    struct ring ring;
    struct format format;
    struct strbuf clean, clean_context; /* lines without their secrets */
    const struct baseline *green;
    struct baseline *made; /* NULL: not wanted */
    struct guess guess;    /* should no rule match */
    struct guess doubted;  /* of a step that failed, as the job went on */
    struct hit *tail;      /* the last words, should nothing */
    struct weighed {
        const char *text;
        int64_t nr;
        int weight;
    } weighed; /* what weigh() said of a line as it came */
};

static void on_finding(void *user, const struct finding *f)
{
    struct classifier *c = user;

    matcher_finding(&c->matcher, f, &c->hits, &c->ring, &c->format);
}

/* How much line l looks like the reason, which matcher_scan() has gone
 * through. */
static int weigh(struct classifier *c, const struct line *l)
{
    if (c->weighed.text == l->text && c->weighed.nr == l->nr)
        return c->weighed.weight;
    return weigh_line(l, c->matcher.signs, c->matcher.nr_signs,
                      c->rs->brute ? NULL : c->rs->caps);
}

/* A logical line, maybe of several physical ones. */
static void on_logical(void *user, const struct line *l, int64_t last)
{
    struct classifier *c = user;
    enum novelty novelty;
    int weight;

    novelty = baseline_look(c->green, l->text, l->len);
    c->matcher.old = novelty == NOVELTY_OLD;
    if (c->made)
        baseline_add(c->made, l->text, l->len);
    matcher_scan(&c->matcher, l->text, l->len);
    if (c->matcher.solver || solver_waits(&c->solver)) {
        solver_line(&c->solver, l, last, c->unwrap.column, c->format.step,
                    &c->ring);
        matcher_scan(&c->matcher, l->text, l->len);
    }
    matcher_line(&c->matcher, l, last, &c->hits, &c->ring, &c->format);
    weight = weigh(c, l);
    matcher_weighed(&c->matcher, l, weight, c->format.step);
    if (guess_wants(l, weight, novelty, &c->format)
        && !matcher_noise(&c->matcher, l))
        guess_line(&c->guess, l, weight, novelty, &c->hits, &c->format);
}

/* Scripts that a step only lists, commands that a shell only echoes and
 * debug output are no place where things go wrong. */
static bool is_listing(const struct format *f, const struct line *l)
{
    return f->in_script || l->mark == MARK_COMMAND || l->mark == MARK_DEBUG
           || !strncmp(l->text, "+ ", 2) || !strncmp(l->text, "++ ", 3);
}

static void keep_tail(struct classifier *c, int64_t before)
{
    int64_t nr = 0;
    const char *text = ring_last_words(&c->ring, before, &nr);
    struct line l = { text ? text : "", text ? strlen(text) : 0, nr,
                      MARK_NONE };

    hits_discard(&c->hits, c->tail);
    c->tail = hit_new(NULL, &l, nr, c->format.step);
    excerpt_start(&c->tail->excerpt, &c->ring, nr - 12, nr);
    hits_watch(&c->hits, c->tail);
}

/* Puts into the ring what went by since it was looked at last. Lines that
 * nobody had to see have met no redactor yet; none of them is in a key. */
static void fill_ring(void *user)
{
    struct classifier *c = user;
    const struct chunk *ch = c->chunk;
    int64_t from = c->at - RING_LINES + 1;

    if (from <= c->ringed)
        from = c->ringed + 1;
    if (from < ch->first)
        from = ch->first;
    for (int64_t nr = from; nr <= c->at; nr++) {
        struct line l = chunk_line(ch, (size_t)(nr - ch->first));

        if (redactor_line(c->context, l.text, l.len, &c->clean_context))
            ring_add(&c->ring, nr, c->clean_context.buf, c->clean_context.len);
        else
            ring_add(&c->ring, nr, l.text, l.len);
    }
    c->ringed = c->at;
}

/* Without its secrets, in l. */
static void redact(struct classifier *c, struct line *l)
{
    if (!redactor_line(c->redactor, l->text, l->len, &c->clean))
        return;
    c->at = l->nr - 1;
    fill_ring(c);
    l->text = c->clean.buf;
    l->len = c->clean.len;
    ring_add(&c->ring, l->nr, l->text, l->len);
    c->ringed = l->nr;
}

/* A late rule on a line that went by, which has met no redactor yet. */
static bool look_late(void *user, size_t rule, const struct line *late)
{
    struct classifier *c = user;
    struct format then = format_at(&c->format, late->nr);
    struct line l = *late;

    if (then.step < then.failed_step)
        return false;
    if (redactor_line(c->context, l.text, l.len, &c->clean_context)) {
        l.text = c->clean_context.buf;
        l.len = c->clean_context.len;
    }
    if (is_listing(&then, &l))
        return false;
    unwrap_box(&l);
    c->matcher.old = baseline_look(c->green, l.text, l.len) == NOVELTY_OLD;
    return matcher_late(&c->matcher, rule, &l, &c->hits, &c->ring, &then);
}

/* What late rules find up to line last, if line end is the last of all. */
static void look_back(struct classifier *c, int64_t last, int64_t end)
{
    if (c->format.failed_step < 0)
        late_look(&c->matcher.late, c->chunk, last, end, look_late, c);
}

/* Whether the guess may want a line, or matcher_weighed(). */
static bool looks_like_reason(struct classifier *c, const struct line *l)
{
    int weight = c->matcher.nr_signs ? weigh(c, l) : 0;

    c->weighed = (struct weighed){ l->text, l->nr, weight };
    return weight >= WEIGHT_LEAST;
}

/* A line that nobody waits for, unless to see a match go on. False: something
 * may come of it, and it goes through all stages. */
static bool skim(struct classifier *c, const struct line *l)
{
    bool tried =
        c->matcher.nr_touched || c->matcher.nr_signs || c->matcher.nr_pending;
    struct line boxed = *l;

    if (c->rs->brute || matcher_is_staged(&c->matcher))
        return false;
    unwrap_box(&boxed);
    if (looks_like_reason(c, &boxed))
        return false;
    if (is_listing(&c->format, l))
        return true;
    if (!matcher_is_dull(&c->matcher, &boxed)
        || !matcher_is_between(&c->matcher, &boxed, &c->hits)
        || (tried && redactor_maybe(c->redactor, l->text, l->len)))
        return false;
    matcher_spans(&c->matcher, &boxed, &c->hits, &c->format);
    return true;
}

/* Line i says that the step failed: late rules are tried on the next lines as
 * they come. */
static void on_failed(struct classifier *c, size_t i, const struct line *l)
{
    unsigned word;

    keep_tail(c, l->nr);
    late_look(&c->matcher.late, c->chunk, l->nr - 1, l->nr, look_late, c);
    scan_late(&c->scan, i);
    while (scan_next(&c->scan, i, &word))
        matcher_word(&c->matcher, word);
}

/* The job went on behind the step that failed, so what comes is looked at as
 * if none had. */
static void on_doubt(struct classifier *c)
{
    if (c->format.doubted_step < 0) {
        hits_discard(&c->hits, c->tail);
        c->tail = NULL;
    }
    guess_release(&c->doubted, &c->hits);
    c->doubted = c->guess;
    memset(&c->guess, 0, sizeof(c->guess));
}

/* A physical line that somebody has to see; waited: whatever is in it. */
static void on_line(struct classifier *c, size_t i, bool waited)
{
    struct line l = chunk_line(c->chunk, i);
    int failed = c->format.failed_step;
    unsigned word;

    matcher_begin(&c->matcher, l.text, l.len);
    while (scan_next(&c->scan, i, &word))
        matcher_word(&c->matcher, word);
    if (!waited && skim(c, &l)) {
        matcher_done(&c->matcher);
        return;
    }
    redact(c, &l);
    c->at = l.nr;
    format_line(&c->format, l.nr);
    hits_line(&c->hits, l.nr, l.text, l.len);
    hits_due(&c->hits, l.nr, &c->ring);
    format_mark(&c->format, &l);
    for (size_t k = 0; k < c->matcher.nr_formats; k++)
        format_literal_seen(&c->format, (size_t)c->matcher.formats[k], &l);
    if (failed >= 0 && c->format.failed_step < 0)
        on_doubt(c);
    else if (failed != c->format.failed_step)
        on_failed(c, i, &l);
    if (!is_listing(&c->format, &l))
        unwrap_line(&c->unwrap, &l);
    matcher_done(&c->matcher);
}

/* Whether somebody has to see the next line, whatever is in it. */
static bool waits(const struct classifier *c)
{
    return c->hits.nr_open || unwrap_waits(&c->unwrap)
           || solver_waits(&c->solver) || redactor_waits(c->redactor)
           || matcher_waits(&c->matcher) || c->green || c->made;
}

/* Whether the provider's own mark says something: a step starts or ends,
 * this is an error, or a rule asks for it. */
static bool is_marked(const struct classifier *c, size_t i)
{
    const unsigned steps = 1u << MARK_GROUP | 1u << MARK_ENDGROUP
                           | 1u << MARK_SECTION | 1u << MARK_ERROR;

    return (steps | c->rs->marks) & 1u << c->chunk->lines[i].mark;
}

static void on_chunk(void *user, const struct chunk *ch)
{
    struct classifier *c = user;
    bool all = waits(c);

    c->chunk = ch;
    scan_chunk(&c->scan, ch);
    if (late_is_now(&c->format, ch->first + (int64_t)ch->fresh))
        scan_late(&c->scan, ch->fresh);
    for (size_t i = ch->fresh; i < ch->nr; i++) {
        int64_t nr = ch->first + (int64_t)i;

        all |= is_marked(c, i) || nr >= c->hits.next_due
               || format_begins(&c->format, nr);
        if (!all && !scan_has(&c->scan, i) && !matcher_follows(&c->matcher))
            continue;
        on_line(c, i, all);
        all = waits(c);
    }
    c->at = chunk_last(ch);
    if (chunk_context(ch) < LATE_MAX) /* long lines do not stay at hand */
        look_back(c, c->at - (int64_t)chunk_context(ch), c->at);
    if (chunk_context(ch) < RING_LINES)
        fill_ring(c);
}

struct classifier *classifier_new(const struct ruleset *rs,
                                  const struct classify_options *opts)
{
    struct classifier *c = xcalloc(1, sizeof(*c));

    c->rs = rs;
    c->file = xstrdup0(opts->file);
    c->format_hint = xstrdup0(opts->format);
    c->declared = opts->outcome;
    c->green = opts->green;
    c->made = opts->make_baseline ? baseline_new() : NULL;
    c->redactor = redactor_new(opts->redact, opts->nr_redact);
    c->context = redactor_new(opts->redact, opts->nr_redact);
    c->cleaner = cleaner_new(on_chunk, c);
    scan_init(&c->scan, rs->literals, rs->late);
    if (rs->brute) {
        redactor_brute(c->redactor);
        redactor_brute(c->context);
    }
    unwrap_init(&c->unwrap, on_logical, c);
    solver_init(&c->solver, on_finding, c);
    matcher_init(&c->matcher, rs);
    hits_init(&c->hits, rs->nr);
    format_init(&c->format);
    format_hear(&c->format, opts->tool);
    strbuf_init(&c->clean, STRBUF_UNBOUNDED);
    strbuf_init(&c->clean_context, STRBUF_UNBOUNDED);
    c->ring.fill = fill_ring;
    c->ring.user = c;
    return c;
}

void classifier_free(struct classifier *c)
{
    if (!c)
        return;
    matcher_end(&c->matcher, &c->hits);
    baseline_free(c->made);
    guess_release(&c->guess, &c->hits);
    guess_release(&c->doubted, &c->hits);
    hit_free(c->tail);
    hits_release(&c->hits);
    format_release(&c->format);
    matcher_release(&c->matcher);
    unwrap_release(&c->unwrap);
    solver_release(&c->solver);
    ring_release(&c->ring);
    cleaner_free(c->cleaner);
    scan_release(&c->scan);
    redactor_free(c->redactor);
    redactor_free(c->context);
    strbuf_release(&c->clean);
    strbuf_release(&c->clean_context);
    free(c->format_hint);
    free(c->file);
    free(c);
}

void classifier_feed(struct classifier *c, const void *p, size_t n)
{
    cleaner_feed(c->cleaner, p, n);
}

void classifier_step(struct classifier *c, int64_t line, int outcome)
{
    format_tell(&c->format, line, outcome);
}

/* ---- the result ------------------------------------------------------- */

static json_t *limits_json(const struct classifier *c)
{
    json_t *limits = json_array();

    if (cleaner_seen(c->cleaner) & SEEN_CUT)
        json_array_append_new(limits, json_string("line-cut"));
    for (size_t i = 0; i < c->rs->nr; i++)
        if (c->matcher.gave_up[i]) {
            char *s = xasprintf("match-limit:%s", c->rs->rules[i].id);

            jx_append_str(limits, s);
            free(s);
        }
    return limits;
}

/* How a log ends says only of one that is red what it is about. */
static bool says_red(const struct choice *ch)
{
    for (size_t i = 0; i < ch->nr; i++)
        if (!ch->hits[i]->rule->tail)
            return true;
    return false;
}

static bool is_green(int outcome, const struct classifier *c,
                     const struct choice *ch)
{
    if (outcome == TOCSIN_OUTCOME_SUCCESS)
        return true;
    return outcome == TOCSIN_OUTCOME_UNKNOWN && !says_red(ch)
           && c->format.failed_step < 0 && !c->format.error_line;
}

/* What to show of a failure that no rule knows: what a generic rule points
 * at, else the guess, else the last words before it failed. */
static const struct hit *unknown_hit(struct classifier *c,
                                     const struct choice *ch)
{
    int64_t lines = cleaner_lines(c->cleaner);
    const struct hit *best = ch->generic;

    if (!best)
        best = guess_best(&c->guess, &c->format, lines);
    if (best)
        return best;
    if (!c->tail)
        keep_tail(c, lines + 1);
    return c->tail;
}

/* As one text: a key, or a token that a wrap tore, goes over lines. */
static void scrub_excerpt(struct redactor *r, struct excerpt *e)
{
    struct strbuf all;
    char *clean, *line;

    strbuf_init(&all, STRBUF_UNBOUNDED);
    for (size_t i = 0; i < e->nr; i++) {
        strbuf_adds(&all, e->lines[i].text);
        strbuf_addc(&all, '\n');
    }
    line = clean = redactor_text(r, all.buf, all.len);
    for (size_t i = 0; clean && i < e->nr; i++) {
        size_t n = strcspn(line, "\n");

        free(e->lines[i].text);
        e->lines[i].text = xstrndup(line, n);
        line += n + (line[n] == '\n');
    }
    free(clean);
    strbuf_release(&all);
}

/* What leaves is looked at once more: a line that was joined of several may
 * hold a secret that none of them held whole, and what only its disorder
 * shows is not looked for in every line. */
static void scrub(struct classifier *c, struct hit *h)
{
    struct excerpt *e = &h->excerpt;
    char *message = redactor_text(c->redactor, h->message, strlen(h->message));
    bool joined = message && h->last > h->line;

    scrub_excerpt(c->redactor, e);
    for (size_t i = 0; joined && i < e->nr; i++) {
        if (e->lines[i].nr < h->line || e->lines[i].nr > h->last)
            continue;
        free(e->lines[i].text);
        e->lines[i].text =
            xstrdup(e->lines[i].nr == h->line ? message : "[redacted]");
    }
    if (message) {
        free(h->message);
        h->message = message;
    }
    redactor_json(c->redactor, h->captures);
}

/* What a job can live through: one that ended green did. */
static bool is_survivable(const struct hit *h)
{
    return h->rule->minor || h->rule->rank == RANK_SYMPTOM;
}

/* Where no rule knows the cause: other lines of the log, for those that will
 * know better one day. */
static void add_candidates(struct classifier *c, json_t *failure,
                           const struct hit *best)
{
    json_t *candidates = guess_candidates(&c->guess, best);

    if (!candidates)
        return;
    redactor_json(c->redactor, candidates);
    json_object_set_new(failure, "candidates", candidates);
}

static void add_failures(json_t *result, struct classifier *c, bool green,
                         const struct choice *ch)
{
    json_t *failures = json_array();
    const char *verdict = green    ? "green"
                          : ch->nr ? "classified"
                                   : "unclassified";
    const struct hit *best = ch->nr ? ch->hits[0] : NULL;

    for (size_t i = 0; i < ch->nr; i++) {
        const struct hit *h = ch->hits[i];
        bool primary = !green && i == 0;

        if (green && is_survivable(h))
            continue;
        scrub(c, (struct hit *)h);
        json_array_append_new(failures, failure_json(h, primary, &c->format));
    }
    if (!green && !ch->nr) {
        best = unknown_hit(c, ch);
        scrub(c, (struct hit *)best);
        json_array_append_new(failures, unclassified_json(best, &c->format));
    }
    if (!green && (!ch->nr || ch->hits[0]->rule->rank != RANK_CAUSE))
        add_candidates(c, json_array_get(failures, 0), best);
    jx_set_str(result, "verdict", verdict);
    json_object_set_new(result, "failures", failures);
}

/* Known is only how the log ends: a line that looks like a reason says
 * more, though no rule knows it. */
static bool only_an_ending(const struct choice *ch)
{
    return ch->nr == 1 && ch->hits[0]->rule->tail;
}

/* The log says so itself. Or a step says that it failed, and the source that
 * the job did not: it was let. */
static bool went_well(const struct classifier *c, int outcome)
{
    return outcome == TOCSIN_OUTCOME_SUCCESS
           && (format_outcome(&c->format) == TOCSIN_OUTCOME_SUCCESS
               || c->format.strong);
}

json_t *classifier_finish(struct classifier *c)
{
    json_t *result = json_object();
    const char *format;
    int from_log, outcome;
    struct choice ch;

    cleaner_end(c->cleaner);
    unwrap_flush(&c->unwrap);
    if (format_end(&c->format, cleaner_lines(c->cleaner))) {
        guess_release(&c->guess, &c->hits);
        c->guess = c->doubted;
        memset(&c->doubted, 0, sizeof(c->doubted));
    }
    look_back(c, cleaner_lines(c->cleaner), cleaner_lines(c->cleaner));
    solver_end(&c->solver);
    matcher_end(&c->matcher, &c->hits);
    hits_due(&c->hits, INT64_MAX, &c->ring);
    format =
        c->format_hint ? c->format_hint : format_name(cleaner_seen(c->cleaner));
    from_log = format_outcome(&c->format);
    outcome = c->declared ? c->declared : from_log;
    choose(&ch, &(struct ending){
                    &c->hits,
                    &c->format,
                    format,
                    cleaner_lines(c->cleaner),
                    outcome == TOCSIN_OUTCOME_SUCCESS,
                    went_well(c, outcome),
                });

    if (only_an_ending(&ch)
        && guess_tells(&c->guess, &c->format, cleaner_lines(c->cleaner)))
        ch.nr = 0;
    jx_set_str(result, "file", c->file);
    jx_set_int(result, "bytes", cleaner_bytes(c->cleaner));
    jx_set_int(result, "lines", cleaner_lines(c->cleaner));
    jx_set_str(result, "format", format);
    jx_set_str(result, "tool", format_tool(&c->format));
    jx_set_str(result, "outcome", outcome_name(outcome));
    jx_set_str(result, "outcome_from",
               c->declared ? "declared"
               : from_log  ? "log"
                           : "unknown");
    add_failures(result, c, is_green(outcome, c, &ch), &ch);
    json_object_set_new(result, "survived", survived_json(&ch));
    json_object_set_new(result, "limits", limits_json(c));
    if (c->made) {
        char *text = baseline_encode(c->made);

        jx_set_str(result, "baseline", text);
        free(text);
    }
    return result;
}
