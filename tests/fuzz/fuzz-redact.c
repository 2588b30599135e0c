/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The redactor under libFuzzer: any text around planted secrets. None may
 * be left, and a second round must change nothing.
 */
#include <config.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/classify/classify.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static const char exact_value[] = "Zq9vX7exact";
/* Put together here, so that nothing in this file looks like one. */
static const char *const tokens[] = {
    "gh"
    "p_abcdEFGH1234ijklMNOP5678qrstUVWX9012",
    "np"
    "m_abcdEFGH1234ijklMNOP5678qrstUVWX9012",
    "AK"
    "IAQWERTYUIOPASDFGH",
    "-----BEGIN RSA PRIVATE"
    " KEY-----\\nMIIEabcdEFGH1234",
    "k3Jq9ZxW2mPv7RtY5nBc8LdF4gHs6QaT1uXe0iOy",
};

/* glued: it is one also as a part of a longer word. */
static void check(const uint8_t *p, size_t n, const char *secret, bool glued)
{
    const char *const exact[] = { exact_value };
    struct strbuf b;
    char *out, *again;
    size_t half = n / 2;

    if (!glued && memmem(p, n, secret, strlen(secret)))
        return;
    strbuf_init(&b, STRBUF_UNBOUNDED);
    strbuf_add(&b, p, half);
    strbuf_addc(&b, ' ');
    strbuf_adds(&b, secret);
    strbuf_addc(&b, ' ');
    strbuf_add(&b, p + half, n - half);
    out = redact_text(b.buf, b.len, exact, 1);
    if (strstr(out, secret))
        BUG("a secret is left");
    again = redact_text(out, strlen(out), exact, 1);
    if (strcmp(again, out))
        BUG("a second round makes of \"%s\": \"%s\"", out, again);
    free(again);
    free(out);
    strbuf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    if (memchr(p, 0, n))
        return 0; /* the cleaner lets none through */
    check(p, n, exact_value, true);
    /* the random one is none behind the name of a hash, and none glued */
    for (size_t i = 0; i + 1 < ARRAY_SIZE(tokens); i++)
        check(p, n, tokens[i], i == 0);
    if (n < 4)
        check(p, n, tokens[ARRAY_SIZE(tokens) - 1], false);
    return 0;
}
