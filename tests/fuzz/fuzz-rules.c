/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rule loader under libFuzzer: any bytes as a file of rules. What
 * compiles must be checked and run, also on the bytes themselves, and what
 * does not must be told with a text.
 */
#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/jsonx.h"
#include "core/classify/classify.h"
#include "core/config/problems.h"
#include "core/config/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void problem(void *user, bool warning, const char *at, const char *text)
{
    (void)user;
    (void)warning;
    if (!at || !text || !*text)
        BUG("a problem without a place or a text");
}

static void run(const struct ruleset *rs, const uint8_t *p, size_t n)
{
    const struct classify_options o = { .file = "fuzz", .outcome = 2 };
    struct classifier *c = classifier_new(rs, &o);
    json_t *r;

    classifier_feed(c, p, n);
    r = classifier_finish(c);
    if (!json_array_size(jx_arr(r, "failures")))
        BUG("a red log and no failure");
    json_decref(r);
    classifier_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct problems pb;
    struct settings *s;
    struct ruleset *rs;
    struct err err = ERR_INIT;

    problems_init(&pb);
    s = settings_parse("rules.yaml", (const char *)p, n, &pb);
    rs = ruleset_new(s->rules, s->ignore, &err);
    if (!rs && !err.msg)
        BUG("a ruleset that does not compile, and nothing says why");
    if (rs) {
        ruleset_check(rs, problem, NULL);
        run(rs, p, n);
    }
    ruleset_free(rs);
    err_release(&err);
    settings_free(s);
    problems_release(&pb);
    return 0;
}
