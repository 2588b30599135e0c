/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Guesses from the letters, and from words that every log is full of.
 */
#include <config.h>

#include "core/classify/rarity.h"

#include <ctype.h>
#include <string.h>
#include <stdbool.h>
#include <strings.h>

#include "core/base/mem.h"

/* A part of one of these is no rarer than all of it. */
static const char *const common[] = {
    "error: ", " error ", "errors", "warning: ", "warnings", "failed",
    "failed to ", "failure", "exception", "not found", "cannot ",
    "could not ", "unable to ", "no such file or directory", "https://",
    "http://", ".com/", ".org/", "github", "conda-forge", "conda-build",
    "conda-bld", "mamba", "python3.", "lib/python", "/site-packages/",
    "package", "packages", "install", "installed", "installing ",
    "download", "version", "building ", "build", "test", "tests",
    "running ", "traceback (most recent call last)", "file \"", ", line ",
    ", in ", "raise ", "import ", "module", "from ", " the ", " with ",
    " for ", " and ", " not ", "is not ", "make[1]: ", "make", "cmake",
    "cargo", "[info] ", "[error] ", "[warning] ", "info: ", "debug",
    "include", "source", "/home/", "/usr/lib/", "/usr/", "/lib/", "/bin/",
    "src/", "$src_dir/", "/work/", "d:\\a\\", "---", "===", "...", "***",
    "        ", "checking ", "requires ", "required", "update", "release",
    "linux", "linux-64", "none", "true", "false", "name", "value", "type",
    "using ", "expected ", "object", "function", "command", "process",
    "exit code ", "status ", "found", ".py", ".so", ".cpp", ".hpp", ".com",
    "test_", "::", " = ", " - ", ": ", "[  ", "100%",
};

#define COMMON_BITS 9

static double byte_bits(unsigned char c)
{
    if (c == ' ')
        return 2.5;
    if (strchr("etaoinsrlcd", tolower(c)) && c)
        return islower(c) ? 4 : 6;
    if (isalpha(c))
        return islower(c) ? 5.5 : 7;
    if (isdigit(c))
        return 4.5;
    if (c >= 0x80)              /* of characters of three bytes */
        return 2.5;
    return c && strchr("./-_:", c) ? 4.5 : 6;
}

static bool contains(const char *all, const char *s, size_t n)
{
    size_t len = strlen(all);

    for (size_t i = 0; i + n <= len; i++)
        if (!strncasecmp(all + i, s, n))
            return true;
    return false;
}

double rarity_bits(const char *s, size_t n)
{
    double bits = 0;

    for (size_t i = 0; i < n; i++)
        bits += byte_bits((unsigned char)s[i]);
    for (size_t i = 0; i < ARRAY_SIZE(common) && bits > COMMON_BITS; i++)
        if (contains(common[i], s, n))
            return COMMON_BITS + (double)n / 16;
    return bits;
}
