/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Words of lines and how many they share. Must stay quick: whoever lists what
 * no rule knows compares each line with many others.
 */
#include <config.h>

#include "core/classify/alike.h"

#include <ctype.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/classify/fingerprint.h"

#define FEW_WORDS 3

static uint64_t bit(const struct words *w, size_t i)
{
    return UINT64_C(1) << (w->l[i].key[0] % 64);
}

void words_of(struct words *w, const char *line, size_t n)
{
    CLEANUP_STRBUF struct strbuf masked;
    size_t at = 0;

    strbuf_init(&masked, STRBUF_UNBOUNDED);
    w->nr = 0;
    w->some = 0;
    while (w->nr < ALIKE_WORDS) {
        size_t end;

        while (at < n && isspace((unsigned char)line[at]))
            at++;
        for (end = at; end < n && !isspace((unsigned char)line[end]); end++)
            ;
        if (end == at)
            break;
        strbuf_clear(&masked);
        template_mask(&masked, line + at, end - at);
        digest_key(masked.buf, masked.len, w->l[w->nr].key);
        w->some |= bit(w, w->nr);
        w->l[w->nr].at = at;
        w->l[w->nr++].len = end - at;
        at = end;
    }
}

static bool same(const struct words *a, size_t i, const struct words *b,
                 size_t j)
{
    return !memcmp(a->l[i].key, b->l[j].key, DIGEST_KEY);
}

size_t words_shared(const struct words *a, const struct words *b, size_t *to)
{
    /* [i][j]: shared by what is left of a from i on, and of b from j on */
    unsigned char left[ALIKE_WORDS + 1][ALIKE_WORDS + 1] = { { 0 } };

    for (size_t i = a->nr; i-- > 0;)
        for (size_t j = b->nr; j-- > 0;) {
            unsigned char skip = left[i + 1][j] > left[i][j + 1]
                                     ? left[i + 1][j]
                                     : left[i][j + 1];

            left[i][j] = same(a, i, b, j) ? left[i + 1][j + 1] + 1 : skip;
        }
    for (size_t i = 0; to && i < a->nr; i++)
        to[i] = ALIKE_WORDS;
    for (size_t i = 0, j = 0; to && i < a->nr && j < b->nr;) {
        if (same(a, i, b, j))
            to[i++] = j++;
        else if (left[i + 1][j] >= left[i][j + 1])
            i++;
        else
            j++;
    }
    return left[0][0];
}

/* No fewer than are shared. */
static size_t at_most(const struct words *a, const struct words *b)
{
    size_t nr = 0;

    for (size_t i = 0; i < a->nr; i++)
        nr += (b->some & bit(a, i)) != 0;
    return nr < b->nr ? nr : b->nr;
}

static bool enough(size_t shared, const struct words *a, const struct words *b)
{
    return 8 * shared >= 3 * (a->nr + b->nr);
}

bool words_alike(const struct words *a, const struct words *b)
{
    if (!enough(at_most(a, b), a, b))
        return false;
    if (a->nr < FEW_WORDS || b->nr < FEW_WORDS)
        return a->nr == b->nr && words_shared(a, b, NULL) == a->nr;
    return enough(words_shared(a, b, NULL), a, b);
}
