/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sentences under libFuzzer: a text, a NUL, and captures, each "name=value"
 * with a NUL behind it. What is settled must ask for nothing that is not
 * there, and be settled.
 */
#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/sentence.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static json_t *read_captures(const char *s, const char *end)
{
    json_t *captures = json_object();

    for (; s < end; s += strlen(s) + 1) {
        const char *is = strchr(s, '=');
        CLEANUP_FREE char *name = is ? xstrndup(s, (size_t)(is - s)) : NULL;

        if (is)
            json_object_set_new(captures, name,
                                jx_string(is + 1, strlen(is + 1)));
    }
    return captures;
}

/* How many {{name}} are in text; each must be a capture. */
static size_t count_slots(const char *text, const json_t *captures)
{
    struct sentence_slot slot;
    size_t nr = 0;

    for (; sentence_next(text, &slot); text = slot.close, nr++) {
        CLEANUP_FREE char *name = xstrndup(slot.name, slot.name_len);

        if (slot.close <= slot.open || slot.open < text)
            BUG("a slot that does not move on");
        if (!*jx_str_or(captures, name, ""))
            BUG("settled, and \"%s\" is not known", name);
    }
    return nr;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    CLEANUP_FREE char *text = xmemdup0(p, n);
    size_t len = strlen(text);
    CLEANUP_JSON json_t *captures =
        read_captures(len < n ? text + len + 1 : text + n, text + n);
    CLEANUP_FREE char *settled = sentence_settle(text, captures);
    CLEANUP_FREE char *again = sentence_settle(settled, captures);
    CLEANUP_FREE char *filled = sentence_fill(text, captures);
    CLEANUP_FREE char *of_settled = sentence_fill(settled, captures);

    if (!count_slots(settled, captures) && strcmp(filled, settled))
        BUG("nothing to fill, and it is filled");
    if (strcmp(again, settled) || strcmp(of_settled, filled))
        BUG("settled twice is another text");
    if (strlen(settled) > len)
        BUG("it grew");
    return 0;
}
