/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whole passes of azure-pipelines under libFuzzer, with a host that is played
 * here (source.h): the first byte says what is read, then come the replies
 * (replies.h). Must hold what source.h asks of any source.
 */
#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/tocsin-plugin.h"
#include "tests/fuzz/source.h"

#define BASE "https://dev.azure.com/o/p/_apis/"
#define WEB "https://dev.azure.com/o/p/_build/results"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
const struct tocsin_plugin_head *tocsin_plugin_init(void);

static bool newest;

static const char *option(const struct tocsin_host *h, const char *name,
                          size_t i)
{
    (void)h;
    if (i)
        return NULL;
    if (!strcmp(name, "organization"))
        return "o";
    if (!strcmp(name, "project"))
        return "p";
    if (!strcmp(name, "url"))
        return "https://dev.azure.com";
    if (!strcmp(name, "newest"))
        return newest ? "main" : NULL;
    return NULL;
}

static size_t option_count(const struct tocsin_host *h, const char *name)
{
    return option(h, name, 0) != NULL;
}

static int64_t option_int(const struct tocsin_host *h, const char *name,
                          int64_t dflt)
{
    (void)h;
    return !strcmp(name, "baselines") ? 2
           : !strcmp(name, "first")   ? 7 * 86400
           : !strcmp(name, "overlap") ? 900
           : !strcmp(name, "max_log") ? 1 << 20
                                      : dflt;
}

static const struct tocsin_host host = {
    SOURCE_HOST,
    .option_count = option_count,
    .option = option,
    .option_int = option_int,
};

static bool is_project(const char *s)
{
    const char *slash = s ? strchr(s, '/') : NULL;

    return slash && slash != s && slash[1] && !strchr(slash + 1, '/')
           && !strstr(s, "..") && !strpbrk(s, " \n\r?#");
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static const char *const headers[] = {
        "x-ms-continuationtoken: more",
        "X: y",
        NULL,
    };

    if (!n)
        return 0;
    newest = *p % 2;
    source.unknown = *p / 2 % 2;
    source.web = WEB;
    source.is_project = is_project;
    replies.base = BASE;
    replies.headers = headers;
    replies_begin(p + 1, n - 1);
    source_passes(
        (const struct tocsin_source *)(const void *)tocsin_plugin_init(),
        &host);
    return 0;
}
