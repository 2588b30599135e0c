/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every flavour and position under libFuzzer: the first two bytes choose,
 * the rest is hostile. What comes out must pass the final check.
 */
#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/deliver/safety.h"
#include "core/deliver/subject.h"

#define MARKER "<!-- tocsin 1:0:0 -->"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static struct safety_check *check;
    struct strbuf b;
    enum safety_position pos;
    struct safety how = { .flavour = SAFETY_GITHUB };
    char *body, *why;

    if (n < 2)
        return 0;
    if (!check)
        check = safety_check_new(NULL, 0, NULL);
    how.flavour = (enum safety_flavour)(p[0] % 5);
    pos = (enum safety_position)(p[0] / 5 % 7);
    strbuf_init(&b, STRBUF_UNBOUNDED);
    if (safety_write(&b, &how, pos, (const char *)p + 2, n - 2, p[1], NULL) < 0
        && pos != SAFETY_HEADER)
        BUG("only a header may be refused");
    body = xasprintf("%s\n" MARKER, b.buf);
    why = safety_check_message(check, "t", body,
                               pos == SAFETY_MENTION ? b.buf : NULL, MARKER);
    if (why)
        BUG("%s: %s", why, body);
    free(body);
    body = xmemdup0(p + 2, n - 2);
    free(excerpt_cut(body, p[0], p[1] % 8, p[1]));
    free(body);
    strbuf_release(&b);
    return 0;
}
