/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is said where no rule knows, under libFuzzer: any bytes as a red log,
 * and only a rule of how a log ends. There must be an answer, and all of it
 * must stand in the log.
 */
#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/jsonx.h"
#include "core/classify/classify.h"
#include "core/tocsin-plugin.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define ENDING                                                                 \
    "[{\"id\": \"t/ending\", \"category\": \"compile/x\", "                    \
    "\"rank\": \"symptom\", \"tail\": 6, \"pattern\": \"building\"}]"

static struct ruleset *ending(void)
{
    static struct ruleset *rs;
    json_t *rules;

    if (rs)
        return rs;
    rules = jx_parse(ENDING, sizeof(ENDING) - 1, NULL);
    rs = ruleset_new(rules, NULL, NULL);
    json_decref(rules);
    if (!rs)
        BUG("the rule does not compile");
    return rs;
}

static void check_candidates(const json_t *failure, int64_t lines)
{
    const json_t *one;
    size_t i;

    json_array_foreach(jx_arr(failure, "candidates"), i, one) {
        int64_t line = jx_int(one, "line", 0);

        if (line < 1 || line > lines || line == jx_int(failure, "line", 0))
            BUG("a candidate in line %d of %d", (int)line, (int)lines);
    }
}

static void check_ending(const json_t *failure, int64_t lines)
{
    if (!strstr(jx_str_or(failure, "message", ""), "building"))
        BUG("the rule says another line than its own");
    if (lines - jx_int(failure, "line", 0) > 6 + 3)
        BUG("the rule says a line that is not among the last");
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    const struct classify_options o = {
        .file = "fuzz",
        .outcome = TOCSIN_OUTCOME_FAILURE,
    };
    struct classifier *c = classifier_new(ending(), &o);
    const json_t *failure;
    json_t *r;
    int64_t lines;

    for (size_t i = 0; i < n; i += 1000)
        classifier_feed(c, p + i, n - i < 1000 ? n - i : 1000);
    r = classifier_finish(c);
    classifier_free(c);
    lines = jx_int(r, "lines", -1);
    failure = json_array_get(jx_arr(r, "failures"), 0);
    if (json_array_size(jx_arr(r, "failures")) != 1
        || !jx_bool(failure, "primary", false))
        BUG("a red log and not one failure");
    if (!*jx_str_or(failure, "summary", ""))
        BUG("a failure that says nothing");
    if (jx_int(failure, "line", -1) < 0 || jx_int(failure, "line", 0) > lines)
        BUG("a line that is none");
    if (jx_str(failure, "rule") && !memmem(p, n, "##[", 3)
        && !memmem(p, n, "exit", 4))
        check_ending(failure, lines);
    check_candidates(failure, lines);
    json_decref(r);
    return 0;
}
