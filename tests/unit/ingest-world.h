/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the tests of a source's frames share: a store, a frame fed to it, what
 * a red log comes to, and what the operators heard.
 */
#ifndef TOCSIN_TEST_INGEST_WORLD_H
#define TOCSIN_TEST_INGEST_WORLD_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/base/when.h"
#include "core/incident/ingest.h"
#include "suite.h"

#define T0 (INT64_C(1700000000))

__attribute__((unused)) static struct store *fresh(void)
{
    struct store *st = NULL;

    OK(store_open(&st, "sqlite::memory:", 0, err));
    return st;
}

__attribute__((unused)) static struct ingest_counts
feed(struct store *st, int64_t now, json_t *frame)
{
    struct ingest *in = ingest_new(st, now);

    ck_assert_ptr_nonnull(frame);
    OK(ingest_frame(in, "src", frame, err));
    struct ingest_counts c = *ingest_counts(in);
    ingest_free(in);
    json_decref(frame);
    return c;
}

__attribute__((unused)) static json_t *red_result(void)
{
    return json_pack("{s:s, s:s, s:[{s:s, s:s, s:s, s:s, s:b, s:s},"
                     " {s:s, s:s, s:s, s:n, s:b}]}",
                     "format", "plain", "verdict", "classified", "failures",
                     "fingerprint", "1:0123456789abcdef0123456789abcdef",
                     "category", "dependency/unsatisfiable", "blame",
                     "dependency", "rule", "conda/x", "primary", 1, "message",
                     "nothing provides r-sigora", "fingerprint",
                     "1:ffffffffffffffffffffffffffffffff", "category",
                     "test/failed", "blame", "recipe", "rule", "primary", 0);
}

__attribute__((unused)) static json_t *batch(const char *what, json_t *items)
{
    return json_pack("{s:s, s:o}", "t", "batch", what, items);
}

__attribute__((unused)) static int notice_text(void *user,
                                               const struct notice *n)
{
    ck_assert_str_eq(n->instance, "src");
    strbuf_addf(user, "%s: %s\n", n->code, n->text);
    return 0;
}

__attribute__((unused)) static char *notices(struct store *st)
{
    struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    OK(store_notice_each(st, notice_text, &b, err));
    return strbuf_take(&b);
}

__attribute__((unused)) static void noticed(struct store *st, const char *word)
{
    CLEANUP_FREE char *all = notices(st);

    if (!strstr(all, word))
        ck_abort_msg("no \"%s\" in: %s", word, all);
}

#endif
