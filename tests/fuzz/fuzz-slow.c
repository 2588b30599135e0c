/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lines that are made to hurt a rule, under libFuzzer: a pattern, a NUL, an
 * example, a NUL, what the rule needs. The answer must come.
 */
#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/classify/rule.h"
#include "core/classify/slow.h"

#define TEXT_MAX ((size_t)160)

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void set(json_t *rule, const char *key, const char *s)
{
    json_object_set_new(rule, key, jx_string(s, strlen(s)));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    CLEANUP_FREE char *text = xmemdup0(p, n < TEXT_MAX ? n : TEXT_MAX);
    const char *end = text + (n < TEXT_MAX ? n : TEXT_MAX), *s = text;
    static const char *const keys[] = { "pattern", "examples", "needs" };
    CLEANUP_JSON json_t *rules = json_array();
    json_t *rule = json_object();
    struct ruleset *rs;

    json_array_append_new(rules, rule);
    for (size_t i = 0; i < ARRAY_SIZE(keys) && s <= end; i++) {
        set(rule, keys[i], s);
        s += strlen(s) + 1;
    }
    rs = ruleset_new(rules, NULL, NULL);
    if (rs)
        rule_is_slow(&rs->rules[0], rs->mc);
    ruleset_free(rs);
    return 0;
}
