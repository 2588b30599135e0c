/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Patterns by PCRE2. Must not let one spend more on a line than its limit,
 * nor use UTF mode, in which matching invalid UTF-8 is undefined.
 */
#include <config.h>

#include "core/classify/pattern.h"

#include <stdlib.h>

#include "core/base/mem.h"

/* What one pattern may do on one line before it gives up. */
#define MATCH_LIMIT 500000
/* What PCRE2 has on the machine stack, 32 KiB, is too little for a long
 * line. */
#define JIT_STACK_MIN ((size_t)32 << 10)
#define JIT_STACK_MAX ((size_t)512 << 10)

int pattern_compile(struct pattern *p, const char *text, const char *at,
                    struct err *err)
{
    int error;
    PCRE2_SIZE offset;
    uint32_t nr, size;
    PCRE2_SPTR table;

    p->code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
                            PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C,
                            &error, &offset, NULL);
    if (!p->code) {
        PCRE2_UCHAR why[128];

        pcre2_get_error_message(error, why, sizeof(why));
        return err_set(err, ERR_CONFIG, "%s: pattern: %s at character %zu",
                       at, (const char *)why, (size_t)offset + 1);
    }
    p->jit = xcalloc(1, sizeof(*p->jit));
    pcre2_pattern_info(p->code, PCRE2_INFO_NAMECOUNT, &nr);
    pcre2_pattern_info(p->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
    pcre2_pattern_info(p->code, PCRE2_INFO_NAMETABLE, &table);
    if (nr > CAPTURES_MAX)
        return err_set(err, ERR_CONFIG, "%s: more than %d named groups", at,
                       CAPTURES_MAX);
    for (uint32_t i = 0; i < nr; i++, table += size) {
        p->names[i].group = table[0] << 8 | table[1];
        p->names[i].name = (const char *)table + 2;
    }
    p->nr_names = nr;
    return 0;
}

void pattern_release(struct pattern *p)
{
    pcre2_code_free(p->code);
    free(p->jit);
}

/* One for the process: it holds nothing between two matches. */
static pcre2_jit_stack *jit_stack(void)
{
    static pcre2_jit_stack *stack;

    if (!stack)
        stack = pcre2_jit_stack_create(JIT_STACK_MIN, JIT_STACK_MAX, NULL);
    return stack;
}

pcre2_match_context *pattern_context_new(void)
{
    pcre2_match_context *mc = pcre2_match_context_create(NULL);

    if (!mc)
        BUG("out of memory");
    pcre2_set_match_limit(mc, MATCH_LIMIT);
    pcre2_jit_stack_assign(mc, NULL, jit_stack());
    return mc;
}

void pattern_context_free(pcre2_match_context *mc)
{
    pcre2_match_context_free(mc);
}

enum matched pattern_match(const struct pattern *p, const char *s, size_t n,
                           pcre2_match_data *md, pcre2_match_context *mc)
{
    int rc;

    if (*p->jit == JIT_NOT_YET)
        *p->jit = pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE) == 0
                      ? JIT_DONE : JIT_NONE;
    rc = *p->jit == JIT_DONE
        ? pcre2_jit_match(p->code, (PCRE2_SPTR)s, n, 0, 0, md, mc)
        : pcre2_match(p->code, (PCRE2_SPTR)s, n, 0, 0, md, mc);
    if (rc >= 0)
        return MATCHED;
    return rc == PCRE2_ERROR_NOMATCH ? MATCHED_NO : MATCHED_GAVE_UP;
}
