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

#define CAPTURE_MAX ((size_t)500)

void matcher_init(struct matcher *m, const struct ruleset *rs)
{
    memset(m, 0, sizeof(*m));
    m->rs = rs;
    m->md = pcre2_match_data_create(64, NULL);
    m->candidate = xcalloc(rs->nr / 64 + 1, sizeof(*m->candidate));
    m->touched = xcalloc(rs->nr + 1, sizeof(*m->touched));
    m->gave_up = xcalloc(rs->nr + 1, 1);
}

void matcher_release(struct matcher *m)
{
    pcre2_match_data_free(m->md);
    free(m->candidate);
    free(m->touched);
    free(m->gave_up);
}

static void touch(struct matcher *m, int rule)
{
    uint64_t bit = UINT64_C(1) << (rule % 64);

    if (m->candidate[rule / 64] & bit)
        return;
    m->candidate[rule / 64] |= bit;
    m->touched[m->nr_touched++] = rule;
}

static void literal_found(void *user, int id, size_t end)
{
    struct matcher *m = user;

    (void)end;
    if (id < LITERAL_REDACT) {
        touch(m, id);
    } else if (id == LITERAL_REDACT) {
        m->redact = true;
    } else if (id == LITERAL_SOLVER) {
        m->solver = true;
    } else if (id >= LITERAL_WEIGH) {
        if (!m->weigh[id - LITERAL_WEIGH] &&
            m->nr_weighs < ARRAY_SIZE(m->weighs)) {
            m->weigh[id - LITERAL_WEIGH] = 1;
            m->weighs[m->nr_weighs++] = id - LITERAL_WEIGH;
        }
    } else if (!m->format[id - LITERAL_FORMAT] &&
               m->nr_formats < ARRAY_SIZE(m->formats)) {
        m->format[id - LITERAL_FORMAT] = 1;
        m->formats[m->nr_formats++] = id - LITERAL_FORMAT;
    }
}

void matcher_scan(struct matcher *m, const char *s, size_t n)
{
    for (size_t i = 0; i < m->nr_touched; i++)
        m->candidate[m->touched[i] / 64] = 0;
    for (size_t i = 0; i < m->nr_formats; i++)
        m->format[m->formats[i]] = 0;
    for (size_t i = 0; i < m->nr_weighs; i++)
        m->weigh[m->weighs[i]] = 0;
    m->nr_touched = m->nr_formats = m->nr_weighs = 0;
    m->redact = m->solver = false;
    literals_scan(m->rs->literals, s, n, literal_found, m);
    for (size_t i = 0; i < m->rs->nr_always; i++)
        touch(m, m->rs->always[i]);
}

/* 1 matched, 0 not, -1 gave up. */
static int try_pattern(struct matcher *m, const struct pattern *p,
                       const char *s, size_t n, size_t rule)
{
    int rc;

    if (m->gave_up[rule] >= GIVE_UP_AFTER)
        return 0;
    rc = pcre2_match(p->code, (PCRE2_SPTR)s, n, 0, 0, m->md, m->rs->mc);
    if (rc >= 0)
        return 1;
    if (rc == PCRE2_ERROR_NOMATCH)
        return 0;
    m->gave_up[rule]++;
    return -1;
}

static void take_captures(struct matcher *m, const struct pattern *p,
                          const char *s, json_t *captures)
{
    PCRE2_SIZE *ov = pcre2_get_ovector_pointer(m->md);
    uint32_t nr = pcre2_get_ovector_count(m->md);

    for (size_t i = 0; i < p->nr_names; i++) {
        uint32_t g = (uint32_t)p->names[i].group;
        char *cut;

        if (g >= nr || ov[2 * g] == PCRE2_UNSET || ov[2 * g] >= ov[2 * g + 1])
            continue;
        cut = text_cut(s + ov[2 * g], ov[2 * g + 1] - ov[2 * g], CAPTURE_MAX);
        jx_set_str(captures, p->names[i].name, cut);
        free(cut);
    }
}

static bool is_noise(struct matcher *m, const struct line *l)
{
    for (size_t i = 0; i < m->nr_touched; i++) {
        const struct rule *r = &m->rs->rules[m->touched[i]];

        if (r->rank == RANK_NOISE &&
            try_pattern(m, &r->pattern, l->text, l->len,
                        (size_t)m->touched[i]) > 0)
            return true;
    }
    return false;
}

static void wait_for(struct matcher *m, struct hits *hs, struct hit *h,
                     size_t rule)
{
    struct pending *p;

    if (m->nr_pending == PENDING_MAX) {
        hit_free(h);
        return;
    }
    hits_watch(hs, h);
    p = &m->pending[m->nr_pending++];
    p->hit = h;
    p->rule = rule;
    p->next = 0;
    p->deadline = h->last + THEN_WITHIN;
    excerpt_extend(&h->excerpt, p->deadline);
}

static void give_up(struct matcher *m, size_t k, struct hits *hs)
{
    hits_discard(hs, m->pending[k].hit);
    m->pending[k] = m->pending[--m->nr_pending];
}

/* Follows the unfinished matches over one more line. */
static void continue_pending(struct matcher *m, const struct line *l,
                             int64_t last, struct hits *hs,
                             const struct format *f)
{
    for (size_t k = 0; k < m->nr_pending;) {
        struct pending *p = &m->pending[k];
        const struct rule *r = p->hit->rule;

        if (l->nr > p->deadline) {
            give_up(m, k, hs);
            continue;
        }
        if (try_pattern(m, &r->then[p->next], l->text, l->len,
                        p->rule) <= 0) {
            k++;
            continue;
        }
        take_captures(m, &r->then[p->next], l->text,
                      p->hit->captures);
        p->hit->last = last;
        if (++p->next < r->nr_then) {
            p->deadline = last + THEN_WITHIN;
            excerpt_extend(&p->hit->excerpt, p->deadline);
            k++;
            continue;
        }
        hits_add(hs, p->hit, p->rule, f);
        m->pending[k] = m->pending[--m->nr_pending];
    }
}

/* Shows what the finding was read from. */
static void hit_found(struct hit *h, const struct finding *f)
{
    free(h->message);
    h->message = text_cut(f->message, strlen(f->message), CAPTURE_MAX);
    excerpt_copy(&h->excerpt, &f->excerpt);
}

static void try_rule(struct matcher *m, size_t i, const struct line *l,
                     int64_t last, bool exception, struct hits *hs,
                     const struct ring *ring, const struct format *f)
{
    const struct rule *r = &m->rs->rules[i];
    struct hit *h;

    if (r->rank == RANK_NOISE ||
        try_pattern(m, &r->pattern, l->text, l->len, i) <= 0)
        return;
    h = hit_new(r, l, last, f->step);
    h->old = m->old;
    take_captures(m, &r->pattern, l->text, h->captures);
    if (exception && !json_object_get(h->captures, "frame"))
        jx_set_str(h->captures, "frame", m->trace.frame);
    if (m->finding)
        hit_found(h, m->finding);
    else
        excerpt_start(&h->excerpt, ring, l->nr, last);
    if (r->nr_then)
        wait_for(m, hs, h, i);
    else
        hits_add(hs, h, i, f);
}

static int by_number(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

bool matcher_line(struct matcher *m, const struct line *l, int64_t last,
                  struct hits *hs, const struct ring *ring,
                  const struct format *f)
{
    bool exception = trace_line(&m->trace, l->text, l->len, l->nr);

    continue_pending(m, l, last, hs, f);
    if (!m->nr_touched)
        return true;
    if (is_noise(m, l))
        return false;
    qsort(m->touched, m->nr_touched, sizeof(*m->touched), by_number);
    for (size_t i = 0; i < m->nr_touched; i++)
        try_rule(m, (size_t)m->touched[i], l, last, exception, hs, ring, f);
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
