/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Chatter on stderr. Must not print untrusted control characters.
 */
#include <config.h>

#include "core/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/strbuf.h"

#define LOG_LINE_MAX 8192

static enum log_level max_level = LOG_WARN;
static char **enabled;
static size_t nr_enabled, alloc_enabled;

void log_set_level(enum log_level level)
{
    max_level = level;
}

void log_enable(const char *component)
{
    ALLOC_GROW(enabled, nr_enabled + 1, alloc_enabled);
    enabled[nr_enabled++] = xstrdup(component);
}

int log_wants(enum log_level level, const char *component)
{
    if (level <= max_level)
        return 1;
    for (size_t i = 0; component && i < nr_enabled; i++)
        if (!strcmp(enabled[i], component))
            return 1;
    return 0;
}

void log_at(enum log_level level, const char *component, const char *fmt, ...)
{
    static const char *const name[] = { "", "warning: ", "", "debug: " };
    int saved = errno;
    CLEANUP_STRBUF struct strbuf line;
    CLEANUP_FREE char *text = NULL;
    va_list ap;

    /* Before any return: it is released on every way out. */
    strbuf_init(&line, LOG_LINE_MAX);
    if (!log_wants(level, component))
        return;
    va_start(ap, fmt);
    text = xvasprintf(fmt, ap);
    va_end(ap);
    strbuf_addf(&line, "tocsin: %s%s%s", str_or(component, ""),
                component ? ": " : "", name[level]);
    strbuf_add_shown(&line, text, "");
    fprintf(stderr, "%s%s\n", line.buf, line.truncated ? " […]" : "");
    errno = saved;
}
