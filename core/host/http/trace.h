/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trace: what -D http says of each request, its header lines and its reply.
 */
#ifndef TOCSIN_HOST_HTTP_TRACE_H
#define TOCSIN_HOST_HTTP_TRACE_H

#include <stdint.h>

#include "core/host/http/http.h"

/* Nothing, unless somebody listens. */
void trace(const struct http_options *o, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* way: '>' of a request, '<' of a reply. lines: NULL-terminated, or NULL. */
void trace_lines(const struct http_options *o, uint64_t id, char way,
                 char *const *lines);

#endif
