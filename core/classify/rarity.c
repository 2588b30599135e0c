/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Guesses from the letters, and from words that every log is full of.
 */
#include <config.h>

#include "core/classify/rarity.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* A part of one of these is no rarer than all of it. In lower case. */
static const char common[] = " could not find \n"
                             "cannot find \n"
                             " does not \n"
                             " already exists\n"
                             " not found: \n"
                             " is not available\n"
                             "error: cannot \n"
                             "error: \n"
                             " error \n"
                             "errors\n"
                             "warning: \n"
                             "warnings\n"
                             "failed\n"
                             "failed to \n"
                             "failure\n"
                             "exception\n"
                             "not found\n"
                             "cannot \n"
                             "could not \n"
                             "unable to \n"
                             "no such file or directory\n"
                             "https://\n"
                             "http://\n"
                             ".com/\n"
                             ".org/\n"
                             "github\n"
                             "conda-forge\n"
                             "conda-build\n"
                             "conda-bld\n"
                             "mamba\n"
                             "python3.\n"
                             "lib/python\n"
                             "/site-packages/\n"
                             "package\n"
                             "packages\n"
                             "install\n"
                             "installed\n"
                             "installing \n"
                             "download\n"
                             " version \n"
                             "building \n"
                             "build\n"
                             "test\n"
                             "tests\n"
                             "running \n"
                             "traceback (most recent call last)\n"
                             "file \"\n"
                             ", line \n"
                             ", in \n"
                             "raise \n"
                             "import \n"
                             "module\n"
                             "from \n"
                             " the \n"
                             " with \n"
                             " for \n"
                             " and \n"
                             " not \n"
                             "is not \n"
                             "make[1]: \n"
                             "make\n"
                             "cmake\n"
                             "cargo\n"
                             "[info] \n"
                             "[error] \n"
                             "[warning] \n"
                             "info: \n"
                             "debug\n"
                             "include\n"
                             "source\n"
                             "/home/\n"
                             "/usr/lib/\n"
                             "/usr/\n"
                             "/lib/\n"
                             "/bin/\n"
                             "src/\n"
                             "$src_dir/\n"
                             "/work/\n"
                             "d:\\a\\\n"
                             "---\n"
                             "===\n"
                             "...\n"
                             "***\n"
                             "        \n"
                             "checking \n"
                             "requires \n"
                             "required\n"
                             "update\n"
                             "release\n"
                             "linux\n"
                             "linux-64\n"
                             "none\n"
                             "true\n"
                             "false\n"
                             "name\n"
                             "value\n"
                             "type\n"
                             "using \n"
                             "expected \n"
                             "object\n"
                             "function\n"
                             "command\n"
                             "process\n"
                             "exit code \n"
                             "status \n"
                             "found\n"
                             ".py\n"
                             ".so\n"
                             ".cpp\n"
                             ".hpp\n"
                             ".com\n"
                             ".java:\n"
                             ".java\n"
                             ".js\n"
                             ".ts\n"
                             ".tsx\n"
                             ".go:\n"
                             ".rb:\n"
                             ".xml\n"
                             ".html\n"
                             ".json\n"
                             ".yaml\n"
                             ".txt\n"
                             ".md\n"
                             ".cc\n"
                             ".h:\n"
                             ".c:\n"
                             ".py:\n"
                             ".rs\n"
                             ".o\n"
                             ".kt\n"
                             ".scala\n"
                             ".jar\n"
                             ".exe\n"
                             ".dll\n"
                             ".lib\n"
                             ".a \n"
                             " time elapsed: \n"
                             "tests run: \n"
                             ", failures: \n"
                             "test_\n"
                             "::\n"
                             " = \n"
                             " - \n"
                             ": \n"
                             "[  \n"
                             "100%\n";

/* Of these every other line has one. */
static const char everywhere[] = "build\n"
                                 " in \n"
                                 " test \n"
                                 " tests \n"
                                 "https://\n"
                                 ".py\n"
                                 ".py::\n"
                                 ".java\n"
                                 ".java:\n"
                                 "error\n"
                                 " warning: \n"
                                 " - \n"
                                 "fail\n"
                                 "install\n"
                                 "package\n"
                                 "compiling \n"
                                 "info\n"
                                 "conda\n"
                                 "python\n";

#define COMMON_BITS 9
#define EVERYWHERE_BITS 6
/* However rare its bytes are, a short text is in some line soon. */
#define BITS_OF_BYTE 2.75
/* "ERROR" is rarer than "error". */
#define OTHER_CASE_BITS 3

static double guess_bits(unsigned char c)
{
    if (c == ' ')
        return 2.5;
    if (strchr("etaoinsrlcd", tolower(c)) && c)
        return islower(c) ? 4 : 6;
    if (isalpha(c))
        return islower(c) ? 5.5 : 7;
    if (isdigit(c))
        return 4.5;
    if (c >= 0x80) /* of characters of three bytes */
        return 2.5;
    return c && strchr("./-_:", c) ? 4.5 : 6;
}

/* Both are asked for thousands of texts while rules load. */
static struct {
    bool made;
    double bits[256];    /* of each byte */
    uint64_t starts[64]; /* which three bytes the lists hold, by hash:
                                 * few texts are a part of them */
} table;

static unsigned start_hash(const char *s)
{
    return ((unsigned char)s[0] * 961u + (unsigned char)s[1] * 31u
            + (unsigned char)s[2])
           % 4096;
}

static void add_starts(const char *list)
{
    for (const char *s = list; s[0] && s[1] && s[2]; s++) {
        unsigned h = start_hash(s);

        table.starts[h / 64] |= UINT64_C(1) << h % 64;
    }
}

static void make_table(void)
{
    for (int c = 0; c < 256; c++)
        table.bits[c] = guess_bits((unsigned char)c);
    add_starts(common);
    add_starts(everywhere);
    table.made = true;
}

static bool may_be_common(const char *s, size_t n)
{
    for (size_t i = 0; i + 3 <= n; i++) {
        unsigned h = start_hash(s + i);

        if (!(table.starts[h / 64] & UINT64_C(1) << h % 64))
            return false;
    }
    return true;
}

/* What is in list is worth no more than most. low: s in lower case. */
static double capped(double bits, double most, const char *list, size_t len,
                     const char *s, const char *low, size_t n)
{
    if (bits <= most || !memmem(list, len, low, n))
        return bits;
    if (s && !memmem(list, len, s, n))
        most += OTHER_CASE_BITS;
    return most < bits ? most : bits;
}

double rarity_bits(const char *s, size_t n, bool nocase)
{
    double bits = 0, longer = (double)n / 16;
    char low[64];

    if (!table.made)
        make_table();
    for (size_t i = 0; i < n; i++)
        bits += table.bits[(unsigned char)s[i]];
    bits = bits < BITS_OF_BYTE * (double)n ? bits : BITS_OF_BYTE * (double)n;
    if (n > sizeof(low))
        return bits;
    for (size_t i = 0; i < n; i++)
        low[i] = (char)tolower((unsigned char)s[i]);
    if (!may_be_common(low, n))
        return bits;
    if (nocase)
        s = NULL;
    bits = capped(bits, COMMON_BITS + longer, common, sizeof(common) - 1, s,
                  low, n);
    return capped(bits, EVERYWHERE_BITS + longer, everywhere,
                  sizeof(everywhere) - 1, s, low, n);
}
