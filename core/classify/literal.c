/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Aho-Corasick over classes of bytes. Only a prefilter: must not miss a
 * literal, may well report one in the wrong case.
 */
#include <config.h>

#include "core/classify/literal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

struct out {
    int id;
    int next;                   /* index of another, -1: end */
};

struct literals {
    unsigned char class[256];
    int nr_class;
    struct { char *s; size_t n; int id; } *words;
    size_t nr_words, alloc_words;
    int32_t *go;                /* [state * nr_class + class] */
    int32_t *out;               /* [state]: index into outs, -1 */
    int32_t *dict;              /* [state]: next state on the fail path with
                                 * an out, 0: none */
    size_t nr_states, alloc_states;
    struct out *outs;
    size_t nr_outs, alloc_outs;
};

static unsigned char fold(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

struct literals *literals_new(void)
{
    struct literals *ls = xcalloc(1, sizeof(*ls));

    ls->nr_class = 1;           /* 0: a byte that is in no literal */
    return ls;
}

void literals_free(struct literals *ls)
{
    if (!ls)
        return;
    for (size_t i = 0; i < ls->nr_words; i++)
        free(ls->words[i].s);
    free(ls->words);
    free(ls->go);
    free(ls->out);
    free(ls->dict);
    free(ls->outs);
    free(ls);
}

void literals_add(struct literals *ls, const char *s, size_t n, int id)
{
    if (!n)
        return;
    ALLOC_GROW(ls->words, ls->nr_words + 1, ls->alloc_words);
    ls->words[ls->nr_words].s = xmemdup0(s, n);
    ls->words[ls->nr_words].n = n;
    ls->words[ls->nr_words].id = id;
    ls->nr_words++;
}

static void assign_classes(struct literals *ls)
{
    for (size_t w = 0; w < ls->nr_words; w++)
        for (size_t i = 0; i < ls->words[w].n; i++) {
            unsigned char c = fold((unsigned char)ls->words[w].s[i]);

            if (!ls->class[c])
                ls->class[c] = (unsigned char)ls->nr_class++;
        }
    for (int c = 'A'; c <= 'Z'; c++)
        ls->class[c] = ls->class[fold((unsigned char)c)];
}

static size_t add_state(struct literals *ls)
{
    size_t row = (size_t)ls->nr_class, s = ls->nr_states++;

    if (s >= ls->alloc_states) {
        ls->alloc_states = ls->alloc_states ? ls->alloc_states * 2 : 256;
        ls->go = xrealloc(ls->go, ls->alloc_states * row * sizeof(*ls->go));
        ls->out = xrealloc(ls->out, ls->alloc_states * sizeof(*ls->out));
    }
    for (size_t i = 0; i < row; i++)
        ls->go[s * row + i] = -1;
    ls->out[s] = -1;
    return s;
}

static void add_word(struct literals *ls, const char *s, size_t n, int id)
{
    size_t at = 0, row = (size_t)ls->nr_class;

    for (size_t i = 0; i < n; i++) {
        size_t k = at * row + ls->class[fold((unsigned char)s[i])];

        if (ls->go[k] < 0) {
            size_t made = add_state(ls);    /* may move go */

            ls->go[k] = (int32_t)made;
        }
        at = (size_t)ls->go[k];
    }
    ALLOC_GROW(ls->outs, ls->nr_outs + 1, ls->alloc_outs);
    ls->outs[ls->nr_outs].id = id;
    ls->outs[ls->nr_outs].next = ls->out[at];
    ls->out[at] = (int32_t)ls->nr_outs++;
}

/* Breadth first: where a state fails to is complete before it is needed. */
static void link_states(struct literals *ls)
{
    size_t row = (size_t)ls->nr_class, head = 0, tail = 0;
    int32_t *fail = xcalloc(ls->nr_states, sizeof(*fail));
    size_t *queue = xmalloc(ls->nr_states * sizeof(*queue));

    ls->dict = xcalloc(ls->nr_states, sizeof(*ls->dict));
    for (size_t c = 0; c < row; c++) {
        if (ls->go[c] < 0)
            ls->go[c] = 0;
        else
            queue[tail++] = (size_t)ls->go[c];
    }
    while (head < tail) {
        size_t s = queue[head++];
        size_t f = (size_t)fail[s];

        ls->dict[s] = ls->out[f] >= 0 ? (int32_t)f : ls->dict[f];
        for (size_t c = 0; c < row; c++) {
            int32_t *to = &ls->go[s * row + c];

            if (*to < 0) {
                *to = ls->go[f * row + c];
            } else {
                fail[*to] = ls->go[f * row + c];
                queue[tail++] = (size_t)*to;
            }
        }
    }
    free(queue);
    free(fail);
}

void literals_build(struct literals *ls)
{
    assign_classes(ls);
    add_state(ls);
    for (size_t w = 0; w < ls->nr_words; w++)
        add_word(ls, ls->words[w].s, ls->words[w].n, ls->words[w].id);
    link_states(ls);
}

void literals_scan(const struct literals *ls, const char *s, size_t n,
                   void (*hit)(void *user, int id), void *user)
{
    size_t row = (size_t)ls->nr_class, at = 0;

    for (size_t i = 0; i < n; i++) {
        at = (size_t)ls->go[at * row + ls->class[(unsigned char)s[i]]];
        if (ls->out[at] < 0 && !ls->dict[at])
            continue;
        for (size_t d = at; d; d = (size_t)ls->dict[d])
            for (int o = ls->out[d]; o >= 0; o = ls->outs[o].next)
                hit(user, ls->outs[o].id);
    }
}
