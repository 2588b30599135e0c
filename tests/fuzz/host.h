/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * host: what any plugin asks of its host under libFuzzer: a clock that stands
 * still, and a cursor.
 */
#ifndef TOCSIN_TESTS_FUZZ_HOST_H
#define TOCSIN_TESTS_FUZZ_HOST_H

#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/tocsin-plugin.h"

#define CURSOR_MAX ((size_t)1536 << 10)

static char *kept_cursor; /* freed by the target */

static void chatter(const struct tocsin_host *h, int level, const char *text)
{
    (void)h;
    (void)level;
    if (!text)
        BUG("no text");
}

static int64_t now(const struct tocsin_host *h)
{
    (void)h;
    return 1795658400;
}

static int64_t time_left(const struct tocsin_host *h)
{
    (void)h;
    return 100;
}

static const char *cursor(const struct tocsin_host *h)
{
    (void)h;
    return kept_cursor;
}

static int set_cursor(const struct tocsin_host *h, const char *text)
{
    (void)h;
    if (strlen(text) > CURSOR_MAX)
        BUG("too long a cursor");
    str_replace(&kept_cursor, text);
    return TOCSIN_OK;
}

#endif
