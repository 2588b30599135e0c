/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * JSON of which some members are read, under libFuzzer: what is JSON comes out
 * as if the others had been dropped after parsing it, and of what is left of
 * anything else no more than that is asked, that it is JSON.
 */
#include <config.h>

#include <stdint.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/jsonx.h"
#include "core/base/jxsome.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static const char *const names[] = { "a", "bc", "", NULL };

static bool is_wanted(const char *name)
{
    for (size_t i = 0; names[i]; i++)
        if (!strcmp(names[i], name))
            return true;
    return false;
}

/* New. */
static json_t *without_others(const json_t *v)
{
    json_t *left, *one;
    const char *name;
    size_t i;

    if (json_is_array(v)) {
        left = json_array();
        json_array_foreach(v, i, one)
            json_array_append_new(left, without_others(one));
        return left;
    }
    if (!json_is_object(v))
        return json_incref((json_t *)(uintptr_t)v);
    left = json_object();
    json_object_foreach((json_t *)(uintptr_t)v, name, one)
        if (is_wanted(name))
            json_object_set_new(left, name, without_others(one));
    return left;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    const char *text = (const char *)p;
    json_t *all = n < 500 ? jx_parse(text, n, NULL) : NULL;
    json_t *some = jx_parse_some(text, n, names, NULL);

    /* A name with an escape in it is none of them; and jansson passes over a
     * NUL. */
    if (all && !memchr(text, '\\', n) && !memchr(text, '\0', n)) {
        json_t *left = without_others(all);

        if (!some || !json_equal(left, some))
            BUG("not what is left of it");
        json_decref(left);
    }
    json_decref(all);
    json_decref(some);
    return 0;
}
