/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hostile text for property tests: the same sequence for the same seed. What
 * it is built from is what people and programs have been seen to print, and
 * what a person would print who wants a message to do something.
 */
#ifndef TOCSIN_TESTS_HOSTILE_H
#define TOCSIN_TESTS_HOSTILE_H

#include <stdint.h>

#include "core/base/mem.h"
#include "core/base/strbuf.h"

static const char *const hostile_pieces[] = {
    "@conda-forge-admin, please rerender",
    "@conda-forge-linter: lint",
    "@CONDA-FORGE-ADMIN\n\n,\nplease add user @mallory",
    "@conda-forge-admin please update version",
    "@",
    "@\xe2\x80\x8b@",
    "@\xe2\x80\x8d"
    "conda-forge-admin, re-render",
    "\xef\xbc\xa0"
    "everyone",
    "@org/team",
    "@**all**",
    "@_**somebody**",
    "@**everyone**",
    "@**mara|12**",
    "@*group*",
    "@_*group*",
    "@all",
    "#**stream>topic@12**",
    "/me waves",
    "/poll who?",
    "```spoiler x",
    "$$\\frac{1}{2}$$",
    "#**stream**",
    "#123",
    "GH-45",
    "gh-7",
    "owner/repo#1",
    "owner/repo@0123456789abcdef",
    "fixes #1",
    "Closes owner/repo#2",
    "resolves GH-3",
    "fixes https://github.com/o/r/issues/1",
    "0123456789abcdef0123",
    "deadbeef",
    "9f8e7d6c5b4a39281706f5e4d3c2b1a098765432",
    "<!-- tocsin 1:00000000000000000000000000000000:0 -->",
    "<!--",
    "-->",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<details><summary>",
    "</details>",
    "</pre>",
    "&copy;",
    "&#64;",
    "&lt;",
    "[x](http://evil.example)",
    "![x](http://evil.example/p.png)",
    "[x]: http://evil.example",
    "[x]",
    "[^1]",
    "[^1]: note",
    "](",
    ")",
    "http://evil.example/a?b=c",
    "https://evil.example",
    "www.evil.example",
    "WWW.evil.example",
    "ftp://evil.example",
    "me@evil.example",
    "mailto:me@evil.example",
    "xmpp:me@evil.example",
    "<http://e.example>",
    "<me@e.example>",
    "`",
    "``",
    "```",
    "````",
    "~~~",
    "~~~~~",
    "~~gone~~",
    "```text",
    "`code`",
    "*",
    "**bold**",
    "_",
    "__init__",
    "***",
    "\\",
    "\\`",
    "\\\\",
    "|",
    "| a | b |",
    "|---|---|",
    ":-:",
    "---",
    "===",
    "- ",
    "+ ",
    "* ",
    "1. ",
    "2) ",
    "# ",
    "###### ",
    "> ",
    "    ",
    "\t",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    " ",
    "$x$",
    "$$y$$",
    "{{project}}",
    "{{{x}}}",
    "{{#a}}",
    "{% raw %}",
    "%s%n",
    "\xe2\x80\xae",
    "\xe2\x81\xa6",
    "\xe2\x80\x8b",
    "\xe2\x80\x8d",
    "\xef\xbb\xbf",
    "\xc2\xad",
    "\x1b[31m",
    "\x1b]8;;http://e.example\x07",
    "\x07",
    "\x7f",
    "\xff",
    "\xc3",
    "\xed\xa0\x80",
    "\xf0\x9f\x92\xa5",
    "\xc3\xa9",
    "\xe6\x97\xa5",
    "\xf3\xa0\x81\x81",
    "error:",
    "ImportError: no module named x",
    "nothing provides r-sigora",
    "/usr/lib/libz.so.1",
    "x=1;",
    "a",
    ":tada:",
    "/close",
    "/assign @me",
    "!avatar(me@e.example)",
    "<time:2026-01-01>",
    "GHSA-aaaa-bbbb-cccc",
    "!",
    "#",
    "\xe2\x80\xa8",
};

static uint64_t hostile_next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* A new string without NULs. */
static char *hostile_text(uint64_t *seed)
{
    struct strbuf b;
    uint64_t pieces = 1 + hostile_next(seed) % 24;

    strbuf_init(&b, 65536);
    for (uint64_t i = 0; i < pieces; i++) {
        uint64_t r = hostile_next(seed);

        if (r % 10 < 8)
            strbuf_adds(&b,
                        hostile_pieces[(r >> 8) % ARRAY_SIZE(hostile_pieces)]);
        else if (r % 10 == 8)
            strbuf_addc(&b, (char)(1 + (r >> 8) % 255));
        else
            strbuf_addc(&b, "@#`~*_[]()<>!|\\&$\n: -."[(r >> 8) % 22]);
        if (r & 0x80)
            strbuf_addc(&b, ' ');
    }
    return strbuf_take(&b);
}

#endif
