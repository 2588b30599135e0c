/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * span: where what a recovery may take back begins: a test, a run of tests.
 * Several may be open at a time; which of them ends is told by the captures
 * that both lines have.
 */
#ifndef TOCSIN_CLASSIFY_SPAN_H
#define TOCSIN_CLASSIFY_SPAN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The oldest goes where there are more. */
#define SPANS_MAX 64

struct spans {
    struct span {
        size_t rule;
        int64_t line;
        json_t *captures;
    } all[SPANS_MAX]; /* the oldest first */
    size_t nr;
};

/* Whether one of this rule goes on. */
bool spans_has(const struct spans *ss, size_t rule);
/* Takes captures. The same one again begins anew. */
void spans_begin(struct spans *ss, size_t rule, int64_t line, json_t *captures);
/* The line that it began with; 0: it did not. It is over. */
int64_t spans_end(struct spans *ss, size_t rule, const json_t *captures);
/* None of this rule goes on. */
void spans_drop(struct spans *ss, size_t rule);
void spans_release(struct spans *ss);

#endif
