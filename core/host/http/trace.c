/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lines for people who look for a fault. Must not say the value of a header
 * that is a secret.
 */
#include <config.h>

#include "core/host/http/trace.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/host/http/headers.h"

void trace(const struct http_options *o, const char *fmt, ...)
{
    va_list ap;
    char *line;

    if (!o->trace)
        return;
    va_start(ap, fmt);
    line = xvasprintf(fmt, ap);
    va_end(ap);
    o->trace(o->user, line);
    free(line);
}

void trace_lines(const struct http_options *o, uint64_t id, char way,
                 char *const *lines)
{
    for (size_t i = 0; o->trace && lines && lines[i]; i++) {
        int name = (int)strcspn(lines[i], ":");

        if (header_is_secret(lines[i]))
            trace(o, "#%" PRIu64 " %c %.*s: [cut]", id, way, name, lines[i]);
        else
            trace(o, "#%" PRIu64 " %c %s", id, way, lines[i]);
    }
}
