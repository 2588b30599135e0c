/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hostile text as it is written for Zulip, a JSON object a line: {"in", "pos",
 * "out"}; rounds and seed are arguments. tests/zulip/dead.py looks at them.
 */
#include <config.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/deliver/safety.h"
#include "tests/unit/hostile.h"

static void write_one(const char *in, const char *pos)
{
    const struct safety how = { .flavour = SAFETY_ZULIP };
    int p = safety_position_parse(pos, strlen(pos));
    char *out = safety_text(&how, (enum safety_position)p, in, 0);
    json_t *v = json_object();

    jx_set_str(v, "in", in);
    jx_set_str(v, "pos", pos);
    jx_set_str(v, "out", out);
    json_dumpf(v, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(v);
    free(out);
}

int main(int argc, char **argv)
{
    static const char *const positions[] = {
        "text", "code", "fence", "title", "link",
    };
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 1000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;

    for (long i = 0; i < rounds; i++) {
        char *in = hostile_text(&seed);

        for (size_t k = 0; k < ARRAY_SIZE(positions); k++)
            write_one(in, positions[k]);
        free(in);
    }
    return 0;
}
