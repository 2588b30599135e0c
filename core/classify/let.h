/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * let: whether a script let a command fail, as `command || true` does.
 */
#ifndef TOCSIN_CLASSIFY_LET_H
#define TOCSIN_CLASSIFY_LET_H

#include <stdbool.h>

#include "core/classify/hits.h"

/* Whether the next command that `set -x` shows behind h is `true` or `:`, as
 * far as h's excerpt goes. */
bool was_let(const struct hit *h);

#endif
