/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Results for people. Must not let a log drive the terminal.
 */
#include <config.h>

#include "core/cli/classify-print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/jsonx.h"
#include "core/base/mem.h"
#include "core/base/strbuf.h"

/* Names of files may drive a terminal, too. */
static void put_safe(const char *s)
{
    CLEANUP_STRBUF struct strbuf b;

    strbuf_init(&b, STRBUF_UNBOUNDED);
    strbuf_add_shown(&b, s, "\n\t");
    fputs(b.buf, stdout);
}

static void put_indented(const char *s, const char *indent)
{
    while (*s) {
        size_t n = strcspn(s, "\n");
        char *line = xstrndup(s, n);

        fputs(indent, stdout);
        put_safe(line);
        putchar('\n');
        free(line);
        s += n + (s[n] == '\n');
    }
}

static void print_excerpt(const json_t *excerpt)
{
    put_indented(jx_str_or(excerpt, "text", ""), "      | ");
}

static void print_failure(const json_t *f)
{
    const char *rule = jx_str(f, "rule");
    const char *advice = jx_str(f, "advice");

    fputs("  ", stdout);
    put_safe(jx_str_or(f, "summary", ""));
    printf("\n    line %lld, %s, blame: %s, %s%s\n",
           (long long)jx_int(f, "line", 0), jx_str_or(f, "category", "?"),
           jx_str_or(f, "blame", "?"), rule ? "rule " : "no rule knows it",
           rule ? rule : "");
    print_excerpt(jx_obj(f, "excerpt"));
    if (advice) {
        puts("    What usually helps:");
        put_indented(advice, "      ");
    }
}

static void print_other(const json_t *f)
{
    printf("    also line %lld: ", (long long)jx_int(f, "line", 0));
    put_safe(jx_str_or(f, "summary", ""));
    printf(" (%s)\n", jx_str_or(f, "rule", "?"));
}

void classify_print(const json_t *result)
{
    const json_t *f;
    size_t i;

    put_safe(jx_str_or(result, "file", "-"));
    printf(": %s (%s, %s; %lld lines)\n", jx_str_or(result, "verdict", "?"),
           jx_str_or(result, "format", "?"), jx_str_or(result, "tool", "?"),
           (long long)jx_int(result, "lines", 0));
    if (!strcmp(jx_str_or(result, "verdict", ""), "green"))
        return;
    json_array_foreach(jx_arr(result, "failures"), i, f)
        if (jx_bool(f, "primary", false))
            print_failure(f);
    json_array_foreach(jx_arr(result, "failures"), i, f)
        if (!jx_bool(f, "primary", false))
            print_other(f);
    putchar('\n');
}
