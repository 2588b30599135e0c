/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Patterns by PCRE2. Must not let one spend more on a line than its limit,
 * nor use UTF mode, in which matching invalid UTF-8 is undefined.
 */
#include <config.h>

#include "core/classify/pattern.h"

#include <stdlib.h>

#include "core/base/log.h"
#include "core/base/mem.h"

/* What one pattern may do on one line before it gives up. */
#define MATCH_LIMIT 500000
/* What PCRE2 has on the machine stack, 32 KiB, is too little for a long
 * line. */
#define JIT_STACK_MIN ((size_t)32 << 10)
#define JIT_STACK_MAX ((size_t)512 << 10)

static int compile(struct compiled *c, struct err *err)
{
    int error;
    PCRE2_SIZE offset;
    uint32_t nr, size;
    PCRE2_SPTR table;

    c->code = pcre2_compile((PCRE2_SPTR)c->text, PCRE2_ZERO_TERMINATED,
                            PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C, &error,
                            &offset, NULL);
    if (!c->code) {
        PCRE2_UCHAR why[128];

        pcre2_get_error_message(error, why, sizeof(why));
        return err_set(err, ERR_CONFIG, "%s: pattern: %s at character %zu",
                       c->at, (const char *)why, (size_t)offset + 1);
    }
    pcre2_pattern_info(c->code, PCRE2_INFO_NAMECOUNT, &nr);
    pcre2_pattern_info(c->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
    pcre2_pattern_info(c->code, PCRE2_INFO_NAMETABLE, &table);
    if (nr > CAPTURES_MAX) {
        pcre2_code_free(c->code);
        c->code = NULL;
        return err_set(err, ERR_CONFIG, "%s: more than %d named groups", c->at,
                       CAPTURES_MAX);
    }
    for (uint32_t i = 0; i < nr; i++, table += size) {
        c->names[i].group = table[0] << 8 | table[1];
        c->names[i].name = (const char *)table + 2;
    }
    c->nr_names = nr;
    return 0;
}

void pattern_later(struct pattern *p, const char *text, const char *at)
{
    p->it = xcalloc(1, sizeof(*p->it));
    p->it->text = text;
    p->it->at = at;
}

int pattern_compile(struct pattern *p, const char *text, const char *at,
                    struct err *err)
{
    pattern_later(p, text, at);
    return compile(p->it, err);
}

bool pattern_error(const struct pattern *p, struct err *err)
{
    return !p->it->code && compile(p->it, err) < 0;
}

/* Somebody may have written into what was shipped: that one rule is out. */
static struct compiled *compiled(const struct pattern *p)
{
    struct err err CLEANUP_ERR = ERR_INIT;

    if (p->it->jit != JIT_BROKEN && pattern_error(p, &err)) {
        log_warn("%s; the rule matches nothing", err_msg(&err));
        p->it->jit = JIT_BROKEN;
    }
    return p->it;
}

const struct compiled *pattern_compiled(const struct pattern *p)
{
    return compiled(p);
}

void pattern_release(struct pattern *p)
{
    if (p->it)
        pcre2_code_free(p->it->code);
    free(p->it);
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
    struct compiled *c = p->it;
    int rc;

    if (c->jit == JIT_NOT_YET && compiled(p)->jit == JIT_NOT_YET)
        c->jit = pcre2_jit_compile(c->code, PCRE2_JIT_COMPLETE) == 0 ? JIT_DONE
                                                                     : JIT_NONE;
    if (c->jit == JIT_BROKEN)
        return MATCHED_NO;
    rc = c->jit == JIT_DONE
             ? pcre2_jit_match(c->code, (PCRE2_SPTR)s, n, 0, 0, md, mc)
             : pcre2_match(c->code, (PCRE2_SPTR)s, n, 0, 0, md, mc);
    if (rc >= 0)
        return MATCHED;
    return rc == PCRE2_ERROR_NOMATCH ? MATCHED_NO : MATCHED_GAVE_UP;
}
