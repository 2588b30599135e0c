/* SPDX-License-Identifier: BSD-3-Clause */
/* Which lines say the same of other things. */
#include <config.h>

#include <check.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/classify/alike.h"
#include "suite.h"

static struct words of(const char *line)
{
    struct words w;

    words_of(&w, line, strlen(line));
    return w;
}

static const struct {
    const char *a, *b;
    size_t shared;
    bool alike;
} pairs[] = {
    { "cannot open the file of north now", "cannot open the file of south now",
      6, true },
    { "took 3 s in /tmp/x/a.c", "took 44 s in /home/y/a.c", 5, true },
    { "a b c d e f", "f e d c b a", 1, false },
    { "one two three four", "one two three five", 3, true },
    { "one two three four", "one two 3our five", 2, false },
    { "one two three four", "zero one two three four", 4, true },
    { "one two three four", "one two three four with a long tail of it", 4,
      false },
    { "failed here", "failed there", 1, false },
    { "failed here", "failed here", 2, true },
    { "", "", 0, true },
    { "", "x", 0, false },
    { "   ", "", 0, true },
};

START_TEST(pair)
{
    struct words a = of(pairs[_i].a), b = of(pairs[_i].b);

    ck_assert_uint_eq(words_shared(&a, &b, NULL), pairs[_i].shared);
    ck_assert_uint_eq(words_shared(&b, &a, NULL), pairs[_i].shared);
    ck_assert(words_alike(&a, &b) == pairs[_i].alike);
    ck_assert(words_alike(&b, &a) == pairs[_i].alike);
}
END_TEST

START_TEST(which_word_is_which)
{
    struct words a = of("the new one is red"), b = of("the old is very red");
    size_t to[ALIKE_WORDS];
    const size_t want[] = { 0, ALIKE_WORDS, ALIKE_WORDS, 2, 4 };

    ck_assert_uint_eq(words_shared(&a, &b, to), 3);
    for (size_t i = 0; i < a.nr; i++)
        ck_assert_uint_eq(to[i], want[i]);
}
END_TEST

START_TEST(long_lines_are_cut)
{
    char line[4 * ALIKE_WORDS + 1];
    struct words w;

    for (size_t i = 0; i < 2 * ALIKE_WORDS; i++)
        memcpy(line + 2 * i, "x ", 3);
    w = of(line);
    ck_assert_uint_eq(w.nr, ALIKE_WORDS);
    ck_assert_uint_eq(words_shared(&w, &w, NULL), ALIKE_WORDS);
}
END_TEST

int main(void)
{
    const struct suite_case cases[] = {
        { pair, ARRAY_SIZE(pairs) },
        { which_word_is_which, 1 },
        { long_lines_are_cut, 1 },
    };

    return suite_cases("alike", cases, ARRAY_SIZE(cases));
}
