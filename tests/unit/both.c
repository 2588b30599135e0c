/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The engine against itself without its literals: every rule and every stage
 * on every line. For tests/classify-diff.py.
 *
 *     both [--engine] DATA_DIR FILE...
 *
 * Says which files have another result, and both results; the exit status is
 * 1 then. A file "X.green" beside X is the last green log of the same job.
 * --engine runs the engine alone. The last line tells the version of the
 * library of literals and a digest of all that the engine said: under another
 * library it must be the same.
 */
#include <config.h>

#include <hs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/digest.h"
#include "core/base/err.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/classify/rule.h"
#include "core/config/problems.h"
#include "core/config/settings.h"
#include "core/tocsin-plugin.h"

/* An exact secret that generated logs hold. */
static const char *const secrets[] = { "Zq9vX7exact" };

static struct ruleset *load(const char *dir, bool brute)
{
    json_t *rules = NULL, *ignore = NULL;
    struct problems pb;
    struct err err CLEANUP_ERR = ERR_INIT;
    struct ruleset *rs;

    problems_init(&pb);
    if (settings_load_rules(dir, &rules, &ignore, &pb) < 0)
        BUG("no rules in %s", dir);
    problems_release(&pb);
    rs = ruleset_new(rules, ignore, &err);
    if (!rs)
        BUG("%s", err_msg(&err));
    rs->brute = brute;
    json_decref(rules);
    json_decref(ignore);
    return rs;
}

static bool read_file(const char *path, struct strbuf *b)
{
    FILE *f = fopen(path, "rb");
    char part[65536];
    size_t n;

    strbuf_init(b, STRBUF_UNBOUNDED);
    if (!f)
        return false;
    while ((n = fread(part, 1, sizeof(part), f)))
        strbuf_add(b, part, n);
    fclose(f);
    return true;
}

/* Half of the logs come with what a source knows of their steps. */
static void tell_steps(struct classifier *c, const struct strbuf *text)
{
    static const int outcomes[] = { TOCSIN_OUTCOME_SUCCESS,
                                    TOCSIN_OUTCOME_FAILURE,
                                    TOCSIN_OUTCOME_SKIPPED };
    int64_t lines = 0;

    for (size_t i = 0; i < text->len; i++)
        lines += text->buf[i] == '\n';
    for (int64_t i = 0; text->len % 2 && i < 3; i++)
        classifier_step(c, 1 + lines * (i + 1) / 4, outcomes[i]);
}

static char *classify(const struct ruleset *rs, const struct strbuf *text,
                      struct classify_options *o, size_t step)
{
    struct classifier *c = classifier_new(rs, o);
    json_t *result;
    char *out;

    tell_steps(c, text);
    for (size_t i = 0; i < text->len; i += step)
        classifier_feed(c, text->buf + i,
                        text->len - i < step ? text->len - i : step);
    result = classifier_finish(c);
    out = jx_dump(result);
    json_decref(result);
    classifier_free(c);
    return out;
}

static struct baseline *green_of(const struct ruleset *rs, const char *path)
{
    CLEANUP_FREE char *name = xasprintf("%s.green", path);
    struct classify_options o = { .make_baseline = true };
    CLEANUP_FREE char *text = NULL;
    CLEANUP_JSON json_t *result = NULL;
    struct strbuf b;

    if (read_file(name, &b)) {
        text = classify(rs, &b, &o, 65536);
        result = jx_parse(text, strlen(text), NULL);
    }
    strbuf_release(&b);
    return result ? baseline_decode(jx_str(result, "baseline")) : NULL;
}

/* The brute one, if any, gets the log in other pieces, too. */
static bool same(const char *path, const struct ruleset *fast,
                 const struct ruleset *brute, struct digest *said)
{
    struct strbuf b;
    struct baseline *green = green_of(fast, path);
    struct classify_options o = { .redact = secrets,
                                  .nr_redact = 1,
                                  .green = green };
    CLEANUP_FREE char *a = NULL;
    CLEANUP_FREE char *z = NULL;
    bool equal;

    if (!read_file(path, &b))
        BUG("cannot read %s", path);
    a = classify(fast, &b, &o, 65536);
    digest_field(said, a);
    z = brute ? classify(brute, &b, &o, 9973) : xstrdup(a);
    equal = !strcmp(a, z);
    if (!equal)
        printf("%s\n  engine: %s\n  brute:  %s\n", path, a, z);
    baseline_free(green);
    strbuf_release(&b);
    return equal;
}

int main(int argc, char **argv)
{
    bool alone = argc > 1 && !strcmp(argv[1], "--engine");
    struct ruleset *fast, *brute;
    struct digest *said;
    char hex[33];
    int bad = 0;

    argc -= alone;
    argv += alone;
    if (argc < 3)
        return 2;
    fast = load(argv[1], false);
    brute = alone ? NULL : load(argv[1], true);
    said = digest_new();
    for (int i = 2; i < argc; i++)
        bad += !same(argv[i], fast, brute, said);
    ruleset_free(fast);
    ruleset_free(brute);
    digest_end128(said, hex);
    printf("%d of %d differ; %s; %s\n", bad, argc - 2, hs_version(), hex);
    return bad > 0;
}
