/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the literals of a line say of it: which rules are to be tried, and
 * which other stages want it. Must not scan again what the chunk's scan has
 * gone through.
 */
#include <config.h>

#include "core/classify/candidate.h"

#include <string.h>

void candidate_add(struct matcher *m, int rule)
{
    uint64_t bit = UINT64_C(1) << (rule % 64);

    if (m->candidate[rule / 64] & bit)
        return;
    m->candidate[rule / 64] |= bit;
    m->touched[m->nr_touched++] = rule;
}

void candidate_drop(struct matcher *m, size_t i)
{
    int rule = m->touched[i];

    m->candidate[rule / 64] &= ~(UINT64_C(1) << (rule % 64));
    m->touched[i] = m->touched[--m->nr_touched];
}

static void note(unsigned char *seen, int *list, size_t *nr, int i)
{
    if (seen[i])
        return;
    seen[i] = 1;
    list[(*nr)++] = i;
}

static void forget(unsigned char *seen, const int *list, size_t *nr)
{
    while (*nr)
        seen[list[--*nr]] = 0;
}

static void candidates_clear(struct matcher *m)
{
    for (size_t i = 0; i < m->nr_touched; i++)
        m->candidate[m->touched[i] / 64] = 0;
    m->nr_touched = 0;
    forget(m->format, m->formats, &m->nr_formats);
    for (size_t i = 0; i < m->rs->always.nr; i++)
        candidate_add(m, m->rs->always.rules[i]);
    forget(m->sign, m->signs, &m->nr_signs);
    m->solver = m->look = false;
}

static void take_word(struct matcher *m, const struct literals *ls,
                      unsigned word)
{
    size_t nr;
    const int *ids = literals_ids(ls, word, &nr);

    for (size_t i = 0; i < nr; i++) {
        if (ids[i] < LITERAL_LOOK)
            candidate_add(m, ids[i]);
        else if (ids[i] >= LITERAL_FORMAT)
            note(m->format, m->formats, &m->nr_formats,
                 ids[i] - LITERAL_FORMAT);
        else if (ids[i] == LITERAL_LOOK)
            m->look = true;
        else if (ids[i] == LITERAL_SOLVER)
            m->solver = true;
        else
            note(m->sign, m->signs, &m->nr_signs, ids[i] - LITERAL_WEIGH);
    }
}

void matcher_word(struct matcher *m, unsigned word)
{
    unsigned early = literals_words(m->rs->literals);

    if (word < early)
        take_word(m, m->rs->literals, word);
    else
        take_word(m, m->rs->late, word - early);
}

/* For tests: what the literals would have found, without them. */
static void scan_brute(struct matcher *m, const char *s)
{
    for (size_t i = 0; clause_triggers[i]; i++)
        m->solver |= strcasestr(s, clause_triggers[i]) != NULL;
    for (size_t i = 0; weigh_sign(i); i++)
        note(m->sign, m->signs, &m->nr_signs, (int)i);
    for (size_t i = 0; i < m->rs->nr; i++)
        if (m->rs->rules[i].rank != RANK_NOISE)
            candidate_add(m, (int)i);
    for (size_t i = 0; format_literal(i); i++)
        note(m->format, m->formats, &m->nr_formats, (int)i);
}

void matcher_begin(struct matcher *m, const char *s, size_t n)
{
    candidates_clear(m);
    m->given = s;
    m->given_len = n;
    if (m->rs->brute)
        scan_brute(m, s);
}

void matcher_done(struct matcher *m)
{
    m->given = NULL;
}

static void on_word(void *user, unsigned word, size_t end)
{
    struct matcher *m = user;

    (void)end;
    take_word(m, m->rs->literals, word);
}

static void on_late_word(void *user, unsigned word, size_t end)
{
    struct matcher *m = user;

    (void)end;
    take_word(m, m->rs->late, word);
}

bool candidates_given(const struct matcher *m, const char *s, size_t n)
{
    return m->given && s >= m->given && s + n <= m->given + m->given_len;
}

void matcher_scan(struct matcher *m, const char *s, size_t n)
{
    if (candidates_given(m, s, n))
        return;
    matcher_begin(m, s, n);
    matcher_done(m);
    literals_scan(m->rs->literals, s, n, on_word, m);
    literals_scan(m->rs->late, s, n, on_late_word, m);
}

void candidates_sort(struct matcher *m)
{
    for (size_t i = 1; i < m->nr_touched; i++) {
        int rule = m->touched[i];
        size_t k = i;

        for (; k && m->touched[k - 1] > rule; k--)
            m->touched[k] = m->touched[k - 1];
        m->touched[k] = rule;
    }
}
