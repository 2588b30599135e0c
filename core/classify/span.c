/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The open spans, few and in order. Must not know what begins or ends one.
 */
#include <config.h>

#include "core/classify/span.h"

#include <string.h>

static void drop(struct spans *ss, size_t i)
{
    json_decref(ss->all[i].captures);
    ss->nr--;
    memmove(&ss->all[i], &ss->all[i + 1], (ss->nr - i) * sizeof(ss->all[0]));
}

/* What only one of the two lines names does not part them. */
static bool agree(json_t *a, const json_t *b)
{
    const char *name;
    json_t *value;

    json_object_foreach(a, name, value) {
        const json_t *other = json_object_get(b, name);

        if (other && !json_equal(value, other))
            return false;
    }
    return true;
}

bool spans_has(const struct spans *ss, size_t rule)
{
    for (size_t i = 0; i < ss->nr; i++)
        if (ss->all[i].rule == rule)
            return true;
    return false;
}

void spans_begin(struct spans *ss, size_t rule, int64_t line, json_t *captures)
{
    for (size_t i = ss->nr; i--;)
        if (ss->all[i].rule == rule
            && json_equal(ss->all[i].captures, captures))
            drop(ss, i);
    if (ss->nr == SPANS_MAX)
        drop(ss, 0);
    ss->all[ss->nr++] = (struct span){ rule, line, captures };
}

int64_t spans_end(struct spans *ss, size_t rule, const json_t *captures)
{
    for (size_t i = ss->nr; i--;)
        if (ss->all[i].rule == rule && agree(ss->all[i].captures, captures)) {
            int64_t line = ss->all[i].line;

            drop(ss, i);
            return line;
        }
    return 0;
}

void spans_drop(struct spans *ss, size_t rule)
{
    for (size_t i = ss->nr; i--;)
        if (ss->all[i].rule == rule)
            drop(ss, i);
}

void spans_release(struct spans *ss)
{
    while (ss->nr)
        drop(ss, ss->nr - 1);
}
