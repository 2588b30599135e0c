/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All of classification under libFuzzer, with the shipped rules where they
 * are found ($TOCSIN_DATA_DIR, else ./conf). The result must be complete
 * whatever the bytes.
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

static struct ruleset *shipped(void)
{
    static struct ruleset *rs;
    const char *dir = getenv("TOCSIN_DATA_DIR");
    json_t *rules = NULL, *ignore = NULL;
    struct problems pb;

    if (rs)
        return rs;
    problems_init(&pb);
    if (settings_load_rules(dir ? dir : "conf", &rules, &ignore, &pb) < 0)
        BUG("the shipped rules do not load; run me from the source tree");
    rs = ruleset_new(rules, ignore, NULL);
    problems_release(&pb);
    json_decref(rules);
    json_decref(ignore);
    if (!rs)
        BUG("the shipped rules do not compile");
    return rs;
}

static void check(const json_t *r)
{
    const char *verdict = jx_str_or(r, "verdict", "");
    const json_t *f;
    int primary = 0;
    size_t i;
    char *text = jx_dump(r);

    json_array_foreach(jx_arr(r, "failures"), i, f) {
        primary += jx_bool(f, "primary", false);
        if (!jx_str(f, "message") || !jx_str(f, "summary")
            || !jx_str(f, "category") || !jx_obj(f, "excerpt")
            || strlen(jx_str_or(f, "fingerprint", "")) != 34)
            BUG("an incomplete failure");
    }
    if (primary != (strcmp(verdict, "green") ? 1 : 0))
        BUG("%d failures are primary, verdict %s", primary, verdict);
    if (!text)
        BUG("a result that is no JSON");
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct classify_options o = { .file = "fuzz", .outcome = n ? p[0] % 3 : 0 };
    struct classifier *c = classifier_new(shipped(), &o);
    json_t *r;

    classifier_feed(c, p, n);
    r = classifier_finish(c);
    check(r);
    json_decref(r);
    classifier_free(c);
    return 0;
}
