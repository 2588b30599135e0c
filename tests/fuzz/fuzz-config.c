/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The loader under libFuzzer: any bytes as a configuration file. Must not
 * touch other files than the ones a configuration may name.
 */
#include <config.h>

#include <stdint.h>
#include <stdio.h>

#include "core/base/err.h"
#include "core/config/problems.h"
#include "core/config/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct problems pb;
    struct settings *s;

    problems_init(&pb);
    s = settings_parse("fuzz.yaml", (const char *)p, n, &pb);
    if (pb.errors && !pb.nr)
        BUG("an error that is not listed");
    for (size_t i = 0; i < pb.nr; i++)
        if (!pb.items[i].text[0] || pb.items[i].line < 0)
            BUG("an error without a text or place");
    settings_free(s);
    problems_release(&pb);
    return 0;
}
