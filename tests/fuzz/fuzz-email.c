/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A mail under libFuzzer: the input, cut at its newlines that a 0x01 follows,
 * is subject, project, ids, addresses, unsubscribe URL, and the rest the
 * body. It is refused, or a mail with no header but ours.
 */
#include <config.h>

#include <gmime/gmime.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "plugins/email/address.h"
#include "plugins/email/email.h"
#include "tests/unit/letters.h"

#define PARTS 8

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void split(char *text, const char *parts[PARTS])
{
    for (size_t i = 0; i < PARTS; i++) {
        char *end = strstr(text, "\n\x01");

        parts[i] = text;
        if (end && i + 1 < PARTS) {
            *end = '\0';
            text = end + 2;
        } else {
            text += strlen(text);
        }
    }
}

static void try_letter(const char *const parts[PARTS])
{
    char *urls[] = { (char *)parts[6] };
    struct sender s = { .list_id = (char *)"l.x.org",
                        .unsubscribe = urls,
                        .nr_unsubscribe = unsubscribe_ok(parts[6]) };
    struct body body;
    struct letter l = { .to = parts[4],
                        .subject = parts[0],
                        .body = &body,
                        .id = parts[2],
                        .reply_to_id = parts[3],
                        .thread_id = parts[3],
                        .delivery = "open",
                        .project = parts[1] };
    size_t len = 0;
    char *out;

    body_render(&body, parts[0], parts[7]);
    if (sender_parse(&s, parts[5], NULL) == 0) {
        out = letter_write(&l, &s, NULL, &len, NULL);
        if (out && letter_fault(out, len))
            BUG("%s: %s", letter_fault(out, len), out);
        free(out);
    }
    free(s.name);
    free(s.address);
    body_release(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static bool begun;
    const char *parts[PARTS];
    struct addresses a = { 0 };
    struct pending q;
    char *text = xmemdup0(p, n), *odd;

    if (!begun)
        g_mime_init();
    begun = true;
    pending_read(&q, text);
    free(pending_write(&q));
    pending_release(&q);
    addresses_of(&a, text, "mail", "email", &odd);
    free(odd);
    addresses_release(&a);
    split(text, parts);
    try_letter(parts);
    free(text);
    return 0;
}
