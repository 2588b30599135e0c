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
    pcre2_code *code;
    enum { JIT_NOT_YET, JIT_DONE, JIT_NONE } *jit;  /* when first matched:
                                                     * most never are */
    struct { const char *name; int group; } names[CAPTURES_MAX];
    size_t nr_names;
};

/* at: where it is written, for err. */
int pattern_compile(struct pattern *p, const char *text, const char *at,
                    struct err *err);
void pattern_release(struct pattern *p);

/* Limits, and the stack of compiled patterns: for one match at a time. */
pcre2_match_context *pattern_context_new(void);
void pattern_context_free(pcre2_match_context *mc);

enum matched { MATCHED_NO, MATCHED, MATCHED_GAVE_UP };
enum matched pattern_match(const struct pattern *p, const char *s, size_t n,
                           pcre2_match_data *md, pcre2_match_context *mc);

#endif
