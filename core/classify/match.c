/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rules over lines. Must not let a rule spend more on a line than its limit,
 * nor keep more than PENDING_MAX unfinished matches.
 */
#include <config.h>

#include "core/classify/match.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/classify/candidate.h"

#define CAPTURE_MAX ((size_t)500)

void matcher_init(struct matcher *m, const struct ruleset *rs)
{
    memset(m, 0, sizeof(*m));
    m->rs = rs;
    m->md = pcre2_match_data_create(64, NULL);
    m->md_noise = pcre2_match_data_create(1, NULL);
    m->candidate = xcalloc(rs->nr / 64 + 1, sizeof(*m->candidate));
    m->touched = xcalloc(rs->nr + 1, sizeof(*m->touched));
    m->gave_up = xcalloc(rs->nr + 1, 1);
    m->noise_tried = xcalloc(rs->nr + 1, sizeof(*m->noise_tried));
    late_init(&m->late, rs);
}

void matcher_release(struct matcher *m)
{
    pcre2_match_data_free(m->md);
    pcre2_match_data_free(m->md_noise);
    free(m->candidate);
    free(m->touched);
    free(m->gave_up);
    free(m->noise_tried);
    late_release(&m->late);
    spans_release(&m->spans);
}

/* What a solver's report comes to needs no line. */
bool matcher_follows(const struct matcher *m)
{
    for (size_t i = 0; i < m->nr_pending; i++)
        if (!m->pending[i].hit->rule->awaits_report)
            return true;
    return false;
}

bool matcher_waits(const struct matcher *m)
{
    return m->trace.active || m->rs->always.nr || m->rs->brute;
}

static bool matches(struct matcher *m, const struct pattern *p,
                    const struct line *l, size_t rule, pcre2_match_data *md)
{
    enum matched got;

    if (m->gave_up[rule] >= GIVE_UP_AFTER)
        return false;
    got = pattern_match(p, l->text, l->len, md, m->rs->mc);
    if (got == MATCHED_GAVE_UP)
        m->gave_up[rule]++;
    return got == MATCHED;
}

/* The pattern of a rule, and what it needs besides. */
static bool rule_matches(struct matcher *m, size_t rule, const struct line *l,
                         pcre2_match_data *md)
{
    const struct rule *r = &m->rs->rules[rule];
    bool found = !r->needs.nr;

    if (!matches(m, &r->pattern, l, rule, md))
        return false;
    for (size_t i = 0; i < r->needs.nr && !found; i++)
        found = strcasestr(l->text, r->needs.items[i].s) != NULL;
    return found;
}

bool matcher_is_staged(const struct matcher *m)
{
    return m->look || m->solver || m->nr_formats;
}

static bool may_match(const struct matcher *m, const struct pattern *p,
                      const struct line *l)
{
    return pattern_match(p, l->text, l->len, m->md, m->rs->mc) != MATCHED_NO;
}

/* Whether the rule, no span, may match the line. */
static bool wants(const struct matcher *m, size_t rule, const struct line *l)
{
    const struct rule *r = &m->rs->rules[rule];

    return m->gave_up[rule] < GIVE_UP_AFTER && (!r->mark || r->mark == l->mark)
           && may_match(m, &r->pattern, l);
}

bool matcher_is_dull(struct matcher *m, const struct line *l)
{
    for (size_t i = 0; i < m->nr_touched;) {
        size_t rule = (size_t)m->touched[i];

        if (m->rs->rules[rule].has_since)
            i++;
        else if (wants(m, rule, l))
            return false;
        else
            candidate_drop(m, i);
    }
    return true;
}

static void take_captures(struct matcher *m, const struct pattern *p,
                          const char *s, json_t *captures)
{
    const struct compiled *c = pattern_compiled(p);
    PCRE2_SIZE *ov = pcre2_get_ovector_pointer(m->md);
    uint32_t nr = pcre2_get_ovector_count(m->md);

    for (size_t i = 0; i < c->nr_names; i++) {
        uint32_t g = (uint32_t)c->names[i].group;
        char *cut;

        if (g >= nr || ov[2 * g] == PCRE2_UNSET || ov[2 * g] >= ov[2 * g + 1])
            continue;
        cut = text_cut(s + ov[2 * g], ov[2 * g + 1] - ov[2 * g], CAPTURE_MAX);
        jx_set_str(captures, c->names[i].name, cut);
        free(cut);
    }
}

struct noise {
    struct matcher *m;
    const struct line *l;
    bool found;
};

static void try_noise(struct noise *n, int rule)
{
    struct matcher *m = n->m;

    if (n->found || m->noise_tried[rule] == m->noise_nr)
        return;
    m->noise_tried[rule] = m->noise_nr;
    n->found = rule_matches(m, (size_t)rule, n->l, m->md_noise);
}

static void on_noise(void *user, unsigned word, size_t end)
{
    struct noise *n = user;
    size_t nr;
    const int *ids = literals_ids(n->m->rs->noise, word, &nr);

    (void)end;
    for (size_t i = 0; i < nr; i++)
        try_noise(n, ids[i]);
}

bool matcher_noise(struct matcher *m, const struct line *l)
{
    const struct ruleset *rs = m->rs;
    struct noise n = { m, l, false };

    if (m->noise != NOISE_UNKNOWN)
        return m->noise == NOISE_YES;
    m->noise_nr++;
    for (size_t i = 0; i < rs->always_noise.nr; i++)
        try_noise(&n, rs->always_noise.rules[i]);
    for (size_t i = 0; rs->brute && i < rs->nr; i++)
        if (rs->rules[i].rank == RANK_NOISE)
            try_noise(&n, (int)i);
    literals_scan(rs->noise, l->text, l->len, on_noise, &n);
    m->noise = n.found ? NOISE_YES : NOISE_NO;
    return n.found;
}

static void wait_for(struct matcher *m, struct hits *hs, struct hit *h,
                     size_t rule)
{
    struct pending *p;

    if (m->nr_pending == PENDING_MAX) {
        hit_free(h);
        return;
    }
    p = &m->pending[m->nr_pending++];
    p->hit = h;
    p->rule = rule;
    p->next = 0;
    p->deadline = h->last + THEN_WITHIN;
    hits_unfinished(hs, h, p->deadline);
    if (m->finding)
        hits_has_excerpt(hs, h);
    /* a report may be long, and what it comes to is said at its end */
    if (h->rule->awaits_report)
        p->deadline = INT64_MAX;
}

static void give_up(struct matcher *m, size_t k, struct hits *hs)
{
    hits_discard(hs, m->pending[k].hit);
    m->pending[k] = m->pending[--m->nr_pending];
}

bool matcher_is_between(struct matcher *m, const struct line *l,
                        struct hits *hs)
{
    for (size_t k = 0; k < m->nr_pending;) {
        const struct pending *p = &m->pending[k];
        const struct rule *r = p->hit->rule;

        if (l->nr > p->deadline) {
            give_up(m, k, hs);
            continue;
        }
        if (m->gave_up[p->rule] < GIVE_UP_AFTER
            && (may_match(m, &r->then[p->next], l)
                || (r->has_until && may_match(m, &r->until, l))))
            return false;
        k++;
    }
    return true;
}

/* Shows what the finding was read from. */
static void hit_found(struct hit *h, const struct finding *f)
{
    free(h->message);
    h->message = text_cut(f->message, strlen(f->message), CAPTURE_MAX);
    excerpt_release(&h->excerpt);
    excerpt_copy(&h->excerpt, &f->excerpt);
}

/* Whether the captures under `same:` found the same. */
static bool is_same(const struct hit *h)
{
    const json_t *names = json_object_get(h->rule->json, "same"), *one;
    const char *first = NULL;
    size_t i;

    json_array_foreach(names, i, one) {
        const char *s = jx_str_or(h->captures, json_string_value(one), "");

        if (first && strcmp(first, s))
            return false;
        first = s;
    }
    return true;
}

static bool is_taken_back(const struct rule *by, size_t rule)
{
    for (size_t i = 0; i < by->takes_back.nr; i++)
        if ((size_t)by->takes_back.rules[i] == rule)
            return true;
    return false;
}

/* A tool got over what it said from line from to line nr. What comes after
 * the step that failed says nothing about it. */
static void recover(struct matcher *m, const struct rule *r, int64_t from,
                    int64_t nr, struct hits *hs, const struct format *f)
{
    if (f->doubted_step >= 0 && from <= f->doubted_line)
        from = f->doubted_line + 1;
    if (f->failed_step >= 0 || (r->has_since && m->newest < from))
        return;
    for (size_t i = 0; i < r->takes_back.nr; i++) {
        size_t rule = (size_t)r->takes_back.rules[i];

        hits_forget(hs, rule, from);
        if (m->rs->rules[rule].late && !r->has_since)
            late_forget(&m->late, rule, nr);
    }
    for (size_t k = 0; k < m->nr_pending;)
        if (m->pending[k].hit->line >= from
            && is_taken_back(r, m->pending[k].rule))
            give_up(m, k, hs);
        else
            k++;
}

/* The reason is looked for above the line that is shown. */
static void show_last(const struct matcher *m, struct hit *h,
                      const struct line *l, const struct ring *ring,
                      const struct format *f)
{
    hit_show(h, l);
    if (!h->rule->tells_reason)
        return;
    free(h->reason);
    h->reason = reason_before(&m->reason, l->nr, f->step, ring);
}

/* Follows the unfinished matches over one more line. */
static void continue_pending(struct matcher *m, const struct line *l,
                             int64_t last, struct hits *hs,
                             const struct ring *ring, const struct format *f)
{
    for (size_t k = 0; k < m->nr_pending;) {
        struct pending *p = &m->pending[k];
        const struct rule *r = p->hit->rule;

        if (l->nr > p->deadline) {
            give_up(m, k, hs);
            continue;
        }
        if (!matches(m, &r->then[p->next], l, p->rule, m->md)) {
            if (r->has_until && matches(m, &r->until, l, p->rule, m->md))
                give_up(m, k, hs);
            else
                k++;
            continue;
        }
        take_captures(m, &r->then[p->next], l->text, p->hit->captures);
        p->hit->last = last;
        if (m->finding) {
            p->hit->line = p->hit->shown = m->newest = l->nr;
            hit_found(p->hit, m->finding);
            hits_has_excerpt(hs, p->hit);
        }
        if (++p->next < r->nr_then) {
            p->deadline = last + THEN_WITHIN;
            excerpt_extend(&p->hit->excerpt, p->deadline);
            k++;
            continue;
        }
        if (!is_same(p->hit)) {
            give_up(m, k, hs);
            continue;
        }
        if (r->rank == RANK_RECOVERY) {
            give_up(m, k, hs);
            recover(m, r, 0, l->nr, hs, f);
            continue;
        }
        if (r->line_last)
            show_last(m, p->hit, l, ring, f);
        hits_finished(hs, p->hit);
        hits_add(hs, p->hit, p->rule, f);
        m->pending[k] = m->pending[--m->nr_pending];
    }
}

/* A line that may end what such a rule takes back. */
static void end_span(struct matcher *m, size_t rule, const struct line *l,
                     struct hits *hs, const struct format *f)
{
    const struct rule *r = &m->rs->rules[rule];

    if (rule_matches(m, rule, l, m->md)) {
        CLEANUP_JSON json_t *captures = json_object();
        int64_t from;

        take_captures(m, &r->pattern, l->text, captures);
        from = spans_end(&m->spans, rule, captures);
        if (from)
            recover(m, r, from, l->nr, hs, f);
    }
    if (r->has_until && matches(m, &r->until, l, rule, m->md))
        spans_drop(&m->spans, rule);
}

/* Likewise, or begin it, or both. */
static void follow_span(struct matcher *m, size_t rule, const struct line *l,
                        struct hits *hs, const struct format *f)
{
    const struct rule *r = &m->rs->rules[rule];
    json_t *captures;

    if (spans_has(&m->spans, rule))
        end_span(m, rule, l, hs, f);
    if (!matches(m, &r->since, l, rule, m->md))
        return;
    captures = json_object();
    take_captures(m, &r->since, l->text, captures);
    spans_begin(&m->spans, rule, l->nr, captures);
}

void matcher_spans(struct matcher *m, const struct line *l, struct hits *hs,
                   const struct format *f)
{
    candidates_sort(m);
    for (size_t i = 0; i < m->nr_touched; i++)
        follow_span(m, (size_t)m->touched[i], l, hs, f);
}

/* So near below an exception it is said that it was handled; pytest says
 * before where it was raised. */
#define HANDLED_LINES 3
#define HANDLED_LINES_SHOWN 6

/* Rule i has matched an exception that ended a traceback, or that pytest
 * shows. */
static void note_exception(struct matcher *m, size_t i, const struct line *l)
{
    struct ended *e = &m->ended;

    if (e->line != l->nr) {
        if (!trace_shown(l->text, l->len))
            return;
        *e = (struct ended){ .line = l->nr, .within = HANDLED_LINES_SHOWN };
    }
    if (e->nr < ARRAY_SIZE(e->rules))
        e->rules[e->nr++] = (int)i;
}

/* The rule has matched. */
static void take_hit(struct matcher *m, size_t i, const struct line *l,
                     int64_t last, bool exception, struct hits *hs,
                     const struct ring *ring, const struct format *f)
{
    const struct rule *r = &m->rs->rules[i];
    struct hit *h;

    m->newest = l->nr;
    m->told |=
        !r->scoped && r->priority >= 0 && (!exception || r->rank == RANK_CAUSE);
    note_exception(m, i, l);
    if (!r->nr_then && hits_full(hs, i, r, f->step, f))
        return;
    h = hit_new(r, l, last, f->step);
    h->old = m->old;
    if (r->tells_reason)
        h->reason = reason_before(
            &m->reason, exception ? m->trace.since : l->nr, f->step, ring);
    take_captures(m, &r->pattern, l->text, h->captures);
    if (exception && !json_object_get(h->captures, "frame"))
        jx_set_str(h->captures, "frame", m->trace.frame);
    if (m->finding)
        hit_found(h, m->finding);
    else if (!r->nr_then)
        hits_later(hs, h);
    if (r->nr_then)
        wait_for(m, hs, h, i);
    else
        hits_add(hs, h, i, f);
}

/* Another module was tried. Of other exceptions most handlers make their own,
 * and the first one is the reason. */
static bool is_of_module(const struct matcher *m)
{
    for (size_t i = 0; i < m->ended.nr; i++)
        if (!strncmp(m->rs->rules[m->ended.rules[i]].category, "dependency/",
                     strlen("dependency/")))
            return true;
    return false;
}

static void handle(struct matcher *m, const struct line *l, struct hits *hs)
{
    const struct ended *e = &m->ended;

    if (!e->nr || l->nr - e->line > e->within || !trace_handled(l->text)
        || !is_of_module(m))
        return;
    for (size_t i = 0; i < e->nr; i++)
        hits_handle(hs, (size_t)e->rules[i], e->line);
}

void matcher_line(struct matcher *m, const struct line *l, int64_t last,
                  struct hits *hs, const struct ring *ring,
                  const struct format *f)
{
    bool exception = trace_line(&m->trace, l->text, l->len, l->nr);

    m->noise = NOISE_UNKNOWN;
    m->told = false;
    if (exception)
        m->ended = (struct ended){ .line = l->nr, .within = HANDLED_LINES };
    else
        handle(m, l, hs);
    continue_pending(m, l, last, hs, ring, f);
    for (size_t i = 0; m->rs->marks & 1u << l->mark && i < m->rs->marked.nr;
         i++)
        candidate_add(m, m->rs->marked.rules[i]);
    candidates_sort(m);
    for (size_t i = 0; i < m->nr_touched && m->noise != NOISE_YES; i++) {
        size_t rule = (size_t)m->touched[i];
        const struct rule *r = &m->rs->rules[rule];

        if (r->late && !late_is_now(f, l->nr)
            && candidates_given(m, l->text, l->len))
            continue; /* late_look() comes to it */
        if (r->has_since) {
            follow_span(m, rule, l, hs, f);
            continue;
        }
        if ((r->mark && r->mark != l->mark) || !rule_matches(m, rule, l, m->md))
            continue;
        if (matcher_noise(m, l))
            continue;
        if (r->late && f->failed_step < 0)
            late_forget(&m->late, rule, l->nr);
        if (r->rank == RANK_RECOVERY && !r->nr_then)
            recover(m, r, 0, l->nr, hs, f);
        else
            take_hit(m, rule, l, last, exception, hs, ring, f);
    }
}

void matcher_weighed(struct matcher *m, const struct line *l, int weight,
                     int step)
{
    if (weight >= REASON_WEIGHT && !m->told && !m->old && !matcher_noise(m, l))
        reason_note(&m->reason, l, weight, step);
}

bool matcher_late(struct matcher *m, size_t rule, const struct line *l,
                  struct hits *hs, const struct ring *ring,
                  const struct format *f)
{
    const struct rule *r = &m->rs->rules[rule];

    m->noise = NOISE_UNKNOWN;
    if ((r->mark && r->mark != l->mark) || !rule_matches(m, rule, l, m->md)
        || matcher_noise(m, l))
        return false;
    take_hit(m, rule, l, l->nr, false, hs, ring, f);
    return true;
}

void matcher_finding(struct matcher *m, const struct finding *found,
                     struct hits *hs, const struct ring *ring,
                     const struct format *f)
{
    struct line l = { found->text, strlen(found->text), found->line,
                      MARK_NONE };
    struct format then = *f;

    then.step = found->step;
    matcher_scan(m, l.text, l.len);
    m->finding = found;
    matcher_line(m, &l, found->last, hs, ring, &then);
    m->finding = NULL;
}

void matcher_end(struct matcher *m, struct hits *hs)
{
    while (m->nr_pending)
        give_up(m, 0, hs);
}
