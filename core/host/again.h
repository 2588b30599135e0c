/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * again: the worker's side of host_classify_again().
 */
#ifndef TOCSIN_HOST_AGAIN_H
#define TOCSIN_HOST_AGAIN_H

#include <jansson.h>

#include "core/base/err.h"

/* The answer to a frame "again" of wire.h; new. NULL and err when the rules
 * do not compile. */
json_t *again_frame(const json_t *frame, struct err *err);

#endif
