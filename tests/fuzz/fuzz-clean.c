/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cleaner under libFuzzer: any bytes as a log, in two ways of feeding.
 * Both must give the same lines, all of them short and without controls.
 */
#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/strbuf.h"
#include "core/classify/clean.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void check_line(struct strbuf *b, const struct line *l)
{
    if (strlen(l->text) != l->len || l->len > 2 * LINE_MAX_BYTES + 16)
        BUG("a line of the wrong length");
    for (size_t i = 0; i < l->len; i++)
        if ((unsigned char)l->text[i] < 0x20 && l->text[i] != '\t')
            BUG("a control character is left");
    strbuf_addf(b, "%d %d %s\n", (int)l->nr, (int)l->mark, l->text);
}

static void collect(void *user, const struct chunk *ch)
{
    for (size_t i = ch->fresh; i < ch->nr; i++) {
        struct line l = chunk_line(ch, i);

        check_line(user, &l);
    }
}

static void clean(struct strbuf *b, const uint8_t *p, size_t n, size_t step)
{
    struct cleaner *cl = cleaner_new(collect, b);

    for (size_t i = 0; i < n; i += step)
        cleaner_feed(cl, p + i, n - i < step ? n - i : step);
    cleaner_end(cl);
    cleaner_free(cl);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct strbuf a, b;

    strbuf_init(&a, STRBUF_UNBOUNDED);
    strbuf_init(&b, STRBUF_UNBOUNDED);
    clean(&a, p, n, n ? n : 1);
    clean(&b, p, n, n > 1 ? 1 + p[0] % 13u : 1);
    if (a.len != b.len || memcmp(a.buf, b.buf, a.len))
        BUG("the same bytes, other lines");
    strbuf_release(&a);
    strbuf_release(&b);
    return 0;
}
