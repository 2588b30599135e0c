/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One database of literals. Only a prefilter: must not miss one. Regular
 * expressions are kept out of it on purpose: those of libvectorscan 5.4.9
 * miss matches on some machines, its literals do not.
 */
#include <config.h>

#include "core/classify/literal.h"

#include <ctype.h>
#include <hs.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

struct word {
    char *s;
    size_t n;
    unsigned flags;
    int id;
    size_t alike;               /* of the first of equal ones: how many */
};

/* Stands in no log. From the shortest text Hyperscan concludes how many bytes
 * to leave out between two looks; with our long texts it would leave out so
 * many that it thinks to have found something far too often. Of two bytes it
 * leaves out none, which takes half the time. */
static const char shortest[] = "\1\2";

struct literals {
    struct word *words;         /* built: sorted, equal ones side by side */
    size_t nr, alloc;
    int *ids;                   /* of words, in their order; NULL: not
                                 * built */
    hs_database_t *db;          /* NULL: no word; it knows the first of
                                 * equal words by index */
    hs_scratch_t *scratch;
};

struct literals *literals_new(void)
{
    return xcalloc(1, sizeof(struct literals));
}

void literals_free(struct literals *ls)
{
    if (!ls)
        return;
    for (size_t i = 0; i < ls->nr; i++)
        free(ls->words[i].s);
    free(ls->words);
    free(ls->ids);
    hs_free_scratch(ls->scratch);
    hs_free_database(ls->db);
    free(ls);
}

void literals_add(struct literals *ls, const char *s, size_t n,
                  unsigned flags, int id)
{
    struct word w = { xmemdup0(s, n), n, flags, id, 1 };

    for (size_t i = 0; flags & LITERAL_NOCASE && i < n; i++)
        w.s[i] = (char)tolower((unsigned char)w.s[i]);
    ALLOC_GROW(ls->words, ls->nr + 1, ls->alloc);
    ls->words[ls->nr++] = w;
}

static int compare_texts(const struct word *a, const struct word *b)
{
    size_t n = a->n < b->n ? a->n : b->n;
    int d = memcmp(a->s, b->s, n);

    if (!d)
        d = a->n < b->n ? -1 : a->n > b->n;
    return d ? d : (int)a->flags - (int)b->flags;
}

static int compare_words(const void *a, const void *b)
{
    const struct word *x = a, *y = b;
    int d = compare_texts(x, y);

    return d ? d : (x->id > y->id) - (x->id < y->id);
}

static unsigned hs_flags(unsigned flags)
{
    return (flags & LITERAL_NOCASE ? HS_FLAG_CASELESS : 0) |
           (flags & LITERAL_ONCE ? HS_FLAG_SINGLEMATCH : 0);
}

static int compile(struct literals *ls, const char **texts, unsigned *flags,
                   unsigned *ids, size_t *lengths, struct err *err)
{
    hs_compile_error_t *why = NULL;
    unsigned nr = 0;
    hs_error_t rc;

    for (size_t i = 0; i < ls->nr; i++) {
        const struct word *w = &ls->words[i];

        if (!w->n || (i && !compare_texts(w, w - 1)))
            continue;
        texts[nr] = w->s;
        flags[nr] = hs_flags(w->flags);
        ids[nr] = (unsigned)i;
        lengths[nr++] = w->n;
    }
    if (!nr)
        return 0;
    texts[nr] = shortest;
    flags[nr] = HS_FLAG_SINGLEMATCH;
    ids[nr] = (unsigned)ls->nr;
    lengths[nr++] = strlen(shortest);
    if (hs_compile_lit_multi(texts, flags, ids, lengths, nr, HS_MODE_BLOCK,
                             NULL, &ls->db, &why) == HS_SUCCESS) {
        rc = hs_alloc_scratch(ls->db, &ls->scratch);
        return rc == HS_SUCCESS ? 0
               : err_set(err, ERR_INTERNAL, "literals: no scratch (%d)", rc);
    }
    err_set(err, ERR_CONFIG, "literals: %s%s%s", why->message,
            why->expression >= 0 ? ": " : "",
            why->expression >= 0 ? texts[why->expression] : "");
    hs_free_compile_error(why);
    return -1;
}

int literals_build(struct literals *ls, struct err *err)
{
    size_t nr = ls->nr + 1;
    const char **texts = xcalloc(nr, sizeof(*texts));
    unsigned *flags = xcalloc(nr, sizeof(*flags));
    unsigned *ids = xcalloc(nr, sizeof(*ids));
    size_t *lengths = xcalloc(nr, sizeof(*lengths));
    int rc;

    if (ls->nr)
        qsort(ls->words, ls->nr, sizeof(*ls->words), compare_words);
    ls->ids = xcalloc(nr, sizeof(*ls->ids));
    for (size_t i = ls->nr; i-- > 0;) {
        struct word *w = &ls->words[i];

        ls->ids[i] = w->id;
        if (i + 1 < ls->nr && !compare_texts(w, w + 1))
            w->alike = w[1].alike + 1;
    }
    rc = compile(ls, texts, flags, ids, lengths, err);
    free(texts);
    free(flags);
    free(ids);
    free(lengths);
    return rc;
}

const int *literals_ids(const struct literals *ls, unsigned word, size_t *nr)
{
    *nr = ls->words[word].alike;
    return &ls->ids[word];
}

unsigned literals_words(const struct literals *ls)
{
    return (unsigned)ls->nr;
}

struct scan {
    void (*hit)(void *user, unsigned word, size_t end);
    void *user;
    unsigned words;
};

static int on_match(unsigned word, unsigned long long from,
                    unsigned long long to, unsigned flags, void *user)
{
    const struct scan *s = user;

    (void)from;
    (void)flags;
    if (word < s->words)
        s->hit(s->user, word, (size_t)to);
    return 0;
}

static void build_now(struct literals *ls)
{
    struct err err CLEANUP_ERR = ERR_INIT;

    if (literals_build(ls, &err) < 0)
        BUG("%s", err_msg(&err));
}

void literals_scan(struct literals *ls, const char *s, size_t n,
                   void (*hit)(void *user, unsigned word, size_t end),
                   void *user)
{
    struct scan scan = { hit, user, (unsigned)ls->nr };
    hs_error_t rc;

    if (!ls->ids)
        build_now(ls);
    if (!ls->db || !n)
        return;
    rc = hs_scan(ls->db, s, (unsigned)n, 0, ls->scratch, on_match, &scan);
    if (rc != HS_SUCCESS)
        BUG("hs_scan: %d", rc);
}
