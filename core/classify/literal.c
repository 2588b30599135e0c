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
#include "core/classify/cores.h"

struct word {
    char *s;
    size_t n;
    unsigned flags;
    int id;
    size_t alike;        /* of the first of equal ones: how many */
    struct bytes behind; /* of it: of all of them; empty: anything */
};

/* Stands in no log. From the shortest text Hyperscan concludes how many bytes
 * to leave out between two looks; with our long texts it would leave out so
 * many that it thinks to have found something far too often. Of two bytes it
 * leaves out none, which takes half the time. */
static const char shortest[] = "\1\2";

/* For texts of up to 70 bytes Hyperscan adds an automaton of their own, which
 * takes it longer to make than all else and gains nothing that we could
 * measure; with more than 8,000 states it makes none. These stand in no log
 * either, and make up so many. */
#define LONG_NR ((size_t)116)
#define LONG_LENGTH ((size_t)70)

struct literals {
    struct word *words; /* built: sorted, equal ones side by side */
    size_t nr, alloc;
    int *ids;           /* of words, in their order; NULL: not
                                 * built */
    struct cores cores; /* of words without their repetitions */
    hs_database_t *db;  /* NULL: no word; it knows the cores by
                                 * index */
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
    cores_release(&ls->cores);
    hs_free_scratch(ls->scratch);
    hs_free_database(ls->db);
    free(ls);
}

static void add(struct literals *ls, const char *s, size_t n, unsigned flags,
                int id, const struct bytes *behind)
{
    struct word w = { xmemdup0(s, n), n, flags, id, 1, *behind };

    for (size_t i = 0; flags & LITERAL_NOCASE && i < n; i++)
        w.s[i] = (char)tolower((unsigned char)w.s[i]);
    ALLOC_GROW(ls->words, ls->nr + 1, ls->alloc);
    ls->words[ls->nr++] = w;
}

void literals_add(struct literals *ls, const char *s, size_t n, unsigned flags,
                  int id)
{
    add(ls, s, n, flags, id, &(struct bytes){ { 0 } });
}

void literals_add_required(struct literals *ls, const struct required *req,
                           int id)
{
    for (size_t k = 0; k < req->nr; k++)
        add(ls, req->items[k].s, req->items[k].n,
            req->nocase ? LITERAL_NOCASE : 0, id, &req->behind);
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

/* The words without repetitions. A member's text becomes its word. */
static void find_cores(struct literals *ls)
{
    struct core_text *texts = xcalloc(ls->nr + 1, sizeof(*texts));
    size_t *words = xcalloc(ls->nr + 1, sizeof(*words)), nr = 0;

    for (size_t i = 0; i < ls->nr; i++) {
        const struct word *w = &ls->words[i];

        if (!w->n || (i && !compare_texts(w, w - 1)))
            continue;
        texts[nr] = (struct core_text){ w->s, w->n, w->flags & LITERAL_NOCASE,
                                        w->flags & LITERAL_ONCE };
        words[nr++] = i;
    }
    cores_find(&ls->cores, texts, nr);
    for (size_t i = 0; i < nr; i++)
        ls->cores.members[i].text = words[ls->cores.members[i].text];
    free(texts);
    free(words);
}

static unsigned hs_flags(const struct literals *ls, const struct core *c)
{
    const struct word *w = &ls->words[ls->cores.members[c->first].text];

    return (c->nocase ? HS_FLAG_CASELESS : 0)
           | (w->flags & LITERAL_ONCE ? HS_FLAG_SINGLEMATCH : 0);
}

static void fill_long(char (*texts)[LONG_LENGTH])
{
    memset(texts, 1, LONG_NR * LONG_LENGTH);
    for (size_t i = 0; i < LONG_NR; i++)
        texts[i][0] = (char)(0x80 + i);
}

/* What is compiled: of cores, and of what keeps Hyperscan from its ways. */
struct job {
    const char **texts;
    unsigned *flags, *ids;
    size_t *lengths;
    unsigned nr;
};

static void job_add(struct job *j, const char *s, size_t n, unsigned flags)
{
    j->texts[j->nr] = s;
    j->flags[j->nr] = flags;
    j->ids[j->nr] = j->nr;
    j->lengths[j->nr++] = n;
}

static int compile(struct literals *ls, struct job *j, struct err *err)
{
    char longest[LONG_NR][LONG_LENGTH];
    hs_compile_error_t *why = NULL;
    hs_error_t rc;

    if (!ls->cores.nr)
        return 0;
    for (size_t i = 0; i < ls->cores.nr; i++)
        job_add(j, ls->cores.cores[i].s, ls->cores.cores[i].n,
                hs_flags(ls, &ls->cores.cores[i]));
    job_add(j, shortest, strlen(shortest), HS_FLAG_SINGLEMATCH);
    fill_long(longest);
    for (size_t i = 0; i < LONG_NR; i++)
        job_add(j, longest[i], LONG_LENGTH, HS_FLAG_SINGLEMATCH);
    if (hs_compile_lit_multi(j->texts, j->flags, j->ids, j->lengths, j->nr,
                             HS_MODE_BLOCK, NULL, &ls->db, &why)
        == HS_SUCCESS) {
        rc = hs_alloc_scratch(ls->db, &ls->scratch);
        return rc == HS_SUCCESS ? 0
                                : err_set(err, ERR_INTERNAL,
                                          "literals: no scratch (%d)", rc);
    }
    err_set(err, ERR_CONFIG, "literals: %s%s%s", why->message,
            why->expression >= 0 ? ": " : "",
            why->expression >= 0 ? j->texts[why->expression] : "");
    hs_free_compile_error(why);
    return -1;
}

int literals_build(struct literals *ls, struct err *err)
{
    size_t nr = ls->nr + 1 + LONG_NR;
    struct job job = { xcalloc(nr, sizeof(*job.texts)),
                       xcalloc(nr, sizeof(*job.flags)),
                       xcalloc(nr, sizeof(*job.ids)),
                       xcalloc(nr, sizeof(*job.lengths)), 0 };
    int rc;

    if (ls->nr)
        qsort(ls->words, ls->nr, sizeof(*ls->words), compare_words);
    ls->ids = xcalloc(ls->nr + 1, sizeof(*ls->ids));
    for (size_t i = ls->nr; i-- > 0;) {
        struct word *w = &ls->words[i];

        ls->ids[i] = w->id;
        if (i + 1 < ls->nr && !compare_texts(w, w + 1)) {
            w->alike = w[1].alike + 1;
            if (bytes_any(&w->behind) && bytes_any(&w[1].behind))
                bytes_add(&w->behind, &w[1].behind);
            else
                w->behind = (struct bytes){ { 0 } };
        }
    }
    find_cores(ls);
    rc = compile(ls, &job, err);
    free(job.texts);
    free(job.flags);
    free(job.ids);
    free(job.lengths);
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
    const struct literals *ls;
    const char *s;
    size_t n;
};

static unsigned char lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c;
}

static bool is_at(const struct word *w, const char *s)
{
    if (!(w->flags & LITERAL_NOCASE))
        return !memcmp(s, w->s, w->n);
    for (size_t i = 0; i < w->n; i++)
        if (lower((unsigned char)s[i]) != (unsigned char)w->s[i])
            return false;
    return true;
}

/* The word is there, up to end. */
static void tell(const struct scan *s, size_t word, size_t end)
{
    const struct bytes *behind = &s->ls->words[word].behind;
    unsigned char c = end < s->n ? (unsigned char)s->s[end] : 0;

    if (!bytes_any(behind) || bytes_has(behind, c))
        s->hit(s->user, (unsigned)word, end);
}

/* at: where the core is that m is a member of. */
static void try_member(const struct scan *s, const struct core_member *m,
                       size_t at)
{
    const struct word *w = &s->ls->words[m->text];

    if (at < m->at || w->n > s->n - (at - m->at)
        || !is_at(w, s->s + (at - m->at)))
        return;
    tell(s, m->text, at - m->at + w->n);
}

/* The byte at s[i], as a member of the core has it; 0: beyond the text. */
static unsigned char byte_at(const struct scan *s, const struct core *c,
                             size_t i)
{
    unsigned char byte = i < s->n ? (unsigned char)s->s[i] : 0;

    return c->nocase ? lower(byte) : byte;
}

/* Most members of a core that is found are not there: one byte tells. */
static void try_members(const struct scan *s, const struct core *c, size_t end)
{
    const struct core_member *m = &s->ls->cores.members[c->first];
    size_t at = end - c->n;
    unsigned char behind = byte_at(s, c, end);
    unsigned char before = byte_at(s, c, at - 1); /* of the first: beyond */

    for (size_t i = 0; i < c->nr; i++)
        if (m[i].side == ALL_OF_IT
            || m[i].byte == (m[i].side == BEFORE_IT ? before : behind))
            try_member(s, &m[i], at);
}

static int on_match(unsigned core, unsigned long long from,
                    unsigned long long to, unsigned flags, void *user)
{
    const struct scan *s = user;
    const struct cores *cs = &s->ls->cores;
    const struct core *c;
    size_t only;

    (void)from;
    (void)flags;
    if (core >= cs->nr)
        return 0;
    c = &cs->cores[core];
    only = cs->members[c->first].text;
    if (c->nr == 1 && c->n == s->ls->words[only].n)
        tell(s, only, (size_t)to);
    else
        try_members(s, c, (size_t)to);
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
    struct scan scan = { hit, user, ls, s, n };
    hs_error_t rc;

    if (!ls->ids)
        build_now(ls);
    if (!ls->db || !n)
        return;
    rc = hs_scan(ls->db, s, (unsigned)n, 0, ls->scratch, on_match, &scan);
    if (rc != HS_SUCCESS)
        BUG("hs_scan: %d", rc);
}
