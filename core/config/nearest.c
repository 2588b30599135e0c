/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Edit distance between names. Must not guess wildly: a far name misleads
 * more than none.
 */
#include <config.h>

#include "core/config/nearest.h"

#include <ctype.h>
#include <string.h>

#include "core/base/mem.h"

#define NAME_MAX_LEN 64

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;

    return m < c ? m : c;
}

static int lower(char c)
{
    return tolower((unsigned char)c);
}

size_t edit_distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    size_t rows[3][NAME_MAX_LEN + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];

    if (n > NAME_MAX_LEN || m > NAME_MAX_LEN)
        return strcmp(a, b) ? (n > m ? n : m) : 0;
    for (size_t j = 0; j <= m; j++)
        last[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *tmp = before;

        now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t cost = lower(a[i - 1]) != lower(b[j - 1]);

            now[j] = min3(last[j] + 1, now[j - 1] + 1, last[j - 1] + cost);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2])
                && lower(a[i - 2]) == lower(b[j - 1])
                && before[j - 2] + 1 < now[j])
                now[j] = before[j - 2] + 1;
        }
        before = last;
        last = now;
        now = tmp;
    }
    return last[m];
}

void nearest_try(struct nearest *n, const char *name)
{
    size_t len = strlen(n->word), other = strlen(name);
    size_t d = edit_distance(n->word, name);
    size_t near = ((len > other ? len : other) + 2) / 3;

    if (d > near || d >= len)
        return;
    if (!n->best || d < n->distance) {
        n->best = name;
        n->distance = d;
    }
}

char *nearest_hint(const struct nearest *n)
{
    if (!n->best)
        return xstrdup("");
    return xasprintf("; did you mean \"%s\"?", n->best);
}
