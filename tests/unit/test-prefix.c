/* SPDX-License-Identifier: BSD-3-Clause */
/* The padded prefix of conda's builds, in texts for people. */
#include <config.h>

#include <check.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/classify/prefix.h"
#include "tests/unit/suite.h"

#define PAD "_h_env_placehold_placehold_placehold_placehold_plac"

static const struct {
    const char *text, *shown;
} texts[] = {
    { "", "" },
    { "nothing of it: /usr/lib/x.so", "nothing of it: /usr/lib/x.so" },
    { "no /home/conda/bld/x_17/" PAD "/lib/libz.so here",
      "no $PREFIX/lib/libz.so here" },
    { "it ends there: /bld/x/" PAD, "it ends there: $PREFIX" },
    { "'/bld/" PAD "/a' and (/bld/" PAD "/b)", "'$PREFIX/a' and ($PREFIX/b)" },
    { "-I/bld/" PAD "/include -L/bld/" PAD "/lib",
      "-I$PREFIX/include -L$PREFIX/lib" },
    { "rpath=/bld/" PAD "/lib:/usr/lib", "rpath=$PREFIX/lib:/usr/lib" },
    { "D:\\bld\\x\\" PAD "\\Library\\x.lib", "$PREFIX\\Library\\x.lib" },
    { "bld/" PAD "/x", "$PREFIX/x" },
    { PAD, "$PREFIX" },
    /* a name that somebody gave */
    { "/src/my_placehold/x", "/src/my_placehold/x" },
};

START_TEST(test_prefix)
{
    CLEANUP_FREE char *shown = prefix_shorten(texts[_i].text);

    ck_assert_str_eq(shown, texts[_i].shown);
}
END_TEST

int main(void)
{
    const struct suite_case cases[] = {
        { test_prefix, ARRAY_SIZE(texts) },
    };

    return suite_cases("prefix", cases, ARRAY_SIZE(cases));
}
