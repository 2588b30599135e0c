/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Plugins that cannot be loaded, one a build: -DBROKEN_… says why. Must
 * differ from a good one in that alone. BROKEN_NEWER is the exception: it is
 * longer than this header knows, and must load.
 */
#include "core/tocsin-plugin.h"

#include <stdlib.h>

#if defined(BROKEN_VERSION)
#define NAME "wrong-version"
#elif defined(BROKEN_SIZE)
#define NAME "short-struct"
#elif defined(BROKEN_CALLBACK)
#define NAME "no-collect"
#elif defined(BROKEN_KIND)
#define NAME "no-kind"
#elif defined(BROKEN_NAME)
#define NAME "another-name"
#elif defined(BROKEN_TWIN)
#define NAME "twin-options"
#elif defined(BROKEN_HELP)
#define NAME "no-help"
#elif defined(BROKEN_CORE)
#define NAME "core-option"
#elif defined(BROKEN_NULL)
#define NAME "null-init"
#elif defined(BROKEN_LOAD)
#define NAME "crash-load"
#elif defined(BROKEN_NEWER)
#define NAME "newer"
#else
#error "which one?"
#endif

const struct tocsin_plugin_head *tocsin_plugin_init(void);

static int broken_open(const struct tocsin_host *host, void **handle)
{
    *handle = (void *)(size_t)host;
    return TOCSIN_OK;
}

#ifndef BROKEN_CALLBACK
static int broken_collect(void *handle, uint64_t op)
{
    const struct tocsin_host *host = handle;

    host->done(host, op, TOCSIN_OK, NULL);
    return TOCSIN_OK;
}
#endif

/* As a later header may have them. */
struct long_option {
    struct tocsin_option option;
    const char *more;
    int64_t and_more;
};

static const struct long_option options[] = {
    { { "one", TOCSIN_OPTION_STRING, 0, "1", "The first.", NULL }, "x", 1 },
#ifdef BROKEN_TWIN
    { { "one", TOCSIN_OPTION_STRING, 0, "1", "The first.", NULL }, "x", 1 },
#endif
#ifdef BROKEN_CORE
    { { "redirect", TOCSIN_OPTION_STRING, 0, "1", "Where to.", NULL }, "x", 1 },
#endif
#ifdef BROKEN_HELP
    { { "two", TOCSIN_OPTION_INT, 0, "2", NULL, NULL }, "y", 2 },
#else
    { { "two", TOCSIN_OPTION_INT, 0, "2", "The second.", NULL }, "y", 2 },
#endif
};

static const struct {
    struct tocsin_source source;
    void (*later)(void);
} plugin = {
    .source = {
#ifdef BROKEN_SIZE
        ._struct_size = sizeof(struct tocsin_source) - sizeof(void *),
#else
        ._struct_size = sizeof(plugin),
#endif
#ifdef BROKEN_VERSION
        ._api_version = BROKEN_VERSION,
#else
        ._api_version = TOCSIN_API_VERSION,
#endif
#ifdef BROKEN_KIND
        ._kind = 9,
#else
        ._kind = TOCSIN_KIND_SOURCE,
#endif
        .name = NAME,
        .version = "1",
        .options = &options[0].option,
        .nr_options = sizeof(options) / sizeof(options[0]),
        .option_size = sizeof(options[0]),
        .open = broken_open,
#ifndef BROKEN_CALLBACK
        .collect = broken_collect,
#endif
    },
};

TOCSIN_EXPORT const struct tocsin_plugin_head *tocsin_plugin_init(void)
{
#ifdef BROKEN_NULL
    return NULL;
#endif
#ifdef BROKEN_LOAD
    abort();
#endif
    return (const struct tocsin_plugin_head *)(const void *)&plugin;
}
