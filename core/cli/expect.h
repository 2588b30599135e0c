/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * expect: what a step should have led to, against what it did.
 */
#ifndef TOCSIN_CLI_EXPECT_H
#define TOCSIN_CLI_EXPECT_H

#include <jansson.h>

#include "core/base/err.h"
#include "core/base/strbuf.h"
#include "core/cli/replay.h"

/* Appends a diff of everything that differs; the number of differences, or
 * -1. */
int expect_check(struct replay *r, const json_t *expect, struct strbuf *diff,
                 struct err *err);

#endif
