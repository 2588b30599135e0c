/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Literals out of patterns under libFuzzer: a pattern, a NUL, a text. Where
 * PCRE2 says that the pattern matches the text, one of the literals must be
 * in it, with a byte behind it that may stand there.
 */
#include <config.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/classify/condense.h"
#include "core/classify/required.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static bool matches(const char *pattern, const char *text)
{
    int error, rc = -1;
    PCRE2_SIZE at;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
                                     PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C,
                                     &error, &at, NULL);
    pcre2_match_context *mc = pcre2_match_context_create(NULL);
    pcre2_match_data *md = pcre2_match_data_create(1, NULL);

    pcre2_set_match_limit(mc, 10000);
    pcre2_set_depth_limit(mc, 1000);
    if (code)
        rc = pcre2_match(code, (PCRE2_SPTR)text, strlen(text), 0, 0, md, mc);
    pcre2_match_data_free(md);
    pcre2_match_context_free(mc);
    pcre2_code_free(code);
    return rc >= 0;
}

static const char *find(const char *text, const char *s, bool nocase)
{
    return nocase ? strcasestr(text, s) : strstr(text, s);
}

static bool holds(const char *text, const struct literal_text *t,
                  const struct required *req)
{
    while ((text = find(text, t->s, req->nocase))) {
        if (!bytes_any(&req->behind)
            || bytes_has(&req->behind, (unsigned char)text[t->n]))
            return true;
        text++;
    }
    return false;
}

static bool holds_one(const struct required *req, const char *text)
{
    for (size_t i = 0; i < req->nr; i++) {
        const struct literal_text *t = &req->items[i];

        if (t->n < REQUIRED_MIN)
            BUG("a literal that is too short");
        if (strlen(t->s) != t->n)
            continue; /* holds a NUL: no text of ours does */
        if (holds(text, t, req))
            return true;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    const uint8_t *nul = n < 4096 ? memchr(p, 0, n) : NULL;
    char *pattern, *text;
    struct required req;

    if (!nul)
        return 0;
    pattern = xmemdup0(p, (size_t)(nul - p));
    text = xmemdup0(nul + 1, n - (size_t)(nul - p) - 1);
    if (required_of(pattern, &req) && matches(pattern, text)) {
        if (!holds_one(&req, text))
            BUG("matches without one of its literals");
        required_condense(&req);
        if (!holds_one(&req, text))
            BUG("matches without one of fewer literals");
    }
    if (req.nr > REQUIRED_MAX)
        BUG("too many literals");
    required_release(&req);
    free(pattern);
    free(text);
    return 0;
}
