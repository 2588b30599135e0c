/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * beat: the worker's side of host_beat().
 */
#ifndef TOCSIN_HOST_BEAT_H
#define TOCSIN_HOST_BEAT_H

#include <jansson.h>

#include "core/base/err.h"

/* Asks for the URL of a frame "beat" of wire.h, once more when that failed.
 * The answer, new; NULL and err when nobody took it. */
json_t *beat_frame(const json_t *frame, struct err *err);

#endif
