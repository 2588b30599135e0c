/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Errors as values. Must not print: who fails does not decide who hears.
 */
#include <config.h>

#include "core/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

static void put(struct err *err, enum err_code code, char *msg)
{
    free(err->msg);
    err->code = code;
    err->msg = msg;
}

int err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
    va_list ap;

    if (!err)
        return -1;
    va_start(ap, fmt);
    put(err, code, xvasprintf(fmt, ap));
    va_end(ap);
    return -1;
}

int err_errno(struct err *err, enum err_code code, const char *fmt, ...)
{
    int saved = errno;
    va_list ap;
    char *text;

    if (!err)
        return -1;
    va_start(ap, fmt);
    text = xvasprintf(fmt, ap);
    va_end(ap);
    put(err, code, xasprintf("%s: %s", text, strerror(saved)));
    free(text);
    errno = saved;
    return -1;
}

int err_wrap(struct err *err, const char *fmt, ...)
{
    va_list ap;
    char *text;

    if (!err)
        return -1;
    va_start(ap, fmt);
    text = xvasprintf(fmt, ap);
    va_end(ap);
    put(err, err->code, xasprintf("%s: %s", text, str_or(err->msg, "?")));
    free(text);
    return -1;
}

void err_release(struct err *err)
{
    free(err->msg);
    err->msg = NULL;
    err->code = ERR_NONE;
}

const char *err_msg(const struct err *err)
{
    return err && err->msg ? err->msg : "no error";
}

void bug_at(const char *file, int line, const char *fmt, ...)
{
    va_list ap;

    fprintf(stderr, "tocsin: BUG at %s:%d: ", file, line);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    abort();
}
