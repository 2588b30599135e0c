/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Templates under libFuzzer: what parses must render against a context, and
 * a value must never be read as a template.
 */
#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/deliver/mustache.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static bool known(const char *position)
{
    return !strcmp(position, "code");
}

static int value(void *user, const char *position, const json_t *v,
                 struct strbuf *out, struct err *err)
{
    (void)user;
    (void)position;
    (void)err;
    if (json_is_string(v))
        strbuf_adds(out, json_string_value(v));
    return 0;
}

static const struct mustache *partial(void *user, const char *name,
                                      struct err *err)
{
    (void)name;
    (void)err;
    return user;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static json_t *context;
    struct err err = ERR_INIT;
    struct mustache *m =
        mustache_parse("fuzz", (const char *)p, n, known, &err);
    struct mustache_writer w = { .value = value,
                                 .partial = partial,
                                 .user = m };
    struct strbuf out;

    if (!context)
        context = json_loads("{\"a\": \"{{b}}\", \"b\": [{\"c\": 1}, \"x\"],"
                             " \"d\": {\"e\": true}}",
                             0, NULL);
    if ((m == NULL) != (err.code == ERR_CONFIG))
        BUG("no template and no error, or both");
    strbuf_init(&out, 1 << 16);
    /* A partial that calls itself twice would take for ever. */
    if (m && n < 64 && mustache_render(m, context, &w, &out, &err) < 0
        && err.code == ERR_NONE)
        BUG("no text and no error");
    strbuf_release(&out);
    mustache_free(m);
    err_release(&err);
    return 0;
}
