/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whole passes of github-actions under libFuzzer, with a host that is played
 * here: the first byte says what is read, then come the bodies of replies,
 * each with its status before it and a NUL behind it, in the order in which
 * they are asked for.
 *
 * Must hold, whatever a server says: no request goes elsewhere, a run has
 * what a run needs and links to where GitHub is, an operation ends once.
 */
#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/err.h"
#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"
#include "core/tocsin-plugin.h"
#include "plugins/github/api.h"
#include "tests/fuzz/source.h"

#define BASE "https://api.github.com/"
#define WEB "https://github.com/"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
const struct tocsin_plugin_head *tocsin_plugin_init(void);

static int mode;  /* what is read */
static int globs; /* of a list of repositories */

static const char *mode_option(const char *name, size_t i)
{
    static const char *const repositories[] = { "o/r", "o/s" };

    if (!strcmp(name, "repositories") && mode == 0 && globs)
        return i ? NULL : "o/r*";
    if (!strcmp(name, "repositories") && mode == 0)
        return i < 2 ? repositories[i] : NULL;
    if (i)
        return NULL;
    if (!strcmp(name, "organization"))
        return "o";
    if (!strcmp(name, "url"))
        return BASE;
    if (!strcmp(name, "branches"))
        return "default";
    if (!strcmp(name, "token"))
        return "t";
    if (!strcmp(name, "pull_requests") && mode == 2)
        return "o/r#1";
    return NULL;
}

static size_t option_count(const struct tocsin_host *h, const char *name)
{
    size_t n = 0;

    (void)h;
    while (mode_option(name, n))
        n++;
    return n;
}

static const char *option(const struct tocsin_host *h, const char *name,
                          size_t i)
{
    (void)h;
    return mode_option(name, i);
}

static int64_t option_int(const struct tocsin_host *h, const char *name,
                          int64_t dflt)
{
    (void)h;
    if (!strcmp(name, "baselines"))
        return 2;
    return !strcmp(name, "sweep") ? mode == 1 : dflt;
}

static const struct tocsin_host host = {
    SOURCE_HOST,
    .option_count = option_count,
    .option = option,
    .option_int = option_int,
};

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static const char *const headers[] = {
        "Link: <" BASE "x?page=2>; rel=\"next\"",
        "github-authentication-token-expiration: 2026-12-01 00:00:00 UTC",
        NULL,
    };
    const struct tocsin_source *s =
        (const struct tocsin_source *)(const void *)tocsin_plugin_init();

    if (!n)
        return 0;
    mode = *p % 3;
    source.unknown = *p / 3 % 2;
    globs = *p / 6 % 2;
    source.web = WEB;
    source.is_project = api_repository_fine;
    replies.base = BASE;
    replies.headers = headers;
    replies_begin(p + 1, n - 1);
    source_passes(s, &host);
    return 0;
}
