/* SPDX-License-Identifier: BSD-3-Clause */
/* Sentences with holes. */
#include <config.h>

#include <check.h>
#include <stdlib.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/sentence.h"
#include "tests/unit/suite.h"

/* What a capture leaves when it was not found. */
static const struct {
    const char *text, *captures, *sentence;
} sentences[] = {
    { "the header `{{h}}` is missing", "{\"h\": \"a.h\"}",
      "the header `a.h` is missing" },
    { "CMake stops: {{e}}", "{}", "CMake stops" },
    { "npm stops ({{c}} {{w}})", "{}", "npm stops" },
    { "npm stops ({{c}} {{w}})", "{\"c\": \"E1\"}", "npm stops (E1)" },
    { "npm stops ({{c}} {{w}})", "{\"w\": \"18\"}", "npm stops (18)" },
    { "it refuses {{f}}: {{e}}", "{\"e\": \"x\"}", "it refuses: x" },
    { "it lacks `{{m}}`", "{\"m\": \"\"}", "it lacks" },
    { "the test \"{{t}}\" fails", "{}", "the test fails" },
    { "{{a}}{{b}} fails", "{\"b\": \"x\"}", "x fails" },
    { "no {{p|such package}} here", "{}", "no such package here" },
    { "no {{p|such package}} here", "{\"p\": \"zlib\"}", "no zlib here" },
    { "no `{{p|package}}` here", "{}", "no package here" },
    { "is {{ compiler('c') }} there {{", "{}",
      "is {{ compiler('c') }} there {{" },
    { "says {{e}}", "{\"e\": \"{{x}}\"}", "says {{x}}" },
    /* around one that goes another may close */
    { "a {{{x}}{b}} c", "{}", "a c" },
    { "a {{{x}}{b}} c", "{\"b\": \"y\"}", "a y c" },
    { "{{a|{{b}}}}!", "{}", "!" },
};

START_TEST(test_sentence)
{
    json_t *captures = json_loads(sentences[_i].captures, 0, NULL);
    CLEANUP_FREE char *made = sentence_fill(sentences[_i].text, captures);

    ck_assert_str_eq(made, sentences[_i].sentence);
    json_decref(captures);
}
END_TEST

int main(void)
{
    const struct suite_case cases[] = {
        { test_sentence, ARRAY_SIZE(sentences) },
    };

    return suite_cases("sentence", cases, ARRAY_SIZE(cases));
}
