/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pattern: one PCRE2 pattern of a rule, compiled to machine code, and matched
 * within limits.
 */
#ifndef TOCSIN_CLASSIFY_PATTERN_H
#define TOCSIN_CLASSIFY_PATTERN_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdbool.h>
#include <stddef.h>

#include "core/base/err.h"

/* Named groups that one pattern may have. */
#define CAPTURES_MAX 24

struct pattern {
    struct compiled { /* owned; filled when first asked for */
        const char *text, *at;
        pcre2_code *code; /* NULL: not yet */
        /* when first matched: most never are */
        enum { JIT_NOT_YET, JIT_DONE, JIT_NONE, JIT_BROKEN } jit;
        struct {
            const char *name;
            int group;
        } names[CAPTURES_MAX];
        size_t nr_names;
    } * it;
};

/* at: where it is written, for err. Both are kept as they are. */
int pattern_compile(struct pattern *p, const char *text, const char *at,
                    struct err *err);
/* Of a pattern that is known to compile: does so when somebody asks for it. */
void pattern_later(struct pattern *p, const char *text, const char *at);
/* Whether it does not compile after all. */
bool pattern_error(const struct pattern *p, struct err *err);
/* What it was compiled to; where that is nothing, without code. */
const struct compiled *pattern_compiled(const struct pattern *p);
void pattern_release(struct pattern *p);

/* Limits, and the stack of compiled patterns: for one match at a time. */
pcre2_match_context *pattern_context_new(void);
void pattern_context_free(pcre2_match_context *mc);

enum matched { MATCHED_NO, MATCHED, MATCHED_GAVE_UP };
enum matched pattern_match(const struct pattern *p, const char *s, size_t n,
                           pcre2_match_data *md, pcre2_match_context *mc);

#endif
